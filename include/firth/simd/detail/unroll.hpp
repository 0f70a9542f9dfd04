#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <firth/base/config.hpp>

namespace firth::simd::detail {

template <class Body, std::size_t... I>
FIRTH_ALWAYS_INLINE constexpr void unroll(Body& body, std::index_sequence<I...>) {
    (body(std::integral_constant<std::size_t, I>{}), ...);
}

/// Calls `body` with the constants 0 .. N - 1, written out one after the other at every
/// optimisation level: arrays of registers indexed by them stay in registers. Mark the lambda
/// FIRTH_INLINE_LAMBDA.
template <std::size_t N, class Body>
FIRTH_ALWAYS_INLINE constexpr void unroll(Body&& body) {
    unroll(body, std::make_index_sequence<N>{});
}

/// Calls `body` with the constant that equals `value`, 1 <= value <= N.
template <std::size_t N, class Body>
FIRTH_ALWAYS_INLINE void with_constant(std::size_t value, Body&& body) {
    if constexpr (N == 1) {
        body(std::integral_constant<std::size_t, 1>{});
    } else if (value == N) {
        body(std::integral_constant<std::size_t, N>{});
    } else {
        with_constant<N - 1>(value, body);
    }
}

} // namespace firth::simd::detail
