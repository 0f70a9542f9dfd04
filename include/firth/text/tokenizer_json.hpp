#pragma once

/// Hugging Face's tokenizer.json. Needs nlohmann/json (Debian: nlohmann-json3-dev), which no other
/// header includes.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/text/detail/json_decoders.hpp>
#include <firth/text/detail/json_document.hpp>
#include <firth/text/detail/json_lengths.hpp>
#include <firth/text/detail/json_normalizers.hpp>
#include <firth/text/detail/json_pre_tokenizers.hpp>
#include <firth/text/detail/json_reader.hpp>
#include <firth/text/detail/json_vocabulary.hpp>
#include <firth/text/detail/space_cuts.hpp>
#include <firth/text/pre_tokenizers/metaspace.hpp>
#include <firth/text/sentence_piece.hpp>
#include <firth/text/tokenizer.hpp>
#include <firth/text/tokenizers/bpe.hpp>
#include <firth/text/tokenizers/token_table.hpp>
#include <firth/text/tokenizers/unigram.hpp>
#include <firth/text/tokenizers/word_level.hpp>
#include <firth/text/tokenizers/word_piece.hpp>

namespace firth {

namespace detail {

/// Reads a tokenizer.json into the steps of a tokenizer.
class TokenizerJson : JsonReader {
public:
    using JsonReader::Json;

    TokenizerJson(std::string_view text, std::string name)
        : JsonReader(std::move(name)), document_(text, this->name()), root_(document_.root()) {}

    [[nodiscard]] Tokenizer read() {
        if (!root_.is_object() || !root_.contains("model")) {
            fail("has no \"model\", expected a tokenizer of Hugging Face");
        }
        TokenizerSteps<> steps;
        steps.normalizer = read_normalizer(*this, part("normalizer"));
        PreTokenizerOfJson cut = read_pre_tokenizer(*this, part("pre_tokenizer"));
        steps.pre_tokenizer = std::move(cut.step);
        byte_level_ = cut.byte_level;
        steps.decoder = read_decoder_of_file(*this, part("decoder"), byte_level_);
        steps.model = model(root_.at("model"));
        steps.pre_tokenizer = with_cuts(std::move(steps.pre_tokenizer), steps.model);
        added_tokens(part("added_tokens"), steps);
        post_processor(part("post_processor"), steps);
        steps.truncation = read_truncation(*this, part("truncation"));
        steps.padding = read_padding(*this, part("padding"));
        try {
            return Tokenizer(std::move(steps));
        } catch (const FormatError&) {
            throw;
        } catch (const Error& error) {
            fail(std::string("cannot be kept to: ") + error.what());
        }
    }

private:
    [[nodiscard]] const Json& part(const char* key) const {
        static const Json null;
        const auto found = root_.find(key);
        return found == root_.end() ? null : *found;
    }

    [[nodiscard]] AnyModel model(const Json& step) {
        std::string type = type_of(step, "model");
        if (type.empty() && document_.merges().is_there()) type = "BPE"; // older files
        if (type == "BPE") return bpe(step);
        if (type == "WordPiece") {
            WordPieceOptions options;
            options.unknown = get<std::string>(step, "unk_token", "[UNK]");
            options.continuing_prefix = get<std::string>(step, "continuing_subword_prefix", "##");
            options.max_characters = get<std::size_t>(step, "max_input_chars_per_word", 100);
            return WordPiece(vocabulary("WordPiece"), std::move(options));
        }
        if (type == "WordLevel") {
            return WordLevel(vocabulary("WordLevel"), get<std::string>(step, "unk_token", ""));
        }
        if (type == "Unigram" || (type.empty() && step.contains("unk_id"))) return unigram(step);
        refuse("model", type);
    }

    /// Where a text is one piece, parts of it that have the same tokens.
    [[nodiscard]] static AnyPreTokenizer with_cuts(AnyPreTokenizer step, const AnyModel& model) {
        if (!step) return splits_at_spaces(model) ? SpaceRunPieces() : AnyPreTokenizer();
        const auto* const marks = step.get_if<Metaspace>();
        if (marks == nullptr || marks->split || marks->replacement != space_mark ||
            !splits_at_spaces(model))
            return step;
        Metaspace made = *marks;
        made.cuts_before_runs = true;
        return made;
    }

