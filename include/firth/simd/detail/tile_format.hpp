#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <firth/base/config.hpp>
#include <firth/base/scalar.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/convert.hpp>
#include <firth/simd/detail/batch.hpp>
#include <firth/simd/detail/block.hpp>
#include <firth/simd/detail/block_byte.hpp>
#include <firth/simd/format.hpp>

#if FIRTH_ON_X86()
#include <immintrin.h>
#endif

/// How a format enters the products of many queries with many rows (`tile.hpp`). Both sides are cut
/// into units of 32 bits, each the `depth` consecutive elements that one instruction multiplies and
/// adds up: a float, two bfloat16, two 16-bit integers or four bytes. A tile format has
///
///     Packed, depth                    what a unit is made of
///     Register, lanes                  a register of units, or of sums
///     pack_row(from, n, to)            n elements of a row, converted
///     pack_query(from, n, to)          the same for a query
///     start(query, n)                  what a query's sums begin with, as 32 bits
///     multiply_add(sum, row, query)    sum + row * query in each lane
FIRTH_BEGIN_INTRINSICS

namespace firth::simd::detail {

/// Floats, and formats that become floats.
template <class F, class Arch>
struct TileFormat {
    using Packed = float;
    using Register = Batch<Arch>;
    static constexpr std::size_t depth = 1;
    static constexpr std::size_t lanes = simd::lanes<Arch>;

    static FIRTH_ALWAYS_INLINE void pack_row(const Element<F>* from, std::size_t n,
                                             Packed* to) noexcept {
        if constexpr (std::is_same_v<F, float>) {
            std::memcpy(to, from, n * sizeof(float));
        } else if constexpr (std::is_same_v<F, bfloat16>) {
            from_bfloat16_of<Arch>(from, to, n);
        } else {
            from_float16_of<Arch>(from, to, n);
        }
    }
    static FIRTH_ALWAYS_INLINE void pack_query(const Element<F>* from, std::size_t n,
                                               Packed* to) noexcept {
        pack_row(from, n, to);
    }
    static FIRTH_ALWAYS_INLINE std::uint32_t start(const Element<F>*, std::size_t) noexcept {
        return 0;
    }
    static FIRTH_ALWAYS_INLINE Register load(const void* p) noexcept {
        return Register::load_unaligned(static_cast<const float*>(p));
    }
    static FIRTH_ALWAYS_INLINE void store(const Register& sum, void* p) noexcept {
        sum.store_unaligned(static_cast<float*>(p));
    }
    static FIRTH_ALWAYS_INLINE Register zero() noexcept { return Register(0.0f); }
    static FIRTH_ALWAYS_INLINE Register broadcast(const std::uint32_t* unit) noexcept {
        float value = 0;
        std::memcpy(&value, unit, 4);
        return Register(value);
    }
    static FIRTH_ALWAYS_INLINE Register add(const Register& a, const Register& b) noexcept {
        return a + b;
    }
    static FIRTH_ALWAYS_INLINE Register multiply_add(const Register& sum, const Register& row,
                                                     const Register& query) noexcept {
        return fma<Arch>(row, query, sum);
    }
};

/// One 32-bit integer in plain C++.
struct Integers32 {
    struct Register {
        std::int32_t value;
    };
    static constexpr std::size_t lanes = 1;

