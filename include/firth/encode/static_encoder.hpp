#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/encode/text_encoder.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/update.hpp>
#include <firth/simd/weighted_sum.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>
#include <firth/text/added_tokens.hpp>
#include <firth/text/any_step.hpp>
#include <firth/text/tokenizer.hpp>
#include <firth/text/tokenizers/bpe.hpp>
#include <firth/text/tokenizers/sentencepiece_bpe.hpp>
#include <firth/text/tokenizers/unigram.hpp>
#include <firth/text/tokenizers/word_level.hpp>
#include <firth/text/tokenizers/word_piece.hpp>
#include <firth/text/unicode/properties.hpp>

namespace firth {

/// What of a text counts, by the library whose models these are.
enum class StaticRules {
    /// Of a text at most `max_tokens` times the median token's characters, of these at most
    /// `max_tokens` tokens, and of these all but the unknown ones.
    model2vec,
    static_embedding, ///< sentence-transformers': at most `max_tokens` tokens, unknown ones too
};

struct StaticEncoderOptions {
    StaticRules rules = StaticRules::model2vec;
    bool normalize = true;                       ///< to length 1
    std::optional<std::size_t> max_tokens = 512; ///< of a text; none: all
    std::vector<float> weights{};                ///< by token id; none: all 1
    std::vector<std::uint32_t> rows{};           ///< of the table, by token id; none: the id's own
};

/// The token that stands for what a tokenizer does not know, if it has one.
[[nodiscard]] inline std::optional<Id> unknown_token(const Tokenizer& tokenizer) {
    const AnyModel& model = tokenizer.steps().model;
    const auto named = [&](const std::string& token) {
        return token.empty() ? std::nullopt : tokenizer.find(token);
    };
    if (const auto* const pieces = model.get_if<WordPiece>()) {
        return named(pieces->options().unknown);
    }
    if (const auto* const bpe = model.get_if<Bpe>()) return named(bpe->options().unknown);
    if (const auto* const words = model.get_if<WordLevel>()) return named(words->unknown());
    if (const auto* const unigram = model.get_if<UnigramModel>()) return unigram->unknown();
    if (const auto* const bpe = model.get_if<SentencePieceBpe>()) return bpe->unknown();
    return std::nullopt;
}

/// A `TextEncoder`: a text's vector is the mean of its tokens' rows, each times the token's weight;
/// no transformer, some microseconds a sentence. model2vec's and potion's models are of this kind,
/// and sentence-transformers' with a StaticEmbedding. No special tokens; a text without a token
/// that counts becomes zeros.
///
/// `read_static_encoder` of `encode/static_encoder_file.hpp` reads one, `distill_static` of
/// `encode/distill_static.hpp` makes one of a transformer.
///
/// Numerics: rows and vectors float32; sums of more than 64 rows in float64, by blocks. Cost of a
/// text: its tokens, and O(tokens * dim).
class StaticEncoder {
public:
    using Options = StaticEncoderOptions;

    /// One thread's memory, which calls may share.
    struct Workspace {
        std::vector<Id> ids{};
        std::vector<simd::WeightedRow> terms{};
        std::vector<double> sum{};
    };

    /// Throws `Error` where a token has no row, or no weight, and `OptionError` for no dim.
    StaticEncoder(Tokenizer tokenizer, EmbeddingTable<float> table, Options options = {})
        : StaticEncoder(std::move(tokenizer),
                        std::make_shared<const EmbeddingTable<float>>(std::move(table)),
                        std::move(options)) {}

    /// The same of rows that lie elsewhere, in a mapped file, say, which `keeper` holds.
    StaticEncoder(Tokenizer tokenizer, TableView<const float> table,
                  std::shared_ptr<const void> keeper, Options options = {})
        : tokenizer_(std::move(tokenizer)), table_(table), keeper_(std::move(keeper)),
          options_(std::move(options)) {
        if (table_.dim() == 0) throw OptionError("a table of dim 0, expected 1 or more");
        const std::size_t tokens = tokenizer_.size();
        const auto check = [&](const char* what, std::size_t there) {
            if (there < tokens) {
                throw Error(std::to_string(there) + " " + what +
                            ", expected one for each of the tokenizer's " + std::to_string(tokens) +
                            " tokens");
            }
        };
        if (options_.rows.empty()) check("rows", table_.rows());
        if (!options_.rows.empty()) check("rows by token", options_.rows.size());
        if (!options_.weights.empty()) check("weights", options_.weights.size());
        tokens_.resize(tokens);
        for (std::size_t id = 0; id < tokens; ++id) {
            const std::size_t row = options_.rows.empty() ? id : options_.rows[id];
            if (row >= table_.rows()) {
                throw Error("token " + std::to_string(id) + " has the row " + std::to_string(row) +
                            ", expected one below the table's " + std::to_string(table_.rows()));
            }
            tokens_[id] = {static_cast<std::uint32_t>(row),
                           options_.weights.empty() ? 1.0f : options_.weights[id]};
        }
        if (options_.rules != StaticRules::model2vec) return;
        if (const auto unknown = unknown_token(tokenizer_); unknown && *unknown < tokens) {
            tokens_[*unknown].row = dropped;
        }
        if (!options_.max_tokens) return;
        const std::size_t median = median_characters();
        if (median == 0 || *options_.max_tokens <= max_characters_ / median) {
            max_characters_ = *options_.max_tokens * median;
        }
    }

