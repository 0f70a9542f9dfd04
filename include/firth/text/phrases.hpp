#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tsl/robin_map.h>
#include <tsl/robin_set.h>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/atomic_file.hpp>
#include <firth/base/messages.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/random.hpp>
#include <firth/corpus/corpus.hpp>
#include <firth/table/vocabulary.hpp>

namespace firth {

/// Which pairs of words are a phrase.
struct PhraseOptions {
    std::uint64_t min_count = 5; ///< pairs and words seen less often form no phrases
    double threshold = 100;      ///< pairs with a higher score are phrases
    std::size_t threads = 0;     ///< 0: all of the machine's
};

/// Two symbols that follow each other more often than by chance.
struct Phrase {
    Id first = no_id;
    Id second = no_id;
    std::uint64_t count = 0;
    double score = 0; ///< (count - min_count) * words / (count of first * count of second)
};

namespace detail {

[[nodiscard]] inline std::uint64_t pair_key(Id first, Id second) noexcept {
    return std::uint64_t{first} << 32 | second;
}

struct PairHash {
    std::size_t operator()(std::uint64_t key) const noexcept {
        return static_cast<std::size_t>(mix_bits(key));
    }
};

/// See `find_phrases`. Pairs are counted in shares, each of `pairs_a_share` of the corpus at most.
[[nodiscard]] inline std::vector<Phrase> find_phrases_in_shares(const EncodedCorpus& corpus,
                                                                const PhraseOptions& options,
                                                                std::uint64_t pairs_a_share) {
    constexpr std::size_t release_step = std::size_t{1} << 20;
    const CorpusView view = corpus.corpus;
    const Vocabulary& vocabulary = corpus.vocabulary;
    const std::size_t threads = resolve_threads(options.threads);
    const std::size_t shares =
        round_up(static_cast<std::size_t>(view.ids.size() / pairs_a_share) + 1, threads);
    std::vector<std::vector<Phrase>> found(shares);
    parallel_for(shares, 1, threads, [&](std::size_t share, std::size_t) {
        tsl::robin_map<std::uint64_t, std::uint64_t, PairHash> counts;
        std::size_t begin = 0;
        std::size_t kept = 0;
        for (const std::uint64_t end : view.sentence_ends) {
            for (std::size_t i = begin + 1; i < end; ++i) {
                const Id first = view.ids[i - 1];
                const Id second = view.ids[i];
                if (vocabulary.count(first) < options.min_count ||
                    vocabulary.count(second) < options.min_count) {
                    continue;
                }
                const std::uint64_t key = pair_key(first, second);
                if ((mix_bits(key) >> 32) % shares == share) ++counts[key];
            }
            begin = end;
            if (begin - kept >= release_step) view.release(std::exchange(kept, begin), begin);
        }
        for (const auto& [key, count] : counts) {
            if (count < options.min_count) continue;
            Phrase phrase{static_cast<Id>(key >> 32), static_cast<Id>(key & 0xFFFFFFFFu), count, 0};
            phrase.score = static_cast<double>(count - options.min_count) *
                           static_cast<double>(corpus.raw_words) /
                           static_cast<double>(vocabulary.count(phrase.first)) /
                           static_cast<double>(vocabulary.count(phrase.second));
            if (phrase.score > options.threshold) found[share].push_back(phrase);
        }
    });
    std::vector<Phrase> phrases;
    for (const std::vector<Phrase>& part : found) {
        phrases.insert(phrases.end(), part.begin(), part.end());
    }
    std::sort(phrases.begin(), phrases.end(), [](const Phrase& a, const Phrase& b) {
        return a.score != b.score ? a.score > b.score
                                  : pair_key(a.first, a.second) < pair_key(b.first, b.second);
    });
    return phrases;
}

} // namespace detail

/// The phrases of an encoded corpus, best first, by the score of word2phrase (Mikolov et al. 2013,
/// "Distributed Representations of Words and Phrases", equation 6, times the number of words). The
/// corpus should hold all words (min-count 1): where a word is left out, its neighbours become
/// adjacent.
///
/// Pairs are counted exactly, in as many passes as keep the tables small: memory does not grow with
/// the corpus. Cost: O(corpus). Throws `OptionError`.
[[nodiscard]] inline std::vector<Phrase> find_phrases(const EncodedCorpus& corpus,
                                                      const PhraseOptions& options = {}) {
    detail::require_option(options.threshold >= 0, "threshold", float_text(options.threshold),
                           "0 or more");
    // Pairs of one pass on one thread: at most some 200 MB.
    constexpr std::uint64_t pairs_a_share = std::uint64_t{1} << 24;
    return detail::find_phrases_in_shares(corpus, options, pairs_a_share);
}

/// Writes a corpus as text, a sentence a line, with each phrase as one word: "new york" becomes
/// "new_york". From left to right; a word belongs to one phrase at most, so that longer phrases
/// take another pass over the text that was written. Returns how many were joined. Throws
/// `IoError`.
inline std::uint64_t write_joined(const EncodedCorpus& corpus, const std::vector<Phrase>& phrases,
                                  const std::string& path, char joint = '_') {
    tsl::robin_set<std::uint64_t, detail::PairHash> pairs;
    for (const Phrase& phrase : phrases) {
        pairs.insert(detail::pair_key(phrase.first, phrase.second));
    }
    AtomicFile file(path);
    const CorpusView view = corpus.corpus;
    std::uint64_t joined = 0;
    std::size_t begin = 0;
    std::size_t kept = 0;
    std::string line;
    constexpr std::size_t release_step = std::size_t{1} << 20;
    for (const std::uint64_t end : view.sentence_ends) {
        line.clear();
        bool free = false; // the word before belongs to no phrase
        for (std::size_t i = begin; i < end; ++i) {
            const bool join =
                free && pairs.contains(detail::pair_key(view.ids[i - 1], view.ids[i]));
            if (i != begin) line += join ? joint : ' ';
            line += corpus.vocabulary[view.ids[i]];
            joined += join;
            free = !join;
        }
        line += '\n';
        file.write(line);
        begin = end;
        if (begin - kept >= release_step) view.release(std::exchange(kept, begin), begin);
    }
    file.commit();
    return joined;
}

} // namespace firth
