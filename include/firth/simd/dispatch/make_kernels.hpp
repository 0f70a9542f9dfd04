#pragma once

#include <cstddef>
#include <cstdint>

#include <firth/simd/bits.hpp>
#include <firth/simd/convert.hpp>
#include <firth/simd/detail/many.hpp>
#include <firth/simd/detail/pair.hpp>
#include <firth/simd/detail/tile.hpp>
#include <firth/simd/detail/tile_amx.hpp>
#include <firth/simd/dispatch/kernel_table.hpp>
#include <firth/simd/format.hpp>
#include <firth/simd/pair_step.hpp>
#include <firth/simd/select.hpp>
#include <firth/simd/sigmoid.hpp>
#include <firth/simd/update.hpp>
#include <firth/simd/weighted_sum.hpp>
#include <firth/simd/window_tile.hpp>

/// The kernels of an architecture as function pointers. `firth::dispatch` is made of these; its
/// files name an architecture of their own without linkage, so that no function of theirs can be
/// taken for another file's.
namespace firth::simd {

template <class F, class Arch>
[[nodiscard]] constexpr FormatKernels<F> make_format_kernels() noexcept {
    using K = FormatKernels<F>;
    using E = typename K::Element;
    return {
        [](const E* a, const E* b, std::size_t n) noexcept {
            return detail::dot_of<F, Arch>(a, b, n);
        },
        [](const E* a, const E* b, std::size_t n) noexcept {
            return detail::squared_l2_of<F, Arch>(a, b, n);
        },
        [](const E* a, const E* b, std::size_t n) noexcept {
            return detail::l1_of<F, Arch>(a, b, n);
        },
        [](const E* a, const E* b, std::size_t n) noexcept {
            return detail::cosine_of<F, Arch>(a, b, n);
        },
        [](const E* a, std::size_t n) noexcept { return detail::norm_of<F, Arch>(a, n); },
        [](const E* query, const E* rows, std::size_t stride, std::size_t count, std::size_t dim,
           typename K::Product* scores) noexcept {
            detail::dot_many_of<F, Arch>(query, rows, stride, count, dim, scores);
        },
    };
}

template <class F, class Arch>
[[nodiscard]] constexpr TileKernels<F> make_tile_kernels() noexcept {
    using K = TileKernels<F>;
    using E = typename K::Element;
    return {
        [](const E* queries, std::size_t stride, std::size_t count, std::size_t dim,
           std::uint32_t* packed) noexcept {
            detail::pack_queries_of<F, Arch>(queries, stride, count, dim, packed);
        },
        [](const std::uint32_t* packed, std::size_t query_count, const E* rows,
           std::size_t row_stride, std::size_t row_count, std::size_t dim,
           typename K::Product* scores, std::size_t score_stride) noexcept {
            detail::score_tile_of<F, Arch>(packed, query_count, rows, row_stride, row_count, dim,
                                           scores, score_stride);
        },
    };
}

template <class Arch>
[[nodiscard]] constexpr BitKernels make_bit_kernels() noexcept {
    using Words = const std::uint64_t*;
    return {
        [](Words a, Words b, std::size_t n) noexcept { return detail::hamming_of<Arch>(a, b, n); },
        [](Words a, Words b, std::size_t n) noexcept { return detail::jaccard_of<Arch>(a, b, n); },
        [](Words query, Words rows, std::size_t stride, std::size_t count, std::size_t n,
           std::uint32_t* distances) noexcept {
            detail::hamming_many_of<Arch>(query, rows, stride, count, n, distances);
        },
    };
}

template <class Arch>
[[nodiscard]] constexpr ConvertKernels make_convert_kernels() noexcept {
    return {
        [](const float* from, float16* to, std::size_t n) noexcept {
            detail::to_float16_of<Arch>(from, to, n);
        },
        [](const float16* from, float* to, std::size_t n) noexcept {
            detail::from_float16_of<Arch>(from, to, n);
        },
        [](const float* from, bfloat16* to, std::size_t n) noexcept {
            detail::to_bfloat16_of<Arch>(from, to, n);
        },
        [](const bfloat16* from, float* to, std::size_t n) noexcept {
            detail::from_bfloat16_of<Arch>(from, to, n);
        },
        [](const float* from, std::int8_t* to, std::size_t n) noexcept {
            return detail::quantize_of<Arch>(from, to, n);
        },
        [](const std::int8_t* from, float scale, float* to, std::size_t n) noexcept {
            detail::dequantize_of<Arch>(from, scale, to, n);
        },
        [](const float* from, std::uint64_t* to, std::size_t n) noexcept {
            detail::pack_signs_of<Arch>(from, to, n);
        },
    };
}

template <class Arch>
[[nodiscard]] constexpr UpdateKernels make_update_kernels() noexcept {
    return {
        [](float alpha, const float* x, float* y, std::size_t n) noexcept {
            detail::axpy_of<Arch>(alpha, x, y, n);
        },
        [](float alpha, float* x, std::size_t n) noexcept { detail::scale_of<Arch>(alpha, x, n); },
        [](float rate, const float* gradient, float* weights, float* squares,
           std::size_t n) noexcept {
            detail::adagrad_of<Arch>(rate, gradient, weights, squares, n);
        },
        [](const float* rows, std::size_t stride, const void* terms, std::size_t count, float* sum,
           std::size_t dim) noexcept {
            detail::weighted_sum_of<Arch>(rows, stride, terms, count, sum, dim);
        },
        [](const float* from, float* to, std::size_t n) noexcept {
            detail::exp_of<Arch>(from, to, n);
        },
        [](const float* from, float* to, std::size_t n) noexcept {
            detail::sigmoid_of<Arch>(from, to, n);
        },
        [](const float* from, float* to, std::size_t n) noexcept {
            detail::rsqrt_of<Arch>(from, to, n);
        },
        [](const WindowRows& rows, float rate, float* scratch) noexcept {
            detail::skip_gram_window_of<Arch>(rows, Logistic(), rate, scratch);
        },
        [](const WindowRows& rows, float rate, float share, float* scratch) noexcept {
            detail::cbow_window_of<Arch>(rows, Logistic(), rate, share, scratch);
        },
        [](const RowPair& rows, float gradient, float clip) noexcept {
            detail::adagrad_pair_of<Arch>(rows, gradient, clip);
        },
        [](const RowPair& rows, float gradient, float clip) noexcept {
            detail::sgd_pair_of<Arch>(rows, gradient, clip);
        },
    };
}

template <class F, class Terms, class Arch>
[[nodiscard]] constexpr SelectTileKernels<F, Terms> make_select_tile_kernels() noexcept {
    return {[](const PackedTile<typename Format<F>::Element>& tile, const Terms& terms,
               const float* thresholds, typename Format<F>::Product* scratch,
               Selected* to) noexcept {
        return detail::score_and_select_of<F, Arch>(tile, terms, thresholds, scratch, to);
    }};
}

template <class Arch>
[[nodiscard]] constexpr SelectKernels make_select_kernels() noexcept {
    return {
        [](const ProductTile<float>& tile, const ScoreTerms& terms, const float* thresholds,
           Selected* to) noexcept {
            return static_cast<std::size_t>(detail::select_of<Arch>(tile, terms, thresholds, to) -
                                            to);
        },
        [](const ProductTile<std::int32_t>& tile, const CodeTerms& terms, const float* thresholds,
           Selected* to) noexcept {
            return static_cast<std::size_t>(detail::select_of<Arch>(tile, terms, thresholds, to) -
                                            to);
        },
    };
}

/// Puts the kernels of one format on `Arch` into a table.
template <class F, class Arch>
constexpr void set_format_kernels(KernelTable& table) noexcept {
    static_cast<FormatKernels<F>&>(table) = make_format_kernels<F, Arch>();
    if constexpr (requires { static_cast<TileKernels<F>&>(table); }) {
        static_cast<TileKernels<F>&>(table) = make_tile_kernels<F, Arch>();
    }
    const auto set_select = [&](auto terms) {
        using Terms = decltype(terms);
        if constexpr (requires { static_cast<SelectTileKernels<F, Terms>&>(table); }) {
            static_cast<SelectTileKernels<F, Terms>&>(table) =
                make_select_tile_kernels<F, Terms, Arch>();
        }
    };
    set_select(ScoreTerms());
    set_select(CodeTerms());
}

/// Puts all kernels of `Arch` into a table.
template <class Arch>
constexpr void set_all_kernels(KernelTable& table) noexcept {
    set_format_kernels<float, Arch>(table);
    set_format_kernels<widened, Arch>(table);
    set_format_kernels<double, Arch>(table);
    set_format_kernels<float16, Arch>(table);
    set_format_kernels<bfloat16, Arch>(table);
    set_format_kernels<std::int8_t, Arch>(table);
    set_format_kernels<std::uint8_t, Arch>(table);
    static_cast<BitKernels&>(table) = make_bit_kernels<Arch>();
    static_cast<ConvertKernels&>(table) = make_convert_kernels<Arch>();
    static_cast<UpdateKernels&>(table) = make_update_kernels<Arch>();
    static_cast<SelectKernels&>(table) = make_select_kernels<Arch>();
}

} // namespace firth::simd
