#pragma once

/// Needs nlohmann/json, and is therefore in no umbrella header: include it by its name.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/thread_count.hpp>
#include <firth/base/thread_pool.hpp>
#include <firth/encode/text_encoder.hpp>
#include <firth/encode/transformer/transformer.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/text/detail/json_document.hpp>
#include <firth/text/detail/json_reader.hpp>
#include <firth/text/tokenizer.hpp>
#include <firth/text/tokenizer_file.hpp>

namespace firth {

/// How the vectors of a text's tokens become one; several are put side by side in this order.
struct Pooling {
    bool cls = false; ///< that of the first token
    bool max = false; ///< the largest of each element
    bool mean = false;
    bool mean_sqrt = false;     ///< the sum over the root of the number of tokens
    bool weighted_mean = false; ///< the i-th token weighs i, from 1
    bool last = false;          ///< that of the last token

    [[nodiscard]] std::size_t parts() const noexcept {
        return std::size_t(cls) + max + mean + mean_sqrt + weighted_mean + last;
    }
};

/// One vector of a text's tokens' vectors, parts() times their dim elements long.
inline void pool(const Pooling& pooling, TableView<const float> tokens, std::span<float> to) {
    const std::size_t dim = tokens.dim();
    std::size_t at = 0;
    const auto next = [&] { return to.subspan(dim * at++, dim); };
    const auto sum = [&](std::span<float> part, auto weight_of, double whole) {
        std::ranges::fill(part, 0.0f);
        for (std::size_t i = 0; i < tokens.rows(); ++i) {
            simd::axpy(static_cast<float>(weight_of(i)), tokens[i], part);
        }
        simd::scale(static_cast<float>(1 / whole), part);
    };
    const auto one = [](std::size_t) { return 1.0; };
    const auto count = static_cast<double>(tokens.rows());
    if (pooling.cls) std::ranges::copy(tokens[0], next().begin());
    if (pooling.max) {
        const std::span<float> part = next();
        std::ranges::copy(tokens[0], part.begin());
        for (std::size_t i = 1; i < tokens.rows(); ++i) {
            for (std::size_t k = 0; k < dim; ++k) {
                part[k] = (std::max)(part[k], tokens[i][k]);
            }
        }
    }
    if (pooling.mean) sum(next(), one, count);
    if (pooling.mean_sqrt) sum(next(), one, std::sqrt(count));
    if (pooling.weighted_mean) {
        sum(
            next(), [](std::size_t i) { return static_cast<double>(i + 1); },
            count * (count + 1) / 2);
    }
    if (pooling.last) std::ranges::copy(tokens[tokens.rows() - 1], next().begin());
}

/// A `TextEncoder` of a transformer: tokenizer, layers, pooling, and the length made 1 where the
/// model asks for it.
class SentenceEncoder {
public:
    struct Parts {
        Tokenizer tokenizer;
        Pooling pooling{.mean = true};
        bool normalize = false;
        std::size_t max_tokens = 512; ///< longer texts are cut, with their special tokens
    };

    SentenceEncoder(Transformer transformer, Parts parts)
        : transformer_(std::move(transformer)), pooling_(parts.pooling),
          normalize_(parts.normalize),
          tokenizer_(parts.tokenizer.with_padding(std::nullopt)
                         .with_truncation(Truncation{
                             .max_length = (std::min)(parts.max_tokens,
                                                      transformer_.config().max_tokens())})) {
        if (pooling_.parts() == 0) throw OptionError("no pooling, expected one way or several");
    }

    [[nodiscard]] std::size_t dim() const noexcept { return transformer_.dim() * pooling_.parts(); }
    [[nodiscard]] const Transformer& transformer() const noexcept { return transformer_; }
    [[nodiscard]] const Tokenizer& tokenizer() const noexcept { return tokenizer_; }

    /// Writes the vector of a text to dim() floats.
    void encode(std::string_view text, std::span<float> vector) const {
        Transformer::Workspace workspace;
        const std::string_view texts[] = {text};
        encode_block(texts, TableView<float>(vector.data(), 1, vector.size()), workspace);
    }

