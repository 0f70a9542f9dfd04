#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/config.hpp>
#include <firth/base/error.hpp>
#include <firth/base/parallel.hpp>
#include <firth/math/nearest_centres.hpp>
#include <firth/math/product_quantizer.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// Rows as the codes of a product quantiser: a byte for every few elements. The norms of rows may
/// have a code of their own, so that the others stand for directions only.
///
/// Reading from several threads is safe.
class ProductTable {
public:
    ProductTable() = default;

    /// `codes`: those of each row one after the other. Throws `Error` where they are not of whole
    /// rows.
    ProductTable(ProductQuantizer quantizer, AlignedBuffer<std::uint8_t> codes)
        : quantizer_(std::move(quantizer)), codes_(std::move(codes)) {
        if (quantizer_.parts() == 0 || codes_.size() % quantizer_.parts() != 0) {
            throw Error(std::to_string(codes_.size()) +
                        " codes are of no whole number of rows of " +
                        std::to_string(quantizer_.parts()));
        }
    }

    /// The same with a code for each row's norm, by a quantiser of dim 1. Throws `Error` where
    /// these do not fit each other.
    ProductTable(ProductQuantizer quantizer, AlignedBuffer<std::uint8_t> codes,
                 ProductQuantizer norms, AlignedBuffer<std::uint8_t> norm_codes)
        : ProductTable(std::move(quantizer), std::move(codes)) {
        norms_ = std::move(norms);
        norm_codes_ = std::move(norm_codes);
        if (norms_.dim() != 1 || norm_codes_.size() != rows()) {
            throw Error(std::to_string(norm_codes_.size()) + " codes of norms of dim " +
                        std::to_string(norms_.dim()) + " cannot belong to " +
                        std::to_string(rows()) + " rows, expected one of dim 1 for each");
        }
    }

    [[nodiscard]] std::size_t rows() const noexcept {
        return quantizer_.parts() == 0 ? 0 : codes_.size() / quantizer_.parts();
    }
    [[nodiscard]] std::size_t dim() const noexcept { return quantizer_.dim(); }
    [[nodiscard]] const ProductQuantizer& quantizer() const noexcept { return quantizer_; }

    /// The codes of all rows.
    [[nodiscard]] std::span<const std::uint8_t> codes() const noexcept {
        return {codes_.data(), codes_.size()};
    }

    /// True where norms have codes of their own.
    [[nodiscard]] bool has_norms() const noexcept { return norms_.dim() != 0; }
    [[nodiscard]] const ProductQuantizer& norm_quantizer() const noexcept { return norms_; }
    [[nodiscard]] std::span<const std::uint8_t> norm_codes() const noexcept {
        return {norm_codes_.data(), norm_codes_.size()};
    }

    /// Drops the rows from `rows` <= rows() on. O(rows * parts).
    void truncate(std::size_t rows) {
        const auto first = [](const AlignedBuffer<std::uint8_t>& from, std::size_t size) {
            AlignedBuffer<std::uint8_t> to(size, Uninitialized());
            std::copy_n(from.begin(), size, to.begin());
            return to;
        };
        if (rows >= this->rows()) return;
        codes_ = first(codes_, rows * quantizer_.parts());
        if (has_norms()) norm_codes_ = first(norm_codes_, rows);
    }

    /// sum += factor * row `row` < rows(), dim() elements, without writing the row anywhere.
    void add_to(std::size_t row, float factor, std::span<float> sum) const noexcept {
        assert(row < rows() && sum.size() == dim());
        const float scale = factor * norm(row);
        for_each_element(row, [&](std::size_t i, float element) { sum[i] += scale * element; });
    }

    /// Writes row `row` < rows() to `to`, dim() elements.
    void read(std::size_t row, std::span<float> to) const noexcept {
        assert(row < rows() && to.size() == dim());
        const float scale = norm(row);
        for_each_element(row, [&](std::size_t i, float element) { to[i] = scale * element; });
    }

    /// The inner product of row `row` < rows() with a vector of dim() elements.
    [[nodiscard]] float dot(std::size_t row, std::span<const float> vector) const noexcept {
        assert(row < rows() && vector.size() == dim());
        float sum = 0;
        for_each_element(row, [&](std::size_t i, float element) { sum += vector[i] * element; });
        return norm(row) * sum;
    }

private:
    [[nodiscard]] float norm(std::size_t row) const noexcept {
        return has_norms() ? norms_.centroids()[norm_codes_[row]] : 1.0f;
    }

