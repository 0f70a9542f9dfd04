#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <tsl/robin_map.h>

#include <firth/base/error.hpp>
#include <firth/simd/update.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/id.hpp>
#include <firth/table/subword.hpp>
#include <firth/table/word_vectors.hpp>

namespace firth {

namespace detail {

/// Calls `use(row)` with the row of each n-gram of a word that has one: its bucket or, where `kept`
/// is not null, the row kept for the bucket.
template <class Use>
void for_each_ngram_row(std::string_view word, const SubwordOptions& options,
                        const tsl::robin_map<std::uint32_t, std::uint32_t>* kept, Use&& use) {
    for_each_ngram(word, options, [&](std::string_view, std::uint32_t hash) {
        const std::uint32_t bucket = hash % options.buckets;
        if (kept == nullptr) return use(bucket);
        const auto found = kept->find(bucket);
        if (found != kept->end()) use(found->second);
    });
}

} // namespace detail

/// Word vectors, and vectors of character n-grams from which words outside the vocabulary get
/// theirs: the mean of their n-grams' (fastText; Bojanowski et al. 2017).
///
/// Reading from several threads is safe.
class SubwordVectors {
public:
    /// The rows of the buckets, in models that kept only some n-grams.
    using KeptBuckets = tsl::robin_map<std::uint32_t, std::uint32_t>;

    SubwordVectors() = default;

    /// `words` are whole vectors, with their n-grams included. `ngrams` has a row a bucket or,
    /// where `kept` is not null, the rows that it names; n-grams have no rows where it is empty.
    /// Throws `Error` where these do not fit each other.
    SubwordVectors(WordVectors<float> words, EmbeddingTable<float> ngrams, SubwordOptions options,
                   bool pruned = false, KeptBuckets kept = {})
        : words_(std::move(words)), ngrams_(std::move(ngrams)), kept_(std::move(kept)),
          options_(options), pruned_(pruned) {
        if (ngrams_.rows() != 0 && words_.size() != 0 && ngrams_.dim() != words_.dim()) {
            throw Error("n-grams of dim " + std::to_string(ngrams_.dim()) +
                        " cannot belong to words of dim " + std::to_string(words_.dim()));
        }
        if (!pruned_ && options_.max_length != 0 && ngrams_.rows() != options_.buckets) {
            throw Error(std::to_string(ngrams_.rows()) + " vectors of n-grams, expected one for " +
                        "each of the " + std::to_string(options_.buckets) + " buckets");
        }
        for (const auto& [bucket, row] : kept_) {
            if (row >= ngrams_.rows()) {
                throw Error("bucket " + std::to_string(bucket) + " has row " + std::to_string(row) +
                            ", but there are " + std::to_string(ngrams_.rows()) +
                            " vectors of n-grams");
            }
        }
    }

    [[nodiscard]] const WordVectors<float>& words() const noexcept { return words_; }
    [[nodiscard]] const EmbeddingTable<float>& ngrams() const noexcept { return ngrams_; }
    [[nodiscard]] const SubwordOptions& options() const noexcept { return options_; }
    [[nodiscard]] std::size_t dim() const noexcept { return words_.dim(); }

    /// The words alone.
    [[nodiscard]] WordVectors<float> take_words() && { return std::move(words_); }

    /// Writes the vector of any word to `vector`, dim() elements, and returns how many vectors it
    /// was made of: 1 for a word of the vocabulary, else the number of its n-grams that have one.
    /// With 0 the vector is all zeros.
    std::size_t compose(std::string_view word, std::span<float> vector) const {
        if (const std::optional<Id> id = words_.find(word)) {
            std::copy(words_[*id].begin(), words_[*id].end(), vector.begin());
            return 1;
        }
        std::fill(vector.begin(), vector.end(), 0.0f);
        std::size_t used = 0;
        for_each_row(word, [&](std::size_t row) {
            simd::axpy(1.0f, ngrams_[row], vector);
            ++used;
        });
        if (used != 0) simd::scale(1.0f / static_cast<float>(used), vector);
        return used;
    }

    /// Calls `use(row)` with the row of each n-gram of a word that has one.
    template <class Use>
    void for_each_row(std::string_view word, Use&& use) const {
        if (ngrams_.rows() == 0) return;
        detail::for_each_ngram_row(word, options_, pruned_ ? &kept_ : nullptr, use);
    }

private:
    WordVectors<float> words_;
    EmbeddingTable<float> ngrams_;
    KeptBuckets kept_;
    SubwordOptions options_{};
    bool pruned_ = false;
};

} // namespace firth
