#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <firth/base/config.hpp>
#include <firth/text/piece_batch.hpp>
#include <firth/text/unicode/general_category.hpp>
#include <firth/text/unicode/properties.hpp>

namespace firth::detail {

/// What the patterns ask of a character, a bit each; a character that has none is "other":
/// punctuation, a symbol, a control character, a byte that is no UTF-8.
namespace character {
inline constexpr std::uint8_t upper = 1;     ///< Lu, Lt
inline constexpr std::uint8_t lower = 2;     ///< Ll
inline constexpr std::uint8_t caseless = 4;  ///< Lm, Lo
inline constexpr std::uint8_t mark = 8;      ///< Mn, Mc, Me
inline constexpr std::uint8_t number = 16;   ///< Nd, Nl, No
inline constexpr std::uint8_t space = 32;    ///< White_Space
inline constexpr std::uint8_t line_end = 64; ///< carriage return, line feed
inline constexpr std::uint8_t letter = upper | lower | caseless;
} // namespace character

[[nodiscard]] constexpr std::uint8_t character_class(std::uint32_t point) noexcept {
    using enum GeneralCategory;
    if (point == '\n' || point == '\r') return character::space | character::line_end;
    if (is_white_space(point)) return character::space;
    switch (general_category(point)) {
    case uppercase_letter:
    case titlecase_letter:
        return character::upper;
    case lowercase_letter:
        return character::lower;
    case modifier_letter:
    case other_letter:
        return character::caseless;
    case nonspacing_mark:
    case spacing_mark:
    case enclosing_mark:
        return character::mark;
    case decimal_number:
    case letter_number:
    case other_number:
        return character::number;
    default:
        return 0;
    }
}

inline constexpr std::array<std::uint8_t, 128> ascii_classes = [] {
    std::array<std::uint8_t, 128> classes{};
    for (std::uint32_t point = 0; point < 128; ++point) {
        classes[point] = character_class(point);
    }
    return classes;
}();

/// A character of a text: its class and how many bytes it has.
struct ClassedCharacter {
    std::uint8_t kind = 0;
    std::uint8_t length = 0; ///< 0: the text has ended
    [[nodiscard]] bool is(std::uint8_t kinds) const noexcept { return (kind & kinds) != 0; }
};

/// A text that a pattern is matched against, from byte to byte.
class ClassedText {
public:
    explicit ClassedText(std::string_view text) noexcept : text_(text) {}

    [[nodiscard]] std::size_t size() const noexcept { return text_.size(); }
    [[nodiscard]] char byte(std::size_t at) const noexcept {
        return at < text_.size() ? text_[at] : '\0';
    }

    [[nodiscard]] FIRTH_ALWAYS_INLINE ClassedCharacter operator[](std::size_t at) const noexcept {
        if (at >= text_.size()) return {};
        const auto first = static_cast<unsigned char>(text_[at]);
        if (first < 0x80) return {ascii_classes[first], 1};
        return beyond_ascii(at);
    }

    /// The end of the characters of these kinds that begin at `at`.
    [[nodiscard]] std::size_t skip(std::size_t at, std::uint8_t kinds) const noexcept {
        for (;;) {
            const ClassedCharacter next = (*this)[at];
            if (!next.is(kinds)) return at;
            at += next.length;
        }
    }

    /// The end of the letters that begin at `at`: ASCII eight at a time.
    [[nodiscard]] FIRTH_ALWAYS_INLINE std::size_t skip_letters(std::size_t at) const noexcept {
        return skip_ascii_letters<true>(at) ? at : skip(at, character::letter);
    }

    /// The same for letters that are not capital, and marks.
    [[nodiscard]] FIRTH_ALWAYS_INLINE std::size_t
    skip_small_letters(std::size_t at) const noexcept {
        return skip_ascii_letters<false>(at)
                   ? at
                   : skip(at, character::lower | character::caseless | character::mark);
    }

    /// The end of what belongs to neither letters, numbers nor space from `at` on.
    [[nodiscard]] std::size_t skip_others(std::size_t at) const noexcept {
        for (;;) {
            const ClassedCharacter next = (*this)[at];
            if (next.length == 0 ||
                next.is(character::letter | character::number | character::space))
                return at;
            at += next.length;
        }
    }

    /// The end of a piece of white space that begins at `at`, which goes on to `run_end`:
    /// \s+(?!\S)|\s+, all but the last character where something else follows.
    [[nodiscard]] std::size_t blank_end(std::size_t at, std::size_t run_end) const noexcept {
        if (run_end == text_.size()) return run_end;
        std::size_t last = run_end - 1; // the begin of the last character
        while ((static_cast<unsigned char>(text_[last]) & 0xC0) == 0x80) {
            --last;
        }
        return last > at ? last : run_end;
    }

