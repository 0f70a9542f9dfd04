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

/// A pre-tokenizer's call, cut by the characters of which `cuts(point)` is true.
template <class Cuts>
std::size_t cut_by_characters(std::string_view text, std::size_t from, PieceBatch& to,
                              SplitBehavior behavior, Cuts&& cuts) {
    const auto run_end = [&](std::size_t at, bool of_cuts) {
        while (at < text.size()) {
            const DecodedCharacter next = decode_utf8(text, at);
            if (cuts(next.point) != of_cuts) break;
            at += next.length;
        }
        return at;
    };
    while (from < text.size() && !to.full()) {
        const DecodedCharacter first = decode_utf8(text, from);
        const bool is_cut = cuts(first.point);
        std::size_t end = from + first.length;
        if (!is_cut) {
            end = run_end(end, false);
            if (behavior == SplitBehavior::merged_with_previous && end < text.size())
                end += decode_utf8(text, end).length;
        } else if (behavior == SplitBehavior::contiguous) {
            end = run_end(end, true);
        } else if (behavior == SplitBehavior::merged_with_next) {
            end = run_end(end, false);
        }
        if (!is_cut || behavior != SplitBehavior::removed) to.add(from, end);
        from = end;
    }
    return from;
}

} // namespace detail

} // namespace firth