    /// The vocabulary of a model whose tokens are not of bytes.
    [[nodiscard]] TokenTable vocabulary(const char* model) const {
        refuse_bytes(model);
        return token_table(*this, document_.vocab(), false);
    }

    void refuse_bytes(const char* model) const {
        if (byte_level_)
            fail("asks for ByteLevel before a " + std::string(model) +
                 " model, which is not supported");
    }

    [[nodiscard]] UnigramModel unigram(const Json& step) const {
        const JsonList& vocab = document_.vocab();
        if (!vocab.is_there() || vocab.is_object()) {
            fail("has a Unigram model without the array \"vocab\"");
        }
        refuse_bytes("Unigram");
        UnigramOptions options;
        options.byte_fallback = get(step, "byte_fallback", false);
        options.sums = UnigramOptions::Sums::double_precision;
        options.finds_all = true;
        std::vector<SentencePiece> pieces;
        pieces.reserve(vocab.size());
        vocab.for_each([&](JsonList::Item item, std::string_view piece, std::string_view,
                           double score) {
            if (item != JsonList::Item::string_number) {
                fail("has piece " + std::to_string(pieces.size()) +
                     " in another form than [piece, score]");
            }
            pieces.push_back({std::string(piece), static_cast<float>(score), PieceType::normal});
            if (options.byte_fallback && byte_of_piece(piece) >= 0)
                pieces.back().type = PieceType::byte;
        });
        const std::size_t unknown = get<std::size_t>(step, "unk_id", pieces.size());
        if (unknown >= pieces.size()) fail("has a Unigram model without its unknown piece");
        pieces[unknown].type = PieceType::unknown;
        return UnigramModel(pieces, options);
    }

    [[nodiscard]] Bpe bpe(const Json& step) const {
        BpeOptions options;
        options.dropout = get(step, "dropout", 0.0);
        if (!(options.dropout >= 0 && options.dropout <= 1)) {
            fail("has dropout = " + shown(step.at("dropout")) + ", expected 0 to 1");
        }
        options.bytes = byte_level_;
        options.unknown = get<std::string>(step, "unk_token", "");
        options.continuing_prefix = get<std::string>(step, "continuing_subword_prefix", "");
        options.end_suffix = get<std::string>(step, "end_of_word_suffix", "");
        options.fuse_unknown = get(step, "fuse_unk", false);
        options.byte_fallback = get(step, "byte_fallback", false);
        options.ignore_merges = get(step, "ignore_merges", false);
        TokenTable tokens = token_table(*this, document_.vocab(), options.bytes);
        const JsonList& merges = document_.merges();
        if (!merges.is_there() || merges.is_object()) {
            fail("has a BPE model without the array \"merges\"");
        }
        BpeRules rules(*this, tokens, options);
        rules.reserve(merges.size());
        merges.for_each(
            [&](JsonList::Item item, std::string_view first, std::string_view second, double) {
                if (item == JsonList::Item::string) {
                    rules.add(first);
                } else if (item == JsonList::Item::strings) {
                    rules.add(first, second);
                } else {
                    fail("has merge " + std::to_string(rules.rules().size()) +
                         " in another form than two tokens");
                }
            });
        return Bpe(std::move(tokens), rules.rules(), std::move(options));
    }

    void added_tokens(const Json& tokens, TokenizerSteps<>& steps) const {
        if (tokens.is_null()) return;
        if (!tokens.is_array()) fail("has \"added_tokens\" that are no array");
        for (const Json& each : tokens) {
            if (!each.is_object()) fail("has an added token that is no object");
            AddedToken token;
            token.content = get<std::string>(each, "content", "");
            token.id = get<Id>(each, "id", no_id);
            token.special = get(each, "special", false);
            token.single_word = get(each, "single_word", false);
            token.left_strip = get(each, "lstrip", false);
            token.right_strip = get(each, "rstrip", false);
            token.normalized = get(each, "normalized", !token.special);
            if (token.content.empty() || token.id == no_id) {
                fail("has an added token without its content or its id");
            }
            if (token.id >= Id(1) << 31) {
                fail("has the id " + std::to_string(token.id) +
                     " for an added token, expected one below 2^31");
            }
            steps.added_tokens.push_back(std::move(token));
        }
    }

