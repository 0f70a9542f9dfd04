#!/usr/bin/env python3
"""Writes include/firth/base/detail/fold_case_table.hpp: Unicode's simple case folding as ranges.

    python3 cmake/fold_case.py > include/firth/base/detail/fold_case_table.hpp

Python knows the full folding, which may make several characters of one; where it does, the simple one
is the lower case if that is one character (Unicode's CaseFolding.txt, status C and S).
"""

import sys
import unicodedata


def fold(point):
    folded = chr(point).casefold()
    if len(folded) != 1:
        folded = chr(point).lower()
    return ord(folded) if len(folded) == 1 else point


def ranges():
    """(first, last, step, distance): each step-th point of a range goes that far."""
    found = []
    for point in range(0x80, sys.maxunicode + 1):
        distance = fold(point) - point
        if distance == 0:
            continue
        if found:
            first, last, step, known = found[-1]
            gap = point - last
            if distance == known and (gap == step or (first == last and gap <= 2)):
                found[-1] = (first, point, gap, distance)
                continue
        found.append((point, point, 1, distance))
    return found


table = ranges()
print(f"""#pragma once

#include <array>
#include <cstdint>

namespace firth::detail {{

/// Characters `first`, `first + step`, ... `last` fold to those `distance` further on.
struct FoldedRange {{
    std::uint32_t first;
    std::uint32_t last;
    std::uint32_t step;
    std::int32_t distance;
}};

/// Simple case folding of Unicode {unicodedata.unidata_version} beyond ASCII, sorted. Written by cmake/fold_case.py.
inline constexpr std::array<FoldedRange, {len(table)}> folded_ranges{{{{
    // clang-format off""")
line = "   "
for first, last, step, distance in table:
    entry = f" {{0x{first:X}, 0x{last:X}, {step}, {distance}}},"
    if len(line) + len(entry) > 100:
        print(line)
        line = "   "
    line += entry
print(line)
print("""    // clang-format on
}};

} // namespace firth::detail""")
