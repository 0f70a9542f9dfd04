#include <firth/text/unicode/script.hpp>

#include <firth/text/unicode/general_category.hpp>
#include <firth/text/unicode/properties.hpp>

#include "../../support/support.hpp"

using namespace firth;

TEST_CASE("scripts are Unicode's", "[unicode]") {
    CHECK(script_of(0) == Script::common);
    CHECK(script_of('A') == Script::latin);
    CHECK(script_of('z') == Script::latin);
    CHECK(script_of('{') == Script::common);
    CHECK(script_of('1') == Script::common);
    CHECK(script_of(0xAA) == Script::latin);
    CHECK(script_of(0x300) == Script::inherited);
    CHECK(script_of(0x3B1) == Script::greek);
    CHECK(script_of(0x416) == Script::cyrillic);
    CHECK(script_of(0x5D0) == Script::hebrew);
    CHECK(script_of(0x627) == Script::arabic);
    CHECK(script_of(0x905) == Script::devanagari);
    CHECK(script_of(0xE01) == Script::thai);
    CHECK(script_of(0x2581) == Script::common);
    CHECK(script_of(0x3042) == Script::hiragana);
    CHECK(script_of(0x30A2) == Script::katakana);
    CHECK(script_of(0x30FC) == Script::common);
    CHECK(script_of(0x4E2D) == Script::han);
    CHECK(script_of(0xAC00) == Script::hangul);
    CHECK(script_of(0x1F600) == Script::common);
    CHECK(script_of(0x323AF) == Script::han); // the last ideograph of Unicode 15.0
    CHECK(script_of(0x323B0) == Script::unknown);
    CHECK(script_of(0xE0100) == Script::inherited);
    CHECK(script_of(0x10FFFF) == Script::unknown);
    CHECK(script_of(0xFFFFFFFF) == Script::unknown);
    // What has no script is what is not assigned, is for private use or half of a pair.
    std::size_t letters = 0;
    for (std::uint32_t point = 0; point < 0x110000; ++point) {
        const GeneralCategory category = general_category(point);
        const bool has_none = category == GeneralCategory::unassigned ||
                              category == GeneralCategory::private_use ||
                              category == GeneralCategory::surrogate;
        if (has_none != (script_of(point) == Script::unknown)) FAIL(point);
        letters += script_of(point) == Script::latin;
    }
    CHECK(letters == 1481); // of Scripts.txt, "Total code points"
}
