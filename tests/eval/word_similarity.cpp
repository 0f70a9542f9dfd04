#include <firth/eval/word_similarity.hpp>

#include <cmath>
#include <limits>
#include <set>

#include <firth/base/random.hpp>

#include "../support/support.hpp"
#include "../support/vectors.hpp"

using namespace firth;

namespace {

/// Ranks by counting, and the correlation of ranks by its definition.
double naive_spearman(const std::vector<double>& x, const std::vector<double>& y) {
    const auto rank = [](const std::vector<double>& values, std::size_t i) {
        double below = 0;
        double equal = 0;
        for (const double value : values) {
            below += value < values[i];
            equal += value == values[i];
        }
        return below + (equal + 1) / 2;
    };
    const auto n = static_cast<double>(x.size());
    double sum_x = 0, sum_y = 0, xx = 0, yy = 0, xy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double a = rank(x, i);
        const double b = rank(y, i);
        sum_x += a;
        sum_y += b;
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    return (n * xy - sum_x * sum_y) /
           std::sqrt((n * xx - sum_x * sum_x) * (n * yy - sum_y * sum_y));
}

} // namespace

TEST_CASE("Spearman's rho agrees with ranks by counting, ties and all", "[spearman]") {
    Random random(7);
    for (std::uint32_t values : {2u, 3u, 5u, 1000u}) {
        for (std::size_t size : {2u, 3u, 10u, 57u}) {
            std::vector<double> x{0, 1};
            std::vector<double> y{0, 1};
            while (x.size() < size) {
                x.push_back(random.below(values));
                y.push_back(random.below(values));
            }
            const double rho = spearman(x, y);
            REQUIRE(std::fabs(rho - naive_spearman(x, y)) < 1e-12);
            REQUIRE(rho <= 1);
            REQUIRE(rho >= -1);
        }
    }
    // Without ties: 1 - 6 sum d^2 / (n (n^2 - 1)).
    REQUIRE(
        std::fabs(spearman(std::vector<double>{1, 2, 3, 4}, std::vector<double>{20, 10, 40, 30}) -
                  (1 - 6.0 * 4 / (4 * 15))) < 1e-12);
    constexpr double infinity = std::numeric_limits<double>::infinity();
    REQUIRE(spearman(std::vector<double>{-infinity, 1, infinity}, std::vector<double>{1, 2, 3}) ==
            1);
    const std::vector<double> nan{1, std::numeric_limits<double>::quiet_NaN()};
    REQUIRE(test::contains(test::message_of<Error>([&] { static_cast<void>(average_ranks(nan)); }),
                           "value 1"));
    REQUIRE_THROWS_AS(spearman(std::vector<double>{1, 2}, nan), Error);
}

TEST_CASE("Pearson's coefficient agrees with its closed form", "[spearman]") {
    // y = 2 x + e with e orthogonal to both.
    const std::vector<double> x{1, 2, 3, 4};
    const std::vector<double> y{3, 3, 5, 9};
    // Deviations (-1.5, -0.5, 0.5, 1.5) and (-2, -2, 0, 4): 10 / sqrt(5 x 24).
    REQUIRE(std::fabs(pearson(x, y) - 10 / std::sqrt(120.0)) < 1e-15);
    REQUIRE(std::isnan(pearson(x, std::vector<double>{2, 2, 2, 2})));
    // Three times 0.1 have a mean a little off.
    const std::vector<double> equal{0.1, 0.1, 0.1};
    REQUIRE(std::isnan(pearson(std::vector<double>{1, 2, 4}, equal)));
    REQUIRE(std::isnan(pearson(equal, std::vector<double>{1, 2, 4})));
    Random random(11);
    for (std::size_t round = 0; round < 200; ++round) {
        std::vector<double> some;
        for (std::size_t i = 0; i < 7; ++i) {
            some.push_back(static_cast<double>(random.uniform()));
        }
        std::vector<double> scaled = some;
        for (double& value : scaled) {
            value *= -0.3;
        }
        REQUIRE(pearson(some, some) <= 1);
        REQUIRE(pearson(some, scaled) >= -1);
        REQUIRE(pearson(some, scaled) < -0.999999);
    }
    REQUIRE(std::isnan(pearson(std::vector<double>{2, 2, 2, 2}, x)));
    REQUIRE(std::isnan(pearson(std::vector<double>{1}, std::vector<double>{1})));
    REQUIRE_THROWS_AS(pearson(x, std::vector<double>{1}), Error);
    REQUIRE_THROWS_AS(pearson(std::vector<double>{1}, x), Error);
}

