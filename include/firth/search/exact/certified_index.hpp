#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/messages.hpp>
#include <firth/base/parallel.hpp>
#include <firth/search/candidate.hpp>
#include <firth/search/codes/detail/float_group.hpp>
#include <firth/search/codes/detail/row_terms.hpp>
#include <firth/search/codes/float_rows.hpp>
#include <firth/search/codes/quantized_rows.hpp>
#include <firth/search/detail/candidates.hpp>
#include <firth/search/detail/index_calls.hpp>
#include <firth/search/exact/detail/scan.hpp>
#include <firth/search/exact/exact_index.hpp>
#include <firth/search/index.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/neighbor.hpp>
#include <firth/search/scannable_rows.hpp>
#include <firth/search/search_options.hpp>
#include <firth/simd/convert.hpp>
#include <firth/simd/dot.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// What screening did for some queries.
struct ScreeningReport {
    std::uint64_t queries = 0;
    std::uint64_t rescored = 0;  ///< rows whose scores were computed in float32, over all queries
    std::uint64_t fell_back = 0; ///< queries that screening could not narrow down
};

/// Float rows screened by int8 codes: a scan uses the codes and bounds on their errors; scores are
/// those of the floats.
///
/// Let r = s c + d be a row, with codes c, their scale s and their error d, and let q = t e + f be
/// a query likewise. Then q r - s t (c e) = q d + f (s c), where the first term is at most |q| |d|
/// and the second at most |f| (|r| + |d|), by Cauchy and Schwarz. |d| is stored, the other norms
/// are known, and the bounds include rounding errors.
template <Metric M>
class ScreenedRows {
public:
    struct Query {
        PreparedQuery<float> exact;
        std::vector<std::int8_t> vector;
        simd::CodeQuery bounds;
        float margin = 0; ///< included in the bounds
    };

    ScreenedRows() = default;

    /// Encodes every row of the index, on `threads`; none where the codes would take more bytes
    /// than `memory`, or where there is no memory for them.
    ScreenedRows(ExactIndex<M> exact, std::size_t threads, std::size_t memory)
        : exact_(std::move(exact)) {
        const TableView<const float> rows = exact_.rows().source();
        if (memory / bytes_a_row(rows.dim()) < rows.rows()) return;
        detail::require_option(rows.dim() <= simd::max_byte_dim, "dim", rows.dim(), "at most ",
                               simd::max_byte_dim, " to be screened by int8");
        if (rows.empty()) return;
        try {
            scales_ = AlignedBuffer<float>(rows.rows());
            errors_ = AlignedBuffer<float>(rows.rows());
            if (!RowTerms<M>::are_factors) lengths_ = AlignedBuffer<float>(rows.rows());
            codes_ = EmbeddingTable<std::int8_t>(rows.rows(), rows.dim());
        } catch (const std::bad_alloc&) {
            scales_ = errors_ = lengths_ = {};
            return;
        }
        parallel_for(rows.rows(), 1024, resolve_threads(threads),
                     [&](std::size_t begin, std::size_t end) {
                         for (std::size_t id = begin; id < end; ++id) {
                             const auto [scale, error] = encode(rows[id], codes_[id]);
                             const detail::Scaling scaling = scaling_of(id);
                             scales_[id] = scaling(scale);
                             errors_[id] = scaling(error) + least;
                             if (!RowTerms<M>::are_factors) {
                                 lengths_[id] = simd::norm(rows[id]) * (1 + 1e-6f) + least;
                             }
                         }
                     });
    }

    [[nodiscard]] const ExactIndex<M>& exact() const noexcept { return exact_; }
    [[nodiscard]] std::size_t size() const noexcept { return exact_.size(); }
    [[nodiscard]] std::size_t dim() const noexcept { return exact_.dim(); }

    /// False where no rows were encoded.
    [[nodiscard]] bool are_encoded() const noexcept { return !codes_.empty(); }

