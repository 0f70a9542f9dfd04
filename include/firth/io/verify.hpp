#pragma once

#include <string>
#include <type_traits>

#include <firth/base/config.hpp>
#include <firth/io/file_report.hpp>
#include <firth/io/formats.hpp>
#include <firth/io/load.hpp>
#include <firth/io/read_options.hpp>

/// Whether a file is sound: everything in it is read and looked at.
namespace firth {
FIRTH_BEGIN_UNPACKING

/// Reads everything in a file, or for "-" in standard input, and looks at it. Throws `FormatError`
/// at the first thing that is wrong, and `IoError`.
template <VectorFormatList Formats = KnownFormats>
[[nodiscard]] FileReport verify(const VectorFile& file, const ReadOptions& options = {}) {
    return Formats::find(file.format(), [&]<class F>(std::type_identity<F>) {
        if constexpr (detail::HasVerify<F>) {
            return F::verify(file, options);
        } else {
            return verify_rows<F>(file, options);
        }
    });
}

/// The same of a path.
template <VectorFormatList Formats = KnownFormats>
[[nodiscard]] FileReport verify(const std::string& path, const ReadOptions& options = {}) {
    return verify<Formats>(VectorFile(path, Formats()), options);
}

FIRTH_END_UNPACKING
} // namespace firth
