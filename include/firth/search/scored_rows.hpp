#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/scalar.hpp>
#include <firth/search/candidates.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/tile_products.hpp>
#include <firth/simd/convert.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/select.hpp>
#include <firth/table/matrix_view.hpp>
#include <firth/table/vocabulary.hpp>

namespace firth {

/// A query, ready to be held against rows of T.
template <class T>
struct PreparedQuery {
    std::vector<T> vector; ///< multiplied by its factor
    float norm = 0;        ///< before, but rounded to T
    float margin = 0;      ///< a value is off by at most half of that
};

namespace detail {

/// The Euclidean norm of a query. Throws `Error` for one of another length or one that is not
/// finite, or whose products with a row as long as `longest` may not be.
template <Metric M>
[[nodiscard]] float checked_norm(std::span<const float> query, std::size_t dim, float longest) {
    if (query.size() != dim) {
        throw Error("the query has " + std::to_string(query.size()) +
                    " elements, expected the index's dim, " + std::to_string(dim));
    }
    const float norm = simd::norm(query);
    if (!std::isfinite(norm) || !std::isfinite(M::magnitude(norm, longest))) {
        throw Error("the query holds NaN or infinity, or its norm is beyond float32; expected "
                    "finite numbers");
    }
    return norm;
}

} // namespace detail

/// What a metric makes of the norms of rows: one float a row, where it makes anything of them.
template <Metric M>
class RowTerms {
public:
    static constexpr bool any = M::row_term != simd::RowTerm::none;

    /// Room for so many rows.
    void reserve(std::size_t rows) {
        if (any) terms_.reserve(rows);
    }

    /// Adds the next row. Throws `Error`, naming the row, for a norm that is not finite or that the
    /// metric makes something of that is not.
    void add(float norm) {
        if (!std::isfinite(norm) || !std::isfinite(M::term(norm))) {
            throw Error("row " + std::to_string(rows_) +
                        " holds NaN or infinity, or its norm is beyond float32; an index "
                        "takes finite numbers only");
        }
        if (any) terms_.push_back(M::term(norm));
        if (M::row_term == simd::RowTerm::factor) {
            largest_factor_ = std::max(largest_factor_, M::term(norm));
        }
        longest_ = std::max(longest_, norm);
        ++rows_;
    }

    [[nodiscard]] float operator[](std::size_t id) const noexcept {
        return any ? terms_[id] : M::term(0.0f);
    }

    /// The terms from row `id` on; null where the metric has none.
    [[nodiscard]] const float* from(std::size_t id) const noexcept {
        return any ? terms_.data() + id : nullptr;
    }

    /// The largest norm of a row.
    [[nodiscard]] float longest() const noexcept { return longest_; }

    /// The largest factor of a row, at least 1.
    [[nodiscard]] float largest_factor() const noexcept { return largest_factor_; }

private:
    std::vector<float> terms_;
    std::size_t rows_ = 0;
    float longest_ = 0;
    float largest_factor_ = 1;
};

/// Rows of float, float16 or bfloat16 that lie anywhere, with what a metric makes of their norms.
/// Queries are rounded to the rows' format. Scores of pairs are computed here and nowhere else, so
/// that every way to an answer ends in the same one.
template <Metric M, class T = float>
class ScoredRows {
public:
    using Source = TableView<const T>;
    using Query = PreparedQuery<T>;

    ScoredRows() = default;

    /// Looks at every row once, or at `norms` alone where the rows' Euclidean norms are known: one
    /// a row. Throws `Error`, naming the row, for one that holds NaN or infinity or whose norm (for
    /// distances, its square) is beyond float32.
    explicit ScoredRows(TableView<const T> rows, std::span<const float> norms = {}) : rows_(rows) {
        if (!norms.empty() && norms.size() != rows.rows()) {
            throw Error(std::to_string(norms.size()) + " norms cannot belong to " +
                        std::to_string(rows.rows()) + " rows");
        }
        terms_.reserve(rows.rows());
        for (std::size_t id = 0; id < rows.rows(); ++id) {
            terms_.add(norms.empty() ? simd::norm(rows[id]) : norms[id]);
        }
    }

