#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <tsl/robin_map.h>

#include <firth/base/error.hpp>
#include <firth/base/fair_shared_mutex.hpp>
#include <firth/search/candidate.hpp>
#include <firth/search/codes/detail/row_terms.hpp>
#include <firth/search/codes/growing_rows.hpp>
#include <firth/search/detail/candidates.hpp>
#include <firth/search/detail/index_calls.hpp>
#include <firth/search/exact/detail/scan.hpp>
#include <firth/search/index.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/neighbor.hpp>
#include <firth/search/search_options.hpp>
#include <firth/simd/dot.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// Exact search over rows that come and go. It owns its rows. Each has a label that its user
/// chooses: a number, a string or anything with `std::hash` and an order.
///
///     firth::GrowingIndex<firth::Cosine> index(100);
///     index.add(4711, vector);
///     for (const auto& [label, score] : index.search(query, {.k = 10})) ...
///     index.remove(4711);
///
/// Any number of threads may search, add, update and remove at once. Searches run side by side; a
/// change waits for those that run, and a search that begins after it sees all of it. Answers are
/// those of `ExactIndex` over the same rows, except that of equal scores the smaller label comes
/// first. Beside rows it stores their terms and labels, and about 30 bytes a row to find labels.
///
/// With labels of the type `Id` it is an index of ids (`IdIndex`), for everything that takes one,
/// such as words by their ids. Filters must not call the index.
///
/// Functions throw `Error` for a vector of another length than dim() or one that is not finite (or
/// whose norm, for distances its square, is beyond float32), and `std::bad_alloc`; then nothing has
/// changed.
template <Metric M = Cosine, class Label = std::uint64_t>
    requires std::totally_ordered<Label>
class GrowingIndex : public detail::IndexCalls<GrowingIndex<M, Label>, Label> {
    using Calls = detail::IndexCalls<GrowingIndex<M, Label>, Label>;

public:
    using MetricType = M;
    using typename Calls::Neighbors;
    using typename Calls::Options;

    /// An empty index for vectors of `dim` elements. Throws `OptionError` for a dim of 0 or above
    /// `max_dim`.
    explicit GrowingIndex(std::size_t dim)
        : rows_(dim), mutex_(std::make_unique<FairSharedMutex>()) {}

    [[nodiscard]] std::size_t dim() const noexcept { return rows_.dim(); }

    [[nodiscard]] std::size_t size() const {
        const std::shared_lock lock(*mutex_);
        return rows_.size();
    }

    [[nodiscard]] bool contains(const Label& label) const {
        const std::shared_lock lock(*mutex_);
        return places_.contains(label);
    }

    /// A copy of the row with that label. Throws `Error` where there is none.
    [[nodiscard]] std::vector<float> vector(const Label& label) const {
        const std::shared_lock lock(*mutex_);
        const auto row = rows_.row(place_of(label));
        return {row.begin(), row.end()};
    }

    /// Adds a row. Throws `Error` where its label is in use.
    void add(const Label& label, std::span<const float> row) {
        const float norm = checked_norm(row);
        const std::unique_lock lock(*mutex_);
        insert(label, row, norm);
    }

    /// Adds rows, one label each: all, or none where one of them cannot be added.
    void add(std::span<const Label> labels, TableView<const float> rows) {
        if (labels.size() != rows.rows()) {
            throw Error(std::to_string(labels.size()) + " labels cannot belong to " +
                        std::to_string(rows.rows()) + " rows");
        }
        std::vector<float> norms;
        norms.reserve(labels.size());
        for (std::size_t i = 0; i < labels.size(); ++i) {
            norms.push_back(checked_norm(rows[i]));
        }
        const std::unique_lock lock(*mutex_);
        const std::size_t before = rows_.size();
        try {
            for (std::size_t i = 0; i < labels.size(); ++i) {
                insert(labels[i], rows[i], norms[i]);
            }
        } catch (...) {
            while (rows_.size() > before) {
                drop_last();
            }
            throw;
        }
    }

    /// Gives the row with that label new values. Throws `Error` where there is none.
    void update(const Label& label, std::span<const float> row) {
        const float norm = checked_norm(row);
        const std::unique_lock lock(*mutex_);
        rows_.replace(place_of(label), row, norm);
    }

    /// Removes the row with that label. Throws `Error` where there is none. O(dim).
    void remove(const Label& label) {
        const std::unique_lock lock(*mutex_);
        const Id place = place_of(label);
        const std::size_t last = rows_.size() - 1;
        if (place != last) {
            // The last row takes its place.
            rows_.replace(place, rows_.row(last), simd::norm(rows_.row(last)));
            std::swap(labels_[place], labels_[last]);
            places_[labels_[place]] = place;
        }
        drop_last();
    }

    /// All rows with a score of `least` or more, best first: for distances minus the square of the
    /// radius. `options.k` does not count. Throws as `search`.
    [[nodiscard]] Neighbors within(std::span<const float> query, float least,
                                   const Options& options = {}) const {
        const std::shared_lock lock(*mutex_);
        const ByPlace by_place(*this, options, 1);
        return with_labels(detail::within(rows_, query, least, by_place.options));
    }

