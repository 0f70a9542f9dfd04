#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <span>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/error.hpp>
#include <firth/base/parallel.hpp>
#include <firth/search/candidates.hpp>
#include <firth/search/exact.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/scored_rows.hpp>
#include <firth/search/top_k.hpp>
#include <firth/simd/convert.hpp>
#include <firth/simd/score_tile.hpp>
#include <firth/simd/select.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// What screening did for some queries.
struct ScreeningReport {
    std::uint64_t queries = 0;
    std::uint64_t rescored = 0;  ///< rows whose scores were computed in float32, over all queries
    std::uint64_t fell_back = 0; ///< queries that screening could not narrow down
};

/// Exact search that looks at a quarter of the bytes: every row is screened by int8 codes, and
/// those that may belong to the answer are scored in float32. The answers are those of
/// `ExactIndex`, bit for bit. Refers to rows as that does; stores round_up(dim, 64) + 8 bytes a row
/// beside them and what the metric needs.
///
/// Why none is missed: let r = s c + d be a row, its codes c with scale s, and what they miss, d;
/// and q = t e + f a query likewise. Then q r - s t (c e) = q d + f (s c), of which the first is at
/// most |q| |d| and the second at most |f| (|r| + |d|), by Cauchy and Schwarz. |d| is stored, the
/// other norms are known, and roundings have their own share. A row is left out only where the most
/// its value can be lies below the least that the values of k others can be.
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
        : exact_(rows, norms) {
        if (rows.dim() > simd::max_byte_dim) {
            throw OptionError("dim is " + std::to_string(rows.dim()) + ", expected at most " +
                              std::to_string(simd::max_byte_dim) + " to be screened by int8");
        }
        if (rows.rows() == 0) return;
        codes_ = EmbeddingTable<std::int8_t>(rows.rows(), rows.dim());
        scales_ = AlignedBuffer<float>(rows.rows());
        errors_ = AlignedBuffer<float>(rows.rows());
        parallel_for(rows.rows(), 1024, resolve_threads(threads),
                     [&](std::size_t begin, std::size_t end) {
                         for (std::size_t id = begin; id < end; ++id) {
                             const float factor = factor_of(id);
                             const auto [scale, error] = encode(rows[id], codes_[id]);
                             scales_[id] = scale * factor;
                             errors_[id] = error * factor;
                         }
                     });
    }

    [[nodiscard]] const ExactIndex<M>& exact() const noexcept { return exact_; }

    /// As `ExactIndex::search`; `report` is added to where it is not null.
    [[nodiscard]] std::vector<Neighbor> search(std::span<const float> query,
                                               const SearchOptions& options = {},
                                               ScreeningReport* report = nullptr) const {
        const TableView<const float> one(query.data(), 1, query.size());
        return search_batch(one, options, report)[0];
    }

    /// As `ExactIndex::search_batch`; `report` is added to where it is not null.
    [[nodiscard]] std::vector<std::vector<Neighbor>>
    search_batch(TableView<const float> queries, const SearchOptions& options = {},
                 ScreeningReport* report = nullptr) const {
        exact_.scored().check(options);
        std::vector<std::vector<Neighbor>> results(queries.rows());
        std::atomic<std::uint64_t> rescored{0};
        std::vector<std::size_t> hard; // queries that screening could not narrow down
        std::mutex hard_mutex;
        detail::for_query_groups(queries.rows(), resolve_threads(options.threads),
                                 [&](std::size_t begin, std::size_t end) {
                                     std::vector<std::size_t> here;
                                     rescored +=
                                         search_group(queries, options, begin, end, results, here);
                                     const std::lock_guard lock(hard_mutex);
                                     hard.insert(hard.end(), here.begin(), here.end());
                                 });
        if (!hard.empty()) {
            EmbeddingTable<float> again(hard.size(), queries.dim());
            for (std::size_t i = 0; i < hard.size(); ++i) {
                std::copy_n(queries[hard[i]].begin(), queries.dim(), again[i].begin());
            }
            auto found = exact_.search_batch(again, options);
            for (std::size_t i = 0; i < hard.size(); ++i) {
                results[hard[i]] = std::move(found[i]);
            }
        }
        if (report != nullptr) {
            report->queries += queries.rows();
            report->rescored += rescored;
            report->fell_back += hard.size();
        }
        return results;
    }

