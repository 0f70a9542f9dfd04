#include <firth/encode/sentence_encoder.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "../support/support.hpp"
#include "../support/tiny_folder.hpp"

using namespace firth;

namespace {

const std::string mean_pooling = R"("pooling_mode_mean_tokens": true)";

bool near(const std::vector<float>& found, const std::vector<double>& expected) {
    return std::ranges::equal(found, expected, [](float x, double y) {
        return std::fabs(static_cast<double>(x) - y) < 1e-5;
    });
}

std::string module_of(const std::string& path, const std::string& name) {
    return R"(, {"path": ")" + path + R"(", "type": "sentence_transformers.models.)" + name + "\"}";
}

} // namespace

TEST_CASE("prompts stand before texts", "[transformer]") {
    TinyFolder tiny;
    tiny.pooling(mean_pooling);
    const SentenceEncoder none = read_sentence_encoder(tiny.path());
    CHECK(none.prompts().empty());
    CHECK_THROWS_WITH(none.with_prompt("query"),
                      "no prompt \"query\", expected none: the model names none");

    tiny.write("config_sentence_transformers.json",
               R"({"prompts": {"query": "q a ", "passage": "p: ", "nothing": null},
                   "default_prompt_name": null})");
    const SentenceEncoder encoder = read_sentence_encoder(tiny.path());
    CHECK(encoder.prompt().empty());
    CHECK(vector_of(encoder, "b c") == vector_of(none, "b c"));
    const SentenceEncoder query = encoder.with_prompt("query");
    CHECK(query.prompt() == "q a ");
    CHECK(vector_of(query, "b c") == vector_of(none, "q a b c"));
    CHECK(vector_of(query, "") == vector_of(none, "q a"));
    CHECK(vector_of(query.with_prompt("nothing"), "b c") == vector_of(none, "b c"));
    CHECK(vector_of(none.with_prompt_text("x y "), "b") == vector_of(none, "x y b"));
    CHECK(&query.transformer() == &encoder.transformer());
    CHECK_THROWS_WITH(encoder.with_prompt("question"),
                      "no prompt \"question\", expected one of nothing, passage, query");

    tiny.write("config_sentence_transformers.json",
               R"({"prompts": {"query": "q a "}, "default_prompt_name": "query"})");
    const SentenceEncoder usual = read_sentence_encoder(tiny.path());
    CHECK(vector_of(usual, "b c") == vector_of(none, "q a b c"));
    CHECK(vector_of(usual.with_prompt_text(""), "b c") == vector_of(none, "b c"));
    tiny.write("config_sentence_transformers.json", R"({"prompts": null})");
    CHECK(read_sentence_encoder(tiny.path()).prompts().empty());
}

TEST_CASE("a prompt may be left out of the pooling", "[transformer]") {
    TinyFolder tiny;
    tiny.pooling(mean_pooling + R"(, "include_prompt": false)");
    const SentenceEncoder encoder = read_sentence_encoder(tiny.path());
    // [CLS] q a | b c [SEP]: what is before the bar does not count.
    const TinyTransformer::Rows tokens = tiny.model.reference({2, 21, 5, 6, 7, 3}, {}, 2);
    std::vector<double> expected(12);
    for (std::size_t k = 0; k < 12; ++k) {
        expected[k] = (tokens[3][k] + tokens[4][k] + tokens[5][k]) / 3;
    }
    CHECK(near(vector_of(encoder.with_prompt_text("q a "), "b c"), expected));
    // Without a prompt everything counts.
    const TinyTransformer::Rows alone = tiny.model.reference({2, 6, 3}, {}, 2);
    for (std::size_t k = 0; k < 12; ++k) {
        expected[k] = (alone[0][k] + alone[1][k] + alone[2][k]) / 3;
    }
    CHECK(near(vector_of(encoder, "b"), expected));
    CHECK(near(vector_of(encoder.with_prompt_text("q").with_prompt_text(""), "b"), expected));
}

