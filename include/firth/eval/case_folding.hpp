#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tsl/robin_map.h>

#include <firth/table/relabel.hpp>
#include <firth/table/vocabulary.hpp>

namespace firth {

/// Whether evaluation tells "Paris" from "paris".
enum class CaseFolding {
    ascii, ///< A-Z count as a-z, by byte and without a locale; the most frequent variant stands for
           ///< all
    none,  ///< words are compared as they are
};

/// Finds words of a vocabulary by their folded form.
class FoldedVocabulary {
public:
    /// Looks at the first `rows` symbols; of those that fold to the same, the first stands for all.
    FoldedVocabulary(const Vocabulary& vocabulary, std::size_t rows, CaseFolding folding)
        : folding_(folding) {
        first_.reserve(rows);
        for (Id id = 0; id < rows; ++id) {
            first_.push_back(ids_.try_emplace(fold(vocabulary[id]), id).first->second);
        }
    }

    /// The first symbol that folds to the same as `word`.
    [[nodiscard]] std::optional<Id> find(std::string_view word) const {
        const auto found = ids_.find(fold(word));
        return found == ids_.end() ? std::nullopt : std::optional<Id>(found->second);
    }

    /// The first symbol that folds to the same as the symbol `id`.
    [[nodiscard]] Id representative(Id id) const noexcept { return first_[id]; }

private:
    [[nodiscard]] std::string fold(std::string_view word) const {
        return folding_ == CaseFolding::ascii ? fold_ascii(word) : std::string(word);
    }

    CaseFolding folding_;
    tsl::robin_map<std::string, Id> ids_;
    std::vector<Id> first_;
};

} // namespace firth
