#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/fields.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/eval/case_folding.hpp>
#include <firth/search/exact.hpp>
#include <firth/search/metric.hpp>
#include <firth/simd/update.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/word_vectors.hpp>

namespace firth {

/// "a is to b as c is to d", in this order.
using AnalogyQuestion = std::array<std::string, 4>;

/// The questions under one heading.
struct AnalogySection {
    std::string name;
    std::vector<AnalogyQuestion> questions;
};

/// Reads questions in the format of word2vec's questions-words.txt: a line ": name" begins a
/// section, every other line is four words. Throws `FormatError`, naming the line.
[[nodiscard]] inline std::vector<AnalogySection>
parse_analogies(std::string_view text, const std::string& name = "the text") {
    std::vector<AnalogySection> sections;
    std::size_t number = 0;
    while (!text.empty()) {
        const std::vector<std::string_view> fields = split_fields(take_line(text));
        ++number;
        if (fields.empty()) continue;
        if (fields[0].starts_with(':')) {
            sections.push_back(
                {std::string(fields.size() > 1 ? fields[1] : fields[0].substr(1)), {}});
        } else if (fields.size() == 4 && !sections.empty()) {
            AnalogyQuestion& question = sections.back().questions.emplace_back();
            std::copy(fields.begin(), fields.end(), question.begin());
        } else {
            throw FormatError(name + ", line " + std::to_string(number) +
                              (sections.empty() ? ": expected a section, \": name\", first"
                                                : ": expected four words or \": name\""));
        }
    }
    return sections;
}

/// Reads questions from a file. Throws `IoError` and `FormatError`.
[[nodiscard]] inline std::vector<AnalogySection> read_analogies(const std::string& path) {
    const MappedFile file(path);
    return parse_analogies(file.bytes(), path);
}

/// How many questions were answered, and how many of them rightly.
struct AnalogyScore {
    std::string name;
    std::size_t correct = 0;
    std::size_t asked = 0;   ///< questions whose four words are all known; the others do not count
    std::size_t skipped = 0; ///< questions with an unknown word

    /// The share of the questions asked that were answered rightly; 0 where none was asked.
    [[nodiscard]] double accuracy() const noexcept {
        return asked == 0 ? 0.0 : static_cast<double>(correct) / static_cast<double>(asked);
    }

    /// The share of all questions that were asked.
    [[nodiscard]] double coverage() const noexcept {
        return asked + skipped == 0
                   ? 0.0
                   : static_cast<double>(asked) / static_cast<double>(asked + skipped);
    }

    AnalogyScore& operator+=(const AnalogyScore& other) noexcept {
        correct += other.correct;
        asked += other.asked;
        skipped += other.skipped;
        return *this;
    }
};

/// How vectors did on a set of analogies.
struct AnalogyResult {
    std::vector<AnalogyScore> sections;
    AnalogyScore semantic; ///< sections that do not begin with "gram"
    AnalogyScore
        syntactic; ///< sections that begin with "gram", as the nine in questions-words.txt do
    AnalogyScore total;
};

/// Settings of `evaluate_analogies`.
struct AnalogyEvaluationOptions {
    CaseFolding folding = CaseFolding::ascii;
    std::size_t restrict_vocabulary =
        0;                   ///< only the first rows take part, in questions and answers; 0: all
    std::size_t threads = 0; ///< 0: all of the machine's
};

namespace detail {

/// Questions about known words only, as rows.
struct KnownQuestion {
    std::array<Id, 4> words;
    std::size_t section;
};

} // namespace detail

/// Answers every question whose words are known by 3CosAdd, the word nearest to b - a + c on unit
/// vectors, the three words of the question (and their case variants) left out. Throws `Error` for
/// vectors that are not finite.
[[nodiscard]] inline AnalogyResult
evaluate_analogies(const WordVectors<float>& vectors, const std::vector<AnalogySection>& sections,
                   const AnalogyEvaluationOptions& options = {}) {
    const std::size_t rows = options.restrict_vocabulary == 0
                                 ? vectors.size()
                                 : (std::min)(options.restrict_vocabulary, vectors.size());
    const FoldedVocabulary vocabulary(vectors.vocabulary(), rows, options.folding);
    AnalogyResult result;
    std::vector<detail::KnownQuestion> known;
    for (const AnalogySection& section : sections) {
        AnalogyScore score{section.name};
        for (const AnalogyQuestion& question : section.questions) {
            detail::KnownQuestion ids{{}, result.sections.size()};
            bool all_known = true;
            for (std::size_t i = 0; i < 4; ++i) {
                const std::optional<Id> id = vocabulary.find(question[i]);
                ids.words[i] = id.value_or(no_id);
                all_known = all_known && id.has_value();
            }
            if (all_known) known.push_back(ids);
            ++(all_known ? score.asked : score.skipped);
        }
        result.sections.push_back(score);
    }

    const TableView<const float> table = vectors.table().view().first(rows);
    const ExactIndex<Cosine> index(table);
    constexpr std::size_t batch = 4096;
    for (std::size_t begin = 0; begin < known.size(); begin += batch) {
        const std::size_t count = (std::min)(batch, known.size() - begin);
        EmbeddingTable<float> queries(count, vectors.dim());
        std::vector<std::vector<Id>> excluded(count);
        std::vector<float> unit(vectors.dim());
        for (std::size_t q = 0; q < count; ++q) {
            const std::array<Id, 4>& words = known[begin + q].words;
            constexpr std::array<float, 3> signs{-1.0f, 1.0f, 1.0f};
            for (std::size_t i = 0; i < 3; ++i) {
                std::copy_n(table[words[i]].begin(), unit.size(), unit.begin());
                simd::normalize(unit);
                simd::axpy(signs[i], unit, queries[q]);
                excluded[q].push_back(words[i]);
            }
        }
        // Case variants of the three words may come first: as many answers more as there may be of
        // them.
        std::size_t k = 8;
        const std::vector<std::vector<Neighbor>> answers =
            index.search_batch(queries, k, excluded, options.threads);
        for (std::size_t q = 0; q < count; ++q) {
            const detail::KnownQuestion& question = known[begin + q];
            const auto is_input = [&](const Neighbor& neighbor) {
                return std::count(question.words.begin(), question.words.begin() + 3,
                                  vocabulary.representative(neighbor.id)) != 0;
            };
            std::vector<Neighbor> candidates = answers[q];
            auto answer = std::find_if_not(candidates.begin(), candidates.end(), is_input);
            for (std::size_t more = k; answer == candidates.end() && candidates.size() == more;) {
                more *= 2;
                candidates = index.search(queries[q], more, excluded[q]);
                answer = std::find_if_not(candidates.begin(), candidates.end(), is_input);
            }
            if (answer != candidates.end() &&
                vocabulary.representative(answer->id) == question.words[3]) {
                ++result.sections[question.section].correct;
            }
        }
    }
    result.semantic.name = "semantic";
    result.syntactic.name = "syntactic";
    result.total.name = "total";
    for (const AnalogyScore& section : result.sections) {
        (section.name.starts_with("gram") ? result.syntactic : result.semantic) += section;
        result.total += section;
    }
    return result;
}

} // namespace firth
