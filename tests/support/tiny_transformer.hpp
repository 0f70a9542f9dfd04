#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <firth/base/random.hpp>
#include <firth/encode/transformer/transformer_config.hpp>
#include <firth/table/id.hpp>

struct TinyTensor {
    std::vector<std::size_t> shape;
    std::vector<float> values;
};
using TinyTensors = std::map<std::string, TinyTensor>;

/// Writes a file of safetensors.
inline void write_tensors(const TinyTensors& tensors, const std::string& path) {
    std::string header;
    std::string data;
    for (const auto& [name, tensor] : tensors) {
        header += (header.empty() ? "{\"" : ",\"") + name + "\":{\"dtype\":\"F32\",\"shape\":[";
        for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
            header += (i == 0 ? "" : ",") + std::to_string(tensor.shape[i]);
        }
        header += "],\"data_offsets\":[" + std::to_string(data.size()) + ",";
        data.append(reinterpret_cast<const char*>(tensor.values.data()),
                    tensor.values.size() * sizeof(float));
        header += std::to_string(data.size()) + "]}";
    }
    header += "}";
    const std::uint64_t size = header.size();
    char bytes[8];
    std::memcpy(bytes, &size, 8);
    std::ofstream(path, std::ios::binary) << std::string(bytes, 8) << header << data;
}

/// A small encoder with random weights, by name as models' files have them, and what it makes of
/// texts, computed plainly in float64.
struct TinyTransformer {
    using Tensor = TinyTensor;
    firth::TransformerConfig config;
    TinyTensors tensors;
    bool distilbert = false;
    std::string prefix;

    /// Sizes that plain loops get through at once.
    static firth::TransformerConfig small_sizes() {
        firth::TransformerConfig sizes;
        sizes.vocabulary = 30;
        sizes.dim = 12;
        sizes.layers = 2;
        sizes.heads = 3;
        sizes.inner = 20;
        sizes.positions = 16;
        sizes.types = 2;
        return sizes;
    }

    TinyTransformer(const firth::TransformerConfig& sizes, std::uint64_t seed,
                    bool as_distilbert = false, std::string before = "")
        : config(sizes), distilbert(as_distilbert), prefix(std::move(before)) {
        firth::Random random(seed);
        const auto add = [&](const std::string& name, std::vector<std::size_t> shape, float centre,
                             float spread) {
            Tensor tensor{shape, {}};
            std::size_t count = 1;
            for (const std::size_t extent : shape) {
                count *= extent;
            }
            for (std::size_t i = 0; i < count; ++i) {
                tensor.values.push_back(centre + spread * (random.uniform() - 0.5f));
            }
            tensors[prefix + name] = std::move(tensor);
        };
        const std::size_t dim = config.dim;
        add("embeddings.word_embeddings.weight", {config.vocabulary, dim}, 0, 2);
        add("embeddings.position_embeddings.weight", {config.positions, dim}, 0, 1);
        if (config.types != 0) {
            add("embeddings.token_type_embeddings.weight", {config.types, dim}, 0, 1);
        }
        add("embeddings.LayerNorm.weight", {dim}, 1, 0.5f);
        add("embeddings.LayerNorm.bias", {dim}, 0, 0.5f);
        for (std::size_t i = 0; i < config.layers; ++i) {
            const auto linear = [&](const char* name, std::size_t outputs, std::size_t inputs) {
                add(at(i) + name + ".weight", {outputs, inputs}, 0, 1);
                add(at(i) + name + ".bias", {outputs}, 0, 1);
            };
            const auto norm = [&](const char* name) {
                add(at(i) + name + ".weight", {dim}, 1, 0.5f);
                add(at(i) + name + ".bias", {dim}, 0, 0.5f);
            };
            for (const char* const name : names(0)) {
                linear(name, dim, dim);
            }
            norm(names(1)[0]);
            linear(names(1)[1], config.inner, dim);
            linear(names(1)[2], dim, config.inner);
            norm(names(1)[3]);
        }
    }

    std::string at(std::size_t layer) const {
        return (distilbert ? "transformer.layer." : "encoder.layer.") + std::to_string(layer) + ".";
    }

    /// The products of attention, or its norm, the two other products and their norm.
    std::vector<const char*> names(int half) const {
        if (distilbert) {
            return half == 0 ? std::vector<const char*>{"attention.q_lin", "attention.k_lin",
                                                        "attention.v_lin", "attention.out_lin"}
                             : std::vector<const char*>{"sa_layer_norm", "ffn.lin1", "ffn.lin2",
                                                        "output_layer_norm"};
        }
        return half == 0
                   ? std::vector<const char*>{"attention.self.query", "attention.self.key",
                                              "attention.self.value", "attention.output.dense"}
                   : std::vector<const char*>{"attention.output.LayerNorm", "intermediate.dense",
                                              "output.dense", "output.LayerNorm"};
    }

