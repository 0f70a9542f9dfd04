#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <tsl/robin_map.h>

#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/eval/detail/delimited.hpp>
#include <firth/eval/word_pairs.hpp>

namespace firth {

/// "a is to b as c is to d", in this order.
using AnalogyQuestion = std::array<std::string, 4>;

/// A word and what it is related to: any of these is a right answer.
struct RelatedWords {
    std::string word;
    std::vector<std::string> related;
};

/// The questions under one heading: whole questions, and pairs of one relation. Any two pairs a, b
/// and c, d ask "a is to b as c is to d".
struct AnalogySection {
    std::string name;
    std::vector<AnalogyQuestion> questions;
    std::vector<RelatedWords> pairs{};
    std::string group{}; ///< scores are summed up by group, too; empty: in the total only
};

namespace detail {

/// "file" of "folder/file.txt".
[[nodiscard]] inline std::string section_name_of(const std::string& path) {
    return std::filesystem::path(path).stem().string();
}

/// questions-words.txt, and sets made after it, have two halves: sections "gram1-...", "gram2-..."
/// of grammar, and the others of meaning. Other sets have none.
inline void name_halves(std::vector<AnalogySection>& sections) {
    const auto is_grammar = [](const AnalogySection& section) {
        const std::string& name = section.name;
        return name.starts_with("gram") && name.size() > 4 && name[4] >= '0' && name[4] <= '9';
    };
    const auto grammar = std::count_if(sections.begin(), sections.end(), is_grammar);
    if (grammar == 0 || static_cast<std::size_t>(grammar) == sections.size()) return;
    for (AnalogySection& section : sections) {
        section.group = is_grammar(section) ? "syntactic" : "semantic";
    }
}

/// The form of questions-words.txt.
[[nodiscard]] inline std::vector<AnalogySection>
parse_sections(const std::vector<DataLine>& lines, const std::string& name, std::string& form) {
    std::vector<DataLine> rows;
    std::copy_if(lines.begin(), lines.end(), std::back_inserter(rows),
                 [](const DataLine& line) { return !trimmed(line.text).starts_with(':'); });
    const Separator separator = rows.empty() ? Separator::spaces : choose_separator(rows, 4);
    std::vector<AnalogySection> sections;
    for (const DataLine& line : lines) {
        const std::string_view text = trimmed(line.text);
        if (text.starts_with(':')) {
            sections.push_back({std::string(trimmed(text.substr(1))), {}});
            continue;
        }
        bool open_quote = false;
        std::vector<std::string> fields = split_line(text, separator, &open_quote);
        if (open_quote && separator != Separator::tab) refuse_line(name, line.number, unclosed);
        if (sections.empty()) {
            refuse_line(name, line.number, "expected a section, \": name\", first");
        }
        if (fields.size() != 4 || std::count(fields.begin(), fields.end(), "") != 0) {
            refuse_line(name, line.number,
                        "expected four words between " + separated_by(separator) +
                            " or \": name\", found " + std::to_string(fields.size()) + " fields");
        }
        std::move(fields.begin(), fields.end(), sections.back().questions.emplace_back().begin());
    }
    name_halves(sections);
    form = "sections of four words between " + separated_by(separator);
    return sections;
}

/// Which columns of a table of analogies hold what.
struct AnalogyColumns {
    std::vector<std::size_t> words; ///< two or four of them
    std::optional<std::size_t> section;
    bool has_header = false;

