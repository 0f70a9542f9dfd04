#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/parallel.hpp>
#include <firth/search/codes/detail/tile_products.hpp>
#include <firth/search/detail/candidates.hpp>
#include <firth/search/search_options.hpp>
#include <firth/search/top_k.hpp>
#include <firth/simd/select.hpp>
#include <firth/table/id.hpp>

namespace firth {

/// Rows that can be searched, in whatever form: floats, codes, bits. `Query` is a query made ready
/// for them; `Group` is made of the rows and some queries, and passes over the rows a tile at a
/// time: `select` writes for every query the rows of a tile whose values are not below the query's
/// threshold, of which `candidate` says between which bounds their scores lie. A threshold belongs
/// to a floor that scores must reach. `score` decides in the end; `floor_of` is the floor that all
/// rows of a score or more reach.
template <class R>
concept SearchableRows = requires(const R& rows, const typename R::Query& query,
                                  typename R::Group& group, Id id, float floor, std::size_t n,
                                  const float* thresholds, simd::Selected* selected) {
    typename R::Group;
    { rows.size() } -> std::same_as<std::size_t>;
    { rows.score(query, id) } -> std::same_as<float>;
    { rows.floor_of(query, floor) } -> std::same_as<float>;
    rows.prefetch(id);
    { group.tile_rows() } -> std::same_as<std::size_t>;
    { group.threshold(n, floor) } -> std::same_as<float>;
    { group.select(n, n, thresholds, selected) } -> std::same_as<std::size_t>;
    { group.candidate(*selected, id) } -> std::same_as<Candidate>;
};

namespace detail {

/// A single query, where a table of them is expected.
template <class T>
struct OneQuery {
    std::span<const T> query;

    [[nodiscard]] std::size_t rows() const noexcept { return 1; }
    [[nodiscard]] std::span<const T> operator[](std::size_t) const noexcept { return query; }
};
template <class T>
OneQuery(std::span<const T>) -> OneQuery<T>;

/// Offers the rows from `begin` to `end` to the candidates of each query of a group. `excluded` is
/// empty or has one list of ids a query.
template <class Group>
void scan_rows(Group& group, std::size_t begin, std::size_t end, const SearchOptions& options,
               std::span<const std::vector<Id>> excluded, std::span<Candidates> candidates) {
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
            if (!may_be_found(id, options, excluded.empty() ? std::span<const Id>() : excluded[q]))
                continue;
            candidates[q].offer(group.candidate(selected[i], id));
            thresholds[q] = group.threshold(q, candidates[q].floor());
        }
    };
    // Rows often lie in an order, by frequency say, and the nearest ones behind. Some tiles from
    // all over the table come first, so that most others meet thresholds that are high already.
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
/// spread over options.threads in groups that share each tile of rows; where there are fewer groups
/// than threads, rows are spread too. `start(query)` makes the candidates that a query begins with.
template <SearchableRows R, class Queries, class Start, class Take>
void scan(const R& rows, const Queries& queries, const SearchOptions& options,
          std::span<const std::vector<Id>> excluded, Start&& start, Take&& take) {
    check_options(options, rows.size());
    const std::size_t count = queries.rows();
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
        typename R::Group tiles(rows, prepared);
        scan_rows(
            tiles, range * range_rows, (std::min)(rows.size(), (range + 1) * range_rows), options,
            excluded.empty() ? excluded : excluded.subspan(group * group_size, prepared.size()),
            candidates);
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
template <SearchableRows R>
[[nodiscard]] std::vector<Neighbor> rank(const R& rows, const typename R::Query& query,
                                         const std::vector<Candidate>& candidates, std::size_t k) {
    std::vector<Neighbor> found;
    found.reserve(candidates.size());
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        // Candidates lie anywhere in the table: the next row comes while this one is scored.
        if (i + 1 < candidates.size()) rows.prefetch(candidates[i + 1].id);
        found.push_back({candidates[i].id, rows.score(query, candidates[i].id)});
    }
    const std::size_t count = (std::min)(k, found.size());
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count),
                      found.end(), ranks_before);
    found.resize(count);
    return found;
}

} // namespace detail
} // namespace firth
