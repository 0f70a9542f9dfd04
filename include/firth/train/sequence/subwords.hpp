#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tsl/robin_map.h>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/checksum.hpp>
#include <firth/base/config.hpp>
#include <firth/simd/update.hpp>
#include <firth/table/id.hpp>
#include <firth/table/subword.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/train/run/hogwild.hpp>
#include <firth/train/sequence/sentence_worker.hpp>
#include <firth/train/sequence/whole_words.hpp>

namespace firth {

/// A word's vector is the mean of its own row and of those of its character n-grams, and each of
/// these takes the whole step of the vector (fastText; Bojanowski et al. 2017, section 3). A
/// `SymbolComposition`; with CBOW a context counts as many times as it has rows.
///
/// Input rows are the words', by id, then those of the buckets that n-grams of the vocabulary fall
/// into, the most touched first: far fewer than there are buckets. A vector is made when its word
/// comes into reach of windows, is stepped on by them, and what it learnt is added to its rows when
/// it goes out of reach.
///
/// Memory: 4 bytes for each n-gram of each word, about 80 a word.
class Subwords {
public:
    static constexpr std::size_t max_sentence_rows = 0;

    /// `options.buckets` is at least 1 (a precondition). O(bytes of the vocabulary * n-gram
    /// length).
    Subwords(const Vocabulary& vocabulary, const SubwordOptions& options)
        : words_(vocabulary.size()), options_(options) {
        // The lists hold buckets first, then the rows of these.
        tsl::robin_map<std::uint32_t, std::uint64_t> touches;
        ends_.reserve(words_);
        for (Id id = 0; id < words_; ++id) {
            lists_.push_back(id);
            for_each_ngram(vocabulary[id], options, [&](std::string_view, std::uint32_t hash) {
                lists_.push_back(hash % options.buckets);
                touches[lists_.back()] += vocabulary.count(id);
            });
            ends_.push_back(lists_.size());
        }
        std::vector<std::pair<std::uint32_t, std::uint64_t>> order(touches.begin(), touches.end());
        std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
            return a.second != b.second ? a.second > b.second : a.first < b.first;
        });
        for (const auto& [bucket, count] : order) {
            touches[bucket] = words_ + buckets_.size();
            buckets_.push_back(bucket);
        }
        for (Id id = 0; id < words_; ++id) {
            for (std::size_t i = begin_of(id) + 1; i < ends_[id]; ++i) {
                lists_[i] = static_cast<Id>(touches.at(lists_[i]));
            }
        }
    }

    [[nodiscard]] std::size_t rows() const noexcept { return words_ + buckets_.size(); }

    /// The bucket of each row behind those of the words.
    [[nodiscard]] std::span<const std::uint32_t> buckets() const noexcept { return buckets_; }

    /// The rows of a word: its own, then those of its n-grams; rows that are frozen come last. A
    /// row that two of its n-grams share stands there twice.
    [[nodiscard]] std::span<const Id> rows_of(Id word) const noexcept {
        return {lists_.data() + begin_of(word), ends_[word] - begin_of(word)};
    }

    /// Rows, by number, that keep their values from now on.
    void freeze(const std::vector<bool>& rows) {
        frozen_ = static_cast<std::size_t>(std::count(rows.begin(), rows.end(), true));
        learning_.resize(words_);
        for (Id id = 0; id < words_; ++id) {
            const auto begin = lists_.begin() + static_cast<std::ptrdiff_t>(begin_of(id));
            const auto end = lists_.begin() + static_cast<std::ptrdiff_t>(ends_[id]);
            const auto kept = std::stable_partition(begin, end, [&](Id row) { return !rows[row]; });
            learning_[id] = static_cast<std::uint32_t>(kept - begin);
        }
    }

    /// Words of the same counts with other n-grams are another training.
    [[nodiscard]] std::string settings() const {
        Checksum lists;
        lists.add({reinterpret_cast<const char*>(lists_.data()), lists_.size() * sizeof(Id)});
        return "n-grams of " + std::to_string(options_.min_length) + " to " +
               std::to_string(options_.max_length) + " in " + std::to_string(options_.buckets) +
               " buckets, " + std::to_string(frozen_) + " of " + std::to_string(rows()) +
               " rows frozen, lists' checksum " + std::to_string(lists.value());
    }

    template <RowAccess Rows>
    class Access {
    public:
        Access(const Subwords& words, Rows rows, std::size_t max_span)
            : words_(&words), rows_(std::move(rows)), mask_(std::bit_ceil(max_span) - 1),
              vectors_((mask_ + 1) * rows_.stride()), entered_((mask_ + 1) * rows_.stride()),
              hot_begin_(words.words_), hot_count_(hot_bytes / (rows_.stride() * sizeof(float))) {}

        void announce(const Sentence& sentence) {
            for (const Id id : sentence.ids) {
                for (const Id row : words_->rows_of(id)) {
                    rows_.announce(row);
                }
            }
        }

        void begin(const Sentence& sentence) noexcept {
            ids_ = sentence.ids;
            for (const Id id : ids_) {
                FIRTH_PREFETCH_READ(words_->rows_of(id).data());
            }
        }

        FIRTH_ALWAYS_INLINE void prefetch(std::size_t position) {
            for (const Id row : words_->rows_of(ids_[position])) {
                if (row - hot_begin_ >= hot_count_) rows_.prefetch_l2(row);
            }
        }

        [[nodiscard]] float* enter(std::size_t position) {
            take(words_->rows_of(ids_[position]));
            float* const vector = vectors_.data() + place(position);
            rows_.mean(taken_, vector);
            std::copy_n(vector, rows_.stride(), entered_.data() + place(position));
            return vector;
        }

        void leave(std::size_t position) {
            take(words_->learning_rows_of(ids_[position]));
            const std::span change(vectors_.data() + place(position), rows_.stride());
            simd::axpy(-1.0f,
                       std::span<const float>(entered_.data() + place(position), change.size()),
                       change);
            rows_.add(change.data(), taken_);
        }

        [[nodiscard]] float weight(std::size_t position) const noexcept {
            return static_cast<float>(words_->rows_of(ids_[position]).size());
        }

        [[nodiscard]] std::span<float* const> sentence_rows() const noexcept { return {}; }

    private:
        /// The first n-grams' rows, touched by every other word, stay in the second cache unasked.
        static constexpr std::size_t hot_bytes = std::size_t{1} << 20;

        [[nodiscard]] std::size_t place(std::size_t position) const noexcept {
            return (position & mask_) * rows_.stride();
        }

        void take(std::span<const Id> rows) {
            taken_.resize(rows.size());
            for (std::size_t i = 0; i < rows.size(); ++i) {
                taken_[i] = rows_.take(rows[i]);
            }
        }

        const Subwords* words_;
        Rows rows_;
        std::span<const Id> ids_;
        std::size_t mask_;
        AlignedBuffer<float> vectors_; ///< of the positions in reach, a ring
        AlignedBuffer<float> entered_; ///< what they were when they came into reach
        std::size_t hot_begin_;
        std::size_t hot_count_;
        std::vector<float*> taken_;
    };

private:
    [[nodiscard]] std::size_t begin_of(Id word) const noexcept {
        return word == 0 ? 0 : ends_[word - 1];
    }
    [[nodiscard]] std::span<const Id> learning_rows_of(Id word) const noexcept {
        return learning_.empty() ? rows_of(word) : rows_of(word).first(learning_[word]);
    }

    std::size_t words_;
    SubwordOptions options_;
    std::vector<std::uint32_t> buckets_;
    std::vector<Id> lists_; ///< the rows of word 0, of word 1 ...
    std::vector<std::size_t> ends_;
    std::vector<std::uint32_t> learning_; ///< by word, how many of its rows are not frozen
    std::size_t frozen_ = 0;
};

static_assert(SymbolComposition<Subwords>);

} // namespace firth
