#pragma once

#include <cstdint>
#include <type_traits>

#include <firth/base/config.hpp>
#include <firth/base/scalar.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/detail/bits.hpp>
#include <firth/simd/detail/format_kernels.hpp>
#include <firth/simd/detail/tile_amx.hpp>
#include <firth/simd/detail/tile_kernels.hpp>
#include <firth/simd/dispatch/kernel_table.hpp>
#include <firth/simd/select.hpp>

namespace firth::simd::detail {

/// Defined in `tile_amx.hpp` where the compile flags have AMX.
template <class Arch>
constexpr void set_amx_kernels(KernelTable& table) noexcept;

/// Puts the kernels of `Level` into a table that holds those of the level below it: all of them, or
/// where only some are better than below, those. `Arch`, for which they are compiled, derives from
/// `Level`.
template <class Level, class Arch>
constexpr void add_level_kernels(KernelTable& table) noexcept {
#if FIRTH_ON_X86()
    if constexpr (std::is_same_v<Level, amx>) {
        set_amx_kernels<Arch>(table);
        // Conversions to 512 bits again: this is no AMD.
        table.set<Arch, FormatKernels<float16>, FormatKernels<widened>>();
    } else if constexpr (std::is_same_v<Level, avx512_bf16>) {
        table.set<Arch, FormatKernels<bfloat16>, FormatKernels<float16>, FormatKernels<widened>,
                  TileKernels<bfloat16>, SelectTileKernels<bfloat16, ScoreTerms>>();
    } else if constexpr (std::is_same_v<Level, avx512_vpopcntdq>) {
        table.set<Arch, BitKernels>();
    } else if constexpr (std::is_same_v<Level, avx512_vnni>) {
        table.set<Arch, FormatKernels<std::int8_t>, FormatKernels<std::uint8_t>,
                  TileKernels<std::int8_t>, TileKernels<std::uint8_t>,
                  SelectTileKernels<std::int8_t, CodeTerms>>();
    } else
#elif FIRTH_ON_ARM64()
    if constexpr (std::is_same_v<Level, neon_bf16>) {
        table.set<Arch, FormatKernels<bfloat16>, TileKernels<bfloat16>,
                  SelectTileKernels<bfloat16, ScoreTerms>>();
    } else if constexpr (std::is_same_v<Level, neon_dotprod>) {
        table.set<Arch, FormatKernels<std::int8_t>, FormatKernels<std::uint8_t>,
                  TileKernels<std::int8_t>, TileKernels<std::uint8_t>,
                  SelectTileKernels<std::int8_t, CodeTerms>>();
    } else
#endif
    {
        table.set_all<Arch>();
    }
}

} // namespace firth::simd::detail
