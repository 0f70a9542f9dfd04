#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/random.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/table/word_vectors.hpp>

/// Small tables, and cosines as they are defined.
namespace test {

/// Numbers in (-1, 1).
inline firth::EmbeddingTable<float> random_table(std::size_t rows, std::size_t dim,
                                                 std::uint64_t seed) {
    firth::EmbeddingTable<float> table(rows, dim);
    firth::Random random(seed);
    for (std::size_t id = 0; id < rows; ++id) {
        for (float& x : table[id]) {
            x = 2 * random.uniform() - 1;
        }
    }
    return table;
}

/// Words with vectors of their own, all of one dim.
inline firth::WordVectors<float>
word_vectors(const std::vector<std::pair<std::string, std::vector<float>>>& rows) {
    firth::Vocabulary vocabulary;
    firth::EmbeddingTable<float> table(rows.size(), rows[0].second.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        vocabulary.add(rows[i].first);
        std::ranges::copy(rows[i].second, table[i].begin());
    }
    return {std::move(vocabulary), std::move(table)};
}

/// In double; 0 where a vector is zero.
inline double naive_cosine(std::span<const float> a, std::span<const float> b) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += static_cast<double>(a[i]) * static_cast<double>(b[i]);
        aa += static_cast<double>(a[i]) * static_cast<double>(a[i]);
        bb += static_cast<double>(b[i]) * static_cast<double>(b[i]);
    }
    return aa == 0 || bb == 0 ? 0 : ab / (std::sqrt(aa) * std::sqrt(bb));
}

} // namespace test