    [[nodiscard]] Query prepare(std::span<const float> query) const {
        Query prepared;
        prepared.exact = rows().prepare(query);
        const std::span<const float> vector(prepared.exact.vector);
        prepared.vector.resize(vector.size());
        const auto [scale, exact_error] = encode(vector, prepared.vector);
        const float error = static_cast<float>(exact_error) + least;
        // Rows that are multiplied have no lengths of their own: the longest counts for all.
        prepared.bounds = {scale, simd::norm(vector) * (1 + 1e-6f) + error, error,
                           prepared.exact.margin +
                               error * (1 + 1e-6f) * rows().terms().longest_scaled()};
        return prepared;
    }

    [[nodiscard]] float score(const Query& query, Id id) const noexcept {
        return rows().score(query.exact, id);
    }
    [[nodiscard]] float floor_of(const Query& query, float score) const noexcept {
        return rows().floor_of(query.exact, score);
    }
    void prefetch(Id id) const noexcept { rows().prefetch(id); }

    class Group : public detail::CodeGroup {
    public:
        Group(const ScreenedRows& rows, std::span<const Query> queries)
            : CodeGroup({rows.codes_.view(), rows.scales_.data(), rows.errors_.data(),
                         RowTerms<M>::are_factors ? nullptr : rows.lengths_.data(),
                         rows.rows().terms().summands()},
                        queries) {}
    };

private:
    [[nodiscard]] const FloatRows<M>& rows() const noexcept { return exact_.rows(); }

    static constexpr std::size_t bytes_a_row(std::size_t dim) noexcept {
        return round_up(dim, 64) + (RowTerms<M>::are_factors ? 2 : 3) * sizeof(float);
    }

    /// Added to bounds, which may have been rounded down among subnormal numbers.
    static constexpr float least = 0x1.0p-149f;

    /// What multiplies row `id` before it is compared.
    [[nodiscard]] detail::Scaling scaling_of(std::size_t id) const noexcept {
        return {RowTerms<M>::are_factors ? rows().terms()[id] : 1.0f, rows().row(id)};
    }

    struct Encoded {
        float scale = 0;
        double error = 0; ///< the norm of the codes' error, or a little more
    };

    static Encoded encode(std::span<const float> vector, std::span<std::int8_t> codes) {
        const float scale = simd::quantize(vector, codes);
        double squares = 0;
        for (std::size_t i = 0; i < vector.size(); ++i) {
            const double missed = static_cast<double>(vector[i]) -
                                  static_cast<double>(scale) * static_cast<double>(codes[i]);
            squares += missed * missed;
        }
        return {scale, std::sqrt(squares) * (1 + 1e-6)};
    }

    ExactIndex<M> exact_;
    EmbeddingTable<std::int8_t> codes_;
    AlignedBuffer<float> scales_;  ///< of codes, times the metric's factor
    AlignedBuffer<float> errors_;  ///< likewise
    AlignedBuffer<float> lengths_; ///< norms, or a little more; none where rows are multiplied
};

/// Settings of a `CertifiedIndex`.
struct CertifiedOptions {
    std::span<const float> norms{}; ///< the rows' Euclidean norms where they are known: one a row
    std::size_t threads = 1;        ///< that encode the rows; 0: all of the machine's

    /// How many bytes the codes may take. Where they would take more, or there is no memory for
    /// them, the index searches like `ExactIndex`.
    std::size_t memory = (std::numeric_limits<std::size_t>::max)();
};

/// Exact search that reads a quarter of the bytes: every row is screened by int8 codes, and only
/// rows that may belong to the answer are scored in float32. A row is left out only where the upper
/// bound of its value is below the lower bounds of k others. The answers are those of `ExactIndex`,
/// bit for bit. Refers to rows as that does; stores round_up(dim, 64) + 8 bytes a row beside them,
/// 4 more for metrics that do not divide by a row's length, and what those need.
///
/// A query for which the codes exclude too few rows (with thousands of nearly equal rows, say) is
/// answered by float32 search.
template <Metric M = Cosine>
class CertifiedIndex : public detail::IndexCalls<CertifiedIndex<M>, Id> {
    using Calls = detail::IndexCalls<CertifiedIndex<M>, Id>;

public:
    using MetricType = M;

    CertifiedIndex() = default;

