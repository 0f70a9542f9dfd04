#pragma once

/// Everything in `firth/io/`; `io/safetensors.hpp` where nlohmann/json is installed.

#include <firth/io/byte_reader.hpp>
#include <firth/io/element_type.hpp>
#include <firth/io/elements.hpp>
#include <firth/io/fasttext_binary.hpp>
#include <firth/io/foreign_file.hpp>
#include <firth/io/format.hpp>
#include <firth/io/glove_text.hpp>
#include <firth/io/index_file.hpp>
#include <firth/io/load.hpp>
#include <firth/io/native.hpp>
#include <firth/io/npy.hpp>
#include <firth/io/projector.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/recognize.hpp>
#include <firth/io/rows.hpp>
#include <firth/io/stored_matrix.hpp>
#include <firth/io/text_rows.hpp>
#include <firth/io/text_sample.hpp>
#include <firth/io/vecs.hpp>
#include <firth/io/verify.hpp>
#include <firth/io/vocabulary_text.hpp>
#include <firth/io/word2vec_binary.hpp>
#include <firth/io/word2vec_header.hpp>
#include <firth/io/word2vec_text.hpp>
#include <firth/io/word_list.hpp>
#include <firth/io/word_rules.hpp>
#if __has_include(<nlohmann/json.hpp>)
#include <firth/io/safetensors.hpp>
#endif
