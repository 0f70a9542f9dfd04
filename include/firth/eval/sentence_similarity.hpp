#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/eval/sentence_pairs.hpp>
#include <firth/math/spearman.hpp>
#include <firth/simd/distance.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// Spearman's rho between the cosines of pairs' vectors, a row a pair in `first` and in `second`,
/// and people's scores; NaN with fewer than two pairs. Throws `OptionError` for tables of another
/// size, and `Error` for vectors that are not finite.
[[nodiscard]] inline double evaluate_sentence_similarity(TableView<const float> first,
                                                         TableView<const float> second,
                                                         std::span<const SentencePair> pairs) {
    if (first.rows() != pairs.size() || second.rows() != pairs.size() ||
        first.dim() != second.dim()) {
        throw OptionError(
            "vectors of " + std::to_string(first.rows()) + " x " + std::to_string(first.dim()) +
            " and " + std::to_string(second.rows()) + " x " + std::to_string(second.dim()) +
            ", expected a row of one size for each of " + std::to_string(pairs.size()) + " pairs");
    }
    std::vector<double> cosines;
    std::vector<double> scores;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const double cosine = static_cast<double>(simd::cosine(first[i], second[i]));
        if (is_nan(cosine)) {
            throw Error("the cosine of pair " + std::to_string(i + 1) +
                        " is no number: its vectors are not finite");
        }
        cosines.push_back(cosine);
        scores.push_back(pairs[i].score);
    }
    return spearman(cosines, scores);
}

} // namespace firth
