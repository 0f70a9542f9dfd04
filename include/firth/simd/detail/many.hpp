#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

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

/// How sums over one vector and many others are made: as all sums of a block, unless it has a
/// quicker way.
template <class B>
struct OneWithMany {
    using Type = B;
};
template <class B>
    requires requires {
        typename B::OneWithMany;
    }
struct OneWithMany<B> {
    using Type = typename B::OneWithMany;
};

/// What such sums may have beyond those of every block.
template <class Sums>
concept HasStart = requires {
    &Sums::start;
};
template <class Sums>
concept ReducesSixteen = requires {
    &Sums::reduce_sixteen;
};

/// The totals of `Count` sums.
template <class Sums, std::size_t Count, class Product>
FIRTH_ALWAYS_INLINE void reduce_group(const typename Sums::Sum* sums, Product* to) noexcept {
    if constexpr (Count == 16 && ReducesSixteen<Sums>) {
        Sums::reduce_sixteen(sums, to);
    } else {
        unroll<Count>([&](auto i) FIRTH_INLINE_LAMBDA {
            to[i] = static_cast<Product>(Sums::reduce(sums[i]));
        });
    }
}

/// The most blocks of a query that stays in registers.
inline constexpr std::size_t most_held_blocks = 8;

/// One query x many rows of `Full` whole blocks, and a shorter one where there is a `Tail`. Memory
/// comes fastest by the processor's own prefetching, which follows few loads, each moving on by one
/// row a turn, in the order of their addresses: so one row a turn, and no load before the one that
/// precedes it.
template <class F, class Arch, std::size_t Full, bool Tail>
FIRTH_ALWAYS_INLINE void dot_many_held(const Element<F>* query, const Element<F>* rows,
                                       std::size_t stride, std::size_t count, std::size_t dim,
                                       typename Format<F>::Product* scores) noexcept {
    using B = Block<F, Arch>;
    using Sums = typename OneWithMany<B>::Type;
    constexpr std::size_t width = B::width;
    constexpr std::size_t waiting = 32; // rows whose sums wait in L1 to be reduced together
    typename B::Vector held[Full + Tail];
    unroll<Full>([&](auto k) FIRTH_INLINE_LAMBDA { held[k] = B::load(query + k * width); });
    if constexpr (Tail) held[Full] = B::load_tail(query, Full * width, dim);
    typename Sums::Sum start{};
    if constexpr (HasStart<Sums>) start = Sums::start(held, Full + Tail);
    typename Sums::Sum sums[waiting];
    for (std::size_t first = 0; first < count; first += waiting) {
        // The compiler does not know how many these are, or it would write all turns out.
        const std::size_t some = (std::min)(waiting, count - first);
        const Element<F>* row = rows + first * stride;
        for (std::size_t r = 0; r < some; ++r, row += stride) {
            typename Sums::Sum both[2]{start, {}};
            unroll<Full>([&](auto k) FIRTH_INLINE_LAMBDA {
                FIRTH_KEEP_ORDER();
                both[k % 2] = Sums::dot(both[k % 2], held[k], B::load(row + k * width));
            });
            if constexpr (Tail) {
                FIRTH_KEEP_ORDER();
                both[1] = Sums::dot(both[1], held[Full], B::load_tail(row, Full * width, dim));
            }
            sums[r] = Sums::add(both[0], both[1]);
        }
        for_each_group<16>(some, [&](std::size_t r, auto g) FIRTH_INLINE_LAMBDA {
            reduce_group<Sums, g>(sums + r, scores + first + r);
        });
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
    if constexpr (width > 1) {
        const std::size_t full = dim / width;
        const bool tail = dim % width != 0;
        if (full + tail <= most_held_blocks) {
            return unroll<most_held_blocks + 1>([&](auto f) FIRTH_INLINE_LAMBDA {
                if (full != f) return;
                if constexpr (f < most_held_blocks) {
                    if (tail) {
                        return dot_many_held<F, Arch, f, true>(query, rows, stride, count, dim,
                                                               scores);
                    }
                }
                if constexpr (f > 0) {
                    dot_many_held<F, Arch, f, false>(query, rows, stride, count, dim, scores);
                }
            });
        }
    }
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
