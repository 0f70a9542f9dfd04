#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <istream>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/atomic_file.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/parallel.hpp>
#include <firth/io/byte_reader.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/word2vec_common.hpp>
#include <firth/table/word_vectors.hpp>

/// word2vec's binary format: a line "rows dim", then a row: the word, one space, dim little-endian
/// float32. word2vec.c ends each row with a newline, gensim and the GoogleNews file do not; readers
/// take both. Words are bytes, UTF-8 or not.
namespace firth {

namespace detail {

/// Copies little-endian float32 values, in either direction.
inline void copy_floats(const char* from, char* to, std::size_t count) {
    if constexpr (std::endian::native == std::endian::little) {
        std::memcpy(to, from, count * sizeof(float));
    } else {
        for (std::size_t i = 0; i < count * sizeof(float); ++i) {
            to[i] = from[i / 4 * 4 + 3 - i % 4];
        }
    }
}

template <class Sink>
void write_binary_rows(const WordVectors<float>& vectors, Sink&& write) {
    write(header_line(vectors));
    std::string row;
    for (Id id = 0; id < vectors.size(); ++id) {
        row = vectors.word(id);
        row += ' ';
        const std::size_t begin = row.size();
        row.resize(begin + vectors.dim() * sizeof(float));
        copy_floats(reinterpret_cast<const char*>(vectors[id].data()), row.data() + begin,
                    vectors.dim());
        row += '\n';
        write(row);
    }
}

} // namespace detail

/// Reads vectors from the bytes of a file; `name` is what errors call it. Throws `FormatError`,
/// naming the byte, for what is not in the format, and by the options' policies.
[[nodiscard]] inline WordVectors<float> parse_word2vec_binary(std::string_view bytes,
                                                              const std::string& name = "the data",
                                                              const ReadOptions& options = {},
                                                              ReadReport* report = nullptr) {
    ByteReader reader(bytes, name);
    const bool strict = options.header == ReadOptions::Header::strict;
    const Word2VecHeader header = detail::take_header(
        reader, options, [](std::uint64_t dim) { return sizeof(float) * dim + 1; });
    if (report != nullptr) report->header_rows = header.rows;

    std::vector<std::string_view> words;
    std::vector<const char*> rows;
    words.reserve(header.rows);
    rows.reserve(header.rows);
    const std::size_t row_size = header.dim * sizeof(float);
    while (strict ? words.size() < header.rows : !reader.at_end()) {
        // What is left of the row before, in files that end rows with a newline.
        reader.skip_all('\n');
        if (reader.at_end()) {
            if (!strict) break;
            detail::fail_row_count(reader, reader.position(), header.rows,
                                   "but the file ends after " + std::to_string(words.size()));
        }
        const std::string what =
            "row " + std::to_string(words.size() + 1) + " of " + std::to_string(header.rows);
        words.push_back(reader.take_until(' ', "the word of " + what));
        rows.push_back(reader.take(row_size, what).data());
    }
    reader.skip_all('\n');
    if (!reader.at_end()) {
        detail::fail_row_count(reader, reader.position(), header.rows,
                               "but " + std::to_string(reader.rest().size()) +
                                   " more bytes follow them");
    }

    EmbeddingTable<float> table(words.size(), header.dim);
    const bool refuse_non_finite = options.non_finite == ReadOptions::NonFinite::refuse;
    parallel_for(rows.size(), 1024, resolve_threads(options.threads),
                 [&](std::size_t begin, std::size_t end) {
                     for (std::size_t row = begin; row < end; ++row) {
                         const std::span<float> vector = table[row];
                         detail::copy_floats(rows[row], reinterpret_cast<char*>(vector.data()),
                                             vector.size());
                         const auto is_bad = [](float value) { return !std::isfinite(value); };
                         const auto bad = std::find_if(vector.begin(), vector.end(), is_bad);
                         if (refuse_non_finite && bad != vector.end()) {
                             const auto place =
                                 static_cast<std::size_t>(rows[row] - bytes.data()) +
                                 static_cast<std::size_t>(bad - vector.begin()) * sizeof(float);
                             reader.fail_at(place, "the vector of \"" + std::string(words[row]) +
                                                       "\" holds NaN or infinity, expected finite "
                                                       "numbers");
                         }
                     }
                 });
    return detail::assemble(words, std::move(table), reader, options, report);
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

/// The bytes of a file with these vectors, rows ended by newlines as word2vec.c does. Throws
/// `Error` for words that the format cannot hold and for vectors that are not finite.
[[nodiscard]] inline std::string format_word2vec_binary(const WordVectors<float>& vectors) {
    detail::check_writable(vectors, "the data");
    std::string bytes;
    detail::write_binary_rows(vectors, [&](std::string_view part) { bytes += part; });
    return bytes;
}

/// Writes vectors to a file, whole or not at all (see `AtomicFile`). Throws `IoError` and what
/// `format_word2vec_binary` throws.
inline void write_word2vec_binary(const WordVectors<float>& vectors, const std::string& path) {
    detail::check_writable(vectors, path);
    AtomicFile file(path);
    detail::write_binary_rows(vectors, [&](std::string_view part) { file.write(part); });
    file.commit();
}

/// Writes vectors to a stream. Throws `IoError` where it fails and what `format_word2vec_binary`
/// throws.
inline void write_word2vec_binary(const WordVectors<float>& vectors, std::ostream& stream) {
    detail::check_writable(vectors, "the stream");
    detail::write_binary_rows(vectors, [&](std::string_view part) { stream << part; });
    if (!stream.flush()) throw IoError("cannot write the stream: it failed");
}

} // namespace firth
