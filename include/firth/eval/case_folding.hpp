#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tsl/robin_map.h>

#include <firth/base/fold_case.hpp>
#include <firth/table/relabel.hpp>
#include <firth/table/vocabulary.hpp>

namespace firth {

/// Whether evaluation distinguishes "Paris" from "paris". Where it does not, the first variant in
/// the vocabulary (usually the most frequent one) stands for all.
enum class CaseFolding {
    unicode, ///< letters of all scripts, by Unicode's simple case folding: see `fold_case`
    ascii,   ///< A-Z only, by byte
    none,    ///< words are compared as they are
};

/// The word as it is compared.
[[nodiscard]] inline std::string fold(std::string_view word, CaseFolding folding) {
    switch (folding) {
    case CaseFolding::unicode:
        return fold_case(word);
    case CaseFolding::ascii:
        return fold_ascii(word);
    case CaseFolding::none:
        break;
    }
    return std::string(word);
}

/// Finds words of a vocabulary by their folded form.
class FoldedVocabulary {
public:
    /// Takes the first `rows` symbols, or all where there are fewer. The first of several symbols
    /// with the same folded form stands for all of them.
    FoldedVocabulary(const Vocabulary& vocabulary, std::size_t rows, CaseFolding folding)
        : folding_(folding) {
        rows = (std::min)(rows, vocabulary.size());
        first_.reserve(rows);
        for (Id id = 0; id < rows; ++id) {
            const std::string folded = fold(vocabulary[id], folding);
            is_folded_ = is_folded_ && folded == vocabulary[id];
            first_.push_back(ids_.try_emplace(folded, id).first->second);
        }
    }

    /// The first symbol with the same folded form as `word`.
    [[nodiscard]] std::optional<Id> find(std::string_view word) const {
        const auto found = ids_.find(fold(word, folding_));
        return found == ids_.end() ? std::nullopt : std::optional<Id>(found->second);
    }

    /// The first symbol with the same folded form as symbol `id`.
    [[nodiscard]] Id representative(Id id) const noexcept { return first_[id]; }

    /// A word as this vocabulary would spell it: folded where all symbols are folded, else
    /// unchanged.
    [[nodiscard]] std::string spelling(std::string_view word) const {
        return is_folded_ ? fold(word, folding_) : std::string(word);
    }

private:
    CaseFolding folding_;
    tsl::robin_map<std::string, Id> ids_;
    std::vector<Id> first_;
    bool is_folded_ = true;
};

} // namespace firth
