#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>

namespace firth {

/// What is known of a pair of symbols when its count is weighed.
struct PairSums {
    float count;   ///< of the pair
    double row;    ///< sum of its row
    double column; ///< sum of its column, smoothed
    double total;  ///< sum of all smoothed columns
};

/// What a count becomes before the decomposition: a policy of `train_lsa`. A weight of 0 leaves the
/// pair out. Sums of columns are taken to the power `smoothing` before they are added up.
template <class A>
concept Association = requires(const A association, const PairSums& sums) {
    { association.weight(sums) } -> std::convertible_to<double>;
    { association.smoothing } -> std::convertible_to<double>;
};

/// Positive pointwise mutual information, shifted: max(0, log(P(w, c) / (P(w) P(c))) - log(shift)),
/// with P(c) in proportion to its count^smoothing (Levy, Goldberg, Dagan 2015, sections 2.1 and 3).
struct PositivePmi {
    double shift = 1; ///< that many negative samples, in terms of skip-gram
    double smoothing = 0.75;

    [[nodiscard]] double weight(const PairSums& sums) const {
        const double expected = sums.row * (sums.column / sums.total);
        return (std::max)(0.0, std::log(static_cast<double>(sums.count) / expected / shift));
    }
};

/// log(1 + count).
struct LogCount {
    double smoothing = 1;

    [[nodiscard]] static double weight(const PairSums& sums) {
        return std::log1p(static_cast<double>(sums.count));
    }
};

static_assert(Association<PositivePmi> && Association<LogCount>);

} // namespace firth
