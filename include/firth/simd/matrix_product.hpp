#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <firth/base/config.hpp>
#include <firth/simd/activation.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/detail/batch.hpp>
#include <firth/simd/detail/tile.hpp>
#include <firth/simd/detail/unroll.hpp>
#include <firth/simd/dispatch/kernels.hpp>

/// Rows times a matrix that is packed once: the layers of a neural network. The matrix is packed as
/// panels of two registers of outputs, one input after the other; a few rows are multiplied with a
/// panel at a time, each element broadcast, and a bias and an activation are applied while the sums
/// are in registers.
///
/// Numerics: float32 sums a slice of at most 256 inputs in their order, and the slices in theirs. A
/// row's products do not depend on the rows beside it.
namespace firth::simd {

/// A product: rows of `inputs` elements in, rows of `outputs` elements out.
struct MatrixProduct {
    const float* x = nullptr;
    std::size_t x_stride = 0;
    std::size_t rows = 0;
    const float* packed = nullptr; ///< the matrix
    std::size_t inputs = 0;
    std::size_t outputs = 0;
    const float* bias = nullptr; ///< an element an output; null: none
    Activation activation = Activation::identity;
    float* y = nullptr; ///< overlaps nothing else
    std::size_t y_stride = 0;
};

namespace detail {

/// Rows that are multiplied with a panel together.
template <class Arch>
inline constexpr std::size_t product_rows = vector_registers<Arch> >= 32 ? 12 : 6;

template <class Arch>
inline constexpr std::size_t product_panel = panel_rows<float, Arch>;

template <class Arch>
inline constexpr std::size_t product_slice = slice_units<float, Arch>;

/// A slice of a panel, and the rows and outputs that it is for.
struct ProductPart {
    const float* x;
    std::size_t x_stride;
    const float* panel;
    const float* next_panel; ///< what is read after it
    std::size_t inputs;
    const float* bias; ///< null but for the first slice
    bool is_first;     ///< of the slices
    float* y;
    std::size_t y_stride;
};

/// Multiplies a slice and stores the sums, or adds them to those of the slices before. Of its own,
/// so that the sums stay in registers.
template <class Arch, std::size_t Rows>
FIRTH_NOINLINE void multiply_product_part(const ProductPart& part) noexcept {
    using B = Batch<Arch>;
    constexpr std::size_t width = lanes<Arch>;
    constexpr std::size_t bases = (Rows + 2) / 3; // of three rows each, which one address reaches
    B sums[2 * Rows];
    unroll<2 * Rows>([&](auto i) FIRTH_INLINE_LAMBDA { sums[i] = B(0.0f); });
    const float* x[bases];
    unroll<bases>([&](auto b) FIRTH_INLINE_LAMBDA { x[b] = part.x + 3 * b * part.x_stride; });
    const std::size_t stride = part.x_stride;
    constexpr std::size_t line = (std::max)(std::size_t{16}, 2 * width); // floats of a prefetch
    const float* panel = part.panel;
    const float* ahead = part.next_panel;
    for (std::size_t k = 0; k < part.inputs; ++k) {
        const B left = B::load_unaligned(panel);
        const B right = B::load_unaligned(panel + width);
        unroll<Rows>([&](auto r) FIRTH_INLINE_LAMBDA {
            const B element(x[r / 3][(r % 3) * stride + k]);
            sums[2 * r] = fma<Arch>(left, element, sums[2 * r]);
            sums[2 * r + 1] = fma<Arch>(right, element, sums[2 * r + 1]);
        });
        if (k % (line / (2 * width)) == 0) FIRTH_PREFETCH_READ(ahead);
        panel += 2 * width;
        ahead += 2 * width;
    }
    unroll<2>([&](auto half) FIRTH_INLINE_LAMBDA {
        const std::size_t begin = half * width;
        const B bias = part.bias != nullptr ? B::load_unaligned(part.bias + begin) : B(0.0f);
        unroll<Rows>([&](auto r) FIRTH_INLINE_LAMBDA {
            float* const to = part.y + r * part.y_stride + begin;
            const B sum = sums[2 * r + half] + bias;
            (part.is_first ? sum : sum + B::load_unaligned(to)).store_unaligned(to);
        });
    });
}

/// The activation of what a part has stored, which is in L1.
template <class Arch>
FIRTH_NOINLINE void activate_product_part(const ProductPart& part, std::size_t rows,
                                          Activation kind) noexcept {
    with_activation<Arch>(kind, [&](auto function) FIRTH_INLINE_LAMBDA {
        for (std::size_t r = 0; r < rows; ++r) {
            float* const to = part.y + r * part.y_stride;
            map_floats<Arch>(to, to, product_panel<Arch>, function);
        }
    });
}

/// A few rows of one part. Where the matrix ends within the panel, whole registers meet `edge`.
template <class Arch, std::size_t Rows>
FIRTH_ALWAYS_INLINE void multiply_rows(const ProductPart& part, std::size_t outputs,
                                       Activation activation) noexcept {
    constexpr std::size_t height = product_panel<Arch>;
    alignas(64) float edge[Rows * height];
    ProductPart whole = part;
    if (outputs < height) {
        whole.y = edge;
        whole.y_stride = height;
        for (std::size_t r = 0; r < Rows && !part.is_first; ++r) {
            std::memcpy(edge + r * height, part.y + r * part.y_stride, outputs * sizeof(float));
        }
    }
    multiply_product_part<Arch, Rows>(whole);
    if (activation != Activation::identity) {
        activate_product_part<Arch>(whole, Rows, activation);
    }
    if (outputs < height) {
        for (std::size_t r = 0; r < Rows; ++r) {
            std::memcpy(part.y + r * part.y_stride, edge + r * height, outputs * sizeof(float));
        }
    }
}

template <class Arch>
FIRTH_ALWAYS_INLINE void multiply_matrix_of(const MatrixProduct& product) noexcept {
    constexpr std::size_t height = product_panel<Arch>;
    constexpr std::size_t slice = product_slice<Arch>;
    constexpr std::size_t full = product_rows<Arch>;
    alignas(64) float last_bias[height] = {};
    const float* panel = product.packed;
    for (std::size_t o = 0; o < product.outputs; o += height) {
        const std::size_t outputs = (std::min)(height, product.outputs - o);
        const float* bias = product.bias != nullptr ? product.bias + o : nullptr;
        if (bias != nullptr && outputs < height) {
            std::memcpy(last_bias, bias, outputs * sizeof(float));
            bias = last_bias;
        }
        for (std::size_t k = 0; k < product.inputs; k += slice) {
            const std::size_t n = (std::min)(slice, product.inputs - k);
            ProductPart part{.x = product.x + k,
                             .x_stride = product.x_stride,
                             .panel = panel,
                             .next_panel = panel,
                             .inputs = n,
                             .bias = k == 0 ? bias : nullptr,
                             .is_first = k == 0,
                             .y = product.y + o,
                             .y_stride = product.y_stride};
            const Activation activation =
                k + n == product.inputs ? product.activation : Activation::identity;
            std::size_t left = product.rows;
            const auto step = [&](auto rows) FIRTH_INLINE_LAMBDA {
                if (left == rows) part.next_panel = panel + n * height;
                multiply_rows<Arch, rows>(part, outputs, activation);
                part.x += rows * part.x_stride;
                part.y += rows * part.y_stride;
                left -= rows;
            };
            while (left >= 2 * full) {
                step(std::integral_constant<std::size_t, full>{});
            }
            // The last ones in equal parts: a few rows alone would wait for their own sums.
            if (left > full) with_constant<full>((left + 1) / 2, step);
            if (left > 0) with_constant<full>(left, step);
            panel += n * height;
        }
    }
}

template <class Arch>
FIRTH_ALWAYS_INLINE void pack_matrix_of(const float* matrix, std::size_t stride,
                                        std::size_t outputs, std::size_t inputs,
                                        float* packed) noexcept {
    constexpr std::size_t height = product_panel<Arch>;
    constexpr std::size_t slice = product_slice<Arch>;
    for (std::size_t o = 0; o < outputs; o += height) {
        const std::size_t here = (std::min)(height, outputs - o);
        for (std::size_t k = 0; k < inputs; k += slice) {
            const std::size_t n = (std::min)(slice, inputs - k);
            pack_columns<TileFormat<float, Arch>, Arch>(
                matrix + o * stride + k, stride, here, n, height,
                reinterpret_cast<std::uint32_t*>(packed), [](auto&&...) {});
            packed += n * height;
        }
    }
}

template <class Arch>
FIRTH_ALWAYS_INLINE void pack_transposed_of(const float* matrix, std::size_t stride,
                                            std::size_t outputs, std::size_t inputs,
                                            float* packed) noexcept {
    constexpr std::size_t height = product_panel<Arch>;
    for (std::size_t o = 0; o < outputs; o += height) {
        const std::size_t here = (std::min)(height, outputs - o);
        for (std::size_t k = 0; k < inputs; ++k) {
            for (std::size_t i = 0; i < height; ++i) {
                packed[i] = i < here ? matrix[k * stride + o + i] : 0.0f;
            }
            packed += height;
        }
    }
}

} // namespace detail

/// The kernels of this header.
struct MatrixProductKernels {
    void (*pack_matrix)(const float* matrix, std::size_t stride, std::size_t outputs,
                        std::size_t inputs, float* packed) noexcept;
    void (*pack_transposed)(const float* matrix, std::size_t stride, std::size_t outputs,
                            std::size_t inputs, float* packed) noexcept;
    void (*multiply_matrix)(const MatrixProduct& product) noexcept;
};

namespace detail {

template <class Arch>
struct Compiled<MatrixProductKernels, Arch> {
    FIRTH_ALWAYS_INLINE static void pack_matrix(const float* matrix, std::size_t stride,
                                                std::size_t outputs, std::size_t inputs,
                                                float* packed) noexcept {
        pack_matrix_of<Arch>(matrix, stride, outputs, inputs, packed);
    }
    FIRTH_ALWAYS_INLINE static void pack_transposed(const float* matrix, std::size_t stride,
                                                    std::size_t outputs, std::size_t inputs,
                                                    float* packed) noexcept {
        pack_transposed_of<Arch>(matrix, stride, outputs, inputs, packed);
    }
    FIRTH_ALWAYS_INLINE static void multiply_matrix(const MatrixProduct& product) noexcept {
        multiply_matrix_of<Arch>(product);
    }
    static constexpr MatrixProductKernels table{&pack_matrix, &pack_transposed, &multiply_matrix};
};

} // namespace detail

/// The number of floats that a packed matrix takes, whatever the architecture.
[[nodiscard]] constexpr std::size_t packed_matrix_size(std::size_t outputs,
                                                       std::size_t inputs) noexcept {
    return (outputs + 31) / 32 * 32 * inputs;
}

/// Packs a matrix for `multiply_matrix` on the same architecture: output o is the inner product
/// with row o of `inputs` elements, `stride` apart. `packed` has room for
/// packed_matrix_size(outputs, inputs) floats.
template <class Arch = default_arch>
void pack_matrix(const float* matrix, std::size_t stride, std::size_t outputs, std::size_t inputs,
                 float* packed) noexcept {
    detail::kernels<MatrixProductKernels, Arch>().pack_matrix(matrix, stride, outputs, inputs,
                                                              packed);
}

/// The same where row i holds what input i gives to each output: output o is the inner product with
/// column o.
template <class Arch = default_arch>
void pack_transposed(const float* matrix, std::size_t stride, std::size_t outputs,
                     std::size_t inputs, float* packed) noexcept {
    detail::kernels<MatrixProductKernels, Arch>().pack_transposed(matrix, stride, outputs, inputs,
                                                                  packed);
}

/// Each row's products with the outputs' rows of the matrix, plus the bias, through the activation.
/// O(rows * inputs * outputs).
template <class Arch = default_arch>
void multiply_matrix(const MatrixProduct& product) noexcept {
    assert(product.x_stride >= product.inputs && product.y_stride >= product.outputs);
    detail::kernels<MatrixProductKernels, Arch>().multiply_matrix(product);
}

} // namespace firth::simd
