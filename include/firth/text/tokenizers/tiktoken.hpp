#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/table/id.hpp>
#include <firth/text/tokenizers/bpe.hpp>
#include <firth/text/tokenizers/token_table.hpp>

namespace firth {

namespace detail {

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

} // namespace detail

/// The model of tiktoken's ranks: lines of a token in base64, a space and its rank, which is its
/// id. Throws `FormatError`, naming `name` and the line, where one is not of this form.
[[nodiscard]] inline Bpe parse_tiktoken(std::string_view text, const std::string& name) {
    std::string bytes;
    std::vector<std::pair<std::size_t, Id>> ends; // of the tokens in `bytes`
    std::size_t line_number = 0;
    while (!text.empty()) {
        ++line_number;
        const std::size_t line_end = text.find('\n');
        std::string_view line = text.substr(0, line_end);
        text.remove_prefix(line_end == text.npos ? text.size() : line_end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        const std::size_t space = line.find(' ');
        Id rank = 0;
        const char* const end = line.data() + line.size();
        const auto is_rank = [&](const char* begin) {
            const std::from_chars_result parsed = std::from_chars(begin, end, rank);
            return parsed.ec == std::errc() && parsed.ptr == end && rank != no_id;
        };
        if (space == line.npos || !detail::append_base64(line.substr(0, space), bytes) ||
            !is_rank(line.data() + space + 1)) {
            throw FormatError(name + ", line " + std::to_string(line_number) +
                              ": expected a token in base64, a space and its rank");
        }
        ends.emplace_back(bytes.size(), rank);
    }
    std::vector<std::pair<std::string_view, Id>> tokens;
    tokens.reserve(ends.size());
    std::size_t begin = 0;
    for (const auto& [end, id] : ends) {
        tokens.emplace_back(std::string_view(bytes).substr(begin, end - begin), id);
        begin = end;
    }
    return Bpe::from_ranks(TokenTable(tokens, name));
}

} // namespace firth
