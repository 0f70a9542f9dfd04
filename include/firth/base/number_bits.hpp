#pragma once

#include <bit>
#include <cstdint>

#include <firth/base/config.hpp>

/// Tests on a number's bits. With -ffast-math a compiler may take `x != x` and `std::isnan` to be
/// false and `std::isfinite` to be true; it leaves these tests alone.
namespace firth {

[[nodiscard]] FIRTH_ALWAYS_INLINE constexpr bool is_nan(const float& x) noexcept {
    return (std::bit_cast<std::uint32_t>(x) & 0x7FFFFFFFu) > 0x7F800000u;
}
[[nodiscard]] FIRTH_ALWAYS_INLINE constexpr bool is_nan(const double& x) noexcept {
    return (std::bit_cast<std::uint64_t>(x) & 0x7FFFFFFFFFFFFFFFu) > 0x7FF0000000000000u;
}

/// False for NaN and infinity.
[[nodiscard]] FIRTH_ALWAYS_INLINE constexpr bool is_finite(const float& x) noexcept {
    return (std::bit_cast<std::uint32_t>(x) & 0x7F800000u) != 0x7F800000u;
}
[[nodiscard]] FIRTH_ALWAYS_INLINE constexpr bool is_finite(const double& x) noexcept {
    return (std::bit_cast<std::uint64_t>(x) & 0x7FF0000000000000u) != 0x7FF0000000000000u;
}

} // namespace firth
