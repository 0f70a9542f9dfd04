#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <numbers>
#include <span>
#include <string>

namespace firth::simd {

/// The inner products of one vector (a context, or the mean of several) with the outputs of its
/// window.
struct OutputScores {
    std::span<const float> scores; ///< one an output; those with label 1 come first
    std::size_t positives = 0;     ///< how many have label 1
};

/// The link of a window: what scores and labels cost, and how scores should move. It sees all
/// outputs of a vector together, so that they may depend on each other, as in a softmax. Called
/// from all threads at once, with one output or more, from kernels that must not throw.
///
/// - `gradients(outputs, to)` writes to `to[o]` minus the derivative of the loss by score o;
/// - `loss(outputs)` is the loss; only some windows are asked for it;
/// - `zero_loss(outputs, positives)` is the loss where all scores are zero. A training that costs
///   clearly more is stopped (`DivergenceCheck`); 0 where it is not known;
/// - `settings()` names the link and what it was made with, by which a checkpoint knows that it
///   belongs to the training that resumes it; empty for `Logistic`, which goes without saying.
///
/// A complete example, a softmax over the centre and its negatives:
///
///     struct Softmax {
///         void gradients(const firth::simd::OutputScores& outputs, float* to) const noexcept {
///             const float top = std::ranges::max(outputs.scores);
///             float sum = 0;
///             for (const float score : outputs.scores) sum += std::exp(score - top);
///             for (std::size_t o = 0; o < outputs.scores.size(); ++o) {
///                 to[o] = (o == 0 ? 1.0f : 0.0f) - std::exp(outputs.scores[o] - top) / sum;
///             }
///         }
///         double loss(const firth::simd::OutputScores& outputs) const noexcept {
///             double sum = 0;
///             for (const float score : outputs.scores) sum += std::exp(double{score});
///             return std::log(sum) - outputs.scores[0];
///         }
///         double zero_loss(std::size_t outputs, std::size_t) const noexcept {
///             return std::log(static_cast<double>(outputs));
///         }
///         std::string settings() const { return "softmax"; }
///     };
template <class L>
concept WindowLink = requires(const L link, const OutputScores& outputs, float* to,
                              std::size_t count) {
    { link.gradients(outputs, to) }
    noexcept;
    { link.loss(outputs) }
    noexcept->std::same_as<double>;
    { link.zero_loss(count, count) }
    noexcept->std::same_as<double>;
    { link.settings() } -> std::same_as<std::string>;
};

/// Each output is a logistic regression of its own: loss -log sigmoid(score) where the label is 1,
/// -log sigmoid(-score) where it is 0 (Mikolov et al. 2013, "Distributed Representations of Words
/// and Phrases and their Compositionality", equation 4).
///
/// Its windows have kernels of their own, which keep scores in registers and come compiled in
/// `firth::dispatch`; `gradients` and `loss` say in plain code what those compute.
struct Logistic {
    static void gradients(const OutputScores& outputs, float* to) noexcept {
        for (std::size_t o = 0; o < outputs.scores.size(); ++o) {
            const float label = o < outputs.positives ? 1.0f : 0.0f;
            to[o] = label - 1.0f / (1.0f + std::exp(-outputs.scores[o]));
        }
    }
    [[nodiscard]] static double loss(const OutputScores& outputs) noexcept {
        double loss = 0;
        for (std::size_t o = 0; o < outputs.scores.size(); ++o) {
            const auto score = static_cast<double>(outputs.scores[o]);
            loss += std::log1p(std::exp(o < outputs.positives ? -score : score));
        }
        return loss;
    }
    [[nodiscard]] static constexpr double zero_loss(std::size_t outputs, std::size_t) noexcept {
        return std::numbers::ln2 * static_cast<double>(outputs);
    }
    [[nodiscard]] static std::string settings() { return {}; }
};

/// The outputs compete: their probabilities, e^score / the sum of all e^score, add up to 1. Loss:
/// -log of the probability of the output with label 1, of which there is one. As `Logistic`, its
/// windows of CBOW have kernels of their own; `gradients` says in plain code what those compute.
struct Softmax {
    static void gradients(const OutputScores& outputs, float* to) noexcept {
        const float best = (std::ranges::max)(outputs.scores);
        float sum = 0;
        for (const float score : outputs.scores) {
            sum += std::exp(score - best);
        }
        for (std::size_t o = 0; o < outputs.scores.size(); ++o) {
            const float label = o < outputs.positives ? 1.0f : 0.0f;
            to[o] = label - std::exp(outputs.scores[o] - best) / sum;
        }
    }
    [[nodiscard]] static double loss(const OutputScores& outputs) noexcept {
        const auto best = static_cast<double>((std::ranges::max)(outputs.scores));
        double sum = 0;
        for (const float score : outputs.scores) {
            sum += std::exp(static_cast<double>(score) - best);
        }
        return std::log(sum) + best - static_cast<double>(outputs.scores[0]);
    }
    [[nodiscard]] static double zero_loss(std::size_t outputs, std::size_t) noexcept {
        return std::log(static_cast<double>(outputs));
    }
    [[nodiscard]] static std::string settings() { return "softmax"; }
};

static_assert(WindowLink<Logistic> && WindowLink<Softmax>);

} // namespace firth::simd
