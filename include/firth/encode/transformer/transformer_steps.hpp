#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include <firth/base/aligned_buffer.hpp>
#include <firth/encode/transformer/transformer_config.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/score_tile.hpp>
#include <firth/simd/update.hpp>
#include <firth/table/matrix_view.hpp>

/// The steps of an encoder's layers, a row a token. What becomes of a row does not depend on the
/// rows beside it. Numerics: float32.
namespace firth {

/// (x - mean) / sqrt(variance + epsilon) * gain + bias, with the biased variance (Ba, Kiros and
/// Hinton 2016).
inline void layer_norm(std::span<float> row, std::span<const float> gain,
                       std::span<const float> bias, float epsilon) noexcept {
    double sum = 0;
    for (const float x : row) {
        sum += static_cast<double>(x);
    }
    const double mean = sum / static_cast<double>(row.size());
    double squares = 0;
    for (const float x : row) {
        const double off = static_cast<double>(x) - mean;
        squares += off * off;
    }
    const double variance = squares / static_cast<double>(row.size());
    const auto scale = static_cast<float>(1 / std::sqrt(variance + static_cast<double>(epsilon)));
    const auto centre = static_cast<float>(mean);
    for (std::size_t i = 0; i < row.size(); ++i) {
        row[i] = (row[i] - centre) * scale * gain[i] + bias[i];
    }
}

[[nodiscard]] inline float activated(float x, Activation activation) noexcept {
    switch (activation) {
    case Activation::gelu:
        return 0.5f * x * (1 + std::erf(x * 0.70710678f));
    case Activation::gelu_tanh:
        return 0.5f * x * (1 + std::tanh(0.79788456f * (x + 0.044715f * x * x * x)));
    case Activation::quick_gelu:
        return x / (1 + std::exp(-1.702f * x));
    case Activation::relu:
        break;
    }
    return (std::max)(x, 0.0f);
}

/// exp(x) over the row's sum of them, without overflow.
inline void softmax(std::span<float> row) noexcept {
    if (row.empty()) return;
    const float most = *std::ranges::max_element(row);
    float sum = 0;
    for (float& x : row) {
        x = std::exp(x - most);
        sum += x;
    }
    simd::scale(1 / sum, row);
}

/// Rows times a matrix, plus a bias.
class Linear {
public:
    Linear() = default;

    /// `weights` is outputs x inputs, `bias` has an element an output; both outlive it.
    Linear(std::span<const float> weights, std::span<const float> bias) noexcept
        : weights_(weights), bias_(bias) {}

    [[nodiscard]] std::size_t inputs() const noexcept { return weights_.size() / bias_.size(); }
    [[nodiscard]] std::size_t outputs() const noexcept { return bias_.size(); }

    /// Rows made ready for products, of any number of matrices.
    class Rows {
    public:
        void pack(TableView<const float> rows) {
            const std::size_t needed = simd::packed_queries_size(rows.rows(), rows.dim());
            if (packed_.size() < needed) packed_ = AlignedBuffer<std::uint32_t>(needed);
            simd::pack_queries(rows.data(), rows.stride(), rows.rows(), rows.dim(), packed_.data());
            count_ = rows.rows();
        }

    private:
        friend Linear;
        AlignedBuffer<std::uint32_t> packed_;
        std::size_t count_ = 0;
    };

    /// Writes a row of outputs() for each row that is packed.
    void operator()(const Rows& rows, TableView<float> to) const noexcept {
        simd::score_tile(rows.packed_.data(), rows.count_, weights_.data(), inputs(), outputs(),
                         inputs(), to.data(), to.stride());
        for (std::size_t i = 0; i < rows.count_; ++i) {
            simd::axpy(1.0f, bias_, to[i]);
        }
    }

private:
    std::span<const float> weights_;
    std::span<const float> bias_;
};

/// Self-attention within one text: `to` becomes, head by head, each token's mean of all tokens'
/// values, weighted by softmax(query . key / sqrt(dim of a head)) (Vaswani et al. 2017, equation
/// 1). `scores` has room for a number a token.
inline void attend(TableView<const float> queries, TableView<const float> keys,
                   TableView<const float> values, std::size_t heads, std::span<float> scores,
                   TableView<float> to) noexcept {
    const std::size_t tokens = queries.rows();
    const std::size_t dim = queries.dim() / heads;
    const float scale = 1 / std::sqrt(static_cast<float>(dim));
    for (std::size_t head = 0; head < heads; ++head) {
        const auto part = [&](auto row) { return row.subspan(head * dim, dim); };
        for (std::size_t i = 0; i < tokens; ++i) {
            for (std::size_t j = 0; j < tokens; ++j) {
                scores[j] = simd::dot(part(queries[i]), part(keys[j])) * scale;
            }
            softmax(scores.first(tokens));
            const std::span<float> sum = part(to[i]);
            std::ranges::fill(sum, 0.0f);
            for (std::size_t j = 0; j < tokens; ++j) {
                simd::axpy(scores[j], part(values[j]), sum);
            }
        }
    }
}

} // namespace firth
