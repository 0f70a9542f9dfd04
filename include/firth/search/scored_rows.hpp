#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <firth/base/config.hpp>
#include <firth/base/error.hpp>
#include <firth/search/candidates.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/top_k.hpp>
#include <firth/simd/dot.hpp>
#include <firth/table/matrix_view.hpp>
#include <firth/table/vocabulary.hpp>

namespace firth {

/// What to look for.
struct SearchOptions {
    std::size_t k = 10; ///< how many rows; all where there are fewer

    /// Rows that are left out; few.
    std::span<const Id> excluded{};

    /// A bit set of the rows that may be found, bit id % 64 of word id / 64; empty: all.
    std::span<const std::uint64_t> allowed{};

    /// Says which rows may be found; asked for those only that come into question, from any thread.
    std::function<bool(Id)> filter{};

    std::size_t threads = 1; ///< 0: all of the machine's
};

namespace detail {

/// Asks for rows that will be looked at soon, while others are.
template <class T>
void prefetch_rows(TableView<const T> table, std::size_t first, std::size_t count) noexcept {
    // The rest of longer rows comes by itself, once the processor sees them read in order.
    const std::size_t bytes = std::min<std::size_t>(4096, table.dim() * sizeof(T));
    const std::size_t end = std::min(first + count, table.rows());
    for (std::size_t id = first; id < end; ++id) {
        const char* const row = reinterpret_cast<const char*>(table[id].data());
        for (std::size_t at = 0; at < bytes; at += 64) {
            FIRTH_PREFETCH_READ(row + at);
        }
    }
}

} // namespace detail

/// A query, ready to be held against rows.
struct PreparedQuery {
    std::vector<float> vector; ///< multiplied by its factor
    float norm = 0;            ///< before
    float margin = 0;          ///< a value is off by at most half of that
};

/// Rows with what a metric makes of their norms: the part that all indexes share. Scores of pairs
/// are computed here and nowhere else, so that every way to an answer ends in the same one.
template <Metric M>
class ScoredRows {
public:
    static constexpr bool has_terms = M::row_term != simd::RowTerm::none;

    ScoredRows() = default;

    /// Looks at every row once, or at `norms` alone where the rows' Euclidean norms are known: one
    /// a row. Throws `Error`, naming the row, for one that holds NaN or infinity or whose norm (for
    /// distances, its square) is beyond float32.
    explicit ScoredRows(TableView<const float> rows, std::span<const float> norms = {})
        : rows_(rows) {
        if (!norms.empty() && norms.size() != rows.rows()) {
            throw Error(std::to_string(norms.size()) + " norms cannot belong to " +
                        std::to_string(rows.rows()) + " rows");
        }
        if (has_terms) terms_.reserve(rows.rows());
        for (std::size_t id = 0; id < rows.rows(); ++id) {
            const float norm = norms.empty() ? simd::norm(rows[id]) : norms[id];
            if (!std::isfinite(norm) || !std::isfinite(M::term(norm))) {
                throw Error("row " + std::to_string(id) +
                            " holds NaN or infinity, or its norm is beyond float32; an index "
                            "takes finite numbers only");
            }
            if (has_terms) terms_.push_back(M::term(norm));
            if (M::row_term == simd::RowTerm::factor) {
                largest_factor_ = std::max(largest_factor_, M::term(norm));
            }
            longest_ = std::max(longest_, norm);
        }
    }

    [[nodiscard]] TableView<const float> rows() const noexcept { return rows_; }
    [[nodiscard]] std::size_t size() const noexcept { return rows_.rows(); }

    /// What the metric makes of the norm of row `id` < size().
    [[nodiscard]] float term(std::size_t id) const noexcept {
        return has_terms ? terms_[id] : M::term(0.0f);
    }

    /// The terms from row `id` on; null where the metric has none.
    [[nodiscard]] const float* terms_from(std::size_t id) const noexcept {
        return has_terms ? terms_.data() + id : nullptr;
    }

    /// The largest norm of a row.
    [[nodiscard]] float longest() const noexcept { return longest_; }

    /// Throws `Error` for a query of another length or one that is not finite.
    [[nodiscard]] PreparedQuery prepare(std::span<const float> query) const {
        if (query.size() != rows_.dim()) {
            throw Error("the query has " + std::to_string(query.size()) +
                        " elements, expected the index's dim, " + std::to_string(rows_.dim()));
        }
        PreparedQuery prepared;
        prepared.norm = simd::norm(query);
        if (!std::isfinite(prepared.norm) ||
            !std::isfinite(M::magnitude(prepared.norm, longest_))) {
            throw Error("the query holds NaN or infinity, or its norm is beyond float32; expected "
                        "finite numbers");
        }
        const float factor = M::query_factor(prepared.norm);
        prepared.vector.assign(query.begin(), query.end());
        for (float& value : prepared.vector) {
            value *= factor;
        }
        // A value and the score differ by no more than the sum of the bounds that `dot`,
        // `squared_l2` and `score_tile` state, and some roundings more; with room. Twice that,
        // since either of two rows that are compared may be off.
        const float rounding = (1024.0f + static_cast<float>(rows_.dim()) / 4.0f) * 0x1.0p-24f;
        // Products that leave float32's range at its lower end lose up to 2^-150 each.
        const float lost = static_cast<float>(rows_.dim()) * 0x1.0p-146f;
        prepared.margin = rounding * M::magnitude(prepared.norm, longest_) + lost * largest_factor_;
        return prepared;
    }

    /// Throws `Error` for a bit set of another size.
    void check(const SearchOptions& options) const {
        if (options.allowed.empty() || options.allowed.size() * 64 >= rows_.rows()) return;
        throw Error("a bit set of " + std::to_string(options.allowed.size()) +
                    " words of 64 rows, expected one of " +
                    std::to_string((rows_.rows() + 63) / 64));
    }

    /// What the options say of a row.
    static bool may_be_found(Id id, const SearchOptions& options) {
        if (!options.allowed.empty() && (options.allowed[id / 64] >> (id % 64) & 1) == 0) {
            return false;
        }
        if (std::find(options.excluded.begin(), options.excluded.end(), id) !=
            options.excluded.end()) {
            return false;
        }
        return !options.filter || options.filter(id);
    }

    /// The `k` best candidates by the scores that decide.
    [[nodiscard]] std::vector<Neighbor> rank(const PreparedQuery& query,
                                             const std::vector<Candidate>& candidates,
                                             std::size_t k) const {
        std::vector<Neighbor> found;
        found.reserve(candidates.size());
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            // Candidates lie anywhere in the table: the next row comes while this one is scored.
            if (i + 1 < candidates.size()) detail::prefetch_rows(rows_, candidates[i + 1].id, 1);
            const Id id = candidates[i].id;
            found.push_back({id, M::score(query.vector, rows_[id], term(id))});
        }
        const std::size_t count = std::min(k, found.size());
        std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count),
                          found.end(), ranks_before);
        found.resize(count);
        return found;
    }

private:
    TableView<const float> rows_;
    std::vector<float> terms_;
    float longest_ = 0;
    float largest_factor_ = 1;
};

} // namespace firth
