#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
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

    /// Looks at every row once. Throws `Error`, naming the row, for one that holds NaN or infinity
    /// or whose norm is beyond float32.
    explicit ExactIndex(TableView<const float> rows) : rows_(rows) {
        row_scales_.reserve(rows.rows());
        for (std::size_t id = 0; id < rows.rows(); ++id) {
            const float norm = simd::norm(rows[id]);
            if (!std::isfinite(norm)) {
                throw Error("row " + std::to_string(id) +
                            " holds NaN or infinity, or its norm is beyond float32; an index "
                            "takes finite numbers only");
            }
            row_scales_.push_back(M::scale(norm));
        }
    }

    [[nodiscard]] TableView<const float> rows() const noexcept { return rows_; }

    /// What the inner product of a query with each row is multiplied by: the metric's scale of its
    /// norm.
    [[nodiscard]] std::span<const float> row_scales() const noexcept { return row_scales_; }

    /// The `k` nearest rows of `query` (all where there are fewer), best first, ties by id;
    /// `excluded` ids are left out. The query has dim() elements. Throws `Error` for a query of
    /// another length or one that is not finite. O(rows * dim).
    [[nodiscard]] std::vector<Neighbor> search(std::span<const float> query, std::size_t k,
                                               std::span<const Id> excluded = {}) const {
        const AlignedBuffer<float> prepared = prepare(query);
        TopK best(std::min(k, rows_.rows()));
        float scores[block_rows];
        for (std::size_t first = 0; first < rows_.rows(); first += block_rows) {
            const std::size_t count = std::min(block_rows, rows_.rows() - first);
            score_block(prepared.data(), first, count, scores);
            offer_block(best, first, {scores, count}, excluded);
        }
        return best.take();
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

    /// The query scaled by the metric and padded with zeros.
    [[nodiscard]] AlignedBuffer<float> prepare(std::span<const float> query) const {
        AlignedBuffer<float> prepared(padded_dim<float>(rows_.dim()));
        prepare_into(query, prepared.data());
        return prepared;
    }

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

    /// The scores of one prepared query against `count` rows. `dot_many` here and `score_tile` in
    /// batches add in the same order, so that a query has the same answer alone and in a batch.
    void score_block(const float* query, std::size_t first, std::size_t count,
                     float* scores) const noexcept {
        const std::size_t dim = rows_.is_padded() ? rows_.stride() : rows_.dim();
        simd::dot_many(query, rows_.data() + first * rows_.stride(), rows_.stride(), count, dim,
                       scores);
        scale_scores(first, {scores, count});
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
        const std::size_t stride = padded_dim<float>(rows_.dim());
        AlignedBuffer<float> prepared(count * stride);
        AlignedBuffer<float> copied(rows_.is_padded() ? 0 : block_rows * stride);
        AlignedBuffer<float> scores(count * block_rows);
        std::vector<TopK> best;
        for (std::size_t q = 0; q < count; ++q) {
            prepare_into(queries[begin + q], prepared.data() + q * stride);
            best.emplace_back(std::min(k, rows_.rows()));
        }
        for (std::size_t first = 0; first < rows_.rows(); first += block_rows) {
            const std::size_t rows = std::min(block_rows, rows_.rows() - first);
            const float* block = rows_.data() + first * rows_.stride();
            if (!rows_.is_padded()) {
                for (std::size_t r = 0; r < rows; ++r) {
                    std::copy_n(block + r * rows_.stride(), rows_.dim(),
                                copied.data() + r * stride);
                }
                block = copied.data();
            }
            simd::score_tile(prepared.data(), stride, count, block, stride, rows, stride,
                             scores.data(), block_rows);
            for (std::size_t q = 0; q < count; ++q) {
                const std::span<float> of_query(scores.data() + q * block_rows, rows);
                scale_scores(first, of_query);
                offer_block(best[q], first, of_query,
                            excluded.empty() ? std::span<const Id>() : excluded[begin + q]);
            }
        }
        for (std::size_t q = 0; q < count; ++q) {
            results[begin + q] = best[q].take();
        }
    }

    TableView<const float> rows_;
    std::vector<float> row_scales_;
};

} // namespace firth
