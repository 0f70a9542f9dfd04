#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/checksum.hpp>
#include <firth/base/error.hpp>
#include <firth/table/id.hpp>

namespace firth {

/// How far a symbol may lie from the slot of its hash. By chance that is some dozens for the
/// largest vocabularies; the limit keeps a hostile file from making every lookup slow.
inline constexpr std::size_t max_probes = 4096;

/// The symbols of a vocabulary as arrays in a file, looked up in place without reading the rest.
/// Nothing in the arrays is trusted: an entry is checked when it is used.
struct MappedSymbols {
    std::string_view bytes;                 ///< of all symbols, one behind the other
    std::span<const std::uint64_t> ends;    ///< where each symbol ends in `bytes`
    std::span<const std::uint64_t> counts;  ///< one a symbol
    std::span<const std::uint64_t> buckets; ///< see `symbol_slots`
    std::string name;                       ///< what errors call the file

    /// The symbol of `id` < ends.size(). Throws `FormatError` where it does not lie within `bytes`.
    [[nodiscard]] std::string_view symbol(Id id) const {
        const std::uint64_t begin = id == 0 ? 0 : ends[id - 1];
        if (begin > ends[id] || ends[id] > bytes.size()) {
            throw FormatError(name + ": symbol " + std::to_string(id) + " lies in bytes " +
                              std::to_string(begin) + " to " + std::to_string(ends[id]) +
                              " of its section, expected a place within its " +
                              std::to_string(bytes.size()) + " bytes");
        }
        return bytes.substr(begin, ends[id] - begin);
    }

    /// The id of a symbol, or nothing. Throws `FormatError` for damaged entries on the way to it.
    /// Constant time.
    [[nodiscard]] std::optional<Id> find(std::string_view symbol) const {
        const std::uint64_t hash = checksum(symbol);
        for (std::size_t probe = 0; probe < (std::min)(max_probes, buckets.size()); ++probe) {
            const std::uint64_t slot = buckets[(hash + probe) & (buckets.size() - 1)];
            const Id id = static_cast<Id>(slot);
            if (id == no_id) return std::nullopt;
            if (slot >> 32 != hash >> 32) continue;
            if (id >= ends.size()) {
                throw FormatError(name + ": its index of symbols names symbol " +
                                  std::to_string(id) + " of " + std::to_string(ends.size()));
            }
            if (this->symbol(id) == symbol) return id;
        }
        return std::nullopt;
    }
};

/// A hash index of symbols: a power of two of slots, at least twice as many as symbols. A symbol
/// lies in the first free slot from its XXH64 on (modulo the number of slots), as its id in the
/// lower 32 bits and the upper half of its hash in the upper; the id `no_id` marks a free slot.
/// Throws `Error` where a symbol would lie more than `max_probes` slots from its hash, which does
/// not happen by chance.
template <class Symbols>
[[nodiscard]] std::vector<std::uint64_t> symbol_slots(const Symbols& symbols) {
    std::vector<std::uint64_t> buckets(std::bit_ceil(2 * symbols.size() + 1), no_id);
    for (std::size_t id = 0; id < symbols.size(); ++id) {
        const std::uint64_t hash = checksum(symbols[static_cast<Id>(id)]);
        std::size_t at = hash & (buckets.size() - 1);
        for (std::size_t probe = 1; static_cast<Id>(buckets[at]) != no_id; ++probe) {
            if (probe == max_probes) {
                throw Error("cannot index the symbols: more than " + std::to_string(max_probes) +
                            " of them have nearly the same hash");
            }
            at = (at + 1) & (buckets.size() - 1);
        }
        buckets[at] = hash >> 32 << 32 | id;
    }
    return buckets;
}

} // namespace firth
