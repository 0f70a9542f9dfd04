#include <firth/encode/distill_static.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <firth/encode/sentence_encoder.hpp>
#include <firth/encode/transformer/model_tensors.hpp>
#include <firth/text/tokenizer_file.hpp>

#include "../support/support.hpp"
#include "../support/tiny_transformer.hpp"

using namespace firth;

namespace {

constexpr std::size_t tiny_dim = 12;

/// 30 tokens: five special ones, one that is free, and letters.
struct TinyEncoder {
    test::TemporaryFolder folder;
    TinyTransformer model{TinyTransformer::small_sizes(), 5};

    static Tokenizer tokenizer() {
        std::string words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n[unused12]\n[unused]\n";
        for (char letter = 'a'; letter <= 'w'; ++letter) {
            words += std::string(1, letter) + "\n";
        }
        TokenizerSteps<> steps = bert_tokenizer(parse_vocabulary(words, "words")).steps();
        steps.added_tokens.clear();
        Id id = 0;
        for (const char* const token : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
            steps.added_tokens.push_back(special_token(token, id++));
        }
        return Tokenizer(std::move(steps));
    }

    SentenceEncoder encoder() const {
        model.write(folder / "model.safetensors");
        ModelTensors tensors;
        tensors.add_file(folder / "model.safetensors");
        return {Transformer(model.config, std::move(tensors)), {.tokenizer = tokenizer()}};
    }

    /// The mean of the outputs of a token between [CLS] and [SEP].
    std::vector<double> row(Id token) const {
        const TinyTransformer::Rows outputs =
            model.reference({2, token, 3}, {}, model.config.layers);
        std::vector<double> mean(tiny_dim);
        for (std::size_t k = 0; k < tiny_dim; ++k) {
            mean[k] = (outputs[0][k] + outputs[1][k] + outputs[2][k]) / 3;
        }
        return mean;
    }
};

bool same(const StaticEncoder& a, const StaticEncoder& b) {
    if (a.table().rows() != b.table().rows() || a.dim() != b.dim()) return false;
    for (std::size_t i = 0; i < a.table().rows(); ++i) {
        if (!std::ranges::equal(a.table()[i], b.table()[i])) return false;
    }
    return true;
}

} // namespace

TEST_CASE("tokens of texts are distilled, special and free ones are not", "[static]") {
    std::vector<Id> expected; // "[unused]" has no number
    for (Id id = 6; id < 30; ++id) {
        expected.push_back(id);
    }
    CHECK(distilled_tokens(TinyEncoder::tokenizer()) == expected);
}

TEST_CASE("distilled rows are the means of each token's outputs", "[static]") {
    const TinyEncoder tiny;
    const SentenceEncoder encoder = tiny.encoder();
    const StaticEncoder plain =
        distill_static(encoder, {.dim = 0, .weights = DistilledWeights::none});
    REQUIRE(plain.dim() == tiny_dim);
    REQUIRE(plain.table().rows() == 30);
    CHECK(plain.options().normalize);
    CHECK(plain.options().rules == StaticRules::model2vec);
    for (Id id = 0; id < 30; ++id) {
        const std::vector<double> row = id < 6 ? std::vector<double>(tiny_dim) : tiny.row(id);
        for (std::size_t k = 0; k < tiny_dim; ++k) {
            REQUIRE(std::fabs(double{plain.table()[id][k]} - row[k]) < 1e-5);
        }
    }
    // Zipf's shares over the 24 tokens that are kept.
    const StaticEncoder weighted = distill_static(encoder, {.dim = 0, .a = 0.01});
    double sum = 0;
    for (int place = 0; place < 24; ++place) {
        sum += 1.0 / (place + 2);
    }
    std::vector<float> given(30);
    for (std::size_t id = 6; id < 30; ++id) {
        const double weight = 0.01 / (0.01 + 1.0 / static_cast<double>(id - 4) / sum);
        given[id] = static_cast<float>(weight);
        for (std::size_t k = 0; k < tiny_dim; ++k) {
            REQUIRE(double{weighted.table()[id][k]} ==
                    Approx(double{plain.table()[id][k]} * weight).margin(1e-7));
        }
    }
    CHECK(same(weighted, distill_static(encoder, {.dim = 0, .token_weights = given})));
}

