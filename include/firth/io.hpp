#pragma once

/// Everything in `firth/io/`.

#include <firth/io/byte_reader.hpp>
#include <firth/io/glove_text.hpp>
#include <firth/io/load.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/vocabulary_text.hpp>
#include <firth/io/word2vec_binary.hpp>
#include <firth/io/word2vec_common.hpp>
#include <firth/io/word2vec_text.hpp>
