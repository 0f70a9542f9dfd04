#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <ranges>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <firth/base/byte_source.hpp>
#include <firth/base/config.hpp>
#include <firth/base/error.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/progress.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/text/added_tokens.hpp>
#include <firth/text/any_step.hpp>
#include <firth/text/normalized_text.hpp>
#include <firth/text/piece_batch.hpp>
#include <firth/text/read_corpus.hpp>
#include <firth/text/text_blocks.hpp>
#include <firth/text/text_files.hpp>
#include <firth/text/trainers/detail/piece_table.hpp>

namespace firth {

/// How pieces are counted.
struct PieceCountOptions {
    std::vector<std::string> special_tokens{}; ///< cut out of the text first, and not counted
    std::size_t max_pieces = 0;  ///< distinct pieces to keep at most, see `count_pieces`; 0: all
    std::size_t threads = 0;     ///< 0: all of the machine's
    ProgressCallback progress{}; ///< gets bytes as units
};

/// The distinct pieces of texts.
struct PieceCounts {
    Vocabulary pieces;                  ///< by falling count and then by their bytes
    std::uint64_t total = 0;            ///< pieces counted in all, those dropped included
    std::uint64_t dropped = 0;          ///< of them, those that `max_pieces` left no room for
    std::uint64_t bytes = 0;            ///< of the texts
    std::vector<SkippedFile> skipped{}; ///< files of folders that are not texts
    bool cancelled = false;             ///< by the callback; no pieces then
};

namespace detail {

/// Texts that one thread takes at a time.
struct TextBatch {
    TextBlock block;
    std::vector<std::size_t> ends; ///< of each text in the block
};

/// The lines of files with their ends, each a text.
class LineBatches {
public:
    explicit LineBatches(std::vector<std::string> files,
                         std::size_t block_size = TextBlocks::default_block_size)
        : blocks_(std::move(files), block_size, "\n") {}

    bool next(TextBatch& batch) {
        if (!blocks_.next(batch.block)) return false;
        std::string& text = batch.block.text;
        if (batch.block.adds_line_end) text.pop_back();
        batch.ends.clear();
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = text.find('\n', at);
            at = end == text.npos ? text.size() : end + 1;
            batch.ends.push_back(at);
        }
        return true;
    }

private:
    TextBlocks blocks_;
};

/// The texts of a range, gone through once.
template <class Texts>
class RangeBatches {
public:
    explicit RangeBatches(Texts& texts)
        : next_(std::ranges::begin(texts)), end_(std::ranges::end(texts)) {}

    bool next(TextBatch& batch) {
        const std::lock_guard lock(mutex_);
        batch.block.text.clear();
        batch.ends.clear();
        for (; next_ != end_ && batch.block.text.size() < TextBlocks::default_block_size &&
               batch.ends.size() < TextBlocks::default_block_size;
             ++next_) {
            auto&& text = *next_;
            batch.block.text += text_of(text);
            batch.ends.push_back(batch.block.text.size());
        }
        return !batch.ends.empty();
    }

private:
    std::mutex mutex_;
    std::ranges::iterator_t<Texts> next_;
    std::ranges::sentinel_t<Texts> end_;
};

/// One thread's part of the counting.
template <class Cut, class Change>
class PieceCounter {
public:
    PieceCounter(const AddedTokens& special, const Cut& cut, const Change& change)
        : special_(special), cut_(cut), change_(change) {}

    void add(std::string_view text) {
        special_.cut(
            text,
            [&](std::size_t begin, std::size_t end) {
                add_stretch(text.substr(begin, end - begin), begin == 0);
            },
            [](const AddedToken&, std::size_t, std::size_t) {});
    }

    PieceTable table;
    std::uint64_t total = 0;

private:
    void add_stretch(std::string_view text, bool is_first) {
        if (changes()) {
            changed_.clear();
            change_(text, changed_);
            text = changed_.bytes();
        }
        if constexpr (RewritingPreTokenizer<Cut>) {
            if (cut_.rewrites()) {
                rewritten_.clear();
                pieces_.clear();
                cut_.rewrite(text, is_first, rewritten_, pieces_);
                add_pieces(rewritten_.bytes());
                return;
            }
        }
        for (std::size_t at = 0; at < text.size();) {
            pieces_.clear();
            at = cut_(text, at, pieces_);
            add_pieces(text);
        }
    }

    void add_pieces(std::string_view text) {
        total += pieces_.size();
        table.add(text, pieces_);
    }

    [[nodiscard]] bool changes() const {
        if constexpr (requires { static_cast<bool>(change_); }) {
            return static_cast<bool>(change_);
        } else {
            return true;
        }
    }

