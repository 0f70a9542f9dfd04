#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <firth/base/config.hpp>
#include <firth/base/scalar.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/detail/batch.hpp>
#include <firth/simd/detail/block.hpp>

#if FIRTH_ON_X86()
#include <immintrin.h>
#endif

/// Blocks of float16 and bfloat16. Numerics: elements become float32 exactly, and products and sums
/// are float32, as in `block.hpp`. Products of bfloat16 are taken two at a time by VDPBF16PS on
/// `avx512_bf16` and by BFDOT on `neon_bf16`: their sum is rounded and added to the sum so far,
/// which is rounded, and subnormal numbers, read or computed, are zero. VDPBF16PS rounds to nearest
/// even. BFDOT rounds to odd, off by up to two units of roundoff instead of one, but adds half as
/// often as the bound of `dot.hpp` allows for, and so keeps it. AVX512-FP16 is not used: its
/// multiply-adds round sums to 11 bits, and its conversions are those of AVX-512.
FIRTH_BEGIN_INTRINSICS

namespace firth::simd::detail {

#if FIRTH_ON_X86()

/// Elements [i, n) of a vector of 16-bit elements, fewer than 8, with zeros after or before them.
template <class Arch, class T>
FIRTH_ALWAYS_INLINE __m128i load_half_tail(const T* p, std::size_t i, std::size_t n) noexcept {
    if (n >= 8 || i >= 8) { // the second is for compilers that know i
        return _mm_and_si128(
            _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + (n - 8))),
            _mm_loadu_si128(static_cast<const __m128i*>(last_bytes_mask<Arch, 16>((n - i) * 2))));
    }
    alignas(16) std::uint16_t lane[8] = {};
    for (std::size_t k = i; k < n; ++k) {
        std::memcpy(&lane[k - i], p + k, 2);
    }
    return _mm_load_si128(reinterpret_cast<const __m128i*>(lane));
}

/// The lower four float16 of a register. The exponent is moved up by a multiplication, which is
/// exact and settles subnormal numbers too; infinity and NaN get their exponent back afterwards.
FIRTH_ALWAYS_INLINE __m128 float16_to_float(__m128i low_halves) noexcept {
    const __m128i h = _mm_unpacklo_epi16(low_halves, _mm_setzero_si128());
    const __m128i size = _mm_and_si128(h, _mm_set1_epi32(0x7FFF));
    const __m128 value = _mm_mul_ps(_mm_castsi128_ps(_mm_slli_epi32(size, 13)),
                                    _mm_castsi128_ps(_mm_set1_epi32(0x77800000))); // 2^112
    const __m128i special =
        _mm_and_si128(_mm_cmpgt_epi32(size, _mm_set1_epi32(0x7BFF)), _mm_set1_epi32(0x7F800000));
    const __m128i sign = _mm_slli_epi32(_mm_xor_si128(h, size), 16);
    return _mm_or_ps(value, _mm_castsi128_ps(_mm_or_si128(sign, special)));
}

template <HasSse2 Arch>
struct Block<float16, Arch> : FloatSums<Arch> {
    using Vector = Batch<Arch>;
    static constexpr std::size_t width = 4;

    static FIRTH_ALWAYS_INLINE Vector load(const float16* p) noexcept {
        return Vector(float16_to_float(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
    }
    static FIRTH_ALWAYS_INLINE Vector load_tail(const float16* p, std::size_t i,
                                                std::size_t n) noexcept {
        alignas(8) std::uint16_t lane[4] = {};
        std::memcpy(lane, p + i, (n - i) * 2);
        return Vector(float16_to_float(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(lane))));
    }
};

#if defined(__AVX__)
template <HasAvx Arch>
struct Block<float16, Arch> : FloatSums<Arch> {
    using Vector = Batch<Arch>;
    static constexpr std::size_t width = 8;

    static FIRTH_ALWAYS_INLINE Vector convert(__m128i halves) noexcept {
        return Vector(_mm256_insertf128_ps(_mm256_castps128_ps256(float16_to_float(halves)),
                                           float16_to_float(_mm_unpackhi_epi64(halves, halves)),
                                           1));
    }
    static FIRTH_ALWAYS_INLINE Vector load(const float16* p) noexcept {
        return convert(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    }
    static FIRTH_ALWAYS_INLINE Vector load_tail(const float16* p, std::size_t i,
                                                std::size_t n) noexcept {
        return convert(load_half_tail<Arch>(p, i, n));
    }
};
#endif

#if defined(__AVX2__)
template <HasAvx2 Arch>
struct Block<float16, Arch> : FloatSums<Arch> {
    using Vector = Batch<Arch>;
    static constexpr std::size_t width = 8;

