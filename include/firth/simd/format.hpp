#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <firth/base/scalar.hpp>

namespace firth::simd {

/// The format of float32 vectors whose products and sums are taken in float64.
struct widened {};

/// What kernels on a format read and give: the type of its elements, of inner products, of sums of
/// differences (L1, squared L2), and of norms and cosines.
template <class F>
struct Format;

template <>
struct Format<float> {
    using Element = float;
    using Product = float;
    using Distance = float;
    using Real = float;
};
template <>
struct Format<widened> {
    using Element = float;
    using Product = double;
    using Distance = double;
    using Real = double;
};
template <>
struct Format<double> {
    using Element = double;
    using Product = double;
    using Distance = double;
    using Real = double;
};
template <>
struct Format<float16> : Format<float> {
    using Element = float16;
};
template <>
struct Format<bfloat16> : Format<float> {
    using Element = bfloat16;
};
template <>
struct Format<std::int8_t> {
    using Element = std::int8_t;
    using Product = std::int32_t;
    using Distance = std::uint32_t;
    using Real = float;
};
template <>
struct Format<std::uint8_t> {
    using Element = std::uint8_t;
    using Product = std::uint32_t;
    using Distance = std::uint32_t;
    using Real = float;
};

namespace detail {
template <class F>
using Element = typename Format<F>::Element;
} // namespace detail

/// The longest vectors of bytes that kernels take: no sum of products or squares of 8-bit numbers
/// leaves 32 bits up to here.
inline constexpr std::size_t max_byte_dim = 65536;

/// Types of elements that kernels take.
template <class T>
concept Scalar = requires {
    typename Format<T>::Element;
}
&&!std::same_as<T, widened>;

} // namespace firth::simd
