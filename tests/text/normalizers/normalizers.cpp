#include <firth/text/normalizers/bert.hpp>
#include <firth/text/normalizers/characters.hpp>
#include <firth/text/normalizers/edits.hpp>
#include <firth/text/normalizers/sequence.hpp>

#include <utility>
#include <vector>

#include "../../support/support.hpp"

using namespace firth;

namespace {

std::string changed(const AnyNormalizer& normalizer, std::string_view text) {
    NormalizedText plain;
    NormalizedText traced(true);
    normalizer(text, plain);
    normalizer(text, traced);
    CHECK(plain.bytes() == traced.bytes());
    for (std::size_t i = 0; i < traced.size(); ++i) {
        const ByteRange source = traced.source(i, i + 1);
        if (source.begin > source.end || source.end > text.size()) FAIL("a source beyond the text");
    }
    return plain.bytes();
}

std::vector<ByteRange> sources(const AnyNormalizer& normalizer, std::string_view text) {
    NormalizedText traced(true);
    normalizer(text, traced);
    std::vector<ByteRange> all;
    for (std::size_t i = 0; i < traced.size(); ++i) {
        all.push_back(traced.source(i, i + 1));
    }
    return all;
}

/// BERT's steps one by one, from the definitions (Devlin et al., 2018, `BasicTokenizer`).
std::string plain_bert(std::string_view text, const BertNormalizer& options) {
    std::string clean;
    for (std::size_t at = 0; at < text.size();) {
        const DecodedCharacter next = decode_utf8(text, at);
        const std::uint32_t point = next.point;
        const std::string bytes(text.substr(at, next.length));
        at += next.length;
        const GeneralCategory category = general_category(point);
        const bool is_line = point == '\t' || point == '\n' || point == '\r';
        const bool is_control = category == GeneralCategory::control ||
                                category == GeneralCategory::format ||
                                category == GeneralCategory::private_use;
        if (options.clean_text && (point == 0xFFFD || (is_control && !is_line))) continue;
        const bool pads = options.handle_chinese_chars && is_bert_ideograph(point);
        clean += pads ? " " : "";
        clean += options.clean_text && is_white_space(point) ? " " : bytes;
        clean += pads ? " " : "";
    }
    if (options.strip_accents.value_or(options.lowercase)) {
        const std::string apart = normal_form(clean, NormalForm::nfd);
        clean.clear();
        for (std::size_t at = 0; at < apart.size();) {
            const DecodedCharacter next = decode_utf8(apart, at);
            if (general_category(next.point) != GeneralCategory::nonspacing_mark)
                clean += apart.substr(at, next.length);
            at += next.length;
        }
    }
    if (!options.lowercase) return clean;
    std::string small;
    for (std::size_t at = 0; at < clean.size();) {
        const DecodedCharacter next = decode_utf8(clean, at);
        if (next.point == 0xFFFD) {
            small += clean.substr(at, next.length);
        } else {
            append_lower_case(small, next.point);
        }
        at += next.length;
    }
    return small;
}

const std::vector<BertNormalizer> bert_settings = {{},
                                                   {true, true, {}, false},
                                                   {true, true, false, true},
                                                   {true, false, true, false},
                                                   {false, true, {}, true},
                                                   {false, false, true, false},
                                                   {false, false, false, false}};

} // namespace

TEST_CASE("normalizers of single characters do as Hugging Face's", "[normalizer]") {
    CHECK(changed(Lowercase(), "A\xC3\x89\xC4\xB0 \xCE\xA3") == "a\xC3\xA9i\xCC\x87 \xCF\x83");
    CHECK(sources(Lowercase(), "\xC4\xB0x") ==
          std::vector<ByteRange>{{0, 2}, {0, 2}, {0, 2}, {2, 3}});
    CHECK(changed(Lowercase(), "A\xFF\xC3Z") == "a\xFF\xC3z");
    CHECK(changed(StripAccents(), "e\xCC\x81\xE0\xA4\x83\xC3\xA9") == "e\xC3\xA9");
    CHECK(sources(StripAccents(), "e\xCC\x81x") == std::vector<ByteRange>{{0, 1}, {3, 4}});
    CHECK(
        changed(Nmt(),
                "\x01\x08 x\xE2\x80\x8B\xEF\xBB\xBFy\xE2\x80\xA8\t\x7F\xC2\x85\xC2\x8F\xC2\xA0") ==
        " x  y  \xC2\x85\xC2\xA0");
    CHECK(changed(UnicodeForm{NormalForm::nfkc}, "\xEF\xAC\x81"
                                                 "e\xCC\x81") == "fi\xC3\xA9");
    CHECK(UnicodeForm{NormalForm::nfkd}.settings() == "nfkd");
}

