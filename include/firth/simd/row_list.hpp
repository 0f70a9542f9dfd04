#pragma once

#include <cassert>
#include <cstddef>
#include <span>

#include <firth/base/config.hpp>
#include <firth/simd/detail/batch.hpp>
#include <firth/simd/detail/unroll.hpp>
#include <firth/simd/dispatch/kernels.hpp>

/// A vector that is the mean of a list of rows, and a change of it handed back to each of them: a
/// word and its n-grams, or the words of a text (fastText: Bojanowski et al. 2017; Joulin et al.
/// 2016). A row may stand in the list several times.
///
/// Numerics: float32; rows are added up in the order of the list, and the sum multiplied by 1 /
/// count.
namespace firth::simd {

namespace detail {

/// Registers of the vector that stay in place while the list is walked.
inline constexpr std::size_t list_registers = 8;

template <class Arch, std::size_t Registers>
FIRTH_ALWAYS_INLINE void mean_strip(const float* const* rows, std::size_t count, std::size_t k,
                                    float factor, float* mean) noexcept {
    using B = Batch<Arch>;
    constexpr std::size_t width = lanes<Arch>;
    B sums[Registers];
    unroll<Registers>([&](auto r) FIRTH_INLINE_LAMBDA { sums[r] = B(0.0f); });
    for (std::size_t i = 0; i < count; ++i) {
        const float* const row = rows[i] + k;
        unroll<Registers>([&](auto r) FIRTH_INLINE_LAMBDA {
            sums[r] = sums[r] + B::load_aligned(row + r * width);
        });
    }
    const B share(factor);
    unroll<Registers>(
        [&](auto r) FIRTH_INLINE_LAMBDA { (share * sums[r]).store_aligned(mean + k + r * width); });
}

template <class Arch, std::size_t Registers>
FIRTH_ALWAYS_INLINE void add_strip(float* const* rows, std::size_t count, std::size_t k,
                                   const float* change) noexcept {
    using B = Batch<Arch>;
    constexpr std::size_t width = lanes<Arch>;
    B changes[Registers];
    unroll<Registers>(
        [&](auto r) FIRTH_INLINE_LAMBDA { changes[r] = B::load_aligned(change + k + r * width); });
    for (std::size_t i = 0; i < count; ++i) {
        float* const row = rows[i] + k;
        unroll<Registers>([&](auto r) FIRTH_INLINE_LAMBDA {
            (B::load_aligned(row + r * width) + changes[r]).store_aligned(row + r * width);
        });
    }
}

/// Calls `strip(constant number of registers, first element)` over `dim` elements.
template <class Arch, class Strip>
FIRTH_ALWAYS_INLINE void for_each_strip(std::size_t dim, Strip&& strip) noexcept {
    constexpr std::size_t whole = list_registers * lanes<Arch>;
    std::size_t k = 0;
    for (; k + whole <= dim; k += whole) {
        strip(std::integral_constant<std::size_t, list_registers>{}, k);
    }
    if (k == dim) return;
    with_constant<list_registers>((dim - k) / lanes<Arch>,
                                  [&](auto registers) { strip(registers, k); });
}

} // namespace detail

/// The kernels of this header.
struct RowListKernels {
    void (*mean_of_rows)(const float* const* rows, std::size_t count, float* mean,
                         std::size_t dim) noexcept;
    void (*add_to_rows)(const float* change, float* const* rows, std::size_t count,
                        std::size_t dim) noexcept;
};

namespace detail {

template <class Arch>
struct Compiled<RowListKernels, Arch> {
    FIRTH_ALWAYS_INLINE static void mean_of_rows(const float* const* rows, std::size_t count,
                                                 float* mean, std::size_t dim) noexcept {
        const float factor = count == 0 ? 0.0f : 1.0f / static_cast<float>(count);
        for_each_strip<Arch>(dim, [&](auto registers, std::size_t k) FIRTH_INLINE_LAMBDA {
            mean_strip<Arch, registers>(rows, count, k, factor, mean);
        });
    }
    FIRTH_ALWAYS_INLINE static void add_to_rows(const float* change, float* const* rows,
                                                std::size_t count, std::size_t dim) noexcept {
        for_each_strip<Arch>(dim, [&](auto registers, std::size_t k) FIRTH_INLINE_LAMBDA {
            add_strip<Arch, registers>(rows, count, k, change);
        });
    }
    static constexpr RowListKernels table{&mean_of_rows, &add_to_rows};
};

} // namespace detail

/// mean = the mean of the rows, zeros where there is none. Rows and the mean are `dim` floats, dim
/// a multiple of 16, aligned to 64 bytes; the mean overlaps no row. O(rows * dim).
template <class Arch = default_arch>
void mean_of_rows(std::span<float* const> rows, float* mean, std::size_t dim) noexcept {
    assert(dim % 16 == 0);
    detail::kernels<RowListKernels, Arch>().mean_of_rows(rows.data(), rows.size(), mean, dim);
}

/// row += change for each row; one that stands in the list twice is changed twice. The same
/// conditions.
template <class Arch = default_arch>
void add_to_rows(const float* change, std::span<float* const> rows, std::size_t dim) noexcept {
    assert(dim % 16 == 0);
    detail::kernels<RowListKernels, Arch>().add_to_rows(change, rows.data(), rows.size(), dim);
}

} // namespace firth::simd
