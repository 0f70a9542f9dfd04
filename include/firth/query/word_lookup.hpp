#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/query/out_of_vocabulary.hpp>
#include <firth/table/id.hpp>
#include <firth/table/spelling.hpp>
#include <firth/table/subword_vectors.hpp>
#include <firth/table/word_vectors.hpp>

namespace firth {

/// What a word in a query stands for: a vector, and its row if it has one.
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

/// The vector that `word` stands for under a policy; nothing where the policy is to skip it, or to
/// make it from n-grams of which none has a vector. Throws `UnknownWordError` where the policy asks
/// for it, and `Error` for n-grams of another dim than the vectors'.
[[nodiscard]] inline std::optional<LookedUp> look_up_or_skip(const WordVectors<float>& vectors,
                                                             std::string_view word,
                                                             const OutOfVocabulary& policy) {
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
        const SubwordVectors& model = *policy.model();
        if (model.dim() != vectors.dim()) {
            throw Error("n-grams of dim " + std::to_string(model.dim()) +
                        " cannot make vectors of dim " + std::to_string(vectors.dim()));
        }
        LookedUp made{std::vector<float>(vectors.dim()), no_id};
        if (model.compose(word, made.vector) == 0) return std::nullopt;
        return made;
    }
    case OutOfVocabulary::Policy::error:
        break;
    }
    throw_unknown_word(vectors.vocabulary(), word);
}

/// The same, but a word of which no n-gram has a vector throws `UnknownWordError`.
[[nodiscard]] inline std::optional<LookedUp>
look_up(const WordVectors<float>& vectors, std::string_view word, const OutOfVocabulary& policy) {
    std::optional<LookedUp> found = look_up_or_skip(vectors, word, policy);
    if (!found && policy.policy() == OutOfVocabulary::Policy::subwords) {
        throw_unknown_word(vectors.vocabulary(), word);
    }
    return found;
}

} // namespace firth
