#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <firth/base/config.hpp>
#include <firth/simd/detail/block_bit.hpp>
#include <firth/simd/detail/many.hpp>
#include <firth/simd/detail/unroll.hpp>
#include <firth/simd/dispatch/kernels.hpp>

/// Kernels on vectors of bits, 64 to a word; lengths are in words. The functions that programs call
/// are in `distance.hpp`.
namespace firth::simd::detail {

/// The bits that differ.
template <class Arch>
FIRTH_ALWAYS_INLINE std::uint64_t hamming_of(const std::uint64_t* a, const std::uint64_t* b,
                                             std::size_t words) noexcept {
    using B = BitBlock<Arch>;
    constexpr std::size_t width = B::width;
    if (B::few_words > 0 && words <= B::few_words) {
        std::uint64_t differing = 0;
        for (std::size_t i = 0; i < words; ++i) {
            differing += count_bits<Arch>(a[i] ^ b[i]);
        }
        return differing;
    }
    typename B::Sum even{};
    typename B::Sum odd{};
    std::size_t i = 0;
    for (; i + 2 * width <= words; i += 2 * width) {
        even = B::count(even, B::differing(B::load(a + i), B::load(b + i)));
        odd = B::count(odd, B::differing(B::load(a + i + width), B::load(b + i + width)));
    }
    if (i + width <= words) {
        even = B::count(even, B::differing(B::load(a + i), B::load(b + i)));
        i += width;
    }
    if (i < words) {
        odd = B::count(odd, B::differing(B::load_tail(a, i, words), B::load_tail(b, i, words)));
    }
    return B::reduce(B::add(even, odd));
}

/// The bits set in both over the bits set in either; 1 for two vectors without any.
template <class Arch>
FIRTH_ALWAYS_INLINE float jaccard_of(const std::uint64_t* a, const std::uint64_t* b,
                                     std::size_t words) noexcept {
    using B = BitBlock<Arch>;
    const auto quotient = [](std::uint64_t both, std::uint64_t either) FIRTH_INLINE_LAMBDA {
        if (either == 0) return 1.0f;
        return static_cast<float>(static_cast<double>(both) / static_cast<double>(either));
    };
    if (B::few_words_jaccard > 0 && words <= B::few_words_jaccard) {
        std::uint64_t both = 0;
        std::uint64_t either = 0;
        for (std::size_t i = 0; i < words; ++i) {
            both += count_bits<Arch>(a[i] & b[i]);
            either += count_bits<Arch>(a[i] | b[i]);
        }
        return quotient(both, either);
    }
    typename B::Sum both{};
    typename B::Sum either{};
    std::size_t i = 0;
    for (; i + B::width <= words; i += B::width) {
        both = B::count(both, B::both(B::load(a + i), B::load(b + i)));
        either = B::count(either, B::either(B::load(a + i), B::load(b + i)));
    }
    if (i < words) {
        const auto x = B::load_tail(a, i, words);
        const auto y = B::load_tail(b, i, words);
        both = B::count(both, B::both(x, y));
        either = B::count(either, B::either(x, y));
    }
    return quotient(B::reduce(both), B::reduce(either));
}

/// `hamming_many_of` for contiguous rows of at most `short_words` words, as many as make whole
/// groups of eight; returns how many rows that were.
template <class B>
FIRTH_ALWAYS_INLINE std::size_t
hamming_short_rows(const std::uint64_t* query, const std::uint64_t* rows, std::size_t count,
                   std::size_t words, std::uint32_t* distances, bool past) noexcept {
    if (words == 0 || words > B::short_words) return 0;
    const std::size_t whole = count / 8 * 8;
    with_constant<B::short_words>(words, [&](auto n) FIRTH_INLINE_LAMBDA {
        alignas(64) std::uint64_t repeated[n * B::width];
        for (std::size_t i = 0; i < n * B::width; ++i) {
            repeated[i] = query[i % n];
        }
        for (std::size_t i = 0; i < whole; i += 8) {
            for (std::size_t line = 0; line < n; ++line) {
                FIRTH_PREFETCH_READ(reinterpret_cast<const char*>(rows + i * n + 8 * line) + 6144);
            }
            B::template differing_eight<n>(repeated, rows + i * n, distances + i, past);
        }
    });
    return whole;
}

/// The bits in which a query differs from each of `count` rows that lie `stride` words apart.
template <class Arch>
FIRTH_ALWAYS_INLINE void hamming_many_of(const std::uint64_t* query, const std::uint64_t* rows,
                                         std::size_t stride, std::size_t count, std::size_t words,
                                         std::uint32_t* distances) noexcept {
    using B = BitBlock<Arch>;
    constexpr std::size_t width = B::width;
    const std::size_t whole = words / width * width;
    // For short rows the distances are a good part of the memory traffic. A megabyte of them does
    // not stay in cache anyway; written past it, they need not be read first.
    [[maybe_unused]] const bool past =
        count >= (std::size_t{1} << 18) && reinterpret_cast<std::uintptr_t>(distances) % 32 == 0;
    if constexpr (requires { B::short_words; }) {
        const std::size_t done =
            stride == words ? hamming_short_rows<B>(query, rows, count, words, distances, past) : 0;
        rows += done * stride;
        distances += done;
        count -= done;
    }
    for_each_group<8>(count, [&](std::size_t i, auto g) FIRTH_INLINE_LAMBDA {
        std::array<typename B::Sum, g> sums{};
        const std::uint64_t* const first = rows + i * stride;
        for (std::size_t line = 0; line < g * stride; line += 8) {
            FIRTH_PREFETCH_READ(reinterpret_cast<const char*>(first + line) + 6144);
        }
        for (std::size_t k = 0; k < whole; k += width) {
            const typename B::Vector q = B::load(query + k);
            unroll<g>([&](auto r) FIRTH_INLINE_LAMBDA {
                sums[r] = B::count(sums[r], B::differing(q, B::load(first + r * stride + k)));
            });
        }
        if (whole < words) {
            const typename B::Vector q = B::load_tail(query, whole, words);
            unroll<g>([&](auto r) FIRTH_INLINE_LAMBDA {
                const typename B::Vector x = B::load_tail(first + r * stride, whole, words);
                sums[r] = B::count(sums[r], B::differing(q, x));
            });
        }
        if constexpr (requires { B::reduce(sums, distances, past); }) {
            B::reduce(sums, distances + i, past);
        } else {
            unroll<g>([&](auto r) FIRTH_INLINE_LAMBDA {
                distances[i + r] = static_cast<std::uint32_t>(B::reduce(sums[r]));
            });
        }
    });
    if constexpr (requires { B::finish(); }) {
        if (past) B::finish();
    }
}

} // namespace firth::simd::detail

