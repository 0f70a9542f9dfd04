#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <firth/base/config.hpp>
#include <firth/base/scalar.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/detail/batch.hpp>
#include <firth/simd/detail/squares.hpp>
#include <firth/simd/detail/unroll.hpp>
#include <firth/simd/format.hpp>

#if FIRTH_ON_X86()
#include <immintrin.h>
#endif

/// A block is as many consecutive elements of a vector as a kernel handles in one step. What a
/// format can do on an architecture is written once, as `Block<Format, Arch>`; the kernels are
/// loops over blocks. A block has
///
///     width                        elements in a block
///     Vector load(p)               all of them, from any address
///     Vector load_tail(p, i, n)    elements [i, n) of the vector p, n - i < width, zeros behind;
///                                  reads nothing beyond n, perhaps some before i again
///     Sum                          an accumulator; `Sum()` is zero, `add` adds two
///     Sum dot(sum, x, y)           sum + the products of x and y, lane by lane
///     Sum squared_l2(sum, x, y)    sum + the squares of x - y
///     Sum l1(sum, x, y)            sum + |x - y|
///     reduce(sum)                  the total
///     squares(sum, sum)            the totals of two sums of squares, as `Squares` has them
///     reduce_four(sums)            four sums, halfway to their totals: a `Quad`;
///     reduce_quads(quads, to)      the sixteen totals of four quads: both only where that is
///                                  quicker than `reduce` one by one
///     OneWithMany                  the same for one vector and many: only where that is quicker
FIRTH_BEGIN_INTRINSICS

namespace firth::simd::detail {

/// Architectures with vector registers.
template <class Arch>
concept Vectorized = !is_scalar<Arch>;

/// Plain C++, an element at a time.
template <class F, class Arch>
struct Block {
    using Element = typename Format<F>::Element;
    using Product = typename Format<F>::Product;
    using Vector = Product;
    // Unsigned where integers are summed: their sums may be beyond the signed half of 32 bits.
    using Sum = std::conditional_t<std::is_integral_v<Product>, std::uint32_t, Product>;
    static constexpr std::size_t width = 1;

    static FIRTH_ALWAYS_INLINE Vector load(const Element* p) noexcept {
        if constexpr (std::is_same_v<Element, double> || std::is_integral_v<Element>) {
            return static_cast<Product>(*p);
        } else {
            return static_cast<Product>(static_cast<float>(*p));
        }
    }
    static FIRTH_ALWAYS_INLINE Vector load_tail(const Element*, std::size_t, std::size_t) noexcept {
        return Vector(); // a block of one element leaves none over
    }
    static FIRTH_ALWAYS_INLINE Sum add(Sum a, Sum b) noexcept { return a + b; }
    static FIRTH_ALWAYS_INLINE Sum dot(Sum sum, Vector x, Vector y) noexcept {
        return sum + static_cast<Sum>(x * y);
    }
    static FIRTH_ALWAYS_INLINE Sum squared_l2(Sum sum, Vector x, Vector y) noexcept {
        return dot(sum, x - y, x - y);
    }
    static FIRTH_ALWAYS_INLINE Sum l1(Sum sum, Vector x, Vector y) noexcept {
        return sum + static_cast<Sum>(x > y ? x - y : y > x ? y - x : x - y);
    }
    static FIRTH_ALWAYS_INLINE Product reduce(Sum sum) noexcept {
        return static_cast<Product>(sum);
    }
    static FIRTH_ALWAYS_INLINE auto squares(Sum a, Sum b) noexcept {
        return Squares<Arch, Product>{reduce(a), reduce(b)};
    }
};

#if FIRTH_ON_ARM64()
/// Elements [i, n) of a vector, fewer than a register holds, with zeros before or after them.
template <class Arch, class T>
FIRTH_ALWAYS_INLINE uint8x16_t load_register_tail(const T* p, std::size_t i,
                                                  std::size_t n) noexcept {
    constexpr std::size_t width = 16 / sizeof(T);
    const auto load = [](const void* from) FIRTH_INLINE_LAMBDA {
        return vld1q_u8(static_cast<const std::uint8_t*>(from));
    };
    if (n >= width || i >= width) {
        return vandq_u8(load(p + (n - width)),
                        load(last_bytes_mask<Arch, 16>((n - i) * sizeof(T))));
    }
    alignas(16) char lane[16] = {};
    for (std::size_t k = i; k < n; ++k) {
        std::memcpy(lane + (k - i) * sizeof(T), p + k, sizeof(T));
    }
    return load(lane);
}
#endif

/// A register of floats, shared by the formats that are summed in float32.
template <class Arch>
struct FloatSums {
    struct Sum {
        Batch<Arch> lanes = Batch<Arch>(0.0f);
    };
    static FIRTH_ALWAYS_INLINE Sum add(const Sum& a, const Sum& b) noexcept {
        return {a.lanes + b.lanes};
    }
    static FIRTH_ALWAYS_INLINE float reduce(const Sum& sum) noexcept {
        return reduce_add<Arch>(sum.lanes);
    }
    using Quad = Batch<Arch>;
    static FIRTH_ALWAYS_INLINE Quad reduce_four(const Sum* four) noexcept {
        return sum_within_quads<Arch>(four[0].lanes, four[1].lanes, four[2].lanes, four[3].lanes);
    }
    static FIRTH_ALWAYS_INLINE void reduce_quads(const Quad* four, float* to) noexcept {
        constexpr std::size_t quads = simd::lanes<Arch> / 4;
        for (std::size_t q = 0; q < 4; q += quads) {
            std::array<Quad, quads> some;
            unroll<quads>([&](auto i) FIRTH_INLINE_LAMBDA { some[i] = four[q + i]; });
            sum_across_quads<Arch>(some).store_unaligned(to + 4 * q);
        }
    }
    static FIRTH_ALWAYS_INLINE auto squares(const Sum& a, const Sum& b) noexcept {
#if FIRTH_ON_X86()
        if constexpr (!is_scalar<Arch>) {
            return FloatSquares(fold_to_four<Arch>(a.lanes), fold_to_four<Arch>(b.lanes));
        } else
#endif
        {
            return Squares<Arch, float>{reduce(a), reduce(b)};
        }
    }
    static FIRTH_ALWAYS_INLINE Sum dot(const Sum& sum, const Batch<Arch>& x,
                                       const Batch<Arch>& y) noexcept {
        return {fma<Arch>(x, y, sum.lanes)};
    }
    static FIRTH_ALWAYS_INLINE Sum squared_l2(const Sum& sum, const Batch<Arch>& x,
                                              const Batch<Arch>& y) noexcept {
        const Batch<Arch> difference = x - y;
        return {fma<Arch>(difference, difference, sum.lanes)};
    }
    static FIRTH_ALWAYS_INLINE Sum l1(const Sum& sum, const Batch<Arch>& x,
                                      const Batch<Arch>& y) noexcept {
        return {sum.lanes + simd::abs<Arch>(x - y)};
    }
};

template <class Arch>
struct Block<float, Arch> : FloatSums<Arch> {
    using Vector = Batch<Arch>;
    static constexpr std::size_t width = lanes<Arch>;

