#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <firth/base/error.hpp>
#include <firth/base/progress.hpp>
#include <firth/io/detail/element_type.hpp>

namespace firth {

/// The file formats of word vectors.
enum class VectorFormat {
    word2vec_text, ///< fastText's .vec, too
    word2vec_binary,
    glove_text,
    fasttext_binary, ///< read only
    native,          ///< firth's own, opened in place
    npy,
    safetensors, ///< where nlohmann/json is installed
    projector,   ///< TensorBoard's
    fvecs,
    bvecs,
    ivecs,
};

/// Every format, with the name by which the tool knows it and the ending of its files' names.
struct FormatName {
    VectorFormat format;
    std::string_view name;
    std::string_view extension;
};
inline constexpr std::array<FormatName, 11> format_names{{
    {VectorFormat::word2vec_text, "word2vec-text", ".vec"},
    {VectorFormat::word2vec_binary, "word2vec-binary", ".bin"},
    {VectorFormat::glove_text, "glove-text", ".txt"},
    {VectorFormat::fasttext_binary, "fasttext-binary", ".ftz"},
    {VectorFormat::native, "firth", ".firth"},
    {VectorFormat::npy, "npy", ".npy"},
    {VectorFormat::safetensors, "safetensors", ".safetensors"},
    {VectorFormat::projector, "projector", ".tsv"},
    {VectorFormat::fvecs, "fvecs", ".fvecs"},
    {VectorFormat::bvecs, "bvecs", ".bvecs"},
    {VectorFormat::ivecs, "ivecs", ".ivecs"},
}};

/// The name of a format.
[[nodiscard]] constexpr std::string_view format_name(VectorFormat format) noexcept {
    return format_names[static_cast<std::size_t>(format)].name;
}

/// The format in which a file of this name is written, where nobody says otherwise: by the ending
/// of the name, in either case; word2vec's text for .txt, its binary format for names without an
/// ending. Throws `OptionError` for other endings: a guess would be found out too late.
[[nodiscard]] inline VectorFormat format_of_name(const std::string& path) {
    std::string extension = std::filesystem::path(path).extension().string();
    for (char& letter : extension) {
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    }
    if (extension.empty()) return VectorFormat::word2vec_binary;
    if (extension == ".txt") return VectorFormat::word2vec_text;
    std::string known = ".txt";
    for (const FormatName& name : format_names) {
        if (name.format == VectorFormat::fasttext_binary) continue;
        if (name.extension == extension) return name.format;
        if (name.extension != ".txt") known.append(", ").append(name.extension);
    }
    throw OptionError("the ending of " + path + " tells no format to write: name it (--format), " +
                      "or end the name in one of " + known);
}

/// What is done with words that a format cannot hold, see `word_rule`.
enum class UnwritableWords {
    refuse,  ///< `Error`
    skip,    ///< their rows are left out
    replace, ///< "_" stands for what the format cannot hold
};

/// How vectors are written.
struct SaveOptions {
    std::optional<VectorFormat> format{}; ///< without: by the file's name, see `format_of_name`
    ElementType type = ElementType::f32;  ///< of the elements, in formats that have several
    UnwritableWords unwritable = UnwritableWords::refuse;
    ProgressCallback progress{}; ///< in rows; returning false ends the writing by an `Error`, and
                                 ///< leaves the old file
};

/// What a file that was written lacks.
struct SaveReport {
    std::uint64_t rows = 0;          ///< that were written
    std::uint64_t skipped = 0;       ///< rows left out because of their word
    std::uint64_t replaced = 0;      ///< words written as another one
    std::string first_unwritable{};  ///< the first such word
    std::string first_replacement{}; ///< as what it was written
    bool scales_lost = false;        ///< int8 codes without what their rows are multiplied by: of
                                     ///< each vector the direction is kept, not the length
};

} // namespace firth
