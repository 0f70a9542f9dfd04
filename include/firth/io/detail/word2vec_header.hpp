#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <firth/base/atomic_file.hpp>
#include <firth/base/byte_sink.hpp>
#include <firth/base/error.hpp>
#include <firth/io/detail/byte_reader.hpp>
#include <firth/io/read_options.hpp>
#include <firth/table/embedding_table.hpp>

namespace firth {

/// The first line of word2vec's text and binary format, "rows dim".
struct Word2VecHeader {
    std::uint64_t rows = 0;
    std::uint64_t dim = 0;
};

namespace detail {

/// Two decimal numbers with nothing else on the line, or nothing.
inline std::optional<Word2VecHeader> parse_header(std::string_view line) {
    const auto skip_spaces = [&] {
        line.remove_prefix((std::min)(line.find_first_not_of(" \t\r"), line.size()));
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
        reader.rest().substr(0, (std::min)(reader.rest().find('\n'), reader.rest().size()));
    const std::optional<Word2VecHeader> header = parse_header(line);
    if (!header) {
        reader.fail("the first line is \"" + std::string(line.substr(0, 40)) +
                    "\", expected two numbers, rows and dim");
    }
    const bool none = header->rows == 0 && header->dim == 0; // vectors of no words
    if ((header->dim == 0 && !none) || header->dim > max_dim) {
        reader.fail("the header says dim " + std::to_string(header->dim) + ", expected 1 to " +
                    std::to_string(max_dim));
    }
    reader.take((std::min)(line.size() + 1, reader.rest().size()), "the header");
    const std::uint64_t room = none ? 0 : reader.rest().size() / row_bytes(header->dim) + 1;
    if (header->rows > room && options.header == ReadOptions::Header::strict) {
        reader.fail_at(0, "the header promises " + std::to_string(header->rows) + " rows of dim " +
                              std::to_string(header->dim) + ", but the file has room for " +
                              std::to_string(room) + " at most");
    }
    return {(std::min)(header->rows, room), header->dim};
}

/// The header line.
inline std::string header_line(std::uint64_t rows, std::size_t dim) {
    return std::to_string(rows) + ' ' + std::to_string(dim) + '\n';
}

/// Puts the number of rows that were written, in as many digits, in the place of those `promised`
/// by the line at the beginning of a file. Throws `IoError` for sinks that cannot go back.
inline void correct_header(ByteSink& sink, std::uint64_t promised, std::uint64_t written,
                           std::size_t dim) {
    auto* const file = dynamic_cast<AtomicFile*>(&sink);
    if (file == nullptr) {
        throw IoError("rows were skipped, but the stream cannot go back to its header");
    }
    std::string line = header_line(written, dim);
    const std::string old = header_line(promised, dim);
    line.insert(0, old.size() - line.size(), '0');
    file->rewrite(0, line);
}

} // namespace detail
} // namespace firth
