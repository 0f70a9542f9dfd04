#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <firth/base/utf8.hpp>
#include <firth/text/any_step.hpp>
#include <firth/text/normalized_text.hpp>
#include <firth/text/piece_batch.hpp>
#include <firth/text/pre_tokenizers/patterns.hpp>
#include <firth/text/unicode/properties.hpp>

namespace firth {

/// The printable characters that stand for bytes in the files of byte-level tokenizers, as GPT-2
/// chose them (Radford et al., 2019): itself where the byte is one, else U+0100 and up in order. A
/// model here has the bytes themselves.
class ByteCharacters {
public:
    constexpr ByteCharacters() {
        std::uint32_t next = 0x100;
        for (std::uint32_t byte = 0; byte < 256; ++byte) {
            const bool itself = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD);
            points_[byte] = static_cast<std::uint16_t>(itself ? byte : next++);
            bytes_[points_[byte]] = static_cast<std::int16_t>(byte);
        }
    }

    /// The character of a byte.
    [[nodiscard]] constexpr std::uint32_t point(unsigned char byte) const noexcept {
        return points_[byte];
    }

    /// Appends the bytes that a token's characters stand for; false where one stands for none.
    bool append_bytes(std::string_view token, std::string& to) const {
        for (std::size_t at = 0; at < token.size();) {
            const DecodedCharacter next = decode_utf8(token, at);
            if (next.point >= bytes_.size() || bytes_[next.point] < 0) return false;
            to += static_cast<char>(bytes_[next.point]);
            at += next.length;
        }
        return true;
    }

    /// The characters of bytes.
    [[nodiscard]] std::string spelled(std::string_view bytes) const {
        std::string characters;
        for (const char byte : bytes) {
            append_utf8(characters, points_[static_cast<unsigned char>(byte)]);
        }
        return characters;
    }

private:
    static constexpr std::array<std::int16_t, 0x144> none() {
        std::array<std::int16_t, 0x144> all{};
        all.fill(-1);
        return all;
    }

    std::array<std::uint16_t, 256> points_{};
    std::array<std::int16_t, 0x144> bytes_ = none();
};

/// A `RewritingPreTokenizer`: what Hugging Face calls ByteLevel, but for the spelling of bytes as
/// characters, which the model's vocabulary has lost here.
struct ByteLevel {
    bool add_prefix_space = false; ///< before a text that does not begin with one
    bool use_pattern = true;       ///< cut by GPT-2's pattern; else the text is one piece
    bool operator==(const ByteLevel&) const = default;

    std::size_t operator()(std::string_view text, std::size_t from, PieceBatch& to) const {
        return use_pattern ? Gpt2Pattern()(text, from, to) : AnyPreTokenizer()(text, from, to);
    }

    [[nodiscard]] bool rewrites() const noexcept { return add_prefix_space; }

    void rewrite(std::string_view text, bool /*is_first*/, NormalizedText& to,
                 PieceBatch& pieces) const {
        const std::size_t begin = to.size();
        if (add_prefix_space && !text.empty() && text[0] != ' ')
            to.append(" ", 0, decode_utf8(text, 0).length);
        to.append_unchanged(text, 0, text.size());
        const std::string_view changed = std::string_view(to.bytes()).substr(begin);
        for (std::size_t at = 0; at < changed.size();) {
            PieceBatch some;
            at = (*this)(changed, at, some);
            for (const Piece& piece : some) {
                pieces.add(begin + piece.begin, begin + piece.end);
            }
        }
    }

    [[nodiscard]] std::string settings() const {
        return std::string("bytes") + (add_prefix_space ? " space" : "") +
               (use_pattern ? " gpt2" : "");
    }
};

static_assert(PreTokenizer<ByteLevel> && RewritingPreTokenizer<ByteLevel>);

} // namespace firth
