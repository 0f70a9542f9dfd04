#include <firth/text/decoders/bpe.hpp>

#include <firth/text/decoders/ctc.hpp>
#include <firth/text/decoders/sequence.hpp>
#include <firth/text/decoders/spaces.hpp>

#include "../../support/support.hpp"

using namespace firth;

namespace {

using Strings = std::vector<std::string>;

template <class D>
Strings text_of(const D& decoder, Strings tokens) {
    decoder(tokens);
    return tokens;
}

} // namespace

TEST_CASE("decoders of suffixes, of CTC and of spaces", "[decoder]") {
    CHECK(text_of(BpeDecoder(), {"lo", "w</w>", "a</w>"}) == Strings{"lo", "w ", "a"});
    CHECK(text_of(BpeDecoder(), {}).empty());
    CHECK(text_of(BpeDecoder{"x"}, {"axb", "x"}) == Strings{"a b", ""});
    // The example of Graves et al., and what Hugging Face's tokenizers make of it.
    const Strings speech{"<pad>", "<pad>", "h", "e", "e", "l", "l",
                         "<pad>", "l",     "o", "o", "o", "|", "w"};
    CHECK(text_of(CtcDecoder(), speech) == Strings{"h", "e", "l", "l", "o", " ", "w"});
    CHECK(text_of(CtcDecoder{"<pad>", "|", false}, {"a", "a", "|"}) == Strings{"a", "|"});
    CHECK(text_of(SpacesDecoder(), {"a", "", "b"}) == Strings{"a", " ", " b"});
    CHECK(text_of(SpacesDecoder(), {}).empty());
    const DecoderSequence both{{BpeDecoder(), SpacesDecoder()}};
    CHECK(text_of(both, {"a</w>", "b</w>"}) == Strings{"a ", " b"});
    CHECK(both.settings() == "sequence, bpe </w>, spaces");
}
