#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <firth/base/error.hpp>
#include <firth/base/utf8.hpp>

namespace firth {

/// The bytes between words.
inline constexpr std::string_view white_space = " \t\n\v\f\r";

/// True for the bytes between words: space, tab, newline, carriage return, vertical tab, form feed.
/// All other bytes are part of words as they are; nothing is decoded, so text need not be UTF-8.
[[nodiscard]] constexpr bool is_space(char byte) noexcept {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/// Calls `on_word(std::string_view)` for each word of the text and `on_sentence_end()` for each
/// newline.
template <class OnWord, class OnSentenceEnd>
void for_each_word(std::string_view text, OnWord&& on_word, OnSentenceEnd&& on_sentence_end) {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        if (is_space(*at)) {
            if (*at == '\n') on_sentence_end();
            ++at;
            continue;
        }
        const char* const begin = at;
        do {
            ++at;
        } while (at != end && !is_space(*at));
        on_word(std::string_view(begin, static_cast<std::size_t>(at - begin)));
    }
}

namespace detail {

/// What bytes are that no plain text begins with: gzip, xz, zstd, bzip2 and zip archives, UTF-16.
/// Else empty.
[[nodiscard]] inline std::string_view unreadable_kind(std::string_view bytes) {
    struct Magic {
        std::string_view bytes;
        std::string_view meaning;
    };
    constexpr std::array<Magic, 7> magics{{{"\x1F\x8B", "gzip data"},
                                           {"\xFD"
                                            "7zXZ",
                                            "xz data"},
                                           {"\x28\xB5\x2F\xFD", "zstd data"},
                                           {"BZh", "bzip2 data"},
                                           {"PK\x03\x04", "a zip archive"},
                                           {"\xFF\xFE", "UTF-16 text"},
                                           {"\xFE\xFF", "UTF-16 text"}}};
    for (const Magic& magic : magics) {
        if (bytes.starts_with(magic.bytes)) return magic.meaning;
    }
    return {};
}

} // namespace detail

/// The text without a UTF-8 byte order mark. Throws `FormatError`, naming `name`, where the first
/// bytes say that this is no plain text: gzip, xz, zstd, bzip2 and zip archives, UTF-16.
[[nodiscard]] inline std::string_view plain_text(std::string_view bytes, const std::string& name) {
    const std::string_view found = detail::unreadable_kind(bytes);
    if (!found.empty()) {
        throw FormatError(name + " begins like " + std::string(found) +
                          ", expected plain text: unpack or convert it first");
    }
    skip_byte_order_mark(bytes);
    return bytes;
}

} // namespace firth
