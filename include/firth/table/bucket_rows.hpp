#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/config.hpp>
#include <firth/base/error.hpp>
#include <firth/table/bucket_lookup.hpp>
#include <firth/table/id.hpp>

namespace firth {

/// Which buckets of a hash have a row of a table, and which row: the rows are in the buckets'
/// order. Of two million buckets a corpus uses a fraction.
///
/// Memory: 4 bytes a row, and a quarter of a byte a bucket with a lookup; both may lie in a mapped
/// file.
class BucketRows {
public:
    BucketRows() = default;

    /// `used`: bucket numbers below `buckets`, rising. What breaks that is found by `check`;
    /// without it, buckets may be missed, and nothing worse happens.
    BucketRows(AlignedBuffer<std::uint32_t> used, std::uint32_t buckets)
        : used_(std::move(used)), buckets_(buckets) {}

    /// The same with the lookup of these buckets, which was stored beside them.
    BucketRows(AlignedBuffer<std::uint32_t> used, std::uint32_t buckets,
               AlignedBuffer<BucketLookup::Group> groups)
        : used_(std::move(used)), buckets_(buckets), lookup_(std::move(groups), used_.size()) {}

    /// The number of buckets of the hash.
    [[nodiscard]] std::uint32_t buckets() const noexcept { return buckets_; }

    /// The buckets that have a row: `used()[row]` has row `row`.
    [[nodiscard]] std::span<const std::uint32_t> used() const noexcept {
        return {used_.data(), used_.size()};
    }
    [[nodiscard]] std::size_t size() const noexcept { return used_.size(); }

    /// True while they lie in a mapped file, of which `check` would read all.
    [[nodiscard]] bool is_mapped() const noexcept { return used_.is_mapped(); }

    /// Makes the lookup by which buckets are found in constant time, of buckets that `check` lets
    /// pass. O(buckets() / 64 + size()).
    void make_lookup() { lookup_ = BucketLookup(used(), buckets_); }

    /// Empty where there is none.
    [[nodiscard]] const BucketLookup& lookup() const noexcept { return lookup_; }

    /// The row of a bucket < buckets(), or nothing: O(1) with a lookup, else it is searched for.
    [[nodiscard]] FIRTH_ALWAYS_INLINE std::optional<std::uint32_t>
    find(std::uint32_t bucket) const noexcept {
        if (lookup_.empty()) return search(bucket);
        const Id row = lookup_.find(bucket);
        return row == no_id ? std::nullopt : std::optional(row);
    }

    /// Throws `Error` where the buckets do not rise, or one is not below buckets(), or a lookup is
    /// not theirs. O(buckets() / 64 + size()).
    void check() const {
        for (std::size_t row = 0; row < used_.size(); ++row) {
            const std::uint32_t bucket = used_.data()[row];
            if (bucket < buckets_ && (row == 0 || used_.data()[row - 1] < bucket)) continue;
            throw Error("row " + std::to_string(row) + " belongs to bucket " +
                        std::to_string(bucket) + ", expected rising ones below " +
                        std::to_string(buckets_));
        }
        if (!lookup_.empty() && lookup_ != BucketLookup(used(), buckets_)) {
            throw Error("the lookup of the buckets is not that of these " +
                        std::to_string(used_.size()));
        }
    }

private:
    /// Hashes spread buckets evenly, so that the place of one can be guessed: O(log log size())
    /// looks; O(log size()) where they are not even.
    [[nodiscard]] std::optional<std::uint32_t> search(std::uint32_t bucket) const noexcept {
        std::size_t begin = 0;
        std::size_t end = used_.size();
        // Buckets in [begin, end) are in [from, to), as is `bucket`.
        std::uint32_t from = 0;
        std::uint32_t to = buckets_;
        for (bool guess = true; begin < end; guess = !guess) {
            const std::size_t at =
                guess ? begin + static_cast<std::size_t>(std::uint64_t{bucket - from} *
                                                         (end - begin) / (to - from))
                      : begin + (end - begin) / 2;
            const std::uint32_t found = used_.data()[at];
            if (found == bucket) return static_cast<std::uint32_t>(at);
            if (found < bucket) {
                begin = at + 1;
                from = found + 1;
            } else {
                end = at;
                to = found;
            }
        }
        return std::nullopt;
    }

    AlignedBuffer<std::uint32_t> used_;
    std::uint32_t buckets_ = 0;
    BucketLookup lookup_;
};

} // namespace firth
