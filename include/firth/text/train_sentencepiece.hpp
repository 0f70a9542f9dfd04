#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/config.hpp>
#include <firth/base/error.hpp>
#include <firth/base/parallel.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/text/normalizers/sentencepiece_normalizer.hpp>
#include <firth/text/normalizers/unicode_charsmap.hpp>
#include <firth/text/read_corpus.hpp>
#include <firth/text/sentencepiece.hpp>
#include <firth/text/text_blocks.hpp>
#include <firth/text/text_files.hpp>
#include <firth/text/tokenizers/sentencepiece_model.hpp>
#include <firth/text/trainers/unigram_trainer.hpp>

namespace firth {

namespace detail {
FIRTH_BEGIN_UNPACKING

/// The stretches of a text between spaces and the ends of lines, with their counts, in any order.
inline Vocabulary count_stretches(TextBlocks& text, std::size_t threads) {
    std::vector<Vocabulary> counted(threads);
    run_workers(threads, [&](std::size_t worker) {
        TextBlock block;
        while (text.next(block)) {
            const std::string_view bytes = block.text;
            for (std::size_t at = 0; at < bytes.size();) {
                std::size_t end = at;
                while (end < bytes.size() && bytes[end] != ' ' && bytes[end] != '\n') {
                    ++end;
                }
                if (end != at) counted[worker].add(bytes.substr(at, end - at), 1);
                at = end + 1;
            }
        }
    });
    for (std::size_t worker = 1; worker < threads; ++worker) {
        for (Id id = 0; id < counted[worker].size(); ++id) {
            counted[0].add(counted[worker][id], counted[worker].count(id));
        }
        counted[worker] = Vocabulary();
    }
    return std::move(counted[0]);
}

FIRTH_END_UNPACKING

/// What a normalizer makes of stretches between spaces: words, each from a `space_mark` up to the
/// next. No entry of a charsmap goes over a space, so they are those of whole lines; but a stretch
/// loses spaces at its end, and a U+2581 there that stands in the text itself counts as one.
inline Vocabulary normalized_words(const Vocabulary& stretches,
                                   const SentencePieceNormalizer& normalizer) {
    Vocabulary words;
    NormalizedText normalized;
    for (Id id = 0; id < stretches.size(); ++id) {
        normalized.clear();
        normalizer(stretches[id], normalized);
        const std::string_view bytes = normalized.bytes();
        for (std::size_t at = 0; at < bytes.size();) {
            const std::size_t end = (std::min)(bytes.size(), bytes.find(space_mark, at + 1));
            words.add(bytes.substr(at, end - at), stretches.count(id));
            at = end;
        }
    }
    return words;
}

} // namespace detail

FIRTH_BEGIN_UNPACKING

/// Trains a SentencePiece model of type Unigram on texts: see `train_unigram`. Files, folders and
/// "-" are read as by `read_corpus`; lines are as long as they are. `write_sentencepiece` writes
/// the model, `sentencepiece_tokenizer` runs it.
///
/// Only the different words are kept in memory, as they stand in the text. Throws what
/// `train_unigram` and `read_corpus` throw; a model without pieces where the callback cancels.
[[nodiscard]] inline SentencePieceModel
train_sentencepiece(const std::vector<std::string>& paths,
                    const UnigramTrainerOptions& options = {},
                    const std::string& normalization_rule_name = "nmt_nfkc") {
    detail::check_options(options);
    const std::size_t threads = resolve_threads(options.threads);
    SentencePieceModel model;
    model.byte_fallback = options.byte_fallback;
    model.unknown_id = options.unk_id;
    model.begin_id = options.bos_id;
    model.end_id = options.eos_id;
    model.padding_id = options.pad_id;
    model.normalization.name = normalization_rule_name;
    model.normalization.charsmap = unicode_charsmap(normalization_rule_name);

    const std::vector<std::string> files = list_files(paths);
    TextBlocks text(files, TextBlocks::default_block_size, " \n");
    const Vocabulary stretches = detail::count_stretches(text, threads);
    if (stretches.empty()) throw Error(detail::joint_name(files) + " holds no words");
    // Pieces that the normalizer leaves alone.
    for (const std::string& symbol : options.user_defined_symbols) {
        model.pieces.push_back({symbol, 0, PieceType::user_defined});
    }
    const SentencePieceNormalizer normalizer = sentencepiece_normalizer(model);
    const Vocabulary words = detail::normalized_words(stretches, normalizer);
    model.pieces = train_unigram(words, options);
    return model;
}

FIRTH_END_UNPACKING
} // namespace firth
