#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <firth/base/config.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/detail/batch.hpp>
#include <firth/simd/detail/tile.hpp>
#include <firth/simd/detail/unroll.hpp>
#include <firth/simd/dispatch/kernels.hpp>
#include <firth/simd/format.hpp>

/// Selects the products of queries and rows that matter, while they are in L1.
///
/// Numerics: a score and its row's term are multiplied or added in float32, rounded once.
namespace firth::simd {

/// What a row's term does to its scores.
enum class RowTerm { none, factor, summand };

/// How scores become values: the score of row r with terms[r].
struct ScoreTerms {
    const float* terms = nullptr; ///< one a row, where the kind is not `none`
    RowTerm kind = RowTerm::none;
};

/// What a query's products are multiplied by, and how far they may be off: error_factor times the
/// row's error, length_factor times its length, and `error` more.
struct CodeQuery {
    float scale = 0;
    float error_factor = 0;
    float length_factor = 0;
    float error = 0;
};

///     product * query scale * row scale + error factor * row error + length factor * row length
///         + error + summand
struct CodeTerms {
    const CodeQuery* queries = nullptr;
    const float* scales = nullptr; ///< one a row; null where all are 1
    const float* errors = nullptr; ///< null where all are 0, as those below
    const float* lengths = nullptr;
    const float* summands = nullptr;
};

/// A value that was selected.
struct Selected {
    std::uint32_t query;
    std::uint32_t row;
    float value;
};

/// Products of some queries with some rows: that of the q-th query and the r-th row is at
/// products[q * stride + r]. In terms and thresholds these are queries first_query, ... and rows
/// first_row, ...
template <class Product>
struct ProductTile {
    const Product* products = nullptr;
    std::size_t stride = 0;
    std::size_t queries = 0;
    std::size_t rows = 0;
    std::size_t first_query = 0;
    std::size_t first_row = 0;
};

namespace detail {

/// Turns the scores of two registers of rows into values.
template <class Arch>
struct ScoreValues {
    using B = Batch<Arch>;

    B factors[2] = {B(1.0f), B(1.0f)};
    B summands[2] = {B(0.0f), B(0.0f)};

    /// Of the rows from `row` on.
    FIRTH_ALWAYS_INLINE ScoreValues(const ScoreTerms& by, std::size_t row) noexcept {
        unroll<2>([&](auto half) FIRTH_INLINE_LAMBDA {
            const std::size_t at = row + half * lanes<Arch>;
            if (by.kind == RowTerm::factor) factors[half] = B::load_unaligned(by.terms + at);
            if (by.kind == RowTerm::summand) summands[half] = B::load_unaligned(by.terms + at);
        });
    }
    FIRTH_ALWAYS_INLINE B operator()(std::size_t half, const B& score, const ScoreTerms&,
                                     std::size_t) const noexcept {
        return fma<Arch>(score, factors[half], summands[half]);
    }

    /// The same for one row.
    static FIRTH_ALWAYS_INLINE float one(float score, const ScoreTerms& by, std::size_t,
                                         std::size_t row) noexcept {
        return by.kind == RowTerm::factor    ? score * by.terms[row]
               : by.kind == RowTerm::summand ? score + by.terms[row]
                                             : score;
    }
};

/// The same for two registers of products of codes.
template <class Arch>
struct CodeValues {
    using B = Batch<Arch>;

    B scales[2] = {B(1.0f), B(1.0f)};
    B errors[2] = {B(0.0f), B(0.0f)};
    B lengths[2] = {B(0.0f), B(0.0f)};
    B summands[2] = {B(0.0f), B(0.0f)};

