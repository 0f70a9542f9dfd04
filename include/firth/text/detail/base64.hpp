#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace firth::detail {

/// The value of each character of base64 (RFC 4648); 64 for others.
inline constexpr std::array<std::uint8_t, 256> base64_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(64);
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < digits.size(); ++i) {
        values[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
    }
    return values;
}();

/// Appends the bytes that a text of base64 with its padding stands for; false where it is none.
inline bool append_base64(std::string_view text, std::string& to) {
    if (text.empty() || text.size() % 4 != 0) return false;
    std::size_t padding = 0;
    while (padding < 2 && text.back() == '=') {
        text.remove_suffix(1);
        ++padding;
    }
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char each : text) {
        const std::uint8_t value = base64_values[static_cast<unsigned char>(each)];
        if (value == 64) return false;
        bits = bits << 6 | value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            to += static_cast<char>(bits >> held & 0xFF);
        }
    }
    return (bits & ((1u << held) - 1)) == 0;
}

/// Bytes as a text of base64 with its padding.
[[nodiscard]] inline std::string base64_of(std::string_view bytes) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::size_t left = bytes.size() - at;
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            bits = bits << 8 | (i < left ? static_cast<unsigned char>(bytes[at + i]) : 0u);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            text += i <= left ? digits[bits >> (18 - 6 * i) & 63] : '=';
        }
    }
    return text;
}

} // namespace firth::detail
