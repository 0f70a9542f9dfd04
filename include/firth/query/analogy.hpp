#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/thread_pool.hpp>
#include <firth/query/nearest.hpp>
#include <firth/query/out_of_vocabulary.hpp>
#include <firth/query/word_lookup.hpp>
#include <firth/search/exact/certified_index.hpp>
#include <firth/search/exact/exact_index.hpp>
#include <firth/search/index.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/top_k.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/update.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>
#include <firth/table/word_vectors.hpp>

namespace firth {

/// How the fourth word of an analogy is scored (Levy and Goldberg 2014, equations 3 and 4), with
/// cos the cosine.
enum class AnalogyMethod {
    cos_add, ///< cos(d, b) - cos(d, a) + cos(d, c), as the cosine with the normalised b - a + c
    cos_mul, ///< cos'(d, b) * cos'(d, c) / (cos'(d, a) + 0.001), with cos' = (cos + 1) / 2
};

/// Settings of `analogy`.
struct AnalogyOptions {
    std::size_t top = 10;
    AnalogyMethod method = AnalogyMethod::cos_add;
    OutOfVocabulary out_of_vocabulary = OutOfVocabulary::error();
    std::size_t threads = 1;    ///< of 3CosAdd; 0: all of the machine's
    ThreadPool* pool = nullptr; ///< threads that are there already, instead of `threads`
};

namespace detail {

/// The factor that makes inner products of row `id` with unit vectors into cosines: from the index
/// where it holds that, else from the row's norm.
template <IdIndex I>
[[nodiscard]] float cosine_term(const WordIndex<I>& index, Id id) noexcept {
    if constexpr (std::same_as<I, ExactIndex<Cosine>>) {
        return index.index().rows().terms()[id];
    } else if constexpr (std::same_as<I, CertifiedIndex<Cosine>>) {
        return index.index().exact().rows().terms()[id];
    } else {
        return Cosine::term(simd::norm(index.vectors()[id]));
    }
}

/// Scores all words by 3CosMul.
template <IdIndex I>
std::vector<WordScore> analogy_by_product(const WordIndex<I>& index, std::array<LookedUp, 3>& words,
                                          std::span<const Id> excluded, std::size_t top) {
    const TableView<const float> rows = index.vectors().table();
    std::array<std::vector<float>, 3> dots;
    for (std::size_t i = 0; i < 3; ++i) {
        simd::normalize(words[i].vector);
        dots[i].resize(rows.rows());
        simd::dot_many(words[i].vector.data(), rows.data(), rows.stride(), rows.rows(), rows.dim(),
                       dots[i].data());
    }
    TopK best((std::min)(top, rows.rows()));
    for (Id id = 0; id < rows.rows(); ++id) {
        if (std::find(excluded.begin(), excluded.end(), id) != excluded.end()) continue;
        const float scale = cosine_term(index, id);
        const auto shifted = [&](std::size_t i) {
            // Float32 cannot divide by such a norm: there is no factor.
            const float cosine = scale == 0.0f
                                     ? Cosine::score<float>(words[i].vector, rows[id], scale)
                                     : dots[i][id] * scale;
            return (cosine + 1.0f) / 2.0f;
        };
        best.offer({id, shifted(1) * shifted(2) / (shifted(0) + 0.001f)});
    }
    return index.name(best.take());
}

} // namespace detail

/// Answers "a is to b as c is to ...?": the words d that fit best, a, b and c left out. 3CosAdd
/// asks the index; 3CosMul, which no index can answer, looks at all of the vectors. Throws
/// `UnknownWordError` for an unknown word unless the policy puts a vector in its place, and where
/// no word is left.
template <IdIndex I>
[[nodiscard]] std::vector<WordScore> analogy(const WordIndex<I>& index, std::string_view a,
                                             std::string_view b, std::string_view c,
                                             const AnalogyOptions& options = {}) {
    if (options.method == AnalogyMethod::cos_add) {
        return most_similar(index, {std::string(b), std::string(c)}, {std::string(a)},
                            {.top = options.top,
                             .out_of_vocabulary = options.out_of_vocabulary,
                             .threads = options.threads,
                             .pool = options.pool});
    }
    std::array<LookedUp, 3> words;
    std::vector<Id> excluded;
    bool any = false;
    for (std::size_t i = 0; i < 3; ++i) {
        const std::string_view word = std::array{a, b, c}[i];
        std::optional<LookedUp> found = look_up(index.vectors(), word, options.out_of_vocabulary);
        // A product needs all three words: a skipped one counts as a vector of zeros, whose cosines
        // are 0.
        words[i] =
            found ? *std::move(found) : LookedUp{std::vector<float>(index.vectors().dim()), no_id};
        if (words[i].id != no_id) excluded.push_back(words[i].id);
        any = any || found;
    }
    if (!any) detail::throw_none_known();
    return detail::analogy_by_product(index, words, excluded, options.top);
}

} // namespace firth
