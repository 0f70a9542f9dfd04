#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <firth/base/config.hpp>
#include <firth/base/error.hpp>
#include <firth/base/section_file.hpp>
#include <firth/base/utf8.hpp>
#include <firth/io/detail/element_type.hpp>
#include <firth/io/fasttext_binary.hpp>
#include <firth/io/format.hpp>
#include <firth/io/formats.hpp>
#include <firth/io/native.hpp>
#include <firth/io/native_subwords.hpp>
#include <firth/io/opened_file.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/recognize.hpp>
#include <firth/io/rows.hpp>
#include <firth/table/subword_vectors.hpp>
#include <firth/table/word_vectors.hpp>

/// Any file of vectors, recognised by what is in it, and read. All functions go by a list of
/// formats: `load<MyFormats>(path)` reads formats of your own, too.
namespace firth {
FIRTH_BEGIN_UNPACKING

/// A file of vectors in any of the formats, opened and recognised: packed by gzip, xz or zstd or
/// not, a pipe, or standard input for "-". It is opened once, however much is asked of it.
class VectorFile : public OpenedFile {
public:
    /// Throws `IoError`, and `FormatError` as `recognize_format`.
    template <VectorFormatList Formats = KnownFormats>
    explicit VectorFile(const std::string& path, Formats = {})
        : OpenedFile(open_file(path)), format_(recognize_format<Formats>(bytes(), this->path())) {}

    [[nodiscard]] const VectorFormat& format() const noexcept { return format_; }

private:
    VectorFormat format_;
};

/// The format of a file of vectors, packed or not. Throws `IoError`, and `FormatError` as
/// `recognize_format`. A pipe is read by this: use `VectorFile` where more is wanted of it.
template <VectorFormatList Formats = KnownFormats>
[[nodiscard]] VectorFormat file_format(const std::string& path) {
    return VectorFile(path, Formats()).format();
}

/// Reads word vectors from a file in any of the formats. One of firth's of float32 that lies
/// unpacked on the disk is opened in place. Throws `IoError` and `FormatError`.
template <VectorFormatList Formats = KnownFormats>
[[nodiscard]] WordVectors<float> load(const VectorFile& file, const ReadOptions& options = {},
                                      ReadReport* report = nullptr) {
    if (report != nullptr) *report = {};
    return Formats::find(file.format(), [&]<class F>(std::type_identity<F>) {
        return F::load(file, options, report);
    });
}

/// Reads word vectors from a file in any of the formats, which it recognises by their content, also
/// packed by gzip, xz or zstd (see `open_source`), from a pipe, or from standard input for "-".
/// Throws `IoError` and `FormatError`.
template <VectorFormatList Formats = KnownFormats>
[[nodiscard]] WordVectors<float> load(const std::string& path, const ReadOptions& options = {},
                                      ReadReport* report = nullptr) {
    return load<Formats>(VectorFile(path, Formats()), options, report);
}

/// The rows of a file in any of the formats, one after the other, in memory for one row (and the
/// words, in formats that keep them elsewhere).
///
///     firth::RowFile file("vectors.txt");
///     while (const auto row = file.next()) std::cout << row->word << ' ' << row->vector[0] <<
///     '\n';
class RowFile final : public RowReader {
public:
    /// Throws `IoError` and `FormatError`.
    template <VectorFormatList Formats = KnownFormats>
    explicit RowFile(const std::string& path, const ReadOptions& options = {}, Formats formats = {})
        : RowFile(VectorFile(path, formats), options, formats) {}

    template <VectorFormatList Formats = KnownFormats>
    explicit RowFile(VectorFile file, const ReadOptions& options = {}, Formats = {})
        : file_(std::move(file)), top_(options.top), utf8_(options.utf8),
          rows_(Formats::find(file_.format(), [&]<class F>(std::type_identity<F>) {
              return F::rows(file_, options);
          })) {}

    [[nodiscard]] const VectorFormat& format() const noexcept { return file_.format(); }
    [[nodiscard]] std::size_t dim() const override { return rows_->dim(); }
    [[nodiscard]] std::optional<std::uint64_t> rows() const override { return rows_->rows(); }

    [[nodiscard]] std::optional<Row> next() override {
        if (top_ != 0 && read_ == top_) return std::nullopt;
        std::optional<Row> row = rows_->next();
        if (!row) return std::nullopt;
        ++read_;
        if (utf8_ == ReadOptions::Utf8::keep_bytes || is_utf8(row->word)) return row;
        if (utf8_ == ReadOptions::Utf8::refuse) {
            throw FormatError(file_.path() + ", row " + std::to_string(read_) + ": the word \"" +
                              std::string(row->word) + "\" is not UTF-8");
        }
        word_ = replace_invalid_utf8(row->word);
        row->word = word_;
        return row;
    }

private:
    VectorFile file_;
    std::size_t top_;
    ReadOptions::Utf8 utf8_;
    std::size_t read_ = 0;
    std::string word_;
    std::unique_ptr<RowReader> rows_;
};

/// The type of the elements that a file of vectors holds; of a quantised model of fastText i8, of
/// other texts and models f32. Throws `FormatError`.
template <VectorFormatList Formats = KnownFormats>
[[nodiscard]] ElementType stored_type(const VectorFile& file, const ReadOptions& options = {}) {
    return Formats::find(file.format(), [&]<class F>(std::type_identity<F>) {
        if constexpr (detail::HasStoredType<F>) {
            return F::stored_type(file, options);
        } else {
            static_cast<void>(options);
            return ElementType::f32;
        }
    });
}

/// The same of a path. Throws `IoError` and `FormatError`.
template <VectorFormatList Formats = KnownFormats>
[[nodiscard]] ElementType stored_type(const std::string& path, const ReadOptions& options = {}) {
    return stored_type<Formats>(VectorFile(path, Formats()), options);
}

/// Whether a file has vectors of n-grams: a model of fastText, or one of firth's with n-grams.
[[nodiscard]] inline bool has_subwords(const VectorFile& file) {
    return file.format() == fasttext_format ||
           (file.format() == native_format &&
            section_file_kind(file.bytes()) == detail::native_kind &&
            has_subwords(NativeFile(file)));
}

/// The model that a file holds, with vectors for words outside the vocabulary; one of firth's is
/// opened in place. Throws `FormatError` where the file has no n-grams.
[[nodiscard]] inline SubwordVectors load_subwords(const VectorFile& file,
                                                  const ReadOptions& options = {},
                                                  ReadReport* report = nullptr) {
    if (file.format() == fasttext_format) {
        return parse_fasttext(file.bytes(), file.path(), options, report).vectors;
    }
    if (has_subwords(file)) return read_native_subwords(NativeFile(file), options, report);
    throw FormatError(file.path() + " is of format " + std::string(file.format().name) +
                      ", which has no vectors of n-grams; expected a model of fastText, or one of "
                      "firth's with n-grams");
}

/// The same from a path. Throws `IoError` and `FormatError`.
[[nodiscard]] inline SubwordVectors load_subwords(const std::string& path,
                                                  const ReadOptions& options = {},
                                                  ReadReport* report = nullptr) {
    return load_subwords(VectorFile(path), options, report);
}

FIRTH_END_UNPACKING
} // namespace firth
