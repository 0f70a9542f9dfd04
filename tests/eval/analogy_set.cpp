#include <firth/eval/analogy_set.hpp>

#include <cmath>

#include <firth/base/random.hpp>
#include <firth/search/top_k.hpp>
#include <firth/simd/distance.hpp>

#include "../support/support.hpp"
#include "../support/vectors.hpp"

using namespace firth;

namespace {

/// Random words, each with up to three spellings, and vectors whose lengths differ: variants point
/// nearly the same way.
WordVectors<float> spelt_vectors(std::size_t words, std::size_t dim, std::uint64_t seed) {
    Vocabulary vocabulary;
    EmbeddingTable<float> table(3 * words, dim);
    Random random(seed);
    std::vector<float> base(words * dim);
    for (float& value : base) {
        value = 2.0f * random.uniform() - 1.0f;
    }
    std::size_t rows = 0;
    for (std::size_t pass = 0; pass < 3; ++pass) {
        for (std::size_t word = 0; word < words; ++word) {
            if (pass != 0 && random.below(2) == 0) continue;
            const char* const starts[] = {"é", "É", "É"};
            const char* const ends[] = {"x", "x", "X"};
            vocabulary.add(starts[pass] + std::to_string(word) + ends[pass]);
            for (std::size_t i = 0; i < dim; ++i) {
                table[rows][i] = (base[word * dim + i] + 0.1f * random.uniform()) *
                                 (0.1f + 3.0f * random.uniform());
            }
            ++rows;
        }
    }
    EmbeddingTable<float> used(rows, dim);
    for (std::size_t row = 0; row < rows; ++row) {
        std::ranges::copy(table[row], used[row].begin());
    }
    return {std::move(vocabulary), std::move(used)};
}

/// The number of the spelling: those of one word share it, where case does not count.
std::string plain(std::string_view word, bool folded) {
    return folded ? "é" + std::to_string(std::atoi(word.data() + 2)) + "x" : std::string(word);
}

/// 3CosAdd by loops in double over the first `rows`: the row nearest to b - a + c that is spelt
/// like none of the three. Nothing where a word is unknown.
std::optional<std::string> naive_answer(const WordVectors<float>& vectors, std::size_t rows,
                                        const AnalogyQuestion& question, bool folded) {
    std::array<std::size_t, 4> ids{};
    for (std::size_t i = 0; i < 4; ++i) {
        for (ids[i] = 0; ids[i] < rows; ++ids[i]) {
            const std::string_view word = vectors.word(static_cast<Id>(ids[i]));
            if (plain(word, folded) == plain(question[i], folded)) break;
        }
        if (ids[i] == rows) return std::nullopt;
    }
    const auto unit = [&](std::size_t id) {
        std::vector<double> vector;
        double square = 0;
        for (const float value : vectors[static_cast<Id>(id)]) {
            vector.push_back(static_cast<double>(value));
            square += vector.back() * vector.back();
        }
        for (double& value : vector) {
            value /= std::sqrt(square);
        }
        return vector;
    };
    const std::vector<double> a = unit(ids[0]);
    const std::vector<double> b = unit(ids[1]);
    const std::vector<double> c = unit(ids[2]);
    std::pair<double, std::string> best{-1e9, ""};
    for (std::size_t id = 0; id < rows; ++id) {
        const std::string word = plain(vectors.word(static_cast<Id>(id)), folded);
        if (std::any_of(question.begin(), question.begin() + 3,
                        [&](const std::string& input) { return plain(input, folded) == word; }))
            continue;
        const std::vector<double> row = unit(id);
        double score = 0;
        for (std::size_t i = 0; i < row.size(); ++i) {
            score += row[i] * (b[i] - a[i] + c[i]);
        }
        if (score > best.first) best = {score, word};
    }
    return best.second;
}

/// Every row's cosine, one by one: an index of a user's own.
struct NaiveCosines {
    using LabelType = Id;
    TableView<const float> rows;
    std::size_t size() const { return rows.rows(); }
    std::size_t dim() const { return rows.dim(); }
    std::vector<Neighbor> search(std::span<const float> query, const SearchOptions& options) const {
        return search_batch({query.data(), 1, query.size()}, options)[0];
    }
    std::vector<std::vector<Neighbor>> search_batch(TableView<const float> queries,
                                                    const SearchOptions& options) const {
        std::vector<std::vector<Neighbor>> results;
        for (std::size_t q = 0; q < queries.rows(); ++q) {
            TopK best(options.k);
            for (Id id = 0; id < size(); ++id) {
                if (!may_be_found(id, options, q)) continue;
                best.offer({id, simd::cosine(queries[q], rows[id])});
            }
            results.push_back(best.take());
        }
        return results;
    }
};

AnalogyResult ask(const WordVectors<float>& vectors, const std::string& questions,
                  const AnalogyEvaluationOptions& options = {}) {
    return evaluate_analogies(vectors, parse_analogies(questions), options);
}

/// a1 is to a2 as b1 is to b2 and c1 to c2.
WordVectors<float> grid() {
    return test::word_vectors({{"a1", {1, 0, 0, 1, 0}},
                               {"a2", {1, 0, 0, 0, 1}},
                               {"b1", {0, 1, 0, 1, 0}},
                               {"b2", {0, 1, 0, 0, 1}},
                               {"c1", {0, 0, 1, 1, 0}},
                               {"c2", {0, 0, 1, 0, 1}}});
}

/// The grid's first four words, and n-grams of which each adds to the first element of its bucket.
SubwordVectors subword_grid() {
    const SubwordOptions options{.min_length = 1, .max_length = 1, .buckets = 50};
    const WordVectors<float> all = grid();
    Vocabulary words;
    EmbeddingTable<float> table(4, 5);
    for (Id id = 0; id < 4; ++id) {
        words.add(all.word(id));
        std::ranges::copy(all[id], table[id].begin());
    }
    // "c1" is made of "c" and "1".
    EmbeddingTable<float> ngrams(50, 5);
    ngrams[subword_hash("c") % 50][2] = 2;
    ngrams[subword_hash("1") % 50][3] = 2;
    return {{std::move(words), std::move(table)}, std::move(ngrams), options};
}

} // namespace

