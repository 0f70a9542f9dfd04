#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <firth/table/id.hpp>
#include <firth/table/subword.hpp>
#include <firth/table/vocabulary.hpp>

namespace firth {

/// Finds words of a vocabulary, which outlives it, by the `subword_hash` that n-grams of words need
/// anyway: half the time of `Vocabulary::find`. Vocabularies in mapped files are asked themselves,
/// so that they open at once. Memory: up to 32 bytes a word.
class WordTable {
public:
    WordTable() = default;

    explicit WordTable(const Vocabulary& words) {
        if (words.is_mapped()) return;
        slots_.resize(std::bit_ceil(2 * words.size() + 1));
        for (Id id = 0; id < words.size(); ++id) {
            const std::uint32_t hash = subword_hash(words[id]);
            std::size_t at = hash & (slots_.size() - 1);
            while (slots_[at].id != no_id) {
                at = (at + 1) & (slots_.size() - 1);
            }
            slots_[at] = {hash, id};
        }
    }

    /// The id of a word with this hash, or `no_id`.
    [[nodiscard]] Id find(const Vocabulary& words, std::string_view word,
                          std::uint32_t hash) const {
        if (slots_.empty()) return words.find(word).value_or(no_id);
        for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
            const Slot slot = slots_[at];
            if (slot.id == no_id || (slot.hash == hash && words[slot.id] == word)) return slot.id;
        }
    }

private:
    struct Slot {
        std::uint32_t hash = 0;
        Id id = no_id;
    };

    std::vector<Slot> slots_; ///< at least half of them empty; none for a mapped vocabulary
};

} // namespace firth
