#pragma once

/// Everything in `firth/io/`; `io/safetensors.hpp` where nlohmann/json is installed.

#include <firth/io/fasttext_binary.hpp>
#include <firth/io/format.hpp>
#include <firth/io/glove_text.hpp>
#include <firth/io/load.hpp>
#include <firth/io/native.hpp>
#include <firth/io/npy.hpp>
#include <firth/io/projector.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/recognize.hpp>
#include <firth/io/rows.hpp>
#include <firth/io/vecs.hpp>
#include <firth/io/verify.hpp>
#include <firth/io/vocabulary_text.hpp>
#include <firth/io/word2vec_binary.hpp>
#include <firth/io/word2vec_text.hpp>
#if __has_include(<nlohmann/json.hpp>)
#include <firth/io/safetensors.hpp>
#endif
