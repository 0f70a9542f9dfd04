#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include <firth/base/error.hpp>
#include <firth/base/fold_case.hpp>
#include <firth/base/messages.hpp>
#include <firth/io/format.hpp>
#include <firth/io/formats.hpp>
#include <firth/io/rows.hpp>
#include <firth/table/word_vectors.hpp>

/// Vectors to a file in any of the formats.
namespace firth {

/// The format in which a file of this name is written, where nobody says otherwise: by the ending
/// of the name, in either case; word2vec's binary format for names without an ending. Throws
/// `OptionError` for other endings: a wrong guess would be noticed too late.
template <VectorFormatList Formats = KnownFormats>
[[nodiscard]] VectorFormat format_of_name(const std::string& path) {
    const std::string extension = fold_ascii(std::filesystem::path(path).extension().string());
    if (extension.empty()) return word2vec_binary_format;
    std::string known;
    for (const VectorFormat& format : Formats::written) {
        for (const std::string_view own : format.extensions) {
            if (own == extension) return format;
            if (!own.empty()) detail::add_to_list(known, own);
        }
    }
    throw OptionError("the ending of " + path + " names no format to write: name it (--format), " +
                      "or end the name in one of " + known);
}

namespace detail {

template <class Formats>
std::unique_ptr<RowWriter> new_writer(const std::string& path, std::uint64_t rows, std::size_t dim,
                                      const VectorFormat& format, const SaveOptions& options) {
    return Formats::find(format, [&]<class F>(std::type_identity<F>) -> std::unique_ptr<RowWriter> {
        if constexpr (WritableFormat<F>) {
            return F::writer(path, rows, dim, options);
        } else {
            throw OptionError("cannot write " + path + ": files of " + std::string(F::format.name) +
                              " are read only, expected another format");
        }
    });
}

template <class Formats>
VectorFormat chosen_format(const std::string& path, const SaveOptions& options) {
    return options.format ? *options.format : format_of_name<Formats>(path);
}

} // namespace detail

/// A writer for a file of `rows` rows of `dim` elements, rows that the options skip included.
/// Throws `IoError`, and `OptionError` for a format that cannot be written and for elements that it
/// does not have.
template <VectorFormatList Formats = KnownFormats>
[[nodiscard]] std::unique_ptr<RowWriter> make_writer(const std::string& path, std::uint64_t rows,
                                                     std::size_t dim,
                                                     const SaveOptions& options = {}) {
    std::unique_ptr<RowWriter> writer = detail::new_writer<Formats>(
        path, rows, dim, detail::chosen_format<Formats>(path, options), options);
    writer->set_unwritable(options.unwritable);
    return writer;
}

/// Writes word vectors to a file, whole or not at all, and says what it lacks. Throws `IoError`,
/// and `Error` for what the format cannot hold: for words before anything is written.
template <VectorFormatList Formats = KnownFormats>
SaveReport save(const WordVectors<float>& vectors, const std::string& path,
                const SaveOptions& options = {}) {
    const VectorFormat format = detail::chosen_format<Formats>(path, options);
    if (options.unwritable == UnwritableWords::refuse) check_words(vectors.vocabulary(), format);
    const detail::WritableWords words(vectors.vocabulary(), format.words, options.unwritable);
    const auto writer =
        detail::new_writer<Formats>(path, words.rows(), vectors.dim(), format, options);
    write_rows(vectors, *writer, options.progress, words);
    SaveReport report = words.report();
    report.rows = writer->report().rows;
    report.scales_lost = writer->report().scales_lost;
    return report;
}

/// The same in a format.
template <VectorFormatList Formats = KnownFormats>
SaveReport save(const WordVectors<float>& vectors, const std::string& path,
                const VectorFormat& format) {
    SaveOptions options;
    options.format = format;
    return save<Formats>(vectors, path, options);
}

} // namespace firth