TEST_CASE("word similarity is rho between cosines and scores", "[similarity]") {
    const WordVectors<float> vectors = test::random_vectors(50, 7, 9);
    Random random(3);
    std::vector<WordPair> pairs;
    std::vector<double> cosines;
    std::vector<double> scores;
    std::size_t missing = 0;
    for (std::size_t i = 0; i < 200; ++i) {
        const Id a = random.below(50);
        const Id b = random.below(50);
        const double score = random.below(11);
        WordPair pair{std::string(vectors.word(a)), std::string(vectors.word(b)), score};
        if (i % 7 == 0) pair.first = 'W' + pair.first.substr(1); // found without its case
        if (i % 10 == 1) pair.first = "unknown";
        if (i % 10 == 2) pair.second = "unknown";
        if (i % 10 == 1 || i % 10 == 2) {
            ++missing;
        } else {
            cosines.push_back(test::naive_cosine(vectors[a], vectors[b]));
            scores.push_back(score);
        }
        pairs.push_back(std::move(pair));
    }
    const WordSimilarityResult result = evaluate_word_similarity(vectors, pairs);
    REQUIRE(result.missing == missing);
    REQUIRE(result.pairs == 200 - missing);
    REQUIRE(result.substituted == 0);
    REQUIRE(std::fabs(result.rho - naive_spearman(cosines, scores)) < 1e-3);
    REQUIRE(evaluate_word_similarity(vectors, pairs, {.folding = CaseFolding::none}).pairs <
            result.pairs);
    REQUIRE(std::isnan(evaluate_word_similarity(vectors, {}).rho));
}

TEST_CASE("pairs fold case in all of Unicode unless told otherwise", "[similarity]") {
    Vocabulary words;
    words.add("élan");
    words.add("x");
    const WordVectors<float> vectors(std::move(words), EmbeddingTable<float>(2, 3));
    const auto pairs = [&](const char* word, CaseFolding folding) {
        return evaluate_word_similarity(vectors, {{word, "x", 1}}, {.folding = folding}).pairs;
    };
    REQUIRE(evaluate_word_similarity(vectors, {{"ÉLAN", "X", 1}}).pairs == 1);
    REQUIRE(pairs("ÉLAN", CaseFolding::unicode) == 1);
    REQUIRE(pairs("ÉLAN", CaseFolding::ascii) == 0);
    REQUIRE(pairs("éLAN", CaseFolding::ascii) == 1);
    REQUIRE(pairs("éLAN", CaseFolding::none) == 0);
    REQUIRE(pairs("élan", CaseFolding::none) == 1);
}

