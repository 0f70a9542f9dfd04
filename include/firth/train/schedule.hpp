#pragma once

#include <algorithm>

namespace firth {

/// Learning rate that falls in a straight line from `initial` to `initial * floor`, as in
/// word2vec.c.
struct LinearDecay {
    float initial = 0.025f;
    float floor = 1e-4f; ///< as a share of `initial`

    /// The rate after the share `done`, 0 to 1, of the whole training.
    [[nodiscard]] float operator()(double done) const noexcept {
        return initial * std::max(floor, static_cast<float>(1.0 - done));
    }
};

} // namespace firth
