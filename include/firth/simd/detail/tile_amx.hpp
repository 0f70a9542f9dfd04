#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <firth/base/config.hpp>
#include <firth/base/scalar.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/detail/tile.hpp>
#include <firth/simd/dispatch/kernel_table.hpp>
#include <firth/simd/format.hpp>
#include <firth/simd/select.hpp>

// Older versions of clang spell the macros without the inner underscore.
#if FIRTH_ON_X86() &&                                                                              \
    ((defined(__AMX_TILE__) && defined(__AMX_INT8__) && defined(__AMX_BF16__)) ||                  \
     (defined(__AMXTILE__) && defined(__AMXINT8__) && defined(__AMXBF16__)))
#include <immintrin.h>
#define FIRTH_HAS_AMX() 1
#else
#define FIRTH_HAS_AMX() 0
#endif

/// Many queries against many rows on AMX (Intel SDM, volume 1, chapter 18), for int8, uint8 and
/// bfloat16: 32 queries meet 32 rows as 2 x 2 tiles of sums, 16 units of 32 bits a step. Queries
/// lie as they are, rows in the panel of `tile.hpp`, depth padded with zeros to whole steps; of a
/// panel one slice stays in L1.
///
/// The eight tile registers are a class, `AmxRegisters`, so that a program without AMX can put
/// another in its place and follow every step. Numerics: bytes exact; bfloat16 as VDPBF16PS does.
namespace firth::simd::detail {

/// Vectors as they are, cut into units.
template <class T>
struct AmxFormat {
    using Packed = T;
    static constexpr std::size_t depth = 4 / sizeof(T);
};

inline constexpr std::size_t amx_side = 32;       ///< queries, and rows, of a step
inline constexpr std::size_t amx_step_units = 16; ///< units of a step
inline constexpr std::size_t amx_slice_units = 192;

/// Below this many queries the tiles would be mostly empty, and the kernels of `tile.hpp` are
/// faster.
inline constexpr std::size_t amx_least_queries = 8;

/// The number of words of a group of 32 packed queries.
template <class T>
[[nodiscard]] constexpr std::size_t amx_group_words(std::size_t dim) noexcept {
    const std::size_t units = (dim + AmxFormat<T>::depth - 1) / AmxFormat<T>::depth;
    return (units + amx_step_units - 1) / amx_step_units * amx_step_units * amx_side;
}

/// Packs queries in groups of 32, step by step: 32 times 16 units each.
template <class T, class Arch>
FIRTH_ALWAYS_INLINE void amx_pack_queries_of(const T* queries, std::size_t stride,
                                             std::size_t count, std::size_t dim,
                                             std::uint32_t* packed) noexcept {
    constexpr std::size_t step = amx_step_units * AmxFormat<T>::depth;
    for (std::size_t q = 0; q < count; q += amx_side) {
        for (std::size_t k = 0; k < dim; k += step) {
            const std::size_t n = (std::min)(step, dim - k);
            std::memset(packed, 0, amx_side * amx_step_units * 4);
            for (std::size_t i = 0; i < (std::min)(amx_side, count - q); ++i) {
                std::memcpy(packed + i * amx_step_units, queries + (q + i) * stride + k,
                            n * sizeof(T));
            }
            packed += amx_side * amx_step_units;
        }
    }
}

template <class T, class Arch, class Registers>
FIRTH_ALWAYS_INLINE void
amx_score_tile_of(const std::uint32_t* packed, std::size_t query_count, const T* rows,
                  std::size_t row_stride, std::size_t row_count, std::size_t dim,
                  typename Format<T>::Product* scores, std::size_t score_stride) noexcept {
    using Product = typename Format<T>::Product;
    constexpr std::size_t slice = amx_slice_units * AmxFormat<T>::depth;
    alignas(64) std::uint32_t panel[amx_side * amx_slice_units];
    alignas(64) Product edge[amx_side * amx_side];
    Registers registers;
    for (std::size_t r = 0; r < row_count; r += amx_side) {
        const std::size_t here = (std::min)(amx_side, row_count - r);
        for (std::size_t k = 0; k < dim; k += slice) {
            const std::size_t n = (std::min)(slice, dim - k);
            const std::size_t units = (n + AmxFormat<T>::depth - 1) / AmxFormat<T>::depth;
            const std::size_t steps = (units + amx_step_units - 1) / amx_step_units;
            pack_columns<AmxFormat<T>, Arch>(
                rows + r * row_stride + k, row_stride, here, n, amx_side, panel,
                [](const T* x, std::size_t size, T* to) FIRTH_INLINE_LAMBDA {
                    std::memcpy(static_cast<void*>(to), x, size * sizeof(T));
                });
            std::memset(panel + units * amx_side, 0,
                        (steps * amx_step_units - units) * amx_side * 4);
            for (std::size_t q = 0; q < query_count; q += amx_side) {
                const std::size_t queries = (std::min)(amx_side, query_count - q);
                const bool whole = here == amx_side && queries == amx_side;
                Product* const to = scores + q * score_stride + r;
                Product* const sums = whole ? to : edge;
                const std::size_t sum_stride = whole ? score_stride : amx_side;
                if (k == 0) {
                    registers.zero_sums();
                } else {
                    if (!whole) {
                        for (std::size_t i = 0; i < queries; ++i) {
                            std::memcpy(edge + i * amx_side, to + i * score_stride, here * 4);
                        }
                    }
                    registers.load_sums(sums, sum_stride);
                }
                const std::uint32_t* left = packed + q / amx_side * amx_group_words<T>(dim) +
                                            k / AmxFormat<T>::depth * amx_side;
                const std::uint32_t* right = panel;
                for (std::size_t step = 0; step < steps; ++step) {
                    registers.template multiply<T>(left, right);
                    left += amx_side * amx_step_units;
                    right += amx_side * amx_step_units;
                }
                registers.store_sums(sums, sum_stride);
                if (!whole) {
                    for (std::size_t i = 0; i < queries; ++i) {
                        std::memcpy(to + i * score_stride, edge + i * amx_side, here * 4);
                    }
                }
            }
        }
    }
}

#if FIRTH_HAS_AMX()

/// The tile registers: 0 to 3 hold sums, 4 and 5 queries, 6 and 7 rows, all 16 x 64 bytes.
class AmxRegisters {
public:
    FIRTH_ALWAYS_INLINE AmxRegisters() noexcept {
        alignas(64) std::uint8_t configuration[64] = {1}; // palette 1
        for (std::size_t tile = 0; tile < 8; ++tile) {
            configuration[16 + 2 * tile] = 64; // bytes a row
            configuration[48 + tile] = 16;     // rows
        }
        _tile_loadconfig(configuration);
    }
    FIRTH_ALWAYS_INLINE ~AmxRegisters() { _tile_release(); }
    AmxRegisters(const AmxRegisters&) = delete;
    AmxRegisters& operator=(const AmxRegisters&) = delete;

