#pragma once

/// Needs nlohmann/json, and is therefore in no umbrella header: include it by its name.

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <firth/base/error.hpp>
#include <firth/encode/dense_layer.hpp>
#include <firth/encode/detail/model_json.hpp>
#include <firth/encode/sentence_encoder.hpp>
#include <firth/encode/transformer/model_tensors.hpp>
#include <firth/encode/transformer/transformer.hpp>
#include <firth/encode/transformer/transformer_config.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/text/normalizers/characters.hpp>
#include <firth/text/normalizers/sequence.hpp>
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

namespace detail {

/// A path within a folder, as its files name it. Throws where it leaves the folder.
[[nodiscard]] inline std::string path_within(const std::string& folder, const ModelJson& named_by,
                                             const std::string& path) {
    const std::filesystem::path below(path);
    if (below.is_absolute() || std::ranges::find(below, "..") != below.end()) {
        named_by.fail("names \"" + path + "\", expected a path below its folder");
    }
    return path.empty() ? folder : folder + "/" + path;
}

/// The dense layer of a folder with config.json and model.safetensors.
[[nodiscard]] inline DenseLayer read_dense_layer(const std::string& folder) {
    const ModelJson reader(folder + "/config.json");
    const nlohmann::json& json = reader.object();
    const auto inputs = reader.get<std::size_t>(json, "in_features", 0);
    const auto outputs = reader.get<std::size_t>(json, "out_features", 0);
    constexpr std::size_t most = std::size_t(1) << 24;
    if (inputs == 0 || inputs > most || outputs == 0 || outputs > most) {
        reader.fail("has in_features and out_features of 0 or beyond 2^24, expected a layer's");
    }
    const auto type =
        reader.get<std::string>(json, "activation_function", "torch.nn.modules.activation.Tanh");
    constexpr std::pair<std::string_view, DenseActivation> known[] = {
        {"Identity", DenseActivation::identity}, {"Tanh", DenseActivation::tanh},
        {"GELU", DenseActivation::gelu},         {"ReLU", DenseActivation::relu},
        {"Sigmoid", DenseActivation::sigmoid},
    };
    const auto found = std::ranges::find(known, std::string_view(type).substr(type.rfind('.') + 1),
                                         &std::pair<std::string_view, DenseActivation>::first);
    if (found == std::end(known)) reader.refuse("activation_function", type);
    ModelTensors tensors;
    tensors.add_file(folder + "/model.safetensors");
    const std::span<const float> weights = tensors.floats("linear.weight", {outputs, inputs});
    EmbeddingTable<float> rows(outputs, inputs);
    for (std::size_t i = 0; i < outputs; ++i) {
        std::ranges::copy(weights.subspan(i * inputs, inputs), rows[i].begin());
    }
    std::vector<float> bias;
    if (reader.get<bool>(json, "bias", true)) {
        const std::span<const float> read = tensors.floats("linear.bias", {outputs});
        bias.assign(read.begin(), read.end());
    }
    return {std::move(rows), std::move(bias), found->second};
}

/// The pooling of a folder with config.json, and whether it leaves prompts out.
inline void read_pooling(const std::string& folder, std::size_t dim, SentenceEncoder::Parts& to) {
    const ModelJson reader(folder + "/config.json");
    const nlohmann::json& json = reader.object();
    const auto flag = [&](const char* key) { return reader.get<bool>(json, key, false); };
    to.pooling = {.cls = flag("pooling_mode_cls_token"),
                  .max = flag("pooling_mode_max_tokens"),
                  .mean = flag("pooling_mode_mean_tokens"),
                  .mean_sqrt = flag("pooling_mode_mean_sqrt_len_tokens"),
                  .weighted_mean = flag("pooling_mode_weightedmean_tokens"),
                  .last = flag("pooling_mode_lasttoken")};
    if (to.pooling.parts() == 0) reader.fail("asks for no pooling, expected one way or several");
    to.pools_prompt = reader.get<bool>(json, "include_prompt", true);
    if (const auto tokens = reader.get<std::size_t>(json, "word_embedding_dimension", dim);
        tokens != dim) {
        reader.fail("has a word_embedding_dimension of " + std::to_string(tokens) +
                    ", and the model's vectors have " + std::to_string(dim) + " elements");
    }
}

/// The prompts of config_sentence_transformers.json, and the one that is put before every text.
inline void read_prompts(const std::string& path, SentenceEncoder::Parts& to) {
    const ModelJson reader(path);
    const nlohmann::json& json = reader.object();
    if (const auto prompts = json.find("prompts"); prompts != json.end() && !prompts->is_null()) {
        if (!prompts->is_object()) reader.fail("has \"prompts\" that are no object");
        for (const auto& [name, text] : prompts->items()) {
            to.prompts[name] = reader.get<std::string>(*prompts, name.c_str(), "");
        }
    }
    const auto chosen = reader.get<std::string>(json, "default_prompt_name", "");
    if (chosen.empty()) return;
    const auto found = to.prompts.find(chosen);
    if (found == to.prompts.end()) {
        reader.fail("has the default_prompt_name \"" + chosen +
                    "\", which none of its prompts has");
    }
    to.prompt = found->second;
}

/// The tokenizer of a model's folder and the longest text, in tokens: sentence-transformers' limit,
/// else the tokenizer's; at most what the model has positions for.
inline void read_tokens(const std::string& folder, const TransformerConfig& config,
                        SentenceEncoder::Parts& to) {
    to.max_tokens = config.max_tokens();
    std::string said_by = folder + "/config.json";
    std::size_t limit = 0; // none
    bool lowercase = false;
    std::error_code none;
    const auto with_file = [&](const char* name, auto use) {
        const std::string path = folder + "/" + name;
        if (!std::filesystem::exists(path, none)) return;
        const ModelJson reader(path);
        use(reader, reader.object());
        if (limit != 0) said_by = path;
    };
    with_file("sentence_bert_config.json", [&](const ModelJson& reader, const auto& json) {
        limit = reader.template get<std::size_t>(json, "max_seq_length", 0);
        lowercase = reader.template get<bool>(json, "do_lower_case", false);
    });
    if (limit == 0) {
        with_file("tokenizer_config.json", [&](const ModelJson& reader, const auto& json) {
            // Files without a limit say 1e30.
            const auto length = reader.template get<double>(json, "model_max_length", 1e30);
            if (length >= 1 && length < 1e9) limit = static_cast<std::size_t>(length);
        });
    }
    if (limit != 0) to.max_tokens = (std::min)(to.max_tokens, limit);
    const std::size_t special = to.tokenizer.steps().post_processor.added(false);
    if (to.max_tokens <= special) {
        throw FormatError(said_by + " leaves room for " + std::to_string(to.max_tokens) +
                          " tokens, expected more than the " + std::to_string(special) +
                          " special ones around a text");
    }
    if (to.tokenizer.size() > config.vocabulary) {
        throw FormatError("the tokenizer of " + folder + " has ids up to " +
                          std::to_string(to.tokenizer.size() - 1) +
                          ", expected them below the model's vocab_size of " +
                          std::to_string(config.vocabulary));
    }
    if (lowercase) {
        auto steps = to.tokenizer.steps();
        steps.normalizer = steps.normalizer
                               ? AnyNormalizer(NormalizerSequence({Lowercase(), steps.normalizer}))
                               : AnyNormalizer(Lowercase());
        to.tokenizer = Tokenizer(std::move(steps));
    }
}

} // namespace detail

