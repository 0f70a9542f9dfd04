#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include <firth/simd/update.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// How the vectors of a text's tokens become one; several are put side by side in this order.
struct Pooling {
    bool cls = false; ///< that of the first token
    bool max = false; ///< the largest of each element
    bool mean = false;
    bool mean_sqrt = false;     ///< the sum over the root of the number of tokens
    bool weighted_mean = false; ///< the i-th token weighs i, from 1
    bool last = false;          ///< that of the last token

    [[nodiscard]] std::size_t parts() const noexcept {
        return std::size_t(cls) + max + mean + mean_sqrt + weighted_mean + last;
    }
};

/// One vector of a text's tokens' vectors, parts() times their dim elements long; zeros where there
/// are no tokens. The first `left_out` tokens, those of a prompt, count for `cls` and `last` only;
/// the weights of the others are those of their places in the whole text.
inline void pool(const Pooling& pooling, TableView<const float> tokens, std::span<float> to,
                 std::size_t left_out = 0) {
    std::ranges::fill(to, 0.0f);
    if (tokens.empty()) return;
    const std::size_t dim = tokens.dim();
    const std::size_t first = (std::min)(left_out, tokens.rows());
    std::size_t at = 0;
    const auto next = [&] { return to.subspan(dim * at++, dim); };
    const auto sum = [&](std::span<float> part, auto weight_of, double whole) {
        if (first == tokens.rows()) return;
        for (std::size_t i = first; i < tokens.rows(); ++i) {
            simd::axpy(static_cast<float>(weight_of(i)), tokens[i], part);
        }
        simd::scale(static_cast<float>(1 / whole), part);
    };
    const auto one = [](std::size_t) { return 1.0; };
    const auto count = static_cast<double>(tokens.rows() - first);
    if (pooling.cls) std::ranges::copy(tokens[0], next().begin());
    if (pooling.max) {
        const std::span<float> part = next();
        if (first < tokens.rows()) std::ranges::copy(tokens[first], part.begin());
        for (std::size_t i = first + 1; i < tokens.rows(); ++i) {
            for (std::size_t k = 0; k < dim; ++k) {
                part[k] = (std::max)(part[k], tokens[i][k]);
            }
        }
    }
    if (pooling.mean) sum(next(), one, count);
    if (pooling.mean_sqrt) sum(next(), one, std::sqrt(count));
    if (pooling.weighted_mean) {
        sum(
            next(), [](std::size_t i) { return static_cast<double>(i + 1); },
            count * static_cast<double>(first + 1 + tokens.rows()) / 2);
    }
    if (pooling.last) std::ranges::copy(tokens[tokens.rows() - 1], next().begin());
}

} // namespace firth
