#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/corpus/corpus.hpp>
#include <firth/table/id.hpp>
#include <firth/table/vocabulary.hpp>

namespace firth {

/// A text and what it is labelled with.
struct LabelledExample {
    std::span<const Id> tokens; ///< words, then unknown words: see `LabelledCorpus`
    std::span<const Id> labels; ///< all different
};

/// Labelled texts, encoded once: what text classifiers learn from and are tested with.
///
/// Tokens below words().size() are words; token words().size() + i is unknown word i. Unknown words
/// get no row of their own, but they have n-grams of characters and are part of n-grams of words.
///
/// Reading from several threads is safe. Memory: 4 bytes a token and label, 16 an example.
class LabelledCorpus {
public:
    LabelledCorpus() = default;

    /// Words and labels by falling count; no symbol is in two of them.
    LabelledCorpus(Vocabulary words, Vocabulary unknown, Vocabulary labels)
        : words_(std::move(words)), unknown_(std::move(unknown)), labels_(std::move(labels)) {}

    /// Appends an example, which has a token and a label at least: others teach nothing. Throws
    /// `Error` for ids that there are not.
    void add(std::span<const Id> tokens, std::span<const Id> labels) {
        if (tokens.empty() || labels.empty()) {
            throw Error("an example of " + std::to_string(tokens.size()) + " tokens and " +
                        std::to_string(labels.size()) + " labels, expected one of each or more");
        }
        check(tokens, words_.size() + unknown_.size(), "token");
        check(labels, labels_.size(), "label");
        add_unchecked(tokens, labels);
    }

    /// The same for ids that are known to be there.
    void add_unchecked(std::span<const Id> tokens, std::span<const Id> labels) {
        tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
        token_ends_.push_back(tokens_.size());
        example_labels_.insert(example_labels_.end(), labels.begin(), labels.end());
        label_ends_.push_back(example_labels_.size());
    }

    [[nodiscard]] const Vocabulary& words() const noexcept { return words_; }
    [[nodiscard]] const Vocabulary& unknown() const noexcept { return unknown_; }
    [[nodiscard]] const Vocabulary& labels() const noexcept { return labels_; }

    /// The number of examples.
    [[nodiscard]] std::size_t size() const noexcept { return token_ends_.size(); }
    [[nodiscard]] bool empty() const noexcept { return token_ends_.empty(); }

    /// Example `i` < size().
    [[nodiscard]] LabelledExample operator[](std::size_t i) const noexcept {
        const std::uint64_t first_label = i == 0 ? 0 : label_ends_[i - 1];
        return {tokens()[i],
                std::span(example_labels_).subspan(first_label, label_ends_[i] - first_label)};
    }

    /// The tokens alone: an example a sentence.
    [[nodiscard]] CorpusView tokens() const noexcept { return {tokens_, token_ends_}; }

    /// The labels of all examples, one after the other.
    [[nodiscard]] std::span<const Id> example_labels() const noexcept { return example_labels_; }

    /// The spelling of a token.
    [[nodiscard]] std::string_view spelling(Id token) const {
        return token < words_.size() ? words_[token]
                                     : unknown_[static_cast<Id>(token - words_.size())];
    }

private:
    static void check(std::span<const Id> ids, std::size_t limit, const char* what) {
        for (const Id id : ids) {
            if (id < limit) continue;
            throw Error(std::string("an example has ") + what + " " + std::to_string(id) +
                        ", expected one below " + std::to_string(limit));
        }
    }

    Vocabulary words_;
    Vocabulary unknown_;
    Vocabulary labels_;
    std::vector<Id> tokens_;
    std::vector<std::uint64_t> token_ends_;
    std::vector<Id> example_labels_;
    std::vector<std::uint64_t> label_ends_;
};

} // namespace firth
