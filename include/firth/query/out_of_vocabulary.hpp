#pragma once

#include <string>
#include <utility>

namespace firth {

/// What a query does with a word that the vocabulary does not hold.
class OutOfVocabulary {
public:
    enum class Policy { error, skip, zero, mean, unknown_word };

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

    [[nodiscard]] Policy policy() const noexcept { return policy_; }

    /// The word of `unknown_word`, empty with other policies.
    [[nodiscard]] const std::string& word() const noexcept { return word_; }

private:
    explicit OutOfVocabulary(Policy policy) : policy_(policy) {}

    Policy policy_;
    std::string word_;
};

} // namespace firth
