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
concept ReducesFour = requires {
    &Sums::reduce_four;
};

/// Gives the inner products of one query with many rows of at least `Blocks` blocks, `sum_of(row)`
/// being the sum of one. Memory comes fastest by the processor's own prefetching, which follows few
/// loads, each moving on by one row a turn, in the order of their addresses: so one row a turn.
/// What else there is to do is done four rows at a time, or memory waits for it; only of the
/// shortest rows there are so many that this costs more than waiting.
template <class F, class Sums, std::size_t Blocks, class SumOf>
FIRTH_ALWAYS_INLINE void sum_rows(const Element<F>* row, std::size_t stride, std::size_t count,
                                  typename Format<F>::Product* scores, SumOf&& sum_of) noexcept {
    using Product = typename Format<F>::Product;
    if constexpr (!ReducesFour<Sums>) {
        for (std::size_t r = 0; r < count; ++r, row += stride) {
            scores[r] = static_cast<Product>(Sums::reduce(sum_of(row)));
        }
    } else {
        constexpr std::size_t together = 32;
        constexpr bool at_once = Blocks > 2;
        typename Sums::Sum sums[together]{};
        typename Sums::Quad quads[together / 4];
        Product totals[together];
        for (std::size_t first = 0; first < count; first += together) {
            // The compiler does not know how many these are, or it would write all turns out.
            const std::size_t some = (std::min)(together, count - first);
            for (std::size_t r = 0; r < some; ++r, row += stride) {
                sums[r] = sum_of(row);
                if (at_once && r % 4 == 3) quads[r / 4] = Sums::reduce_four(sums + r - 3);
            }
            if (!at_once || some < together) {
                unroll<together / 4>([&](auto q) FIRTH_INLINE_LAMBDA {
                    quads[q] = Sums::reduce_four(sums + 4 * q);
                });
            }
            Product* const to = some < together ? totals : scores + first;
            Sums::reduce_quads(quads, to);
            Sums::reduce_quads(quads + 4, to + 16);
            if (some < together) std::copy_n(totals, some, scores + first);
        }
    }
}

/// Rows of so many blocks are added up in a straight line: all short ones, and of the longer ones
/// those of common lengths, since each takes code of its own. With 16 floats a block these are 150,
/// 192, 200, 256, 300 and 384 elements.
inline constexpr std::size_t most_straight_blocks = 24;
constexpr bool is_straight(std::size_t full, bool tail) noexcept {
    return full + tail <= 8 ||
           (tail ? full == 9 || full == 12 || full == 18 : full == 12 || full == 16 || full == 24);
}

/// One query x many rows of `Full` whole blocks, and a shorter one where there is a `Tail`: in a
/// straight line, with no load before the one that precedes it in memory.
template <class F, class Arch, std::size_t Full, bool Tail>
FIRTH_ALWAYS_INLINE void dot_many_straight(const Element<F>* query, const Element<F>* rows,
                                           std::size_t stride, std::size_t count, std::size_t dim,
                                           typename Format<F>::Product* scores) noexcept {
    using B = Block<F, Arch>;
    using Sums = typename OneWithMany<B>::Type;
    constexpr std::size_t width = B::width;
    typename B::Vector held[Full + Tail];
    unroll<Full>([&](auto k) FIRTH_INLINE_LAMBDA { held[k] = B::load(query + k * width); });
    if constexpr (Tail) held[Full] = B::load_tail(query, Full * width, dim);
    typename Sums::Sum start{};
    if constexpr (HasStart<Sums>) start = Sums::start(held, Full + Tail);
    const auto sum_of = [&](const Element<F>* row) FIRTH_INLINE_LAMBDA {
        typename Sums::Sum both[2]{start, {}};
        unroll<Full>([&](auto k) FIRTH_INLINE_LAMBDA {
            FIRTH_KEEP_ORDER();
            both[k % 2] = Sums::dot(both[k % 2], held[k], B::load(row + k * width));
        });
        if constexpr (Tail) {
            FIRTH_KEEP_ORDER();
            both[1] = Sums::dot(both[1], held[Full], B::load_tail(row, Full * width, dim));
        }
        return Sums::add(both[0], both[1]);
    };
    sum_rows<F, Sums, Full + Tail>(rows, stride, count, scores, sum_of);
}

