#!/usr/bin/env python3
"""Writes include/firth/text/unicode/detail/category_table.hpp: the general category of every character, from
UnicodeData.txt of Unicode 15.0.0 (Debian 12: package unicode-data)."""
import pathlib
import sys

CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co Cn".split()
BLOCK = 128
LAST = 0x32400  # beyond are planes with few ranges, which the header has in words


def categories(path):
    found = ["Cn"] * 0x110000
    first = None
    for line in open(path, encoding="ascii"):
        fields = line.split(";")
        point = int(fields[0], 16)
        if fields[1].endswith(", First>"):
            first = point
            continue
        for each in range(first if fields[1].endswith(", Last>") else point, point + 1):
            found[each] = fields[2]
    return found


def main():
    source = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/unicode/UnicodeData.txt"
    found = categories(source)
    for point in range(LAST, 0x110000):
        expected = ("Cf" if point == 0xE0001 or 0xE0020 <= point <= 0xE007F else
                    "Mn" if 0xE0100 <= point <= 0xE01EF else
                    "Co" if point >= 0xF0000 and point & 0xFFFF <= 0xFFFD else "Cn")
        assert found[point] == expected, hex(point)
    letters = [chr(ord("A") + CATEGORIES.index(each)) for each in found[:LAST]]
    letters = ["@" if each == "\\" else each for each in letters]  # no escapes
    assert "@" not in "".join(chr(ord("A") + i) for i in range(len(CATEGORIES)))
    blocks, index = [], []
    for begin in range(0, LAST, BLOCK):
        block = "".join(letters[begin:begin + BLOCK])
        if block not in blocks:
            blocks.append(block)
        index.append(blocks.index(block))
    assert len(blocks) <= 256
    out = ["#pragma once", "", "#include <array>", "#include <cstdint>", "", "namespace firth::detail {", "",
           "/// General categories of Unicode 15.0.0 below U+%X, in blocks of %d characters: the number of each block."
           % (LAST, BLOCK),
           "/// Written by cmake/unicode_categories.py.",
           "inline constexpr std::array<std::uint8_t, %d> category_blocks{{" % len(index),
           "    // clang-format off"]
    line = "   "
    for number in index:
        if len(line) + len(str(number)) + 2 > 120:
            out.append(line)
            line = "   "
        line += " %d," % number
    out += [line, "    // clang-format on", "}};", "",
            "/// The different blocks: a byte a character, the category's number from 'A' on, where '@' stands for a",
            "/// backslash.",
            "inline constexpr char categories[] ="]
    out.append("    // clang-format off")
    for i in range(0, len(blocks), 1):
        block = blocks[i]
        # A block of one category takes one short line all the same: no macro to repeat it.
        out.append('    "%s"' % block)
    out[-1] += ";"
    out += ["    // clang-format on", "", "} // namespace firth::detail", ""]
    target = pathlib.Path(__file__).parent.parent / "include/firth/text/unicode/detail/category_table.hpp"
    target.write_text("\n".join(out))
    print(len(blocks), "blocks")


main()
