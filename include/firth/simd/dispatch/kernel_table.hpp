#pragma once

#include <cstddef>
#include <cstdint>

#include <firth/base/scalar.hpp>
#include <firth/simd/format.hpp>

/// All kernels of one architecture as function pointers: what `firth::dispatch` holds for each
/// instruction set, and what the functions of `simd/` call where their architecture is
/// `dispatched`.
namespace firth::simd {

struct WindowRows;
struct RowPair;

/// Pairs, and one query against many rows, of one format; see `dot.hpp` and `distance.hpp`.
template <class F>
struct FormatKernels {
    using Element = typename Format<F>::Element;
    using Product = typename Format<F>::Product;
    using Distance = typename Format<F>::Distance;
    using Real = typename Format<F>::Real;

    Product (*dot)(const Element* a, const Element* b, std::size_t n) noexcept;
    Distance (*squared_l2)(const Element* a, const Element* b, std::size_t n) noexcept;
    Distance (*l1)(const Element* a, const Element* b, std::size_t n) noexcept;
    Real (*cosine)(const Element* a, const Element* b, std::size_t n) noexcept;
    Real (*norm)(const Element* a, std::size_t n) noexcept;
    void (*dot_many)(const Element* query, const Element* rows, std::size_t stride,
                     std::size_t count, std::size_t dim, Product* scores) noexcept;
};

/// Many queries against many rows; see `score_tile.hpp`.
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

/// Vectors of bits, lengths in words; see `distance.hpp`.
struct BitKernels {
    std::uint64_t (*hamming)(const std::uint64_t* a, const std::uint64_t* b,
                             std::size_t words) noexcept;
    float (*jaccard)(const std::uint64_t* a, const std::uint64_t* b, std::size_t words) noexcept;
    void (*hamming_many)(const std::uint64_t* query, const std::uint64_t* rows, std::size_t stride,
                         std::size_t count, std::size_t words, std::uint32_t* distances) noexcept;
};

/// Between formats; see `convert.hpp`.
struct ConvertKernels {
    void (*to_float16)(const float* from, float16* to, std::size_t n) noexcept;
    void (*from_float16)(const float16* from, float* to, std::size_t n) noexcept;
    void (*to_bfloat16)(const float* from, bfloat16* to, std::size_t n) noexcept;
    void (*from_bfloat16)(const bfloat16* from, float* to, std::size_t n) noexcept;
    float (*quantize)(const float* from, std::int8_t* to, std::size_t n) noexcept;
    void (*dequantize)(const std::int8_t* from, float scale, float* to, std::size_t n) noexcept;
    void (*pack_signs)(const float* from, std::uint64_t* to, std::size_t n) noexcept;
};

/// What training needs; see `update.hpp`, `weighted_sum.hpp`, `sigmoid.hpp`, `window_tile.hpp` and
/// `pair_step.hpp`.
struct UpdateKernels {
    void (*axpy)(float alpha, const float* x, float* y, std::size_t n) noexcept;
    void (*scale)(float alpha, float* x, std::size_t n) noexcept;
    void (*adagrad)(float learning_rate, const float* gradient, float* weights, float* squares,
                    std::size_t n) noexcept;
    void (*weighted_sum)(const float* rows, std::size_t stride, const void* terms,
                         std::size_t count, float* sum, std::size_t dim) noexcept;
    void (*exp)(const float* from, float* to, std::size_t n) noexcept;
    void (*sigmoid)(const float* from, float* to, std::size_t n) noexcept;
    void (*rsqrt)(const float* from, float* to, std::size_t n) noexcept;
    void (*skip_gram_window)(const WindowRows& rows, float learning_rate, float* scratch) noexcept;
    void (*cbow_window)(const WindowRows& rows, float learning_rate, float context_share,
                        float* scratch) noexcept;
    void (*adagrad_pair)(const RowPair& rows, float gradient, float clip) noexcept;
    void (*sgd_pair)(const RowPair& rows, float gradient, float clip) noexcept;
};

/// What a row's term does to its scores.
enum class RowTerm { none, factor, summand };

/// How scores become values: the score of row r with terms[r].
struct ScoreTerms {
    const float* terms = nullptr; ///< one a row, where the kind is not `none`
    RowTerm kind = RowTerm::none;
};

/// What a query's products are multiplied by, and how far they may be off: error_factor times the
/// row's error, length_factor times its length, and `error` more.
struct CodeQuery {
    float scale = 0;
    float error_factor = 0;
    float length_factor = 0;
    float error = 0;
};

/// How inner products of whole numbers that stand for a query and a row become the most that their
/// value can be:
///
///     product * query scale * row scale + error factor * row error + length factor * row length
///         + error + summand
struct CodeTerms {
    const CodeQuery* queries = nullptr;
    const float* scales = nullptr; ///< one a row
    const float* errors = nullptr; ///< null where all are 0, as those below
    const float* lengths = nullptr;
    const float* summands = nullptr;
};

/// A value that was selected.
struct Selected {
    std::uint32_t query;
    std::uint32_t row;
    float value;
};

/// Products of some queries with some rows: that of the q-th query and the r-th row at
/// products[q * stride + r]. They are queries first_query, ... of those that terms and thresholds
/// belong to, and rows first_row, ...
template <class Product>
struct ProductTile {
    const Product* products = nullptr;
    std::size_t stride = 0;
    std::size_t queries = 0;
    std::size_t rows = 0;
    std::size_t first_query = 0;
    std::size_t first_row = 0;
};

/// Packed queries and the rows that they shall meet.
template <class Element>
struct PackedTile {
    const std::uint32_t* packed = nullptr;
    std::size_t queries = 0;
    const Element* rows = nullptr;
    std::size_t row_stride = 0;
    std::size_t row_count = 0;
    std::size_t dim = 0;
};

/// What search needs of a format, whose products become values by `Terms`; see `select.hpp`.
template <class F, class Terms = ScoreTerms>
struct SelectTileKernels {
    std::size_t (*score_and_select)(const PackedTile<typename Format<F>::Element>& tile,
                                    const Terms& terms, const float* thresholds,
                                    typename Format<F>::Product* scratch, Selected* to) noexcept;
};

/// What search needs besides.
struct SelectKernels {
    std::size_t (*select_scores)(const ProductTile<float>& tile, const ScoreTerms& terms,
                                 const float* thresholds, Selected* to) noexcept;
    std::size_t (*select_codes)(const ProductTile<std::int32_t>& tile, const CodeTerms& terms,
                                const float* thresholds, Selected* to) noexcept;
};

/// Everything: `table.of<float16>().dot(a, b, n)`.
struct KernelTable : FormatKernels<float>,
                     FormatKernels<widened>,
                     FormatKernels<double>,
                     FormatKernels<float16>,
                     FormatKernels<bfloat16>,
                     FormatKernels<std::int8_t>,
                     FormatKernels<std::uint8_t>,
                     TileKernels<float>,
                     TileKernels<float16>,
                     TileKernels<bfloat16>,
                     TileKernels<std::int8_t>,
                     TileKernels<std::uint8_t>,
                     BitKernels,
                     ConvertKernels,
                     UpdateKernels,
                     SelectTileKernels<float>,
                     SelectTileKernels<float16>,
                     SelectTileKernels<bfloat16>,
                     SelectTileKernels<std::int8_t, CodeTerms>,
                     SelectKernels {
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
    [[nodiscard]] constexpr const BitKernels& bits() const noexcept { return *this; }
    [[nodiscard]] constexpr const ConvertKernels& convert() const noexcept { return *this; }
    [[nodiscard]] constexpr const UpdateKernels& update() const noexcept { return *this; }
};

namespace detail {

/// Defined by `firth::dispatch`: the table chosen for this machine, the same one at every call.
const KernelTable& chosen_kernels() noexcept;

/// The same, at the cost of a load and a predicted branch.
inline const KernelTable& dispatched_kernels() noexcept {
    static const KernelTable& table = chosen_kernels();
    return table;
}

} // namespace detail
} // namespace firth::simd
