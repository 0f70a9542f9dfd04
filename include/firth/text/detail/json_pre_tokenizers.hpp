#pragma once

/// The pre-tokenizers of a tokenizer.json, read and written. Needs nlohmann/json.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/utf8.hpp>
#include <firth/text/any_step.hpp>
#include <firth/text/detail/json_reader.hpp>
#include <firth/text/detail/json_writer.hpp>
#include <firth/text/pre_tokenizers/bert.hpp>
#include <firth/text/pre_tokenizers/byte_level.hpp>
#include <firth/text/pre_tokenizers/characters.hpp>
#include <firth/text/pre_tokenizers/metaspace.hpp>
#include <firth/text/pre_tokenizers/on_byte_characters.hpp>
#include <firth/text/pre_tokenizers/pattern_split.hpp>
#include <firth/text/pre_tokenizers/patterns.hpp>
#include <firth/text/pre_tokenizers/sequence.hpp>
#include <firth/text/pre_tokenizers/split_behavior.hpp>
#include <firth/text/pre_tokenizers/string_split.hpp>

namespace firth::detail {

/// Values of an enumeration and their names in files.
template <class Value>
using NamedValue = std::pair<std::string_view, Value>;

inline constexpr std::array<NamedValue<SplitBehavior>, 5> split_behaviors{{
    {"Removed", SplitBehavior::removed},
    {"Isolated", SplitBehavior::isolated},
    {"MergedWithPrevious", SplitBehavior::merged_with_previous},
    {"MergedWithNext", SplitBehavior::merged_with_next},
    {"Contiguous", SplitBehavior::contiguous},
}};

inline constexpr std::array<NamedValue<Metaspace::PrependScheme>, 3> prepend_schemes{{
    {"always", Metaspace::PrependScheme::always},
    {"first", Metaspace::PrependScheme::first},
    {"never", Metaspace::PrependScheme::never},
}};

template <class Named, class Value>
[[nodiscard]] std::string name_among(const Named& named, Value value) {
    for (const auto& [name, each] : named) {
        if (each == value) return std::string(name);
    }
    return {};
}

/// Throws for a name of none of them, calling it `kind`.
template <class Value, std::size_t n>
[[nodiscard]] Value value_among(const std::array<NamedValue<Value>, n>& named,
                                const JsonReader& file, const std::string& kind,
                                const std::string& name) {
    for (const auto& [each, value] : named) {
        if (each == name) return value;
    }
    file.refuse(kind, name);
}

[[nodiscard]] inline SplitBehavior read_behavior(const JsonReader& file, const nlohmann::json& step,
                                                 const char* otherwise) {
    return value_among(split_behaviors, file, "behavior of a split",
                       file.get<std::string>(step, "behavior", otherwise));
}

/// Metaspace's; older files say only whether a mark is added.
[[nodiscard]] inline Metaspace::PrependScheme read_prepend_scheme(const JsonReader& file,
                                                                  const nlohmann::json& step) {
    const bool adds = file.get(step, "add_prefix_space", true);
    return value_among(prepend_schemes, file, "prepend scheme",
                       file.get<std::string>(step, "prepend_scheme", adds ? "always" : "never"));
}

/// A pattern that a file may ask for and what matches it here. Of those that mean the same, the
/// first is written.
struct KnownPattern {
    std::string_view regex;
    AnyPreTokenizer (*make)();
};

inline constexpr std::array<KnownPattern, 8> known_patterns{{
    {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
     []() -> AnyPreTokenizer { return Gpt2Pattern(); }},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     []() -> AnyPreTokenizer { return Cl100kPattern{3}; }},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)",
     []() -> AnyPreTokenizer { return Cl100kPattern{3}; }},
    {R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s)",
     []() -> AnyPreTokenizer { return Cl100kPattern{3}; }},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     []() -> AnyPreTokenizer { return Cl100kPattern{1}; }},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     []() -> AnyPreTokenizer { return Cl100kPattern{1}; }},
    {R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     []() -> AnyPreTokenizer { return O200kPattern(); }},
    {R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     []() -> AnyPreTokenizer {
         return O200kPattern{1, false};
     }},
}};

/// The object of a split by a pattern whose matches all are pieces.
[[nodiscard]] inline OrderedJson pattern_json(const AnyPreTokenizer& step) {
    if (!step.get_if<Gpt2Pattern>() && !step.get_if<Cl100kPattern>() &&
        !step.get_if<O200kPattern>())
        return nullptr;
    const std::string settings = step.settings();
    for (const KnownPattern& pattern : known_patterns) {
        if (pattern.make().settings() != settings) continue;
        return {{"pattern", {{"Regex", std::string(pattern.regex)}}},
                {"behavior", "Isolated"},
                {"invert", false}};
    }
    return nullptr;
}

/// A kind of pre-tokenizer: how it is read, and its object, null where the step is of another kind.
struct PreTokenizerForm {
    std::string_view type;
    AnyPreTokenizer (*read)(const JsonReader& file, const nlohmann::json& step);
    OrderedJson (*write)(const AnyPreTokenizer& step);
};

