#!/usr/bin/env python3
"""Writes include/firth/text/unicode/detail/script_table.hpp: the script of every character, from Scripts.txt of
Unicode 15.0.0 (Debian 12: package unicode-data)."""
import pathlib
import sys


def main():
    source = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/unicode/Scripts.txt"
    lines = open(source, encoding="utf-8").read().splitlines()
    assert lines[0] == "# Scripts-15.0.0.txt"
    found = ["Unknown"] * 0x110000
    for line in lines:
        fields = line.split("#")[0].split(";")
        if len(fields) != 2:
            continue
        ends = fields[0].strip().split("..")
        for point in range(int(ends[0], 16), int(ends[-1], 16) + 1):
            found[point] = fields[1].strip()
    first = ["Common", "Inherited", "Unknown"]
    names = first + sorted(set(found) - set(first))
    assert len(names) <= 256
    begins = [point for point in range(0x110000) if point == 0 or found[point] != found[point - 1]]
    out = ["#pragma once", "", "#include <array>", "#include <cstdint>", "", "namespace firth {", "",
           "/// The scripts of Unicode 15.0.0, by their long names. Written by cmake/unicode_scripts.py.",
           "enum class Script : std::uint8_t {", "    // clang-format off"]

    def rows(items):
        line = "   "
        for item in items:
            if len(line) + len(item) + 2 > 120:
                out.append(line)
                line = "   "
            line += " %s," % item
        out.append(line)

    rows([name.lower() for name in names])
    out.extend(["    // clang-format on", "};", "", "namespace detail {", "",
                "/// Where the script changes: the first character of each stretch of one script.",
                "inline constexpr std::array<std::uint32_t, %d> script_begins{{" % len(begins), "    // clang-format off"])
    rows(["0x%X" % point for point in begins])
    out.extend(["    // clang-format on", "}};", "", "/// The script of each stretch.",
                "inline constexpr std::array<std::uint8_t, %d> stretch_scripts{{" % len(begins), "    // clang-format off"])
    rows([str(names.index(found[point])) for point in begins])
    out.extend(["    // clang-format on", "}};", "", "} // namespace detail", "", "} // namespace firth", ""])
    target = pathlib.Path(__file__).parent.parent / "include/firth/text/unicode/detail/script_table.hpp"
    target.write_text("\n".join(out))
    print(len(begins), "stretches of", len(names), "scripts")


main()
