#include <firth/text/decoders/word_piece.hpp>

#include <string>
#include <vector>

#include "../../support/support.hpp"

using namespace firth;

namespace {

std::string joined_again(const WordPieceDecoder& decoder, std::vector<std::string> tokens) {
    decoder(tokens);
    std::string text;
    for (const std::string& token : tokens) {
        text += token;
    }
    return text;
}

} // namespace

TEST_CASE("tokens of WordPiece become a text as Hugging Face's decoder has it", "[wordpiece]") {
    const WordPieceDecoder decoder;
    CHECK(joined_again(decoder, {"un", "##able", "to", "do", "n't", "!"}) == "unable to don't!");
    CHECK(joined_again(decoder, {"a", ".", "b", "?", "c", ",", "d", "'s", "'ve", "'re", "'m"}) ==
          "a. b? c, d's've're'm");
    CHECK(joined_again(decoder, {"##a", "##b"}) == "##ab");
    CHECK(joined_again(decoder, {"i", "do not", "do"}) == "i don't do");
    CHECK(joined_again(decoder, {"a ' b", "x . ."}) == "a'b x..");
    CHECK(joined_again({.prefix = "##", .cleanup = false}, {"a", "##b", "."}) == "ab .");
    CHECK(joined_again({.prefix = "@", .cleanup = false}, {"a", "@b", "##c"}) == "ab ##c");
    CHECK(joined_again(decoder, {}).empty());
}
