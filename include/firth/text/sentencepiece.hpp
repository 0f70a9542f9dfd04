#pragma once

#include <optional>
#include <string>
#include <utility>

#include <firth/base/error.hpp>
#include <firth/text/decoders/sentencepiece.hpp>
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
    SentencePieceNormalizerOptions options{from.charsmap,
                                           from.add_dummy_prefix,
                                           model.space_as_suffix,
                                           from.remove_extra_whitespaces,
                                           from.escape_whitespaces,
                                           {},
                                           "the charsmap of the model's normalizer"};
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

/// How the model's pieces become a text again, but for its denormalizer.
[[nodiscard]] inline SentencePieceDecoder sentencepiece_decoder(const SentencePieceModel& model) {
    SentencePieceDecoderOptions options;
    for (const SentencePiece& piece : model.pieces) {
        if (piece.type == PieceType::control) options.control.push_back(piece.text);
        if (piece.type == PieceType::unknown) options.unknown = piece.text;
    }
    options.unknown_surface = model.unknown_surface;
    options.byte_fallback = model.byte_fallback;
    options.add_dummy_prefix = model.normalization.add_dummy_prefix;
    options.remove_extra_whitespaces = model.normalization.remove_extra_whitespaces;
    return SentencePieceDecoder(std::move(options));
}

/// What the model does with a text that was decoded; most do nothing. Throws `FormatError` for a
/// damaged charsmap.
[[nodiscard]] inline std::optional<SentencePieceNormalizer>
sentencepiece_denormalizer(const SentencePieceModel& model) {
    if (!model.denormalization || model.denormalization->charsmap.empty()) return std::nullopt;
    const SentencePieceNormalization& from = *model.denormalization;
    return SentencePieceNormalizer({from.charsmap,
                                    from.add_dummy_prefix,
                                    false,
                                    from.remove_extra_whitespaces,
                                    from.escape_whitespaces,
                                    {},
                                    "the charsmap of the model's denormalizer"});
}

} // namespace firth
