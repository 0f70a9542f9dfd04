#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <firth/base/error.hpp>
#include <firth/encode/pooling.hpp>
#include <firth/encode/text_encoder.hpp>
#include <firth/encode/transformer/transformer.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/update.hpp>
#include <firth/table/matrix_view.hpp>
#include <firth/text/encoding.hpp>
#include <firth/text/tokenizer.hpp>
#include <firth/text/truncation.hpp>

namespace firth {

/// A `TextEncoder` of a transformer: tokens, layers, pooling, and vectors of length 1 where the
/// model asks for it (Reimers and Gurevych 2019). A longer text is cut to `max_tokens`, special
/// tokens included. A text's vector is the same alone, in any batch and on any number of threads.
///
/// `read_sentence_encoder` of `encode/sentence_encoder_file.hpp` reads one from the folders that
/// people have. Memory beside the weights: about 10 MB a thread with BERT's smaller kin.
class SentenceEncoder {
public:
    struct Parts {
        Tokenizer tokenizer;
        Pooling pooling{.mean = true};
        bool normalize = false;       ///< to length 1
        std::size_t max_tokens = 512; ///< of a text; at most those of the transformer
    };

    /// Throws `OptionError` for no pooling and for fewer tokens than the special ones take.
    SentenceEncoder(Transformer transformer, Parts parts)
        : transformer_(std::move(transformer)), pooling_(parts.pooling),
          normalize_(parts.normalize),
          max_tokens_((std::min)(parts.max_tokens, transformer_.config().max_tokens())),
          tokenizer_(parts.tokenizer.with_padding(std::nullopt)
                         .with_truncation(Truncation{.max_length = max_tokens_})) {
        if (pooling_.parts() == 0) throw OptionError("no pooling, expected one way or several");
    }

    [[nodiscard]] std::size_t dim() const noexcept { return transformer_.dim() * pooling_.parts(); }
    [[nodiscard]] const Transformer& transformer() const noexcept { return transformer_; }
    [[nodiscard]] const Tokenizer& tokenizer() const noexcept { return tokenizer_; }
    [[nodiscard]] const Pooling& pooling() const noexcept { return pooling_; }
    [[nodiscard]] bool normalizes() const noexcept { return normalize_; }
    [[nodiscard]] std::size_t max_tokens() const noexcept { return max_tokens_; }

    /// Writes the vector of a text to `vector`, dim() elements; zeros where it has no token at all.
    void encode(std::string_view text, std::span<float> vector) const {
        encode(std::span<const std::string_view>(&text, 1),
               TableView<float>(vector.data(), 1, dim()));
    }

    /// Those of several texts, a row each, on this thread.
    void encode(std::span<const std::string_view> texts, TableView<float> vectors) const {
        Transformer::Workspace workspace;
        TokenBatch batch;
        std::size_t first = 0; // text of the batch
        const auto flush = [&] {
            pool_batch(transformer_(batch, workspace), batch, vectors, first);
            first += batch.ends.size();
            batch = {};
        };
        for (const std::string_view text : texts) {
            const Encoding made = tokenizer_.encode(text);
            if (!batch.ids.empty() && batch.ids.size() + made.size() > most_tokens) flush();
            batch.ids.insert(batch.ids.end(), made.ids.begin(), made.ids.end());
            batch.ends.push_back(batch.ids.size());
        }
        flush();
    }

private:
    /// Tokens at once: enough for the products to pay for reading the weights.
    static constexpr std::size_t most_tokens = 512;

    void pool_batch(TableView<const float> tokens, const TokenBatch& batch,
                    TableView<float> vectors, std::size_t first) const {
        std::size_t begin = 0;
        for (std::size_t i = 0; i < batch.ends.size(); ++i) {
            const std::size_t end = batch.ends[i];
            const std::span<float> vector = vectors[first + i];
            pool(pooling_,
                 TableView<const float>(tokens.data() + begin * tokens.stride(), end - begin,
                                        tokens.dim(), tokens.stride()),
                 vector);
            if (normalize_) {
                constexpr float least = 1e-12f; // sentence-transformers'
                simd::scale(1 / (std::max)(simd::norm(vector), least), vector);
            }
            begin = end;
        }
    }

    Transformer transformer_;
    Pooling pooling_;
    bool normalize_;
    std::size_t max_tokens_;
    Tokenizer tokenizer_;
};

static_assert(TextEncoder<SentenceEncoder>);

} // namespace firth
