#include <firth/encode/static_encoder.hpp>

#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/text/tokenizer_file.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

constexpr std::size_t letters = 26;

/// Ids 0 to 4 are BERT's special tokens, those of letters follow.
Tokenizer letter_tokenizer() {
    std::string words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
    for (char letter = 'a'; letter <= 'z'; ++letter) {
        words += std::string(1, letter) + "\n";
    }
    return bert_tokenizer(parse_vocabulary(words, "words"));
}

std::vector<float> vector_of(const StaticEncoder& encoder, std::string_view text) {
    std::vector<float> vector(encoder.dim(), 7.0f);
    encoder.encode(text, vector);
    return vector;
}

/// The mean of rows, each times its weight, to length 1 or not.
std::vector<double> plain_mean(const EmbeddingTable<float>& table,
                               const std::vector<std::pair<std::size_t, double>>& rows,
                               bool normalize) {
    std::vector<double> mean(table.dim());
    for (const auto& [row, weight] : rows) {
        for (std::size_t k = 0; k < mean.size(); ++k) {
            mean[k] += weight * double{table[row][k]} / static_cast<double>(rows.size());
        }
    }
    double square = 0;
    for (const double element : mean) {
        square += element * element;
    }
    for (double& element : mean) {
        if (normalize && square > 0) element /= std::sqrt(square);
    }
    return mean;
}

void check_near(const std::vector<float>& found, const std::vector<double>& expected) {
    REQUIRE(found.size() == expected.size());
    for (std::size_t k = 0; k < found.size(); ++k) {
        REQUIRE(std::fabs(double{found[k]} - expected[k]) < 1e-6);
    }
}

} // namespace

TEST_CASE("texts have the mean of their tokens' rows", "[static]") {
    constexpr std::size_t tokens = letters + 5;
    Random random(1);
    for (const std::size_t dim : {1u, 3u, 16u, 50u, 256u}) {
        const EmbeddingTable<float> table = test::random_table(tokens, dim, dim);
        StaticEncoderOptions options;
        const bool mapped = dim % 2 == 0;
        if (mapped) {
            for (std::size_t id = 0; id < tokens; ++id) {
                options.rows.push_back(random.below(tokens));
                options.weights.push_back(random.uniform() + 0.1f);
            }
        }
        for (const bool normalize : {false, true}) {
            for (const StaticRules rules :
                 {StaticRules::model2vec, StaticRules::static_embedding}) {
                options.normalize = normalize;
                options.rules = rules;
                const StaticEncoder encoder(letter_tokenizer(), table, options);
                REQUIRE(encoder.dim() == dim);
                for (int i = 0; i < 40; ++i) {
                    std::string text;
                    std::vector<std::pair<std::size_t, double>> rows;
                    for (std::uint32_t left = random.below(30); left != 0; --left) {
                        const std::uint32_t letter = random.below(letters + 1);
                        const bool known = letter < letters;
                        text += known ? std::string(1, static_cast<char>('a' + letter)) : "?";
                        text += ' ';
                        const std::size_t id = known ? letter + 5 : 1;
                        if (!known && rules == StaticRules::model2vec) continue;
                        rows.emplace_back(mapped ? options.rows[id] : id,
                                          mapped ? double{options.weights[id]} : 1.0);
                    }
                    check_near(vector_of(encoder, text), plain_mean(table, rows, normalize));
                    std::vector<float> vector(dim);
                    REQUIRE(encoder.encode(text, vector) == rows.size());
                }
            }
        }
    }
}

TEST_CASE("long texts are cut as their library does", "[static]") {
    // Most tokens have one character, so that model2vec looks at four characters of a text.
    const EmbeddingTable<float> table = test::random_table(letters + 5, 8, 3);
    StaticEncoder encoder(letter_tokenizer(), table, {.max_tokens = 4});
    const auto rows = [&](const std::vector<std::size_t>& ids) {
        std::vector<std::pair<std::size_t, double>> made;
        for (const std::size_t id : ids) {
            made.emplace_back(id, 1.0);
        }
        return plain_mean(table, made, true);
    };
    check_near(vector_of(encoder, "a b c"), rows({5, 6}));
    check_near(vector_of(encoder, "?a??b"), rows({5})); // unknown ones have a place
    check_near(vector_of(encoder, "\xC3\xA4 \xC3\xB6 b"), rows({5, 19})); // characters, not bytes
    encoder = StaticEncoder(letter_tokenizer(), table,
                            {.rules = StaticRules::static_embedding, .max_tokens = 4});
    check_near(vector_of(encoder, "a b c d e"), rows({5, 6, 7, 8}));
    check_near(vector_of(encoder, "a ? b c d"), rows({5, 1, 6, 7}));
    encoder = StaticEncoder(letter_tokenizer(), table, {.max_tokens = {}});
    check_near(vector_of(encoder, "a b c d e"), rows({5, 6, 7, 8, 9}));
    encoder = StaticEncoder(letter_tokenizer(), table, {.max_tokens = ~std::size_t(0)});
    check_near(vector_of(encoder, "a b c d e"), rows({5, 6, 7, 8, 9}));

    // The median of three lengths, and of four, rounded down.
    const auto characters = [](const std::string& words) {
        const Tokenizer tokenizer = bert_tokenizer(parse_vocabulary(words, "words"));
        const StaticEncoder cut(tokenizer, EmbeddingTable<float>(tokenizer.size(), 1),
                                {.max_tokens = 1});
        std::vector<float> vector(1);
        std::size_t spaces = 0;
        while (cut.encode(std::string(spaces, ' ') + "x", vector) != 0) {
            ++spaces;
        }
        return spaces;
    };
    CHECK(characters("[UNK]\nx\nabc\n") == 3);
    // Three times as many characters as fit into a size.
    const Tokenizer three = bert_tokenizer(parse_vocabulary("[UNK]\nx\nabc\n", "words"));
    const StaticEncoder long_limit(three, EmbeddingTable<float>(3, 1),
                                   {.max_tokens = ~std::size_t(0) / 3 + 1});
    std::vector<float> one(1);
    CHECK(long_limit.encode("     x", one) == 1);
    CHECK(characters("[UNK]\nx\nab\nabcdef\n") == 3);
    CHECK(characters("[UNK]\nx\n\xC3\xA4\xC3\xB6\n") == 2);
}

