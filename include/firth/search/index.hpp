#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

#include <firth/search/neighbor.hpp>
#include <firth/search/search_options.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// What finds the rows nearest to a query, exactly or not: `ExactIndex`, `CertifiedIndex`,
/// `RescoredIndex`, `GrowingIndex`, or one of your own. A complete example:
///
///     struct NaiveIndex {
///         using LabelType = firth::Id;        // what rows go by: ids, or labels of some type
///         firth::TableView<const float> table;
///         std::size_t size() const { return table.rows(); }
///         std::size_t dim() const { return table.dim(); }
///         std::vector<firth::Neighbor> search(std::span<const float> query,
///                                             const firth::SearchOptions& options) const {
///             return search_batch({query.data(), 1, query.size()}, options)[0];
///         }
///         std::vector<std::vector<firth::Neighbor>>
///         search_batch(firth::TableView<const float> queries,
///                      const firth::SearchOptions& options) const {
///             firth::check_options(options, size(), queries.rows());
///             std::vector<std::vector<firth::Neighbor>> results;
///             for (std::size_t q = 0; q < queries.rows(); ++q) {
///                 firth::TopK best(options.k);
///                 for (firth::Id id = 0; id < size(); ++id) {
///                     if (!firth::may_be_found(id, options, q)) continue;
///                     best.offer({id, firth::simd::dot(queries[q], table[id])});
///                 }
///                 results.push_back(best.take());
///             }
///             return results;
///         }
///     };
///
/// `search` finds up to options.k rows, best first, of those that the options let it find, and
/// `search_batch` does so for each row of `queries`, on options.threads or those of options.pool.
/// Both throw `Error` for queries of another length than dim(), and any thread may call them.
///
/// `within` (all rows in a radius) is not part of it: an index that looks at some rows only cannot
/// promise it.
template <class I>
concept Index = std::movable<I> && std::totally_ordered<typename I::LabelType> &&
    requires(const I& index, std::span<const float> query, TableView<const float> queries,
             const SearchOptionsOf<typename I::LabelType>& options) {
    { index.size() } -> std::same_as<std::size_t>;
    { index.dim() } -> std::same_as<std::size_t>;
    {
        index.search(query, options)
        } -> std::same_as<std::vector<NeighborOf<typename I::LabelType>>>;
    {
        index.search_batch(queries, options)
        } -> std::same_as<std::vector<std::vector<NeighborOf<typename I::LabelType>>>>;
};

/// An index whose rows go by their ids.
template <class I>
concept IdIndex = Index<I> && std::same_as<typename I::LabelType, Id>;

} // namespace firth
