#pragma once

#include <concepts>

namespace firth {

/// How search compares a query with a row: by their inner product, with each side scaled by what
/// the metric makes of its Euclidean norm, so that one inner product a row is all the work there
/// is. A complete example:
///
///     struct InnerProduct {
///         static float scale(float) { return 1.0f; }
///     };
template <class M>
concept Metric = requires(float norm) {
    { M::scale(norm) } -> std::same_as<float>;
};

/// The inner product: larger is nearer, and long rows win.
struct InnerProduct {
    [[nodiscard]] static float scale(float) noexcept { return 1.0f; }
};

/// The cosine of the angle, in [-1, 1] up to rounding; 0 for rows and queries that are all zeros.
struct Cosine {
    [[nodiscard]] static float scale(float norm) noexcept {
        return norm == 0.0f ? 0.0f : 1.0f / norm;
    }
};

} // namespace firth
