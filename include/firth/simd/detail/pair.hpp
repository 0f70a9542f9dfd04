#pragma once

#include <cmath>
#include <cstddef>
#include <type_traits>

#include <firth/base/config.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/detail/block.hpp>
#include <firth/simd/detail/block_byte.hpp>
#include <firth/simd/detail/block_half.hpp>
#include <firth/simd/format.hpp>

/// What one vector does with another, as loops over blocks, for any format and architecture. The
/// functions that programs call are in `dot.hpp` and `distance.hpp`.
namespace firth::simd::detail {

/// Folds two vectors of `n` elements into four accumulators, `step(accumulator, a, b)` a block, and
/// adds these up pairwise. The vectors may be unaligned; nothing beyond them is read.
template <class B, class T, class Step>
FIRTH_ALWAYS_INLINE auto reduce_pair(const T* a, const T* b, std::size_t n, Step step) noexcept {
    using Sum = typename B::Sum;
    constexpr std::size_t width = B::width;
    Sum s0{};
    Sum s1{};
    Sum s2{};
    Sum s3{};
    std::size_t i = 0;
    for (; i + 4 * width <= n; i += 4 * width) {
        s0 = step(s0, B::load(a + i), B::load(b + i));
        s1 = step(s1, B::load(a + i + width), B::load(b + i + width));
        s2 = step(s2, B::load(a + i + 2 * width), B::load(b + i + 2 * width));
        s3 = step(s3, B::load(a + i + 3 * width), B::load(b + i + 3 * width));
    }
    // At most three blocks more and a part of one, each with an accumulator of its own.
    if (i + 2 * width <= n) {
        s0 = step(s0, B::load(a + i), B::load(b + i));
        s1 = step(s1, B::load(a + i + width), B::load(b + i + width));
        i += 2 * width;
    }
    if (i + width <= n) {
        s2 = step(s2, B::load(a + i), B::load(b + i));
        i += width;
    }
    if (i < n) s3 = step(s3, B::load_tail(a, i, n), B::load_tail(b, i, n));
    return B::reduce(B::add(B::add(s0, s1), B::add(s2, s3)));
}

template <class F, class Arch>
FIRTH_ALWAYS_INLINE auto dot_of(const Element<F>* a, const Element<F>* b, std::size_t n) noexcept {
    using B = Block<F, Arch>;
    return static_cast<typename Format<F>::Product>(reduce_pair<B>(
        a, b, n, [](const auto& sum, const auto& x, const auto& y) FIRTH_INLINE_LAMBDA {
            return B::dot(sum, x, y);
        }));
}

template <class F, class Arch>
FIRTH_ALWAYS_INLINE auto squared_l2_of(const Element<F>* a, const Element<F>* b,
                                       std::size_t n) noexcept {
    using B = Block<F, Arch>;
    return static_cast<typename Format<F>::Distance>(reduce_pair<B>(
        a, b, n, [](const auto& sum, const auto& x, const auto& y) FIRTH_INLINE_LAMBDA {
            return B::squared_l2(sum, x, y);
        }));
}

template <class F, class Arch>
FIRTH_ALWAYS_INLINE auto l1_of(const Element<F>* a, const Element<F>* b, std::size_t n) noexcept {
    using B = Block<F, Arch>;
    return static_cast<typename Format<F>::Distance>(reduce_pair<B>(
        a, b, n, [](const auto& sum, const auto& x, const auto& y) FIRTH_INLINE_LAMBDA {
            return B::l1(sum, x, y);
        }));
}

/// True where a sum of squares, kept in type T, can be trusted, and so can other sums with that
/// vector: none overflowed, and no squares were lost as subnormal numbers. The reciprocal of such a
/// number is a normal one.
template <class Arch, class T>
FIRTH_ALWAYS_INLINE bool in_safe_range(T squares) noexcept {
    if constexpr (std::is_same_v<T, float>) {
        return squares < 1e37f && squares > 1e-30f;
    } else if constexpr (std::is_same_v<T, double>) {
        return squares < 1e307 && squares > 1e-280;
    } else {
        return true;
    }
}

/// An element in double.
template <class Arch, class T>
FIRTH_ALWAYS_INLINE double as_double(T value) noexcept {
    if constexpr (std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>) {
        return static_cast<double>(static_cast<float>(value));
    } else {
        return static_cast<double>(value);
    }
}

/// The largest size of an element; NaN where there is one.
template <class Arch, class T>
[[nodiscard]] FIRTH_ALWAYS_INLINE double largest(const T* a, std::size_t n) noexcept {
    double most = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double size = std::fabs(as_double<Arch>(a[i]));
        if (is_nan(size)) return size;
        most = size > most ? size : most;
    }
    return most;
}

