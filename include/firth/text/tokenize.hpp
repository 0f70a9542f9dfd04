#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <firth/base/error.hpp>
#include <firth/base/file_marks.hpp>
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

/// The text without a UTF-8 byte order mark. Throws `FormatError`, naming `name`, where the first
/// bytes say that this is no plain text: packed data, archives, UTF-16 and UTF-32.
[[nodiscard]] inline std::string_view plain_text(std::string_view bytes, const std::string& name) {
    if (const FileMark* const found = file_mark(bytes)) {
        throw FormatError(name + " begins like " + std::string(found->what) +
                          ", expected plain text: unpack or convert it first");
    }
    skip_byte_order_mark(bytes);
    return bytes;
}

} // namespace firth
