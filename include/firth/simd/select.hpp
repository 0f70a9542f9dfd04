#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <firth/base/config.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/batch.hpp>
#include <firth/simd/format.hpp>
#include <firth/simd/kernel_table.hpp>
#include <firth/simd/tile.hpp>
#include <firth/simd/unroll.hpp>

/// Of products of queries and rows those that matter, while they are in the first cache.
///
/// Numerics: a score and its row's term are multiplied or added in float32, rounded once.
namespace firth::simd {

namespace detail {

/// The values of one query. `many(i)` makes a register of those that begin at row i, `one(i)` that
/// of row i alone.
template <class Arch, class Many, class One>
FIRTH_ALWAYS_INLINE Selected* select_row(std::size_t rows, float threshold, Selected from,
                                         Selected* to, Many many, One one) noexcept {
    using B = Batch<Arch>;
    constexpr std::size_t width = lanes<Arch>;
    const B least(threshold);
    const auto keep = [&](std::size_t i, float found) FIRTH_INLINE_LAMBDA {
        // NaN is kept: somebody else must rank it.
        if (!(found < threshold)) {
            *to++ = {from.query, from.row + static_cast<std::uint32_t>(i), found};
        }
    };
    std::size_t i = 0;
    for (; i + 2 * width <= rows; i += 2 * width) {
        const B left = many(i);
        const B right = many(i + width);
        if (all_below<Arch>(left, right, least)) continue;
        alignas(64) float found[2 * width];
        left.store_aligned(found);
        right.store_aligned(found + width);
        for (std::size_t lane = 0; lane < 2 * width; ++lane) {
            keep(i + lane, found[lane]);
        }
    }
    for (; i < rows; ++i) {
        keep(i, one(i));
    }
    return to;
}

/// Where the q-th query of a tile begins.
template <class Product>
FIRTH_ALWAYS_INLINE Selected first_of(const ProductTile<Product>& tile, std::size_t q) noexcept {
    return {static_cast<std::uint32_t>(tile.first_query + q),
            static_cast<std::uint32_t>(tile.first_row), 0.0f};
}

template <class Arch>
FIRTH_ALWAYS_INLINE Selected* select_of(const ProductTile<float>& tile, const ScoreTerms& by,
                                        const float* thresholds, Selected* to) noexcept {
    using B = Batch<Arch>;
    const float* const terms = by.terms + (by.kind == RowTerm::none ? 0 : tile.first_row);
    const auto all = [&](auto combine) FIRTH_INLINE_LAMBDA {
        for (std::size_t q = 0; q < tile.queries; ++q) {
            const float* const scores = tile.products + q * tile.stride;
            to = select_row<Arch>(
                tile.rows, thresholds[tile.first_query + q], first_of(tile, q), to,
                [&](std::size_t i) FIRTH_INLINE_LAMBDA {
                    return combine(B::load_unaligned(scores + i),
                                   [&] { return B::load_unaligned(terms + i); });
                },
                [&](std::size_t i)
                    FIRTH_INLINE_LAMBDA { return combine(scores[i], [&] { return terms[i]; }); });
        }
    };
    switch (by.kind) {
    case RowTerm::none:
        all([](auto score, auto) FIRTH_INLINE_LAMBDA { return score; });
        break;
    case RowTerm::factor:
        all([](auto score, auto term) FIRTH_INLINE_LAMBDA { return score * term(); });
        break;
    case RowTerm::summand:
        all([](auto score, auto term) FIRTH_INLINE_LAMBDA { return score + term(); });
        break;
    }
    return to;
}

template <class Arch>
FIRTH_ALWAYS_INLINE Selected* select_of(const ProductTile<std::int32_t>& tile, const CodeTerms& by,
                                        const float* thresholds, Selected* to) noexcept {
    using B = Batch<Arch>;
    const auto from = [&](const float* numbers) FIRTH_INLINE_LAMBDA {
        return numbers != nullptr ? numbers + tile.first_row : nullptr;
    };
    const float* const scales = from(by.scales);
    const float* const errors = from(by.errors);
    const float* const lengths = from(by.lengths);
    const float* const summands = from(by.summands);
    for (std::size_t q = 0; q < tile.queries; ++q) {
        const std::int32_t* const products = tile.products + q * tile.stride;
        const CodeQuery query = by.queries[tile.first_query + q];
        const B scale(query.scale);
        const B error_factor(query.error_factor);
        const B length_factor(query.length_factor);
        to = select_row<Arch>(
            tile.rows, thresholds[tile.first_query + q], first_of(tile, q), to,
            [&](std::size_t i) FIRTH_INLINE_LAMBDA {
                const auto load = [&](const float* numbers) FIRTH_INLINE_LAMBDA {
                    return B::load_unaligned(numbers + i);
                };
                B most(query.error);
                if (errors != nullptr) most = fma<Arch>(error_factor, load(errors), most);
                if (lengths != nullptr) most = fma<Arch>(length_factor, load(lengths), most);
                if (summands != nullptr) most = most + load(summands);
                return fma<Arch>(load_integers<Arch>(products + i), scale * load(scales), most);
            },
            [&](std::size_t i) FIRTH_INLINE_LAMBDA {
                float most = query.error;
                if (errors != nullptr) most += query.error_factor * errors[i];
                if (lengths != nullptr) most += query.length_factor * lengths[i];
                if (summands != nullptr) most += summands[i];
                return static_cast<float>(products[i]) * (query.scale * scales[i]) + most;
            });
    }
    return to;
}

/// Products of a panel of rows with a group of queries after the other, each selected from right
/// away: the panel, the group and its products stay in the first cache.
template <class F, class Arch, class Terms>
FIRTH_ALWAYS_INLINE std::size_t
score_and_select_of(const PackedTile<Element<F>>& tile, const Terms& terms, const float* thresholds,
                    typename Format<F>::Product* scratch, Selected* to) noexcept {
    constexpr std::size_t height = panel_rows<F, Arch>;
    Selected* const begin = to;
    // Deep vectors come back to a group with each slice, so that sums of all groups are kept.
    const bool is_deep = tile.dim > slice_elements<F, Arch>;
    for_scores<F, Arch>(
        tile, height,
        [&](std::size_t q, std::size_t)
            FIRTH_INLINE_LAMBDA { return scratch + (is_deep ? q * height : 0); },
        [&](std::size_t q, std::size_t r, std::size_t queries, std::size_t rows,
            const typename Format<F>::Product* products) FIRTH_INLINE_LAMBDA {
            to = select_of<Arch>({products, height, queries, rows, q, r}, terms, thresholds, to);
        });
    return static_cast<std::size_t>(to - begin);
}

} // namespace detail

/// The rows that `score_and_select` has room for in `scratch`, for each query.
inline constexpr std::size_t scratch_rows = 32;

/// Writes to `to` the values of a tile that are not below their query's threshold, NaN among them,
/// query after query, and returns how many. There is room for queries x rows of them.
template <class Arch = default_arch>
std::size_t select(const ProductTile<float>& tile, const ScoreTerms& terms, const float* thresholds,
                   Selected* to) noexcept {
    if constexpr (detail::is_dispatched<Arch>) {
        return detail::dispatched_kernels().select_scores(tile, terms, thresholds, to);
    } else {
        return static_cast<std::size_t>(detail::select_of<Arch>(tile, terms, thresholds, to) - to);
    }
}
template <class Arch = default_arch>
std::size_t select(const ProductTile<std::int32_t>& tile, const CodeTerms& terms,
                   const float* thresholds, Selected* to) noexcept {
    if constexpr (detail::is_dispatched<Arch>) {
        return detail::dispatched_kernels().select_codes(tile, terms, thresholds, to);
    } else {
        return static_cast<std::size_t>(detail::select_of<Arch>(tile, terms, thresholds, to) - to);
    }
}

/// `score_tile` of `score_tile.hpp` and `select` in one, in no particular order. `T` is float,
/// float16 or bfloat16 with `ScoreTerms`, or int8 with `CodeTerms`; `scratch` has room for
/// `scratch_rows` products a query.
template <class Arch = default_arch, class T, class Terms>
std::size_t score_and_select(const PackedTile<T>& tile, const Terms& terms, const float* thresholds,
                             typename Format<T>::Product* scratch, Selected* to) noexcept {
    if constexpr (detail::is_dispatched<Arch>) {
        return detail::dispatched_kernels().select_tile<T, Terms>().score_and_select(
            tile, terms, thresholds, scratch, to);
    } else {
        return detail::score_and_select_of<T, Arch>(tile, terms, thresholds, scratch, to);
    }
}

} // namespace firth::simd
