#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <firth/text/decoder.hpp>

namespace firth {

/// A `Decoder`: a space between tokens, as Hugging Face's tokenizers put where a file has no
/// decoder.
struct SpacesDecoder {
    void operator()(std::vector<std::string>& tokens) const {
        for (std::size_t i = 1; i < tokens.size(); ++i) {
            tokens[i].insert(tokens[i].begin(), ' ');
        }
    }

    [[nodiscard]] std::string settings() const { return "spaces"; }
};

static_assert(Decoder<SpacesDecoder>);

} // namespace firth
