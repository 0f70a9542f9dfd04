#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/query/out_of_vocabulary.hpp>
#include <firth/query/word_lookup.hpp>
#include <firth/search/exact/exact_index.hpp>
#include <firth/search/metric.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/update.hpp>
#include <firth/table/word_vectors.hpp>

namespace firth {

/// A word that a query found, and its score. The word is a view into the vocabulary that was asked.
struct WordScore {
    std::string_view word;
    float score = 0;
};

/// Word vectors with an index over their rows, ready to be asked. Refers to the vectors, which must
/// outlive it and keep their values; asking from several threads at once is safe.
///
///     const firth::WordIndex index(vectors);
///     for (const auto& [word, score] : firth::nearest(index, "king")) ...
template <Metric M>
class BasicWordIndex {
public:
    /// Looks at every row once, or at the norms alone where the vectors know them. Throws `Error`
    /// for a row that is not finite.
    explicit BasicWordIndex(const WordVectors<float>& vectors)
        : vectors_(&vectors), rows_(vectors.table().view(), vectors.norms()) {}

    /// An index of a temporary would outlive it.
    explicit BasicWordIndex(WordVectors<float>&&) = delete;

    [[nodiscard]] const WordVectors<float>& vectors() const noexcept { return *vectors_; }
    [[nodiscard]] const ExactIndex<M>& rows() const noexcept { return rows_; }

    /// The `k` words nearest to a raw vector of dim() elements; `excluded` rows are left out.
    [[nodiscard]] std::vector<WordScore> search(std::span<const float> query, std::size_t k,
                                                std::span<const Id> excluded = {}) const {
        return name(rows_.search(query, k, excluded));
    }

    /// Rows as words.
    [[nodiscard]] std::vector<WordScore> name(const std::vector<Neighbor>& neighbors) const {
        std::vector<WordScore> words;
        words.reserve(neighbors.size());
        for (const Neighbor& neighbor : neighbors) {
            words.push_back({vectors_->word(neighbor.id), neighbor.score});
        }
        return words;
    }

private:
    const WordVectors<float>* vectors_;
    ExactIndex<M> rows_;
};

/// The usual index: words by cosine.
using WordIndex = BasicWordIndex<Cosine>;

/// What to look for and how much of it.
struct NearestOptions {
    std::size_t top = 10;
    OutOfVocabulary out_of_vocabulary = OutOfVocabulary::error();
};

namespace detail {

/// The words of a query looked up, and the rows that its answer must leave out.
struct QueryWords {
    std::vector<LookedUp> found;
    std::vector<Id> rows;
};

[[noreturn]] inline void throw_none_known() {
    throw UnknownWordError("none of the words asked for is in the vocabulary");
}

inline QueryWords look_up_all(const WordVectors<float>& vectors, std::span<const std::string> words,
                              const OutOfVocabulary& policy) {
    QueryWords query;
    for (const std::string& word : words) {
        if (std::optional<LookedUp> found = look_up(vectors, word, policy)) {
            if (found->id != no_id) query.rows.push_back(found->id);
            query.found.push_back(std::move(*found));
        }
    }
    return query;
}

} // namespace detail

/// The words most similar to all of `positive` and least to `negative`: nearest to the sum of their
/// unit vectors, with minus for the negative ones (Mikolov et al. 2013; gensim's `most_similar`).
/// The words asked for are left out of the answer. Throws `UnknownWordError`, also where the policy
/// leaves no word to ask for.
template <Metric M>
[[nodiscard]] std::vector<WordScore>
most_similar(const BasicWordIndex<M>& index, const std::vector<std::string>& positive,
             const std::vector<std::string>& negative = {}, const NearestOptions& options = {}) {
    const WordVectors<float>& vectors = index.vectors();
    detail::QueryWords plus = detail::look_up_all(vectors, positive, options.out_of_vocabulary);
    detail::QueryWords minus = detail::look_up_all(vectors, negative, options.out_of_vocabulary);
    if (plus.found.empty() && minus.found.empty()) {
        detail::throw_none_known();
    }
    std::vector<float> query(vectors.dim());
    for (LookedUp& word : plus.found) {
        simd::normalize(word.vector);
        simd::axpy(1.0f, word.vector, query);
    }
    for (LookedUp& word : minus.found) {
        simd::normalize(word.vector);
        simd::axpy(-1.0f, word.vector, query);
    }
    std::vector<Id> excluded = std::move(plus.rows);
    excluded.insert(excluded.end(), minus.rows.begin(), minus.rows.end());
    return index.search(query, options.top, excluded);
}

/// The words nearest to `word`, itself left out. Throws `UnknownWordError`.
template <Metric M>
[[nodiscard]] std::vector<WordScore> nearest(const BasicWordIndex<M>& index, std::string_view word,
                                             const NearestOptions& options = {}) {
    return most_similar(index, {std::string(word)}, {}, options);
}

} // namespace firth