TEST_CASE("dense layers follow the pooling in the order of the modules", "[transformer]") {
    TinyFolder tiny;
    tiny.pooling(mean_pooling + R"(, "pooling_mode_cls_token": true)",
                 module_of("2_Dense", "Dense") + module_of("3_Normalize", "Normalize") +
                     module_of("4_Dropout", "Dropout") + module_of("5_Dense", "Dense"));
    const TinyTensors first = tiny.dense("2_Dense", 7, 24, "activation.Tanh", 4);
    const TinyTensors second = tiny.dense("5_Dense", 3, 7, "linear.Identity", 5);
    const TinyTransformer::Rows tokens = tiny.model.reference({2, 6, 3}, {}, 2);
    std::vector<double> vector = tokens[0];
    for (std::size_t k = 0; k < 12; ++k) {
        vector.push_back((tokens[0][k] + tokens[1][k] + tokens[2][k]) / 3);
    }
    const auto product = [&](const TinyTensors& dense) {
        const std::vector<float>& weights = dense.at("linear.weight").values;
        std::vector<double> made;
        for (const float bias : dense.at("linear.bias").values) {
            double sum = static_cast<double>(bias);
            for (std::size_t i = 0; i < vector.size(); ++i) {
                sum += vector[i] * static_cast<double>(weights[made.size() * vector.size() + i]);
            }
            made.push_back(sum);
        }
        vector = made;
    };
    product(first);
    double squares = 0;
    for (double& element : vector) {
        element = std::tanh(element);
        squares += element * element;
    }
    for (double& element : vector) {
        element /= std::sqrt(squares);
    }
    product(second);
    const SentenceEncoder encoder = read_sentence_encoder(tiny.path());
    CHECK(encoder.dim() == 3);
    CHECK_FALSE(encoder.normalizes());
    CHECK(near(vector_of(encoder, "b"), vector));

    // Without a bias.
    tiny.write("5_Dense/config.json", R"({"in_features": 7, "out_features": 3, "bias": false,
"activation_function": "torch.nn.modules.linear.Identity"})");
    for (std::size_t k = 0; k < 3; ++k) {
        vector[k] -= static_cast<double>(second.at("linear.bias").values[k]);
    }
    CHECK(near(vector_of(read_sentence_encoder(tiny.path()), "b"), vector));

    CHECK_THROWS_WITH(encoder.with_pooling({.mean = true}),
                      "pooling to 12 elements, and the model's dense layer expects 24");
    CHECK(encoder.with_pooling({.max = true, .mean = true}).dim() == 3);
}

TEST_CASE("tokens have vectors of any layer, in their context", "[transformer]") {
    TinyFolder tiny;
    const SentenceEncoder encoder = read_sentence_encoder(tiny.path());
    const std::vector<Id> ids{2, 6, 10, 6, 3};
    for (std::size_t layer = 0; layer <= 2; ++layer) {
        const TinyTransformer::Rows expected = tiny.model.reference(ids, {}, layer);
        const TokenVectors found = encoder.token_vectors(" b  f b ", layer);
        REQUIRE(found.encoding.ids == ids);
        REQUIRE(found.vectors.rows() == 5);
        for (std::size_t i = 0; i < 5; ++i) {
            CHECK(near({found.vectors[i].begin(), found.vectors[i].end()}, expected[i]));
        }
    }
    const TokenVectors last = encoder.token_vectors(" b  f b ");
    const TokenVectors second = encoder.token_vectors(" b  f b ", 2);
    CHECK(std::ranges::equal(last.vectors[3], second.vectors[3]));
    CHECK_FALSE(std::ranges::equal(last.vectors[1], last.vectors[3]));
    const std::vector<ByteRange> offsets{{0, 0}, {1, 2}, {4, 5}, {6, 7}, {0, 0}};
    CHECK(last.encoding.offsets == offsets);
    CHECK(last.encoding.words ==
          std::vector<std::uint32_t>{Encoding::no_word, 0, 1, 2, Encoding::no_word});
    CHECK_THROWS_WITH(encoder.token_vectors("b", 3), "layer 3, expected 0 to 2");

    // The tokens of a prompt are there, but are none of the text.
    const TokenVectors prompted = encoder.with_prompt_text(" q a ").token_vectors(" b  f b");
    CHECK(prompted.encoding.ids == std::vector<Id>{2, 21, 5, 6, 10, 6, 3});
    CHECK(prompted.encoding.offsets ==
          std::vector<ByteRange>{{0, 0}, {0, 0}, {0, 0}, {1, 2}, {4, 5}, {6, 7}, {0, 0}});
    CHECK(prompted.encoding.words ==
          std::vector<std::uint32_t>{Encoding::no_word, Encoding::no_word, Encoding::no_word, 0, 1,
                                     2, Encoding::no_word});
    CHECK(prompted.encoding.special == std::vector<std::uint8_t>{1, 1, 1, 0, 0, 0, 1});
    CHECK(encoder.token_vectors("").encoding.ids == std::vector<Id>{2, 3});
}

