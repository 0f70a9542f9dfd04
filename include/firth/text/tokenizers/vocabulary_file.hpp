#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tsl/robin_map.h>

#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/utf8.hpp>
#include <firth/table/id.hpp>
#include <firth/text/tokenizers/token_table.hpp>
#include <firth/text/unicode/properties.hpp>

namespace firth {

/// The tokens of a vocab.txt as BERT's models have it: a token a line, whose number, from 0 on, is
/// its id. White space after a token is none of it; an empty line has an id and no token, and of
/// two lines with one token the last counts. Throws `FormatError`, naming `name` and the line,
/// where a token is not UTF-8 or has a NUL, and where there is none at all.
[[nodiscard]] inline TokenTable parse_vocabulary(std::string_view text, const std::string& name) {
    std::vector<std::pair<std::string_view, Id>> tokens;
    tsl::robin_map<std::string_view, std::size_t> places;
    skip_byte_order_mark(text);
    for (Id number = 0; !text.empty(); ++number) {
        const std::size_t line_end = text.find('\n');
        std::string_view line = text.substr(0, line_end);
        text.remove_prefix(line_end == text.npos ? text.size() : line_end + 1);
        if (!is_utf8(line) || line.find('\0') != line.npos) {
            throw FormatError(name + ", line " + std::to_string(std::uint64_t(number) + 1) +
                              ": expected a token in UTF-8");
        }
        std::size_t end = 0; // after the last character that is no white space
        for (std::size_t at = 0; at < line.size();) {
            const DecodedCharacter next = decode_utf8(line, at);
            at += next.length;
            if (!is_white_space(next.point)) end = at;
        }
        if (end == 0) continue;
        const auto [place, is_new] = places.emplace(line.substr(0, end), tokens.size());
        if (is_new) {
            tokens.emplace_back(line.substr(0, end), number);
        } else {
            tokens[place->second].second = number;
        }
    }
    if (tokens.empty()) throw FormatError(name + " has no tokens, expected one a line");
    return TokenTable(tokens, name);
}

/// The same of a file. Throws `IoError` where it cannot be read.
[[nodiscard]] inline TokenTable read_vocabulary(const std::string& path) {
    const MappedFile file(path);
    return parse_vocabulary(file.bytes(), path);
}

/// The text of a vocab.txt of these tokens; an empty line where an id has none. Throws
/// `FormatError` for a token that would not be read again: an empty one, one with a line's end or
/// NUL, with white space at its end, or that is no UTF-8.
[[nodiscard]] inline std::string format_vocabulary(const TokenTable& tokens) {
    std::string text;
    for (Id id = 0; id < tokens.size(); ++id) {
        const std::string_view token = tokens[id];
        std::size_t last = token.size(); // the last character
        while (last != 0 && last + 4 > token.size()) {
            --last;
            if ((static_cast<unsigned char>(token[last]) & 0xC0) != 0x80) break;
        }
        if (tokens.contains(id) &&
            (token.empty() || !is_utf8(token) || is_white_space(decode_utf8(token, last).point) ||
             token.find('\n') != token.npos || token.find('\0') != token.npos)) {
            throw FormatError("a vocab.txt cannot hold the token " + std::to_string(id) + ", \"" +
                              replace_invalid_utf8(token) +
                              "\", expected a line of UTF-8 without white space at its end");
        }
        text += token;
        text += '\n';
    }
    // A mark at the begin of a file is no part of its first token: this one is.
    if (text.starts_with(byte_order_mark)) text.insert(0, byte_order_mark);
    return text;
}

} // namespace firth
