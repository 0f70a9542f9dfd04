#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace firth {

/// Removes the first line from `text` and returns it without its newline; the last line needs none.
[[nodiscard]] inline std::string_view take_line(std::string_view& text) {
    const std::size_t size = (std::min)(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, size);
    text.remove_prefix((std::min)(size + 1, text.size()));
    return line;
}

/// The first `limit` fields of a line, separated by spaces, tabs and carriage returns.
[[nodiscard]] inline std::vector<std::string_view>
split_fields(std::string_view line, std::size_t limit = static_cast<std::size_t>(-1)) {
    std::vector<std::string_view> fields;
    while (fields.size() < limit) {
        line.remove_prefix((std::min)(line.find_first_not_of(" \t\r"), line.size()));
        if (line.empty()) break;
        const std::size_t end = (std::min)(line.find_first_of(" \t\r"), line.size());
        fields.push_back(line.substr(0, end));
        line.remove_prefix(end);
    }
    return fields;
}

} // namespace firth
