#pragma once

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/table/id.hpp>
#include <firth/text/detail/base64.hpp>
#include <firth/text/tokenizers/bpe.hpp>
#include <firth/text/tokenizers/token_table.hpp>

namespace firth {

/// The model of tiktoken's ranks: lines of a token in base64, a space and its rank, which is its
/// id. Throws `FormatError`, naming `name` and the line, where one is not of this form.
[[nodiscard]] inline Bpe parse_tiktoken(std::string_view text, const std::string& name) {
    std::string bytes;
    std::vector<std::pair<std::size_t, Id>> ends; // of the tokens in `bytes`
    std::size_t line_number = 0;
    while (!text.empty()) {
        ++line_number;
        const std::size_t line_end = text.find('\n');
        std::string_view line = text.substr(0, line_end);
        text.remove_prefix(line_end == text.npos ? text.size() : line_end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        const std::size_t space = line.find(' ');
        Id rank = 0;
        const char* const end = line.data() + line.size();
        const auto is_rank = [&](const char* begin) {
            const std::from_chars_result parsed = std::from_chars(begin, end, rank);
            return parsed.ec == std::errc() && parsed.ptr == end && rank != no_id;
        };
        if (space == line.npos || !detail::append_base64(line.substr(0, space), bytes) ||
            !is_rank(line.data() + space + 1)) {
            throw FormatError(name + ", line " + std::to_string(line_number) +
                              ": expected a token in base64, a space and its rank");
        }
        ends.emplace_back(bytes.size(), rank);
    }
    std::vector<std::pair<std::string_view, Id>> tokens;
    tokens.reserve(ends.size());
    std::size_t begin = 0;
    for (const auto& [end, id] : ends) {
        tokens.emplace_back(std::string_view(bytes).substr(begin, end - begin), id);
        begin = end;
    }
    return Bpe::from_ranks(TokenTable(tokens, name));
}

} // namespace firth
