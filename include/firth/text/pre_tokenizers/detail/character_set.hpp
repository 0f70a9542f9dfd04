#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/text/unicode/general_category.hpp>
#include <firth/text/unicode/properties.hpp>

namespace firth::detail {

/// Characters as regular expressions name them: a character, \p{L}, \s, [^\r\n\p{N}a-z].
class CharacterSet {
public:
    [[nodiscard]] bool has(std::uint32_t point) const noexcept {
        return point < ascii_.size() ? ascii_[point] : finds(point);
    }

    /// Reads the set at `at` and moves `at` past it. False if there is none, or if it has anything
    /// but characters, ranges, categories, \s and \d.
    static bool parse(std::string_view regex, std::size_t& at, CharacterSet& to) {
        if (at == regex.size()) return false;
        if (regex[at] == '[') {
            if (!to.read_brackets(regex, at, 0)) return false;
        } else if (regex[at] == '\\' && regex.substr(at + 1).starts_with('S')) {
            at += 2;
            to.spaces_ = to.negated_ = true;
        } else {
            constexpr std::string_view others = ".^$*+?()]{}|";
            if (others.find(regex[at]) != others.npos || !to.read_member(regex, at, false))
                return false;
        }
        to.finish();
        return true;
    }

    bool operator==(const CharacterSet&) const = default;

private:
    using Range = std::pair<std::uint32_t, std::uint32_t>; ///< of characters, both of them in it

    [[nodiscard]] bool finds(std::uint32_t point) const noexcept {
        const auto category = static_cast<unsigned>(general_category(point));
        const bool found = (categories_ >> category & 1) != 0 ||
                           (spaces_ && is_white_space(point)) ||
                           std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& each) {
                               return point >= each.first && point <= each.second;
                           });
        return found != negated_;
    }

    /// [...]; sets within a set are part of it.
    bool read_brackets(std::string_view regex, std::size_t& at, int depth) {
        constexpr int deepest = 4;
        ++at;
        if (at < regex.size() && regex[at] == '^') {
            if (depth != 0) return false;
            negated_ = true;
            ++at;
        }
        const std::size_t begin = at;
        while (at < regex.size() && regex[at] != ']') {
            const std::string_view rest = regex.substr(at);
            if (rest.starts_with("[:") || rest.starts_with("&&") || depth == deepest) return false;
            if (rest[0] == '[') {
                if (!read_brackets(regex, at, depth + 1)) return false;
            } else if (!read_member(regex, at, true)) {
                return false;
            }
        }
        if (at == regex.size() || at == begin) return false;
        ++at;
        return true;
    }

    /// A character, a category or a class; in brackets a range, too.
    bool read_member(std::string_view regex, std::size_t& at, bool in_brackets) {
        if (regex.substr(at).starts_with("\\s")) {
            spaces_ = true;
            at += 2;
            return true;
        }
        if (regex.substr(at).starts_with("\\d")) {
            add_category(GeneralCategory::decimal_number);
            at += 2;
            return true;
        }
        if (regex.substr(at).starts_with("\\p{")) return read_category(regex, at);
        std::uint32_t first = 0;
        if (!read_character(regex, at, first)) return false;
        std::uint32_t last = first;
        if (in_brackets && at + 1 < regex.size() && regex[at] == '-' && regex[at + 1] != ']') {
            ++at;
            if (!read_character(regex, at, last)) return false;
        }
        ranges_.emplace_back(first, last);
        return first <= last;
    }

    /// One that stands for itself, or behind a backslash.
    static bool read_character(std::string_view regex, std::size_t& at, std::uint32_t& to) {
        const DecodedCharacter next = decode_utf8(regex, at);
        at += next.length;
        to = next.point;
        if (to == '[') return false; // a set cannot end a range
        if (to != '\\') return true;
        if (at == regex.size()) return false;
        const char escaped = regex[at++];
        switch (escaped) {
        case 'r':
            to = '\r';
            return true;
        case 'n':
            to = '\n';
            return true;
        case 't':
            to = '\t';
            return true;
        default:
            to = static_cast<unsigned char>(escaped);
            return (to > ' ' && to < '0') || (to > '9' && to < 'A') || (to > 'Z' && to < 'a') ||
                   (to > 'z' && to < 0x7F);
        }
    }

    /// \p{L}, \p{Lu}.
    bool read_category(std::string_view regex, std::size_t& at) {
        constexpr std::string_view names = "LuLlLtLmLoMnMcMeNdNlNoPcPdPsPePiPfPoSmScSkSoZsZlZp"
                                           "CcCfCsCoCn"; // in the order of the enumeration
        const std::size_t end = regex.find('}', at);
        if (end == regex.npos) return false;
        const std::string_view name = regex.substr(at + 3, end - at - 3);
        at = end + 1;
        bool is_known = false;
        for (std::size_t i = 0; 2 * i < names.size() && !name.empty() && name.size() <= 2; ++i) {
            if (!names.substr(2 * i, 2).starts_with(name)) continue;
            add_category(static_cast<GeneralCategory>(i));
            is_known = true;
        }
        return is_known;
    }

    void add_category(GeneralCategory category) {
        categories_ |= std::uint32_t(1) << static_cast<unsigned>(category);
    }

    void finish() {
        std::sort(ranges_.begin(), ranges_.end());
        std::vector<Range> joined;
        for (const Range& each : ranges_) {
            if (!joined.empty() && each.first <= joined.back().second + 1) {
                joined.back().second = (std::max)(joined.back().second, each.second);
            } else {
                joined.push_back(each);
            }
        }
        ranges_ = std::move(joined);
        for (std::uint32_t point = 0; point < ascii_.size(); ++point) {
            ascii_[point] = finds(point);
        }
    }

    std::array<bool, 128> ascii_{};
    std::uint32_t categories_ = 0; ///< a bit each
    bool spaces_ = false;          ///< \s
    bool negated_ = false;
    std::vector<Range> ranges_; ///< by their begins, apart from each other
};

} // namespace firth::detail
