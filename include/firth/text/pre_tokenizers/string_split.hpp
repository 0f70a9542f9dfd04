#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <firth/text/piece_batch.hpp>
#include <firth/text/pre_tokenizers/split_behavior.hpp>

namespace firth {

/// A `PreTokenizer`: cut by each place where a text stands, found from the left; an empty one is
/// found nowhere.
struct StringSplit {
    std::string pattern;
    SplitBehavior behavior = SplitBehavior::isolated;
    /// What becomes of the found text becomes of the rest, and the other way round.
    bool inverted = false;
    bool operator==(const StringSplit&) const = default;

    std::size_t operator()(std::string_view text, std::size_t from, PieceBatch& to) const {
        return detail::cut_by_parts(text, from, to, behavior, [&](std::size_t at) {
            if (pattern.empty()) return detail::TextPart{text.size(), inverted};
            if (text.substr(at).starts_with(pattern))
                return detail::TextPart{at + pattern.size(), !inverted};
            return detail::TextPart{(std::min)(text.find(pattern, at), text.size()), inverted};
        });
    }

    [[nodiscard]] std::string settings() const {
        return "split " + std::to_string(pattern.size()) + ' ' + pattern + ' ' +
               std::string(name_of(behavior)) + (inverted ? " inverted" : "");
    }
};

static_assert(PreTokenizer<StringSplit>);

} // namespace firth
