#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/atomic_file.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/parallel.hpp>
#include <firth/io/byte_reader.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/word2vec_common.hpp>
#include <firth/table/word_vectors.hpp>

/// word2vec's text format: a line "rows dim", then a line a row: the word, and dim numbers, with
/// one space between them. Readers take what word2vec.c, gensim and fastText (.vec) write: a space
/// at the end of the line, \r\n, words that hold spaces (the last dim fields are the vector). Words
/// are bytes, UTF-8 or not.
namespace firth {

namespace detail {

/// The word of a row and its numbers, written to `vector`. Nothing where the line is no such row.
inline bool parse_fields(std::string_view fields, std::span<float> vector) {
    for (float& value : vector) {
        if (!fields.starts_with(' ') && !fields.starts_with('\t')) return false;
        fields.remove_prefix(1);
        const ParsedFloat parsed = parse_float(fields);
        if (parsed.size == 0) return false;
        value = parsed.value;
        fields.remove_prefix(parsed.size);
    }
    return fields.empty();
}

/// The line without the spaces and the carriage return at its end.
inline std::string_view trim_line(std::string_view line) {
    return line.substr(0, line.find_last_not_of(" \t\r") + 1);
}

/// Splits a row's line into its word, which is returned, and the last vector.size() fields. Throws
/// the message of a `FormatError` without its place, as an `Error`.
inline std::string_view parse_row(std::string_view line, std::span<float> vector) {
    line = trim_line(line);
    std::size_t word_end = std::min(line.find_first_of(" \t"), line.size());
    if (parse_fields(line.substr(word_end), vector)) return line.substr(0, word_end);
    word_end = line.size();
    for (std::size_t field = 0; field < vector.size(); ++field) {
        const std::size_t space =
            word_end == 0 ? line.npos : line.find_last_of(" \t", word_end - 1);
        if (space == line.npos) {
            throw Error("the row has " + std::to_string(field) + " numbers, expected a word and " +
                        std::to_string(vector.size()));
        }
        word_end = space;
    }
    if (!parse_fields(line.substr(word_end), vector)) {
        throw Error("the last " + std::to_string(vector.size()) + " fields of the row of \"" +
                    std::string(line.substr(0, std::min<std::size_t>(word_end, 40))) +
                    "\" are not all numbers");
    }
    return line.substr(0, word_end);
}

template <class Sink>
void write_text_rows(const WordVectors<float>& vectors, Sink&& write) {
    std::string line;
    for (Id id = 0; id < vectors.size(); ++id) {
        line = vectors.word(id);
        for (const float value : vectors[id]) {
            line += ' ';
            append_float(line, value);
        }
        line += '\n';
        write(line);
    }
}

} // namespace detail

/// Reads vectors from the bytes of a file; `name` is what errors call it. Rows are parsed on all
/// threads. Throws `FormatError`, naming the line, for what is not in the format, and by the
/// options' policies.
[[nodiscard]] inline WordVectors<float> parse_word2vec_text(std::string_view bytes,
                                                            const std::string& name = "the text",
                                                            const ReadOptions& options = {},
                                                            ReadReport* report = nullptr) {
    ByteReader reader(bytes, name);
    const bool strict = options.header == ReadOptions::Header::strict;
    const Word2VecHeader header =
        detail::take_header(reader, options, [](std::uint64_t dim) { return 2 * dim; });
    if (report != nullptr) report->header_rows = header.rows;

    std::vector<std::string_view> lines;
    lines.reserve(header.rows);
    while (!reader.at_end()) {
        const std::size_t begin = reader.position();
        const std::size_t size = std::min(reader.rest().find('\n'), reader.rest().size());
        const std::string_view line = reader.take(size, "a row");
        reader.take(reader.at_end() ? 0 : 1, "a row");
        if (lines.size() == header.rows && strict) {
            if (detail::trim_line(line).empty()) continue;
            detail::fail_row_count(reader, begin, header.rows, "but more lines follow them");
        }
        if (!strict && detail::trim_line(line).empty()) continue;
        lines.push_back(line);
    }
    if (strict && lines.size() != header.rows) {
        detail::fail_row_count(reader, bytes.size(), header.rows,
                               "but the file ends after " + std::to_string(lines.size()));
    }

    EmbeddingTable<float> table(lines.size(), header.dim);
    std::vector<std::string_view> words(lines.size());
    const bool refuse_non_finite = options.non_finite == ReadOptions::NonFinite::refuse;
    parallel_for(lines.size(), 256, resolve_threads(options.threads),
                 [&](std::size_t begin, std::size_t end) {
                     for (std::size_t row = begin; row < end; ++row) {
                         const auto place = [&] {
                             return name + ", line " + std::to_string(row + 2) + ": ";
                         };
                         try {
                             words[row] = detail::parse_row(lines[row], table[row]);
                         } catch (const Error& error) {
                             throw FormatError(place() + error.what());
                         }
                         for (const float value : table[row]) {
                             if (refuse_non_finite && !std::isfinite(value)) {
                                 throw FormatError(place() + "the vector of \"" +
                                                   std::string(words[row]) +
                                                   "\" holds NaN or infinity, expected finite "
                                                   "numbers");
                             }
                         }
                     }
                 });
    return detail::assemble(words, std::move(table), reader, options, report);
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

/// The bytes of a file with these vectors: numbers in the shortest form that reads back the same.
/// Throws `Error` for words that the format cannot hold and for vectors that are not finite.
[[nodiscard]] inline std::string format_word2vec_text(const WordVectors<float>& vectors) {
    detail::check_writable(vectors, "the text");
    std::string bytes = detail::header_line(vectors);
    detail::write_text_rows(vectors, [&](std::string_view part) { bytes += part; });
    return bytes;
}

/// Writes vectors to a file, whole or not at all (see `AtomicFile`). Throws `IoError` and what
/// `format_word2vec_text` throws.
inline void write_word2vec_text(const WordVectors<float>& vectors, const std::string& path) {
    detail::check_writable(vectors, path);
    AtomicFile file(path);
    file.write(detail::header_line(vectors));
    detail::write_text_rows(vectors, [&](std::string_view part) { file.write(part); });
    file.commit();
}

/// Writes vectors to a stream. Throws `IoError` where it fails and what `format_word2vec_text`
/// throws.
inline void write_word2vec_text(const WordVectors<float>& vectors, std::ostream& stream) {
    detail::check_writable(vectors, "the stream");
    stream << detail::header_line(vectors);
    detail::write_text_rows(vectors, [&](std::string_view part) { stream << part; });
    if (!stream.flush()) throw IoError("cannot write the stream: it failed");
}

} // namespace firth
