#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include <firth/base/error.hpp>
#include <firth/table/id.hpp>

namespace firth {

/// What to look for.
struct SearchOptions {
    std::size_t k = 10; ///< how many rows; all where there are fewer

    /// Rows that are left out; few.
    std::span<const Id> excluded{};

    /// A bit set of the rows that may be found, bit id % 64 of word id / 64; empty: all.
    std::span<const std::uint64_t> allowed{};

    /// Says which rows may be found; asked for those only that come into question, from any thread.
    std::function<bool(Id)> filter{};

    std::size_t threads = 1; ///< 0: all of the machine's
};

namespace detail {

/// Throws `Error` for a vector, called `what`, of another length than the index's dim.
inline void check_length(const char* what, std::size_t length, std::size_t dim) {
    if (length == dim) return;
    throw Error(std::string("the ") + what + " has " + std::to_string(length) +
                " elements, expected the index's dim, " + std::to_string(dim));
}

/// Throws `Error` for a bit set that does not cover all rows.
inline void check_options(const SearchOptions& options, std::size_t rows) {
    if (options.allowed.empty() || options.allowed.size() * 64 >= rows) return;
    throw Error("a bit set of " + std::to_string(options.allowed.size()) +
                " words of 64 rows, expected one of " + std::to_string((rows + 63) / 64));
}

/// What the options say of a row; `excluded` are left out besides.
inline bool may_be_found(Id id, const SearchOptions& options, std::span<const Id> excluded) {
    const auto has = [id](std::span<const Id> ids) {
        return std::find(ids.begin(), ids.end(), id) != ids.end();
    };
    if (!options.allowed.empty() && (options.allowed[id / 64] >> (id % 64) & 1) == 0) return false;
    return !has(options.excluded) && !has(excluded) && (!options.filter || options.filter(id));
}

} // namespace detail
} // namespace firth
