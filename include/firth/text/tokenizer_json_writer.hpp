#pragma once

/// Hugging Face's tokenizer.json, written. Needs nlohmann/json.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/atomic_file.hpp>
#include <firth/text/detail/json_decoders.hpp>
#include <firth/text/detail/json_lengths.hpp>
#include <firth/text/detail/json_normalizers.hpp>
#include <firth/text/detail/json_pre_tokenizers.hpp>
#include <firth/text/detail/json_writer.hpp>
#include <firth/text/detail/model_spelling.hpp>
#include <firth/text/detail/sentencepiece_steps.hpp>
#include <firth/text/detail/space_cuts.hpp>
#include <firth/text/pre_tokenizers/byte_level.hpp>
#include <firth/text/pre_tokenizers/metaspace.hpp>
#include <firth/text/tokenizer.hpp>
#include <firth/text/tokenizers/bpe.hpp>
#include <firth/text/tokenizers/token_table.hpp>
#include <firth/text/tokenizers/unigram.hpp>
#include <firth/text/tokenizers/word_level.hpp>
#include <firth/text/tokenizers/word_piece.hpp>

namespace firth {

namespace detail {

/// What of a model a file has as an object {"token": id}; null for one that has a list of pieces.
/// Throws `FormatError` for a model that no tokenizer.json can hold.
[[nodiscard]] inline const TokenTable* token_table_of(const AnyModel& model) {
    if (const auto* const bpe = model.get_if<Bpe>()) return &bpe->tokens();
    if (const auto* const pieces = model.get_if<WordPiece>()) return &pieces->tokens();
    if (const auto* const words = model.get_if<WordLevel>()) return &words->tokens();
    if (const auto* const unigram = model.get_if<UnigramModel>()) {
        if (unigram->options().finds_all &&
            unigram->options().sums == UnigramOptions::Sums::double_precision)
            return nullptr;
    }
    refuse_to_write("it has no form for the model \"" + model.settings() + '"');
}

/// What a file says of pieces: of cuts that no token crosses, nothing.
[[nodiscard]] inline AnyPreTokenizer without_cuts(const AnyPreTokenizer& step,
                                                  const AnyModel& model) {
    const auto* const cuts = step.get_if<SpaceRunPieces>();
    if (cuts == nullptr || cuts->side != SpaceRunPieces::Side::before || !splits_at_spaces(model))
        return step;
    return {};
}

/// Writes a tokenizer as the text of a tokenizer.json.
class TokenizerJsonWriter {
public:
    explicit TokenizerJsonWriter(const Tokenizer& tokenizer)
        : tokenizer_(tokenizer), steps_(tokenizer.steps()),
          model_(tokenizer, token_table_of(steps_.model), ModelSpelling::Joining::misnumbered,
                 "a tokenizer.json") {}

    [[nodiscard]] std::string write() {
        text_ = "{\n\"version\": \"1.0\"";
        put("truncation", truncation_json(steps_.truncation));
        put("padding",
            padding_json(steps_.padding,
                         steps_.padding ? std::string(tokenizer_.token(steps_.padding->id)) : ""));
        put("added_tokens", added_tokens());
        put("normalizer", normalizer_json(steps_.normalizer));
        put("pre_tokenizer", pre_tokenizer_json(without_cuts(steps_.pre_tokenizer, steps_.model),
                                                model_.byte_level()));
        put("post_processor", post_processor());
        put("decoder", decoder_json_of_file(steps_.decoder, model_.byte_level()));
        put_model();
        text_ += "\n}\n";
        return std::move(text_);
    }

private:
    void put(const char* key, const OrderedJson& value) {
        text_ += ",\n\"" + std::string(key) + "\": ";
        try {
            text_ += value.dump();
        } catch (const OrderedJson::exception&) {
            refuse_to_write("\"" + std::string(key) + "\" has bytes that are no UTF-8");
        }
    }

    [[nodiscard]] OrderedJson added_tokens() const {
        OrderedJson list = OrderedJson::array();
        for (const AddedToken& token : model_.added()) {
            list.push_back({{"id", token.id},
                            {"content", token.content},
                            {"single_word", token.single_word},
                            {"lstrip", token.left_strip},
                            {"rstrip", token.right_strip},
                            {"normalized", token.normalized},
                            {"special", token.special}});
        }
        return list;
    }

    [[nodiscard]] OrderedJson post_processor() const {
        OrderedJson steps = OrderedJson::array();
        if (steps_.trim_offsets) {
            steps.push_back(byte_level_json({steps_.keeps_first_space, true}));
        }
        if (steps_.post_processor != EncodingTemplate()) {
            OrderedJson special = OrderedJson::object();
            OrderedJson whole = {{"type", "TemplateProcessing"},
                                 {"single", items(steps_.post_processor.single, special)},
                                 {"pair", items(steps_.post_processor.pair, special)}};
            whole["special_tokens"] = std::move(special);
            steps.push_back(std::move(whole));
        }
        if (steps.empty()) return nullptr;
        if (steps.size() == 1) return std::move(steps[0]);
        return {{"type", "Sequence"}, {"processors", std::move(steps)}};
    }

