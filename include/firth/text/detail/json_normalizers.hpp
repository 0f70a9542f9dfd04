#pragma once

/// The normalizers of a tokenizer.json, read and written. Needs nlohmann/json.

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/utf8.hpp>
#include <firth/text/any_step.hpp>
#include <firth/text/detail/base64.hpp>
#include <firth/text/detail/json_reader.hpp>
#include <firth/text/detail/json_writer.hpp>
#include <firth/text/normalizers/bert.hpp>
#include <firth/text/normalizers/characters.hpp>
#include <firth/text/normalizers/edits.hpp>
#include <firth/text/normalizers/precompiled.hpp>
#include <firth/text/normalizers/sequence.hpp>

namespace firth::detail {

/// A kind of normalizer: how it is read, and its object, null where the step is of another kind.
struct NormalizerForm {
    std::string_view type;
    AnyNormalizer (*read)(const JsonReader& file, const nlohmann::json& step);
    OrderedJson (*write)(const AnyNormalizer& step);
};

[[nodiscard]] inline AnyNormalizer read_normalizer(const JsonReader& file,
                                                   const nlohmann::json& step);
[[nodiscard]] inline OrderedJson normalizer_json(const AnyNormalizer& step);

template <NormalForm form>
inline constexpr NormalizerForm unicode_form{
    form == NormalForm::nfc    ? "NFC"
    : form == NormalForm::nfd  ? "NFD"
    : form == NormalForm::nfkc ? "NFKC"
                               : "NFKD",
    [](const JsonReader&, const nlohmann::json&) -> AnyNormalizer { return UnicodeForm{form}; },
    [](const AnyNormalizer& step) -> OrderedJson {
        const auto* const made = step.get_if<UnicodeForm>();
        if (made == nullptr || made->form != form) return nullptr;
        return OrderedJson::object();
    }};

template <class Plain>
inline constexpr NormalizerForm plain_normalizer(std::string_view type) {
    return {type, [](const JsonReader&, const nlohmann::json&) -> AnyNormalizer { return Plain(); },
            [](const AnyNormalizer& step) -> OrderedJson {
                return step.get_if<Plain>() ? OrderedJson::object() : OrderedJson();
            }};
}

/// Patterns of runs of spaces.
struct RunPattern {
    std::string_view regex;
    std::size_t at_least;
    bool any_white_space;
};
inline constexpr std::array<RunPattern, 4> run_patterns{
    {{" {2,}", 2, false}, {" +", 1, false}, {R"(\s+)", 1, true}, {R"(\s{2,})", 2, true}}};

/// The character of a pattern of its runs at a text's begin, "\\A +", or its end, " +\\z".
[[nodiscard]] inline std::optional<StripRun> strip_of_pattern(std::string_view regex) {
    const bool at_end = regex.ends_with("+\\z");
    if (!at_end && !(regex.starts_with("\\A") && regex.ends_with('+'))) return std::nullopt;
    const std::string_view character =
        at_end ? regex.substr(0, regex.size() - 3) : regex.substr(2, regex.size() - 3);
    if (character.empty() || utf8_length(character) != character.size() ||
        character.find_first_of(R"(\.^$*+?()[]{}|)") != character.npos)
        return std::nullopt;
    return StripRun{std::string(character), at_end};
}

inline constexpr std::array<NormalizerForm, 13> normalizer_forms{{
    {"Sequence",
     [](const JsonReader& file, const nlohmann::json& step) -> AnyNormalizer {
         std::vector<AnyNormalizer> steps;
         for (const nlohmann::json& each : file.list(step, "normalizers")) {
             AnyNormalizer made = read_normalizer(file, each);
             if (made) steps.push_back(std::move(made));
         }
         if (steps.empty()) return {};
         if (steps.size() == 1) return steps[0];
         return NormalizerSequence(std::move(steps));
     },
     [](const AnyNormalizer& step) -> OrderedJson {
         const auto* const made = step.get_if<NormalizerSequence>();
         if (made == nullptr) return nullptr;
         OrderedJson steps = OrderedJson::array();
         for (const AnyNormalizer& each : made->steps()) {
             if (each) steps.push_back(normalizer_json(each));
         }
         return {{"normalizers", std::move(steps)}};
     }},
    {"BertNormalizer",
     [](const JsonReader& file, const nlohmann::json& step) -> AnyNormalizer {
         BertNormalizer made;
         made.clean_text = file.get(step, "clean_text", true);
         made.handle_chinese_chars = file.get(step, "handle_chinese_chars", true);
         made.lowercase = file.get(step, "lowercase", true);
         if (const auto strip = step.find("strip_accents");
             strip != step.end() && !strip->is_null())
             made.strip_accents = file.get(step, "strip_accents", true);
         return made;
     },
     [](const AnyNormalizer& step) -> OrderedJson {
         const auto* const made = step.get_if<BertNormalizer>();
         if (made == nullptr) return nullptr;
         return {{"clean_text", made->clean_text},
                 {"handle_chinese_chars", made->handle_chinese_chars},
                 {"strip_accents",
                  made->strip_accents ? OrderedJson(*made->strip_accents) : OrderedJson()},
                 {"lowercase", made->lowercase}};
     }},
    unicode_form<NormalForm::nfc>,
    unicode_form<NormalForm::nfd>,
    unicode_form<NormalForm::nfkc>,
    unicode_form<NormalForm::nfkd>,
    plain_normalizer<Lowercase>("Lowercase"),
    plain_normalizer<StripAccents>("StripAccents"),
    plain_normalizer<Nmt>("Nmt"),
    {"Strip",
     [](const JsonReader& file, const nlohmann::json& step) -> AnyNormalizer {
         return Strip{file.get(step, "strip_left", true), file.get(step, "strip_right", true)};
     },
     [](const AnyNormalizer& step) -> OrderedJson {
         const auto* const made = step.get_if<Strip>();
         if (made == nullptr) return nullptr;
         return {{"strip_left", made->left}, {"strip_right", made->right}};
     }},
    {"Prepend",
     [](const JsonReader& file, const nlohmann::json& step) -> AnyNormalizer {
         return Prepend{file.get<std::string>(step, "prepend", "")};
     },
     [](const AnyNormalizer& step) -> OrderedJson {
         const auto* const made = step.get_if<Prepend>();
         return made ? OrderedJson{{"prepend", made->text}} : OrderedJson();
     }},
    {"Replace",
     [](const JsonReader& file, const nlohmann::json& step) -> AnyNormalizer {
         JsonReader::Pattern pattern = file.pattern(step, "normalizer");
         std::string content = file.get<std::string>(step, "content", "");
         if (!pattern.is_regex) return Replace{std::move(pattern.text), std::move(content)};
         for (const RunPattern& known : run_patterns) {
             if (known.regex == pattern.text)
                 return ReplaceRuns{known.at_least, known.any_white_space, std::move(content)};
         }
         if (std::optional<StripRun> strip = strip_of_pattern(pattern.text);
             strip && content.empty())
             return *std::move(strip);
         file.refuse("pattern of a normalizer", pattern.text);
     },
     [](const AnyNormalizer& step) -> OrderedJson {
         if (const auto* const runs = step.get_if<ReplaceRuns>()) {
             for (const RunPattern& known : run_patterns) {
                 if (known.at_least != runs->at_least ||
                     known.any_white_space != runs->any_white_space)
                     continue;
                 return {{"pattern", {{"Regex", std::string(known.regex)}}},
                         {"content", runs->content}};
             }
         }
         if (const auto* const strip = step.get_if<StripRun>()) {
             const std::string regex =
                 strip->at_end ? strip->character + "+\\z" : "\\A" + strip->character + '+';
             if (!strip_of_pattern(regex)) return nullptr;
             return {{"pattern", {{"Regex", regex}}}, {"content", ""}};
         }
         const auto* const made = step.get_if<Replace>();
         if (made == nullptr) return nullptr;
         return {{"pattern", {{"String", made->pattern}}}, {"content", made->content}};
     }},
    {"Precompiled",
     [](const JsonReader& file, const nlohmann::json& step) -> AnyNormalizer {
         std::string map;
         const std::string spelled = file.get<std::string>(step, "precompiled_charsmap", "");
         if (!spelled.empty() && !append_base64(spelled, map))
             file.fail("has a precompiled charsmap that is no base64");
         return PrecompiledNormalizer(map, PrecompiledNormalizer::Manner::graphemes, file.name());
     },
     [](const AnyNormalizer& step) -> OrderedJson {
         const auto* const made = step.get_if<PrecompiledNormalizer>();
         if (made == nullptr || made->manner() != PrecompiledNormalizer::Manner::graphemes)
             return nullptr;
         return {{"precompiled_charsmap", base64_of(made->charsmap())}};
     }},
}};

/// The normalizer that an object describes; none for null.
inline AnyNormalizer read_normalizer(const JsonReader& file, const nlohmann::json& step) {
    if (step.is_null()) return {};
    const std::string type = file.type_of(step, "normalizer");
    for (const NormalizerForm& form : normalizer_forms) {
        if (form.type == type) return form.read(file, step);
    }
    file.refuse("normalizer", type);
}

/// The object of a normalizer; null for none. Throws `FormatError` for one that no file can hold.
inline OrderedJson normalizer_json(const AnyNormalizer& step) {
    if (!step) return nullptr;
    for (const NormalizerForm& form : normalizer_forms) {
        OrderedJson written = form.write(step);
        if (!written.is_null()) return with_type(form.type, std::move(written));
    }
    refuse_to_write("it has no form for the normalizer \"" + step.settings() + '"');
}

} // namespace firth::detail
