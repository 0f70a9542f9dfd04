#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include <firth/table/id.hpp>
#include <firth/text/normalized_text.hpp>

namespace firth {

/// An end of an encoding.
enum class EncodingSide { left, right };

/// A text, or a pair of texts, as tokens; all vectors have an element a token.
struct Encoding {
    static constexpr std::uint32_t no_word = 0xFFFFFFFFu;

    std::vector<Id> ids;
    std::vector<ByteRange> offsets;    ///< in the original text, in bytes; empty for special tokens
    std::vector<std::uint32_t> words;  ///< the number of the piece in its text, or `no_word`
    std::vector<std::uint32_t> types;  ///< 0, or 1 for the second text of a pair
    std::vector<std::uint8_t> special; ///< 1 for tokens that the text does not have
    std::vector<std::uint8_t> attention; ///< 0 for padding, else 1

    [[nodiscard]] std::size_t size() const noexcept { return ids.size(); }

    void add(Id id, ByteRange offset, std::uint32_t word, std::uint32_t type, bool is_special,
             bool attended = true) {
        ids.push_back(id);
        offsets.push_back(offset);
        words.push_back(word);
        types.push_back(type);
        special.push_back(is_special ? 1 : 0);
        attention.push_back(attended ? 1 : 0);
    }

    /// Makes room for as many tokens in all.
    void reserve(std::size_t tokens) {
        ids.reserve(tokens);
        offsets.reserve(tokens);
        words.reserve(tokens);
        types.reserve(tokens);
        special.reserve(tokens);
        attention.reserve(tokens);
    }

    /// Adds the tokens of another text, as ones of this type.
    void append(const Encoding& text, std::uint32_t type) {
        const auto add_all = [](auto& to, const auto& from) {
            to.insert(to.end(), from.begin(), from.end());
        };
        add_all(ids, text.ids);
        add_all(offsets, text.offsets);
        add_all(words, text.words);
        types.resize(ids.size(), type);
        add_all(special, text.special);
        add_all(attention, text.attention);
    }

    /// The tokens `begin` to `end` alone.
    [[nodiscard]] Encoding part(std::size_t begin, std::size_t end) const {
        const auto of = [&](const auto& all) {
            using Vector = std::remove_cvref_t<decltype(all)>;
            return Vector(all.begin() + static_cast<std::ptrdiff_t>(begin),
                          all.begin() + static_cast<std::ptrdiff_t>(end));
        };
        return {of(ids), of(offsets), of(words), of(types), of(special), of(attention)};
    }

    bool operator==(const Encoding&) const = default;
};

} // namespace firth
