#pragma once

#include <limits>
#include <optional>
#include <string_view>

#include <firth/query/out_of_vocabulary.hpp>
#include <firth/query/word_lookup.hpp>
#include <firth/simd/distance.hpp>
#include <firth/table/word_vectors.hpp>

namespace firth {

/// The cosine of two words' vectors, in [-1, 1] up to rounding; 0 where one of them is all zeros.
/// Throws `UnknownWordError` for an unknown word, unless the policy puts a vector in its place;
/// with the policy to skip unknown words the answer is NaN where one is missing.
[[nodiscard]] inline float
similarity(const WordVectors<float>& vectors, std::string_view a, std::string_view b,
           const OutOfVocabulary& out_of_vocabulary = OutOfVocabulary::error()) {
    const std::optional<LookedUp> x = look_up(vectors, a, out_of_vocabulary);
    const std::optional<LookedUp> y = look_up(vectors, b, out_of_vocabulary);
    if (!x || !y) return std::numeric_limits<float>::quiet_NaN();
    return simd::cosine(x->vector, y->vector);
}

} // namespace firth
