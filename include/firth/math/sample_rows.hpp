#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <firth/base/random.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// Copies of `count` rows drawn at random, each at most once, in their order; of all rows where
/// there are no more. The same seed draws the same rows. O(rows + count * dim).
[[nodiscard]] inline EmbeddingTable<float> sample_rows(TableView<const float> rows,
                                                       std::size_t count, std::uint64_t seed) {
    count = (std::min)(count, rows.rows());
    EmbeddingTable<float> sample(count, rows.dim());
    Random random(seed);
    std::size_t taken = 0;
    for (std::size_t id = 0; taken < count; ++id) {
        // Each row is taken with the probability that those still wanted have among those left
        // (Knuth, volume 2, algorithm S).
        const auto left = static_cast<std::uint32_t>(rows.rows() - id);
        if (random.below(left) >= count - taken) continue;
        std::copy(rows[id].begin(), rows[id].end(), sample[taken++].begin());
    }
    return sample;
}

} // namespace firth
