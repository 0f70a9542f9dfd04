#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/encode/transformer/transformer_config.hpp>
#include <firth/simd/activation.hpp>
#include <firth/simd/matrix_product.hpp>
#include <firth/table/matrix_view.hpp>

/// The steps of an encoder's layers, a row a token. What becomes of a row does not depend on the
/// rows beside it. Numerics: float32.
namespace firth {

/// Rows times a matrix, plus a bias, through an activation. The matrix is kept packed.
class Linear {
public:
    /// A matrix of outputs x inputs, and an element of the bias for each output.
    struct Part {
        std::span<const float> weights;
        std::span<const float> bias;
    };

    Linear() = default;

    /// The outputs of several parts, one after another, of the same inputs (a precondition).
    explicit Linear(std::span<const Part> parts, Activation activation = Activation::identity)
        : activation_(activation) {
        std::vector<float> weights;
        for (const Part& part : parts) {
            weights.insert(weights.end(), part.weights.begin(), part.weights.end());
            bias_.insert(bias_.end(), part.bias.begin(), part.bias.end());
        }
        inputs_ = weights.size() / bias_.size();
        packed_ = AlignedBuffer<float>(simd::packed_matrix_size(outputs(), inputs_));
        simd::pack_matrix(weights.data(), inputs_, outputs(), inputs_, packed_.data());
    }

    [[nodiscard]] std::size_t inputs() const noexcept { return inputs_; }
    [[nodiscard]] std::size_t outputs() const noexcept { return bias_.size(); }

    /// Writes a row of outputs() for each row of inputs().
    void operator()(TableView<const float> rows, TableView<float> to) const noexcept {
        simd::multiply_matrix({.x = rows.data(),
                               .x_stride = rows.stride(),
                               .rows = rows.rows(),
                               .packed = packed_.data(),
                               .inputs = inputs_,
                               .outputs = outputs(),
                               .bias = bias_.data(),
                               .activation = activation_,
                               .y = to.data(),
                               .y_stride = to.stride()});
    }

private:
    AlignedBuffer<float> packed_;
    std::vector<float> bias_;
    std::size_t inputs_ = 0;
    Activation activation_ = Activation::identity;
};

/// Memory for `attend`: about (2 dim of a head + 64) floats a token of the longest text.
struct AttentionWorkspace {
    AlignedBuffer<float> keys{};
    AlignedBuffer<float> values{};
    AlignedBuffer<float> scores{};
};

/// Self-attention within one text: `to` becomes, head by head, each token's mean of all tokens'
/// values, weighted by softmax(query . key / sqrt(dim of a head)) (Vaswani et al. 2017, equation
/// 1).
inline void attend(TableView<const float> queries, TableView<const float> keys,
                   TableView<const float> values, std::size_t heads, AttentionWorkspace& workspace,
                   TableView<float> to) {
    constexpr std::size_t block = 64; // queries whose scores are in memory at once
    const std::size_t tokens = queries.rows();
    const std::size_t dim = queries.dim() / heads;
    const std::size_t stride = padded_dim<float>(tokens);
    const float scale = 1 / std::sqrt(static_cast<float>(dim));
    const auto room = [](AlignedBuffer<float>& buffer, std::size_t size) {
        if (buffer.size() < size) buffer = AlignedBuffer<float>(size);
        return buffer.data();
    };
    float* const packed_keys = room(workspace.keys, simd::packed_matrix_size(tokens, dim));
    float* const packed_values = room(workspace.values, simd::packed_matrix_size(dim, tokens));
    float* const scores = room(workspace.scores, block * stride);
    for (std::size_t first = 0; first < heads * dim; first += dim) {
        simd::pack_matrix(keys.data() + first, keys.stride(), tokens, dim, packed_keys);
        simd::pack_transposed(values.data() + first, values.stride(), dim, tokens, packed_values);
        for (std::size_t i = 0; i < tokens; i += block) {
            const std::size_t rows = (std::min)(block, tokens - i);
            simd::multiply_matrix({.x = queries[i].data() + first,
                                   .x_stride = queries.stride(),
                                   .rows = rows,
                                   .packed = packed_keys,
                                   .inputs = dim,
                                   .outputs = tokens,
                                   .y = scores,
                                   .y_stride = stride});
            for (std::size_t row = 0; row < rows; ++row) {
                simd::softmax({scores + row * stride, tokens}, scale);
            }
            simd::multiply_matrix({.x = scores,
                                   .x_stride = stride,
                                   .rows = rows,
                                   .packed = packed_values,
                                   .inputs = tokens,
                                   .outputs = dim,
                                   .y = to[i].data() + first,
                                   .y_stride = to.stride()});
        }
    }
}

} // namespace firth
