#pragma once

#include <cstdint>

#include <firth/base/scalar.hpp>
#include <firth/simd/activation.hpp>
#include <firth/simd/column_maxima.hpp>
#include <firth/simd/convert.hpp>
#include <firth/simd/detail/bits.hpp>
#include <firth/simd/detail/format_kernels.hpp>
#include <firth/simd/detail/tile_kernels.hpp>
#include <firth/simd/format.hpp>
#include <firth/simd/layer_norm.hpp>
#include <firth/simd/matrix_product.hpp>
#include <firth/simd/pair_step.hpp>
#include <firth/simd/row_list.hpp>
#include <firth/simd/select.hpp>
#include <firth/simd/sigmoid.hpp>
#include <firth/simd/update.hpp>
#include <firth/simd/weighted_sum.hpp>
#include <firth/simd/window_tile.hpp>

/// All kernels of one architecture as function pointers: what `firth::dispatch` holds for each
/// instruction set.
namespace firth::simd {

namespace detail {

/// Derives from every group. `Compiled` for an architecture fills each of them.
template <class... Groups>
struct GroupsOf : Groups... {
    /// Puts the kernels of these groups on `Arch` into the table; of all without a list.
    template <class Arch>
    constexpr void set_all() noexcept {
        (set<Arch, Groups>(), ...);
    }
    template <class Arch, class... Some>
    constexpr void set() noexcept {
        ((static_cast<Some&>(*this) = Compiled<Some, Arch>::table), ...);
    }
};

using AllGroups =
    GroupsOf<FormatKernels<float>, FormatKernels<widened>, FormatKernels<double>,
             FormatKernels<float16>, FormatKernels<bfloat16>, FormatKernels<std::int8_t>,
             FormatKernels<std::uint8_t>, TileKernels<float>, TileKernels<float16>,
             TileKernels<bfloat16>, TileKernels<std::int8_t>, TileKernels<std::uint8_t>, BitKernels,
             ConvertKernels, UpdateKernels, SigmoidKernels, WeightedSumKernels, RowListKernels,
             WindowKernels, PairStepKernels, ColumnMaximaKernels,
             SelectTileKernels<float, ScoreTerms>, SelectTileKernels<float16, ScoreTerms>,
             SelectTileKernels<bfloat16, ScoreTerms>, SelectTileKernels<std::int8_t, CodeTerms>,
             SelectKernels, ActivationKernels, LayerNormKernels, MatrixProductKernels>;

} // namespace detail

/// Everything: `table.of<float16>().dot(a, b, n)`, `table.axpy(alpha, x, y, n)`.
struct KernelTable : detail::AllGroups {
    template <class F>
    [[nodiscard]] constexpr const FormatKernels<F>& of() const noexcept {
        return *this;
    }
    template <class F>
    [[nodiscard]] constexpr const TileKernels<F>& tile() const noexcept {
        return *this;
    }
    template <class F, class Terms>
    [[nodiscard]] constexpr const SelectTileKernels<F, Terms>& select_tile() const noexcept {
        return *this;
    }
};

} // namespace firth::simd
