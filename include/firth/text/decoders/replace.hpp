#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <firth/text/decoder.hpp>

namespace firth {

/// Replaces a string in each token wherever it stands, from the left; an empty one never.
struct ReplaceDecoder {
    std::string pattern;
    std::string content; ///< what takes its place

    void operator()(std::vector<std::string>& tokens) const {
        if (pattern.empty()) return;
        for (std::string& token : tokens) {
            std::size_t at = token.find(pattern);
            if (at == token.npos) continue;
            std::string text;
            std::size_t from = 0;
            for (; at != token.npos; at = token.find(pattern, from)) {
                text.append(token, from, at - from);
                text += content;
                from = at + pattern.size();
            }
            text.append(token, from);
            token = std::move(text);
        }
    }

    [[nodiscard]] std::string settings() const {
        return "replace " + std::to_string(pattern.size()) + ' ' + pattern + ' ' + content;
    }
};

static_assert(Decoder<ReplaceDecoder>);

} // namespace firth
