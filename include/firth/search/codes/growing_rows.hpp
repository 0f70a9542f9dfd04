#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <span>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/search/codes/detail/float_group.hpp>
#include <firth/search/codes/detail/metric_rows.hpp>
#include <firth/search/codes/detail/tile_products.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/scannable_rows.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// Float rows in memory of their own, added and dropped at the end. They lie in blocks that stay
/// where they are, so that growing moves none.
template <Metric M>
class GrowingRows : public detail::MetricRows<GrowingRows<M>, M, float> {
public:
    /// Throws `OptionError` for a dim of 0 or above `max_dim`.
    explicit GrowingRows(std::size_t dim) : dim_(dim) {
        detail::check_table_size(0, dim);
        const std::size_t fit = (std::size_t{1} << 21) / (padded_dim<float>(dim) * sizeof(float));
        block_rows_ = std::clamp<std::size_t>(std::bit_floor(fit), 512, 4096);
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t dim() const noexcept { return dim_; }

    [[nodiscard]] std::span<const float> row(std::size_t id) const noexcept {
        return blocks_[id / block_rows_].view()[id % block_rows_];
    }

    /// Appends a row of dim() elements with a valid norm. Nothing has changed where it throws
    /// `std::bad_alloc`.
    void push_back(std::span<const float> row, float norm) {
        if (size_ == blocks_.size() * block_rows_) {
            blocks_.emplace_back(block_rows_, dim_, Uninitialized());
        }
        this->terms_.add(norm);
        put(size_, row);
        ++size_;
    }

    /// Gives row `id` < size() new values with a valid norm.
    void replace(std::size_t id, std::span<const float> row, float norm) noexcept {
        this->terms_.set(id, norm);
        put(id, row);
    }

    /// Drops the last row, and all but one of the blocks that become empty.
    void pop_back() noexcept {
        --size_;
        this->terms_.truncate(size_);
        if (size_ + 2 * block_rows_ <= blocks_.size() * block_rows_) blocks_.pop_back();
    }

    void prefetch(Id id) const noexcept {
        detail::prefetch_rows(blocks_[id / block_rows_].view(), id % block_rows_, 1);
    }
    [[nodiscard]] detail::RowPiece<float> piece(std::size_t first) const noexcept {
        return {blocks_[first / block_rows_].view(), first % block_rows_, this->terms_.from(first)};
    }

private:
    void put(std::size_t id, std::span<const float> row) noexcept {
        EmbeddingTable<float>& block = blocks_[id / block_rows_];
        std::copy(row.begin(), row.end(), block[id % block_rows_].begin());
        block.clear_padding(id % block_rows_);
    }

    std::size_t dim_;
    std::size_t block_rows_ = 0; ///< about 2 MB of rows; a multiple of every tile_rows()
    std::size_t size_ = 0;
    std::vector<EmbeddingTable<float>> blocks_;
};

static_assert(ScannableRows<GrowingRows<Cosine>>);

} // namespace firth
