#include <firth/query.hpp>
#include <firth/search.hpp>

#include <cmath>
#include <functional>

#include "../support/support.hpp"
#include "../support/vectors.hpp"

using namespace firth;

namespace {

/// Royalty, gender and food as axes; lengths differ, so that unit vectors matter.
WordVectors<float> small_world() {
    return test::word_vectors({{"king", {2, 2, 0}},
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
    REQUIRE(words(index.search(vectors["king"], {.k = 1})) == std::vector<std::string>{"king"});
    const WordIndex<ExactIndex<InnerProduct>> by_product(vectors);
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

namespace {

/// All words but the excluded, best first, by a score in double.
std::vector<std::pair<double, std::string>>
naive_ranking(const WordVectors<float>& vectors, const std::vector<std::string>& excluded,
              const std::function<double(std::span<const float>)>& score) {
    std::vector<std::pair<double, std::string>> ranking;
    for (Id id = 0; id < vectors.size(); ++id) {
        const std::string word(vectors.word(id));
        if (std::find(excluded.begin(), excluded.end(), word) != excluded.end()) continue;
        ranking.emplace_back(score(vectors[id]), word);
    }
    std::sort(ranking.begin(), ranking.end(), std::greater<>());
    return ranking;
}

/// The answer names the same words in the same order, with the same scores.
void require_ranking(const std::vector<WordScore>& found,
                     std::vector<std::pair<double, std::string>> expected, std::size_t top) {
    expected.resize(std::min(expected.size(), top));
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        REQUIRE(std::fabs(static_cast<double>(found[i].score) - expected[i].first) < 1e-4);
        if (i + 1 < expected.size() && expected[i].first - expected[i + 1].first > 1e-4 &&
            (i == 0 || expected[i - 1].first - expected[i].first > 1e-4)) {
            REQUIRE(found[i].word == expected[i].second);
        }
    }
}

/// The sum of unit vectors with their signs.
std::vector<float> combined(const WordVectors<float>& vectors, const std::vector<std::string>& plus,
                            const std::vector<std::string>& minus) {
    std::vector<double> sum(vectors.dim());
    const auto add = [&](const std::vector<std::string>& words, double sign) {
        for (const std::string& word : words) {
            double square = 0;
            for (const float value : vectors[word]) {
                square += static_cast<double>(value) * static_cast<double>(value);
            }
            for (std::size_t i = 0; i < sum.size(); ++i) {
                sum[i] += sign * static_cast<double>(vectors[word][i]) / std::sqrt(square);
            }
        }
    };
    add(plus, 1);
    add(minus, -1);
    return {sum.begin(), sum.end()};
}

/// Vectors of very different lengths.
WordVectors<float> uneven_vectors() {
    const WordVectors<float> even = test::random_vectors(60, 9, 4);
    EmbeddingTable<float> table = even.table();
    for (Id id = 0; id < even.size(); ++id) {
        for (float& value : table[id]) {
            value *= static_cast<float>(1 + id % 7 * 3);
        }
    }
    return {even.vocabulary(), std::move(table)};
}

} // namespace

TEST_CASE("the nearest words are those that loops in double find", "[nearest]") {
    const WordVectors<float> vectors = uneven_vectors();
    const WordIndex index(vectors);
    const WordIndex<ExactIndex<InnerProduct>> by_product(vectors);
    using Words = std::vector<std::string>;
    for (const auto& [plus, minus] : {std::pair<Words, Words>{{"w3"}, {}},
                                      {{"w3", "w17", "w20"}, {}},
                                      {{"w5", "w6"}, {"w7"}},
                                      {{"w8"}, {"w9", "w10"}},
                                      {{}, {"w11"}}}) {
        Words excluded = plus;
        excluded.insert(excluded.end(), minus.begin(), minus.end());
        const std::vector<float> query = combined(vectors, plus, minus);
        const auto cosine = [&](std::span<const float> row) {
            return test::naive_cosine(query, row);
        };
        const auto product = [&](std::span<const float> row) {
            double sum = 0;
            for (std::size_t i = 0; i < row.size(); ++i) {
                sum += static_cast<double>(query[i]) * static_cast<double>(row[i]);
            }
            return sum;
        };
        const auto expected = naive_ranking(vectors, excluded, cosine);
        require_ranking(most_similar(index, plus, minus), expected, 10);
        require_ranking(most_similar(index, plus, minus, {.top = 100}), expected, 100);
        require_ranking(most_similar(index, plus, minus, {.top = 1}), expected, 1);
        require_ranking(most_similar(by_product, plus, minus, {.top = 7}),
                        naive_ranking(vectors, excluded, product), 7);
    }
    REQUIRE(nearest(index, "w1").size() == 10);
    REQUIRE(words(nearest(index, "w1")) == words(most_similar(index, {"w1"})));
    REQUIRE(most_similar(index, {"w1"}, {}, {.top = 0}).empty());
    // A raw query, and rows left out of it.
    const std::vector<Id> left_out{4, 5};
    REQUIRE(index.search(vectors["w4"], {.k = 3})[0].word == "w4");
    REQUIRE(index.search(vectors["w4"], {.k = 60, .excluded = left_out}).size() == 58);
    REQUIRE(words(index.search(vectors["w4"], {.k = 3, .excluded = left_out})).at(0) != "w4");
    REQUIRE_THROWS_AS(most_similar(index, {}), UnknownWordError);
}

TEST_CASE("analogies rank as 3CosAdd and 3CosMul say", "[analogy]") {
    const WordVectors<float> vectors = uneven_vectors();
    const WordIndex index(vectors);
    for (const auto& question : {std::array<const char*, 3>{"w1", "w2", "w3"},
                                 {"w59", "w0", "w30"},
                                 {"w12", "w12", "w13"},
                                 {"w7", "w8", "w8"}}) {
        const char* const a = question[0];
        const char* const b = question[1];
        const char* const c = question[2];
        const std::vector<std::string> excluded{a, b, c};
        const std::vector<float> query = combined(vectors, {b, c}, {a});
        const auto sum = naive_ranking(vectors, excluded, [&](std::span<const float> row) {
            return test::naive_cosine(query, row);
        });
        require_ranking(analogy(index, a, b, c), sum, 10);
        require_ranking(analogy(index, a, b, c, {.top = 60}), sum, 60);
        const auto product = naive_ranking(vectors, excluded, [&](std::span<const float> row) {
            const auto shifted = [&](const char* word) {
                return (test::naive_cosine(vectors[word], row) + 1) / 2;
            };
            return shifted(b) * shifted(c) / (shifted(a) + 0.001);
        });
        const AnalogyMethod mul = AnalogyMethod::cos_mul;
        require_ranking(analogy(index, a, b, c, {.method = mul}), product, 10);
        require_ranking(analogy(index, a, b, c, {.top = 3, .method = mul}), product, 3);
        require_ranking(analogy(index, a, b, c, {.top = 60, .method = mul}), product, 60);
    }
}

TEST_CASE("3CosMul divides by at least a thousandth", "[analogy]") {
    // d is opposite to a: its shifted cosine with a is 0.
    const WordVectors<float> vectors = test::word_vectors(
        {{"a", {-2, 0}}, {"b", {0, 3}}, {"c", {0, -5}}, {"d", {7, 0}}, {"e", {1, 1}}});
    const WordIndex index(vectors);
    const auto found = analogy(index, "a", "b", "c", {.method = AnalogyMethod::cos_mul});
    REQUIRE(words(found) == std::vector<std::string>{"d", "e"});
    REQUIRE(std::fabs(found[0].score - 0.25f / 0.001f) < 0.01f);
}

TEST_CASE("similarity agrees with the cosine in double", "[similarity]") {
    const WordVectors<float> vectors = uneven_vectors();
    for (Id a = 0; a < 60; a += 7) {
        for (Id b = 0; b < 60; b += 5) {
            const float found = similarity(vectors, vectors.word(a), vectors.word(b));
            REQUIRE(std::fabs(static_cast<double>(found) -
                              test::naive_cosine(vectors[a], vectors[b])) < 1e-6);
        }
    }
    REQUIRE_THROWS_AS(similarity(vectors, "w1", "w99"), UnknownWordError);
    REQUIRE_THROWS_AS(similarity(vectors, "w99", "w1"), UnknownWordError);
    REQUIRE(std::isnan(similarity(vectors, "w99", "w1", OutOfVocabulary::skip())));
}

TEST_CASE("each policy gives an unknown word its vector", "[unknown]") {
    const SubwordOptions options{.min_length = 1, .max_length = 1, .buckets = 40};
    const WordVectors<float> world = small_world();
    EmbeddingTable<float> ngrams(40, 3);
    for (std::size_t row = 0; row < 40; ++row) {
        ngrams[row][0] = static_cast<float>(row);
        ngrams[row][2] = 1;
    }
    const SubwordVectors model(world, ngrams, options);
    const auto look = [&](std::string_view word, const OutOfVocabulary& policy) {
        return look_up(world, word, policy);
    };
    using Values = std::vector<float>;
    for (const OutOfVocabulary& policy :
         {OutOfVocabulary::error(), OutOfVocabulary::skip(), OutOfVocabulary::zero(),
          OutOfVocabulary::mean(), OutOfVocabulary::unknown_word("apple"),
          OutOfVocabulary::subwords(model)}) {
        const std::optional<LookedUp> known = look("king", policy);
        REQUIRE(known->vector == Values{2, 2, 0});
        REQUIRE(known->id == 0);
    }
    REQUIRE_FALSE(look("new", OutOfVocabulary::skip()));
    REQUIRE(look("new", OutOfVocabulary::zero())->vector == Values{0, 0, 0});
    REQUIRE(look("new", OutOfVocabulary::zero())->id == no_id);
    REQUIRE(look("new", OutOfVocabulary::mean())->vector == mean_row(world.table()));
    REQUIRE(look("new", OutOfVocabulary::mean())->id == no_id);
    REQUIRE(look("new", OutOfVocabulary::unknown_word("apple"))->vector == Values{0, 0, 1});
    REQUIRE(look("new", OutOfVocabulary::unknown_word("apple"))->id == 4);
    REQUIRE_THROWS_AS(look("new", OutOfVocabulary::error()), UnknownWordError);
    const float e = static_cast<float>(subword_hash("e") % 40);
    const float n = static_cast<float>(subword_hash("n") % 40);
    const std::optional<LookedUp> made = look("en", OutOfVocabulary::subwords(model));
    REQUIRE(std::fabs(made->vector[0] - (e + n) / 2) < 1e-4f);
    REQUIRE(made->vector[1] == 0);
    REQUIRE(std::fabs(made->vector[2] - 1) < 1e-6f);
    REQUIRE(made->id == no_id);
    // No n-gram: an error, or nothing where that is asked for.
    REQUIRE_THROWS_AS(look("", OutOfVocabulary::subwords(model)), UnknownWordError);
    REQUIRE_FALSE(look_up_or_skip(world, "", OutOfVocabulary::subwords(model)));
    REQUIRE(look_up_or_skip(world, "en", OutOfVocabulary::subwords(model))->vector == made->vector);
    REQUIRE_THROWS_AS(look_up_or_skip(world, "new", OutOfVocabulary::error()), UnknownWordError);
    const WordVectors<float> longer = test::random_vectors(3, 5, 1);
    REQUIRE(test::contains(test::message_of<Error>([&] {
                               static_cast<void>(
                                   look_up(longer, "en", OutOfVocabulary::subwords(model)));
                           }),
                           "dim 3"));
    // What the policies say of themselves.
    REQUIRE(OutOfVocabulary::unknown_word("x").word() == "x");
    REQUIRE(OutOfVocabulary::zero().word().empty());
    REQUIRE(OutOfVocabulary::subwords(model).model() == &model);
    REQUIRE(OutOfVocabulary::mean().model() == nullptr);
    REQUIRE(OutOfVocabulary::mean().policy() == OutOfVocabulary::Policy::mean);
    // Queries go by them: a made word is near to what its vector is near to.
    const WordIndex index(world);
    REQUIRE(
        words(nearest(index, "new",
                      {.top = 1, .out_of_vocabulary = OutOfVocabulary::unknown_word("king")})) ==
        std::vector<std::string>{"prince"});
    REQUIRE(nearest(index, "en", {.out_of_vocabulary = OutOfVocabulary::subwords(model)}).size() ==
            7);
    REQUIRE(std::fabs(similarity(world, "en", "apple", OutOfVocabulary::subwords(model)) -
                      1 / std::hypot((e + n) / 2, 1.0f)) < 1e-5f);
}

TEST_CASE("analogies with unknown words follow the policy", "[unknown]") {
    const WordVectors<float> vectors = small_world();
    const WordIndex index(vectors);
    for (const AnalogyMethod method : {AnalogyMethod::cos_add, AnalogyMethod::cos_mul}) {
        const auto with = [&](const char* a, const char* b, const char* c,
                              const OutOfVocabulary& policy) {
            return words(analogy(index, a, b, c,
                                 {.top = 10, .method = method, .out_of_vocabulary = policy}));
        };
        REQUIRE_THROWS_AS(with("x", "king", "woman", OutOfVocabulary::error()), UnknownWordError);
        REQUIRE_THROWS_AS(with("man", "x", "woman", OutOfVocabulary::error()), UnknownWordError);
        REQUIRE_THROWS_AS(with("man", "king", "x", OutOfVocabulary::error()), UnknownWordError);
        REQUIRE_THROWS_AS(with("x", "y", "z", OutOfVocabulary::skip()), UnknownWordError);
        // Without "man" the words near to both others come first; they are still left out.
        REQUIRE(with("x", "king", "woman", OutOfVocabulary::skip()) ==
                with("x", "king", "woman", OutOfVocabulary::zero()));
        REQUIRE(with("x", "king", "woman", OutOfVocabulary::skip()).size() == 5);
        // The word that stands for another is left out, too.
        REQUIRE(with("x", "king", "woman", OutOfVocabulary::unknown_word("man")) ==
                with("man", "king", "woman", OutOfVocabulary::error()));
    }
    REQUIRE(words(analogy(index, "man", "king", "woman")).size() == 4);
    REQUIRE(words(analogy(index, "man", "king", "woman")) ==
            words(analogy(index, "man", "king", "woman", {.method = AnalogyMethod::cos_add})));
}

TEST_CASE("the mean row is the mean of each column", "[unknown]") {
    const WordVectors<float> vectors = test::random_vectors(37, 5, 2);
    const std::vector<float> mean = mean_row(vectors.table());
    for (std::size_t i = 0; i < 5; ++i) {
        double sum = 0;
        for (Id id = 0; id < 37; ++id) {
            sum += static_cast<double>(vectors[id][i]);
        }
        REQUIRE(std::fabs(static_cast<double>(mean[i]) - sum / 37) < 1e-7);
    }
    REQUIRE(mean_row(EmbeddingTable<float>(0, 3)) == std::vector<float>{0, 0, 0});
}

TEST_CASE("errors name the nearest spellings", "[unknown]") {
    Vocabulary vocabulary;
    for (const char* const word : {"kings", "cat", "kong", "king", "ring", "thing", "kin"}) {
        vocabulary.add(word);
    }
    const WordVectors<float> vectors(std::move(vocabulary), EmbeddingTable<float>(7, 2));
    const WordIndex index(vectors);
    const std::string message =
        test::message_of<UnknownWordError>([&] { static_cast<void>(nearest(index, "kingg")); });
    // One edit away first, then by id; three of them.
    REQUIRE(test::contains(message, "\"kingg\" is not in the vocabulary of 7 words; nearest "
                                    "spellings: kings, king, kong"));
    REQUIRE_FALSE(test::contains(message, "ring"));
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
    static_assert(!std::is_constructible_v<WordIndex<>, WordVectors<float>&&>);
    static_assert(
        !std::is_constructible_v<WordIndex<>, WordVectors<float>&&, const CertifiedOptions&>);
    static_assert(std::is_constructible_v<WordIndex<>, const WordVectors<float>&>);
}

namespace {

/// Every row's cosine in double: an index of a user's own.
struct NaiveCosines {
    using LabelType = Id;
    TableView<const float> rows;
    std::size_t size() const { return rows.rows(); }
    std::size_t dim() const { return rows.dim(); }
    std::vector<Neighbor> search(std::span<const float> query, const SearchOptions& options) const {
        TopK best(options.k);
        for (Id id = 0; id < size(); ++id) {
            if (!may_be_found(id, options)) continue;
            best.offer({id, static_cast<float>(test::naive_cosine(query, rows[id]))});
        }
        return best.take();
    }
    std::vector<std::vector<Neighbor>> search_batch(TableView<const float> queries,
                                                    const SearchOptions& options) const {
        std::vector<std::vector<Neighbor>> results;
        for (std::size_t q = 0; q < queries.rows(); ++q) {
            SearchOptions one = options;
            if (!options.excluded_each.empty()) {
                one.excluded_each = options.excluded_each.subspan(q, 1);
            }
            results.push_back(search(queries[q], one));
        }
        return results;
    }
};

/// Nearest words and analogies by an index over the rows of the vectors, against exact ones.
template <class I>
void check_words(const WordVectors<float>& vectors, I index) {
    const WordIndex<ExactIndex<Cosine>> exact(vectors);
    const WordIndex asked(vectors, std::move(index));
    const auto same = [](const std::vector<WordScore>& a, const std::vector<WordScore>& b) {
        REQUIRE(words(a) == words(b));
        for (std::size_t i = 0; i < a.size(); ++i) {
            REQUIRE(std::fabs(a[i].score - b[i].score) < 1e-4f * (1 + std::fabs(b[i].score)));
        }
    };
    same(nearest(asked, "w3", {.top = 5}), nearest(exact, "w3", {.top = 5}));
    ThreadPool pool(2);
    same(nearest(asked, "w3", {.top = 5, .pool = &pool}), nearest(exact, "w3", {.top = 5}));
    same(most_similar(asked, {"w1", "w2"}, {"w9"}), most_similar(exact, {"w1", "w2"}, {"w9"}));
    same(asked.search(vectors["w7"], {.k = 4, .filter = [](Id id) { return id % 2 == 0; }}),
         exact.search(vectors["w7"], {.k = 4, .filter = [](Id id) { return id % 2 == 0; }}));
    for (const AnalogyMethod method : {AnalogyMethod::cos_add, AnalogyMethod::cos_mul}) {
        const AnalogyOptions options{.top = 6, .method = method};
        same(analogy(asked, "w1", "w2", "w3", options), analogy(exact, "w1", "w2", "w3", options));
        const AnalogyOptions pooled{.top = 6, .method = method, .pool = &pool};
        same(analogy(asked, "w1", "w2", "w3", pooled), analogy(exact, "w1", "w2", "w3", options));
    }
}

} // namespace

TEST_CASE("words are screened by default, where there is memory", "[nearest]") {
    const WordVectors<float> vectors = uneven_vectors();
    const WordIndex index(vectors);
    const WordIndex plain(vectors, {.memory = 0});
    static_assert(std::is_same_v<decltype(index), decltype(plain)>);
    REQUIRE(index.index().is_screened());
    REQUIRE_FALSE(plain.index().is_screened());
    const WordIndex<ExactIndex<Cosine>> exact(vectors);
    for (const std::string_view word : {"w0", "w3", "w59"}) {
        const auto expected = nearest(exact, word, {.top = 20});
        for (const auto& found :
             {nearest(index, word, {.top = 20}), nearest(plain, word, {.top = 20})}) {
            REQUIRE(words(found) == words(expected));
            for (std::size_t i = 0; i < found.size(); ++i) {
                REQUIRE(found[i].score == expected[i].score);
            }
        }
    }
    // Vectors too long for int8 are searched all the same.
    Vocabulary one;
    one.add("long");
    const WordVectors<float> wide(std::move(one), EmbeddingTable<float>(1, simd::max_byte_dim + 1));
    REQUIRE(WordIndex(wide).search(wide["long"]).size() == 1);
}

TEST_CASE("words are found by any index of ids", "[nearest]") {
    const WordVectors<float> vectors = uneven_vectors();
    const TableView<const float> rows = vectors.table();
    check_words(vectors, NaiveCosines{rows});
    check_words(vectors, CertifiedIndex<Cosine>(rows));
    const QuantizedTable codes(rows);
    using Codes = ExactIndex<Cosine, QuantizedTable>;
    check_words(vectors, RescoredIndex<Codes>(Codes(codes), rows, {.factor = 60}));
    GrowingIndex<Cosine, Id> growing(vectors.dim());
    for (Id id = 0; id < rows.rows(); ++id) {
        growing.add(id, rows[id]);
    }
    check_words(vectors, std::move(growing));
    // The index must be one over these rows.
    REQUIRE(test::contains(test::message_of<Error>([&] {
                               static_cast<void>(WordIndex(vectors, NaiveCosines{rows.first(59)}));
                           }),
                           "59 rows of dim 9"));
    GrowingIndex<Cosine, Id> others(vectors.dim());
    for (Id id = 1; id <= rows.rows(); ++id) {
        others.add(id, rows[id - 1]);
    }
    const WordIndex wrong(vectors, std::move(others));
    REQUIRE(test::contains(
        test::message_of<Error>([&] { static_cast<void>(nearest(wrong, "w0", {.top = 60})); }),
        "found row 60"));
    static_assert(
        !std::is_constructible_v<WordIndex<NaiveCosines>, WordVectors<float>&&, NaiveCosines>);
    static_assert(!std::is_constructible_v<WordIndex<NaiveCosines>, const WordVectors<float>&>);
}
