#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <firth/base/atomic_file.hpp>
#include <firth/base/error.hpp>
#include <firth/base/fields.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/utf8.hpp>
#include <firth/io/detail/byte_reader.hpp>
#include <firth/io/detail/stored_matrix.hpp>
#include <firth/io/detail/text_kind.hpp>
#include <firth/io/detail/text_rows.hpp>
#include <firth/io/detail/word_list.hpp>
#include <firth/io/detail/writing.hpp>
#include <firth/io/file_sample.hpp>
#include <firth/io/format.hpp>
#include <firth/io/opened_file.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/rows.hpp>
#include <firth/table/word_vectors.hpp>

/// What TensorBoard's Embedding Projector reads: a line of numbers with tabs between them a row,
/// and in a second file the metadata: a word a line, or, with a header, several columns of which
/// the first is the word. Tabs, newlines and backslashes in words are written as `\t`, `\n` and
/// `\\`.
namespace firth {

/// The file with the metadata of `path`: "vectors.tsv" has "metadata.tsv", "other.tsv" has
/// "other.metadata.tsv".
[[nodiscard]] inline std::string metadata_path(const std::string& path) {
    const std::filesystem::path file(path);
    if (file.filename() == "vectors.tsv") {
        return std::filesystem::path(file).replace_filename("metadata.tsv").string();
    }
    return std::filesystem::path(file).replace_extension(".metadata.tsv").string();
}

/// The Embedding Projector's.
inline constexpr VectorFormat projector_format{
    .name = "projector",
    .extensions = {".tsv"},
    .words = {.byte_order_mark = false, .no_rows = false},
    .words_file = metadata_path};

namespace detail {

inline std::string escape_tabs(std::string_view word) {
    std::string escaped;
    for (const char byte : word) {
        switch (byte) {
        case '\t':
            escaped += "\\t";
            break;
        case '\n':
            escaped += "\\n";
            break;
        case '\r':
            escaped += "\\r";
            break;
        case '\\':
            escaped += "\\\\";
            break;
        default:
            escaped += byte;
        }
    }
    return escaped;
}

inline std::string unescape_tabs(std::string_view field) {
    std::string word;
    for (std::size_t i = 0; i < field.size(); ++i) {
        const char next = field[i] == '\\' && i + 1 < field.size() ? field[i + 1] : '\0';
        const std::size_t known = std::string_view("tnr\\").find(next);
        if (next == '\0' || known == std::string_view::npos) {
            word += field[i];
            continue;
        }
        word += "\t\n\r\\"[known];
        ++i;
    }
    return word;
}

/// The words of a metadata file, and the counts where a column is called so.
inline WordList parse_metadata(std::string_view text) {
    skip_byte_order_mark(text);
    auto kept = std::make_shared<std::vector<std::string>>();
    WordList list;
    const std::string_view first = text.substr(0, text.find('\n'));
    const bool has_header = first.find('\t') != first.npos;
    std::size_t count_column = 0;
    for (bool header = has_header; !text.empty(); header = false) {
        std::string_view line = take_line(text);
        if (line.ends_with('\r')) line.remove_suffix(1);
        std::vector<std::string_view> fields;
        for (std::string_view rest = line;;) {
            const std::size_t end = rest.find('\t');
            fields.push_back(rest.substr(0, end));
            if (end == rest.npos) break;
            rest.remove_prefix(end + 1);
        }
        if (header) {
            for (std::size_t column = 1; column < fields.size(); ++column) {
                if (fields[column] == "count") count_column = column;
            }
            continue;
        }
        kept->push_back(unescape_tabs(fields[0]));
        if (count_column == 0) continue;
        std::uint64_t count = 0;
        if (count_column < fields.size()) {
            const std::string_view field = fields[count_column];
            static_cast<void>(std::from_chars(field.data(), field.data() + field.size(), count));
        }
        list.counts.push_back(count);
    }
    list.words.assign(kept->begin(), kept->end());
    list.keeper = std::move(kept);
    return list;
}

inline TextLines projector_lines(std::string_view bytes, const std::string& name,
                                 const ReadOptions& options) {
    ByteReader reader = text_reader(bytes, name);
    const std::string_view line = trim_line(reader.rest().substr(0, reader.rest().find('\n')));
    if (line.empty()) reader.fail("the first line is empty, expected numbers");
    const auto dim = static_cast<std::size_t>(1 + std::count(line.begin(), line.end(), '\t'));
    check_matrix_size(0, dim, name);
    return {std::move(reader), dim, parse_numbers, std::nullopt, options};
}

/// The words of a file of vectors with `rows` rows.
inline WordList projector_words(const std::string& path, std::size_t rows,
                                const ReadOptions& options, ReadReport* report) {
    return words_of(path, rows, options, report, metadata_path(path), parse_metadata);
}

} // namespace detail

/// Reads vectors from the bytes of a file; `path` is what errors call it, and beside what the
/// metadata lie. Throws `IoError` and `FormatError`.
[[nodiscard]] inline WordVectors<float> parse_projector(std::string_view bytes,
                                                        const std::string& path,
                                                        const ReadOptions& options = {},
                                                        ReadReport* report = nullptr) {
    const detail::TextLines lines = detail::projector_lines(bytes, path, options);
    std::vector<std::string_view> none;
    EmbeddingTable<float> table = lines.parse_all(none);
    const std::size_t rows = options.top == 0 ? table.rows() : lines.count();
    WordList words = detail::projector_words(path, rows, options, report);
    if (report != nullptr) report->byte_order_mark |= lines.has_byte_order_mark();
    words.words.resize(table.rows());
    return detail::assemble(words.words, words.counts, std::move(table), path, options, report);
}

/// Reads vectors from a file and the metadata beside it. Throws `IoError` and `FormatError`.
[[nodiscard]] inline WordVectors<float> read_projector(const std::string& path,
                                                       const ReadOptions& options = {},
                                                       ReadReport* report = nullptr) {
    const MappedFile file(path);
    return parse_projector(file.bytes(), path, options, report);
}

/// Reads the lines of such a file one after the other.
class ProjectorReader final : public RowReader {
public:
    /// The bytes are those of `path`, and must outlive it.
    ProjectorReader(std::string_view bytes, const std::string& path, const ReadOptions& options)
        : lines_(detail::projector_lines(bytes, path, options)), vector_(lines_.dim()),
          words_(detail::projector_words(path, lines_.count(), options, nullptr)) {}

