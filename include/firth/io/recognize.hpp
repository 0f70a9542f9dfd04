#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <firth/base/error.hpp>
#include <firth/io/detail/foreign_file.hpp>
#include <firth/io/file_sample.hpp>
#include <firth/io/format.hpp>
#include <firth/io/formats.hpp>

/// Which format a file of vectors has. Binary formats are known by their marks, texts by what their
/// first lines have in common; what fits none of them well is refused, with the likely cause.
namespace firth {

/// Tells by what is in it in which of some formats a file of vectors is. Throws `FormatError`,
/// naming `name` and the likely cause, where it is none of them.
template <VectorFormatList Formats = KnownFormats>
[[nodiscard]] VectorFormat recognize_format(std::string_view bytes,
                                            const std::string& name = "the data") {
    if (bytes.empty()) throw FormatError(name + " is empty, expected word vectors");
    const FileSample sample(bytes);
    if (const std::optional<VectorFormat> found = Formats::recognize(sample)) return *found;
    std::string why = detail::foreign_kind(bytes);
    why = why.empty() ? sample.text().fault : "it is " + why;
    if (why.empty()) why = "it is text of a format that is not in the list";
    throw FormatError(name + " is no file of vectors that firth knows: " + why);
}

} // namespace firth
