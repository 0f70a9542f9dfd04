#include <firth/eval.hpp>

#include <cmath>
#include <set>

#include <firth/query/analogy.hpp>
#include <firth/text/read_corpus.hpp>
#include <firth/train/sequence/word2vec.hpp>

#include "../../examples/tool/demo_world.hpp"
#include "../support/support.hpp"

using namespace firth;

TEST_CASE("recall is the share of the exact answer that was found") {
    using Answer = std::vector<Neighbor>;
    const Answer exact{{4, 0.9f}, {2, 0.8f}, {7, 0.7f}, {1, 0.6f}};
    REQUIRE(recall(Answer{{7, 1.0f}, {9, 0.9f}, {4, 0.8f}}, exact) == 0.5);
    REQUIRE(recall(exact, exact) == 1.0);
    REQUIRE(recall(Answer{}, exact) == 0.0);
    REQUIRE(recall(exact, Answer{}) == 1.0);
    const std::vector<Answer> answers{exact, {{4, 0.9f}}};
    const std::vector<Answer> all{exact, exact};
    REQUIRE(recall(answers, all) == 0.625);
    REQUIRE_THROWS_AS(recall(answers, std::vector<Answer>(1)), Error);
    REQUIRE(recall(std::vector<Answer>{}, std::vector<Answer>{}) == 1.0);
}

TEST_CASE("Spearman's rho agrees with values worked out by hand") {
    const auto rho = [](const std::vector<double>& x, const std::vector<double>& y) {
        return spearman(x, y);
    };
    REQUIRE(rho({1, 2, 3}, {10, 20, 30}) == 1.0);
    REQUIRE(rho({1, 2, 3}, {3, 2, 1}) == -1.0);
    REQUIRE(average_ranks(std::vector<double>{5, 1, 5, 0}) == std::vector<double>{3.5, 2, 3.5, 1});
    // Ranks (1, 2.5, 2.5, 4, 5) and (3, 1, 4.5, 4.5, 2): covariance -0.25, both variances 9.5.
    REQUIRE(std::fabs(rho({1, 2, 2, 4, 5}, {3, 1, 4, 4, 2}) + 0.25 / 9.5) < 1e-12);
    REQUIRE(std::isnan(rho({1, 1}, {1, 2})));
    REQUIRE(std::isnan(rho({}, {})));
    REQUIRE_THROWS_AS(rho({1}, {1, 2}), Error);
}

TEST_CASE("batch answers agree with single queries") {
    const WordVectors<float> vectors = test::random_vectors(300, 12, 8);
    const WordIndex index(vectors);
    AnalogySection section{"s", {}};
    std::size_t expected = 0;
    Random random(4);
    for (std::size_t i = 0; i < 200; ++i) {
        AnalogyQuestion question;
        for (std::size_t j = 0; j < 3; ++j) {
            question[j] = "w" + std::to_string(j * 100 + random.below(100));
        }
        question[3] = analogy(index, question[0], question[1], question[2], {.top = 1})[0].word;
        if (i % 2 == 0) question[3] = "w" + std::to_string(random.below(300));
        expected += i % 2;
        section.questions.push_back(question);
    }
    const AnalogyResult result = evaluate_analogies(vectors, {section});
    REQUIRE(result.total.correct >= expected);
    REQUIRE(result.total.correct <= expected + 5);
}

TEST_CASE("the demo's world is learnt from its text, and not without it") {
    // Seeds that the grammar was not written with.
    for (const std::uint64_t seed : {1001u, 1002u}) {
        const EncodedCorpus corpus = encode_text(demo::corpus(seed, 40000), {.min_count = 1});
        const AnalogyEvaluationOptions options{.folding = CaseFolding::none};
        const Word2VecOptions sgns{.dim = 50, .epochs = 10, .seed = seed};
        const TrainedVectors trained = train_sgns(corpus, sgns);
        const AnalogyResult result =
            evaluate_analogies(trained.vectors, demo::analogies(), options);
        REQUIRE(result.total.skipped == 0);
        REQUIRE(result.total.accuracy() >= 0.9);
        Word2VecOptions none = sgns;
        none.epochs = 0;
        const TrainedVectors untrained = train_sgns(corpus, none);
        REQUIRE(evaluate_analogies(untrained.vectors, demo::analogies(), options).total.accuracy() <
                0.05);
    }
}

TEST_CASE("the demo's grammar never puts a question's words into one sentence") {
    const std::string text = demo::corpus(1, 5000);
    std::set<std::string, std::less<>> asked;
    for (const AnalogySection& section : demo::analogies()) {
        for (const AnalogyQuestion& question : section.questions) {
            asked.insert(question.begin(), question.end());
        }
    }
    std::size_t in_sentence = 0;
    for_each_word(
        text, [&](std::string_view word) { in_sentence += asked.contains(word); },
        [&] {
            REQUIRE(in_sentence == 1);
            in_sentence = 0;
        });
}

TEST_CASE("sets of real questions and pairs are read whole") {
    const auto data = test::data_folder();
    if (!data) return;
    const auto sections = read_analogies(*data + "/analogy/questions-words.txt");
    REQUIRE(sections.size() == 14);
    std::size_t questions = 0;
    for (const AnalogySection& section : sections) {
        questions += section.questions.size();
    }
    REQUIRE(questions == 19544);
    REQUIRE(read_word_pairs(*data + "/similarity/ws353.tsv").size() == 353);
    REQUIRE(read_word_pairs(*data + "/similarity/simlex999.tsv").size() == 999);
    REQUIRE(read_word_pairs(*data + "/similarity/rg65.tsv").size() == 65);
}
