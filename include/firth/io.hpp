#pragma once

/// Everything in `firth/io/`.

#include <firth/io/fasttext_binary.hpp>
#include <firth/io/fasttext_quantized.hpp>
#include <firth/io/fasttext_writer.hpp>
#include <firth/io/file_report.hpp>
#include <firth/io/file_sample.hpp>
#include <firth/io/format.hpp>
#include <firth/io/format_list.hpp>
#include <firth/io/formats.hpp>
#include <firth/io/glove_text.hpp>
#include <firth/io/load.hpp>
#include <firth/io/native.hpp>
#include <firth/io/native_format.hpp>
#include <firth/io/native_classifier.hpp>
#include <firth/io/native_subwords.hpp>
#include <firth/io/npy.hpp>
#include <firth/io/opened_file.hpp>
#include <firth/io/projector.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/read_rows.hpp>
#include <firth/io/recognize.hpp>
#include <firth/io/rows.hpp>
#include <firth/io/safetensors.hpp>
#include <firth/io/save.hpp>
#include <firth/io/vecs.hpp>
#include <firth/io/verify.hpp>
#include <firth/io/vocabulary_text.hpp>
#include <firth/io/word2vec_binary.hpp>
#include <firth/io/word2vec_text.hpp>
#include <firth/io/word_rule.hpp>
