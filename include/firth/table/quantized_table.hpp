#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/error.hpp>
#include <firth/base/messages.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/simd/convert.hpp>
#include <firth/simd/distance.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/format.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// A quarter of a float table: int8 codes in [-127, 127] with a scale a row, such that
/// scale(id) * code is within half a scale of the element it stands for. The norms of the original
/// rows are kept, so that a cosine is one inner product of integers. For unit rows of dim 768 an
/// inner product is off by about 4e-4.
class QuantizedTable {
public:
    QuantizedTable() = default;

    /// Quantises every row. Throws `Error`, naming the row, for one that holds NaN or infinity or
    /// whose norm is beyond float32, `OptionError` for a dim above `simd::max_byte_dim`, and
    /// `std::bad_alloc`.
    explicit QuantizedTable(TableView<const float> rows) {
        detail::require_option(rows.dim() <= simd::max_byte_dim, "dim", rows.dim(), "at most ",
                               simd::max_byte_dim, " in a table of int8");
        codes_ = EmbeddingTable<std::int8_t>(rows.rows(), rows.dim());
        scales_ = AlignedBuffer<float>(rows.rows());
        norms_ = AlignedBuffer<float>(rows.rows());
        for (std::size_t id = 0; id < rows.rows(); ++id) {
            const float norm = simd::norm(rows[id]);
            if (!is_finite(norm)) {
                throw Error("row " + std::to_string(id) +
                            " holds NaN or infinity, or its norm is beyond float32; a quantised "
                            "table takes finite numbers only");
            }
            scales_[id] = simd::quantize(rows[id], codes_[id]);
            norms_[id] = norm;
        }
    }

    /// From its parts, of a file say. Throws `Error` where they do not fit each other.
    QuantizedTable(EmbeddingTable<std::int8_t> codes, AlignedBuffer<float> scales,
                   AlignedBuffer<float> norms)
        : codes_(std::move(codes)), scales_(std::move(scales)), norms_(std::move(norms)) {
        if (scales_.size() != codes_.rows() || norms_.size() != codes_.rows()) {
            throw Error("a table of " + std::to_string(codes_.rows()) + " rows of int8 has " +
                        std::to_string(scales_.size()) + " scales and " +
                        std::to_string(norms_.size()) + " norms, expected one of each a row");
        }
    }

    [[nodiscard]] std::size_t rows() const noexcept { return codes_.rows(); }
    [[nodiscard]] std::size_t dim() const noexcept { return codes_.dim(); }

    /// The codes, rows x dim, in the layout of `EmbeddingTable`.
    [[nodiscard]] TableView<const std::int8_t> codes() const noexcept { return codes_.view(); }

    /// What the codes of row `id` < rows() are multiplied by.
    [[nodiscard]] float scale(std::size_t id) const noexcept { return scales_[id]; }
    [[nodiscard]] std::span<const float> scales() const noexcept {
        return {scales_.data(), scales_.size()};
    }

    /// The Euclidean norm of row `id` < rows() before it was quantised.
    [[nodiscard]] float norm(std::size_t id) const noexcept { return norms_[id]; }
    [[nodiscard]] std::span<const float> norms() const noexcept {
        return {norms_.data(), norms_.size()};
    }

    /// The inner product of rows `a` and `b` < rows().
    [[nodiscard]] float dot(std::size_t a, std::size_t b) const noexcept {
        const auto product = simd::dot(codes_.view().padded_row(a), codes_.view().padded_row(b));
        return scales_[a] * scales_[b] * static_cast<float>(product);
    }

    /// The cosine of rows `a` and `b` < rows(); 0 where one is all zeros. Where float32 cannot
    /// divide by a row's norm (`simd::has_reciprocal`), the norm of its codes is used.
    [[nodiscard]] float cosine(std::size_t a, std::size_t b) const noexcept {
        if (!simd::has_reciprocal(norms_[a]) || !simd::has_reciprocal(norms_[b])) {
            return simd::cosine(codes_.view().padded_row(a), codes_.view().padded_row(b));
        }
        const auto product = simd::dot(codes_.view().padded_row(a), codes_.view().padded_row(b));
        return scales_[a] / norms_[a] * (scales_[b] / norms_[b]) * static_cast<float>(product);
    }

    /// Writes row `id` < rows() as floats to `row`, dim() of them.
    void dequantize(std::size_t id, std::span<float> row) const noexcept {
        assert(row.size() == dim());
        simd::dequantize(codes_[id], scales_[id], row);
    }

private:
    EmbeddingTable<std::int8_t> codes_;
    AlignedBuffer<float> scales_;
    AlignedBuffer<float> norms_;
};

} // namespace firth
