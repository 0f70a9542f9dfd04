#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <firth/base/config.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/detail/batch.hpp>
#include <firth/simd/detail/block.hpp>

#if FIRTH_ON_X86()
#include <immintrin.h>
#endif

/// Blocks of bits, 64 to a word. A block has `width` words, `load` and `load_tail` as in
/// `block.hpp`, `both`, `either` and `differing` bits of two blocks, a count of bits added to a
/// `Sum`, and its total. Counts are exact and the same on all architectures.
FIRTH_BEGIN_INTRINSICS

namespace firth::simd::detail {

/// A word at a time; POPCNT where the compile flags have it.
template <class Arch>
struct BitBlock {
    using Vector = std::uint64_t;
    using Sum = std::uint64_t;
    static constexpr std::size_t width = 1;

    static FIRTH_ALWAYS_INLINE Vector load(const std::uint64_t* p) noexcept { return *p; }
    static FIRTH_ALWAYS_INLINE Vector load_tail(const std::uint64_t*, std::size_t,
                                                std::size_t) noexcept {
        return 0;
    }
    static FIRTH_ALWAYS_INLINE Vector both(Vector x, Vector y) noexcept { return x & y; }
    static FIRTH_ALWAYS_INLINE Vector either(Vector x, Vector y) noexcept { return x | y; }
    static FIRTH_ALWAYS_INLINE Vector differing(Vector x, Vector y) noexcept { return x ^ y; }
    static FIRTH_ALWAYS_INLINE Sum count(Sum sum, Vector x) noexcept {
#if FIRTH_ON_ARM64()
        return sum + vaddv_u8(vcnt_u8(vcreate_u8(x)));
#else
        return sum + static_cast<Sum>(std::popcount(x));
#endif
    }
    static FIRTH_ALWAYS_INLINE Sum add(Sum a, Sum b) noexcept {
        return a + b;
    }
    static FIRTH_ALWAYS_INLINE std::uint64_t reduce(Sum sum) noexcept {
        return sum;
    }
};

#if FIRTH_ON_X86() && defined(__AVX2__)

/// Counts bits four at a time by looking them up in a register (Mula, Kurz and Lemire 2018).
template <HasAvx2 Arch>
struct BitBlock<Arch> {
    using Vector = __m256i;
    struct Sum {
        __m256i words = _mm256_setzero_si256();
    };
    static constexpr std::size_t width = 4;

    static FIRTH_ALWAYS_INLINE Vector load(const std::uint64_t* p) noexcept {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    }
    static FIRTH_ALWAYS_INLINE Vector load_tail(const std::uint64_t* p, std::size_t i,
                                                std::size_t n) noexcept {
        const auto mask =
            _mm256_loadu_si256(static_cast<const __m256i*>(last_bytes_mask<Arch, 32>((n - i) * 8)));
        // The mask has its ones at the end; here they belong first: words are loaded from p + i on.
        return _mm256_maskload_epi64(reinterpret_cast<const long long*>(p + i),
                                     _mm256_permute4x64_epi64(mask, 0x1B));
    }
    static FIRTH_ALWAYS_INLINE Vector both(Vector x, Vector y) noexcept {
        return _mm256_and_si256(x, y);
    }
    static FIRTH_ALWAYS_INLINE Vector either(Vector x, Vector y) noexcept {
        return _mm256_or_si256(x, y);
    }
    static FIRTH_ALWAYS_INLINE Vector differing(Vector x, Vector y) noexcept {
        return _mm256_xor_si256(x, y);
    }
    static FIRTH_ALWAYS_INLINE Sum count(const Sum& sum, Vector x) noexcept {
        const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, //
                                               0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
        const __m256i nibble = _mm256_set1_epi8(15);
        const __m256i low = _mm256_shuffle_epi8(table, _mm256_and_si256(x, nibble));
        const __m256i high =
            _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(x, 4), nibble));
        return {_mm256_add_epi64(
            sum.words, _mm256_sad_epu8(_mm256_add_epi8(low, high), _mm256_setzero_si256()))};
    }
    static FIRTH_ALWAYS_INLINE Sum add(const Sum& a, const Sum& b) noexcept {
        return {_mm256_add_epi64(a.words, b.words)};
    }
    static FIRTH_ALWAYS_INLINE std::uint64_t reduce(const Sum& sum) noexcept {
        const __m128i half = _mm_add_epi64(_mm256_castsi256_si128(sum.words),
                                           _mm256_extracti128_si256(sum.words, 1));
        return static_cast<std::uint64_t>(
            _mm_cvtsi128_si64(_mm_add_epi64(half, _mm_unpackhi_epi64(half, half))));
    }
};

#endif
#if FIRTH_ON_X86() && defined(__AVX512BW__)

template <HasAvx512 Arch>
struct BitBlock<Arch> {
    using Vector = __m512i;
    struct Sum {
        __m512i words = _mm512_setzero_si512();
    };
    static constexpr std::size_t width = 8;

