#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <firth/base/atomic_file.hpp>
#include <firth/base/byte_source.hpp>
#include <firth/base/decompress.hpp>
#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/section_file.hpp>
#include <firth/base/temporary_file.hpp>
#include <firth/base/utf8.hpp>
#include <firth/io/detail/element_type.hpp>
#include <firth/io/detail/stored_matrix.hpp>
#include <firth/io/detail/word_list.hpp>
#include <firth/io/detail/word_rules.hpp>
#include <firth/io/fasttext_binary.hpp>
#include <firth/io/format.hpp>
#include <firth/io/glove_text.hpp>
#include <firth/io/native.hpp>
#include <firth/io/npy.hpp>
#include <firth/io/projector.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/recognize.hpp>
#include <firth/io/rows.hpp>
#include <firth/io/vecs.hpp>
#include <firth/io/word2vec_binary.hpp>
#include <firth/io/word2vec_text.hpp>
#include <firth/table/subword_vectors.hpp>
#include <firth/table/word_vectors.hpp>
#if __has_include(<nlohmann/json.hpp>)
#include <firth/io/safetensors.hpp>
#endif

/// Any file of vectors: recognised by what is in it, read, and written.
namespace firth {

namespace detail {

/// What is in a file: packed by gzip, xz or zstd or not, or what comes through a pipe, which is
/// read once.
struct OpenedBytes {
    std::shared_ptr<MappedFile> file;
    bool in_place = false; ///< these are the bytes of the path itself
};

inline OpenedBytes open_unpacked(const std::string& path) {
    if (path != FileSource::standard_input && !is_stream(path)) {
        auto file = std::make_shared<MappedFile>(path);
        if (!is_packed(file->bytes())) return {std::move(file), true};
    }
    const std::unique_ptr<ByteSource> source = open_source(path);
    TemporaryFile unpacked(std::filesystem::temp_directory_path().string());
    std::string buffer(std::size_t{1} << 20, '\0');
    while (const std::size_t got = source->read(buffer.data(), buffer.size())) {
        unpacked.append(std::string_view(buffer).substr(0, got));
    }
    return {std::make_shared<MappedFile>(unpacked.map(MappedFile::Access::copy_on_write)), false};
}

/// The matrix of a file that is one and leaves its words to another file; nothing for the other
/// formats.
inline std::optional<StoredMatrix> bare_matrix(std::string_view bytes, VectorFormat format,
                                               const std::string& path) {
    switch (format) {
    case VectorFormat::npy:
        return parse_npy_matrix(bytes, path);
    case VectorFormat::fvecs:
        return parse_vecs_matrix(bytes, ElementType::f32, path);
    case VectorFormat::bvecs:
        return parse_vecs_matrix(bytes, ElementType::u8, path);
    case VectorFormat::ivecs:
        return parse_vecs_matrix(bytes, ElementType::i32, path);
    default:
        return std::nullopt;
    }
}

[[noreturn]] inline void fail_without_json(const std::string& path) {
    throw FormatError(path + ": this program was built without nlohmann/json, which safetensors " +
                      "files need");
}

} // namespace detail

/// A file of vectors in any of the formats, opened and recognised: packed by gzip, xz or zstd or
/// not, a pipe, or standard input for "-". It is opened once, however much is asked of it.
class VectorFile {
public:
    /// Throws `IoError`, and `FormatError` as `recognize_format`.
    explicit VectorFile(const std::string& path)
        : path_(path == FileSource::standard_input ? "standard input" : path),
          opened_(detail::open_unpacked(path)),
          format_(recognize_format(opened_.file->bytes(), path_)) {}

    /// As errors call it.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] VectorFormat format() const noexcept { return format_; }

    /// What is in it, unpacked. The view lives as long as a copy of this object.
    [[nodiscard]] std::string_view bytes() const noexcept { return opened_.file->bytes(); }

    /// A .firth file, opened in place where it lies unpacked on the disk; else all that come from
    /// one object share its memory, tables that are changed too. Throws `FormatError`.
    [[nodiscard]] NativeFile native() const {
        // Only what is mapped for changes can be given away as tables.
        return opened_.in_place ? NativeFile(path_) : NativeFile(path_, opened_.file);
    }

