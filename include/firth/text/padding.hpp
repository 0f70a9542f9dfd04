#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <firth/table/id.hpp>
#include <firth/text/encoding.hpp>

namespace firth {

/// What encodings are filled up with, so that all of a batch are equally long.
struct Padding {
    std::optional<std::size_t> length{}; ///< tokens; else those of the longest of the batch
    std::size_t multiple_of = 0;         ///< up to the next multiple of this; 0: any length
    Id id = 0;                           ///< the token, and below its type
    std::uint32_t type = 0;
    EncodingSide side = EncodingSide::right; ///< where the padding stands
    bool operator==(const Padding&) const = default;
};

/// Fills an encoding up to `length` tokens; a longer one stays as it is.
inline void pad(Encoding& encoding, std::size_t length, const Padding& padding) {
    if (encoding.size() >= length) return;
    const std::size_t more = length - encoding.size();
    const auto fill = [&](auto& all, auto value) {
        all.insert(padding.side == EncodingSide::right ? all.end() : all.begin(), more, value);
    };
    fill(encoding.ids, padding.id);
    fill(encoding.offsets, ByteRange{});
    fill(encoding.words, Encoding::no_word);
    fill(encoding.types, padding.type);
    fill(encoding.special, std::uint8_t(1));
    fill(encoding.attention, std::uint8_t(0));
}

/// Fills all encodings of a batch up to one length.
inline void pad(std::span<Encoding> batch, const Padding& padding) {
    std::size_t length = padding.length.value_or(0);
    if (!padding.length) {
        for (const Encoding& each : batch) {
            length = (std::max)(length, each.size());
        }
    }
    if (const std::size_t unit = padding.multiple_of; unit != 0 && length % unit != 0) {
        length += unit - length % unit;
    }
    for (Encoding& each : batch) {
        pad(each, length, padding);
    }
}

} // namespace firth
