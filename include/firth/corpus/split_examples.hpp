#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <firth/base/messages.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/random.hpp>
#include <firth/corpus/labelled_corpus.hpp>
#include <firth/table/id.hpp>
#include <firth/table/vocabulary.hpp>

namespace firth {

/// The same examples with other words: tokens that are not among `words` are unknown words. The
/// labels stay. O(tokens).
[[nodiscard]] inline LabelledCorpus with_words(const LabelledCorpus& corpus, Vocabulary words) {
    const std::size_t tokens = corpus.words().size() + corpus.unknown().size();
    std::vector<Id> ids(tokens);
    Vocabulary unknown;
    for (Id token = 0; token < tokens; ++token) {
        const std::optional<Id> found = words.find(corpus.spelling(token));
        ids[token] =
            found ? *found
                  : static_cast<Id>(words.size() + unknown.add(corpus.spelling(token)).first);
    }
    LabelledCorpus result(std::move(words), std::move(unknown), corpus.labels());
    std::vector<Id> translated;
    for (std::size_t i = 0; i < corpus.size(); ++i) {
        translated.clear();
        for (const Id token : corpus[i].tokens) {
            translated.push_back(ids[token]);
        }
        result.add_unchecked(translated, corpus[i].labels);
    }
    return result;
}

/// Labelled texts in two parts: to learn from, and to test with.
struct SplitExamples {
    LabelledCorpus training;
    LabelledCorpus validation;
};

/// Draws `share` of the examples, one at least, to test with; the others are to learn from. Both
/// parts keep their order. The words of both are those that the first part has; other words of the
/// second are unknown, as they would be in texts that come later. The same parts every time for a
/// seed. Throws `OptionError` for a share that is not between 0 and 1, and `Error` for a corpus of
/// fewer than 2 examples.
[[nodiscard]] inline SplitExamples split_examples(const LabelledCorpus& corpus, double share,
                                                  std::uint64_t seed = 1) {
    detail::require_option(share > 0 && share < 1, "share to validate with",
                           float_text(static_cast<float>(share)), "more than 0, less than 1");
    if (corpus.size() < 2) {
        throw Error(std::to_string(corpus.size()) +
                    " examples cannot be split, expected two or more");
    }
    std::vector<std::uint32_t> order(corpus.size());
    std::iota(order.begin(), order.end(), 0u);
    Random random(seed, 0x73706C69);
    shuffle(std::span(order), random);
    const auto wanted =
        static_cast<std::size_t>(std::llround(share * static_cast<double>(corpus.size())));
    const std::size_t held = std::clamp<std::size_t>(wanted, 1, corpus.size() - 1);
    std::vector<bool> validates(corpus.size());
    for (std::size_t i = 0; i < held; ++i) {
        validates[order[i]] = true;
    }
    std::vector<std::uint64_t> counts(corpus.words().size());
    LabelledCorpus training(corpus.words(), corpus.unknown(), corpus.labels());
    LabelledCorpus validation = training;
    for (std::size_t i = 0; i < corpus.size(); ++i) {
        const LabelledExample example = corpus[i];
        (validates[i] ? validation : training).add_unchecked(example.tokens, example.labels);
        for (const Id token : example.tokens) {
            if (!validates[i] && token < counts.size()) ++counts[token];
        }
    }
    Vocabulary words;
    for (Id word = 0; word < counts.size(); ++word) {
        if (counts[word] != 0) words.add(corpus.words()[word], counts[word]);
    }
    return {with_words(training, words), with_words(validation, words)};
}

} // namespace firth
