#pragma once

#include <cstdint>
#include <limits>

namespace firth {

/// The number of a symbol's row.
using Id = std::uint32_t;

/// No symbol.
inline constexpr Id no_id = (std::numeric_limits<Id>::max)();

} // namespace firth
