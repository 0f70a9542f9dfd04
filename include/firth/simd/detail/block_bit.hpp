#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <firth/base/config.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/detail/batch.hpp>
#include <firth/simd/detail/block.hpp>
#include <firth/simd/detail/unroll.hpp>

#if FIRTH_ON_X86()
#include <immintrin.h>
#endif

/// Blocks of bits, 64 to a word. Counts are exact and the same on all architectures. A block has
///
///     width                        words in a block; load and load_tail as in `block.hpp`
///     both, either, differing      of the bits of two blocks
///     Sum count(sum, x)            sum + the bits of x; `add` adds two sums, `reduce` is the total
///     few_words                    Hamming distances of up to as many words are faster a word at a
///     few_words_jaccard            time, and Jaccard similarities
///     short_words                  where it is there: contiguous rows of up to as many words share
///     differing_eight(...)         registers
FIRTH_BEGIN_INTRINSICS

namespace firth::simd::detail {

/// By POPCNT where the compile flags have it.
template <class Arch>
FIRTH_ALWAYS_INLINE std::uint64_t count_bits(std::uint64_t word) noexcept {
#if FIRTH_ON_X86() && defined(__POPCNT__) && (defined(__GNUC__) || defined(__clang__))
    // Else clang counts the bits of a few words in vector registers, at twice the cost.
    __asm__("" : "+r"(word));
#endif
    return static_cast<std::uint64_t>(std::popcount(word));
}

/// A word at a time.
template <class Arch>
struct BitBlock {
    using Vector = std::uint64_t;
    using Sum = std::uint64_t;
    static constexpr std::size_t width = 1;
    static constexpr std::size_t few_words = 0;
    static constexpr std::size_t few_words_jaccard = 0;

    static FIRTH_ALWAYS_INLINE Vector load(const std::uint64_t* p) noexcept { return *p; }
    static FIRTH_ALWAYS_INLINE Vector load_tail(const std::uint64_t*, std::size_t,
                                                std::size_t) noexcept {
        return 0;
    }
    static FIRTH_ALWAYS_INLINE Vector both(Vector x, Vector y) noexcept { return x & y; }
    static FIRTH_ALWAYS_INLINE Vector either(Vector x, Vector y) noexcept { return x | y; }
    static FIRTH_ALWAYS_INLINE Vector differing(Vector x, Vector y) noexcept { return x ^ y; }
    static FIRTH_ALWAYS_INLINE Sum count(Sum sum, Vector x) noexcept {
        return sum + static_cast<Sum>(std::popcount(x));
    }
    static FIRTH_ALWAYS_INLINE Sum add(Sum a, Sum b) noexcept { return a + b; }
    static FIRTH_ALWAYS_INLINE std::uint64_t reduce(Sum sum) noexcept { return sum; }
};

#if FIRTH_ON_ARM64()

template <HasNeon Arch>
struct BitBlock<Arch> {
    using Vector = uint8x16_t;
    struct Sum {
        uint64x2_t words = vdupq_n_u64(0);
    };
    static constexpr std::size_t width = 2;
    static constexpr std::size_t few_words = 0;
    static constexpr std::size_t few_words_jaccard = 0;

