#include <firth/text/pre_tokenizers/pattern_split.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/random.hpp>
#include <firth/base/utf8.hpp>
#include <firth/text/pre_tokenizers/characters.hpp>
#include <firth/text/pre_tokenizers/on_byte_characters.hpp>
#include <firth/text/pre_tokenizers/patterns.hpp>

#include "../../support/support.hpp"

using namespace firth;
using Pieces = std::vector<std::string>;

namespace {

Pieces cut_by(const auto& cut, std::string_view text) {
    Pieces pieces;
    for (std::size_t at = 0; at < text.size();) {
        PieceBatch batch;
        const std::size_t next = cut(text, at, batch);
        for (const Piece& piece : batch) {
            REQUIRE(piece.begin >= at);
            REQUIRE(piece.begin < piece.end);
            at = piece.end;
            pieces.emplace_back(text.substr(piece.begin, piece.end - piece.begin));
        }
        REQUIRE(next >= at);
        at = next;
    }
    return pieces;
}

PatternSplit split(std::string regex, SplitBehavior behavior = SplitBehavior::isolated,
                   bool inverted = false) {
    std::optional<PatternSplit> made = PatternSplit::of(std::move(regex), behavior, inverted);
    REQUIRE(made);
    return *std::move(made);
}

/// What GPT-2's and cl100k's regular expressions are as alternatives of kinds alone.
constexpr std::string_view gpt2_regex =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

} // namespace

TEST_CASE("a pattern of kinds of characters is read as it is spelled", "[pattern]") {
    using detail::CharacterSet;
    const auto has = [](std::string_view regex, std::uint32_t point) {
        CharacterSet set;
        std::size_t at = 0;
        REQUIRE(CharacterSet::parse(regex, at, set));
        REQUIRE(at == regex.size());
        return set.has(point);
    };
    CHECK(has("a", 'a'));
    CHECK_FALSE(has("a", 'b'));
    CHECK(has(R"(\n)", '\n'));
    CHECK(has(R"(\|)", '|'));
    CHECK(has(R"(\p{L})", 0x4E2D));
    CHECK_FALSE(has(R"(\p{Lu})", 'a'));
    CHECK(has(R"(\p{Lu})", 0xC9));
    CHECK(has(R"(\p{S})", '$'));
    CHECK_FALSE(has(R"(\p{P})", '$'));
    CHECK(has(R"(\d)", 0x661));
    CHECK_FALSE(has(R"(\d)", 0xBD));
    CHECK(has(R"(\S)", 'x'));
    CHECK_FALSE(has(R"(\S)", 0x3000));
    CHECK(has("[一-龥z]", 0x4E2D));
    CHECK(has("[一-龥z]", 'z'));
    CHECK_FALSE(has("[一-龥z]", 'y'));
    CHECK(has("[a-]", '-'));
    CHECK(has(R"([a\-z])", '-'));
    CHECK_FALSE(has(R"([a\-z])", 'b'));
    CHECK(has(R"([^(\s|[.,]])", 'x'));
    for (const char point : {'(', ' ', '|', '.', ','}) {
        CHECK_FALSE(has(R"([^(\s|[.,]])", static_cast<unsigned char>(point)));
    }
    for (const std::string_view wrong : {"",        "[",       "[]",          "[^]",
                                         "[a",      ".",       "^",           "(",
                                         ")",       "*",       "]",           R"(\)",
                                         R"(\w)",   R"(\b)",   R"(\p{Q})",    R"(\p{L)",
                                         R"(\p{})", "[z-a]",   "[[:alpha:]]", "[a&&b]",
                                         R"([\S])", "[a[^b]]", "[a-[b]]",     "[[[[[[a]]]]]]"}) {
        CAPTURE(wrong);
        CharacterSet set;
        std::size_t at = 0;
        CHECK_FALSE((CharacterSet::parse(wrong, at, set) && at == wrong.size()));
    }
    using detail::KindPattern;
    CHECK(KindPattern::parse("[0-9][0-9][0-9]") == KindPattern::parse(R"([0-9]{3})"));
    CHECK(KindPattern::parse("[\r\n]+") == KindPattern::parse(R"([\n\r]+)"));
    CHECK_FALSE(KindPattern::parse("a+") == KindPattern::parse("a*"));
    for (const std::string_view wrong :
         {"", "|a", "a|", "a||b", "a++", "a+?", "a{", "a{x}", "a{2", "a{0}", "a{3,2}", "a{99999}",
          "(?=a)", "(?!a", "(a)", "+", "{2}", "a**", "(?i:a)"}) {
        CAPTURE(wrong);
        CHECK_FALSE(KindPattern::parse(wrong));
    }
}

