#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/config.hpp>
#include <firth/table/id.hpp>
#include <firth/text/detail/piece_key.hpp>
#include <firth/text/sentence_piece.hpp>

namespace firth::detail {

/// The ids of pieces seen lately, for one thread: two tables of a fixed size in which a new piece
/// takes the place of an older one, so that memory is bounded whatever the text is. Short pieces of
/// a few tokens, which nearly all are, have slots of 32 bytes; others, up to 62 bytes and 16
/// tokens, slots of 128; longer ones are never kept.
class PieceCache {
public:
    static constexpr std::size_t long_size = 62;
    static constexpr std::size_t long_ids = 16;
    static constexpr std::size_t most_short_ids = 8;

    /// 2^`bits` pairs of short slots and an eighth as many of long ones: 96 bytes << bits. For ids
    /// below `id_count`: where those have 16 bits, a short slot has room for eight, else for four.
    PieceCache(unsigned bits, std::size_t id_count)
        : shift_(64 - bits), long_shift_(67 - bits), narrow_(id_count <= std::size_t(1) << 16),
          short_(std::size_t(1) << bits), long_(std::size_t(1) << (bits - 3)) {}

    /// Makes the key of a piece if it is a short one: of 1 to 15 bytes, or 17 with U+2581 first,
    /// as the words of SentencePiece's models have it. That takes one byte of the key, and a mark
    /// beside the length. `readable` bytes from the piece's begin on may be read.
    static FIRTH_ALWAYS_INLINE bool make_key(const char* piece, std::size_t size,
                                             std::size_t readable, PieceKey& made) noexcept {
        std::uint64_t marked = 0;
        if (size >= space_mark.size() &&
            std::memcmp(piece, space_mark.data(), space_mark.size()) == 0) {
            constexpr std::size_t left_out = space_mark.size() - 1;
            marked = mark;
            piece += left_out;
            size -= left_out;
            readable -= left_out;
        }
        if (size > PieceKey::most_bytes) return false;
        made = PieceKey::of(piece, size, readable);
        made.high |= marked;
        return true;
    }

    [[nodiscard]] std::size_t place(const PieceKey& key) const noexcept {
        const std::uint64_t mixed = key.hash();
        return static_cast<std::size_t>((mixed ^ mixed << 29) >> shift_);
    }

    /// Where a piece that is not short would be.
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

    void prefetch(std::size_t place) const noexcept { FIRTH_PREFETCH_READ(&short_[place]); }

    void prefetch_long(std::size_t place) const noexcept {
        FIRTH_PREFETCH_READ(&long_[place].ways[0].size);
        FIRTH_PREFETCH_READ(&long_[place].ways[1].size);
    }

    /// Writes the ids of a short piece to `to`, which has room for eight, and returns how many they
    /// are; -1 where the piece is not there.
    [[nodiscard]] FIRTH_ALWAYS_INLINE int find(const PieceKey& key, std::size_t place,
                                               Id* to) const noexcept {
        const Slot* const pair = short_[place].ways;
        const auto is_in = [&](const Slot& slot) {
            return ((slot.key.low ^ key.low) | ((slot.key.high ^ key.high) & ~count_mask)) == 0;
        };
        const std::size_t second = is_in(pair[1]) ? 1 : 0; // no branch: which one is a toss
        const Slot& slot = pair[second];
        if (!is_in(slot)) return -1;
        if (narrow_) {
            for (std::size_t i = 0; i < 8; ++i) {
                to[i] = slot.ids[i];
            }
        } else {
            std::memcpy(to, slot.ids, sizeof slot.ids);
        }
        return static_cast<int>((slot.key.high & count_mask) >> count_shift) + 1;
    }

    /// Keeps the ids of a short piece where there is room for so many, in the place of the older
    /// one of its pair. False where there is not.
    bool keep(const PieceKey& key, std::size_t place, const Id* ids, std::size_t count) noexcept {
        if (count == 0 || count > (narrow_ ? 8u : 4u)) return false;
        if (narrow_ && *std::max_element(ids, ids + count) > 0xFFFF) return false;
        Slot* const pair = short_[place].ways;
        pair[1] = pair[0];
        pair[0].key = key;
        pair[0].key.high |= std::uint64_t(count - 1) << count_shift;
        if (narrow_) {
            for (std::size_t i = 0; i < count; ++i) {
                pair[0].ids[i] = static_cast<std::uint16_t>(ids[i]);
            }
        } else {
            std::memcpy(pair[0].ids, ids, count * sizeof(Id));
        }
        return true;
    }

    /// The ids of a longer piece, or one of more tokens: count of them and where they are; null
    /// where the piece is not there.
    [[nodiscard]] const Id* find_long(std::string_view piece, std::size_t place,
                                      std::size_t& count) const noexcept {
        for (const LongSlot& slot : long_[place].ways) {
            if (slot.size != piece.size() ||
                std::memcmp(slot.bytes, piece.data(), piece.size()) != 0)
                continue;
            count = slot.count;
            return slot.ids;
        }
        return nullptr;
    }

    /// Keeps the ids where there is room for such a piece, in the place of the older one.
    void keep_long(std::string_view piece, std::size_t place, const Id* ids,
                   std::size_t count) noexcept {
        if (piece.size() > long_size || count > long_ids) return;
        LongSlot* const pair = long_[place].ways;
        pair[1] = pair[0];
        pair[0].size = static_cast<std::uint8_t>(piece.size());
        pair[0].count = static_cast<std::uint8_t>(count);
        std::memcpy(pair[0].bytes, piece.data(), piece.size());
        std::copy(ids, ids + count, pair[0].ids);
    }

private:
    // In a key's last byte: in a slot how many ids, less one; whether U+2581 is first; the length.
    static constexpr unsigned count_shift = PieceKey::last_byte + 5;
    static constexpr std::uint64_t count_mask = std::uint64_t(7) << count_shift;
    static constexpr std::uint64_t mark = std::uint64_t(1) << (PieceKey::last_byte + 4);

    // Zero is empty: no piece has a length of 0.
    struct Slot {
        PieceKey key;
        std::uint16_t ids[8]; ///< or four of 32 bits
    };
    struct alignas(64) Pair { ///< a cache line
        Slot ways[2];
    };
    struct LongSlot {
        Id ids[long_ids];
        char bytes[long_size];
        std::uint8_t size;
        std::uint8_t count;
    };
    struct alignas(64) LongPair {
        LongSlot ways[2];
    };

    unsigned shift_;
    unsigned long_shift_;
    bool narrow_;
    AlignedBuffer<Pair> short_;
    AlignedBuffer<LongPair> long_;
};

} // namespace firth::detail
