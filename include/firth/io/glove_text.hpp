#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <firth/base/atomic_file.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/io/detail/byte_reader.hpp>
#include <firth/io/detail/text_kind.hpp>
#include <firth/io/detail/text_rows.hpp>
#include <firth/io/detail/text_sample.hpp>
#include <firth/io/detail/writing.hpp>
#include <firth/io/file_report.hpp>
#include <firth/io/file_sample.hpp>
#include <firth/io/format.hpp>
#include <firth/io/opened_file.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/rows.hpp>
#include <firth/io/word2vec_text.hpp>
#include <firth/table/word_vectors.hpp>

/// GloVe's text format: word2vec's without its first line. Words may hold spaces, as some of
/// glove.840B do: dim is the commonest number of numbers among the first rows, and the last dim
/// fields of a row are its vector.
namespace firth {

/// GloVe's text. Files of this name's usual ending, .txt, are written as word2vec's: this one must
/// be asked for.
inline constexpr VectorFormat glove_text_format{.name = "glove-text",
                                                .words = {.empty = false,
                                                          .separators = "\n",
                                                          .numbers_between = false,
                                                          .byte_order_mark = false,
                                                          .no_rows = false}};

namespace detail {

inline TextLines glove_lines(std::string_view bytes, const std::string& name,
                             const ReadOptions& options) {
    ByteReader reader = text_reader(bytes, name);
    const std::size_t dim = common_numbers(sample_text(reader.rest())).numbers;
    if (dim == 0 || dim > max_dim) {
        reader.fail("there are no rows of a word and 1 to " + std::to_string(max_dim) + " numbers");
    }
    return {std::move(reader), dim, parse_row, std::nullopt, options};
}

} // namespace detail

/// Reads the bytes of a file row by row; they must outlive it.
class GloveTextReader final : public detail::TextRowReader {
public:
    explicit GloveTextReader(std::string_view bytes, const std::string& name = "the text",
                             const ReadOptions& options = {})
        : TextRowReader(detail::glove_lines(bytes, name, options)) {}
};

/// Reads vectors from the bytes of a file; `name` is what errors call it. Throws `FormatError`,
/// naming the line, for what is not in the format, and by the options' policies.
[[nodiscard]] inline WordVectors<float> parse_glove_text(std::string_view bytes,
                                                         const std::string& name = "the text",
                                                         const ReadOptions& options = {},
                                                         ReadReport* report = nullptr) {
    return detail::read_text_rows(detail::glove_lines(bytes, name, options), name, options, report);
}

/// Reads vectors from a file. Throws `IoError` and what `parse_glove_text` throws.
[[nodiscard]] inline WordVectors<float> read_glove_text(const std::string& path,
                                                        const ReadOptions& options = {},
                                                        ReadReport* report = nullptr) {
    const MappedFile file(path);
    return parse_glove_text(file.bytes(), path, options, report);
}

/// Writes vectors to a file, whole or not at all (see `AtomicFile`). Throws `IoError` and what
/// `Word2VecTextWriter` throws.
inline void write_glove_text(const WordVectors<float>& vectors, const std::string& path) {
    Word2VecTextWriter writer(std::make_unique<AtomicFile>(path), path, vectors.size(),
                              vectors.dim(), glove_text_format);
    write_rows(vectors, writer);
}

/// All that files go by, see `VectorFormatDescription`.
struct GloveTextFormat {
    static constexpr VectorFormat format = glove_text_format;

    [[nodiscard]] static bool recognize(const FileSample& file) {
        return file.text().kind == detail::TextKind::words_and_numbers;
    }

    [[nodiscard]] static WordVectors<float> load(const OpenedFile& file, const ReadOptions& options,
                                                 ReadReport* report) {
        return parse_glove_text(file.bytes(), file.path(), options, report);
    }

    [[nodiscard]] static std::unique_ptr<RowReader> rows(const OpenedFile& file,
                                                         const ReadOptions& options) {
        return std::make_unique<GloveTextReader>(file.bytes(), file.path(), options);
    }

    [[nodiscard]] static std::unique_ptr<RowWriter> writer(const std::string& path,
                                                           std::uint64_t rows, std::size_t dim,
                                                           const SaveOptions& options) {
        detail::check_only_f32(path, format, options);
        return std::make_unique<Word2VecTextWriter>(
            std::make_unique<AtomicFile>(path, detail::header_order(options)), path, rows, dim,
            format);
    }

    [[nodiscard]] static FileReport verify(const OpenedFile& file, const ReadOptions& options) {
        FileReport report = verify_rows<GloveTextFormat>(file, options);
        if (report.dim == 1) {
            report.warnings.emplace_back("each word has a single number: is this a vocabulary with "
                                         "counts?");
        }
        return report;
    }
};

} // namespace firth
