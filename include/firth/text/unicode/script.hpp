#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <firth/text/unicode/detail/script_table.hpp>

namespace firth {

/// The script that a character belongs to (Unicode Standard Annex 24), of Unicode 15.0: `common`
/// for digits and marks of punctuation, `inherited` for accents, which take that of their letter,
/// `unknown` for what is not assigned. A bisection.
[[nodiscard]] constexpr Script script_of(std::uint32_t point) noexcept {
    const auto& begins = detail::script_begins;
    const auto after = std::upper_bound(begins.begin(), begins.end(), point);
    return static_cast<Script>(
        detail::stretch_scripts[static_cast<std::size_t>(after - begins.begin()) - 1]);
}

} // namespace firth
