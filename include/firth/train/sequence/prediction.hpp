#pragma once

#include <concepts>
#include <cstddef>
#include <limits>
#include <string>

#include <firth/simd/window_link.hpp>
#include <firth/simd/window_tile.hpp>

namespace firth {

/// What a window predicts: how its contexts meet its outputs. A policy of `SequenceTrainer`, of
/// which each worker has a copy.
///
/// - `step<Arch>(rows, rate, scratch)` makes one step of gradient ascent on the rows in place, with
///   `scratch_size(contexts, outputs, padded dim)` floats of scratch memory, aligned to 64 bytes.
///   It must not throw;
/// - `loss(rows, rate, scratch)`, called right after some of the steps with the same arguments, is
///   the loss before the step, over `predictions(contexts)` predictions;
/// - `default_learning_rate` is the learning rate at the start unless another is given;
/// - `settings()` names the policy and what it was made with, by which a checkpoint knows that it
///   belongs to the training that resumes it.
///
/// Two members are optional. `max_contexts` is the most contexts of one step: a window with more is
/// stepped on in several, every two of them with outputs of their own. `zero_loss(rows)` is the
/// loss of a step where all scores are zero: a training that costs clearly more is stopped
/// (`DivergenceCheck`). `train_word2vec` makes its prediction itself, by the `make` of
/// `Word2VecPrediction` (`word2vec.hpp`); `SequenceTrainer` takes one that is made.
///
/// A complete example, which pulls contexts towards the centre's row and knows no negatives:
///
///     struct Attract {
///         static constexpr float default_learning_rate = 0.01f;
///         template <class Arch>
///         void step(const firth::simd::WindowRows& rows, float rate, float*) const {
///             for (std::size_t c = 0; c < rows.context_count; ++c)
///                 for (std::size_t i = 0; i < rows.dim; ++i)
///                     rows.contexts[c][i] += rate * (rows.outputs[0][i] - rows.contexts[c][i]);
///         }
///         double loss(const firth::simd::WindowRows&, float, float*) const { return 0; }
///         std::size_t scratch_size(std::size_t, std::size_t, std::size_t) const { return 0; }
///         std::size_t predictions(std::size_t contexts) const { return contexts; }
///         std::string settings() const { return "attract"; }
///     };
template <class P>
concept WindowPrediction = std::copy_constructible<P> &&
    requires(const P prediction, const simd::WindowRows& rows, float rate, float* scratch,
             std::size_t count) {
    prediction.template step<simd::default_arch>(rows, rate, scratch);
    { prediction.loss(rows, rate, scratch) } -> std::same_as<double>;
    { prediction.scratch_size(count, count, count) } -> std::same_as<std::size_t>;
    { prediction.predictions(count) } -> std::same_as<std::size_t>;
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
[[nodiscard]] double zero_loss(const P& prediction, const simd::WindowRows& rows) {
    if constexpr (requires { prediction.zero_loss(rows); }) {
        return prediction.zero_loss(rows);
    } else {
        return 0;
    }
}

/// The name of a prediction by a link.
template <simd::WindowLink Link>
[[nodiscard]] std::string linked(const std::string& name, const Link& link) {
    const std::string settings = link.settings();
    return settings.empty() ? name : name + " with " + settings;
}

} // namespace detail

/// Each context predicts the centre (Mikolov et al. 2013, "Distributed Representations of Words
/// and Phrases and their Compositionality", section 2), by this link.
template <simd::WindowLink Link>
struct SkipGramWith {
    static constexpr float default_learning_rate = 0.025f;

    /// Those of a window of 5. An output moves by the sum over the contexts of a step, all taken
    /// from where it was: over many more it overshoots, and the training diverges.
    static constexpr std::size_t max_contexts = 10;

    Link link{};

    template <class Options>
    [[nodiscard]] static SkipGramWith make(const Options&) {
        return {};
    }

    [[nodiscard]] std::string settings() const { return detail::linked("skip-gram", link); }

    template <class Arch>
    void step(const simd::WindowRows& rows, float rate, float* scratch) const noexcept {
        simd::skip_gram_window<Arch>(rows, link, rate, scratch);
    }
    [[nodiscard]] double loss(const simd::WindowRows& rows, float rate,
                              const float* scratch) const noexcept {
        return simd::window_loss(rows, link, rate, scratch);
    }
    [[nodiscard]] constexpr std::size_t scratch_size(std::size_t contexts, std::size_t outputs,
                                                     std::size_t) const noexcept {
        return simd::link_scratch_size(link, contexts, outputs) +
               simd::skip_gram_scratch_size(contexts, outputs);
    }
    [[nodiscard]] static constexpr std::size_t predictions(std::size_t contexts) noexcept {
        return contexts;
    }
    [[nodiscard]] double zero_loss(const simd::WindowRows& rows) const noexcept {
        return static_cast<double>(rows.context_count) *
               link.zero_loss(rows.output_count, rows.positive_count);
    }
};

using SkipGram = SkipGramWith<simd::Logistic>;

/// What a context of CBOW takes of the gradient of their mean.
enum class CbowGradient {
    word2vec, ///< the whole, as in word2vec.c
    exact,    ///< its share, 1 / contexts (Irsoy, Benton, Stratos 2021)
};

/// The mean of the contexts predicts the centre (Mikolov et al. 2013, "Efficient Estimation of Word
/// Representations in Vector Space", section 3.1), by this link.
template <simd::WindowLink Link>
struct CbowWith {
    /// word2vec.c starts from 0.05; 0.06 was better over eight seeds (`benchmarks/README.md`).
    static constexpr float default_learning_rate = 0.06f;

    CbowGradient gradient = CbowGradient::word2vec;
    Link link{};

    /// Reads `cbow_gradient` of the options.
    template <class Options>
    [[nodiscard]] static CbowWith make(const Options& options) {
        return {.gradient = options.cbow_gradient};
    }

    [[nodiscard]] std::string settings() const {
        return detail::linked(
            gradient == CbowGradient::word2vec ? "CBOW" : "CBOW with the exact gradient", link);
    }

    template <class Arch>
    void step(const simd::WindowRows& rows, float rate, float* scratch) const noexcept {
        const float share = gradient == CbowGradient::word2vec
                                ? 1.0f
                                : 1.0f / static_cast<float>(rows.context_count);
        simd::cbow_window<Arch>(rows, link, rate, share, scratch);
    }
    [[nodiscard]] double loss(simd::WindowRows rows, float rate,
                              const float* scratch) const noexcept {
        rows.context_count = 1;
        return simd::window_loss(rows, link, rate, scratch);
    }
    [[nodiscard]] constexpr std::size_t scratch_size(std::size_t, std::size_t outputs,
                                                     std::size_t padded_dim) const noexcept {
        return simd::link_scratch_size(link, 1, outputs) +
               simd::cbow_scratch_size(outputs, padded_dim);
    }
    [[nodiscard]] static constexpr std::size_t predictions(std::size_t) noexcept { return 1; }
    [[nodiscard]] double zero_loss(const simd::WindowRows& rows) const noexcept {
        return link.zero_loss(rows.output_count, rows.positive_count);
    }
};

using Cbow = CbowWith<simd::Logistic>;

static_assert(WindowPrediction<SkipGram> && WindowPrediction<Cbow>);

} // namespace firth