namespace firth::simd {

/// The kernels for vectors of bits; lengths are in words.
struct BitKernels {
    std::uint64_t (*hamming)(const std::uint64_t* a, const std::uint64_t* b,
                             std::size_t words) noexcept;
    float (*jaccard)(const std::uint64_t* a, const std::uint64_t* b, std::size_t words) noexcept;
    void (*hamming_many)(const std::uint64_t* query, const std::uint64_t* rows, std::size_t stride,
                         std::size_t count, std::size_t words, std::uint32_t* distances) noexcept;
};

namespace detail {

template <class Arch>
struct Compiled<BitKernels, Arch> {
    FIRTH_ALWAYS_INLINE static std::uint64_t hamming(const std::uint64_t* a, const std::uint64_t* b,
                                                     std::size_t words) noexcept {
        return hamming_of<Arch>(a, b, words);
    }
    FIRTH_ALWAYS_INLINE static float jaccard(const std::uint64_t* a, const std::uint64_t* b,
                                             std::size_t words) noexcept {
        return jaccard_of<Arch>(a, b, words);
    }
    FIRTH_ALWAYS_INLINE static void hamming_many(const std::uint64_t* query,
                                                 const std::uint64_t* rows, std::size_t stride,
                                                 std::size_t count, std::size_t words,
                                                 std::uint32_t* distances) noexcept {
        hamming_many_of<Arch>(query, rows, stride, count, words, distances);
    }
    static constexpr BitKernels table{&hamming, &jaccard, &hamming_many};
};

} // namespace detail

} // namespace firth::simd
