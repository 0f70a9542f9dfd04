#pragma once

#include <cstddef>

#include <firth/base/config.hpp>
#include <firth/simd/detail/batch.hpp>
#include <firth/simd/detail/block.hpp>
#include <firth/simd/detail/pair.hpp>
#include <firth/simd/detail/unroll.hpp>

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

/// Rows that share a pass over the query, and accumulators of each. More rows share more loads, but
/// memory is read fastest in one stream, and eight streams cost up to a quarter of the bandwidth.
inline constexpr std::size_t rows_a_pass = 2;
inline constexpr std::size_t chains_a_row = 2;

/// How far ahead memory is prefetched.
inline constexpr std::size_t prefetch_bytes = 12288;

template <class F, class Arch>
FIRTH_ALWAYS_INLINE void dot_many_of(const Element<F>* query, const Element<F>* rows,
                                     std::size_t stride, std::size_t count, std::size_t dim,
                                     typename Format<F>::Product* scores) noexcept {
    using B = Block<F, Arch>;
    constexpr std::size_t width = B::width;
    constexpr std::size_t chains = chains_a_row;
    for_each_group<rows_a_pass>(count, [&](std::size_t i, auto g) FIRTH_INLINE_LAMBDA {
        constexpr std::size_t step_bytes = g * chains * width * sizeof(Element<F>);
        typename B::Sum sums[g * chains]{};
        const Element<F>* const row = rows + i * stride;
        // A hint, in the order in which memory lies: addresses past the last row are harmless.
        const char* ahead = reinterpret_cast<const char*>(row) + prefetch_bytes;
        std::size_t k = 0;
        for (; k + chains * width <= dim; k += chains * width) {
            for (std::size_t line = 0; line < step_bytes; line += 64) {
                FIRTH_PREFETCH_READ(ahead + line);
            }
            ahead += step_bytes;
            unroll<chains>([&](auto c) FIRTH_INLINE_LAMBDA {
                const typename B::Vector q = B::load(query + k + c * width);
                unroll<g>([&](auto r) FIRTH_INLINE_LAMBDA {
                    auto& sum = sums[r * chains + c];
                    sum = B::dot(sum, q, B::load(row + r * stride + k + c * width));
                });
            });
        }
        for (; k + width <= dim; k += width) {
            const typename B::Vector q = B::load(query + k);
            unroll<g>([&](auto r) FIRTH_INLINE_LAMBDA {
                sums[r * chains] = B::dot(sums[r * chains], q, B::load(row + r * stride + k));
            });
        }
        if (k < dim) {
            const typename B::Vector q = B::load_tail(query, k, dim);
            unroll<g>([&](auto r) FIRTH_INLINE_LAMBDA {
                auto& sum = sums[r * chains + 1];
                sum = B::dot(sum, q, B::load_tail(row + r * stride, k, dim));
            });
        }
        unroll<g>([&](auto r) FIRTH_INLINE_LAMBDA {
            scores[i + r] = static_cast<typename Format<F>::Product>(
                B::reduce(B::add(sums[r * chains], sums[r * chains + 1])));
        });
    });
}

} // namespace firth::simd::detail
