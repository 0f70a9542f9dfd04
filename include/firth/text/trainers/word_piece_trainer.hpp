#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/progress.hpp>
#include <firth/table/id.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/text/tokenizers/token_table.hpp>
#include <firth/text/tokenizers/word_piece.hpp>
#include <firth/text/trainers/bpe_trainer.hpp>

namespace firth {

/// How WordPiece is trained; names as in `BpeTrainerOptions`.
struct WordPieceTrainerOptions {
    std::size_t vocab_size = 30000;
    std::uint64_t min_frequency = 0;
    std::vector<std::string> special_tokens{"[UNK]"};
    std::size_t limit_alphabet = 0;
    std::string initial_alphabet{};
    std::size_t max_token_length = 0;
    std::string continuing_subword_prefix = "##";
    ProgressCallback progress{};
};

/// The tokens that were learnt, by their ids.
struct TrainedWordPiece {
    std::vector<std::string> tokens{};
    std::string continuing_prefix{};
    bool cancelled = false; ///< by the callback; what was learnt so far is there

    /// Throws `FormatError` where the vocabulary does not have the unknown token.
    [[nodiscard]] WordPiece model(WordPieceOptions options = {}) const {
        options.continuing_prefix = continuing_prefix;
        return WordPiece(TokenTable(detail::numbered(tokens), "the trained vocabulary"),
                         std::move(options));
    }
};

/// Learns a vocabulary of WordPiece from words and their counts, which `count_pieces` gives, as
/// Hugging Face's tokenizers does it, since the program that made BERT's was never published: the
/// tokens of byte-pair encoding whose characters have a prefix but at a word's begin. The ids are
/// in the order of `train_bpe`. There they are in that of a hash table, and so are pairs that are
/// equally frequent: the vocabularies differ by some of the rarest tokens, as those of two runs
/// there do.
///
/// Time, memory and errors as `train_bpe` has them.
[[nodiscard]] inline TrainedWordPiece
train_word_piece_vocabulary(const Vocabulary& words, const WordPieceTrainerOptions& options = {}) {
    BpeTrainerOptions bpe;
    bpe.vocab_size = options.vocab_size;
    bpe.min_frequency = options.min_frequency;
    bpe.special_tokens = options.special_tokens;
    bpe.limit_alphabet = options.limit_alphabet;
    bpe.initial_alphabet = options.initial_alphabet;
    bpe.max_token_length = options.max_token_length;
    bpe.continuing_subword_prefix = options.continuing_subword_prefix;
    bpe.progress = options.progress;
    TrainedBpe trained = train_bpe(words, bpe);
    return {std::move(trained.tokens), options.continuing_subword_prefix, trained.cancelled};
}

} // namespace firth