/// The encoder of a folder of sentence-transformers: config.json, weights, tokenizer, and, where
/// modules.json names them, pooling, dense layers and whether lengths become 1; with the prompts of
/// config_sentence_transformers.json. A folder of a model alone has its tokens' mean. Throws
/// `IoError`, and `FormatError` for what is damaged or not supported.
[[nodiscard]] inline SentenceEncoder read_sentence_encoder(const std::string& folder) {
    std::error_code none;
    const auto exists = [&](const char* name) {
        return std::filesystem::exists(folder + "/" + name, none);
    };
    // Some folders have the model in a folder of its own.
    std::string model = folder;
    std::optional<detail::ModelJson> modules;
    if (exists("modules.json")) {
        modules.emplace(folder + "/modules.json");
        const nlohmann::json& list = modules->list();
        if (list.empty() ||
            !modules->get<std::string>(list[0], "type", "").ends_with("Transformer")) {
            modules->fail("does not begin with a Transformer, which is not supported");
        }
        model =
            detail::path_within(folder, *modules, modules->get<std::string>(list[0], "path", ""));
    }
    const TransformerConfig config = read_transformer_config(model + "/config.json");
    Transformer transformer(config, read_model_tensors(model));
    SentenceEncoder::Parts parts{.tokenizer = read_tokenizer(model)};
    detail::read_tokens(model, transformer.config(), parts);
    if (exists("config_sentence_transformers.json")) {
        detail::read_prompts(folder + "/config_sentence_transformers.json", parts);
    }
    if (!modules) return {std::move(transformer), std::move(parts)};
    const std::size_t dim = transformer.dim();
    std::size_t width = dim; // of the vectors so far
    bool pooled = false;
    const nlohmann::json& list = modules->list();
    for (std::size_t i = 1; i < list.size(); ++i) {
        const auto type = modules->get<std::string>(list[i], "type", "");
        const std::string name = type.substr(type.rfind('.') + 1);
        const std::string place =
            detail::path_within(folder, *modules, modules->get<std::string>(list[i], "path", ""));
        if (pooled == (name == "Pooling")) {
            modules->fail("asks for the module \"" + type + "\" " +
                          (pooled ? "after a Pooling" : "before the Pooling") +
                          ", which is not supported");
        }
        if (name == "Pooling") {
            detail::read_pooling(place, dim, parts);
            width = dim * parts.pooling.parts();
            pooled = true;
        } else if (name == "Normalize") {
            parts.steps.emplace_back(UnitLength());
        } else if (name == "Dense") {
            DenseLayer dense = detail::read_dense_layer(place);
            if (dense.inputs() != width) {
                throw FormatError(place + "/config.json has in_features of " +
                                  std::to_string(dense.inputs()) + ", expected the " +
                                  std::to_string(width) + " elements of the module before it");
            }
            width = dense.outputs();
            parts.steps.emplace_back(std::move(dense));
        } else if (name != "Dropout") { // which does nothing after training
            modules->refuse("module", type);
        }
    }
    return {std::move(transformer), std::move(parts)};
}

} // namespace firth
