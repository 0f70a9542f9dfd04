#include <firth/text/unicode/lower_case.hpp>

#include <firth/text/unicode/general_category.hpp>

#include "../../support/support.hpp"

using namespace firth;

TEST_CASE("lower case is Unicode's, character by character", "[unicode]") {
    CHECK(lower_case('A') == 'a');
    CHECK(lower_case('[') == '[');
    CHECK(lower_case(0xC9) == 0xE9);
    CHECK(lower_case(0xD7) == 0xD7);
    CHECK(lower_case(0x178) == 0xFF);
    CHECK(lower_case(0x3A3) == 0x3C3);
    CHECK(lower_case(0x1E9E) == 0xDF);
    CHECK(lower_case(0x1C4) == 0x1C6);
    CHECK(lower_case(0x1C5) == 0x1C6);
    CHECK(lower_case(0x2126) == 0x3C9);
    CHECK(lower_case(0x10400) == 0x10428);
    CHECK(lower_case(0x1E921) == 0x1E943);
    CHECK(lower_case(0x110000) == 0x110000);
    std::string dotted;
    append_lower_case(dotted, 0x130);
    CHECK(dotted == "i\xCC\x87");
    std::size_t changed = 0;
    for (std::uint32_t point = 0; point < 0x110000; ++point) {
        const std::uint32_t small = lower_case(point);
        if (small == point) continue;
        ++changed;
        CHECK(lower_case(small) == small);
        const GeneralCategory category = general_category(point);
        CHECK((category == GeneralCategory::uppercase_letter ||
               category == GeneralCategory::titlecase_letter ||
               category == GeneralCategory::letter_number ||
               category == GeneralCategory::other_symbol));
    }
    CHECK(changed == 1433); // of UnicodeData.txt, field 13
}
