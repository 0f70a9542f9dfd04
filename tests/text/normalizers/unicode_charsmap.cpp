#include <firth/text/normalizers/unicode_charsmap.hpp>

#include <map>
#include <string>

#include <firth/base/random.hpp>
#include <firth/text/detail/charsmap.hpp>
#include <firth/text/normalizers/sentencepiece_normalizer.hpp>
#include <firth/text/unicode/general_category.hpp>

#include "../../support/support.hpp"

using namespace firth;
using test::contains;
using test::message_of;

namespace {

std::string utf8(std::uint32_t point) {
    std::string character;
    append_utf8(character, point);
    return character;
}

/// What a charsmap makes of a text, and nothing else.
class Mapped {
public:
    explicit Mapped(std::string_view rule)
        : normalizer_({unicode_charsmap(rule), false, false, false, false, {}, "the charsmap"}) {}

    std::string operator()(std::string_view text) const {
        NormalizedText to;
        normalizer_(text, to);
        return to.bytes();
    }

private:
    SentencePieceNormalizer normalizer_;
};

} // namespace

TEST_CASE("a charsmap that was written has all of its entries", "[charsmap]") {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        Random random(seed);
        const auto text = [&](std::uint32_t most) {
            std::string made;
            for (std::uint32_t left = random.below(most); left != 0; --left) {
                made += static_cast<char>(1 + random.below(seed % 2 == 0 ? 4 : 127));
            }
            return made;
        };
        std::map<std::string, std::string> entries;
        for (std::uint32_t left = 1 + random.below(seed < 5 ? 3 : 2000); left != 0; --left) {
            entries[text(6) + "a"] = text(5);
        }
        const std::string bytes = detail::CharsmapWriter::bytes_of(entries);
        const detail::Charsmap charsmap(bytes);
        for (const auto& [key, value] : entries) {
            const detail::Charsmap::Match match = charsmap.longest(key);
            CHECK(match.length == key.size());
            CHECK(match.replacement == value);
        }
        for (int i = 0; i < 2000; ++i) {
            const std::string looked_for = text(9);
            std::size_t length = looked_for.size();
            while (length != 0 && !entries.contains(looked_for.substr(0, length))) {
                --length;
            }
            const detail::Charsmap::Match match = charsmap.longest(looked_for);
            CHECK(match.length == length);
            if (length != 0) CHECK(match.replacement == entries[looked_for.substr(0, length)]);
        }
        // The root's base is not its own place: sentencepiece 0.2.3 refuses such a file.
        CHECK((static_cast<unsigned char>(bytes[5]) >> 2 | static_cast<unsigned char>(bytes[6]) |
               static_cast<unsigned char>(bytes[7])) != 0);
    }
    CHECK(detail::CharsmapWriter::bytes_of({}).empty());
}

TEST_CASE("the rule nfkc is Unicode's for characters and their canonical parts", "[charsmap]") {
    const Mapped mapped("nfkc");
    std::size_t wrong = 0;
    for (std::uint32_t point = 1; point < 0x32000; ++point) {
        if (point >= 0xD800 && point < 0xE000) continue;
        const std::string character = utf8(point);
        const std::string parts = normal_form(character, NormalForm::nfd);
        wrong += mapped(character) != normal_form(character, NormalForm::nfkc);
        wrong += mapped(parts) != normal_form(character, NormalForm::nfkc);
        const std::string within = "#" + character + "#";
        wrong += mapped(within) != normal_form(within, NormalForm::nfkc);
    }
    CHECK(wrong == 0);
    CHECK(mapped("e\xCC\x82\xCC\x81") == "\xE1\xBA\xBF");        // e, circumflex, acute
    CHECK(mapped("\xC3\xAA\xCC\x81") == "\xE1\xBA\xBF");         // the first two composed
    CHECK(mapped("\xEA\xB0\x80\xE1\x86\xA8") == "\xEA\xB0\x81"); // a syllable and its tail
    CHECK(mapped("A\xCC\x81 \xEF\xAC\x81 \xE2\x91\xA0\t") == "\xC3\x81 fi 1\t");
}

TEST_CASE("the rules for translation make spaces of spaces and drop controls", "[charsmap]") {
    const Mapped mapped("nmt_nfkc");
    for (std::uint32_t point = 1; point < 0x32000; ++point) {
        if (point >= 0xD800 && point < 0xE000) continue;
        std::string expected = normal_form(utf8(point), NormalForm::nfkc);
        const bool is_space = point == 9 || point == 10 || point == 12 || point == 13 ||
                              point == 0x1680 || point == 0x200B || point == 0x200C ||
                              point == 0x200E || point == 0x200F || point == 0x2028 ||
                              point == 0x2029 || point == 0x2581 || point == 0xFEFF ||
                              point == 0xFFFD;
        if (is_space) {
            expected = " ";
        } else if (point < 0x20 || point == 0x7F || point == 0x8F || point == 0x9F) {
            expected.clear();
        } else if (point == 0xFF5E) {
            expected = utf8(point);
        }
        if (mapped(utf8(point)) != expected) FAIL(point);
    }
    CHECK(mapped("a\tb\xC2\xA0"
                 "c\x01") == "a b c");
}

TEST_CASE("the rules that fold case fold it", "[charsmap]") {
    const Mapped folded("nfkc_cf");
    const Mapped both("nmt_nfkc_cf");
    for (std::uint32_t point = 1; point < 0x32000; ++point) {
        if (point >= 0xD800 && point < 0xE000) continue;
        const std::string expected = fold_case(normal_form(utf8(point), NormalForm::nfkc));
        if (folded(utf8(point)) != expected) FAIL(point);
    }
    CHECK(both("\xC3\x89"
               "A\tE\xCC\x81") == "\xC3\xA9"
                                  "a \xC3\xA9");
}

TEST_CASE("other rules are refused by name", "[charsmap]") {
    CHECK(unicode_charsmap("identity").empty());
    CHECK(contains(message_of<OptionError>([] { static_cast<void>(unicode_charsmap("nfc")); }),
                   "normalization_rule_name is \"nfc\", expected nmt_nfkc, "));
}
