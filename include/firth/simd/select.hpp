#pragma once

#include <cstddef>
#include <cstdint>

#include <firth/base/config.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/batch.hpp>
#include <firth/simd/kernel_table.hpp>
#include <firth/simd/unroll.hpp>

/// Of a tile of scores those that matter, while the tile is in the first cache.
///
/// Numerics: a score and its row's term are multiplied or added in float32, rounded once.
namespace firth::simd {

namespace detail {

/// The values of one query. `many(i)` makes a register of those that begin at row i, `one(i)` that
/// of row i alone.
template <class Arch, class Many, class One>
FIRTH_ALWAYS_INLINE Selected* select_row(std::size_t rows, float threshold, std::uint32_t query,
                                         Selected* to, Many many, One one) noexcept {
    using B = Batch<Arch>;
    constexpr std::size_t width = lanes<Arch>;
    const B least(threshold);
    const auto keep = [&](std::size_t i, float found) FIRTH_INLINE_LAMBDA {
        // NaN is kept: somebody else must rank it.
        if (!(found < threshold)) *to++ = {query, static_cast<std::uint32_t>(i), found};
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

template <class Arch>
FIRTH_ALWAYS_INLINE std::size_t select_of(const ScoreTile& tile, const float* thresholds,
                                          Selected* to) noexcept {
    using B = Batch<Arch>;
    Selected* const begin = to;
    const float* const terms = tile.terms;
    const auto all = [&](auto combine) FIRTH_INLINE_LAMBDA {
        for (std::size_t q = 0; q < tile.queries; ++q) {
            const float* const scores = tile.scores + q * tile.stride;
            to = select_row<Arch>(
                tile.rows, thresholds[q], static_cast<std::uint32_t>(q), to,
                [&](std::size_t i) FIRTH_INLINE_LAMBDA {
                    return combine(B::load_unaligned(scores + i),
                                   [&] { return B::load_unaligned(terms + i); });
                },
                [&](std::size_t i)
                    FIRTH_INLINE_LAMBDA { return combine(scores[i], [&] { return terms[i]; }); });
        }
    };
    switch (tile.kind) {
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
    return static_cast<std::size_t>(to - begin);
}

template <class Arch>
FIRTH_ALWAYS_INLINE std::size_t select_codes_of(const CodeTile& tile, const CodeQuery* queries,
                                                const float* thresholds, Selected* to) noexcept {
    using B = Batch<Arch>;
    Selected* const begin = to;
    for (std::size_t q = 0; q < tile.queries; ++q) {
        const std::int32_t* const products = tile.products + q * tile.stride;
        const CodeQuery query = queries[q];
        const B scale(query.scale);
        const B error_factor(query.error_factor);
        const B error(query.error);
        to = select_row<Arch>(
            tile.rows, thresholds[q], static_cast<std::uint32_t>(q), to,
            [&](std::size_t i) FIRTH_INLINE_LAMBDA {
                const B factor = scale * B::load_unaligned(tile.scales + i);
                B most = fma<Arch>(error_factor, B::load_unaligned(tile.errors + i), error);
                if (tile.summands != nullptr) most = most + B::load_unaligned(tile.summands + i);
                return fma<Arch>(load_integers<Arch>(products + i), factor, most);
            },
            [&](std::size_t i) FIRTH_INLINE_LAMBDA {
                const float most = query.error_factor * tile.errors[i] + query.error +
                                   (tile.summands != nullptr ? tile.summands[i] : 0.0f);
                return static_cast<float>(products[i]) * (query.scale * tile.scales[i]) + most;
            });
    }
    return static_cast<std::size_t>(to - begin);
}

} // namespace detail

/// Writes to `to` the values of a tile that are not below their query's threshold, NaN among them,
/// query after query, and returns how many. There is room for queries x rows of them.
template <class Arch = default_arch>
std::size_t select(const ScoreTile& tile, const float* thresholds, Selected* to) noexcept {
    if constexpr (detail::is_dispatched<Arch>) {
        return detail::dispatched_kernels().select(tile, thresholds, to);
    } else {
        return detail::select_of<Arch>(tile, thresholds, to);
    }
}

/// The same for a tile of codes: its values are the most that each query's and row's can be,
///
///     product * query scale * row scale + error factor * row error + error + summand.
template <class Arch = default_arch>
std::size_t select_codes(const CodeTile& tile, const CodeQuery* queries, const float* thresholds,
                         Selected* to) noexcept {
    if constexpr (detail::is_dispatched<Arch>) {
        return detail::dispatched_kernels().select_codes(tile, queries, thresholds, to);
    } else {
        return detail::select_codes_of<Arch>(tile, queries, thresholds, to);
    }
}

} // namespace firth::simd
