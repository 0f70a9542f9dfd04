#include <firth/encode/fit_sif.hpp>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "../support/support.hpp"

using namespace firth;

namespace {

/// Words of counts 2^-id, whose vectors share a strong first element.
WordVectors<float> words_with_a_common_part(std::size_t count, std::size_t dim) {
    Random random(4);
    Vocabulary vocabulary;
    EmbeddingTable<float> table(count, dim);
    for (std::size_t id = 0; id < count; ++id) {
        vocabulary.add("w" + std::to_string(id), std::uint64_t{1} << (count - id));
        for (float& element : table[id]) {
            element = random.uniform() - 0.5f;
        }
        table[id][0] += 2;
    }
    return {std::move(vocabulary), std::move(table)};
}

std::vector<std::string> random_texts(std::uint32_t words) {
    Random random(6);
    std::vector<std::string> made;
    for (int i = 0; i < 700; ++i) {
        std::string& text = made.emplace_back();
        for (std::size_t left = 1 + random.below(9); left != 0; --left) {
            text += "w" + std::to_string(random.below(words)) + " ";
        }
    }
    return made;
}

/// By power iteration in float64 on the texts themselves.
std::vector<double> first_direction(const EmbeddingTable<float>& table) {
    std::vector<double> direction(table.dim(), 1.0);
    for (int round = 0; round < 200; ++round) {
        std::vector<double> next(table.dim());
        for (std::size_t row = 0; row < table.rows(); ++row) {
            double projection = 0;
            for (std::size_t k = 0; k < next.size(); ++k) {
                projection += double{table[row][k]} * direction[k];
            }
            for (std::size_t k = 0; k < next.size(); ++k) {
                next[k] += projection * double{table[row][k]};
            }
        }
        double norm = 0;
        for (const double element : next) {
            norm += element * element;
        }
        for (std::size_t k = 0; k < next.size(); ++k) {
            direction[k] = next[k] / std::sqrt(norm);
        }
    }
    return direction;
}

} // namespace

TEST_CASE("SIF: weights by the words' shares, and the first direction of the texts is gone") {
    const std::vector<std::string> texts = random_texts(12);
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    WordMeanEncoder encoder(words_with_a_common_part(12, 9));
    fit_sif(encoder, views, {.a = 0.01}, 2);
    double sum = 0;
    for (Id id = 0; id < 12; ++id) {
        sum += static_cast<double>(encoder.words().vocabulary().count(id));
    }
    WordMeanEncoder means(words_with_a_common_part(12, 9));
    std::vector<float> weights;
    for (Id id = 0; id < 12; ++id) {
        const double share = static_cast<double>(encoder.words().vocabulary().count(id)) / sum;
        weights.push_back(static_cast<float>(0.01 / (0.01 + share)));
        CHECK(encoder.weights()[id] == Approx(weights.back()));
    }
    CHECK(encoder.unknown_weight() == 1.0f);
    means.set_weights(weights);
    const EmbeddingTable<float> before = encode_texts(means, views);
    const std::vector<double> direction = first_direction(before);
    const EmbeddingTable<float> after = encode_texts(encoder, views);
    for (std::size_t row = 0; row < after.rows(); ++row) {
        double projection = 0;
        double rest = 0;
        for (std::size_t k = 0; k < 9; ++k) {
            projection += double{before[row][k]} * direction[k];
        }
        for (std::size_t k = 0; k < 9; ++k) {
            rest += std::fabs(double{before[row][k]} - projection * direction[k] -
                              double{after[row][k]});
        }
        REQUIRE(rest < 1e-4);
    }
    // As many directions as dim leave nothing.
    fit_sif(encoder, views, {.components = 9});
    for (const float element : encode_texts(encoder, views)[5]) {
        CHECK(std::fabs(element) < 1e-4f);
    }
    CHECK_THROWS_WITH(fit_sif(encoder, views, {.components = 10}),
                      "10 directions, expected at most dim = 9");
    CHECK_THROWS_WITH(fit_sif(encoder, views, {.a = 0}), "a is 0.000000, expected more than 0");
}

TEST_CASE("uSIF: its constant from the vocabulary, and shares of five directions") {
    const std::vector<std::string> texts = random_texts(12);
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    WordMeanEncoder encoder(words_with_a_common_part(12, 9));
    fit_usif(encoder, views);
    // 1 - (1 - 1/12)^11 = 0.616: one word of share 1/2 + 2^-13 is below it, so alpha is that of
    // one.
    const double half_a = (1 - 1.0 / 12) / (1.0 / 12 * 12);
    double sum = 0;
    for (Id id = 0; id < 12; ++id) {
        sum += static_cast<double>(encoder.words().vocabulary().count(id));
    }
    for (Id id = 0; id < 12; ++id) {
        const double share = static_cast<double>(encoder.words().vocabulary().count(id)) / sum;
        CHECK(encoder.weights()[id] == Approx(half_a / (half_a / 2 + share / 2)));
    }
    CHECK(encoder.unknown_weight() == 2.0f);
    REQUIRE(encoder.shares().size() == 5);
    float all = 0;
    for (std::size_t k = 0; k < 5; ++k) {
        all += encoder.shares()[k];
        if (k != 0) CHECK(encoder.shares()[k] <= encoder.shares()[k - 1]);
    }
    CHECK(all == Approx(1));
    CHECK(encoder.shares()[0] > 0.9f); // the part that the words share
}

TEST_CASE("words of files without counts have the shares of Zipf's law") {
    Vocabulary vocabulary;
    for (const char* const word : {"a", "b", "c"}) {
        vocabulary.add(word);
    }
    const std::vector<double> shares = symbol_shares(vocabulary);
    const double sum = 1.0 / 2 + 1.0 / 3 + 1.0 / 4;
    CHECK(shares[0] == Approx(1 / sum / 2));
    CHECK(shares[2] == Approx(1 / sum / 4));
    vocabulary.add("b", 3);
    vocabulary.add("d", 1);
    CHECK(symbol_shares(vocabulary) == std::vector<double>{0, 0.75, 0, 0.25});
}