TEST_CASE("patterns of kinds match as regular expressions do", "[pattern]") {
    // Beside a pattern that is matched by hand.
    const std::optional<detail::KindPattern> pattern = detail::KindPattern::parse(gpt2_regex);
    REQUIRE(pattern);
    Random random(6);
    constexpr std::string_view parts[] = {"a",
                                          "'s",
                                          "'",
                                          " ",
                                          "  ",
                                          "\n",
                                          "1",
                                          ".",
                                          "\xC3\xA9",
                                          "\xE3\x80\x80",
                                          "ll",
                                          "\xFF",
                                          "\xE4\xB8\xAD",
                                          "\xC2",
                                          "\xF0\x9F\x98\x80"};
    for (int round = 0; round < 3000; ++round) {
        std::string text;
        for (std::size_t left = random.below(12); left > 0; --left) {
            text += parts[random.below(static_cast<std::uint32_t>(std::size(parts)))];
        }
        CAPTURE(text);
        Pieces matched;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = pattern->match(text, at);
            REQUIRE(end > at);
            matched.push_back(text.substr(at, end - at));
            at = end;
        }
        REQUIRE(matched == cut_by(Gpt2Pattern(), text));
    }
    const auto end_of = [](std::string_view regex, std::string_view text) {
        return detail::KindPattern::parse(regex)->match(text, 0);
    };
    CHECK(end_of("a{2,3}", "a") == 0);
    CHECK(end_of("a{2,3}", "aaaa") == 3);
    CHECK(end_of("a{2,}", "aaaa") == 4);
    CHECK(end_of("[ab]*b", "abaa") == 2); // gives back
    CHECK(end_of("a|ab", "ab") == 1);     // the first alternative
    CHECK(end_of("ab|a", "ac") == 1);
    CHECK(end_of("a(?!b)", "ab") == 0);
    CHECK(end_of("a(?!b)", "a") == 1);
}

TEST_CASE("a text is cut by a pattern of one run, or one that is in use", "[pattern]") {
    CHECK(cut_by(split(R"(\s?\p{L}+)"), "1 ab  c.") == Pieces{"1", " ab", " ", " c", "."});
    CHECK(cut_by(split(R"(\p{N}{1,3})"), "a12345") == Pieces{"a", "123", "45"});
    CHECK(cut_by(split("[0-9]{3}"), "12345x") == Pieces{"123", "45x"});
    CHECK(cut_by(split(R"( ?[^(\s|[.,!?])]+)"), "ab, (cd) e") ==
          Pieces{"ab", ", (", "cd", ")", " e"});
    CHECK(cut_by(split("[0-9]+", SplitBehavior::removed), "a12b3") == Pieces{"a", "b"});
    CHECK(cut_by(split("[0-9]+", SplitBehavior::removed, true), "a12b3") == Pieces{"12", "3"});
    CHECK(cut_by(split("[0-9]", SplitBehavior::contiguous), "a12b3") ==
          Pieces{"a", "12", "b", "3"});
    const std::string clip = R"('s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";
    CHECK(cut_by(split(clip, SplitBehavior::removed, true), "it's 12 <b>\n") ==
          Pieces{"it", "'s", "1", "2", "<", "b", ">"});
    const PatternSplit deepseek = split(
        R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)");
    CHECK(cut_by(deepseek, "_name (a)  1\n\n b!\n") ==
          Pieces{"_name", " (", "a", ")", " ", " ", "1", "\n\n", " b", "!\n"});
    CHECK(deepseek.settings() != split(clip).settings());

    // Others may take long for some texts.
    for (const std::string_view other :
         {"a*b", "a+b", R"(\s+(?!\S)|\s+)", "a|b", "a*", "[a-z]{17}", "ab*", "a?b?c", "(?!a)b"}) {
        CAPTURE(other);
        CHECK_FALSE(PatternSplit::of(std::string(other), SplitBehavior::isolated, false));
    }
    const std::string many(1'000'000, 'a');
    CHECK(cut_by(split(R"(\s?\p{L}+)"), many).size() == 1);
    CHECK(cut_by(split(R"(\s?\p{N}{16})"), many).size() == 1);
    CHECK(cut_by(deepseek, std::string(1'000'000, ' ')).size() == 1);
}

TEST_CASE("bytes are cut as the characters that stand for them", "[pattern]") {
    // 0xB2 and 0xBD stand as the digits two and a half, others as letters.
    const OnByteCharacters digits{Digits{}};
    CHECK(cut_by(digits, "a12\xC2\xB2z") == Pieces{"a", "12", "\xC2", "\xB2", "z"});
    CHECK(cut_by(digits, " 1\xE5\xBD\xBC") == Pieces{" ", "1", "\xE5", "\xBD\xBC"});
    const OnByteCharacters threes{split("[0-9][0-9][0-9]")};
    CHECK(cut_by(threes, "12345") == Pieces{"123", "45"});
    std::string many;
    for (int i = 0; i < 100'000; ++i) {
        many += "1a";
    }
    CHECK(cut_by(digits, many).size() == 200'000);
    CHECK(cut_by(OnByteCharacters{WhiteSpaceSplit()}, "a b") == Pieces{"a b"});
    CHECK(digits.settings() == "of bytes: digits");
    PieceBatch some;
    CHECK(digits("ab12", 3, some) == 4);
    CHECK(some[0] == Piece{3, 4});
}
