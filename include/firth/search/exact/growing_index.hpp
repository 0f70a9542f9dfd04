#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <tsl/robin_map.h>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/error.hpp>
#include <firth/base/fair_shared_mutex.hpp>
#include <firth/search/codes/detail/float_group.hpp>
#include <firth/search/codes/detail/row_terms.hpp>
#include <firth/search/codes/detail/tile_products.hpp>
#include <firth/search/detail/candidates.hpp>
#include <firth/search/exact/detail/scan.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/search_options.hpp>
#include <firth/search/top_k.hpp>
#include <firth/simd/dot.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// Float rows that grow and shrink at the end, in blocks that stay where they are, so that growing
/// moves none.
template <Metric M>
class GrowingRows {
public:
    using MetricType = M;
    using Query = PreparedQuery<float>;
    using Group = detail::FloatGroup<GrowingRows, float>;

    /// Throws `OptionError` for a dim of 0 or above `max_dim`.
    explicit GrowingRows(std::size_t dim) : dim_(dim) {
        detail::check_table_size(0, dim);
        const std::size_t fit = (std::size_t{1} << 21) / (padded_dim<float>(dim) * sizeof(float));
        block_rows_ = std::clamp<std::size_t>(std::bit_floor(fit), 512, 4096);
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t dim() const noexcept { return dim_; }

    [[nodiscard]] std::span<const float> operator[](std::size_t id) const noexcept {
        return blocks_[id / block_rows_].view()[id % block_rows_];
    }

    /// What the metric makes of the rows' norms.
    [[nodiscard]] const RowTerms<M>& terms() const noexcept { return terms_; }

    /// Appends a row of dim() elements, whose norm is valid. Nothing has changed where it throws
    /// `std::bad_alloc`.
    void push_back(std::span<const float> row, float norm) {
        if (size_ == blocks_.size() * block_rows_) {
            blocks_.emplace_back(block_rows_, dim_, Uninitialized());
        }
        terms_.add(norm);
        put(size_, row);
        ++size_;
    }

    void replace(std::size_t id, std::span<const float> row, float norm) noexcept {
        terms_.set(id, norm);
        put(id, row);
    }

    /// Drops the last row, and blocks that have become empty but for one.
    void pop_back() noexcept {
        --size_;
        terms_.truncate(size_);
        if (size_ + 2 * block_rows_ <= blocks_.size() * block_rows_) blocks_.pop_back();
    }

    [[nodiscard]] Query prepare(std::span<const float> query) const {
        return detail::prepare_query<M, float>(query, dim_, terms_);
    }
    [[nodiscard]] float score(const Query& query, Id id) const noexcept {
        return M::score(std::span<const float>(query.vector), (*this)[id], terms_[id]);
    }
    [[nodiscard]] float floor_of(const Query& query, float score) const noexcept {
        return M::value_of(score, query.norm) - query.margin;
    }
    void prefetch(Id id) const noexcept {
        detail::prefetch_rows(blocks_[id / block_rows_].view(), id % block_rows_, 1);
    }
    [[nodiscard]] detail::RowTile<float> tile(std::size_t first) const noexcept {
        return {blocks_[first / block_rows_].view(), first % block_rows_, terms_.from(first)};
    }

private:
    void put(std::size_t id, std::span<const float> row) noexcept {
        EmbeddingTable<float>& block = blocks_[id / block_rows_];
        std::copy(row.begin(), row.end(), block[id % block_rows_].begin());
        block.clear_padding(id % block_rows_);
    }

    std::size_t dim_;
    std::size_t block_rows_ = 0; ///< some 2 MB of them, a multiple of all tiles' sizes
    std::size_t size_ = 0;
    std::vector<EmbeddingTable<float>> blocks_;
    RowTerms<M> terms_;
};

/// A row that search found in a `GrowingIndex`, and its score: larger is nearer.
template <class Label>
struct LabelledNeighbor {
    Label label{};
    float score = 0;

    friend bool operator==(const LabelledNeighbor&, const LabelledNeighbor&) = default;
};

/// What to look for in a `GrowingIndex`.
template <class Label>
struct LabelledOptions {
    std::size_t k = 10; ///< how many rows; all where there are fewer

    /// Says which rows may be found; asked for those only that come into question, from any thread.
    /// It must not call the index.
    std::function<bool(const Label&)> filter{};

    std::size_t threads = 1; ///< 0: all of the machine's
};

/// Exact search over rows that come and go. It owns its rows; each has a label that its user
/// chooses, a number, a string or anything with `std::hash` and an order, and keeps it whatever
/// happens to others.
///
///     firth::GrowingIndex<firth::Cosine> index(100);
///     index.add(4711, vector);
///     for (const auto& [label, score] : index.search(query, {.k = 10})) ...
///     index.remove(4711);
///
/// Any number of threads may search, add, update and remove at once: searches go on side by side; a
/// change waits for those that run, and a search that begins after it sees it whole. Answers are
/// those of `ExactIndex` over the same rows, but that of equal scores the smaller label comes
/// first. Beside rows it stores their terms and labels, and some 30 bytes a row to find labels.
///
/// Functions throw `Error` for a vector of another length than dim() or one that is not finite (or
/// whose norm, for distances its square, is beyond float32), and `std::bad_alloc`; then nothing has
/// changed.
template <Metric M = Cosine, class Label = std::uint64_t>
    requires std::totally_ordered<Label>
class GrowingIndex {
public:
    using MetricType = M;
    using LabelType = Label;
    using Neighbors = std::vector<LabelledNeighbor<Label>>;
    using Options = LabelledOptions<Label>;

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
        const auto row = rows_[place_of(label)];
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

