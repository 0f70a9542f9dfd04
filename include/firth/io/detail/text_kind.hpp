#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/number_text.hpp>
#include <firth/base/utf8.hpp>
#include <firth/io/detail/element_type.hpp>
#include <firth/io/detail/elements.hpp>
#include <firth/io/detail/text_rows.hpp>
#include <firth/io/detail/text_sample.hpp>
#include <firth/io/detail/word2vec_header.hpp>
#include <firth/table/embedding_table.hpp>

/// Which kind of rows a text holds. Texts have no marks and differ only from each other, so that
/// one look at the first lines tells for all formats.
namespace firth::detail {

enum class TextKind {
    none,
    header_and_text,   ///< word2vec's text
    header_and_binary, ///< word2vec's binary format, which begins with a line of text
    tabbed_numbers,    ///< the projector's
    words_and_numbers, ///< GloVe's
};

struct TextVerdict {
    TextKind kind = TextKind::none;
    std::string fault{}; ///< of none: the likely cause
};

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

/// What bytes are whose first line is two whole numbers.
inline TextVerdict judge_after_header(std::string_view line, std::string_view rest,
                                      const Word2VecHeader& header) {
    const std::vector<SampleLine> lines = sample_text(rest);
    // Two whole numbers with a tab between them may also be the projector's first row.
    if (line.find('\t') != line.npos && mostly_numbers(lines)) return {TextKind::tabbed_numbers};
    if (lines.empty() || header.rows == 0 || header.dim == 0 || header.dim > max_dim) {
        return {TextKind::header_and_text}; // its reader says what is wrong, if anything is
    }
    const auto fitting = std::count_if(lines.begin(), lines.end(), [&](const SampleLine& row) {
        return row.numbers == header.dim;
    });
    if (2 * static_cast<std::size_t>(fitting) >= lines.size()) return {TextKind::header_and_text};
    if (looks_like_text(rest) && mostly(lines, ends_like_numbers)) {
        const std::string fault = text_fault(lines);
        // Lines with tabs can be read.
        if (!fault.empty() && lines.front().text.find('\t') == std::string_view::npos) {
            return {TextKind::none, "it begins with a header of word2vec's formats, but " + fault};
        }
        return {TextKind::header_and_text};
    }
    if (looks_like_text(rest) && !fits_word2vec_binary(rest, header.dim)) {
        return {TextKind::none, "its first line, \"" + std::string(trim_line(line)) +
                                    "\", is a header of word2vec's formats, but no rows of " +
                                    std::to_string(header.dim) +
                                    " numbers follow, as text or binary"};
    }
    return {TextKind::header_and_binary};
}

/// What a text is without such a line.
inline TextVerdict judge_rows(std::string_view text) {
    const std::vector<SampleLine> lines = sample_text(text);
    const auto fail = [](std::string why) { return TextVerdict{TextKind::none, std::move(why)}; };
    if (!lines.empty() && mostly_numbers(lines)) return {TextKind::tabbed_numbers};
    const CommonNumbers common = common_numbers(lines);
    if (common.numbers == 0 || 2 * common.lines < common.asked) {
        const std::string fault = text_fault(lines);
        return fail(!fault.empty() ? fault
                                   : "it has none of the marks of binary formats, no " +
                                         std::string("line \"rows dim\" and no rows of ") +
                                         "words and numbers");
    }
    const SampleLine& first = lines.front();
    if (first.only_numbers && lines.size() > 1 && first.numbers != common.numbers) {
        return fail("its first line, \"" + std::string(first.text.substr(0, 40)) +
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
        return fail("its rows are numbers with spaces between them and no words; the " +
                    std::string("projector's format has tabs between numbers"));
    }
    return {TextKind::words_and_numbers};
}

/// What bytes are that have no mark of a binary format.
inline TextVerdict judge_text(std::string_view bytes) {
    std::string_view text = bytes;
    const bool marked = skip_byte_order_mark(text);
    const std::size_t line_end = (std::min)(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, line_end);
    const std::optional<Word2VecHeader> header = parse_header(line);
    if (!header) return judge_rows(text);
    const std::string_view rest = text.substr((std::min)(line_end + 1, text.size()));
    TextVerdict verdict = judge_after_header(line, rest, *header);
    if (marked && verdict.kind == TextKind::header_and_binary) {
        return {TextKind::none, "a byte-order mark stands before word2vec's binary format"};
    }
    return verdict;
}

} // namespace firth::detail
