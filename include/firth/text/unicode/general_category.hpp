#pragma once

#include <cstddef>
#include <cstdint>

#include <firth/text/unicode/detail/category_table.hpp>

namespace firth {

/// What kind of character it is, as the Unicode standard says (chapter 4.5), version 15.0.
enum class GeneralCategory : std::uint8_t {
    uppercase_letter,      // Lu
    lowercase_letter,      // Ll
    titlecase_letter,      // Lt
    modifier_letter,       // Lm
    other_letter,          // Lo
    nonspacing_mark,       // Mn
    spacing_mark,          // Mc
    enclosing_mark,        // Me
    decimal_number,        // Nd
    letter_number,         // Nl
    other_number,          // No
    connector_punctuation, // Pc
    dash_punctuation,      // Pd
    open_punctuation,      // Ps
    close_punctuation,     // Pe
    initial_punctuation,   // Pi
    final_punctuation,     // Pf
    other_punctuation,     // Po
    math_symbol,           // Sm
    currency_symbol,       // Sc
    modifier_symbol,       // Sk
    other_symbol,          // So
    space_separator,       // Zs
    line_separator,        // Zl
    paragraph_separator,   // Zp
    control,               // Cc
    format,                // Cf
    surrogate,             // Cs
    private_use,           // Co
    unassigned,            // Cn
};

/// The category of a character; of numbers that are none, `unassigned`. Two look-ups.
[[nodiscard]] constexpr GeneralCategory general_category(std::uint32_t point) noexcept {
    constexpr std::uint32_t block = 128;
    if (point < detail::category_blocks.size() * block) {
        const std::size_t number = detail::category_blocks[point / block];
        const char letter = detail::categories[number * block + point % block];
        return static_cast<GeneralCategory>(letter == '@' ? '\\' - 'A' : letter - 'A');
    }
    if (point == 0xE0001 || (point >= 0xE0020 && point <= 0xE007F)) return GeneralCategory::format;
    if (point >= 0xE0100 && point <= 0xE01EF) return GeneralCategory::nonspacing_mark;
    if (point >= 0xF0000 && point <= 0x10FFFF && (point & 0xFFFF) <= 0xFFFD)
        return GeneralCategory::private_use;
    return GeneralCategory::unassigned;
}

} // namespace firth
