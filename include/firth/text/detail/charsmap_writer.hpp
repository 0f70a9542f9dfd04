#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/error.hpp>

namespace firth::detail {

/// The bytes of a charsmap (`charsmap.hpp` says what they are) for a map from byte strings, not
/// empty and without zeros, to byte strings.
class CharsmapWriter {
public:
    using Entries = std::map<std::string, std::string>;

    /// Throws `Error` for more than some 500,000 entries.
    [[nodiscard]] static std::string bytes_of(const Entries& entries) {
        if (entries.empty()) return {};
        return CharsmapWriter(entries).bytes();
    }

private:
    static constexpr std::uint32_t block = 256;
    static constexpr std::uint32_t value_mark = 1u << 31;
    /// An offset has so many bits where it is no multiple of 256.
    static constexpr std::size_t most_units = std::size_t{1} << 21;
    /// Places in older blocks are given up, so that building takes linear time.
    static constexpr std::size_t open_blocks = 16;

    /// Entries that share their first `depth` bytes: a node, and where it is.
    struct Range {
        std::size_t begin;
        std::size_t end;
        std::size_t depth;
        std::size_t at;
    };

    explicit CharsmapWriter(const Entries& entries) {
        std::map<std::string_view, std::uint32_t> places;
        for (const auto& [key, value] : entries) {
            const auto [place, is_new] =
                places.emplace(value, static_cast<std::uint32_t>(replacements_.size()));
            if (is_new) replacements_.append(value) += '\0';
            keys_.push_back(key);
            values_.push_back(place->second);
        }
        add_block();
        used_[0] = true;
        base_used_[0] = true; // the root's base is none of its own place, which readers ask for
        std::vector<Range> left{{0, keys_.size(), 0, 0}};
        while (!left.empty()) {
            const Range range = left.back();
            left.pop_back();
            place_children(range, left);
        }
    }

    /// The children of a node, by their next byte; a zero stands for the end of an entry.
    void place_children(const Range& range, std::vector<Range>& left) {
        std::vector<Range> children;
        std::vector<std::uint32_t> labels;
        std::size_t at = range.begin;
        const bool has_value = keys_[at].size() == range.depth;
        if (has_value) {
            labels.push_back(0);
            ++at;
        }
        while (at < range.end) {
            const char byte = keys_[at][range.depth];
            std::size_t next = at + 1;
            while (next < range.end && keys_[next][range.depth] == byte) {
                ++next;
            }
            children.push_back({at, next, range.depth + 1, 0});
            labels.push_back(static_cast<unsigned char>(byte));
            at = next;
        }
        const std::size_t base = find_base(labels);
        base_used_[base] = true;
        units_[range.at] =
            (units_[range.at] & ~value_mark) | static_cast<std::uint32_t>((range.at ^ base) << 10);
        for (const std::uint32_t label : labels) {
            used_[base ^ label] = true;
            units_[base ^ label] = label;
        }
        if (has_value) {
            units_[range.at] |= 1u << 8;
            units_[base] = values_[range.begin] | value_mark;
        }
        for (std::size_t i = 0; i < children.size(); ++i) {
            children[i].at = base ^ labels[i + (has_value ? 1 : 0)];
            left.push_back(children[i]);
        }
    }

    /// A base that no other node has, and with which all children have free places.
    std::size_t find_base(const std::vector<std::uint32_t>& labels) {
        for (;;) {
            const std::size_t blocks = units_.size() / block;
            const std::size_t first = blocks > open_blocks ? (blocks - open_blocks) * block : 0;
            for (std::size_t at = (std::max)(first, first_free_); at < units_.size(); ++at) {
                if (used_[at]) {
                    if (at == first_free_) ++first_free_;
                    continue;
                }
                const std::size_t base = at ^ labels.front();
                if (base_used_[base]) continue;
                bool fits = true;
                for (const std::uint32_t label : labels) {
                    fits = fits && !used_[base ^ label];
                }
                if (fits) return base;
            }
            add_block();
        }
    }

    void add_block() {
        if (units_.size() == most_units) throw Error("too many entries for a charsmap");
        // Free units are like no byte's.
        units_.resize(units_.size() + block, value_mark);
        used_.resize(units_.size(), false);
        base_used_.resize(units_.size(), false);
    }

    [[nodiscard]] std::string bytes() {
        units_[0] &= ~value_mark;
        std::string bytes;
        const auto put = [&](std::uint32_t number) {
            for (unsigned shift = 0; shift < 32; shift += 8) {
                bytes += static_cast<char>(number >> shift & 0xFFu);
            }
        };
        put(static_cast<std::uint32_t>(4 * units_.size()));
        for (const std::uint32_t unit : units_) {
            put(unit);
        }
        return bytes + replacements_;
    }

    std::vector<std::string_view> keys_; ///< in order
    std::vector<std::uint32_t> values_;
    std::string replacements_;
    std::vector<std::uint32_t> units_;
    std::vector<bool> used_;
    std::vector<bool> base_used_;
    std::size_t first_free_ = 0;
};

} // namespace firth::detail