    static FIRTH_ALWAYS_INLINE Vector load(const std::uint64_t* p) noexcept {
        return vld1q_u8(reinterpret_cast<const std::uint8_t*>(p));
    }
    static FIRTH_ALWAYS_INLINE Vector load_tail(const std::uint64_t* p, std::size_t i,
                                                std::size_t) noexcept {
        return vcombine_u8(vld1_u8(reinterpret_cast<const std::uint8_t*>(p + i)), vdup_n_u8(0));
    }
    static FIRTH_ALWAYS_INLINE Vector both(Vector x, Vector y) noexcept { return vandq_u8(x, y); }
    static FIRTH_ALWAYS_INLINE Vector either(Vector x, Vector y) noexcept { return vorrq_u8(x, y); }
    static FIRTH_ALWAYS_INLINE Vector differing(Vector x, Vector y) noexcept {
        return veorq_u8(x, y);
    }
    static FIRTH_ALWAYS_INLINE Sum count(const Sum& sum, Vector x) noexcept {
        return {vpadalq_u32(sum.words, vpaddlq_u16(vpaddlq_u8(vcntq_u8(x))))};
    }
    static FIRTH_ALWAYS_INLINE Sum add(const Sum& a, const Sum& b) noexcept {
        return {vaddq_u64(a.words, b.words)};
    }
    static FIRTH_ALWAYS_INLINE std::uint64_t reduce(const Sum& sum) noexcept {
        return vaddvq_u64(sum.words);
    }
};

#endif

#if FIRTH_ON_X86() && defined(__AVX2__)

/// Counts bits four at a time by looking them up in a register (Mula, Kurz and Lemire 2018).
template <HasAvx2 Arch>
struct BitBlock<Arch> {
    using Vector = __m256i;
    struct Sum {
        __m256i words = _mm256_setzero_si256();
    };
    static constexpr std::size_t width = 4;
    static constexpr std::size_t few_words = 7;
    static constexpr std::size_t few_words_jaccard = 7;
    static constexpr std::size_t short_words = 7;

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
    /// The totals of eight sums at once, two to a word. With `past` they are written past the
    /// caches; `totals` is then aligned to 32 bytes.
    static FIRTH_ALWAYS_INLINE void reduce(const std::array<Sum, 8>& sums, std::uint32_t* totals,
                                           bool past) noexcept {
        const auto two = [&](std::size_t i) FIRTH_INLINE_LAMBDA {
            return two_to_a_word(sums[i].words, sums[i + 1].words);
        };
        const __m256i first = add_neighbours(two(0), two(2));
        const __m256i second = add_neighbours(two(4), two(6));
        store(_mm256_add_epi64(_mm256_permute2x128_si256(first, second, 0x20),
                               _mm256_permute2x128_si256(first, second, 0x31)),
              totals, past);
    }

    /// The number of bits in which a query differs from each of eight contiguous rows of `Words`
    /// words; `query` holds it again and again, to fill `Words` registers.
    template <std::size_t Words>
    static FIRTH_ALWAYS_INLINE void differing_eight(const std::uint64_t* query,
                                                    const std::uint64_t* rows,
                                                    std::uint32_t* totals, bool past) noexcept {
        __m256i counts[Words]; // of row i in the lower half of a word, i + 4 above it
        unroll<Words>([&](auto k) FIRTH_INLINE_LAMBDA {
            const auto counted = [&](std::size_t first_word) FIRTH_INLINE_LAMBDA {
                return count(Sum(), differing(load(query + width * k),
                                              load(rows + first_word + width * k)))
                    .words;
            };
            counts[k] = two_to_a_word(counted(0), counted(4 * Words));
        });
        const __m256i order = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
        store(_mm256_permutevar8x32_epi32(sum_rows(counts), order), totals, past);
    }
    /// Makes what was written past the caches visible before what is written after.
    static FIRTH_ALWAYS_INLINE void finish() noexcept { _mm_sfence(); }

private:
    static FIRTH_ALWAYS_INLINE __m256i two_to_a_word(__m256i a, __m256i b) noexcept {
        return _mm256_or_si256(a, _mm256_slli_epi64(b, 32));
    }
    /// Neighbouring words added up: those of a in the even words, those of b in the odd ones.
    static FIRTH_ALWAYS_INLINE __m256i add_neighbours(__m256i a, __m256i b) noexcept {
        return _mm256_add_epi64(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
    }
    /// The sums of four rows of `Words` words.
    template <std::size_t Words>
    static FIRTH_ALWAYS_INLINE __m256i sum_rows(const __m256i (&rows)[Words]) noexcept {
        if constexpr (Words == 1) {
            return rows[0];
        } else if constexpr (Words % 2 == 0) {
            __m256i pairs[Words / 2];
            unroll<Words / 2>([&](auto k) FIRTH_INLINE_LAMBDA {
                pairs[k] =
                    _mm256_permute4x64_epi64(add_neighbours(rows[2 * k], rows[2 * k + 1]), 0xD8);
            });
            return sum_rows(pairs);
        } else {
            // Word j of row r is in lane (Words * r + j) % 4: one row's in each lane.
            __m256i sum = _mm256_setzero_si256();
            unroll<(Words < 4 ? Words : 4)>([&](auto j) FIRTH_INLINE_LAMBDA {
                __m256i words = word_of_rows<j>(rows);
                if constexpr (j + 4 < Words) {
                    words = _mm256_add_epi64(words, word_of_rows<j + 4>(rows));
                }
                constexpr int order = j % 4 | (Words + j) % 4 << 2 | (2 * Words + j) % 4 << 4 |
                                      (3 * Words + j) % 4 << 6;
                sum = _mm256_add_epi64(sum, _mm256_permute4x64_epi64(words, order));
            });
            return sum;
        }
    }
    /// Word `J` of each of four rows, each in the lane where it is.
    template <std::size_t J, std::size_t Words>
    static FIRTH_ALWAYS_INLINE __m256i word_of_rows(const __m256i (&rows)[Words]) noexcept {
        __m256i words = rows[J / 4]; // right for row 0
        unroll<3>([&](auto before) FIRTH_INLINE_LAMBDA {
            constexpr std::size_t at = Words * (before + 1) + J;
            if constexpr (at / 4 != J / 4) {
                words = _mm256_blend_epi32(words, rows[at / 4], 3 << at % 4 * 2);
            }
        });
        return words;
    }
    static FIRTH_ALWAYS_INLINE void store(__m256i result, std::uint32_t* totals,
                                          bool past) noexcept {
        if (past) {
            _mm256_stream_si256(reinterpret_cast<__m256i*>(totals), result);
        } else {
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(totals), result);
        }
    }
};

#endif
#if FIRTH_ON_X86() && defined(__AVX512BW__)

/// Where eight rows of `Words` words have their counts when those of register k are field k % 4 of
/// the words of register k / 4: words 0 to 3 of row r as fields of word r, and words 4 to 7.
struct alignas(64) FieldOrder {
    std::uint16_t of[2][32];
};
template <class Arch, std::size_t Words>
inline constexpr FieldOrder field_order = [] {
    FieldOrder order{};
    for (std::size_t row = 0; row < 8; ++row) {
        for (std::size_t word = 0; word < 8; ++word) {
            const std::size_t at = row * Words + word;
            const std::size_t field = at / 32 * 32 + at % 8 * 4 + at / 8 % 4;
            const std::size_t empty = Words <= 4 ? 3 : 35; // where there is no such word
            order.of[word / 4][row * 4 + word % 4] =
                static_cast<std::uint16_t>(word < Words ? field : empty);
        }
    }
    return order;
}();

template <HasAvx512 Arch>
struct BitBlock<Arch> {
    using Vector = __m512i;
    struct Sum {
        __m512i words = _mm512_setzero_si512();
    };
    static constexpr std::size_t width = 8;
    static constexpr std::size_t few_words = HasVpopcntdq<Arch> ? 0 : 7;
    static constexpr std::size_t few_words_jaccard = HasVpopcntdq<Arch> ? 4 : 7;
    static constexpr std::size_t short_words = 8;

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