TEST_CASE("normalizers that add and remove parts do as Hugging Face's", "[normalizer]") {
    CHECK(changed(Strip(), " \t\xE3\x80\x80 ab \xC2\xA0") == "ab");
    CHECK(changed(Strip{false, true}, " a ") == " a");
    CHECK(changed(Strip{true, false}, " a ") == "a ");
    CHECK(changed(Strip(), "\xE3\x80\x80 \n").empty());
    CHECK(changed(Strip(), "a\x80\x80") == "a\x80\x80");
    CHECK(sources(Strip(), " ab") == std::vector<ByteRange>{{1, 2}, {2, 3}});
    CHECK(changed(Prepend{"_"}, "ab") == "_ab");
    CHECK(changed(Prepend{"_"}, "").empty());
    CHECK(sources(Prepend{"_"}, "\xC3\xA9") == std::vector<ByteRange>{{0, 2}, {0, 2}, {0, 2}});
    CHECK(changed(Replace{"a", "bb"}, "aca") == "bbcbb");
    CHECK(changed(Replace{"aa", "a"}, "aaa") == "aa");
    CHECK(changed(Replace{"", "x"}, "ab") == "ab");
    CHECK(sources(Replace{"ab", "xy"}, "cab") == std::vector<ByteRange>{{0, 1}, {2, 3}, {2, 3}});
}

TEST_CASE("a sequence of normalizers has sources in the first text", "[normalizer]") {
    const NormalizerSequence sequence(
        {UnicodeForm{NormalForm::nfd}, StripAccents(), Lowercase(), Replace{"a", "--"}});
    CHECK(changed(sequence, "\xC3\x80x\xC3\x89") == "--xe");
    CHECK(sources(sequence, "\xC3\x80x\xC3\x89") ==
          std::vector<ByteRange>{{0, 2}, {0, 2}, {2, 3}, {3, 5}});
    CHECK(changed(NormalizerSequence({}), "Ab") == "Ab");
    CHECK(changed(NormalizerSequence({Lowercase()}), "Ab") == "ab");
    CHECK(sequence.settings() == "sequence, nfd, strip accents, lowercase, replace 'a' by '--'");
}

TEST_CASE("BERT's normalizer does as Hugging Face's", "[normalizer]") {
    const BertNormalizer normalizer;
    CHECK(changed(normalizer, "H\xC3\xA9llo W\xC3\x96rld\t!\n") == "hello world ! ");
    CHECK(changed(normalizer, "a\xE4\xB8\xAD"
                              "b") == "a \xE4\xB8\xAD b");
    CHECK(changed(normalizer, std::string_view("a\0b\x7F\xEF\xBF\xBD\xFF\xE2\x80\x8D"
                                               "c",
                                               12)) == "abc");
    CHECK(changed(normalizer, "\xC4\xB0\xC2\xA0\xCE\xA3") == "i \xCF\x83");
    CHECK(sources(normalizer, "\xC3\x89\xE4\xB8\xAD") ==
          std::vector<ByteRange>{{0, 2}, {2, 5}, {2, 5}, {2, 5}, {2, 5}, {2, 5}});
    CHECK(normalizer.settings() == "bert clean ideographs strip lower");
}

TEST_CASE("BERT's normalizer in one pass is as its steps one by one", "[normalizer]") {
    for (const BertNormalizer& settings : bert_settings) {
        for (std::uint32_t point = 0; point < 0x110000; ++point) {
            if (point >= 0xD800 && point < 0xE000) continue;
            if (point > 0x33000 && point % 997 != 0) continue;
            std::string text = "Aa";
            append_utf8(text, point);
            text += "Zz";
            NormalizedText to;
            settings(text, to);
            if (to.bytes() != plain_bert(text, settings))
                FAIL("U+" << std::hex << point << " by " << settings.settings());
        }
    }
    Random random(3);
    static const std::vector<std::string> parts = {"abcdefgh",
                                                   "ABCDEFGHIJ",
                                                   "@[`{~",
                                                   "\x7F",
                                                   "\x1F",
                                                   "\n",
                                                   " ",
                                                   "\xC3\x89",
                                                   "\xCC\x81",
                                                   "\xE4\xB8\xAD",
                                                   "\xF0\x9D\x85\x9F",
                                                   "\xF0\x9D\x85\xA5",
                                                   "\xE3\x80\xAE",
                                                   "\xE3\x80\xAF",
                                                   "\xED\x95\x9C",
                                                   "\xFF",
                                                   "\xE2\x80\x8D",
                                                   "\xEF\xBF\xBD",
                                                   "\xC4\xB0",
                                                   "\xD0\x96",
                                                   "\xE1\xBA"};
    for (std::size_t round = 0; round < 4000; ++round) {
        std::string text;
        const std::size_t count = random.below(round % 100 == 0 ? 3000 : 12);
        for (std::size_t i = 0; i < count; ++i) {
            text += parts[random.below(static_cast<std::uint32_t>(parts.size()))];
        }
        const BertNormalizer& settings = bert_settings[round % bert_settings.size()];
        CHECK(changed(settings, text) == plain_bert(text, settings));
    }
}
