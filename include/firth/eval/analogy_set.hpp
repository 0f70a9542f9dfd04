#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/thread_pool.hpp>
#include <firth/eval/analogy_file.hpp>
#include <firth/eval/case_folding.hpp>
#include <firth/eval/detail/asked_words.hpp>
#include <firth/query/nearest.hpp>
#include <firth/query/out_of_vocabulary.hpp>
#include <firth/search/exact/exact_index.hpp>
#include <firth/search/index.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/neighbor.hpp>
#include <firth/search/search_options.hpp>
#include <firth/simd/update.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>
#include <firth/table/word_vectors.hpp>

namespace firth {

/// How many questions were answered, and how many of them correctly.
struct AnalogyScore {
    std::string name;
    std::size_t correct = 0;
    std::size_t asked = 0;   ///< questions whose four words are all known; the others do not count
    std::size_t skipped = 0; ///< questions with an unknown word
    std::size_t substituted = 0; ///< questions asked in which the policy put a vector in
                                 ///< the place of an unknown word (made from n-grams, say)
    std::size_t unformed = 0;    ///< questions of a relation of many pairs that were left
                                 ///< out, see `questions_per_relation`

    /// The share of the questions asked that were answered correctly; 0 where none was asked.
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
        substituted += other.substituted;
        unformed += other.unformed;
        return *this;
    }
};

/// How vectors did on a set of analogies.
struct AnalogyResult {
    std::vector<AnalogyScore> sections;
    /// Sums over the sections of a group, in order of first appearance: "semantic" and "syntactic"
    /// of questions-words.txt, the subfolders of a folder. Empty for sets without groups.
    std::vector<AnalogyScore> groups;
    AnalogyScore total;
};

/// Settings of `evaluate_analogies`.
struct AnalogyEvaluationOptions {
    CaseFolding folding = CaseFolding::unicode;
    std::size_t restrict_vocabulary =
        0;                      ///< only the first rows take part, in questions and answers; 0: all
    std::size_t threads = 0;    ///< 0: all of the machine's
    ThreadPool* pool = nullptr; ///< threads that are there already, instead of `threads`
    /// What stands for unknown words in questions. Answers are always rows: a question whose answer
    /// is unknown is skipped.
    OutOfVocabulary out_of_vocabulary = OutOfVocabulary::skip();
    /// The most questions that a relation may make. n pairs make n (n - 1); where these are more,
    /// each pair is asked with the next few pairs only (one at least). 0: no limit.
    std::size_t questions_per_relation = 10000;
};

namespace detail {

/// A question whose words are known, as numbers of `AskedWords`.
struct KnownQuestion {
    std::array<std::size_t, 3> words;
    Id answer = no_id;
    const std::vector<Id>* answers = nullptr; ///< where there may be several: sorted, not `answer`

    [[nodiscard]] bool accepts(Id id) const {
        return answers == nullptr ? id == answer
                                  : std::binary_search(answers->begin(), answers->end(), id);
    }
};

/// Answers questions by 3CosAdd, thousands at once.
template <IdIndex I>
class AnalogyRun {
public:
    /// The index is over the vectors' rows, or the first of them; it must outlive this.
    AnalogyRun(const WordVectors<float>& vectors, const I& index,
               const AnalogyEvaluationOptions& options)
        : words_(vectors,
                 options.restrict_vocabulary == 0 ? vectors.size() : options.restrict_vocabulary,
                 options.folding, options.out_of_vocabulary),
          index_(index), threads_(options.threads), pool_(options.pool) {}

    [[nodiscard]] AskedWords& words() noexcept { return words_; }

    /// Queues a question, to be asked in a batch. The answer is counted in `score`, which must stay
    /// the same until `finish`.
    void ask(const KnownQuestion& question, AnalogyScore& score) {
        ++score.asked;
        score.substituted +=
            !std::all_of(question.words.begin(), question.words.end(),
                         [&](std::size_t number) { return words_.is_row(number); });
        waiting_.push_back(question);
        if (waiting_.size() == batch) finish(score);
    }