    [[nodiscard]] std::size_t last() const noexcept {
        const std::size_t word = *std::max_element(words.begin(), words.end());
        return (std::max)(word, section.value_or(0));
    }
};

/// The columns that a header names, where the first line is one.
[[nodiscard]] inline AnalogyColumns named_columns(const std::vector<std::string>& header) {
    constexpr std::array<std::string_view, 15> of_words{
        "word", "word1",  "word2",  "word3",  "word4", "w1",   "w2",      "w3",
        "w4",   "target", "answer", "source", "head",  "tail", "expected"};
    constexpr std::array<std::string_view, 8> of_sections{
        "type", "relation", "rel", "category", "section", "class", "subcategory", "relationtype"};
    AnalogyColumns columns;
    for (std::size_t i = 0; i < header.size(); ++i) {
        const std::string name = plain_name(header[i]);
        if (std::find(of_words.begin(), of_words.end(), name) != of_words.end()) {
            columns.words.push_back(i);
        } else if (std::find(of_sections.begin(), of_sections.end(), name) != of_sections.end()) {
            columns.section = i;
        }
    }
    columns.has_header = columns.words.size() >= 2;
    return columns;
}

/// How many different fields a column has.
[[nodiscard]] inline std::size_t different_fields(const Table& table, std::size_t column) {
    std::set<std::string> seen;
    for (std::size_t line = 0; line < table.lines.size(); ++line) {
        std::vector<std::string> fields = table.fields(line);
        if (column < fields.size()) seen.insert(std::move(fields[column]));
    }
    return seen.size();
}

/// Refuses word pairs with scores, which are a different kind of set: a number where a word or, in
/// the last column, a relation should be, or beside two words without a relation.
inline void refuse_scores(const Table& table, const AnalogyColumns& columns) {
    if (columns.words.size() != 2) return;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const bool is_word = i == columns.words[0] || i == columns.words[1];
        const bool is_section = columns.section == i;
        const bool may_be_number = !is_word && (is_section ? i == 0 : columns.section || i == 0);
        if (table.columns[i].number && !may_be_number) {
            table.refuse(0, "pairs of words with numbers in " + column_name(i, {}) +
                                ", expected analogies: pairs with a relation or without, or "
                                "sections (\": name\") of four words");
        }
    }
}

/// The columns by the header, or by their number.
[[nodiscard]] inline AnalogyColumns name_or_count_columns(const Table& table) {
    AnalogyColumns columns = named_columns(table.fields(0));
    if (columns.has_header) {
        if (columns.words.size() == 2 || columns.words.size() == 4) return columns;
        table.refuse(0, "a header with " + std::to_string(columns.words.size()) +
                            " columns of words, expected two or four");
    }
    columns = {};
    std::size_t begin = 0;
    if (table.columns.size() > 2 && table.columns[0].index && table.columns[0].number) {
        begin = 1;
        columns.has_header = !is_number(table.fields(0)[0]);
    }
    const std::size_t width = table.columns.size() - begin;
    for (std::size_t i = begin; i < table.columns.size(); ++i) {
        columns.words.push_back(i);
    }
    if (width == 2) return columns;
    if (width == 3 || width == 5) {
        // The relation recurs; it stands first or, in some sets of pairs, last.
        columns.section = begin;
        if (width == 3 && different_fields(table, begin + 2) < different_fields(table, begin)) {
            columns.section = begin + 2;
        }
        columns.words.erase(
            std::find(columns.words.begin(), columns.words.end(), *columns.section));
        return columns;
    }
    if (width == 4) table.refuse(0, "expected a section, \": name\", first");
    table.refuse(0, std::to_string(width) + " fields between " + separated_by(table.separator) +
                        ", expected sections (\": name\") of four words, pairs of words, or a "
                        "relation and two or four words");
}

/// Finds out which columns hold words and the section.
[[nodiscard]] inline AnalogyColumns find_analogy_columns(const Table& table) {
    AnalogyColumns columns = name_or_count_columns(table);
    refuse_scores(table, columns);
    return columns;
}

/// "a/b/c" as what it lists.
[[nodiscard]] inline std::vector<std::string> alternatives(std::string_view text) {
    std::vector<std::string> listed;
    while (!text.empty()) {
        const std::size_t end = (std::min)(text.find('/'), text.size());
        const std::string_view one = trimmed(text.substr(0, end));
        if (!one.empty()) listed.emplace_back(one);
        text.remove_prefix((std::min)(end + 1, text.size()));
    }
    return listed;
}

/// Parses a table: each line is a question or a pair, in the section that it names or else in one
/// named after the file.
[[nodiscard]] inline std::vector<AnalogySection> parse_analogy_table(const Table& table,
                                                                     std::string& form) {
    const AnalogyColumns columns = find_analogy_columns(table);
    const bool pairs = columns.words.size() == 2;
    std::vector<AnalogySection> sections;
    tsl::robin_map<std::string, std::size_t> numbers;
    for (std::size_t line = columns.has_header; line < table.lines.size(); ++line) {
        std::vector<std::string> fields = table.fields(line);
        const std::size_t width = table.columns.size();
        const bool even = !columns.has_header || table.separator == Separator::spaces;
        if (fields.size() <= columns.last() || (even && fields.size() != width)) {
            table.refuse(line, "expected " + std::to_string(width) + " fields between " +
                                   separated_by(table.separator) + ", found " +
                                   std::to_string(fields.size()));
        }
        const std::string name =
            columns.section ? fields[*columns.section] : section_name_of(table.name);
        const auto [place, is_new] = numbers.try_emplace(name, sections.size());
        if (is_new) sections.push_back({name, {}});
        AnalogySection& section = sections[place->second];
        for (const std::size_t word : columns.words) {
            if (fields[word].empty()) table.refuse(line, "an empty field, expected a word");
        }
        if (!pairs) {
            AnalogyQuestion& question = section.questions.emplace_back();
            for (std::size_t i = 0; i < 4; ++i) {
                question[i] = std::move(fields[columns.words[i]]);
            }
            continue;
        }
        RelatedWords pair{std::move(fields[columns.words[0]]), {}};
        std::string& related = fields[columns.words[1]];
        if (columns.section) {
            pair.related.push_back(std::move(related));
        } else {
            pair.related = alternatives(related);
            if (pair.related.empty()) table.refuse(line, "expected a word beside \"/\"");
        }
        section.pairs.push_back(std::move(pair));
    }
    if (pairs && std::none_of(sections.begin(), sections.end(),
                              [](const AnalogySection& each) { return each.pairs.size() > 1; })) {
        table.refuse(0, "pairs of words of which no two have a relation in common (" +
                            column_name(columns.section.value_or(0), {}) +
                            "), expected sections (\": name\") of four words");
    }
    name_halves(sections);
    std::vector<std::string> header;
    if (columns.has_header) header = table.fields(0);
    form = "fields between " + separated_by(table.separator);
    if (columns.has_header) form += ", a header";
    form += pairs ? ", pairs of words in " : ", four words in ";
    for (std::size_t i = 0; i < columns.words.size(); ++i) {
        form += (i == 0                          ? ""
                 : i + 1 == columns.words.size() ? " and "
                                                 : ", ") +
                column_name(columns.words[i], header);
    }
    if (columns.section) form += ", sections in " + column_name(*columns.section, header);
    if (pairs && !columns.section) form += ", \"/\" between right answers";
    return sections;
}

} // namespace detail

