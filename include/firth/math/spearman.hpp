#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/number_bits.hpp>

namespace firth {

/// The rank of each value, from 1, smallest first; equal values share the mean of their ranks.
/// Throws `Error` for a NaN, which has no rank.
[[nodiscard]] inline std::vector<double> average_ranks(std::span<const double> values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (is_nan(values[i])) {
            throw Error("value " + std::to_string(i) + " is no number (NaN) and has no rank");
        }
    }
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> ranks(values.size());
    for (std::size_t begin = 0; begin < order.size();) {
        std::size_t end = begin + 1;
        while (end < order.size() && values[order[end]] == values[order[begin]]) {
            ++end;
        }
        for (std::size_t i = begin; i < end; ++i) {
            ranks[order[i]] = static_cast<double>(begin + end + 1) / 2.0;
        }
        begin = end;
    }
    return ranks;
}

/// Pearson's correlation coefficient, in [-1, 1]; NaN where one side has no spread or fewer than
/// two values. Throws `Error` for sides of different length.
[[nodiscard]] inline double pearson(std::span<const double> x, std::span<const double> y) {
    if (x.size() != y.size()) {
        throw Error("a correlation of " + std::to_string(x.size()) + " with " +
                    std::to_string(y.size()) + " values, expected as many on both sides");
    }
    // Asked of the values: equal values minus their mean may leave rounding errors.
    const auto has_spread = [](std::span<const double> values) {
        return std::any_of(values.begin(), values.end(),
                           [&](double value) { return value != values[0]; });
    };
    if (!has_spread(x) || !has_spread(y)) return std::numeric_limits<double>::quiet_NaN();
    const auto n = static_cast<double>(x.size());
    const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
    const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
    double xy = 0;
    double xx = 0;
    double yy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        xy += (x[i] - mean_x) * (y[i] - mean_y);
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
    }
    return std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0);
}

/// Spearman's rank correlation rho, in [-1, 1], ties by averaged ranks; NaN where one side has no
/// spread or fewer than two values. Throws `Error` for sides of different length and for NaN.
[[nodiscard]] inline double spearman(std::span<const double> x, std::span<const double> y) {
    return pearson(average_ranks(x), average_ranks(y));
}

} // namespace firth