    /// Any of firth's own files. Throws `FormatError`.
    [[nodiscard]] SectionFile sections() const {
        const std::string kind(section_file_kind(bytes()));
        return {path_, opened_.file, kind, std::nullopt};
    }

private:
    std::string path_;
    detail::OpenedBytes opened_;
    VectorFormat format_;
};

/// The format of a file of vectors, packed or not. Throws `IoError`, and `FormatError` as
/// `recognize_format`. A pipe is read by this: use `VectorFile` where more is wanted of it.
[[nodiscard]] inline VectorFormat file_format(const std::string& path) {
    return VectorFile(path).format();
}

/// Reads word vectors from a file in any of the formats. One of firth's of float32 that lies
/// unpacked on the disk is opened in place. Throws `IoError` and `FormatError`.
[[nodiscard]] inline WordVectors<float>
load(const VectorFile& file, const ReadOptions& options = {}, ReadReport* report = nullptr) {
    if (report != nullptr) *report = {};
    const std::string& path = file.path();
    const std::string_view bytes = file.bytes();
    if (const auto matrix = detail::bare_matrix(bytes, file.format(), path)) {
        return detail::read_matrix(*matrix,
                                   words_of(path, matrix->rows, options, report, words_path(path)),
                                   path, options, report);
    }
    switch (file.format()) {
    case VectorFormat::word2vec_text:
        return parse_word2vec_text(bytes, path, options, report);
    case VectorFormat::word2vec_binary:
        return parse_word2vec_binary(bytes, path, options, report);
    case VectorFormat::glove_text:
        return parse_glove_text(bytes, path, options, report);
    case VectorFormat::fasttext_binary:
        return parse_fasttext_words(bytes, path, options, report);
    case VectorFormat::native:
        return read_native(file.native(), options, report);
    case VectorFormat::safetensors:
#if __has_include(<nlohmann/json.hpp>)
        return parse_safetensors_vectors(bytes, path, options, report);
#else
        detail::fail_without_json(path);
#endif
    case VectorFormat::projector:
        return parse_projector(bytes, path, options, report);
    default: // bare matrices
        return {};
    }
}

/// Reads word vectors from a file in any of the formats, which it recognises by their content, also
/// packed by gzip, xz or zstd (see `open_source`), from a pipe, or from standard input for "-".
/// Throws `IoError` and `FormatError`.
[[nodiscard]] inline WordVectors<float>
load(const std::string& path, const ReadOptions& options = {}, ReadReport* report = nullptr) {
    return load(VectorFile(path), options, report);
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
    explicit RowFile(const std::string& path, const ReadOptions& options = {})
        : RowFile(VectorFile(path), options) {}

    explicit RowFile(VectorFile file, const ReadOptions& options = {})
        : file_(std::move(file)), top_(options.top), utf8_(options.utf8), rows_(open(options)) {}

    [[nodiscard]] VectorFormat format() const noexcept { return file_.format(); }
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
    [[nodiscard]] std::unique_ptr<RowReader> open(const ReadOptions& options) const {
        const std::string& path = file_.path();
        const std::string_view bytes = file_.bytes();
        if (const auto matrix = detail::bare_matrix(bytes, format(), path)) {
            return std::make_unique<MatrixRowReader>(
                *matrix, words_of(path, matrix->rows, options, nullptr, words_path(path)), path,
                options);
        }
        switch (format()) {
        case VectorFormat::word2vec_text:
            return std::make_unique<Word2VecTextReader>(bytes, path, options);
        case VectorFormat::word2vec_binary:
            return std::make_unique<Word2VecBinaryReader>(bytes, path, options);
        case VectorFormat::glove_text:
            return std::make_unique<GloveTextReader>(bytes, path, options);
        case VectorFormat::fasttext_binary:
            return std::make_unique<FastTextReader>(bytes, path, options);
        case VectorFormat::native:
            return std::make_unique<NativeReader>(file_.native(), options);
        case VectorFormat::safetensors:
#if __has_include(<nlohmann/json.hpp>)
            return std::make_unique<SafetensorsReader>(bytes, path, options);
#else
            detail::fail_without_json(path);
#endif
        case VectorFormat::projector:
            return std::make_unique<ProjectorReader>(bytes, path, options);
        default: // bare matrices
            return nullptr;
        }
    }

    VectorFile file_;
    std::size_t top_;
    ReadOptions::Utf8 utf8_;
    std::size_t read_ = 0;
    std::string word_;
    std::unique_ptr<RowReader> rows_;
};

/// The type of the elements that a file of vectors holds; of a quantised model of fastText i8, of
/// other texts and models f32. Throws `FormatError`.
[[nodiscard]] inline ElementType stored_type(const VectorFile& file,
                                             const ReadOptions& options = {}) {
    const std::string& path = file.path();
    if (const auto matrix = detail::bare_matrix(file.bytes(), file.format(), path)) {
        return matrix->type;
    }
    switch (file.format()) {
    case VectorFormat::native:
        return file.native().type();
    case VectorFormat::fasttext_binary:
        return detail::FastTextFile(file.bytes(), path).input().is_quantized() ? ElementType::i8
                                                                               : ElementType::f32;
    case VectorFormat::safetensors:
#if __has_include(<nlohmann/json.hpp>)
        return detail::open_safetensors(file.bytes(), path, options, nullptr).matrix.type;
#else
        detail::fail_without_json(path);
#endif
    default:
        static_cast<void>(options);
        return ElementType::f32;
    }
}

/// The same of a path. Throws `IoError` and `FormatError`.
[[nodiscard]] inline ElementType stored_type(const std::string& path,
                                             const ReadOptions& options = {}) {
    return stored_type(VectorFile(path), options);
}

/// The model that a file holds, with vectors for words outside the vocabulary. Throws `FormatError`
/// where the file is no model of fastText.
[[nodiscard]] inline SubwordVectors load_subwords(const VectorFile& file,
                                                  const ReadOptions& options = {},
                                                  ReadReport* report = nullptr) {
    if (file.format() != VectorFormat::fasttext_binary) {
        throw FormatError(file.path() + " is of format " + std::string(format_name(file.format())) +
                          ", which has no vectors of n-grams; expected a model of fastText");
    }
    return parse_fasttext(file.bytes(), file.path(), options, report).vectors;
}

/// The same from a path. Throws `IoError` and `FormatError`.
[[nodiscard]] inline SubwordVectors load_subwords(const std::string& path,
                                                  const ReadOptions& options = {},
                                                  ReadReport* report = nullptr) {
    return load_subwords(VectorFile(path), options, report);
}

namespace detail {

inline std::unique_ptr<RowWriter> new_writer(const std::string& path, std::uint64_t rows,
                                             std::size_t dim, VectorFormat format,
                                             const SaveOptions& options) {
    const auto only = [&](ElementType type) {
        if (options.type == type) return;
        throw OptionError("cannot write " + path + ": " + std::string(format_name(format)) +
                          " has elements of type " + std::string(element_name(type)) +
                          " only, expected no other");
    };
    // A header that promised rows which are then skipped is written over.
    const auto order = options.unwritable == UnwritableWords::skip ? AtomicFile::Order::any
                                                                   : AtomicFile::Order::forward;
    switch (format) {
    case VectorFormat::word2vec_text:
    case VectorFormat::glove_text:
        only(ElementType::f32);
        return std::make_unique<Word2VecTextWriter>(std::make_unique<AtomicFile>(path, order), path,
                                                    rows, dim,
                                                    format == VectorFormat::word2vec_text);
    case VectorFormat::word2vec_binary:
        only(ElementType::f32);
        return std::make_unique<Word2VecBinaryWriter>(std::make_unique<AtomicFile>(path, order),
                                                      path, rows, dim);
    case VectorFormat::fasttext_binary:
        throw OptionError("cannot write " + path + ": models of fastText are read only, expected " +
                          "another format");
    case VectorFormat::native:
        return std::make_unique<NativeWriter>(path, rows, dim, options.type);
    case VectorFormat::npy:
        return std::make_unique<NpyWriter>(path, rows, dim, options.type);
    case VectorFormat::safetensors:
#if __has_include(<nlohmann/json.hpp>)
        return std::make_unique<SafetensorsWriter>(path, rows, dim, options.type);
#else
        detail::fail_without_json(path);
#endif
    case VectorFormat::projector:
        only(ElementType::f32);
        return std::make_unique<ProjectorWriter>(path, rows, dim);
    case VectorFormat::fvecs:
        only(ElementType::f32);
        return std::make_unique<VecsWriter>(path, rows, dim, ElementType::f32);
    case VectorFormat::bvecs:
        only(ElementType::f32);
        return std::make_unique<VecsWriter>(path, rows, dim, ElementType::u8);
    case VectorFormat::ivecs:
        only(ElementType::f32);
        return std::make_unique<VecsWriter>(path, rows, dim, ElementType::i32);
    }
    return nullptr;
}

} // namespace detail

/// A writer for a file of `rows` rows of `dim` elements, rows that the options skip included.
/// Throws `IoError`, and `OptionError` for a format that cannot be written and for elements that it
/// does not have.
[[nodiscard]] inline std::unique_ptr<RowWriter> make_writer(const std::string& path,
                                                            std::uint64_t rows, std::size_t dim,
                                                            const SaveOptions& options = {}) {
    const VectorFormat format = options.format ? *options.format : format_of_name(path);
    std::unique_ptr<RowWriter> writer = detail::new_writer(path, rows, dim, format, options);
    writer->set_unwritable(options.unwritable);
    return writer;
}

/// Writes word vectors to a file, whole or not at all, and says what it lacks. Throws `IoError`,
/// and `Error` for what the format cannot hold: for words before anything is written.
inline SaveReport save(const WordVectors<float>& vectors, const std::string& path,
                       const SaveOptions& options = {}) {
    const VectorFormat format = options.format ? *options.format : format_of_name(path);
    if (options.unwritable == UnwritableWords::refuse) check_words(vectors.vocabulary(), format);
    const detail::WritableWords words(vectors.vocabulary(), word_rule(format), options.unwritable);
    const auto writer = detail::new_writer(path, words.rows(), vectors.dim(), format, options);
    write_rows(vectors, *writer, options.progress, words);
    SaveReport report = words.report();
    report.rows = writer->report().rows;
    report.scales_lost = writer->report().scales_lost;
    return report;
}

/// The same in a format.
inline SaveReport save(const WordVectors<float>& vectors, const std::string& path,
                       VectorFormat format) {
    SaveOptions options;
    options.format = format;
    return save(vectors, path, options);
}

} // namespace firth
