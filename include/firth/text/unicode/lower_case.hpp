#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include <firth/base/utf8.hpp>
#include <firth/text/unicode/detail/case_table.hpp>

namespace firth {

/// The lower case of a character as one character: Unicode's simple mapping
/// (UnicodeData.txt, 15.0). U+0130, the capital I with a dot, becomes `i` here.
[[nodiscard]] constexpr std::uint32_t lower_case(std::uint32_t point) noexcept {
    if (point < 0x80) return point >= 'A' && point <= 'Z' ? point + ('a' - 'A') : point;
    const auto& ranges = detail::lower_case_ranges;
    const auto range = std::lower_bound(
        ranges.begin(), ranges.end(), point,
        [](const detail::LowerCaseRange& each, std::uint32_t value) { return each.last < value; });
    if (range == ranges.end() || point < range->first || (point - range->first) % range->step != 0)
        return point;
    return static_cast<std::uint32_t>(static_cast<std::int64_t>(point) + range->distance);
}

/// Appends the lower case of a character, by itself alone: a sigma is never final, and U+0130, the
/// only one that becomes two, is `i` and U+0307 (SpecialCasing.txt).
inline void append_lower_case(std::string& to, std::uint32_t point) {
    append_utf8(to, lower_case(point));
    if (point == 0x130) append_utf8(to, 0x307);
}

} // namespace firth
