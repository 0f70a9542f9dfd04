#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <firth/table/bucket_rows.hpp>
#include <firth/table/id.hpp>
#include <firth/table/subword.hpp>

namespace firth {

/// The word that stands for the end of a line, as fastText has it: a text's last word.
inline constexpr std::string_view line_end_word = "</s>";

/// Which rows a text has beside those of its words (Joulin et al. 2016, "Bag of Tricks for
/// Efficient Text Classification"). Both kinds share the buckets of `characters`.
struct TextNgrams {
    SubwordOptions characters{.max_length = 0}; ///< n-grams of the characters of a word
    std::uint32_t words = 1;                    ///< n-grams of 2 to this many words; 1: none

    [[nodiscard]] bool any() const noexcept { return characters.max_length != 0 || words > 1; }
};

/// Calls `use(bucket)` for each n-gram of 2 to `longest` words, which are given by their
/// `subword_hash`: the hash and the order of fastText 0.9.2, where hashes are signed.
template <class Use>
void for_each_word_ngram(std::span<const std::uint32_t> words, std::uint32_t longest,
                         std::uint32_t buckets, Use&& use) {
    const auto widened = [&](std::size_t i) {
        return static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(words[i])});
    };
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::size_t end = (std::min)(words.size(), i + longest);
        std::uint64_t hash = widened(i);
        for (std::size_t j = i + 1; j < end; ++j) {
            hash = hash * 116049371u + widened(j);
            use(static_cast<std::uint32_t>(hash % buckets));
        }
    }
}

/// Finds rows of buckets in constant time, where `BucketRows` searches: a bit a bucket, and how
/// many there are before each group of 64. Memory: a quarter of a byte a bucket.
class BucketLookup {
public:
    BucketLookup() = default;

    /// O(buckets / 64 + rows).
    explicit BucketLookup(const BucketRows& rows) : groups_(rows.buckets() / 64 + 1) {
        for (const std::uint32_t bucket : rows.used()) {
            groups_[bucket / 64].used |= std::uint64_t{1} << bucket % 64;
        }
        std::uint32_t before = 0;
        for (Group& group : groups_) {
            group.before = before;
            before += count_bits(group.used);
        }
    }

    /// The row of a bucket, or `no_id`.
    [[nodiscard]] Id find(std::uint32_t bucket) const noexcept {
        const Group& group = groups_[bucket / 64];
        const std::uint64_t bit = std::uint64_t{1} << bucket % 64;
        if ((group.used & bit) == 0) return no_id;
        return group.before + count_bits(group.used & (bit - 1));
    }

private:
    struct Group {
        std::uint64_t used = 0;
        std::uint32_t before = 0;
    };

    [[nodiscard]] static std::uint32_t count_bits(std::uint64_t bits) noexcept {
        return static_cast<std::uint32_t>(std::popcount(bits));
    }

    std::vector<Group> groups_;
};

} // namespace firth
