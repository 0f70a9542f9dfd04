#pragma once

#include <string>
#include <string_view>

#include <firth/base/config.hpp>
#include <firth/base/error.hpp>
#include <firth/base/section_file.hpp>
#include <firth/encode/fasttext_classifier.hpp>
#include <firth/io/fasttext_binary.hpp>
#include <firth/io/file_sample.hpp>
#include <firth/io/format.hpp>
#include <firth/io/native.hpp>
#include <firth/io/native_classifier.hpp>
#include <firth/io/opened_file.hpp>
#include <firth/math/classifier_rows.hpp>
#include <firth/table/classifier_model.hpp>

/// Classifiers in files of any format that has them: .firth, and fastText's .bin and .ftz.
namespace firth {
FIRTH_BEGIN_UNPACKING

/// The classifier in a file, which tells by its content what it is; packed by gzip, xz or zstd too,
/// from a pipe, or from standard input for "-". One of firth's that lies unpacked on the disk is
/// opened in place, in O(labels); rows stay as they are stored. `prefix` is what the labels of
/// fastText's file lose where all begin with it (else "__label__"), since it does not say what it
/// was trained with (`-label`); firth's own files say it. Throws `IoError`, and `FormatError` for a
/// file that holds something else, saying what.
[[nodiscard]] inline StoredClassifierModel read_classifier(const std::string& path,
                                                           std::string_view prefix = "__label__") {
    const OpenedFile file = open_file(path);
    if (is_section_file(file.bytes())) return open_native_classifier(file);
    if (FastTextFormat::recognize(FileSample(file.bytes()))) {
        return parse_fasttext_classifier(file.bytes(), file.path(), prefix);
    }
    throw FormatError(file.path() + " is neither a classifier of firth (.firth) nor a model of "
                                    "fastText (.bin, .ftz)");
}

FIRTH_END_UNPACKING

/// Whether a file of this name is to be firth's own.
[[nodiscard]] inline bool is_native_name(std::string_view path) noexcept {
    return path.ends_with(native_format.extensions.front());
}

/// Writes a classifier: firth's own file where the name ends in ".firth", else fastText's .bin,
/// with `arguments` as `write_fasttext` takes them. Throws what `write_native` and `write_fasttext`
/// throw.
inline void write_classifier(const std::string& path, const ClassifierModel& model,
                             const FastTextArguments& arguments = {}) {
    if (is_native_name(path)) return write_native(model, path);
    write_fasttext(path, model, arguments);
}

} // namespace firth
