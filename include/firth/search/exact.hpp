#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/error.hpp>
#include <firth/base/parallel.hpp>
#include <firth/search/candidates.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/scored_rows.hpp>
#include <firth/search/top_k.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/score_tile.hpp>
#include <firth/simd/select.hpp>
#include <firth/table/matrix_view.hpp>
#include <firth/table/vocabulary.hpp>

namespace firth {

namespace detail {

/// Calls `search(begin, end)` for groups of queries that share each tile of rows, on several
/// threads: groups of nearly the same size, as many for each thread.
template <class Search>
void for_query_groups(std::size_t queries, std::size_t threads, Search&& search) {
    constexpr std::size_t most = 336; // queries that, packed, stay in the second cache
    if (queries == 0) return;
    const std::size_t groups =
        round_up((queries + most - 1) / most, std::min(threads, queries / 16 + 1));
    parallel_for(queries, (queries + groups - 1) / groups, threads, search);
}

} // namespace detail

/// Finds the rows nearest to a query by looking at all of them: exact, and as fast as memory is
/// read. Refers to rows that must outlive it and keep their values; stores one float a row beside
/// them, for the inner product none. Searching from several threads at once is safe.
///
///     firth::ExactIndex<firth::Cosine> index(table);
///     for (const auto& [id, score] : index.search(query, 10)) ...
///
/// Answers are sorted by score, then by id. They are the same alone and in a batch, and for any
/// number of threads: scores are those of the kernels for pairs, which also decide which of the
/// rows that are too near to each other to be told apart in passing belong to the answer.
template <Metric M = Cosine>
class ExactIndex {
public:
    ExactIndex() = default;

    /// Looks at every row once, or at `norms` alone where the rows' Euclidean norms are known: one
    /// a row. Throws `Error`, naming the row, for one that holds NaN or infinity or whose norm (for
    /// distances, its square) is beyond float32.
    explicit ExactIndex(TableView<const float> rows, std::span<const float> norms = {})
        : rows_(rows, norms) {}

    [[nodiscard]] TableView<const float> rows() const noexcept { return rows_.rows(); }

    /// What the metric makes of the norm of row `id` < rows().rows().
    [[nodiscard]] float term(std::size_t id) const noexcept { return rows_.term(id); }

    /// The rows with what the metric knows of them.
    [[nodiscard]] const ScoredRows<M>& scored() const noexcept { return rows_; }

    /// The rows nearest to `query`, best first. The query has dim() elements. Throws `Error` for a
    /// query of another length or one that is not finite, and for a bit set of another size.
    /// O(rows * dim).
    [[nodiscard]] std::vector<Neighbor> search(std::span<const float> query,
                                               const SearchOptions& options) const {
        const PreparedQuery prepared = rows_.prepare(query);
        rows_.check(options);
        Candidates found = scan(prepared, options);
        return rows_.rank(prepared, found.take(), options.k);
    }

    /// The `k` nearest; `excluded` ids are left out.
    [[nodiscard]] std::vector<Neighbor> search(std::span<const float> query, std::size_t k,
                                               std::span<const Id> excluded = {}) const {
        return search(query, {.k = k, .excluded = excluded});
    }

    /// The nearest rows in the caller's memory, as many as `into` holds; returns the part that was
    /// filled. `options.k` does not count.
    std::span<Neighbor> search_into(std::span<const float> query, std::span<Neighbor> into,
                                    SearchOptions options = {}) const {
        options.k = into.size();
        const std::vector<Neighbor> found = search(query, options);
        std::copy(found.begin(), found.end(), into.begin());
        return into.first(found.size());
    }

    /// All rows with a score of `least` or more, best first: for distances minus the square of the
    /// radius. `options.k` does not count. Throws as `search`.
    [[nodiscard]] std::vector<Neighbor> within(std::span<const float> query, float least,
                                               const SearchOptions& options = {}) const {
        const PreparedQuery prepared = rows_.prepare(query);
        rows_.check(options);
        std::vector<Candidate> found;
        const float floor = M::value_of(least, prepared.norm) - prepared.margin;
        for_blocks(prepared, 0, rows_.size(), floor, [&](const simd::Selected& selected, Id id) {
            if (rows_.may_be_found(id, options))
                found.push_back({id, selected.value, selected.value});
            return floor;
        });
        std::vector<Neighbor> ranked = rows_.rank(prepared, found, found.size());
        const auto end = std::find_if(ranked.begin(), ranked.end(),
                                      [&](const Neighbor& each) { return !(each.score >= least); });
        ranked.erase(end, ranked.end());
        return ranked;
    }

