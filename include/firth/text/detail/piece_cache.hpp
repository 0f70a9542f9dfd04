#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include <firth/base/config.hpp>
#include <firth/table/id.hpp>

namespace firth::detail {

/// The ids of pieces seen lately, for one thread: two tables of a fixed size in which a new piece
/// takes the place of the one that was there, so that memory is bounded whatever the text is. Short
/// pieces of a few tokens, which nearly all are, have slots of 32 bytes; others, up to 62 bytes and
/// 16 tokens, slots of 128; longer ones are never kept.
class PieceCache {
public:
    static constexpr std::size_t short_size = 15; ///< most bytes of a piece in a short slot
    static constexpr std::size_t short_ids = 4;
    static constexpr std::size_t long_size = 62;
    static constexpr std::size_t long_ids = 16;

    /// 2^`bits` pairs of short slots and an eighth as many long ones: 80 bytes << bits.
    explicit PieceCache(unsigned bits)
        : shift_(64 - bits), long_shift_(67 - bits), short_(std::size_t(1) << bits),
          long_(std::size_t(1) << (bits - 3)) {}

    /// The bytes of a short piece as two numbers, the upper one with the length in its highest
    /// byte, so that different pieces have different keys.
    struct Key {
        std::uint64_t low = 0;
        std::uint64_t high = 0;
    };

    /// Of a piece of 1 to 15 bytes. `readable` bytes from its begin on may be read.
    static Key key(const char* piece, std::size_t size, std::size_t readable) noexcept {
        Key made;
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
            made.high |= std::uint64_t(size) << 56;
        } else {
            unsigned char bytes[16] = {};
            std::memcpy(bytes, piece, size);
            bytes[15] = static_cast<unsigned char>(size);
            std::memcpy(&made, bytes, 16);
        }
        return made;
    }

    [[nodiscard]] std::size_t place(const Key& key) const noexcept {
        const std::uint64_t mixed =
            (key.low ^ std::rotl(key.high * 0x9E3779B97F4A7C15u, 32)) * 0xD6E8FEB86659FD93u;
        return static_cast<std::size_t>((mixed ^ mixed << 29) >> shift_);
    }

    void prefetch(std::size_t place) const noexcept { FIRTH_PREFETCH_READ(&short_[place]); }

    /// Writes the ids of a short piece to `to`, which has room for 4, and returns how many they
    /// are; -1 where the piece is not there.
    [[nodiscard]] int find(const Key& key, std::size_t place, Id* to) const noexcept {
        const Slot* const pair = short_[place].ways;
        const auto is_in = [&](const Slot& slot) {
            return ((slot.key.low ^ key.low) | (slot.key.high ^ key.high)) == 0;
        };
        const std::size_t second = is_in(pair[1]) ? 1 : 0; // no branch: which one is a toss
        const Slot& slot = pair[second];
        if (!is_in(slot)) return -1;
        std::memcpy(to, slot.ids, sizeof slot.ids);
        int count = 0;
        for (const Id id : slot.ids) {
            count += id != no_id;
        }
        return count;
    }

    /// Keeps the ids of a short piece, in the place of the older one of its pair.
    void keep(const Key& key, std::size_t place, const Id* ids, std::size_t count) noexcept {
        Slot* const pair = short_[place].ways;
        pair[1] = pair[0];
        pair[0].key = key;
        for (std::size_t i = 0; i < short_ids; ++i) {
            pair[0].ids[i] = i < count ? ids[i] : no_id;
        }
    }

    /// The ids of a longer piece, or one of more tokens: count of them and where they are; null
    /// where the piece is not there.
    [[nodiscard]] const Id* find_long(std::string_view piece, std::size_t& count) const noexcept {
        const LongSlot& slot = long_[long_place(piece)];
        if (slot.size != piece.size() || std::memcmp(slot.bytes, piece.data(), piece.size()) != 0)
            return nullptr;
        count = slot.count;
        return slot.ids;
    }

    /// Keeps the ids where there is room for such a piece.
    void keep_long(std::string_view piece, const Id* ids, std::size_t count) noexcept {
        if (piece.size() > long_size || count > long_ids) return;
        LongSlot& slot = long_[long_place(piece)];
        slot.size = static_cast<std::uint8_t>(piece.size());
        slot.count = static_cast<std::uint8_t>(count);
        std::memcpy(slot.bytes, piece.data(), piece.size());
        std::copy(ids, ids + count, slot.ids);
    }

private:
    struct Slot {
        Key key; ///< zero where the slot is empty: no piece has a length of 0
        Id ids[short_ids] = {no_id, no_id, no_id, no_id};
    };
    struct alignas(64) Pair { ///< a cache line
        Slot ways[2];
    };
    struct alignas(64) LongSlot {
        Id ids[long_ids];
        char bytes[long_size];
        std::uint8_t size; ///< 0: empty
        std::uint8_t count;
    };

    [[nodiscard]] std::size_t long_place(std::string_view piece) const noexcept {
        std::uint64_t mixed = piece.size();
        std::size_t at = 0;
        for (std::uint64_t word = 0; at + 8 <= piece.size(); at += 8) {
            std::memcpy(&word, piece.data() + at, 8);
            mixed = (std::rotl(mixed, 27) ^ word) * 0x9E3779B97F4A7C15u;
        }
        std::uint64_t rest = 0;
        std::memcpy(&rest, piece.data() + at, piece.size() - at);
        mixed = (std::rotl(mixed, 27) ^ rest) * 0xD6E8FEB86659FD93u;
        return static_cast<std::size_t>((mixed ^ mixed << 31) >> long_shift_);
    }

    unsigned shift_;
    unsigned long_shift_;
    std::vector<Pair> short_;
    std::vector<LongSlot> long_;
};

} // namespace firth::detail
