#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/simd/update.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/table/word_vectors.hpp>

namespace firth {

/// What happens to several words that get the same name.
enum class Collisions {
    keep_first, ///< the first word's vector stands for all: in files sorted by frequency, the most
                ///< frequent one's
    mean,       ///< the mean of their vectors, weighted by their counts where these are known
    refuse,     ///< `Error`
};

/// Vectors under other names: `rename(word)` gives a word's new name. Names keep the order of their
/// first words, and counts are added up.
///
///     const auto lower = firth::relabel(vectors, firth::fold_ascii, firth::Collisions::mean);
template <class Rename>
[[nodiscard]] WordVectors<float> relabel(const WordVectors<float>& vectors, Rename&& rename,
                                         Collisions collisions = Collisions::keep_first) {
    Vocabulary names;
    std::vector<Id> name_of(vectors.size());
    for (Id id = 0; id < vectors.size(); ++id) {
        const std::string name(rename(vectors.word(id)));
        const auto [known, is_new] = names.add(name, vectors.vocabulary().count(id));
        if (!is_new && collisions == Collisions::refuse) {
            const auto first = std::find(name_of.begin(), name_of.end(), known);
            throw Error("the words \"" +
                        std::string(vectors.word(static_cast<Id>(first - name_of.begin()))) +
                        "\" and \"" + std::string(vectors.word(id)) + "\" would both be \"" + name +
                        "\", expected different names");
        }
        name_of[id] = known;
    }
    if (vectors.size() == 0) return vectors;
    EmbeddingTable<float> table(names.size(), vectors.dim());
    std::vector<double> weights(names.size());
    for (Id id = 0; id < vectors.size(); ++id) {
        const Id name = name_of[id];
        if (weights[name] != 0 && collisions != Collisions::mean) continue;
        const double count = static_cast<double>(vectors.vocabulary().count(id));
        const double weight = count == 0 ? 1.0 : count;
        weights[name] += weight;
        // The running mean: exactly the vector itself where there is only one.
        simd::scale(static_cast<float>(1.0 - weight / weights[name]), table[name]);
        simd::axpy(static_cast<float>(weight / weights[name]), vectors[id], table[name]);
    }
    return {std::move(names), std::move(table)};
}

} // namespace firth
