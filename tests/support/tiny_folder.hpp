#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <firth/encode/sentence_encoder_file.hpp>

#include "support.hpp"
#include "tiny_transformer.hpp"

inline constexpr std::string_view tiny_config = R"({"model_type": "bert", "vocab_size": 30,
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

    /// Writes a file, whose folder need not be there.
    void write(const std::string& name, std::string_view bytes) {
        const std::string file = folder / name;
        std::filesystem::create_directories(std::filesystem::path(file).parent_path());
        test::write_file(file, bytes);
    }

    /// Writes a dense layer of random numbers, which it returns.
    TinyTensors dense(const std::string& name, std::size_t outputs, std::size_t inputs,
                      const std::string& activation, std::uint64_t seed) {
        TinyTensors tensors;
        const std::vector<float> weights = test::random_floats(outputs * inputs, seed);
        tensors["linear.weight"] = {{outputs, inputs}, weights};
        tensors["linear.bias"] = {{outputs}, test::random_floats(outputs, seed + 1)};
        write(name + "/config.json",
              R"({"in_features": )" + std::to_string(inputs) + R"(, "out_features": )" +
                  std::to_string(outputs) +
                  R"(, "bias": true, "activation_function": "torch.nn.modules.)" + activation +
                  "\"}");
        write_tensors(tensors, folder / (name + "/model.safetensors"));
        return tensors;
    }

    /// Modules: the transformer, a pooling with these flags, and others.
    void pooling(const std::string& flags, const std::string& more = "") {
        write("1_Pooling/config.json", "{" + flags + "}");
        test::write_file(folder / "modules.json",
                         R"([{"path": "", "type": "sentence_transformers.models.Transformer"},
{"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"})" +
                             more + "]");
    }
};

inline std::vector<float> vector_of(const firth::SentenceEncoder& encoder, std::string_view text) {
    std::vector<float> vector(encoder.dim());
    encoder.encode(text, vector);
    return vector;
}
