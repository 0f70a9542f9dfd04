#pragma once

#include <string>
#include <utility>

#include <firth/table/subword_vectors.hpp>

namespace firth {

/// What a query does with a word that the vocabulary does not hold.
class OutOfVocabulary {
public:
    enum class Policy { error, skip, zero, mean, unknown_word, subwords };

    /// Throws `UnknownWordError`, with the nearest spellings.
    [[nodiscard]] static OutOfVocabulary error() { return OutOfVocabulary(Policy::error); }

    /// Leaves the word out; a query that has no word left throws `UnknownWordError` all the same.
    [[nodiscard]] static OutOfVocabulary skip() { return OutOfVocabulary(Policy::skip); }

    /// Takes a vector of zeros.
    [[nodiscard]] static OutOfVocabulary zero() { return OutOfVocabulary(Policy::zero); }

    /// Takes the mean of all vectors.
    [[nodiscard]] static OutOfVocabulary mean() { return OutOfVocabulary(Policy::mean); }

    /// Takes the vector of another word, "<unk>" say, which must be known.
    [[nodiscard]] static OutOfVocabulary unknown_word(std::string word) {
        OutOfVocabulary policy(Policy::unknown_word);
        policy.word_ = std::move(word);
        return policy;
    }

    /// Makes a vector from the word's n-grams; a word of which none has a vector throws
    /// `UnknownWordError`. The model must outlive the policy.
    [[nodiscard]] static OutOfVocabulary subwords(const SubwordVectors& model) {
        OutOfVocabulary policy(Policy::subwords);
        policy.model_ = &model;
        return policy;
    }

    [[nodiscard]] Policy policy() const noexcept { return policy_; }

    /// The word of `unknown_word`, empty with other policies.
    [[nodiscard]] const std::string& word() const noexcept { return word_; }

    /// The model of `subwords`, null with other policies.
    [[nodiscard]] const SubwordVectors* model() const noexcept { return model_; }

private:
    explicit OutOfVocabulary(Policy policy) : policy_(policy) {}

    Policy policy_;
    std::string word_;
    const SubwordVectors* model_ = nullptr;
};

} // namespace firth
