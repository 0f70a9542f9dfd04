#pragma once

/// The decoders of a tokenizer.json, read and written. Needs nlohmann/json.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <firth/text/any_step.hpp>
#include <firth/text/decoders/bpe.hpp>
#include <firth/text/decoders/byte_fallback.hpp>
#include <firth/text/decoders/ctc.hpp>
#include <firth/text/decoders/fuse.hpp>
#include <firth/text/decoders/metaspace.hpp>
#include <firth/text/decoders/replace.hpp>
#include <firth/text/decoders/sequence.hpp>
#include <firth/text/decoders/spaces.hpp>
#include <firth/text/decoders/strip.hpp>
#include <firth/text/decoders/word_piece.hpp>
#include <firth/text/detail/json_pre_tokenizers.hpp>
#include <firth/text/detail/json_reader.hpp>
#include <firth/text/detail/json_writer.hpp>

namespace firth::detail {

/// A kind of decoder: how it is read, and its object, null where the step is of another kind.
struct DecoderForm {
    std::string_view type;
    AnyDecoder (*read)(const JsonReader& file, const nlohmann::json& step);
    OrderedJson (*write)(const AnyDecoder& step);
};

/// ByteLevel among others: tokens have the bytes themselves here, which are joined.
struct JoinedBytes : FuseDecoder {};

template <class Plain>
inline constexpr DecoderForm plain_decoder(std::string_view type) {
    return {type, [](const JsonReader&, const nlohmann::json&) -> AnyDecoder { return Plain(); },
            [](const AnyDecoder& step) -> OrderedJson {
                return step.get_if<Plain>() ? OrderedJson::object() : OrderedJson();
            }};
}

/// All but sequences and ByteLevel, which is none here: the vocabulary has bytes.
inline constexpr std::array<DecoderForm, 8> decoder_forms{{
    plain_decoder<ByteFallbackDecoder>("ByteFallback"),
    plain_decoder<FuseDecoder>("Fuse"),
    {"WordPiece",
     [](const JsonReader& file, const nlohmann::json& step) -> AnyDecoder {
         return WordPieceDecoder{file.get<std::string>(step, "prefix", "##"),
                                 file.get(step, "cleanup", true)};
     },
     [](const AnyDecoder& step) -> OrderedJson {
         const auto* const made = step.get_if<WordPieceDecoder>();
         if (made == nullptr) return nullptr;
         return {{"prefix", made->prefix}, {"cleanup", made->cleanup}};
     }},
    {"Metaspace",
     [](const JsonReader& file, const nlohmann::json& step) -> AnyDecoder {
         return MetaspaceDecoder{
             file.get<std::string>(step, "replacement", std::string(space_mark)),
             read_prepend_scheme(file, step)};
     },
     [](const AnyDecoder& step) -> OrderedJson {
         const auto* const made = step.get_if<MetaspaceDecoder>();
         if (made == nullptr) return nullptr;
         return {{"replacement", made->replacement},
                 {"prepend_scheme", name_among(prepend_schemes, made->prepend_scheme)},
                 {"split", true}};
     }},
    {"Strip",
     [](const JsonReader& file, const nlohmann::json& step) -> AnyDecoder {
         return StripDecoder{file.get<std::string>(step, "content", " "),
                             file.get<std::size_t>(step, "start", 0),
                             file.get<std::size_t>(step, "stop", 0)};
     },
     [](const AnyDecoder& step) -> OrderedJson {
         const auto* const made = step.get_if<StripDecoder>();
         if (made == nullptr) return nullptr;
         return {{"content", made->content}, {"start", made->start}, {"stop", made->stop}};
     }},
    {"Replace",
     [](const JsonReader& file, const nlohmann::json& step) -> AnyDecoder {
         return ReplaceDecoder{file.string_pattern(step, "decoder"),
                               file.get<std::string>(step, "content", "")};
     },
     [](const AnyDecoder& step) -> OrderedJson {
         const auto* const made = step.get_if<ReplaceDecoder>();
         if (made == nullptr) return nullptr;
         return {{"pattern", {{"String", made->pattern}}}, {"content", made->content}};
     }},
    {"BPEDecoder",
     [](const JsonReader& file, const nlohmann::json& step) -> AnyDecoder {
         return BpeDecoder{file.get<std::string>(step, "suffix", "</w>")};
     },
     [](const AnyDecoder& step) -> OrderedJson {
         const auto* const made = step.get_if<BpeDecoder>();
         return made ? OrderedJson{{"suffix", made->suffix}} : OrderedJson();
     }},
    {"CTC",
     [](const JsonReader& file, const nlohmann::json& step) -> AnyDecoder {
         return CtcDecoder{file.get<std::string>(step, "pad_token", "<pad>"),
                           file.get<std::string>(step, "word_delimiter_token", "|"),
                           file.get(step, "cleanup", true)};
     },
     [](const AnyDecoder& step) -> OrderedJson {
         const auto* const made = step.get_if<CtcDecoder>();
         if (made == nullptr) return nullptr;
         return {{"pad_token", made->padding},
                 {"word_delimiter_token", made->word_delimiter},
                 {"cleanup", made->cleanup}};
     }},
}};

/// The decoder that an object describes.
inline AnyDecoder read_decoder(const JsonReader& file, const nlohmann::json& step) {
    const std::string type = file.type_of(step, "decoder");
    if (type == "ByteLevel") return {};
    if (type == "Sequence") {
        DecoderSequence made;
        for (const nlohmann::json& each : file.list(step, "decoders")) {
            // ByteLevel joins its tokens for those after it.
            AnyDecoder next = read_decoder(file, each);
            made.steps.push_back(next ? std::move(next) : AnyDecoder(JoinedBytes()));
        }
        return made;
    }
    for (const DecoderForm& form : decoder_forms) {
        if (form.type == type) return form.read(file, step);
    }
    file.refuse("decoder", type);
}

/// The decoder of a file, which may have none: then spaces stand between tokens that are no bytes.
[[nodiscard]] inline AnyDecoder read_decoder_of_file(const JsonReader& file,
                                                     const nlohmann::json& step, bool byte_level) {
    if (!step.is_null()) return read_decoder(file, step);
    if (byte_level) return {};
    return SpacesDecoder();
}

[[nodiscard]] inline OrderedJson byte_level_decoder_json() {
    return {{"type", "ByteLevel"},
            {"add_prefix_space", true},
            {"trim_offsets", true},
            {"use_regex", true}};
}

/// The object of a decoder. None, which joins tokens, is ByteLevel where they are of bytes. Throws
/// `FormatError` for a decoder that no file can hold.
[[nodiscard]] inline OrderedJson decoder_json(const AnyDecoder& step, bool byte_level) {
    if (!step) return byte_level ? byte_level_decoder_json() : OrderedJson{{"type", "Fuse"}};
    if (step.get_if<JoinedBytes>()) return byte_level_decoder_json();
    if (const auto* const sequence = step.get_if<DecoderSequence>()) {
        OrderedJson steps = OrderedJson::array();
        for (const AnyDecoder& each : sequence->steps) {
            if (each) steps.push_back(decoder_json(each, byte_level));
        }
        return {{"type", "Sequence"}, {"decoders", std::move(steps)}};
    }
    for (const DecoderForm& form : decoder_forms) {
        OrderedJson written = form.write(step);
        if (!written.is_null()) return with_type(form.type, std::move(written));
    }
    refuse_to_write("it has no form for the decoder \"" + step.settings() + '"');
}

/// The same for a whole file; null for spaces between tokens.
[[nodiscard]] inline OrderedJson decoder_json_of_file(const AnyDecoder& step, bool byte_level) {
    if (!byte_level && step.get_if<SpacesDecoder>()) return nullptr;
    return decoder_json(step, byte_level);
}

} // namespace firth::detail
