#pragma once

/// Everything in `firth/text/`.

#include <firth/text/labelled_line.hpp>
#include <firth/text/phrases.hpp>
#include <firth/text/read_corpus.hpp>
#include <firth/text/read_labelled.hpp>
#include <firth/text/text_blocks.hpp>
#include <firth/text/text_files.hpp>
#include <firth/text/tokenize.hpp>
