#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <firth/base/config.hpp>
#include <firth/simd/detail/batch.hpp>
#include <firth/simd/detail/unroll.hpp>
#include <firth/simd/dispatch/kernels.hpp>

/// The largest of each column of a matrix of scores, such as the centre that is nearest to each of
/// some rows.
///
/// Numerics: a score and its row's summand are added in float32, rounded once. None is NaN (a
/// precondition).
namespace firth::simd {

/// A matrix of scores: that of row i in column c is scores[i * stride + c], and has summands[i]
/// added.
struct ScoreColumns {
    const float* scores = nullptr;
    std::size_t stride = 0;
    std::size_t rows = 0; ///< at most 2^24
    std::size_t columns = 0;
    const float* summands = nullptr;
};

/// Where the two largest values of each column go, and the first row that has the largest. A
/// missing value, where there are fewer rows, is minus infinity.
struct ColumnMaxima {
    float* largest = nullptr;
    float* second = nullptr;
    std::uint32_t* row = nullptr;
};

namespace detail {

/// The maxima of `Registers` registers of columns from column `first` on; of the last register,
/// only `last` columns exist where `Partial`.
template <class Arch, std::size_t Registers, bool Partial>
FIRTH_ALWAYS_INLINE void column_maxima_strip(const ScoreColumns& of, std::size_t first,
                                             std::size_t last, const ColumnMaxima& to) noexcept {
    using B = Batch<Arch>;
    constexpr std::size_t width = lanes<Arch>;
    constexpr float lowest = -std::numeric_limits<float>::infinity();
    B largest[Registers];
    B second[Registers];
    B row[Registers];
    unroll<Registers>([&](auto c) FIRTH_INLINE_LAMBDA {
        largest[c] = second[c] = B(lowest);
        row[c] = B(0.0f);
    });
    const float* scores = of.scores + first;
    for (std::size_t i = 0; i < of.rows; ++i, scores += of.stride) {
        const B summand(of.summands[i]);
        const B here(static_cast<float>(i));
        unroll<Registers>([&](auto c) FIRTH_INLINE_LAMBDA {
            const bool part = Partial && c + 1 == Registers;
            const B score = part ? load_first<Arch>(scores + c * width, last)
                                 : B::load_unaligned(scores + c * width);
            const B value = score + summand;
            second[c] = (max<Arch>)(second[c], (min<Arch>)(largest[c], value));
            row[c] = where_above<Arch>(value, largest[c], here, row[c]);
            largest[c] = (max<Arch>)(largest[c], value);
        });
    }
    unroll<Registers>([&](auto c) FIRTH_INLINE_LAMBDA {
        alignas(64) float values[3][width];
        largest[c].store_aligned(values[0]);
        second[c].store_aligned(values[1]);
        row[c].store_aligned(values[2]);
        const std::size_t count = Partial && c + 1 == Registers ? last : width;
        const std::size_t at = first + c * width;
        for (std::size_t i = 0; i < count; ++i) {
            to.largest[at + i] = values[0][i];
            to.second[at + i] = values[1][i];
            to.row[at + i] = static_cast<std::uint32_t>(values[2][i]);
        }
    });
}

template <class Arch>
FIRTH_ALWAYS_INLINE void column_maxima_of(const ScoreColumns& of, const ColumnMaxima& to) noexcept {
    constexpr std::size_t width = lanes<Arch>;
    std::size_t c = 0;
    for (; c + 2 * width <= of.columns; c += 2 * width) {
        column_maxima_strip<Arch, 2, false>(of, c, width, to);
    }
    for (; c + width <= of.columns; c += width) {
        column_maxima_strip<Arch, 1, false>(of, c, width, to);
    }
    if (c < of.columns) column_maxima_strip<Arch, 1, true>(of, c, of.columns - c, to);
}

} // namespace detail

/// The kernel of this header.
struct ColumnMaximaKernels {
    void (*column_maxima)(const ScoreColumns& of, const ColumnMaxima& to) noexcept;
};

namespace detail {

template <class Arch>
struct Compiled<ColumnMaximaKernels, Arch> {
    FIRTH_ALWAYS_INLINE static void column_maxima(const ScoreColumns& of,
                                                  const ColumnMaxima& to) noexcept {
        column_maxima_of<Arch>(of, to);
    }
    static constexpr ColumnMaximaKernels table{&column_maxima};
};

} // namespace detail

/// Writes the maxima of each column. O(rows * columns).
template <class Arch = default_arch>
void column_maxima(const ScoreColumns& of, const ColumnMaxima& to) noexcept {
    assert(of.stride >= of.columns && of.rows <= std::size_t{1} << 24);
    detail::kernels<ColumnMaximaKernels, Arch>().column_maxima(of, to);
}

} // namespace firth::simd
