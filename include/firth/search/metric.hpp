#pragma once

#include <cstddef>
#include <span>

#include <firth/simd/dot.hpp>

namespace firth {

/// How search compares a query with a row. A metric says by what each row's inner product with the
/// query is scaled, and how the query is prepared, so that one inner product a row is all the work
/// there is. A complete example:
///
///     struct InnerProduct {
///         static float row_scale(std::span<const float>) { return 1.0f; }
///         static float query_scale(std::span<const float>) { return 1.0f; }
///     };
template <class M>
concept Metric = requires(std::span<const float> vector) {
    { M::row_scale(vector) } -> std::same_as<float>;
    { M::query_scale(vector) } -> std::same_as<float>;
};

/// The inner product: larger is nearer, and long rows win.
struct InnerProduct {
    [[nodiscard]] static float row_scale(std::span<const float>) noexcept { return 1.0f; }
    [[nodiscard]] static float query_scale(std::span<const float>) noexcept { return 1.0f; }
};

/// The cosine of the angle, in [-1, 1] up to rounding; 0 for rows and queries that are all zeros.
struct Cosine {
    [[nodiscard]] static float row_scale(std::span<const float> row) noexcept {
        const float length = simd::norm(row);
        return length == 0.0f ? 0.0f : 1.0f / length;
    }
    [[nodiscard]] static float query_scale(std::span<const float> query) noexcept {
        return row_scale(query);
    }
};

} // namespace firth
