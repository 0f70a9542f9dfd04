#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include <firth/base/config.hpp>
#include <firth/simd/batch.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/dot_tile.hpp>
#include <firth/simd/unroll.hpp>

/// Numerics: inner products in float32, one accumulator of `lanes` floats a product, summed by a
/// fixed tree; error at most (n / lanes + 6) * 2^-24 * sum |a_i * b_i|, n the number of elements.
namespace firth::simd {

namespace detail {

/// Calls `body` on groups of `N` consecutive items and on each item that is left over.
template <std::size_t N, class Body>
FIRTH_ALWAYS_INLINE void for_each_group(std::size_t count, Body&& body) {
    std::size_t i = 0;
    for (; i + N <= count; i += N) {
        body(i, std::integral_constant<std::size_t, N>{});
    }
    for (; i < count; ++i) {
        body(i, std::integral_constant<std::size_t, 1>{});
    }
}

} // namespace detail

/// Scores one query against `count` rows that lie `stride` floats apart: scores[i] is the inner
/// product of the query with row i. Rows and query are `dim` floats each and may be unaligned;
/// nothing beyond them is read. Eight rows a pass share the query's loads, and the rows ahead are
/// prefetched.
template <class Arch = default_arch>
void dot_many(const float* query, const float* rows, std::size_t stride, std::size_t count,
              std::size_t dim, float* scores) noexcept {
    using B = Batch<Arch>;
    constexpr std::size_t width = lanes<Arch>;
    constexpr std::size_t group = 8;
    constexpr std::size_t ahead = 4096 / sizeof(float);
    const std::size_t whole = dim / width * width;
    detail::for_each_group<group>(count, [&](std::size_t i, auto g) FIRTH_INLINE_LAMBDA {
        std::array<B, g> sums;
        std::array<const float*, g> row;
        detail::unroll<g>([&](auto r) FIRTH_INLINE_LAMBDA {
            sums[r] = B(0.0f);
            row[r] = rows + (i + r) * stride;
        });
        for (std::size_t k = 0; k < whole; k += width) {
            const B q = B::load_unaligned(query + k);
            detail::unroll<g>([&](auto r) FIRTH_INLINE_LAMBDA {
                // A prefetch is a hint: addresses past the last row are harmless.
                if (k % 16 == 0) FIRTH_PREFETCH_READ(row[r] + k + ahead);
                sums[r] = fma<Arch>(q, B::load_unaligned(row[r] + k), sums[r]);
            });
        }
        if (whole < dim) {
            const B q = load_first<Arch>(query + whole, dim - whole);
            detail::unroll<g>([&](auto r) FIRTH_INLINE_LAMBDA {
                sums[r] = fma<Arch>(q, load_first<Arch>(row[r] + whole, dim - whole), sums[r]);
            });
        }
        detail::unroll<g>([&](auto r)
                              FIRTH_INLINE_LAMBDA { scores[i + r] = reduce_add<Arch>(sums[r]); });
    });
}

/// Scores every query against every row: scores[q * score_stride + r] is the inner product of query
/// q with row r. `dim` is a multiple of 16, and queries and rows are aligned to 64 bytes and
/// `query_stride` and `row_stride` floats apart (multiples of 16). Blocks of rows that stay in
/// cache meet all queries, so callers do best with some hundred rows a call.
template <class Arch = default_arch>
void score_tile(const float* queries, std::size_t query_stride, std::size_t query_count,
                const float* rows, std::size_t row_stride, std::size_t row_count, std::size_t dim,
                float* scores, std::size_t score_stride) noexcept {
    constexpr std::size_t width = tile_width<Arch>;
    detail::for_each_group<width>(query_count, [&](std::size_t q, auto w) FIRTH_INLINE_LAMBDA {
        std::array<const float*, w> right;
        detail::unroll<w>([&](auto i)
                              FIRTH_INLINE_LAMBDA { right[i] = queries + (q + i) * query_stride; });
        detail::for_each_group<4>(row_count, [&](std::size_t r, auto h) FIRTH_INLINE_LAMBDA {
            std::array<const float*, h> left;
            detail::unroll<h>([&](auto i)
                                  FIRTH_INLINE_LAMBDA { left[i] = rows + (r + i) * row_stride; });
            const auto products = detail::dot_tile<Arch, h, w>(left.data(), right.data(), dim);
            alignas(64) std::array<float, products.size() * lanes<Arch>> tile;
            detail::unroll<products.size()>([&](auto b) FIRTH_INLINE_LAMBDA {
                products[b].store_aligned(tile.data() + b * lanes<Arch>);
            });
            detail::unroll<w>([&](auto i) FIRTH_INLINE_LAMBDA {
                std::copy_n(tile.data() + 4 * i, std::size_t{h},
                            scores + (q + i) * score_stride + r);
            });
        });
    });
}

} // namespace firth::simd