    const AddedTokens& special_;
    const Cut& cut_;
    const Change& change_;
    NormalizedText changed_;
    NormalizedText rewritten_;
    PieceBatch pieces_;
};

/// How many batches are counted between two looks at `max_pieces`: about 64 MB of text.
inline constexpr std::size_t usual_batches_a_round = 64;

/// Keeps the most frequent `most` pieces of a table. Returns the sum of the others' counts.
inline std::uint64_t keep_most_frequent(PieceTable& table, std::size_t most) {
    if (table.size() <= most) return 0;
    std::uint64_t dropped = 0;
    PieceTable kept;
    for (const PieceTable::Entry& entry : table.sorted()) {
        if (kept.size() < most) {
            kept.add(entry.piece, entry.count);
        } else {
            dropped += entry.count;
        }
    }
    table = std::move(kept);
    return dropped;
}

template <class Source, class Cut, class Change>
PieceCounts count_batches(Source& source, const Cut& cut, const Change& change,
                          const PieceCountOptions& options, std::uint64_t bytes_in_all,
                          const std::string& name,
                          std::size_t batches_a_round = usual_batches_a_round) {
    const std::size_t threads = resolve_threads(options.threads);
    std::vector<AddedToken> tokens(options.special_tokens.size());
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        tokens[i].content = options.special_tokens[i];
    }
    const AddedTokens special(std::move(tokens));
    std::vector<PieceCounter<Cut, Change>> counters;
    counters.reserve(threads);
    while (counters.size() < threads) {
        counters.emplace_back(special, cut, change);
    }
    PieceCounts result;
    ProgressMeter meter(options.progress);
    Progress progress;
    progress.total = bytes_in_all;
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<bool> cancelled{false};
    std::atomic<bool> ended{false};
    PieceTable& all = counters[0].table;
    const auto gather = [&] {
        for (std::size_t worker = 1; worker < threads; ++worker) {
            all.add_all(counters[worker].table);
            counters[worker].table = PieceTable();
        }
    };
    while (!ended && !cancelled) {
        // The batches of a round do not depend on the threads, nor does what is dropped after it.
        std::atomic<std::size_t> taken{0};
        run_workers(threads, [&](std::size_t worker) {
            TextBatch batch;
            while (!cancelled && !ended &&
                   (options.max_pieces == 0 || taken.fetch_add(1) < batches_a_round)) {
                try {
                    if (!source.next(batch)) {
                        ended = true;
                        return;
                    }
                    std::size_t begin = 0;
                    for (const std::size_t end : batch.ends) {
                        counters[worker].add(
                            std::string_view(batch.block.text).substr(begin, end - begin));
                        begin = end;
                    }
                } catch (...) {
                    ended = true; // the others need not go on
                    throw;
                }
                bytes.fetch_add(batch.block.text.size());
                if (worker != 0) continue;
                progress.done = bytes;
                if (!meter.report(progress)) cancelled = true;
            }
        });
        if (options.max_pieces == 0 || cancelled) continue;
        gather();
        result.dropped += keep_most_frequent(all, options.max_pieces);
    }
    progress.done = bytes;
    if (cancelled || !meter.report(progress, true)) {
        result.cancelled = true;
        return result;
    }
    gather();
    result.bytes = bytes;
    for (const PieceCounter<Cut, Change>& counter : counters) {
        result.total += counter.total;
    }
    if (all.size() == 0) throw Error(name + " holds no pieces of text");
    result.pieces.reserve(all.size());
    for (const PieceTable::Entry& entry : all.sorted()) {
        result.pieces.add(entry.piece, entry.count);
    }
    return result;
}

/// The bytes of all files together; 0 where that is not known, as of standard input.
inline std::uint64_t bytes_of(const std::vector<std::string>& files) {
    std::uint64_t sum = 0;
    for (const std::string& file : files) {
        std::error_code code;
        if (!std::filesystem::is_regular_file(file, code)) return 0;
        if (is_packed(FileSource(file).head())) return 0;
        sum += std::filesystem::file_size(file, code);
        if (code) return 0;
    }
    return sum;
}

} // namespace detail

FIRTH_BEGIN_UNPACKING

/// Counts the pieces that a pre-tokenizer cuts texts into, which is what a tokenizer is trained on.
/// Files, folders and "-" as `read_corpus` has them. Each line is a text of its own and has its
/// line end with it, so that nothing depends on how files are read: Hugging Face's tokenizers
/// do the same, but keep a byte-order mark at the begin of a file. Long lines are never dropped.
/// The result is the same for any number of threads.
///
/// Memory: the distinct pieces, about 50 bytes each and once for each thread, a line, and some MB a
/// thread. With `max_pieces`, after every 64 MB of text the most frequent so many are kept and the
/// others dropped, of those that are equally frequent the ones whose bytes come last; a piece that
/// is seen again is counted from 0 on. So counts are too low by what was dropped at most.
///
/// Throws `IoError`, `Error` where there are no pieces and for special tokens that are empty or
/// there twice, and `FormatError` for a file that is named and is no text.
template <PreTokenizer Cut = AnyPreTokenizer, Normalizer Change = AnyNormalizer>
[[nodiscard]] PieceCounts count_pieces(const std::vector<std::string>& paths,
                                       const Cut& pre_tokenizer = {}, const Change& normalizer = {},
                                       const PieceCountOptions& options = {}) {
    std::vector<SkippedFile> skipped;
    const std::vector<std::string> files = list_files(paths, &skipped);
    detail::LineBatches source(files);
    PieceCounts counts = detail::count_batches(source, pre_tokenizer, normalizer, options,
                                               detail::bytes_of(files), detail::joint_name(files));
    counts.skipped = std::move(skipped);
    return counts;
}

FIRTH_END_UNPACKING

/// The same for any range of strings, each a text, gone through once, from front to back:
/// containers, views, generators. With more than one thread, another thread than the caller's may
/// ask for the next text, never two at once.
template <std::ranges::input_range Texts, PreTokenizer Cut = AnyPreTokenizer,
          Normalizer Change = AnyNormalizer>
    requires SymbolText<std::ranges::range_reference_t<Texts>>
[[nodiscard]] PieceCounts count_pieces_of(Texts&& texts, const Cut& pre_tokenizer = {},
                                          const Change& normalizer = {},
                                          const PieceCountOptions& options = {}) {
    detail::RangeBatches<std::remove_reference_t<Texts>> source(texts);
    return detail::count_batches(source, pre_tokenizer, normalizer, options, 0, "the range");
}

} // namespace firth
