#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/error.hpp>
#include <firth/encode/transformer/model_tensors.hpp>
#include <firth/encode/transformer/transformer_config.hpp>
#include <firth/encode/transformer/transformer_steps.hpp>
#include <firth/simd/layer_norm.hpp>
#include <firth/simd/update.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// Texts as tokens, one after another.
struct TokenBatch {
    std::vector<Id> ids;
    std::vector<std::uint32_t> types; ///< an element a token; none: all are of type 0
    std::vector<std::size_t> ends;    ///< of each text among the tokens
};

/// An encoder of BERT's kind: tokens of texts in, a vector a token out. Any number of threads may
/// ask one at once.
///
/// x = norm(word + position + type); each layer: y = norm(x + O attention(x)), then
/// x = norm(y + D activation(U y)) (Devlin et al. 2019; Vaswani et al. 2017). A text's vectors do
/// not depend on the others of its batch.
class Transformer {
public:
    /// One thread's memory: about 5 dim + inner floats for each token of the largest batch.
    struct Workspace {
        std::vector<AlignedBuffer<float>> tables{};
        AttentionWorkspace attention{};
    };

    /// Throws `FormatError` where a tensor is missing, or another than the sizes ask for.
    Transformer(const TransformerConfig& config, ModelTensors tensors)
        : config_(config), tensors_(std::make_unique<ModelTensors>(std::move(tensors))) {
        find_prefix();
        const std::size_t dim = config_.dim;
        words_ = tensor("embeddings.word_embeddings.weight", {config_.vocabulary, dim});
        positions_ = tensor("embeddings.position_embeddings.weight", {config_.positions, dim});
        if (config_.types != 0) {
            types_ = tensor("embeddings.token_type_embeddings.weight", {config_.types, dim});
        }
        norm_ = norm("embeddings.LayerNorm");
        const bool distilled = tensors_->contains(prefix_ + "transformer.layer.0.ffn.lin1.weight");
        for (std::size_t i = 0; i < config_.layers; ++i) {
            const std::string at =
                (distilled ? "transformer.layer." : "encoder.layer.") + std::to_string(i) + ".";
            const auto name = [&](const char* bert, const char* distilbert) {
                return at + (distilled ? distilbert : bert);
            };
            const Linear::Part attention[] = {
                part(name("attention.self.query", "attention.q_lin"), dim, dim),
                part(name("attention.self.key", "attention.k_lin"), dim, dim),
                part(name("attention.self.value", "attention.v_lin"), dim, dim)};
            const Linear::Part output[] = {
                part(name("attention.output.dense", "attention.out_lin"), dim, dim)};
            const Linear::Part up[] = {
                part(name("intermediate.dense", "ffn.lin1"), config_.inner, dim)};
            const Linear::Part down[] = {
                part(name("output.dense", "ffn.lin2"), dim, config_.inner)};
            layers_.push_back({Linear(attention), Linear(output),
                               norm(name("attention.output.LayerNorm", "sa_layer_norm")),
                               Linear(up, config_.activation), Linear(down),
                               norm(name("output.LayerNorm", "output_layer_norm"))});
        }
    }

    [[nodiscard]] const TransformerConfig& config() const noexcept { return config_; }
    [[nodiscard]] std::size_t dim() const noexcept { return config_.dim; }

    /// The vectors of a batch's tokens after so many layers, all by default; 0: before the first.
    /// They are in `workspace` and good until it is used again. Throws `Error` for ids and types
    /// that the model does not have, and for texts that are too long.
    TableView<const float> operator()(const TokenBatch& batch, Workspace& workspace,
                                      std::size_t layers = ~std::size_t(0)) const {
        check(batch);
        const std::size_t tokens = batch.ids.size();
        const std::size_t dim = config_.dim;
        const TableView<float> x = table(workspace, 0, tokens, dim);
        const TableView<float> qkv = table(workspace, 1, tokens, 3 * dim);
        const TableView<float> change = table(workspace, 2, tokens, dim);
        const TableView<float> inner = table(workspace, 3, tokens, config_.inner);
        if (tokens == 0) return x;
        embed(batch, x);
        for (std::size_t i = 0; i < (std::min)(layers, config_.layers); ++i) {
            const Layer& layer = layers_[i];
            layer.query_key_value(x, qkv);
            attention(batch, qkv, workspace.attention, change);
            // Nobody reads the queries after this: their room takes the output.
            const TableView<float> output(qkv.data(), tokens, dim, qkv.stride());
            layer.output(change, output);
            add_and_normalise(x, output, layer.after_attention);
            layer.up(x, inner);
            layer.down(inner, change);
            add_and_normalise(x, change, layer.after_inner);
        }
        return x;
    }

private:
    struct Norm {
        std::span<const float> gain;
        std::span<const float> bias;
    };
    struct Layer {
        Linear query_key_value;
        Linear output;
        Norm after_attention;
        Linear up; ///< with the activation
        Linear down;
        Norm after_inner;
    };

