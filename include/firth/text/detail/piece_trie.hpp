#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/config.hpp>
#include <firth/table/id.hpp>

namespace firth::detail {

/// A trie of byte strings as a double array (Aoe 1989): a step is one load and one comparison. The
/// child of a node for a byte lies at `base ^ byte`; no two nodes have the same base, so that the
/// byte alone says whether it is there. Immutable; 8 bytes a node, filled to nine tenths and more.
class PieceTrie {
public:
    /// A node of the trie: where its children are.
    using Node = std::uint32_t;

    /// How many strings it may hold: ids have 23 bits.
    static constexpr Id no_piece = (Id{1} << 23) - 1;

    PieceTrie() { reserve_block(); }

    /// The trie of these strings, different and not empty, with their ids < `no_piece`. Takes time
    /// linear in their bytes, sorting apart.
    explicit PieceTrie(std::vector<std::pair<std::string_view, Id>> pieces) : PieceTrie() {
        std::sort(pieces.begin(), pieces.end());
        root_ = build(pieces);
        next_free_ = {};
        last_free_ = {};
        base_used_ = {};
    }

    [[nodiscard]] Node root() const noexcept { return root_; }
    [[nodiscard]] bool empty() const noexcept { return root_ == 0; }

    /// Goes from a node to its child for a byte; false, and the node stays, where there is none.
    /// `id` becomes the child's, `no_piece` where no string ends there.
    FIRTH_ALWAYS_INLINE bool step(Node& node, char byte, Id& id) const noexcept {
        const auto label = static_cast<unsigned char>(byte);
        const Unit unit = units_[node ^ label];
        if ((unit.id_and_label & label_mask) != label) return false;
        node = unit.base;
        id = unit.id_and_label >> label_bits;
        return true;
    }

    /// Goes from a node along all bytes of `text`; false where that leaves the trie.
    bool walk(Node& node, std::string_view text, Id& id) const noexcept {
        for (const char byte : text) {
            if (!step(node, byte, id)) return false;
        }
        return true;
    }

    /// The id of a string.
    [[nodiscard]] std::optional<Id> find(std::string_view text) const noexcept {
        Node node = root_;
        Id id = no_piece;
        if (!walk(node, text, id) || id == no_piece) return std::nullopt;
        return id;
    }

    /// The bytes of the longest string that `text` begins with; 0 where there is none.
    [[nodiscard]] std::size_t longest(std::string_view text) const noexcept {
        Node node = root_;
        Id id = no_piece;
        std::size_t length = 0;
        for (std::size_t i = 0; i < text.size() && step(node, text[i], id); ++i) {
            if (id != no_piece) length = i + 1;
        }
        return length;
    }

private:
    static constexpr unsigned label_bits = 9;
    static constexpr std::uint32_t label_mask = (1u << label_bits) - 1;
    static constexpr std::uint32_t no_label = label_mask; ///< of a free place: no byte is that
    static constexpr std::uint32_t block = 256;
    /// Places in older blocks are given up, so that building takes linear time.
    static constexpr std::uint32_t open_blocks = 16;
    static constexpr std::uint32_t tries = 256; ///< free places that are looked at for a node

    struct Unit {
        std::uint32_t base = 0; ///< 0, which no node has as its base, for a node without children
        std::uint32_t id_and_label = no_piece << label_bits | no_label;
    };

    using Pieces = std::vector<std::pair<std::string_view, Id>>;

    /// Strings `begin` to `end`, which share their first `depth` bytes: a node to be placed.
    struct Range {
        std::size_t begin;
        std::size_t end;
        std::size_t depth;
        std::uint32_t at; ///< the node's place
    };

    /// Returns the root's base.
    Node build(const Pieces& pieces) {
        if (pieces.empty()) return 0;
        Node root = 0;
        std::vector<Range> left{{0, pieces.size(), 0, 0}};
        std::vector<Range> children;
        while (!left.empty()) {
            const Range range = left.back();
            left.pop_back();
            children.clear();
            for (std::size_t i = range.begin; i < range.end;) {
                std::size_t next = i + 1;
                const char byte = pieces[i].first[range.depth];
                while (next < range.end && pieces[next].first[range.depth] == byte) {
                    ++next;
                }
                children.push_back({i, next, range.depth + 1, 0});
                i = next;
            }
            const auto label = [&](const Range& child) {
                return static_cast<unsigned char>(pieces[child.begin].first[range.depth]);
            };
            const std::uint32_t base = place(children, label);
            if (range.depth == 0) {
                root = base;
            } else {
                units_[range.at].base = base;
            }
            for (Range& child : children) {
                const std::uint32_t byte = label(child);
                child.at = base ^ byte;
                // The shortest string of a range comes first.
                Id id = no_piece;
                if (pieces[child.begin].first.size() == child.depth) {
                    id = pieces[child.begin++].second;
                }
                units_[child.at].id_and_label = id << label_bits | byte;
                if (child.begin != child.end) left.push_back(child);
            }
        }
        return root;
    }

    /// A base with a free place for each of these children, whose places are taken.
    template <class Label>
    std::uint32_t place(const std::vector<Range>& children, const Label& label) {
        const auto fits = [&](std::uint32_t base) {
            if (base_used_[base]) return false;
            return std::all_of(children.begin(), children.end(), [&](const Range& child) {
                return (units_[base ^ label(child)].id_and_label & label_mask) == no_label &&
                       next_free_[base ^ label(child)] != taken;
            });
        };
        std::uint32_t base = 0;
        std::uint32_t looked_at = 0;
        for (std::uint32_t free = first_free_; free != none && looked_at < tries;
             free = next_free_[free], ++looked_at) {
            const std::uint32_t candidate = free ^ label(children.front());
            if (fits(candidate)) {
                base = candidate;
                break;
            }
        }
        if (base == 0) {
            reserve_block();
            base = static_cast<std::uint32_t>(units_.size()) - block;
        }
        base_used_[base] = true;
        for (const Range& child : children) {
            take(base ^ label(child));
        }
        return base;
    }

    /// Appends 256 free places, and takes those of an older block off the list.
    void reserve_block() {
        const auto begin = static_cast<std::uint32_t>(units_.size());
        units_.resize(begin + block);
        next_free_.resize(begin + block, taken);
        last_free_.resize(begin + block, taken);
        base_used_.resize(begin + block, false);
        base_used_[0] = true;
        for (std::uint32_t i = begin; i < begin + block; ++i) {
            last_free_[i] = end_free_;
            next_free_[i] = none;
            (end_free_ == none ? first_free_ : next_free_[end_free_]) = i;
            end_free_ = i;
        }
        if (begin < open_blocks * block) return;
        const std::uint32_t old = begin - open_blocks * block;
        for (std::uint32_t i = old; i < old + block; ++i) {
            if (next_free_[i] != taken) take(i);
        }
    }

    void take(std::uint32_t at) {
        const std::uint32_t before = last_free_[at];
        const std::uint32_t after = next_free_[at];
        (before == none ? first_free_ : next_free_[before]) = after;
        (after == none ? end_free_ : last_free_[after]) = before;
        next_free_[at] = taken;
    }

    static constexpr std::uint32_t none = ~0u;
    static constexpr std::uint32_t taken = ~0u - 1;

    std::vector<Unit> units_;
    Node root_ = 0;
    // While it is built: a list of free places.
    std::vector<std::uint32_t> next_free_;
    std::vector<std::uint32_t> last_free_;
    std::vector<bool> base_used_;
    std::uint32_t first_free_ = none;
    std::uint32_t end_free_ = none;
};

} // namespace firth::detail
