#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <firth/text/decoder.hpp>
#include <firth/text/decoders/replace.hpp>

namespace firth {

/// A `Decoder`: spaces for the suffix that ends words, but for that of the last token.
struct BpeDecoder {
    std::string suffix = "</w>";

    void operator()(std::vector<std::string>& tokens) const {
        if (tokens.empty()) return;
        std::vector<std::string> last(1, std::move(tokens.back()));
        tokens.pop_back();
        ReplaceDecoder{suffix, " "}(tokens);
        ReplaceDecoder{suffix, ""}(last);
        tokens.push_back(std::move(last[0]));
    }

    [[nodiscard]] std::string settings() const { return "bpe " + suffix; }
};

static_assert(Decoder<BpeDecoder>);

} // namespace firth
