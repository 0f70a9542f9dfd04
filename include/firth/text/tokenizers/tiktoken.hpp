#pragma once

#include <algorithm>
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
#include <firth/text/tokenizers/bpe_merges.hpp>
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

/// Ranks as tiktoken has them, of a model that was read from such, or of one of bytes whose merges
/// say the same: each makes the next token, of the two that merges of lower ranks leave of its
/// bytes. Tokens that no merge makes (special ones) are left out, since the model never finds them.
/// Throws `FormatError` for other models.
[[nodiscard]] inline std::string format_tiktoken(const Bpe& model) {
    const auto refuse = [](const std::string& why) {
        throw FormatError("ranks of tiktoken cannot be written: " + why);
    };
    const BpeOptions& options = model.options();
    if (!options.bytes || !options.unknown.empty() || !options.continuing_prefix.empty() ||
        !options.end_suffix.empty()) {
        refuse("they are of bytes alone, without an unknown token, a prefix and a suffix");
    }
    std::vector<bool> kept(model.size());
    const auto keep_if = [&](auto&& is_kept) {
        for (Id id = 0; id < model.size(); ++id) {
            kept[id] = model.tokens().contains(id) && is_kept(id);
        }
    };
    if (model.by_ranks()) {
        keep_if([](Id) { return true; });
    } else {
        const std::vector<Bpe::Rule> rules = bpe_merges(model);
        std::vector<bool> made(model.size());
        for (std::size_t i = 0; i < rules.size(); ++i) {
            made[rules[i].token] = true;
            if (i != 0 && rules[i - 1].token >= rules[i].token) {
                refuse("the token " + std::to_string(rules[i].token) +
                       " is merged after a higher one");
            }
        }
        keep_if([&](Id id) {
            return made[id] || model.token(id).size() == 1 || options.ignore_merges;
        });
        std::vector<std::pair<std::string_view, Id>> tokens;
        for (Id id = 0; id < model.size(); ++id) {
            if (kept[id]) tokens.emplace_back(model.token(id), id);
        }
        const std::vector<Bpe::Rule> found =
            bpe_merges(Bpe::from_ranks(TokenTable(tokens, "a model of bytes")));
        for (std::size_t i = 0; i < (std::max)(rules.size(), found.size()); ++i) {
            if (i < rules.size() && i < found.size() && rules[i] == found[i]) continue;
            const Id token =
                i < found.size() && (i >= rules.size() || found[i].token < rules[i].token)
                    ? found[i].token
                    : rules[i].token;
            refuse("the token " + std::to_string(token) +
                   " is not made of the two that lower ranks leave of its bytes");
        }
    }
    std::string text;
    for (Id id = 0; id < model.size(); ++id) {
        if (kept[id]) text += detail::base64_of(model.token(id)) + ' ' + std::to_string(id) + '\n';
    }
    return text;
}

} // namespace firth
