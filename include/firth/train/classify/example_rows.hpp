#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/parallel.hpp>
#include <firth/corpus/labelled_corpus.hpp>
#include <firth/table/bucket_lookup.hpp>
#include <firth/table/bucket_rows.hpp>
#include <firth/table/id.hpp>
#include <firth/table/text_ngrams.hpp>

namespace firth {

/// Knows which rows of a classifier the examples of a corpus have: those of words, words' n-grams
/// of characters, and n-grams of words. What a token has is looked up once; n-grams of words are
/// hashed at every visit, which costs less than to keep them.
class ExampleRows {
public:
    /// Of a corpus that outlives it.
    ExampleRows(const LabelledCorpus& corpus, const TextNgrams& ngrams)
        : corpus_(&corpus), ngrams_(ngrams) {
        const std::size_t tokens = corpus.words().size() + corpus.unknown().size();
        if (ngrams.words > 1) hashes_.resize(tokens);
        token_ends_.assign(1, 0);
        for (Id token = 0; token < tokens && ngrams.any(); ++token) {
            const std::string_view spelling = corpus.spelling(token);
            if (ngrams.words > 1) hashes_[token] = subword_hash(spelling);
            for_each_ngram(spelling, ngrams.characters, [&](std::string_view, std::uint32_t hash) {
                token_rows_.push_back(hash % ngrams.characters.buckets);
            });
            token_ends_.push_back(token_rows_.size());
        }
    }

    /// The buckets that the examples use.
    [[nodiscard]] BucketRows used_buckets(std::size_t threads) const {
        if (!ngrams_.any()) return {};
        const std::uint32_t buckets = ngrams_.characters.buckets;
        std::vector<std::vector<std::uint64_t>> used(threads);
        run_workers(threads, [&](std::size_t worker) {
            std::vector<std::uint64_t>& own = used[worker];
            own.resize(buckets / 64 + 1);
            const auto use = [&](std::uint32_t bucket) {
                own[bucket / 64] |= std::uint64_t{1} << bucket % 64;
            };
            if (worker == 0) std::ranges::for_each(token_rows_, use);
            std::vector<std::uint32_t> hashes;
            for (std::size_t i = corpus_->size() * worker / threads;
                 ngrams_.words > 1 && i < corpus_->size() * (worker + 1) / threads; ++i) {
                hash_words((*corpus_)[i].tokens, hashes);
                for_each_word_ngram(hashes, ngrams_.words, buckets, use);
            }
        });
        std::size_t count = 0;
        for (std::size_t group = 0; group < used[0].size(); ++group) {
            for (std::size_t worker = 1; worker < threads; ++worker) {
                used[0][group] |= used[worker][group];
            }
            count += static_cast<std::size_t>(std::popcount(used[0][group]));
        }
        AlignedBuffer<std::uint32_t> list(count, Uninitialized());
        std::uint32_t* next = list.data();
        for (std::size_t group = 0; group < used[0].size(); ++group) {
            for (std::uint64_t bits = used[0][group]; bits != 0; bits &= bits - 1) {
                *next++ = static_cast<std::uint32_t>(64 * group) +
                          static_cast<std::uint32_t>(std::countr_zero(bits));
            }
        }
        return {std::move(list), buckets};
    }

    /// Gives buckets their rows, once; without it there must be no n-grams. Buckets without a row
    /// are left out.
    void set_rows(const BucketRows& rows) {
        lookup_ = BucketLookup(rows.used(), rows.buckets());
        const Id words = static_cast<Id>(corpus_->words().size());
        for (Id& row : token_rows_) {
            const Id found = lookup_.find(row);
            row = found == no_id ? no_id : words + found;
        }
    }

    /// The number of rows that an example has at most.
    [[nodiscard]] std::size_t max_rows() const {
        std::size_t most = 1;
        for (std::size_t i = 0; i < corpus_->size(); ++i) {
            const std::span<const Id> tokens = (*corpus_)[i].tokens;
            std::size_t rows = tokens.size() * ngrams_.words;
            for (const Id token : tokens) {
                rows += ngrams_of(token).size();
            }
            most = (std::max)(most, rows);
        }
        return most;
    }

    /// Memory that is kept between calls; one a thread.
    struct Scratch {
        std::vector<std::uint32_t> hashes;
    };

    /// Calls `use(row)` for each row of an example, in fastText's order. Returns the number of
    /// n-grams that have none.
    template <class Use>
    std::size_t for_each_row(std::size_t example, Scratch& scratch, Use&& use) const {
        const std::span<const Id> tokens = (*corpus_)[example].tokens;
        const std::size_t words = corpus_->words().size();
        std::size_t unseen = 0;
        const auto use_found = [&](Id row) {
            if (row == no_id) {
                ++unseen;
            } else {
                use(row);
            }
        };
        for (const Id token : tokens) {
            if (token < words) use(token);
            if (ngrams_.characters.max_length == 0) continue;
            for (const Id row : ngrams_of(token)) {
                use_found(row);
            }
        }
        if (ngrams_.words > 1) {
            hash_words(tokens, scratch.hashes);
            for_each_word_ngram(scratch.hashes, ngrams_.words, ngrams_.characters.buckets,
                                [&](std::uint32_t bucket) {
                                    const Id found = lookup_.find(bucket);
                                    use_found(found == no_id ? found
                                                             : static_cast<Id>(words + found));
                                });
        }
        return unseen;
    }

private:
    [[nodiscard]] std::span<const Id> ngrams_of(Id token) const noexcept {
        if (token + 1 >= token_ends_.size()) return {};
        return std::span(token_rows_)
            .subspan(token_ends_[token], token_ends_[token + 1] - token_ends_[token]);
    }

    void hash_words(std::span<const Id> tokens, std::vector<std::uint32_t>& hashes) const {
        hashes.resize(tokens.size());
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            hashes[i] = hashes_[tokens[i]];
        }
    }

    const LabelledCorpus* corpus_;
    TextNgrams ngrams_;
    std::vector<std::uint32_t> hashes_; ///< by token, where there are n-grams of words
    std::vector<Id> token_rows_;        ///< n-grams of characters: buckets, then rows
    std::vector<std::size_t> token_ends_;
    BucketLookup lookup_;
};

} // namespace firth
