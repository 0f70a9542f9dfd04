#include <cstdlib>
#include <string>
#include <string_view>

#include "levels.hpp"

using namespace firth;

TEST_CASE("the highest instruction set that the machine has is chosen") {
    std::string_view highest;
    for (const simd::Level& level : simd::levels()) {
        if (!level.available) break;
        highest = level.name;
    }
    if (std::getenv("FIRTH_ARCH") == nullptr) REQUIRE(simd::selected_arch() == highest);
    // Set by whoever knows the processor, as an emulator does.
    const char* const expected = std::getenv("FIRTH_EXPECTED_ARCH");
    if (expected != nullptr) REQUIRE(highest == expected);
}

TEST_CASE("an instruction set that is unknown or missing is refused by name") {
    REQUIRE_THROWS_AS(simd::kernel_table("sse9"), OptionError);
    for (const simd::Level& level : simd::levels()) {
        INFO(level.name);
        if (level.available) {
            REQUIRE_NOTHROW(simd::kernel_table(level.name));
        } else {
            REQUIRE_THROWS_AS(simd::kernel_table(level.name), OptionError);
        }
    }
}
