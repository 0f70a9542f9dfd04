#pragma once

/// Tokenizers from the files that people have. Needs nlohmann/json.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <firth/base/atomic_file.hpp>
#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/utf8.hpp>
#include <firth/text/bert_tokenizer.hpp>
#include <firth/text/bpe_files.hpp>
#include <firth/text/normalizers/bert.hpp>
#include <firth/text/pre_tokenizers/metaspace.hpp>
#include <firth/text/pre_tokenizers/named_pattern.hpp>
#include <firth/text/sentencepiece.hpp>
#include <firth/text/tokenizer.hpp>
#include <firth/text/tokenizer_json.hpp>
#include <firth/text/tokenizer_json_writer.hpp>
#include <firth/text/tokenizers/tiktoken.hpp>
#include <firth/text/tokenizers/vocabulary_file.hpp>
#include <firth/text/tokenizers/word_piece.hpp>

namespace firth {

/// What some files of tokenizers do not say.
struct TokenizerFileOptions {
    /// Of a file of tiktoken's ranks, or of vocab.json and merges.txt: "gpt2", "cl100k", "o200k",
    /// "qwen", or "tekken".
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

/// The tokenizer of tiktoken's ranks and of a pattern by its name: see `named_pattern`.
[[nodiscard]] inline Tokenizer tiktoken_tokenizer(Bpe ranks, const std::string& pattern) {
    TokenizerSteps<> steps;
    steps.pre_tokenizer = named_pattern(pattern);
    steps.model = std::move(ranks);
    return Tokenizer(std::move(steps));
}

namespace detail {

/// The one file of a folder whose name ends so; empty where there is none. Throws `FormatError`
/// where there are several.
[[nodiscard]] inline std::string only_file(const std::string& folder, const char* extension) {
    std::string found;
    std::error_code code;
    for (const auto& each : std::filesystem::directory_iterator(folder, code)) {
        if (each.path().extension() != extension) continue;
        if (!found.empty()) {
            throw FormatError(folder + " has several " + extension + " files, of which " + found +
                              " and " + each.path().string() + ": name the one to read");
        }
        found = each.path().string();
    }
    return found;
}

} // namespace detail

[[nodiscard]] inline Tokenizer read_tokenizer(const std::string& path,
                                              const TokenizerFileOptions& options = {});

/// The tokenizer of a folder: of tokenizer.json, else of the one .model, else of vocab.json and
/// merges.txt, else of vocab.txt, else of the one .tiktoken. Throws `FormatError` where it has none
/// of them, and what `read_tokenizer` throws.
[[nodiscard]] inline Tokenizer read_tokenizer_folder(const std::string& folder,
                                                     const TokenizerFileOptions& options = {}) {
    const auto within = [&](const char* name) {
        return (std::filesystem::path(folder) / name).string();
    };
    const auto has = [&](const char* name) { return std::filesystem::exists(within(name)); };
    if (has("tokenizer.json")) return read_tokenizer(within("tokenizer.json"), options);
    if (const std::string model = detail::only_file(folder, ".model"); !model.empty())
        return read_tokenizer(model, options);
    if (has("vocab.json")) {
        if (!has("merges.txt"))
            throw FormatError(folder + " has vocab.json, but not merges.txt, which belongs to it");
        return read_bpe_files(within("vocab.json"), within("merges.txt"),
                              options.pattern.empty() ? "gpt2" : options.pattern);
    }
    if (has("vocab.txt")) return read_tokenizer(within("vocab.txt"), options);
    if (const std::string ranks = detail::only_file(folder, ".tiktoken"); !ranks.empty())
        return read_tokenizer(ranks, options);
    throw FormatError(folder + " has no tokenizer.json, no .model, no vocab.json with merges.txt, "
                               "no vocab.txt and no .tiktoken file");
}

/// The tokenizer of a file, whatever its kind is (`recognize_tokenizer`), or of a folder
/// (`read_tokenizer_folder`). Throws `IoError` where it cannot be read, `FormatError` where it is
/// damaged or asks for what is not supported.
inline Tokenizer read_tokenizer(const std::string& path, const TokenizerFileOptions& options) {
    if (std::filesystem::is_directory(path)) return read_tokenizer_folder(path, options);
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

/// Writes a tokenizer in a format. A tokenizer.json holds all of its steps, the others the model
/// alone. Throws `FormatError` for what the format cannot hold, and `IoError`.
inline void write_tokenizer(const std::string& path, const Tokenizer& tokenizer,
                            TokenizerFormat format = TokenizerFormat::json) {
    std::string bytes;
    const AnyModel& model = tokenizer.steps().model;
    const auto refuse = [&](const char* what) {
        throw FormatError(std::string(what) + ", but the tokenizer's model is \"" +
                          model.settings() + '"');
    };
    switch (format) {
    case TokenizerFormat::json:
        return write_tokenizer_json(path, tokenizer);
    case TokenizerFormat::ranks:
        if (const auto* const bpe = model.get_if<Bpe>()) {
            bytes = format_tiktoken(*bpe);
        } else {
            refuse("ranks are of a BPE model");
        }
        break;
    case TokenizerFormat::vocabulary:
        if (const auto* const pieces = model.get_if<WordPiece>()) {
            bytes = format_vocabulary(pieces->tokens());
        } else {
            refuse("a vocab.txt is of a WordPiece model");
        }
        break;
    case TokenizerFormat::sentencepiece:
        refuse("a .model is written by write_sentencepiece");
    }
    AtomicFile file(path);
    file.write(bytes);
    file.commit();
}

} // namespace firth