TEST_CASE("each question is answered as loops in double answer it", "[analogies]") {
    const WordVectors<float> vectors = spelt_vectors(60, 5, 3);
    REQUIRE(vectors.size() > 100);
    for (const CaseFolding folding : {CaseFolding::unicode, CaseFolding::none}) {
        const bool folded = folding == CaseFolding::unicode;
        for (const std::size_t restriction : {std::size_t{0}, std::size_t{45}, std::size_t{110}}) {
            const std::size_t rows = restriction == 0 ? vectors.size() : restriction;
            Random random(17);
            // A section for each question, so that each answer shows; every other asks for the
            // naive one.
            std::vector<AnalogySection> sections;
            std::vector<bool> right;
            std::vector<bool> asked;
            for (std::size_t q = 0; q < 400; ++q) {
                AnalogyQuestion question;
                for (std::string& word : question) {
                    const std::size_t some = std::min(rows + 10, vectors.size());
                    word = vectors.word(random.below(static_cast<std::uint32_t>(some)));
                }
                const std::optional<std::string> answer =
                    naive_answer(vectors, rows, question, folded);
                if (answer && q % 2 == 0) question[3] = *answer;
                sections.push_back({"s", {question}});
                asked.push_back(answer.has_value());
                right.push_back(answer && *answer == plain(question[3], folded));
            }
            const AnalogyResult result = evaluate_analogies(
                vectors, sections, {.folding = folding, .restrict_vocabulary = restriction});
            REQUIRE(result.sections.size() == sections.size());
            for (std::size_t q = 0; q < sections.size(); ++q) {
                if (result.sections[q].asked != (asked[q] ? 1u : 0u) ||
                    result.sections[q].skipped != (asked[q] ? 0u : 1u) ||
                    result.sections[q].correct != (right[q] ? 1u : 0u)) {
                    FAIL("question " << q << " of restriction " << restriction);
                }
            }
            // An index of all rows answers the same, whoever wrote it.
            const WordIndex naive(vectors, NaiveCosines{vectors.table()});
            const AnalogyResult by_index = evaluate_analogies(
                naive, sections, {.folding = folding, .restrict_vocabulary = restriction});
            REQUIRE(by_index.total.asked == result.total.asked);
            for (std::size_t q = 0; q < sections.size(); ++q) {
                REQUIRE(by_index.sections[q].correct == result.sections[q].correct);
            }
            const auto count = std::count(right.begin(), right.end(), true);
            REQUIRE(result.total.correct == static_cast<std::size_t>(count));
            REQUIRE(result.total.asked > 50);
            // The first spellings of all words are the first sixty rows.
            const bool all_known = restriction == 0 || (folded && restriction >= 60);
            REQUIRE(all_known == (result.total.skipped == 0));
        }
    }
}

