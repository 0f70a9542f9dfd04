#pragma once

/// Everything in `firth/query/`.

#include <firth/query/analogy.hpp>
#include <firth/query/nearest.hpp>
#include <firth/query/out_of_vocabulary.hpp>
#include <firth/query/similarity.hpp>
#include <firth/query/word_lookup.hpp>
