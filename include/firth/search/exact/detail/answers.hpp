#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/search/detail/candidates.hpp>
#include <firth/search/exact/detail/scan.hpp>
#include <firth/search/search_options.hpp>
#include <firth/search/top_k.hpp>
#include <firth/table/id.hpp>

/// What the indexes share that find neighbours by their ids: answers in the caller's memory, and
/// those within a radius.
namespace firth::detail {

/// Throws `Error` where a batch of queries has lists of excluded ids, but not one a query.
inline void check_lists(std::size_t queries, std::span<const std::vector<Id>> excluded) {
    if (excluded.empty() || excluded.size() == queries) return;
    throw Error("a batch of " + std::to_string(queries) + " queries has " +
                std::to_string(excluded.size()) +
                " lists of excluded ids, expected none or one a query");
}

/// Throws `Error` where there is not room for `k` neighbours a query.
inline void check_room(std::size_t room, std::size_t queries, std::size_t k) {
    if (k != 0 ? room / k == queries && room % k == 0 : room == 0) return;
    throw Error("room for " + std::to_string(room) + " neighbours, expected " + std::to_string(k) +
                " for each of " + std::to_string(queries) + " queries");
}

/// Copies what was found, no more than there is room for; returns the part that was filled.
inline std::span<Neighbor> copy_answer(const std::vector<Neighbor>& found,
                                       std::span<Neighbor> into) {
    std::copy(found.begin(), found.end(), into.begin());
    return into.first(found.size());
}

/// Copies what was found for query `q` to its `k` places, and fills those that are left over.
inline void copy_answer_of(std::size_t q, std::size_t k, const std::vector<Neighbor>& found,
                           std::span<Neighbor> into) {
    const std::span<Neighbor> to = into.subspan(q * k, k);
    std::fill(std::copy(found.begin(), found.end(), to.begin()), to.end(),
              Neighbor{no_id, -std::numeric_limits<float>::infinity()});
}

/// All rows with a score of `least` or more, best first.
template <SearchableRows R>
[[nodiscard]] std::vector<Neighbor> within(const R& rows, std::span<const float> query, float least,
                                           const SearchOptions& options) {
    std::vector<Neighbor> result;
    scan(
        rows, OneQuery{query}, options, {},
        [&](const typename R::Query& prepared) {
            return Candidates::reaching(rows.floor_of(prepared, least));
        },
        [&](std::size_t, const typename R::Query& prepared, Candidates& candidates) {
            const std::vector<Candidate> found = candidates.take();
            result = rank(rows, prepared, found, found.size());
        });
    const auto end = std::find_if(result.begin(), result.end(),
                                  [&](const Neighbor& each) { return !(each.score >= least); });
    result.erase(end, result.end());
    return result;
}

} // namespace firth::detail
