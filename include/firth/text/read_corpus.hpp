#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <firth/base/byte_source.hpp>
#include <firth/base/checksum.hpp>
#include <firth/base/config.hpp>
#include <firth/base/error.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/temporary_file.hpp>
#include <firth/corpus/corpus.hpp>
#include <firth/corpus/corpus_file.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/text/text_blocks.hpp>
#include <firth/text/tokenize.hpp>

namespace firth {

/// Which symbols of a corpus get a row.
struct VocabularyOptions {
    std::uint64_t min_count = 5; ///< symbols seen less often are left out
    std::size_t max_size = 0;    ///< at most this many, the most frequent ones; 0: no limit
    /// Symbols to keep however often they were seen, beyond `max_size`, and with a count of 0 where
    /// they were not; or null.
    const Vocabulary* known = nullptr;
    bool expand = true;      ///< with `known`: other symbols may have a row as well
    std::size_t threads = 0; ///< 0: all of the machine's
};

namespace detail {

/// In a stream of numbers, the end of a sentence.
inline constexpr Id sentence_break = no_id;

/// The counted symbols that options keep, by falling count and then by their bytes, so that the
/// result does not depend on how the work was shared out. Throws `Error`, naming `name`, where none
/// is left.
inline Vocabulary select_vocabulary(const Vocabulary& counted, const VocabularyOptions& options,
                                    const std::string& name) {
    if (counted.empty()) throw Error(name + " holds no words");
    const auto is_known = [&](Id id) {
        return options.known != nullptr && options.known->contains(counted[id]);
    };
    const bool takes_new = options.known == nullptr || options.expand;
    std::vector<Id> kept;
    for (Id id = 0; id < counted.size(); ++id) {
        if ((takes_new && counted.count(id) >= options.min_count) || is_known(id)) {
            kept.push_back(id);
        }
    }
    if (kept.empty()) {
        throw Error(
            name + " holds " + std::to_string(counted.size()) + " different words, " +
            (takes_new ? "none of them min-count = " + std::to_string(options.min_count) + " times"
                       : "none of them a known one"));
    }
    std::sort(kept.begin(), kept.end(), [&](Id a, Id b) {
        return counted.count(a) != counted.count(b) ? counted.count(a) > counted.count(b)
                                                    : counted[a] < counted[b];
    });
    if (options.max_size != 0 && kept.size() > options.max_size) {
        const auto limit = kept.begin() + static_cast<std::ptrdiff_t>(options.max_size);
        kept.erase(std::remove_if(limit, kept.end(), [&](Id id) { return !is_known(id); }),
                   kept.end());
    }
    Vocabulary vocabulary;
    vocabulary.reserve(kept.size());
    for (const Id id : kept) {
        vocabulary.add(counted[id], counted.count(id));
    }
    if (options.known != nullptr) {
        for (const std::string_view symbol : options.known->symbols()) {
            vocabulary.add(symbol, 0);
        }
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
    std::vector<Id> ids;
    std::vector<std::uint64_t> ends; ///< of sentences, as places in `ids`

    /// Replaces the numbers by final ids, without the symbols left out, and notes where sentences
    /// end.
    void translate(const std::vector<Id>& final_ids) {
        std::size_t kept = 0;
        for (const Id number : ids) {
            if (number == sentence_break) {
                ends.push_back(kept);
            } else if (final_ids[number] != no_id) {
                ids[kept++] = final_ids[number];
            }
        }
        ids.resize(kept);
    }

    /// Makes the ends places among all ids, of which `before` lie before this block, the last
    /// sentence of which ended at `last_end`, and drops those of empty sentences. Returns the new
    /// last end.
    std::uint64_t place(std::uint64_t before, std::uint64_t last_end) {
        std::size_t kept = 0;
        for (const std::uint64_t end : ends) {
            if (before + end == last_end) continue;
            last_end = ends[kept++] = before + end;
        }
        ends.resize(kept);
        return last_end;
    }
};

/// The blocks of a text between the reading and the translation, in memory or in a temporary file.
class BlockStore {
public:
    /// In memory where `file` is null.
    explicit BlockStore(TemporaryFile* file) : file_(file) {}

    /// Keeps a block's numbers; from any thread.
    void put(std::size_t number, std::size_t worker, std::vector<Id> ids) {
        Place place{worker, ids.size(), 0, {}};
        if (file_ != nullptr) {
            place.offset =
                file_->append({reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(Id)});
        } else {
            ids.shrink_to_fit();
            place.ids = std::move(ids);
        }
        const std::lock_guard lock(mutex_);
        if (places_.size() <= number) places_.resize(number + 1);
        places_[number] = std::move(place);
    }

    [[nodiscard]] std::size_t size() const noexcept { return places_.size(); }
    [[nodiscard]] std::size_t worker(std::size_t number) const { return places_[number].worker; }

    /// Takes a block's numbers out.
    [[nodiscard]] std::vector<Id> take(std::size_t number) {
        Place& place = places_[number];
        if (file_ == nullptr) return std::move(place.ids);
        std::vector<Id> ids(place.size);
        file_->read(place.offset, reinterpret_cast<char*>(ids.data()), ids.size() * sizeof(Id));
        return ids;
    }

private:
    struct Place {
        std::size_t worker = 0;
        std::size_t size = 0;
        std::uint64_t offset = 0;
        std::vector<Id> ids;
    };

    TemporaryFile* file_;
    std::mutex mutex_;
    std::vector<Place> places_;
};

/// Reads a text once and calls `add(ids, ends)` for its stretches in order, with final ids and with
/// the ends of sentences among all ids. Returns the vocabulary and the number of words read.
template <class T, class Add>
std::pair<Vocabulary, std::uint64_t>
encode_blocks(TextBlocks& text, const T& tokenizer, BlockStore& store,
              const VocabularyOptions& options, const std::string& name, Add&& add) {
    const std::size_t threads = resolve_threads(options.threads);
    std::vector<Vocabulary> counted(threads);
    run_workers(threads, [&](std::size_t worker) {
        Vocabulary& vocabulary = counted[worker];
        TextBlock block;
        while (text.next(block)) {
            std::vector<Id> ids;
            ids.reserve(block.text.size() / 5);
            tokenizer(
                std::string_view(block.text),
                [&](std::string_view token) { ids.push_back(vocabulary.add(token, 1).first); },
                [&] { ids.push_back(sentence_break); });
            store.put(block.number, worker, std::move(ids));
        }
    });

    // All are counted together in the first worker's vocabulary, whose numbers stay as they are.
    for (std::size_t worker = 1; worker < threads; ++worker) {
        for (Id id = 0; id < counted[worker].size(); ++id) {
            counted[0].add(counted[worker][id], counted[worker].count(id));
        }
    }
    if (counted[0].contains("")) {
        throw Error("the tokenizer \"" + tokenizer.settings() + "\" gave an empty token of " +
                    name + ", expected at least one byte");
    }
    std::uint64_t raw_words = 0;
    for (const std::uint64_t count : counted[0].counts()) {
        raw_words += count;
    }
    Vocabulary vocabulary = select_vocabulary(counted[0], options, name);
    std::vector<std::vector<Id>> final_ids(threads);
    parallel_for(threads, 1, threads, [&](std::size_t worker, std::size_t) {
        final_ids[worker] = translation(counted[worker], vocabulary);
        counted[worker] = Vocabulary();
    });

    // As many blocks at a time as keep all threads busy.
    const std::size_t batch = 4 * threads;
    std::vector<EncodedBlock> blocks(batch);
    std::uint64_t total = 0;
    std::uint64_t last_end = 0;
    for (std::size_t first = 0; first < store.size(); first += batch) {
        const std::size_t count = (std::min)(batch, store.size() - first);
        parallel_for(count, 1, threads, [&](std::size_t b, std::size_t) {
            blocks[b] = {store.take(first + b), {}};
            blocks[b].translate(final_ids[store.worker(first + b)]);
        });
        for (std::size_t b = 0; b < count; ++b) {
            last_end = blocks[b].place(total, last_end);
            total += blocks[b].ids.size();
            add(std::span<const Id>(blocks[b].ids), std::span<const std::uint64_t>(blocks[b].ends));
        }
    }
    // A tokenizer may leave the last sentence open.
    if (last_end != total) {
        add(std::span<const Id>(), std::span<const std::uint64_t>(&total, 1));
    }
    return {std::move(vocabulary), raw_words};
}

/// Reads a text into memory.
template <class T>
EncodedCorpus encode_in_memory(TextBlocks& text, const T& tokenizer,
                               const VocabularyOptions& options, const std::string& name) {
    BlockStore store(nullptr);
    std::vector<Id> ids;
    std::vector<std::uint64_t> ends;
    auto [vocabulary, raw_words] =
        encode_blocks(text, tokenizer, store, options, name,
                      [&](std::span<const Id> more_ids, std::span<const std::uint64_t> more_ends) {
                          ids.insert(ids.end(), more_ids.begin(), more_ids.end());
                          ends.insert(ends.end(), more_ends.begin(), more_ends.end());
                      });
    return {std::move(vocabulary),
            Corpus::from_parts(std::move(ids), std::move(ends), tokenizer.settings()), raw_words};
}

/// What the texts are, as they are now, and what is made of them: an encoded corpus with the same
/// description need not be made again. Empty where that cannot be known, as of standard input.
inline std::string describe_source(const std::vector<std::string>& files,
                                   const VocabularyOptions& options, const std::string& tokenizer) {
    namespace fs = std::filesystem;
    std::string text = "tokenizer " + tokenizer + "\nmin-count " +
                       std::to_string(options.min_count) + "\nmax-size " +
                       std::to_string(options.max_size) + '\n';
    if (options.known != nullptr) {
        Checksum sum;
        for (const std::string_view symbol : options.known->symbols()) {
            sum.add(std::to_string(symbol.size()) + ' ');
            sum.add(symbol);
        }
        text += "known " + std::to_string(sum.value()) + (options.expand ? " and new\n" : "\n");
    }
    for (const std::string& file : files) {
        std::error_code code;
        if (!fs::is_regular_file(file, code)) return {};
        const auto size = fs::file_size(file, code);
        const auto time = fs::last_write_time(file, code).time_since_epoch().count();
        if (code) return {};
        text += fs::absolute(file).lexically_normal().string() + ' ' + std::to_string(size) + ' ' +
                std::to_string(time) + '\n';
    }
    return text;
}

/// The characters of a `SymbolText`, as long as it lives.
template <class S>
std::string_view text_of(S& symbol) {
    if constexpr (std::convertible_to<S&, std::string_view>) {
        return symbol;
    } else {
        return {std::ranges::data(symbol), std::ranges::size(symbol)};
    }
}

/// What errors call several files.
inline std::string joint_name(const std::vector<std::string>& files) {
    if (files.size() == 1)
        return files[0] == FileSource::standard_input ? "standard input" : files[0];
    return files.empty() ? "the list of files"
                         : files[0] + " and " + std::to_string(files.size() - 1) + " more files";
}

} // namespace detail

FIRTH_BEGIN_UNPACKING

/// Reads a text once: words are the stretches between white space, sentences are lines (a text that
/// is one line is one sentence), unless another tokenizer says otherwise. Counts words, keeps the
/// vocabulary that the options ask for, and encodes the rest. The result is the same for any number
/// of threads. Memory: 4 bytes a word, and the vocabulary.
///
/// `name` is what errors call the text. Throws `Error` where no word is left and `FormatError` for
/// data that is plainly no text, such as a zip archive.
template <CorpusTokenizer T = WhiteSpaceTokenizer>
[[nodiscard]] EncodedCorpus
encode_text(std::string_view text, const VocabularyOptions& options = {},
            const std::string& name = "the text", const T& tokenizer = {}) {
    TextBlocks blocks(std::make_unique<MemorySource>(text), name, TextBlocks::default_block_size,
                      T::cut_after);
    return detail::encode_in_memory(blocks, tokenizer, options, name);
}

/// Reads text files as `encode_text` does, one after the other: plain ones and, in builds with
/// their libraries (`decompress.hpp`), gzip, xz and zstd files; a folder stands for the texts in it
/// (`list_files`; `skipped` of the result names the others), "-" for standard input. Throws
/// `IoError`, `Error`, and `FormatError` for a file that is named and is no text.
template <CorpusTokenizer T = WhiteSpaceTokenizer>
[[nodiscard]] EncodedCorpus read_corpus(const std::vector<std::string>& paths,
                                        const VocabularyOptions& options = {},
                                        const T& tokenizer = {}) {
    std::vector<SkippedFile> skipped;
    const std::vector<std::string> files = list_files(paths, &skipped);
    TextBlocks blocks(files, TextBlocks::default_block_size, T::cut_after);
    EncodedCorpus corpus =
        detail::encode_in_memory(blocks, tokenizer, options, detail::joint_name(files));
    corpus.skipped = std::move(skipped);
    return corpus;
}

/// The same for one file, or one folder.
template <CorpusTokenizer T = WhiteSpaceTokenizer>
[[nodiscard]] EncodedCorpus read_corpus(const std::string& path,
                                        const VocabularyOptions& options = {},
                                        const T& tokenizer = {}) {
    return read_corpus(std::vector<std::string>{path}, options, tokenizer);
}

/// A name for the encoded corpus of these files with these options and this tokenizer, for a folder
/// of such caches: other files, or changed ones, have another name.
template <CorpusTokenizer T = WhiteSpaceTokenizer>
[[nodiscard]] std::string cache_name(const std::vector<std::string>& paths,
                                     const VocabularyOptions& options, const T& tokenizer = {}) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::uint64_t sum =
        checksum(detail::describe_source(list_files(paths), options, tokenizer.settings()));
    std::string name(16, '0');
    for (auto digit = name.rbegin(); digit != name.rend(); ++digit, sum /= 16) {
        *digit = digits[sum % 16];
    }
    return name + ".corpus";
}

/// Reads text files, as `read_corpus` does, into an encoded corpus on disk, which is then mapped:
/// for texts larger than memory. Where `cache` is there already and was made from the same files,
/// unchanged since by size and time, with the same options and tokenizer, it is opened as it is;
/// else it is made anew.
///
/// Memory: the vocabulary, its copies while words are counted (one a thread), and some MB a thread.
/// Disk: 4 bytes a word, and as much again while encoding, in the cache's folder. Throws as
/// `read_corpus` does, and leaves no part of a cache behind.
template <CorpusTokenizer T = WhiteSpaceTokenizer>
[[nodiscard]] EncodedCorpus
read_corpus_through(const std::string& cache, const std::vector<std::string>& paths,
                    const VocabularyOptions& options = {}, const T& tokenizer = {}) {
    std::vector<SkippedFile> skipped;
    const std::vector<std::string> files = list_files(paths, &skipped);
    const std::string source = detail::describe_source(files, options, tokenizer.settings());
    const auto opened = [&] {
        EncodedCorpus corpus = open_corpus(cache);
        corpus.skipped = std::move(skipped);
        return corpus;
    };
    if (!source.empty() && std::filesystem::exists(cache)) {
        try {
            if (corpus_source(cache) == source) return opened();
        } catch (const FormatError&) {
            // A cache that cannot be used is made anew.
        }
    }
    {
        const std::string folder = std::filesystem::path(cache).parent_path().string();
        TemporaryFile spool(folder);
        detail::BlockStore store(&spool);
        CorpusWriter writer(cache, folder);
        TextBlocks blocks(files, TextBlocks::default_block_size, T::cut_after);
        const auto [vocabulary, raw_words] = detail::encode_blocks(
            blocks, tokenizer, store, options, detail::joint_name(files),
            [&](std::span<const Id> ids, std::span<const std::uint64_t> ends) {
                writer.add(ids, ends);
            });
        writer.commit(vocabulary, raw_words, source, tokenizer.settings());
    }
    return opened();
}

FIRTH_END_UNPACKING

/// A symbol of a range of sequences: whatever converts to `std::string_view`, or characters that
/// lie one after the other in memory (the pieces of `std::views::split`).
template <class S>
concept SymbolText = std::convertible_to < std::remove_reference_t<S>
&, std::string_view > || (std::ranges::contiguous_range<S> && std::ranges::sized_range<S> &&
                          std::same_as<std::ranges::range_value_t<S>, char>);

/// A range of ranges of symbols, each gone through once, from front to back: containers, views that
/// filter or split, generators, streams. Sequences and symbols may be made as they are asked for.
///
///     std::vector<std::vector<std::string>> baskets;
///     firth::encode_sequences(baskets | std::views::filter(is_large));
template <class S>
concept SymbolSequences =
    std::ranges::input_range<S> && std::ranges::input_range<std::ranges::range_reference_t<S>> &&
    SymbolText<std::ranges::range_reference_t<std::ranges::range_reference_t<S>>>;

/// Encodes any range of sequences of strings: `std::vector<std::vector<std::string>>`, say, of
/// baskets. Each inner sequence is a sentence. Throws `Error` where no symbol is left.
template <SymbolSequences Sequences>
[[nodiscard]] EncodedCorpus encode_sequences(Sequences&& sequences,
                                             const VocabularyOptions& options = {},
                                             const std::string& name = "the data") {
    detail::EncodedBlock block;
    Vocabulary counted;
    EncodedCorpus result;
    // References of either kind: views may change while they are gone through, and what a
    // generator hands out lives until its next element.
    for (auto&& sequence : sequences) {
        for (auto&& symbol : sequence) {
            block.ids.push_back(counted.add(detail::text_of(symbol), 1).first);
            ++result.raw_words;
        }
        block.ids.push_back(detail::sentence_break);
    }
    result.vocabulary = detail::select_vocabulary(counted, options, name);
    block.translate(detail::translation(counted, result.vocabulary));
    static_cast<void>(block.place(0, 0));
    result.corpus = Corpus::from_parts(std::move(block.ids), std::move(block.ends));
    return result;
}

} // namespace firth
