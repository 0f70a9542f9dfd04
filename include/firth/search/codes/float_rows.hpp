#pragma once

#include <cstddef>
#include <span>
#include <string>

#include <firth/base/error.hpp>
#include <firth/search/codes/detail/float_group.hpp>
#include <firth/search/codes/detail/row_terms.hpp>
#include <firth/search/codes/detail/tile_products.hpp>
#include <firth/search/metric.hpp>
#include <firth/simd/dot.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// Rows of float, float16 or bfloat16 that lie anywhere, with what a metric makes of their norms.
/// Queries are rounded to the rows' format. Scores of pairs are computed here and nowhere else, so
/// that every way to an answer ends in the same one.
template <Metric M, class T = float>
class FloatRows {
public:
    using Source = TableView<const T>;
    using MetricType = M;
    using Query = PreparedQuery<T>;
    using Group = detail::FloatGroup<FloatRows, T>;

    FloatRows() = default;

    /// Looks at every row once, or at `norms` alone where the rows' Euclidean norms are known: one
    /// a row. Throws `Error`, naming the row, for one that holds NaN or infinity or whose norm (for
    /// distances, its square) is beyond float32.
    explicit FloatRows(TableView<const T> rows, std::span<const float> norms = {}) : rows_(rows) {
        if (!norms.empty() && norms.size() != rows.rows()) {
            throw Error(std::to_string(norms.size()) + " norms cannot belong to " +
                        std::to_string(rows.rows()) + " rows");
        }
        terms_.reserve(rows.rows());
        for (std::size_t id = 0; id < rows.rows(); ++id) {
            terms_.add_checked(norms.empty() ? simd::norm(rows[id]) : norms[id], id);
        }
    }

    [[nodiscard]] TableView<const T> rows() const noexcept { return rows_; }
    [[nodiscard]] std::size_t size() const noexcept { return rows_.rows(); }
    [[nodiscard]] std::size_t dim() const noexcept { return rows_.dim(); }

    /// What the metric makes of the rows' norms.
    [[nodiscard]] const RowTerms<M>& terms() const noexcept { return terms_; }

    /// Throws `Error` for a query of another length or one that is not finite, also in T.
    [[nodiscard]] Query prepare(std::span<const float> query) const {
        return detail::prepare_query<M, T>(query, dim(), terms_);
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

    [[nodiscard]] detail::RowTile<T> tile(std::size_t first) const noexcept {
        return {rows_, first, terms_.from(first)};
    }

private:
    TableView<const T> rows_;
    RowTerms<M> terms_;
};

} // namespace firth