    /// `search` for each row of `queries`, spread over `options.threads`; queries of one thread
    /// share each block of rows while it is in cache.
    [[nodiscard]] std::vector<std::vector<Neighbor>>
    search_batch(TableView<const float> queries, const SearchOptions& options) const {
        std::vector<std::vector<Neighbor>> results(queries.rows());
        batch(queries, options, {},
              [&](std::size_t q, std::vector<Neighbor> found) { results[q] = std::move(found); });
        return results;
    }

    /// The `k` nearest of each; `excluded` is empty or has one list of ids a query.
    [[nodiscard]] std::vector<std::vector<Neighbor>>
    search_batch(TableView<const float> queries, std::size_t k,
                 std::span<const std::vector<Id>> excluded = {}, std::size_t threads = 1) const {
        if (!excluded.empty() && excluded.size() != queries.rows()) {
            throw Error("a batch of " + std::to_string(queries.rows()) + " queries has " +
                        std::to_string(excluded.size()) +
                        " lists of excluded ids, expected none or one a query");
        }
        std::vector<std::vector<Neighbor>> results(queries.rows());
        batch(queries, {.k = k, .threads = threads}, excluded,
              [&](std::size_t q, std::vector<Neighbor> found) { results[q] = std::move(found); });
        return results;
    }

    /// The same in the caller's memory: options.k neighbours a query, one query behind the other;
    /// where there are fewer rows, neighbours with the id `no_id` fill the rest. Throws `Error`
    /// where `into` has not queries.rows() * options.k of them.
    void search_batch_into(TableView<const float> queries, std::span<Neighbor> into,
                           const SearchOptions& options) const {
        if (options.k != 0
                ? into.size() / options.k != queries.rows() || into.size() % options.k != 0
                : !into.empty()) {
            throw Error("room for " + std::to_string(into.size()) + " neighbours, expected " +
                        std::to_string(options.k) + " for each of " +
                        std::to_string(queries.rows()) + " queries");
        }
        batch(queries, options, {}, [&](std::size_t q, const std::vector<Neighbor>& found) {
            const auto to = into.subspan(q * options.k, options.k);
            std::fill(std::copy(found.begin(), found.end(), to.begin()), to.end(),
                      Neighbor{no_id, -std::numeric_limits<float>::infinity()});
        });
    }

private:
    /// Rows that one query is held against at once: their scores stay in the first cache.
    static constexpr std::size_t block_rows = 512;

    /// Rows of a tile: its scores, 28 KB at most, stay in the first cache.
    static constexpr std::size_t tile_rows = 32;

    /// Calls `use(selected, id)` for the rows from `begin` to `end` whose value is not below the
    /// floor: `floor` at first, then what `use` returned last.
    template <class Use>
    void for_blocks(const PreparedQuery& query, std::size_t begin, std::size_t end, float floor,
                    Use&& use) const {
        const TableView<const float> table = rows_.rows();
        std::array<float, block_rows> scores;
        std::vector<simd::Selected> selected(block_rows);
        for (std::size_t first = begin; first < end; first += block_rows) {
            const std::size_t count = std::min(block_rows, end - first);
            simd::dot_many(query.vector.data(), table.data() + first * table.stride(),
                           table.stride(), count, table.dim(), scores.data());
            const std::size_t found = simd::select(
                {scores.data(), block_rows, 1, count, rows_.terms_from(first), M::row_term}, &floor,
                selected.data());
            for (std::size_t i = 0; i < found; ++i) {
                if (selected[i].value < floor) continue; // it rose within the block
                floor = use(selected[i], static_cast<Id>(first + selected[i].row));
            }
        }
    }

    /// A row's value as a candidate.
    static void offer(Candidates& candidates, Id id, float value, float margin) {
        candidates.offer({id, value - 0.5f * margin, value + 0.5f * margin});
    }

