#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace firth {

/// fastText's hash of a word or an n-gram: 32-bit FNV-1a with every byte sign-extended
/// (`Dictionary::hash` of fastText 0.9.2), so that bytes above 127 hash differently from the usual
/// FNV-1a. `hash` is the hash of the bytes before, if there are any.
[[nodiscard]] constexpr std::uint32_t subword_hash(std::string_view bytes,
                                                   std::uint32_t hash = 2166136261u) noexcept {
    for (const char byte : bytes) {
        hash ^= static_cast<std::uint32_t>(static_cast<std::int8_t>(byte));
        hash *= 16777619u;
    }
    return hash;
}

/// Which character n-grams a word has (Bojanowski et al. 2017, section 3.2): those of `min_length`
/// to `max_length` code points of the word with '<' before and '>' after it, hashed into `buckets`
/// numbers.
struct SubwordOptions {
    std::uint32_t min_length = 3;
    std::uint32_t max_length = 6; ///< 0: words have no n-grams
    std::uint32_t buckets = 2000000;
    bool sentence_end = false; ///< "</s>" has n-grams, too: so in models from before format 11
};

/// Calls `use(ngram, hash)` for each n-gram of a word and its `subword_hash`, in fastText 0.9.2's
/// order: by first character, then by length. A single '<' or '>' is not an n-gram, and the
/// sentence end "</s>" has none. Invalid UTF-8 counts as in fastText: a continuation byte belongs
/// to what precedes it.
template <class Use>
void for_each_ngram(std::string_view word, const SubwordOptions& options, Use&& use) {
    if (options.max_length == 0 || (word == "</s>" && !options.sentence_end)) return;
    const std::string framed = '<' + std::string(word) + '>';
    const auto continues = [&](std::size_t at) {
        return (static_cast<unsigned char>(framed[at]) & 0xC0) == 0x80;
    };
    for (std::size_t begin = 0; begin < framed.size(); ++begin) {
        if (continues(begin)) continue;
        std::size_t end = begin;
        std::uint32_t hash = subword_hash({});
        for (std::uint32_t length = 1; end < framed.size() && length <= options.max_length;
             ++length) {
            const std::size_t from = end;
            do {
                ++end;
            } while (end < framed.size() && continues(end));
            hash = subword_hash(std::string_view(framed).substr(from, end - from), hash);
            const bool edge = length == 1 && (begin == 0 || end == framed.size());
            if (length >= options.min_length && !edge) {
                use(std::string_view(framed).substr(begin, end - begin), hash);
            }
        }
    }
}

} // namespace firth
