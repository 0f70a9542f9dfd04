#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include <firth/base/fields.hpp>
#include <firth/base/number_text.hpp>
#include <firth/io/detail/text_rows.hpp>
#include <firth/table/embedding_table.hpp>

/// What the beginning of a text shows of its format: no single line decides.
namespace firth::detail {

/// A line that is not blank.
struct SampleLine {
    std::string_view text;     ///< without the spaces at its end
    std::size_t numbers = 0;   ///< how many it ends in, with something before them
    bool only_numbers = false; ///< what stands before them is a number, too
};

/// How many numbers the line ends in, with a space before each and something before that, up to
/// max_dim + 1.
inline std::size_t trailing_numbers(std::string_view line) {
    line = trim_line(line);
    std::size_t count = 0;
    while (count <= max_dim) {
        const std::size_t space = line.rfind(' ');
        if (space == line.npos || !is_number(line.substr(space + 1))) break;
        line = line.substr(0, space);
        ++count;
    }
    return count;
}

/// The first hundred lines, and no more than about four megabytes.
inline std::vector<SampleLine> sample_text(std::string_view text) {
    constexpr std::size_t most_lines = 100;
    constexpr std::size_t most_bytes = std::size_t{1} << 22;
    std::vector<SampleLine> lines;
    const char* const begin = text.data();
    while (!text.empty() && lines.size() < most_lines &&
           static_cast<std::size_t>(text.data() - begin) < most_bytes) {
        SampleLine line{trim_line(take_line(text))};
        if (line.text.empty()) continue;
        line.numbers = trailing_numbers(line.text);
        line.only_numbers =
            is_number(line.text.substr(0, line.text.find(' '))) &&
            line.numbers ==
                static_cast<std::size_t>(std::count(line.text.begin(), line.text.end(), ' '));
        lines.push_back(line);
    }
    return lines;
}

/// The number of numbers that most lines end in (the larger one of two that are equally common),
/// and how many lines do. A first line of numbers alone, such as a header, has no say where there
/// are others.
struct CommonNumbers {
    std::size_t numbers = 0;
    std::size_t lines = 0;
    std::size_t asked = 0; ///< lines that had a say
};

inline CommonNumbers common_numbers(const std::vector<SampleLine>& lines) {
    CommonNumbers common;
    std::vector<std::size_t> counts;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (i == 0 && lines.size() > 1 && lines[0].only_numbers) continue;
        counts.push_back(lines[i].numbers);
    }
    common.asked = counts.size();
    std::sort(counts.begin(), counts.end());
    for (std::size_t begin = 0; begin < counts.size();) {
        std::size_t end = begin;
        while (end < counts.size() && counts[end] == counts[begin]) {
            ++end;
        }
        if (end - begin >= common.lines) common = {counts[begin], end - begin, counts.size()};
        begin = end;
    }
    return common;
}

} // namespace firth::detail
