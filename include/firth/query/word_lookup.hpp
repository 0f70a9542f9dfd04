#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <firth/query/out_of_vocabulary.hpp>
#include <firth/table/spelling.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/table/word_vectors.hpp>

namespace firth {

/// What a word in a query stands for: a vector, and the row it lies in where it lies in one.
struct LookedUp {
    std::vector<float> vector;
    Id id = no_id;
};

/// The mean of all rows of a table, dim elements.
[[nodiscard]] inline std::vector<float> mean_row(TableView<const float> table) {
    std::vector<double> sums(table.dim());
    for (std::size_t id = 0; id < table.rows(); ++id) {
        const std::span<const float> row = table[id];
        for (std::size_t i = 0; i < row.size(); ++i) {
            sums[i] += static_cast<double>(row[i]);
        }
    }
    std::vector<float> mean(table.dim());
    for (std::size_t i = 0; i < mean.size() && !table.empty(); ++i) {
        mean[i] = static_cast<float>(sums[i] / static_cast<double>(table.rows()));
    }
    return mean;
}

/// The vector that `word` stands for under a policy; nothing where the policy is to skip it. Throws
/// `UnknownWordError` where the policy asks for it.
[[nodiscard]] inline std::optional<LookedUp>
look_up(const WordVectors<float>& vectors, std::string_view word, const OutOfVocabulary& policy) {
    const auto row = [&](Id id) {
        const std::span<const float> values = vectors[id];
        return LookedUp{{values.begin(), values.end()}, id};
    };
    if (const std::optional<Id> id = vectors.find(word)) return row(*id);
    switch (policy.policy()) {
    case OutOfVocabulary::Policy::skip:
        return std::nullopt;
    case OutOfVocabulary::Policy::zero:
        return LookedUp{std::vector<float>(vectors.dim()), no_id};
    case OutOfVocabulary::Policy::mean:
        return LookedUp{mean_row(vectors.table()), no_id};
    case OutOfVocabulary::Policy::unknown_word:
        return row(vectors.id(policy.word()));
    case OutOfVocabulary::Policy::subwords: {
        LookedUp made{std::vector<float>(vectors.dim()), no_id};
        if (policy.model()->compose(word, made.vector) != 0) return made;
        break;
    }
    case OutOfVocabulary::Policy::error:
        break;
    }
    throw_unknown_word(vectors.vocabulary(), word);
}

} // namespace firth
