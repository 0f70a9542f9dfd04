#include <firth/text/pre_tokenizers/bert.hpp>
#include <firth/text/pre_tokenizers/characters.hpp>

#include <string>
#include <vector>

#include <firth/text/any_step.hpp>

#include "../../support/support.hpp"

using namespace firth;

namespace {

std::vector<std::string> pieces(const AnyPreTokenizer& pre_tokenizer, std::string_view text) {
    std::vector<std::string> all;
    for (std::size_t at = 0; at < text.size();) {
        PieceBatch batch;
        at = pre_tokenizer(text, at, batch);
        for (const Piece& piece : batch) {
            REQUIRE(piece.begin < piece.end);
            all.emplace_back(text.substr(piece.begin, piece.end - piece.begin));
        }
    }
    return all;
}

using Strings = std::vector<std::string>;

} // namespace

TEST_CASE("text is cut by punctuation in five ways", "[pre_tokenizer]") {
    const std::string text = "-a b--c!";
    CHECK(pieces(Punctuation{SplitBehavior::removed}, text) == Strings{"a b", "c"});
    CHECK(pieces(Punctuation{SplitBehavior::isolated}, text) ==
          Strings{"-", "a b", "-", "-", "c", "!"});
    CHECK(pieces(Punctuation{SplitBehavior::merged_with_previous}, text) ==
          Strings{"-", "a b-", "-", "c!"});
    CHECK(pieces(Punctuation{SplitBehavior::merged_with_next}, text) ==
          Strings{"-a b", "-", "-c", "!"});
    CHECK(pieces(Punctuation{SplitBehavior::contiguous}, text) ==
          Strings{"-", "a b", "--", "c", "!"});
    CHECK(Punctuation{SplitBehavior::merged_with_next}.settings() ==
          "punctuation merged with next");
}

TEST_CASE("text is cut by kinds of characters as Hugging Face's tokenizers do", "[pre_tokenizer]") {
    CHECK(pieces(WhiteSpaceSplit(), " a.b\xE3\x80\x80 c\xE2\x80\x8B"
                                    "d\n") == Strings{"a.b", "c\xE2\x80\x8B"
                                                             "d"});
    CHECK(pieces(WordsAndOthers(), "can't 12ab, _x\xE0\xA4\x83 \xC2\xBD") ==
          Strings{"can", "'", "t", "12ab", ",", "_x\xE0\xA4\x83", "\xC2\xBD"});
    CHECK(pieces(Digits(), "a12\xD9\xA3"
                           "b") == Strings{"a", "12\xD9\xA3", "b"});
    CHECK(pieces(Digits{true}, "a12\xC2\xBD"
                               "b") == Strings{"a", "1", "2", "\xC2\xBD", "b"});
    CHECK(pieces(DelimiterSplit{0xE9}, "\xC3\xA9"
                                       "ab\xC3\xA9\xC3\xA9"
                                       "c") == Strings{"ab", "c"});
    CHECK(pieces(BertPreTokenizer(), "can't  a_b\xE3\x80\x82\xC2\xA0x\xC2\xA8\n") ==
          Strings{"can", "'", "t", "a", "_", "b", "\xE3\x80\x82", "x\xC2\xA8"});
    CHECK(pieces(BertPreTokenizer(), "\xFF\xC3 a") == Strings{"\xFF\xC3", "a"});
    CHECK(pieces(BertPreTokenizer(), " \n ").empty());
}

TEST_CASE("pieces do not depend on where a batch ends", "[pre_tokenizer]") {
    const std::vector<AnyPreTokenizer> all = {
        BertPreTokenizer(), WhiteSpaceSplit(),
        WordsAndOthers(),   Punctuation{SplitBehavior::removed},
        Punctuation{},      Punctuation{SplitBehavior::merged_with_previous},
        Digits(),           Punctuation{SplitBehavior::merged_with_next},
        Digits{true},       Punctuation{SplitBehavior::contiguous},
        DelimiterSplit{'a'}};
    static const Strings parts = {"a",        "bc",           " ",   ".", "-", "7",
                                  "\xC3\xA9", "\xE3\x80\x82", "\xFF"};
    Random random(11);
    std::string text;
    for (int i = 0; i < 6000; ++i) {
        text += parts[random.below(static_cast<std::uint32_t>(parts.size()))];
    }
    for (const AnyPreTokenizer& each : all) {
        PieceBatch small;
        std::size_t at = each(text, 0, small); // stops at every batch
        std::size_t checked = 0;
        while (true) {
            for (const Piece& piece : small) {
                // Begun at a piece, it is found again.
                PieceBatch again;
                each(text, piece.begin, again);
                REQUIRE(!again.empty());
                REQUIRE(again[0] == piece);
                ++checked;
                break;
            }
            if (at == text.size()) break;
            small.clear();
            at = each(text, at, small);
        }
        CHECK(checked > 1);
    }
}
