#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/simd/dot.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// What a dense layer does with each element of its product.
enum class DenseActivation {
    identity,
    tanh,
    gelu, ///< x times the normal distribution's share below x
    relu,
    sigmoid,
};

/// A step after pooling: a vector times a matrix, plus a bias, and an activation. Copies share the
/// matrix. Numerics: float32.
class DenseLayer {
public:
    /// `weights` has a row an output, of an element an input; `bias` an element an output, or none
    /// at all. Throws `OptionError` for a bias of another length, and for no weights.
    DenseLayer(EmbeddingTable<float> weights, std::vector<float> bias, DenseActivation activation)
        : weights_(std::make_shared<const EmbeddingTable<float>>(std::move(weights))),
          bias_(std::move(bias)), activation_(activation) {
        if (weights_->empty() || weights_->dim() == 0) {
            throw OptionError("a dense layer without weights, expected a row an output");
        }
        if (!bias_.empty() && bias_.size() != outputs()) {
            throw OptionError("a bias of " + std::to_string(bias_.size()) +
                              " elements, expected one for each of " + std::to_string(outputs()) +
                              " outputs");
        }
    }

    [[nodiscard]] std::size_t inputs() const noexcept { return weights_->dim(); }
    [[nodiscard]] std::size_t outputs() const noexcept { return weights_->rows(); }

    /// Writes outputs() elements for inputs() of them, which must not overlap.
    void operator()(std::span<const float> from, std::span<float> to) const noexcept {
        for (std::size_t i = 0; i < outputs(); ++i) {
            const float sum = simd::dot(from, (*weights_)[i]);
            to[i] = activated(bias_.empty() ? sum : sum + bias_[i]);
        }
    }

private:
    [[nodiscard]] float activated(float x) const noexcept {
        switch (activation_) {
        case DenseActivation::identity:
            break;
        case DenseActivation::tanh:
            return std::tanh(x);
        case DenseActivation::gelu:
            return 0.5f * x * (1 + std::erf(x * 0.70710678f));
        case DenseActivation::relu:
            return (std::max)(x, 0.0f);
        case DenseActivation::sigmoid:
            return 1 / (1 + std::exp(-x));
        }
        return x;
    }

    std::shared_ptr<const EmbeddingTable<float>> weights_;
    std::vector<float> bias_;
    DenseActivation activation_;
};

} // namespace firth
