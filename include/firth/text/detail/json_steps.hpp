#pragma once

/// The steps of Hugging Face's tokenizer.json but for the model. Needs nlohmann/json.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <firth/base/error.hpp>
#include <firth/text/any_step.hpp>
#include <firth/text/decoders/byte_fallback.hpp>
#include <firth/text/decoders/fuse.hpp>
#include <firth/text/decoders/metaspace.hpp>
#include <firth/text/decoders/replace.hpp>
#include <firth/text/decoders/strip.hpp>
#include <firth/text/decoders/word_piece.hpp>
#include <firth/text/detail/base64.hpp>
#include <firth/text/normalizers/bert.hpp>
#include <firth/text/normalizers/characters.hpp>
#include <firth/text/normalizers/edits.hpp>
#include <firth/text/normalizers/precompiled.hpp>
#include <firth/text/normalizers/sequence.hpp>
#include <firth/text/padding.hpp>
#include <firth/text/pre_tokenizers/bert.hpp>
#include <firth/text/pre_tokenizers/byte_level.hpp>
#include <firth/text/pre_tokenizers/characters.hpp>
#include <firth/text/pre_tokenizers/metaspace.hpp>
#include <firth/text/pre_tokenizers/patterns.hpp>
#include <firth/text/pre_tokenizers/sequence.hpp>
#include <firth/text/truncation.hpp>

namespace firth::detail {

/// Several steps as one.
struct DecoderSequence {
    std::vector<AnyDecoder> steps;

    void operator()(std::vector<std::string>& tokens) const {
        for (const AnyDecoder& step : steps) {
            step(tokens);
        }
    }
    [[nodiscard]] std::string settings() const {
        std::string all = "sequence";
        for (const AnyDecoder& step : steps) {
            all += ", " + step.settings();
        }
        return all;
    }
};

/// Reads steps of a tokenizer. Errors name the file.
class JsonSteps {
public:
    using Json = nlohmann::json;

    explicit JsonSteps(std::string name) : name_(std::move(name)) {}

protected:
    [[noreturn]] void fail(const std::string& what) const { throw FormatError(name_ + " " + what); }

    [[noreturn]] void refuse(const std::string& kind, const std::string& type) const {
        fail("asks for the " + kind + " \"" + type + "\", which is not supported");
    }

    /// A member of an object, or a value for where it is not there or null. Throws where it has
    /// another type.
    template <class T>
    T get(const Json& object, const char* key, T otherwise) const {
        const auto found = object.find(key);
        if (found == object.end() || found->is_null()) return otherwise;
        try {
            return found->template get<T>();
        } catch (const Json::exception&) {
            fail("has a \"" + std::string(key) +
                 "\" of the wrong type: " + found->dump().substr(0, 60));
        }
    }

    [[nodiscard]] std::string type_of(const Json& step, const char* kind) const {
        if (!step.is_object()) fail("has a " + std::string(kind) + " that is no object");
        return get<std::string>(step, "type", "");
    }

    [[nodiscard]] const Json& list(const Json& step, const char* key) const {
        const auto found = step.find(key);
        if (found == step.end() || !found->is_array()) {
            fail("has a sequence without the array \"" + std::string(key) + '"');
        }
        return *found;
    }

    [[nodiscard]] AnyNormalizer normalizer(const Json& step) const {
        if (step.is_null()) return {};
        const std::string type = type_of(step, "normalizer");
        if (type == "Sequence") {
            std::vector<AnyNormalizer> steps;
            for (const Json& each : list(step, "normalizers")) {
                AnyNormalizer made = normalizer(each);
                if (made) steps.push_back(std::move(made));
            }
            if (steps.empty()) return {};
            if (steps.size() == 1) return steps[0];
            return NormalizerSequence(std::move(steps));
        }
        if (type == "BertNormalizer") {
            BertNormalizer made;
            made.clean_text = get(step, "clean_text", true);
            made.handle_chinese_chars = get(step, "handle_chinese_chars", true);
            made.lowercase = get(step, "lowercase", true);
            if (const auto strip = step.find("strip_accents");
                strip != step.end() && !strip->is_null())
                made.strip_accents = get(step, "strip_accents", true);
            return made;
        }
        if (type == "NFC") return UnicodeForm{NormalForm::nfc};
        if (type == "NFD") return UnicodeForm{NormalForm::nfd};
        if (type == "NFKC") return UnicodeForm{NormalForm::nfkc};
        if (type == "NFKD") return UnicodeForm{NormalForm::nfkd};
        if (type == "Lowercase") return Lowercase();
        if (type == "StripAccents") return StripAccents();
        if (type == "Nmt") return Nmt();
        if (type == "Strip")
            return Strip{get(step, "strip_left", true), get(step, "strip_right", true)};
        if (type == "Prepend") return Prepend{get<std::string>(step, "prepend", "")};
        if (type == "Replace") {
            return Replace{string_pattern(step, "normalizer"),
                           get<std::string>(step, "content", "")};
        }
        if (type == "Precompiled") {
            std::string map;
            if (!append_base64(get<std::string>(step, "precompiled_charsmap", ""), map))
                fail("has a precompiled charsmap that is no base64");
            return PrecompiledNormalizer(map, PrecompiledNormalizer::Manner::graphemes, name_);
        }
        refuse("normalizer", type);
    }