private:
    static constexpr std::size_t tile_rows = 32;

    struct Encoded {
        float scale = 0;
        float error = 0; ///< the norm of what the codes miss, or a little more
    };

    /// What rows are multiplied by before they are compared.
    [[nodiscard]] float factor_of(std::size_t id) const noexcept {
        return M::row_term == simd::RowTerm::factor ? exact_.term(id) : 1.0f;
    }

    static Encoded encode(std::span<const float> vector, std::span<std::int8_t> codes) {
        const float scale = simd::quantize(vector, codes);
        double squares = 0;
        for (std::size_t i = 0; i < vector.size(); ++i) {
            const double missed = static_cast<double>(vector[i]) -
                                  static_cast<double>(scale) * static_cast<double>(codes[i]);
            squares += missed * missed;
        }
        return {scale, static_cast<float>(std::sqrt(squares) * (1 + 1e-6))};
    }

    /// Searches for queries `begin` to `end`; puts those it gives up on into `hard`. Returns how
    /// many rows were rescored.
    std::uint64_t search_group(TableView<const float> queries, const SearchOptions& options,
                               std::size_t begin, std::size_t end,
                               std::vector<std::vector<Neighbor>>& results,
                               std::vector<std::size_t>& hard) const {
        const ScoredRows<M>& rows = exact_.scored();
        const std::size_t count = end - begin;
        const std::size_t dim = queries.dim();
        std::vector<PreparedQuery> prepared;
        for (std::size_t q = 0; q < count; ++q) {
            prepared.push_back(rows.prepare(queries[begin + q]));
        }
        if (rows.size() == 0) return 0;
        // The largest norm of a row, multiplied as rows are.
        const float longest = M::row_term == simd::RowTerm::factor ? 1.0f + 1e-6f : rows.longest();
        std::vector<std::int8_t> encoded(count * dim);
        std::vector<simd::CodeQuery> bounds(count);
        for (std::size_t q = 0; q < count; ++q) {
            const std::span<const float> vector(prepared[q].vector);
            const auto [scale, error] = encode(vector, std::span(encoded).subspan(q * dim, dim));
            bounds[q] = {scale, simd::norm(vector) * (1 + 1e-6f) + error,
                         error * longest + prepared[q].margin};
        }
        AlignedBuffer<std::uint32_t> packed(simd::packed_queries_size(count, dim));
        simd::pack_queries(encoded.data(), dim, count, dim, packed.data());
        AlignedBuffer<std::int32_t> products(count * tile_rows);
        std::vector<simd::Selected> selected(count * tile_rows);
        std::vector<Candidates> candidates(count, Candidates(options.k));
        std::vector<float> floors(count);
        for (std::size_t q = 0; q < count; ++q) {
            floors[q] = candidates[q].floor();
        }
        const std::size_t too_many = 8 * options.k + rows.size() / 32 + 1024;
        const TableView<const std::int8_t> codes = codes_.view();
        for (std::size_t first = 0; first < rows.size(); first += tile_rows) {
            const std::size_t here = std::min(tile_rows, rows.size() - first);
            detail::prefetch_rows(codes, first + tile_rows, tile_rows);
            simd::score_tile(packed.data(), count, codes.data() + first * codes.stride(),
                             codes.stride(), here, dim, products.data(), tile_rows);
            const float* const summands =
                M::row_term == simd::RowTerm::summand ? rows.terms_from(first) : nullptr;
            const std::size_t found =
                simd::select_codes({products.data(), tile_rows, count, here, scales_.data() + first,
                                    errors_.data() + first, summands},
                                   bounds.data(), floors.data(), selected.data());
            for (std::size_t i = 0; i < found; ++i) {
                const auto [q, row, most] = selected[i];
                const Id id = static_cast<Id>(first + row);
                if (most < floors[q] || !rows.may_be_found(id, options)) continue;
                const float off = bounds[q].error_factor * errors_[id] + bounds[q].error;
                candidates[q].offer({id, most - 2 * off, most});
                floors[q] = candidates[q].floor();
                if (candidates[q].size() > too_many) {
                    // No value reaches it: the query is given up on.
                    floors[q] = std::numeric_limits<float>::infinity();
                    hard.push_back(begin + q);
                    candidates[q] = Candidates(0);
                }
            }
        }
        std::uint64_t rescored = 0;
        for (std::size_t q = 0; q < count; ++q) {
            std::vector<Candidate> left = candidates[q].take();
            rescored += left.size();
            std::sort(left.begin(), left.end(),
                      [](const Candidate& a, const Candidate& b) { return a.id < b.id; });
            results[begin + q] = rows.rank(prepared[q], left, options.k);
        }
        return rescored;
    }

    ExactIndex<M> exact_;
    EmbeddingTable<std::int8_t> codes_;
    AlignedBuffer<float> scales_;
    AlignedBuffer<float> errors_;
};

} // namespace firth