template <class Plain>
inline constexpr PreTokenizerForm plain_pre_tokenizer(std::string_view type) {
    return {type,
            [](const JsonReader&, const nlohmann::json&) -> AnyPreTokenizer { return Plain(); },
            [](const AnyPreTokenizer& step) -> OrderedJson {
                return step.get_if<Plain>() ? OrderedJson::object() : OrderedJson();
            }};
}

/// All but sequences and ByteLevel, which depend on what stands beside them.
inline constexpr std::array<PreTokenizerForm, 9> pre_tokenizer_forms{{
    plain_pre_tokenizer<BertPreTokenizer>("BertPreTokenizer"),
    plain_pre_tokenizer<WordsAndOthers>("Whitespace"),
    plain_pre_tokenizer<WhiteSpaceSplit>("WhitespaceSplit"),
    {"Split",
     [](const JsonReader& file, const nlohmann::json& step) -> AnyPreTokenizer {
         const JsonReader::Pattern pattern = file.pattern(step, "split");
         const SplitBehavior behavior = read_behavior(file, step, "");
         const bool inverted = file.get(step, "invert", false);
         if (!pattern.is_regex) return StringSplit{pattern.text, behavior, inverted};
         const auto found =
             std::find_if(known_patterns.begin(), known_patterns.end(),
                          [&](const KnownPattern& known) { return known.regex == pattern.text; });
         if (found == known_patterns.end()) {
             if (std::optional<PatternSplit> split =
                     PatternSplit::of(pattern.text, behavior, inverted))
                 return *std::move(split);
             file.refuse("pattern", pattern.text);
         }
         // Either way all matches are pieces, and these patterns match everything.
         if (!(behavior == SplitBehavior::isolated && !inverted) &&
             !(behavior == SplitBehavior::removed && inverted)) {
             file.refuse("behavior of a split", name_among(split_behaviors, behavior));
         }
         return found->make();
     },
     [](const AnyPreTokenizer& step) -> OrderedJson {
         if (const auto* const split = step.get_if<PatternSplit>()) {
             return {{"pattern", {{"Regex", split->regex()}}},
                     {"behavior", name_among(split_behaviors, split->behavior())},
                     {"invert", split->inverted()}};
         }
         const auto* const made = step.get_if<StringSplit>();
         if (made == nullptr) return pattern_json(step);
         return {{"pattern", {{"String", made->pattern}}},
                 {"behavior", name_among(split_behaviors, made->behavior)},
                 {"invert", made->inverted}};
     }},
    {"Punctuation",
     [](const JsonReader& file, const nlohmann::json& step) -> AnyPreTokenizer {
         return Punctuation{read_behavior(file, step, "Isolated")};
     },
     [](const AnyPreTokenizer& step) -> OrderedJson {
         const auto* const made = step.get_if<Punctuation>();
         if (made == nullptr) return nullptr;
         return {{"behavior", name_among(split_behaviors, made->behavior)}};
     }},
    {"Digits",
     [](const JsonReader& file, const nlohmann::json& step) -> AnyPreTokenizer {
         return Digits{file.get(step, "individual_digits", false)};
     },
     [](const AnyPreTokenizer& step) -> OrderedJson {
         const auto* const made = step.get_if<Digits>();
         if (made == nullptr) return nullptr;
         return {{"individual_digits", made->individual}};
     }},
    {"CharDelimiterSplit",
     [](const JsonReader& file, const nlohmann::json& step) -> AnyPreTokenizer {
         const std::string delimiter = file.get<std::string>(step, "delimiter", "");
         if (delimiter.empty()) file.fail("has a split by no character");
         return DelimiterSplit{decode_utf8(delimiter, 0).point};
     },
     [](const AnyPreTokenizer& step) -> OrderedJson {
         const auto* const made = step.get_if<DelimiterSplit>();
         if (made == nullptr) return nullptr;
         std::string delimiter;
         append_utf8(delimiter, made->delimiter);
         return {{"delimiter", delimiter}};
     }},
    {"FixedLength",
     [](const JsonReader& file, const nlohmann::json& step) -> AnyPreTokenizer {
         const std::size_t length = file.get<std::size_t>(step, "length", 5);
         if (length == 0) file.fail("has pieces of a fixed length of 0");
         return FixedLength{length};
     },
     [](const AnyPreTokenizer& step) -> OrderedJson {
         const auto* const made = step.get_if<FixedLength>();
         if (made == nullptr) return nullptr;
         return {{"length", made->length}};
     }},
    {"Metaspace",
     [](const JsonReader& file, const nlohmann::json& step) -> AnyPreTokenizer {
         return Metaspace{file.get<std::string>(step, "replacement", std::string(space_mark)),
                          read_prepend_scheme(file, step), file.get(step, "split", true)};
     },
     [](const AnyPreTokenizer& step) -> OrderedJson {
         const auto* const made = step.get_if<Metaspace>();
         if (made == nullptr) return nullptr;
         return {{"replacement", made->replacement},
                 {"prepend_scheme", name_among(prepend_schemes, made->prepend_scheme)},
                 {"split", made->split}};
     }},
}};