    [[nodiscard]] AnyPreTokenizer pre_tokenizer(const Json& step) {
        if (step.is_null()) return {};
        const std::string type = type_of(step, "pre-tokenizer");
        if (type == "Sequence") {
            std::vector<AnyPreTokenizer> steps;
            for (const Json& each : list(step, "pretokenizers")) {
                AnyPreTokenizer made = pre_tokenizer(each);
                if (made) steps.push_back(std::move(made));
            }
            if (steps.empty()) return {};
            if (steps.size() == 1) return steps[0];
            return PreTokenizerSequence(std::move(steps));
        }
        if (type == "ByteLevel") {
            byte_level_ = true;
            const ByteLevel made{get(step, "add_prefix_space", true), get(step, "use_regex", true)};
            if (made == ByteLevel{false, false}) return {};
            if (!made.add_prefix_space) return Gpt2Pattern();
            return made;
        }
        if (type == "Split") return split(step);
        if (type == "BertPreTokenizer") return BertPreTokenizer();
        if (type == "Whitespace") return WordsAndOthers();
        if (type == "WhitespaceSplit") return WhiteSpaceSplit();
        if (type == "Punctuation") return Punctuation{behavior(step, "Isolated")};
        if (type == "Digits") return Digits{get(step, "individual_digits", false)};
        if (type == "CharDelimiterSplit") {
            const std::string delimiter = get<std::string>(step, "delimiter", "");
            if (delimiter.empty()) fail("has a split by no character");
            return DelimiterSplit{decode_utf8(delimiter, 0).point};
        }
        if (type == "Metaspace") {
            return Metaspace{get<std::string>(step, "replacement", std::string(space_mark)),
                             prepend_scheme(step), get(step, "split", true)};
        }
        refuse("pre-tokenizer", type);
    }

    /// Metaspace's; older files say only whether a mark is added.
    [[nodiscard]] Metaspace::PrependScheme prepend_scheme(const Json& step) const {
        using enum Metaspace::PrependScheme;
        const bool adds = get(step, "add_prefix_space", true);
        const std::string scheme =
            get<std::string>(step, "prepend_scheme", adds ? "always" : "never");
        if (scheme == "always") return always;
        if (scheme == "first") return first;
        if (scheme == "never") return never;
        refuse("prepend scheme", scheme);
    }

    [[nodiscard]] SplitBehavior behavior(const Json& step, const char* otherwise) const {
        const std::string name = get<std::string>(step, "behavior", otherwise);
        if (name == "Removed") return SplitBehavior::removed;
        if (name == "Isolated") return SplitBehavior::isolated;
        if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
        if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
        if (name == "Contiguous") return SplitBehavior::contiguous;
        refuse("behavior of a split", name);
    }

    /// The text that a step looks for; patterns are refused by name.
    [[nodiscard]] std::string string_pattern(const Json& step, const std::string& kind) const {
        const auto pattern = step.find("pattern");
        if (pattern == step.end() || !pattern->is_object())
            fail("has a " + kind + " without a pattern");
        if (pattern->contains("Regex")) {
            refuse("pattern of a " + kind, get<std::string>(*pattern, "Regex", ""));
        }
        return get<std::string>(*pattern, "String", "");
    }

