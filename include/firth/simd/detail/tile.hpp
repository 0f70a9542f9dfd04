#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <firth/base/config.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/detail/batch.hpp>
#include <firth/simd/detail/pair.hpp>
#include <firth/simd/detail/tile_format.hpp>
#include <firth/simd/detail/unroll.hpp>
#include <firth/simd/format.hpp>

#if FIRTH_ON_X86()
#include <immintrin.h>
#endif

/// Many queries against many rows as a matrix product: a panel of rows is transposed into a buffer
/// that stays in L1, so that one register holds the same element (a unit) of several rows. It is
/// multiplied with a group of queries, one broadcast element each, in accumulators that fill the
/// registers. Long vectors are taken in slices. No padding is multiplied and no register is summed
/// across, which is where a product of short vectors row by row loses its time. The functions that
/// programs call are in `score_tile.hpp`.
FIRTH_BEGIN_INTRINSICS

namespace firth::simd {

/// Packed queries and the rows to score them against.
template <class Element>
struct PackedTile {
    const std::uint32_t* packed = nullptr;
    std::size_t queries = 0;
    const Element* rows = nullptr;
    std::size_t row_stride = 0;
    std::size_t row_count = 0;
    std::size_t dim = 0;
};

} // namespace firth::simd

namespace firth::simd::detail {

/// Rows of a panel: two registers.
template <class F, class Arch>
inline constexpr std::size_t panel_rows = 2 * TileFormat<F, Arch>::lanes;

/// Queries that are multiplied with a panel together.
template <class Arch>
inline constexpr std::size_t group_queries = vector_registers<Arch> >= 32 ? 14 : 6;

/// Units of a slice: a panel takes three quarters of 32 KB or half of it, a group of queries some
/// KB more. 192 where a unit is two bfloat16, too: the bound of `score_tile.hpp` is for 384.
template <class F, class Arch>
inline constexpr std::size_t slice_units = panel_rows<F, Arch> >= 32 ||
                                                   (std::is_same_v<F, bfloat16> &&
                                                    TileFormat<F, Arch>::depth == 2)
                                               ? 192
                                               : 256;
inline constexpr std::size_t max_slice_units = 256;

/// Queries of the next group: all, half of them or one, whichever fits best.
template <class Arch>
FIRTH_ALWAYS_INLINE std::size_t next_group(std::size_t left) noexcept {
    constexpr std::size_t full = group_queries<Arch>;
    return left > full / 2 ? full : left > 1 ? full / 2 : 1;
}

/// From four rows of units (or floats), four units each, to four columns `to_stride` apart.
template <class Arch>
FIRTH_ALWAYS_INLINE void transpose_units(const std::uint32_t* const* from, std::size_t k,
                                         std::uint32_t* to, std::size_t to_stride) noexcept {
    if constexpr (!is_scalar<Arch>) {
#if FIRTH_ON_X86()
        const auto load = [&](std::size_t r) FIRTH_INLINE_LAMBDA {
            return _mm_castsi128_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from[r] + k)));
        };
        const auto store = [&](std::size_t c, __m128 column) FIRTH_INLINE_LAMBDA {
            _mm_storeu_si128(reinterpret_cast<__m128i*>(to + c * to_stride),
                             _mm_castps_si128(column));
        };
        const __m128 ab_low = _mm_unpacklo_ps(load(0), load(1));
        const __m128 ab_high = _mm_unpackhi_ps(load(0), load(1));
        const __m128 cd_low = _mm_unpacklo_ps(load(2), load(3));
        const __m128 cd_high = _mm_unpackhi_ps(load(2), load(3));
        store(0, _mm_movelh_ps(ab_low, cd_low));
        store(1, _mm_movehl_ps(cd_low, ab_low));
        store(2, _mm_movelh_ps(ab_high, cd_high));
        store(3, _mm_movehl_ps(cd_high, ab_high));
        return;
#elif FIRTH_ON_ARM64()
        const auto load = [&](std::size_t r) FIRTH_INLINE_LAMBDA { return vld1q_u32(from[r] + k); };
        const auto store = [&](std::size_t c, uint64x2_t column) FIRTH_INLINE_LAMBDA {
            vst1q_u32(to + c * to_stride, vreinterpretq_u32_u64(column));
        };
        const uint64x2_t ab_low = vreinterpretq_u64_u32(vzip1q_u32(load(0), load(1)));
        const uint64x2_t ab_high = vreinterpretq_u64_u32(vzip2q_u32(load(0), load(1)));
        const uint64x2_t cd_low = vreinterpretq_u64_u32(vzip1q_u32(load(2), load(3)));
        const uint64x2_t cd_high = vreinterpretq_u64_u32(vzip2q_u32(load(2), load(3)));
        store(0, vzip1q_u64(ab_low, cd_low));
        store(1, vzip2q_u64(ab_low, cd_low));
        store(2, vzip1q_u64(ab_high, cd_high));
        store(3, vzip2q_u64(ab_high, cd_high));
        return;
