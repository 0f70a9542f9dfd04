#pragma once

#include <span>

#include <firth/search/codes/detail/float_group.hpp>
#include <firth/search/codes/detail/row_terms.hpp>
#include <firth/search/metric.hpp>
#include <firth/table/id.hpp>

namespace firth::detail {

/// What rows of floats that a metric compares have in common, wherever they lie. `Rows`, made of
/// it, has `dim()`, `row(id)`, and `piece(first)` as `FloatGroup` takes them. Scores of pairs are
/// computed only here, so that every search gives the same ones.
template <class Rows, class M, class T>
    requires Metric<M, T>
class MetricRows {
public:
    using MetricType = M;
    using Query = PreparedQuery<T>;
    using Group = FloatGroup<Rows, T>;

    /// What the metric makes of the rows' norms.
    [[nodiscard]] const RowTerms<M>& terms() const noexcept { return terms_; }

    /// Throws `Error` for a query of another length or one that is not finite, also in T.
    [[nodiscard]] Query prepare(std::span<const float> query) const {
        return prepare_query<M, T>(query, self().dim(), terms_);
    }

    /// The score of row `id` < size().
    [[nodiscard]] float score(const Query& query, Id id) const noexcept {
        return M::score(std::span<const T>(query.vector), self().row(id), terms_[id]);
    }

    /// A floor for values: every row with a score of `score` or more reaches it.
    [[nodiscard]] float floor_of(const Query& query, float score) const noexcept {
        return floor_of_score<M>(query, score);
    }

protected:
    RowTerms<M> terms_;

private:
    [[nodiscard]] const Rows& self() const noexcept { return static_cast<const Rows&>(*this); }
};

} // namespace firth::detail
