#pragma once

#include <array>
#include <cstddef>

#include <firth/base/config.hpp>
#include <firth/simd/detail/batch.hpp>
#include <firth/simd/detail/unroll.hpp>

namespace firth::simd {

/// The shape of the register tile: this many rows of the right side meet four rows of the left side
/// in one pass, so that the accumulators (4 x width), one row of each side and a spare register
/// fit.
template <class Arch>
inline constexpr std::size_t tile_width = vector_registers<Arch> >= 32 ? 6 : 3;

namespace detail {

/// Number of registers of `lanes` floats that hold 4 x `width` products.
template <class Arch>
[[nodiscard]] constexpr std::size_t tile_batches(std::size_t width) noexcept {
    return (width * 4 + lanes<Arch> - 1) / lanes<Arch>;
}

/// The inner products of `Height` <= 4 left rows with `Width` right rows, all of `n` floats, n a
/// multiple of `lanes`, rows aligned to a register. The product of left row l and right row r is
/// element 4 * r + l of the result, read as an array of floats; elements of absent rows are zero.
///
/// Height x Width accumulators stay in registers and are summed by a tree of shuffles, so that the
/// cost is close to that of the multiply-adds alone.
template <class Arch, std::size_t Height, std::size_t Width>
FIRTH_ALWAYS_INLINE auto dot_tile(const float* const* left, const float* const* right,
                                  std::size_t n) noexcept {
    static_assert(Height >= 1 && Height <= 4 && Width >= 1);
    using B = Batch<Arch>;
    constexpr std::size_t quads_per_batch = lanes<Arch> / 4;
    constexpr std::size_t batches = tile_batches<Arch>(Width);

    std::array<const float*, Height> l;
    std::array<const float*, Width> r;
    std::array<B, Height * Width> sums;
    unroll<Height>([&](auto h) FIRTH_INLINE_LAMBDA { l[h] = left[h]; });
    unroll<Width>([&](auto w) FIRTH_INLINE_LAMBDA { r[w] = right[w]; });
    unroll<Height * Width>([&](auto i) FIRTH_INLINE_LAMBDA { sums[i] = B(0.0f); });
    for (std::size_t k = 0; k < n; k += lanes<Arch>) {
        std::array<B, Height> x;
        unroll<Height>([&](auto h) FIRTH_INLINE_LAMBDA { x[h] = B::load_aligned(l[h] + k); });
        unroll<Width>([&](auto w) FIRTH_INLINE_LAMBDA {
            const B y = B::load_aligned(r[w] + k);
            unroll<Height>([&](auto h) FIRTH_INLINE_LAMBDA {
                sums[w * Height + h] = fma<Arch>(x[h], y, sums[w * Height + h]);
            });
        });
    }

    std::array<B, batches> products;
    unroll<batches>([&](auto b) FIRTH_INLINE_LAMBDA {
        std::array<B, quads_per_batch> quads;
        unroll<quads_per_batch>([&](auto q) FIRTH_INLINE_LAMBDA {
            constexpr std::size_t w = decltype(b)::value * quads_per_batch + decltype(q)::value;
            const auto sum = [&](auto h) FIRTH_INLINE_LAMBDA {
                if constexpr (w < Width && decltype(h)::value < Height) {
                    return sums[w * Height + h];
                } else {
                    return B(0.0f);
                }
            };
            if constexpr (w < Width) {
                quads[q] = sum_within_quads<Arch>(sum(std::integral_constant<std::size_t, 0>{}),
                                                  sum(std::integral_constant<std::size_t, 1>{}),
                                                  sum(std::integral_constant<std::size_t, 2>{}),
                                                  sum(std::integral_constant<std::size_t, 3>{}));
            } else {
                quads[q] = B(0.0f);
            }
        });
        products[b] = sum_across_quads<Arch>(quads);
    });
    return products;
}

} // namespace detail
} // namespace firth::simd
