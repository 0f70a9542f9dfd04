#pragma once

#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <span>

#include <firth/simd/batch.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/unroll.hpp>

/// Numerics: float32 as in `dot.hpp`, with the same order of summation. `cosine` sums its three
/// products in one pass and falls back to double where a sum of squares leaves float32's safe
/// range.
namespace firth::simd {

namespace detail {

FIRTH_NOINLINE inline float cosine_by_double(std::span<const float> a,
                                             std::span<const float> b) noexcept {
    double product = 0;
    double squares_a = 0;
    double squares_b = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double x = a[i];
        const double y = b[i];
        product += x * y;
        squares_a += x * x;
        squares_b += y * y;
    }
    if (squares_a == 0 || squares_b == 0) return 0.0f;
    return static_cast<float>(product / (std::sqrt(squares_a) * std::sqrt(squares_b)));
}

} // namespace detail

/// The squared Euclidean distance of two vectors of the same length (a precondition).
template <class Arch = default_arch>
[[nodiscard]] float squared_l2(std::span<const float> a, std::span<const float> b) noexcept {
    assert(a.size() == b.size());
    using B = Batch<Arch>;
    return detail::reduce_pairs<Arch>(a.data(), b.data(), a.size(),
                                      [](const B& sum, const B& x, const B& y) FIRTH_INLINE_LAMBDA {
                                          const B difference = x - y;
                                          return fma<Arch>(difference, difference, sum);
                                      });
}

/// The cosine of the angle between two vectors of the same length (a precondition), in [-1, 1] up
/// to rounding. A vector of zeros has cosine 0 with everything, itself included; only exact zero
/// counts.
template <class Arch = default_arch>
[[nodiscard]] float cosine(std::span<const float> a, std::span<const float> b) noexcept {
    assert(a.size() == b.size());
    using B = Batch<Arch>;
    constexpr std::size_t width = lanes<Arch>;
    std::array<B, 2> products{B(0.0f), B(0.0f)};
    std::array<B, 2> squares_a{B(0.0f), B(0.0f)};
    std::array<B, 2> squares_b{B(0.0f), B(0.0f)};
    const auto step = [&](auto k, const B& x, const B& y) FIRTH_INLINE_LAMBDA {
        products[k] = fma<Arch>(x, y, products[k]);
        squares_a[k] = fma<Arch>(x, x, squares_a[k]);
        squares_b[k] = fma<Arch>(y, y, squares_b[k]);
    };
    const std::size_t n = a.size();
    std::size_t i = 0;
    for (; i + 2 * width <= n; i += 2 * width) {
        detail::unroll<2>([&](auto k) FIRTH_INLINE_LAMBDA {
            step(k, B::load_unaligned(a.data() + i + k * width),
                 B::load_unaligned(b.data() + i + k * width));
        });
    }
    if (i + width <= n) {
        step(std::integral_constant<std::size_t, 0>{}, B::load_unaligned(a.data() + i),
             B::load_unaligned(b.data() + i));
        i += width;
    }
    if (i < n) {
        step(std::integral_constant<std::size_t, 1>{}, load_first<Arch>(a.data() + i, n - i),
             load_first<Arch>(b.data() + i, n - i));
    }
    const float aa = reduce_add<Arch>(squares_a[0] + squares_a[1]);
    const float bb = reduce_add<Arch>(squares_b[0] + squares_b[1]);
    if (!detail::in_safe_range(aa) || !detail::in_safe_range(bb)) {
        return detail::cosine_by_double(a, b);
    }
    return reduce_add<Arch>(products[0] + products[1]) / (std::sqrt(aa) * std::sqrt(bb));
}

} // namespace firth::simd
