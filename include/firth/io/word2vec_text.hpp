#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include <firth/base/atomic_file.hpp>
#include <firth/base/byte_sink.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/io/detail/byte_reader.hpp>
#include <firth/io/detail/text_kind.hpp>
#include <firth/io/detail/text_rows.hpp>
#include <firth/io/detail/word2vec_header.hpp>
#include <firth/io/detail/writing.hpp>
#include <firth/io/file_sample.hpp>
#include <firth/io/format.hpp>
#include <firth/io/opened_file.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/rows.hpp>
#include <firth/table/word_vectors.hpp>

/// word2vec's text format: a line "rows dim", then a line a row: the word, and dim numbers, with
/// one space between them. Readers take what word2vec.c, gensim and fastText (.vec) write: a space
/// at the end of the line, CR and LF, words that hold spaces (the last dim fields are the vector).
/// Words are bytes, UTF-8 or not.
namespace firth {

/// word2vec's text, fastText's .vec too.
inline constexpr VectorFormat word2vec_text_format{
    .name = "word2vec-text",
    .extensions = {".vec", ".txt"},
    .words = {.empty = false, .separators = " \n", .numbers_between = false}};

namespace detail {

inline TextLines word2vec_lines(std::string_view bytes, const std::string& name,
                                const ReadOptions& options) {
    ByteReader reader = text_reader(bytes, name);
    const Word2VecHeader header =
        take_header(reader, options, [](std::uint64_t dim) { return 2 * dim; });
    return {std::move(reader), header.dim, parse_row, header.rows, options};
}

} // namespace detail

/// Reads the bytes of a file row by row; they must outlive it.
class Word2VecTextReader final : public detail::TextRowReader {
public:
    explicit Word2VecTextReader(std::string_view bytes, const std::string& name = "the text",
                                const ReadOptions& options = {})
        : TextRowReader(detail::word2vec_lines(bytes, name, options)) {}
};

/// Writes rows as lines, numbers in the shortest form that reads back the same. Words that are
/// empty or hold a newline cannot be written; in word2vec's format neither can those with a space,
/// in GloVe's those that read as if the row had too many numbers.
class Word2VecTextWriter final : public RowWriter {
public:
    /// `format` is word2vec's, or GloVe's, which has no header.
    Word2VecTextWriter(std::unique_ptr<ByteSink> sink, const std::string& name, std::uint64_t rows,
                       std::size_t dim, const VectorFormat& format = word2vec_text_format)
        : RowWriter(name, rows, dim, format), sink_(std::move(sink)),
          header_(format == word2vec_text_format) {
        if (header_) sink_->write(detail::header_line(rows, dim));
    }

private:
    void put(const Row& row) override {
        line_ = row.word;
        detail::append_numbers(line_, row.vector, ' ');
        if (!header_ && added() == 0 && detail::parse_header(line_)) {
            fail("the first row, \"" + line_ + "\", would read as word2vec's header");
        }
        line_ += '\n';
        sink_->write(line_);
    }

    void end() override {
        if (header_ && skipped() != 0) detail::correct_header(*sink_, rows(), added(), dim());
        sink_->commit();
    }

    std::unique_ptr<ByteSink> sink_;
    bool header_;
    std::string line_;
};

/// Reads vectors from the bytes of a file; `name` is what errors call it. Rows are parsed on all
/// threads. Throws `FormatError`, naming the line, for what is not in the format, and by the
/// options' policies.
[[nodiscard]] inline WordVectors<float> parse_word2vec_text(std::string_view bytes,
                                                            const std::string& name = "the text",
                                                            const ReadOptions& options = {},
                                                            ReadReport* report = nullptr) {
    return detail::read_text_rows(detail::word2vec_lines(bytes, name, options), name, options,
                                  report);
}

/// Reads vectors from a file. Throws `IoError` and what `parse_word2vec_text` throws.
[[nodiscard]] inline WordVectors<float> read_word2vec_text(const std::string& path,
                                                           const ReadOptions& options = {},
                                                           ReadReport* report = nullptr) {
    const MappedFile file(path);
    return parse_word2vec_text(file.bytes(), path, options, report);
}

/// Reads vectors from all that is left in a stream.
[[nodiscard]] inline WordVectors<float> read_word2vec_text(std::istream& stream,
                                                           const ReadOptions& options = {},
                                                           ReadReport* report = nullptr) {
    return parse_word2vec_text(read_all(stream, "the stream"), "the stream", options, report);
}

/// The bytes of a file with these vectors. Throws what `Word2VecTextWriter` throws.
[[nodiscard]] inline std::string format_word2vec_text(const WordVectors<float>& vectors) {
    std::string bytes;
    Word2VecTextWriter writer(std::make_unique<StringSink>(bytes), "the text", vectors.size(),
                              vectors.dim());
    write_rows(vectors, writer);
    return bytes;
}

/// Writes vectors to a file, whole or not at all (see `AtomicFile`). Throws `IoError` and what
/// `Word2VecTextWriter` throws.
inline void write_word2vec_text(const WordVectors<float>& vectors, const std::string& path) {
    Word2VecTextWriter writer(std::make_unique<AtomicFile>(path), path, vectors.size(),
                              vectors.dim());
    write_rows(vectors, writer);
}

/// Writes vectors to a stream. Throws `IoError` where it fails and what `Word2VecTextWriter`
/// throws.
inline void write_word2vec_text(const WordVectors<float>& vectors, std::ostream& stream) {
    Word2VecTextWriter writer(std::make_unique<StreamSink>(stream), "the stream", vectors.size(),
                              vectors.dim());
    write_rows(vectors, writer);
}

/// All that files go by, see `VectorFormatDescription`.
struct Word2VecTextFormat {
    static constexpr VectorFormat format = word2vec_text_format;

    [[nodiscard]] static bool recognize(const FileSample& file) {
        return file.text().kind == detail::TextKind::header_and_text;
    }

    [[nodiscard]] static WordVectors<float> load(const OpenedFile& file, const ReadOptions& options,
                                                 ReadReport* report) {
        return parse_word2vec_text(file.bytes(), file.path(), options, report);
    }

    [[nodiscard]] static std::unique_ptr<RowReader> rows(const OpenedFile& file,
                                                         const ReadOptions& options) {
        return std::make_unique<Word2VecTextReader>(file.bytes(), file.path(), options);
    }

    [[nodiscard]] static std::unique_ptr<RowWriter> writer(const std::string& path,
                                                           std::uint64_t rows, std::size_t dim,
                                                           const SaveOptions& options) {
        detail::check_only_f32(path, format, options);
        return std::make_unique<Word2VecTextWriter>(
            std::make_unique<AtomicFile>(path, detail::header_order(options)), path, rows, dim);
    }
};

} // namespace firth
