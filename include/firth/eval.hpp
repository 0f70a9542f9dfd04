#pragma once

/// Everything in `firth/eval/`, and the scores of classifiers.

#include <firth/eval/analogy_file.hpp>
#include <firth/eval/analogy_set.hpp>
#include <firth/eval/case_folding.hpp>
#include <firth/eval/recall.hpp>
#include <firth/eval/sentence_pairs.hpp>
#include <firth/eval/sentence_similarity.hpp>
#include <firth/eval/word_pairs.hpp>
#include <firth/eval/word_similarity.hpp>
#include <firth/math/classification_scores.hpp>
