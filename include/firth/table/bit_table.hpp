#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

#include <firth/base/aligned_buffer.hpp>
#include <firth/simd/convert.hpp>
#include <firth/simd/distance.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// One bit an element: a thirty-second of a float table. A bit is set where the element is above
/// zero; the rest of a row's last word is zero. Rows are whole 64-bit words, one row right after
/// the other (padded to cache lines, a row of dim 100 would take four times its size).
class BitTable {
public:
    BitTable() = default;

    /// `rows` rows of `dim` bits, all zero. Throws `OptionError` for a dim of 0 or above `max_dim`
    /// or for more than `max_rows` rows, and `std::bad_alloc`.
    BitTable(std::size_t rows, std::size_t dim) : rows_(rows), dim_(dim) {
        detail::check_table_size(rows, dim);
        words_ = AlignedBuffer<std::uint64_t>(rows * stride());
    }

    /// The signs of float rows. Throws as above.
    explicit BitTable(TableView<const float> rows) : BitTable(rows.rows(), rows.dim()) {
        for (std::size_t id = 0; id < rows.rows(); ++id) {
            simd::pack_signs(rows[id], (*this)[id]);
        }
    }

    [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
    [[nodiscard]] std::size_t dim() const noexcept { return dim_; }

    /// Words of a row, and from one row to the next.
    [[nodiscard]] std::size_t stride() const noexcept { return simd::words_of_bits(dim_); }

    [[nodiscard]] std::uint64_t* data() noexcept { return words_.data(); }
    [[nodiscard]] const std::uint64_t* data() const noexcept { return words_.data(); }

    /// Row `id` < rows(): stride() words. Writers keep the bits after dim() zero.
    [[nodiscard]] std::span<std::uint64_t> operator[](std::size_t id) noexcept {
        assert(id < rows_);
        return {words_.data() + id * stride(), stride()};
    }
    [[nodiscard]] std::span<const std::uint64_t> operator[](std::size_t id) const noexcept {
        assert(id < rows_);
        return {words_.data() + id * stride(), stride()};
    }

    /// The number of bits in which rows `a` and `b` < rows() differ.
    [[nodiscard]] std::uint64_t hamming(std::size_t a, std::size_t b) const noexcept {
        return simd::hamming((*this)[a], (*this)[b]);
    }

    /// The cosine of the rows as vectors of +1 and -1: 1 - 2 hamming / dim.
    [[nodiscard]] float cosine(std::size_t a, std::size_t b) const noexcept {
        return 1.0f - 2.0f * static_cast<float>(hamming(a, b)) / static_cast<float>(dim_);
    }

private:
    AlignedBuffer<std::uint64_t> words_;
    std::size_t rows_ = 0;
    std::size_t dim_ = 0;
};

} // namespace firth
