#include <firth/encode/sentence_encoder_file.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "../support/support.hpp"
#include "../support/tiny_transformer.hpp"

using namespace firth;

namespace {

constexpr std::string_view tiny_config = R"({"model_type": "bert", "vocab_size": 30,
"hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 20,
"max_position_embeddings": 16, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_act": "gelu"})";

/// A folder as sentence-transformers write it, of a tiny model.
struct TinyFolder {
    test::TemporaryFolder folder;
    TinyTransformer model;

    TinyFolder() : model(TinyTransformer::small_sizes(), 11) {
        model.write(folder / "model.safetensors");
        test::write_file(folder / "config.json", tiny_config);
        std::string words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
        for (char letter = 'a'; letter <= 'y'; ++letter) {
            words += std::string(1, letter) + "\n";
        }
        test::write_file(folder / "vocab.txt", words);
    }

    std::string path() const { return folder / ""; }

    void pooling(const std::string& flags, const std::string& more = "") {
        std::filesystem::create_directories(folder / "1_Pooling");
        test::write_file(folder / "1_Pooling/config.json", "{" + flags + "}");
        test::write_file(folder / "modules.json",
                         R"([{"path": "", "type": "sentence_transformers.models.Transformer"},
{"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"})" +
                             more + "]");
    }
};

std::vector<float> vector_of(const SentenceEncoder& encoder, std::string_view text) {
    std::vector<float> vector(encoder.dim());
    encoder.encode(text, vector);
    return vector;
}

} // namespace

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
    refused(
        [](TinyFolder& tiny) {
            tiny.pooling("", R"(, {"path": "", "type": "sentence_transformers.models.Dense"})");
        },
        "asks for the module \"sentence_transformers.models.Dense\"");
    refused([](TinyFolder& tiny) { tiny.pooling(""); }, "no pooling");
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