TEST_CASE("an encoder says which texts it cuts, and by what limit", "[transformer]") {
    TinyFolder tiny;
    const auto longest = [&] { return read_sentence_encoder(tiny.path()).max_tokens(); };
    CHECK(longest() == 16);
    tiny.write("tokenizer_config.json", R"({"model_max_length": 1000000000000000019884624838656})");
    CHECK(longest() == 16);
    tiny.write("tokenizer_config.json", R"({"model_max_length": 9})");
    CHECK(longest() == 9);
    tiny.write("sentence_bert_config.json", R"({"max_seq_length": null, "do_lower_case": false})");
    CHECK(longest() == 9);
    tiny.write("sentence_bert_config.json", R"({"max_seq_length": 12})");
    CHECK(longest() == 12);
    tiny.write("sentence_bert_config.json", R"({"max_seq_length": 17})");
    CHECK(longest() == 16);
    tiny.write("sentence_bert_config.json", R"({"max_seq_length": 6})");
    const SentenceEncoder encoder = read_sentence_encoder(tiny.path());
    CHECK(encoder.count_tokens("") == 2);
    CHECK(encoder.count_tokens("a b c d") == 6);
    CHECK_FALSE(encoder.is_cut("a b c d"));
    CHECK(encoder.is_cut("a b c d e"));
    CHECK(encoder.with_prompt_text("q ").is_cut("a b c d"));
    CHECK(vector_of(encoder, "a b c d e") == vector_of(encoder, "a b c d"));
}

TEST_CASE("models may lie in a folder of their own, and want small letters", "[transformer]") {
    TinyFolder tiny;
    tiny.pooling(mean_pooling);
    const std::vector<float> expected = vector_of(read_sentence_encoder(tiny.path()), "b c");
    for (const char* const name : {"config.json", "model.safetensors", "vocab.txt"}) {
        tiny.write(std::string("0_Transformer/") + name, test::read_file(tiny.folder / name));
        std::filesystem::remove(tiny.folder / name);
    }
    tiny.write(
        "modules.json",
        R"([{"path": "0_Transformer", "type": "sentence_transformers.models.Transformer"}])");
    CHECK(vector_of(read_sentence_encoder(tiny.path()), "b c") == expected);

    // A tokenizer that keeps capitals, which the model does not want.
    std::string json = R"({"version": "1.0", "model": {"type": "WordPiece", "unk_token": "[UNK]",
"continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {"[PAD]": 0,
"[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "b": 6, "[MASK]": 4, "a": 5}}, "pre_tokenizer": {"type":
"Whitespace"}})";
    tiny.write("0_Transformer/tokenizer.json", json);
    const SentenceEncoder cased = read_sentence_encoder(tiny.path());
    CHECK(vector_of(cased, "B") == vector_of(cased, "Q")); // both unknown
    tiny.write("0_Transformer/sentence_bert_config.json", R"({"do_lower_case": true})");
    CHECK(vector_of(read_sentence_encoder(tiny.path()), "B") == vector_of(cased, "b"));
}
