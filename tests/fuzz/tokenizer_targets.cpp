#include "targets.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <firth/text/sentencepiece.hpp>
#include <firth/text/tokenizer_file.hpp>

using namespace firth;
using fuzz::require;

namespace {

/// Cuts texts with what a model says; the tokens are all of the text.
template <class Model>
void cut_with(const SentencePieceModel& file, const Model& model) {
    const SentencePieceNormalizer normalizer = sentencepiece_normalizer(file);
    typename Model::Scratch scratch;
    for (const char* const text :
         {"", "the king", " \xC3\xA9 \xFF\x80  e\xCC\x81 <s>a", "\t\xEF\xAC\x81"}) {
        NormalizedText to(true);
        normalizer(text, to);
        std::size_t length = 0;
        model(to.bytes(), scratch, [&](Id id, std::size_t size) {
            require(id < model.size(), "ids are below the size");
            length += size;
        });
        require(length == to.size(), "tokens are the whole text");
    }
}

void read_sentencepiece_model(std::string_view bytes) {
    const SentencePieceModel file = parse_sentencepiece(bytes);
    require(parse_sentencepiece(format_sentencepiece(file)).pieces == file.pieces,
            "pieces are the same again");
    if (file.type == SentencePieceType::bpe) {
        cut_with(file, sentencepiece_bpe(file));
    } else {
        cut_with(file, sentencepiece_unigram(file));
    }
}

/// Cuts texts; what is written of the tokenizer does the same.
void tokenize_with(const Tokenizer& tokenizer) {
    std::string written;
    try {
        written = tokenizer_json_of(tokenizer);
    } catch (const FormatError&) { // no file can hold it
    }
    std::optional<Tokenizer> again;
    if (!written.empty()) again.emplace(parse_tokenizer_json(written, "written"));
    for (const char* const text :
         {"", "the king", " \xC3\xA9 \xFF\x80  e\xCC\x81 <s>a [UNK]", "\tthth\n"}) {
        const std::vector<Id> ids = tokenizer.ids(text);
        for (const Id id : ids) {
            require(id < tokenizer.size(), "ids are below the size");
        }
        static_cast<void>(tokenizer.encode(text));
        static_cast<void>(tokenizer.decode(ids));
        if (again) require(again->ids(text) == ids, "ids are the same again");
    }
}

void read_tokenizer_json_file(std::string_view bytes) {
    tokenize_with(parse_tokenizer_json(bytes, "the file"));
}

void read_ranks(std::string_view bytes) {
    const Bpe ranks = parse_tiktoken(bytes, "the file");
    require(format_tiktoken(ranks) ==
                format_tiktoken(parse_tiktoken(format_tiktoken(ranks), "written")),
            "ranks are the same again");
    tokenize_with(tiktoken_tokenizer(parse_tiktoken(bytes, "the file"), "cl100k"));
}

void read_vocab_txt(std::string_view bytes) {
    TokenTable tokens = parse_vocabulary(bytes, "the file");
    require(parse_vocabulary(format_vocabulary(tokens), "written").checksum() == tokens.checksum(),
            "tokens are the same again");
    tokenize_with(bert_tokenizer(std::move(tokens)));
}

/// A vocab.json and, after its closing brace's line, a merges.txt.
void read_bpe_pair(std::string_view bytes) {
    const std::size_t end = (std::min)(bytes.find("}\n"), bytes.size());
    const std::size_t next = (std::min)(end + 2, bytes.size());
    BpeOptions options;
    options.bytes = true;
    TokenizerSteps<> steps;
    steps.pre_tokenizer = Gpt2Pattern();
    steps.model =
        parse_bpe_files(bytes.substr(0, (std::min)(end + 1, bytes.size())), "the vocabulary",
                        bytes.substr(next), "the merges", std::move(options));
    tokenize_with(Tokenizer(std::move(steps)));
}

constexpr std::array<fuzz::Target, 5> all_targets{{
    {"sentencepiece", read_sentencepiece_model},
    {"tokenizer_json", read_tokenizer_json_file},
    {"tiktoken", read_ranks},
    {"vocab_txt", read_vocab_txt},
    {"bpe_files", read_bpe_pair},
}};

} // namespace

std::span<const fuzz::Target> fuzz::tokenizer_targets() {
    return all_targets;
}

std::vector<std::string> fuzz::tokenizer_seeds(std::string_view target) {
    if (target == "tiktoken") return {"dA== 0\naA== 1\ndGg= 2\nZQ== 3\ndGhl 4\n"};
    if (target == "vocab_txt") return {"[UNK]\n[CLS]\n[SEP]\nthe\nk\n##ing\n\n##\xC3\xA9\n"};
    if (target == "bpe_files") {
        return {
            "{\"t\": 0, \"h\": 1, \"th\": 2, \"\xC4\xA0\": 3, \"<s>\": 5}\n#version: 0.2\nt h\n"};
    }
    if (target == "tokenizer_json") {
        return {
            R"({"added_tokens": [{"id": 4, "content": "<s>", "lstrip": true}], "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]}, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": true}, "decoder": {"type": "ByteLevel"}, "post_processor": {"type": "RobertaProcessing", "sep": ["t", 0], "cls": ["h", 1]}, "model": {"type": "BPE", "vocab": {"t": 0, "h": 1, "th": 2, "e": 3}, "merges": ["t h"]}})",
            R"({"normalizer": {"type": "BertNormalizer"}, "pre_tokenizer": {"type": "BertPreTokenizer"}, "decoder": {"type": "WordPiece"}, "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[UNK]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}], "special_tokens": {"[UNK]": {"id": "[UNK]", "ids": [0], "tokens": ["[UNK]"]}}}, "model": {"type": "WordPiece", "vocab": {"[UNK]": 0, "the": 1, "k": 2, "##ing": 3}}})",
            R"({"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"String": "e"}, "behavior": "MergedWithNext", "invert": false}, {"type": "Metaspace", "replacement": "_", "prepend_scheme": "first", "split": true}]}, "decoder": {"type": "CTC"}, "model": {"type": "Unigram", "unk_id": 0, "vocab": [["u", 0], ["t", -1.5], ["th", -2]]}})"};
    }
    if (target == "sentencepiece") {
        SentencePieceModel model;
        model.pieces = {{"<unk>", 0, PieceType::unknown},       {"<s>", 0, PieceType::control},
                        {"t", -2, PieceType::normal},           {"the", -3, PieceType::normal},
                        {"k", -2.5f, PieceType::unused},        {"in", -4, PieceType::user_defined},
                        {"\xE2\x96\x81", -3, PieceType::normal}};
        // A trie whose root has no children, and one replacement.
        model.normalization.charsmap = std::string("\0\4\0\0", 4) + std::string(1026, '\0');
        std::vector<std::string> files{format_sentencepiece(model)};
        model.type = SentencePieceType::bpe;
        model.denormalization = model.normalization;
        files.push_back(format_sentencepiece(model));
        return files;
    }
    return {};
}
