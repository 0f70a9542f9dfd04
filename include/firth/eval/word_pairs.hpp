#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/fold_case.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/base/number_text.hpp>
#include <firth/eval/detail/delimited.hpp>

namespace firth {

/// Two words and how similar people find them.
struct WordPair {
    std::string first;
    std::string second;
    double score = 0;
};

namespace detail {

/// Which columns of a table hold what.
struct PairColumns {
    std::size_t first = 0;
    std::size_t second = 1;
    std::size_t score = 2;
    bool has_header = false;
    bool tagged = false; ///< every word ends in its part of speech: sun-n

    [[nodiscard]] std::size_t last() const noexcept { return (std::max)({first, second, score}); }
};

/// A column's name without punctuation and case: "Word 1" and "word_1" are the same.
[[nodiscard]] inline std::string plain_name(std::string_view name) {
    std::string plain;
    for (const char byte : fold_case(name)) {
        if (std::string_view(" _-.#()/\"'").find(byte) == std::string_view::npos) plain += byte;
    }
    return plain;
}

/// True for text that may head a column of numbers: neither a number nor a damaged or missing one.
[[nodiscard]] inline bool is_heading(std::string_view field) {
    const std::string plain = plain_name(field);
    return !is_number(field) && !plain.empty() && plain != "na" &&
           std::string_view("0123456789+,?").find(plain[0]) == std::string_view::npos;
}

/// True for words that end in a part of speech, as MEN's "sun-n".
[[nodiscard]] inline bool ends_in_tag(std::string_view word) {
    return word.size() > 2 && word[word.size() - 2] == '-' &&
           std::string_view("nvjar").find(word.back()) != std::string_view::npos;
}

/// Takes the columns of words and score from the names in the header.
inline void apply_header(const std::vector<std::string>& header, const Table& table,
                         PairColumns& columns) {
    std::vector<std::size_t> words;
    for (std::size_t i = 0; i < (std::min)(header.size(), table.columns.size()); ++i) {
        const std::string name = plain_name(header[i]);
        for (const char* const known : {"word1", "word2", "w1", "w2"}) {
            if (name == known) words.push_back(i);
        }
    }
    if (words.size() == 2) {
        columns.first = words[0];
        columns.second = words[1];
    }
    for (std::size_t i = 0; i < (std::min)(header.size(), table.columns.size()); ++i) {
        const std::string name = plain_name(header[i]);
        if (!table.columns[i].number) continue;
        if (name.find("mean") != name.npos || name.starts_with("average") ||
            name.starts_with("avg")) {
            columns.score = i;
            return;
        }
    }
    const std::string chosen = plain_name(header[columns.score]);
    for (const char* const one : {"annot", "rater", "judge", "subject"}) {
        if (!chosen.starts_with(one)) continue;
        table.refuse(0, "the scores of single people (" + header[columns.score] +
                            ") and no mean of them, expected a column of scores");
    }
}

/// Finds out which columns hold words and score. The words are the first two columns of text that
/// are not parts of speech; the score is the first number after them, else before them.
[[nodiscard]] inline PairColumns find_pair_columns(const Table& table) {
    const std::vector<ColumnKind>& kinds = table.columns;
    std::vector<std::size_t> words;
    std::vector<std::size_t> untagged;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        if (kinds[i].number || kinds[i].empty) continue;
        words.push_back(i);
        if (!kinds[i].tag) untagged.push_back(i);
    }
    if (words.size() > 2 && untagged.size() >= 2) words = untagged;
    PairColumns columns;
    if (words.size() >= 2) {
        columns.first = words[0];
        columns.second = words[1];
        enum class RowNumbers { may_be_scores, are_no_scores };
        const auto find = [&](std::size_t begin, std::size_t end, RowNumbers numbers) {
            for (std::size_t i = begin; i < end; ++i) {
                if (kinds[i].number && (numbers == RowNumbers::may_be_scores || !kinds[i].index))
                    return i;
            }
            return kinds.size();
        };
        columns.score = find(columns.second + 1, kinds.size(), RowNumbers::may_be_scores);
        if (columns.score == kinds.size())
            columns.score = find(0, columns.second, RowNumbers::are_no_scores);
    }
    const std::vector<std::string> header = table.fields(0);
    if (columns.last() >= kinds.size()) {
        const std::vector<std::string> last = table.fields(table.lines.size() - 1);
        const bool comma = std::any_of(last.begin(), last.end(), has_decimal_comma);
        table.refuse(0, std::string("expected two words and a score") +
                            (comma ? " with a decimal point, not a comma" : ""));
    }
    if (header.size() > columns.last() && is_heading(header[columns.score])) {
        columns.has_header = true;
        apply_header(header, table, columns);
    }
    columns.tagged = true;
    for (std::size_t line = columns.has_header; line < table.lines.size(); ++line) {
        const std::vector<std::string> fields = table.fields(line);
        if (fields.size() <= columns.last()) continue;
        columns.tagged = columns.tagged && ends_in_tag(fields[columns.first]) &&
                         ends_in_tag(fields[columns.second]);
    }
    return columns;
}

/// Reads one line of data. Throws `FormatError` for a line without two words and a score.
[[nodiscard]] inline WordPair read_pair(const Table& table, std::size_t line,
                                        const PairColumns& columns) {
    std::vector<std::string> fields = table.fields(line);
    const std::size_t width = table.columns.size();
    if (fields.size() <= columns.last() ||
        (table.separator == Separator::spaces && fields.size() != width)) {
        table.refuse(line, "expected two words and a score among " + std::to_string(width) +
                               " fields between " + separated_by(table.separator) + ", found " +
                               std::to_string(fields.size()));
    }
    const std::string& text = fields[columns.score];
    if (!is_number(text)) {
        table.refuse(line,
                     '"' + text + "\" is no number, expected a score" +
                         (has_decimal_comma(text) ? " with a decimal point, not a comma" : ""));
    }
    const double score = static_cast<double>(parse_float(text).value);
    if (!is_finite(score)) table.refuse(line, "the score " + text + " is not finite");
    WordPair pair{std::move(fields[columns.first]), std::move(fields[columns.second]), score};
    for (std::string* const word : {&pair.first, &pair.second}) {
        if (columns.tagged) word->resize(word->size() - 2);
        if (word->empty()) table.refuse(line, "an empty field, expected a word");
    }
    return pair;
}

[[nodiscard]] inline std::string describe(const Table& table, const PairColumns& columns) {
    std::vector<std::string> header;
    if (columns.has_header) header = table.fields(0);
    std::string text = "fields between " + separated_by(table.separator);
    if (columns.has_header) text += ", a header";
    text += ", words in " + column_name(columns.first, header) + " and " +
            column_name(columns.second, header) + ", scores in " +
            column_name(columns.score, header);
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        if (i == columns.first || i == columns.second || i == columns.score) continue;
        if (table.columns[i].tag) text += ", tags in " + column_name(i, header);
        if (i < columns.first && table.columns[i].index)
            text += ", numbers in " + column_name(i, header);
    }
    if (columns.tagged) text += ", words with their part of speech (-n)";
    return text;
}

} // namespace detail