    /// The candidates for a single query, from all rows.
    [[nodiscard]] Candidates scan(const PreparedQuery& query, const SearchOptions& options) const {
        const auto scan_range = [&](std::size_t begin, std::size_t end, Candidates& candidates) {
            const auto floor = [&] { return candidates.floor() - 0.5f * query.margin; };
            for_blocks(query, begin, end, floor(), [&](const simd::Selected& selected, Id id) {
                if (rows_.may_be_found(id, options)) {
                    offer(candidates, id, selected.value, query.margin);
                }
                return floor();
            });
        };
        const std::size_t threads = resolve_threads(options.threads);
        const std::size_t part = round_up(rows_.size() / threads + 1, block_rows);
        if (threads == 1 || rows_.size() <= block_rows) {
            Candidates candidates(options.k);
            scan_range(0, rows_.size(), candidates);
            return candidates;
        }
        std::vector<Candidates> parts((rows_.size() + part - 1) / part, Candidates(options.k));
        run_workers(parts.size(), [&](std::size_t worker) {
            scan_range(worker * part, std::min(rows_.size(), (worker + 1) * part), parts[worker]);
        });
        for (std::size_t i = 1; i < parts.size(); ++i) {
            for (const Candidate& candidate : parts[i].take()) {
                parts[0].offer(candidate);
            }
        }
        return std::move(parts[0]);
    }

    /// Searches for all queries and calls `take(q, neighbours)`.
    template <class Take>
    void batch(TableView<const float> queries, const SearchOptions& options,
               std::span<const std::vector<Id>> excluded, Take&& take) const {
        rows_.check(options);
        detail::for_query_groups(queries.rows(), resolve_threads(options.threads),
                                 [&](std::size_t begin, std::size_t end) {
                                     search_group(queries, options, excluded, begin, end, take);
                                 });
    }

    template <class Take>
    void search_group(TableView<const float> queries, const SearchOptions& options,
                      std::span<const std::vector<Id>> excluded, std::size_t begin, std::size_t end,
                      Take&& take) const {
        const std::size_t count = end - begin;
        const TableView<const float> table = rows_.rows();
        const std::size_t dim = table.dim();
        std::vector<PreparedQuery> prepared;
        std::vector<SearchOptions> wanted(count, options);
        AlignedBuffer<float> vectors(count * dim);
        for (std::size_t q = 0; q < count; ++q) {
            prepared.push_back(rows_.prepare(queries[begin + q]));
            std::copy(prepared[q].vector.begin(), prepared[q].vector.end(),
                      vectors.data() + q * dim);
            if (!excluded.empty()) wanted[q].excluded = excluded[begin + q];
        }
        AlignedBuffer<std::uint32_t> packed(simd::packed_queries_size(count, dim));
        simd::pack_queries(vectors.data(), dim, count, dim, packed.data());
        AlignedBuffer<float> scores(count * tile_rows);
        std::vector<simd::Selected> selected(count * tile_rows);
        std::vector<Candidates> candidates(count, Candidates(options.k));
        std::vector<float> floors(count);
        const auto set_floor = [&](std::size_t q) {
            floors[q] = candidates[q].floor() - 0.5f * prepared[q].margin;
        };
        for (std::size_t q = 0; q < count; ++q) {
            set_floor(q);
        }
        for (std::size_t first = 0; first < rows_.size(); first += tile_rows) {
            const std::size_t rows = std::min(tile_rows, rows_.size() - first);
            detail::prefetch_rows(table, first + tile_rows, tile_rows);
            simd::score_tile(packed.data(), count, table.data() + first * table.stride(),
                             table.stride(), rows, dim, scores.data(), tile_rows);
            const std::size_t found = simd::select(
                {scores.data(), tile_rows, count, rows, rows_.terms_from(first), M::row_term},
                floors.data(), selected.data());
            for (std::size_t i = 0; i < found; ++i) {
                const auto [q, row, value] = selected[i];
                const Id id = static_cast<Id>(first + row);
                if (value < floors[q] || !rows_.may_be_found(id, wanted[q])) continue;
                offer(candidates[q], id, value, prepared[q].margin);
                set_floor(q);
            }
        }
        for (std::size_t q = 0; q < count; ++q) {
            take(begin + q, rows_.rank(prepared[q], candidates[q].take(), options.k));
        }
    }

    ScoredRows<M> rows_;
};

} // namespace firth
