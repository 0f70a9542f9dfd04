#pragma once

#include <algorithm>
#include <cstddef>
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
#include <firth/table/subword_vectors.hpp>
#include <firth/table/word_vectors.hpp>
#include <firth/text/tokenize.hpp>

namespace firth {

/// A `TextEncoder`: a text's vector is the mean of its words', each times the word's weight, less
/// shares of its projections on directions that texts have in common.
///
/// Without weights and directions it is the plain mean; `fit_sif` and `fit_usif` of
/// `encode/fit_sif.hpp` find both. A word outside the vocabulary is made from n-grams where the
/// vectors have any, and else left out; a text of which no word has a vector becomes zeros.
///
///     const firth::WordMeanEncoder encoder(firth::load("vectors.firth"));
///     std::vector<float> vector(encoder.dim());
///     encoder.encode("a cup of tea", vector);
///
/// Numerics: float32. Cost of a text: O(words * dim + directions * dim).
template <CorpusTokenizer Tokenizer = WhiteSpaceTokenizer>
class WordMeanEncoder {
public:
    /// All words count alike. The tokenizer should find words as the vectors' corpus had them.
    explicit WordMeanEncoder(SubwordVectors words, Tokenizer tokenizer = {})
        : words_(std::move(words)), tokenizer_(std::move(tokenizer)) {}

    explicit WordMeanEncoder(WordVectors<float> words, Tokenizer tokenizer = {})
        : WordMeanEncoder(SubwordVectors(std::move(words), {}, {.max_length = 0, .buckets = 0}),
                          std::move(tokenizer)) {}

    [[nodiscard]] const WordVectors<float>& words() const noexcept { return words_.words(); }
    [[nodiscard]] std::size_t dim() const noexcept { return words_.dim(); }

    /// Gives each word of the vocabulary a weight, by id, and all others `unknown`; no weights: all
    /// count alike. Throws `Error` for another number of weights.
    void set_weights(std::vector<float> weights, float unknown = 1) {
        if (!weights.empty() && weights.size() != words().size()) {
            throw Error(std::to_string(weights.size()) + " weights of words, expected one for " +
                        "each of the " + std::to_string(words().size()));
        }
        weights_ = std::move(weights);
        unknown_weight_ = unknown;
    }

    /// The weights by id; none: all words count alike.
    [[nodiscard]] std::span<const float> weights() const noexcept { return weights_; }
    [[nodiscard]] float unknown_weight() const noexcept { return unknown_weight_; }

    /// Takes `shares[i]` of a vector's projection on row i of `directions` from it; the rows are
    /// orthonormal. Throws `Error` for directions of another dim, or another number of shares.
    void set_directions(EmbeddingTable<float> directions, std::vector<float> shares) {
        if (directions.rows() != shares.size() ||
            (directions.rows() != 0 && directions.dim() != dim())) {
            throw Error(std::to_string(directions.rows()) + " directions of dim " +
                        std::to_string(directions.dim()) + " with " +
                        std::to_string(shares.size()) + " shares, expected dim " +
                        std::to_string(dim()) + " and a share for each");
        }
        directions_ = std::move(directions);
        shares_ = std::move(shares);
    }

    [[nodiscard]] const EmbeddingTable<float>& directions() const noexcept { return directions_; }
    [[nodiscard]] std::span<const float> shares() const noexcept { return shares_; }

    /// Writes a text's vector to `vector`, dim() elements, and returns how many of its words have
    /// one. With 0 the vector is all zeros.
    std::size_t encode(std::string_view text, std::span<float> vector) const {
        const std::size_t count = mean(text, vector);
        std::vector<float> projections(shares_.size());
        for (std::size_t i = 0; i < projections.size(); ++i) {
            projections[i] = shares_[i] * simd::dot(vector, directions_[i]);
        }
        for (std::size_t i = 0; i < projections.size(); ++i) {
            simd::axpy(-projections[i], directions_[i], vector);
        }
        return count;
    }

    /// The same before anything is taken from the mean.
    std::size_t mean(std::string_view text, std::span<float> vector) const {
        std::vector<simd::WeightedRow> rows;
        std::vector<float> sum_of_unknown;
        std::size_t unknown = 0;
        std::vector<float> composed;
        tokenizer_(
            text,
            [&](std::string_view word) {
                if (const auto id = words().find(word)) {
                    rows.push_back({*id, weights_.empty() ? 1.0f : weights_[*id]});
                } else if (words_.ngrams().rows() != 0) {
                    composed.resize(dim());
                    sum_of_unknown.resize(dim());
                    if (words_.compose(word, composed) == 0) return;
                    simd::axpy(weights_.empty() ? 1.0f : unknown_weight_, composed, sum_of_unknown);
                    ++unknown;
                }
            },
            [] {});
        const EmbeddingTable<float>& table = words().table();
        simd::weighted_sum(table.data(), table.stride(), std::span<const simd::WeightedRow>(rows),
                           vector);
        const std::size_t count = rows.size() + unknown;
        if (unknown != 0) simd::axpy(1.0f, sum_of_unknown, vector);
        if (count != 0) simd::scale(1.0f / static_cast<float>(count), vector);
        return count;
    }

private:
    SubwordVectors words_;
    Tokenizer tokenizer_;
    std::vector<float> weights_; ///< by id; none: all 1
    float unknown_weight_ = 1;
    EmbeddingTable<float> directions_; ///< orthonormal rows
    std::vector<float> shares_;        ///< of the projection on each, that is taken away
};

static_assert(TextEncoder<WordMeanEncoder<>>);

} // namespace firth
