#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/error.hpp>
#include <firth/base/parallel.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/top_k.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/score_tile.hpp>
#include <firth/table/matrix_view.hpp>
#include <firth/table/vocabulary.hpp>

namespace firth {

/// Finds the rows nearest to a query by looking at all of them: exact, and as fast as memory is
/// read. Refers to rows that must outlive it and keep their values; stores one float a row beside
/// them. Searching from several threads at once is safe.
///
///     firth::ExactIndex<firth::Cosine> index(table);
///     for (const auto& [id, score] : index.search(query, 10)) ...
template <Metric M = Cosine>
class ExactIndex {
public:
    ExactIndex() = default;

    /// Looks at every row once, or at `norms` alone where the rows' Euclidean norms are known: one
    /// a row. Throws `Error`, naming the row, for one that holds NaN or infinity or whose norm is
    /// beyond float32.
    explicit ExactIndex(TableView<const float> rows, std::span<const float> norms = {})
        : rows_(rows) {
        if (!norms.empty() && norms.size() != rows.rows()) {
            throw Error(std::to_string(norms.size()) + " norms cannot belong to " +
                        std::to_string(rows.rows()) + " rows");
        }
        row_scales_.reserve(rows.rows());
        for (std::size_t id = 0; id < rows.rows(); ++id) {
            const float norm = norms.empty() ? simd::norm(rows[id]) : norms[id];
            if (!std::isfinite(norm)) {
                throw Error("row " + std::to_string(id) +
                            " holds NaN or infinity, or its norm is beyond float32; an index "
                            "takes finite numbers only");
            }
            row_scales_.push_back(M::scale(norm));
            longest_ = std::max(longest_, norm * row_scales_.back());
        }
    }

    [[nodiscard]] TableView<const float> rows() const noexcept { return rows_; }

    /// What the inner product of a query with each row is multiplied by: the metric's scale of its
    /// norm.
    [[nodiscard]] std::span<const float> row_scales() const noexcept { return row_scales_; }

    /// The `k` nearest rows of `query` (all where there are fewer), best first, ties by id;
    /// `excluded` ids are left out. The query has dim() elements. Throws `Error` for a query of
    /// another length or one that is not finite. The answer is the same alone and in a batch.
    /// O(rows * dim).
    [[nodiscard]] std::vector<Neighbor> search(std::span<const float> query, std::size_t k,
                                               std::span<const Id> excluded = {}) const {
        std::vector<float> prepared(rows_.dim());
        prepare_into(query, prepared.data());
        TopK best(candidates(k));
        float scores[block_rows];
        for (std::size_t first = 0; first < rows_.rows(); first += block_rows) {
            const std::size_t count = std::min(block_rows, rows_.rows() - first);
            simd::dot_many(prepared.data(), rows_.data() + first * rows_.stride(), rows_.stride(),
                           count, rows_.dim(), scores);
            scale_scores(first, {scores, count});
            offer_block(best, first, {scores, count}, excluded);
        }
        return settle(prepared, best, k, excluded);
    }

    /// `search` for each row of `queries`; `excluded` is empty or has one list of ids a query.
    /// Queries share each block of rows while it is in cache and are spread over `threads` (0: all
    /// of the machine's); the answers are the same for any number of threads.
    [[nodiscard]] std::vector<std::vector<Neighbor>>
    search_batch(TableView<const float> queries, std::size_t k,
                 std::span<const std::vector<Id>> excluded = {}, std::size_t threads = 1) const {
        if (!excluded.empty() && excluded.size() != queries.rows()) {
            throw Error("a batch of " + std::to_string(queries.rows()) + " queries has " +
                        std::to_string(excluded.size()) +
                        " lists of excluded ids, expected none or one a query");
        }
        std::vector<std::vector<Neighbor>> results(queries.rows());
        parallel_for(queries.rows(), batch_queries, resolve_threads(threads),
                     [&](std::size_t begin, std::size_t end) {
                         search_group(queries, k, excluded, begin, end, results);
                     });
        return results;
    }

private:
    static constexpr std::size_t block_rows = 256;
    static constexpr std::size_t batch_queries = 96;

    /// Writes the query scaled by the metric.
    void prepare_into(std::span<const float> query, float* to) const {
        if (query.size() != rows_.dim()) {
            throw Error("the query has " + std::to_string(query.size()) +
                        " elements, expected the index's dim, " + std::to_string(rows_.dim()));
        }
        const float norm = simd::norm(query);
        if (!std::isfinite(norm)) {
            throw Error("the query holds NaN or infinity, or its norm is beyond float32; expected "
                        "finite numbers");
        }
        const float factor = M::scale(norm);
        for (std::size_t i = 0; i < query.size(); ++i) {
            to[i] = query[i] * factor;
        }
    }

