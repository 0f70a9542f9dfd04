#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace firth {

/// What a piece of a SentencePiece vocabulary is for; the numbers are those of its files.
enum class PieceType : std::uint8_t {
    normal = 1,
    unknown = 2,      ///< stands for what no piece holds; one of them
    control = 3,      ///< `<s>`, `</s>`: never found in a text
    user_defined = 4, ///< always found where a text holds it
    unused = 5,       ///< never made
    byte = 6,         ///< `<0x00>` to `<0xFF>`: a byte of a character that no piece holds
};

/// A piece of a SentencePiece vocabulary.
struct SentencePiece {
    std::string text;
    float score = 0; ///< Unigram: the logarithm of its probability; BPE: higher merges earlier
    PieceType type = PieceType::normal;
    bool operator==(const SentencePiece&) const = default;
};

/// What SentencePiece writes for a space: U+2581.
inline constexpr std::string_view space_mark = "\xE2\x96\x81";

/// The most pieces that a vocabulary may have.
inline constexpr std::size_t most_pieces = (std::size_t{1} << 23) - 2;

namespace detail {

/// The byte that a piece such as "<0x0A>" stands for; -1 for other pieces.
constexpr int byte_of_piece(std::string_view piece) noexcept {
    if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return -1;
    int byte = 0;
    for (const char c : piece.substr(3, 2)) {
        const bool digit = c >= '0' && c <= '9';
        if (!digit && (c < 'A' || c > 'F')) return -1;
        byte = 16 * byte + (digit ? c - '0' : c - 'A' + 10);
    }
    return byte;
}

} // namespace detail

} // namespace firth
