#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <firth/base/config.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/detail/batch.hpp>
#include <firth/simd/dispatch/kernels.hpp>
#include <firth/simd/sigmoid.hpp>

/// What stands between the products of a neural network, and softmax.
///
/// Numerics, for finite elements: `gelu` is within 1.5e-7 + 1e-7 |x| of the exact value,
/// `gelu_tanh` and `quick_gelu` within 1e-6 |x|, `tanh` within 1e-6, `relu` exact. A share of
/// `softmax` is within 2e-6 of itself and 1e-38, the sum in one register of floats.
namespace firth::simd {

/// A function of one element.
enum class Activation : std::uint8_t {
    identity,
    relu,
    gelu,       ///< x times the normal distribution's share below x (Hendrycks and Gimpel 2016)
    gelu_tanh,  ///< the same by its approximation with tanh
    quick_gelu, ///< x / (1 + exp(-1.702 x))
    tanh,
};

namespace detail {

/// x times the normal distribution's share below x, as max(x, 0) less |x| times the share beyond
/// |x|. That share is exp(-x^2 / 2) P(|x|) / Q(|x|), with P and Q fitted to the least greatest
/// error of the product (degrees 2 and 3): a large x costs no more than its own rounding.
template <class Arch>
FIRTH_ALWAYS_INLINE Batch<Arch> gelu(const Batch<Arch>& x) noexcept {
    using B = Batch<Arch>;
    const B z = min<Arch>(abs<Arch>(x), B(13.0f)); // beyond it nothing is left
    B p(4.4039227e-2f);
    p = fma<Arch>(p, z, B(2.2687739e-1f));
    p = fma<Arch>(p, z, B(5.0000226e-1f));
    B q(1.0907451e-1f);
    q = fma<Arch>(q, z, B(5.8639503e-1f));
    q = fma<Arch>(q, z, B(1.2517132f));
    q = fma<Arch>(q, z, B(1.0f));
    const B beyond = simd::exp<Arch>(z * z * B(-0.5f)) * p / q;
    return max<Arch>(x, B(0.0f)) - z * beyond;
}

/// `function(batch)` for one kind, known outside of the loop that calls it.
template <class Arch, class Body>
FIRTH_ALWAYS_INLINE void with_activation(Activation kind, Body body) noexcept {
    using B = Batch<Arch>;
    switch (kind) {
    case Activation::identity:
        return body([](const B& x) FIRTH_INLINE_LAMBDA { return x; });
    case Activation::relu:
        return body([](const B& x) FIRTH_INLINE_LAMBDA { return max<Arch>(x, B(0.0f)); });
    case Activation::gelu:
        return body([](const B& x) FIRTH_INLINE_LAMBDA { return gelu<Arch>(x); });
    case Activation::gelu_tanh: // 1 + tanh(y) = 2 sigmoid(2 y)
        return body([](const B& x) FIRTH_INLINE_LAMBDA {
            const B cubic = fma<Arch>(x * x, B(0.044715f), B(1.0f));
            return x * simd::sigmoid<Arch>(B(1.5957691f) * x * cubic);
        });
    case Activation::quick_gelu:
        return body([](const B& x)
                        FIRTH_INLINE_LAMBDA { return x * simd::sigmoid<Arch>(B(1.702f) * x); });
    case Activation::tanh:
        return body([](const B& x) FIRTH_INLINE_LAMBDA {
            return fma<Arch>(B(2.0f), simd::sigmoid<Arch>(x + x), B(-1.0f));
        });
    }
}

template <class Arch>
FIRTH_ALWAYS_INLINE void activate_of(Activation kind, const float* from, float* to,
                                     std::size_t n) noexcept {
    with_activation<Arch>(
        kind, [&](auto function) FIRTH_INLINE_LAMBDA { map_floats<Arch>(from, to, n, function); });
}

template <class Arch>
FIRTH_ALWAYS_INLINE void softmax_of(float* row, std::size_t n, float factor) noexcept {
    using B = Batch<Arch>;
    constexpr std::size_t width = lanes<Arch>;
    if (n == 0) return;
    float most = row[0];
    std::size_t i = 0;
    if (n >= width) {
        B largest = B::load_unaligned(row);
        for (; i + width <= n; i += width) {
            largest = max<Arch>(largest, B::load_unaligned(row + i));
        }
        alignas(64) float each[width];
        largest.store_aligned(each);
        for (const float x : each) {
            most = x > most ? x : most;
        }
    }
    for (; i < n; ++i) {
        most = row[i] > most ? row[i] : most;
    }
    const B scale(factor);
    const B top(-factor * most);
    B sum(0.0f);
    for (i = 0; i + width <= n; i += width) {
        const B x = simd::exp<Arch>(fma<Arch>(B::load_unaligned(row + i), scale, top));
        x.store_unaligned(row + i);
        sum = sum + x;
    }
    float total = reduce_add<Arch>(sum);
    if (i < n) {
        const B x = simd::exp<Arch>(fma<Arch>(load_first<Arch>(row + i, n - i), scale, top));
        store_first<Arch>(x, row + i, n - i);
        total += reduce_add<Arch>(load_first<Arch>(row + i, n - i));
    }
    const B share(1 / total);
    map_floats<Arch>(row, row, n, [&share](const B& x) FIRTH_INLINE_LAMBDA { return x * share; });
}

} // namespace detail

/// The kernels of this header.
struct ActivationKernels {
    void (*activate)(Activation kind, const float* from, float* to, std::size_t n) noexcept;
    void (*softmax)(float* row, std::size_t n, float factor) noexcept;
};

namespace detail {

template <class Arch>
struct Compiled<ActivationKernels, Arch> {
    FIRTH_ALWAYS_INLINE static void activate(Activation kind, const float* from, float* to,
                                             std::size_t n) noexcept {
        activate_of<Arch>(kind, from, to, n);
    }
    FIRTH_ALWAYS_INLINE static void softmax(float* row, std::size_t n, float factor) noexcept {
        softmax_of<Arch>(row, n, factor);
    }
    static constexpr ActivationKernels table{&activate, &softmax};
};

} // namespace detail

/// Each element becomes its activation.
template <class Arch = default_arch>
void activate(Activation kind, std::span<float> elements) noexcept {
    detail::kernels<ActivationKernels, Arch>().activate(kind, elements.data(), elements.data(),
                                                        elements.size());
}

/// Each element becomes exp(factor * x) over the sum of all, without overflow, for a factor above
/// zero.
template <class Arch = default_arch>
void softmax(std::span<float> row, float factor = 1) noexcept {
    detail::kernels<ActivationKernels, Arch>().softmax(row.data(), row.size(), factor);
}

} // namespace firth::simd
