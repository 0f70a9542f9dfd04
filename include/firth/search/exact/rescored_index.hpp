#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/parallel.hpp>
#include <firth/search/codes/float_rows.hpp>
#include <firth/search/detail/candidates.hpp>
#include <firth/search/exact/detail/answers.hpp>
#include <firth/search/exact/detail/scan.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/search_options.hpp>
#include <firth/search/top_k.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// Approximate search in two steps: `Coarse`, an index over the same rows in a smaller format,
/// finds some times as many rows as are asked for, and their scores in float32 rank them. The
/// float32 rows, whose memory is touched for those only, may lie in a mapped file.
///
///     const firth::BitTable bits(table);
///     const firth::RescoredIndex<firth::ExactIndex<firth::Hamming, firth::BitTable>> index(
///         firth::ExactIndex<firth::Hamming, firth::BitTable>(bits), table);
///     index.search(query, {.k = 10}, 8); // of the 80 nearest by their signs
///
/// What it misses are rows that are not among those; `recall` (eval/recall.hpp) says how many.
/// There is no `within`: scores of the coarse index do not say which rows a radius in float32
/// holds.
template <class Coarse, Metric M = Cosine>
class RescoredIndex {
public:
    RescoredIndex() = default;

    /// Refers to `rows`, and looks at every one once, or at `norms` alone where the rows' Euclidean
    /// norms are known: one a row. Throws `Error` where the two have not as many rows, and as
    /// `ExactIndex`.
    RescoredIndex(Coarse coarse, TableView<const float> rows, std::span<const float> norms = {})
        : coarse_(std::move(coarse)), rows_(rows, norms) {
        if (coarse_.scored().size() != rows.rows()) {
            throw Error("an index of " + std::to_string(coarse_.scored().size()) +
                        " rows cannot be rescored by " + std::to_string(rows.rows()) + " rows");
        }
    }

    [[nodiscard]] const Coarse& coarse() const noexcept { return coarse_; }

    /// The k best by their scores in float32 among the `factor` * k that the coarse index finds.
    /// Throws as `ExactIndex::search`, and `OptionError` for a factor of 0.
    [[nodiscard]] std::vector<Neighbor> search(std::span<const float> query,
                                               const SearchOptions& options = {},
                                               std::size_t factor = 4) const {
        return rank(query, coarse_.search(query, more(options, factor)), options.k);
    }

    /// The `k` best, a whole number; `excluded` ids are left out.
    template <std::integral K>
    [[nodiscard]] std::vector<Neighbor> search(std::span<const float> query, K k,
                                               std::span<const Id> excluded = {},
                                               std::size_t factor = 4) const {
        return search(query, {.k = static_cast<std::size_t>(k), .excluded = excluded}, factor);
    }

    /// The best in the caller's memory, as many as `into` holds; returns the part that was filled.
    /// `options.k` does not count.
    std::span<Neighbor> search_into(std::span<const float> query, std::span<Neighbor> into,
                                    SearchOptions options = {}, std::size_t factor = 4) const {
        options.k = into.size();
        return detail::copy_answer(search(query, options, factor), into);
    }

    /// `search` for each row of `queries`, spread over `options.threads`.
    [[nodiscard]] std::vector<std::vector<Neighbor>> search_batch(TableView<const float> queries,
                                                                  const SearchOptions& options = {},
                                                                  std::size_t factor = 4) const {
        return rank_all(queries, coarse_.search_batch(queries, more(options, factor)), options);
    }

    /// The `k` best of each; `excluded` is empty or has one list of ids a query.
    template <std::integral K>
    [[nodiscard]] std::vector<std::vector<Neighbor>>
    search_batch(TableView<const float> queries, K k,
                 std::span<const std::vector<Id>> excluded = {}, std::size_t threads = 1,
                 std::size_t factor = 4) const {
        const SearchOptions options{.k = static_cast<std::size_t>(k), .threads = threads};
        return rank_all(
            queries,
            coarse_.search_batch(queries, more(options, factor).k, excluded, options.threads),
            options);
    }

    /// `search_batch` in the caller's memory, as `ExactIndex::search_batch_into`.
    void search_batch_into(TableView<const float> queries, std::span<Neighbor> into,
                           const SearchOptions& options = {}, std::size_t factor = 4) const {
        detail::check_room(into.size(), queries.rows(), options.k);
        const auto found = search_batch(queries, options, factor);
        for (std::size_t q = 0; q < found.size(); ++q) {
            detail::copy_answer_of(q, options.k, found[q], into);
        }
    }

private:
    [[nodiscard]] std::vector<std::vector<Neighbor>>
    rank_all(TableView<const float> queries, std::vector<std::vector<Neighbor>> found,
             const SearchOptions& options) const {
        parallel_for(found.size(), 16, resolve_threads(options.threads),
                     [&](std::size_t begin, std::size_t end) {
                         for (std::size_t q = begin; q < end; ++q) {
                             found[q] = rank(queries[q], found[q], options.k);
                         }
                     });
        return found;
    }

    [[nodiscard]] SearchOptions more(SearchOptions options, std::size_t factor) const {
        if (factor == 0) throw OptionError("the factor is 0, expected 1 or more");
        const std::size_t k = (std::min)(options.k, rows_.size());
        options.k = (std::min)(factor, rows_.size()) * k;
        return options;
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
};

} // namespace firth
