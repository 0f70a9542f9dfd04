#pragma once

#include <cstddef>
#include <string>

#include <firth/base/error.hpp>
#include <firth/math/sparse_matrix.hpp>

namespace firth {

/// How often symbols were seen near each other, weighted by distance: row i holds the contexts of
/// symbol i, each count above zero.
using CooccurrenceCounts = SparseMatrix;

/// Throws `Error` unless the counts are those of a vocabulary of `symbols`.
inline void check_counts(const CooccurrenceCounts& counts, std::size_t symbols) {
    if (symbols == counts.rows()) return;
    throw Error("the vocabulary has " + std::to_string(symbols) + " symbols, expected " +
                std::to_string(counts.rows()) + " as in the counts");
}

} // namespace firth
