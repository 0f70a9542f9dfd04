#!/usr/bin/env python3
"""Writes include/firth/text/unicode/detail/{case,decomposition}_table.hpp from UnicodeData.txt,
CompositionExclusions.txt and SpecialCasing.txt of Unicode 15.0.0 (Debian 12: package unicode-data).

    python3 cmake/unicode_tables.py [FOLDER]
"""
import pathlib
import sys

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/unicode")
TARGET = pathlib.Path(__file__).parent.parent / "include/firth/text/unicode/detail"
BLOCK = 32
HANGUL = range(0xAC00, 0xD7A4)
COMPATIBILITY, EXCLUDED, JOINS, OFFSET = 0x20, 0x20000, 0x10000, 0xFFFF

lower, mapping, compatibility, ccc = {}, {}, set(), {}
for line in open(FOLDER / "UnicodeData.txt", encoding="ascii"):
    fields = line.split(";")
    point = int(fields[0], 16)
    if fields[13]:
        lower[point] = int(fields[13], 16)
    if fields[3] != "0":
        ccc[point] = int(fields[3])
    if fields[5]:
        parts = fields[5].split()
        if parts[0].startswith("<"):
            compatibility.add(point)
            parts = parts[1:]
        mapping[point] = [int(each, 16) for each in parts]
excluded = {int(line.split()[0], 16) for line in open(FOLDER / "CompositionExclusions.txt", encoding="utf-8")
            if line[:1].isalnum()}
several = {int(line.split(";")[0], 16) for line in open(FOLDER / "SpecialCasing.txt", encoding="utf-8")
           if line[:1].isalnum() and len(line.split(";")[1].split()) > 1 and not line.split(";")[4].strip(" \n").split("#")[0]}
assert several == {0x130}, several  # the header has this one in words


def full(point):
    """The compatibility decomposition."""
    if point not in mapping:
        return [point]
    return [each for part in mapping[point] for each in full(part)]


def canonical(point):
    if point not in mapping or point in compatibility:
        return [point]
    return [each for part in mapping[point] for each in canonical(part)]


# Primary composites: a canonical pair, not excluded, and neither it nor its first part a non-starter.
composites = {tuple(parts): point for point, parts in mapping.items()
              if point not in compatibility and len(parts) == 2 and point not in excluded
              and point not in ccc and parts[0] not in ccc}
seconds = {second for _, second in composites} | set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))


def digits(number, count):
    """Base 64 from '0' on, the highest first: a source of numbers would be twice as long."""
    assert 0 <= number < 64 ** count
    return "".join(chr(ord("0") + (number >> 6 * i & 63)) for i in reversed(range(count)))


data, places, entries = "0", {}, {}
for point in sorted(set(mapping) | set(ccc) | seconds):
    entry = 0
    if point in mapping:
        is_compatible = point in compatibility
        parts = full(point) if is_compatible else mapping[point]
        assert len(parts) < COMPATIBILITY
        key = (is_compatible, *parts)
        if key not in places:
            places[key] = len(data)
            data += digits(len(parts) | (COMPATIBILITY if is_compatible else 0), 1)
            data += "".join(digits(each, 3) for each in parts)
        entry = places[key]
        if not is_compatible and composites.get(tuple(parts)) != point:
            entry |= EXCLUDED
    if any(each[0] in ccc or each[0] in seconds for each in (full(point), canonical(point))) or point in ccc:
        entry |= JOINS
    entries[point] = entry
assert len(data) <= OFFSET
print(len(data), "digits of", len(places), "decompositions")