    [[nodiscard]] AnyPreTokenizer split(const Json& step) const {
        const auto pattern = step.find("pattern");
        const std::string behavior = get<std::string>(step, "behavior", "");
        const bool inverted = get(step, "invert", false);
        if (pattern == step.end() || !pattern->is_object() || !pattern->contains("Regex")) {
            refuse("pre-tokenizer", "Split");
        }
        const std::string regex = get<std::string>(*pattern, "Regex", "");
        // Either way all matches are pieces, and these patterns match everything.
        if (!(behavior == "Isolated" && !inverted) && !(behavior == "Removed" && inverted)) {
            refuse("behavior of a split", behavior);
        }
        const auto is_one_of = [&](const auto& known) {
            return std::find(known.begin(), known.end(), regex) != known.end();
        };
        if (is_one_of(gpt2_patterns)) return Gpt2Pattern();
        if (is_one_of(cl100k_patterns)) return Cl100kPattern{3};
        if (is_one_of(one_digit_patterns)) return Cl100kPattern{1};
        if (is_one_of(o200k_patterns)) return O200kPattern();
        refuse("pattern", regex);
    }

    static constexpr std::array<std::string_view, 1> gpt2_patterns{
        R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"};
    static constexpr std::array<std::string_view, 3> cl100k_patterns{
        R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
        R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)",
        R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s)"};
    static constexpr std::array<std::string_view, 2> one_digit_patterns{
        R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
        R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
    static constexpr std::array<std::string_view, 1> o200k_patterns{
        R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};

    [[nodiscard]] AnyDecoder decoder(const Json& step) const {
        if (step.is_null()) return {};
        const std::string type = type_of(step, "decoder");
        if (type == "ByteLevel") return {}; // the vocabulary has bytes
        if (type == "Sequence") {
            DecoderSequence made;
            for (const Json& each : list(step, "decoders")) {
                made.steps.push_back(decoder(each));
            }
            return made;
        }
        if (type == "WordPiece") {
            return WordPieceDecoder{get<std::string>(step, "prefix", "##"),
                                    get(step, "cleanup", true)};
        }
        if (type == "Metaspace") {
            return MetaspaceDecoder{get<std::string>(step, "replacement", std::string(space_mark)),
                                    prepend_scheme(step)};
        }
        if (type == "ByteFallback") return ByteFallbackDecoder();
        if (type == "Fuse") return FuseDecoder();
        if (type == "Strip") {
            return StripDecoder{get<std::string>(step, "content", " "),
                                get<std::size_t>(step, "start", 0),
                                get<std::size_t>(step, "stop", 0)};
        }
        if (type == "Replace") {
            return ReplaceDecoder{string_pattern(step, "decoder"),
                                  get<std::string>(step, "content", "")};
        }
        refuse("decoder", type);
    }

    [[nodiscard]] std::optional<Truncation> truncation(const Json& step) const {
        if (step.is_null()) return {};
        if (!step.is_object()) fail("has a truncation that is no object");
        Truncation made;
        made.max_length = get<std::size_t>(step, "max_length", 512);
        made.stride = get<std::size_t>(step, "stride", 0);
        made.side = side(step);
        const std::string strategy = get<std::string>(step, "strategy", "LongestFirst");
        if (strategy == "OnlyFirst") {
            made.strategy = Truncation::Strategy::only_first;
        } else if (strategy == "OnlySecond") {
            made.strategy = Truncation::Strategy::only_second;
        } else if (strategy != "LongestFirst") {
            refuse("strategy of truncation", strategy);
        }
        return made;
    }

    [[nodiscard]] std::optional<Padding> padding(const Json& step) const {
        if (step.is_null()) return {};
        if (!step.is_object()) fail("has a padding that is no object");
        Padding made;
        if (const auto strategy = step.find("strategy"); strategy != step.end()) {
            if (strategy->is_object()) {
                made.length = get<std::size_t>(*strategy, "Fixed", 0);
            } else if (*strategy != "BatchLongest") {
                fail("has the padding " + strategy->dump().substr(0, 60) +
                     ", expected \"BatchLongest\" or {\"Fixed\": length}");
            }
        }
        made.multiple_of = get<std::size_t>(step, "pad_to_multiple_of", 0);
        made.id = get<Id>(step, "pad_id", 0);
        made.type = get<std::uint32_t>(step, "pad_type_id", 0);
        made.side = side(step);
        return made;
    }

    [[nodiscard]] EncodingSide side(const Json& step) const {
        const std::string name = get<std::string>(step, "direction", "Right");
        if (name != "Left" && name != "Right") refuse("direction", name);
        return name == "Left" ? EncodingSide::left : EncodingSide::right;
    }

    std::string name_;
    bool byte_level_ = false; ///< a pre-tokenizer so far has tokens of bytes
};

} // namespace firth::detail
