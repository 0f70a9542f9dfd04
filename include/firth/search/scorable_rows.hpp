#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include <firth/table/id.hpp>

namespace firth {

/// Rows that can be scored one by one, in whatever form they are: floats, codes, bits. A complete
/// example, scores that are Manhattan distances with a minus:
///
///     struct ManhattanRows {
///         using Query = std::vector<float>;                 // what `prepare` makes of a query
///         firth::TableView<const float> table;
///         std::size_t size() const { return table.rows(); }
///         std::size_t dim() const { return table.dim(); }
///         Query prepare(std::span<const float> query) const {
///             if (query.size() != dim()) throw firth::Error("a query of another length");
///             return {query.begin(), query.end()};
///         }
///         float score(const Query& query, firth::Id id) const {   // larger is nearer
///             float sum = 0;
///             for (std::size_t i = 0; i < dim(); ++i) sum -= std::fabs(query[i] - table[id][i]);
///             return sum;
///         }
///         void prefetch(firth::Id) const {}                 // the row will be scored soon
///     };
///
/// `prepare` throws for queries that do not fit. Scores depend on the query and the row alone, and
/// any thread may ask for them.
template <class R>
concept ScorableRows = std::movable<R> && std::movable<typename R::Query> &&
    requires(const R& rows, std::span<const float> vector, const typename R::Query& query, Id id) {
    { rows.size() } -> std::same_as<std::size_t>;
    { rows.dim() } -> std::same_as<std::size_t>;
    { rows.prepare(vector) } -> std::same_as<typename R::Query>;
    { rows.score(query, id) } -> std::same_as<float>;
    rows.prefetch(id);
};

} // namespace firth