    FIRTH_ALWAYS_INLINE CodeValues(const CodeTerms& by, std::size_t row) noexcept {
        unroll<2>([&](auto half) FIRTH_INLINE_LAMBDA {
            const auto load = [&](const float* from, B& to) FIRTH_INLINE_LAMBDA {
                if (from != nullptr) to = B::load_unaligned(from + row + half * lanes<Arch>);
            };
            load(by.scales, scales[half]);
            load(by.errors, errors[half]);
            load(by.lengths, lengths[half]);
            load(by.summands, summands[half]);
        });
    }
    FIRTH_ALWAYS_INLINE B operator()(std::size_t half, const B& product, const CodeTerms& by,
                                     std::size_t q) const noexcept {
        const CodeQuery& query = by.queries[q];
        B most = summands[half] + B(query.error);
        most = fma<Arch>(B(query.error_factor), errors[half], most);
        most = fma<Arch>(B(query.length_factor), lengths[half], most);
        return fma<Arch>(product, B(query.scale) * scales[half], most);
    }
    static FIRTH_ALWAYS_INLINE float one(std::int32_t product, const CodeTerms& by, std::size_t q,
                                         std::size_t row) noexcept {
        const CodeQuery& query = by.queries[q];
        const auto of = [&](const float* from, float without)
                            FIRTH_INLINE_LAMBDA { return from != nullptr ? from[row] : without; };
        const float most = of(by.summands, 0) + query.error +
                           query.error_factor * of(by.errors, 0) +
                           query.length_factor * of(by.lengths, 0);
        return static_cast<float>(product) * (query.scale * of(by.scales, 1)) + most;
    }
};

template <class Arch, class Terms>
using ValuesOf =
    std::conditional_t<std::is_same_v<Terms, ScoreTerms>, ScoreValues<Arch>, CodeValues<Arch>>;

/// Writes those of a query's values, two registers of rows from `row` on, that are not below its
/// threshold. NaN is written, too: the caller must rank it. Which they are is hard to foretell, so
/// they are found by bits and not by a branch for each.
template <class Arch>
FIRTH_ALWAYS_INLINE Selected* keep_values(const float* values, float threshold, std::size_t query,
                                          std::size_t row, Selected* to) noexcept {
    using B = Batch<Arch>;
    const B limit(threshold);
    std::uint32_t bits = not_below<Arch>(B::load_aligned(values), limit);
    bits |= not_below<Arch>(B::load_aligned(values + lanes<Arch>), limit) << lanes<Arch>;
    for (; bits != 0; bits &= bits - 1) {
        const auto i = static_cast<std::uint32_t>(std::countr_zero(bits));
        *to++ = {static_cast<std::uint32_t>(query), static_cast<std::uint32_t>(row) + i, values[i]};
    }
    return to;
}

/// `select`; returns the end of what was written.
template <class Arch, class Product, class Terms>
FIRTH_ALWAYS_INLINE Selected* select_of(const ProductTile<Product>& tile, const Terms& terms,
                                        const float* thresholds, Selected* to) noexcept {
    using Values = ValuesOf<Arch, Terms>;
    constexpr std::size_t width = lanes<Arch>;
    const auto load = [](const Product* from) FIRTH_INLINE_LAMBDA {
        if constexpr (std::is_same_v<Product, float>) {
            return Batch<Arch>::load_unaligned(from);
        } else {
            return load_integers<Arch>(from);
        }
    };
    std::size_t r = 0;
    for (; r + 2 * width <= tile.rows; r += 2 * width) {
        const std::size_t row = tile.first_row + r;
        const Values values(terms, row);
        for (std::size_t i = 0; i < tile.queries; ++i) {
            const Product* const products = tile.products + i * tile.stride + r;
            const std::size_t q = tile.first_query + i;
            const Batch<Arch> left = values(0, load(products), terms, q);
            const Batch<Arch> right = values(1, load(products + width), terms, q);
            if (all_below<Arch>(left, right, Batch<Arch>(thresholds[q]))) continue;
            alignas(64) float kept[2 * width];
            left.store_aligned(kept);
            right.store_aligned(kept + width);
            to = keep_values<Arch>(kept, thresholds[q], q, row, to);
        }
    }
    for (; r < tile.rows; ++r) {
        const std::size_t row = tile.first_row + r;
        for (std::size_t i = 0; i < tile.queries; ++i) {
            const std::size_t q = tile.first_query + i;
            const float value = Values::one(tile.products[i * tile.stride + r], terms, q, row);
            if (value < thresholds[q]) continue;
            *to++ = {static_cast<std::uint32_t>(q), static_cast<std::uint32_t>(row), value};
        }
    }
    return to;
}

/// Multiplies a full panel of rows with a full group of queries, the last slice deep, and selects
/// while the sums are in registers: most have no value that is stored. `before` are the scores of
/// earlier slices, `height` apart, or null.
template <class F, class Arch, std::size_t Width>
FIRTH_NOINLINE Selected* select_part(const PanelPart& part, const float* before,
                                     const ScoreTerms& terms, const float* thresholds,
                                     Selected* to) noexcept {
    using Tile = TileFormat<F, Arch>;
    constexpr std::size_t height = panel_rows<F, Arch>;
    PanelSums<F, Arch, Width> sums;
    multiply_panel<F, Arch, Width>(part, sums);
    if (before != nullptr) {
        unroll<2 * Width>([&](auto i) FIRTH_INLINE_LAMBDA {
            sums[i] = Tile::add(sums[i], Tile::load(before + i * Tile::lanes));
        });
    }
    const ScoreValues<Arch> values(terms, part.first_row);
    alignas(64) float kept[Width][height];
    std::uint32_t queries = 0; // with values that are kept, a bit each
    unroll<Width>([&](auto i) FIRTH_INLINE_LAMBDA {
        const std::size_t q = part.first_query + i;
        const Batch<Arch> left = values(0, sums[2 * i], terms, q);
        const Batch<Arch> right = values(1, sums[2 * i + 1], terms, q);
        if (all_below<Arch>(left, right, Batch<Arch>(thresholds[q]))) return;
        left.store_aligned(kept[i]);
        right.store_aligned(kept[i] + Tile::lanes);
        queries |= 1u << i;
    });
    for (; queries != 0; queries &= queries - 1) {
        const auto i = static_cast<std::size_t>(std::countr_zero(queries));
        const std::size_t q = part.first_query + i;
        to = keep_values<Arch>(kept[i], thresholds[q], q, part.first_row, to);
    }
    return to;
}

/// Multiplies a panel of rows with one group of queries after the other, and selects from each at
/// once.
template <class F, class Arch, class Terms>
FIRTH_ALWAYS_INLINE std::size_t
score_and_select_of(const PackedTile<Element<F>>& tile, const Terms& terms, const float* thresholds,
                    typename Format<F>::Product* scratch, Selected* to) noexcept {
    constexpr std::size_t height = panel_rows<F, Arch>;
    Selected* const begin = to;
    // Long vectors return to a group with each slice, so the sums of all groups are kept.
    const std::size_t kept = tile.dim > slice_elements<F, Arch> ? height : 0;
    for_panels<F, Arch>(tile, [&](auto width, const PanelPart& part) FIRTH_INLINE_LAMBDA {
        auto* const scores = scratch + part.first_query * kept;
        if constexpr (std::is_floating_point_v<typename Format<F>::Product>) {
            if (part.is_last && part.rows == height && part.queries == width) {
                to = select_part<F, Arch, width>(part, part.start == nullptr ? scores : nullptr,
                                                 terms, thresholds, to);
                return;
            }
        }
        score_part<F, Arch, width>(part, scores, height);
        if (!part.is_last) return;
        to = select_of<Arch>(ProductTile<typename Format<F>::Product>{scores, height, part.queries,
                                                                      part.rows, part.first_query,
                                                                      part.first_row},
                             terms, thresholds, to);
    });
    return static_cast<std::size_t>(to - begin);
}

} // namespace detail

/// For a format whose products become values by `Terms`: ScoreTerms for float, float16 and
/// bfloat16, CodeTerms for int8.
template <class F, class Terms>
struct SelectTileKernels {
    using Element = typename Format<F>::Element;
    using Product = typename Format<F>::Product;

