#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/error.hpp>
#include <firth/base/parallel.hpp>
#include <firth/search/codes/float_rows.hpp>
#include <firth/search/codes/quantized_rows.hpp>
#include <firth/search/detail/candidates.hpp>
#include <firth/search/exact/detail/answers.hpp>
#include <firth/search/exact/detail/scan.hpp>
#include <firth/search/exact/exact_index.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/search_options.hpp>
#include <firth/search/top_k.hpp>
#include <firth/simd/convert.hpp>
#include <firth/simd/dot.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// What screening did for some queries.
struct ScreeningReport {
    std::uint64_t queries = 0;
    std::uint64_t rescored = 0;  ///< rows whose scores were computed in float32, over all queries
    std::uint64_t fell_back = 0; ///< queries that screening could not narrow down
};

/// Rows as int8 codes with bounds on what those miss, before their scores in float32.
///
/// Let r = s c + d be a row, its codes c with scale s, and what they miss, d; and q = t e + f a
/// query likewise. Then q r - s t (c e) = q d + f (s c), of which the first is at most |q| |d| and
/// the second at most |f| (|r| + |d|), by Cauchy and Schwarz. |d| is stored, the other norms are
/// known, and roundings have their own share.
template <Metric M>
class ScreenedRows {
public:
    struct Query {
        PreparedQuery<float> exact;
        std::vector<std::int8_t> vector;
        simd::CodeQuery bounds;
        float margin = 0; ///< in the bounds
    };

    ScreenedRows() = default;

    /// Encodes every row of the index, on some threads.
    ScreenedRows(ExactIndex<M> exact, std::size_t threads) : exact_(std::move(exact)) {
        const TableView<const float> rows = exact_.rows();
        if (rows.dim() > simd::max_byte_dim) {
            throw OptionError("dim is " + std::to_string(rows.dim()) + ", expected at most " +
                              std::to_string(simd::max_byte_dim) + " to be screened by int8");
        }
        if (rows.empty()) return;
        codes_ = EmbeddingTable<std::int8_t>(rows.rows(), rows.dim());
        scales_ = AlignedBuffer<float>(rows.rows());
        errors_ = AlignedBuffer<float>(rows.rows());
        if (!is_scaled) lengths_ = AlignedBuffer<float>(rows.rows());
        parallel_for(rows.rows(), 1024, resolve_threads(threads),
                     [&](std::size_t begin, std::size_t end) {
                         for (std::size_t id = begin; id < end; ++id) {
                             const auto [scale, error] = encode(rows[id], codes_[id]);
                             const Factor factor = factor_of(id);
                             scales_[id] = factor.times(scale);
                             errors_[id] = factor.times(error) + least;
                             if (!is_scaled) {
                                 lengths_[id] = simd::norm(rows[id]) * (1 + 1e-6f) + least;
                             }
                         }
                     });
    }

    [[nodiscard]] const ExactIndex<M>& exact() const noexcept { return exact_; }
    [[nodiscard]] std::size_t size() const noexcept { return scored().size(); }

    [[nodiscard]] Query prepare(std::span<const float> query) const {
        Query prepared;
        prepared.exact = scored().prepare(query);
        const std::span<const float> vector(prepared.exact.vector);
        prepared.vector.resize(vector.size());
        const auto [scale, exact_error] = encode(vector, prepared.vector);
        const float error = static_cast<float>(exact_error) + least;
        // Rows that are multiplied have length 1.
        prepared.bounds = {scale, simd::norm(vector) * (1 + 1e-6f) + error, error,
                           prepared.exact.margin + (is_scaled ? error * (1 + 1e-6f) : 0.0f)};
        return prepared;
    }

    [[nodiscard]] float score(const Query& query, Id id) const noexcept {
        return scored().score(query.exact, id);
    }
    [[nodiscard]] float floor_of(const Query& query, float score) const noexcept {
        return scored().floor_of(query.exact, score);
    }
    void prefetch(Id id) const noexcept { scored().prefetch(id); }

    class Group : public detail::CodeGroup {
    public:
        Group(const ScreenedRows& rows, std::span<const Query> queries)
            : CodeGroup({rows.codes_.view(), rows.scales_.data(), rows.errors_.data(),
                         is_scaled ? nullptr : rows.lengths_.data(),
                         is_summed ? rows.scored().terms().from(0) : nullptr},
                        queries) {}
    };

private:
    static constexpr bool is_scaled = M::row_term == simd::RowTerm::factor;
    static constexpr bool is_summed = M::row_term == simd::RowTerm::summand;

    [[nodiscard]] const FloatRows<M>& scored() const noexcept { return exact_.scored(); }

    /// Makes up for a bound that was rounded down where float32 is coarse; no normal number
    /// notices.
    static constexpr float least = 0x1.0p-149f;

    /// What a row is multiplied by before it is compared.
    struct Factor {
        float factor = 1;
        double norm = 0; ///< where there is no factor

        [[nodiscard]] float times(double x) const noexcept {
            if (factor != 0.0f) return static_cast<float>(x) * factor;
            return norm == 0 ? 0.0f : static_cast<float>(x / norm);
        }
    };
    [[nodiscard]] Factor factor_of(std::size_t id) const noexcept {
        if (!is_scaled) return {};
        const float term = scored().terms()[id];
        return {term, term == 0.0f ? simd::norm(exact_.rows()[id], simd::precise) : 0.0};
    }

