#include <firth/encode/sentence_encoder_file.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "../support/support.hpp"
#include "../support/tiny_folder.hpp"

using namespace firth;

TEST_CASE("texts have the pooled vectors of their tokens", "[transformer]") {
    TinyFolder tiny;
    // [CLS] c a [UNK] [SEP]
    const TinyTransformer::Rows tokens = tiny.model.reference({2, 7, 5, 1, 3}, {}, 2);
    const auto expected = [&](auto&& of_column) {
        std::vector<double> vector;
        for (std::size_t k = 0; k < 12; ++k) {
            std::vector<double> column;
            for (const std::vector<double>& row : tokens) {
                column.push_back(row[k]);
            }
            vector.push_back(of_column(column));
        }
        return vector;
    };
    const auto sum = [](const std::vector<double>& column) {
        double all = 0;
        for (const double element : column) {
            all += element;
        }
        return all;
    };
    const std::vector<double> cls = expected([](const auto& column) { return column[0]; });
    const std::vector<double> last = expected([](const auto& column) { return column[4]; });
    const std::vector<double> mean = expected([&](const auto& column) { return sum(column) / 5; });
    const std::vector<double> most =
        expected([](const auto& column) { return *std::ranges::max_element(column); });
    const std::vector<double> root =
        expected([&](const auto& column) { return sum(column) / std::sqrt(5.0); });
    const std::vector<double> weighted = expected([](const auto& column) {
        return (column[0] + 2 * column[1] + 3 * column[2] + 4 * column[3] + 5 * column[4]) / 15;
    });
    const auto check = [&](const std::vector<std::vector<double>>& parts) {
        const std::vector<float> found = vector_of(read_sentence_encoder(tiny.path()), "c a z");
        REQUIRE(found.size() == parts.size() * 12);
        for (std::size_t i = 0; i < found.size(); ++i) {
            REQUIRE(std::fabs(static_cast<double>(found[i]) - parts[i / 12][i % 12]) < 1e-5);
        }
    };
    check({mean}); // a folder without modules.json
    tiny.pooling(R"("pooling_mode_cls_token": true)");
    check({cls});
    tiny.pooling(R"("pooling_mode_lasttoken": true, "pooling_mode_mean_tokens": true,
"pooling_mode_max_tokens": true, "pooling_mode_mean_sqrt_len_tokens": true,
"pooling_mode_weightedmean_tokens": true, "pooling_mode_cls_token": true)");
    check({cls, most, mean, root, weighted, last});
    tiny.pooling(R"("pooling_mode_mean_tokens": true)",
                 R"(, {"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"})");
    double norm = 0;
    for (const double element : mean) {
        norm += element * element;
    }
    std::vector<double> unit = mean;
    for (double& element : unit) {
        element /= std::sqrt(norm);
    }
    check({unit});
}