/// The same for longer rows, eight blocks at a time, then four, then one.
template <class F, class Arch>
FIRTH_ALWAYS_INLINE void dot_many_long(const Element<F>* query, const Element<F>* rows,
                                       std::size_t stride, std::size_t count, std::size_t dim,
                                       typename Format<F>::Product* scores) noexcept {
    using B = Block<F, Arch>;
    constexpr std::size_t width = B::width;
    const std::size_t full = dim / width * width;
    const auto sum_of = [&](const Element<F>* row) FIRTH_INLINE_LAMBDA {
        typename B::Sum both[2]{};
        std::size_t i = 0;
        const auto add_blocks = [&](auto blocks) FIRTH_INLINE_LAMBDA {
            for (; i + blocks * width <= full; i += blocks * width) {
                unroll<blocks>([&](auto k) FIRTH_INLINE_LAMBDA {
                    FIRTH_KEEP_ORDER();
                    both[k % 2] = B::dot(both[k % 2], B::load(query + i + k * width),
                                         B::load(row + i + k * width));
                });
            }
        };
        add_blocks(std::integral_constant<std::size_t, 8>{});
        add_blocks(std::integral_constant<std::size_t, 4>{});
        add_blocks(std::integral_constant<std::size_t, 1>{});
        if (width > 1 && full < dim) {
            both[1] = B::dot(both[1], B::load_tail(query, full, dim), B::load_tail(row, full, dim));
        }
        return B::add(both[0], both[1]);
    };
    sum_rows<F, B, 8>(rows, stride, count, scores, sum_of);
}

/// Rows that share a pass over a query whose blocks take a conversion, and accumulators of each.
/// More rows would share more, but memory is read fastest in one stream.
inline constexpr std::size_t rows_a_pass = 2;
inline constexpr std::size_t chains_a_row = 2;

/// How far ahead memory is prefetched.
inline constexpr std::size_t prefetch_bytes = 12288;

/// The same where loading converts: two rows share the query's conversions, which cost more than
/// memory's second stream.
template <class F, class Arch>
FIRTH_ALWAYS_INLINE void dot_many_converted(const Element<F>* query, const Element<F>* rows,
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

template <class F, class Arch>
FIRTH_ALWAYS_INLINE void dot_many_of(const Element<F>* query, const Element<F>* rows,
                                     std::size_t stride, std::size_t count, std::size_t dim,
                                     typename Format<F>::Product* scores) noexcept {
    constexpr std::size_t width = Block<F, Arch>::width;
    if constexpr (width > 1 && sizeof(typename Format<F>::Product) <= sizeof(float)) {
        const std::size_t full = dim / width;
        const bool tail = dim % width != 0;
        bool done = false;
        unroll<most_straight_blocks + 1>([&](auto f) FIRTH_INLINE_LAMBDA {
            unroll<2>([&](auto t) FIRTH_INLINE_LAMBDA {
                if constexpr (f + t > 0 && is_straight(f, t)) {
                    if (full != f || tail != bool(t)) return;
                    dot_many_straight<F, Arch, f, t>(query, rows, stride, count, dim, scores);
                    done = true;
                }
            });
        });
        if (done) return;
    }
    using Vector = typename Block<F, Arch>::Vector;
    if constexpr (width > 1 && sizeof(Vector) > width * sizeof(Element<F>)) {
        dot_many_converted<F, Arch>(query, rows, stride, count, dim, scores);
    } else {
        dot_many_long<F, Arch>(query, rows, stride, count, dim, scores);
    }
}

} // namespace firth::simd::detail
