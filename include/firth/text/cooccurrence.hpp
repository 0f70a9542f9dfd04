#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/array_store.hpp>
#include <firth/base/error.hpp>
#include <firth/table/vocabulary.hpp>

namespace firth {

/// A context of a symbol, and how often it was seen, weighted by distance.
struct Cooccurrence {
    Id column = 0;   ///< the context
    float count = 0; ///< above zero

    friend bool operator==(const Cooccurrence&, const Cooccurrence&) = default;
};

/// How often symbols were seen near each other: a sparse matrix, symbols x symbols, whose row i
/// holds the contexts of symbol i by rising id. Copies share the memory, or the file, that the rows
/// lie in.
class CooccurrenceCounts {
public:
    CooccurrenceCounts() = default;

    /// Takes rows as they are: columns rising and below rows.size(), counts above zero.
    explicit CooccurrenceCounts(std::vector<std::vector<Cooccurrence>> rows) {
        const auto owned =
            std::make_shared<const std::vector<std::vector<Cooccurrence>>>(std::move(rows));
        rows_.assign(owned->begin(), owned->end());
        owner_ = owned;
    }

    /// Takes the arrays of a store as rows.
    explicit CooccurrenceCounts(std::shared_ptr<const ArrayStore<Cooccurrence>> store)
        : store_(std::move(store)) {
        rows_.reserve(store_->size());
        for (std::size_t row = 0; row < store_->size(); ++row) {
            rows_.push_back((*store_)[row]);
        }
    }

    /// Takes rows that lie in something else, which is kept.
    CooccurrenceCounts(std::vector<std::span<const Cooccurrence>> rows,
                       std::shared_ptr<const void> owner)
        : rows_(std::move(rows)), owner_(std::move(owner)) {}

    /// The number of rows, which is that of columns.
    [[nodiscard]] std::size_t symbols() const noexcept { return rows_.size(); }

    /// The number of counts that are not zero. O(symbols).
    [[nodiscard]] std::size_t size() const noexcept {
        std::size_t sum = 0;
        for (const std::span<const Cooccurrence> row : rows_) {
            sum += row.size();
        }
        return sum;
    }

    /// The contexts of symbol `id` < symbols().
    [[nodiscard]] std::span<const Cooccurrence> operator[](Id id) const noexcept {
        return rows_[id];
    }

    /// The count of one pair, 0 where it was not seen. O(log row).
    [[nodiscard]] float count(Id row, Id column) const noexcept {
        const std::span<const Cooccurrence> contexts = rows_[row];
        const auto found =
            std::lower_bound(contexts.begin(), contexts.end(), column,
                             [](const Cooccurrence& a, Id b) { return a.column < b; });
        return found != contexts.end() && found->column == column ? found->count : 0.0f;
    }

    /// Says that a row will not be needed for a while: where it lies in a temporary file its memory
    /// is given back.
    void release(Id row) const noexcept {
        if (store_ != nullptr) store_->release(row);
    }

private:
    std::vector<std::span<const Cooccurrence>> rows_;
    std::shared_ptr<const ArrayStore<Cooccurrence>> store_;
    std::shared_ptr<const void> owner_;
};

/// Throws `Error` unless the counts are those of a vocabulary of `symbols`.
inline void check_counts(const CooccurrenceCounts& counts, std::size_t symbols) {
    if (symbols == counts.symbols()) return;
    throw Error("the vocabulary has " + std::to_string(symbols) + " symbols, expected " +
                std::to_string(counts.symbols()) + " as in the counts");
}

} // namespace firth