    /// Asks the queued questions.
    void finish(AnalogyScore& score) {
        if (waiting_.empty()) return;
        const std::size_t dim = index_.dim();
        EmbeddingTable<float> queries(waiting_.size(), dim);
        std::vector<std::vector<Id>> excluded(waiting_.size());
        std::vector<float> unit(dim);
        for (std::size_t q = 0; q < waiting_.size(); ++q) {
            constexpr std::array<float, 3> signs{-1.0f, 1.0f, 1.0f};
            for (std::size_t i = 0; i < 3; ++i) {
                const std::size_t word = waiting_[q].words[i];
                std::copy_n(words_[word].begin(), dim, unit.begin());
                simd::normalize(unit);
                simd::axpy(signs[i], unit, queries[q]);
                if (words_.is_row(word)) excluded[q].push_back(static_cast<Id>(word));
            }
        }
        const std::vector<std::vector<Neighbor>> answers =
            index_.search_batch(queries, {.k = first_answers,
                                          .excluded_each = excluded,
                                          .filter = taking_part(),
                                          .threads = threads_,
                                          .pool = pool_});
        for (std::size_t q = 0; q < waiting_.size(); ++q) {
            const std::optional<Id> answer =
                answer_to(waiting_[q], answers[q], queries[q], excluded[q]);
            score.correct += answer && waiting_[q].accepts(*answer);
        }
        waiting_.clear();
    }

private:
    static constexpr std::size_t batch = 4096;
    /// Neighbours asked for at first. Case variants of the question's words may come before the
    /// answer; where all neighbours are such variants, twice as many are asked for, and so on.
    static constexpr std::size_t first_answers = 8;

    /// A filter for the rows that take part, where the index has more of them.
    [[nodiscard]] std::function<bool(Id)> taking_part() const {
        if (index_.size() <= words_.rows()) return {};
        return [rows = words_.rows()](Id id) { return id < rows; };
    }

    [[nodiscard]] std::optional<Id> answer_to(const KnownQuestion& question,
                                              std::vector<Neighbor> candidates,
                                              std::span<const float> query,
                                              std::span<const Id> excluded) const {
        for (std::size_t asked = first_answers;; asked *= 2) {
            for (const Neighbor& neighbor : candidates) {
                const Id id = words_.folded().representative(neighbor.id);
                if (std::count(question.words.begin(), question.words.end(), id) == 0) return id;
            }
            if (candidates.size() < asked) return std::nullopt;
            candidates = index_.search(
                query, {.k = 2 * asked, .excluded = excluded, .filter = taking_part()});
        }
    }

