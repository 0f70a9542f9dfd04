#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/search/index.hpp>
#include <firth/search/neighbor.hpp>
#include <firth/search/search_options.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// The share of the rows in `exact` that are in `found` too, in [0, 1]: recall at k, where both are
/// the k best, by approximate and by exact search. 1 where `exact` is empty. Rows are compared by
/// their ids: a different row with the same score as the last of `exact` does not count.
[[nodiscard]] inline double recall(std::span<const Neighbor> found,
                                   std::span<const Neighbor> exact) {
    if (exact.empty()) return 1;
    std::vector<Id> ids;
    for (const Neighbor& each : found) {
        ids.push_back(each.id);
    }
    std::sort(ids.begin(), ids.end());
    const auto hits = std::count_if(exact.begin(), exact.end(), [&](const Neighbor& each) {
        return std::binary_search(ids.begin(), ids.end(), each.id);
    });
    return static_cast<double>(hits) / static_cast<double>(exact.size());
}

/// The mean over some queries, one list a query. Throws `Error` where the numbers of lists differ.
[[nodiscard]] inline double recall(std::span<const std::vector<Neighbor>> found,
                                   std::span<const std::vector<Neighbor>> exact) {
    if (found.size() != exact.size()) {
        throw Error("answers to " + std::to_string(found.size()) +
                    " queries cannot be compared with those to " + std::to_string(exact.size()));
    }
    if (exact.empty()) return 1;
    double sum = 0;
    for (std::size_t q = 0; q < exact.size(); ++q) {
        sum += recall(std::span<const Neighbor>(found[q]), std::span<const Neighbor>(exact[q]));
    }
    return sum / static_cast<double>(exact.size());
}

/// The recall of an index: of the options.k rows that an exact index finds, the share that this one
/// finds too, averaged over the queries.
template <IdIndex Approximate, IdIndex Exact>
[[nodiscard]] double recall(const Approximate& index, const Exact& exact,
                            TableView<const float> queries, const SearchOptions& options = {}) {
    const auto found = index.search_batch(queries, options);
    const auto expected = exact.search_batch(queries, options);
    return recall(std::span<const std::vector<Neighbor>>(found),
                  std::span<const std::vector<Neighbor>>(expected));
}

} // namespace firth