TEST_CASE("many texts have the vectors that each has alone, and long ones are cut",
          "[transformer]") {
    TinyFolder tiny;
    const SentenceEncoder encoder = read_sentence_encoder(tiny.path());
    Random random(3);
    std::vector<std::string> texts{"", " "};
    for (int i = 0; i < 300; ++i) {
        std::string& text = texts.emplace_back();
        for (std::uint32_t left = random.below(25); left != 0; --left) {
            text += static_cast<char>('a' + random.below(26));
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
    CHECK(encoder.max_tokens() == 16);
    CHECK(vector_of(encoder, "a b c d e f g h i j k l m n o p") ==
          vector_of(encoder, "a b c d e f g h i j k l m n"));
    test::write_file(tiny.folder / "sentence_bert_config.json", R"({"max_seq_length": 4})");
    const SentenceEncoder shorter = read_sentence_encoder(tiny.path());
    CHECK(vector_of(shorter, "a b c d") == vector_of(encoder, "a b"));
}

TEST_CASE("folders that are not whole are refused by file", "[transformer]") {
    const auto refused = [](auto change, const std::string& said) {
        TinyFolder tiny;
        change(tiny);
        CHECK_THROWS_WITH(read_sentence_encoder(tiny.path()), Catch::Matchers::Contains(said));
    };
    const auto config = [](const std::string& from, const std::string& to) {
        return [=](TinyFolder& tiny) {
            std::string text(tiny_config);
            text.replace(text.find(from), from.size(), to);
            test::write_file(tiny.folder / "config.json", text);
        };
    };
    refused([](TinyFolder& tiny) { std::filesystem::remove(tiny.folder / "config.json"); },
            "config.json");
    refused([](TinyFolder& tiny) { std::filesystem::remove(tiny.folder / "model.safetensors"); },
            "model.safetensors");
    refused([](TinyFolder& tiny) { std::filesystem::remove(tiny.folder / "vocab.txt"); },
            "tokenizer");
    refused(config("\"bert\"", "\"t5\""), "asks for the model_type \"t5\", which is not supported");
    refused(config("\"gelu\"", "\"mish\""), "asks for the activation \"mish\"");
    refused(config("\"vocab_size\": 30", "\"vocab_size\": 31"),
            "has the shape 30 x 12, expected 31 x 12");
    refused(config("\"num_attention_heads\": 3", "\"num_attention_heads\": 5"), "5 heads");
    refused(config("\"num_hidden_layers\": 2", "\"num_hidden_layers\": -2"), "of the wrong type");
    refused([](TinyFolder& tiny) { test::write_file(tiny.folder / "config.json", "[1"); },
            "is no JSON");
    refused([](TinyFolder& tiny) { test::write_file(tiny.folder / "config.json", "[1]"); },
            "is no object");
    const std::string mean = R"("pooling_mode_mean_tokens": true)";
    const auto module = [](const std::string& name, const std::string& path) {
        return R"(, {"path": ")" + path + R"(", "type": "sentence_transformers.models.)" + name +
               "\"}";
    };
    refused([&](TinyFolder& tiny) { tiny.pooling(mean, module("CNN", "2_CNN")); },
            "modules.json asks for the module \"sentence_transformers.models.CNN\"");
    refused([&](TinyFolder& tiny) { tiny.pooling(mean, module("Pooling", "1_Pooling")); },
            "models.Pooling\" after a Pooling");
    refused([&](TinyFolder& tiny) { tiny.pooling(mean, module("Dense", "../2_Dense")); },
            "names \"../2_Dense\", expected a path below its folder");
    refused([&](TinyFolder& tiny) { tiny.pooling(mean, module("Dense", "/2_Dense")); },
            "names \"/2_Dense\"");
    refused(
        [&](TinyFolder& tiny) {
            tiny.write("modules.json",
                       R"([{"path": "", "type": "sentence_transformers.models.WordEmbeddings"}])");
        },
        "modules.json does not begin with a Transformer");
    refused([](TinyFolder& tiny) { tiny.pooling(""); },
            "1_Pooling/config.json asks for no pooling");
    refused([&](TinyFolder& tiny) { tiny.pooling(mean + R"(, "word_embedding_dimension": 13)"); },
            "has a word_embedding_dimension of 13, and the model's vectors have 12 elements");
    const auto dense = [&](auto change) {
        return [=](TinyFolder& tiny) {
            tiny.pooling(mean, module("Dense", "2_Dense"));
            TinyTensors tensors = tiny.dense("2_Dense", 5, 12, "activation.Tanh", 1);
            change(tiny, tensors);
            if (!tensors.empty()) write_tensors(tensors, tiny.folder / "2_Dense/model.safetensors");
        };
    };
    refused(dense([](TinyFolder& tiny, TinyTensors&) {
                tiny.dense("2_Dense", 5, 12, "activation.Mish", 1);
            }),
            "2_Dense/config.json asks for the activation_function "
            "\"torch.nn.modules.activation.Mish\"");
    refused(dense([](TinyFolder&, TinyTensors& tensors) {
                tensors["linear.weight"].shape = {12, 5};
            }),
            "2_Dense/model.safetensors: tensor \"linear.weight\" has the shape 12 x 5, expected 5 "
            "x 12");
    refused(dense([](TinyFolder&, TinyTensors& tensors) { tensors.erase("linear.bias"); }),
            "2_Dense/model.safetensors has no tensor \"linear.bias\"");
    refused(
        dense([](TinyFolder& tiny, TinyTensors& tensors) {
            tensors = {};
            tiny.dense("2_Dense", 5, 11, "activation.Tanh", 1);
        }),
        "2_Dense/config.json has in_features of 11, expected the 12 elements of the module before");
    refused(dense([](TinyFolder& tiny, TinyTensors&) { tiny.write("2_Dense/config.json", "{}"); }),
            "2_Dense/config.json has in_features and out_features of 0");
    const auto prompts = [](const std::string& text) {
        return [=](TinyFolder& tiny) { tiny.write("config_sentence_transformers.json", text); };
    };
    refused(prompts(R"({"prompts": ["query: "]})"), "has \"prompts\" that are no object");
    refused(prompts(R"({"prompts": {"query": 1}})"), "has a \"query\" of the wrong type");
    refused(prompts(R"({"prompts": {"query": "a"}, "default_prompt_name": "passage"})"),
            "has the default_prompt_name \"passage\", which none of its prompts has");
    refused(
        [](TinyFolder& tiny) {
            tiny.write("sentence_bert_config.json", R"({"max_seq_length": 2})");
        },
        "sentence_bert_config.json leaves room for 2 tokens, expected more than the 2 special");
    refused(
        [](TinyFolder& tiny) { tiny.write("tokenizer_config.json", R"({"model_max_length": 1})"); },
        "tokenizer_config.json leaves room for 1 tokens");
    refused(
        [](TinyFolder& tiny) {
            tiny.write("vocab.txt", test::read_file(tiny.folder / "vocab.txt") + "z\n");
        },
        "has ids up to 30, expected them below the model's vocab_size of 30");
    refused([](TinyFolder& tiny) { test::write_file(tiny.folder / "modules.json", "{}"); },
            "modules.json is no list");
    refused(
        [](TinyFolder& tiny) {
            test::write_file(tiny.folder / "model.safetensors.index.json",
                             R"({"weight_map": {"a": "../b.safetensors"}})");
        },
        "names a file for \"a\" that is not beside it");
}

TEST_CASE("shards, RoBERTa and DistilBERT are read by their configs", "[transformer]") {
    TinyFolder tiny;
    const std::vector<float> expected = vector_of(read_sentence_encoder(tiny.path()), "b y");
    std::filesystem::rename(tiny.folder / "model.safetensors", tiny.folder / "1.safetensors");
    test::write_file(tiny.folder / "model.safetensors.index.json",
                     R"({"weight_map": {"a": "1.safetensors", "b": "1.safetensors"}})");
    CHECK(vector_of(read_sentence_encoder(tiny.path()), "b y") == expected);

    test::write_file(tiny.folder / "config.json", R"({"model_type": "roberta", "vocab_size": 9,
"hidden_size": 6, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8,
"max_position_embeddings": 12, "type_vocab_size": 1, "layer_norm_eps": 1e-5, "pad_token_id": 1})");
    TransformerConfig config = read_transformer_config(tiny.folder / "config.json");
    CHECK(config.first_position == 2);
    CHECK(config.max_tokens() == 10);
    CHECK(config.types == 1);
    CHECK(config.norm_epsilon == 1e-5f);
    test::write_file(tiny.folder / "config.json", R"({"model_type": "distilbert", "vocab_size": 9,
"dim": 6, "n_layers": 1, "n_heads": 2, "hidden_dim": 8, "max_position_embeddings": 12,
"activation": "gelu_new"})");
    config = read_transformer_config(tiny.folder / "config.json");
    CHECK(config.dim == 6);
    CHECK(config.types == 0);
    CHECK(config.norm_epsilon == 1e-12f);
    CHECK(config.activation == Activation::gelu_tanh);
}

