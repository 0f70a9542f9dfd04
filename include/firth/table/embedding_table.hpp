#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/error.hpp>
#include <firth/base/messages.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// The largest dim of a table: far above any in use, low enough that sizes never overflow.
inline constexpr std::size_t max_dim = std::size_t{1} << 20;

/// The largest number of rows: ids are 32 bits, and the last one means "no id".
inline constexpr std::size_t max_rows = (std::numeric_limits<std::uint32_t>::max)();

namespace detail {

inline void check_table_size(std::size_t rows, std::size_t dim) {
    require_option(dim >= 1 && dim <= max_dim, "dim", dim, "1 to ", max_dim);
    if (rows > max_rows) {
        throw OptionError("a table of " + std::to_string(rows) + " rows, expected at most " +
                          std::to_string(max_rows));
    }
}

} // namespace detail

/// A matrix of embeddings, rows x dim, row-major, zero at first. Each row begins on a 64-byte
/// boundary and is padded with zeros to a multiple of 64 bytes; writers must keep the padding zero,
/// so that kernels run over whole registers.
template <class T>
class EmbeddingTable {
public:
    using value_type = T;

    /// The memory that a table of such a shape takes.
    [[nodiscard]] static constexpr std::uint64_t bytes_of(std::size_t rows,
                                                          std::size_t dim) noexcept {
        return std::uint64_t{rows} * padded_dim<T>(dim) * sizeof(T);
    }

    EmbeddingTable() noexcept = default;

    /// Throws `OptionError` for a dim of 0 or above `max_dim` or for more than `max_rows` rows, and
    /// `std::bad_alloc`.
    EmbeddingTable(std::size_t rows, std::size_t dim) : rows_(rows), dim_(dim) {
        detail::check_table_size(rows, dim);
        data_ = AlignedBuffer<T>(rows * stride());
    }

    /// Rows that will be written before they are read, their padding by `clear_padding`.
    EmbeddingTable(std::size_t rows, std::size_t dim, Uninitialized) : rows_(rows), dim_(dim) {
        detail::check_table_size(rows, dim);
        data_ = AlignedBuffer<T>(rows * stride(), Uninitialized());
    }

    /// Rows that lie elsewhere (in a mapped file, say) in the layout of a table. Throws as above,
    /// and `Error` where `data` has another size.
    EmbeddingTable(std::size_t rows, std::size_t dim, AlignedBuffer<T> data)
        : rows_(rows), dim_(dim) {
        detail::check_table_size(rows, dim);
        if (data.size() != rows * stride()) {
            throw Error("a table of " + std::to_string(rows) + " rows of dim " +
                        std::to_string(dim) + " cannot have " + std::to_string(data.size()) +
                        " elements, expected " + std::to_string(rows * stride()));
        }
        data_ = std::move(data);
    }

    EmbeddingTable(const EmbeddingTable&) = default;
    EmbeddingTable& operator=(const EmbeddingTable&) = default;
    EmbeddingTable(EmbeddingTable&& other) noexcept
        : data_(std::move(other.data_)), rows_(std::exchange(other.rows_, 0)),
          dim_(std::exchange(other.dim_, 0)) {}
    EmbeddingTable& operator=(EmbeddingTable&& other) noexcept {
        data_ = std::move(other.data_);
        rows_ = std::exchange(other.rows_, 0);
        dim_ = std::exchange(other.dim_, 0);
        return *this;
    }
    ~EmbeddingTable() = default;

    [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
    [[nodiscard]] std::size_t dim() const noexcept { return dim_; }

    /// Elements from one row to the next: dim rounded up to whole cache lines.
    [[nodiscard]] std::size_t stride() const noexcept { return padded_dim<T>(dim_); }

    [[nodiscard]] bool empty() const noexcept { return rows_ == 0; }
    [[nodiscard]] T* data() noexcept { return data_.data(); }
    [[nodiscard]] const T* data() const noexcept { return data_.data(); }

    /// Row `id` < rows(): `dim` elements.
    [[nodiscard]] std::span<T> operator[](std::size_t id) noexcept { return view()[id]; }
    [[nodiscard]] std::span<const T> operator[](std::size_t id) const noexcept {
        return view()[id];
    }

    /// Writes the zeros after the elements of row `id` < rows(), in tables made `Uninitialized`.
    void clear_padding(std::size_t id) noexcept {
        std::fill(data() + id * stride() + dim_, data() + (id + 1) * stride(), T{});
    }

    /// True where the elements after those of row `id` < rows() are zeros, as kernels need them.
    [[nodiscard]] bool padding_is_zero(std::size_t id) const noexcept {
        const T* const end = data() + (id + 1) * stride();
        return std::all_of(end - (stride() - dim_), end, [](T value) { return value == T{}; });
    }

    /// Drops the rows from `rows` <= rows() on; their memory stays with the table.
    void truncate(std::size_t rows) noexcept { rows_ = (std::min)(rows, rows_); }

    [[nodiscard]] TableView<T> view() noexcept { return TableView<T>::padded(data(), rows_, dim_); }
    [[nodiscard]] TableView<const T> view() const noexcept {
        return TableView<const T>::padded(data(), rows_, dim_);
    }
    operator TableView<T>() noexcept { return view(); }
    operator TableView<const T>() const noexcept { return view(); }

private:
    AlignedBuffer<T> data_;
    std::size_t rows_ = 0;
    std::size_t dim_ = 0;
};

} // namespace firth