    static FIRTH_ALWAYS_INLINE Vector load(const float16* p) noexcept {
        return Vector(_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
    }
    static FIRTH_ALWAYS_INLINE Vector load_tail(const float16* p, std::size_t i,
                                                std::size_t n) noexcept {
        return Vector(_mm256_cvtph_ps(load_half_tail<Arch>(p, i, n)));
    }
};
#endif

#if defined(__AVX512BW__)
/// The first `count` 16-bit elements.
FIRTH_ALWAYS_INLINE __m256i load_first_halves(const void* p, std::size_t count) noexcept {
    return _mm256_maskz_loadu_epi16(static_cast<__mmask16>((1u << count) - 1u), p);
}

template <HasAvx512 Arch>
struct Block<float16, Arch> : FloatSums<Arch> {
    using Vector = Batch<Arch>;
    static constexpr std::size_t width = 16;

    static FIRTH_ALWAYS_INLINE Vector load(const float16* p) noexcept {
        return Vector(_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))));
    }
    static FIRTH_ALWAYS_INLINE Vector load_tail(const float16* p, std::size_t i,
                                                std::size_t n) noexcept {
        return Vector(_mm512_cvtph_ps(load_first_halves(p + i, n - i)));
    }
};

template <HasAvx512 Arch>
    requires ConvertsBy256Bits<Arch>
struct Block<float16, Arch> : FloatSums<avx2> {
    using Vector = Batch<avx2>;
    static constexpr std::size_t width = 8;

    static FIRTH_ALWAYS_INLINE Vector load(const float16* p) noexcept {
        return Vector(_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
    }
    static FIRTH_ALWAYS_INLINE Vector load_tail(const float16* p, std::size_t i,
                                                std::size_t n) noexcept {
        return Vector(_mm256_cvtph_ps(
            _mm_maskz_loadu_epi16(static_cast<__mmask8>((1u << (n - i)) - 1u), p + i)));
    }
};
#endif

#elif FIRTH_ON_ARM64()

template <HasNeon Arch>
struct Block<float16, Arch> : FloatSums<Arch> {
    using Vector = Batch<Arch>;
    static constexpr std::size_t width = 4;

    static FIRTH_ALWAYS_INLINE Vector load(const float16* p) noexcept {
        return Vector(vcvt_f32_f16(
            vreinterpret_f16_u16(vld1_u16(reinterpret_cast<const std::uint16_t*>(p)))));
    }
    static FIRTH_ALWAYS_INLINE Vector load_tail(const float16* p, std::size_t i,
                                                std::size_t n) noexcept {
        float16 lane[4] = {};
        std::memcpy(static_cast<void*>(lane), p + i, (n - i) * 2);
        return load(lane);
    }
};

#endif

#if FIRTH_ON_X86() || FIRTH_ON_ARM64()

/// A register of bfloat16 by the architecture: `load`, `load_tail`, and its even and odd elements
/// as floats, by shifting and masking, which is cheaper than keeping their order.
template <class Arch>
struct BfloatRegister;

#if FIRTH_ON_X86()

template <HasSse2 Arch>
struct BfloatRegister<Arch> {
    using Raw = __m128i;
    static constexpr std::size_t width = 8;

    static FIRTH_ALWAYS_INLINE Raw load(const bfloat16* p) noexcept {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    }
    static FIRTH_ALWAYS_INLINE Raw load_tail(const bfloat16* p, std::size_t i,
                                             std::size_t n) noexcept {
        return load_half_tail<Arch>(p, i, n);
    }
    static FIRTH_ALWAYS_INLINE Batch<Arch> even(Raw x) noexcept {
        return Batch<Arch>(_mm_castsi128_ps(_mm_slli_epi32(x, 16)));
    }
    static FIRTH_ALWAYS_INLINE Batch<Arch> odd(Raw x) noexcept {
        return Batch<Arch>(
            _mm_castsi128_ps(_mm_and_si128(x, _mm_set1_epi32(static_cast<int>(0xFFFF0000u)))));
    }
};

#if defined(__AVX__)
template <HasAvx Arch>
struct BfloatRegister<Arch> {
    using Raw = __m256i;
    static constexpr std::size_t width = 16;

    static FIRTH_ALWAYS_INLINE Raw load(const bfloat16* p) noexcept {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    }
    static FIRTH_ALWAYS_INLINE Raw load_tail(const bfloat16* p, std::size_t i,
                                             std::size_t n) noexcept {
        if (n >= 16 || i >= 16) {
            return _mm256_castps_si256(_mm256_and_ps(_mm256_castsi256_ps(load(p + (n - 16))),
                                                     _mm256_loadu_ps(static_cast<const float*>(
                                                         last_bytes_mask<Arch, 32>((n - i) * 2)))));
        }
        alignas(32) std::uint16_t lane[16] = {};
        for (std::size_t k = i; k < n; ++k) {
            std::memcpy(&lane[k - i], p + k, 2);
        }
        return _mm256_load_si256(reinterpret_cast<const __m256i*>(lane));
    }
    static FIRTH_ALWAYS_INLINE Batch<Arch> even(Raw x) noexcept {
#if defined(__AVX2__)
        return Batch<Arch>(_mm256_castsi256_ps(_mm256_slli_epi32(x, 16)));
#else
        return Batch<Arch>(_mm256_castsi256_ps(_mm256_insertf128_si256(
            _mm256_castsi128_si256(_mm_slli_epi32(_mm256_castsi256_si128(x), 16)),
            _mm_slli_epi32(_mm256_extractf128_si256(x, 1), 16), 1)));
#endif
    }
    static FIRTH_ALWAYS_INLINE Batch<Arch> odd(Raw x) noexcept {
        return Batch<Arch>(
            _mm256_and_ps(_mm256_castsi256_ps(x),
                          _mm256_castsi256_ps(_mm256_set1_epi32(static_cast<int>(0xFFFF0000u)))));
    }
};
#endif

#if defined(__AVX512BW__)
template <HasAvx512 Arch>
struct BfloatRegister<Arch> {
    using Raw = __m512i;
    static constexpr std::size_t width = 32;