    AskedWords words_;
    const I& index_;
    std::size_t threads_;
    ThreadPool* pool_;
    std::vector<KnownQuestion> waiting_;
};

/// Asks a section's whole questions.
template <IdIndex I>
void ask_questions(AnalogyRun<I>& run, const AnalogySection& section, AnalogyScore& score) {
    for (const AnalogyQuestion& question : section.questions) {
        std::array<std::optional<std::size_t>, 4> words;
        for (std::size_t i = 0; i < 4; ++i) {
            words[i] = run.words().find(question[i]);
        }
        if (words[0] && words[1] && words[2] && words[3] && run.words().is_row(*words[3])) {
            run.ask({{*words[0], *words[1], *words[2]}, static_cast<Id>(*words[3])}, score);
        } else {
            ++score.skipped;
        }
    }
}

/// A pair of a relation, looked up.
struct KnownPair {
    std::optional<std::size_t> word;
    std::optional<std::size_t> related; ///< the first of the related words that is known
    std::vector<Id> answers;            ///< all related words that have rows, sorted
};

/// Makes questions of each pair and the pairs after it, starting over at the end.
template <IdIndex I>
void ask_pairs(AnalogyRun<I>& run, const AnalogySection& section, std::size_t limit,
               AnalogyScore& score) {
    const std::size_t count = section.pairs.size();
    if (count < 2) return;
    std::vector<KnownPair> pairs;
    for (const RelatedWords& each : section.pairs) {
        KnownPair& pair = pairs.emplace_back();
        pair.word = run.words().find(each.word);
        for (const std::string& related : each.related) {
            const std::optional<Id> row = run.words().find_row(related);
            if (!row) continue;
            if (!pair.related) pair.related = *row;
            pair.answers.push_back(*row);
        }
        if (!pair.related && !each.related.empty()) {
            pair.related = run.words().find(each.related[0]);
        }
        std::sort(pair.answers.begin(), pair.answers.end());
    }
    std::size_t steps = count - 1;
    if (limit != 0) steps = (std::min)(steps, (std::max<std::size_t>)(1, limit / count));
    score.unformed += count * (count - 1 - steps);
    for (std::size_t step = 1; step <= steps; ++step) {
        for (std::size_t i = 0; i < count; ++i) {
            const KnownPair& from = pairs[i];
            const KnownPair& to = pairs[(i + step) % count];
            if (from.word && from.related && to.word && !to.answers.empty()) {
                run.ask({{*from.word, *from.related, *to.word}, no_id, &to.answers}, score);
            } else {
                ++score.skipped;
            }
        }
    }
    run.finish(score); // while the pairs live
}

/// The sums over groups of sections.
[[nodiscard]] inline std::vector<AnalogyScore>
sum_groups(const std::vector<AnalogySection>& sections, const std::vector<AnalogyScore>& scores) {
    std::vector<AnalogyScore> groups;
    for (std::size_t i = 0; i < sections.size(); ++i) {
        const std::string& name = sections[i].group;
        if (name.empty()) continue;
        auto group = std::find_if(groups.begin(), groups.end(),
                                  [&](const AnalogyScore& each) { return each.name == name; });
        if (group == groups.end()) group = groups.insert(group, AnalogyScore{name});
        *group += scores[i];
    }
    return groups;
}

template <IdIndex I>
[[nodiscard]] AnalogyResult evaluate_analogies(const WordVectors<float>& vectors, const I& index,
                                               const std::vector<AnalogySection>& sections,
                                               const AnalogyEvaluationOptions& options) {
    AnalogyRun<I> run(vectors, index, options);
    AnalogyResult result;
    result.total.name = "total";
    for (const AnalogySection& section : sections) {
        AnalogyScore& score = result.sections.emplace_back(AnalogyScore{section.name});
        ask_questions(run, section, score);
        ask_pairs(run, section, options.questions_per_relation, score);
        run.finish(score);
        result.total += score;
    }
    result.groups = sum_groups(sections, result.sections);
    return result;
}

} // namespace detail

/// Answers every question whose words are known by 3CosAdd (Mikolov et al. 2013): the answer is the
/// word that the index finds nearest to b - a + c, of unit vectors, other than the question's own
/// words and their case variants. Throws `UnknownWordError` where the policy asks for it.
template <IdIndex I>
[[nodiscard]] AnalogyResult evaluate_analogies(const WordIndex<I>& index,
                                               const std::vector<AnalogySection>& sections,
                                               const AnalogyEvaluationOptions& options = {}) {
    return detail::evaluate_analogies(index.vectors(), index.index(), sections, options);
}

/// The same by exact search and cosine. Throws `Error` for vectors that are not finite.
[[nodiscard]] inline AnalogyResult
evaluate_analogies(const WordVectors<float>& vectors, const std::vector<AnalogySection>& sections,
                   const AnalogyEvaluationOptions& options = {}) {
    const TableView<const float> rows = vectors.table();
    const ExactIndex<Cosine> index(
        options.restrict_vocabulary == 0
            ? rows
            : rows.first((std::min)(options.restrict_vocabulary, rows.rows())));
    return detail::evaluate_analogies(vectors, index, sections, options);
}

} // namespace firth
