#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <firth/text/decoder.hpp>

namespace firth {

/// Takes up to `start` times a character from the begin of each token, and up to `stop` times from
/// its end.
struct StripDecoder {
    std::string content = " "; ///< the character
    std::size_t start = 0;
    std::size_t stop = 0;

    void operator()(std::vector<std::string>& tokens) const {
        if (content.empty()) return;
        for (std::string& token : tokens) {
            std::string_view left = token;
            for (std::size_t i = 0; i < start && left.starts_with(content); ++i) {
                left.remove_prefix(content.size());
            }
            for (std::size_t i = 0; i < stop && left.ends_with(content); ++i) {
                left.remove_suffix(content.size());
            }
            token = std::string(left);
        }
    }

    [[nodiscard]] std::string settings() const {
        return "strip " + std::to_string(start) + ' ' + std::to_string(stop) + ' ' + content;
    }
};

static_assert(Decoder<StripDecoder>);

} // namespace firth