#endif
    }
    for (std::size_t c = 0; c < 4; ++c) {
        for (std::size_t r = 0; r < 4; ++r) {
            std::memcpy(to + c * to_stride + r, from[r] + k + c, 4);
        }
    }
}

/// `count` vectors of `n` elements from `from` on, `stride` apart, as columns of units: element u
/// of vector r at to[u * width + r], zeros for the vectors up to `width` that are not there.
/// `convert` is `pack_row` or `pack_query` of the tile format. n is at most one slice.
template <class Tile, class Arch, class T, class Convert>
FIRTH_ALWAYS_INLINE void pack_columns(const T* from, std::size_t stride, std::size_t count,
                                      std::size_t n, std::size_t width, std::uint32_t* to,
                                      Convert convert) noexcept {
    const std::size_t units = (n + Tile::depth - 1) / Tile::depth;
    alignas(64) std::uint32_t buffer[4][max_slice_units];
    for (std::size_t r = 0; r < width; r += 4) {
        const std::uint32_t* rows[4];
        for (std::size_t i = 0; i < 4; ++i) {
            rows[i] = buffer[i];
            if (r + i >= count) {
                std::memset(buffer[i], 0, units * 4);
            } else if constexpr (std::is_same_v<T, float>) {
                rows[i] = reinterpret_cast<const std::uint32_t*>(from + (r + i) * stride);
            } else {
                if (n % Tile::depth != 0) buffer[i][units - 1] = 0;
                convert(from + (r + i) * stride, n,
                        reinterpret_cast<typename Tile::Packed*>(buffer[i]));
            }
        }
        std::size_t u = 0;
        if (r + 4 <= width) {
            for (; u + 4 <= units; u += 4) {
                transpose_units<Arch>(rows, u, to + u * width + r, width);
            }
        }
        for (; u < units; ++u) {
            for (std::size_t i = 0; i < (std::min<std::size_t>)(4, width - r); ++i) {
                std::memcpy(to + u * width + r + i, rows[i] + u, 4);
            }
        }
    }
}

/// A group of queries and a panel of rows, one slice deep.
struct PanelPart {
    const std::uint32_t* group; ///< the queries' units, as columns
    const std::uint32_t* start; ///< what their sums begin with; null from the second slice on
    const std::uint32_t* panel;
    std::size_t units;
    std::size_t queries; ///< of the group, and the first of them
    std::size_t first_query;
    std::size_t rows; ///< of the panel, and the first of them
    std::size_t first_row;
    bool is_last; ///< of the slices
};

/// The sums of a group of `Width` queries and a panel: registers 2 q and 2 q + 1 are those of query
/// q.
template <class F, class Arch, std::size_t Width>
using PanelSums = typename TileFormat<F, Arch>::Register[2 * Width];

/// Multiplies and adds up one slice. Inlined only into functions that are not: gcc 12 otherwise
/// keeps copying the sums between registers.
template <class F, class Arch, std::size_t Width>
FIRTH_ALWAYS_INLINE void multiply_panel(const PanelPart& part,
                                        PanelSums<F, Arch, Width>& sums) noexcept {
    using Tile = TileFormat<F, Arch>;
    using Register = typename Tile::Register;
    constexpr std::size_t rows = panel_rows<F, Arch>;
    const std::uint32_t* const group = part.group;
    const std::uint32_t* const panel = part.panel;
    unroll<Width>([&](auto q) FIRTH_INLINE_LAMBDA {
        sums[2 * q] = part.start != nullptr ? Tile::broadcast(part.start + q) : Tile::zero();
        sums[2 * q + 1] = sums[2 * q];
    });
    for (std::size_t u = 0; u < part.units; ++u) {
        const Register left = Tile::load(panel + u * rows);
        const Register right = Tile::load(panel + u * rows + Tile::lanes);
        unroll<Width>([&](auto q) FIRTH_INLINE_LAMBDA {
            const Register query = Tile::broadcast(group + u * Width + q);
            sums[2 * q] = Tile::multiply_add(sums[2 * q], left, query);
            sums[2 * q + 1] = Tile::multiply_add(sums[2 * q + 1], right, query);
        });
    }
}

