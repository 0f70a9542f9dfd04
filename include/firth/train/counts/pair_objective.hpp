#pragma once

#include <cmath>
#include <concepts>
#include <string>
#include <type_traits>

#include <firth/base/number_text.hpp>

namespace firth {

/// What a pair of rows costs, and the derivative of that by their product.
struct PairCost {
    double cost = 0;
    float gradient = 0;
};

/// What the products of rows should come to: a policy of `CooccurrenceTrainer`. Once for each count
/// `target` makes what is needed of it, which must be trivially copyable; `cost` then says what a
/// product of it costs. `settings` names the objective and what it was made with, by which a
/// checkpoint knows that it belongs to the training that resumes it.
///
/// A complete example, which fits the square roots of counts:
///
///     struct SquareRoots {
///         struct Target { float root; };
///         Target target(float count) const { return {std::sqrt(count)}; }
///         firth::PairCost cost(float product, const Target& target) const {
///             const float error = product - target.root;
///             return {0.5 * error * error, error};
///         }
///         std::string settings() const { return "square roots"; }
///     };
template <class O>
concept PairObjective = std::is_trivially_copyable_v<typename O::Target> &&
    requires(const O objective, const typename O::Target& target, float number) {
    { objective.target(number) } -> std::same_as<typename O::Target>;
    { objective.cost(number, target) } -> std::same_as<PairCost>;
    { objective.settings() } -> std::same_as<std::string>;
};

/// GloVe's objective (Pennington, Socher, Manning 2014, equations 8 and 9): half the squared
/// distance from the logarithm of a count, weighted by min(1, (count / x_max)^alpha).
struct WeightedLeastSquares {
    float x_max = 10;
    float alpha = 0.75f;

    struct Target {
        float log_count;
        float weight;
    };

    [[nodiscard]] Target target(float count) const {
        const float log_count = std::log(count);
        return {log_count, count < x_max ? std::exp(alpha * (log_count - std::log(x_max))) : 1.0f};
    }

    [[nodiscard]] PairCost cost(float product, const Target& target) const noexcept {
        const float error = product - target.log_count;
        const float gradient = target.weight * error;
        return {0.5 * static_cast<double>(gradient) * static_cast<double>(error), gradient};
    }

    [[nodiscard]] std::string settings() const {
        return "weighted least squares, x-max " + float_text(x_max) + ", alpha " +
               float_text(alpha);
    }
};

static_assert(PairObjective<WeightedLeastSquares>);

} // namespace firth