    /// The number of bits in which a query differs from each of eight contiguous rows of `Words`
    /// words; `query` holds it again and again, to fill `Words` registers. The counts of four
    /// registers fit one as fields of 16 bits, which are then brought into the order of the rows.
    template <std::size_t Words>
    static FIRTH_ALWAYS_INLINE void differing_eight(const std::uint64_t* query,
                                                    const std::uint64_t* rows,
                                                    std::uint32_t* totals, bool past) noexcept {
        const auto counted = [&](std::size_t k) FIRTH_INLINE_LAMBDA {
            return count(Sum(), differing(load(query + 8 * k), load(rows + 8 * k))).words;
        };
        if constexpr (Words == 1) {
            store(counted(0), totals, past);
        } else if constexpr (Words == 2) {
            const __m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
            store(_mm512_permutexvar_epi64(order, pair(counted(0), counted(1))), totals, past);
        } else {
            __m512i fields[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
            unroll<Words>([&](auto k) FIRTH_INLINE_LAMBDA {
                fields[k / 4] =
                    _mm512_or_si512(fields[k / 4], _mm512_slli_epi64(counted(k), 16 * (k % 4)));
            });
            __m512i sums = _mm512_setzero_si512();
            unroll<(Words + 3) / 4>([&](auto part) FIRTH_INLINE_LAMBDA {
                const __m512i order = _mm512_load_si512(field_order<Arch, Words>.of[part]);
                sums = _mm512_add_epi16(
                    sums, Words <= 4 ? _mm512_permutexvar_epi16(order, fields[0])
                                     : _mm512_permutex2var_epi16(fields[0], order, fields[1]));
            });
            store(_mm512_sad_epu8(sums, _mm512_setzero_si512()), totals, past);
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
