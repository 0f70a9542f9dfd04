#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/encode/dense_layer.hpp>
#include <firth/encode/pooling.hpp>
#include <firth/encode/text_encoder.hpp>
#include <firth/encode/transformer/transformer.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/update.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/matrix_view.hpp>
#include <firth/text/encoding.hpp>
#include <firth/text/normalizers/edits.hpp>
#include <firth/text/tokenizer.hpp>
#include <firth/text/truncation.hpp>

namespace firth {

/// A step after pooling: the vector gets length 1.
struct UnitLength {};

/// What is done with a text's pooled vector.
using VectorStep = std::variant<DenseLayer, UnitLength>;

/// The tokens of a text and a vector for each, a row a token.
struct TokenVectors {
    /// Offsets are bytes of the text. Tokens that the text does not have, those of a prompt among
    /// them, are `special`, with an empty offset and no word.
    Encoding encoding;
    EmbeddingTable<float> vectors;
};

/// A `TextEncoder` of a transformer: tokens, layers, pooling, dense layers, and vectors of length 1
/// where the model asks for it (Reimers and Gurevych 2019). White space at a text's ends counts for
/// nothing. A longer text is cut to `max_tokens`, special tokens included; `is_cut` tells. A text's
/// vector is the same alone, in any batch and on any number of threads.
///
/// Some models expect a prompt before each text, "query: " say: `with_prompt` makes an encoder that
/// puts it there. Copies and encoders with other prompts share the weights.
///
/// `read_sentence_encoder` of `encode/sentence_encoder_file.hpp` reads one from the folders that
/// people have. Memory beside the weights: about 10 MB a thread with BERT's smaller kin.
class SentenceEncoder {
public:
    using Prompts = std::map<std::string, std::string, std::less<>>;

    struct Parts {
        Tokenizer tokenizer;
        Pooling pooling{.mean = true};
        std::vector<VectorStep> steps{}; ///< after pooling
        std::size_t max_tokens = 512;    ///< of a text; at most those of the transformer
        Prompts prompts{};               ///< by name
        std::string prompt{};            ///< what stands before every text
        bool pools_prompt = true;        ///< a prompt's tokens count for a text's vector
    };

    /// Throws `OptionError` for no pooling, for fewer tokens than the special ones take, and for a
    /// dense layer that expects another number of elements.
    SentenceEncoder(Transformer transformer, Parts parts)
        : transformer_(std::make_shared<const Transformer>(std::move(transformer))),
          pooling_(parts.pooling), steps_(std::move(parts.steps)),
          max_tokens_((std::min)(parts.max_tokens, transformer_->config().max_tokens())),
          tokenizer_(parts.tokenizer.with_padding(std::nullopt)
                         .with_truncation(Truncation{.max_length = max_tokens_})),
          prompts_(std::move(parts.prompts)), pools_prompt_(parts.pools_prompt) {
        if (pooling_.parts() == 0) throw OptionError("no pooling, expected one way or several");
        dim_ = pooled_dim();
        for (const VectorStep& step : steps_) {
            const DenseLayer* const dense = std::get_if<DenseLayer>(&step);
            if (dense == nullptr) continue;
            if (dense->inputs() != dim_) {
                throw OptionError("a dense layer of " + std::to_string(dense->inputs()) +
                                  " inputs after vectors of " + std::to_string(dim_) +
                                  " elements, expected as many");
            }
            dim_ = dense->outputs();
        }
        set_prompt(std::move(parts.prompt));
    }

    [[nodiscard]] std::size_t dim() const noexcept { return dim_; }
    [[nodiscard]] const Transformer& transformer() const noexcept { return *transformer_; }
    [[nodiscard]] const Tokenizer& tokenizer() const noexcept { return tokenizer_; }
    [[nodiscard]] const Pooling& pooling() const noexcept { return pooling_; }
    [[nodiscard]] const std::vector<VectorStep>& steps() const noexcept { return steps_; }
    [[nodiscard]] std::size_t max_tokens() const noexcept { return max_tokens_; }

    /// Whether all vectors have length 1.
    [[nodiscard]] bool normalizes() const noexcept {
        return !steps_.empty() && std::holds_alternative<UnitLength>(steps_.back());
    }