    static FIRTH_ALWAYS_INLINE Register load(const void* p) noexcept {
        Register unit;
        std::memcpy(&unit, p, 4);
        return unit;
    }
    static FIRTH_ALWAYS_INLINE void store(Register sum, void* p) noexcept {
        std::memcpy(p, &sum, 4);
    }
    static FIRTH_ALWAYS_INLINE Register zero() noexcept { return {0}; }
    static FIRTH_ALWAYS_INLINE Register broadcast(const std::uint32_t* unit) noexcept {
        return load(unit);
    }
    static FIRTH_ALWAYS_INLINE Register add(Register a, Register b) noexcept {
        // Unsigned: sums may pass through 2^31 on the way.
        return {static_cast<std::int32_t>(static_cast<std::uint32_t>(a.value) +
                                          static_cast<std::uint32_t>(b.value))};
    }
    static FIRTH_ALWAYS_INLINE Register multiply_add(Register sum, Register row,
                                                     Register query) noexcept {
        std::int16_t x[2];
        std::int16_t y[2];
        std::memcpy(x, &row, 4);
        std::memcpy(y, &query, 4);
        return add(sum, {x[0] * y[0] + x[1] * y[1]});
    }
};

#if FIRTH_ON_X86()

/// Registers of 32-bit integers, by their size.
struct Integers128 {
    using Register = __m128i;
    static constexpr std::size_t lanes = 4;
    static FIRTH_ALWAYS_INLINE Register load(const void* p) noexcept {
        return _mm_loadu_si128(static_cast<const __m128i*>(p));
    }
    static FIRTH_ALWAYS_INLINE void store(Register sum, void* p) noexcept {
        _mm_storeu_si128(static_cast<__m128i*>(p), sum);
    }
    static FIRTH_ALWAYS_INLINE Register zero() noexcept { return _mm_setzero_si128(); }
    static FIRTH_ALWAYS_INLINE Register broadcast(const std::uint32_t* unit) noexcept {
        return _mm_set1_epi32(static_cast<int>(*unit));
    }
    static FIRTH_ALWAYS_INLINE Register add(Register a, Register b) noexcept {
        return _mm_add_epi32(a, b);
    }
    static FIRTH_ALWAYS_INLINE Register multiply_add(Register sum, Register row,
                                                     Register query) noexcept {
        return _mm_add_epi32(sum, _mm_madd_epi16(row, query));
    }
};
#if defined(__AVX2__)
struct Integers256 {
    using Register = __m256i;
    static constexpr std::size_t lanes = 8;
    static FIRTH_ALWAYS_INLINE Register load(const void* p) noexcept {
        return _mm256_loadu_si256(static_cast<const __m256i*>(p));
    }
    static FIRTH_ALWAYS_INLINE void store(Register sum, void* p) noexcept {
        _mm256_storeu_si256(static_cast<__m256i*>(p), sum);
    }
    static FIRTH_ALWAYS_INLINE Register zero() noexcept { return _mm256_setzero_si256(); }
    static FIRTH_ALWAYS_INLINE Register broadcast(const std::uint32_t* unit) noexcept {
        return _mm256_set1_epi32(static_cast<int>(*unit));
    }
    static FIRTH_ALWAYS_INLINE Register add(Register a, Register b) noexcept {
        return _mm256_add_epi32(a, b);
    }
    static FIRTH_ALWAYS_INLINE Register multiply_add(Register sum, Register row,
                                                     Register query) noexcept {
        return _mm256_add_epi32(sum, _mm256_madd_epi16(row, query));
    }
};
#endif
#if defined(__AVX512BW__)
struct Integers512 {
    using Register = __m512i;
    static constexpr std::size_t lanes = 16;
    static FIRTH_ALWAYS_INLINE Register load(const void* p) noexcept {
        return _mm512_loadu_si512(p);
    }
    static FIRTH_ALWAYS_INLINE void store(Register sum, void* p) noexcept {
        _mm512_storeu_si512(p, sum);
    }
    static FIRTH_ALWAYS_INLINE Register zero() noexcept { return _mm512_setzero_si512(); }
    static FIRTH_ALWAYS_INLINE Register broadcast(const std::uint32_t* unit) noexcept {
        return _mm512_set1_epi32(static_cast<int>(*unit));
    }
    static FIRTH_ALWAYS_INLINE Register add(Register a, Register b) noexcept {
        return _mm512_add_epi32(a, b);
    }
    static FIRTH_ALWAYS_INLINE Register multiply_add(Register sum, Register row,
                                                     Register query) noexcept {
        return _mm512_add_epi32(sum, _mm512_madd_epi16(row, query));
    }
};
#endif

#elif FIRTH_ON_ARM64()

struct Integers128 {
    using Register = int32x4_t;
    static constexpr std::size_t lanes = 4;
    static FIRTH_ALWAYS_INLINE Register load(const void* p) noexcept {
        return vreinterpretq_s32_s8(vld1q_s8(static_cast<const std::int8_t*>(p)));
    }
    static FIRTH_ALWAYS_INLINE void store(Register sum, void* p) noexcept {
        vst1q_s8(static_cast<std::int8_t*>(p), vreinterpretq_s8_s32(sum));
    }
    static FIRTH_ALWAYS_INLINE Register zero() noexcept { return vdupq_n_s32(0); }
    static FIRTH_ALWAYS_INLINE Register broadcast(const std::uint32_t* unit) noexcept {
        return vreinterpretq_s32_u32(vdupq_n_u32(*unit));
    }
    static FIRTH_ALWAYS_INLINE Register add(Register a, Register b) noexcept {
        return vaddq_s32(a, b);
    }
    static FIRTH_ALWAYS_INLINE Register multiply_add(Register sum, Register row,
                                                     Register query) noexcept {
        const int16x8_t x = vreinterpretq_s16_s32(row);
        const int16x8_t y = vreinterpretq_s16_s32(query);
        const int32x4_t low = vmull_s16(vget_low_s16(x), vget_low_s16(y));
        return vaddq_s32(sum, vpaddq_s32(low, vmull_high_s16(x, y)));
    }
};

#endif

template <class Arch>
struct integers_of {
    using type = Integers32;
};
#if FIRTH_ON_X86() || FIRTH_ON_ARM64()
template <Vectorized Arch>
struct integers_of<Arch> {
    using type = Integers128;
};
#endif
#if FIRTH_ON_X86() && defined(__AVX2__)
template <Vectorized Arch>
    requires HasAvx2<Arch>
struct integers_of<Arch> {
    using type = Integers256;
};
#endif
#if FIRTH_ON_X86() && defined(__AVX512BW__)
template <Vectorized Arch>
    requires HasAvx512<Arch>
struct integers_of<Arch> {
    using type = Integers512;
};
#endif

/// Bytes as pairs of 16-bit integers.
template <ByteElement T, class Arch>
struct TileFormat<T, Arch> : integers_of<Arch>::type {
    using Packed = std::int16_t;
    static constexpr std::size_t depth = 2;

