#include <firth/base/fold_case.hpp>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("case folds in every script that has it", "[fold]") {
    REQUIRE(fold_case("Österreich ÄGYPTEN ÉCOLE Šećer") == "österreich ägypten école šećer");
    REQUIRE(fold_case("МОСКВА Ёж Київ") == "москва ёж київ");
    REQUIRE(fold_case("ΑΘΉΝΑ ὈΔΥΣΣΕΎΣ") == fold_case("αθήνα ὀδυσσεύς"));
    REQUIRE(fold_case("ԵՐԵՎԱՆ") == "երեվան");
    REQUIRE(fold_case("ᲗᲑᲘᲚᲘᲡᲘ") == "თბილისი");
    REQUIRE(fold_case("𐐀ẞ") == "𐐨ß");          // four bytes; three bytes to two
    REQUIRE(fold_case("\xE2\x84\xAA") == "k"); // the Kelvin sign, to one byte
    // Greek's final sigma, of the same word in capitals.
    REQUIRE(fold_case("ς") == "σ");
    REQUIRE(fold_case("ß北京مصر i̇ İ") == "ß北京مصر i̇ İ");
}

TEST_CASE("folding leaves bytes alone that are not UTF-8", "[fold]") {
    REQUIRE(fold_case("A\xFF\xC3Z\xC3") == "a\xFF\xC3z\xC3");
    REQUIRE(fold_case("\xED\xA0\x80") == "\xED\xA0\x80");
    REQUIRE(fold_case("").empty());
    REQUIRE(fold_case("@AZ[`az{") == "@az[`az{");
}

TEST_CASE("the table is Unicode's", "[fold]") {
    // The number of characters and a hash of all their foldings, from another copy of Unicode's
    // data (Perl's Unicode::UCD, version 14): s = 31 s + 7 point + folded, modulo 2^32 - 5.
    std::uint64_t count = 0;
    std::uint64_t hash = 0;
    for (std::uint32_t point = 0x80; point <= 0x10FFFF; ++point) {
        const std::uint32_t folded = fold_point(point);
        if (folded == point) continue;
        ++count;
        hash = (hash * 31 + point * std::uint64_t{7} + folded) % 4294967291u;
        if (fold_point(folded) != folded) FAIL("folding twice is not folding once: " << point);
    }
    REQUIRE(count == 1428);
    REQUIRE(hash == 2045718288);
    REQUIRE(fold_point(0x7FFFFFFF) == 0x7FFFFFFF);
}

TEST_CASE("characters are written as UTF-8, and read back", "[fold]") {
    for (const std::uint32_t point :
         {0x0u, 0x7Fu, 0x80u, 0x7FFu, 0x800u, 0xFFFFu, 0x10000u, 0x10FFFFu}) {
        std::string text;
        append_utf8(text, point);
        REQUIRE(utf8_length(text + "x") == text.size());
    }
    std::string text;
    append_utf8(text, 0x20AC);
    append_utf8(text, 0x1F600);
    REQUIRE(text == "€😀");
}
