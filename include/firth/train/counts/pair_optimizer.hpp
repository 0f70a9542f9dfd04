#pragma once

#include <concepts>
#include <string>

#include <firth/base/number_text.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/pair_step.hpp>

namespace firth {

/// How two rows follow the gradient of their cost: a policy of `CooccurrenceTrainer`. `step` makes
/// a step on the rows, of which `rows.a_rates` and `rows.b_rates` hold the learning rates by
/// element: `rate` for elements of embeddings, `bias_rate` for biases. Where `keeps_squares`, a row
/// has as many floats more, 1 at first, at `rows.a_squares` and `rows.b_squares`. `settings` as in
/// `PairObjective`.
template <class O>
concept PairOptimizer = requires(const O optimizer, const simd::RowPair& rows, float gradient) {
    optimizer.template step<simd::default_arch>(rows, gradient);
    { optimizer.rate } -> std::convertible_to<float>;
    { optimizer.bias_rate } -> std::convertible_to<float>;
    { O::keeps_squares } -> std::convertible_to<bool>;
    { optimizer.settings() } -> std::same_as<std::string>;
};

/// AdaGrad as in GloVe's own program, whose steps for biases leave out the learning rate.
struct AdaGrad {
    float rate = 0.05f;
    float bias_rate = 1;
    float clip = 100; ///< the largest element of a gradient

    static constexpr bool keeps_squares = true;

    template <class Arch>
    void step(const simd::RowPair& rows, float gradient) const noexcept {
        simd::adagrad_pair<Arch>(rows, gradient, clip);
    }
    [[nodiscard]] std::string settings() const {
        return "AdaGrad, rates " + float_text(rate) + " and " + float_text(bias_rate) + ", clip " +
               float_text(clip);
    }
};

/// Steps along the gradient as it is.
struct Sgd {
    float rate = 0.01f;
    float bias_rate = 0.01f;
    float clip = 100; ///< the largest element of a gradient

    static constexpr bool keeps_squares = false;

    template <class Arch>
    void step(const simd::RowPair& rows, float gradient) const noexcept {
        simd::sgd_pair<Arch>(rows, gradient, clip);
    }
    [[nodiscard]] std::string settings() const {
        return "SGD, rates " + float_text(rate) + " and " + float_text(bias_rate) + ", clip " +
               float_text(clip);
    }
};

static_assert(PairOptimizer<AdaGrad> && PairOptimizer<Sgd>);

} // namespace firth
