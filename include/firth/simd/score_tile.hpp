#pragma once

#include <cstddef>
#include <cstdint>

#include <firth/base/aligned_buffer.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/detail/tile_kernels.hpp>
#include <firth/simd/dispatch/kernels.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/format.hpp>

/// Many queries against many rows, of float, float16, bfloat16, int8 or uint8. Queries are packed
/// once and can then be scored against any number of rows.
///
/// Numerics: float32 sums a slice of at most 384 elements in their order, and the slices in theirs;
/// error at most (384 + n / 192 + 2) 2^-24 sum |a_i b_i|. Bytes are exact, as in `dot.hpp`.
namespace firth::simd {

/// The formats of tiles: all but double.
template <class T>
concept TileScalar = Scalar<T> && sizeof(T) <= 4;

/// The number of 32-bit words that `count` packed queries of `dim` elements need, whatever their
/// format and the architecture.
[[nodiscard]] constexpr std::size_t packed_queries_size(std::size_t count,
                                                        std::size_t dim) noexcept {
    return (round_up(count, 32) + 8) *
           (round_up(dim, 64) + 16); // the last group may have room for more
}

/// Packs `count` queries of `dim` elements, `stride` apart, for `score_tile` on the same
/// architecture. `packed` has room for `packed_queries_size(count, dim)` words, aligned to 64
/// bytes.
template <class Arch = default_arch, TileScalar T>
void pack_queries(const T* queries, std::size_t stride, std::size_t count, std::size_t dim,
                  std::uint32_t* packed) noexcept {
    detail::kernels<TileKernels<T>, Arch>().pack_queries(queries, stride, count, dim, packed);
}

/// Scores every packed query against every row: scores[q * score_stride + r] is the inner product
/// of query q with row r of `row_count` rows of `dim` elements, `row_stride` apart. Rows may be
/// unaligned; nothing beyond them is read. Works best with a dozen queries or more.
template <class Arch = default_arch, TileScalar T>
void score_tile(const std::uint32_t* packed, std::size_t query_count, const T* rows,
                std::size_t row_stride, std::size_t row_count, std::size_t dim,
                typename Format<T>::Product* scores, std::size_t score_stride) noexcept {
    detail::kernels<TileKernels<T>, Arch>().score_tile(packed, query_count, rows, row_stride,
                                                       row_count, dim, scores, score_stride);
}

} // namespace firth::simd
