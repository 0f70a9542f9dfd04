#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/io/glove_text.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/word2vec_binary.hpp>
#include <firth/io/word2vec_common.hpp>
#include <firth/io/word2vec_text.hpp>
#include <firth/table/word_vectors.hpp>

namespace firth {

/// The file formats of word vectors.
enum class VectorFormat {
    word2vec_text,
    word2vec_binary,
    glove_text, ///< written only
};

/// The name of a format, as the tool spells it.
[[nodiscard]] inline std::string_view format_name(VectorFormat format) noexcept {
    switch (format) {
    case VectorFormat::word2vec_text:
        return "word2vec-text";
    case VectorFormat::word2vec_binary:
        return "word2vec-binary";
    case VectorFormat::glove_text:
        return "glove-text";
    }
    return "";
}

namespace detail {

/// True for a row of the text format, and for one that is damaged but ends in what numbers are made
/// of, so that the error for it speaks of text.
inline bool looks_like_text_row(std::string_view row, std::size_t dim) {
    std::vector<float> vector(dim);
    try {
        static_cast<void>(parse_row(row, vector));
        return true;
    } catch (const Error&) {
        std::string_view tail = row.substr(std::min(row.find(' '), row.size()));
        tail.remove_prefix(tail.size() - std::min<std::size_t>(tail.size(), 16));
        return tail.size() >= 4 && tail.find_first_not_of("0123456789+-.eE \t\r") == tail.npos;
    }
}

} // namespace detail

/// Tells by the first bytes in which format a file of vectors is. Throws `FormatError`, naming
/// `name`, where it is none of them.
[[nodiscard]] inline VectorFormat recognize_format(std::string_view bytes,
                                                   const std::string& name = "the data") {
    if (bytes.empty()) throw FormatError(name + " is empty, expected word vectors");
    const std::size_t header_end = std::min(bytes.find('\n'), bytes.size());
    const std::optional<Word2VecHeader> header = detail::parse_header(bytes.substr(0, header_end));
    if (!header) {
        throw FormatError(name + " begins with no line \"rows dim\", expected word2vec's text or " +
                          "binary format");
    }
    if (header->rows == 0 || header->dim == 0 || header->dim > max_dim) {
        return VectorFormat::word2vec_text;
    }
    const std::string_view rest = bytes.substr(std::min(header_end + 1, bytes.size()));
    const std::string_view row = rest.substr(0, std::min(rest.find('\n'), rest.size()));
    return detail::looks_like_text_row(row, header->dim) ? VectorFormat::word2vec_text
                                                         : VectorFormat::word2vec_binary;
}

/// Reads word vectors from a file in one of word2vec's formats. Throws `IoError` and
/// `FormatError`.
[[nodiscard]] inline WordVectors<float>
load(const std::string& path, const ReadOptions& options = {}, ReadReport* report = nullptr) {
    const MappedFile file(path);
    if (recognize_format(file.bytes(), path) == VectorFormat::word2vec_text) {
        return parse_word2vec_text(file.bytes(), path, options, report);
    }
    return parse_word2vec_binary(file.bytes(), path, options, report);
}

/// Writes word vectors to a file, whole or not at all. Throws `IoError`, and `Error` for what the
/// format cannot hold.
inline void save(const WordVectors<float>& vectors, const std::string& path,
                 VectorFormat format = VectorFormat::word2vec_binary) {
    switch (format) {
    case VectorFormat::word2vec_text:
        return write_word2vec_text(vectors, path);
    case VectorFormat::word2vec_binary:
        return write_word2vec_binary(vectors, path);
    case VectorFormat::glove_text:
        return write_glove_text(vectors, path);
    }
}

} // namespace firth
