#include <firth/text/decoders/word_piece.hpp>

#include <string>
#include <vector>

#include "../../support/support.hpp"

using namespace firth;

namespace {

std::string decoded(const WordPieceDecoder& decoder, std::vector<std::string> tokens) {
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
    CHECK(decoded(decoder, {"un", "##able", "to", "do", "n't", "!"}) == "unable to don't!");
    CHECK(decoded(decoder, {"a", ".", "b", "?", "c", ",", "d", "'s", "'ve", "'re", "'m"}) ==
          "a. b? c, d's've're'm");
    CHECK(decoded(decoder, {"##a", "##b"}) == "##ab");
    CHECK(decoded(decoder, {"i", "do not", "do"}) == "i don't do");
    CHECK(decoded(decoder, {"a ' b", "x . ."}) == "a'b x..");
    CHECK(decoded({.prefix = "##", .cleanup = false}, {"a", "##b", "."}) == "ab .");
    CHECK(decoded({.prefix = "@", .cleanup = false}, {"a", "@b", "##c"}) == "ab ##c");
    CHECK(decoded(decoder, {}).empty());
}
