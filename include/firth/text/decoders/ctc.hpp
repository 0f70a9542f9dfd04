#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <firth/text/decoder.hpp>
#include <firth/text/decoders/replace.hpp>
#include <firth/text/decoders/word_piece.hpp>

namespace firth {

/// A `Decoder`: of tokens of connectionist temporal classification (Graves et al., 2006), of which
/// equal neighbours are one and padding parts those that are two.
struct CtcDecoder {
    std::string padding = "<pad>";
    std::string word_delimiter = "|"; ///< becomes a space, with `cleanup`
    bool cleanup = true;              ///< as `WordPieceDecoder` has it

    void operator()(std::vector<std::string>& tokens) const {
        std::vector<std::string> decoded;
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            if (i == 0 || tokens[i] != tokens[i - 1]) decoded.push_back(tokens[i]);
        }
        ReplaceDecoder{padding, ""}(decoded);
        if (cleanup) {
            for (std::string& token : decoded) {
                detail::clean_up_english(token);
            }
            ReplaceDecoder{word_delimiter, " "}(decoded);
        }
        std::erase_if(decoded, [](const std::string& token) { return token.empty(); });
        tokens = std::move(decoded);
    }

    [[nodiscard]] std::string settings() const {
        return "ctc '" + padding + "' '" + word_delimiter + (cleanup ? "' cleanup" : "'");
    }
};

static_assert(Decoder<CtcDecoder>);

} // namespace firth
