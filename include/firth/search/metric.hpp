#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include <firth/base/scalar.hpp>
#include <firth/simd/distance.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/select.hpp>

namespace firth {

/// How search compares a query with a row. Search asks twice: first for a value that is quick to
/// compute for many rows, the inner product multiplied by a term that the metric makes of the row's
/// Euclidean norm, or with the term added; then, for the best rows, for the score itself. Values
/// must rank rows as scores do, but for rounding. A complete example:
///
///     struct InnerProduct {
///         static constexpr firth::simd::RowTerm row_term = firth::simd::RowTerm::none;
///         static float term(float) { return 0.0f; }              // of a row, from its norm
///         static float query_factor(float) { return 1.0f; }      // from the query's norm
///         template <class T>
///         static float score(std::span<const T> query, std::span<const T> row, float) {
///             return firth::simd::dot(query, row);               // larger is nearer
///         }
///         static float value_of(float score, float) { return score; }
///         static float score_of(float value, float) { return value; }
///         static float magnitude(float query_norm, float row_norm) {
///             return query_norm * row_norm;
///         }
///     };
///
/// `score` takes the query multiplied by its factor, the row, and the row's term; norms are those
/// before. `T` is the rows' format: float, or float16 or bfloat16 for tables of those. `value_of`
/// is the value that belongs to a score, given the query's norm, and `score_of` the reverse, for
/// rows of codes, of which only the value is known. `magnitude` bounds what is added up in a value
/// or a score: their rounding errors are at most some hundred units in the last place of it.
///
/// Where float32 cannot divide by a norm (`simd::has_reciprocal`), a metric with a factor of
/// 1 / norm gives 0, as for a norm of 0. Search then divides the query by its norm in float64, and
/// takes a row's score as its value; a term of 0 asks `score` to do without one.
template <class M, class T = float>
concept Metric = requires(float x, std::span<const T> vector) {
    typename std::bool_constant<(M::row_term, true)>; // known at compile time
    { M::row_term } -> std::convertible_to<simd::RowTerm>;
    { M::term(x) } -> std::same_as<float>;
    { M::query_factor(x) } -> std::same_as<float>;
    { M::score(vector, vector, x) } -> std::same_as<float>;
    { M::value_of(x, x) } -> std::same_as<float>;
    { M::score_of(x, x) } -> std::same_as<float>;
    { M::magnitude(x, x) } -> std::same_as<float>;
};

/// A metric that files know by its name: needed to save an index.
template <class M>
concept NamedMetric = Metric<M> && requires {
    { M::name } -> std::convertible_to<std::string_view>;
};

namespace detail {

/// The inner product of a query with a row scaled to norm 1, 0 for a row of zeros: in float64,
/// where squares of float32 neither overflow nor vanish.
template <class T>
[[nodiscard]] float unit_row_dot(std::span<const T> query, std::span<const T> row) noexcept {
    const auto wide = [](T x) { return static_cast<double>(static_cast<float>(x)); };
    double product = 0;
    double squares = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
        product += wide(query[i]) * wide(row[i]);
        squares += wide(row[i]) * wide(row[i]);
    }
    return squares == 0 ? 0.0f : static_cast<float>(product / std::sqrt(squares));
}

} // namespace detail

/// The inner product: larger is nearer, and long rows win.
struct InnerProduct {
    static constexpr std::string_view name = "inner-product";
    static constexpr simd::RowTerm row_term = simd::RowTerm::none;

    [[nodiscard]] static float term(float) noexcept { return 0.0f; }
    [[nodiscard]] static float query_factor(float) noexcept { return 1.0f; }
    template <class T>
    [[nodiscard]] static float score(std::span<const T> query, std::span<const T> row,
                                     float) noexcept {
        return simd::dot(query, row);
    }
    [[nodiscard]] static float value_of(float score, float) noexcept { return score; }
    [[nodiscard]] static float score_of(float value, float) noexcept { return value; }
    [[nodiscard]] static float magnitude(float query_norm, float row_norm) noexcept {
        return query_norm * row_norm;
    }
};

/// The cosine of the angle, in [-1, 1] up to rounding, whatever the norms; 0 for rows and queries
/// that are all zeros.
struct Cosine {
    static constexpr std::string_view name = "cosine";
    static constexpr simd::RowTerm row_term = simd::RowTerm::factor;

    [[nodiscard]] static float term(float norm) noexcept { return inverse(norm); }
    [[nodiscard]] static float query_factor(float norm) noexcept { return inverse(norm); }
    template <class T>
    [[nodiscard]] static float score(std::span<const T> query, std::span<const T> row,
                                     float term) noexcept {
        return term == 0.0f ? detail::unit_row_dot(query, row) : simd::dot(query, row) * term;
    }
    [[nodiscard]] static float value_of(float score, float) noexcept { return score; }
    [[nodiscard]] static float score_of(float value, float) noexcept { return value; }
    [[nodiscard]] static float magnitude(float, float) noexcept { return 1.0f; }

private:
    [[nodiscard]] static float inverse(float norm) noexcept {
        return simd::has_reciprocal(norm) ? 1.0f / norm : 0.0f;
    }
};

/// The squared Euclidean distance with a minus, so that larger is nearer: -|q - r|^2. Its value is
/// q r - |r|^2 / 2.
struct SquaredL2 {
    static constexpr std::string_view name = "squared-l2";
    static constexpr simd::RowTerm row_term = simd::RowTerm::summand;

    [[nodiscard]] static float term(float norm) noexcept { return -0.5f * norm * norm; }
    [[nodiscard]] static float query_factor(float) noexcept { return 1.0f; }
    template <class T>
    [[nodiscard]] static float score(std::span<const T> query, std::span<const T> row,
                                     float) noexcept {
        return 0.0f - simd::squared_l2(query, row);
    }
    [[nodiscard]] static float value_of(float score, float query_norm) noexcept {
        return 0.5f * (score + query_norm * query_norm);
    }
    [[nodiscard]] static float score_of(float value, float query_norm) noexcept {
        return 2.0f * value - query_norm * query_norm;
    }
    [[nodiscard]] static float magnitude(float query_norm, float row_norm) noexcept {
        return 2.0f * (query_norm + row_norm) * (query_norm + row_norm);
    }
};

static_assert(NamedMetric<InnerProduct> && NamedMetric<Cosine> && NamedMetric<SquaredL2>);
static_assert(Metric<Cosine, float16> && Metric<SquaredL2, bfloat16>);

/// The number of bits that differ, with a minus, so that larger is nearer: names what tables of
/// bits are searched by, whose rows have no norms and need no `Metric`.
struct Hamming {};

} // namespace firth
