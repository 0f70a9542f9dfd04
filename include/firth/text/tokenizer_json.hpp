#pragma once

/// Hugging Face's tokenizer.json. Needs nlohmann/json (Debian: nlohmann-json3-dev), which no other
/// header includes.

#include <cmath>
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
#include <firth/text/detail/json_document.hpp>
#include <firth/text/detail/json_steps.hpp>
#include <firth/text/pre_tokenizers/byte_level.hpp>
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
class TokenizerJson : JsonSteps {
public:
    using JsonSteps::Json;

    TokenizerJson(std::string_view text, std::string name)
        : JsonSteps(std::move(name)), document_(text, name_), root_(document_.root()) {}

    [[nodiscard]] Tokenizer read() {
        if (!root_.is_object() || !root_.contains("model")) {
            fail("has no \"model\", expected a tokenizer of Hugging Face");
        }
        TokenizerSteps<> steps;
        steps.normalizer = normalizer(part("normalizer"));
        steps.pre_tokenizer = pre_tokenizer(part("pre_tokenizer"));
        steps.decoder = decoder(part("decoder"));
        steps.model = model(root_.at("model"));
        added_tokens(part("added_tokens"), steps);
        post_processor(part("post_processor"), steps);
        steps.truncation = truncation(part("truncation"));
        steps.padding = padding(part("padding"));
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
            return WordPiece(vocabulary(false), std::move(options));
        }
        if (type == "WordLevel") {
            return WordLevel(vocabulary(false), get<std::string>(step, "unk_token", ""));
        }
        if (type == "Unigram" || (type.empty() && step.contains("unk_id"))) return unigram(step);
        refuse("model", type);
    }

    /// The vocabulary of a model, with bytes for their characters where the tokens are of bytes.
    [[nodiscard]] TokenTable vocabulary(bool bytes) const {
        const JsonList& vocab = document_.vocab();
        if (!vocab.is_object()) fail("has a model without the object \"vocab\"");
        static constexpr ByteCharacters characters;
        std::string spelled;
        std::vector<std::pair<std::size_t, Id>> ends;
        ends.reserve(vocab.size());
        vocab.for_each(
            [&](JsonList::Item item, std::string_view token, std::string_view, double id) {
                if (item != JsonList::Item::string_number || !(id >= 0) || id >= no_id ||
                    id != std::floor(id)) {
                    fail("has the token \"" + std::string(token) +
                         "\" without a number, expected its id");
                }
                const std::size_t begin = spelled.size();
                if (!bytes || !characters.append_bytes(token, spelled)) {
                    spelled.resize(begin);
                    spelled += token;
                }
                ends.emplace_back(spelled.size(), static_cast<Id>(id));
            });
        std::vector<std::pair<std::string_view, Id>> tokens;
        tokens.reserve(ends.size());
        std::size_t begin = 0;
        for (const auto& [end, id] : ends) {
            tokens.emplace_back(std::string_view(spelled).substr(begin, end - begin), id);
            begin = end;
        }
        return TokenTable(tokens, name_);
    }

    [[nodiscard]] UnigramModel unigram(const Json& step) const {
        const JsonList& vocab = document_.vocab();
        if (!vocab.is_there() || vocab.is_object()) {
            fail("has a Unigram model without the array \"vocab\"");
        }
        std::vector<SentencePiece> pieces;
        pieces.reserve(vocab.size());
        vocab.for_each([&](JsonList::Item item, std::string_view piece, std::string_view,
                           double score) {
            if (item != JsonList::Item::string_number) {
                fail("has piece " + std::to_string(pieces.size()) +
                     " in another form than [piece, score]");
            }
            pieces.push_back({std::string(piece), static_cast<float>(score), PieceType::normal});
        });
        const std::size_t unknown = get<std::size_t>(step, "unk_id", pieces.size());
        if (unknown >= pieces.size()) fail("has a Unigram model without its unknown piece");
        pieces[unknown].type = PieceType::unknown;
        UnigramOptions options;
        options.byte_fallback = get(step, "byte_fallback", false);
        options.sums = UnigramOptions::Sums::double_precision;
        options.finds_all = true;
        return UnigramModel(pieces, options);
    }

    [[nodiscard]] Bpe bpe(const Json& step) const {
        if (const auto dropout = step.find("dropout");
            dropout != step.end() && !dropout->is_null() && *dropout != 0.0) {
            fail("asks for dropout = " + dropout->dump() + ", which is for training alone");
        }
        BpeOptions options;
        options.bytes = byte_level_;
        options.unknown = get<std::string>(step, "unk_token", "");
        options.continuing_prefix = get<std::string>(step, "continuing_subword_prefix", "");
        options.end_suffix = get<std::string>(step, "end_of_word_suffix", "");
        options.fuse_unknown = get(step, "fuse_unk", false);
        options.byte_fallback = get(step, "byte_fallback", false);
        options.ignore_merges = get(step, "ignore_merges", false);
        TokenTable tokens = vocabulary(options.bytes);
        const JsonList& merges = document_.merges();
        if (!merges.is_there() || merges.is_object()) {
            fail("has a BPE model without the array \"merges\"");
        }
        std::vector<Bpe::Rule> rules;
        rules.reserve(merges.size());
        std::string left;
        std::string right;
        std::string joined;
        merges.for_each(
            [&](JsonList::Item item, std::string_view first, std::string_view second, double) {
                if (item == JsonList::Item::string) {
                    const std::size_t space = first.find(' ');
                    if (space == first.npos) {
                        fail("has the merge \"" + std::string(first) + "\" without a space");
                    }
                    second = first.substr(space + 1);
                    first = first.substr(0, space);
                } else if (item != JsonList::Item::strings) {
                    fail("has merge " + std::to_string(rules.size()) +
                         " in another form than two tokens");
                }
                rules.push_back(rule(tokens, options, first, second, left, right, joined));
            });
        return Bpe(std::move(tokens), rules, std::move(options));
    }

    [[nodiscard]] Bpe::Rule rule(const TokenTable& tokens, const BpeOptions& options,
                                 std::string_view first, std::string_view second, std::string& left,
                                 std::string& right, std::string& joined) const {
        static constexpr ByteCharacters characters;
        if (options.bytes) {
            left.clear();
            right.clear();
            if (characters.append_bytes(first, left)) first = left;
            if (characters.append_bytes(second, right)) second = right;
        }
        std::string_view rest = second;
        if (!options.continuing_prefix.empty() && rest.starts_with(options.continuing_prefix))
            rest.remove_prefix(options.continuing_prefix.size());
        joined.assign(first);
        joined += rest;
        const Bpe::Rule made{tokens.find(first), tokens.find(second), tokens.find(joined)};
        if (made.left == no_id || made.right == no_id || made.token == no_id) {
            const std::string_view missing = made.left == no_id    ? first
                                             : made.right == no_id ? second
                                                                   : std::string_view(joined);
            fail("has a merge of \"" + std::string(first) + "\" and \"" + std::string(second) +
                 "\", but \"" + std::string(missing) + "\" is not in the vocabulary");
        }
        return made;
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
            steps.trim_offsets = get(step, "trim_offsets", true);
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
            if (roberta) steps.trim_offsets = get(step, "trim_offsets", true);
        } else {
            refuse("post-processor", type);
        }
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
