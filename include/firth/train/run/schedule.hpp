#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

namespace firth {

/// How the learning rate changes over the whole training.
enum class Schedule {
    linear,   ///< falls in a straight line, as in word2vec.c
    cosine,   ///< falls along half a cosine (Loshchilov and Hutter 2017, equation 5)
    constant, ///< stays
};

/// Learning rate that goes from `initial` to `initial * floor`.
struct LearningRate {
    float initial = 0.025f;
    Schedule schedule = Schedule::linear;
    float floor = 1e-4f; ///< as a share of `initial`

    /// The rate after the share `done`, 0 to 1, of the whole training.
    [[nodiscard]] float operator()(double done) const noexcept {
        double share = 1.0;
        if (schedule == Schedule::linear) share = 1.0 - done;
        if (schedule == Schedule::cosine) share = 0.5 + 0.5 * std::cos(std::numbers::pi * done);
        return initial * (std::max)(floor, static_cast<float>(share));
    }
};

} // namespace firth