    FIRTH_ALWAYS_INLINE void zero_sums() noexcept {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
    }
    template <class Product>
    FIRTH_ALWAYS_INLINE void load_sums(const Product* sums, std::size_t stride) noexcept {
        const std::size_t bytes = stride * 4;
        _tile_loadd(0, sums, bytes);
        _tile_loadd(1, sums + 16, bytes);
        _tile_loadd(2, sums + 16 * stride, bytes);
        _tile_loadd(3, sums + 16 * stride + 16, bytes);
    }
    template <class Product>
    FIRTH_ALWAYS_INLINE void store_sums(Product* sums, std::size_t stride) noexcept {
        const std::size_t bytes = stride * 4;
        _tile_stored(0, sums, bytes);
        _tile_stored(1, sums + 16, bytes);
        _tile_stored(2, sums + 16 * stride, bytes);
        _tile_stored(3, sums + 16 * stride + 16, bytes);
    }
    template <class T>
    FIRTH_ALWAYS_INLINE void multiply(const std::uint32_t* queries,
                                      const std::uint32_t* rows) noexcept {
        _tile_loadd(4, queries, 64);
        _tile_loadd(6, rows, 128);
        _tile_loadd(7, rows + 16, 128);
        _tile_loadd(5, queries + 16 * 16, 64);
        if constexpr (std::is_same_v<T, std::int8_t>) {
            _tile_dpbssd(0, 4, 6);
            _tile_dpbssd(1, 4, 7);
            _tile_dpbssd(2, 5, 6);
            _tile_dpbssd(3, 5, 7);
        } else if constexpr (std::is_same_v<T, std::uint8_t>) {
            _tile_dpbuud(0, 4, 6);
            _tile_dpbuud(1, 4, 7);
            _tile_dpbuud(2, 5, 6);
            _tile_dpbuud(3, 5, 7);
        } else {
            _tile_dpbf16ps(0, 4, 6);
            _tile_dpbf16ps(1, 4, 7);
            _tile_dpbf16ps(2, 5, 6);
            _tile_dpbf16ps(3, 5, 7);
        }
    }
};

template <class T, class Arch>
[[nodiscard]] constexpr TileKernels<T> make_amx_kernels() noexcept {
    return {
        [](const T* queries, std::size_t stride, std::size_t count, std::size_t dim,
           std::uint32_t* packed) noexcept {
            if (count < amx_least_queries) {
                pack_queries_of<T, Arch>(queries, stride, count, dim, packed);
            } else {
                amx_pack_queries_of<T, Arch>(queries, stride, count, dim, packed);
            }
        },
        [](const std::uint32_t* packed, std::size_t query_count, const T* rows,
           std::size_t row_stride, std::size_t row_count, std::size_t dim,
           typename Format<T>::Product* scores, std::size_t score_stride) noexcept {
            if (query_count < amx_least_queries) {
                score_tile_of<T, Arch>(packed, query_count, rows, row_stride, row_count, dim,
                                       scores, score_stride);
            } else {
                amx_score_tile_of<T, Arch, AmxRegisters>(packed, query_count, rows, row_stride,
                                                         row_count, dim, scores, score_stride);
            }
        },
    };
}

/// Scores 32 rows at a time, and selects from each.
template <class T, class Terms, class Arch>
[[nodiscard]] constexpr SelectTileKernels<T, Terms> make_amx_select_kernels() noexcept {
    return {[](const PackedTile<T>& tile, const Terms& terms, const float* thresholds,
               typename Format<T>::Product* scratch, Selected* to) noexcept {
        if (tile.queries < amx_least_queries) {
            return score_and_select_of<T, Arch>(tile, terms, thresholds, scratch, to);
        }
        Selected* const begin = to;
        for (std::size_t r = 0; r < tile.row_count; r += amx_side) {
            const std::size_t rows = (std::min)(amx_side, tile.row_count - r);
            amx_score_tile_of<T, Arch, AmxRegisters>(
                tile.packed, tile.queries, tile.rows + r * tile.row_stride, tile.row_stride, rows,
                tile.dim, scratch, amx_side);
            to = select_of<Arch>(ProductTile<typename Format<T>::Product>{scratch, amx_side,
                                                                          tile.queries, rows, 0, r},
                                 terms, thresholds, to);
        }
        return static_cast<std::size_t>(to - begin);
    }};
}

/// Puts the kernels that AMX improves into a table.
template <class Arch>
constexpr void set_amx_kernels(KernelTable& table) noexcept {
    static_cast<TileKernels<std::int8_t>&>(table) = make_amx_kernels<std::int8_t, Arch>();
    static_cast<TileKernels<std::uint8_t>&>(table) = make_amx_kernels<std::uint8_t, Arch>();
    static_cast<TileKernels<bfloat16>&>(table) = make_amx_kernels<bfloat16, Arch>();
    static_cast<SelectTileKernels<std::int8_t, CodeTerms>&>(table) =
        make_amx_select_kernels<std::int8_t, CodeTerms, Arch>();
    static_cast<SelectTileKernels<bfloat16, ScoreTerms>&>(table) =
        make_amx_select_kernels<bfloat16, ScoreTerms, Arch>();
}

#endif

} // namespace firth::simd::detail

#undef FIRTH_HAS_AMX
