#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/error.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/search/candidate.hpp>
#include <firth/search/codes/detail/tile_products.hpp>
#include <firth/search/scannable_rows.hpp>
#include <firth/search/search_options.hpp>
#include <firth/simd/convert.hpp>
#include <firth/simd/distance.hpp>
#include <firth/simd/select.hpp>
#include <firth/table/bit_table.hpp>
#include <firth/table/id.hpp>

namespace firth {

/// A query of bits.
struct BitQuery {
    std::vector<std::uint64_t> words;
};

/// The rows of a table of bits by the number of bits that differ, with a minus. Queries are bits,
/// or floats whose signs are taken, as those of rows are.
class BitRows {
public:
    using Source = const BitTable&;
    using Query = BitQuery;

    BitRows() = default;

    /// Refers to the table.
    explicit BitRows(const BitTable& table) noexcept : table_(&table) {}

    /// The table that was given.
    [[nodiscard]] const BitTable& source() const noexcept { return *table_; }
    [[nodiscard]] std::size_t size() const noexcept { return table_ ? table_->rows() : 0; }
    [[nodiscard]] std::size_t dim() const noexcept { return table_ ? table_->dim() : 0; }

    /// Throws `Error` for a query of another length or one that holds NaN.
    [[nodiscard]] Query prepare(std::span<const float> query) const {
        detail::check_length("query", query.size(), dim());
        if (std::any_of(query.begin(), query.end(), [](float x) { return is_nan(x); })) {
            throw Error("the query holds NaN; expected numbers, whose signs are taken");
        }
        Query prepared{std::vector<std::uint64_t>(simd::words_of_bits(dim()))};
        simd::pack_signs(query, prepared.words);
        return prepared;
    }

    /// Throws `Error` for a query of another length or with bits set after the first dim().
    [[nodiscard]] Query prepare(std::span<const std::uint64_t> query) const {
        if (query.size() != simd::words_of_bits(dim()) ||
            (dim() % 64 != 0 && query.back() >> (dim() % 64) != 0)) {
            throw Error("the query has " + std::to_string(query.size()) +
                        " words of 64 bits, expected " + std::to_string(dim()) +
                        " bits, the index's dim, and zeros after them");
        }
        return {{query.begin(), query.end()}};
    }

    /// Minus the number of bits in which row `id` < size() differs; exact, since dims are below
    /// 2^24.
    [[nodiscard]] float score(const Query& query, Id id) const noexcept {
        return 0.0f - static_cast<float>(simd::hamming(query.words, (*table_)[id]));
    }

    [[nodiscard]] float floor_of(const Query&, float score) const noexcept { return score; }

    void prefetch(Id) const noexcept {}

    class Group {
    public:
        Group(const BitRows& rows, std::span<const Query> queries)
            : rows_(&rows), queries_(queries),
              // So many rows that their distances to one query stay in L1.
              tile_rows_(std::clamp<std::size_t>(std::bit_floor(131072 / queries.size()), 32, 512)),
              distances_(tile_rows_), minus_(queries.size(), simd::CodeQuery{.scale = -1.0f}) {}

        [[nodiscard]] std::size_t tile_rows() const noexcept { return tile_rows_; }
        [[nodiscard]] float threshold(std::size_t, float floor) const noexcept { return floor; }

        std::size_t select(std::size_t first, std::size_t count, const float* thresholds,
                           simd::Selected* to) {
            const BitTable& table = *rows_->table_;
            std::size_t found = 0;
            for (std::size_t q = 0; q < queries_.size(); ++q) {
                // A distance is at most a dim, so that it reads the same as a signed number.
                simd::hamming_many(queries_[q].words.data(), table[first].data(), table.stride(),
                                   count, table.stride(),
                                   reinterpret_cast<std::uint32_t*>(distances_.data()));
                found +=
                    simd::select({distances_.data(), tile_rows_, 1, count, q, 0},
                                 simd::CodeTerms{.queries = minus_.data()}, thresholds, to + found);
            }
            return found;
        }

        [[nodiscard]] Candidate candidate(const simd::Selected& selected, Id id) const noexcept {
            return {id, selected.value, selected.value};
        }

    private:
        const BitRows* rows_;
        std::span<const Query> queries_;
        std::size_t tile_rows_;
        AlignedBuffer<std::int32_t> distances_;
        std::vector<simd::CodeQuery> minus_;
    };

private:
    const BitTable* table_ = nullptr;
};

static_assert(ScannableRows<BitRows>);

} // namespace firth