/// Reads a set of word pairs with human scores, in the forms in which such sets are published:
/// WordSim-353, SimLex-999, SimVerb-3500, MEN, RareWords, RG-65, MTurk and the like. A line is a
/// pair; fields are separated by tabs, semicolons, commas or spaces and may be in quotes. The set
/// may have a header, an index, parts of speech (in columns of their own, or at the end of every
/// word as in "sun-n") and further columns, which are ignored. Of several numbers the first after
/// the words is the score, or the one that the header calls mean or average.
///
/// Skips a byte-order mark, blank lines and lines that begin with #. `report` says which form was
/// recognised. Throws `FormatError`, naming the line, for a line that does not fit, a score that is
/// not finite, and a text without any pair.
[[nodiscard]] inline std::vector<WordPair>
parse_word_pairs(std::string_view text, const std::string& name = "the text",
                 EvaluationFileReport* report = nullptr) {
    EvaluationFileReport found;
    std::vector<detail::DataLine> lines = detail::data_lines(text, name, found);
    if (lines.empty()) throw FormatError(name + " is empty, expected pairs of words with scores");
    const detail::Separator separator = detail::choose_separator(lines, 3);
    const detail::Table table = detail::look_at(std::move(lines), separator, 3, name);
    const detail::PairColumns columns = detail::find_pair_columns(table);
    std::vector<WordPair> pairs;
    for (std::size_t line = columns.has_header; line < table.lines.size(); ++line) {
        pairs.push_back(detail::read_pair(table, line, columns));
    }
    if (pairs.empty()) throw FormatError(name + " has a header, but no pairs of words");
    found.form = detail::describe(table, columns);
    if (report != nullptr) *report = std::move(found);
    return pairs;
}

/// Reads such a set from a file. Throws `IoError` and `FormatError`.
[[nodiscard]] inline std::vector<WordPair> read_word_pairs(const std::string& path,
                                                           EvaluationFileReport* report = nullptr) {
    const MappedFile file(path);
    return parse_word_pairs(file.bytes(), path, report);
}

} // namespace firth