    [[nodiscard]] std::size_t dim() const override { return lines_.dim(); }
    [[nodiscard]] std::optional<std::uint64_t> rows() const override { return words_.words.size(); }

    [[nodiscard]] std::optional<Row> next() override {
        const std::optional<std::string_view> line = lines_.next();
        if (!line) return std::nullopt;
        lines_.parse(*line, vector_);
        const std::size_t row = read_++;
        return Row{words_.words[row], vector_, words_.counts.empty() ? 0 : words_.counts[row]};
    }

private:
    detail::TextLines lines_;
    std::vector<float> vector_;
    WordList words_;
    std::size_t read_ = 0;
};

/// Writes both files, which are put in their places one right after the other.
class ProjectorWriter final : public RowWriter {
public:
    ProjectorWriter(const std::string& path, std::uint64_t rows, std::size_t dim)
        : RowWriter(path, rows, dim, projector_format), file_(path),
          metadata_(metadata_path(path)) {}

private:
    void put(const Row& row) override {
        if (row.count != 0 && added() == 0) {
            // Two columns need a header, one must have none.
            counted_ = true;
            metadata_.write("word\tcount\n");
        }
        line_.clear();
        detail::append_numbers(line_, row.vector, '\t');
        line_ += '\n';
        file_.write(std::string_view(line_).substr(1));
        line_ = detail::escape_tabs(row.word);
        if (counted_) line_ += '\t' + std::to_string(row.count);
        line_ += '\n';
        metadata_.write(line_);
    }

    void end() override { AtomicFile::commit_together(file_, metadata_); }

    AtomicFile file_;
    AtomicFile metadata_;
    bool counted_ = false;
    std::string line_;
};

/// Writes vectors for the projector. Throws what `RowWriter` throws.
inline void write_projector(const WordVectors<float>& vectors, const std::string& path) {
    ProjectorWriter writer(path, vectors.size(), vectors.dim());
    write_rows(vectors, writer);
}

/// All that files go by, see `VectorFormatDescription`.
struct ProjectorFormat {
    static constexpr VectorFormat format = projector_format;

    [[nodiscard]] static bool recognize(const FileSample& file) {
        return file.text().kind == detail::TextKind::tabbed_numbers;
    }

    [[nodiscard]] static WordVectors<float> load(const OpenedFile& file, const ReadOptions& options,
                                                 ReadReport* report) {
        return parse_projector(file.bytes(), file.path(), options, report);
    }

    [[nodiscard]] static std::unique_ptr<RowReader> rows(const OpenedFile& file,
                                                         const ReadOptions& options) {
        return std::make_unique<ProjectorReader>(file.bytes(), file.path(), options);
    }

    [[nodiscard]] static std::unique_ptr<RowWriter> writer(const std::string& path,
                                                           std::uint64_t rows, std::size_t dim,
                                                           const SaveOptions& options) {
        detail::check_only_f32(path, format, options);
        return std::make_unique<ProjectorWriter>(path, rows, dim);
    }
};

} // namespace firth
