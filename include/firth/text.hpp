#pragma once

/// Everything in `firth/text/`.

#include <firth/text/corpus.hpp>
#include <firth/text/encode.hpp>
#include <firth/text/tokenize.hpp>