/// Stores the scores of a part, or adds them to those stored before.
template <class F, class Arch, std::size_t Width>
FIRTH_NOINLINE void score_part(const PanelPart& part, typename Format<F>::Product* scores,
                               std::size_t score_stride) noexcept {
    using Tile = TileFormat<F, Arch>;
    constexpr std::size_t rows = panel_rows<F, Arch>;
    // Scores of different queries lie far apart, often in the same few sets of the caches.
    for (std::size_t q = 0; q < part.queries; ++q) {
        FIRTH_PREFETCH_WRITE(scores + q * score_stride);
        FIRTH_PREFETCH_WRITE(scores + q * score_stride + part.rows - 1);
    }
    PanelSums<F, Arch, Width> sums;
    multiply_panel<F, Arch, Width>(part, sums);
    if (part.rows == rows && part.queries == Width) {
        unroll<Width>([&](auto q) FIRTH_INLINE_LAMBDA {
            auto* const to = scores + q * score_stride;
            if (part.start != nullptr) {
                Tile::store(sums[2 * q], to);
                Tile::store(sums[2 * q + 1], to + Tile::lanes);
            } else {
                Tile::store(Tile::add(sums[2 * q], Tile::load(to)), to);
                Tile::store(Tile::add(sums[2 * q + 1], Tile::load(to + Tile::lanes)),
                            to + Tile::lanes);
            }
        });
        return;
    }
    alignas(64) typename Format<F>::Product edge[Width][rows];
    unroll<Width>([&](auto q) FIRTH_INLINE_LAMBDA {
        Tile::store(sums[2 * q], edge[q]);
        Tile::store(sums[2 * q + 1], edge[q] + Tile::lanes);
    });
    for (std::size_t q = 0; q < part.queries; ++q) {
        for (std::size_t r = 0; r < part.rows; ++r) {
            auto& score = scores[q * score_stride + r];
            if (part.start != nullptr) {
                score = edge[q][r];
            } else if constexpr (std::is_floating_point_v<typename Format<F>::Product>) {
                score += edge[q][r];
            } else {
                // Unsigned: sums may pass through 2^31 on the way.
                score = static_cast<typename Format<F>::Product>(
                    static_cast<std::uint32_t>(score) + static_cast<std::uint32_t>(edge[q][r]));
            }
        }
    }
}

/// Packs queries for `score_tile_of`: group after group, of each first the starts and then the
/// units, column by column.
template <class F, class Arch>
FIRTH_ALWAYS_INLINE void pack_queries_of(const Element<F>* queries, std::size_t stride,
                                         std::size_t count, std::size_t dim,
                                         std::uint32_t* packed) noexcept {
    using Tile = TileFormat<F, Arch>;
    constexpr std::size_t slice = slice_units<F, Arch> * Tile::depth;
    for (std::size_t q = 0; q < count;) {
        const std::size_t width = next_group<Arch>(count - q);
        const std::size_t here = (std::min)(width, count - q);
        const Element<F>* const from = queries + q * stride;
        for (std::size_t i = 0; i < width; ++i) {
            packed[i] = i < here ? Tile::start(from + i * stride, dim) : 0;
        }
        packed += width;
        for (std::size_t k = 0; k < dim; k += slice) {
            const std::size_t n = (std::min)(slice, dim - k);
            pack_columns<Tile, Arch>(
                from + k, stride, here, n, width, packed,
                [](const Element<F>* x, std::size_t size, typename Tile::Packed* to)
                    FIRTH_INLINE_LAMBDA { Tile::pack_query(x, size, to); });
            packed += (n + Tile::depth - 1) / Tile::depth * width;
        }
        q += here;
    }
}

/// Elements of a slice.
template <class F, class Arch>
inline constexpr std::size_t slice_elements = slice_units<F, Arch>* TileFormat<F, Arch>::depth;

