#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tsl/robin_map.h>

#include <firth/eval/case_folding.hpp>
#include <firth/query/out_of_vocabulary.hpp>
#include <firth/query/word_lookup.hpp>
#include <firth/table/spelling.hpp>
#include <firth/table/word_vectors.hpp>

namespace firth::detail {

/// The vectors behind the words of an evaluation set: rows, found by the words' folded forms, and
/// vectors that a policy puts in the place of unknown words. Words are numbered: rows by their ids,
/// the others from the number of rows on.
class AskedWords {
public:
    /// The first `rows` of the vectors take part. Both must outlive this.
    AskedWords(const WordVectors<float>& vectors, std::size_t rows, CaseFolding folding,
               const OutOfVocabulary& unknown)
        : vectors_(vectors), unknown_(unknown), rows_((std::min)(rows, vectors.size())),
          folded_(vectors.vocabulary(), rows_, folding) {}

    /// The number of a word; nothing for a word to be skipped: because the policy says so, because
    /// none of its n-grams has a vector, or because its row takes no part. Throws
    /// `UnknownWordError` where the policy asks for it.
    [[nodiscard]] std::optional<std::size_t> find(std::string_view word) {
        if (const std::optional<Id> id = folded_.find(word)) return *id;
        const std::string spelling = folded_.spelling(word);
        if (vectors_.contains(word) || vectors_.contains(spelling)) return std::nullopt;
        const OutOfVocabulary::Policy policy = unknown_.policy();
        if (policy == OutOfVocabulary::Policy::skip) return std::nullopt;
        // All unknown words share one vector, unless it is made from the word's n-grams.
        const bool subwords = policy == OutOfVocabulary::Policy::subwords;
        const auto [known, is_new] =
            numbers_.try_emplace(subwords ? spelling : std::string(), std::nullopt);
        if (is_new) {
            if (std::optional<LookedUp> made = look_up_or_skip(vectors_, spelling, unknown_)) {
                known.value() = rows_ + made_.size();
                made_.push_back(std::move(made->vector));
            }
        }
        return known->second;
    }

    /// The row of a word; nothing for an unknown one.
    [[nodiscard]] std::optional<Id> find_row(std::string_view word) const {
        return folded_.find(word);
    }

    /// True for a number that stands for a row.
    [[nodiscard]] bool is_row(std::size_t number) const noexcept { return number < rows_; }

    /// The vector of a number that `find` gave.
    [[nodiscard]] std::span<const float> operator[](std::size_t number) const noexcept {
        if (is_row(number)) return vectors_[static_cast<Id>(number)];
        return made_[number - rows_];
    }

    [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
    [[nodiscard]] const FoldedVocabulary& folded() const noexcept { return folded_; }

private:
    const WordVectors<float>& vectors_;
    const OutOfVocabulary& unknown_;
    std::size_t rows_;
    FoldedVocabulary folded_;
    tsl::robin_map<std::string, std::optional<std::size_t>> numbers_;
    std::vector<std::vector<float>> made_;
};

} // namespace firth::detail
