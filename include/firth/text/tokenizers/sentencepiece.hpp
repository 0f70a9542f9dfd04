#pragma once

#include <string>

#include <firth/base/error.hpp>
#include <firth/text/normalizers/sentencepiece_normalizer.hpp>
#include <firth/text/tokenizers/sentencepiece_bpe.hpp>
#include <firth/text/tokenizers/sentencepiece_model.hpp>
#include <firth/text/tokenizers/unigram.hpp>

/// The parts that a SentencePiece model is made of.
namespace firth {

/// What the model does with a text before it is cut. Throws `FormatError` for a damaged charsmap.
[[nodiscard]] inline SentencePieceNormalizer
sentencepiece_normalizer(const SentencePieceModel& model) {
    const SentencePieceNormalization& from = model.normalization;
    SentencePieceNormalizerOptions options{from.charsmap,           from.add_dummy_prefix,
                                           model.space_as_suffix,   from.remove_extra_whitespaces,
                                           from.escape_whitespaces, {},
                                           "the model's charsmap"};
    for (const SentencePiece& piece : model.pieces) {
        if (piece.type == PieceType::user_defined) options.kept.push_back(piece.text);
    }
    return SentencePieceNormalizer(std::move(options));
}

namespace detail {

inline void require_type(const SentencePieceModel& model, SentencePieceType type) {
    if (model.type == type) return;
    constexpr const char* names[] = {"unigram", "bpe", "word", "char"};
    throw FormatError(std::string("a SentencePiece model of type ") +
                      names[static_cast<int>(model.type) - 1] + ", expected " +
                      names[static_cast<int>(type) - 1]);
}

} // namespace detail

/// The model's pieces as a unigram language model. Throws `FormatError` where it is none.
[[nodiscard]] inline UnigramModel sentencepiece_unigram(const SentencePieceModel& model) {
    detail::require_type(model, SentencePieceType::unigram);
    return UnigramModel(model.pieces, {.byte_fallback = model.byte_fallback});
}

/// The model's pieces for byte-pair encoding. Throws `FormatError` where it has others.
[[nodiscard]] inline SentencePieceBpe sentencepiece_bpe(const SentencePieceModel& model) {
    detail::require_type(model, SentencePieceType::bpe);
    return SentencePieceBpe(model.pieces, model.byte_fallback);
}

} // namespace firth