/// Asks for memory a few cache lines at a time: a processor that is asked for all at once drops
/// most of it.
class SteadyPrefetch {
public:
    /// Of `rows` rows of `row_bytes` bytes from `begin` on, `stride_bytes` apart, in `steps` steps.
    FIRTH_ALWAYS_INLINE SteadyPrefetch(const void* begin, std::size_t stride_bytes,
                                       std::size_t row_bytes, std::size_t rows,
                                       std::size_t steps) noexcept
        : row_(static_cast<const char*>(begin)), stride_bytes_(stride_bytes), row_bytes_(row_bytes),
          rows_(rows), lines_a_step_((rows * ((row_bytes + 63) / 64) + steps - 1) / steps) {
        // Short rows that are read at once: the processor's own prefetching is better.
        if (steps == 1 && row_bytes <= 128) rows_ = 0;
    }

    FIRTH_ALWAYS_INLINE void step() noexcept {
        for (std::size_t i = 0; i < lines_a_step_ && rows_ > 0; ++i) {
            FIRTH_PREFETCH_READ(row_ + at_);
            at_ += 64;
            if (at_ < row_bytes_) continue;
            at_ = 0;
            row_ += stride_bytes_;
            --rows_;
        }
    }

private:
    const char* row_;
    std::size_t at_ = 0;
    std::size_t stride_bytes_;
    std::size_t row_bytes_;
    std::size_t rows_;
    std::size_t lines_a_step_;
};

/// Calls `multiply(width, part)` for each group of queries of each slice of each panel, in this
/// order; a group has room for `width` queries. Rows are probably read on: the panel after each is
/// prefetched, though it may be another tile's.
template <class F, class Arch, class Multiply>
FIRTH_ALWAYS_INLINE void for_panels(const PackedTile<Element<F>>& tile,
                                    Multiply multiply) noexcept {
    using Tile = TileFormat<F, Arch>;
    constexpr std::size_t slice = slice_elements<F, Arch>;
    constexpr std::size_t full = group_queries<Arch>;
    constexpr std::size_t height = panel_rows<F, Arch>;
    const std::size_t dim = tile.dim;
    const std::size_t all_units = (dim + Tile::depth - 1) / Tile::depth;
    alignas(64) std::uint32_t panel[height * slice_units<F, Arch>];
    for (std::size_t r = 0; r < tile.row_count; r += height) {
        const std::size_t here = (std::min)(height, tile.row_count - r);
        SteadyPrefetch next_panel(tile.rows + (r + height) * tile.row_stride,
                                  tile.row_stride * sizeof(Element<F>), dim * sizeof(Element<F>),
                                  height,
                                  (dim + slice - 1) / slice * ((tile.queries + full - 1) / full));
        for (std::size_t k = 0; k < dim; k += slice) {
            const std::size_t n = (std::min)(slice, dim - k);
            const std::size_t units = (n + Tile::depth - 1) / Tile::depth;
            pack_columns<Tile, Arch>(
                tile.rows + r * tile.row_stride + k, tile.row_stride, here, n, height, panel,
                [](const Element<F>* x, std::size_t size, typename Tile::Packed* to)
                    FIRTH_INLINE_LAMBDA { Tile::pack_row(x, size, to); });
            const std::uint32_t* group = tile.packed;
            for (std::size_t q = 0; q < tile.queries;) {
                const std::size_t width = next_group<Arch>(tile.queries - q);
                const std::size_t queries = (std::min)(width, tile.queries - q);
                const PanelPart part{group + width + k / Tile::depth * width,
                                     k == 0 ? group : nullptr,
                                     panel,
                                     units,
                                     queries,
                                     q,
                                     here,
                                     r,
                                     k + n == dim};
                next_panel.step();
                if (width == full) {
                    multiply(std::integral_constant<std::size_t, full>{}, part);
                } else if (width == full / 2) {
                    multiply(std::integral_constant<std::size_t, full / 2>{}, part);
                } else {
                    multiply(std::integral_constant<std::size_t, 1>{}, part);
                }
                group += width * (1 + all_units);
                q += queries;
            }
        }
    }
}

template <class F, class Arch>
FIRTH_ALWAYS_INLINE void
score_tile_of(const std::uint32_t* packed, std::size_t query_count, const Element<F>* rows,
              std::size_t row_stride, std::size_t row_count, std::size_t dim,
              typename Format<F>::Product* scores, std::size_t score_stride) noexcept {
    for_panels<F, Arch>({packed, query_count, rows, row_stride, row_count, dim},
                        [&](auto width, const PanelPart& part) FIRTH_INLINE_LAMBDA {
                            score_part<F, Arch, width>(
                                part, scores + part.first_query * score_stride + part.first_row,
                                score_stride);
                        });
}

} // namespace firth::simd::detail

FIRTH_END_INTRINSICS
