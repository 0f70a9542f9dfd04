#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <span>
#include <utility>
#include <variant>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/config.hpp>
#include <firth/math/product_table.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/weighted_sum.hpp>
#include <firth/table/classifier_model.hpp>
#include <firth/table/embedding_table.hpp>

namespace firth {

/// Rows of a classifier as they are stored, floats or codes of a product quantiser: sums and inner
/// products are taken straight from either, so that a quantised model stays small in memory, too.
///
/// Reading from several threads is safe.
class ClassifierRows {
public:
    ClassifierRows() = default;
    ClassifierRows(EmbeddingTable<float> rows) : rows_(std::move(rows)) {}
    ClassifierRows(ProductTable rows) : rows_(std::move(rows)) {}

    [[nodiscard]] std::size_t rows() const noexcept {
        return std::visit([](const auto& rows) { return rows.rows(); }, rows_);
    }
    [[nodiscard]] std::size_t dim() const noexcept {
        return std::visit([](const auto& rows) { return rows.dim(); }, rows_);
    }

    /// The rows where they are floats, else null.
    [[nodiscard]] const EmbeddingTable<float>* floats() const noexcept {
        return std::get_if<EmbeddingTable<float>>(&rows_);
    }
    /// The rows where they are codes, else null.
    [[nodiscard]] const ProductTable* codes() const noexcept {
        return std::get_if<ProductTable>(&rows_);
    }

    /// Drops the rows from `rows` <= rows() on.
    void truncate(std::size_t rows) {
        std::visit([&](auto& all) { all.truncate(rows); }, rows_);
    }

    /// The rows as floats, decoded where they are codes. O(rows * dim).
    [[nodiscard]] EmbeddingTable<float> to_floats() && {
        if (auto* const rows = std::get_if<EmbeddingTable<float>>(&rows_)) return std::move(*rows);
        EmbeddingTable<float> decoded(rows(), dim());
        for (std::size_t row = 0; row < decoded.rows(); ++row) {
            codes()->read(row, decoded[row]);
        }
        return decoded;
    }

    /// Asks for row `row` < rows() to be near when it is added.
    FIRTH_ALWAYS_INLINE void prefetch(std::size_t row) const noexcept {
        const auto fetch = [](const auto* first, std::size_t size) {
            for (std::size_t k = 0; k < size; k += row_alignment / sizeof(*first)) {
                FIRTH_PREFETCH_READ(first + k);
            }
        };
        if (const auto* const table = floats()) {
            fetch(table->data() + row * table->stride(), table->stride());
        } else {
            const std::size_t parts = codes()->quantizer().parts();
            fetch(codes()->codes().data() + row * parts, parts);
        }
    }

    /// sum = the sum of the terms' rows, each times its weight; padded_dim<float>(dim()) elements
    /// with their padding, which becomes zeros. O(terms * dim).
    void weighted_sum(std::span<const simd::WeightedRow> terms,
                      std::span<float> sum) const noexcept {
        assert(sum.size() == padded_dim<float>(dim()));
        if (const auto* const table = floats()) {
            simd::weighted_sum(table->data(), table->stride(), terms, sum);
            return;
        }
        std::fill(sum.begin(), sum.end(), 0.0f);
        for (const simd::WeightedRow& term : terms) {
            codes()->add_to(term.row, term.weight, sum.first(dim()));
        }
    }

    /// The inner product of row `row` < rows() with a vector of dim() elements.
    [[nodiscard]] float dot(std::size_t row, std::span<const float> vector) const noexcept {
        const auto* const table = floats();
        return table != nullptr ? simd::dot(vector, (*table)[row]) : codes()->dot(row, vector);
    }

    /// The inner products of the first to.size() <= rows() rows with a vector of dim() elements.
    void dots(std::span<const float> vector, std::span<float> to) const noexcept {
        if (const auto* const table = floats()) {
            simd::dot_many(vector.data(), table->data(), table->stride(), to.size(), vector.size(),
                           to.data());
            return;
        }
        for (std::size_t row = 0; row < to.size(); ++row) {
            to[row] = codes()->dot(row, vector);
        }
    }

private:
    std::variant<EmbeddingTable<float>, ProductTable> rows_;
};

/// A classifier whose rows are what its file holds.
using StoredClassifierModel = BasicClassifierModel<ClassifierRows>;

/// A trained model as one that could be stored otherwise, and back, decoded where it holds codes.
[[nodiscard]] inline StoredClassifierModel with_stored_rows(ClassifierModel model) {
    ClassifierRows input(std::move(model.input));
    ClassifierRows output(std::move(model.output));
    return with_rows(std::move(model), std::move(input), std::move(output));
}
[[nodiscard]] inline ClassifierModel with_float_rows(StoredClassifierModel model) {
    EmbeddingTable<float> input = std::move(model.input).to_floats();
    EmbeddingTable<float> output = std::move(model.output).to_floats();
    return with_rows(std::move(model), std::move(input), std::move(output));
}

} // namespace firth