    /// Encodes every row, in about the time of twenty single queries. Throws as `ExactIndex`,
    /// and `OptionError` for a dim above `simd::max_byte_dim` unless there is no memory for codes.
    explicit CertifiedIndex(TableView<const float> rows, const CertifiedOptions& options = {})
        : rows_(ExactIndex<M>(rows, options.norms), options.threads, options.memory) {}

    /// The same without screening.
    [[nodiscard]] const ExactIndex<M>& exact() const noexcept { return rows_.exact(); }

    /// False where the rows have no codes: then search is plain.
    [[nodiscard]] bool is_screened() const noexcept { return rows_.are_encoded(); }

    [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
    [[nodiscard]] std::size_t dim() const noexcept { return rows_.dim(); }

    using Calls::search;
    using Calls::search_batch;

    /// `search`, and adds to the report what screening did.
    [[nodiscard]] std::vector<Neighbor> search(std::span<const float> query,
                                               const SearchOptions& options,
                                               ScreeningReport& report) const {
        return this->search_one(this->as_table(query), options, report);
    }
    [[nodiscard]] std::vector<std::vector<Neighbor>> search_batch(TableView<const float> queries,
                                                                  const SearchOptions& options,
                                                                  ScreeningReport& report) const {
        return this->search_each(queries, options, report);
    }

    /// As `ExactIndex::within`: rows are screened, however many reach `least`.
    [[nodiscard]] std::vector<Neighbor> within(std::span<const float> query, float least,
                                               const SearchOptions& options = {}) const {
        if (!is_screened()) return exact().within(query, least, options);
        return detail::within(rows_, query, least, options);
    }

private:
    friend Calls;
    using Query = typename ScreenedRows<M>::Query;

    template <class Take>
    void search_all(TableView<const float> queries, const SearchOptions& options,
                    Take&& take) const {
        ScreeningReport unread;
        search_all(queries, options, std::forward<Take>(take), unread);
    }

    template <class Take>
    void search_all(TableView<const float> queries, const SearchOptions& options, Take&& take,
                    ScreeningReport& report) const {
        if (!is_screened()) {
            auto found = exact().search_batch(queries, options);
            for (std::size_t q = 0; q < found.size(); ++q) {
                take(q, std::move(found[q]));
            }
            report.queries += queries.rows();
            report.fell_back += size() == 0 ? 0 : queries.rows();
            return;
        }
        std::atomic<std::uint64_t> rescored{0};
        std::vector<std::size_t> hard; // queries that screening could not narrow down
        std::mutex hard_mutex;
        const std::size_t too_many =
            8 * (std::min)(options.k, rows_.size()) + rows_.size() / 32 + 1024;
        detail::scan(
            rows_, queries, options, [&](const Query&) { return Candidates(options.k, too_many); },
            [&](std::size_t q, const Query& query, Candidates& candidates) {
                const std::vector<Candidate> found = candidates.take();
                if (candidates.gave_up()) {
                    const std::lock_guard lock(hard_mutex);
                    hard.push_back(q);
                } else {
                    rescored += found.size();
                    take(q, detail::rank(rows_, query, found, options.k));
                }
            });
        if (!hard.empty()) search_exactly(hard, queries, options, take);
        report.queries += queries.rows();
        report.rescored += rescored;
        report.fell_back += hard.size();
    }

    /// Searches without screening for some of the queries.
    template <class Take>
    void search_exactly(const std::vector<std::size_t>& chosen, TableView<const float> queries,
                        SearchOptions options, Take&& take) const {
        EmbeddingTable<float> again(chosen.size(), queries.dim());
        std::vector<std::vector<Id>> again_excluded;
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            std::copy_n(queries[chosen[i]].begin(), queries.dim(), again[i].begin());
            if (!options.excluded_each.empty()) {
                again_excluded.push_back(options.excluded_each[chosen[i]]);
            }
        }
        options.excluded_each = again_excluded;
        auto found = exact().search_batch(again, options);
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            take(chosen[i], std::move(found[i]));
        }
    }

    ScreenedRows<M> rows_;
};

static_assert(ScannableRows<ScreenedRows<Cosine>> && IdIndex<CertifiedIndex<Cosine>>);

} // namespace firth
