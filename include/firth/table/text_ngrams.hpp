#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

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

} // namespace firth