    [[nodiscard]] TableView<const T> rows() const noexcept { return rows_; }
    [[nodiscard]] std::size_t size() const noexcept { return rows_.rows(); }
    [[nodiscard]] std::size_t dim() const noexcept { return rows_.dim(); }

    /// What the metric makes of the rows' norms.
    [[nodiscard]] const RowTerms<M>& terms() const noexcept { return terms_; }

    /// Throws `Error` for a query of another length or one that is not finite, also in T.
    [[nodiscard]] Query prepare(std::span<const float> query) const {
        Query prepared;
        prepared.norm = detail::checked_norm<M>(query, dim(), terms_.longest());
        const float factor = M::query_factor(prepared.norm);
        std::vector<float> vector(query.begin(), query.end());
        for (float& value : vector) {
            value *= factor;
        }
        if constexpr (std::is_same_v<T, float>) {
            prepared.vector = std::move(vector);
        } else {
            prepared.vector.resize(vector.size());
            simd::convert(vector, std::span<T>(prepared.vector));
            const float rounded = simd::norm(std::span<const T>(prepared.vector));
            if (!std::isfinite(rounded)) {
                throw Error("the query is too large for the index's rows, which are of 16 bits");
            }
            if (factor != 0.0f) prepared.norm = rounded / factor;
        }
        // A value and the score differ by no more than the sum of the bounds that `dot`,
        // `squared_l2` and `score_tile` state, and some roundings more; with room. Twice that,
        // since either of two rows that are compared may be off.
        const float rounding = (1024.0f + static_cast<float>(dim()) / 4.0f) * 0x1.0p-24f;
        // Products that leave float32's range at its lower end lose up to 2^-150 each; where
        // kernels take subnormal numbers as zero, up to 2^-126 times the other side.
        const float lost =
            static_cast<float>(dim()) *
            (std::is_same_v<T, float> ? 0x1.0p-146f
                                      : 0x1.0p-124f * (1 + prepared.norm + terms_.longest()));
        prepared.margin = rounding * M::magnitude(prepared.norm, terms_.longest()) +
                          lost * terms_.largest_factor();
        return prepared;
    }

    /// The score of row `id` < size().
    [[nodiscard]] float score(const Query& query, Id id) const noexcept {
        return M::score(std::span<const T>(query.vector), rows_[id], terms_[id]);
    }

    /// Values below this have scores below `score`.
    [[nodiscard]] float floor_of(const Query& query, float score) const noexcept {
        return M::value_of(score, query.norm) - query.margin;
    }

    void prefetch(Id id) const noexcept { detail::prefetch_rows(rows_, id, 1); }

    class Group {
    public:
        Group(const ScoredRows& rows, std::span<const Query> queries)
            : rows_(&rows), queries_(queries), products_(queries, rows.dim()) {}

        [[nodiscard]] std::size_t tile_rows() const noexcept { return products_.tile_rows(); }

        [[nodiscard]] float threshold(std::size_t query, float floor) const noexcept {
            return floor - 0.5f * queries_[query].margin;
        }

        std::size_t select(std::size_t first, std::size_t count, const float* thresholds,
                           simd::Selected* to) {
            const float* const products = products_.compute(rows_->rows_, first, count);
            return simd::select({products, tile_rows(), queries_.size(), count,
                                 rows_->terms_.from(first), M::row_term},
                                thresholds, to);
        }

        [[nodiscard]] Candidate candidate(const simd::Selected& selected, Id id) const noexcept {
            const float off = 0.5f * queries_[selected.query].margin;
            return {id, selected.value - off, selected.value + off};
        }

    private:
        const ScoredRows* rows_;
        std::span<const Query> queries_;
        detail::TileProducts<T> products_;
    };

private:
    TableView<const T> rows_;
    RowTerms<M> terms_;
};

} // namespace firth