TEST_CASE("distilled rows become principal components before they are weighed", "[static]") {
    const TinyEncoder tiny;
    const SentenceEncoder encoder = tiny.encoder();
    const StaticEncoder found =
        distill_static(encoder, {.dim = tiny_dim, .weights = DistilledWeights::none});
    // As many as there are keep the products of rows less their mean.
    std::vector<std::vector<double>> rows;
    std::vector<double> mean(tiny_dim);
    for (Id id = 6; id < 30; ++id) {
        rows.push_back(tiny.row(id));
        for (std::size_t k = 0; k < tiny_dim; ++k) {
            mean[k] += rows.back()[k] / 24;
        }
    }
    for (std::size_t i = 0; i < 24; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            double expected = 0;
            double product = 0;
            for (std::size_t k = 0; k < tiny_dim; ++k) {
                expected += (rows[i][k] - mean[k]) * (rows[j][k] - mean[k]);
                product += double{found.table()[i + 6][k]} * double{found.table()[j + 6][k]};
            }
            REQUIRE(product == Approx(expected).margin(1e-4));
        }
    }
    const StaticEncoder both = distill_static(encoder, {.dim = 5});
    REQUIRE(both.dim() == 5);
    double sum = 0;
    for (int place = 0; place < 24; ++place) {
        sum += 1.0 / (place + 2);
    }
    for (std::size_t id = 6; id < 30; ++id) {
        const double weight = 1e-4 / (1e-4 + 1.0 / static_cast<double>(id - 4) / sum);
        for (std::size_t k = 0; k < 5; ++k) {
            REQUIRE(double{both.table()[id][k]} ==
                    Approx(double{found.table()[id][k]} * weight).margin(1e-6));
        }
    }
    for (const std::size_t threads : {2u, 5u}) {
        CHECK(same(both, distill_static(encoder, {.dim = 5, .threads = threads})));
    }
}

TEST_CASE("any encoder is distilled for any tokenizer", "[static]") {
    const TinyEncoder tiny;
    const SentenceEncoder encoder = tiny.encoder();
    TokenizerSteps<> steps;
    steps.model = WordLevel(parse_vocabulary("a b\nc\n[UNK]\n", "words"));
    steps.added_tokens = {special_token("[UNK]", 2)};
    const StaticEncoder found = distill_static(encoder, Tokenizer(std::move(steps)),
                                               {.dim = 0, .weights = DistilledWeights::none});
    REQUIRE(found.table().rows() == 3);
    std::vector<float> vector(tiny_dim);
    encoder.encode("a b", vector);
    CHECK(std::ranges::equal(found.table()[0], vector));
    encoder.encode("c", vector);
    CHECK(std::ranges::equal(found.table()[1], vector));
    CHECK(std::ranges::all_of(found.table()[2], [](float element) { return element == 0; }));
    // An encoder of one text at a time gives the same.
    struct OneByOne {
        const SentenceEncoder& encoder;
        std::size_t dim() const { return encoder.dim(); }
        void encode(std::string_view text, std::span<float> to) const { encoder.encode(text, to); }
    };
    const DistillOptions options{.dim = 3, .threads = 3};
    CHECK(same(distill_static(encoder, TinyEncoder::tokenizer(), options),
               distill_static(OneByOne{encoder}, TinyEncoder::tokenizer(), options)));
}

TEST_CASE("distilling tells how far it is, and can be cancelled", "[static]") {
    const TinyEncoder tiny;
    const SentenceEncoder encoder = tiny.encoder();
    std::uint64_t done = 0;
    static_cast<void>(distill_static(encoder, {.dim = 2, .progress = [&](const Progress& at) {
                                                   CHECK(at.total == 24);
                                                   CHECK(at.done >= done);
                                                   done = at.done;
                                                   return true;
                                               }}));
    CHECK(done == 24);
    CHECK_THROWS_WITH(
        distill_static(encoder, {.dim = 2, .progress = [](const Progress&) { return false; }}),
        "the distilling was cancelled");
    CHECK_THROWS_WITH(distill_static(encoder), "dim = 256, expected at most the encoder's 12");
    CHECK_THROWS_WITH(distill_static(encoder, {.dim = 2, .a = 0}),
                      Catch::Matchers::Contains("expected more than 0"));
    CHECK_THROWS_WITH(distill_static(encoder, {.dim = 2, .token_weights = {1, 2}}),
                      "2 weights of tokens, expected one for each of the tokenizer's 30");
    CHECK_THROWS_WITH(distill_static(encoder, Tokenizer(), {.dim = 2}),
                      "the tokenizer has no tokens but special ones");
}
