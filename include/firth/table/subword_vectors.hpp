#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/simd/update.hpp>
#include <firth/table/bucket_rows.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/id.hpp>
#include <firth/table/subword.hpp>
#include <firth/table/word_vectors.hpp>

namespace firth {

/// What becomes of n-grams that have no row of their own.
enum class UnseenNgram {
    skipped, ///< they do not count: so in models of fastText that kept only some n-grams
    zero,    ///< they count as zeros: no text has had them yet
};

/// Word vectors, and vectors of character n-grams from which words outside the vocabulary get
/// theirs: the mean of their n-grams' (fastText; Bojanowski et al. 2017).
///
/// Reading from several threads is safe.
class SubwordVectors {
public:
    SubwordVectors() = default;

    /// `words` are whole vectors, with their n-grams included; `ngrams` has a row a bucket. There
    /// need be none where words have no n-grams. Throws `Error` where these do not fit each other.
    SubwordVectors(WordVectors<float> words, EmbeddingTable<float> ngrams, SubwordOptions options)
        : words_(std::move(words)), ngrams_(std::move(ngrams)), options_(options) {
        check_dim();
        if (options_.max_length != 0 && ngrams_.rows() != options_.buckets) {
            throw Error(std::to_string(ngrams_.rows()) + " vectors of n-grams, expected one for " +
                        "each of the " + std::to_string(options_.buckets) + " buckets");
        }
    }

    /// The same with rows for some of the buckets only.
    SubwordVectors(WordVectors<float> words, EmbeddingTable<float> ngrams, SubwordOptions options,
                   BucketRows rows, UnseenNgram unseen)
        : words_(std::move(words)), ngrams_(std::move(ngrams)), options_(options),
          rows_(std::move(rows)), unseen_(unseen) {
        check_dim();
        if (rows_->size() != ngrams_.rows() || rows_->buckets() != options_.buckets) {
            throw Error(std::to_string(ngrams_.rows()) + " vectors of n-grams and " +
                        std::to_string(options_.buckets) + " buckets cannot belong to rows of " +
                        std::to_string(rows_->size()) + " of " + std::to_string(rows_->buckets()) +
                        " buckets");
        }
    }

    [[nodiscard]] const WordVectors<float>& words() const noexcept { return words_; }
    [[nodiscard]] const EmbeddingTable<float>& ngrams() const noexcept { return ngrams_; }
    [[nodiscard]] const SubwordOptions& options() const noexcept { return options_; }
    [[nodiscard]] std::size_t dim() const noexcept { return words_.dim(); }

    /// The words alone.
    [[nodiscard]] WordVectors<float> take_words() && { return std::move(words_); }

    /// The buckets that have a row, or null where each has its own.
    [[nodiscard]] const BucketRows* bucket_rows() const noexcept {
        return rows_ ? &*rows_ : nullptr;
    }
    [[nodiscard]] UnseenNgram unseen() const noexcept { return unseen_; }

    /// The row of a bucket < options().buckets, or nothing.
    [[nodiscard]] std::optional<std::uint32_t> ngram_row(std::uint32_t bucket) const noexcept {
        if (rows_) return rows_->find(bucket);
        if (bucket < ngrams_.rows()) return bucket;
        return std::nullopt;
    }

    /// Writes the row that word `id` < words().size() has beside its n-grams', dim() elements: its
    /// vector is the mean of them all.
    void word_row(Id id, std::span<float> row) const {
        std::vector<double> sum(dim());
        const std::size_t used = 1 + for_each_row(words_.word(id), [&](std::uint32_t ngram) {
                                     for (std::size_t i = 0; i < sum.size(); ++i) {
                                         sum[i] += static_cast<double>(ngrams_[ngram][i]);
                                     }
                                 });
        for (std::size_t i = 0; i < sum.size(); ++i) {
            const double whole = static_cast<double>(used) * static_cast<double>(words_[id][i]);
            row[i] = static_cast<float>(whole - sum[i]);
        }
    }

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
        const std::size_t counted = for_each_row(word, [&](std::uint32_t ngram) {
            simd::axpy(1.0f, ngrams_[ngram], vector);
            ++used;
        });
        if (used != 0) simd::scale(1.0f / static_cast<float>(counted), vector);
        return used;
    }

private:
    /// Calls `use(row)` for each n-gram of a word that has a row, and returns how many n-grams
    /// count.
    template <class Use>
    std::size_t for_each_row(std::string_view word, Use&& use) const {
        if (options_.buckets == 0) return 0;
        std::size_t counted = 0;
        for_each_ngram(word, options_, [&](std::string_view, std::uint32_t hash) {
            const std::optional<std::uint32_t> row = ngram_row(hash % options_.buckets);
            if (row) use(*row);
            counted += row || unseen_ == UnseenNgram::zero;
        });
        return counted;
    }

    void check_dim() const {
        if (ngrams_.rows() != 0 && words_.size() != 0 && ngrams_.dim() != words_.dim()) {
            throw Error("n-grams of dim " + std::to_string(ngrams_.dim()) +
                        " cannot belong to words of dim " + std::to_string(words_.dim()));
        }
    }

    WordVectors<float> words_;
    EmbeddingTable<float> ngrams_;
    SubwordOptions options_{};
    std::optional<BucketRows> rows_; ///< none where each bucket has a row
    UnseenNgram unseen_ = UnseenNgram::skipped;
};

} // namespace firth
