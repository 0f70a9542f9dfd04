#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/utf8.hpp>
#include <firth/text/piece_batch.hpp>
#include <firth/text/pre_tokenizers/detail/character_set.hpp>
#include <firth/text/pre_tokenizers/split_behavior.hpp>
#include <firth/text/unicode/properties.hpp>

namespace firth {

namespace detail {

/// A regular expression of alternatives, each of characters of some kinds, so many of each:
///
///     's|'t|\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+(?!\S)|\s+
///
/// The first alternative that matches wins; each kind takes as many as it can and gives back.
class KindPattern {
public:
    /// So many characters of a set; or none, where the next one may not be of it.
    struct Item {
        CharacterSet set{};
        std::size_t least = 1;
        std::size_t most = 1;
        bool is_not_ahead = false;
        bool operator==(const Item&) const = default;
    };

    /// The pattern of a regular expression; none where it has anything else.
    [[nodiscard]] static std::optional<KindPattern> parse(std::string_view regex) {
        KindPattern made;
        made.alternatives_.emplace_back();
        for (std::size_t at = 0; at < regex.size();) {
            if (regex[at] == '|') {
                if (made.alternatives_.back().empty()) return std::nullopt;
                made.alternatives_.emplace_back();
                ++at;
                continue;
            }
            Item item;
            constexpr std::string_view not_ahead = "(?!";
            item.is_not_ahead = regex.substr(at).starts_with(not_ahead);
            if (item.is_not_ahead) at += not_ahead.size();
            if (!CharacterSet::parse(regex, at, item.set)) return std::nullopt;
            if (item.is_not_ahead) {
                if (at == regex.size() || regex[at++] != ')') return std::nullopt;
            } else if (!parse_counts(regex, at, item)) {
                return std::nullopt;
            }
            made.add(std::move(item));
        }
        if (made.alternatives_.back().empty()) return std::nullopt;
        return made;
    }

    /// True where a match takes time for what it matches, and a few characters, alone: one run of a
    /// set, behind one character of another or none.
    [[nodiscard]] bool is_one_run() const noexcept {
        constexpr std::size_t few = 16;
        if (alternatives_.size() != 1) return false;
        const std::vector<Item>& items = alternatives_[0];
        const Item& run = items.back();
        if (run.is_not_ahead || run.least == 0 || run.least > few || items.size() > 2) return false;
        return items.size() == 1 || (!items[0].is_not_ahead && items[0].most == 1);
    }

    /// The end of a match at `at`, or `at` where there is none.
    [[nodiscard]] std::size_t match(std::string_view text, std::size_t at) const noexcept {
        for (const std::vector<Item>& items : alternatives_) {
            if (const std::size_t end = match(text, at, items); end != no_match) return end;
        }
        return at;
    }

    bool operator==(const KindPattern&) const = default;

private:
    static constexpr std::size_t no_match = ~std::size_t(0);
    static constexpr std::size_t no_end = (std::numeric_limits<std::size_t>::max)();

    static bool parse_counts(std::string_view regex, std::size_t& at, Item& item) {
        if (at == regex.size()) return true;
        const auto number = [&](std::size_t& to) {
            const std::size_t begin = at;
            to = 0;
            while (at < regex.size() && regex[at] >= '0' && regex[at] <= '9' && at - begin < 4) {
                to = 10 * to + static_cast<std::size_t>(regex[at++] - '0');
            }
            return at != begin;
        };
        switch (regex[at]) {
        case '?':
            item.least = 0;
            break;
        case '*':
            item.least = 0;
            item.most = no_end;
            break;
        case '+':
            item.most = no_end;
            break;
        case '{':
            ++at;
            if (!number(item.least)) return false;
            item.most = item.least;
            if (at < regex.size() && regex[at] == ',') {
                ++at;
                if (!number(item.most)) item.most = no_end;
            }
            if (at == regex.size() || regex[at] != '}' || item.most == 0 || item.most < item.least)
                return false;
            break;
        default:
            return true;
        }
        ++at;
        // Those that give nothing back, or take as few as they can.
        return at == regex.size() ||
               (regex[at] != '+' && regex[at] != '?' && regex[at] != '*' && regex[at] != '{');
    }

