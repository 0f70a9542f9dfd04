#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/parallel.hpp>
#include <firth/search/candidate.hpp>
#include <firth/search/codes/detail/tile_products.hpp>
#include <firth/search/detail/candidates.hpp>
#include <firth/search/detail/index_calls.hpp>
#include <firth/search/neighbor.hpp>
#include <firth/search/scannable_rows.hpp>
#include <firth/search/scorable_rows.hpp>
#include <firth/search/search_options.hpp>
#include <firth/simd/select.hpp>
#include <firth/table/id.hpp>

/// How every exact index searches: rows are scanned for candidates, and those are scored.
namespace firth::detail {

/// Offers the rows from `begin` to `end` to the candidates of each query of a group, which begins
/// with query `first_query` of the batch.
template <class Group>
void scan_rows(Group& group, std::size_t begin, std::size_t end, const SearchOptions& options,
               std::size_t first_query, std::span<Candidates> candidates) {
    const std::size_t tile = group.tile_rows();
    std::vector<simd::Selected> selected(candidates.size() * tile);
    std::vector<float> thresholds;
    for (std::size_t q = 0; q < candidates.size(); ++q) {
        thresholds.push_back(group.threshold(q, candidates[q].floor()));
    }
    const auto scan_tile = [&](std::size_t first) {
        const std::size_t found =
            group.select(first, (std::min)(tile, end - first), thresholds.data(), selected.data());
        for (std::size_t i = 0; i < found; ++i) {
            const std::size_t q = selected[i].query;
            const Id id = static_cast<Id>(first + selected[i].row);
            if (selected[i].value < thresholds[q]) continue; // it rose within the tile
            if (!may_be_found(id, options, first_query + q)) continue;
            candidates[q].offer(group.candidate(selected[i], id));
            thresholds[q] = group.threshold(q, candidates[q].floor());
        }
    };
    // Rows are often sorted, by frequency say, and the nearest ones lie far down. A sample from the
    // whole table comes first, so that most others meet high thresholds.
    constexpr std::size_t sampled = 32;
    const std::size_t step = tile * sampled;
    for (std::size_t first = begin; first < end; first += step) {
        scan_tile(first);
    }
    for (std::size_t first = begin; first < end; first += step) {
        for (std::size_t next = first + tile; next < (std::min)(end, first + step); next += tile) {
            scan_tile(next);
        }
    }
}

/// Calls `take(q, query, candidates)` for each query, from any thread: queries.rows() of them,
/// spread over options.threads in groups that share the rows in cache; where there are fewer groups
/// than threads, rows are spread too. `start(query)` makes the candidates that a query begins with.
template <ScannableRows R, class Queries, class Start, class Take>
void scan(const R& rows, const Queries& queries, const SearchOptions& options, Start&& start,
          Take&& take) {
    const std::size_t count = queries.rows();
    check_options(options, rows.size(), count);
    if (count == 0) return;
    const std::size_t threads = resolve_threads(options.threads);
    // Groups of nearly the same size, as many for each thread.
    const std::size_t wanted = round_up((count + most_grouped_queries - 1) / most_grouped_queries,
                                        (std::min)(threads, count / 16 + 1));
    const std::size_t group_size = (count + wanted - 1) / wanted;
    const std::size_t groups = (count + group_size - 1) / group_size;
    const std::size_t ranges = (std::min)((threads + groups - 1) / groups, rows.size() / 2048 + 1);
    const std::size_t range_rows = round_up(rows.size() / ranges + 1, 512);

    const auto queries_of = [&](std::size_t group) {
        std::vector<typename R::Query> prepared;
        const std::size_t begin = group * group_size;
        for (std::size_t q = begin; q < (std::min)(count, begin + group_size); ++q) {
            prepared.push_back(rows.prepare(queries[q]));
        }
        return prepared;
    };
    const auto candidates_of = [&](std::size_t group, std::span<const typename R::Query> prepared,
                                   std::size_t range) {
        std::vector<Candidates> candidates;
        for (const auto& query : prepared) {
            candidates.push_back(start(query));
        }
        if (rows.size() == 0) return candidates;
        typename R::Group scanned(rows, prepared);
        scan_rows(scanned, range * range_rows, (std::min)(rows.size(), (range + 1) * range_rows),
                  options, group * group_size, candidates);
        return candidates;
    };
    const auto take_all = [&](std::size_t group, std::span<const typename R::Query> prepared,
                              std::span<Candidates> candidates) {
        for (std::size_t q = 0; q < prepared.size(); ++q) {
            take(group * group_size + q, prepared[q], candidates[q]);
        }
    };
    if (ranges == 1) {
        parallel_for(groups, 1, threads, [&](std::size_t group, std::size_t) {
            const auto prepared = queries_of(group);
            auto candidates = candidates_of(group, prepared, 0);
            take_all(group, prepared, candidates);
        });
        return;
    }
    std::vector<std::vector<Candidates>> parts(groups * ranges);
    parallel_for(parts.size(), 1, threads, [&](std::size_t part, std::size_t) {
        parts[part] = candidates_of(part / ranges, queries_of(part / ranges), part % ranges);
    });
    for (std::size_t group = 0; group < groups; ++group) {
        std::vector<Candidates>& all = parts[group * ranges];
        for (std::size_t range = 1; range < ranges; ++range) {
            for (std::size_t q = 0; q < all.size(); ++q) {
                all[q].merge(std::move(parts[group * ranges + range][q]));
            }
        }
        take_all(group, queries_of(group), all);
    }
}

/// The `k` best candidates by the scores that decide.
template <ScorableRows R>
[[nodiscard]] std::vector<Neighbor> rank(const R& rows, const typename R::Query& query,
                                         const std::vector<Candidate>& candidates, std::size_t k) {
    std::vector<Neighbor> found;
    found.reserve(candidates.size());
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        // Candidates lie anywhere in the table: the next row is prefetched while this one is
        // scored.
        if (i + 1 < candidates.size()) rows.prefetch(candidates[i + 1].id);
        found.push_back({candidates[i].id, rows.score(query, candidates[i].id)});
    }
    const std::size_t count = (std::min)(k, found.size());
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count),
                      found.end(), ranks_before);
    found.resize(count);
    return found;
}

/// All rows with a score of `least` or more, best first.
template <ScannableRows R>
[[nodiscard]] std::vector<Neighbor> within(const R& rows, std::span<const float> query, float least,
                                           const SearchOptions& options) {
    std::vector<Neighbor> result;
    scan(
        rows, OneQuery{query}, options,
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