    static FIRTH_ALWAYS_INLINE Vector load(const std::uint64_t* p) noexcept {
        return _mm512_loadu_si512(p);
    }
    static FIRTH_ALWAYS_INLINE Vector load_tail(const std::uint64_t* p, std::size_t i,
                                                std::size_t n) noexcept {
        return _mm512_maskz_loadu_epi64(static_cast<__mmask8>((1u << (n - i)) - 1u), p + i);
    }
    static FIRTH_ALWAYS_INLINE Vector both(Vector x, Vector y) noexcept {
        return _mm512_and_si512(x, y);
    }
    static FIRTH_ALWAYS_INLINE Vector either(Vector x, Vector y) noexcept {
        return _mm512_or_si512(x, y);
    }
    static FIRTH_ALWAYS_INLINE Vector differing(Vector x, Vector y) noexcept {
        return _mm512_xor_si512(x, y);
    }
    static FIRTH_ALWAYS_INLINE Sum count(const Sum& sum, Vector x) noexcept {
#if defined(__AVX512VPOPCNTDQ__)
        if constexpr (HasVpopcntdq<Arch>) {
            return {_mm512_add_epi64(sum.words, _mm512_popcnt_epi64(x))};
        }
#endif
        const __m512i table =
            _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
        const __m512i nibble = _mm512_set1_epi8(15);
        const __m512i low = _mm512_shuffle_epi8(table, _mm512_and_si512(x, nibble));
        const __m512i high =
            _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(x, 4), nibble));
        return {_mm512_add_epi64(
            sum.words, _mm512_sad_epu8(_mm512_add_epi8(low, high), _mm512_setzero_si512()))};
    }
    static FIRTH_ALWAYS_INLINE Sum add(const Sum& a, const Sum& b) noexcept {
        return {_mm512_add_epi64(a.words, b.words)};
    }
    static FIRTH_ALWAYS_INLINE std::uint64_t reduce(const Sum& sum) noexcept {
        const __m256i half = _mm256_add_epi64(_mm512_castsi512_si256(sum.words),
                                              _mm512_extracti64x4_epi64(sum.words, 1));
        const __m128i quarter =
            _mm_add_epi64(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
        return static_cast<std::uint64_t>(
            _mm_cvtsi128_si64(_mm_add_epi64(quarter, _mm_unpackhi_epi64(quarter, quarter))));
    }
    /// The totals of eight sums at once, at a third of the cost of one after the other. With `past`
    /// they are written past the caches; `totals` is then aligned to 32 bytes.
    static FIRTH_ALWAYS_INLINE void reduce(const std::array<Sum, 8>& sums, std::uint32_t* totals,
                                           bool past) noexcept {
        const __m512i first = quad(pair(sums[0].words, sums[1].words), //
                                   pair(sums[2].words, sums[3].words));
        const __m512i second = quad(pair(sums[4].words, sums[5].words), //
                                    pair(sums[6].words, sums[7].words));
        store(quad(first, second), totals, past);
    }
    /// The number of bits in which a query of `Words` words (1, 2 or 4), repeated to fill a
    /// register, differs from each of eight contiguous rows.
    template <std::size_t Words>
    static FIRTH_ALWAYS_INLINE void differing_eight(Vector query, const std::uint64_t* rows,
                                                    std::uint32_t* totals, bool past) noexcept {
        const auto counted = [&](std::size_t i) FIRTH_INLINE_LAMBDA {
            return count(Sum(), differing(query, load(rows + 8 * i))).words;
        };
        if constexpr (Words == 1) {
            store(counted(0), totals, past);
        } else if constexpr (Words == 2) {
            const __m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
            store(_mm512_permutexvar_epi64(order, pair(counted(0), counted(1))), totals, past);
        } else {
            const __m512i order = _mm512_setr_epi64(0, 2, 1, 3, 4, 6, 5, 7);
            const __m512i all = quad(pair(counted(0), counted(1)), pair(counted(2), counted(3)));
            store(_mm512_permutexvar_epi64(order, all), totals, past);
        }
    }
    /// Makes what was written past the caches visible before what is written after.
    static FIRTH_ALWAYS_INLINE void finish() noexcept {
        _mm_sfence();
    }

private:
    /// Neighbouring words added up: those of a in the even words, those of b in the odd ones.
    static FIRTH_ALWAYS_INLINE __m512i pair(__m512i a, __m512i b) noexcept {
        return _mm512_add_epi64(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
    }
    /// Neighbouring pairs of words added up: those of a below, those of b above.
    static FIRTH_ALWAYS_INLINE __m512i quad(__m512i a, __m512i b) noexcept {
        return _mm512_add_epi64(_mm512_shuffle_i64x2(a, b, 0x88), _mm512_shuffle_i64x2(a, b, 0xDD));
    }
    static FIRTH_ALWAYS_INLINE void store(__m512i words, std::uint32_t* totals,
                                          bool past) noexcept {
        const __m256i result = _mm512_cvtepi64_epi32(words);
        if (past) {
            _mm256_stream_si256(reinterpret_cast<__m256i*>(totals), result);
        } else {
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(totals), result);
        }
    }
};

#endif

} // namespace firth::simd::detail

FIRTH_END_INTRINSICS
