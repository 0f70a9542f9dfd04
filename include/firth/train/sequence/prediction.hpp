#pragma once

#include <concepts>
#include <cstddef>
#include <limits>
#include <numbers>
#include <string>

#include <firth/simd/window_tile.hpp>

namespace firth {

/// What a window predicts: how its contexts meet its outputs. A policy of `SequenceTrainer`.
///
/// `step` makes one step of gradient ascent on the rows in place, with `scratch_size` floats of
/// aligned scratch memory; right after it `loss` gives the loss before the step, over
/// `predictions(contexts)` predictions. `default_learning_rate` is the learning rate that one
/// starts from unless told otherwise; `settings` names the policy and what it was made with, by
/// which a checkpoint knows that it belongs to the training that goes on from it.
///
/// Two members are optional. `max_contexts` is the most contexts of one step: a window with more is
/// stepped on in several, every two of them with outputs of their own. `zero_loss(contexts,
/// outputs)` is the loss where all scores are zero: a training that costs clearly more is stopped
/// (`DivergenceCheck`).
template <class P>
concept WindowPrediction = requires(const P prediction, const simd::WindowRows& rows, float rate,
                                    float* scratch, std::size_t n) {
    prediction.template step<simd::default_arch>(rows, rate, scratch);
    { prediction.loss(rows, rate, scratch) } -> std::same_as<double>;
    { prediction.scratch_size(n, n, n) } -> std::same_as<std::size_t>;
    { prediction.predictions(n) } -> std::same_as<std::size_t>;
    { P::default_learning_rate } -> std::convertible_to<float>;
    { prediction.settings() } -> std::same_as<std::string>;
};

namespace detail {

template <class P>
inline constexpr std::size_t max_contexts = (std::numeric_limits<std::size_t>::max)();
template <class P>
    requires requires {
        { P::max_contexts } -> std::convertible_to<std::size_t>;
    }
inline constexpr std::size_t max_contexts<P> = P::max_contexts;

/// 0 where the prediction does not tell.
template <class P>
[[nodiscard]] double zero_loss(const P& prediction, std::size_t contexts, std::size_t outputs) {
    if constexpr (requires { prediction.zero_loss(contexts, outputs); }) {
        return prediction.zero_loss(contexts, outputs);
    } else {
        return 0;
    }
}

} // namespace detail

/// Each context predicts the centre (Mikolov et al. 2013, "Distributed Representations of Words
/// and Phrases and their Compositionality", section 2).
struct SkipGram {
    static constexpr float default_learning_rate = 0.025f;

    /// Those of a window of 5. An output moves by the sum over the contexts of a step, all taken
    /// from where it was: over many more it overshoots, and the training diverges.
    static constexpr std::size_t max_contexts = 10;

    [[nodiscard]] static std::string settings() { return "skip-gram"; }

    template <class Arch>
    void step(const simd::WindowRows& rows, float rate, float* scratch) const noexcept {
        simd::skip_gram_window<Arch>(rows, rate, scratch);
    }
    [[nodiscard]] double loss(const simd::WindowRows& rows, float rate,
                              const float* scratch) const noexcept {
        return simd::window_loss(rows, rate, scratch);
    }
    [[nodiscard]] static constexpr std::size_t
    scratch_size(std::size_t contexts, std::size_t outputs, std::size_t) noexcept {
        return simd::window_scratch_size(contexts, outputs);
    }
    [[nodiscard]] static constexpr std::size_t predictions(std::size_t contexts) noexcept {
        return contexts;
    }
    [[nodiscard]] static constexpr double zero_loss(std::size_t contexts,
                                                    std::size_t outputs) noexcept {
        return std::numbers::ln2 * static_cast<double>(contexts * outputs);
    }
};

/// The mean of the contexts predicts the centre (Mikolov et al. 2013, "Efficient Estimation of Word
/// Representations in Vector Space", section 3.1).
struct Cbow {
    /// word2vec.c starts from 0.05; 0.06 was better over eight seeds (`benchmarks/README.md`).
    static constexpr float default_learning_rate = 0.06f;

    enum class Gradient {
        word2vec, ///< every context takes the whole gradient of the mean, as in word2vec.c
        exact,    ///< every context takes its share, 1 / contexts (Irsoy, Benton, Stratos 2021)
    };
    Gradient gradient = Gradient::word2vec;

    [[nodiscard]] std::string settings() const {
        return gradient == Gradient::word2vec ? "CBOW" : "CBOW with the exact gradient";
    }

    template <class Arch>
    void step(const simd::WindowRows& rows, float rate, float* scratch) const noexcept {
        const float share =
            gradient == Gradient::word2vec ? 1.0f : 1.0f / static_cast<float>(rows.context_count);
        simd::cbow_window<Arch>(rows, rate, share, scratch);
    }
    [[nodiscard]] double loss(simd::WindowRows rows, float rate,
                              const float* scratch) const noexcept {
        rows.context_count = 1;
        return simd::window_loss(rows, rate, scratch);
    }
    [[nodiscard]] static constexpr std::size_t scratch_size(std::size_t, std::size_t outputs,
                                                            std::size_t padded_dim) noexcept {
        return simd::cbow_scratch_size(outputs, padded_dim);
    }
    [[nodiscard]] static constexpr std::size_t predictions(std::size_t) noexcept { return 1; }
    [[nodiscard]] static constexpr double zero_loss(std::size_t, std::size_t outputs) noexcept {
        return std::numbers::ln2 * static_cast<double>(outputs);
    }
};

static_assert(WindowPrediction<SkipGram> && WindowPrediction<Cbow>);

} // namespace firth