    [[nodiscard]] OrderedJson items(const std::vector<EncodingTemplate::Item>& from,
                                    OrderedJson& special) const {
        using Kind = EncodingTemplate::Item::Kind;
        OrderedJson list = OrderedJson::array();
        for (const EncodingTemplate::Item& item : from) {
            if (item.kind != Kind::token) {
                list.push_back(
                    {{"Sequence",
                      {{"id", item.kind == Kind::first ? "A" : "B"}, {"type_id", item.type}}}});
                continue;
            }
            const std::string token(tokenizer_.token(item.id));
            if (token.empty()) {
                refuse_to_write("the id " + std::to_string(item.id) +
                                " stands around texts, but is no token");
            }
            special[token] = {{"id", token},
                              {"ids", OrderedJson::array({item.id})},
                              {"tokens", OrderedJson::array({token})}};
            list.push_back({{"SpecialToken", {{"id", token}, {"type_id", item.type}}}});
        }
        return list;
    }

    void put_model() {
        text_ += ",\n\"model\": {\n\"type\": ";
        if (const auto* const bpe = steps_.model.get_if<Bpe>()) {
            text_ += "\"BPE\"";
            const BpeOptions& options = bpe->options();
            const auto or_null = [](const std::string& text) {
                return text.empty() ? OrderedJson() : OrderedJson(text);
            };
            put("dropout", options.dropout == 0 ? OrderedJson() : OrderedJson(options.dropout));
            put("unk_token", or_null(options.unknown));
            put("continuing_subword_prefix", or_null(options.continuing_prefix));
            put("end_of_word_suffix", or_null(options.end_suffix));
            put("fuse_unk", options.fuse_unknown);
            put("byte_fallback", options.byte_fallback);
            put("ignore_merges", options.ignore_merges);
            put_vocabulary();
            put_merges();
        } else if (const auto* const word_piece = steps_.model.get_if<WordPiece>()) {
            text_ += "\"WordPiece\"";
            put("unk_token", word_piece->options().unknown);
            put("continuing_subword_prefix", word_piece->options().continuing_prefix);
            put("max_input_chars_per_word", word_piece->options().max_characters);
            put_vocabulary();
        } else if (const auto* const word_level = steps_.model.get_if<WordLevel>()) {
            text_ += "\"WordLevel\"";
            put("unk_token", word_level->unknown());
            put_vocabulary();
        } else if (const auto* const unigram = steps_.model.get_if<UnigramModel>()) {
            text_ += "\"Unigram\"";
            put("unk_id", unigram->unknown());
            put("byte_fallback", unigram->options().byte_fallback);
            put_pieces(*unigram);
        }
        text_ += "\n}";
    }

    void put_vocabulary() {
        text_ += ",\n\"vocab\": {";
        model_.append_vocabulary(text_);
        text_ += '}';
    }

    /// As strings, which all readers know, unless a token has a space.
    void put_merges() {
        const std::vector<Bpe::Rule> rules = model_.merges();
        std::string left;
        std::string right;
        const bool spaces = std::any_of(rules.begin(), rules.end(), [&](const Bpe::Rule& rule) {
            return model_.spelled(rule.left, left).find(' ') != left.npos ||
                   model_.spelled(rule.right, right).find(' ') != right.npos;
        });
        text_ += ",\n\"merges\": [";
        const char* separator = "\n";
        for (const Bpe::Rule& rule : rules) {
            text_ += separator;
            separator = ",\n";
            const std::string_view first = model_.spelled(rule.left, left);
            const std::string_view second = model_.spelled(rule.right, right);
            if (spaces) {
                text_ += '[';
                append_json_string(first, text_, "a token");
                text_ += ", ";
                append_json_string(second, text_, "a token");
                text_ += ']';
            } else {
                both_.assign(first);
                both_ += ' ';
                both_ += second;
                append_json_string(both_, text_, "a merge");
            }
        }
        text_ += "\n]";
    }

    void put_pieces(const UnigramModel& unigram) {
        text_ += ",\n\"vocab\": [";
        for (Id id = 0; id < unigram.size(); ++id) {
            text_ += id == 0 ? "\n[" : ",\n[";
            append_json_string(unigram.token(id), text_, "a piece");
            // The sums of readers are of doubles: exactly these.
            text_ += ", " + OrderedJson(static_cast<double>(unigram.score(id))).dump() + ']';
        }
        text_ += "\n]";
    }

    const Tokenizer& tokenizer_;
    const TokenizerSteps<>& steps_;
    ModelSpelling model_;
    std::string both_;
    std::string text_;
};

} // namespace detail

/// The text of a tokenizer.json that describes a tokenizer: `parse_tokenizer_json` and Hugging
/// Face's tokenizers make the same ids of it. Of a model of ranks (tiktoken's) it has the merges,
/// and of a model of SentencePiece's what `SentencePieceSteps` says. Throws `FormatError`, naming
/// it, for what such a file cannot hold: a step of a type of one's own, tokens that are no UTF-8.
[[nodiscard]] inline std::string tokenizer_json_of(const Tokenizer& tokenizer) {
    if (!detail::is_sentencepiece(tokenizer.steps().model))
        return detail::TokenizerJsonWriter(tokenizer).write();
    const Tokenizer made(detail::SentencePieceSteps(tokenizer.steps()).made());
    return detail::TokenizerJsonWriter(made).write();
}

/// Writes it to a file, whole or not at all. Throws `IoError`, too.
inline void write_tokenizer_json(const std::string& path, const Tokenizer& tokenizer) {
    const std::string text = tokenizer_json_of(tokenizer);
    AtomicFile file(path);
    file.write(text);
    file.commit();
}

} // namespace firth