TEST_CASE("answers are the same in batches and for any number of threads", "[analogies]") {
    const WordVectors<float> vectors = spelt_vectors(60, 5, 4);
    AnalogySection section{"s", {}};
    Random random(2);
    for (std::size_t q = 0; q < 5000; ++q) { // more than one batch
        AnalogyQuestion& question = section.questions.emplace_back();
        for (std::string& word : question) {
            word = vectors.word(random.below(static_cast<std::uint32_t>(vectors.size())));
        }
        // Many of the second batch have a right answer.
        if (q >= 4090) {
            question[3] = naive_answer(vectors, vectors.size(), question, true).value_or("");
        }
    }
    const AnalogyResult one = evaluate_analogies(vectors, {section}, {.threads = 1});
    const AnalogyResult two = evaluate_analogies(vectors, {section}, {.threads = 2});
    REQUIRE(one.total.asked == 5000);
    REQUIRE(one.total.correct >= 910);
    REQUIRE(two.total.correct == one.total.correct);
    std::size_t alone = 0;
    for (const AnalogyQuestion& question : section.questions) {
        const auto answer = naive_answer(vectors, vectors.size(), question, true);
        alone += *answer == plain(question[3], true);
    }
    REQUIRE(one.total.correct == alone);
}

TEST_CASE("more spellings than eight may be nearer than the answer", "[analogies]") {
    // Fifteen variants of each of two inputs point nearly where the query does, the answer less so.
    std::vector<std::pair<std::string, std::vector<float>>> rows{
        {"from", {0, 0, 1}}, {"into", {1, 0, 1}}, {"kind", {1, 0, 0.1f}}, {"answer", {1, 0.8f, 0}}};
    for (const std::string word : {"into", "kind"}) {
        for (unsigned variant = 1; variant < 16; ++variant) {
            std::string spelling = word;
            for (unsigned i = 0; i < 4; ++i) {
                if ((variant >> i & 1u) != 0) spelling[i] = static_cast<char>(spelling[i] - 32);
            }
            rows.emplace_back(spelling,
                              std::vector<float>{1, 0.001f * static_cast<float>(variant), 0});
        }
    }
    rows.emplace_back("far", std::vector<float>{-1, 0, 0});
    const WordVectors<float> vectors = test::word_vectors(rows);
    const std::string question = ": s\nfrom into kind answer\n";
    REQUIRE(ask(vectors, question).total.correct == 1);
    REQUIRE(ask(vectors, question, {.folding = CaseFolding::none}).total.correct == 0);
    REQUIRE(ask(vectors, ": s\nfrom into kind far\n").total.correct == 0);
    // Where nothing else is left, nothing is right.
    rows.resize(4);
    rows.erase(rows.begin() + 3);
    REQUIRE(ask(test::word_vectors(rows), ": s\nfrom into kind into\n").total.correct == 0);
    REQUIRE(ask(test::word_vectors(rows), ": s\nfrom into kind into\n").total.asked == 1);
}

