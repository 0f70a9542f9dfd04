#pragma once

#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

#include <firth/base/config.hpp>
#include <firth/simd/batch.hpp>
#include <firth/simd/unroll.hpp>

/// Numerics: float32 products and sums, fused where the hardware can, in 4 independent accumulators
/// of `lanes` floats, added pairwise and then lane halves to lane halves. The order is fixed for an
/// architecture. With u = 2^-24 and n elements the error of `dot` is at most
/// (n / (4 * lanes) + 8) * u * sum |a_i * b_i| with fused multiply-add, one more u without. NaN and
/// infinity propagate; `dot` overflows to infinity above 3.4e38, `norm` does not before its result
/// does.
namespace firth::simd {

namespace detail {

/// Folds pairs of elements into four accumulators with `step(accumulator, a, b)` and adds them up.
/// The vectors may be unaligned and of any length; nothing beyond them is read.
template <class Arch, class Step>
FIRTH_ALWAYS_INLINE float reduce_pairs(const float* a, const float* b, std::size_t n,
                                       Step step) noexcept {
    using B = Batch<Arch>;
    constexpr std::size_t width = lanes<Arch>;
    std::array<B, 4> sums{B(0.0f), B(0.0f), B(0.0f), B(0.0f)};
    std::size_t i = 0;
    for (; i + 4 * width <= n; i += 4 * width) {
        unroll<4>([&](auto k) FIRTH_INLINE_LAMBDA {
            sums[k] = step(sums[k], B::load_unaligned(a + i + k * width),
                           B::load_unaligned(b + i + k * width));
        });
    }
    for (std::size_t k = 0; i + width <= n; i += width, ++k) {
        // At most three rounds, each with an accumulator of its own.
        const B x = B::load_unaligned(a + i);
        const B y = B::load_unaligned(b + i);
        if (k == 0) sums[0] = step(sums[0], x, y);
        if (k == 1) sums[1] = step(sums[1], x, y);
        if (k == 2) sums[2] = step(sums[2], x, y);
    }
    if (i < n) {
        sums[3] = step(sums[3], load_first<Arch>(a + i, n - i), load_first<Arch>(b + i, n - i));
    }
    return reduce_add<Arch>((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

template <class Arch>
FIRTH_ALWAYS_INLINE float dot(const float* a, const float* b, std::size_t n) noexcept {
    using B = Batch<Arch>;
    return reduce_pairs<Arch>(a, b, n,
                              [](const B& sum, const B& x, const B& y)
                                  FIRTH_INLINE_LAMBDA { return fma<Arch>(x, y, sum); });
}

/// The Euclidean norm where the float32 sum of squares has left the normal range.
FIRTH_NOINLINE inline float norm_by_double(std::span<const float> a) noexcept {
    double sum = 0;
    for (const float x : a) {
        sum += static_cast<double>(x) * static_cast<double>(x);
    }
    return static_cast<float>(std::sqrt(sum));
}

/// True where a float32 sum of squares can be trusted: neither overflowed nor in the subnormal
/// range.
inline bool in_safe_range(float squares) noexcept {
    return squares < std::numeric_limits<float>::max() && squares > 1e-30f;
}

} // namespace detail

/// The inner product of two vectors of the same length (a precondition).
template <class Arch = default_arch>
[[nodiscard]] float dot(std::span<const float> a, std::span<const float> b) noexcept {
    assert(a.size() == b.size());
    return detail::dot<Arch>(a.data(), b.data(), a.size());
}

/// The Euclidean norm of a vector. Exact zero only for a vector of zeros (or of values below
/// 1e-45); vectors whose squares overflow or underflow float32 are summed in double.
template <class Arch = default_arch>
[[nodiscard]] float norm(std::span<const float> a) noexcept {
    const float squares = detail::dot<Arch>(a.data(), a.data(), a.size());
    return detail::in_safe_range(squares) ? std::sqrt(squares) : detail::norm_by_double(a);
}

} // namespace firth::simd
