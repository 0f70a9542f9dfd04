#pragma once

#include <string>
#include <utility>
#include <vector>

#include <firth/text/decoder.hpp>

namespace firth {

/// Joins all tokens into one, so that the decoders after it see the whole text.
struct FuseDecoder {
    void operator()(std::vector<std::string>& tokens) const {
        std::string text;
        for (const std::string& token : tokens) {
            text += token;
        }
        tokens.assign(1, std::move(text));
    }

    [[nodiscard]] std::string settings() const { return "fuse"; }
};

static_assert(Decoder<FuseDecoder>);

} // namespace firth