    template <class Use>
    FIRTH_ALWAYS_INLINE void for_each_element(std::size_t row, Use&& use) const noexcept {
        // Sizes that are known when this is compiled need no loop within the parts.
        switch (quantizer_.part_dim()) {
        case 1:
            return for_each_element(row, std::integral_constant<std::size_t, 1>(), use);
        case 2:
            return for_each_element(row, std::integral_constant<std::size_t, 2>(), use);
        case 4:
            return for_each_element(row, std::integral_constant<std::size_t, 4>(), use);
        default:
            return for_each_element(row, quantizer_.part_dim(), use);
        }
    }

    template <class Size, class Use>
    FIRTH_ALWAYS_INLINE void for_each_element(std::size_t row, Size part_dim,
                                              Use&& use) const noexcept {
        const std::size_t parts = quantizer_.parts();
        const std::uint8_t* const row_codes = codes_.data() + row * parts;
        const float* centroids = quantizer_.centroids().data();
        const std::size_t whole = dim() / part_dim;
        for (std::size_t part = 0; part < whole; ++part) {
            const float* const elements = centroids + row_codes[part] * part_dim;
            for (std::size_t j = 0; j < part_dim; ++j) {
                use(part * part_dim + j, elements[j]);
            }
            centroids += ProductQuantizer::codes * part_dim;
        }
        if (whole == parts) return;
        const std::size_t left = dim() - whole * part_dim;
        for (std::size_t j = 0; j < left; ++j) {
            use(whole * part_dim + j, centroids[row_codes[whole] * left + j]);
        }
    }

    ProductQuantizer quantizer_;
    AlignedBuffer<std::uint8_t> codes_;
    ProductQuantizer norms_; ///< of dim 1, or of none
    AlignedBuffer<std::uint8_t> norm_codes_;
};

/// Whether the norms of rows get codes of their own.
enum class RowNorms {
    in_parts, ///< no: parts are quantised as they are
    apart     ///< a byte more a row; parts are of rows of norm 1, zeros stay zeros
};

/// Quantises a table: learns a quantiser from it, and encodes its rows. The result does not depend
/// on the number of threads; nothing where `progress` stops it. Throws as
/// `train_product_quantizer`. Memory: a copy of the table where norms are apart.
[[nodiscard]] inline std::optional<ProductTable>
quantize_rows(TableView<const float> rows, const ProductQuantizerOptions& options = {},
              RowNorms norms = RowNorms::in_parts) {
    const Workers workers(options.threads, options.pool);
    EmbeddingTable<float> directions;
    EmbeddingTable<float> lengths;
    TableView<const float> from = rows;
    if (norms == RowNorms::apart) {
        directions = EmbeddingTable<float>(rows.rows(), rows.dim());
        lengths = EmbeddingTable<float>(rows.rows(), 1);
        for (std::size_t id = 0; id < rows.rows(); ++id) {
            const float norm = detail::clustered_norm(rows[id], "row", id);
            lengths[id][0] = norm;
            for (std::size_t i = 0; i < rows.dim() && norm != 0; ++i) {
                directions[id][i] = rows[id][i] / norm;
            }
        }
        from = directions;
    }
    std::optional<ProductQuantizer> quantizer = train_product_quantizer(from, options);
    if (!quantizer) return std::nullopt;
    AlignedBuffer<std::uint8_t> codes = quantizer->encode(from, workers);
    if (norms == RowNorms::in_parts) return ProductTable(std::move(*quantizer), std::move(codes));
    ProductQuantizerOptions of_norms = options;
    of_norms.part_dim = 1;
    std::optional<ProductQuantizer> length_quantizer = train_product_quantizer(lengths, of_norms);
    if (!length_quantizer) return std::nullopt;
    AlignedBuffer<std::uint8_t> length_codes = length_quantizer->encode(lengths, workers);
    return ProductTable(std::move(*quantizer), std::move(codes), std::move(*length_quantizer),
                        std::move(length_codes));
}

} // namespace firth
