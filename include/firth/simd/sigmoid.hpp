#pragma once

#include <cmath>
#include <cstddef>

#include <firth/base/config.hpp>
#include <firth/simd/batch.hpp>

/// Numerics: exp by range reduction to 2^n * e^r with |r| <= ln(2) / 2 and a polynomial of degree 6
/// in r (the Taylor series, whose remainder is below 1.2e-7 of the result there); relative error
/// below 4e-7 over [-87, 88]. sigmoid is within 4e-7 of the exact value everywhere.
FIRTH_BEGIN_INTRINSICS

namespace firth::simd {

/// e^x in each lane, for x clamped to [-87, 88]; never zero, never infinite.
template <class Arch>
FIRTH_ALWAYS_INLINE Batch<Arch> exp(const Batch<Arch>& unclamped) noexcept {
    using B = Batch<Arch>;
    const B x = min<Arch>(max<Arch>(unclamped, B(-87.0f)), B(88.0f));
    if constexpr (std::is_same_v<Arch, scalar>) {
        return B::map(x, x, [](float value, float) { return std::exp(value); });
    }
#if FIRTH_HAS_XSIMD()
    else {
        const auto exponent = xsimd::nearbyint_as_int(x * B(1.44269504f));
        const B n = xsimd::to_float(exponent);
        // ln 2 in two parts (Cody and Waite 1980), so that n * ln 2 loses no bits.
        const B r = fma<Arch>(n, B(2.12194440e-4f), fma<Arch>(n, B(-0.693359375f), x));
        B p = B(1.0f / 720.0f);
        p = fma<Arch>(p, r, B(1.0f / 120.0f));
        p = fma<Arch>(p, r, B(1.0f / 24.0f));
        p = fma<Arch>(p, r, B(1.0f / 6.0f));
        p = fma<Arch>(p, r, B(0.5f));
        p = fma<Arch>(p, r, B(1.0f));
        p = fma<Arch>(p, r, B(1.0f));
        return xsimd::ldexp(p, exponent);
    }
#endif
}

/// 1 / (1 + e^-x) in each lane.
template <class Arch>
FIRTH_ALWAYS_INLINE Batch<Arch> sigmoid(const Batch<Arch>& x) noexcept {
    using B = Batch<Arch>;
    return B(1.0f) / (B(1.0f) + exp<Arch>(B(0.0f) - x));
}

} // namespace firth::simd

FIRTH_END_INTRINSICS