TEST_CASE("folders of transformers give what transformers computes", "[transformer]") {
    // Made by tests/peers/compare_encoders.py --write-golden.
    const auto near = [](const auto& found, const nlohmann::json& expected) {
        return std::ranges::equal(found, expected, [](float x, const nlohmann::json& y) {
            return std::fabs(static_cast<double>(x) - y.get<double>()) < 2e-6;
        });
    };
    for (const std::string name : {"roberta", "distilbert"}) {
        CAPTURE(name);
        const std::string folder = FIRTH_SOURCE_DIR "/tests/encode/golden/" + name;
        const SentenceEncoder encoder = read_sentence_encoder(folder);
        const auto expected = nlohmann::json::parse(test::read_file(folder + "/expected.json"));
        const auto check = [&](const SentenceEncoder& asked, const nlohmann::json& vectors) {
            REQUIRE(vectors.size() == expected["texts"].size());
            for (std::size_t i = 0; i < vectors.size(); ++i) {
                const auto text = expected["texts"][i].get<std::string>();
                CAPTURE(text);
                CHECK(near(vector_of(asked, text), vectors[i]));
            }
        };
        check(encoder, expected["vectors"]);
        for (const auto& [prompt, vectors] : expected["prompts"].items()) {
            check(encoder.with_prompt(prompt), vectors);
        }
        CHECK(encoder.is_cut(expected["texts"][5].get<std::string>()));
        for (const nlohmann::json& each : expected["tokens"]) {
            const SentenceEncoder plain = encoder.with_prompt_text("");
            REQUIRE(each["layers"].size() == 3);
            for (std::size_t layer = 0; layer < 3; ++layer) {
                const TokenVectors found =
                    plain.token_vectors(each["text"].get<std::string>(), layer);
                CHECK(nlohmann::json(found.encoding.ids) == each["ids"]);
                REQUIRE(found.vectors.rows() == each["layers"][layer].size());
                for (std::size_t i = 0; i < found.vectors.rows(); ++i) {
                    CHECK(near(found.vectors[i], each["layers"][layer][i]));
                }
            }
        }
    }
}
