#pragma once

/// Everything in `firth/text/`.

#include <firth/text/cooccurrence.hpp>
#include <firth/text/cooccurrence_file.hpp>
#include <firth/text/corpus.hpp>
#include <firth/text/corpus_file.hpp>
#include <firth/text/count_cooccurrences.hpp>
#include <firth/text/encode.hpp>
#include <firth/text/phrases.hpp>
#include <firth/text/text_blocks.hpp>
#include <firth/text/text_files.hpp>
#include <firth/text/tokenize.hpp>
#include <firth/text/transposed.hpp>
