#pragma once

#include <cassert>
#include <cmath>
#include <cstddef>
#include <span>
#include <type_traits>

#include <firth/base/config.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/detail/batch.hpp>
#include <firth/simd/dispatch/kernels.hpp>

#if FIRTH_ON_X86()
#include <immintrin.h>
#endif

/// Numerics: exp by range reduction to 2^n * e^r with |r| <= ln(2) / 2 and a polynomial of degree 6
/// in r (the Taylor series, whose remainder is below 1.2e-7 of the result there); relative error
/// below 4e-7 over [-87, 88]. sigmoid is within 4e-7 of the exact value everywhere. rsqrt starts
/// from the hardware's estimate and refines it by Newton's method to a relative error below 4e-7;
/// it is infinite for zero and NaN below.
FIRTH_BEGIN_INTRINSICS

namespace firth::simd {

/// e^x in each lane, for x clamped to [-87, 88]; never zero, never infinite.
template <class Arch>
FIRTH_ALWAYS_INLINE Batch<Arch> exp(const Batch<Arch>& unclamped) noexcept {
    using B = Batch<Arch>;
    const B x = min<Arch>(max<Arch>(unclamped, B(-87.0f)), B(88.0f));
    if constexpr (is_scalar<Arch>) {
        return B::map(x, x, [](float value, float) { return std::exp(value); });
    }
#if FIRTH_ON_X86() || FIRTH_ON_ARM64()
    else {
        const auto exponent = xsimd::nearbyint_as_int(x * B(1.44269504f));
        const B n = xsimd::to_float(exponent);
        // ln 2 in two parts (Cody and Waite 1980), so that n * ln 2 loses no bits.
        const B r = fma<Arch>(n, B(2.12194440e-4f), fma<Arch>(n, B(-0.693359375f), x));
        B p = B(1.0f / 720.0f);
        p = fma<Arch>(p, r, B(1.0f / 120.0f));
        p = fma<Arch>(p, r, B(1.0f / 24.0f));
        p = fma<Arch>(p, r, B(1.0f / 6.0f));
        p = fma<Arch>(p, r, B(0.5f));
        p = fma<Arch>(p, r, B(1.0f));
        p = fma<Arch>(p, r, B(1.0f));
#if FIRTH_ON_ARM64()
        // xsimd 8.1 looks its conversions up in tables here, whose functions other objects share.
        return p * B(vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(exponent, vdupq_n_s32(127)), 23)));
#else
        return xsimd::ldexp(p, exponent);
#endif
    }
#endif
}

/// 1 / (1 + e^-x) in each lane.
template <class Arch>
FIRTH_ALWAYS_INLINE Batch<Arch> sigmoid(const Batch<Arch>& x) noexcept {
    using B = Batch<Arch>;
    return B(1.0f) / (B(1.0f) + exp<Arch>(B(0.0f) - x));
}

/// 1 / sqrt(x) in each lane, for x >= 0, subnormal numbers and infinity included.
template <class Arch>
FIRTH_ALWAYS_INLINE Batch<Arch> rsqrt(const Batch<Arch>& x) noexcept {
    using B = Batch<Arch>;
#if FIRTH_ON_X86()
#if defined(__AVX512F__)
    if constexpr (is_x86_register<Arch, 16>) {
        const __m512 y = _mm512_rsqrt14_ps(x);
        const __m512 half = _mm512_mul_ps(y, _mm512_set1_ps(0.5f));
        const __m512 error = _mm512_fnmadd_ps(_mm512_mul_ps(x, y), y, _mm512_set1_ps(1.0f));
        // At zero and infinity the estimate is exact and the error is NaN. Tested on the bits of x,
        // since with -ffast-math a compiler assumes that no number is NaN.
        const __mmask16 usual =
            _mm512_cmplt_epu32_mask(_mm512_sub_epi32(_mm512_castps_si512(x), _mm512_set1_epi32(1)),
                                    _mm512_set1_epi32(0x7F7FFFFF));
        return B(_mm512_mask_fmadd_ps(half, usual, error, y));
    }
#endif
#endif
    return B(1.0f) / square_root<Arch>(x);
}

