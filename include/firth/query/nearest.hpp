#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/thread_pool.hpp>
#include <firth/query/out_of_vocabulary.hpp>
#include <firth/query/word_lookup.hpp>
#include <firth/search/exact/certified_index.hpp>
#include <firth/search/index.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/neighbor.hpp>
#include <firth/search/search_options.hpp>
#include <firth/simd/format.hpp>
#include <firth/simd/update.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>
#include <firth/table/word_vectors.hpp>

namespace firth {

/// A word that a query found, and its score. The word is a view into the vocabulary that was asked.
struct WordScore {
    std::string_view word;
    float score = 0;
};

namespace detail {

/// An index that is made of rows and what is known of their norms, as `ExactIndex` is.
template <class I>
concept MadeOfRowsAndNorms =
    std::constructible_from<I, TableView<const float>, std::span<const float>>;

/// An index that may make codes of rows, as `CertifiedIndex` does.
template <class I>
concept MadeOfScreenedRows = requires(TableView<const float> rows, CertifiedOptions options) {
    I(rows, options);
};

/// With the norms that the vectors know.
[[nodiscard]] inline CertifiedOptions screening_of(const WordVectors<float>& vectors,
                                                   const CertifiedOptions& options) {
    return {.norms = vectors.norms(),
            .threads = options.threads,
            .memory = vectors.dim() > simd::max_byte_dim ? 0 : options.memory};
}

} // namespace detail

/// Word vectors with an index over their rows, ready for queries by words. Refers to the vectors,
/// which must outlive it and keep their values; queries from several threads at once are safe.
///
///     const firth::WordIndex index(vectors);   // exact, by cosine
///     for (const auto& [word, score] : firth::nearest(index, "king")) ...
///
/// By default rows are screened by int8 codes: answers are exact, and come several times as fast
/// for round_up(dim, 64) + 8 bytes a row more, about a quarter of the vectors, where memory allows.
/// To make the codes takes about the time of twenty queries without them. For a question or two,
/// or where that memory is not to be spent:
///
///     const firth::WordIndex plain(vectors, {.memory = 0});
///
/// Any index over rows with the vectors' ids will do, and its metric is the one used:
///
///     const firth::WordIndex<firth::ExactIndex<firth::InnerProduct>> by_product(vectors);
///     const firth::WordIndex some(vectors, MyIndex(vectors.table()));
template <IdIndex I = CertifiedIndex<Cosine>>
class WordIndex {
public:
    using IndexType = I;

    /// Makes the index of the rows and of the norms that the vectors know. Throws `Error` for a row
    /// that is not finite.
    explicit WordIndex(const WordVectors<float>& vectors) requires detail::MadeOfRowsAndNorms<I>
        : vectors_(&vectors), index_(vectors.table().view(), vectors.norms()) {}

    /// The same for a screened index; `options.norms` does not count. Dims that are beyond
    /// screening get no codes.
    explicit WordIndex(const WordVectors<float>& vectors,
                       const CertifiedOptions& options = {}) requires detail::MadeOfScreenedRows<I>
        : vectors_(&vectors),
          index_(vectors.table().view(), detail::screening_of(vectors, options)) {}

    /// Takes an index over the same rows. Throws `Error` where it has a different size or dim.
    WordIndex(const WordVectors<float>& vectors, I index)
        : vectors_(&vectors), index_(std::move(index)) {
        if (index_.size() == vectors.size() && index_.dim() == vectors.dim()) return;
        throw Error("an index of " + std::to_string(index_.size()) + " rows of dim " +
                    std::to_string(index_.dim()) + " cannot search " +
                    std::to_string(vectors.size()) + " words of dim " +
                    std::to_string(vectors.dim()));
    }

    /// An index of a temporary would outlive it.
    explicit WordIndex(WordVectors<float>&&) = delete;
    WordIndex(WordVectors<float>&&, const CertifiedOptions&) = delete;
    WordIndex(WordVectors<float>&&, I) = delete;

    [[nodiscard]] const WordVectors<float>& vectors() const noexcept { return *vectors_; }
    [[nodiscard]] const I& index() const noexcept { return index_; }

    /// The words nearest to a raw vector of dim() elements.
    [[nodiscard]] std::vector<WordScore> search(std::span<const float> query,
                                                const SearchOptions& options = {}) const {
        return name(index_.search(query, options));
    }

    /// Rows as words. Throws `Error` for an id that the vocabulary does not hold.
    [[nodiscard]] std::vector<WordScore> name(const std::vector<Neighbor>& neighbors) const {
        std::vector<WordScore> words;
        words.reserve(neighbors.size());
        for (const Neighbor& neighbor : neighbors) {
            if (neighbor.id >= vectors_->size()) {
                throw Error("the index found row " + std::to_string(neighbor.id) +
                            ", but there are " + std::to_string(vectors_->size()) + " words");
            }
            words.push_back({vectors_->word(neighbor.id), neighbor.score});
        }
        return words;
    }

private:
    const WordVectors<float>* vectors_;
    I index_;
};

WordIndex(const WordVectors<float>&)->WordIndex<>;
WordIndex(const WordVectors<float>&, const CertifiedOptions&)->WordIndex<>;

/// What to look for and how much of it.
struct NearestOptions {
    std::size_t top = 10;
    OutOfVocabulary out_of_vocabulary = OutOfVocabulary::error();
    std::size_t threads = 1;    ///< 0: all of the machine's
    ThreadPool* pool = nullptr; ///< threads that are there already, instead of `threads`
};

namespace detail {

/// The looked-up words of a query, and the rows to leave out of its answer.
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
template <IdIndex I>
[[nodiscard]] std::vector<WordScore>
most_similar(const WordIndex<I>& index, const std::vector<std::string>& positive,
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
    return index.search(
        query,
        {.k = options.top, .excluded = excluded, .threads = options.threads, .pool = options.pool});
}

/// The words nearest to `word`, itself left out. Throws `UnknownWordError`.
template <IdIndex I>
[[nodiscard]] std::vector<WordScore> nearest(const WordIndex<I>& index, std::string_view word,
                                             const NearestOptions& options = {}) {
    return most_similar(index, {std::string(word)}, {}, options);
}

} // namespace firth
