#include <firth/text/decoders/bpe.hpp>

#include <firth/text/decoders/ctc.hpp>
#include <firth/text/decoders/sequence.hpp>
#include <firth/text/decoders/spaces.hpp>

#include "../../support/support.hpp"

using namespace firth;

namespace {

using Strings = std::vector<std::string>;

template <class D>
Strings decoded(const D& decoder, Strings tokens) {
    decoder(tokens);
    return tokens;
}

} // namespace

TEST_CASE("decoders of suffixes, of CTC and of spaces", "[decoder]") {
    CHECK(decoded(BpeDecoder(), {"lo", "w</w>", "a</w>"}) == Strings{"lo", "w ", "a"});
    CHECK(decoded(BpeDecoder(), {}).empty());
    CHECK(decoded(BpeDecoder{"x"}, {"axb", "x"}) == Strings{"a b", ""});
    // The example of Graves et al., and what Hugging Face's tokenizers make of it.
    const Strings speech{"<pad>", "<pad>", "h", "e", "e", "l", "l",
                         "<pad>", "l",     "o", "o", "o", "|", "w"};
    CHECK(decoded(CtcDecoder(), speech) == Strings{"h", "e", "l", "l", "o", " ", "w"});
    CHECK(decoded(CtcDecoder{"<pad>", "|", false}, {"a", "a", "|"}) == Strings{"a", "|"});
    CHECK(decoded(SpacesDecoder(), {"a", "", "b"}) == Strings{"a", " ", " b"});
    CHECK(decoded(SpacesDecoder(), {}).empty());
    const DecoderSequence both{{BpeDecoder(), SpacesDecoder()}};
    CHECK(decoded(both, {"a</w>", "b</w>"}) == Strings{"a ", " b"});
    CHECK(both.settings() == "sequence, bpe </w>, spaces");
}