TEST_CASE("the restriction bounds questions and answers", "[analogies]") {
    const WordVectors<float> vectors =
        test::word_vectors({{"a1", {1, 0, 0, 1, 0}},
                            {"a2", {1, 0, 0, 0, 1}},
                            {"b1", {0, 1, 0, 1, 0}},
                            {"near", {0, 1, 0.3f, 0, 1}},
                            {"b2", {0, 1, 0.1f, 0, 1}},  // the fifth row completes a question
                            {"best", {0, 1, 0, 0, 1}}}); // and the sixth would be a better answer
    const auto with = [&](std::size_t rows) {
        return ask(vectors, ": s\na1 a2 b1 b2\n", {.restrict_vocabulary = rows}).total;
    };
    REQUIRE(with(4).asked == 0);
    REQUIRE(with(4).skipped == 1);
    REQUIRE(with(5).asked == 1);
    REQUIRE(with(5).correct == 1);
    REQUIRE(with(6).correct == 0);
    REQUIRE(with(0).correct == 0);
    REQUIRE(with(100).asked == 1);
    // Without the fifth row as an answer the fourth is the best.
    REQUIRE(ask(vectors, ": s\na1 a2 b1 near\n", {.restrict_vocabulary = 4}).total.correct == 1);
}

TEST_CASE("case folds in all of Unicode, in A to Z or not at all", "[folding]") {
    const WordVectors<float> vectors = test::word_vectors({{"österreich", {1, 0, 0}},
                                                           {"wien", {1, 1, 0}},
                                                           {"ägypten", {1, 0, 1}},
                                                           {"kairo", {1, 1, 1}},
                                                           {"x", {0.3f, -1, 0}}});
    const std::string german = ": s\nÖsterreich Wien Ägypten Kairo\n";
    const std::string ascii = ": s\nösterreich Wien ägypten KAIRO\n";
    const std::string none = ": s\nösterreich wien ägypten kairo\n";
    const auto asked = [&](const std::string& questions, CaseFolding folding) {
        return ask(vectors, questions, {.folding = folding}).total.asked;
    };
    REQUIRE(ask(vectors, german).total.correct == 1);
    REQUIRE(asked(german, CaseFolding::unicode) == 1);
    REQUIRE(asked(german, CaseFolding::ascii) == 0);
    REQUIRE(asked(ascii, CaseFolding::ascii) == 1);
    REQUIRE(asked(ascii, CaseFolding::none) == 0);
    REQUIRE(asked(none, CaseFolding::none) == 1);
}

TEST_CASE("the first of several spellings stands for all", "[folding]") {
    Vocabulary words;
    for (const char* const word : {"Paris", "PARIS", "paris", "Bonn"}) {
        words.add(word);
    }
    const FoldedVocabulary folded(words, 4, CaseFolding::unicode);
    REQUIRE(folded.find("pARIS") == Id{0});
    REQUIRE(folded.representative(2) == 0);
    REQUIRE(folded.representative(3) == 3);
    REQUIRE_FALSE(folded.find("rome"));
    REQUIRE(folded.spelling("Rome") == "Rome");
    const FoldedVocabulary exact(words, 4, CaseFolding::none);
    REQUIRE(exact.find("paris") == Id{2});
    REQUIRE(exact.representative(2) == 2);
    REQUIRE_FALSE(exact.find("pARIS"));
    const FoldedVocabulary first(words, 3, CaseFolding::ascii);
    REQUIRE_FALSE(first.find("bonn"));
    REQUIRE(FoldedVocabulary(words, 100, CaseFolding::ascii).find("bonn") == Id{3});
    Vocabulary small;
    small.add("élan");
    REQUIRE(FoldedVocabulary(small, 1, CaseFolding::unicode).spelling("ÉTÉ") == "été");
    REQUIRE(FoldedVocabulary(small, 1, CaseFolding::ascii).spelling("ÉtA") == "Éta");
}

