#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/io/byte_reader.hpp>
#include <firth/io/read_options.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/table/word_vectors.hpp>

/// What word2vec's text and binary format have in common: the header line, and how rows become word
/// vectors.
namespace firth {

/// The first line of both formats, "rows dim".
struct Word2VecHeader {
    std::uint64_t rows = 0;
    std::uint64_t dim = 0;
};

namespace detail {

/// Two decimal numbers with nothing else on the line, or nothing.
inline std::optional<Word2VecHeader> parse_header(std::string_view line) {
    const auto skip_spaces = [&] {
        line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
    };
    const auto number = [&](std::uint64_t& value) {
        skip_spaces();
        const std::from_chars_result parsed =
            std::from_chars(line.data(), line.data() + line.size(), value);
        line.remove_prefix(static_cast<std::size_t>(parsed.ptr - line.data()));
        return parsed.ec == std::errc();
    };
    Word2VecHeader header;
    if (!number(header.rows) || !number(header.dim)) return std::nullopt;
    skip_spaces();
    return line.empty() ? std::optional(header) : std::nullopt;
}

/// Reads the header line and checks it against the size of the file, so that nothing is allocated
/// for rows that cannot be there: a row takes at least `row_bytes(dim)` bytes.
template <class RowBytes>
Word2VecHeader take_header(ByteReader& reader, const ReadOptions& options, RowBytes row_bytes) {
    if (reader.at_end()) reader.fail("the file is empty, expected a line with rows and dim");
    const std::string_view line =
        reader.rest().substr(0, std::min(reader.rest().find('\n'), reader.rest().size()));
    const std::optional<Word2VecHeader> header = parse_header(line);
    if (!header) {
        reader.fail("the first line is \"" + std::string(line.substr(0, 40)) +
                    "\", expected two numbers, rows and dim");
    }
    if (header->dim == 0 || header->dim > max_dim) {
        reader.fail("the header says dim " + std::to_string(header->dim) + ", expected 1 to " +
                    std::to_string(max_dim));
    }
    reader.take(std::min(line.size() + 1, reader.rest().size()), "the header");
    const std::uint64_t room = reader.rest().size() / row_bytes(header->dim) + 1;
    if (header->rows > room && options.header == ReadOptions::Header::strict) {
        reader.fail_at(0, "the header promises " + std::to_string(header->rows) + " rows of dim " +
                              std::to_string(header->dim) + ", but the file has room for " +
                              std::to_string(room) + " at most");
    }
    return {std::min(header->rows, room), header->dim};
}

/// Throws the error for a file that holds another number of rows than its header says.
[[noreturn]] inline void fail_row_count(const ByteReader& reader, std::size_t position,
                                        std::uint64_t promised, const std::string& found) {
    reader.fail_at(position, "the header promises " + std::to_string(promised) + " rows, " + found);
}

/// Joins words and rows by the options' policy for duplicates; rows of `table` beyond the words'
/// are dropped.
inline WordVectors<float> assemble(const std::vector<std::string_view>& words,
                                   EmbeddingTable<float> table, const ByteReader& reader,
                                   const ReadOptions& options, ReadReport* report) {
    Vocabulary vocabulary;
    vocabulary.reserve(words.size());
    ReadReport found;
    found.rows = words.size();
    for (std::size_t row = 0; row < words.size(); ++row) {
        const auto [id, is_new] = vocabulary.add(words[row]);
        if (is_new) {
            if (id != row) std::copy_n(table[row].begin(), table.dim(), table[id].begin());
            continue;
        }
        if (options.duplicates == ReadOptions::Duplicates::refuse) {
            throw FormatError(reader.name() + ", row " + std::to_string(row + 1) + ": the word \"" +
                              std::string(words[row]) + "\" has a row already, row " +
                              std::to_string(id + 1));
        }
        if (found.duplicates++ == 0) found.first_duplicate = words[row];
    }
    if (report != nullptr) {
        found.header_rows = report->header_rows;
        *report = found;
    }
    if (vocabulary.size() != table.rows()) {
        EmbeddingTable<float> shorter(vocabulary.size(), table.dim());
        std::copy_n(table.data(), vocabulary.size() * table.stride(), shorter.data());
        table = std::move(shorter);
    }
    return WordVectors<float>(std::move(vocabulary), std::move(table));
}

/// Throws `Error` for vectors that no reader of word2vec's formats could read back.
inline void check_writable(const WordVectors<float>& vectors, const std::string& name) {
    for (Id id = 0; id < vectors.size(); ++id) {
        const std::string_view word = vectors.word(id);
        if (word.empty() || word.find_first_of(" \n") != word.npos) {
            throw Error("cannot write " + name + ": the word \"" + std::string(word) +
                        "\" of row " + std::to_string(id) +
                        " is empty or holds a space or a newline, which " +
                        "word2vec's formats cannot tell from the end of a word");
        }
        for (const float value : vectors[id]) {
            if (!std::isfinite(value)) {
                throw Error("cannot write " + name + ": the vector of \"" + std::string(word) +
                            "\" holds NaN or infinity, expected finite numbers");
            }
        }
    }
}

/// The header line.
inline std::string header_line(const WordVectors<float>& vectors) {
    return std::to_string(vectors.size()) + ' ' + std::to_string(vectors.dim()) + '\n';
}

} // namespace detail
} // namespace firth