    /// The prompts that the model names, and the one that stands before every text.
    [[nodiscard]] const Prompts& prompts() const noexcept { return prompts_; }
    [[nodiscard]] const std::string& prompt() const noexcept { return prompt_; }

    /// The same encoder with one of the prompts before every text. Throws `OptionError` for a name
    /// that the model does not have.
    [[nodiscard]] SentenceEncoder with_prompt(std::string_view name) const {
        const auto found = prompts_.find(name);
        if (found != prompts_.end()) return with_prompt_text(found->second);
        std::string names;
        for (const auto& [known, text] : prompts_) {
            names += (names.empty() ? "" : ", ") + known;
        }
        throw OptionError("no prompt \"" + std::string(name) + "\", expected " +
                          (names.empty() ? "none: the model names none" : "one of " + names));
    }

    /// The same encoder with this before every text; empty: none.
    [[nodiscard]] SentenceEncoder with_prompt_text(std::string prompt) const {
        SentenceEncoder made(*this);
        made.set_prompt(std::move(prompt));
        return made;
    }

    /// The same encoder with another pooling. Throws as the constructor does.
    [[nodiscard]] SentenceEncoder with_pooling(const Pooling& pooling) const {
        SentenceEncoder made(*this);
        made.pooling_ = pooling;
        if (pooling.parts() == 0) throw OptionError("no pooling, expected one way or several");
        const auto is_dense = [](const VectorStep& step) {
            return std::holds_alternative<DenseLayer>(step);
        };
        if (made.pooled_dim() != pooled_dim()) {
            if (std::ranges::any_of(steps_, is_dense)) {
                throw OptionError("pooling to " + std::to_string(made.pooled_dim()) +
                                  " elements, and the model's dense layer expects " +
                                  std::to_string(pooled_dim()));
            }
            made.dim_ = made.pooled_dim();
        }
        return made;
    }

    /// How many tokens a text has before it is cut, with prompt and special tokens.
    [[nodiscard]] std::size_t count_tokens(std::string_view text) const {
        std::string joined;
        return tokenizer_.count(prepared(text, joined)) +
               tokenizer_.steps().post_processor.added(false);
    }

    /// Whether a text has more tokens than the model takes, so that its end does not count.
    [[nodiscard]] bool is_cut(std::string_view text) const {
        return count_tokens(text) > max_tokens_;
    }

    /// Writes the vector of a text to `vector`, dim() elements; zeros where it has no token at all.
    void encode(std::string_view text, std::span<float> vector) const {
        encode(std::span<const std::string_view>(&text, 1),
               TableView<float>(vector.data(), 1, dim()));
    }

    /// Those of several texts, a row each, on this thread.
    void encode(std::span<const std::string_view> texts, TableView<float> vectors) const {
        Transformer::Workspace workspace;
        TokenBatch batch;
        std::string joined;
        std::size_t first = 0; // text of the batch
        const auto flush = [&] {
            finish_batch((*transformer_)(batch, workspace), batch, vectors, first);
            first += batch.ends.size();
            batch = {};
        };
        for (const std::string_view text : texts) {
            const Encoding made = tokenizer_.encode(prepared(text, joined));
            if (!batch.ids.empty() && batch.ids.size() + made.size() > most_tokens) flush();
            batch.ids.insert(batch.ids.end(), made.ids.begin(), made.ids.end());
            batch.ends.push_back(batch.ids.size());
        }
        flush();
    }

    /// The vectors of a text's tokens in its context: after so many layers, 0 for what goes into
    /// the first, all by default. Throws `OptionError` for a layer that the model does not have.
    [[nodiscard]] TokenVectors token_vectors(std::string_view text,
                                             std::optional<std::size_t> layer = {}) const {
        const std::size_t layers = transformer_->config().layers;
        if (layer.value_or(0) > layers) {
            throw OptionError("layer " + std::to_string(*layer) + ", expected 0 to " +
                              std::to_string(layers));
        }
        std::string joined;
        const std::string_view input = prepared(text, joined);
        const std::string_view whole = prompt_.empty() ? text : std::string_view(joined);
        TokenVectors made{tokenizer_.encode(input), {}};
        place_in_text(static_cast<std::size_t>(input.data() - whole.data()), made.encoding);
        const TokenBatch batch{made.encoding.ids, {}, {made.encoding.size()}};
        Transformer::Workspace workspace;
        const TableView<const float> rows =
            (*transformer_)(batch, workspace, layer.value_or(layers));
        made.vectors = EmbeddingTable<float>(rows.rows(), rows.dim());
        for (std::size_t i = 0; i < rows.rows(); ++i) {
            std::ranges::copy(rows[i], made.vectors[i].begin());
        }
        return made;
    }

private:
    /// Tokens at once: enough for the products to pay for reading the weights.
    static constexpr std::size_t most_tokens = 512;

