#pragma once

#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <firth/simd/detail/bits.hpp>
#include <firth/simd/detail/pair.hpp>
#include <firth/simd/dispatch/kernels.hpp>
#include <firth/simd/dot.hpp>

/// Cosine, L2, L1, and the distances of vectors of bits. Formats, modes and numerics are those of
/// `dot.hpp`, with the same order of summation; differences are rounded once, to float32 or
/// float64. `cosine` sums its three products in one pass, in two accumulators each where
/// a vector is short or registers are few, and falls back to float64 where a sum of squares leaves
/// the safe range.
namespace firth::simd {

namespace detail {

template <class F, class Arch, class A, class B>
FIRTH_ALWAYS_INLINE auto cosine(const A& a, const B& b) noexcept {
    const std::size_t n = common_size(a, b);
    return kernels<FormatKernels<F>, Arch>().cosine(std::ranges::data(a), std::ranges::data(b), n);
}

template <class F, class Arch, class A, class B>
FIRTH_ALWAYS_INLINE auto squared_l2(const A& a, const B& b) noexcept {
    const std::size_t n = common_size(a, b);
    return kernels<FormatKernels<F>, Arch>().squared_l2(std::ranges::data(a), std::ranges::data(b),
                                                        n);
}

template <class F, class Arch, class A, class B>
FIRTH_ALWAYS_INLINE auto l1(const A& a, const B& b) noexcept {
    const std::size_t n = common_size(a, b);
    return kernels<FormatKernels<F>, Arch>().l1(std::ranges::data(a), std::ranges::data(b), n);
}

} // namespace detail

/// The cosine of the angle between two vectors of the same length (a precondition), in [-1, 1] up
/// to rounding: double for double, else float. A vector of zeros has cosine 0 with everything,
/// itself included; only exact zero counts.
template <class Arch = default_arch, class A, class B>
    requires VectorPair<A, B>
[[nodiscard]] auto cosine(const A& a, const B& b, fast_t = fast) noexcept {
    return detail::cosine<detail::ElementOf<A>, Arch>(a, b);
}
template <class Arch = default_arch, FloatRange A, FloatRange B>
[[nodiscard]] double cosine(const A& a, const B& b, precise_t) noexcept {
    return detail::cosine<widened, Arch>(a, b);
}

/// The squared Euclidean distance of two vectors of the same length (a precondition):
/// std::uint32_t for bytes.
template <class Arch = default_arch, class A, class B>
    requires VectorPair<A, B>
[[nodiscard]] auto squared_l2(const A& a, const B& b, fast_t = fast) noexcept {
    return detail::squared_l2<detail::ElementOf<A>, Arch>(a, b);
}
template <class Arch = default_arch, FloatRange A, FloatRange B>
[[nodiscard]] double squared_l2(const A& a, const B& b, precise_t) noexcept {
    return detail::squared_l2<widened, Arch>(a, b);
}

/// The sum of |a_i - b_i| of two vectors of the same length (a precondition): std::uint32_t for
/// bytes.
template <class Arch = default_arch, class A, class B>
    requires VectorPair<A, B>
[[nodiscard]] auto l1(const A& a, const B& b, fast_t = fast) noexcept {
    return detail::l1<detail::ElementOf<A>, Arch>(a, b);
}
template <class Arch = default_arch, FloatRange A, FloatRange B>
[[nodiscard]] double l1(const A& a, const B& b, precise_t) noexcept {
    return detail::l1<widened, Arch>(a, b);
}

/// The number of bits that differ in two vectors of the same number of words (a precondition).
template <class Arch = default_arch>
[[nodiscard]] std::uint64_t hamming(std::span<const std::uint64_t> a,
                                    std::span<const std::uint64_t> b) noexcept {
    assert(a.size() == b.size());
    return detail::kernels<BitKernels, Arch>().hamming(a.data(), b.data(), a.size());
}

/// The Jaccard index of two sets of bits, those in both over those in either, in [0, 1]; 1 for two
/// empty sets. The vectors have the same number of words (a precondition).
template <class Arch = default_arch>
[[nodiscard]] float jaccard(std::span<const std::uint64_t> a,
                            std::span<const std::uint64_t> b) noexcept {
    assert(a.size() == b.size());
    return detail::kernels<BitKernels, Arch>().jaccard(a.data(), b.data(), a.size());
}

/// distances[i] is the number of bits in which the query differs from row i of `count` rows of
/// `words` words that lie `stride` words apart.
template <class Arch = default_arch>
void hamming_many(const std::uint64_t* query, const std::uint64_t* rows, std::size_t stride,
                  std::size_t count, std::size_t words, std::uint32_t* distances) noexcept {
    detail::kernels<BitKernels, Arch>().hamming_many(query, rows, stride, count, words, distances);
}

} // namespace firth::simd