    static FIRTH_ALWAYS_INLINE Raw load(const bfloat16* p) noexcept {
        return _mm512_loadu_si512(p);
    }
    static FIRTH_ALWAYS_INLINE Raw load_tail(const bfloat16* p, std::size_t i,
                                             std::size_t n) noexcept {
        return _mm512_maskz_loadu_epi16(static_cast<__mmask32>((1ull << (n - i)) - 1ull), p + i);
    }
    static FIRTH_ALWAYS_INLINE Batch<Arch> even(Raw x) noexcept {
        return Batch<Arch>(_mm512_castsi512_ps(_mm512_slli_epi32(x, 16)));
    }
    static FIRTH_ALWAYS_INLINE Batch<Arch> odd(Raw x) noexcept {
        return Batch<Arch>(_mm512_castsi512_ps(
            _mm512_and_si512(x, _mm512_set1_epi32(static_cast<int>(0xFFFF0000u)))));
    }
};
#endif

#else

template <HasNeon Arch>
struct BfloatRegister<Arch> {
    using Raw = uint32x4_t;
    static constexpr std::size_t width = 8;

    static FIRTH_ALWAYS_INLINE Raw load(const bfloat16* p) noexcept {
        return vreinterpretq_u32_u16(vld1q_u16(reinterpret_cast<const std::uint16_t*>(p)));
    }
    static FIRTH_ALWAYS_INLINE Raw load_tail(const bfloat16* p, std::size_t i,
                                             std::size_t n) noexcept {
        return vreinterpretq_u32_u8(load_register_tail<Arch>(p, i, n));
    }
    static FIRTH_ALWAYS_INLINE Batch<Arch> even(Raw x) noexcept {
        return Batch<Arch>(vreinterpretq_f32_u32(vshlq_n_u32(x, 16)));
    }
    static FIRTH_ALWAYS_INLINE Batch<Arch> odd(Raw x) noexcept {
        return Batch<Arch>(vreinterpretq_f32_u32(vandq_u32(x, vdupq_n_u32(0xFFFF0000u))));
    }
};

#endif

/// Even elements, then odd ones.
template <Vectorized Arch>
struct Block<bfloat16, Arch> : FloatSums<Arch> {
    using Register = BfloatRegister<Arch>;
    using Vector = typename Register::Raw;
    using Floats = FloatSums<Arch>;
    using Sum = typename Floats::Sum;
    static constexpr std::size_t width = Register::width;

    static FIRTH_ALWAYS_INLINE Vector load(const bfloat16* p) noexcept { return Register::load(p); }
    static FIRTH_ALWAYS_INLINE Vector load_tail(const bfloat16* p, std::size_t i,
                                                std::size_t n) noexcept {
        return Register::load_tail(p, i, n);
    }
    static FIRTH_ALWAYS_INLINE Sum dot(const Sum& sum, const Vector& x, const Vector& y) noexcept {
#if FIRTH_ON_X86() && defined(__AVX512BF16__)
        if constexpr (HasBf16<Arch>) {
            return {Batch<Arch>(_mm512_dpbf16_ps(sum.lanes, (__m512bh)x, (__m512bh)y))};
        }
#elif FIRTH_ON_ARM64() && defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
        if constexpr (HasBf16<Arch>) {
            return {Batch<Arch>(
                vbfdotq_f32(sum.lanes, vreinterpretq_bf16_u32(x), vreinterpretq_bf16_u32(y)))};
        }
#endif
        return Floats::dot(Floats::dot(sum, Register::even(x), Register::even(y)), Register::odd(x),
                           Register::odd(y));
    }
    static FIRTH_ALWAYS_INLINE Sum squared_l2(const Sum& sum, const Vector& x,
                                              const Vector& y) noexcept {
        return Floats::squared_l2(Floats::squared_l2(sum, Register::even(x), Register::even(y)),
                                  Register::odd(x), Register::odd(y));
    }
    static FIRTH_ALWAYS_INLINE Sum l1(const Sum& sum, const Vector& x, const Vector& y) noexcept {
        return Floats::l1(Floats::l1(sum, Register::even(x), Register::even(y)), Register::odd(x),
                          Register::odd(y));
    }
};

#endif

} // namespace firth::simd::detail

FIRTH_END_INTRINSICS