    static FIRTH_ALWAYS_INLINE Vector load(const float* p) noexcept {
        return Vector::load_unaligned(p);
    }
    static FIRTH_ALWAYS_INLINE Vector load_tail(const float* p, std::size_t i,
                                                std::size_t n) noexcept {
        return simd::load_tail<Arch>(p, i, n);
    }
};

#if FIRTH_ON_X86() || FIRTH_ON_ARM64()

/// A register of doubles.
template <class Arch>
using DoubleBatch = xsimd::batch<double, typename Arch::registers>;

/// What the two formats that are summed in float64 share.
template <class Arch>
struct DoubleSums {
    using Vector = DoubleBatch<Arch>;
    static constexpr std::size_t width = Vector::size;

    struct Sum {
        Vector lanes = Vector(0.0);
    };
    static FIRTH_ALWAYS_INLINE Sum add(const Sum& a, const Sum& b) noexcept {
        return {a.lanes + b.lanes};
    }
    static FIRTH_ALWAYS_INLINE Sum dot(const Sum& sum, const Vector& x, const Vector& y) noexcept {
#if FIRTH_ON_X86() && defined(__AVX512F__)
        if constexpr (width == 8) return {Vector(_mm512_fmadd_pd(x, y, sum.lanes))};
#endif
        return {xsimd::fma(x, y, sum.lanes)};
    }
    static FIRTH_ALWAYS_INLINE Sum squared_l2(const Sum& sum, const Vector& x,
                                              const Vector& y) noexcept {
        const Vector difference = x - y;
        return dot(sum, difference, difference);
    }
    static FIRTH_ALWAYS_INLINE Sum l1(const Sum& sum, const Vector& x, const Vector& y) noexcept {
        return {sum.lanes + (xsimd::abs)(x - y)};
    }
#if FIRTH_ON_X86()
    /// Halves added to each other until two lanes are left.
    static FIRTH_ALWAYS_INLINE __m128d fold_to_two(const Sum& sum) noexcept {
#if defined(__AVX512F__)
        if constexpr (width == 8) {
            const __m512d all = sum.lanes;
            const __m256d half =
                _mm256_add_pd(_mm512_castpd512_pd256(all), _mm512_extractf64x4_pd(all, 1));
            return _mm_add_pd(_mm256_castpd256_pd128(half), _mm256_extractf128_pd(half, 1));
        }
#endif
#if defined(__AVX__)
        if constexpr (width == 4) {
            const __m256d all = sum.lanes;
            return _mm_add_pd(_mm256_castpd256_pd128(all), _mm256_extractf128_pd(all, 1));
        }
#endif
        if constexpr (width == 2) return sum.lanes;
    }
    static FIRTH_ALWAYS_INLINE double reduce(const Sum& sum) noexcept {
        const __m128d two = fold_to_two(sum);
        return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
    }
    static FIRTH_ALWAYS_INLINE DoubleSquares squares(const Sum& a, const Sum& b) noexcept {
        return DoubleSquares(fold_to_two(a), fold_to_two(b));
    }
#else
    static FIRTH_ALWAYS_INLINE double reduce(const Sum& sum) noexcept {
        return vaddvq_f64(sum.lanes);
    }
    static FIRTH_ALWAYS_INLINE auto squares(const Sum& a, const Sum& b) noexcept {
        return Squares<Arch, double>{reduce(a), reduce(b)};
    }
#endif
};

template <Vectorized Arch>
struct Block<double, Arch> : DoubleSums<Arch> {
    using Vector = DoubleBatch<Arch>;