    /// Gives the row with that label other values. Throws `Error` where there is none.
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
            rows_.replace(place, rows_[last], simd::norm(rows_[last]));
            std::swap(labels_[place], labels_[last]);
            places_[labels_[place]] = place;
        }
        drop_last();
    }

    /// The rows nearest to `query`, best first. Throws `Error` for a query of another length or one
    /// that is not finite. O(size() * dim()).
    [[nodiscard]] Neighbors search(std::span<const float> query,
                                   const Options& options = {}) const {
        return search_all(detail::OneQuery{query}, options, options.k)[0];
    }

    /// The `k` nearest, a whole number.
    template <std::integral K>
    [[nodiscard]] Neighbors search(std::span<const float> query, K k) const {
        return search(query, Options{.k = static_cast<std::size_t>(k)});
    }

    /// The nearest rows in the caller's memory, as many as `into` holds; returns the part that was
    /// filled. `options.k` does not count. (For batches there is no such function: of rows that are
    /// not there it would have no label to tell.)
    std::span<LabelledNeighbor<Label>> search_into(std::span<const float> query,
                                                   std::span<LabelledNeighbor<Label>> into,
                                                   Options options = {}) const {
        options.k = into.size();
        Neighbors found = search(query, options);
        std::move(found.begin(), found.end(), into.begin());
        return into.first(found.size());
    }

    /// All rows with a score of `least` or more, best first: for distances minus the square of the
    /// radius. `options.k` does not count. Throws as `search`.
    [[nodiscard]] Neighbors within(std::span<const float> query, float least,
                                   const Options& options = {}) const {
        Neighbors result =
            search_all(detail::OneQuery{query}, options, std::size_t{max_rows}, &least)[0];
        const auto end = std::find_if(result.begin(), result.end(),
                                      [&](const auto& each) { return !(each.score >= least); });
        result.erase(end, result.end());
        return result;
    }

    /// `search` for each row of `queries`, spread over `options.threads`; all see the same rows.
    [[nodiscard]] std::vector<Neighbors> search_batch(TableView<const float> queries,
                                                      const Options& options = {}) const {
        return search_all(queries, options, options.k);
    }

    /// The `k` nearest of each.
    template <std::integral K>
    [[nodiscard]] std::vector<Neighbors> search_batch(TableView<const float> queries, K k,
                                                      std::size_t threads = 1) const {
        return search_batch(queries, Options{.k = static_cast<std::size_t>(k), .threads = threads});
    }

    /// All rows as they are, and no change while it lives.
    class Reader {
    public:
        [[nodiscard]] std::size_t size() const noexcept { return index_->rows_.size(); }

        /// The label and the row at a place < size(), in no order that means anything.
        [[nodiscard]] const Label& label(std::size_t place) const noexcept {
            return index_->labels_[place];
        }
        [[nodiscard]] std::span<const float> row(std::size_t place) const noexcept {
            return index_->rows_[place];
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

    /// " has the label ...", where a label can be told.
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

    /// The `k` nearest, or all that may have a score of `*least`.
    template <class Queries>
    [[nodiscard]] std::vector<Neighbors> search_all(const Queries& queries, const Options& options,
                                                    std::size_t k,
                                                    const float* least = nullptr) const {
        const std::shared_lock lock(*mutex_);
        SearchOptions by_place{.k = k, .threads = options.threads};
        if (options.filter) {
            by_place.filter = [&](Id place) { return options.filter(labels_[place]); };
        }
        std::vector<Neighbors> results(queries.rows());
        detail::scan(
            rows_, queries, by_place, {},
            [&](const PreparedQuery<float>& query) {
                return least == nullptr ? Candidates(k)
                                        : Candidates::reaching(rows_.floor_of(query, *least));
            },
            [&](std::size_t q, const PreparedQuery<float>& query, Candidates& candidates) {
                const std::vector<Candidate> found = candidates.take();
                Neighbors& result = results[q];
                for (const Neighbor& each : detail::rank(rows_, query, found, found.size())) {
                    result.push_back({labels_[each.id], each.score});
                }
                std::sort(result.begin(), result.end(), [](const auto& a, const auto& b) {
                    return a.score != b.score ? a.score > b.score : a.label < b.label;
                });
                if (result.size() > k) result.resize(k);
            });
        return results;
    }

    GrowingRows<M> rows_;
    std::vector<Label> labels_;        ///< of each place
    tsl::robin_map<Label, Id> places_; ///< of each label
    std::unique_ptr<FairSharedMutex> mutex_;
};

} // namespace firth
