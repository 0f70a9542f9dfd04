#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/byte_source.hpp>
#include <firth/base/config.hpp>
#include <firth/base/error.hpp>
#include <firth/base/messages.hpp>
#include <firth/base/parallel.hpp>
#include <firth/corpus/labelled_corpus.hpp>
#include <firth/table/text_ngrams.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/text/labelled_line.hpp>
#include <firth/text/read_corpus.hpp>
#include <firth/text/text_blocks.hpp>

namespace firth {

/// Which words and labels of labelled texts are kept.
struct LabelledOptions {
    LabelFormat format{};
    std::uint64_t min_count = 1;       ///< words seen less often get no row
    std::uint64_t min_label_count = 1; ///< labels seen less often do not count as labels
    /// Words to keep however often they were seen, and with a count of 0 where they were not (those
    /// of vectors to start from); or null.
    const Vocabulary* known = nullptr;
    /// Words and labels are exactly those of this corpus, whatever the options above say, and other
    /// labels do not count: for texts to test with. Or null.
    const LabelledCorpus* like = nullptr;
    std::size_t threads = 0; ///< 0: all of the machine's
};

/// Labelled texts, and what was left out of them.
struct LabelledTexts {
    LabelledCorpus corpus;
    std::uint64_t empty_lines = 0;      ///< without words and labels
    std::uint64_t unlabelled_lines = 0; ///< with words, and without a label that counts
    std::vector<SkippedFile> skipped{}; ///< files of folders that are not texts
};

namespace detail {

/// A stretch of labelled text as numbers in the vocabularies of the worker that read it.
struct LabelledBlock {
    std::size_t worker = 0;
    std::vector<Id> tokens;
    std::vector<std::uint64_t> token_ends;
    std::vector<Id> labels;
    std::vector<std::uint64_t> label_ends;
};

/// What one worker has counted.
struct LabelledCounts {
    Vocabulary words;
    Vocabulary labels;
    std::uint64_t empty_lines = 0;
    std::uint64_t unlabelled_lines = 0;
};

/// Reads the lines of labelled texts; one a worker.
class LabelledReader {
public:
    LabelledReader(const LabelFormat& format, LabelledCounts& counts)
        : format_(&format), counts_(&counts) {}

    void read(std::string_view text, LabelledBlock& block) {
        while (!text.empty()) {
            const std::size_t end = (std::min)(text.find('\n'), text.size());
            read_line(text.substr(0, end), block);
            text.remove_prefix((std::min)(end + 1, text.size()));
        }
    }

private:
    void read_line(std::string_view line, LabelledBlock& block) {
        ++line_;
        words_.clear();
        const std::size_t first_label = block.labels.size();
        for_each_labelled_word(
            line, *format_, [&](std::string_view word) { words_.push_back(word); },
            [&](std::string_view label) { add_label(label, block.labels); });
        if (block.labels.size() == first_label) {
            ++(words_.empty() ? counts_->empty_lines : counts_->unlabelled_lines);
            return;
        }
        for (const std::string_view word : words_) {
            block.tokens.push_back(counts_->words.add(word, 1).first);
        }
        block.tokens.push_back(counts_->words.add(line_end_word, 1).first);
        block.token_ends.push_back(block.tokens.size());
        block.label_ends.push_back(block.labels.size());
    }

    void add_label(std::string_view label, std::vector<Id>& labels) {
        const Id id = counts_->labels.add(label).first;
        if (id >= last_line_.size()) last_line_.resize(id + std::size_t{1});
        if (std::exchange(last_line_[id], line_) == line_) return;
        counts_->labels.add(label, 1);
        labels.push_back(id);
    }