    std::size_t (*score_and_select)(const PackedTile<Element>& tile, const Terms& terms,
                                    const float* thresholds, Product* scratch,
                                    Selected* to) noexcept;
};

namespace detail {

template <class F, class Terms, class Arch>
struct Compiled<SelectTileKernels<F, Terms>, Arch> {
    using Element = typename Format<F>::Element;
    using Product = typename Format<F>::Product;

    FIRTH_ALWAYS_INLINE static std::size_t
    score_and_select(const PackedTile<Element>& tile, const Terms& terms, const float* thresholds,
                     Product* scratch, Selected* to) noexcept {
        return score_and_select_of<F, Arch>(tile, terms, thresholds, scratch, to);
    }
    static constexpr SelectTileKernels<F, Terms> table{&score_and_select};
};

} // namespace detail

/// The kernels that select from given products.
struct SelectKernels {
    std::size_t (*select_scores)(const ProductTile<float>& tile, const ScoreTerms& terms,
                                 const float* thresholds, Selected* to) noexcept;
    std::size_t (*select_codes)(const ProductTile<std::int32_t>& tile, const CodeTerms& terms,
                                const float* thresholds, Selected* to) noexcept;
};

namespace detail {

template <class Arch>
struct Compiled<SelectKernels, Arch> {
    FIRTH_ALWAYS_INLINE static std::size_t select_scores(const ProductTile<float>& tile,
                                                         const ScoreTerms& terms,
                                                         const float* thresholds,
                                                         Selected* to) noexcept {
        return static_cast<std::size_t>(select_of<Arch>(tile, terms, thresholds, to) - to);
    }
    FIRTH_ALWAYS_INLINE static std::size_t select_codes(const ProductTile<std::int32_t>& tile,
                                                        const CodeTerms& terms,
                                                        const float* thresholds,
                                                        Selected* to) noexcept {
        return static_cast<std::size_t>(select_of<Arch>(tile, terms, thresholds, to) - to);
    }
    static constexpr SelectKernels table{&select_scores, &select_codes};
};

} // namespace detail

/// The rows that `score_and_select` has room for in `scratch`, for each query.
inline constexpr std::size_t scratch_rows = 32;

/// Writes to `to` the values of a tile that are not below their query's threshold, NaN among them,
/// in no particular order, and returns how many. There is room for queries x rows of them.
template <class Arch = default_arch>
std::size_t select(const ProductTile<float>& tile, const ScoreTerms& terms, const float* thresholds,
                   Selected* to) noexcept {
    return detail::kernels<SelectKernels, Arch>().select_scores(tile, terms, thresholds, to);
}
template <class Arch = default_arch>
std::size_t select(const ProductTile<std::int32_t>& tile, const CodeTerms& terms,
                   const float* thresholds, Selected* to) noexcept {
    return detail::kernels<SelectKernels, Arch>().select_codes(tile, terms, thresholds, to);
}

/// `score_tile` of `score_tile.hpp` and `select` in one. `T` is float, float16 or bfloat16 with
/// `ScoreTerms`, or int8 with `CodeTerms`; `scratch` has room for `scratch_rows` products a query.
template <class Arch = default_arch, class T, class Terms>
std::size_t score_and_select(const PackedTile<T>& tile, const Terms& terms, const float* thresholds,
                             typename Format<T>::Product* scratch, Selected* to) noexcept {
    return detail::kernels<SelectTileKernels<T, Terms>, Arch>().score_and_select(
        tile, terms, thresholds, scratch, to);
}

} // namespace firth::simd