    /// Scales the inner products of the rows from `first` on.
    void scale_scores(std::size_t first, std::span<float> scores) const noexcept {
        for (std::size_t i = 0; i < scores.size(); ++i) {
            scores[i] *= row_scales_[first + i];
        }
    }

    static void offer_block(TopK& best, std::size_t first, std::span<const float> scores,
                            std::span<const Id> excluded) {
        std::size_t from = 0;
        // Excluded ids are few: the block is offered in the stretches between them.
        while (from < scores.size()) {
            std::size_t to = scores.size();
            for (const Id id : excluded) {
                if (id >= first + from && id < first + to) to = id - first;
            }
            best.offer_all(static_cast<Id>(first + from), scores.subspan(from, to - from));
            from = to + 1;
        }
    }

    void search_group(TableView<const float> queries, std::size_t k,
                      std::span<const std::vector<Id>> excluded, std::size_t begin, std::size_t end,
                      std::vector<std::vector<Neighbor>>& results) const {
        const std::size_t count = end - begin;
        const std::size_t dim = rows_.dim();
        AlignedBuffer<float> prepared(count * dim);
        AlignedBuffer<std::uint32_t> packed(simd::packed_queries_size(count, dim));
        AlignedBuffer<float> scores(count * block_rows);
        std::vector<TopK> best(count, TopK(candidates(k)));
        const auto excluded_of = [&](std::size_t q) {
            return excluded.empty() ? std::span<const Id>() : excluded[begin + q];
        };
        for (std::size_t q = 0; q < count; ++q) {
            prepare_into(queries[begin + q], prepared.data() + q * dim);
        }
        simd::pack_queries(prepared.data(), dim, count, dim, packed.data());
        for (std::size_t first = 0; first < rows_.rows(); first += block_rows) {
            const std::size_t rows = std::min(block_rows, rows_.rows() - first);
            simd::score_tile(packed.data(), count, rows_.data() + first * rows_.stride(),
                             rows_.stride(), rows, dim, scores.data(), block_rows);
            for (std::size_t q = 0; q < count; ++q) {
                const std::span<float> of_query(scores.data() + q * block_rows, rows);
                scale_scores(first, of_query);
                offer_block(best[q], first, of_query, excluded_of(q));
            }
        }
        for (std::size_t q = 0; q < count; ++q) {
            results[begin + q] =
                settle({prepared.data() + q * dim, dim}, best[q], k, excluded_of(q));
        }
    }

    /// The number of rows to keep for an answer of `k`: some more, among which the last digits of
    /// the scores decide.
    [[nodiscard]] std::size_t candidates(std::size_t k) const noexcept {
        constexpr std::size_t spare = 8;
        return k < rows_.rows() - std::min(spare, rows_.rows()) ? k + spare : rows_.rows();
    }

    /// The score that decides: the same kernel for every row, whichever way it was found.
    [[nodiscard]] float canonical_score(std::span<const float> query,
                                        std::size_t id) const noexcept {
        return simd::dot(query, rows_[id]) * row_scales_[id];
    }

    /// The answer from the best candidates. One query and many add in different orders, so that
    /// their scores differ in the last digits; canonical scores make the answers the same. A row
    /// that is no candidate cannot belong to them unless it comes within the rounding errors of the
    /// k-th, and where one might, all rows are asked.
    [[nodiscard]] std::vector<Neighbor> settle(std::span<const float> query, TopK& best,
                                               std::size_t k, std::span<const Id> excluded) const {
        std::vector<Neighbor> found = best.take();
        const std::size_t kept = found.size();
        const float least = kept == 0 ? 0.0f : found.back().score;
        for (Neighbor& neighbor : found) {
            neighbor.score = canonical_score(query, neighbor.id);
        }
        std::sort(found.begin(), found.end(), ranks_before);
        found.resize(std::min(k, kept));
        if (found.empty() || kept < candidates(k) || kept == rows_.rows()) return found;
        // The sum of the bounds that `dot` and `score_tile` state, with room.
        const float rounding = (512.0f + static_cast<float>(rows_.dim()) / 8.0f) * 0x1.0p-24f;
        const float margin = rounding * simd::norm(query) * longest_;
        if (found.back().score > least + margin) return found;
        TopK all(k);
        for (std::size_t id = 0; id < rows_.rows(); ++id) {
            if (std::find(excluded.begin(), excluded.end(), id) != excluded.end()) continue;
            all.offer({static_cast<Id>(id), canonical_score(query, id)});
        }
        return all.take();
    }

    TableView<const float> rows_;
    std::vector<float> row_scales_;
    float longest_ = 0; ///< the largest norm of a row, scaled by the metric
};

} // namespace firth
