#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/base/scalar.hpp>
#include <firth/search/candidate.hpp>
#include <firth/search/codes/detail/row_terms.hpp>
#include <firth/search/codes/detail/tile_products.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/search_options.hpp>
#include <firth/simd/convert.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/select.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// A query, prepared for rows of T.
template <class T>
struct PreparedQuery {
    std::vector<T> vector; ///< multiplied by its factor
    float norm = 0;        ///< before, but rounded to T
    float margin = 0;      ///< a rough value is off by at most half of it
};

namespace detail {

/// The Euclidean norm of a query. Throws `Error` for one of another length or one that is not
/// finite, or whose products with a row as long as `longest` may not be.
template <Metric M>
[[nodiscard]] float checked_norm(std::span<const float> query, std::size_t dim, float longest) {
    check_length("query", query.size(), dim);
    const float norm = simd::norm(query);
    if (!is_finite(norm) || !is_finite(M::magnitude(norm, longest)) ||
        !is_finite(M::query_factor(norm))) {
        throw Error("the query holds NaN or infinity, or its norm is beyond float32; expected "
                    "finite numbers");
    }
    return norm;
}

/// Multiplies numbers by a factor that a metric made of a vector's norm. Where the metric has none,
/// since float32 cannot divide by the norm, it divides by the norm in float64; zeros stay 0.
class Scaling {
public:
    Scaling(float factor, std::span<const float> vector) noexcept
        : factor_(factor), norm_(factor == 0.0f ? simd::norm(vector, simd::precise) : 0.0) {}

    [[nodiscard]] float factor() const noexcept { return factor_; }

    [[nodiscard]] float operator()(double x) const noexcept {
        return norm_ == 0 ? static_cast<float>(x) * factor_ : static_cast<float>(x / norm_);
    }
    [[nodiscard]] float operator()(float x) const noexcept {
        return norm_ == 0 ? x * factor_ : static_cast<float>(static_cast<double>(x) / norm_);
    }

private:
    float factor_;
    double norm_;
};

/// A floor for values: every row with a score of `score` or more reaches it. `query` has a norm and
/// a margin.
template <Metric M, class Query>
[[nodiscard]] float floor_of_score(const Query& query, float score) noexcept {
    return M::value_of(score, query.norm) - query.margin;
}

/// A query of `dim` elements for rows with such terms. Throws `Error` for one of another length or
/// one that is not finite, also in T.
template <Metric M, class T>
[[nodiscard]] PreparedQuery<T> prepare_query(std::span<const float> query, std::size_t dim,
                                             const RowTerms<M>& terms) {
    PreparedQuery<T> prepared;
    prepared.norm = checked_norm<M>(query, dim, terms.longest());
    const Scaling scaling(M::query_factor(prepared.norm), query);
    std::vector<float> vector(query.begin(), query.end());
    for (float& value : vector) {
        value = scaling(value);
    }
    if constexpr (std::is_same_v<T, float>) {
        prepared.vector = std::move(vector);
    } else {
        prepared.vector.resize(vector.size());
        simd::convert(vector, std::span<T>(prepared.vector));
        const float rounded = simd::norm(std::span<const T>(prepared.vector));
        if (!is_finite(rounded)) {
            throw Error("the query is too large for the index's rows, which are of 16 bits");
        }
        if (scaling.factor() != 0.0f) prepared.norm = rounded / scaling.factor();
    }
    // A value and the score differ by no more than the sum of the bounds that `dot`,
    // `squared_l2` and `score_tile` state, and some roundings more; with room. Twice that,
    // since either of two rows that are compared may be off.
    const float rounding = (1024.0f + static_cast<float>(dim) / 4.0f) * 0x1.0p-24f;
    // Products below float32's normal range lose up to 2^-150 each; where kernels take subnormal
    // numbers as zero, up to 2^-126 times the other side.
    const float lost =
        static_cast<float>(dim) *
        (std::is_same_v<T, float> ? 0x1.0p-146f
                                  : 0x1.0p-124f * (1 + prepared.norm + terms.longest()));
    prepared.margin =
        rounding * M::magnitude(prepared.norm, terms.longest()) + lost * terms.largest_factor();
    return prepared;
}

/// A group of queries that scans rows of float, float16 or bfloat16. `Rows` has `dim()`, a
/// `MetricType`, `terms()`, `score(query, id)` and `piece(first)`: a view that holds row `first`
/// and those after it up to the next multiple of tile_rows().
template <class Rows, class T>
class FloatGroup {
public:
    using Query = PreparedQuery<T>;

    FloatGroup(const Rows& rows, std::span<const Query> queries)
        : rows_(&rows), queries_(queries), products_(queries, rows.dim()) {}

    [[nodiscard]] std::size_t tile_rows() const noexcept { return products_.tile_rows(); }

    [[nodiscard]] float threshold(std::size_t query, float floor) const noexcept {
        return floor - 0.5f * queries_[query].margin;
    }

    std::size_t select(std::size_t first, std::size_t count, const float* thresholds,
                       simd::Selected* to) {
        const auto [view, at, terms] = rows_->piece(first);
        const std::size_t found = products_.select(
            view, at, count, simd::ScoreTerms{terms, Rows::MetricType::row_term}, thresholds, to);
        if (!rows_->terms().has_extremes()) return found;
        return select_extremes(first, count, terms, thresholds, to, found);
    }

    [[nodiscard]] Candidate candidate(const simd::Selected& selected, Id id) const noexcept {
        const float off = 0.5f * queries_[selected.query].margin;
        return {id, selected.value - off, selected.value + off};
    }

private:
    /// Replaces the values of the rows whose term is 0 by their scores.
    std::size_t select_extremes(std::size_t first, std::size_t count, const float* terms,
                                const float* thresholds, simd::Selected* to, std::size_t found) {
        simd::Selected* end = std::remove_if(
            to, to + found, [&](const simd::Selected& each) { return terms[each.row] == 0.0f; });
        for (std::size_t row = 0; row < count; ++row) {
            if (terms[row] != 0.0f) continue;
            for (std::size_t q = 0; q < queries_.size(); ++q) {
                const float score = rows_->score(queries_[q], static_cast<Id>(first + row));
                if (score < thresholds[q]) continue;
                *end++ = {static_cast<std::uint32_t>(q), static_cast<std::uint32_t>(row), score};
            }
        }
        return static_cast<std::size_t>(end - to);
    }

    const Rows* rows_;
    std::span<const Query> queries_;
    TileProducts<T> products_;
};

/// Rows that lie in one piece.
template <class T>
struct RowPiece {
    TableView<const T> rows;
    std::size_t first = 0;        ///< the place in `rows` of the row asked for
    const float* terms = nullptr; ///< from that row on
};

} // namespace detail
} // namespace firth
