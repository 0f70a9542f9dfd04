#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <firth/search/codes/bit_rows.hpp>
#include <firth/search/codes/float_rows.hpp>
#include <firth/search/codes/quantized_rows.hpp>
#include <firth/search/detail/candidates.hpp>
#include <firth/search/exact/detail/answers.hpp>
#include <firth/search/exact/detail/scan.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/search_options.hpp>
#include <firth/search/top_k.hpp>
#include <firth/table/bit_table.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>
#include <firth/table/quantized_table.hpp>

namespace firth {

namespace detail {

/// How the rows of a table are searched by a metric.
template <class M, class Table>
struct RowsOf;
template <Metric M, class T>
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

} // namespace detail

/// Finds the rows nearest to a query by looking at all of them: exact, and as fast as memory is
/// read. Refers to rows that must outlive it and keep their values; stores one float a row beside
/// them, for the inner product none. Searching from several threads at once is safe.
///
///     firth::ExactIndex<firth::Cosine> index(table);
///     for (const auto& [id, score] : index.search(query, 10)) ...
///
/// Rows are those of an `EmbeddingTable` (or any view) of float, float16 or bfloat16, or of a
/// `QuantizedTable`, by any metric; or of a `BitTable`, by `Hamming`:
///
///     firth::ExactIndex<firth::Cosine, firth::EmbeddingTable<firth::bfloat16>> halves(brains);
///     firth::ExactIndex<firth::Cosine, firth::QuantizedTable> quarters(codes);
///     firth::ExactIndex<firth::Hamming, firth::BitTable> signs(bits);
///
/// Queries are floats and are brought to the rows' format; scores are those of that format.
/// `RescoredIndex` goes from there to the scores in float32.
///
/// Answers are sorted by score, then by id. They are the same alone and in a batch, and for any
/// number of threads: scores are those of the kernels for pairs, which also decide which of the
/// rows that are too near to each other to be told apart in passing belong to the answer.
///
/// Norms may be of any size that float32 holds: by `Cosine`, rows and queries count whose squares
/// float32 cannot hold, those of subnormal numbers too. Inner products and squared distances keep
/// to float32's range: products of elements below 2^-126 may be off by 2^-150 each. (Programs
/// linked with -ffast-math take subnormal numbers as zero.)
template <class M = Cosine, class Table = EmbeddingTable<float>>
class ExactIndex {
public:
    using Rows = typename detail::RowsOf<M, Table>::Type;

    ExactIndex() = default;

    /// Looks at every row once (of bits at none). Throws `Error`, naming the row, for one that
    /// holds NaN or infinity or whose norm (for distances, its square) is beyond float32.
    explicit ExactIndex(typename Rows::Source rows) : rows_(rows) {}

    /// Looks at `norms` alone, the rows' Euclidean norms, one a row. Throws as above, and where
    /// there is another number of them.
    ExactIndex(typename Rows::Source rows, std::span<const float> norms) requires
        std::constructible_from<Rows, typename Rows::Source, std::span<const float>>
        : rows_(rows, norms) {}

    /// An index of a temporary would outlive it.
    explicit ExactIndex(Table&&) = delete;

    /// The rows that were given: a view, or the table.
    [[nodiscard]] decltype(auto) rows() const noexcept { return rows_.rows(); }

    /// What the metric makes of the norm of row `id` < rows().rows().
    [[nodiscard]] float term(std::size_t id) const noexcept requires requires(const Rows& rows) {
        rows.terms();
    }
    { return rows_.terms()[id]; }

    /// The rows with what the metric knows of them.
    [[nodiscard]] const Rows& scored() const noexcept { return rows_; }

    /// The rows nearest to `query`, best first. The query has dim() elements. Throws `Error` for a
    /// query of another length or one that is not finite, and for a bit set of another size.
    /// O(rows * dim).
    [[nodiscard]] std::vector<Neighbor> search(std::span<const float> query,
                                               const SearchOptions& options = {}) const {
        return search_one(query, options);
    }

    /// The `k` nearest, a whole number; `excluded` ids are left out.
    template <std::integral K>
    [[nodiscard]] std::vector<Neighbor> search(std::span<const float> query, K k,
                                               std::span<const Id> excluded = {}) const {
        return search_one(query, {.k = static_cast<std::size_t>(k), .excluded = excluded});
    }