    /// The end of a contraction of English at `at`, after its apostrophe: s, t, re, ve, m, ll, d;
    /// `at` itself where there is none. In capitals, too, where case does not matter, and with the
    /// long s (U+017F), which is a small s of another shape.
    [[nodiscard]] FIRTH_ALWAYS_INLINE std::size_t contraction_end(std::size_t at,
                                                                  bool any_case) const noexcept {
        return byte(at) == '\'' ? after_apostrophe(at, any_case) : at;
    }

private:
    /// Goes on to the end of ASCII letters, or small ones; true where another ASCII character is
    /// there, so that nothing else can follow.
    template <bool any_case>
    [[nodiscard]] FIRTH_ALWAYS_INLINE bool skip_ascii_letters(std::size_t& at) const noexcept {
        if constexpr (std::endian::native == std::endian::little) {
            while (at + 8 <= text_.size()) {
                std::uint64_t bytes;
                std::memcpy(&bytes, text_.data() + at, 8);
                constexpr std::uint64_t each = 0x0101010101010101u;
                const std::uint64_t folded = (any_case ? bytes | 0x20 * each : bytes) & 0x7F * each;
                const std::uint64_t letters =
                    (folded + (0x80 - 'a') * each) & ~(folded + (0x7F - 'z') * each) & ~bytes;
                const std::uint64_t others = ~letters & 0x80 * each;
                if (others == 0) {
                    at += 8;
                    continue;
                }
                at += static_cast<std::size_t>(std::countr_zero(others)) / 8;
                return static_cast<unsigned char>(text_[at]) < 0x80;
            }
        }
        return false;
    }

    [[nodiscard]] FIRTH_NOINLINE std::size_t after_apostrophe(std::size_t at,
                                                              bool any_case) const noexcept {
        const auto letter = [&](std::size_t i) {
            const char found = byte(at + i);
            return any_case && found >= 'A' && found <= 'Z' ? static_cast<char>(found + 32) : found;
        };
        switch (letter(1)) {
        case 's':
        case 't':
        case 'm':
        case 'd':
            return at + 2;
        case 'r':
        case 'v':
            return letter(2) == 'e' ? at + 3 : at;
        case 'l':
            return letter(2) == 'l' ? at + 3 : at;
        default:
            return any_case && text_.substr(at + 1).starts_with("\xC5\xBF") ? at + 3 : at;
        }
    }

    [[nodiscard]] FIRTH_NOINLINE ClassedCharacter beyond_ascii(std::size_t at) const noexcept {
        const DecodedCharacter next = decode_utf8(text_, at); // U+FFFD, of no class, for a bad byte
        return {character_class(next.point), static_cast<std::uint8_t>(next.length)};
    }

    std::string_view text_;
};

[[nodiscard]] constexpr bool is_small_ascii(char byte) noexcept {
    return byte >= 'a' && byte <= 'z';
}

/// The end of numbers from `at` on, after a first one, `most` with it.
[[nodiscard]] inline std::size_t some_numbers(const ClassedText& text, std::size_t at,
                                              std::size_t most) noexcept {
    for (std::size_t count = 1; count < most; ++count) {
        const ClassedCharacter next = text[at];
        if (!next.is(character::number)) break;
        at += next.length;
    }
    return at;
}

/// The end of a piece that is no word and no number, from its `first` character on:
///  ?[^\s\p{L}\p{N}]+[tail]*|\s*[\r\n]+|\s+(?!\S)|\s+, where the tail has line ends and `tail`.
[[nodiscard]] inline std::size_t rest_end(const ClassedText& text, std::size_t at,
                                          ClassedCharacter first, char tail) noexcept {
    constexpr std::uint8_t known = character::letter | character::number | character::space;
    const std::size_t begin = text.byte(at) == ' ' ? at + 1 : at;
    const ClassedCharacter next = begin == at ? first : text[begin];
    if (next.length != 0 && !next.is(known)) {
        std::size_t end = text.skip_others(begin + next.length);
        while (end < text.size() && (text.byte(end) == '\n' || text.byte(end) == '\r' ||
                                     (tail != '\0' && text.byte(end) == tail))) {
            ++end;
        }
        return end;
    }
    std::size_t end = at;
    std::size_t last_line_end = at;
    for (;;) {
        const ClassedCharacter blank = text[end];
        if (!blank.is(character::space)) break;
        end += blank.length;
        if (blank.is(character::line_end)) last_line_end = end;
    }
    return last_line_end != at ? last_line_end : text.blank_end(at, end);
}

/// Cuts a text into the pieces that end where `end_of_piece(text, at)` says, one after another.
template <class EndOfPiece>
std::size_t cut_by(std::string_view text, std::size_t from, PieceBatch& batch,
                   EndOfPiece&& end_of_piece) {
    const ClassedText classed(text);
    while (from < text.size() && !batch.full()) {
        const std::size_t end = end_of_piece(classed, from);
        batch.add(from, end);
        from = end;
    }
    return from;
}

} // namespace firth::detail
