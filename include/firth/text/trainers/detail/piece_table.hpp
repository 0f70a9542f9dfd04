#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <tsl/robin_map.h>

#include <firth/base/config.hpp>
#include <firth/text/detail/piece_key.hpp>
#include <firth/text/piece_batch.hpp>

namespace firth::detail {

/// Distinct pieces with their counts. Pieces of up to 15 bytes, which nearly all are, are keys of
/// two numbers in slots of 24 bytes, half of them full at most; longer ones lie in a table of
/// strings.
class PieceTable {
public:
    struct Entry {
        std::string_view piece; ///< valid until the table changes
        std::uint64_t count;
    };

    PieceTable() : slots_(std::size_t(1) << 12) {}

    /// The number of distinct pieces.
    [[nodiscard]] std::size_t size() const noexcept { return short_ + long_.size(); }

    /// Counts the pieces of a text.
    void add(std::string_view text, const PieceBatch& pieces) {
        const std::size_t count = pieces.size();
        if (keys_.size() < count) {
            keys_.resize(count);
            places_.resize(count);
        }
        // Before, so that no place changes between asking for its slot and using it.
        while (2 * (short_ + count) > slots_.size()) {
            grow();
        }
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t size = pieces[i].end - pieces[i].begin;
            if (size > PieceKey::most_bytes) continue;
            keys_[i] =
                PieceKey::of(text.data() + pieces[i].begin, size, text.size() - pieces[i].begin);
            places_[i] = place(keys_[i]);
            FIRTH_PREFETCH_WRITE(&slots_[places_[i]]);
        }
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t size = pieces[i].end - pieces[i].begin;
            if (size > PieceKey::most_bytes) {
                add_long(text.substr(pieces[i].begin, size), 1);
            } else {
                add_short(keys_[i], places_[i], 1);
            }
        }
    }

    void add(std::string_view piece, std::uint64_t count) {
        if (piece.size() > PieceKey::most_bytes) return add_long(piece, count);
        if (2 * (short_ + 1) > slots_.size()) grow();
        const PieceKey key = PieceKey::of(piece.data(), piece.size(), piece.size());
        add_short(key, place(key), count);
    }

    /// Adds the counts of another one.
    void add_all(const PieceTable& other) {
        other.for_each([&](const Entry& entry) { add(entry.piece, entry.count); });
    }

    /// Calls `on_piece(const Entry&)` for each piece, in no order.
    template <class OnPiece>
    void for_each(OnPiece&& on_piece) const {
        for (const Slot& slot : slots_) {
            if (slot.count == 0) continue;
            const char* const bytes = reinterpret_cast<const char*>(&slot.key);
            const auto size = static_cast<unsigned char>(bytes[PieceKey::most_bytes]);
            on_piece(Entry{{bytes, size}, slot.count});
        }
        for (const auto& [piece, count] : long_) {
            on_piece(Entry{piece, count});
        }
    }

    /// All pieces by falling count and then by their bytes.
    [[nodiscard]] std::vector<Entry> sorted() const {
        // The first bytes as a number decide nearly always, without a look at where the piece is.
        struct Ordered {
            std::uint64_t count;
            std::uint64_t begin;
            std::string_view piece;
            bool operator<(const Ordered& other) const noexcept {
                if (count != other.count) return count > other.count;
                return begin != other.begin ? begin < other.begin : piece < other.piece;
            }
        };
        std::vector<Ordered> order;
        order.reserve(size());
        for_each([&](const Entry& entry) {
            std::uint64_t begin = 0;
            for (std::size_t i = 0; i < 8; ++i) {
                const char byte = i < entry.piece.size() ? entry.piece[i] : '\0';
                begin = begin << 8 | static_cast<unsigned char>(byte);
            }
            order.push_back({entry.count, begin, entry.piece});
        });
        std::sort(order.begin(), order.end());
        std::vector<Entry> entries;
        entries.reserve(order.size());
        for (const Ordered& each : order) {
            entries.push_back({each.piece, each.count});
        }
        return entries;
    }

private:
    struct Slot {
        PieceKey key;
        std::uint64_t count = 0; ///< 0: the slot is empty
    };
    static_assert(sizeof(PieceKey) == PieceKey::most_bytes + 1);

    [[nodiscard]] std::size_t place(const PieceKey& key) const noexcept {
        const std::uint64_t mixed = key.hash();
        return static_cast<std::size_t>(mixed ^ mixed >> 32) & (slots_.size() - 1);
    }

    void add_short(const PieceKey& key, std::size_t at, std::uint64_t count) noexcept {
        for (;; at = (at + 1) & (slots_.size() - 1)) {
            Slot& slot = slots_[at];
            if (slot.key.low == key.low && slot.key.high == key.high) {
                slot.count += count;
                return;
            }
            if (slot.count != 0) continue;
            slot = {key, count};
            ++short_;
            return;
        }
    }

    void grow() {
        std::vector<Slot> before(2 * slots_.size());
        before.swap(slots_);
        short_ = 0;
        for (const Slot& slot : before) {
            if (slot.count != 0) add_short(slot.key, place(slot.key), slot.count);
        }
    }

    FIRTH_NOINLINE void add_long(std::string_view piece, std::uint64_t count) {
        const auto found = long_.find(piece);
        if (found != long_.end()) {
            found.value() += count;
        } else {
            long_.emplace(keep(piece), count);
        }
    }

    /// Copies the bytes to where they stay.
    std::string_view keep(std::string_view piece) {
        constexpr std::size_t block_size = std::size_t(1) << 16;
        if (piece.size() > left_) {
            left_ = (std::max)(block_size, piece.size());
            blocks_.push_back(std::make_unique<char[]>(left_));
            next_ = blocks_.back().get();
        }
        std::memcpy(next_, piece.data(), piece.size());
        const std::string_view kept(next_, piece.size());
        next_ += piece.size();
        left_ -= piece.size();
        return kept;
    }

    std::vector<Slot> slots_;
    std::size_t short_ = 0; ///< how many slots are full
    tsl::robin_map<std::string_view, std::uint64_t> long_;
    std::vector<std::unique_ptr<char[]>> blocks_;
    char* next_ = nullptr;
    std::size_t left_ = 0;
    std::vector<PieceKey> keys_;
    std::vector<std::size_t> places_;
};

} // namespace firth::detail
