#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/fields.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/utf8.hpp>

/// Tables of text, as evaluation sets are published: fields separated by tabs, semicolons, commas
/// or spaces, with or without quotes and a header.
namespace firth {

/// How an evaluation set was read.
struct EvaluationFileReport {
    std::string form;                  ///< what the file was recognised as, in words
    std::size_t comments = 0;          ///< lines that begin with #, skipped
    std::vector<std::string> left_out; ///< files of a folder that are not sets, by name
};

namespace detail {

/// A line with data, and its number, from 1.
struct DataLine {
    std::string_view text;
    std::size_t number = 0;
};

[[noreturn]] inline void refuse_line(const std::string& name, std::size_t number,
                                     const std::string& reason) {
    throw FormatError(name + ", line " + std::to_string(number) + ": " + reason);
}

/// Removes the first line from a text. Lines end in LF, CR LF, or CR alone, as on old Macs.
[[nodiscard]] inline std::string_view take_any_line(std::string_view& text) {
    const std::size_t size = (std::min)(text.find_first_of("\r\n"), text.size());
    const std::string_view line = text.substr(0, size);
    text.remove_prefix(size);
    if (!text.empty()) text.remove_prefix(text.starts_with("\r\n") ? 2 : 1);
    return line;
}

/// The lines of a text, without byte-order mark, line ends, blank lines and comments. Throws
/// `FormatError` for bytes that are not plain text.
inline std::vector<DataLine> data_lines(std::string_view text, const std::string& name,
                                        EvaluationFileReport& report) {
    skip_byte_order_mark(text);
    std::vector<DataLine> lines;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::string_view line = take_any_line(text);
        if (line.find('\0') != line.npos) {
            refuse_line(name, number,
                        "a zero byte, expected plain text in UTF-8 (this may be UTF-16 or packed)");
        }
        if (line.find_first_not_of(" \t") == line.npos) continue;
        if (line.starts_with('#')) {
            ++report.comments;
        } else {
            lines.push_back({line, number});
        }
    }
    return lines;
}

/// What separates the fields of a line.
enum class Separator : char { tab = '\t', semicolon = ';', comma = ',', spaces = ' ' };

/// In the order in which they are tried: where tabs separate, fields may hold spaces and commas.
inline constexpr std::array<Separator, 4> known_separators{Separator::tab, Separator::semicolon,
                                                           Separator::comma, Separator::spaces};

[[nodiscard]] inline std::string separated_by(Separator separator) {
    switch (separator) {
    case Separator::tab:
        return "tabs";
    case Separator::semicolon:
        return "semicolons";
    case Separator::comma:
        return "commas";
    case Separator::spaces:
        break;
    }
    return "spaces";
}

[[nodiscard]] inline std::string_view trimmed(std::string_view text) {
    text.remove_prefix((std::min)(text.find_first_not_of(" \t"), text.size()));
    return text.substr(0, text.find_last_not_of(" \t") + 1);
}

inline constexpr const char* unclosed = "a quote that is not closed at the end of its field";

/// Further fields are ignored.
inline constexpr std::size_t most_fields = 64;

/// Removes a quoted field from `line`, which begins with a quote; "" within it stands for a quote.
/// Returns nothing and leaves the line where the closing quote is missing or no field ends there.
inline std::optional<std::string> take_quoted(std::string_view& line, char separator) {
    std::string field;
    for (std::size_t i = 1; i < line.size(); ++i) {
        if (line[i] != '"') {
            field += line[i];
        } else if (line.substr(i + 1).starts_with('"')) {
            field += line[i++];
        } else {
            const std::string_view rest = line.substr(i + 1);
            const std::size_t end = (std::min)(rest.find_first_not_of(' '), rest.size());
            if (end != rest.size() && rest[end] != separator) return std::nullopt;
            line = rest.substr(end);
            return field;
        }
    }
    return std::nullopt;
}

/// The fields of a line, without spaces around them. Between tabs, semicolons and commas a field
/// may be quoted from beginning to end; `open_quote` is set where a quote only begins it.
[[nodiscard]] inline std::vector<std::string> split_line(std::string_view line, Separator separator,
                                                         bool* open_quote = nullptr) {
    if (separator == Separator::spaces) {
        const std::vector<std::string_view> fields = split_fields(line, most_fields);
        return {fields.begin(), fields.end()};
    }
    const char mark = static_cast<char>(separator);
    std::vector<std::string> fields;
    while (fields.size() < most_fields) {
        line.remove_prefix((std::min)(line.find_first_not_of(' '), line.size()));
        std::optional<std::string> quoted;
        if (line.starts_with('"')) {
            quoted = take_quoted(line, mark);
            if (!quoted && open_quote != nullptr) *open_quote = true;
        }
        if (!quoted) {
            const std::size_t end = (std::min)(line.find(mark), line.size());
            fields.emplace_back(trimmed(line.substr(0, end)));
            line.remove_prefix(end);
        } else {
            fields.push_back(*std::move(quoted));
        }
        if (line.empty()) break;
        line.remove_prefix(1);
    }
    return fields;
}

/// The number of fields that most lines have, among lines with at least `least` of them; on a tie
/// the first line's number, else the largest. The first line may be a header, so it counts on its
/// own only where no other line does.
[[nodiscard]] inline std::size_t commonest_width(const std::vector<DataLine>& lines,
                                                 Separator separator, std::size_t least) {
    const std::size_t first = split_line(lines[0].text, separator).size();
    std::map<std::size_t, std::size_t> widths;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const std::size_t width = split_line(lines[i].text, separator).size();
        if (width >= least) widths[width] += 2;
    }
    if (widths.empty()) return first;
    const auto firsts = widths.find(first);
    if (firsts != widths.end()) ++firsts->second;
    return std::max_element(widths.rbegin(), widths.rend(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
}

/// The first separator that gives every line at least `least` fields, or else the one that gives
/// them to most lines. Spaces must give all lines the same number, since a space in a field would
/// shift those after it; the first line may be a header and differ.
[[nodiscard]] inline Separator choose_separator(const std::vector<DataLine>& lines,
                                                std::size_t least) {
    Separator best = Separator::spaces;
    std::size_t most = 0;
    for (const Separator separator : known_separators) {
        const bool even = separator == Separator::spaces;
        const std::size_t width = even ? commonest_width(lines, separator, least) : 0;
        std::size_t fitting = 0;
        for (std::size_t i = 0; i < lines.size(); ++i) {
            const std::size_t fields = split_line(lines[i].text, separator).size();
            fitting += fields >= least && (!even || fields == width || i == 0);
        }
        if (fitting > most) {
            best = separator;
            most = fitting;
        }
    }
    return best;
}

/// The value of text that is digits only, -1 for other text.
[[nodiscard]] inline double whole_number(std::string_view field) {
    if (field.empty() || field.find_first_not_of("0123456789") != field.npos) return -1;
    return static_cast<double>(parse_float(field).value);
}

/// What the fields of a column are. Those of the first line, which may be a header, count only
/// where they are numbers, or where there are no others.
struct ColumnKind {
    bool number = false; ///< at least half of them are numbers
    bool index = false;  ///< increasing whole numbers
    bool tag = false;    ///< parts of speech or single letters
    bool empty = false;  ///< nothing at all
};

/// True for the name of a part of speech, and for a single letter, which stands for one or for a
/// relation.
[[nodiscard]] inline bool is_tag(std::string_view field) {
    constexpr std::array<std::string_view, 18> names{"adj",  "ADJ",  "Adj",  "adv", "ADV", "Adv",
                                                     "noun", "NOUN", "Noun", "nn",  "NN",  "verb",
                                                     "VERB", "Verb", "vb",   "VB",  "jj",  "JJ"};
    const bool letter = field.size() == 1 && ((field[0] >= 'a' && field[0] <= 'z') ||
                                              (field[0] >= 'A' && field[0] <= 'Z'));
    return letter || std::find(names.begin(), names.end(), field) != names.end();
}

/// A text as a table: its lines, and what they have in common.
struct Table {
    std::string name;
    std::vector<DataLine> lines;
    Separator separator = Separator::spaces;
    std::vector<ColumnKind> columns; ///< as many as most lines have

    /// Throws `FormatError` for a quote that is not closed; between tabs a quote is part of the
    /// word.
    [[nodiscard]] std::vector<std::string> fields(std::size_t line) const {
        bool open_quote = false;
        std::vector<std::string> found = split_line(lines[line].text, separator, &open_quote);
        if (open_quote && separator != Separator::tab) {
            refuse(line, unclosed);
        }
        return found;
    }

    [[noreturn]] void refuse(std::size_t line, const std::string& reason) const {
        refuse_line(name, lines[line].number, reason);
    }
};

/// Finds the columns from all lines, of which there is at least one; lines of fewer than `least`
/// fields are ignored.
[[nodiscard]] inline Table look_at(std::vector<DataLine> lines, Separator separator,
                                   std::size_t least, const std::string& name) {
    Table table{name, std::move(lines), separator, {}};
    const std::size_t width = commonest_width(table.lines, separator, least);
    table.columns.resize(width, {.number = false, .index = true, .tag = true, .empty = true});
    std::vector<std::size_t> numbers(width);
    std::vector<double> last(width, -1.0);
    std::size_t looked_at = 0;
    const auto look = [&](const std::vector<std::string>& fields) {
        ++looked_at;
        for (std::size_t i = 0; i < (std::min)(width, fields.size()); ++i) {
            ColumnKind& column = table.columns[i];
            numbers[i] += is_number(fields[i]);
            column.tag = column.tag && is_tag(fields[i]);
            column.empty = column.empty && fields[i].empty();
            const double value = whole_number(fields[i]);
            column.index = column.index && value > last[i];
            last[i] = value;
        }
    };
    const std::vector<std::string> first = split_line(table.lines[0].text, separator);
    const auto is_numeral = [&](std::size_t i) { return i < first.size() && is_number(first[i]); };
    for (std::size_t i = 0; i < width; ++i) {
        if (!is_numeral(i)) continue;
        last[i] = whole_number(first[i]);
        table.columns[i].index = last[i] >= 0;
    }
    for (std::size_t line = 1; line < table.lines.size(); ++line) {
        const std::vector<std::string> fields = split_line(table.lines[line].text, separator);
        if (fields.size() >= least) look(fields);
    }
    if (looked_at == 0) {
        last.assign(width, -1.0);
        look(first);
    }
    for (std::size_t i = 0; i < width; ++i) {
        // A number in the first line counts as one further down does; a word there may be a
        // heading.
        numbers[i] += is_numeral(i);
        table.columns[i].number = 2 * numbers[i] >= looked_at;
        table.columns[i].tag = table.columns[i].tag && numbers[i] == 0;
    }
    return table;
}

/// "column 3", with the header's name for it where there is one.
[[nodiscard]] inline std::string column_name(std::size_t column,
                                             const std::vector<std::string>& header) {
    std::string name = "column " + std::to_string(column + 1);
    if (column < header.size() && !header[column].empty()) name += " (" + header[column] + ')';
    return name;
}

} // namespace detail

} // namespace firth
