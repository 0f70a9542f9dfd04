#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <firth/base/detail/fold_case_table.hpp>
#include <firth/base/utf8.hpp>

namespace firth {

/// The character that `point` counts as where case does not matter: Unicode's simple case folding
/// (CaseFolding.txt, status C and S), one character for one. Other characters, and numbers that are
/// not characters, stay.
[[nodiscard]] constexpr std::uint32_t fold_point(std::uint32_t point) noexcept {
    if (point < 0x80) return point >= 'A' && point <= 'Z' ? point + ('a' - 'A') : point;
    const auto& ranges = detail::folded_ranges;
    const auto range = std::lower_bound(
        ranges.begin(), ranges.end(), point,
        [](const detail::FoldedRange& each, std::uint32_t value) { return each.last < value; });
    if (range == ranges.end() || point < range->first || (point - range->first) % range->step != 0)
        return point;
    return static_cast<std::uint32_t>(static_cast<std::int64_t>(point) + range->distance);
}

/// The word with Unicode's simple case folding applied to the letters of every script: capitals
/// become small letters, and variants of a small letter (a final sigma) the usual one. Bytes that
/// are not UTF-8 stay. Needs no locale; letters and combining accents are not composed, and the
/// Turkish dotted I stays.
[[nodiscard]] inline std::string fold_case(std::string_view word) {
    std::string folded;
    folded.reserve(word.size());
    while (!word.empty()) {
        const std::size_t length = utf8_length(word);
        const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(word[i]); };
        if (length <= 1) {
            folded += length == 0 ? word[0] : static_cast<char>(fold_point(byte(0)));
        } else {
            std::uint32_t point = byte(0) & (0x7Fu >> length);
            for (std::size_t i = 1; i < length; ++i) {
                point = point << 6 | (byte(i) & 0x3Fu);
            }
            const std::uint32_t to = fold_point(point);
            if (to == point) {
                folded += word.substr(0, length);
            } else {
                append_utf8(folded, to);
            }
        }
        word.remove_prefix((std::max<std::size_t>)(length, 1));
    }
    return folded;
}

/// The word with A-Z replaced by a-z; other bytes stay.
[[nodiscard]] inline std::string fold_ascii(std::string_view word) {
    std::string folded(word);
    for (char& byte : folded) {
        if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
    }
    return folded;
}

} // namespace firth