    [[nodiscard]] std::size_t pooled_dim() const noexcept {
        return transformer_->dim() * pooling_.parts();
    }

    void set_prompt(std::string prompt) {
        prompt_ = std::move(prompt);
        unpooled_ = 0;
        if (pools_prompt_ || prompt_.empty()) return;
        // Those of the prompt alone, but for what ends a text, as sentence-transformers counts.
        const Encoding alone = tokenizer_.encode(Strip().kept(prompt_));
        unpooled_ = alone.size();
        while (unpooled_ != 0 && alone.special[unpooled_ - 1] != 0) {
            --unpooled_;
        }
    }

    /// A text as the tokenizer gets it; `joined` holds it where there is a prompt.
    [[nodiscard]] std::string_view prepared(std::string_view text, std::string& joined) const {
        if (!prompt_.empty()) {
            joined.assign(prompt_).append(text);
            text = joined;
        }
        return Strip().kept(text);
    }

    /// Turns places in what the tokenizer got, which begins at byte `begin` of prompt and text,
    /// into those in the text.
    void place_in_text(std::size_t begin, Encoding& encoding) const {
        std::uint32_t first_word = 0;
        bool in_text = false;
        for (std::size_t i = 0; i < encoding.size(); ++i) {
            if (encoding.special[i] != 0) continue;
            auto& [from, to] = encoding.offsets[i];
            const std::size_t of_prompt = prompt_.size();
            if (to + begin <= of_prompt && of_prompt != 0) {
                encoding.offsets[i] = {};
                encoding.words[i] = Encoding::no_word;
                encoding.special[i] = 1;
                continue;
            }
            const auto moved = [&](std::size_t at) {
                return static_cast<std::uint32_t>(at + begin - (std::min)(of_prompt, at + begin));
            };
            encoding.offsets[i] = {moved(from), moved(to)};
            if (!in_text) first_word = encoding.words[i];
            in_text = true;
            encoding.words[i] -= first_word;
        }
    }

    void finish_batch(TableView<const float> tokens, const TokenBatch& batch,
                      TableView<float> vectors, std::size_t first) const {
        std::vector<float> now(pooled_dim());
        std::vector<float> next;
        std::size_t begin = 0;
        for (std::size_t i = 0; i < batch.ends.size(); ++i) {
            const std::size_t end = batch.ends[i];
            now.resize(pooled_dim());
            pool(pooling_,
                 TableView<const float>(tokens.data() + begin * tokens.stride(), end - begin,
                                        tokens.dim(), tokens.stride()),
                 now, unpooled_);
            for (const VectorStep& step : steps_) {
                if (const DenseLayer* const dense = std::get_if<DenseLayer>(&step)) {
                    next.resize(dense->outputs());
                    (*dense)(now, next);
                    now.swap(next);
                } else {
                    constexpr float least = 1e-12f; // sentence-transformers'
                    simd::scale(1 / (std::max)(simd::norm(std::span<const float>(now)), least),
                                std::span<float>(now));
                }
            }
            std::ranges::copy(now, vectors[first + i].begin());
            begin = end;
        }
    }

    std::shared_ptr<const Transformer> transformer_;
    Pooling pooling_;
    std::vector<VectorStep> steps_;
    std::size_t dim_ = 0;
    std::size_t max_tokens_;
    Tokenizer tokenizer_;
    Prompts prompts_;
    std::string prompt_;
    bool pools_prompt_;
    std::size_t unpooled_ = 0; ///< tokens in front that are left out of the pooling
};

static_assert(TextEncoder<SentenceEncoder>);

} // namespace firth