/// What a file says of pre-tokenizers.
struct PreTokenizerOfJson {
    AnyPreTokenizer step{};
    bool byte_level = false; ///< the model's tokens are of bytes
};

/// The pre-tokenizer that an object describes; none for null.
[[nodiscard]] inline PreTokenizerOfJson read_pre_tokenizer(const JsonReader& file,
                                                           const nlohmann::json& step) {
    if (step.is_null()) return {};
    const std::string type = file.type_of(step, "pre-tokenizer");
    if (type == "Sequence") {
        std::vector<AnyPreTokenizer> steps;
        bool byte_level = false;
        for (const nlohmann::json& each : file.list(step, "pretokenizers")) {
            PreTokenizerOfJson made = read_pre_tokenizer(file, each);
            if (byte_level && (made.byte_level || made.step.rewrites())) {
                file.fail("has a step behind ByteLevel, \"" + file.type_of(each, "step") +
                          "\", which would change characters for bytes: that is not supported");
            }
            if (byte_level && made.step) made.step = OnByteCharacters(std::move(made.step));
            byte_level |= made.byte_level;
            if (made.step) steps.push_back(std::move(made.step));
        }
        if (steps.empty()) return {{}, byte_level};
        if (steps.size() == 1) return {steps[0], byte_level};
        return {PreTokenizerSequence(std::move(steps)), byte_level};
    }
    if (type == "ByteLevel") {
        const ByteLevel made{file.get(step, "add_prefix_space", true),
                             file.get(step, "use_regex", true)};
        if (made == ByteLevel{false, false}) return {{}, true};
        if (!made.add_prefix_space) return {Gpt2Pattern(), true};
        return {made, true};
    }
    for (const PreTokenizerForm& form : pre_tokenizer_forms) {
        if (form.type == type) return {form.read(file, step), false};
    }
    file.refuse("pre-tokenizer", type);
}

[[nodiscard]] inline OrderedJson byte_level_json(const ByteLevel& step) {
    return {{"type", "ByteLevel"},
            {"add_prefix_space", step.add_prefix_space},
            {"trim_offsets", true},
            {"use_regex", step.use_pattern}};
}

/// Adds the object of a pre-tokenizer, or of each of a sequence, to a list: to `behind` what stands
/// behind ByteLevel.
inline void add_pre_tokenizers(const AnyPreTokenizer& step, OrderedJson& to, OrderedJson& behind) {
    if (!step) return;
    if (const auto* const sequence = step.get_if<PreTokenizerSequence>()) {
        for (const AnyPreTokenizer& each : sequence->steps()) {
            add_pre_tokenizers(each, to, behind);
        }
        return;
    }
    if (const auto* const bytes = step.get_if<OnByteCharacters>())
        return add_pre_tokenizers(bytes->step(), behind, behind);
    if (&to != &behind && !behind.empty())
        refuse_to_write("the pre-tokenizer \"" + step.settings() + "\" behind one of bytes");
    if (const auto* const bytes = step.get_if<ByteLevel>()) {
        to.push_back(byte_level_json(*bytes));
        return;
    }
    for (const PreTokenizerForm& form : pre_tokenizer_forms) {
        OrderedJson written = form.write(step);
        if (written.is_null()) continue;
        to.push_back(with_type(form.type, std::move(written)));
        return;
    }
    refuse_to_write("it has no form for the pre-tokenizer \"" + step.settings() + '"');
}

/// The object of a pre-tokenizer; null for none. Where the model has tokens of bytes, a file says
/// so by a ByteLevel at the end. Throws `FormatError` for one that no file can hold.
[[nodiscard]] inline OrderedJson pre_tokenizer_json(const AnyPreTokenizer& step, bool byte_level) {
    OrderedJson steps = OrderedJson::array();
    OrderedJson behind = OrderedJson::array();
    add_pre_tokenizers(step, steps, behind);
    if (!behind.empty() && !byte_level)
        refuse_to_write("a pre-tokenizer of bytes before a model of characters");
    std::size_t before_last = steps.size(); // ByteLevels in a place where they make bytes too early
    if (byte_level) {
        // The last one's pattern, or its space, is a matter of ByteLevel's, too.
        const OrderedJson gpt2 = with_type("Split", pattern_json(Gpt2Pattern()));
        if (!steps.empty() && steps.back() == gpt2) {
            steps.back() = byte_level_json({false, true});
        } else if (steps.empty() || steps.back().at("type") != "ByteLevel") {
            steps.push_back(byte_level_json({false, false}));
        }
        before_last = steps.size() - 1;
    }
    for (std::size_t i = 0; i < before_last; ++i) {
        if (steps[i].at("type") == "ByteLevel") {
            refuse_to_write("a ByteLevel pre-tokenizer that is not the last of a model of bytes");
        }
    }
    for (OrderedJson& each : behind) {
        steps.push_back(std::move(each));
    }
    if (steps.empty()) return nullptr;
    if (steps.size() == 1) return std::move(steps[0]);
    return {{"type", "Sequence"}, {"pretokenizers", std::move(steps)}};
}

} // namespace firth::detail
