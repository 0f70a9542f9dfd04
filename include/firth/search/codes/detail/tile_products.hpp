#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/config.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/score_tile.hpp>
#include <firth/simd/select.hpp>
#include <firth/table/matrix_view.hpp>

/// The inner products of a group of queries with a tile of rows at a time, and a selection of them,
/// in memory that stays in L1.
namespace firth::detail {

/// The most queries of a group: the more there are, the less often rows are transposed, but packed
/// they should stay in L2.
inline constexpr std::size_t most_grouped_queries = 1008;

/// How many rows a tile of so many queries has, a power of two.
[[nodiscard]] constexpr std::size_t tile_rows(std::size_t queries) noexcept {
    return std::clamp<std::size_t>(std::bit_floor(8192 / (std::max<std::size_t>)(queries, 1)), 32,
                                   512);
}

/// Begins to read rows that will be needed soon.
template <class T>
void prefetch_rows(TableView<const T> table, std::size_t first, std::size_t count) noexcept {
    // The processor prefetches the rest of longer rows itself, once it sees them read in order.
    const std::size_t bytes = (std::min<std::size_t>)(4096, table.dim() * sizeof(T));
    const std::size_t end = (std::min)(first + count, table.rows());
    for (std::size_t id = first; id < end; ++id) {
        const char* const row = reinterpret_cast<const char*>(table[id].data());
        for (std::size_t at = 0; at < bytes; at += 64) {
            FIRTH_PREFETCH_READ(row + at);
        }
    }
    // gcc takes a function that does nothing but prefetch for one without effect, and drops calls.
    FIRTH_KEEP_ORDER();
}

/// A group of queries, prepared for tiles of their products with rows of T.
template <class T>
class TileProducts {
public:
    using Product = typename simd::Format<T>::Product;

    /// Takes the member `vector` of each query, dim elements.
    template <class Query>
    TileProducts(std::span<const Query> queries, std::size_t dim)
        : count_(queries.size()), dim_(dim), tile_rows_(detail::tile_rows(count_)),
          vectors_(count_ * dim), products_(count_ * tile_rows_) {
        for (std::size_t q = 0; q < count_; ++q) {
            std::copy(queries[q].vector.begin(), queries[q].vector.end(),
                      vectors_.data() + q * dim);
        }
        if (is_few()) return;
        packed_ = AlignedBuffer<std::uint32_t>(simd::packed_queries_size(count_, dim));
        simd::pack_queries(vectors_.data(), dim, count_, dim, packed_.data());
        vectors_ = {};
    }

    /// How many rows `select` takes at most.
    [[nodiscard]] std::size_t tile_rows() const noexcept { return tile_rows_; }

    /// Selects from the products with `count` rows from row `first` on, as `simd::select`.
    template <class Terms>
    std::size_t select(TableView<const T> rows, std::size_t first, std::size_t count,
                       const Terms& terms, const float* thresholds, simd::Selected* to) {
        const T* const begin = rows.data() + first * rows.stride();
        if (!is_few()) {
            return simd::score_and_select(
                simd::PackedTile<T>{packed_.data(), count_, begin, rows.stride(), count, dim_},
                terms, thresholds, products_.data(), to);
        }
        for (std::size_t q = 0; q < count_; ++q) {
            simd::dot_many(vectors_.data() + q * dim_, begin, rows.stride(), count, dim_,
                           products_.data() + q * tile_rows_);
        }
        return simd::select({products_.data(), tile_rows_, count_, count}, terms, thresholds, to);
    }

private:
    /// One or two queries are not worth packing.
    [[nodiscard]] bool is_few() const noexcept { return count_ <= 2; }

    std::size_t count_;
    std::size_t dim_;
    std::size_t tile_rows_;
    AlignedBuffer<T> vectors_;
    AlignedBuffer<std::uint32_t> packed_;
    AlignedBuffer<Product> products_;
};

} // namespace firth::detail
