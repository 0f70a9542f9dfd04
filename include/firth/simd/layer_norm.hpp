#pragma once

#include <cassert>
#include <cmath>
#include <cstddef>
#include <span>

#include <firth/base/config.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/detail/batch.hpp>
#include <firth/simd/dispatch/kernels.hpp>

/// Layer normalisation, with the sum before it.
///
/// Numerics: float32 in four registers of sums; the mean first, then the squares about it, so that
/// a mean far above the deviation costs no more than its own rounding.
namespace firth::simd {

namespace detail {

/// The sum of function(i, count) over a row's registers; `count` elements are there, the others of
/// the register must be zeros.
template <class Arch, class Function>
FIRTH_ALWAYS_INLINE float sum_registers(std::size_t n, Function function) noexcept {
    using B = Batch<Arch>;
    constexpr std::size_t width = lanes<Arch>;
    B sums[4] = {B(0.0f), B(0.0f), B(0.0f), B(0.0f)};
    std::size_t i = 0;
    for (; i + 4 * width <= n; i += 4 * width) {
        sums[0] = sums[0] + function(i, width);
        sums[1] = sums[1] + function(i + width, width);
        sums[2] = sums[2] + function(i + 2 * width, width);
        sums[3] = sums[3] + function(i + 3 * width, width);
    }
    for (; i < n; i += width) {
        sums[0] = sums[0] + function(i, n - i < width ? n - i : width);
    }
    return reduce_add<Arch>((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

template <class Arch>
FIRTH_ALWAYS_INLINE void add_and_normalize_of(float* row, const float* change, const float* gain,
                                              const float* bias, float epsilon,
                                              std::size_t n) noexcept {
    using B = Batch<Arch>;
    constexpr std::size_t width = lanes<Arch>;
    const auto load = [](const float* from, std::size_t i, std::size_t count) FIRTH_INLINE_LAMBDA {
        return count == width ? B::load_unaligned(from + i) : load_first<Arch>(from + i, count);
    };
    const auto store = [](const B& x, float* to, std::size_t i, std::size_t count)
                           FIRTH_INLINE_LAMBDA {
                               if (count == width) {
                                   x.store_unaligned(to + i);
                               } else {
                                   store_first<Arch>(x, to + i, count);
                               }
                           };
    const float sum =
        sum_registers<Arch>(n, [&](std::size_t i, std::size_t count) FIRTH_INLINE_LAMBDA {
            B x = load(row, i, count);
            if (change != nullptr) {
                x = x + load(change, i, count);
                store(x, row, i, count);
            }
            return x;
        });
    const float size = static_cast<float>(n);
    const B mean(sum / size);
    const float squares =
        sum_registers<Arch>(n, [&](std::size_t i, std::size_t count) FIRTH_INLINE_LAMBDA {
            const B off = load(row, i, count) - mean;
            if (count == width) return off * off;
            alignas(64) float each[width] = {};
            store_first<Arch>(off * off, each, count);
            return B::load_aligned(each);
        });
    const B scale(1 / std::sqrt(squares / size + epsilon));
    for (std::size_t i = 0; i < n; i += width) {
        const std::size_t count = n - i < width ? n - i : width;
        const B x = (load(row, i, count) - mean) * scale;
        store(fma<Arch>(x, load(gain, i, count), load(bias, i, count)), row, i, count);
    }
}

} // namespace detail

/// The kernel of this header.
struct LayerNormKernels {
    void (*add_and_normalize)(float* row, const float* change, const float* gain, const float* bias,
                              float epsilon, std::size_t n) noexcept;
};

namespace detail {

template <class Arch>
struct Compiled<LayerNormKernels, Arch> {
    FIRTH_ALWAYS_INLINE static void add_and_normalize(float* row, const float* change,
                                                      const float* gain, const float* bias,
                                                      float epsilon, std::size_t n) noexcept {
        add_and_normalize_of<Arch>(row, change, gain, bias, epsilon, n);
    }
    static constexpr LayerNormKernels table{&add_and_normalize};
};

} // namespace detail

/// row = (row - mean) / sqrt(variance + epsilon) * gain + bias, with the biased variance (Ba, Kiros
/// and Hinton 2016). All are of one length (a precondition).
template <class Arch = default_arch>
void layer_norm(std::span<float> row, std::span<const float> gain, std::span<const float> bias,
                float epsilon) noexcept {
    assert(row.size() == gain.size() && row.size() == bias.size());
    detail::kernels<LayerNormKernels, Arch>().add_and_normalize(row.data(), nullptr, gain.data(),
                                                                bias.data(), epsilon, row.size());
}

/// The same of row + change.
template <class Arch = default_arch>
void add_and_layer_norm(std::span<float> row, std::span<const float> change,
                        std::span<const float> gain, std::span<const float> bias,
                        float epsilon) noexcept {
    assert(row.size() == change.size() && row.size() == gain.size() && row.size() == bias.size());
    detail::kernels<LayerNormKernels, Arch>().add_and_normalize(
        row.data(), change.data(), gain.data(), bias.data(), epsilon, row.size());
}

} // namespace firth::simd
