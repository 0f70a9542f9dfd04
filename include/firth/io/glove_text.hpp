#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <firth/base/atomic_file.hpp>
#include <firth/base/fields.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/number_text.hpp>
#include <firth/io/byte_reader.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/rows.hpp>
#include <firth/io/text_rows.hpp>
#include <firth/io/word2vec_text.hpp>
#include <firth/table/word_vectors.hpp>

/// GloVe's text format: word2vec's without its first line. Words may hold spaces, as some of
/// glove.840B do: dim is what the first rows have in common, and the last dim fields of a row are
/// its vector.
namespace firth {

namespace detail {

/// How many numbers the line ends in, with something before them, up to max_dim + 1.
inline std::size_t trailing_numbers(std::string_view line) {
    line = trim_line(line);
    std::size_t count = 0;
    while (count <= max_dim) {
        const std::size_t space = line.rfind(' ');
        if (space == line.npos) break;
        const std::string_view field = line.substr(space + 1);
        if (field.empty() || parse_float(field).size != field.size()) break;
        line = line.substr(0, space);
        ++count;
    }
    return count;
}

/// The dim of rows that begin with their word: the least number of numbers that one of the first
/// hundred ends in. 0 where one has none.
inline std::size_t infer_dim(std::string_view text) {
    constexpr std::size_t enough = 100;
    std::size_t dim = max_dim + 1;
    std::size_t rows = 0;
    while (!text.empty() && rows < enough) {
        const std::string_view line = take_line(text);
        if (trim_line(line).empty()) continue;
        dim = (std::min)(dim, trailing_numbers(line));
        ++rows;
    }
    return rows == 0 || dim > max_dim ? 0 : dim;
}

inline TextLines glove_lines(std::string_view bytes, const std::string& name,
                             const ReadOptions& options) {
    const std::size_t dim = infer_dim(bytes);
    ByteReader reader(bytes, name);
    if (dim == 0) reader.fail("there are no rows of a word and at least one number");
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
                              vectors.dim(), false);
    write_rows(vectors, writer);
}

} // namespace firth
