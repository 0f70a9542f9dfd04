#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <firth/base/number_text.hpp>
#include <firth/base/utf8.hpp>

/// Which words a format can hold, such that they read back the same.
namespace firth {

namespace detail {

/// True for a word with spaces or tabs in it, one part of which is a number, the first one left
/// out. In a text that looks like a row with a number too many, or like two rows on one line.
[[nodiscard]] inline bool holds_number(std::string_view word) {
    constexpr std::string_view spaces = " \t";
    for (std::size_t at = word.find_first_of(spaces); at != word.npos;) {
        const std::size_t next = (std::min)(word.find_first_of(spaces, at + 1), word.size());
        const std::string_view part = word.substr(at + 1, next - at - 1);
        // "nan", "inf" and "infinity" are words, too.
        const bool digits = part.find_first_of("0123456789") != part.npos;
        if (digits && parse_float(part).size == part.size()) return true;
        at = next == word.size() ? word.npos : next;
    }
    return false;
}

} // namespace detail

/// What a format can hold, of words above all.
struct WordRule {
    bool empty = true;             ///< words may be empty
    std::string_view separators{}; ///< bytes that end words
    bool numbers_between = true;   ///< parts of them may be numbers, see `detail::holds_number`
    bool byte_order_mark = true;   ///< they may begin with one
    bool carriage_return = true;   ///< they may end in one
    bool no_rows = true;           ///< a file of no rows is told from an empty file

    [[nodiscard]] bool holds(std::string_view word) const {
        return (empty || !word.empty()) && word.find_first_of(separators) == word.npos &&
               (numbers_between || !detail::holds_number(word)) &&
               (byte_order_mark || !word.starts_with(firth::byte_order_mark)) &&
               (carriage_return || !word.ends_with('\r'));
    }

    /// Why the format does not hold a word, for the end of a message.
    [[nodiscard]] std::string why_not(std::string_view word) const {
        if (!empty && word.empty()) return "it is empty";
        if (word.find_first_of(separators) != word.npos) {
            return separators.size() == 1 ? "there is a newline in it"
                                          : "there is a space or a newline in it";
        }
        if (!numbers_between && detail::holds_number(word)) {
            return "one of its parts is a number, which would be read as one of the vector's";
        }
        if (!byte_order_mark && word.starts_with(firth::byte_order_mark)) {
            return "it begins with a byte-order mark";
        }
        return "it ends in a carriage return";
    }

    /// A word that the format holds, made from one that it does not: "_" in the place of what it
    /// cannot be.
    [[nodiscard]] std::string replace(std::string_view word) const {
        if (!byte_order_mark && word.starts_with(firth::byte_order_mark)) {
            word.remove_prefix(firth::byte_order_mark.size());
        }
        std::string replaced(word);
        const auto put = [&](std::string_view bytes) {
            for (char& byte : replaced) {
                if (bytes.find(byte) != bytes.npos) byte = '_';
            }
        };
        put(separators);
        if (!numbers_between && detail::holds_number(replaced)) put(" \t");
        if (!carriage_return && replaced.ends_with('\r')) replaced.back() = '_';
        return replaced.empty() && !empty ? "_" : holds(replaced) ? replaced : '_' + replaced;
    }
};

} // namespace firth
