#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace firth::detail {

/// A hash of short strings for tables of this process: eight bytes a step, each a multiplication.
/// All bits are well mixed. Depends on the order of a machine's bytes, so never in a file.
[[nodiscard]] inline std::uint64_t byte_hash(std::string_view bytes) noexcept {
    const auto read = [&](std::size_t at, std::size_t size) {
        std::uint64_t value = 0;
        std::memcpy(&value, bytes.data() + at, size);
        return value;
    };
    const auto mix = [](std::uint64_t sum, std::uint64_t with) {
        const std::uint64_t product = (sum ^ with) * 0x9E3779B97F4A7C15u;
        return product ^ std::rotl(product, 29);
    };
    const std::size_t size = bytes.size();
    std::uint64_t sum = size * 0xA0761D6478BD642Fu;
    std::size_t at = 0;
    for (; at + 8 < size; at += 8) {
        sum = mix(sum, read(at, 8));
    }
    if (size >= 8) {
        sum = mix(sum, read(size - 8, 8));
    } else if (size >= 4) {
        sum = mix(sum, read(0, 4) | std::rotl(read(size - 4, 4), 32));
    } else if (size != 0) {
        sum = mix(sum,
                  read(0, 1) | std::rotl(read(size / 2, 1), 8) | std::rotl(read(size - 1, 1), 16));
    }
    sum *= 0xD6E8FEB86659FD93u;
    return sum ^ sum >> 32;
}

} // namespace firth::detail
