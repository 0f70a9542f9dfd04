#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/config.hpp>
#include <firth/base/error.hpp>
#include <firth/table/id.hpp>

namespace firth {

/// The merges of byte-pair encoding: for two tokens, the rank of their merge if there is one. A
/// hash table of buckets of four merges, 8 bytes each, half full at most: a look-up compares all
/// four without a branch, since whether neighbours merge cannot be predicted.
class MergeTable {
public:
    static constexpr std::uint32_t no_rank = 0xFFFFFFFFu;
    /// Tokens and ranks are below these.
    static constexpr std::uint32_t most_tokens = (1u << 21) - 1;
    static constexpr std::uint32_t most_ranks = 1u << 22;
    static constexpr Id beyond = most_tokens; ///< no token: it merges with none

    /// For `size` merges at most.
    explicit MergeTable(std::size_t size = 0)
        : buckets_(std::bit_ceil(size / 2 + 2), Uninitialized()),
          shift_(64u - static_cast<unsigned>(std::countr_zero(buckets_.size()))) {
        for (Bucket& bucket : buckets_) {
            bucket.fill(empty);
        }
    }

    /// False where the pair has a merge already, which stays. Throws `FormatError` for ids and
    /// ranks that are too high.
    bool add(Id left, Id right, std::uint32_t rank) {
        if (left >= most_tokens || right >= most_tokens || rank >= most_ranks) {
            throw FormatError("a merge of the tokens " + std::to_string(left) + " and " +
                              std::to_string(right) + " of rank " + std::to_string(rank) +
                              ", expected ids below 2^21 - 1 and ranks below 2^22");
        }
        const std::uint64_t pair = joined(left, right);
        for (std::size_t at = place(pair);; at = (at + 1) & (buckets_.size() - 1)) {
            for (std::uint64_t& entry : buckets_[at]) {
                if (entry >> rank_bits == pair && entry != empty) return false;
                if (entry != empty) continue;
                entry = pair << rank_bits | rank;
                ++size_;
                return true;
            }
        }
    }

    /// The rank of the pair's merge, or `no_rank`; that too for `beyond` in the place of a token.
    [[nodiscard]] FIRTH_ALWAYS_INLINE std::uint32_t find(Id left, Id right) const noexcept {
        const std::uint64_t pair = joined(left, right);
        for (std::size_t at = place(pair);; at = (at + 1) & (buckets_.size() - 1)) {
            const Bucket& bucket = buckets_[at];
            std::uint32_t rank = no_rank;
            for (const std::uint64_t entry : bucket) {
                const auto its_rank = static_cast<std::uint32_t>(entry & (most_ranks - 1));
                rank = entry >> rank_bits == pair ? its_rank : rank;
            }
            if (rank != no_rank || bucket[3] == empty) return rank;
        }
    }

    /// Asks for the place of a pair, which `find` will need.
    void prefetch(Id left, Id right) const noexcept {
        FIRTH_PREFETCH_READ(&buckets_[place(joined(left, right))]);
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Calls `on_merge(left, right, rank)` for each, in no order.
    template <class OnMerge>
    void for_each(OnMerge&& on_merge) const {
        for (const Bucket& bucket : buckets_) {
            for (const std::uint64_t entry : bucket) {
                if (entry == empty) continue;
                const std::uint64_t pair = entry >> rank_bits;
                on_merge(static_cast<Id>(pair >> id_bits), static_cast<Id>(pair & most_tokens),
                         static_cast<std::uint32_t>(entry & (most_ranks - 1)));
            }
        }
    }

private:
    static constexpr unsigned id_bits = 21;
    static constexpr unsigned rank_bits = 22;
    /// Of the highest ids, which no vocabulary has, and no rank.
    static constexpr std::uint64_t empty = ~std::uint64_t(0);
    using Bucket = std::array<std::uint64_t, 4>; ///< filled from the front

    static std::uint64_t joined(Id left, Id right) noexcept {
        return std::uint64_t(left) << id_bits | right;
    }
    [[nodiscard]] std::size_t place(std::uint64_t pair) const noexcept {
        return static_cast<std::size_t>(pair * 0x9E3779B97F4A7C15u >> shift_);
    }

    AlignedBuffer<Bucket> buckets_;
    unsigned shift_;
    std::size_t size_ = 0;
};

} // namespace firth