    void post_processor(const Json& step, TokenizerSteps<>& steps) const {
        if (step.is_null()) return;
        const std::string type = type_of(step, "post-processor");
        if (type == "Sequence") {
            for (const Json& each : list(step, "processors")) {
                post_processor(each, steps);
            }
        } else if (type == "ByteLevel") {
            trimming(step, steps);
        } else if (type == "TemplateProcessing") {
            steps.post_processor.single = items(list(step, "single"), step);
            steps.post_processor.pair = items(list(step, "pair"), step);
        } else if (type == "BertProcessing" || type == "RobertaProcessing") {
            const bool roberta = type == "RobertaProcessing";
            using Kind = EncodingTemplate::Item::Kind;
            const EncodingTemplate::Item cls{Kind::token, special(step, "cls"), 0};
            const Id sep = special(step, "sep");
            const std::uint32_t second = roberta ? 0 : 1;
            steps.post_processor.single = {cls, {Kind::first, no_id, 0}, {Kind::token, sep, 0}};
            steps.post_processor.pair = steps.post_processor.single;
            if (roberta) steps.post_processor.pair.push_back({Kind::token, sep, 0});
            steps.post_processor.pair.push_back({Kind::second, no_id, second});
            steps.post_processor.pair.push_back({Kind::token, sep, second});
            if (roberta) trimming(step, steps);
        } else {
            refuse("post-processor", type);
        }
    }

    void trimming(const Json& step, TokenizerSteps<>& steps) const {
        steps.trim_offsets = get(step, "trim_offsets", true);
        steps.keeps_first_space = get(step, "add_prefix_space", true);
    }

    [[nodiscard]] Id special(const Json& step, const char* key) const {
        const auto found = step.find(key);
        if (found == step.end() || !found->is_array() || found->size() != 2 ||
            !(*found)[1].is_number_unsigned()) {
            fail("has a post-processor without \"" + std::string(key) + "\": [token, id]");
        }
        return (*found)[1].get<Id>();
    }

    [[nodiscard]] std::vector<EncodingTemplate::Item> items(const Json& pieces,
                                                            const Json& step) const {
        using Kind = EncodingTemplate::Item::Kind;
        std::vector<EncodingTemplate::Item> made;
        for (const Json& each : pieces) {
            if (const auto text = each.find("Sequence"); text != each.end()) {
                made.push_back(
                    {get<std::string>(*text, "id", "A") == "A" ? Kind::first : Kind::second, no_id,
                     get<std::uint32_t>(*text, "type_id", 0)});
            } else if (const auto token = each.find("SpecialToken"); token != each.end()) {
                const std::string name = get<std::string>(*token, "id", "");
                const auto& known = step.value("special_tokens", Json::object());
                const auto found = known.find(name);
                if (found == known.end() || !found->is_object()) {
                    fail("has a template with \"" + name +
                         "\", which is not among its special tokens");
                }
                for (const Id id : get<std::vector<Id>>(*found, "ids", {})) {
                    made.push_back({Kind::token, id, get<std::uint32_t>(*token, "type_id", 0)});
                }
            } else {
                fail("has a template with " + each.dump().substr(0, 60));
            }
        }
        return made;
    }

    bool byte_level_ = false; ///< the model's tokens are of bytes
    JsonDocument document_;
    const Json& root_;
};

} // namespace detail

/// The tokenizer that the text of a tokenizer.json describes. Throws `FormatError`, naming `name`,
/// where it is damaged and where it asks for what is not supported.
[[nodiscard]] inline Tokenizer parse_tokenizer_json(std::string_view text,
                                                    const std::string& name) {
    return detail::TokenizerJson(text, name).read();
}

/// The tokenizer of a file: tokenizer.json. Throws `IoError` where it cannot be read, and as
/// `parse_tokenizer_json`.
[[nodiscard]] inline Tokenizer read_tokenizer_json(const std::string& path) {
    const MappedFile file(path);
    return parse_tokenizer_json(file.bytes(), path);
}

} // namespace firth
