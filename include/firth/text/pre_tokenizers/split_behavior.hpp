#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <firth/base/config.hpp>
#include <firth/text/piece_batch.hpp>
#include <firth/text/unicode/properties.hpp>

namespace firth {

/// What becomes of the characters by which a text is cut, in the words of Hugging Face's
/// tokenizers. For `a--b` cut by `-`:
enum class SplitBehavior : std::uint8_t {
    removed,              ///< a, b
    isolated,             ///< a, -, -, b
    merged_with_previous, ///< a-, -, b
    merged_with_next,     ///< a, -, -b
    contiguous,           ///< a, --, b
};

[[nodiscard]] constexpr std::string_view name_of(SplitBehavior behavior) noexcept {
    switch (behavior) {
    case SplitBehavior::removed:
        return "removed";
    case SplitBehavior::isolated:
        return "isolated";
    case SplitBehavior::merged_with_previous:
        return "merged with previous";
    case SplitBehavior::merged_with_next:
        return "merged with next";
    case SplitBehavior::contiguous:
        break;
    }
    return "contiguous";
}

namespace detail {

/// A part of a text: where it ends, and whether the text is cut by it.
struct TextPart {
    std::size_t end;
    bool cuts;
};

/// A pre-tokenizer's call, where `part(at)` is the part that begins at a byte. What does not cut
/// may stand in several parts, each of which is a piece unless the behavior joins them.
template <class Part>
std::size_t cut_by_parts(std::string_view text, std::size_t from, PieceBatch& to,
                         SplitBehavior behavior, Part&& part) {
    while (from < text.size() && !to.full()) {
        const TextPart first = part(from);
        std::size_t end = first.end;
        const auto take = [&](bool all, bool that_cut) {
            while (end < text.size()) {
                const TextPart next = part(end);
                if (next.cuts != that_cut) break;
                end = next.end;
                if (!all) break;
            }
        };
        if (behavior == SplitBehavior::contiguous) {
            take(true, first.cuts);
        } else if (behavior == SplitBehavior::merged_with_previous && !first.cuts) {
            take(false, true);
        } else if (behavior == SplitBehavior::merged_with_next && first.cuts) {
            take(false, false);
        }
        if (!first.cuts || behavior != SplitBehavior::removed) to.add(from, end);
        from = end;
    }
    return from;
}

/// The same, cut by the characters of which `cuts(point)` is true.
template <class Cuts>
std::size_t cut_by_characters(std::string_view text, std::size_t from, PieceBatch& to,
                              SplitBehavior behavior, Cuts&& cuts) {
    return cut_by_parts(text, from, to, behavior, [&](std::size_t at) {
        const DecodedCharacter first = decode_utf8(text, at);
        std::size_t end = at + first.length;
        if (cuts(first.point)) return TextPart{end, true};
        while (end < text.size()) {
            const DecodedCharacter next = decode_utf8(text, end);
            if (cuts(next.point)) break;
            end += next.length;
        }
        return TextPart{end, false};
    });
}

} // namespace detail

} // namespace firth
