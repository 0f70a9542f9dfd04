#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/config.hpp>
#include <firth/table/id.hpp>

namespace firth {

/// Finds rows of buckets in constant time: a bit a bucket, and how many there are before each group
/// of 64. Memory: a quarter of a byte a bucket, which may lie in a mapped file.
class BucketLookup {
public:
    /// Buckets 64 i to 64 i + 63, as they are stored in memory and in files.
    struct Group {
        std::uint64_t used = 0;   ///< bit b: bucket 64 i + b has a row
        std::uint64_t before = 0; ///< how many buckets of the groups before have one

        friend bool operator==(const Group&, const Group&) = default;
    };

    /// The groups of so many buckets.
    [[nodiscard]] static constexpr std::size_t groups_of(std::uint32_t buckets) noexcept {
        return std::size_t{buckets} / 64 + 1;
    }

    /// Without groups: nothing can be asked of it.
    BucketLookup() = default;

    /// Of the buckets with rows, rising and below `buckets`. O(buckets / 64 + used).
    BucketLookup(std::span<const std::uint32_t> used, std::uint32_t buckets)
        : groups_(groups_of(buckets)), rows_(used.size()) {
        for (const std::uint32_t bucket : used) {
            groups_[bucket / 64].used |= std::uint64_t{1} << bucket % 64;
        }
        std::uint64_t before = 0;
        for (Group& group : groups_) {
            group.before = before;
            before += count_bits(group.used);
        }
    }

    /// Of groups that were stored, `groups_of` the buckets, for a table of `rows` rows. Where they
    /// are not those of its buckets, other rows of the table are found, and nothing worse happens.
    BucketLookup(AlignedBuffer<Group> groups, std::size_t rows)
        : groups_(std::move(groups)), rows_(rows) {}

    [[nodiscard]] bool empty() const noexcept { return groups_.size() == 0; }

    [[nodiscard]] std::span<const Group> groups() const noexcept {
        return {groups_.data(), groups_.size()};
    }

    /// The row of a bucket, or `no_id`.
    [[nodiscard]] FIRTH_ALWAYS_INLINE Id find(std::uint32_t bucket) const noexcept {
        const Group& group = groups_.data()[bucket / 64];
        const std::uint64_t bit = std::uint64_t{1} << bucket % 64;
        if ((group.used & bit) == 0) return no_id;
        const std::uint64_t row = group.before + count_bits(group.used & (bit - 1));
        return row < rows_ ? static_cast<Id>(row) : no_id;
    }

    /// True where both have the same groups.
    friend bool operator==(const BucketLookup& a, const BucketLookup& b) noexcept {
        return std::equal(a.groups_.begin(), a.groups_.end(), b.groups_.begin(), b.groups_.end());
    }

private:
    [[nodiscard]] static std::uint64_t count_bits(std::uint64_t bits) noexcept {
        return static_cast<std::uint64_t>(std::popcount(bits));
    }

    AlignedBuffer<Group> groups_;
    std::uint64_t rows_ = 0;
};

} // namespace firth
