#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <firth/search/candidate.hpp>
#include <firth/search/scorable_rows.hpp>
#include <firth/simd/select.hpp>
#include <firth/table/id.hpp>

namespace firth {

/// Rows that can be scanned: the few rows of a block that may be near to a group of queries are
/// found quickly, and only those are scored.
///
/// A scan goes by values, which rank rows as scores do but are computed roughly.
/// `floor_of(query, score)` is a floor for values: every row with that score or more reaches it. A
/// `Group` is made of the rows and some queries; one thread uses it, for some of the rows.
///
///  - `tile_rows()`: how many rows it takes at a time, a power of two up to 512.
///  - `threshold(q, floor)`: what a rough value for query q must reach where the value must reach
///    the floor.
///  - `select(first, count, thresholds, to)`: of `count` <= tile_rows() rows from row `first` on, a
///    multiple of tile_rows(), writes those whose rough value for query q is not below
///    thresholds[q] (NaN is not), as q, the row less `first`, and the value; returns their number.
///  - `candidate(selected, id)`: the bounds between which the value of such a row lies.
///
/// Rows that are scored one by one become scannable in two lines, by a `ScoreGroup`:
///
///     using Group = firth::ScoreGroup<ManhattanRows>;
///     float floor_of(const Query&, float score) const { return score; }
template <class R>
concept ScannableRows = ScorableRows<R> &&
    std::constructible_from<typename R::Group, const R&, std::span<const typename R::Query>> &&
    requires(const R& rows, const typename R::Query& query, typename R::Group& group,
             const typename R::Group& same, Id id, float floor, std::size_t n,
             const float* thresholds, simd::Selected* to, const simd::Selected& selected) {
    { rows.floor_of(query, floor) } -> std::same_as<float>;
    { same.tile_rows() } -> std::same_as<std::size_t>;
    { same.threshold(n, floor) } -> std::same_as<float>;
    { group.select(n, n, thresholds, to) } -> std::same_as<std::size_t>;
    { same.candidate(selected, id) } -> std::same_as<Candidate>;
};

/// The group of rows that have no quick values: each is scored for each query.
template <class Rows>
class ScoreGroup {
public:
    using Query = typename Rows::Query;

    ScoreGroup(const Rows& rows, std::span<const Query> queries) : rows_(&rows), queries_(queries) {
        static_assert(ScorableRows<Rows>);
    }

    [[nodiscard]] std::size_t tile_rows() const noexcept { return 64; }
    [[nodiscard]] float threshold(std::size_t, float floor) const noexcept { return floor; }

    std::size_t select(std::size_t first, std::size_t count, const float* thresholds,
                       simd::Selected* to) const {
        std::size_t found = 0;
        for (std::size_t q = 0; q < queries_.size(); ++q) {
            for (std::size_t row = 0; row < count; ++row) {
                const float score = rows_->score(queries_[q], static_cast<Id>(first + row));
                if (score < thresholds[q]) continue;
                to[found++] = {static_cast<std::uint32_t>(q), static_cast<std::uint32_t>(row),
                               score};
            }
        }
        return found;
    }

    [[nodiscard]] Candidate candidate(const simd::Selected& selected, Id id) const noexcept {
        return {id, selected.value, selected.value};
    }

private:
    const Rows* rows_;
    std::span<const Query> queries_;
};

} // namespace firth
