#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include <firth/base/config.hpp>
#include <firth/simd/detail/batch.hpp>
#include <firth/simd/detail/unroll.hpp>
#include <firth/simd/dispatch/kernels.hpp>

/// A sum of chosen rows, each times a factor: a row of a sparse matrix times a table, or the vector
/// of a bag of words.
///
/// Numerics: float32; each element in up to four sums, added up in the end.
namespace firth::simd {

/// A row of a table, and what it is multiplied by.
struct WeightedRow {
    std::uint32_t row = 0;
    float weight = 0;
};

/// A type laid out like `WeightedRow`: a 32-bit row, then a float, as elements of sparse matrices
/// are.
template <class T>
concept RowAndWeight = std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T> &&
    requires(std::uint32_t row, float weight) {
    T{row, weight};
    requires sizeof(T) == sizeof(WeightedRow);
};

namespace detail {

FIRTH_ALWAYS_INLINE WeightedRow term_at(const void* terms, std::size_t i) noexcept {
    WeightedRow term;
    std::memcpy(&term, static_cast<const char*>(terms) + i * sizeof(term), sizeof(term));
    return term;
}

/// Terms between the one that is added and the one whose row is prefetched.
inline constexpr std::size_t terms_ahead = 12;

/// Registers of the sum that are computed in one pass over the terms.
inline constexpr std::size_t strip_registers = 8;

/// The first `size` elements of the sum, which take `Registers` registers, the last one only in
/// part where `Partial`. Terms alternate between sets of accumulators, so that an addition need not
/// wait for the one before.
template <class Arch, std::size_t Registers, bool Partial>
FIRTH_ALWAYS_INLINE void weighted_strip(const float* rows, std::size_t stride, const void* terms,
                                        std::size_t count, float* sum, std::size_t size) noexcept {
    using B = Batch<Arch>;
    constexpr std::size_t width = lanes<Arch>;
    constexpr std::size_t chains = Registers >= 4 ? 1 : Registers >= 2 ? 2 : 4;
    constexpr std::size_t lines = (Registers * width * sizeof(float) + 63) / 64;
    const std::size_t last = size - (Registers - 1) * width;
    B sums[Registers * chains];
    unroll<Registers * chains>([&](auto i) FIRTH_INLINE_LAMBDA { sums[i] = B(0.0f); });
    const auto add = [&](std::size_t i, auto chain) FIRTH_INLINE_LAMBDA {
        const WeightedRow ahead = term_at(terms, (std::min)(i + terms_ahead, count - 1));
        const float* const row_ahead = rows + std::size_t{ahead.row} * stride;
        for (std::size_t line = 0; line < lines; ++line) {
            FIRTH_PREFETCH_READ(row_ahead + line * 16);
        }
        const WeightedRow term = term_at(terms, i);
        const B weight(term.weight);
        const float* const row = rows + std::size_t{term.row} * stride;
        unroll<Registers>([&](auto r) FIRTH_INLINE_LAMBDA {
            const float* const from = row + r * width;
            const bool part = Partial && r + 1 == Registers;
            B& total = sums[chain * Registers + r];
            total = fma<Arch>(weight, part ? load_first<Arch>(from, last) : B::load_unaligned(from),
                              total);
        });
    };
    std::size_t i = 0;
    for (; i + chains <= count; i += chains) {
        unroll<chains>([&](auto chain) FIRTH_INLINE_LAMBDA { add(i + chain, chain); });
    }
    for (; i < count; ++i) {
        add(i, std::integral_constant<std::size_t, 0>{});
    }
    unroll<Registers>([&](auto r) FIRTH_INLINE_LAMBDA {
        B total = sums[r];
        unroll<chains - 1>(
            [&](auto c) FIRTH_INLINE_LAMBDA { total = total + sums[(c + 1) * Registers + r]; });
        if (Partial && r + 1 == Registers) {
            store_first<Arch>(total, sum + r * width, last);
        } else {
            total.store_unaligned(sum + r * width);
        }
    });
}

template <class Arch>
FIRTH_ALWAYS_INLINE void weighted_sum_of(const float* rows, std::size_t stride, const void* terms,
                                         std::size_t count, float* sum, std::size_t dim) noexcept {
    constexpr std::size_t width = lanes<Arch>;
    constexpr std::size_t strip = strip_registers * width;
    std::size_t k = 0;
    for (; k + strip <= dim; k += strip) {
        weighted_strip<Arch, strip_registers, false>(rows + k, stride, terms, count, sum + k,
                                                     strip);
    }
    const std::size_t left = dim - k;
    if (left == 0) return;
    with_constant<strip_registers>((left + width - 1) / width, [&](auto registers) {
        if (left % width == 0) {
            weighted_strip<Arch, registers, false>(rows + k, stride, terms, count, sum + k, left);
        } else {
            weighted_strip<Arch, registers, true>(rows + k, stride, terms, count, sum + k, left);
        }
    });
}

} // namespace detail

/// The kernel of this header.
struct WeightedSumKernels {
    void (*weighted_sum)(const float* rows, std::size_t stride, const void* terms,
                         std::size_t count, float* sum, std::size_t dim) noexcept;
};

namespace detail {

template <class Arch>
struct Compiled<WeightedSumKernels, Arch> {
    FIRTH_ALWAYS_INLINE static void weighted_sum(const float* rows, std::size_t stride,
                                                 const void* terms, std::size_t count, float* sum,
                                                 std::size_t dim) noexcept {
        weighted_sum_of<Arch>(rows, stride, terms, count, sum, dim);
    }
    static constexpr WeightedSumKernels table{&weighted_sum};
};

} // namespace detail

/// sum = the sum of the terms' rows, each times its weight, where row r of sum.size() floats begins
/// at rows + r * stride; zeros where there is no term. The sum overlaps no row (a precondition).
/// O(terms * dim).
template <class Arch = default_arch, RowAndWeight Term>
void weighted_sum(const float* rows, std::size_t stride, std::span<const Term> terms,
                  std::span<float> sum) noexcept {
    assert(stride >= sum.size());
    detail::kernels<WeightedSumKernels, Arch>().weighted_sum(rows, stride, terms.data(),
                                                             terms.size(), sum.data(), sum.size());
}

} // namespace firth::simd
