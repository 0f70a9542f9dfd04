#include <firth/base/number_text.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("floats read and write as text exactly") {
    for (const auto& [text, value] :
         std::vector<std::pair<std::string, float>>{{"0", 0.0f},
                                                    {"-1.5", -1.5f},
                                                    {"+2.5", 2.5f},
                                                    {"1e3", 1000.0f},
                                                    {"-1.2e-2", -0.012f},
                                                    {"1e-60", 0.0f},
                                                    {"-1e-500", -0.0f},
                                                    {"1e-42", 1e-42f}}) {
        const ParsedFloat parsed = parse_float(text);
        INFO(text);
        REQUIRE(parsed.size == text.size());
        REQUIRE(parsed.value == value);
    }
    REQUIRE(std::isinf(parse_float("1e60").value));
    REQUIRE(parse_float("-1e500").value == -std::numeric_limits<float>::infinity());
    REQUIRE(std::isnan(parse_float("nan").value));
    for (const char* bad : {"", "x", "+", "-", "+-1", ".", "--1"}) {
        INFO(bad);
        REQUIRE(parse_float(bad).size == 0);
    }
    REQUIRE(parse_float("1.5 2").size == 3);
    Random random(5);
    for (int i = 0; i < 10000; ++i) {
        const float value = std::bit_cast<float>(random.bits32());
        if (!std::isfinite(value)) continue;
        std::string text;
        append_float(text, value);
        REQUIRE(std::bit_cast<std::uint32_t>(parse_float(text).value) ==
                std::bit_cast<std::uint32_t>(value));
    }
}

TEST_CASE("doubles are read as strtod reads them") {
    for (const char* const text :
         {"0", "-1.5", "+2.5", "1e3", "0.1", "1e-60", "-1e-500", "1e500", "-1e500", "0.9:spam",
          "1.5 2", "5.", ".5", "12e", "inf", "-inf", "1.7976931348623157e308", "5e-324"}) {
        INFO(text);
        char* end = nullptr;
        const double expected = std::strtod(text, &end);
        const ParsedDouble parsed = parse_double(text);
        REQUIRE(std::bit_cast<std::uint64_t>(parsed.value) ==
                std::bit_cast<std::uint64_t>(expected));
        REQUIRE(parsed.size == static_cast<std::size_t>(end - text));
    }
    REQUIRE(std::isnan(parse_double("nan").value));
    for (const char* bad : {"", "x", "+", "-", "+-1", ".", "--1"}) {
        INFO(bad);
        REQUIRE(parse_double(bad).size == 0);
    }
    Random random(8);
    for (int i = 0; i < 10000; ++i) {
        const double value = std::bit_cast<double>(random());
        if (!std::isfinite(value)) continue;
        REQUIRE(parse_double(float_text(value)).value == value);
    }
}

TEST_CASE("numbers become the shortest text that reads back as them") {
    REQUIRE(float_text(0.025f) == "0.025");
    REQUIRE(float_text(0.025) == "0.025");
    REQUIRE(float_text(1e-7) == "1e-07");
    REQUIRE(float_text(0.1f) == "0.1");
    REQUIRE(float_text(static_cast<double>(0.1f)) == "0.10000000149011612");
    REQUIRE(float_text(-2.5) == "-2.5");
    REQUIRE(float_text(std::numeric_limits<double>::infinity()) == "inf");
    Random random(7);
    for (int i = 0; i < 10000; ++i) {
        const double value = std::bit_cast<double>(random());
        if (!std::isfinite(value)) continue;
        REQUIRE(std::strtod(float_text(value).c_str(), nullptr) == value);
    }
}

TEST_CASE("plain decimals are read as strtof reads them, to the last bit") {
    Random random(6);
    std::size_t wrong = 0;
    const auto check = [&](const std::string& number, const std::string& behind) {
        const ParsedFloat parsed = parse_float(number + behind);
        const float expected = std::strtof(number.c_str(), nullptr);
        const bool same =
            parsed.size == number.size() &&
            std::bit_cast<std::uint32_t>(parsed.value) == std::bit_cast<std::uint32_t>(expected);
        if (!same && wrong++ == 0) UNSCOPED_INFO(number << behind);
    };
    for (int i = 0; i < 300000; ++i) {
        std::string number = random.below(2) == 0 ? "" : "-";
        const std::uint32_t before = random.below(12);
        const std::uint32_t behind = before == 0 ? 1 + random.below(12) : random.below(13);
        for (std::uint32_t digit = 0; digit < before + behind; ++digit) {
            if (digit == before) number += '.';
            number += static_cast<char>('0' + random.below(10));
        }
        check(number, i % 3 == 0 ? " 12345678" : i % 3 == 1 ? "\n" : "");
    }
    // The middles between floats, exactly and one digit off.
    for (int i = 0; i < 100000; ++i) {
        const float value = std::ldexp(static_cast<float>(1 + random.below(1u << 24)),
                                       -static_cast<int>(random.below(30)));
        char number[64];
        std::snprintf(
            number, sizeof number, "%.*f", static_cast<int>(random.below(14)),
            (static_cast<double>(value) + static_cast<double>(std::nextafter(value, 1e30f))) / 2);
        check(number, " ");
    }
    // The same in fifteen digits, the most that are read so: some of these are nearer to the middle
    // than a double can tell.
    for (int i = 0; i < 50000; ++i) {
        const float value = std::ldexp(static_cast<float>((1u << 23) + random.below(1u << 23)),
                                       static_cast<int>(random.below(24)) - 24);
        const double middle =
            (static_cast<double>(value) + static_cast<double>(std::nextafter(value, 1e30f))) / 2;
        char number[64];
        std::snprintf(number, sizeof number, "%.*f",
                      14 - std::max(0, static_cast<int>(std::floor(std::log10(middle)))), middle);
        check(number, " ");
    }
    REQUIRE(wrong == 0);
    for (const char* const odd : {"1.2.3",
                                  "1.5x",
                                  "0.e",
                                  "0.5e1",
                                  "1234567890123456789.5",
                                  "12e",
                                  "0.1234567890123456",
                                  "123456789012345",
                                  "1234567890123456",
                                  "00000000000000001",
                                  "5.",
                                  ".5",
                                  "-.5",
                                  "0.",
                                  "16777217",
                                  "16777219",
                                  "0.1e-50",
                                  "3.4028236e38",
                                  "3.5e38",
                                  "1e-46"}) {
        INFO(odd);
        char* end = nullptr;
        const float expected = std::strtof(odd, &end);
        REQUIRE(parse_float(odd).value == expected);
        REQUIRE(parse_float(odd).size == static_cast<std::size_t>(end - odd));
    }
}
