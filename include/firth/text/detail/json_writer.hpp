#pragma once

/// What the writers of a tokenizer.json's parts share. Needs nlohmann/json.

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <firth/base/error.hpp>
#include <firth/base/utf8.hpp>

namespace firth::detail {

/// Members stand in the order in which they were added.
using OrderedJson = nlohmann::ordered_json;

/// Throws for what has no form in a file.
[[noreturn]] inline void refuse_to_write(const std::string& what) {
    throw FormatError("a tokenizer.json cannot be written: " + what);
}

/// An object with its type before its other members.
[[nodiscard]] inline OrderedJson with_type(std::string_view type, OrderedJson members) {
    OrderedJson whole{{"type", std::string(type)}};
    whole.update(members);
    return whole;
}

/// Appends a text of UTF-8 as JSON has it. Throws `FormatError` for other bytes, calling them
/// `what`.
inline void append_json_string(std::string_view text, std::string& to, const char* what) {
    if (!is_utf8(text)) {
        refuse_to_write(std::string(what) + " \"" + replace_invalid_utf8(text) +
                        "\" is no UTF-8, which JSON cannot hold");
    }
    to += '"';
    std::size_t copied = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char each = text[at];
        if (static_cast<unsigned char>(each) >= ' ' && each != '"' && each != '\\') continue;
        to += text.substr(copied, at - copied);
        copied = at + 1;
        switch (each) {
        case '"':
        case '\\':
            to += '\\';
            to += each;
            break;
        case '\n':
            to += "\\n";
            break;
        case '\r':
            to += "\\r";
            break;
        case '\t':
            to += "\\t";
            break;
        default: {
            constexpr const char* digits = "0123456789abcdef";
            to += "\\u00";
            to += digits[static_cast<unsigned char>(each) >> 4];
            to += digits[static_cast<unsigned char>(each) & 15];
        }
        }
    }
    to += text.substr(copied);
    to += '"';
}

} // namespace firth::detail
