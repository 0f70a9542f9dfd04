#pragma once

/// Everything in `firth/text/`.

#include <firth/text/corpus.hpp>
#include <firth/text/corpus_file.hpp>
#include <firth/text/encode.hpp>
#include <firth/text/phrases.hpp>
#include <firth/text/text_blocks.hpp>
#include <firth/text/tokenize.hpp>
