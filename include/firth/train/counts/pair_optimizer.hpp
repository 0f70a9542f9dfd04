#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>

#include <firth/base/config.hpp>
#include <firth/base/number_text.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/pair_step.hpp>

namespace firth {

/// The rows of a step: `size` weights each, aligned to 64 bytes, `size` a multiple of 16.
struct PairRows {
    float* a = nullptr;
    float* b = nullptr;
    float* a_states = nullptr; ///< `states` times `size` floats: the first state of every weight,
    float* b_states = nullptr; ///< the second of every weight, and so on
    const float* a_rates = nullptr; ///< learning rates by weight; 0 leaves the weight as it is
    const float* b_rates = nullptr;
    std::size_t size = 0;
};

/// How two rows follow the gradient of their cost: a policy of `CooccurrenceTrainer`.
///
/// - `step<Arch>(rows, gradient)` makes a step; `gradient` is the derivative of the cost by the
///   product of both rows, and so that by a's weight i is gradient * b[i]. The rows differ, and no
///   other thread touches them;
/// - `states` is how many numbers it keeps of each weight; they are `initial_state` at first;
/// - `rate` is the learning rate of elements of embeddings, `bias_rate` that of biases;
/// - `settings()` as in `PairObjective`.
///
/// A complete example, steps with momentum, which need one state:
///
///     struct Momentum {
///         float rate = 0.01f;
///         float bias_rate = 0.01f;
///         static constexpr std::size_t states = 1;
///         static constexpr float initial_state = 0;
///         template <class Arch>
///         void step(const firth::PairRows& rows, float gradient) const {
///             for (std::size_t i = 0; i < rows.size; ++i) {
///                 rows.a_states[i] = 0.9f * rows.a_states[i] + gradient * rows.b[i];
///                 rows.b_states[i] = 0.9f * rows.b_states[i] + gradient * rows.a[i];
///                 rows.a[i] -= rows.a_rates[i] * rows.a_states[i];
///                 rows.b[i] -= rows.b_rates[i] * rows.b_states[i];
///             }
///         }
///         std::string settings() const { return "momentum"; }
///     };
template <class O>
concept PairOptimizer = requires(const O optimizer, const PairRows& rows, float gradient) {
    optimizer.template step<simd::default_arch>(rows, gradient);
    { optimizer.rate } -> std::convertible_to<float>;
    { optimizer.bias_rate } -> std::convertible_to<float>;
    requires std::unsigned_integral<std::remove_cv_t<decltype(O::states)>>;
    { O::initial_state } -> std::convertible_to<float>;
    { optimizer.settings() } -> std::same_as<std::string>;
};

namespace detail {

/// The rows as kernels of steps with a state or none take them.
[[nodiscard]] FIRTH_ALWAYS_INLINE simd::RowPair kernel_rows(const PairRows& rows) noexcept {
    return {rows.a, rows.b, rows.a_states, rows.b_states, rows.a_rates, rows.b_rates, rows.size};
}

} // namespace detail

/// AdaGrad as in GloVe's own program, whose steps for biases leave out the learning rate.
struct AdaGrad {
    float rate = 0.05f;
    float bias_rate = 1;
    float clip = 100; ///< the largest element of a gradient

    static constexpr std::size_t states = 1; ///< the sum of squared steps
    static constexpr float initial_state = 1;

    template <class Arch>
    void step(const PairRows& rows, float gradient) const noexcept {
        simd::adagrad_pair<Arch>(detail::kernel_rows(rows), gradient, clip);
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

    static constexpr std::size_t states = 0;
    static constexpr float initial_state = 0;

    template <class Arch>
    void step(const PairRows& rows, float gradient) const noexcept {
        simd::sgd_pair<Arch>(detail::kernel_rows(rows), gradient, clip);
    }
    [[nodiscard]] std::string settings() const {
        return "SGD, rates " + float_text(rate) + " and " + float_text(bias_rate) + ", clip " +
               float_text(clip);
    }
};

static_assert(PairOptimizer<AdaGrad> && PairOptimizer<Sgd>);

} // namespace firth
