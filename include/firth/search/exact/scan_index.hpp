#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <firth/search/detail/candidates.hpp>
#include <firth/search/detail/index_calls.hpp>
#include <firth/search/exact/detail/scan.hpp>
#include <firth/search/neighbor.hpp>
#include <firth/search/scannable_rows.hpp>
#include <firth/search/search_options.hpp>
#include <firth/table/id.hpp>

namespace firth {

/// Exact search over rows of any kind, yours too, by looking at all of them; `ExactIndex` is it
/// over the library's tables. Searching from several threads at once is safe. O(rows * dim).
///
///     const firth::ScanIndex index(ManhattanRows{table});   // see `ScorableRows`
///     for (const auto& [id, score] : index.search(query, 10)) ...
///
/// Answers are sorted by score, then by id. They are the same alone and in a batch, and for any
/// number of threads: `Rows::score` decides which rows belong to the answer.
template <ScannableRows Rows>
class ScanIndex : public detail::IndexCalls<ScanIndex<Rows>, Id> {
public:
    ScanIndex() = default;
    explicit ScanIndex(Rows rows) : rows_(std::move(rows)) {}

    [[nodiscard]] const Rows& rows() const noexcept { return rows_; }
    [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
    [[nodiscard]] std::size_t dim() const noexcept { return rows_.dim(); }

    /// All rows with a score of `least` or more, best first: for distances minus the square of the
    /// radius. `options.k` does not count. Throws as `search`.
    [[nodiscard]] std::vector<Neighbor> within(std::span<const float> query, float least,
                                               const SearchOptions& options = {}) const {
        return detail::within(rows_, query, least, options);
    }

private:
    friend detail::IndexCalls<ScanIndex<Rows>, Id>;

    template <class Queries, class Take>
    void search_all(const Queries& queries, const SearchOptions& options, Take&& take) const {
        using Query = typename Rows::Query;
        detail::scan(
            rows_, queries, options, [&](const Query&) { return Candidates(options.k); },
            [&](std::size_t q, const Query& query, Candidates& candidates) {
                take(q, detail::rank(rows_, query, candidates.take(), options.k));
            });
    }

    Rows rows_;
};

} // namespace firth
