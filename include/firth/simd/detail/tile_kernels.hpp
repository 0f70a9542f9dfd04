#pragma once

#include <cstddef>
#include <cstdint>

#include <firth/base/config.hpp>
#include <firth/simd/detail/tile.hpp>
#include <firth/simd/dispatch/kernels.hpp>
#include <firth/simd/format.hpp>

namespace firth::simd {

/// Many queries against many rows, of one format; see `score_tile.hpp`.
template <class F>
struct TileKernels {
    using Element = typename Format<F>::Element;
    using Product = typename Format<F>::Product;

    void (*pack_queries)(const Element* queries, std::size_t stride, std::size_t count,
                         std::size_t dim, std::uint32_t* packed) noexcept;
    void (*score_tile)(const std::uint32_t* packed, std::size_t query_count, const Element* rows,
                       std::size_t row_stride, std::size_t row_count, std::size_t dim,
                       Product* scores, std::size_t score_stride) noexcept;
};

namespace detail {

template <class F, class Arch>
struct Compiled<TileKernels<F>, Arch> {
    using Element = typename Format<F>::Element;
    using Product = typename Format<F>::Product;

    FIRTH_ALWAYS_INLINE static void pack_queries(const Element* queries, std::size_t stride,
                                                 std::size_t count, std::size_t dim,
                                                 std::uint32_t* packed) noexcept {
        pack_queries_of<F, Arch>(queries, stride, count, dim, packed);
    }
    FIRTH_ALWAYS_INLINE static void score_tile(const std::uint32_t* packed, std::size_t query_count,
                                               const Element* rows, std::size_t row_stride,
                                               std::size_t row_count, std::size_t dim,
                                               Product* scores, std::size_t score_stride) noexcept {
        score_tile_of<F, Arch>(packed, query_count, rows, row_stride, row_count, dim, scores,
                               score_stride);
    }
    static constexpr TileKernels<F> table{&pack_queries, &score_tile};
};

} // namespace detail

} // namespace firth::simd
