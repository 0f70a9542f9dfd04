#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include <firth/base/scalar.hpp>
#include <firth/search/codes/bit_rows.hpp>
#include <firth/search/codes/float_rows.hpp>
#include <firth/search/codes/quantized_rows.hpp>
#include <firth/search/detail/index_calls.hpp>
#include <firth/search/exact/scan_index.hpp>
#include <firth/search/index.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/neighbor.hpp>
#include <firth/search/search_options.hpp>
#include <firth/table/bit_table.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/quantized_table.hpp>

namespace firth {

namespace detail {

/// How the rows of a table are searched by a metric.
template <class M, class Table>
struct RowsOf;
template <class M, class T>
    requires Metric<M, T>
struct RowsOf<M, EmbeddingTable<T>> {
    using Type = FloatRows<M, T>;
};
template <Metric M>
struct RowsOf<M, QuantizedTable> {
    using Type = QuantizedRows<M>;
};
template <>
struct RowsOf<Hamming, BitTable> {
    using Type = BitRows;
};

/// Rows whose norms may be known already.
template <class Rows>
concept HasKnownNorms =
    std::constructible_from<Rows, typename Rows::Source, std::span<const float>>;

/// What a metric is asked about: the elements of a table, floats where they are codes.
template <class Table>
struct ComparedIn {
    using Type = float;
};
template <class T>
struct ComparedIn<EmbeddingTable<T>> {
    using Type = T;
};
template <class Table>
using Compared = typename ComparedIn<Table>::Type;

/// `Hamming` compares bits, not numbers, and needs no check.
template <class M>
using Checked = std::conditional_t<std::same_as<M, Hamming>, Cosine, M>;

} // namespace detail

/// A table whose rows `ExactIndex` can search by the metric M. The metric is asked first, so that
/// compilers name what it lacks.
template <class Table, class M>
concept SearchableBy = Metric<detail::Checked<M>, detail::Compared<Table>> && requires {
    typename detail::RowsOf<M, Table>::Type;
};

/// Finds the rows nearest to a query by looking at all of them: exact, and as fast as memory is
/// read. Its calls are those of `ScanIndex`. Refers to rows that must outlive it and keep their
/// values; stores one float a row beside them, for the inner product none. Searching from several
/// threads at once is safe.
///
///     firth::ExactIndex<firth::Cosine> index(table);
///     for (const auto& [id, score] : index.search(query, 10)) ...
///
/// Rows are those of an `EmbeddingTable` (or any view) of float, float16 or bfloat16, or of a
/// `QuantizedTable`, by any metric; or of a `BitTable`, by `Hamming`:
///
///     firth::ExactIndex<firth::Cosine, firth::EmbeddingTable<firth::bfloat16>> halves(table);
///     firth::ExactIndex<firth::Cosine, firth::QuantizedTable> quarters(codes);
///     firth::ExactIndex<firth::Hamming, firth::BitTable> signs(bits);
///
/// Queries are floats and are brought to the rows' format; scores are those of that format.
/// `RescoredIndex` goes from there to the scores in float32.
///
/// Answers are sorted by score, then by id. They are the same alone and in a batch, and for any
/// number of threads: scores are those of the kernels for pairs, which also decide between rows
/// whose rough values are too close.
///
/// Norms may be of any size that float32 holds: `Cosine` is right for rows and queries whose
/// squares float32 cannot hold, and for subnormal numbers. Inner products and squared distances
/// keep to float32's range: products of elements below 2^-126 may be off by 2^-150 each. (Programs
/// linked with -ffast-math take subnormal numbers as zero.)
template <class M = Cosine, SearchableBy<M> Table = EmbeddingTable<float>>
class ExactIndex : public ScanIndex<typename detail::RowsOf<M, Table>::Type> {
    using Base = ScanIndex<typename detail::RowsOf<M, Table>::Type>;

public:
    using Rows = typename detail::RowsOf<M, Table>::Type;
    using MetricType = M;

    ExactIndex() = default;

    /// Looks at every row once (of bits at none). Throws `Error`, naming the row, for one that
    /// holds NaN or infinity or whose norm (for distances, its square) is beyond float32.
    explicit ExactIndex(typename Rows::Source rows) : Base(Rows(rows)) {}

    /// Reads the rows' Euclidean norms, one a row, instead of the rows. Throws as above, and where
    /// their number is not that of the rows.
    ExactIndex(typename Rows::Source rows,
               std::span<const float> norms) requires detail::HasKnownNorms<Rows>
        : Base(Rows(rows, norms)) {}

    /// An index of a temporary would outlive it.
    explicit ExactIndex(Table&&) = delete;

    using Base::search;
    using Base::search_batch;

    /// The rows nearest to some bits, in words of 64.
    [[nodiscard]] std::vector<Neighbor>
    search(std::span<const std::uint64_t> query,
           const SearchOptions& options = {}) const requires std::same_as<Table, BitTable> {
        return this->search_one(detail::OneQuery{query}, options);
    }

    /// The same for queries of bits.
    [[nodiscard]] std::vector<std::vector<Neighbor>>
    search_batch(const BitTable& queries,
                 const SearchOptions& options = {}) const requires std::same_as<Table, BitTable> {
        return this->search_each(queries, options);
    }
};

static_assert(IdIndex<ExactIndex<Cosine>> &&
              IdIndex<ExactIndex<SquaredL2, EmbeddingTable<float16>>> &&
              IdIndex<ExactIndex<InnerProduct, QuantizedTable>> &&
              IdIndex<ExactIndex<Hamming, BitTable>>);

} // namespace firth
