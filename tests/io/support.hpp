#pragma once

#include <firth/io.hpp>

#include <algorithm>
#include <string>

#include "../support/support.hpp"

namespace test {

inline void require_same(const firth::WordVectors<float>& a, const firth::WordVectors<float>& b) {
    REQUIRE(a.size() == b.size());
    REQUIRE(a.dim() == b.dim());
    REQUIRE(a.vocabulary().symbols() == b.vocabulary().symbols());
    for (firth::Id id = 0; id < a.size(); ++id) {
        REQUIRE(std::ranges::equal(a[id], b[id]));
    }
}

/// Vectors with counts, and words of all kinds but for those in `left_out`.
inline firth::WordVectors<float> odd_vectors(std::size_t dim, const std::string& left_out = "") {
    firth::Vocabulary vocabulary;
    std::uint64_t count = 1000;
    for (const std::string word : {"plain", "gr\xC3\xBC\xC3\x9F", "two words", "tab\there",
                                   "new\nline", "\xFF\xC0 bytes", "back\\slash", "7 8", ""}) {
        if (word.find_first_of(left_out) != word.npos || (word.empty() && !left_out.empty()))
            continue;
        vocabulary.add(word, count -= 7);
    }
    firth::EmbeddingTable<float> table(vocabulary.size(), dim);
    const std::vector<float> values = random_floats(vocabulary.size() * dim, dim);
    for (std::size_t i = 0; i < values.size(); ++i) {
        table[i / dim][i % dim] = values[i];
    }
    return {std::move(vocabulary), std::move(table)};
}

inline void require_same_counts(const firth::WordVectors<float>& a,
                                const firth::WordVectors<float>& b) {
    REQUIRE(std::ranges::equal(a.vocabulary().counts(), b.vocabulary().counts()));
}

/// The message of the `FormatError` for a file with these bytes.
template <class Read>
std::string format_error(Read&& read) {
    return message_of<firth::FormatError>([&] { static_cast<void>(read()); });
}

} // namespace test
