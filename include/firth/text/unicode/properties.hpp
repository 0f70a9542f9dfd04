#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <firth/base/utf8.hpp>
#include <firth/text/unicode/general_category.hpp>

/// What tokenizers ask of a character.
namespace firth {

/// A character of a text and its length in bytes.
struct DecodedCharacter {
    std::uint32_t point;
    std::uint32_t length;
};

/// The character at byte `at` < text.size(). A byte that belongs to no UTF-8 sequence counts as
/// U+FFFD, alone.
[[nodiscard]] constexpr DecodedCharacter decode_utf8(std::string_view text,
                                                     std::size_t at) noexcept {
    const auto bits = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + i]));
    };
    if (bits(0) < 0x80) return {bits(0), 1};
    const std::size_t length = utf8_length(text.substr(at));
    if (length == 0) return {0xFFFD, 1};
    std::uint32_t point = bits(0) & (0x7Fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        point = point << 6 | (bits(i) & 0x3Fu);
    }
    return {point, static_cast<std::uint32_t>(length)};
}

/// L: Lu, Ll, Lt, Lm, Lo.
[[nodiscard]] constexpr bool is_letter(std::uint32_t point) noexcept {
    return general_category(point) <= GeneralCategory::other_letter;
}

/// M: Mn, Mc, Me.
[[nodiscard]] constexpr bool is_mark(std::uint32_t point) noexcept {
    const GeneralCategory category = general_category(point);
    return category >= GeneralCategory::nonspacing_mark &&
           category <= GeneralCategory::enclosing_mark;
}

/// N: Nd, Nl, No.
[[nodiscard]] constexpr bool is_numeric(std::uint32_t point) noexcept {
    const GeneralCategory category = general_category(point);
    return category >= GeneralCategory::decimal_number && category <= GeneralCategory::other_number;
}

/// P: Pc, Pd, Ps, Pe, Pi, Pf, Po.
[[nodiscard]] constexpr bool is_punctuation(std::uint32_t point) noexcept {
    const GeneralCategory category = general_category(point);
    return category >= GeneralCategory::connector_punctuation &&
           category <= GeneralCategory::other_punctuation;
}

/// The property White_Space (PropList.txt): not the zero-width space.
[[nodiscard]] constexpr bool is_white_space(std::uint32_t point) noexcept {
    if (point < 0x85) return point == ' ' || (point >= '\t' && point <= '\r');
    return point == 0x85 || point == 0xA0 || point == 0x1680 ||
           (point >= 0x2000 && point <= 0x200A) || point == 0x2028 || point == 0x2029 ||
           point == 0x202F || point == 0x205F || point == 0x3000;
}

/// What `\w` stands for in patterns (Unicode Technical Standard 18, annex C): Alphabetic, marks,
/// decimal numbers, connecting punctuation, joiners.
[[nodiscard]] constexpr bool is_word_character(std::uint32_t point) noexcept {
    const GeneralCategory category = general_category(point);
    return category <= GeneralCategory::letter_number ||
           category == GeneralCategory::connector_punctuation || point == 0x200C ||
           point == 0x200D || (point >= 0x24B6 && point <= 0x24E9) ||
           (point >= 0x1F130 && point <= 0x1F149) || (point >= 0x1F150 && point <= 0x1F169) ||
           (point >= 0x1F170 && point <= 0x1F189);
}

} // namespace firth