last = (max(entries) // BLOCK + 1) * BLOCK
blocks, index = [], []
for begin in range(0, last, BLOCK):
    block = [entries.get(point, 0) for point in range(begin, begin + BLOCK)]
    if block not in blocks:
        blocks.append(block)
    index.append(blocks.index(block))
print(len(blocks), "blocks,", len(index), "in the index")


def lines(numbers):
    """Numbers in lines of 120."""
    made, line = [], "   "
    for each in numbers:
        if len(line) + len(each) + 2 > 120:
            made.append(line)
            line = "   "
        line += " " + each + ","
    return made + [line]


def literal(comment, name, text):
    """Lines of a string, raw since any character of 0 to o may be in it."""
    return [*("/// " + each for each in comment), f"inline constexpr char {name}[] =", "    // clang-format off",
            *(f'    R"({text[at:at + 110]})"' for at in range(0, len(text), 110)), "    ;",
            "    // clang-format on", ""]


def ranges(pairs):
    """(first, last, value) of neighbours with one value."""
    found = []
    for point, value in sorted(pairs):
        if found and found[-1][1] + 1 == point and found[-1][2] == value:
            found[-1] = (found[-1][0], point, value)
        else:
            found.append((point, point, value))
    return found


def write(name, includes, body):
    head = ["#pragma once", "", *(f"#include <{each}>" for each in includes), "", "namespace firth::detail {", ""]
    (TARGET / name).write_text("\n".join(head + body + ["} // namespace firth::detail", ""]))


classes = ranges(ccc.items())
write("decomposition_table.hpp", ["array", "cstdint"], [
    "// Tables of Unicode 15.0.0, written by cmake/unicode_tables.py. Numbers are digits of base 64 from '0' on, the",
    "// highest first.", "",
    f"inline constexpr std::uint32_t decomposition_limit = 0x{last:X};", "",
    *literal([f"By blocks of {BLOCK} characters below the limit, two digits: the number of each block."],
             "decomposition_blocks", "".join(digits(each, 2) for each in index)),
    *literal(["The different blocks. Of each character three digits: 0x20000 where it is never composed, 0x10000 where",
              "it may follow another in what is sorted or composed, and a place in `decompositions`, or 0."],
             "decomposition_entries", "".join(digits(each, 3) for block in blocks for each in block)),
    *literal(["Of each decomposition: one digit, how many characters it has, 0x20 added where it is one of",
              "compatibility; three digits each, the characters: canonical ones by one step, the others whole."],
             "decompositions", data),
    *literal(["The characters that a pair composes to, sorted by the pair: three digits each."],
             "composites", "".join(digits(composites[pair], 3) for pair in sorted(composites))),
    "/// Characters of one combining class.",
    "struct CombiningRange {", "    std::uint32_t first;", "    std::uint32_t last;",
    "    std::uint8_t combining_class;", "};", "",
    "/// The combining classes but 0, sorted.",
    f"inline constexpr std::array<CombiningRange, {len(classes)}> combining_ranges{{{{",
    "    // clang-format off",
    *lines([f"{{0x{a:X}, 0x{b:X}, {c}}}" for a, b, c in classes]),
    "    // clang-format on", "}};", ""])

# As in case folding: each step-th point of a range goes that far.
found = []
for point in sorted(lower):
    distance = lower[point] - point
    if point < 0x80:
        continue
    if found:
        first, end, step, known = found[-1]
        gap = point - end
        if distance == known and (gap == step or (first == end and gap <= 2)):
            found[-1] = (first, point, gap, distance)
            continue
    found.append((point, point, 1, distance))
print(len(found), "ranges of lower case")
write("case_table.hpp", ["array", "cstdint"], [
    "/// Characters `first`, `first + step`, ... `last` have the lower case `distance` further on.",
    "struct LowerCaseRange {", "    std::uint32_t first;", "    std::uint32_t last;", "    std::uint32_t step;",
    "    std::int32_t distance;", "};", "",
    "/// Simple lower case of Unicode 15.0.0 beyond ASCII, sorted. Written by cmake/unicode_tables.py.",
    f"inline constexpr std::array<LowerCaseRange, {len(found)}> lower_case_ranges{{{{",
    "    // clang-format off",
    *lines([f"{{0x{a:X}, 0x{b:X}, {c}, {d}}}" for a, b, c, d in found]),
    "    // clang-format on", "}};", ""])
