#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/atomic_file.hpp>
#include <firth/base/byte_sink.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/io/detail/byte_reader.hpp>
#include <firth/io/detail/element_type.hpp>
#include <firth/io/detail/elements.hpp>
#include <firth/io/detail/text_kind.hpp>
#include <firth/io/detail/word2vec_header.hpp>
#include <firth/io/detail/writing.hpp>
#include <firth/io/file_report.hpp>
#include <firth/io/file_sample.hpp>
#include <firth/io/format.hpp>
#include <firth/io/opened_file.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/rows.hpp>
#include <firth/table/word_vectors.hpp>

/// word2vec's binary format: a line "rows dim", then a row: the word, one space, dim little-endian
/// float32. word2vec.c ends each row with a newline, gensim and the GoogleNews file do not; readers
/// take both. Words are bytes, UTF-8 or not.
namespace firth {

/// word2vec's binary format, also that of files whose names have no ending.
inline constexpr VectorFormat word2vec_binary_format{
    .name = "word2vec-binary",
    .extensions = {".bin"},
    .words = {.empty = false, .separators = " \n"}};

namespace detail {

/// Walks through the rows of a file without looking at their numbers.
class Word2VecBinaryRows {
public:
    struct RawRow {
        std::string_view word;
        const char* vector; ///< dim float32
    };

    Word2VecBinaryRows(std::string_view bytes, const std::string& name, const ReadOptions& options)
        : reader_(bytes, name), strict_(options.header == ReadOptions::Header::strict),
          refuse_(options.non_finite == ReadOptions::NonFinite::refuse),
          header_(take_header(reader_, options,
                              [](std::uint64_t dim) { return sizeof(float) * dim + 1; })) {}

    [[nodiscard]] const Word2VecHeader& header() const noexcept { return header_; }

    /// The next row, nothing at the end. Throws `FormatError`.
    std::optional<RawRow> next() {
        // What is left of the row before, in files that end rows with a newline.
        const std::size_t end = reader_.position();
        reader_.skip_all('\n');
        const std::size_t newlines = reader_.position() - end;
        // The last row may end with the file.
        if (read_ != 0 && (newlines > 1 || !reader_.at_end())) {
            without_newline_ = without_newline_ || newlines != 1;
            with_newline_ = with_newline_ || newlines != 0;
        }
        if (strict_ ? read_ == header_.rows : reader_.at_end()) {
            if (reader_.at_end()) return std::nullopt;
            fail_count("but " + std::to_string(reader_.rest().size()) + " more bytes follow them");
        }
        if (reader_.at_end()) fail_count("but the file ends after " + std::to_string(read_));
        ++read_;
        const auto what = [&](const char* part) {
            return part + std::string("row ") + std::to_string(read_) + " of " +
                   std::to_string(header_.rows);
        };
        const std::size_t space = reader_.rest().find(' ');
        if (space == std::string_view::npos) {
            reader_.fail("the file ends within " + what("the word of "));
        }
        const std::string_view word = reader_.take(space, "a word");
        reader_.take(1, "a space");
        const std::size_t size = header_.dim * sizeof(float);
        // The message is made where it is needed only: rows are many.
        if (size > reader_.rest().size()) reader_.take(size, what(""));
        return RawRow{word, reader_.take(size, "").data()};
    }

    /// True where some rows, but not all, end with one newline: so do no writer's.
    [[nodiscard]] bool has_mixed_ends() const noexcept { return with_newline_ && without_newline_; }

    /// Copies a row's numbers and checks them. Throws `FormatError`.
    void copy(const RawRow& row, std::span<float> to) const {
        read_elements(row.vector, ElementType::f32, sizeof(float), false, to);
        if (!refuse_ || all_finite(to)) return;
        const auto bad =
            std::find_if_not(to.begin(), to.end(), [](float value) { return is_finite(value); });
        const auto place = static_cast<std::size_t>(row.vector - reader_.bytes().data()) +
                           static_cast<std::size_t>(bad - to.begin()) * sizeof(float);
        reader_.fail_at(place, "the vector of \"" + std::string(row.word) +
                                   "\" holds NaN or infinity, expected finite numbers");
    }

private:
    [[noreturn]] void fail_count(const std::string& found) const {
        reader_.fail("the header promises " + std::to_string(header_.rows) + " rows, " + found);
    }

    ByteReader reader_;
    bool strict_;
    bool refuse_;
    Word2VecHeader header_;
    std::uint64_t read_ = 0;
    bool with_newline_ = false;
    bool without_newline_ = false;
};

} // namespace detail

/// Reads the bytes of a file row by row; they must outlive it.
class Word2VecBinaryReader final : public RowReader {
public:
    explicit Word2VecBinaryReader(std::string_view bytes, const std::string& name = "the data",
                                  const ReadOptions& options = {})
        : rows_(bytes, name, options), vector_(rows_.header().dim) {}

    [[nodiscard]] std::size_t dim() const override { return vector_.size(); }
    [[nodiscard]] std::optional<std::uint64_t> rows() const override { return rows_.header().rows; }

    [[nodiscard]] std::optional<Row> next() override {
        const auto row = rows_.next();
        if (!row) return std::nullopt;
        rows_.copy(*row, vector_);
        return Row{row->word, vector_};
    }

private:
    detail::Word2VecBinaryRows rows_;
    std::vector<float> vector_;
};

/// Writes rows, ended by newlines as word2vec.c does. Words that are empty or hold a space or a
/// newline cannot be written.
class Word2VecBinaryWriter final : public RowWriter {
public:
    Word2VecBinaryWriter(std::unique_ptr<ByteSink> sink, const std::string& name,
                         std::uint64_t rows, std::size_t dim)
        : RowWriter(name, rows, dim, word2vec_binary_format), sink_(std::move(sink)) {
        sink_->write(detail::header_line(rows, dim));
    }

private:
    void put(const Row& row) override {
        bytes_ = row.word;
        bytes_ += ' ';
        detail::append_elements_of(row.vector, bytes_);
        bytes_ += '\n';
        sink_->write(bytes_);
    }

