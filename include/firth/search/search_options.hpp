#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/table/id.hpp>

namespace firth {

class ThreadPool; // base/thread_pool.hpp

/// What to look for in an index with such labels: the same options for every index and every call.
template <class Label>
struct SearchOptionsOf {
    std::size_t k = 10; ///< how many rows; all where there are fewer

    /// A few rows to leave out.
    std::span<const Label> excluded{};

    /// More rows to leave out for single queries of a batch: empty, or one list a query.
    std::span<const std::vector<Label>> excluded_each{};

    /// A bit set of the rows that may be found, bit id % 64 of word id / 64; empty: all. Only for
    /// indexes of ids.
    std::span<const std::uint64_t> allowed{};

    /// Says which rows may be found. Called only for candidate rows, from any thread; it must not
    /// change the index.
    std::function<bool(const Label&)> filter{};

    std::size_t threads = 1; ///< 0: all of the machine's

    /// Threads that are there already, instead of `threads` that are started for each call: for
    /// many single queries. Calls from several threads may share a pool: while it searches for one
    /// of them, each other one uses its own thread alone.
    ThreadPool* pool = nullptr;
};

/// What to look for in an index of ids.
using SearchOptions = SearchOptionsOf<Id>;

/// True where the options let query `query` of a batch find a row: for indexes of your own.
template <class Label>
[[nodiscard]] bool may_be_found(const Label& label, const SearchOptionsOf<Label>& options,
                                std::size_t query = 0) {
    const auto has = [&](std::span<const Label> labels) {
        return std::find(labels.begin(), labels.end(), label) != labels.end();
    };
    if constexpr (std::same_as<Label, Id>) {
        const std::span<const std::uint64_t> bits = options.allowed;
        if (!bits.empty() &&
            (label / 64 >= bits.size() || (bits[label / 64] >> (label % 64) & 1) == 0)) {
            return false;
        }
    }
    return !has(options.excluded) &&
           (options.excluded_each.empty() || !has(options.excluded_each[query])) &&
           (!options.filter || options.filter(label));
}

/// Throws `Error` for options that do not fit the number of queries and rows: a bit set that does
/// not cover the rows, or lists of excluded rows that are not one a query.
template <class Label>
void check_options(const SearchOptionsOf<Label>& options, std::size_t rows, std::size_t queries) {
    if (!options.excluded_each.empty() && options.excluded_each.size() != queries) {
        throw Error("a batch of " + std::to_string(queries) + " queries has " +
                    std::to_string(options.excluded_each.size()) +
                    " lists of excluded ids, expected none or one a query");
    }
    if (options.allowed.empty()) return;
    if (!std::same_as<Label, Id>) {
        throw Error("a bit set holds ids, but this index has labels; expected a filter");
    }
    if (options.allowed.size() * 64 < rows) {
        throw Error("a bit set of " + std::to_string(options.allowed.size()) +
                    " words of 64 rows, expected one of " + std::to_string((rows + 63) / 64));
    }
}

namespace detail {

/// Throws `Error` for a vector, called `what`, of another length than the index's dim.
inline void check_length(const char* what, std::size_t length, std::size_t dim) {
    if (length == dim) return;
    throw Error(std::string("the ") + what + " has " + std::to_string(length) +
                " elements, expected the index's dim, " + std::to_string(dim));
}

} // namespace detail
} // namespace firth
