#pragma once

#include <cstddef>
#include <span>
#include <string>

#include <firth/base/error.hpp>
#include <firth/base/scalar.hpp>
#include <firth/search/codes/detail/float_group.hpp>
#include <firth/search/codes/detail/metric_rows.hpp>
#include <firth/search/codes/detail/tile_products.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/scannable_rows.hpp>
#include <firth/simd/dot.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// Rows of float, float16 or bfloat16 that lie anywhere, with what a metric makes of their norms.
/// Queries are rounded to the rows' format.
template <class M, class T = float>
    requires Metric<M, T>
class FloatRows : public detail::MetricRows<FloatRows<M, T>, M, T> {
public:
    using Source = TableView<const T>;

    FloatRows() = default;

    /// Looks at every row once, or at `norms` alone where the rows' Euclidean norms are known: one
    /// a row. Throws `Error`, naming the row, for one that holds NaN or infinity or whose norm (for
    /// distances, its square) is beyond float32.
    explicit FloatRows(TableView<const T> rows, std::span<const float> norms = {}) : rows_(rows) {
        if (!norms.empty() && norms.size() != rows.rows()) {
            throw Error(std::to_string(norms.size()) + " norms cannot belong to " +
                        std::to_string(rows.rows()) + " rows");
        }
        this->terms_.reserve(rows.rows());
        for (std::size_t id = 0; id < rows.rows(); ++id) {
            this->terms_.add_checked(norms.empty() ? simd::norm(rows[id]) : norms[id], id);
        }
    }

    /// The rows that were given.
    [[nodiscard]] TableView<const T> source() const noexcept { return rows_; }
    [[nodiscard]] std::size_t size() const noexcept { return rows_.rows(); }
    [[nodiscard]] std::size_t dim() const noexcept { return rows_.dim(); }
    [[nodiscard]] std::span<const T> row(std::size_t id) const noexcept { return rows_[id]; }

    void prefetch(Id id) const noexcept { detail::prefetch_rows(rows_, id, 1); }

    [[nodiscard]] detail::RowPiece<T> piece(std::size_t first) const noexcept {
        return {rows_, first, this->terms_.from(first)};
    }

private:
    TableView<const T> rows_;
};

static_assert(ScannableRows<FloatRows<Cosine>> && ScannableRows<FloatRows<SquaredL2, bfloat16>>);

} // namespace firth
