#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/eval/case_folding.hpp>
#include <firth/eval/detail/asked_words.hpp>
#include <firth/eval/word_pairs.hpp>
#include <firth/math/spearman.hpp>
#include <firth/query/out_of_vocabulary.hpp>
#include <firth/simd/distance.hpp>
#include <firth/table/word_vectors.hpp>

namespace firth {

/// Settings of `evaluate_word_similarity`.
struct WordSimilarityOptions {
    CaseFolding folding = CaseFolding::unicode;
    /// What stands for unknown words. A pair is left out where nothing does, as for a word of which
    /// no n-gram has a vector.
    OutOfVocabulary out_of_vocabulary = OutOfVocabulary::skip();
};

/// How vectors did on a set of pairs.
struct WordSimilarityResult {
    double rho = 0; ///< Spearman's rho between cosines and scores; NaN with fewer than two pairs
    std::size_t pairs = 0;       ///< pairs that count: each word known or replaced
    std::size_t missing = 0;     ///< pairs left out
    std::size_t substituted = 0; ///< pairs that count in which the policy put a vector in the
                                 ///< place of an unknown word (made from n-grams, say)
};

/// Compares the vectors' cosines with human scores. Throws `Error` where a cosine or a score is
/// NaN, and `UnknownWordError` where the policy asks for it.
[[nodiscard]] inline WordSimilarityResult
evaluate_word_similarity(const WordVectors<float>& vectors, const std::vector<WordPair>& pairs,
                         const WordSimilarityOptions& options = {}) {
    detail::AskedWords words(vectors, vectors.size(), options.folding, options.out_of_vocabulary);
    WordSimilarityResult result;
    std::vector<double> cosines;
    std::vector<double> scores;
    for (const WordPair& pair : pairs) {
        const std::optional<std::size_t> first = words.find(pair.first);
        const std::optional<std::size_t> second = words.find(pair.second);
        if (!first || !second) {
            ++result.missing;
            continue;
        }
        result.substituted += !words.is_row(*first) || !words.is_row(*second);
        const double cosine = static_cast<double>(simd::cosine(words[*first], words[*second]));
        if (is_nan(cosine)) {
            throw Error("the cosine of \"" + pair.first + "\" and \"" + pair.second +
                        "\" is no number: their vectors are not finite");
        }
        cosines.push_back(cosine);
        scores.push_back(pair.score);
    }
    result.pairs = cosines.size();
    result.rho = spearman(cosines, scores);
    return result;
}

} // namespace firth
