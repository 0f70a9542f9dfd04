#pragma once

/// Needs nlohmann/json, and is therefore in no umbrella header: include it by its name.

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <firth/base/error.hpp>
#include <firth/encode/detail/model_json.hpp>
#include <firth/encode/pooling.hpp>
#include <firth/encode/sentence_encoder.hpp>
#include <firth/encode/transformer/model_tensors.hpp>
#include <firth/encode/transformer/transformer.hpp>
#include <firth/encode/transformer/transformer_config.hpp>
#include <firth/text/tokenizer_file.hpp>

namespace firth {

/// The sizes in a model's config.json. Throws `IoError` and `FormatError`.
[[nodiscard]] inline TransformerConfig read_transformer_config(const std::string& path) {
    const detail::ModelJson reader(path);
    const nlohmann::json& json = reader.object();
    const std::string type = reader.get<std::string>(json, "model_type", "");
    const auto size = [&](const char* name) { return reader.get<std::size_t>(json, name, 0); };
    TransformerConfig config;
    std::string activation;
    config.vocabulary = size("vocab_size");
    config.positions = size("max_position_embeddings");
    if (type == "distilbert") {
        config.dim = size("dim");
        config.layers = size("n_layers");
        config.heads = size("n_heads");
        config.inner = size("hidden_dim");
        activation = reader.get<std::string>(json, "activation", "gelu");
    } else if (type == "bert" || type == "roberta" || type == "xlm-roberta" ||
               type == "camembert") {
        config.dim = size("hidden_size");
        config.layers = size("num_hidden_layers");
        config.heads = size("num_attention_heads");
        config.inner = size("intermediate_size");
        config.types = reader.get<std::size_t>(json, "type_vocab_size", 2);
        config.norm_epsilon = reader.get<float>(json, "layer_norm_eps", 1e-12f);
        activation = reader.get<std::string>(json, "hidden_act", "gelu");
        if (type != "bert") {
            config.first_position = reader.get<std::size_t>(json, "pad_token_id", 1) + 1;
        }
        const auto positions = reader.get<std::string>(json, "position_embedding_type", "absolute");
        if (positions != "absolute") reader.refuse("position_embedding_type", positions);
    } else {
        reader.refuse("model_type", type);
    }
    constexpr std::pair<std::string_view, Activation> activations[] = {
        {"gelu", Activation::gelu},
        {"gelu_new", Activation::gelu_tanh},
        {"gelu_fast", Activation::gelu_tanh},
        {"gelu_pytorch_tanh", Activation::gelu_tanh},
        {"quick_gelu", Activation::quick_gelu},
        {"relu", Activation::relu},
    };
    const auto found =
        std::ranges::find(activations, activation, &std::pair<std::string_view, Activation>::first);
    if (found == std::end(activations)) reader.refuse("activation", activation);
    config.activation = found->second;
    config.check(path);
    return config;
}

/// The weights of a folder: model.safetensors, or the files that model.safetensors.index.json
/// names.
[[nodiscard]] inline ModelTensors read_model_tensors(const std::string& folder) {
    ModelTensors tensors;
    const std::string index = folder + "/model.safetensors.index.json";
    if (std::error_code none; !std::filesystem::exists(index, none)) {
        tensors.add_file(folder + "/model.safetensors");
        return tensors;
    }
    const detail::ModelJson reader(index);
    const nlohmann::json& json = reader.object();
    std::vector<std::string> files;
    if (!json.contains("weight_map") || !json["weight_map"].is_object()) {
        reader.fail("has no object \"weight_map\"");
    }
    for (const auto& [name, file] : json["weight_map"].items()) {
        if (!file.is_string() || file.get<std::string>().find('/') != std::string::npos) {
            reader.fail("names a file for \"" + name + "\" that is not beside it");
        }
        files.push_back(file.get<std::string>());
    }
    std::ranges::sort(files);
    files.erase(std::unique(files.begin(), files.end()), files.end());
    for (const std::string& file : files) {
        tensors.add_file(folder + "/" + file);
    }
    return tensors;
}

/// The encoder of a folder of sentence-transformers: config.json, weights, tokenizer, and, where
/// modules.json names them, pooling and whether lengths become 1. A folder of a model alone has its
/// tokens' mean. Throws `IoError`, and `FormatError` for what is damaged or not supported.
[[nodiscard]] inline SentenceEncoder read_sentence_encoder(const std::string& folder) {
    Transformer transformer(read_transformer_config(folder + "/config.json"),
                            read_model_tensors(folder));
    SentenceEncoder::Parts parts{.tokenizer = read_tokenizer(folder)};
    parts.max_tokens = transformer.config().max_tokens();
    std::error_code none;
    if (const std::string path = folder + "/sentence_bert_config.json";
        std::filesystem::exists(path, none)) {
        const detail::ModelJson reader(path);
        parts.max_tokens =
            reader.get<std::size_t>(reader.object(), "max_seq_length", parts.max_tokens);
    }
    const std::string modules = folder + "/modules.json";
    if (!std::filesystem::exists(modules, none)) return {std::move(transformer), std::move(parts)};
    const detail::ModelJson reader(modules);
    for (const nlohmann::json& module : reader.list()) {
        const auto type = reader.get<std::string>(module, "type", "");
        const std::string name = type.substr(type.rfind('.') + 1);
        if (name == "Transformer") continue;
        if (name == "Normalize") {
            parts.normalize = true;
        } else if (name == "Pooling") {
            const detail::ModelJson pooling(
                folder + "/" + reader.get<std::string>(module, "path", "") + "/config.json");
            const nlohmann::json& json = pooling.object();
            const auto flag = [&](const char* key) { return pooling.get<bool>(json, key, false); };
            parts.pooling = {.cls = flag("pooling_mode_cls_token"),
                             .max = flag("pooling_mode_max_tokens"),
                             .mean = flag("pooling_mode_mean_tokens"),
                             .mean_sqrt = flag("pooling_mode_mean_sqrt_len_tokens"),
                             .weighted_mean = flag("pooling_mode_weightedmean_tokens"),
                             .last = flag("pooling_mode_lasttoken")};
        } else {
            reader.refuse("module", type);
        }
    }
    return {std::move(transformer), std::move(parts)};
}

} // namespace firth