    void write(const std::string& path) const { write_tensors(tensors, path); }

    using Rows = std::vector<std::vector<double>>;

    /// The vectors of one text's tokens after so many layers.
    Rows reference(const std::vector<firth::Id>& ids, const std::vector<std::uint32_t>& types,
                   std::size_t layers) const {
        const std::size_t dim = config.dim;
        Rows x(ids.size(), std::vector<double>(dim));
        for (std::size_t i = 0; i < ids.size(); ++i) {
            for (std::size_t k = 0; k < dim; ++k) {
                x[i][k] = value("embeddings.word_embeddings.weight", ids[i] * dim + k) +
                          value("embeddings.position_embeddings.weight",
                                (config.first_position + i) * dim + k);
                if (config.types != 0) {
                    x[i][k] += value("embeddings.token_type_embeddings.weight",
                                     (types.empty() ? 0 : types[i]) * dim + k);
                }
            }
        }
        normalize(x, "embeddings.LayerNorm");
        for (std::size_t layer = 0; layer < layers; ++layer) {
            const auto name = [&](int half, std::size_t i) { return at(layer) + names(half)[i]; };
            const Rows q = product(x, name(0, 0), dim);
            const Rows k = product(x, name(0, 1), dim);
            const Rows v = product(x, name(0, 2), dim);
            Rows mixed(ids.size(), std::vector<double>(dim));
            const std::size_t size = dim / config.heads;
            for (std::size_t head = 0; head < config.heads; ++head) {
                for (std::size_t i = 0; i < ids.size(); ++i) {
                    std::vector<double> weights(ids.size());
                    double sum = 0;
                    for (std::size_t j = 0; j < ids.size(); ++j) {
                        double score = 0;
                        for (std::size_t e = head * size; e < (head + 1) * size; ++e) {
                            score += q[i][e] * k[j][e];
                        }
                        weights[j] = std::exp(score / std::sqrt(static_cast<double>(size)));
                        sum += weights[j];
                    }
                    for (std::size_t j = 0; j < ids.size(); ++j) {
                        for (std::size_t e = head * size; e < (head + 1) * size; ++e) {
                            mixed[i][e] += weights[j] / sum * v[j][e];
                        }
                    }
                }
            }
            add(x, product(mixed, name(0, 3), dim));
            normalize(x, name(1, 0));
            Rows inner = product(x, name(1, 1), config.inner);
            for (std::vector<double>& row : inner) {
                for (double& element : row) {
                    element = activated(element);
                }
            }
            add(x, product(inner, name(1, 2), dim));
            normalize(x, name(1, 3));
        }
        return x;
    }

private:
    double value(const std::string& name, std::size_t i) const {
        return static_cast<double>(tensors.at(prefix + name).values[i]);
    }

    double activated(double x) const {
        switch (config.activation) {
        case firth::Activation::gelu:
            return x * 0.5 * std::erfc(-x / std::sqrt(2.0));
        case firth::Activation::gelu_tanh:
            return 0.5 * x *
                   (1 + std::tanh(std::sqrt(2 / 3.14159265358979) * (x + 0.044715 * x * x * x)));
        case firth::Activation::quick_gelu:
            return x / (1 + std::exp(-1.702 * x));
        case firth::Activation::relu:
            return x < 0 ? 0 : x;
        case firth::Activation::tanh:
            return std::tanh(x);
        case firth::Activation::identity:
            break;
        }
        return x;
    }

    Rows product(const Rows& x, const std::string& name, std::size_t outputs) const {
        Rows y(x.size(), std::vector<double>(outputs));
        for (std::size_t i = 0; i < x.size(); ++i) {
            for (std::size_t o = 0; o < outputs; ++o) {
                y[i][o] = value(name + ".bias", o);
                for (std::size_t k = 0; k < x[i].size(); ++k) {
                    y[i][o] += x[i][k] * value(name + ".weight", o * x[i].size() + k);
                }
            }
        }
        return y;
    }

    static void add(Rows& x, const Rows& change) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            for (std::size_t k = 0; k < x[i].size(); ++k) {
                x[i][k] += change[i][k];
            }
        }
    }

    void normalize(Rows& x, const std::string& name) const {
        for (std::vector<double>& row : x) {
            double mean = 0;
            for (const double element : row) {
                mean += element / static_cast<double>(row.size());
            }
            double variance = 0;
            for (const double element : row) {
                variance += (element - mean) * (element - mean) / static_cast<double>(row.size());
            }
            for (std::size_t k = 0; k < row.size(); ++k) {
                row[k] = (row[k] - mean) /
                             std::sqrt(variance + static_cast<double>(config.norm_epsilon)) *
                             value(name + ".weight", k) +
                         value(name + ".bias", k);
            }
        }
    }
};
