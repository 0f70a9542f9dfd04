#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <firth/table/id.hpp>

namespace firth {

/// What becomes of two neighbours, and when.
struct Merge {
    std::uint32_t rank; ///< lower ones come first
    Id token;           ///< that both become
};

/// The merges of byte-pair encoding: for two tokens, their merge if there is one. A hash table with
/// open addresses, half full at most, 16 bytes a place.
class MergeTable {
public:
    static constexpr std::uint32_t no_rank = 0xFFFFFFFFu;

    /// For `size` merges at most.
    explicit MergeTable(std::size_t size = 0)
        : entries_(std::bit_ceil(2 * size + 2)),
          shift_(64u - static_cast<unsigned>(std::countr_zero(entries_.size()))) {}

    /// False where the pair has a merge already, which stays.
    bool add(Id left, Id right, Merge merge) noexcept {
        Entry& entry = entries_[place(left, right)];
        if (entry.merge.rank != no_rank) return false;
        entry = {left, right, merge};
        ++size_;
        return true;
    }

    /// The pair's merge; of rank `no_rank` where it has none.
    [[nodiscard]] Merge find(Id left, Id right) const noexcept {
        return entries_[place(left, right)].merge;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Calls `on_merge(left, right, merge)` for each, in no order.
    template <class OnMerge>
    void for_each(OnMerge&& on_merge) const {
        for (const Entry& entry : entries_) {
            if (entry.merge.rank != no_rank) on_merge(entry.left, entry.right, entry.merge);
        }
    }

private:
    struct Entry {
        Id left = no_id;
        Id right = no_id;
        Merge merge{no_rank, no_id};
    };

    /// Where the pair is, or the free place where it would be.
    [[nodiscard]] std::size_t place(Id left, Id right) const noexcept {
        const std::uint64_t pair = std::uint64_t(left) << 32 | right;
        std::size_t at = static_cast<std::size_t>(pair * 0x9E3779B97F4A7C15u >> shift_);
        while (entries_[at].merge.rank != no_rank &&
               (entries_[at].left != left || entries_[at].right != right)) {
            at = (at + 1) & (entries_.size() - 1);
        }
        return at;
    }

    std::vector<Entry> entries_;
    unsigned shift_;
    std::size_t size_ = 0;
};

} // namespace firth
