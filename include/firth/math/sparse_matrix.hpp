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
#include <firth/table/id.hpp>

namespace firth {

/// A value of a row of a sparse matrix.
struct SparseEntry {
    Id column = 0;
    float value = 0;

    friend bool operator==(const SparseEntry&, const SparseEntry&) = default;
};

/// A square sparse matrix of float32, row by row: each row holds its nonzero values in ascending
/// order of their columns. Copies share the memory, or the file, that the rows lie in.
class SparseMatrix {
public:
    SparseMatrix() = default;

    /// Takes rows as they are: columns ascending and below rows.size(), no value zero.
    explicit SparseMatrix(std::vector<std::vector<SparseEntry>> rows) {
        const auto owned =
            std::make_shared<const std::vector<std::vector<SparseEntry>>>(std::move(rows));
        rows_.assign(owned->begin(), owned->end());
        owner_ = owned;
    }

    /// Takes the arrays of a store as rows.
    explicit SparseMatrix(std::shared_ptr<const ArrayStore<SparseEntry>> store)
        : store_(std::move(store)) {
        rows_.reserve(store_->size());
        for (std::size_t row = 0; row < store_->size(); ++row) {
            rows_.push_back((*store_)[row]);
        }
    }

    /// Takes rows that lie in the memory of `owner`, which is kept alive.
    SparseMatrix(std::vector<std::span<const SparseEntry>> rows, std::shared_ptr<const void> owner)
        : rows_(std::move(rows)), owner_(std::move(owner)) {}

    /// The number of rows, which is that of columns.
    [[nodiscard]] std::size_t rows() const noexcept { return rows_.size(); }

    /// The number of values that are not zero. O(rows).
    [[nodiscard]] std::size_t size() const noexcept {
        std::size_t sum = 0;
        for (const std::span<const SparseEntry> row : rows_) {
            sum += row.size();
        }
        return sum;
    }

    [[nodiscard]] std::span<const SparseEntry> operator[](Id row) const noexcept {
        return rows_[row];
    }

    /// The value in one place, 0 where the row has none there. O(log row).
    [[nodiscard]] float value(Id row, Id column) const noexcept {
        const std::span<const SparseEntry> values = rows_[row];
        const auto found =
            std::lower_bound(values.begin(), values.end(), column,
                             [](const SparseEntry& a, Id b) { return a.column < b; });
        return found != values.end() && found->column == column ? found->value : 0.0f;
    }

    /// Says that a row will not be needed for a while: where it lies in a temporary file, its
    /// memory is given back.
    void release(Id row) const noexcept {
        if (store_ != nullptr) store_->release(row);
    }

private:
    std::vector<std::span<const SparseEntry>> rows_;
    std::shared_ptr<const ArrayStore<SparseEntry>> store_;
    std::shared_ptr<const void> owner_;
};

} // namespace firth
