#pragma once

#include <cassert>
#include <cstddef>
#include <span>
#include <type_traits>

#include <firth/base/aligned_buffer.hpp>

namespace firth {

/// A matrix of rows x dim elements that somebody else owns, row-major, rows `stride` elements
/// apart. `T` is const for views that only read. Kernels, queries and indexes take views, so that a
/// caller's own `float*` works everywhere a table does.
template <class T>
class TableView {
public:
    constexpr TableView() noexcept = default;

    /// Any memory: rows of `dim` elements, `stride` >= dim apart (dim where it is left out).
    /// Nothing but those elements is ever read or written.
    constexpr TableView(T* data, std::size_t rows, std::size_t dim, std::size_t stride = 0) noexcept
        : data_(data), rows_(rows), dim_(dim), stride_(stride == 0 ? dim : stride) {
        assert(stride_ >= dim_);
    }

    /// Memory in the layout of `EmbeddingTable`: aligned to 64 bytes, rows padded with zeros to
    /// `padded_dim<T>(dim)` elements, which kernels then use to run without a tail.
    [[nodiscard]] static constexpr TableView padded(T* data, std::size_t rows,
                                                    std::size_t dim) noexcept {
        TableView view(data, rows, dim, firth::padded_dim<T>(dim));
        view.padded_ = true;
        return view;
    }

    /// A writable view converts to a read-only one.
    constexpr operator TableView<const T>() const noexcept requires(!std::is_const_v<T>) {
        TableView<const T> view(data_, rows_, dim_, stride_);
        view.padded_ = padded_;
        return view;
    }

    [[nodiscard]] constexpr T* data() const noexcept { return data_; }
    [[nodiscard]] constexpr std::size_t rows() const noexcept { return rows_; }
    [[nodiscard]] constexpr std::size_t dim() const noexcept { return dim_; }
    [[nodiscard]] constexpr std::size_t stride() const noexcept { return stride_; }
    [[nodiscard]] constexpr bool empty() const noexcept { return rows_ == 0; }

    /// True where rows are aligned to 64 bytes and padded with zeros up to the stride.
    [[nodiscard]] constexpr bool is_padded() const noexcept { return padded_; }

    /// Row `id` < rows(): `dim` elements.
    [[nodiscard]] constexpr std::span<T> operator[](std::size_t id) const noexcept {
        assert(id < rows_);
        return {data_ + id * stride_, dim_};
    }

    /// Row `id` with its zero padding where there is any.
    [[nodiscard]] constexpr std::span<T> padded_row(std::size_t id) const noexcept {
        assert(id < rows_);
        return {data_ + id * stride_, padded_ ? stride_ : dim_};
    }

    /// The first `count` <= rows() rows.
    [[nodiscard]] constexpr TableView first(std::size_t count) const noexcept {
        assert(count <= rows_);
        TableView view = *this;
        view.rows_ = count;
        return view;
    }

private:
    template <class>
    friend class TableView;

    T* data_ = nullptr;
    std::size_t rows_ = 0;
    std::size_t dim_ = 0;
    std::size_t stride_ = 0;
    bool padded_ = false;
};

} // namespace firth
