#pragma once

#include <cassert>
#include <cstddef>
#include <span>

#include <firth/simd/detail/batch.hpp>
#include <firth/simd/dispatch/kernels.hpp>
#include <firth/simd/dot.hpp>

/// Numerics: `axpy` rounds an element once where the hardware has fused multiply-add, twice
/// elsewhere; `adagrad` divides and takes roots in full float32 precision.
namespace firth::simd {

namespace detail {

/// Stores `step(y)` over each register of `y`, and over the rest of it. `step` takes a register of
/// y and a function that loads the matching register of another vector.
template <class Arch, class Step>
FIRTH_ALWAYS_INLINE void transform_pairs(const float* x, float* y, std::size_t n,
                                         Step step) noexcept {
    using B = Batch<Arch>;
    constexpr std::size_t width = lanes<Arch>;
    std::size_t i = 0;
    for (; i + width <= n; i += width) {
        step(B::load_unaligned(x + i), B::load_unaligned(y + i)).store_unaligned(y + i);
    }
    if (i < n) {
        store_first<Arch>(step(load_first<Arch>(x + i, n - i), load_first<Arch>(y + i, n - i)),
                          y + i, n - i);
    }
}

template <class Arch>
FIRTH_ALWAYS_INLINE void axpy_of(float alpha, const float* x, float* y, std::size_t n) noexcept {
    using B = Batch<Arch>;
    const B factor(alpha);
    transform_pairs<Arch>(x, y, n, [&](const B& from, const B& to) FIRTH_INLINE_LAMBDA {
        return fma<Arch>(factor, from, to);
    });
}

template <class Arch>
FIRTH_ALWAYS_INLINE void scale_of(float alpha, float* x, std::size_t n) noexcept {
    using B = Batch<Arch>;
    const B factor(alpha);
    transform_pairs<Arch>(
        x, x, n, [&](const B& value, const B&) FIRTH_INLINE_LAMBDA { return factor * value; });
}

template <class Arch>
FIRTH_ALWAYS_INLINE void adagrad_of(float learning_rate, const float* gradient, float* weights,
                                    float* squares, std::size_t n) noexcept {
    using B = Batch<Arch>;
    const B rate(learning_rate);
    std::size_t i = 0;
    for (; i + lanes<Arch> <= n; i += lanes<Arch>) {
        const B g = B::load_unaligned(gradient + i);
        const B s = B::load_unaligned(squares + i);
        (B::load_unaligned(weights + i) - rate * g / square_root<Arch>(s))
            .store_unaligned(weights + i);
        fma<Arch>(g, g, s).store_unaligned(squares + i);
    }
    if (i < n) {
        const B g = load_first<Arch>(gradient + i, n - i);
        const B s = load_first<Arch>(squares + i, n - i);
        // Lanes beyond the end divide zero by zero and are not stored.
        store_first<Arch>(load_first<Arch>(weights + i, n - i) - rate * g / square_root<Arch>(s),
                          weights + i, n - i);
        store_first<Arch>(fma<Arch>(g, g, s), squares + i, n - i);
    }
}

} // namespace detail

/// The kernels of this header.
struct UpdateKernels {
    void (*axpy)(float alpha, const float* x, float* y, std::size_t n) noexcept;
    void (*scale)(float alpha, float* x, std::size_t n) noexcept;
    void (*adagrad)(float learning_rate, const float* gradient, float* weights, float* squares,
                    std::size_t n) noexcept;
};

namespace detail {

template <class Arch>
struct Compiled<UpdateKernels, Arch> {
    FIRTH_ALWAYS_INLINE static void axpy(float alpha, const float* x, float* y,
                                         std::size_t n) noexcept {
        axpy_of<Arch>(alpha, x, y, n);
    }
    FIRTH_ALWAYS_INLINE static void scale(float alpha, float* x, std::size_t n) noexcept {
        scale_of<Arch>(alpha, x, n);
    }
    FIRTH_ALWAYS_INLINE static void adagrad(float learning_rate, const float* gradient,
                                            float* weights, float* squares,
                                            std::size_t n) noexcept {
        adagrad_of<Arch>(learning_rate, gradient, weights, squares, n);
    }
    static constexpr UpdateKernels table{&axpy, &scale, &adagrad};
};

} // namespace detail

/// y += alpha * x, for vectors of the same length (a precondition) that are the same or do not
/// overlap.
template <class Arch = default_arch>
void axpy(float alpha, std::span<const float> x, std::span<float> y) noexcept {
    assert(x.size() == y.size());
    detail::kernels<UpdateKernels, Arch>().axpy(alpha, x.data(), y.data(), x.size());
}

/// x *= alpha.
template <class Arch = default_arch>
void scale(float alpha, std::span<float> x) noexcept {
    detail::kernels<UpdateKernels, Arch>().scale(alpha, x.data(), x.size());
}

/// One step of AdaGrad (Duchi, Hazan and Singer 2011) as GloVe takes it (Pennington et al. 2014,
/// section 4.2): weights -= learning_rate * gradient / sqrt(squares), then squares += gradient^2,
/// element by element. The vectors have the same length (a precondition), and squares are above
/// zero: GloVe begins with 1.
template <class Arch = default_arch>
void adagrad(float learning_rate, std::span<const float> gradient, std::span<float> weights,
             std::span<float> squares) noexcept {
    assert(gradient.size() == weights.size() && gradient.size() == squares.size());
    detail::kernels<UpdateKernels, Arch>().adagrad(learning_rate, gradient.data(), weights.data(),
                                                   squares.data(), gradient.size());
}

/// Scales `x` to Euclidean norm 1, whatever its norm, and returns the norm it had. A vector of
/// zeros stays as it is.
template <class Arch = default_arch>
float normalize(std::span<float> x) noexcept {
    const float length = norm<Arch>(x);
    if (length == 0.0f) return length;
    if (detail::in_safe_range<Arch>(length)) {
        scale<Arch>(1.0f / length, x);
    } else {
        // As float32, a subnormal norm would be a coarse number, and a huge one infinite.
        const double wide = detail::scaled_norm<double, Arch>(x.data(), x.size());
        for (float& value : x) {
            value = static_cast<float>(static_cast<double>(value) / wide);
        }
    }
    return length;
}

} // namespace firth::simd
