#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include <firth/simd.hpp>

#include "../support/support.hpp"

/// The architectures that one build of the tests can run: the compile flags' own, and plain C++.
/// The tests are built several times, for different flags.
#define FIRTH_TEST_ARCHS firth::simd::default_arch, firth::simd::scalar

namespace test {

inline constexpr double unit_roundoff = 0x1.0p-24;

/// The inner product in double, and the sum of the products' sizes, by which errors are measured.
struct ExactDot {
    double value = 0;
    double size = 0;
};

inline ExactDot exact_dot(std::span<const float> a, std::span<const float> b) {
    ExactDot exact;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double product = static_cast<double>(a[i]) * static_cast<double>(b[i]);
        exact.value += product;
        exact.size += std::fabs(product);
    }
    return exact;
}

/// The error bound that `dot.hpp` states.
template <class Arch>
double dot_bound(std::size_t n, double size) {
    const auto steps = static_cast<double>(n) / (4.0 * firth::simd::lanes<Arch>)+9.0;
    return steps * unit_roundoff * size + 1e-44;
}

} // namespace test