    const LabelFormat* format_;
    LabelledCounts* counts_;
    std::vector<std::string_view> words_; ///< of the line
    std::uint64_t line_ = 0;
    std::vector<std::uint64_t> last_line_; ///< by label: the line that had it last
};

/// The symbols of `counted` that are not in `kept`, by falling count and then by their bytes.
inline Vocabulary others(const Vocabulary& counted, const Vocabulary& kept) {
    std::vector<Id> ids;
    for (Id id = 0; id < counted.size(); ++id) {
        if (!kept.contains(counted[id])) ids.push_back(id);
    }
    std::sort(ids.begin(), ids.end(), [&](Id a, Id b) {
        return counted.count(a) != counted.count(b) ? counted.count(a) > counted.count(b)
                                                    : counted[a] < counted[b];
    });
    Vocabulary vocabulary;
    vocabulary.reserve(ids.size());
    for (const Id id : ids) {
        vocabulary.add(counted[id], counted.count(id));
    }
    return vocabulary;
}

[[noreturn]] inline void fail_unlabelled(const std::string& name, const LabelFormat& format,
                                         std::uint64_t lines) {
    throw Error(name + " has no label in any of its " + std::to_string(lines) +
                " lines, expected " +
                (format.place == LabelPlace::first_column
                     ? "a label before the first tab of a line"
                     : "words that begin with \"" + format.prefix + '"'));
}

inline LabelledTexts read_labelled_blocks(TextBlocks& text, const LabelledOptions& options,
                                          const std::string& name) {
    require_option(options.format.place == LabelPlace::first_column ||
                       !options.format.prefix.empty(),
                   "label prefix", options.format.prefix, "a byte or more");
    const std::size_t threads = resolve_threads(options.threads);
    std::vector<LabelledCounts> counted(threads);
    std::vector<LabelledBlock> blocks;
    std::mutex mutex;
    run_workers(threads, [&](std::size_t worker) {
        LabelledReader reader(options.format, counted[worker]);
        TextBlock block;
        while (text.next(block)) {
            LabelledBlock read;
            read.worker = worker;
            reader.read(block.text, read);
            const std::lock_guard lock(mutex);
            if (blocks.size() <= block.number) blocks.resize(block.number + 1);
            blocks[block.number] = std::move(read);
        }
    });

    LabelledTexts result;
    LabelledCounts all = counted[0];
    for (std::size_t worker = 1; worker < threads; ++worker) {
        for (Id id = 0; id < counted[worker].words.size(); ++id) {
            all.words.add(counted[worker].words[id], counted[worker].words.count(id));
        }
        for (Id id = 0; id < counted[worker].labels.size(); ++id) {
            all.labels.add(counted[worker].labels[id], counted[worker].labels.count(id));
        }
        all.empty_lines += counted[worker].empty_lines;
        all.unlabelled_lines += counted[worker].unlabelled_lines;
    }
    result.empty_lines = all.empty_lines;
    result.unlabelled_lines = all.unlabelled_lines;
    if (all.labels.empty()) {
        fail_unlabelled(name, options.format, all.empty_lines + all.unlabelled_lines);
    }
    const std::uint64_t most_seen = (std::ranges::max)(all.labels.counts());
    if (options.like == nullptr && most_seen < options.min_label_count) {
        throw Error(name + " has " + std::to_string(all.labels.size()) +
                    " labels, none of them min-label-count = " +
                    std::to_string(options.min_label_count) + " times");
    }
    Vocabulary words;
    Vocabulary labels;
    if (options.like != nullptr) {
        words = options.like->words();
        labels = options.like->labels();
    } else {
        words = select_vocabulary(all.words,
                                  {.min_count = options.min_count, .known = options.known}, name);
        labels = select_vocabulary(all.labels, {.min_count = options.min_label_count}, name);
    }
    Vocabulary unknown = others(all.words, words);

    std::vector<std::vector<Id>> token_ids(threads);
    std::vector<std::vector<Id>> label_ids(threads);
    for (std::size_t worker = 0; worker < threads; ++worker) {
        token_ids[worker] = translation(counted[worker].words, words);
        for (Id id = 0; id < token_ids[worker].size(); ++id) {
            if (token_ids[worker][id] != no_id) continue;
            token_ids[worker][id] =
                static_cast<Id>(words.size() + *unknown.find(counted[worker].words[id]));
        }
        label_ids[worker] = translation(counted[worker].labels, labels);
    }
    result.corpus = LabelledCorpus(std::move(words), std::move(unknown), std::move(labels));
    for (LabelledBlock& block : blocks) {
        for (Id& token : block.tokens) {
            token = token_ids[block.worker][token];
        }
        std::vector<Id> own_labels;
        std::uint64_t token = 0;
        std::uint64_t label = 0;
        for (std::size_t i = 0; i < block.token_ends.size(); ++i) {
            own_labels.clear();
            for (; label < block.label_ends[i]; ++label) {
                const Id id = label_ids[block.worker][block.labels[label]];
                if (id != no_id) own_labels.push_back(id);
            }
            const std::uint64_t begin = std::exchange(token, block.token_ends[i]);
            if (own_labels.empty()) {
                ++result.unlabelled_lines;
                continue;
            }
            result.corpus.add_unchecked(std::span(block.tokens).subspan(begin, token - begin),
                                        own_labels);
        }
        block = LabelledBlock();
    }
    if (result.corpus.empty()) {
        throw Error(name + " has no line with a label of the " +
                    std::to_string(result.corpus.labels().size()) + " that count");
    }
    return result;
}

} // namespace detail

/// Reads labelled texts from memory: a line is an example, its words are the stretches between
/// white space (and zero bytes), and after them comes the word "</s>", as fastText has it, which is
/// trained like any other. The result is the same for any number of threads.
///
/// - A line without words and labels is left out, as is one with words and no label; both are
///   counted, and their words are not. A line with a label and no words is an example of "</s>".
/// - A label that stands in a line twice counts once; one that was seen once is a label.
/// - Words that begin with the prefix are labels wherever they stand; the prefix alone is a word.
///   Where labels are a column, words that begin with the prefix are words.
///
/// `name` is what errors call the text. Throws `Error` where there is no label at all, or none that
/// the options keep, `OptionError` for an empty prefix, and `FormatError` for data that is plainly
/// no text.
[[nodiscard]] inline LabelledTexts parse_labelled(std::string_view text,
                                                  const LabelledOptions& options = {},
                                                  const std::string& name = "the text") {
    TextBlocks blocks(std::make_unique<MemorySource>(text), name, TextBlocks::default_block_size,
                      "\n");
    return detail::read_labelled_blocks(blocks, options, name);
}

FIRTH_BEGIN_UNPACKING

/// The same from files, as `read_corpus` takes them: plain or packed ones, folders, "-" for
/// standard input. Throws `IoError`, too.
[[nodiscard]] inline LabelledTexts read_labelled(const std::vector<std::string>& paths,
                                                 const LabelledOptions& options = {}) {
    std::vector<SkippedFile> skipped;
    const std::vector<std::string> files = list_files(paths, &skipped);
    TextBlocks blocks(files, TextBlocks::default_block_size, "\n");
    LabelledTexts texts = detail::read_labelled_blocks(blocks, options, detail::joint_name(files));
    texts.skipped = std::move(skipped);
    return texts;
}

/// The same from one file, or one folder.
[[nodiscard]] inline LabelledTexts read_labelled(const std::string& path,
                                                 const LabelledOptions& options = {}) {
    return read_labelled(std::vector<std::string>{path}, options);
}

FIRTH_END_UNPACKING
} // namespace firth