/// 1 / sqrt(x) in each lane, for x from 1e-37 to 3e38, within 5e-7: an estimate and Newton steps.
template <class Arch>
FIRTH_ALWAYS_INLINE Batch<Arch> fast_rsqrt(const Batch<Arch>& x) noexcept {
    using B = Batch<Arch>;
#if FIRTH_ON_X86()
    if constexpr (!is_scalar<Arch>) {
        const auto newton = [&x](const B& y) FIRTH_INLINE_LAMBDA {
            const B half = y * B(0.5f);
            return fma<Arch>(half, fma<Arch>(B(0.0f) - x * y, y, B(1.0f)), y);
        };
#if defined(__AVX512F__)
        if constexpr (is_x86_register<Arch, 16>) return newton(B(_mm512_rsqrt14_ps(x)));
#endif
#if defined(__AVX__)
        if constexpr (is_x86_register<Arch, 8>) return newton(B(_mm256_rsqrt_ps(x)));
#endif
        if constexpr (is_x86_register<Arch, 4>) return newton(B(_mm_rsqrt_ps(x)));
    }
#elif FIRTH_ON_ARM64()
    if constexpr (!is_scalar<Arch> && lanes<Arch> == 4) {
        float32x4_t y = vrsqrteq_f32(x);
        y = vmulq_f32(y, vrsqrtsq_f32(vmulq_f32(x, y), y));
        return B(vmulq_f32(y, vrsqrtsq_f32(vmulq_f32(x, y), y)));
    }
#endif
    return B(1.0f) / square_root<Arch>(x);
}

namespace detail {

/// Stores `function` of each element.
template <class Arch, class Function>
FIRTH_ALWAYS_INLINE void map_floats(const float* from, float* to, std::size_t n,
                                    Function function) noexcept {
    using B = Batch<Arch>;
    std::size_t i = 0;
    for (; i + lanes<Arch> <= n; i += lanes<Arch>) {
        function(B::load_unaligned(from + i)).store_unaligned(to + i);
    }
    if (i < n) {
        store_first<Arch>(function(load_first<Arch>(from + i, n - i)), to + i, n - i);
    }
}

template <class Arch>
FIRTH_ALWAYS_INLINE void exp_of(const float* from, float* to, std::size_t n) noexcept {
    map_floats<Arch>(from, to, n,
                     [](const Batch<Arch>& x) FIRTH_INLINE_LAMBDA { return simd::exp<Arch>(x); });
}
template <class Arch>
FIRTH_ALWAYS_INLINE void sigmoid_of(const float* from, float* to, std::size_t n) noexcept {
    map_floats<Arch>(from, to, n, [](const Batch<Arch>& x) FIRTH_INLINE_LAMBDA {
        return simd::sigmoid<Arch>(x);
    });
}
template <class Arch>
FIRTH_ALWAYS_INLINE void rsqrt_of(const float* from, float* to, std::size_t n) noexcept {
    map_floats<Arch>(from, to, n,
                     [](const Batch<Arch>& x) FIRTH_INLINE_LAMBDA { return simd::rsqrt<Arch>(x); });
}

} // namespace detail

/// The kernels of this header.
struct SigmoidKernels {
    void (*exp)(const float* from, float* to, std::size_t n) noexcept;
    void (*sigmoid)(const float* from, float* to, std::size_t n) noexcept;
    void (*rsqrt)(const float* from, float* to, std::size_t n) noexcept;
};

namespace detail {

template <class Arch>
struct Compiled<SigmoidKernels, Arch> {
    FIRTH_ALWAYS_INLINE static void exp(const float* from, float* to, std::size_t n) noexcept {
        exp_of<Arch>(from, to, n);
    }
    FIRTH_ALWAYS_INLINE static void sigmoid(const float* from, float* to, std::size_t n) noexcept {
        sigmoid_of<Arch>(from, to, n);
    }
    FIRTH_ALWAYS_INLINE static void rsqrt(const float* from, float* to, std::size_t n) noexcept {
        rsqrt_of<Arch>(from, to, n);
    }
    static constexpr SigmoidKernels table{&exp, &sigmoid, &rsqrt};
};

} // namespace detail

/// to[i] = e^from[i], for vectors of the same length (a precondition) that are the same or do not
/// overlap.
template <class Arch = default_arch>
void exp(std::span<const float> from, std::span<float> to) noexcept {
    assert(from.size() == to.size());
    detail::kernels<SigmoidKernels, Arch>().exp(from.data(), to.data(), from.size());
}

/// to[i] = 1 / (1 + e^-from[i]), as `exp`.
template <class Arch = default_arch>
void sigmoid(std::span<const float> from, std::span<float> to) noexcept {
    assert(from.size() == to.size());
    detail::kernels<SigmoidKernels, Arch>().sigmoid(from.data(), to.data(), from.size());
}

/// to[i] = 1 / sqrt(from[i]), as `exp`.
template <class Arch = default_arch>
void rsqrt(std::span<const float> from, std::span<float> to) noexcept {
    assert(from.size() == to.size());
    detail::kernels<SigmoidKernels, Arch>().rsqrt(from.data(), to.data(), from.size());
}

} // namespace firth::simd

FIRTH_END_INTRINSICS
