#pragma once

/// Tokenizers from the files that people have. Needs nlohmann/json.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/utf8.hpp>
#include <firth/text/bert_tokenizer.hpp>
#include <firth/text/normalizers/bert.hpp>
#include <firth/text/pre_tokenizers/metaspace.hpp>
#include <firth/text/pre_tokenizers/patterns.hpp>
#include <firth/text/sentencepiece.hpp>
#include <firth/text/tokenizer.hpp>
#include <firth/text/tokenizer_json.hpp>
#include <firth/text/tokenizers/tiktoken.hpp>
#include <firth/text/tokenizers/vocabulary_file.hpp>
#include <firth/text/tokenizers/word_piece.hpp>

namespace firth {

/// What some files of tokenizers do not say.
struct TokenizerFileOptions {
    /// Of a file of tiktoken's ranks: "gpt2", "cl100k", "o200k", or "qwen".
    std::string pattern{};
    bool lowercase = true; ///< of a vocab.txt: small letters without accents
};

/// The kinds of tokenizer files.
enum class TokenizerFormat {
    json,          ///< Hugging Face's tokenizer.json
    ranks,         ///< tiktoken's: base64 and a number a line
    vocabulary,    ///< BERT's vocab.txt: a token a line
    sentencepiece, ///< a .model
};

/// What a file is, by its first bytes: an object, a line of base64 and a number, a field of
/// protobuf, or else lines of tokens.
[[nodiscard]] inline TokenizerFormat recognize_tokenizer(std::string_view bytes) {
    std::string_view text = bytes;
    skip_byte_order_mark(text);
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin != text.npos && text[begin] == '{') return TokenizerFormat::json;
    if (text.starts_with('\x0A') && text.size() > 2 && text.find('\0') != text.npos)
        return TokenizerFormat::sentencepiece;
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t space = line.find(' ');
    std::string token;
    if (space != line.npos && detail::append_base64(line.substr(0, space), token) &&
        line.find_first_not_of("0123456789\r", space + 1) == line.npos)
        return TokenizerFormat::ranks;
    return TokenizerFormat::vocabulary;
}

/// The tokenizer of a SentencePiece model. Throws `FormatError` for types other than unigram and
/// bpe.
[[nodiscard]] inline Tokenizer sentencepiece_tokenizer(const SentencePieceModel& model) {
    TokenizerSteps<> steps;
    steps.normalizer = sentencepiece_normalizer(model);
    const auto cut = [&](const auto& made) {
        if (model.space_as_suffix ? made.splits_after_spaces() : made.splits_at_spaces()) {
            steps.pre_tokenizer = SpaceRunPieces{
                model.space_as_suffix ? SpaceRunPieces::Side::after : SpaceRunPieces::Side::before};
        }
    };
    if (model.type == SentencePieceType::bpe) {
        SentencePieceBpe made = sentencepiece_bpe(model);
        cut(made);
        steps.model = std::move(made);
    } else {
        UnigramModel made = sentencepiece_unigram(model);
        cut(made);
        steps.model = std::move(made);
    }
    steps.decoder = sentencepiece_decoder(model);
    return Tokenizer(std::move(steps));
}

/// BERT's tokenizer of a vocabulary, with [CLS] and [SEP] around texts where it has them.
[[nodiscard]] inline Tokenizer bert_tokenizer(TokenTable vocabulary, bool lowercase = true) {
    BertNormalizer normalizer;
    normalizer.lowercase = lowercase;
    return bert_tokenizer(WordPiece(std::move(vocabulary)), normalizer);
}

/// The tokenizer of tiktoken's ranks and of a pattern by its name. Throws `OptionError` for names
/// of no pattern.
[[nodiscard]] inline Tokenizer tiktoken_tokenizer(Bpe ranks, const std::string& pattern) {
    TokenizerSteps<> steps;
    if (pattern == "gpt2") {
        steps.pre_tokenizer = Gpt2Pattern();
    } else if (pattern == "cl100k") {
        steps.pre_tokenizer = Cl100kPattern{3};
    } else if (pattern == "qwen") {
        steps.pre_tokenizer = Cl100kPattern{1};
    } else if (pattern == "o200k") {
        steps.pre_tokenizer = O200kPattern();
    } else {
        throw OptionError("a file of ranks says no pattern, and pattern = \"" + pattern +
                          "\" is none of gpt2, cl100k, o200k, qwen");
    }
    steps.model = std::move(ranks);
    return Tokenizer(std::move(steps));
}

/// The tokenizer of a file, whatever its kind is: `recognize_tokenizer`. Throws `IoError` where it
/// cannot be read, `FormatError` where it is damaged or asks for what is not supported.
[[nodiscard]] inline Tokenizer read_tokenizer(const std::string& path,
                                              const TokenizerFileOptions& options = {}) {
    const MappedFile file(path);
    switch (recognize_tokenizer(file.bytes())) {
    case TokenizerFormat::json:
        return parse_tokenizer_json(file.bytes(), path);
    case TokenizerFormat::ranks:
        return tiktoken_tokenizer(parse_tiktoken(file.bytes(), path), options.pattern);
    case TokenizerFormat::sentencepiece:
        return sentencepiece_tokenizer(parse_sentencepiece(file.bytes(), path));
    case TokenizerFormat::vocabulary:
        break;
    }
    return bert_tokenizer(parse_vocabulary(file.bytes(), path), options.lowercase);
}

} // namespace firth
