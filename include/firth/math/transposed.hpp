#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <firth/base/array_store.hpp>
#include <firth/base/parallel.hpp>
#include <firth/math/sparse_matrix.hpp>
#include <firth/table/id.hpp>

namespace firth {

namespace detail {

/// See `transposed`. Works on one range of columns at a time, just wide enough for `enough` counts.
[[nodiscard]] inline SparseMatrix transposed_by_ranges(const SparseMatrix& counts,
                                                       std::uint64_t enough, std::uint64_t memory,
                                                       const std::string& folder,
                                                       std::size_t threads) {
    const std::size_t symbols = counts.rows();
    std::vector<std::uint64_t> sizes(symbols);
    for (Id row = 0; row < symbols; ++row) {
        for (const SparseEntry& entry : counts[row]) {
            ++sizes[entry.column];
        }
        counts.release(row);
    }
    std::vector<std::size_t> ends; // of ranges of columns, each transposed at once
    std::uint64_t sum = 0;
    for (std::size_t column = 0; column < symbols; ++column) {
        sum += sizes[column];
        if (sum < enough && column + 1 < symbols) continue;
        ends.push_back(column + 1);
        sum = 0;
    }
    const auto store = std::make_shared<ArrayStore<SparseEntry>>(symbols, memory, folder);
    WorkQueue ranges(ends.size());
    run_workers((std::min)(resolve_threads(threads), (std::max<std::size_t>)(1, ends.size())),
                [&](std::size_t) {
                    ArrayStore<SparseEntry>::Writer writer(*store);
                    std::vector<SparseEntry> entries;
                    while (const std::optional<std::size_t> range = ranges.next()) {
                        const std::size_t first = *range == 0 ? 0 : ends[*range - 1];
                        const std::size_t last = ends[*range];
                        std::vector<std::size_t> begins{0};
                        for (std::size_t column = first; column < last; ++column) {
                            begins.push_back(begins.back() + sizes[column]);
                        }
                        entries.resize(begins.back());
                        std::vector<std::size_t> next(begins);
                        for (Id row = 0; row < symbols; ++row) {
                            const std::span<const SparseEntry> values = counts[row];
                            auto at = std::lower_bound(
                                values.begin(), values.end(), first,
                                [](const SparseEntry& a, std::size_t b) { return a.column < b; });
                            for (; at != values.end() && at->column < last; ++at) {
                                entries[next[at->column - first]++] = {row, at->value};
                            }
                        }
                        for (std::size_t column = first; column < last; ++column) {
                            writer.put(column, std::span(entries).subspan(begins[column - first],
                                                                          sizes[column]));
                        }
                    }
                    writer.finish();
                });
    store->map();
    return SparseMatrix(store);
}

} // namespace detail

/// The counts with rows and columns exchanged, in about `memory` bytes and, beyond them, in a
/// temporary file in `folder` ("": the system's own). O(counts). Throws `IoError`.
[[nodiscard]] inline SparseMatrix transposed(const SparseMatrix& counts,
                                             std::uint64_t memory = std::uint64_t{1} << 30,
                                             const std::string& folder = {},
                                             std::size_t threads = 0) {
    constexpr std::uint64_t enough = std::uint64_t{1} << 21;
    return detail::transposed_by_ranges(counts, enough, memory, folder, threads);
}

} // namespace firth
