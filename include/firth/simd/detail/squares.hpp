#pragma once

#include <cmath>
#include <type_traits>

#include <firth/base/config.hpp>
#include <firth/simd/arch.hpp>

#if FIRTH_ON_X86()
#include <immintrin.h>
#endif

/// The sums of squares of two vectors, and what a cosine needs of them. x86 keeps both in one
/// register: one comparison and one square root do for both.
FIRTH_BEGIN_INTRINSICS

namespace firth::simd::detail {

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

template <class Arch, class T>
struct Squares {
    using Real = std::conditional_t<std::is_same_v<T, double>, double, float>;
    T a;
    T b;

    /// Neither is zero, nor can it not be trusted.
    [[nodiscard]] FIRTH_ALWAYS_INLINE bool usable() const noexcept {
        return a != 0 && b != 0 && in_safe_range<Arch>(a) && in_safe_range<Arch>(b);
    }
    [[nodiscard]] FIRTH_ALWAYS_INLINE Real product_of_norms() const noexcept {
        return std::sqrt(static_cast<Real>(a)) * std::sqrt(static_cast<Real>(b));
    }
};

#if FIRTH_ON_X86()

struct FloatSquares {
    __m128 lanes; ///< the first two

    explicit FIRTH_ALWAYS_INLINE FloatSquares(__m128 both) noexcept : lanes(both) {}
    /// From four parts of each, added in the order of `reduce_add`.
    FIRTH_ALWAYS_INLINE FloatSquares(__m128 a, __m128 b) noexcept {
        const __m128 pairs = _mm_add_ps(_mm_unpacklo_ps(a, b), _mm_unpackhi_ps(a, b));
        lanes = _mm_add_ps(pairs, _mm_movehl_ps(pairs, pairs));
    }
    [[nodiscard]] FIRTH_ALWAYS_INLINE bool usable() const noexcept {
        const __m128 safe = _mm_and_ps(_mm_cmplt_ps(lanes, _mm_set1_ps(1e37f)),
                                       _mm_cmpgt_ps(lanes, _mm_set1_ps(1e-30f)));
        return (_mm_movemask_ps(safe) & 3) == 3;
    }
    [[nodiscard]] FIRTH_ALWAYS_INLINE float product_of_norms() const noexcept {
        const __m128 norms = _mm_sqrt_ps(lanes);
        return _mm_cvtss_f32(_mm_mul_ss(norms, _mm_shuffle_ps(norms, norms, 1)));
    }
};

struct DoubleSquares {
    __m128d lanes;

    /// From two parts of each.
    FIRTH_ALWAYS_INLINE DoubleSquares(__m128d a, __m128d b) noexcept
        : lanes(_mm_add_pd(_mm_unpacklo_pd(a, b), _mm_unpackhi_pd(a, b))) {}
    [[nodiscard]] FIRTH_ALWAYS_INLINE bool usable() const noexcept {
        const __m128d safe = _mm_and_pd(_mm_cmplt_pd(lanes, _mm_set1_pd(1e307)),
                                        _mm_cmpgt_pd(lanes, _mm_set1_pd(1e-280)));
        return _mm_movemask_pd(safe) == 3;
    }
    [[nodiscard]] FIRTH_ALWAYS_INLINE double product_of_norms() const noexcept {
        const __m128d norms = _mm_sqrt_pd(lanes);
        return _mm_cvtsd_f64(_mm_mul_sd(norms, _mm_unpackhi_pd(norms, norms)));
    }
};

/// The squares of two vectors of integers and their inner product, as floats in that order. Squares
/// are at least 1 or zero, and the product of two is in range.
struct WordTotals {
    __m128 lanes;

    [[nodiscard]] FIRTH_ALWAYS_INLINE __m128 product_of_squares() const noexcept {
        return _mm_mul_ss(lanes, _mm_shuffle_ps(lanes, lanes, 1));
    }
    [[nodiscard]] FIRTH_ALWAYS_INLINE bool usable() const noexcept {
        return _mm_cvtss_f32(product_of_squares()) != 0;
    }
    [[nodiscard]] FIRTH_ALWAYS_INLINE float cosine() const noexcept {
        return _mm_cvtss_f32(
            _mm_div_ss(_mm_movehl_ps(lanes, lanes), _mm_sqrt_ss(product_of_squares())));
    }
};

#endif

} // namespace firth::simd::detail

FIRTH_END_INTRINSICS
