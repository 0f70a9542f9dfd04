#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/parallel.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/text/corpus.hpp>
#include <firth/text/tokenize.hpp>

namespace firth {

/// Which symbols of a corpus get a row.
struct VocabularyOptions {
    std::uint64_t min_count = 5; ///< symbols seen less often are left out
    std::size_t max_size = 0;    ///< at most this many, the most frequent ones; 0: no limit
    std::size_t threads = 0;     ///< 0: all of the machine's
};

namespace detail {

/// In a stream of numbers, the end of a sentence.
inline constexpr Id sentence_break = no_id;

/// The counted symbols that options keep, by falling count and then by their bytes, so that the
/// result does not depend on how the work was shared out. Throws `Error`, naming `name`, where none
/// is left.
inline Vocabulary select_vocabulary(const Vocabulary& counted, const VocabularyOptions& options,
                                    const std::string& name) {
    std::vector<Id> kept;
    for (Id id = 0; id < counted.size(); ++id) {
        if (counted.count(id) >= options.min_count) kept.push_back(id);
    }
    if (counted.empty()) throw Error(name + " holds no words");
    if (kept.empty()) {
        throw Error(name + " holds " + std::to_string(counted.size()) +
                    " different words, none of them min-count = " +
                    std::to_string(options.min_count) + " times");
    }
    std::sort(kept.begin(), kept.end(), [&](Id a, Id b) {
        return counted.count(a) != counted.count(b) ? counted.count(a) > counted.count(b)
                                                    : counted[a] < counted[b];
    });
    if (options.max_size != 0) kept.resize(std::min(kept.size(), options.max_size));
    Vocabulary vocabulary;
    vocabulary.reserve(kept.size());
    for (const Id id : kept) {
        vocabulary.add(counted[id], counted.count(id));
    }
    return vocabulary;
}

/// For each id of `from`, the id of the same symbol in `to`, or `no_id`.
inline std::vector<Id> translation(const Vocabulary& from, const Vocabulary& to) {
    std::vector<Id> ids;
    ids.reserve(from.size());
    for (const std::string_view symbol : from.symbols()) {
        ids.push_back(to.find(symbol).value_or(no_id));
    }
    return ids;
}

/// A stretch of text as numbers in the vocabulary of the worker that read it, then as final ids.
struct EncodedBlock {
    std::size_t worker = 0;
    std::vector<Id> ids;
    std::vector<std::uint64_t> ends; ///< of sentences, as places in `ids`
};

/// Replaces a block's numbers by final ids, without the symbols left out, and notes where sentences
/// end.
inline void translate(EncodedBlock& block, const std::vector<Id>& ids) {
    std::size_t kept = 0;
    for (const Id number : block.ids) {
        if (number == sentence_break) {
            block.ends.push_back(kept);
        } else if (ids[number] != no_id) {
            block.ids[kept++] = ids[number];
        }
    }
    block.ids.resize(kept);
}

/// The blocks, in order, as one corpus; sentences go on from one block to the next.
inline Corpus join(std::vector<EncodedBlock>& blocks, std::size_t threads) {
    std::vector<std::size_t> begins;
    std::size_t total = 0;
    std::vector<std::uint64_t> ends;
    for (const EncodedBlock& block : blocks) {
        begins.push_back(total);
        for (const std::uint64_t end : block.ends) {
            if (total + end != (ends.empty() ? 0 : ends.back())) ends.push_back(total + end);
        }
        total += block.ids.size();
    }
    if (total != (ends.empty() ? 0 : ends.back())) ends.push_back(total);
    std::vector<Id> ids(total);
    parallel_for(blocks.size(), 1, threads, [&](std::size_t begin, std::size_t end) {
        for (std::size_t b = begin; b < end; ++b) {
            std::copy(blocks[b].ids.begin(), blocks[b].ids.end(),
                      ids.begin() + static_cast<std::ptrdiff_t>(begins[b]));
            blocks[b] = EncodedBlock();
        }
    });
    return Corpus::from_parts(std::move(ids), std::move(ends));
}

} // namespace detail

/// Reads a text once: words are the stretches between white space, sentences are lines (a text that
/// is one line is one sentence). Counts them, keeps the vocabulary that the options ask for, and
/// encodes the rest. The result is the same for any number of threads. Memory: 4 bytes a word, and
/// the vocabulary.
///
/// `name` is what errors call the text. Throws `Error` where no word is left and `FormatError` for
/// data that is plainly no text, such as a compressed file.
[[nodiscard]] inline EncodedCorpus encode_text(std::string_view text,
                                               const VocabularyOptions& options = {},
                                               const std::string& name = "the text") {
    constexpr std::size_t block_size = std::size_t{1} << 20;
    text = plain_text(text, name);
    const std::size_t threads = resolve_threads(options.threads);
    const std::size_t block_count = text.size() / block_size + 1;

    // A word belongs to the block in which it begins.
    const auto block_begin = [&](std::size_t block) {
        std::size_t at = std::min(block * block_size, text.size());
        while (at != 0 && at != text.size() && !is_space(text[at - 1])) {
            ++at;
        }
        return at;
    };
    std::vector<detail::EncodedBlock> blocks(block_count);
    std::vector<Vocabulary> counted(threads);
    std::atomic<std::size_t> next{0};
    run_workers(threads, [&](std::size_t worker) {
        Vocabulary& vocabulary = counted[worker];
        for (std::size_t b = next++; b < block_count; b = next++) {
            const std::size_t begin = block_begin(b);
            const std::size_t end = block_begin(b + 1);
            if (begin >= end) continue;
            blocks[b].worker = worker;
            std::vector<Id>& ids = blocks[b].ids;
            ids.reserve((end - begin) / 5);
            for_each_word(
                text.substr(begin, end - begin),
                [&](std::string_view word) { ids.push_back(vocabulary.add(word, 1).first); },
                [&] { ids.push_back(detail::sentence_break); });
        }
    });

    EncodedCorpus result;
    Vocabulary all = counted[0];
    for (std::size_t worker = 1; worker < threads; ++worker) {
        for (Id id = 0; id < counted[worker].size(); ++id) {
            all.add(counted[worker][id], counted[worker].count(id));
        }
    }
    for (const std::uint64_t count : all.counts()) {
        result.raw_words += count;
    }
    result.vocabulary = detail::select_vocabulary(all, options, name);

    std::vector<std::vector<Id>> final_ids(threads);
    parallel_for(threads, 1, threads, [&](std::size_t worker, std::size_t) {
        final_ids[worker] = detail::translation(counted[worker], result.vocabulary);
    });
    parallel_for(block_count, 1, threads, [&](std::size_t begin, std::size_t end) {
        for (std::size_t b = begin; b < end; ++b) {
            detail::translate(blocks[b], final_ids[blocks[b].worker]);
        }
    });
    result.corpus = detail::join(blocks, threads);
    return result;
}

/// Reads a text file, mapped, as `encode_text` does. Throws `IoError` where it cannot be read.
[[nodiscard]] inline EncodedCorpus read_corpus(const std::string& path,
                                               const VocabularyOptions& options = {}) {
    const MappedFile file(path);
    return encode_text(file.bytes(), options, path);
}

/// Encodes any range of sequences of strings: `std::vector<std::vector<std::string>>`, say, of
/// baskets. Each inner sequence is a sentence. Throws `Error` where no symbol is left.
template <std::ranges::forward_range Sequences>
    requires std::ranges::forward_range<std::ranges::range_reference_t<Sequences>> &&
        std::convertible_to<
            std::ranges::range_reference_t<std::ranges::range_reference_t<Sequences>>,
            std::string_view>
[[nodiscard]] EncodedCorpus encode_sequences(const Sequences& sequences,
                                             const VocabularyOptions& options = {},
                                             const std::string& name = "the data") {
    detail::EncodedBlock block;
    Vocabulary counted;
    EncodedCorpus result;
    for (const auto& sequence : sequences) {
        for (const std::string_view symbol : sequence) {
            block.ids.push_back(counted.add(symbol, 1).first);
            ++result.raw_words;
        }
        block.ids.push_back(detail::sentence_break);
    }
    result.vocabulary = detail::select_vocabulary(counted, options, name);
    detail::translate(block, detail::translation(counted, result.vocabulary));
    std::vector<detail::EncodedBlock> blocks;
    blocks.push_back(std::move(block));
    result.corpus = detail::join(blocks, 1);
    return result;
}

} // namespace firth
