#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/utf8.hpp>
#include <firth/eval/detail/delimited.hpp>
#include <firth/eval/word_pairs.hpp>

namespace firth {

/// Two sentences and how similar people find them, from 0 to 5 say.
struct SentencePair {
    std::string first;
    std::string second;
    double score = 0;
};

namespace detail {

/// The fields of a line, as they are between tabs, and between commas without their quotes.
/// Nothing where a quote is not closed.
[[nodiscard]] inline std::optional<std::vector<std::string>> split_sentences(std::string_view line,
                                                                             Separator separator) {
    std::vector<std::string> fields;
    const char mark = static_cast<char>(separator);
    for (;;) {
        if (separator == Separator::comma && line.starts_with('"')) {
            std::optional<std::string> quoted = take_quoted(line, mark);
            if (!quoted) return std::nullopt;
            fields.push_back(*std::move(quoted));
        } else {
            const std::string_view field = line.substr(0, line.find(mark));
            fields.emplace_back(trimmed(field));
            line.remove_prefix(field.size());
        }
        if (line.empty() || fields.size() == most_fields) return fields;
        line.remove_prefix(1);
    }
}

/// The columns that a header names, if it is one.
[[nodiscard]] inline std::optional<PairColumns>
named_sentence_columns(const std::vector<std::string>& header) {
    const auto find = [&](const auto& names) {
        for (std::size_t i = 0; i < header.size(); ++i) {
            if (std::ranges::find(names, plain_name(header[i])) != names.end()) return i;
        }
        return header.size();
    };
    using Names = std::array<std::string_view, 4>;
    PairColumns columns;
    columns.first = find(Names{"sentence1", "sentencea", "text1", "s1"});
    columns.second = find(Names{"sentence2", "sentenceb", "text2", "s2"});
    columns.score = find(Names{"score", "relatednessscore", "similarityscore", "similarity"});
    columns.has_header = true;
    if (columns.last() >= header.size()) return std::nullopt;
    return columns;
}

/// The columns of a file without a header, by the fields of its first line.
[[nodiscard]] inline std::optional<PairColumns>
plain_sentence_columns(const std::vector<std::string>& fields) {
    const auto in = [](std::size_t first, std::size_t score) {
        PairColumns columns;
        columns.first = first;
        columns.second = first + 1;
        columns.score = score;
        return columns;
    };
    // Genre, file, year, number, score, two sentences, and their sources where they are known.
    if (fields.size() >= 7 && is_number(fields[4])) return in(5, 4);
    if (fields.size() != 3) return std::nullopt;
    if (is_number(fields[2])) return in(0, 2);
    if (is_number(fields[0])) return in(1, 0);
    return std::nullopt;
}

} // namespace detail

/// Reads pairs of sentences with people's scores: STS Benchmark as it is published, or two
/// sentences and a score a line (in this order, or the score first); or columns that a header
/// names, sentence1, sentence2 and score (GLUE) or sentence_A, sentence_B and relatedness_score
/// (SICK). Fields are separated by tabs, and then never quoted, or by commas. Further columns and
/// blank lines are ignored; a byte-order mark is skipped.
///
/// `report` says which form was recognised. Throws `FormatError`, naming the line, for one that
/// does not fit, an empty sentence, a score that is not finite, and a text without any pair.
[[nodiscard]] inline std::vector<SentencePair>
parse_sentence_pairs(std::string_view text, const std::string& name = "the text",
                     EvaluationFileReport* report = nullptr) {
    skip_byte_order_mark(text);
    std::vector<SentencePair> pairs;
    std::optional<detail::PairColumns> columns;
    detail::Separator separator = detail::Separator::tab;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::string_view line = detail::take_any_line(text);
        const auto refuse = [&](const std::string& reason) {
            detail::refuse_line(name, number, reason);
        };
        if (line.find('\0') != line.npos) {
            refuse("a zero byte, expected plain text in UTF-8 (this may be UTF-16 or packed)");
        }
        if (detail::trimmed(line).empty()) continue;
        const bool is_first = !columns;
        if (is_first && line.find('\t') == line.npos) separator = detail::Separator::comma;
        std::optional<std::vector<std::string>> fields = detail::split_sentences(line, separator);
        if (!fields) refuse(detail::unclosed);
        if (is_first) {
            columns = detail::named_sentence_columns(*fields);
            if (!columns) columns = detail::plain_sentence_columns(*fields);
            if (!columns) {
                refuse("expected two sentences and a score between tabs or commas, the seven "
                       "fields of STS Benchmark, or a header with sentence1, sentence2 and score");
            }
            if (report != nullptr) {
                report->form = "fields between " + detail::separated_by(separator) +
                               (columns->has_header ? ", a header" : "") + ", sentences in " +
                               std::to_string(columns->first + 1) + " and " +
                               std::to_string(columns->second + 1) + ", scores in " +
                               std::to_string(columns->score + 1);
            }
            if (columns->has_header) continue;
        }
        if (fields->size() <= columns->last()) {
            refuse("expected at least " + std::to_string(columns->last() + 1) + " fields between " +
                   detail::separated_by(separator) + ", found " + std::to_string(fields->size()));
        }
        const std::string& score = (*fields)[columns->score];
        if (!detail::is_number(score)) refuse('"' + score + "\" is no number, expected a score");
        SentencePair pair{(*fields)[columns->first], (*fields)[columns->second],
                          static_cast<double>(parse_float(score).value)};
        if (!is_finite(pair.score)) refuse("the score " + score + " is not finite");
        if (pair.first.empty() || pair.second.empty()) {
            refuse("an empty field, expected a sentence");
        }
        pairs.push_back(std::move(pair));
    }
    if (pairs.empty()) throw FormatError(name + " has no pairs, expected sentences with scores");
    return pairs;
}

/// Reads such a set from a file. Throws `IoError` and `FormatError`.
[[nodiscard]] inline std::vector<SentencePair>
read_sentence_pairs(const std::string& path, EvaluationFileReport* report = nullptr) {
    const MappedFile file(path);
    return parse_sentence_pairs(file.bytes(), path, report);
}

} // namespace firth
