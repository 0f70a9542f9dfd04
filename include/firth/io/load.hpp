#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/atomic_file.hpp>
#include <firth/base/container.hpp>
#include <firth/base/decompress.hpp>
#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/temporary_file.hpp>
#include <firth/base/utf8.hpp>
#include <firth/io/element_type.hpp>
#include <firth/io/fasttext_binary.hpp>
#include <firth/io/format.hpp>
#include <firth/io/glove_text.hpp>
#include <firth/io/native.hpp>
#include <firth/io/npy.hpp>
#include <firth/io/projector.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/rows.hpp>
#include <firth/io/vecs.hpp>
#include <firth/io/word2vec_binary.hpp>
#include <firth/io/word2vec_header.hpp>
#include <firth/io/word2vec_text.hpp>
#include <firth/table/subword_vectors.hpp>
#include <firth/table/word_vectors.hpp>
#if __has_include(<nlohmann/json.hpp>)
#include <firth/io/safetensors.hpp>
#endif

/// Any file of vectors: recognised by what is in it, read, and written.
namespace firth {

namespace detail {

/// True for a row of the text format, and for one that is damaged but ends in what numbers are made
/// of, so that the error for it speaks of text.
inline bool looks_like_text_row(std::string_view row, std::size_t dim) {
    std::vector<float> vector((std::min)(dim, row.size() + 1));
    try {
        static_cast<void>(parse_row(row, vector));
        return true;
    } catch (const Error&) {
        std::string_view tail = row.substr((std::min)(row.find(' '), row.size()));
        tail.remove_prefix(tail.size() - std::min<std::size_t>(tail.size(), 16));
        return tail.size() >= 4 && tail.find_first_not_of("0123456789+-.eE \t\r") == tail.npos;
    }
}

/// The number of rows in bytes that look like vecs with elements of `size` bytes: as far as the
/// first hundred rows tell, all have the same dim. 0 where they do not.
inline std::size_t vecs_rows(std::string_view bytes, std::size_t size) {
    if (bytes.size() < 4) return 0;
    const auto dim = ByteReader(bytes, "").number<std::int32_t>("");
    if (dim < 1 || static_cast<std::size_t>(dim) > max_dim) return 0;
    const std::size_t step = 4 + static_cast<std::size_t>(dim) * size;
    if (bytes.size() % step != 0) return 0;
    const std::size_t rows = bytes.size() / step;
    for (std::size_t row = 1; row < std::min<std::size_t>(100, rows); ++row) {
        if (bytes.substr(row * step, 4) != bytes.substr(0, 4)) return 0;
    }
    return rows;
}

/// True for 4-byte elements that are whole numbers: as floats those would all be next to nothing.
inline bool looks_like_integers(std::string_view bytes) {
    ByteReader reader(bytes, "");
    const auto dim = reader.number<std::int32_t>("");
    bool any = false;
    for (std::int32_t i = 0; i < dim; ++i) {
        const auto value = reader.number<std::int32_t>("");
        if (value < 0 || value >= 0x00800000) return false;
        any = any || value != 0;
    }
    return any;
}

/// True for a model of fastText from before its format had a mark.
inline bool looks_like_old_fasttext(std::string_view bytes) {
    constexpr std::size_t arguments = 12 * 4 + 8;
    if (bytes.size() < arguments + 20) return false;
    ByteReader reader(bytes, "");
    std::array<std::int32_t, 12> a{};
    for (std::int32_t& value : a) {
        value = reader.number<std::int32_t>("");
    }
    const auto within = [](std::int32_t value, std::int32_t least, std::int32_t most) {
        return value >= least && value <= most;
    };
    return within(a[0], 1, static_cast<std::int32_t>(max_dim)) && within(a[6], 1, 4) &&
           within(a[7], 1, 3) && within(a[8], 0, 0x7FFFFFFF) && within(a[9], 0, 255) &&
           within(a[10], 0, 255);
}

inline bool looks_like_safetensors(std::string_view bytes) {
    if (bytes.size() < 9 || bytes[8] != '{') return false;
    return ByteReader(bytes, "").number<std::uint64_t>("") <= 100'000'000;
}

/// True for a line of numbers with tabs between them.
inline bool looks_like_numbers(std::string_view line) {
    line = trim_line(line);
    while (true) {
        const ParsedFloat number = parse_float(line);
        if (number.size == 0) return false;
        if (number.size == line.size()) return true;
        if (line[number.size] != '\t') return false;
        line.remove_prefix(number.size + 1);
    }
}

} // namespace detail

/// Tells by what is in it in which format a file of vectors is. Throws `FormatError`, naming
/// `name`, where it is none of them.
[[nodiscard]] inline VectorFormat recognize_format(std::string_view bytes,
                                                   const std::string& name = "the data") {
    using namespace detail;
    if (bytes.empty()) throw FormatError(name + " is empty, expected word vectors");
    if (is_container(bytes)) return VectorFormat::native;
    if (bytes.starts_with(npy_magic)) return VectorFormat::npy;
    if (bytes.size() >= 4 && ByteReader(bytes, name).number<std::int32_t>("") == fasttext_magic) {
        return VectorFormat::fasttext_binary;
    }
    if (looks_like_safetensors(bytes)) return VectorFormat::safetensors;
    const std::size_t line_end = (std::min)(bytes.find('\n'), bytes.size());
    const std::string_view line = bytes.substr(0, line_end);
    if (const std::optional<Word2VecHeader> header = parse_header(line)) {
        if (header->rows == 0 || header->dim == 0 || header->dim > max_dim) {
            return VectorFormat::word2vec_text;
        }
        const std::string_view rest = bytes.substr((std::min)(line_end + 1, bytes.size()));
        const std::string_view row = rest.substr(0, (std::min)(rest.find('\n'), rest.size()));
        // Two whole numbers with a tab between them may also be the projector's first row.
        if (line.find('\t') != line.npos && (row.empty() || looks_like_numbers(row))) {
            return VectorFormat::projector;
        }
        return looks_like_text_row(row, header->dim) ? VectorFormat::word2vec_text
                                                     : VectorFormat::word2vec_binary;
    }
    // Rows of 2 or 8 bytes have the dims of rows of floats, too; the reverse is next to impossible.
    const std::size_t narrow = vecs_rows(bytes, 1);
    if (narrow <= 1 && vecs_rows(bytes, 4) != 0) {
        return looks_like_integers(bytes) ? VectorFormat::ivecs : VectorFormat::fvecs;
    }
    if (narrow != 0) return VectorFormat::bvecs;
    if (looks_like_old_fasttext(bytes)) return VectorFormat::fasttext_binary;
    if (trailing_numbers(line) != 0) return VectorFormat::glove_text;
    if (looks_like_numbers(line)) return VectorFormat::projector;
    throw FormatError(
        name + " is no file of vectors that firth knows: it begins with none of the " +
        "marks of .firth, NumPy, fastText and safetensors files, with no line \"rows " +
        "dim\" of word2vec's formats, no row of GloVe's or the projector's text and " +
        "no row of vecs");
}

namespace detail {

/// A file as it is, or what is in it where it is packed by gzip, xz or zstd.
inline MappedFile open_unpacked(const std::string& path) {
    MappedFile file(path);
    const std::string_view bytes = file.bytes();
    if (!bytes.starts_with("\x1F\x8B") &&
        !bytes.starts_with("\xFD"
                           "7zXZ") &&
        !bytes.starts_with("\x28\xB5\x2F\xFD")) {
        return file;
    }
    const std::unique_ptr<ByteSource> source = open_source(path);
    TemporaryFile unpacked(std::filesystem::temp_directory_path().string());
    std::string buffer(std::size_t{1} << 20, '\0');
    while (const std::size_t got = source->read(buffer.data(), buffer.size())) {
        unpacked.append(std::string_view(buffer).substr(0, got));
    }
    return unpacked.map();
}

/// firth's own files are opened in place, which a packed one cannot be.
inline void refuse_packed(const MappedFile& unpacked, const std::string& path) {
    if (is_container(MappedFile(path).bytes())) return;
    throw FormatError(path + " is a packed .firth file of " +
                      std::to_string(unpacked.bytes().size()) + " bytes: unpack it first");
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

/// The format of a file of vectors, packed or not. Throws `IoError`, and `FormatError` as
/// `recognize_format`.
[[nodiscard]] inline VectorFormat file_format(const std::string& path) {
    return recognize_format(detail::open_unpacked(path).bytes(), path);
}

/// Reads word vectors from a file in any of the formats, which it recognises by their content, also
/// packed by gzip, xz or zstd (see `open_source`). A .firth file of float32 is opened in place.
/// Throws `IoError` and `FormatError`.
[[nodiscard]] inline WordVectors<float>
load(const std::string& path, const ReadOptions& options = {}, ReadReport* report = nullptr) {
    const MappedFile file = detail::open_unpacked(path);
    const std::string_view bytes = file.bytes();
    const VectorFormat format = recognize_format(bytes, path);
    if (const std::optional<StoredMatrix> matrix = detail::bare_matrix(bytes, format, path)) {
        return detail::read_matrix(*matrix,
                                   words_of(path, matrix->rows, options, report, words_path(path)),
                                   path, options, report);
    }
    switch (format) {
    case VectorFormat::word2vec_text:
        return parse_word2vec_text(bytes, path, options, report);
    case VectorFormat::word2vec_binary:
        return parse_word2vec_binary(bytes, path, options, report);
    case VectorFormat::glove_text:
        return parse_glove_text(bytes, path, options, report);
    case VectorFormat::fasttext_binary:
        return parse_fasttext_words(bytes, path, options, report);
    case VectorFormat::native:
        detail::refuse_packed(file, path);
        return read_native(path, options, report);
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
        : path_(path), file_(detail::open_unpacked(path)), top_(options.top), utf8_(options.utf8),
          format_(recognize_format(file_.bytes(), path)), rows_(open(path, options)) {}

    [[nodiscard]] VectorFormat format() const noexcept { return format_; }
    [[nodiscard]] std::size_t dim() const override { return rows_->dim(); }
    [[nodiscard]] std::optional<std::uint64_t> rows() const override { return rows_->rows(); }

    [[nodiscard]] std::optional<Row> next() override {
        if (top_ != 0 && read_ == top_) return std::nullopt;
        std::optional<Row> row = rows_->next();
        if (!row) return std::nullopt;
        ++read_;
        if (utf8_ == ReadOptions::Utf8::keep_bytes || is_utf8(row->word)) return row;
        if (utf8_ == ReadOptions::Utf8::refuse) {
            throw FormatError(path_ + ", row " + std::to_string(read_) + ": the word \"" +
                              std::string(row->word) + "\" is not UTF-8");
        }
        word_ = replace_invalid_utf8(row->word);
        row->word = word_;
        return row;
    }

private:
    [[nodiscard]] std::unique_ptr<RowReader> open(const std::string& path,
                                                  const ReadOptions& options) const {
        const std::string_view bytes = file_.bytes();
        if (const std::optional<StoredMatrix> matrix = detail::bare_matrix(bytes, format_, path)) {
            return std::make_unique<MatrixRowReader>(
                *matrix, words_of(path, matrix->rows, options, nullptr, words_path(path)), path,
                options);
        }
        switch (format_) {
        case VectorFormat::word2vec_text:
            return std::make_unique<Word2VecTextReader>(bytes, path, options);
        case VectorFormat::word2vec_binary:
            return std::make_unique<Word2VecBinaryReader>(bytes, path, options);
        case VectorFormat::glove_text:
            return std::make_unique<GloveTextReader>(bytes, path, options);
        case VectorFormat::fasttext_binary:
            return std::make_unique<FastTextReader>(bytes, path, options);
        case VectorFormat::native:
            detail::refuse_packed(file_, path);
            return std::make_unique<NativeReader>(path, options);
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

    std::string path_;
    MappedFile file_;
    std::size_t top_;
    ReadOptions::Utf8 utf8_;
    std::size_t read_ = 0;
    std::string word_;
    VectorFormat format_;
    std::unique_ptr<RowReader> rows_;
};

/// The type of the elements that a file of vectors holds; of a quantised model of fastText i8, of
/// other texts and models f32. Throws `IoError` and `FormatError`.
[[nodiscard]] inline ElementType stored_type(const std::string& path,
                                             const ReadOptions& options = {}) {
    const MappedFile file = detail::open_unpacked(path);
    const VectorFormat format = recognize_format(file.bytes(), path);
    if (const auto matrix = detail::bare_matrix(file.bytes(), format, path)) return matrix->type;
    switch (format) {
    case VectorFormat::native:
        return NativeFile(path).type();
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

/// The model that a file holds, with vectors for words outside the vocabulary. Throws `IoError`,
/// and `FormatError` where the file is no model of fastText.
[[nodiscard]] inline SubwordVectors load_subwords(const std::string& path,
                                                  const ReadOptions& options = {},
                                                  ReadReport* report = nullptr) {
    const MappedFile file = detail::open_unpacked(path);
    const VectorFormat format = recognize_format(file.bytes(), path);
    if (format != VectorFormat::fasttext_binary) {
        throw FormatError(path + " is of format " + std::string(format_name(format)) +
                          ", which has no vectors of n-grams; expected a model of fastText");
    }
    return parse_fasttext(file.bytes(), path, options, report).vectors;
}

/// A writer for a file of `rows` rows of `dim` elements. Throws `IoError`, and `OptionError` for a
/// format that cannot be written and for elements that it does not have.
[[nodiscard]] inline std::unique_ptr<RowWriter> make_writer(const std::string& path,
                                                            std::uint64_t rows, std::size_t dim,
                                                            const SaveOptions& options = {}) {
    const VectorFormat format = options.format.value_or(format_of_name(path));
    const auto only = [&](ElementType type) {
        if (options.type == type) return;
        throw OptionError("cannot write " + path + ": " + std::string(format_name(format)) +
                          " has elements of type " + std::string(element_name(type)) +
                          " only, expected no other");
    };
    switch (format) {
    case VectorFormat::word2vec_text:
    case VectorFormat::glove_text:
        only(ElementType::f32);
        return std::make_unique<Word2VecTextWriter>(std::make_unique<AtomicFile>(path), path, rows,
                                                    dim, format == VectorFormat::word2vec_text);
    case VectorFormat::word2vec_binary:
        only(ElementType::f32);
        return std::make_unique<Word2VecBinaryWriter>(std::make_unique<AtomicFile>(path), path,
                                                      rows, dim);
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

/// Writes word vectors to a file, whole or not at all. Throws `IoError`, and `Error` for what the
/// format cannot hold.
inline void save(const WordVectors<float>& vectors, const std::string& path,
                 const SaveOptions& options = {}) {
    write_rows(vectors, *make_writer(path, vectors.size(), vectors.dim(), options),
               options.progress);
}

/// The same in a format.
inline void save(const WordVectors<float>& vectors, const std::string& path, VectorFormat format) {
    SaveOptions options;
    options.format = format;
    save(vectors, path, options);
}

} // namespace firth