    /// What stands before the names of the tensors, as in "bert.embeddings...".
    void find_prefix() {
        constexpr std::string_view first = "embeddings.word_embeddings.weight";
        bool found = false;
        tensors_->for_each_name([&](std::string_view name) {
            if (found || !name.ends_with(first)) return;
            prefix_ = name.substr(0, name.size() - first.size());
            found = true;
        });
    }

    std::span<const float> tensor(const std::string& name,
                                  std::initializer_list<std::size_t> shape) {
        return tensors_->floats(prefix_ + name, shape);
    }

    Linear::Part part(const std::string& name, std::size_t outputs, std::size_t inputs) {
        return {tensor(name + ".weight", {outputs, inputs}), tensor(name + ".bias", {outputs})};
    }

    Norm norm(const std::string& name) {
        // Old files have TensorFlow's names.
        const bool old = tensors_->contains(prefix_ + name + ".gamma");
        return {tensor(name + (old ? ".gamma" : ".weight"), {config_.dim}),
                tensor(name + (old ? ".beta" : ".bias"), {config_.dim})};
    }

    static TableView<float> table(Workspace& workspace, std::size_t number, std::size_t rows,
                                  std::size_t dim) {
        if (workspace.tables.size() <= number) workspace.tables.resize(number + 1);
        AlignedBuffer<float>& buffer = workspace.tables[number];
        const std::size_t stride = padded_dim<float>(dim);
        if (buffer.size() < rows * stride) buffer = AlignedBuffer<float>(rows * stride);
        return {buffer.data(), rows, dim, stride};
    }

    void check(const TokenBatch& batch) const {
        for (const Id id : batch.ids) {
            if (id >= config_.vocabulary) {
                throw Error("the id " + std::to_string(id) + ", expected one below the model's " +
                            std::to_string(config_.vocabulary));
            }
        }
        for (const std::uint32_t type : batch.types) {
            if (type >= (std::max)(config_.types, std::size_t{1})) {
                throw Error("the token type " + std::to_string(type) +
                            ", expected one below the model's " + std::to_string(config_.types));
            }
        }
        std::size_t begin = 0;
        for (const std::size_t end : batch.ends) {
            if (end < begin || end - begin > config_.max_tokens()) {
                throw Error("a text of " + std::to_string(end - begin) +
                            " tokens, expected at most " + std::to_string(config_.max_tokens()));
            }
            begin = end;
        }
        if (begin != batch.ids.size() ||
            (!batch.types.empty() && batch.types.size() != batch.ids.size())) {
            throw Error("the texts of a batch end at " + std::to_string(begin) + " of " +
                        std::to_string(batch.ids.size()) + " ids and " +
                        std::to_string(batch.types.size()) + " types, expected as many");
        }
    }

    void embed(const TokenBatch& batch, TableView<float> x) const {
        const auto row = [&](std::span<const float> table, std::size_t i) {
            return table.subspan(i * config_.dim, config_.dim);
        };
        std::size_t begin = 0;
        for (const std::size_t end : batch.ends) {
            for (std::size_t i = begin; i < end; ++i) {
                const std::span<float> sum = x[i];
                std::ranges::copy(row(words_, batch.ids[i]), sum.begin());
                simd::axpy(1.0f, row(positions_, config_.first_position + i - begin), sum);
                if (!types_.empty()) {
                    simd::axpy(1.0f, row(types_, batch.types.empty() ? 0 : batch.types[i]), sum);
                }
                simd::layer_norm(sum, norm_.gain, norm_.bias, config_.norm_epsilon);
            }
            begin = end;
        }
    }

    void attention(const TokenBatch& batch, TableView<const float> qkv,
                   AttentionWorkspace& workspace, TableView<float> to) const {
        std::size_t begin = 0;
        for (const std::size_t end : batch.ends) {
            const auto text = [&](auto view, std::size_t first) {
                return decltype(view)(view.data() + begin * view.stride() + first, end - begin,
                                      config_.dim, view.stride());
            };
            attend(text(qkv, 0), text(qkv, config_.dim), text(qkv, 2 * config_.dim), config_.heads,
                   workspace, text(to, 0));
            begin = end;
        }
    }

    void add_and_normalise(TableView<float> x, TableView<const float> change,
                           const Norm& norm) const {
        for (std::size_t row = 0; row < x.rows(); ++row) {
            simd::add_and_layer_norm(x[row], change[row], norm.gain, norm.bias,
                                     config_.norm_epsilon);
        }
    }

    TransformerConfig config_;
    std::unique_ptr<ModelTensors> tensors_; ///< owns what the spans below are of
    std::string prefix_;
    std::span<const float> words_;
    std::span<const float> positions_;
    std::span<const float> types_;
    Norm norm_;
    std::vector<Layer> layers_;
};

} // namespace firth