TEST_CASE("long texts lose nothing to rounding", "[static]") {
    const EmbeddingTable<float> table = test::random_table(letters + 5, 19, 4);
    const StaticEncoder encoder(letter_tokenizer(), table, {.normalize = false, .max_tokens = {}});
    for (const std::size_t length : {63u, 64u, 65u, 97u, 20000u}) {
        std::string text;
        for (std::size_t i = 0; i < length; ++i) {
            text += "a ";
        }
        check_near(vector_of(encoder, text + "b"),
                   plain_mean(
                       table,
                       [&] {
                           std::vector<std::pair<std::size_t, double>> rows(length, {5, 1.0});
                           rows.emplace_back(6, 1.0);
                           return rows;
                       }(),
                       false));
    }
}

TEST_CASE("a text without known tokens is zeros", "[static]") {
    const StaticEncoder encoder(letter_tokenizer(), test::random_table(letters + 5, 5, 3));
    const std::vector<float> zeros(5);
    CHECK(vector_of(encoder, "") == zeros);
    CHECK(vector_of(encoder, " \t") == zeros);
    CHECK(vector_of(encoder, "? \xF0\x9F\x98\x80") == zeros);
    const StaticEncoder empty(letter_tokenizer(), EmbeddingTable<float>(letters + 5, 5));
    CHECK(vector_of(empty, "a b") == zeros);
}

TEST_CASE("many texts have the vectors that each has alone, on any number of threads", "[static]") {
    const StaticEncoder encoder(letter_tokenizer(), test::random_table(letters + 5, 33, 3));
    Random random(8);
    std::vector<std::string> texts;
    for (int i = 0; i < 300; ++i) {
        std::string& text = texts.emplace_back();
        for (std::uint32_t left = random.below(40); left != 0; --left) {
            text += static_cast<char>('a' + random.below(letters));
            text += ' ';
        }
    }
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    for (const std::size_t threads : {1u, 3u}) {
        const EmbeddingTable<float> vectors = encode_texts(encoder, views, threads);
        for (std::size_t i = 0; i < texts.size(); ++i) {
            REQUIRE(std::ranges::equal(vector_of(encoder, texts[i]), vectors[i]));
        }
    }
}

TEST_CASE("tables that do not fit their tokenizer are refused", "[static]") {
    const auto made = [](std::size_t rows, StaticEncoderOptions options = {}) {
        StaticEncoder(letter_tokenizer(), EmbeddingTable<float>(rows, 4), std::move(options));
    };
    CHECK_THROWS_WITH(made(30), "30 rows, expected one for each of the tokenizer's 31 tokens");
    CHECK_NOTHROW(made(32));
    CHECK_NOTHROW(made(2, {.rows = std::vector<std::uint32_t>(31, 1)}));
    CHECK_THROWS_WITH(made(2, {.rows = std::vector<std::uint32_t>(31, 2)}),
                      "token 0 has the row 2, expected one below the table's 2");
    CHECK_THROWS_WITH(made(31, {.rows = {1, 2}}),
                      "2 rows by token, expected one for each of the tokenizer's 31 tokens");
    CHECK_THROWS_WITH(made(31, {.weights = {1}}),
                      "1 weights, expected one for each of the tokenizer's 31 tokens");
    CHECK_THROWS_WITH(StaticEncoder(letter_tokenizer(), EmbeddingTable<float>()),
                      "a table of dim 0, expected 1 or more");
}

TEST_CASE("the unknown token is the model's", "[static]") {
    CHECK(unknown_token(letter_tokenizer()) == Id(1));
    CHECK(unknown_token(Tokenizer()) == std::nullopt);
    const auto json = [](const std::string& model) {
        return unknown_token(
            parse_tokenizer_json(R"({"added_tokens": [], "model": )" + model + "}", "the json"));
    };
    CHECK(json(R"({"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []})") == std::nullopt);
    CHECK(json(R"({"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": [], "unk_token": "b"})") ==
          Id(1));
    CHECK(json(R"({"type": "WordLevel", "vocab": {"a": 0, "b": 1}, "unk_token": "b"})") == Id(1));
    CHECK(json(R"({"type": "Unigram", "vocab": [["a", -1], ["b", -2], ["c", 0]], "unk_id": 2})") ==
          Id(2));
}