    /// The rows nearest to some bits, in words of 64.
    [[nodiscard]] std::vector<Neighbor>
    search(std::span<const std::uint64_t> query,
           const SearchOptions& options = {}) const requires std::same_as<Table, BitTable> {
        return search_one(query, options);
    }

    /// The nearest rows in the caller's memory, as many as `into` holds; returns the part that was
    /// filled. `options.k` does not count.
    std::span<Neighbor> search_into(std::span<const float> query, std::span<Neighbor> into,
                                    SearchOptions options = {}) const {
        options.k = into.size();
        return detail::copy_answer(search(query, options), into);
    }

    /// All rows with a score of `least` or more, best first: for distances minus the square of the
    /// radius. `options.k` does not count. Throws as `search`.
    [[nodiscard]] std::vector<Neighbor> within(std::span<const float> query, float least,
                                               const SearchOptions& options = {}) const {
        return detail::within(rows_, query, least, options);
    }

    /// `search` for each row of `queries`, spread over `options.threads`; queries of one thread
    /// share each block of rows while it is in cache. `excluded` is empty or has one list of ids a
    /// query, left out beside those of the options.
    [[nodiscard]] std::vector<std::vector<Neighbor>>
    search_batch(TableView<const float> queries, const SearchOptions& options = {},
                 std::span<const std::vector<Id>> excluded = {}) const {
        return batch(queries, options, excluded);
    }

    /// The `k` nearest of each.
    template <std::integral K>
    [[nodiscard]] std::vector<std::vector<Neighbor>>
    search_batch(TableView<const float> queries, K k,
                 std::span<const std::vector<Id>> excluded = {}, std::size_t threads = 1) const {
        return batch(queries, {.k = static_cast<std::size_t>(k), .threads = threads}, excluded);
    }

    /// The same for queries of bits.
    [[nodiscard]] std::vector<std::vector<Neighbor>>
    search_batch(const BitTable& queries,
                 const SearchOptions& options = {}) const requires std::same_as<Table, BitTable> {
        return batch(queries, options, {});
    }

    /// The same in the caller's memory: options.k neighbours a query, one query behind the other;
    /// where there are fewer rows, neighbours with the id `no_id` fill the rest. Throws `Error`
    /// where `into` has not queries.rows() * options.k of them.
    void search_batch_into(TableView<const float> queries, std::span<Neighbor> into,
                           const SearchOptions& options = {}) const {
        detail::check_room(into.size(), queries.rows(), options.k);
        search_all(queries, options, {}, [&](std::size_t q, const std::vector<Neighbor>& found) {
            detail::copy_answer_of(q, options.k, found, into);
        });
    }

private:
    using Query = typename Rows::Query;

    /// Searches for all queries and calls `take(q, neighbours)`.
    template <class Queries, class Take>
    void search_all(const Queries& queries, const SearchOptions& options,
                    std::span<const std::vector<Id>> excluded, Take&& take) const {
        detail::check_lists(queries.rows(), excluded);
        detail::scan(
            rows_, queries, options, excluded, [&](const Query&) { return Candidates(options.k); },
            [&](std::size_t q, const Query& query, Candidates& candidates) {
                take(q, detail::rank(rows_, query, candidates.take(), options.k));
            });
    }

    template <class Element>
    [[nodiscard]] std::vector<Neighbor> search_one(std::span<const Element> query,
                                                   const SearchOptions& options) const {
        std::vector<Neighbor> result;
        search_all(detail::OneQuery{query}, options, {},
                   [&](std::size_t, std::vector<Neighbor> found) { result = std::move(found); });
        return result;
    }

    template <class Queries>
    [[nodiscard]] std::vector<std::vector<Neighbor>>
    batch(const Queries& queries, const SearchOptions& options,
          std::span<const std::vector<Id>> excluded) const {
        std::vector<std::vector<Neighbor>> results(queries.rows());
        search_all(queries, options, excluded, [&](std::size_t q, std::vector<Neighbor> found) {
            results[q] = std::move(found);
        });
        return results;
    }

    Rows rows_;
};

} // namespace firth