/// Norms and cosines of vectors whose squares leave the range: in double, and scaled by the largest
/// element, so that only a result beyond the range leaves it.
template <class Real, class Arch, class T>
FIRTH_NOINLINE Real scaled_norm(const T* a, std::size_t n) noexcept {
    const double scale = largest<Arch>(a, n);
    if (!is_finite(scale)) return static_cast<Real>(scale);
    if (scale == 0) return Real(0);
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double x = as_double<Arch>(a[i]) / scale;
        sum += x * x;
    }
    return static_cast<Real>(scale * std::sqrt(sum));
}

template <class Real, class Arch, class T>
FIRTH_NOINLINE Real scaled_cosine(const T* a, const T* b, std::size_t n) noexcept {
    const double scale_a = largest<Arch>(a, n);
    const double scale_b = largest<Arch>(b, n);
    if (is_nan(scale_a) || is_nan(scale_b)) return static_cast<Real>(scale_a + scale_b);
    if (scale_a == 0 || scale_b == 0) return Real(0);
    double product = 0;
    double squares_a = 0;
    double squares_b = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double x = as_double<Arch>(a[i]) / scale_a; // NaN for two infinities
        const double y = as_double<Arch>(b[i]) / scale_b;
        product += x * y;
        squares_a += x * x;
        squares_b += y * y;
    }
    return static_cast<Real>(product / (std::sqrt(squares_a) * std::sqrt(squares_b)));
}

template <class F, class Arch>
FIRTH_ALWAYS_INLINE auto norm_of(const Element<F>* a, std::size_t n) noexcept {
    using Real = typename Format<F>::Real;
    const auto squares = dot_of<F, Arch>(a, a, n);
    if (!in_safe_range<Arch>(squares)) return scaled_norm<Real, Arch>(a, n);
    return std::sqrt(static_cast<Real>(squares));
}

/// Three accumulators of one kind that move together.
template <class Sum>
struct CosineSums {
    Sum products{};
    Sum squares_a{};
    Sum squares_b{};
};

template <class F, class Arch>
FIRTH_ALWAYS_INLINE auto cosine_of(const Element<F>* a, const Element<F>* b,
                                   std::size_t n) noexcept {
    using B = Block<F, Arch>;
    using Real = typename Format<F>::Real;
    using Sums = CosineSums<typename B::Sum>;
    constexpr std::size_t width = B::width;
    const auto step = [](Sums& sums, const typename B::Vector& x, const typename B::Vector& y)
                          FIRTH_INLINE_LAMBDA {
                              sums.products = B::dot(sums.products, x, y);
                              sums.squares_a = B::dot(sums.squares_a, x, x);
                              sums.squares_b = B::dot(sums.squares_b, y, y);
                          };
    Sums even;
    Sums odd;
    std::size_t i = 0;
    for (; i + 2 * width <= n; i += 2 * width) {
        step(even, B::load(a + i), B::load(b + i));
        step(odd, B::load(a + i + width), B::load(b + i + width));
    }
    if (i + width <= n) {
        step(even, B::load(a + i), B::load(b + i));
        i += width;
    }
    if (i < n) step(odd, B::load_tail(a, i, n), B::load_tail(b, i, n));
    const auto aa = B::reduce(B::add(even.squares_a, odd.squares_a));
    const auto bb = B::reduce(B::add(even.squares_b, odd.squares_b));
    if (!in_safe_range<Arch>(aa) || !in_safe_range<Arch>(bb)) {
        return scaled_cosine<Real, Arch>(a, b, n);
    }
    if (aa == 0 || bb == 0) return Real(0);
    const auto ab = B::reduce(B::add(even.products, odd.products));
    return static_cast<Real>(ab) /
           (std::sqrt(static_cast<Real>(aa)) * std::sqrt(static_cast<Real>(bb)));
}

} // namespace firth::simd::detail