    static FIRTH_ALWAYS_INLINE void pack_row(const T* from, std::size_t n, Packed* to) noexcept {
        for (std::size_t i = 0; i < n; ++i) {
            to[i] = from[i];
        }
    }
    static FIRTH_ALWAYS_INLINE void pack_query(const T* from, std::size_t n, Packed* to) noexcept {
        pack_row(from, n, to);
    }
    static FIRTH_ALWAYS_INLINE std::uint32_t start(const T*, std::size_t) noexcept { return 0; }
};

#if FIRTH_ON_X86() && defined(__AVX512VNNI__)

/// Four bytes a unit. VPDPBUSD takes an unsigned and a signed side. int8: rows are shifted up by
/// 128, and a query's sums begin with -128 times its own sum. uint8: rows are shifted down by 128
/// and the sums begin with +128 times the query's.
template <ByteElement T, HasVnni Arch>
struct TileFormat<T, Arch> : Integers512 {
    using Packed = T;
    static constexpr std::size_t depth = 4;

    static FIRTH_ALWAYS_INLINE void pack_row(const T* from, std::size_t n, T* to) noexcept {
        for (std::size_t i = 0; i < n; ++i) {
            to[i] = static_cast<T>(from[i] ^ 0x80);
        }
    }
    static FIRTH_ALWAYS_INLINE void pack_query(const T* from, std::size_t n, T* to) noexcept {
        std::memcpy(to, from, n);
    }
    static FIRTH_ALWAYS_INLINE std::uint32_t start(const T* query, std::size_t n) noexcept {
        std::int32_t sum = 0;
        for (std::size_t i = 0; i < n; ++i) {
            sum += query[i];
        }
        return static_cast<std::uint32_t>(sum) * (std::is_signed_v<T> ? ~127u : 128u);
    }
    static FIRTH_ALWAYS_INLINE Register multiply_add(Register sum, Register row,
                                                     Register query) noexcept {
        return std::is_signed_v<T> ? _mm512_dpbusd_epi32(sum, row, query)
                                   : _mm512_dpbusd_epi32(sum, query, row);
    }
};

#endif
#if FIRTH_ON_ARM64() && defined(__ARM_FEATURE_DOTPROD)

/// Four bytes a unit.
template <ByteElement T, HasNeonDotprod Arch>
struct TileFormat<T, Arch> : Integers128 {
    using Packed = T;
    static constexpr std::size_t depth = 4;

    static FIRTH_ALWAYS_INLINE void pack_row(const T* from, std::size_t n, T* to) noexcept {
        std::memcpy(to, from, n);
    }
    static FIRTH_ALWAYS_INLINE void pack_query(const T* from, std::size_t n, T* to) noexcept {
        pack_row(from, n, to);
    }
    static FIRTH_ALWAYS_INLINE std::uint32_t start(const T*, std::size_t) noexcept { return 0; }
    static FIRTH_ALWAYS_INLINE Register multiply_add(Register sum, Register row,
                                                     Register query) noexcept {
        if constexpr (std::is_signed_v<T>) {
            return vdotq_s32(sum, vreinterpretq_s8_s32(row), vreinterpretq_s8_s32(query));
        } else {
            return vreinterpretq_s32_u32(vdotq_u32(vreinterpretq_u32_s32(sum),
                                                   vreinterpretq_u8_s32(row),
                                                   vreinterpretq_u8_s32(query)));
        }
    }
};

#endif
#if (FIRTH_ON_X86() && defined(__AVX512BF16__)) ||                                                 \
    (FIRTH_ON_ARM64() && defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC))

/// Two bfloat16 a unit.
template <HasBf16 Arch>
struct TileFormat<bfloat16, Arch> : TileFormat<float, Arch> {
    using Packed = bfloat16;
    using Register = Batch<Arch>;
    static constexpr std::size_t depth = 2;

    static FIRTH_ALWAYS_INLINE void pack_row(const bfloat16* from, std::size_t n,
                                             bfloat16* to) noexcept {
        std::memcpy(static_cast<void*>(to), from, n * 2);
    }
    static FIRTH_ALWAYS_INLINE void pack_query(const bfloat16* from, std::size_t n,
                                               bfloat16* to) noexcept {
        pack_row(from, n, to);
    }
    static FIRTH_ALWAYS_INLINE std::uint32_t start(const bfloat16*, std::size_t) noexcept {
        return 0;
    }
    static FIRTH_ALWAYS_INLINE Register multiply_add(const Register& sum, const Register& row,
                                                     const Register& query) noexcept {
#if FIRTH_ON_X86()
        const __m512 x = row;
        const __m512 y = query;
        return Register(_mm512_dpbf16_ps(sum, (__m512bh)x, (__m512bh)y));
#else
        return Register(
            vbfdotq_f32(sum, vreinterpretq_bf16_f32(row), vreinterpretq_bf16_f32(query)));
#endif
    }
};

#endif

} // namespace firth::simd::detail

FIRTH_END_INTRINSICS