    /// The vectors of many texts, a row each; the same as one by one.
    [[nodiscard]] EmbeddingTable<float> encode(std::span<const std::string_view> texts,
                                               std::size_t threads = 1) const {
        EmbeddingTable<float> vectors(texts.size(), dim());
        const std::size_t tasks = (texts.size() + block - 1) / block;
        ThreadPool((std::min)(resolve_threads(threads), (std::max)(tasks, std::size_t{1})))
            .run(tasks, [&](std::size_t task) {
                Transformer::Workspace workspace;
                const std::size_t begin = task * block;
                const std::size_t count = (std::min)(block, texts.size() - begin);
                encode_block(texts.subspan(begin, count),
                             TableView<float>(vectors[begin].data(), count, dim(),
                                              vectors.stride()),
                             workspace);
            });
        return vectors;
    }

private:
    static constexpr std::size_t block = 32; ///< texts at once

    void encode_block(std::span<const std::string_view> texts, TableView<float> to,
                      Transformer::Workspace& workspace) const {
        TokenBatch batch;
        for (const std::string_view text : texts) {
            const Encoding made = tokenizer_.encode(text);
            batch.ids.insert(batch.ids.end(), made.ids.begin(), made.ids.end());
            batch.ends.push_back(batch.ids.size());
        }
        const TableView<const float> tokens = transformer_(batch, workspace);
        std::size_t begin = 0;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const std::size_t end = batch.ends[i];
            pool(pooling_,
                 TableView<const float>(tokens.data() + begin * tokens.stride(), end - begin,
                                        tokens.dim(), tokens.stride()),
                 to[i]);
            if (normalize_) {
                const auto norm = static_cast<float>(simd::norm(to[i]));
                simd::scale(1 / (std::max)(norm, 1e-12f), to[i]);
            }
            begin = end;
        }
    }

    Transformer transformer_;
    Pooling pooling_;
    bool normalize_;
    Tokenizer tokenizer_;
};

namespace detail {

[[nodiscard]] inline nlohmann::json read_json(const std::string& path) {
    const MappedFile file(path);
    return JsonDocument(file.bytes(), path).root();
}

} // namespace detail

/// The sizes in a model's config.json. Throws `IoError` and `FormatError`.
[[nodiscard]] inline TransformerConfig read_transformer_config(const std::string& path) {
    const nlohmann::json json = detail::read_json(path);
    const detail::JsonReader reader(path);
    if (!json.is_object()) reader.fail("is no object, expected a model's config");
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
    } else if (type == "bert" || type == "roberta" || type == "xlm-roberta" || type == "camembert") {
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
        const auto positions =
            reader.get<std::string>(json, "position_embedding_type", "absolute");
        if (positions != "absolute") reader.refuse("position_embedding_type", positions);
    } else {
        reader.refuse("model_type", type);
    }
    if (activation == "gelu") config.activation = Activation::gelu;
    else if (activation == "gelu_new" || activation == "gelu_pytorch_tanh" || activation == "gelu_fast") config.activation = Activation::gelu_tanh;
    else if (activation == "quick_gelu") config.activation = Activation::quick_gelu;
    else if (activation == "relu") config.activation = Activation::relu;
    else reader.refuse("activation", activation);
    config.check(path);
    return config;
}

/// The weights of a folder: model.safetensors, or the files that model.safetensors.index.json names.
[[nodiscard]] inline ModelTensors read_model_tensors(const std::string& folder) {
    ModelTensors tensors;
    const std::string index = folder + "/model.safetensors.index.json";
    if (std::error_code none; !std::filesystem::exists(index, none)) {
        tensors.add_file(folder + "/model.safetensors");
        return tensors;
    }
    const nlohmann::json json = detail::read_json(index);
    std::vector<std::string> files;
    const detail::JsonReader reader(index);
    if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object()) {
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
        const detail::JsonReader reader(path);
        parts.max_tokens =
            reader.get<std::size_t>(detail::read_json(path), "max_seq_length", parts.max_tokens);
    }
    const std::string modules = folder + "/modules.json";
    if (!std::filesystem::exists(modules, none)) return {std::move(transformer), std::move(parts)};
    const detail::JsonReader reader(modules);
    for (const nlohmann::json& module : detail::read_json(modules)) {
        const auto type = reader.get<std::string>(module, "type", "");
        const std::string name = type.substr(type.rfind('.') + 1);
        if (name == "Transformer") continue;
        if (name == "Normalize") {
            parts.normalize = true;
        } else if (name == "Pooling") {
            const std::string path =
                folder + "/" + reader.get<std::string>(module, "path", "") + "/config.json";
            const detail::JsonReader pooling(path);
            const nlohmann::json json = detail::read_json(path);
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
