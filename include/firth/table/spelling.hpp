#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/fold_case.hpp>
#include <firth/table/vocabulary.hpp>

namespace firth {

/// The number of insertions, deletions, substitutions and swaps of neighbouring bytes that turn `a`
/// into `b` (optimal string alignment; Damerau 1964), or `limit` + 1 where it is above `limit`.
[[nodiscard]] inline std::size_t edit_distance(std::string_view a, std::string_view b,
                                               std::size_t limit) {
    const std::size_t longer = (std::max)(a.size(), b.size());
    if (longer - (std::min)(a.size(), b.size()) > limit) return limit + 1;
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        last[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        std::size_t best = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = a[i - 1] == b[j - 1];
            row[j] = (std::min)({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = (std::min)(row[j], before[j - 2] + 1);
            }
            best = (std::min)(best, row[j]);
        }
        if (best > limit) return limit + 1;
        before.swap(last);
        last.swap(row);
    }
    return (std::min)(last[b.size()], limit + 1);
}

/// Up to `count` symbols of the vocabulary that are spelt most like `word`, whatever the case of
/// their letters: within an edit distance of 2 (1 for words of three bytes or fewer), nearest
/// first, then by id. Looks at every symbol.
[[nodiscard]] inline std::vector<std::string>
nearest_spellings(const Vocabulary& vocabulary, std::string_view word, std::size_t count = 3) {
    const std::size_t limit = word.size() <= 3 ? 1 : 2;
    const std::string folded = fold_case(word);
    std::vector<std::pair<std::size_t, Id>> similar;
    for (Id id = 0; id < vocabulary.size(); ++id) {
        const std::size_t distance = edit_distance(folded, fold_case(vocabulary[id]), limit);
        if (distance <= limit) similar.emplace_back(distance, id);
    }
    std::sort(similar.begin(), similar.end());
    similar.resize((std::min)(similar.size(), count));
    std::vector<std::string> spellings;
    for (const auto& [distance, id] : similar) {
        spellings.emplace_back(vocabulary[id]);
    }
    return spellings;
}

/// Throws the `UnknownWordError` for a word that the vocabulary does not hold, with the nearest
/// spellings that it does.
[[noreturn]] inline void throw_unknown_word(const Vocabulary& vocabulary, std::string_view word) {
    std::string message = "the word \"" + std::string(word) + "\" is not in the vocabulary of " +
                          std::to_string(vocabulary.size()) + " words";
    const std::vector<std::string> spellings = nearest_spellings(vocabulary, word);
    for (std::size_t i = 0; i < spellings.size(); ++i) {
        message += (i == 0 ? "; nearest spellings: " : ", ") + spellings[i];
    }
    throw UnknownWordError(message);
}

} // namespace firth
