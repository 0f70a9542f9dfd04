#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/error.hpp>

namespace firth {

/// Which buckets of a hash have a row of a table, and which row: the rows are in the buckets'
/// order. Of two million buckets a corpus uses a fraction.
///
/// Memory: 4 bytes a row; the buckets may lie in a mapped file.
class BucketRows {
public:
    BucketRows() = default;

    /// `used`: bucket numbers below `buckets`, rising. What breaks that is found by `check`;
    /// without it, buckets may be missed, and nothing worse happens.
    BucketRows(AlignedBuffer<std::uint32_t> used, std::uint32_t buckets)
        : used_(std::move(used)), buckets_(buckets) {}

    /// The number of buckets of the hash.
    [[nodiscard]] std::uint32_t buckets() const noexcept { return buckets_; }

    /// The buckets that have a row: `used()[row]` has row `row`.
    [[nodiscard]] std::span<const std::uint32_t> used() const noexcept {
        return {used_.data(), used_.size()};
    }
    [[nodiscard]] std::size_t size() const noexcept { return used_.size(); }

    /// True while they lie in a mapped file, of which `check` would read all.
    [[nodiscard]] bool is_mapped() const noexcept { return used_.is_mapped(); }

    /// The row of a bucket < buckets(), or nothing. Hashes spread buckets evenly, so that the place
    /// of one can be guessed: O(log log size()) looks; O(log size()) where they are not even.
    [[nodiscard]] std::optional<std::uint32_t> find(std::uint32_t bucket) const noexcept {
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

    /// Throws `Error` where the buckets do not rise, or one is not below buckets(). O(size()).
    void check() const {
        for (std::size_t row = 0; row < used_.size(); ++row) {
            const std::uint32_t bucket = used_.data()[row];
            if (bucket < buckets_ && (row == 0 || used_.data()[row - 1] < bucket)) continue;
            throw Error("row " + std::to_string(row) + " belongs to bucket " +
                        std::to_string(bucket) + ", expected rising ones below " +
                        std::to_string(buckets_));
        }
    }

private:
    AlignedBuffer<std::uint32_t> used_;
    std::uint32_t buckets_ = 0;
};

} // namespace firth