/// Reads analogies in any of the forms in which they are published. In word2vec's
/// questions-words.txt a line ": name" begins a section, and every other line is four words. In
/// tables, fields are separated by tabs, semicolons, commas or spaces and may be in quotes and
/// follow an index:
///
/// - four words and their section, in columns named by a header
///   (index,type,word1,word2,word3,target) or the section first;
/// - pairs of words and their relation, "relation, word, word": two pairs of one relation make a
///   question;
/// - pairs alone, as in BATS, "word<TAB>a/b/c" with several right answers: the section is named
///   after the file.
///
/// Skips a byte-order mark, blank lines and lines that begin with #. `report` says which form was
/// recognised. Throws `FormatError`, naming the line, for a line that does not fit, and for a text
/// without any question.
[[nodiscard]] inline std::vector<AnalogySection>
parse_analogies(std::string_view text, const std::string& name = "the text",
                EvaluationFileReport* report = nullptr) {
    EvaluationFileReport found;
    std::vector<detail::DataLine> lines = detail::data_lines(text, name, found);
    const bool has_sections =
        std::any_of(lines.begin(), lines.end(), [](const detail::DataLine& line) {
            return detail::trimmed(line.text).starts_with(':');
        });
    std::vector<AnalogySection> sections;
    if (has_sections) {
        sections = detail::parse_sections(lines, name, found.form);
    } else if (!lines.empty()) {
        const detail::Separator separator = detail::choose_separator(lines, 2);
        sections = detail::parse_analogy_table(
            detail::look_at(std::move(lines), separator, 2, name), found.form);
    }
    const bool any = std::any_of(sections.begin(), sections.end(), [](const AnalogySection& each) {
        return !each.questions.empty() || !each.pairs.empty();
    });
    if (!any) throw FormatError(name + " holds no questions, expected analogies");
    if (report != nullptr) *report = std::move(found);
    return sections;
}

/// Reads analogies from a file, or from all .txt, .tsv and .csv files of a folder by name; sections
/// of its subfolders form groups. Throws `IoError` and `FormatError`.
[[nodiscard]] inline std::vector<AnalogySection>
read_analogies(const std::string& path, EvaluationFileReport* report = nullptr) {
    std::error_code code;
    if (!std::filesystem::is_directory(path, code)) {
        const MappedFile file(path);
        return parse_analogies(file.bytes(), path, report);
    }
    EvaluationFileReport found;
    std::vector<std::filesystem::path> files;
    const std::filesystem::recursive_directory_iterator end;
    for (std::filesystem::recursive_directory_iterator at(path, code); !code && at != end;
         at.increment(code)) {
        const std::filesystem::path& file = at->path();
        const bool hidden = file.filename().string().starts_with('.');
        std::error_code ignored; // of a link to nothing, say
        if (at->is_directory(ignored) && !at->is_symlink(ignored)) {
            if (hidden) at.disable_recursion_pending();
            continue;
        }
        const std::string kind = file.extension().string();
        if (!hidden && (kind == ".txt" || kind == ".tsv" || kind == ".csv")) {
            files.push_back(file);
        } else {
            found.left_out.push_back(file.lexically_relative(path).generic_string());
        }
    }
    if (code) throw IoError("cannot list " + path + ": " + code.message());
    if (files.empty()) {
        throw FormatError(path + " holds no .txt, .tsv or .csv file, expected analogies");
    }
    std::sort(files.begin(), files.end());
    std::sort(found.left_out.begin(), found.left_out.end());
    std::vector<AnalogySection> sections;
    std::set<std::string> forms;
    for (const std::filesystem::path& file : files) {
        EvaluationFileReport of_file;
        const std::string folder = file.parent_path().lexically_relative(path).generic_string();
        for (AnalogySection& section : read_analogies(file.string(), &of_file)) {
            if (folder != ".") section.group = folder;
            sections.push_back(std::move(section));
        }
        found.comments += of_file.comments;
        forms.insert(of_file.form);
    }
    found.form = "a folder of " + std::to_string(files.size()) + " files";
    for (const std::string& form : forms) {
        found.form += "; " + form;
    }
    if (report != nullptr) *report = std::move(found);
    return sections;
}

} // namespace firth
