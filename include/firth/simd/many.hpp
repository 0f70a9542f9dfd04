#pragma once

#include <array>
#include <cstddef>

#include <firth/base/config.hpp>
#include <firth/simd/batch.hpp>
#include <firth/simd/block.hpp>
#include <firth/simd/pair.hpp>
#include <firth/simd/unroll.hpp>

/// One query against many rows, as loops over blocks, for any format and architecture. The function
/// that programs call is in `dot.hpp`.
namespace firth::simd::detail {

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

/// Rows that share a pass over the query: as many as sums fit in registers.
template <class Arch>
inline constexpr std::size_t rows_a_pass = vector_registers<Arch> >= 32 ? 8 : 4;

/// How far ahead of its use a row is asked for.
inline constexpr std::size_t prefetch_bytes = 4096;

template <class F, class Arch>
FIRTH_ALWAYS_INLINE void dot_many_of(const Element<F>* query, const Element<F>* rows,
                                     std::size_t stride, std::size_t count, std::size_t dim,
                                     typename Format<F>::Product* scores) noexcept {
    using B = Block<F, Arch>;
    constexpr std::size_t width = B::width;
    constexpr std::size_t line = 64 / sizeof(Element<F>);
    const std::size_t whole = dim / width * width;
    for_each_group<rows_a_pass<Arch>>(count, [&](std::size_t i, auto g) FIRTH_INLINE_LAMBDA {
        std::array<typename B::Sum, g> sums{};
        std::array<const Element<F>*, g> row;
        unroll<g>([&](auto r) FIRTH_INLINE_LAMBDA { row[r] = rows + (i + r) * stride; });
        for (std::size_t k = 0; k < whole; k += width) {
            const typename B::Vector q = B::load(query + k);
            unroll<g>([&](auto r) FIRTH_INLINE_LAMBDA {
                if (width >= line || k % line == 0) {
                    // A hint: addresses past the last row are harmless.
                    FIRTH_PREFETCH_READ(reinterpret_cast<const char*>(row[r] + k) + prefetch_bytes);
                }
                sums[r] = B::dot(sums[r], q, B::load(row[r] + k));
            });
        }
        if (whole < dim) {
            const typename B::Vector q = B::load_tail(query, whole, dim);
            unroll<g>([&](auto r) FIRTH_INLINE_LAMBDA {
                sums[r] = B::dot(sums[r], q, B::load_tail(row[r], whole, dim));
            });
        }
        unroll<g>([&](auto r) FIRTH_INLINE_LAMBDA {
            scores[i + r] = static_cast<typename Format<F>::Product>(B::reduce(sums[r]));
        });
    });
}

} // namespace firth::simd::detail