    /// All rows at one moment: the index cannot change while it lives.
    class Reader {
    public:
        [[nodiscard]] std::size_t size() const noexcept { return index_->rows_.size(); }

        /// The label and the row at a place < size(), in no particular order.
        [[nodiscard]] const Label& label(std::size_t place) const noexcept {
            return index_->labels_[place];
        }
        [[nodiscard]] std::span<const float> row(std::size_t place) const noexcept {
            return index_->rows_.row(place);
        }

    private:
        friend GrowingIndex;
        explicit Reader(const GrowingIndex& index) : index_(&index), lock_(*index.mutex_) {}

        const GrowingIndex* index_;
        std::shared_lock<FairSharedMutex> lock_;
    };
    [[nodiscard]] Reader read() const { return Reader(*this); }

private:
    [[nodiscard]] float checked_norm(std::span<const float> row) const {
        detail::check_length("vector", row.size(), dim());
        const float norm = simd::norm(row);
        if (!RowTerms<M>::is_valid(norm)) RowTerms<M>::refuse("the vector");
        return norm;
    }

    [[nodiscard]] Id place_of(const Label& label) const {
        const auto found = places_.find(label);
        if (found == places_.end()) throw Error("no row" + detail_of(label));
        return found->second;
    }

    /// " has the label ...", where a label can be written.
    [[nodiscard]] static std::string detail_of(const Label& label) {
        if constexpr (std::integral<Label>) {
            return " has the label " + std::to_string(label);
        } else if constexpr (std::convertible_to<const Label&, std::string>) {
            return " has the label \"" + std::string(label) + "\"";
        } else {
            return " has this label";
        }
    }

    void insert(const Label& label, std::span<const float> row, float norm) {
        if (rows_.size() == max_rows) {
            throw Error("an index of " + std::to_string(max_rows) + " rows is full");
        }
        const auto place = static_cast<Id>(rows_.size());
        labels_.push_back(label);
        try {
            if (!places_.emplace(label, place).second) {
                throw Error("another row" + detail_of(label));
            }
            try {
                rows_.push_back(row, norm);
            } catch (...) {
                places_.erase(label);
                throw;
            }
        } catch (...) {
            labels_.pop_back();
            throw;
        }
    }

    void drop_last() noexcept {
        places_.erase(labels_.back());
        labels_.pop_back();
        rows_.pop_back();
    }

    friend Calls;

    /// Options by places, while no row moves.
    struct ByPlace {
        SearchOptions options;
        std::vector<Id> excluded;
        std::vector<std::vector<Id>> excluded_each;

        ByPlace(const GrowingIndex& index, const Options& by_label, std::size_t queries)
            : excluded(index.places_of(by_label.excluded)) {
            check_options(by_label, 0, queries); // a bit set need not reach the largest label
            for (const std::vector<Label>& each : by_label.excluded_each) {
                excluded_each.push_back(index.places_of(each));
            }
            options = {.k = by_label.k,
                       .excluded = excluded,
                       .excluded_each = excluded_each,
                       .threads = by_label.threads,
                       .pool = by_label.pool};
            if (by_label.filter || !by_label.allowed.empty()) {
                options.filter = [&index, rest = Options{.allowed = by_label.allowed,
                                                         .filter = by_label.filter}](Id place) {
                    return may_be_found(index.labels_[place], rest);
                };
            }
        }
        ByPlace(const ByPlace&) = delete;
    };

    /// The places of those labels that are in use.
    [[nodiscard]] std::vector<Id> places_of(std::span<const Label> labels) const {
        std::vector<Id> places;
        for (const Label& label : labels) {
            const auto found = places_.find(label);
            if (found != places_.end()) places.push_back(found->second);
        }
        return places;
    }

    /// Neighbours with their labels, equal scores in the order of the labels.
    [[nodiscard]] Neighbors with_labels(const std::vector<Neighbor>& found) const {
        Neighbors result;
        result.reserve(found.size());
        for (const Neighbor& each : found) {
            result.push_back({labels_[each.id], each.score});
        }
        std::sort(result.begin(), result.end(), ranks_before);
        return result;
    }

    template <class Queries, class Take>
    void search_all(const Queries& queries, const Options& options, Take&& take) const {
        const std::shared_lock lock(*mutex_);
        const ByPlace by_place(*this, options, queries.rows());
        using Query = typename GrowingRows<M>::Query;
        detail::scan(
            rows_, queries, by_place.options, [&](const Query&) { return Candidates(options.k); },
            [&](std::size_t q, const Query& query, Candidates& candidates) {
                // Labels decide between equal scores, so all candidates must be ranked.
                const std::vector<Candidate> found = candidates.take();
                Neighbors result = with_labels(detail::rank(rows_, query, found, found.size()));
                if (result.size() > options.k) result.resize(options.k);
                take(q, std::move(result));
            });
    }

    GrowingRows<M> rows_;
    std::vector<Label> labels_;        ///< of each place
    tsl::robin_map<Label, Id> places_; ///< of each label
    std::unique_ptr<FairSharedMutex> mutex_;
};

static_assert(Index<GrowingIndex<>> && Index<GrowingIndex<SquaredL2, std::string>> &&
              IdIndex<GrowingIndex<Cosine, Id>>);

} // namespace firth
