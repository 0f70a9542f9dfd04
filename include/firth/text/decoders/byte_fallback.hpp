#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/utf8.hpp>
#include <firth/text/decoder.hpp>

namespace firth {

/// Each run of tokens "<0x00>" to "<0xFF>" becomes the text of these bytes; where they are no
/// UTF-8, a U+FFFD for each.
struct ByteFallbackDecoder {
    void operator()(std::vector<std::string>& tokens) const {
        std::vector<std::string> decoded;
        std::string bytes;
        const auto put_bytes = [&] {
            if (bytes.empty()) return;
            if (is_utf8(bytes)) {
                decoded.push_back(bytes);
            } else {
                decoded.resize(decoded.size() + bytes.size(), "\xEF\xBF\xBD");
            }
            bytes.clear();
        };
        for (std::string& token : tokens) {
            if (const int byte = byte_of(token); byte >= 0) {
                bytes += static_cast<char>(byte);
                continue;
            }
            put_bytes();
            decoded.push_back(std::move(token));
        }
        put_bytes();
        tokens = std::move(decoded);
    }

    [[nodiscard]] std::string settings() const { return "byte-fallback"; }

private:
    /// Hexadecimal digits of either case; -1 for other tokens. As Hugging Face's reads its number,
    /// the first may be a plus sign.
    static int byte_of(std::string_view token) noexcept {
        if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return -1;
        int byte = 0;
        for (std::size_t i = token[3] == '+' ? 4 : 3; i < 5; ++i) {
            const char c = token[i];
            const int digit = c >= '0' && c <= '9'   ? c - '0'
                              : c >= 'a' && c <= 'f' ? c - 'a' + 10
                              : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                     : -1;
            if (digit < 0) return -1;
            byte = 16 * byte + digit;
        }
        return byte;
    }
};

static_assert(Decoder<ByteFallbackDecoder>);

} // namespace firth