TEST_CASE("groups are summed up where a set has them", "[analogies]") {
    const WordVectors<float> vectors = grid();
    const AnalogyResult halves = ask(vectors, ": one\na1 a2 b1 b2\na1 a2 b1 zz\n: gram2\na1 a2 b1 "
                                              "c2\n: two\na1 a2 c1 c2\n");
    REQUIRE(halves.groups.size() == 2);
    REQUIRE(halves.groups[0].name == "semantic");
    REQUIRE(halves.groups[0].asked == 2);
    REQUIRE(halves.groups[0].correct == 2);
    REQUIRE(halves.groups[0].skipped == 1);
    REQUIRE(halves.groups[1].name == "syntactic");
    REQUIRE(halves.groups[1].asked == 1);
    REQUIRE(halves.groups[1].correct == 0);
    REQUIRE(halves.total.name == "total");
    REQUIRE(halves.total.asked == 3);
    REQUIRE(halves.total.correct == 2);
    REQUIRE(halves.total.skipped == 1);
    REQUIRE(halves.total.coverage() == 0.75);
    REQUIRE(halves.total.accuracy() == 2.0 / 3.0);
    REQUIRE(ask(vectors, ": one\na1 a2 b1 b2\n: two\na1 a2 c1 c2\n").groups.empty());
    REQUIRE(AnalogyScore().accuracy() == 0);
    REQUIRE(AnalogyScore().coverage() == 0);
}

TEST_CASE("pairs of a relation ask for each other", "[relations]") {
    const WordVectors<float> vectors = grid();
    const AnalogyResult all = ask(vectors, "r,a1,a2\nr,b1,b2\nr,c1,c2\ns,a1,a2\ns,b1,c2\n");
    REQUIRE(all.sections[0].asked == 6);
    REQUIRE(all.sections[0].correct == 6);
    REQUIRE(all.sections[1].asked == 2);
    // a1 is to a2 as b1 to b2, not c2; b1 is to c2 as a1 to a2, all the same.
    REQUIRE(all.sections[1].correct == 1);
    REQUIRE(all.total.unformed == 0);
    // Any of the answers is right; unknown ones do not count, and none is known of the last pair.
    const AnalogyResult several = ask(vectors, "a1\tzz/a2\nb1\ta2/yy/b2\nc1\txx\n");
    REQUIRE(several.sections[0].name == "the text");
    REQUIRE(several.total.asked == 2);
    REQUIRE(several.total.skipped == 4);
    // The first known related word forms the question: b1 : a2 does not lead to a1 : a2.
    REQUIRE(several.total.correct == 1);
    REQUIRE(ask(vectors, "a1\ta2\nb1\tb2/a2\n").total.correct == 2);
    // A single pair asks nothing.
    AnalogySection single{"s", {}};
    single.pairs.push_back({"a1", {"a2"}});
    REQUIRE(evaluate_analogies(vectors, {single}).total.asked == 0);
    REQUIRE(evaluate_analogies(vectors, {single}).total.skipped == 0);
}

