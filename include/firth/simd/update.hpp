#pragma once

#include <cassert>
#include <cstddef>
#include <span>

#include <firth/simd/batch.hpp>
#include <firth/simd/dot.hpp>

/// Numerics: one rounding an element where the hardware has fused multiply-add, two elsewhere.
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

} // namespace detail

/// y += alpha * x, for vectors of the same length (a precondition) that are the same or do not
/// overlap.
template <class Arch = default_arch>
void axpy(float alpha, std::span<const float> x, std::span<float> y) noexcept {
    assert(x.size() == y.size());
    using B = Batch<Arch>;
    const B factor(alpha);
    detail::transform_pairs<Arch>(x.data(), y.data(), y.size(),
                                  [&](const B& from, const B& to)
                                      FIRTH_INLINE_LAMBDA { return fma<Arch>(factor, from, to); });
}

/// x *= alpha.
template <class Arch = default_arch>
void scale(float alpha, std::span<float> x) noexcept {
    using B = Batch<Arch>;
    const B factor(alpha);
    detail::transform_pairs<Arch>(x.data(), x.data(), x.size(),
                                  [&](const B& value, const B&)
                                      FIRTH_INLINE_LAMBDA { return factor * value; });
}

/// Scales `x` to Euclidean norm 1 and returns the norm it had. A vector of zeros stays as it is.
template <class Arch = default_arch>
float normalize(std::span<float> x) noexcept {
    const float length = norm<Arch>(x);
    if (length == 0.0f) return length;
    if (detail::in_safe_range(length)) {
        scale<Arch>(1.0f / length, x);
    } else {
        for (float& value : x) {
            value = static_cast<float>(static_cast<double>(value) / static_cast<double>(length));
        }
    }
    return length;
}

} // namespace firth::simd
