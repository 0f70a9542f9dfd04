#pragma once

/// Everything in `firth/base/`.

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/array_store.hpp>
#include <firth/base/atomic_file.hpp>
#include <firth/base/byte_sink.hpp>
#include <firth/base/byte_source.hpp>
#include <firth/base/checksum.hpp>
#include <firth/base/config.hpp>
#include <firth/base/decompress.hpp>
#include <firth/base/error.hpp>
#include <firth/base/fair_shared_mutex.hpp>
#include <firth/base/fields.hpp>
#include <firth/base/file_marks.hpp>
#include <firth/base/fold_case.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/messages.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/output_place.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/progress.hpp>
#include <firth/base/progress_line.hpp>
#include <firth/base/random.hpp>
#include <firth/base/room.hpp>
#include <firth/base/scalar.hpp>
#include <firth/base/section_file.hpp>
#include <firth/base/temporary_file.hpp>
#include <firth/base/thread_count.hpp>
#include <firth/base/thread_pool.hpp>
#include <firth/base/utf8.hpp>
#include <firth/base/version.hpp>
