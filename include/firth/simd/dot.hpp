#pragma once

#include <array>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <ranges>
#include <span>
#include <type_traits>

#include <firth/simd/arch.hpp>
#include <firth/simd/detail/format_kernels.hpp>
#include <firth/simd/format.hpp>

/// Inner products and norms of vectors of any format: float, double, float16, bfloat16, int8 and
/// uint8, unaligned and of any length. `dot<Arch>(a, b)` names an architecture, `dot(a, b)` takes
/// the default one. Vectors of a length known at compile time (`std::array`, `std::span<T, N>`) get
/// a kernel unrolled for it.
///
/// Numerics, with u = 2^-24 and n elements. Two modes for float32:
///  - `fast`, the default: float32 products and sums, fused where the hardware can, in a register
///    of accumulators for short vectors and four for long ones, added pairwise, then half to half.
///    The order is fixed for an architecture. With L floats a register the error of `dot` is at
///    most (n / (4 L) + 9) u sum |a_i b_i|, with one more u without fused multiply-add. `dot`
///    overflows beyond 3.4e38, `norm` only where its result does.
///  - `precise`: every product and sum in float64; the error is at most
///    (n + 9) 2^-53 sum |a_i b_i|, and nothing overflows.
/// float16 and bfloat16 are exact as float32 and then summed as in `fast`, float16 on `avx512_bf16`
/// with L = 8, bfloat16 with an error of at most (n / (4 L) + 14) u sum |a_i b_i|; VDPBF16PS on
/// `avx512_bf16` and BFDOT on `neon_bf16` take subnormal numbers as zero. float64 sums in float64.
/// int8 and uint8 are exact for up to `max_byte_dim` elements. NaN and infinity propagate.
///
/// Vectors of any norm have a norm, a cosine and a direction, right to rounding: where a sum of
/// squares is below 1e-30 or above 1e37, `norm`, `cosine` and `normalize` sum once more in float64.
/// Inner products and squared distances have float32's own range: each product below 2^-126 may be
/// off by 2^-150. Exact zero vectors alone have norm 0. Where the processor takes subnormal numbers
/// as zero, as in programs linked with -ffast-math, they are zeros.
namespace firth::simd {

/// Asks for float32 arithmetic: the default.
struct fast_t {};
inline constexpr fast_t fast{};

/// Asks for float64 arithmetic on float32 vectors, and for a result in double.
struct precise_t {};
inline constexpr precise_t precise{};

namespace detail {

template <class R>
using ElementOf = std::remove_cv_t<std::ranges::range_value_t<R>>;

/// The length of a range as a constant where its type says it.
template <class R>
inline constexpr std::size_t static_size = std::dynamic_extent;
template <class T, std::size_t N>
inline constexpr std::size_t static_size<std::span<T, N>> = N;
template <class T, std::size_t N>
inline constexpr std::size_t static_size<std::array<T, N>> = N;
template <class T, std::size_t N>
inline constexpr std::size_t static_size<T[N]> = N;

/// The common length of two vectors.
template <class A, class B>
FIRTH_ALWAYS_INLINE std::size_t common_size(const A& a, const B& b) noexcept {
    static_assert(static_size<A> == std::dynamic_extent || static_size<B> == std::dynamic_extent ||
                      static_size<A> == static_size<B>,
                  "two vectors of different length");
    assert(std::ranges::size(a) == std::ranges::size(b));
    static_cast<void>(b);
    if constexpr (static_size<A> != std::dynamic_extent) {
        return static_size<A>;
    } else if constexpr (static_size<B> != std::dynamic_extent) {
        return static_size<B>;
    } else {
        return std::ranges::size(a);
    }
}

template <class F, class Arch, class A, class B>
FIRTH_ALWAYS_INLINE auto dot(const A& a, const B& b) noexcept {
    const std::size_t n = common_size(a, b);
    return kernels<FormatKernels<F>, Arch>().dot(std::ranges::data(a), std::ranges::data(b), n);
}

template <class F, class Arch, class A>
FIRTH_ALWAYS_INLINE auto norm(const A& a) noexcept {
    const std::size_t n = common_size(a, a);
    return kernels<FormatKernels<F>, Arch>().norm(std::ranges::data(a), n);
}

} // namespace detail

/// A vector that kernels take: contiguous elements of a known format.
template <class R>
concept VectorRange =
    std::ranges::contiguous_range<R> && std::ranges::sized_range<R> && Scalar<detail::ElementOf<R>>;

/// A vector of float: what `precise` takes.
template <class R>
concept FloatRange = VectorRange<R> && std::same_as<float, detail::ElementOf<R>>;

/// Two vectors of one format.
template <class A, class B>
concept VectorPair =
    VectorRange<A> && VectorRange<B> && std::same_as<detail::ElementOf<A>, detail::ElementOf<B>>;

/// The inner product of two vectors of the same length (a precondition): float for float, float16
/// and bfloat16, double for double, std::int32_t for int8, std::uint32_t for uint8.
template <class Arch = default_arch, class A, class B>
    requires VectorPair<A, B>
[[nodiscard]] auto dot(const A& a, const B& b, fast_t = fast) noexcept {
    return detail::dot<detail::ElementOf<A>, Arch>(a, b);
}

/// The inner product in float64.
template <class Arch = default_arch, FloatRange A, FloatRange B>
[[nodiscard]] double dot(const A& a, const B& b, precise_t) noexcept {
    return detail::dot<widened, Arch>(a, b);
}

/// The Euclidean norm of a vector, double for double, else float. Exact zero only for zeros; where
/// squares would overflow or vanish, they are summed in float64 and scaled.
template <class Arch = default_arch, VectorRange A>
[[nodiscard]] auto norm(const A& a, fast_t = fast) noexcept {
    return detail::norm<detail::ElementOf<A>, Arch>(a);
}

template <class Arch = default_arch, FloatRange A>
[[nodiscard]] double norm(const A& a, precise_t) noexcept {
    return detail::norm<widened, Arch>(a);
}

/// True for the norms that float32 can divide by in any order: products of a unit vector with such
/// a vector, times 1 / norm, are the cosine to float32's precision, however large the dim.
[[nodiscard]] FIRTH_ALWAYS_INLINE constexpr bool has_reciprocal(float norm) noexcept {
    return norm >= 0x1.0p-100f && norm <= 0x1.0p+100f;
}

/// Scores one query against `count` rows that lie `stride` elements apart: scores[i] is the inner
/// product of the query with row i. Rows and query are `dim` elements each and may be unaligned;
/// nothing beyond them is read. Rows are read once, in the order in which they lie, at the memory's
/// speed. A float32 inner product is summed in two registers: error at most
/// (dim / (2 L) + 9) u sum |a_i b_i|.
template <class Arch = default_arch, Scalar T>
void dot_many(const T* query, const T* rows, std::size_t stride, std::size_t count, std::size_t dim,
              typename Format<T>::Product* scores) noexcept {
    detail::kernels<FormatKernels<T>, Arch>().dot_many(query, rows, stride, count, dim, scores);
}

} // namespace firth::simd
