#include <firth/query.hpp>

#include <cmath>

#include "../support/support.hpp"

using namespace firth;

namespace {

WordVectors<float> make(const std::vector<std::pair<std::string, std::vector<float>>>& rows) {
    Vocabulary vocabulary;
    EmbeddingTable<float> table(rows.size(), rows[0].second.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        vocabulary.add(rows[i].first);
        std::ranges::copy(rows[i].second, table[i].begin());
    }
    return {std::move(vocabulary), std::move(table)};
}

/// Royalty, gender and food as axes; lengths differ, so that unit vectors matter.
WordVectors<float> small_world() {
    return make({{"king", {2, 2, 0}},
                 {"man", {0, 3, 0}},
                 {"woman", {0, -1, 0}},
                 {"queen", {5, -5, 0}},
                 {"apple", {0, 0, 1}},
                 {"prince", {1, 1.5f, 0}},
                 {"zero", {0, 0, 0}}});
}

std::vector<std::string> words(const std::vector<WordScore>& scores) {
    std::vector<std::string> found;
    for (const WordScore& score : scores) {
        found.emplace_back(score.word);
    }
    return found;
}

} // namespace

TEST_CASE("similarity is the cosine") {
    const WordVectors<float> vectors = small_world();
    REQUIRE(std::fabs(similarity(vectors, "king", "man") - std::sqrt(0.5f)) < 1e-6f);
    REQUIRE(similarity(vectors, "king", "apple") == 0.0f);
    REQUIRE(similarity(vectors, "zero", "zero") == 0.0f);
}

TEST_CASE("nearest words leave out the word asked for") {
    const WordVectors<float> vectors = small_world();
    const WordIndex index(vectors);
    REQUIRE(words(nearest(index, "king", {.top = 2})) == std::vector<std::string>{"prince", "man"});
    REQUIRE(words(nearest(index, "king", {.top = 100})).size() == 6);
    REQUIRE(words(index.search(vectors["king"], 1)) == std::vector<std::string>{"king"});
    const BasicWordIndex<InnerProduct> by_product(vectors);
    REQUIRE(words(nearest(by_product, "man", {.top = 1})) == std::vector<std::string>{"king"});
}

TEST_CASE("analogies are answered by both methods, inputs left out") {
    const WordVectors<float> vectors = small_world();
    const WordIndex index(vectors);
    for (const AnalogyMethod method : {AnalogyMethod::cos_add, AnalogyMethod::cos_mul}) {
        const auto answer =
            words(analogy(index, "man", "king", "woman", {.top = 3, .method = method}));
        REQUIRE(answer.size() == 3);
        REQUIRE(answer[0] == "queen");
        for (const char* input : {"man", "king", "woman"}) {
            REQUIRE(std::find(answer.begin(), answer.end(), input) == answer.end());
        }
    }
    // Without leaving them out the answer would be an input: b - a + b is nearest to b.
    REQUIRE(words(analogy(index, "apple", "king", "king", {.top = 1}))[0] != "king");
}

TEST_CASE("3CosMul follows its equation") {
    const WordVectors<float> vectors = test::random_vectors(60, 9, 4);
    const WordIndex index(vectors);
    std::pair<double, Id> best{-1, 0};
    for (Id d = 0; d < 60; ++d) {
        if (d == 1 || d == 2 || d == 3) continue;
        const auto shifted = [&](const char* word) {
            return (static_cast<double>(similarity(vectors, vectors.word(d), word)) + 1) / 2;
        };
        const double score = shifted("w2") * shifted("w3") / (shifted("w1") + 0.001);
        if (score > best.first) best = {score, d};
    }
    const auto found =
        analogy(index, "w1", "w2", "w3", {.top = 1, .method = AnalogyMethod::cos_mul});
    REQUIRE(found[0].word == vectors.word(best.second));
    REQUIRE(std::fabs(static_cast<double>(found[0].score) - best.first) < 1e-4 * best.first);
}

TEST_CASE("unknown words follow the policy") {
    const WordVectors<float> vectors = small_world();
    const WordIndex index(vectors);
    REQUIRE(test::contains(
        test::message_of<UnknownWordError>([&] { static_cast<void>(nearest(index, "kingg")); }),
        "nearest spellings: king"));
    const auto with = [&](const OutOfVocabulary& policy) {
        return words(
            most_similar(index, {"man", "missing"}, {}, {.top = 1, .out_of_vocabulary = policy}));
    };
    REQUIRE(with(OutOfVocabulary::skip()) == std::vector<std::string>{"prince"});
    REQUIRE(with(OutOfVocabulary::zero()) == std::vector<std::string>{"prince"});
    REQUIRE(with(OutOfVocabulary::mean()) == std::vector<std::string>{"king"});
    REQUIRE(with(OutOfVocabulary::unknown_word("king")) == std::vector<std::string>{"prince"});
    REQUIRE_THROWS_AS(with(OutOfVocabulary::unknown_word("absent")), UnknownWordError);
    REQUIRE_THROWS_AS(with(OutOfVocabulary::error()), UnknownWordError);
    REQUIRE_THROWS_AS(nearest(index, "x", {.out_of_vocabulary = OutOfVocabulary::skip()}),
                      UnknownWordError);
    REQUIRE(std::isnan(similarity(vectors, "king", "x", OutOfVocabulary::skip())));
    REQUIRE(similarity(vectors, "king", "x", OutOfVocabulary::zero()) == 0.0f);
    const std::vector<float> mean = mean_row(vectors.table());
    REQUIRE(std::fabs(mean[0] - 8.0f / 7.0f) < 1e-6f);
}

TEST_CASE("an index of a temporary does not compile") {
    static_assert(!std::is_constructible_v<WordIndex, WordVectors<float>&&>);
    static_assert(std::is_constructible_v<WordIndex, const WordVectors<float>&>);
}