    void end() override {
        if (skipped() != 0) detail::correct_header(*sink_, rows(), added(), dim());
        sink_->commit();
    }

    std::unique_ptr<ByteSink> sink_;
    std::string bytes_;
};

/// Reads vectors from the bytes of a file; `name` is what errors call it. Throws `FormatError`,
/// naming the byte, for what is not in the format, and by the options' policies.
[[nodiscard]] inline WordVectors<float> parse_word2vec_binary(std::string_view bytes,
                                                              const std::string& name = "the data",
                                                              const ReadOptions& options = {},
                                                              ReadReport* report = nullptr) {
    detail::Word2VecBinaryRows file(bytes, name, options);
    if (report != nullptr) *report = {.header_rows = file.header().rows};
    std::vector<std::string_view> words;
    std::vector<const char*> vectors;
    const std::size_t most = options.top == 0 ? file.header().rows : options.top;
    words.reserve((std::min<std::size_t>)(most, file.header().rows));
    vectors.reserve(words.capacity());
    while (options.top == 0 || words.size() < options.top) {
        const auto row = file.next();
        if (!row) break;
        words.push_back(row->word);
        vectors.push_back(row->vector);
    }
    if (file.header().dim == 0) return {}; // vectors of no words
    EmbeddingTable<float> table(words.size(), file.header().dim, Uninitialized());
    detail::for_rows(words.size(), 1024, name, options, [&](std::size_t begin, std::size_t end) {
        for (std::size_t row = begin; row < end; ++row) {
            file.copy({words[row], vectors[row]}, table[row]);
            table.clear_padding(row);
        }
    });
    return detail::assemble(words, {}, std::move(table), name, options, report);
}

/// Reads vectors from a file. Throws `IoError` and what `parse_word2vec_binary` throws.
[[nodiscard]] inline WordVectors<float> read_word2vec_binary(const std::string& path,
                                                             const ReadOptions& options = {},
                                                             ReadReport* report = nullptr) {
    const MappedFile file(path);
    return parse_word2vec_binary(file.bytes(), path, options, report);
}

/// Reads vectors from all that is left in a stream.
[[nodiscard]] inline WordVectors<float> read_word2vec_binary(std::istream& stream,
                                                             const ReadOptions& options = {},
                                                             ReadReport* report = nullptr) {
    return parse_word2vec_binary(read_all(stream, "the stream"), "the stream", options, report);
}

/// The bytes of a file with these vectors. Throws what `Word2VecBinaryWriter` throws.
[[nodiscard]] inline std::string format_word2vec_binary(const WordVectors<float>& vectors) {
    std::string bytes;
    Word2VecBinaryWriter writer(std::make_unique<StringSink>(bytes), "the data", vectors.size(),
                                vectors.dim());
    write_rows(vectors, writer);
    return bytes;
}

/// Writes vectors to a file, whole or not at all (see `AtomicFile`). Throws `IoError` and what
/// `Word2VecBinaryWriter` throws.
inline void write_word2vec_binary(const WordVectors<float>& vectors, const std::string& path) {
    Word2VecBinaryWriter writer(std::make_unique<AtomicFile>(path), path, vectors.size(),
                                vectors.dim());
    write_rows(vectors, writer);
}

/// Writes vectors to a stream. Throws `IoError` where it fails and what `Word2VecBinaryWriter`
/// throws.
inline void write_word2vec_binary(const WordVectors<float>& vectors, std::ostream& stream) {
    Word2VecBinaryWriter writer(std::make_unique<StreamSink>(stream), "the stream", vectors.size(),
                                vectors.dim());
    write_rows(vectors, writer);
}

/// All that files go by, see `VectorFormatDescription`.
struct Word2VecBinaryFormat {
    static constexpr VectorFormat format = word2vec_binary_format;

    [[nodiscard]] static bool recognize(const FileSample& file) {
        return file.text().kind == detail::TextKind::header_and_binary;
    }

    [[nodiscard]] static WordVectors<float> load(const OpenedFile& file, const ReadOptions& options,
                                                 ReadReport* report) {
        return parse_word2vec_binary(file.bytes(), file.path(), options, report);
    }

    [[nodiscard]] static std::unique_ptr<RowReader> rows(const OpenedFile& file,
                                                         const ReadOptions& options) {
        return std::make_unique<Word2VecBinaryReader>(file.bytes(), file.path(), options);
    }

    [[nodiscard]] static std::unique_ptr<RowWriter> writer(const std::string& path,
                                                           std::uint64_t rows, std::size_t dim,
                                                           const SaveOptions& options) {
        detail::check_only_f32(path, format, options);
        return std::make_unique<Word2VecBinaryWriter>(
            std::make_unique<AtomicFile>(path, detail::header_order(options)), path, rows, dim);
    }

    [[nodiscard]] static FileReport verify(const OpenedFile& file, const ReadOptions& options) {
        FileReport report = verify_rows<Word2VecBinaryFormat>(file, options);
        detail::Word2VecBinaryRows rows(file.bytes(), file.path(), {});
        while (rows.next()) {
        }
        report.checked.emplace_back("all rows end alike");
        if (rows.has_mixed_ends()) {
            report.warnings.emplace_back("some rows end with a newline and others do not");
        }
        return report;
    }
};

} // namespace firth
