#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/search/candidate.hpp>
#include <firth/search/codes/detail/float_group.hpp>
#include <firth/search/codes/detail/row_terms.hpp>
#include <firth/search/codes/detail/tile_products.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/scannable_rows.hpp>
#include <firth/simd/convert.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/select.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>
#include <firth/table/quantized_table.hpp>

namespace firth {

/// A query as int8 codes, prepared for rows of codes.
struct QuantizedQuery {
    std::vector<std::int8_t> vector;
    float norm = 0;         ///< of the query as it came
    float margin = 0;       ///< a rough value is off by at most half of it
    simd::CodeQuery bounds; ///< scale of the codes, and how far products may be off
};

namespace detail {

/// A group of queries that scans rows of int8 codes. A value is the inner product of the codes
/// times both scales, plus the row's summand; it is off by at most what the query's bounds and the
/// row's error and length say.
class CodeGroup {
public:
    /// One number a row beside its codes: the last three are null where all are 0.
    struct Rows {
        TableView<const std::int8_t> codes;
        const float* scales = nullptr;
        const float* errors = nullptr;
        const float* lengths = nullptr;
        const float* summands = nullptr;
    };

    /// Takes `vector`, `bounds` and `margin` of each query.
    template <class Query>
    CodeGroup(const Rows& rows, std::span<const Query> queries)
        : rows_(rows), products_(queries, rows.codes.dim()) {
        for (const Query& query : queries) {
            bounds_.push_back(query.bounds);
            margins_.push_back(query.margin);
        }
    }

    [[nodiscard]] std::size_t tile_rows() const noexcept { return products_.tile_rows(); }

    [[nodiscard]] float threshold(std::size_t query, float floor) const noexcept {
        return floor - 0.5f * margins_[query];
    }

    std::size_t select(std::size_t first, std::size_t count, const float* thresholds,
                       simd::Selected* to) {
        const auto from = [&](const float* numbers) {
            return numbers != nullptr ? numbers + first : nullptr;
        };
        return products_.select(rows_.codes, first, count,
                                simd::CodeTerms{bounds_.data(), from(rows_.scales),
                                                from(rows_.errors), from(rows_.lengths),
                                                from(rows_.summands)},
                                thresholds, to);
    }

    [[nodiscard]] Candidate candidate(const simd::Selected& selected, Id id) const noexcept {
        const simd::CodeQuery& bounds = bounds_[selected.query];
        float off = bounds.error;
        if (rows_.errors != nullptr) off += bounds.error_factor * rows_.errors[id];
        if (rows_.lengths != nullptr) off += bounds.length_factor * rows_.lengths[id];
        const float rounding = 0.5f * margins_[selected.query];
        return {id, selected.value - 2 * off - rounding, selected.value + rounding};
    }

private:
    Rows rows_;
    TileProducts<std::int8_t> products_;
    std::vector<simd::CodeQuery> bounds_;
    std::vector<float> margins_;
};

} // namespace detail

/// The rows of a table of int8, by the numbers that their codes stand for; their norms are those
/// before they were quantised. Queries are quantised too: for unit vectors of dim 100 that changes
/// an inner product by about 2e-3.
template <Metric M>
class QuantizedRows {
public:
    using Source = const QuantizedTable&;
    using Query = QuantizedQuery;

    QuantizedRows() = default;

    /// Refers to the table. Throws `Error`, naming the row, for one whose norm (for distances, its
    /// square) is beyond float32.
    explicit QuantizedRows(const QuantizedTable& table) : table_(&table) {
        terms_.reserve(table.rows());
        for (std::size_t id = 0; id < table.rows(); ++id) {
            terms_.add_checked(table.norm(id), id);
            if constexpr (RowTerms<M>::are_factors) scales_.push_back(scale_of(id));
        }
    }

    /// The table that was given.
    [[nodiscard]] const QuantizedTable& source() const noexcept { return *table_; }
    [[nodiscard]] std::size_t size() const noexcept { return table_ ? table_->rows() : 0; }
    [[nodiscard]] std::size_t dim() const noexcept { return table_ ? table_->dim() : 0; }

    /// Throws `Error` for a query of another length or one that is not finite.
    [[nodiscard]] Query prepare(std::span<const float> query) const {
        Query prepared;
        prepared.norm = detail::checked_norm<M>(query, dim(), terms_.longest());
        prepared.vector.resize(dim());
        const detail::Scaling scaling(M::query_factor(prepared.norm), query);
        prepared.bounds.scale = scaling(simd::quantize(query, std::span(prepared.vector)));
        // Products are exact, so that only a few roundings remain, and those of the score. The
        // decoded row is longer than the row by at most half a scale an element: up to
        // `max_byte_dim`, by little more than the row's own length.
        prepared.margin =
            4.5f * 0x1.0p-18f * M::magnitude(prepared.norm, terms_.longest()) + 0x1.0p-140f;
        return prepared;
    }

    /// The score of row `id` < size().
    [[nodiscard]] float score(const Query& query, Id id) const noexcept {
        const auto product =
            simd::dot(std::span<const std::int8_t>(query.vector), table_->codes()[id]);
        const float value =
            static_cast<float>(product) * (query.bounds.scale * scales()[id]) + summand(id);
        return M::score_of(value, query.norm);
    }

    /// A floor for values: every row with a score of `score` or more reaches it.
    [[nodiscard]] float floor_of(const Query& query, float score) const noexcept {
        return detail::floor_of_score<M>(query, score);
    }

    void prefetch(Id id) const noexcept { detail::prefetch_rows(table_->codes(), id, 1); }

    class Group : public detail::CodeGroup {
    public:
        Group(const QuantizedRows& rows, std::span<const Query> queries)
            : CodeGroup(
                  {rows.table_->codes(), rows.scales(), nullptr, nullptr, rows.terms_.summands()},
                  queries) {}
    };

private:
    /// The scale of row `id` times its factor; where its norm has no factor, that of its codes.
    [[nodiscard]] float scale_of(std::size_t id) const noexcept {
        if (terms_[id] != 0.0f || table_->norm(id) == 0.0f) return table_->scale(id) * terms_[id];
        const float length = simd::norm(table_->codes()[id]);
        return length == 0.0f ? 0.0f : 1.0f / length;
    }
    [[nodiscard]] const float* scales() const noexcept {
        if constexpr (RowTerms<M>::are_factors) return scales_.data();
        return table_->scales().data();
    }
    [[nodiscard]] float summand(Id id) const noexcept {
        return RowTerms<M>::are_summands ? terms_[id] : 0.0f;
    }

    const QuantizedTable* table_ = nullptr;
    RowTerms<M> terms_;
    std::vector<float> scales_; ///< of codes, times the metric's factor
};

static_assert(ScannableRows<QuantizedRows<Cosine>> && ScannableRows<QuantizedRows<SquaredL2>>);

} // namespace firth