    struct Encoded {
        float scale = 0;
        double error = 0; ///< the norm of what the codes miss, or a little more
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

/// Exact search that looks at a quarter of the bytes: every row is screened by int8 codes, and
/// those that may belong to the answer are scored in float32; a row is left out only where the most
/// its value can be lies below the least that the values of k others can be. The answers are those
/// of `ExactIndex`, bit for bit. Refers to rows as that does; stores round_up(dim, 64) + 8 bytes a
/// row beside them, for metrics that do not divide by a row's length 4 more, and what those need.
///
/// Where codes tell too little (thousands of nearly equal rows, say), a query is answered by
/// float32 search.
template <Metric M = Cosine>
class CertifiedIndex {
public:
    CertifiedIndex() = default;

    /// Encodes every row, on `threads` (0: all of the machine's). Throws as `ExactIndex`, and
    /// `OptionError` for a dim above `simd::max_byte_dim`.
    explicit CertifiedIndex(TableView<const float> rows, std::span<const float> norms = {},
                            std::size_t threads = 1)
        : rows_(ExactIndex<M>(rows, norms), threads) {}

    [[nodiscard]] const ExactIndex<M>& exact() const noexcept { return rows_.exact(); }

    /// The rows that were given.
    [[nodiscard]] TableView<const float> rows() const noexcept { return exact().rows(); }

    /// As `ExactIndex::search`; `report` is added to where it is not null, here and below.
    [[nodiscard]] std::vector<Neighbor> search(std::span<const float> query,
                                               const SearchOptions& options = {},
                                               ScreeningReport* report = nullptr) const {
        std::vector<Neighbor> result;
        search_all(TableView<const float>(query.data(), 1, query.size()), options, {}, report,
                   [&](std::size_t, std::vector<Neighbor> found) { result = std::move(found); });
        return result;
    }

    /// The `k` nearest, a whole number; `excluded` ids are left out.
    template <std::integral K>
    [[nodiscard]] std::vector<Neighbor> search(std::span<const float> query, K k,
                                               std::span<const Id> excluded = {},
                                               ScreeningReport* report = nullptr) const {
        return search(query, {.k = static_cast<std::size_t>(k), .excluded = excluded}, report);
    }

    /// As `ExactIndex::search_into`.
    std::span<Neighbor> search_into(std::span<const float> query, std::span<Neighbor> into,
                                    SearchOptions options = {},
                                    ScreeningReport* report = nullptr) const {
        options.k = into.size();
        return detail::copy_answer(search(query, options, report), into);
    }

    /// As `ExactIndex::within`: rows are screened, however many reach `least`.
    [[nodiscard]] std::vector<Neighbor> within(std::span<const float> query, float least,
                                               const SearchOptions& options = {}) const {
        return detail::within(rows_, query, least, options);
    }

    /// As `ExactIndex::search_batch`.
    [[nodiscard]] std::vector<std::vector<Neighbor>>
    search_batch(TableView<const float> queries, const SearchOptions& options = {},
                 ScreeningReport* report = nullptr) const {
        return batch(queries, options, {}, report);
    }

    /// The `k` nearest of each; `excluded` is empty or has one list of ids a query.
    template <std::integral K>
    [[nodiscard]] std::vector<std::vector<Neighbor>>
    search_batch(TableView<const float> queries, K k,
                 std::span<const std::vector<Id>> excluded = {}, std::size_t threads = 1,
                 ScreeningReport* report = nullptr) const {
        return batch(queries, {.k = static_cast<std::size_t>(k), .threads = threads}, excluded,
                     report);
    }

    /// As `ExactIndex::search_batch_into`.
    void search_batch_into(TableView<const float> queries, std::span<Neighbor> into,
                           const SearchOptions& options = {},
                           ScreeningReport* report = nullptr) const {
        detail::check_room(into.size(), queries.rows(), options.k);
        search_all(queries, options, {}, report,
                   [&](std::size_t q, const std::vector<Neighbor>& found) {
                       detail::copy_answer_of(q, options.k, found, into);
                   });
    }

private:
    using Query = typename ScreenedRows<M>::Query;

    [[nodiscard]] std::vector<std::vector<Neighbor>>
    batch(TableView<const float> queries, const SearchOptions& options,
          std::span<const std::vector<Id>> excluded, ScreeningReport* report) const {
        std::vector<std::vector<Neighbor>> results(queries.rows());
        search_all(
            queries, options, excluded, report,
            [&](std::size_t q, std::vector<Neighbor> found) { results[q] = std::move(found); });
        return results;
    }

    /// Searches for all queries and calls `take(q, neighbours)`.
    template <class Take>
    void search_all(TableView<const float> queries, const SearchOptions& options,
                    std::span<const std::vector<Id>> excluded, ScreeningReport* report,
                    Take&& take) const {
        detail::check_lists(queries.rows(), excluded);
        std::atomic<std::uint64_t> rescored{0};
        std::vector<std::size_t> hard; // queries that screening could not narrow down
        std::mutex hard_mutex;
        const std::size_t too_many =
            8 * (std::min)(options.k, rows_.size()) + rows_.size() / 32 + 1024;
        detail::scan(
            rows_, queries, options, excluded,
            [&](const Query&) { return Candidates(options.k, too_many); },
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
        if (!hard.empty()) {
            EmbeddingTable<float> again(hard.size(), queries.dim());
            std::vector<std::vector<Id>> again_excluded;
            for (std::size_t i = 0; i < hard.size(); ++i) {
                std::copy_n(queries[hard[i]].begin(), queries.dim(), again[i].begin());
                if (!excluded.empty()) again_excluded.push_back(excluded[hard[i]]);
            }
            auto found = exact().search_batch(again, options, again_excluded);
            for (std::size_t i = 0; i < hard.size(); ++i) {
                take(hard[i], std::move(found[i]));
            }
        }
        if (report != nullptr) {
            report->queries += queries.rows();
            report->rescored += rescored;
            report->fell_back += hard.size();
        }
    }

    ScreenedRows<M> rows_;
};

} // namespace firth
