#pragma once

/// Everything in `firth/eval/`.

#include <firth/eval/analogy_file.hpp>
#include <firth/eval/analogy_set.hpp>
#include <firth/eval/case_folding.hpp>
#include <firth/eval/classification.hpp>
#include <firth/eval/recall.hpp>
#include <firth/eval/word_pairs.hpp>
#include <firth/eval/word_similarity.hpp>
