#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

#include <firth/simd/detail/batch.hpp>
#include <firth/simd/dispatch/kernels.hpp>
#include <firth/simd/sigmoid.hpp>

/// One step of gradient descent on two rows that learn from the product of each other, as in the
/// factorisation of a matrix of counts.
///
/// Numerics: float32; the gradient of an element is rounded three times, its step twice more; 1 /
/// sqrt is within 5e-7 (`fast_rsqrt`). NaN propagates.
namespace firth::simd {

/// The rows of a step: `size` floats each, aligned to 64 bytes, `size` a multiple of 16.
struct RowPair {
    float* a = nullptr;
    float* b = nullptr;
    float* a_squares = nullptr; ///< sums of squared steps, for `adagrad_pair`; above zero
    float* b_squares = nullptr;
    const float* a_rates = nullptr; ///< learning rates by element; 0 leaves it as it is
    const float* b_rates = nullptr;
    std::size_t size = 0;
};

namespace detail {

inline void check_row_pair(const RowPair& rows) noexcept {
    assert(rows.size % 16 == 0);
    assert(reinterpret_cast<std::uintptr_t>(rows.a) % 64 == 0);
    assert(reinterpret_cast<std::uintptr_t>(rows.b) % 64 == 0);
    static_cast<void>(rows);
}

/// rate * clip(gradient * other), for one register of a row.
template <class Arch>
FIRTH_ALWAYS_INLINE Batch<Arch>
scaled_gradient(const Batch<Arch>& gradient, const Batch<Arch>& other, const float* rates,
                const Batch<Arch>& least, const Batch<Arch>& most) noexcept {
    return max<Arch>(least, min<Arch>(most, gradient * other)) * Batch<Arch>::load_aligned(rates);
}

template <class Arch>
FIRTH_ALWAYS_INLINE void adagrad_pair_of(const RowPair& rows, float gradient, float clip) noexcept {
    using B = Batch<Arch>;
    const B g(gradient);
    const B most(clip);
    const B least(-clip);
    for (std::size_t i = 0; i < rows.size; i += lanes<Arch>) {
        const B a = B::load_aligned(rows.a + i);
        const B b = B::load_aligned(rows.b + i);
        const B a_step = scaled_gradient<Arch>(g, b, rows.a_rates + i, least, most);
        const B b_step = scaled_gradient<Arch>(g, a, rows.b_rates + i, least, most);
        const B a_squares = B::load_aligned(rows.a_squares + i);
        const B b_squares = B::load_aligned(rows.b_squares + i);
        (a - a_step * fast_rsqrt<Arch>(a_squares)).store_aligned(rows.a + i);
        (b - b_step * fast_rsqrt<Arch>(b_squares)).store_aligned(rows.b + i);
        fma<Arch>(a_step, a_step, a_squares).store_aligned(rows.a_squares + i);
        fma<Arch>(b_step, b_step, b_squares).store_aligned(rows.b_squares + i);
    }
}

template <class Arch>
FIRTH_ALWAYS_INLINE void sgd_pair_of(const RowPair& rows, float gradient, float clip) noexcept {
    using B = Batch<Arch>;
    const B g(gradient);
    const B most(clip);
    const B least(-clip);
    for (std::size_t i = 0; i < rows.size; i += lanes<Arch>) {
        const B a = B::load_aligned(rows.a + i);
        const B b = B::load_aligned(rows.b + i);
        (a - scaled_gradient<Arch>(g, b, rows.a_rates + i, least, most)).store_aligned(rows.a + i);
        (b - scaled_gradient<Arch>(g, a, rows.b_rates + i, least, most)).store_aligned(rows.b + i);
    }
}

} // namespace detail

/// The kernels of this header.
struct PairStepKernels {
    void (*adagrad_pair)(const RowPair& rows, float gradient, float clip) noexcept;
    void (*sgd_pair)(const RowPair& rows, float gradient, float clip) noexcept;
};

namespace detail {

template <class Arch>
struct Compiled<PairStepKernels, Arch> {
    FIRTH_ALWAYS_INLINE static void adagrad_pair(const RowPair& rows, float gradient,
                                                 float clip) noexcept {
        adagrad_pair_of<Arch>(rows, gradient, clip);
    }
    FIRTH_ALWAYS_INLINE static void sgd_pair(const RowPair& rows, float gradient,
                                             float clip) noexcept {
        sgd_pair_of<Arch>(rows, gradient, clip);
    }
    static constexpr PairStepKernels table{&adagrad_pair, &sgd_pair};
};

} // namespace detail

/// A step of AdaGrad (Duchi, Hazan and Singer 2011) as GloVe takes it: with the gradient of a's
/// element i limited to [-clip, clip], s = a_rates[i] * gradient * b[i], a[i] -= s /
/// sqrt(a_squares[i]), a_squares[i] += s^2, and for b likewise with the old a. `gradient` is the
/// derivative of the cost by the product of a and b. The rows differ.
template <class Arch = default_arch>
void adagrad_pair(const RowPair& rows, float gradient, float clip) noexcept {
    detail::check_row_pair(rows);
    detail::kernels<PairStepKernels, Arch>().adagrad_pair(rows, gradient, clip);
}

/// A plain step: a[i] -= s, and for b likewise with the old a.
template <class Arch = default_arch>
void sgd_pair(const RowPair& rows, float gradient, float clip) noexcept {
    detail::check_row_pair(rows);
    detail::kernels<PairStepKernels, Arch>().sgd_pair(rows, gradient, clip);
}

} // namespace firth::simd
