#include <firth/text/unicode/normal_form.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

#ifdef __unix__
#include <cstdio>
#endif

#include "../../support/support.hpp"

using namespace firth;

namespace {

constexpr NormalForm all_forms[] = {NormalForm::nfc, NormalForm::nfd, NormalForm::nfkc,
                                    NormalForm::nfkd};

std::string characters(const std::string& hexadecimal) {
    std::istringstream in(hexadecimal);
    std::string text;
    for (std::uint32_t point = 0; in >> std::hex >> point;) {
        append_utf8(text, point);
    }
    return text;
}

/// What the Unicode standard asks of a line of NormalizationTest.txt; how many lines were read.
std::size_t check_lines(std::istream& lines) {
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line[0] == '#' || line[0] == '@') continue;
        ++count;
        std::istringstream fields(line);
        std::array<std::string, 5> column;
        for (std::string& each : column) {
            std::string field;
            std::getline(fields, field, ';');
            each = characters(field);
        }
        bool same = true;
        for (std::size_t i = 0; i < 5; ++i) {
            same = same && normal_form(column[i], NormalForm::nfc) == column[i < 3 ? 1 : 3] &&
                   normal_form(column[i], NormalForm::nfd) == column[i < 3 ? 2 : 4] &&
                   normal_form(column[i], NormalForm::nfkc) == column[3] &&
                   normal_form(column[i], NormalForm::nfkd) == column[4];
        }
        INFO(line);
        if (!same) CHECK(same);
    }
    return count;
}

/// Letters, marks of several classes, precomposed characters, Hangul and bytes that are no UTF-8.
std::string random_text(Random& random, std::size_t size) {
    static const std::vector<std::string> parts = {"a",
                                                   "E",
                                                   " ",
                                                   "\xC3\xA9",
                                                   "\xCC\x81",
                                                   "\xCC\xA3",
                                                   "\xCC\x88",
                                                   "\xE1\x84\x92",
                                                   "\xE1\x85\xA1",
                                                   "\xE1\x86\xAB",
                                                   "\xED\x95\x9C",
                                                   "\xEF\xAC\x81",
                                                   "\xE1\xBA\x9B",
                                                   "\xE0\xA7\x87",
                                                   "\xE0\xA6\xBE",
                                                   "\xCD\x84",
                                                   "\xF0\x9D\x85\xA5",
                                                   "\xFF",
                                                   "\xE1\xBA"};
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
        text += parts[random.below(static_cast<std::uint32_t>(parts.size()))];
    }
    return text;
}

} // namespace

TEST_CASE("normal forms are those of the Unicode standard", "[unicode]") {
    std::ifstream file(FIRTH_SOURCE_DIR "/tests/text/unicode/normal_forms.txt");
    CHECK(check_lines(file) > 300);
#ifdef __unix__
    const std::string whole = "/usr/share/unicode/NormalizationTest.txt.bz2";
    if (!std::filesystem::exists(whole)) {
        WARN("skipped: the whole test, " << whole << " (Debian: unicode-data)");
        return;
    }
    FILE* const unpacked = popen(("bzcat " + whole).c_str(), "r");
    std::string lines;
    for (int byte = 0; unpacked != nullptr && (byte = std::fgetc(unpacked)) != EOF;) {
        lines += static_cast<char>(byte);
    }
    if (unpacked == nullptr || pclose(unpacked) != 0) {
        WARN("skipped: bzcat could not unpack " << whole);
        return;
    }
    std::istringstream in(lines);
    CHECK(check_lines(in) > 19000);
#endif
}

TEST_CASE("characters without a decomposition stay in every form", "[unicode]") {
    for (std::uint32_t point = 0; point < 0x110000; ++point) {
        if (point >= 0xD800 && point < 0xE000) continue;
        std::string text;
        append_utf8(text, point);
        const std::string apart = normal_form(text, NormalForm::nfkd);
        if (apart != text) continue;
        for (const NormalForm form : all_forms) {
            if (normal_form(text, form) != text) FAIL("U+" << std::hex << point);
        }
    }
}

TEST_CASE("a normal form is its own, and a text's parts have theirs", "[unicode]") {
    Random random(7);
    for (int round = 0; round < 3000; ++round) {
        const std::string text = random_text(random, random.below(12));
        for (const NormalForm form : all_forms) {
            NormalizedText traced(true);
            append_normal_form(text, form, traced);
            const std::string once = normal_form(text, form);
            CHECK(traced.bytes() == once);
            CHECK(normal_form(once, form) == once);
            std::uint32_t last = 0;
            for (std::size_t i = 0; i < once.size(); ++i) {
                const ByteRange source = traced.source(i, i + 1);
                if (source.begin < last || source.end <= source.begin || source.end > text.size())
                    FAIL("byte " << i << " of " << once);
                last = source.begin;
            }
            const std::string both = normal_form(text + " x\n" + text, form);
            CHECK(both == once + " x\n" + once);
        }
        CHECK(normal_form(normal_form(text, NormalForm::nfd), NormalForm::nfc) ==
              normal_form(text, NormalForm::nfc));
    }
}

TEST_CASE("parts of a character stand for all of it", "[unicode]") {
    NormalizedText apart(true);
    append_normal_form("x\xED\x95\x9Cy", NormalForm::nfd, apart); // one syllable, three letters
    REQUIRE(apart.size() == 11);
    CHECK(apart.source(0, 1) == ByteRange{0, 1});
    CHECK(apart.source(1, 4) == ByteRange{1, 4});
    CHECK(apart.source(4, 7) == ByteRange{1, 4});
    CHECK(apart.source(10, 11) == ByteRange{4, 5});
    NormalizedText together(true);
    append_normal_form("e\xCC\x81y", NormalForm::nfc, together);
    CHECK(together.bytes() == "\xC3\xA9y");
    CHECK(together.source(0, 2) == ByteRange{0, 1}); // the first of those it is made of
    CHECK(together.source(2, 3) == ByteRange{3, 4});
}

TEST_CASE("a megabyte of marks is sorted in a moment", "[unicode]") {
    std::string text = "a";
    for (int i = 0; i < 250000; ++i) {
        text += i % 2 == 0 ? "\xCC\x81" : "\xCC\xA3";
    }
    CHECK(normal_form(text, NormalForm::nfd).size() == text.size());
    CHECK(normal_form(text, NormalForm::nfc).size() ==
          text.size()); // a and the first dot below have one of 3 bytes
}