TEST_CASE("relations of many pairs form no more questions than they may", "[relations]") {
    const WordVectors<float> vectors = grid();
    AnalogySection section{"s", {}};
    for (std::size_t i = 0; i < 10; ++i) {
        const char letter = "abcabcabca"[i];
        section.pairs.push_back({letter + std::string("1"), {letter + std::string("2")}});
    }
    const auto with = [&](std::size_t limit) {
        return evaluate_analogies(vectors, {section}, {.questions_per_relation = limit}).total;
    };
    REQUIRE(with(0).asked == 90);
    REQUIRE(with(0).unformed == 0);
    REQUIRE(with(90).asked == 90);
    REQUIRE(with(89).asked == 80);
    REQUIRE(with(89).unformed == 10);
    REQUIRE(with(35).asked == 30);
    REQUIRE(with(35).unformed == 60);
    REQUIRE(with(1).asked == 10);
    // Each pair is asked for the next: of ten, only the last and the first are of one letter.
    REQUIRE(with(1).correct == 9);
    // The limit that holds without one being given.
    section.pairs.resize(101, {"a1", {"a2"}});
    REQUIRE(evaluate_analogies(vectors, {section}).total.asked == 99 * 101);
    section.pairs.resize(100);
    REQUIRE(evaluate_analogies(vectors, {section}).total.asked == 99 * 100);
}

TEST_CASE("unknown words of questions follow the policy", "[unknown]") {
    const SubwordVectors model = subword_grid();
    const WordVectors<float>& vectors = model.words();
    const std::string questions =
        ": s\nc1 a1 a2 b1\na1 a2 b1 b2\nc1 a2 b1 b2\na1 a2 b1 c1\na1 é b1 "
        "b2\n";
    const AnalogyScore skipped = ask(vectors, questions).total;
    REQUIRE(skipped.asked == 1);
    REQUIRE(skipped.substituted == 0);
    const AnalogyScore made =
        ask(vectors, questions, {.out_of_vocabulary = OutOfVocabulary::subwords(model)}).total;
    // An unknown answer is none that could be found, and "é" has n-grams of zeros only.
    REQUIRE(made.asked == 4);
    REQUIRE(made.skipped == 1);
    REQUIRE(made.substituted == 3);
    const AnalogyScore zero =
        ask(vectors, questions, {.out_of_vocabulary = OutOfVocabulary::zero()}).total;
    REQUIRE(zero.asked == 4);
    REQUIRE(zero.substituted == 3);
    REQUIRE_THROWS_AS(ask(vectors, questions, {.out_of_vocabulary = OutOfVocabulary::error()}),
                      UnknownWordError);
    // c1 : c... as a vector: b1 - c1 + ... the made vector counts as the word's own would.
    const WordVectors<float> whole = grid();
    for (const char* const d : {"a1", "a2", "b1", "b2"}) {
        const std::string question = std::string(": s\nc1 a1 a2 ") + d + '\n';
        const AnalogyScore with_made =
            ask(vectors, question, {.out_of_vocabulary = OutOfVocabulary::subwords(model)}).total;
        const AnalogyScore with_row =
            ask(whole, question).total; // c2 is nearest to none of these questions
        REQUIRE(with_made.correct == with_row.correct);
    }
    // Words beyond the restriction are not unknown: they take no part.
    const AnalogyScore restricted =
        ask(vectors, ": s\na1 a2 b1 a1\nb2 a1 a2 b1\n",
            {.restrict_vocabulary = 3, .out_of_vocabulary = OutOfVocabulary::subwords(model)})
            .total;
    REQUIRE(restricted.asked == 1);
    REQUIRE(restricted.skipped == 1);
    // Pairs: "c1" is made, "zz" of nothing.
    const AnalogyScore pairs = ask(vectors, "a1\ta2\nc1\tb2\nb1\tc1\n",
                                   {.out_of_vocabulary = OutOfVocabulary::subwords(model)})
                                   .total;
    REQUIRE(pairs.asked == 4); // asking for the third pair is asking for no row
    REQUIRE(pairs.skipped == 2);
    REQUIRE(pairs.substituted == 4);
}

TEST_CASE("vectors that are not finite are refused", "[analogies]") {
    const WordVectors<float> vectors = test::word_vectors(
        {{"a", {1, 0}}, {"b", {std::nanf(""), 1}}, {"c", {1, 1}}, {"d", {0, 1}}});
    REQUIRE_THROWS_AS(ask(vectors, ": s\na b c d\n"), Error);
}
