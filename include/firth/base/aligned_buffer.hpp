#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <firth/base/config.hpp>

#if FIRTH_ON_POSIX()
#include <sys/mman.h>
#endif

namespace firth {

/// Every row of every table begins on this boundary: one cache line, one AVX-512 register. It is
/// the same for every instruction set, so that layouts never differ between translation units.
inline constexpr std::size_t row_alignment = 64;

/// `count` rounded up to a multiple of `multiple` (which is not zero).
[[nodiscard]] constexpr std::size_t round_up(std::size_t count, std::size_t multiple) noexcept {
    return (count + multiple - 1) / multiple * multiple;
}

/// The number of elements of type T from one row to the next, for rows of `dim` elements padded to
/// whole cache lines.
template <class T>
[[nodiscard]] constexpr std::size_t padded_dim(std::size_t dim) noexcept {
    return round_up(dim, row_alignment / sizeof(T));
}

/// Says that elements will be written before they are read, so that they need not be zeroed.
struct Uninitialized {};

/// Owning array of trivial elements, aligned to 64 bytes and zero at first; large ones lie on 2 MB
/// boundaries and ask the system for huge pages, since training walks rows at random. Copies copy
/// the elements. Throws `std::bad_alloc`.
///
/// It can also refer to elements in a mapped file, which it then keeps mapped.
template <class T>
class AlignedBuffer {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= row_alignment);

public:
    AlignedBuffer() noexcept = default;

    explicit AlignedBuffer(std::size_t size) : data_(allocate(size)), size_(size) {
        if (size != 0) std::memset(static_cast<void*>(data_), 0, size * sizeof(T));
    }

    /// Elements left uninitialised.
    AlignedBuffer(std::size_t size, Uninitialized) : data_(allocate(size)), size_(size) {}

    /// Elements that lie at `data`, a multiple of 64 bytes, as long as `keeper` lives.
    AlignedBuffer(std::shared_ptr<const void> keeper, T* data, std::size_t size) noexcept
        : data_(data), size_(size), keeper_(std::move(keeper)) {}

    AlignedBuffer(const AlignedBuffer& other) : data_(allocate(other.size_)), size_(other.size_) {
        if (size_ != 0) std::memcpy(static_cast<void*>(data_), other.data_, size_ * sizeof(T));
    }

    AlignedBuffer(AlignedBuffer&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)),
          keeper_(std::move(other.keeper_)) {}

    AlignedBuffer& operator=(AlignedBuffer other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(keeper_, other.keeper_);
        return *this;
    }

    ~AlignedBuffer() {
        if (data_ != nullptr && keeper_ == nullptr) ::operator delete(data_, alignment(size_));
    }

    [[nodiscard]] T* data() noexcept { return data_; }
    [[nodiscard]] const T* data() const noexcept { return data_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// True where the elements are not its own, but lie in a mapped file.
    [[nodiscard]] bool is_mapped() const noexcept { return keeper_ != nullptr; }

    [[nodiscard]] T* begin() noexcept { return data_; }
    [[nodiscard]] T* end() noexcept { return data_ + size_; }
    [[nodiscard]] const T* begin() const noexcept { return data_; }
    [[nodiscard]] const T* end() const noexcept { return data_ + size_; }
    [[nodiscard]] T& operator[](std::size_t i) noexcept { return data_[i]; }
    [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return data_[i]; }

private:
    static constexpr std::size_t huge_page = std::size_t{1} << 21;

    static std::align_val_t alignment(std::size_t size) noexcept {
        return std::align_val_t{size * sizeof(T) >= 2 * huge_page ? huge_page : row_alignment};
    }

    static T* allocate(std::size_t size) {
        if (size == 0) return nullptr;
        if (size > static_cast<std::size_t>(-1) / 2 / sizeof(T)) throw std::bad_alloc();
        void* memory = ::operator new(size * sizeof(T), alignment(size));
#if FIRTH_ON_POSIX() && defined(MADV_HUGEPAGE)
        // Advice only: where the system declines, pages stay small and nothing else changes.
        if (alignment(size) == std::align_val_t{huge_page}) {
            static_cast<void>(
                ::madvise(memory, size * sizeof(T) / huge_page * huge_page, MADV_HUGEPAGE));
        }
#endif
        return static_cast<T*>(memory);
    }

    T* data_ = nullptr;
    std::size_t size_ = 0;
    std::shared_ptr<const void> keeper_; ///< of elements that are not its own
};

} // namespace firth