    [[nodiscard]] std::size_t dim() const noexcept { return table_.dim(); }
    [[nodiscard]] const Tokenizer& tokenizer() const noexcept { return tokenizer_; }
    [[nodiscard]] TableView<const float> table() const noexcept { return table_; }
    [[nodiscard]] const Options& options() const noexcept { return options_; }

    /// Writes a text's vector to `vector`, dim() elements, and returns how many of its tokens
    /// count. With a workspace that has grown to such texts it allocates nothing.
    std::size_t encode(std::string_view text, std::span<float> vector, Workspace& workspace) const {
        workspace.ids.clear();
        workspace.terms.clear();
        tokenizer_.append_ids(begin_of(text), workspace.ids);
        std::size_t left = workspace.ids.size();
        if (options_.max_tokens) left = (std::min)(left, *options_.max_tokens);
        for (const Id id : std::span<const Id>(workspace.ids).first(left)) {
            if (tokens_[id].row != dropped) workspace.terms.push_back(tokens_[id]);
        }
        const std::size_t count = workspace.terms.size();
        add_up(workspace, vector);
        if (count == 0) return 0;
        simd::scale(1 / static_cast<float>(count), vector);
        if (options_.normalize) {
            constexpr float least = 1e-32f; // model2vec's, for a mean of zeros
            simd::scale(1 / (simd::norm(vector) + least), vector);
        }
        return count;
    }

    std::size_t encode(std::string_view text, std::span<float> vector) const {
        Workspace workspace;
        return encode(text, vector, workspace);
    }

    /// Those of several texts, a row each, on this thread.
    void encode(std::span<const std::string_view> texts, TableView<float> vectors) const {
        Workspace workspace;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            encode(texts[i], vectors[i], workspace);
        }
    }

private:
    static constexpr std::uint32_t dropped = (std::numeric_limits<std::uint32_t>::max)();

    StaticEncoder(Tokenizer tokenizer, std::shared_ptr<const EmbeddingTable<float>> table,
                  Options options)
        : StaticEncoder(std::move(tokenizer), table->view(), table, std::move(options)) {}

    /// Writes the sum of the terms' rows. That of many is added up by blocks in float64: float32
    /// would lose more with each row, 3e-5 with 3,000 tokens.
    void add_up(Workspace& workspace, std::span<float> vector) const {
        constexpr std::size_t block = 32;
        std::span<const simd::WeightedRow> terms(workspace.terms);
        if (terms.size() <= 2 * block) {
            simd::weighted_sum(table_.data(), table_.stride(), terms, vector);
            return;
        }
        workspace.sum.assign(vector.size(), 0.0);
        while (!terms.empty()) {
            const std::size_t size = (std::min)(block, terms.size());
            simd::weighted_sum(table_.data(), table_.stride(), terms.first(size), vector);
            for (std::size_t i = 0; i < vector.size(); ++i) {
                workspace.sum[i] += static_cast<double>(vector[i]);
            }
            terms = terms.subspan(size);
        }
        for (std::size_t i = 0; i < vector.size(); ++i) {
            vector[i] = static_cast<float>(workspace.sum[i]);
        }
    }

    /// Of the tokens' lengths in characters, rounded down; those of tokens of bytes in bytes, each
    /// of which files spell as a character.
    [[nodiscard]] std::size_t median_characters() const {
        const auto* const bpe = tokenizer_.steps().model.get_if<Bpe>();
        const bool bytes = bpe != nullptr && bpe->options().bytes;
        std::vector<std::size_t> lengths;
        for (std::size_t i = 0; i < tokenizer_.size(); ++i) {
            const auto id = static_cast<Id>(i);
            const std::string_view token = tokenizer_.token(id);
            if (token.empty()) continue;
            const bool of_bytes = bytes && std::ranges::none_of(tokenizer_.steps().added_tokens,
                                                                [&](const AddedToken& each) {
                                                                    return each.id == id;
                                                                });
            lengths.push_back(of_bytes ? token.size() : characters(token));
        }
        if (lengths.empty()) return 0;
        std::ranges::sort(lengths);
        return (lengths[(lengths.size() - 1) / 2] + lengths[lengths.size() / 2]) / 2;
    }

    [[nodiscard]] static std::size_t characters(std::string_view text) {
        std::size_t count = 0;
        for (std::size_t at = 0; at < text.size(); at += decode_utf8(text, at).length) {
            ++count;
        }
        return count;
    }

    /// As many characters as count.
    [[nodiscard]] std::string_view begin_of(std::string_view text) const {
        if (text.size() <= max_characters_) return text;
        std::size_t at = 0;
        for (std::size_t left = max_characters_; left != 0 && at < text.size(); --left) {
            at += decode_utf8(text, at).length;
        }
        return text.substr(0, at);
    }

    Tokenizer tokenizer_;
    TableView<const float> table_;
    std::shared_ptr<const void> keeper_; ///< owns what the view is of
    Options options_;
    std::vector<simd::WeightedRow> tokens_; ///< by id; `dropped` for a row: does not count
    std::size_t max_characters_ = (std::numeric_limits<std::size_t>::max)();
};

static_assert(TextEncoder<StaticEncoder>);

} // namespace firth