    static FIRTH_ALWAYS_INLINE Vector load(const double* p) noexcept {
        return Vector::load_unaligned(p);
    }
    static FIRTH_ALWAYS_INLINE Vector load_tail(const double* p, std::size_t i,
                                                std::size_t n) noexcept {
#if FIRTH_ON_X86() && defined(__AVX512F__)
        if constexpr (Vector::size == 8) {
            return Vector(
                _mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << (n - i)) - 1u), p + i));
        }
#endif
        if (n >= Vector::size) {
            const void* mask = last_bytes_mask<Arch, Vector::size * 8>((n - i) * 8);
            return load(p + (n - Vector::size)) & load(static_cast<const double*>(mask));
        }
        alignas(64) double lane[Vector::size] = {};
        for (std::size_t k = i; k < n; ++k) {
            lane[k - i] = p[k];
        }
        return load(lane);
    }
};

template <Vectorized Arch>
struct Block<widened, Arch> : DoubleSums<Arch> {
    using Vector = DoubleBatch<Arch>;

    static FIRTH_ALWAYS_INLINE Vector load(const float* p) noexcept {
#if FIRTH_ON_X86()
#if defined(__AVX512F__)
        if constexpr (Vector::size == 8) return Vector(_mm512_cvtps_pd(_mm256_loadu_ps(p)));
#endif
#if defined(__AVX__)
        if constexpr (Vector::size == 4) return Vector(_mm256_cvtps_pd(_mm_loadu_ps(p)));
#endif
        if constexpr (Vector::size == 2) {
            return Vector(
                _mm_cvtps_pd(_mm_loadl_pi(_mm_setzero_ps(), reinterpret_cast<const __m64*>(p))));
        }
#else
        return Vector(vcvt_f64_f32(vld1_f32(p)));
#endif
    }
    static FIRTH_ALWAYS_INLINE Vector load_tail(const float* p, std::size_t i,
                                                std::size_t n) noexcept {
#if FIRTH_ON_X86() && defined(__AVX512F__)
        if constexpr (Vector::size == 8) {
            return Vector(_mm512_cvtps_pd(
                _mm256_maskz_loadu_ps(static_cast<__mmask8>((1u << (n - i)) - 1u), p + i)));
        }
#endif
        alignas(64) float lane[Vector::size] = {};
        for (std::size_t k = i; k < n; ++k) {
            lane[k - i] = p[k];
        }
        return load(lane);
    }
};

#if FIRTH_ON_X86() && defined(__AVX512VL__)
template <Vectorized Arch>
    requires ConvertsBy256Bits<Arch>
struct Block<widened, Arch> : DoubleSums<avx2> {
    static FIRTH_ALWAYS_INLINE Vector load(const float* p) noexcept {
        return Vector(_mm256_cvtps_pd(_mm_loadu_ps(p)));
    }
    static FIRTH_ALWAYS_INLINE Vector load_tail(const float* p, std::size_t i,
                                                std::size_t n) noexcept {
        return Vector(_mm256_cvtps_pd(
            _mm_maskz_loadu_ps(static_cast<__mmask8>((1u << (n - i)) - 1u), p + i)));
    }
};
#endif

#endif

} // namespace firth::simd::detail

FIRTH_END_INTRINSICS
