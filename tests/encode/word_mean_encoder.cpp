#include <firth/encode/word_mean_encoder.hpp>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "../support/folded_words.hpp"
#include "../support/support.hpp"

using namespace firth;

namespace {

WordVectors<float> random_words(std::size_t count, std::size_t dim, std::uint64_t seed) {
    Random random(seed);
    Vocabulary vocabulary;
    EmbeddingTable<float> table(count, dim);
    for (std::size_t id = 0; id < count; ++id) {
        vocabulary.add("w" + std::to_string(id), count - id);
        for (float& element : table[id]) {
            element = random.uniform() - 0.5f;
        }
    }
    return {std::move(vocabulary), std::move(table)};
}

std::vector<float> encoded(const auto& encoder, std::string_view text) {
    std::vector<float> vector(encoder.dim(), 7.0f);
    encoder.encode(text, vector);
    return vector;
}

} // namespace

TEST_CASE("a text is the weighted mean of its words, less its shares of directions") {
    Random random(3);
    for (const std::size_t dim : {1u, 7u, 50u, 300u}) {
        const WordVectors<float> words = random_words(40, dim, dim);
        WordMeanEncoder encoder(random_words(40, dim, dim));
        const bool weighted = dim != 7;
        std::vector<float> weights;
        for (std::size_t id = 0; id < 40; ++id) {
            weights.push_back(weighted ? random.uniform() : 1.0f);
        }
        if (weighted) encoder.set_weights(weights);
        const std::size_t directions = dim == 50 ? 2 : 0;
        EmbeddingTable<float> axes(directions, dim);
        for (std::size_t k = 0; k < directions; ++k) {
            axes[k][3 * k] = 1;
        }
        if (directions != 0) encoder.set_directions(std::move(axes), {1.0f, 0.25f});

        for (int round = 0; round < 30; ++round) {
            std::vector<double> expected(dim);
            std::string text;
            const std::size_t length = random.below(30);
            std::size_t known = 0;
            for (std::size_t i = 0; i < length; ++i) {
                const std::size_t id = random.below(50); // from 40 on unknown
                text += (random.below(4) == 0 ? "\n w" : " w") + std::to_string(id);
                if (id >= 40) continue;
                ++known;
                for (std::size_t k = 0; k < dim; ++k) {
                    expected[k] += double{weights[id]} * double{words[static_cast<Id>(id)][k]};
                }
            }
            for (double& element : expected) {
                element /= static_cast<double>(known == 0 ? 1 : known);
            }
            if (directions != 0) {
                expected[0] = 0;
                expected[3] *= 0.75;
            }
            std::vector<float> vector(dim, 7.0f);
            REQUIRE(encoder.encode(text, vector) == known);
            for (std::size_t k = 0; k < dim; ++k) {
                REQUIRE(double{vector[k]} == Approx(expected[k]).margin(1e-6));
            }
        }
    }
}

TEST_CASE("words outside the vocabulary come from n-grams, or are left out") {
    SubwordOptions options{.min_length = 3, .max_length = 3, .buckets = 50};
    Random random(5);
    EmbeddingTable<float> ngrams(50, 4);
    for (std::size_t bucket = 0; bucket < 50; ++bucket) {
        for (float& element : ngrams[bucket]) {
            element = random.uniform();
        }
    }
    const SubwordVectors vectors(random_words(5, 4, 1), EmbeddingTable<float>(ngrams), options);
    WordMeanEncoder encoder(SubwordVectors(random_words(5, 4, 1), std::move(ngrams), options));
    encoder.set_weights({1, 1, 1, 1, 1}, 0.5f);
    std::vector<float> made(4);
    REQUIRE(vectors.compose("window", made) != 0);
    const std::vector<float> vector = encoded(encoder, "w2 window");
    for (std::size_t k = 0; k < 4; ++k) {
        CHECK(vector[k] == Approx((vectors.words()[2][k] + 0.5f * made[k]) / 2));
    }
    const WordMeanEncoder whole(random_words(5, 4, 1));
    CHECK(encoded(whole, "w2 window") == encoded(whole, "w2"));
    CHECK(encoded(whole, "window") == std::vector<float>(4));
    CHECK(encoded(whole, "") == std::vector<float>(4));
    // Its own tokenizer.
    const WordMeanEncoder folded(random_words(5, 4, 1), test::FoldedWords());
    CHECK(encoded(folded, "W2 w3") == encoded(whole, "w2 w3"));
    CHECK(encoded(whole, "W2 w3") == encoded(whole, "w3"));
}

TEST_CASE("texts encoded on several threads are those encoded one by one") {
    const WordMeanEncoder encoder(random_words(30, 20, 9));
    Random random(11);
    std::vector<std::string> texts;
    for (int i = 0; i < 1000; ++i) {
        std::string& text = texts.emplace_back();
        for (std::size_t words = random.below(9); words != 0; --words) {
            text += "w" + std::to_string(random.below(40)) + " ";
        }
    }
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    for (const std::size_t threads : {1u, 3u}) {
        const EmbeddingTable<float> table = encode_texts(encoder, views, threads);
        REQUIRE(table.rows() == texts.size());
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const std::vector<float> alone = encoded(encoder, texts[i]);
            REQUIRE(std::equal(alone.begin(), alone.end(), table[i].begin(), table[i].end()));
        }
    }
    CHECK(encode_texts(encoder, std::span<const std::string_view>()).rows() == 0);
}

TEST_CASE("weights and directions that do not fit the words are refused") {
    WordMeanEncoder encoder(random_words(3, 4, 1));
    CHECK_THROWS_WITH(encoder.set_weights({1, 2}),
                      "2 weights of words, expected one for each of the 3");
    CHECK_THROWS_WITH(encoder.set_directions(EmbeddingTable<float>(1, 3), {1.0f}),
                      "1 directions of dim 3 with 1 shares, expected dim 4 and a share for each");
    CHECK_THROWS_WITH(encoder.set_directions(EmbeddingTable<float>(2, 4), {1.0f}),
                      "2 directions of dim 4 with 1 shares, expected dim 4 and a share for each");
}
