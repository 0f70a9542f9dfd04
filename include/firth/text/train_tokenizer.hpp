#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/config.hpp>
#include <firth/base/progress.hpp>
#include <firth/corpus/corpus.hpp>
#include <firth/text/added_tokens.hpp>
#include <firth/text/any_step.hpp>
#include <firth/text/bert_tokenizer.hpp>
#include <firth/text/normalizers/bert.hpp>
#include <firth/text/pre_tokenizers/bert.hpp>
#include <firth/text/pre_tokenizers/patterns.hpp>
#include <firth/text/read_corpus.hpp>
#include <firth/text/tokenizer.hpp>
#include <firth/text/trainers/bpe_trainer.hpp>
#include <firth/text/trainers/count_pieces.hpp>
#include <firth/text/trainers/word_piece_trainer.hpp>

/// Whole tokenizers, trained on texts by the recipes that models use. Others are composed of the
/// same parts: `count_pieces`, a trainer, and the steps of a `Tokenizer`.
namespace firth {

/// A byte-level tokenizer as GPT-2 and most of today's models have it.
struct ByteLevelBpeOptions {
    std::size_t vocab_size = 30000;  ///< tokens in all, 256 of them the bytes
    std::uint64_t min_frequency = 2; ///< of a pair that is merged
    std::vector<std::string> special_tokens{};
    AnyPreTokenizer pattern = Gpt2Pattern(); ///< how text is cut: `Cl100kPattern`, ...
    AnyNormalizer normalizer{};
    std::size_t max_token_length = 0; ///< see `BpeTrainerOptions`
    std::size_t max_pieces = 0;       ///< see `count_pieces`
    std::size_t threads = 0;          ///< 0: all of the machine's
    /// Gets bytes as units in its first epoch, which counts, and tokens in its second.
    ProgressCallback progress{};
};

/// A tokenizer as BERT has it.
struct WordPieceTokenizerOptions {
    std::size_t vocab_size = 30000;
    std::uint64_t min_frequency = 2;
    std::size_t limit_alphabet = 1000; ///< the most frequent characters; 0: all
    std::vector<std::string> special_tokens = bert_special_tokens();
    BertNormalizer normalizer{};
    std::string continuing_subword_prefix = "##";
    std::size_t max_pieces = 0;
    std::size_t threads = 0;
    ProgressCallback progress{}; ///< as of `ByteLevelBpeOptions`
};

/// A tokenizer, and what is known of the texts that it was trained on.
struct TrainedTokenizer {
    Tokenizer tokenizer;
    std::uint64_t pieces = 0;           ///< that the texts have, between the special tokens
    std::uint64_t distinct_pieces = 0;  ///< of them, those that were trained on
    std::uint64_t dropped = 0;          ///< pieces that `max_pieces` left no room for
    std::uint64_t bytes = 0;            ///< of the texts
    std::vector<SkippedFile> skipped{}; ///< files of folders that are not texts
    bool cancelled = false; ///< by the callback; the tokenizer has what was learnt so far
};

namespace detail {

/// The callback with the number of the part of the work that it is told of.
inline ProgressCallback in_epoch(const ProgressCallback& callback, std::uint32_t epoch) {
    if (!callback) return {};
    return [callback, epoch](const Progress& before) {
        Progress progress = before;
        progress.epoch = epoch;
        progress.epochs = 2;
        return callback(progress);
    };
}

template <class Options>
PieceCountOptions counting_options(const Options& options) {
    PieceCountOptions made;
    made.special_tokens = options.special_tokens;
    made.max_pieces = options.max_pieces;
    made.threads = options.threads;
    made.progress = in_epoch(options.progress, 1);
    return made;
}

inline TrainedTokenizer described(Tokenizer tokenizer, PieceCounts&& counts, bool cancelled) {
    return {
        std::move(tokenizer),      counts.total, counts.pieces.size(), counts.dropped, counts.bytes,
        std::move(counts.skipped), cancelled};
}

inline TrainedTokenizer train_on(PieceCounts&& counts, const ByteLevelBpeOptions& options) {
    if (counts.cancelled) return described(Tokenizer(), std::move(counts), true);
    BpeTrainerOptions bpe;
    bpe.vocab_size = options.vocab_size;
    bpe.min_frequency = options.min_frequency;
    bpe.special_tokens = options.special_tokens;
    bpe.initial_alphabet = all_bytes();
    bpe.max_token_length = options.max_token_length;
    bpe.bytes = true;
    bpe.progress = in_epoch(options.progress, 2);
    const TrainedBpe trained = train_bpe(counts.pieces, bpe);

    TokenizerSteps<> steps;
    for (const std::string& content : options.special_tokens) {
        steps.added_tokens.push_back(
            special_token(content, static_cast<Id>(steps.added_tokens.size())));
    }
    steps.model = trained.model();
    steps.normalizer = options.normalizer;
    steps.pre_tokenizer = options.pattern;
    return described(Tokenizer(std::move(steps)), std::move(counts), trained.cancelled);
}

inline TrainedTokenizer train_on(PieceCounts&& counts, const WordPieceTokenizerOptions& options) {
    if (counts.cancelled) return described(Tokenizer(), std::move(counts), true);
    WordPieceTrainerOptions words;
    words.vocab_size = options.vocab_size;
    words.min_frequency = options.min_frequency;
    words.limit_alphabet = options.limit_alphabet;
    words.special_tokens = options.special_tokens;
    words.continuing_subword_prefix = options.continuing_subword_prefix;
    words.progress = in_epoch(options.progress, 2);
    const TrainedWordPiece trained = train_word_piece_vocabulary(counts.pieces, words);
    return described(bert_tokenizer(trained.model(), options.normalizer, options.special_tokens),
                     std::move(counts), trained.cancelled);
}

} // namespace detail

FIRTH_BEGIN_UNPACKING

/// Trains byte-level BPE on files, folders and "-" (`count_pieces`, `train_bpe`): the special
/// tokens have the first ids, then come the 256 bytes, so that no text is unknown, and the merges.
/// The result is the same for any number of threads. Throws as `count_pieces` and `train_bpe` do.
[[nodiscard]] inline TrainedTokenizer
train_byte_level_bpe(const std::vector<std::string>& paths,
                     const ByteLevelBpeOptions& options = {}) {
    return detail::train_on(
        count_pieces(paths, options.pattern, options.normalizer, detail::counting_options(options)),
        options);
}

/// Trains WordPiece on files, folders and "-" (`count_pieces`, `train_word_piece_vocabulary`), and
/// makes BERT's tokenizer of it: see `bert_tokenizer`. The same as above otherwise; the special
/// tokens must have "[UNK]".
[[nodiscard]] inline TrainedTokenizer
train_word_piece(const std::vector<std::string>& paths,
                 const WordPieceTokenizerOptions& options = {}) {
    return detail::train_on(count_pieces(paths, BertPreTokenizer(), options.normalizer,
                                         detail::counting_options(options)),
                            options);
}

FIRTH_END_UNPACKING

/// The same on any range of strings, each a text: see `count_pieces_of`.
template <std::ranges::input_range Texts>
    requires SymbolText<std::ranges::range_reference_t<Texts>>
[[nodiscard]] TrainedTokenizer train_byte_level_bpe_of(Texts&& texts,
                                                       const ByteLevelBpeOptions& options = {}) {
    return detail::train_on(count_pieces_of(texts, options.pattern, options.normalizer,
                                            detail::counting_options(options)),
                            options);
}

template <std::ranges::input_range Texts>
    requires SymbolText<std::ranges::range_reference_t<Texts>>
[[nodiscard]] TrainedTokenizer train_word_piece_of(Texts&& texts,
                                                   const WordPieceTokenizerOptions& options = {}) {
    return detail::train_on(count_pieces_of(texts, BertPreTokenizer(), options.normalizer,
                                            detail::counting_options(options)),
                            options);
}

} // namespace firth
