#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/thread_pool.hpp>
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

/// Offers rows to the candidates of each query of a group, which begins with query `first_query` of
/// the batch: those tiles that `next` hands out. It counts up from 0, for all threads that scan for
/// the same queries.
template <class Group>
void scan_rows(Group& group, std::size_t rows, std::atomic<std::size_t>& next,
               const SearchOptions& options, std::size_t first_query,
               std::span<Candidates> candidates) {
    const std::size_t tile_rows = group.tile_rows();
    std::vector<simd::Selected> selected(candidates.size() * tile_rows);
    std::vector<float> thresholds;
    for (std::size_t q = 0; q < candidates.size(); ++q) {
        thresholds.push_back(group.threshold(q, candidates[q].floor()));
    }
    const auto scan_tile = [&](std::size_t tile) {
        const std::size_t first = tile * tile_rows;
        const std::size_t found = group.select(first, (std::min)(tile_rows, rows - first),
                                               thresholds.data(), selected.data());
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
    // whole table comes first, so that most others meet high thresholds; then runs of tiles.
    constexpr std::size_t sample_step = 32;
    constexpr std::size_t run = 8;
    const std::size_t tiles = (rows + tile_rows - 1) / tile_rows;
    const std::size_t samples = (tiles + sample_step - 1) / sample_step;
    const std::size_t runs = (tiles + run - 1) / run;
    for (std::size_t turn = next++; turn < samples + runs; turn = next++) {
        if (turn < samples) {
            scan_tile(turn * sample_step);
            continue;
        }
        const std::size_t first = (turn - samples) * run;
        for (std::size_t tile = first; tile < (std::min)(tiles, first + run); ++tile) {
            if (tile % sample_step != 0) scan_tile(tile);
        }
    }
}

/// Calls `take(q, query, candidates)` for each query, from any thread: queries.rows() of them,
/// spread over the threads in groups that share the rows in cache; where there are fewer groups
/// than threads, several threads scan for one group. `start(query)` makes the candidates that a
/// query begins with.
template <ScannableRows R, class Queries, class Start, class Take>
void scan(const R& rows, const Queries& queries, const SearchOptions& options, Start&& start,
          Take&& take) {
    using Query = typename R::Query;
    const std::size_t count = queries.rows();
    check_options(options, rows.size(), count);
    if (count == 0) return;
    const Workers workers(options.threads, options.pool);
    const std::size_t threads = workers.threads();
    // Groups of nearly the same size, as many for each thread.
    const std::size_t wanted = round_up((count + most_grouped_queries - 1) / most_grouped_queries,
                                        (std::min)(threads, count / 16 + 1));
    const std::size_t group_size = (count + wanted - 1) / wanted;
    const std::size_t groups = (count + group_size - 1) / group_size;
    const std::size_t helpers = (std::min)((threads + groups - 1) / groups, rows.size() / 2048 + 1);

    struct Part {
        std::vector<Query> queries;
        std::vector<Candidates> candidates;
    };
    std::vector<std::atomic<std::size_t>> next(groups);
    const auto scan_part = [&](std::size_t group) {
        Part part;
        const std::size_t begin = group * group_size;
        for (std::size_t q = begin; q < (std::min)(count, begin + group_size); ++q) {
            part.queries.push_back(rows.prepare(queries[q]));
            part.candidates.push_back(start(part.queries.back()));
        }
        if (rows.size() == 0) return part;
        typename R::Group scanned(rows, part.queries);
        scan_rows(scanned, rows.size(), next[group], options, begin, part.candidates);
        return part;
    };
    const auto take_all = [&](std::size_t group, Part& part) {
        for (std::size_t q = 0; q < part.queries.size(); ++q) {
            take(group * group_size + q, part.queries[q], part.candidates[q]);
        }
    };
    if (helpers == 1) {
        parallel_for(groups, 1, workers, [&](std::size_t group, std::size_t) {
            Part part = scan_part(group);
            take_all(group, part);
        });
        return;
    }
    std::vector<Part> parts(groups * helpers);
    parallel_for(parts.size(), 1, workers,
                 [&](std::size_t part, std::size_t) { parts[part] = scan_part(part / helpers); });
    for (std::size_t group = 0; group < groups; ++group) {
        Part& all = parts[group * helpers];
        for (std::size_t helper = 1; helper < helpers; ++helper) {
            Part& other = parts[group * helpers + helper];
            for (std::size_t q = 0; q < all.queries.size(); ++q) {
                all.candidates[q].merge(std::move(other.candidates[q]));
            }
        }
        take_all(group, all);
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
