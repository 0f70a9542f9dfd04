#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <firth/text/encoding.hpp>

namespace firth {

/// How long an encoding may be, and what of a longer one goes first.
struct Truncation {
    enum class Strategy {
        longest_first, ///< of two texts the longer one, until both are equally long
        only_first,
        only_second,
    };
    std::size_t max_length = 512; ///< tokens, with the special ones around the text
    std::size_t stride = 0;       ///< tokens that each part has of the one before it
    Strategy strategy = Strategy::longest_first;
    EncodingSide side = EncodingSide::right; ///< the end that goes
    bool operator==(const Truncation&) const = default;
};

/// Ranges of at most `length` tokens that cover `size` of them, each `length - stride` after the
/// one before it, from the left, or from the right where that end is to stay: first the one that is
/// kept of a truncated text. One empty range and the whole for a length of 0. `stride` < `length`.
[[nodiscard]] inline std::vector<std::pair<std::size_t, std::size_t>>
truncated_ranges(std::size_t size, std::size_t length, std::size_t stride, EncodingSide side) {
    if (size <= length) return {{0, size}};
    if (length == 0) return {{0, 0}, {0, size}};
    std::vector<std::pair<std::size_t, std::size_t>> ranges;
    for (std::size_t begin = 0;; begin += length - stride) {
        const std::size_t end = (std::min)(begin + length, size);
        if (side == EncodingSide::right) {
            ranges.emplace_back(begin, end);
        } else {
            ranges.emplace_back(size - end, size - begin);
        }
        if (end == size) return ranges;
    }
}

/// What of two texts of these lengths is kept by `Truncation::Strategy::longest_first`, in all
/// `length` tokens: a text of up to half of that stays whole; of two longer ones half of each.
[[nodiscard]] inline std::pair<std::size_t, std::size_t>
longest_first(std::size_t first, std::size_t second, std::size_t length) noexcept {
    if (first + second <= length) return {first, second};
    const std::size_t shorter = (std::min)(first, second);
    std::size_t kept = shorter;
    std::size_t kept_of_longer = length > shorter ? length - shorter : 0;
    if (kept_of_longer < shorter) {
        kept = length / 2;
        kept_of_longer = length - kept;
    }
    return first > second ? std::pair(kept_of_longer, kept) : std::pair(kept, kept_of_longer);
}

} // namespace firth
