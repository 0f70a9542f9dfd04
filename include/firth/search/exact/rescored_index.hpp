#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/messages.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/thread_pool.hpp>
#include <firth/search/candidate.hpp>
#include <firth/search/codes/float_rows.hpp>
#include <firth/search/detail/index_calls.hpp>
#include <firth/search/exact/detail/scan.hpp>
#include <firth/search/exact/exact_index.hpp>
#include <firth/search/index.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/neighbor.hpp>
#include <firth/search/search_options.hpp>
#include <firth/table/bit_table.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// Settings of a `RescoredIndex`.
struct RescoringOptions {
    std::size_t factor = 4;         ///< how many times k rows are scored in float32; 1 or more
    std::span<const float> norms{}; ///< the rows' Euclidean norms where they are known: one a row
};

/// Approximate search in two steps: `Coarse`, an index over the same rows in a smaller format,
/// finds several times as many rows as asked for, and their scores in float32 rank them. Only those
/// are read of the float32 rows, which may lie in a mapped file.
///
///     const firth::BitTable bits(table);
///     using Signs = firth::ExactIndex<firth::Hamming, firth::BitTable>;
///     const firth::RescoredIndex<Signs> index(Signs(bits), table, {.factor = 8});
///     index.search(query, {.k = 10}); // of the 80 nearest by their signs
///
/// It misses rows that are not among those; `recall` (eval/recall.hpp) says how many.
template <IdIndex Coarse, Metric M = Cosine>
class RescoredIndex : public detail::IndexCalls<RescoredIndex<Coarse, M>, Id> {
public:
    using MetricType = M;

    RescoredIndex() = default;

    /// Refers to `rows`, and reads each of them once, or only the norms where they are given.
    /// Throws `Error` where the index or the norms have a different number of rows, and what
    /// `ExactIndex` throws; `OptionError` for a factor of 0.
    RescoredIndex(Coarse coarse, TableView<const float> rows, const RescoringOptions& options = {})
        : coarse_(std::move(coarse)), rows_(rows, options.norms), factor_(options.factor) {
        detail::require_option(factor_ >= 1, "factor", factor_, "1 or more");
        if (coarse_.size() != rows.rows()) {
            throw Error("an index of " + std::to_string(coarse_.size()) +
                        " rows cannot be rescored by " + std::to_string(rows.rows()) + " rows");
        }
    }

    [[nodiscard]] const Coarse& coarse() const noexcept { return coarse_; }
    [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
    [[nodiscard]] std::size_t dim() const noexcept { return rows_.dim(); }

private:
    friend detail::IndexCalls<RescoredIndex<Coarse, M>, Id>;

    template <class Take>
    void search_all(TableView<const float> queries, const SearchOptions& options,
                    Take&& take) const {
        SearchOptions more = options;
        const std::size_t k = (std::min)(options.k, rows_.size());
        more.k = (std::min)(factor_, rows_.size()) * k;
        const auto found = coarse_.search_batch(queries, more);
        parallel_for(found.size(), 16, Workers(options.threads, options.pool),
                     [&](std::size_t begin, std::size_t end) {
                         for (std::size_t q = begin; q < end; ++q) {
                             take(q, rank(queries[q], found[q], options.k));
                         }
                     });
    }

    [[nodiscard]] std::vector<Neighbor>
    rank(std::span<const float> query, const std::vector<Neighbor>& found, std::size_t k) const {
        std::vector<Candidate> candidates;
        candidates.reserve(found.size());
        for (const Neighbor& each : found) {
            candidates.push_back({each.id});
        }
        return detail::rank(rows_, rows_.prepare(query), candidates, k);
    }

    Coarse coarse_;
    FloatRows<M> rows_;
    std::size_t factor_ = 1;
};

static_assert(IdIndex<RescoredIndex<ExactIndex<Hamming, BitTable>>>);

} // namespace firth
