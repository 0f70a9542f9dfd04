#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace firth {

/// The length of the UTF-8 sequence at the beginning of `bytes`, 1 to 4; 0 where there is none: an
/// overlong form, a surrogate, a number above U+10FFFF, a cut sequence (Unicode 15, table 3-7).
[[nodiscard]] constexpr std::size_t utf8_length(std::string_view bytes) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
        return i < bytes.size() && byte(i) >= low && byte(i) <= high;
    };
    if (bytes.empty()) return 0;
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
        const unsigned high = first == 0xED ? 0x9F : 0xBF;
        return follows(1, low, high) && follows(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const unsigned low = first == 0xF0 ? 0x90 : 0x80;
        const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
        return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

/// Appends the character `point` <= U+10FFFF as UTF-8.
inline void append_utf8(std::string& to, std::uint32_t point) {
    const auto put = [&](std::uint32_t byte) { to += static_cast<char>(byte); };
    const auto put_rest = [&](unsigned shift) { put(0x80u | (point >> shift & 0x3Fu)); };
    if (point < 0x80) {
        put(point);
        return;
    }
    if (point < 0x800) {
        put(0xC0u | point >> 6);
    } else {
        if (point < 0x10000) {
            put(0xE0u | point >> 12);
        } else {
            put(0xF0u | point >> 18);
            put_rest(12);
        }
        put_rest(6);
    }
    put_rest(0);
}

/// U+FEFF in UTF-8, which some programs put before a text.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Removes a byte-order mark from the beginning of a text; true where there was one.
constexpr bool skip_byte_order_mark(std::string_view& text) noexcept {
    if (!text.starts_with(byte_order_mark)) return false;
    text.remove_prefix(byte_order_mark.size());
    return true;
}

/// True where all bytes are valid UTF-8.
[[nodiscard]] constexpr bool is_utf8(std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        const std::size_t length = utf8_length(bytes);
        if (length == 0) return false;
        bytes.remove_prefix(length);
    }
    return true;
}

/// The bytes, with U+FFFD for each one that belongs to no UTF-8 sequence.
[[nodiscard]] inline std::string replace_invalid_utf8(std::string_view bytes) {
    std::string replaced;
    while (!bytes.empty()) {
        const std::size_t length = utf8_length(bytes);
        replaced += length == 0 ? std::string_view("\xEF\xBF\xBD") : bytes.substr(0, length);
        bytes.remove_prefix(length == 0 ? 1 : length);
    }
    return replaced;
}

} // namespace firth