    /// [0-9][0-9] is [0-9]{2}.
    void add(Item item) {
        std::vector<Item>& items = alternatives_.back();
        const auto is_fixed = [](const Item& each) {
            return !each.is_not_ahead && each.least == each.most;
        };
        if (!items.empty() && is_fixed(item) && is_fixed(items.back()) &&
            item.set == items.back().set) {
            items.back().least += item.least;
            items.back().most += item.most;
        } else {
            items.push_back(std::move(item));
        }
    }

    [[nodiscard]] static std::size_t match(std::string_view text, std::size_t at,
                                           std::span<const Item> items) noexcept {
        if (items.empty()) return at;
        const Item& item = items[0];
        const auto rest = items.subspan(1);
        if (item.is_not_ahead) {
            if (at < text.size() && item.set.has(decode_utf8(text, at).point)) return no_match;
            return match(text, at, rest);
        }
        std::size_t count = 0;
        std::size_t end = at;
        while (count < item.most && end < text.size()) {
            const DecodedCharacter next = decode_utf8(text, end);
            if (!item.set.has(next.point)) break;
            end += next.length;
            ++count;
        }
        for (; count >= item.least; --count) {
            if (const std::size_t whole = match(text, end, rest); whole != no_match) return whole;
            if (count == 0) break;
            end = character_before(text, end);
        }
        return no_match;
    }

    /// Where the character that ends at `end` begins.
    [[nodiscard]] static std::size_t character_before(std::string_view text,
                                                      std::size_t end) noexcept {
        for (std::size_t length = 2; length <= 4 && length <= end; ++length) {
            if (utf8_length(text.substr(end - length, length)) == length) return end - length;
        }
        return end - 1;
    }

    std::vector<std::vector<Item>> alternatives_;
};

} // namespace detail

/// A `PreTokenizer`: cut by the matches of a pattern, found from the left. What does not match
/// stands between them.
class PatternSplit {
public:
    /// None for a regular expression that is not among the known ones: runs of one kind of
    /// characters, behind one of another kind or none (\s?\p{L}+, [0-9]{3}), and those of models in
    /// use. However they are spelled, others may take long for some texts.
    [[nodiscard]] static std::optional<PatternSplit> of(std::string regex, SplitBehavior behavior,
                                                        bool inverted) {
        constexpr std::size_t longest = 4096; // that is looked at: a hostile one may have any size
        if (regex.size() > longest) return std::nullopt;
        std::optional<detail::KindPattern> pattern = detail::KindPattern::parse(regex);
        if (!pattern) return std::nullopt;
        const auto is_same = [&](std::string_view known) {
            return detail::KindPattern::parse(known) == pattern;
        };
        if (!pattern->is_one_run() && std::none_of(in_use.begin(), in_use.end(), is_same))
            return std::nullopt;
        return PatternSplit(std::move(regex), *std::move(pattern), behavior, inverted);
    }

    std::size_t operator()(std::string_view text, std::size_t from, PieceBatch& to) const {
        return detail::cut_by_parts(text, from, to, behavior_, [&](std::size_t at) {
            std::size_t end = pattern_.match(text, at);
            if (end != at) return detail::TextPart{end, !inverted_};
            do {
                end += decode_utf8(text, end).length;
            } while (end < text.size() && pattern_.match(text, end) == end);
            return detail::TextPart{end, inverted_};
        });
    }

    [[nodiscard]] const std::string& regex() const noexcept { return regex_; }
    [[nodiscard]] SplitBehavior behavior() const noexcept { return behavior_; }
    [[nodiscard]] bool inverted() const noexcept { return inverted_; }

    [[nodiscard]] std::string settings() const {
        return "split by " + regex_ + ' ' + std::string(name_of(behavior_)) +
               (inverted_ ? " inverted" : "");
    }

private:
    PatternSplit(std::string regex, detail::KindPattern pattern, SplitBehavior behavior,
                 bool inverted)
        : regex_(std::move(regex)), pattern_(std::move(pattern)), behavior_(behavior),
          inverted_(inverted) {}

    /// CLIP's, and the last of DeepSeek-V3's three.
    static constexpr std::array<std::string_view, 3> in_use{
        R"('s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)",
        R"(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)",
        R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};

    std::string regex_;
    detail::KindPattern pattern_;
    SplitBehavior behavior_;
    bool inverted_;
};

static_assert(PreTokenizer<PatternSplit>);

} // namespace firth
