#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <firth/base/progress.hpp>
#include <firth/io/element_type.hpp>

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
/// of the name; word2vec's text for .txt, its binary format for all that are not known.
[[nodiscard]] inline VectorFormat format_of_name(const std::string& path) {
    const std::string extension = std::filesystem::path(path).extension().string();
    if (extension == ".txt") return VectorFormat::word2vec_text;
    for (const FormatName& name : format_names) {
        if (name.extension == extension && name.format != VectorFormat::fasttext_binary) {
            return name.format;
        }
    }
    return VectorFormat::word2vec_binary;
}

/// How vectors are written.
struct SaveOptions {
    std::optional<VectorFormat> format{}; ///< without: by the file's name, see `format_of_name`
    ElementType type = ElementType::f32;  ///< of the elements, in formats that have several
    ProgressCallback progress{};          ///< in rows; returning false ends the writing by an
                                          ///< `Error`, and leaves the old file
};

} // namespace firth
