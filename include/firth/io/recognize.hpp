#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/section_file.hpp>
#include <firth/base/utf8.hpp>
#include <firth/io/detail/byte_reader.hpp>
#include <firth/io/detail/element_type.hpp>
#include <firth/io/detail/elements.hpp>
#include <firth/io/detail/foreign_file.hpp>
#include <firth/io/detail/text_rows.hpp>
#include <firth/io/detail/text_sample.hpp>
#include <firth/io/detail/word2vec_header.hpp>
#include <firth/io/fasttext_binary.hpp>
#include <firth/io/format.hpp>
#include <firth/io/npy.hpp>
#include <firth/table/embedding_table.hpp>

/// Which format a file of vectors has. Binary formats are known by their marks, texts by what their
/// first lines have in common; what fits none of them well is refused, with the likely cause.
namespace firth {

namespace detail {

/// The number of rows in bytes that look like vecs with elements of `size` bytes: as far as the
/// first hundred rows tell, all have the same dim. 0 where they do not.
inline std::size_t vecs_rows(std::string_view bytes, std::size_t size) {
    if (bytes.size() < 4) return 0;
    const auto dim = ByteReader(bytes, "").number<std::int32_t>("");
    if (dim < 1 || static_cast<std::size_t>(dim) > max_dim) return 0;
    const std::size_t step = 4 + static_cast<std::size_t>(dim) * size;
    if (bytes.size() % step != 0) return 0;
    const std::size_t rows = bytes.size() / step;
    for (std::size_t row = 1; row < (std::min<std::size_t>)(100, rows); ++row) {
        if (bytes.substr(row * step, 4) != bytes.substr(0, 4)) return 0;
    }
    return rows;
}

/// True for 4-byte elements that are whole numbers: as floats those would all be next to nothing.
inline bool looks_like_integers(std::string_view bytes) {
    ByteReader reader(bytes, "");
    const auto dim = reader.number<std::int32_t>("");
    bool any = false;
    for (std::int32_t i = 0; i < dim; ++i) {
        const auto value = reader.number<std::int32_t>("");
        if (value < 0 || value >= 0x00800000) return false;
        any = any || value != 0;
    }
    return any;
}

/// True for a model of fastText from before its format had a mark.
inline bool looks_like_old_fasttext(std::string_view bytes) {
    constexpr std::size_t arguments = 12 * 4 + 8;
    if (bytes.size() < arguments + 20) return false;
    ByteReader reader(bytes, "");
    std::array<std::int32_t, 12> a{};
    for (std::int32_t& value : a) {
        value = reader.number<std::int32_t>("");
    }
    const auto within = [](std::int32_t value, std::int32_t least, std::int32_t most) {
        return value >= least && value <= most;
    };
    return within(a[0], 1, static_cast<std::int32_t>(max_dim)) && within(a[6], 1, 4) &&
           within(a[7], 1, 3) && within(a[8], 0, 0x7FFFFFFF) && within(a[9], 0, 255) &&
           within(a[10], 0, 255);
}

inline bool looks_like_safetensors(std::string_view bytes) {
    if (bytes.size() < 9 || bytes[8] != '{') return false;
    return ByteReader(bytes, "").number<std::uint64_t>("") <= 100'000'000;
}

/// True for a line of numbers with tabs between them.
inline bool looks_like_numbers(std::string_view line) {
    line = trim_line(line);
    while (true) {
        const ParsedFloat number = parse_float(line);
        if (number.size == 0) return false;
        if (number.size == line.size()) return true;
        if (line[number.size] != '\t') return false;
        line.remove_prefix(number.size + 1);
    }
}

/// True for at least half of the lines.
template <class Holds>
bool mostly(const std::vector<SampleLine>& lines, Holds&& holds) {
    const auto found = std::count_if(lines.begin(), lines.end(),
                                     [&](const SampleLine& line) { return holds(line.text); });
    return 2 * static_cast<std::size_t>(found) >= lines.size();
}

inline bool mostly_numbers(const std::vector<SampleLine>& lines) {
    return mostly(lines, looks_like_numbers);
}

/// True for a line that ends in what numbers are made of, sound or not.
inline bool ends_like_numbers(std::string_view line) {
    std::string_view tail = line.substr((std::min)(line.find_first_of(" \t"), line.size()));
    tail.remove_prefix(tail.size() - (std::min<std::size_t>)(tail.size(), 16));
    return tail.find_first_not_of("0123456789+-.,eE \t\r") == tail.npos &&
           tail.find_first_of("0123456789") != tail.npos;
}

/// True for bytes that a text may begin with: no control characters but spaces.
inline bool looks_like_text(std::string_view bytes) {
    return std::none_of(bytes.begin(),
                        bytes.begin() + (std::min<std::ptrdiff_t>)(std::ssize(bytes), 4096),
                        [](char byte) {
                            const auto code = static_cast<unsigned char>(byte);
                            return code < 0x20 && (code < 9 || code > 13);
                        });
}

/// True where a word and `dim` float32 numbers of a usual size follow, one of which is not made of
/// the characters of numbers.
inline bool fits_word2vec_binary(std::string_view bytes, std::size_t dim) {
    const std::size_t space = bytes.find(' ');
    const std::size_t size = dim * sizeof(float);
    if (space == 0 || space == bytes.npos || bytes.size() - space - 1 < size) return false;
    const std::string_view vector = bytes.substr(space + 1, size);
    if (vector.find_first_not_of("0123456789+-.,eE \t\r\n") == vector.npos) return false;
    std::vector<float> values(dim);
    read_elements(vector.data(), ElementType::f32, sizeof(float), false, values);
    // Letters would be numbers beyond 1e10, spaces before them below 1e-10.
    return std::all_of(values.begin(), values.end(), [](float value) {
        return value == 0 || (std::fabs(value) > 1e-10f && std::fabs(value) < 1e10f);
    });
}

/// Why the lines of a text are no rows, as far as one can tell; empty where one cannot.
inline std::string text_fault(const std::vector<SampleLine>& lines) {
    const auto last_field = [](std::string_view line, std::string_view separators) {
        const std::size_t at = line.find_last_of(separators);
        return at == line.npos ? std::string_view() : line.substr(at + 1);
    };
    if (lines.empty()) return "all its lines are blank";
    if (mostly(lines, [&](std::string_view line) {
            return has_decimal_comma(last_field(line, " \t;"));
        })) {
        return "its numbers have decimal commas, expected points";
    }
    if (mostly(lines, [&](std::string_view line) {
            return line.find_first_of(" \t") == line.npos && is_number(last_field(line, ",;"));
        })) {
        return "there are commas or semicolons between its numbers, expected spaces";
    }
    if (mostly(lines, [&](std::string_view line) { return is_number(last_field(line, "\t")); })) {
        return "there are tabs between its words and numbers, expected spaces";
    }
    return {};
}

[[noreturn]] inline void fail_unknown(const std::string& name, const std::string& why) {
    throw FormatError(name + " is no file of vectors that firth knows: " + why);
}

/// The format of bytes whose first line is two whole numbers.
inline VectorFormat recognize_after_header(std::string_view line, std::string_view rest,
                                           const Word2VecHeader& header, const std::string& name) {
    const std::vector<SampleLine> lines = sample_text(rest);
    // Two whole numbers with a tab between them may also be the projector's first row.
    if (line.find('\t') != line.npos && mostly_numbers(lines)) return VectorFormat::projector;
    if (lines.empty() || header.rows == 0 || header.dim == 0 || header.dim > max_dim) {
        return VectorFormat::word2vec_text; // its reader says what is wrong, if anything is
    }
    const auto fitting = std::count_if(lines.begin(), lines.end(), [&](const SampleLine& row) {
        return row.numbers == header.dim;
    });
    if (2 * static_cast<std::size_t>(fitting) >= lines.size()) return VectorFormat::word2vec_text;
    if (looks_like_text(rest) && mostly(lines, ends_like_numbers)) {
        const std::string fault = text_fault(lines);
        // Lines with tabs can be read.
        if (!fault.empty() && lines.front().text.find('\t') == std::string_view::npos) {
            fail_unknown(name, "it begins with a header of word2vec's formats, but " + fault);
        }
        return VectorFormat::word2vec_text;
    }
    if (looks_like_text(rest) && !fits_word2vec_binary(rest, header.dim)) {
        fail_unknown(name, "its first line, \"" + std::string(trim_line(line)) +
                               "\", is a header of word2vec's formats, but no rows of " +
                               std::to_string(header.dim) + " numbers follow, as text or binary");
    }
    return VectorFormat::word2vec_binary;
}

/// The format of a text without such a line.
inline VectorFormat recognize_rows(std::string_view text, std::string_view bytes,
                                   const std::string& name) {
    const std::vector<SampleLine> lines = sample_text(text);
    const auto fail = [&](const std::string& why) {
        const std::string foreign = foreign_kind(bytes);
        fail_unknown(name, foreign.empty() ? why : "it is " + foreign);
    };
    if (!lines.empty() && mostly_numbers(lines)) return VectorFormat::projector;
    const CommonNumbers common = common_numbers(lines);
    if (common.numbers == 0 || 2 * common.lines < common.asked) {
        const std::string fault = text_fault(lines);
        fail(!fault.empty()
                 ? fault
                 : "it has none of the marks of binary formats, no " +
                       std::string("line \"rows dim\" and no rows of ") + "words and numbers");
    }
    const SampleLine& first = lines.front();
    if (first.only_numbers && lines.size() > 1 && first.numbers != common.numbers) {
        fail("its first line, \"" + std::string(first.text.substr(0, 40)) +
             "\", is neither a header of two whole numbers, rows and dim, nor " +
             "a row of a word and " + std::to_string(common.numbers) +
             " numbers as those after it");
    }
    const bool words =
        lines.size() == 1 || std::any_of(lines.begin(), lines.end(), [](const SampleLine& line) {
            return !line.only_numbers ||
                   line.text.substr(0, line.text.find(' ')).find('.') == std::string_view::npos;
        });
    if (!words) {
        fail("its rows are numbers with spaces between them and no words; the " +
             std::string("projector's format has tabs between numbers"));
    }
    return VectorFormat::glove_text;
}

} // namespace detail

/// Tells by what is in it in which format a file of vectors is. Throws `FormatError`, naming
/// `name` and the likely cause, where it is none of them.
[[nodiscard]] inline VectorFormat recognize_format(std::string_view bytes,
                                                   const std::string& name = "the data") {
    using namespace detail;
    if (bytes.empty()) throw FormatError(name + " is empty, expected word vectors");
    if (is_section_file(bytes)) return VectorFormat::native;
    if (bytes.starts_with(npy_magic)) return VectorFormat::npy;
    if (bytes.size() >= 4 && ByteReader(bytes, name).number<std::int32_t>("") == fasttext_magic) {
        return VectorFormat::fasttext_binary;
    }
    if (looks_like_safetensors(bytes)) return VectorFormat::safetensors;
    std::string_view text = bytes;
    const bool marked = skip_byte_order_mark(text);
    const std::size_t line_end = (std::min)(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, line_end);
    if (const std::optional<Word2VecHeader> header = parse_header(line)) {
        const std::string_view rest = text.substr((std::min)(line_end + 1, text.size()));
        const VectorFormat format = recognize_after_header(line, rest, *header, name);
        if (marked && format == VectorFormat::word2vec_binary) {
            fail_unknown(name, "a byte-order mark stands before word2vec's binary format");
        }
        return format;
    }
    // Rows of 2 or 8 bytes have the dims of rows of floats, too; the reverse is next to impossible.
    const std::size_t narrow = vecs_rows(bytes, 1);
    if (narrow <= 1 && vecs_rows(bytes, 4) != 0) {
        return looks_like_integers(bytes) ? VectorFormat::ivecs : VectorFormat::fvecs;
    }
    if (narrow != 0) return VectorFormat::bvecs;
    if (looks_like_old_fasttext(bytes)) return VectorFormat::fasttext_binary;
    return recognize_rows(text, bytes, name);
}

} // namespace firth
