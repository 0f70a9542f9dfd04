#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace firth::detail {

/// The bytes of a short piece as two numbers, zeros after them and the length in the last byte, so
/// that different pieces have different keys and comparing two takes no loop.
struct PieceKey {
    static constexpr std::size_t most_bytes = 15;

    std::uint64_t low = 0;
    std::uint64_t high = 0;

    /// Of a piece of 1 to 15 bytes. `readable` bytes from its begin on may be read.
    static PieceKey of(const char* piece, std::size_t size, std::size_t readable) noexcept {
        PieceKey made;
        if (readable >= 16) {
            std::memcpy(&made, piece, 16);
        } else {
            std::memcpy(&made, piece, size);
        }
        if constexpr (std::endian::native == std::endian::little) {
            if (size <= 8) {
                made.low &= ~std::uint64_t(0) >> (64 - 8 * size);
                made.high = 0;
            } else {
                made.high &= ~std::uint64_t(0) >> (128 - 8 * size);
            }
        } else {
            unsigned char bytes[16] = {};
            std::memcpy(bytes, piece, size);
            std::memcpy(&made, bytes, 16);
        }
        made.high |= std::uint64_t(size) << last_byte;
        return made;
    }

    /// How far the last byte is from the lowest bit of `high`.
    static constexpr unsigned last_byte = std::endian::native == std::endian::little ? 56 : 0;

    /// The bits are well mixed from the highest down.
    [[nodiscard]] std::uint64_t hash() const noexcept {
        return (low ^ std::rotl(high * 0x9E3779B97F4A7C15u, 32)) * 0xD6E8FEB86659FD93u;
    }
};

} // namespace firth::detail