TEST_CASE("unknown words of pairs follow the policy", "[similarity]") {
    const SubwordOptions options{.min_length = 1, .max_length = 1, .buckets = 50};
    const auto bucket = [](const char* letter) { return subword_hash(letter) % 50; };
    REQUIRE(std::set<std::uint32_t>{bucket("c"), bucket("C"), bucket("d")}.size() == 3);
    Vocabulary words;
    EmbeddingTable<float> table(3, 2);
    const float rows[3][2] = {{1, 0}, {0, 1}, {3, 1}};
    for (Id id = 0; id < 3; ++id) {
        words.add(std::string(1, static_cast<char>('x' + id)));
        std::ranges::copy(rows[id], table[id].begin());
    }
    EmbeddingTable<float> ngrams(50, 2);
    ngrams[bucket("c")][0] = 5;
    ngrams[bucket("C")][1] = 5;
    ngrams[bucket("d")][0] = 1;
    ngrams[bucket("d")][1] = 1;
    const SubwordVectors model({words, table}, ngrams, options);
    const auto evaluate = [&](const std::vector<WordPair>& pairs, const OutOfVocabulary& policy) {
        return evaluate_word_similarity(model.words(), pairs, {.out_of_vocabulary = policy});
    };
    // Cosines with x: c 1, y 0, d sqrt(1/2), z 3/sqrt(10). An empty word has no n-grams.
    const std::vector<WordPair> pairs{
        {"x", "c", 4}, {"y", "x", 1}, {"d", "x", 2}, {"x", "z", 3}, {"x", "", 9}};
    const WordSimilarityResult made = evaluate(pairs, OutOfVocabulary::subwords(model));
    REQUIRE(made.pairs == 4);
    REQUIRE(made.missing == 1);
    REQUIRE(made.substituted == 2);
    REQUIRE(std::fabs(made.rho - 1) < 1e-12);
    const WordSimilarityResult skipped = evaluate(pairs, OutOfVocabulary::skip());
    REQUIRE(skipped.pairs == 2);
    REQUIRE(skipped.missing == 3);
    REQUIRE(skipped.substituted == 0);
    REQUIRE(evaluate_word_similarity(model.words(), pairs).pairs == 2);
    // With zeros, unknown words share the lowest cosine with y.
    const WordSimilarityResult zero = evaluate(pairs, OutOfVocabulary::zero());
    REQUIRE(zero.pairs == 5);
    REQUIRE(zero.substituted == 3);
    REQUIRE(std::fabs(zero.rho - naive_spearman({0, 0, 0, 1, 0}, {4, 1, 2, 3, 9})) < 1e-12);
    // The mean of the rows is (4/3, 2/3), at 0.894 to x; x itself stands for others.
    const WordSimilarityResult mean = evaluate(pairs, OutOfVocabulary::mean());
    REQUIRE(std::fabs(mean.rho - naive_spearman({0.894, 0, 0.894, 0.949, 0.894}, {4, 1, 2, 3, 9})) <
            1e-12);
    const WordSimilarityResult other = evaluate(pairs, OutOfVocabulary::unknown_word("x"));
    REQUIRE(std::fabs(other.rho - naive_spearman({1, 0, 1, 0.949, 1}, {4, 1, 2, 3, 9})) < 1e-12);
    REQUIRE_THROWS_AS(evaluate(pairs, OutOfVocabulary::error()), UnknownWordError);
    // All words here are in small letters, so "C" is made as "c" is; beside a capital it is "C".
    const std::vector<WordPair> capital{{"x", "C", 2}, {"x", "z", 1}};
    REQUIRE(evaluate(capital, OutOfVocabulary::subwords(model)).rho == 1);
    Vocabulary mixed;
    for (const char* const word : {"x", "y", "Z"}) {
        mixed.add(word);
    }
    const SubwordVectors cased({mixed, table}, ngrams, options);
    REQUIRE(evaluate_word_similarity(cased.words(), capital,
                                     {.out_of_vocabulary = OutOfVocabulary::subwords(cased)})
                .rho == -1);
    // N-grams of another dim cannot stand for words.
    const WordVectors<float> longer = test::random_vectors(3, 5, 1);
    REQUIRE_THROWS_AS(evaluate_word_similarity(
                          longer, capital, {.out_of_vocabulary = OutOfVocabulary::subwords(model)}),
                      Error);
}

TEST_CASE("vectors and scores that are no numbers are refused", "[similarity]") {
    Vocabulary words;
    words.add("a");
    words.add("b");
    EmbeddingTable<float> table(2, 1);
    table[0][0] = std::nanf("");
    table[1][0] = 1;
    const WordVectors<float> vectors(std::move(words), std::move(table));
    REQUIRE(
        test::contains(test::message_of<Error>([&] {
                           static_cast<void>(evaluate_word_similarity(vectors, {{"b", "a", 1}}));
                       }),
                       "\"b\" and \"a\""));
    REQUIRE_THROWS_AS(evaluate_word_similarity(vectors, {{"b", "b", 1}, {"b", "b", std::nan("")}}),
                      Error);
}
