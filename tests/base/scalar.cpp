#include <firth/base/scalar.hpp>

#include <bit>
#include <cmath>
#include <limits>

#include "../support/support.hpp"

using namespace firth;

namespace {

/// The value of 16 bits with `fraction` bits of fraction and the rest of exponent, by definition.
double value_of(std::uint16_t bits, int fraction) {
    const int exponent_bits = 15 - fraction;
    const int bias = (1 << (exponent_bits - 1)) - 1;
    const int exponent = (bits >> fraction) & ((1 << exponent_bits) - 1);
    const int digits = bits & ((1 << fraction) - 1);
    const double sign = (bits & 0x8000) != 0 ? -1 : 1;
    if (exponent == (1 << exponent_bits) - 1) {
        return digits == 0 ? sign * std::numeric_limits<double>::infinity()
                           : std::numeric_limits<double>::quiet_NaN();
    }
    return exponent == 0 ? sign * std::ldexp(digits, 1 - bias - fraction)
                         : sign * std::ldexp((1 << fraction) + digits, exponent - bias - fraction);
}

/// What lies between two neighbours, and a little to each side of the middle.
template <class Half>
std::size_t wrong_roundings(int fraction) {
    std::size_t wrong = 0;
    const auto check = [&](float value, std::uint16_t expected) {
        wrong += Half(value).bits != expected;
        wrong += Half(-value).bits != (expected | 0x8000);
    };
    const int infinity = 0x7FFF & ~((1 << fraction) - 1);
    for (int bits = 0; bits < infinity; ++bits) {
        const auto below = static_cast<std::uint16_t>(bits);
        const auto above = static_cast<std::uint16_t>(bits + 1);
        const double low = value_of(below, fraction);
        // As if there were a next one beyond the largest.
        const double high = bits + 1 == infinity
                                ? 2 * low - value_of(static_cast<std::uint16_t>(bits - 1), fraction)
                                : value_of(above, fraction);
        const auto middle = static_cast<float>((low + high) / 2);
        if (static_cast<double>(middle) != (low + high) / 2) continue; // too fine for a float
        check(static_cast<float>(low), below);
        check(middle, bits % 2 == 0 ? below : above);
        check(std::nextafter(middle, 0.0f), below);
        check(std::nextafter(middle, std::numeric_limits<float>::infinity()), above);
    }
    return wrong;
}

} // namespace

TEST_CASE("every half and every bfloat16 has the value of its definition") {
    std::size_t wrong = 0;
    for (unsigned bits = 0; bits < 65536; ++bits) {
        const auto half = static_cast<std::uint16_t>(bits);
        const auto same = [&](float found, double expected) {
            return std::isnan(expected) ? std::isnan(found)
                                        : static_cast<double>(found) == expected &&
                                              std::signbit(found) == std::signbit(expected);
        };
        wrong += !same(static_cast<float>(float16::from_bits(half)), value_of(half, 10));
        wrong += !same(static_cast<float>(bfloat16::from_bits(half)), value_of(half, 7));
        // NaN becomes quiet, all else comes back.
        const std::uint16_t quiet16 =
            std::isnan(value_of(half, 10)) ? static_cast<std::uint16_t>(half | 0x0200) : half;
        wrong += float16(static_cast<float>(float16::from_bits(half))).bits != quiet16;
        const std::uint16_t quiet_brain =
            std::isnan(value_of(half, 7)) ? static_cast<std::uint16_t>(half | 0x0040) : half;
        wrong += bfloat16(static_cast<float>(bfloat16::from_bits(half))).bits != quiet_brain;
    }
    REQUIRE(wrong == 0);
}

TEST_CASE("floats are rounded to the nearest, ties to even") {
    REQUIRE(wrong_roundings<float16>(10) == 0);
    REQUIRE(wrong_roundings<bfloat16>(7) == 0);
    REQUIRE(float16(65519.0f).bits == 0x7BFF);
    REQUIRE(float16(65520.0f).bits == 0x7C00);
    REQUIRE(float16(1e30f).bits == 0x7C00);
    REQUIRE(float16(1e-30f).bits == 0);
    REQUIRE(float16(-1e-30f).bits == 0x8000);
    REQUIRE(bfloat16(std::numeric_limits<float>::max()).bits == 0x7F80);
    // A NaN whose upper bits are zero stays one.
    const float nan = std::bit_cast<float>(0x7F800001u);
    REQUIRE((float16(nan).bits & 0x7E00) == 0x7E00);
    REQUIRE((bfloat16(nan).bits & 0x7FC0) == 0x7FC0);
}
