#pragma once

#include <bit>
#include <cstdint>

/// The 16-bit floating-point formats: storage types of two bytes, exact conversions in plain C++.
/// Kernels convert whole rows faster; these are their reference.
namespace firth {

/// IEEE 754 binary16: 5 bits of exponent, 10 of fraction. Finite up to 65504, normal from 2^-14,
/// subnormal from 2^-24. Holds bits only: arithmetic is done in float32.
struct float16 {
    std::uint16_t bits = 0;

    constexpr float16() = default;
    /// The nearest value, ties to even; beyond 65519 infinity; NaN stays NaN and becomes quiet.
    explicit constexpr float16(float value) noexcept {
        const auto from = std::bit_cast<std::uint32_t>(value);
        const std::uint32_t sign = from >> 16 & 0x8000u;
        const std::uint32_t size = from & 0x7FFFFFFFu;
        if (size > 0x7F800000u) { // NaN
            bits = static_cast<std::uint16_t>(sign | 0x7E00u | (size >> 13 & 0x3FFu));
            return;
        }
        std::uint32_t rounded = 0;
        if (size >= 0x47800000u) { // 65536 and above
            rounded = 0x7C00u;
        } else if (size >= 0x38800000u) { // normal: rounding may carry up to infinity
            const std::uint32_t odd = size >> 13 & 1u;
            rounded = (size - 0x38000000u + 0xFFFu + odd) >> 13;
        } else if (size >= 0x33000000u) { // subnormal: 2^-25 and above
            const std::uint32_t shift = 126u - (size >> 23);
            const std::uint32_t fraction = (size & 0x7FFFFFu) | 0x800000u;
            const std::uint32_t odd = fraction >> shift & 1u;
            rounded = (fraction + (1u << (shift - 1)) - 1u + odd) >> shift;
        }
        bits = static_cast<std::uint16_t>(sign | rounded);
    }

    [[nodiscard]] static constexpr float16 from_bits(std::uint16_t bits) noexcept {
        float16 value;
        value.bits = bits;
        return value;
    }

    /// Exact.
    [[nodiscard]] explicit constexpr operator float() const noexcept {
        const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
        const std::uint32_t exponent = bits >> 10 & 0x1Fu;
        const std::uint32_t fraction = bits & 0x3FFu;
        if (exponent == 0x1F) {
            // As the hardware does: a signalling NaN becomes quiet.
            const std::uint32_t quiet = fraction == 0 ? 0 : 0x400000u;
            return std::bit_cast<float>(sign | 0x7F800000u | fraction << 13 | quiet);
        }
        if (exponent != 0) {
            return std::bit_cast<float>(sign | (exponent + 112u) << 23 | fraction << 13);
        }
        const float size = static_cast<float>(fraction) * 0x1.0p-24f;
        return sign != 0 ? -size : size;
    }

    friend constexpr bool operator==(float16, float16) noexcept = default;
};

/// bfloat16: the upper half of a float32. Its range, 8 bits of precision.
struct bfloat16 {
    std::uint16_t bits = 0;

    constexpr bfloat16() = default;
    /// The nearest value, ties to even; NaN stays NaN and becomes quiet.
    explicit constexpr bfloat16(float value) noexcept {
        const auto from = std::bit_cast<std::uint32_t>(value);
        if ((from & 0x7FFFFFFFu) > 0x7F800000u) {
            bits = static_cast<std::uint16_t>(from >> 16 | 0x40u);
        } else {
            bits = static_cast<std::uint16_t>((from + 0x7FFFu + (from >> 16 & 1u)) >> 16);
        }
    }

    [[nodiscard]] static constexpr bfloat16 from_bits(std::uint16_t bits) noexcept {
        bfloat16 value;
        value.bits = bits;
        return value;
    }

    /// Exact.
    [[nodiscard]] explicit constexpr operator float() const noexcept {
        return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
    }

    friend constexpr bool operator==(bfloat16, bfloat16) noexcept = default;
};

static_assert(sizeof(float16) == 2 && sizeof(bfloat16) == 2);

} // namespace firth
