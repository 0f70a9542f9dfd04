#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <firth/text/piece_batch.hpp>
#include <firth/text/pre_tokenizers/detail/character_class.hpp>

/// The patterns by which the byte-level tokenizers in use cut text, matched by hand: each piece is
/// found going forward once, so that the time is linear whatever the text is. All characters are
/// part of a piece. Categories are those of one Unicode version (see `text/unicode/`).
namespace firth {

/// A `PreTokenizer`, as GPT-2 has it (Radford et al., 2019):
///
///     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
struct Gpt2Pattern {
    std::size_t operator()(std::string_view text, std::size_t from, PieceBatch& to) const {
        return detail::cut_by(text, from, to, end_of_piece);
    }
    [[nodiscard]] std::string settings() const { return "gpt2"; }

private:
    static std::size_t end_of_piece(const detail::ClassedText& text, std::size_t at) noexcept {
        namespace character = detail::character;
        const std::size_t begin = at + (text.byte(at) == ' ' ? 1 : 0);
        if (detail::is_small_ascii(text.byte(begin))) return text.skip_letters(begin);
        if (const std::size_t end = text.contraction_end(at, false); end != at) return end;
        const detail::ClassedCharacter first = text[begin];
        if (first.is(character::letter)) return text.skip_letters(begin + first.length);
        if (first.is(character::number)) return text.skip(begin + first.length, character::number);
        if (first.length != 0 && !first.is(character::space))
            return text.skip_others(begin + first.length);
        return text.blank_end(at, text.skip(at, character::space));
    }
};

/// A `PreTokenizer`, as cl100k_base of tiktoken, Llama 3 and, with one digit a piece, Qwen have it:
///
///     (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*
///     |\s*[\r\n]+|\s+(?!\S)|\s+
struct Cl100kPattern {
    std::size_t most_digits = 3; ///< of a piece

    std::size_t operator()(std::string_view text, std::size_t from, PieceBatch& to) const {
        return detail::cut_by(text, from, to, [this](const detail::ClassedText& t, std::size_t at) {
            return end_of_piece(t, at);
        });
    }
    [[nodiscard]] std::string settings() const { return "cl100k " + std::to_string(most_digits); }

private:
    [[nodiscard]] FIRTH_ALWAYS_INLINE std::size_t end_of_piece(const detail::ClassedText& text,
                                                               std::size_t at) const noexcept {
        namespace character = detail::character;
        const std::size_t word = at + (text.byte(at) == ' ' ? 1 : 0);
        if (detail::is_small_ascii(text.byte(word))) return text.skip_letters(word);
        const detail::ClassedCharacter first = text[at];
        if (first.is(character::letter)) return text.skip_letters(at + first.length);
        if (first.is(character::number))
            return detail::some_numbers(text, at + first.length, most_digits);
        if (const std::size_t end = text.contraction_end(at, true); end != at) return end;
        const std::size_t next = at + first.length;
        if (!first.is(character::line_end) && text[next].is(character::letter))
            return text.skip_letters(next);
        return detail::rest_end(text, at, first, '\0');
    }
};

/// A `PreTokenizer`, as o200k_base of tiktoken has it: words end where a small letter is followed
/// by a capital one, marks belong to them, and contractions stay with their words.
///
///     [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|...)?
///     |[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|...)?
///     |\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
///
/// Mistral's Tekken has no contractions, and one digit a piece.
struct O200kPattern {
    std::size_t most_digits = 3; ///< of a piece
    bool contractions = true;

    std::size_t operator()(std::string_view text, std::size_t from, PieceBatch& to) const {
        return detail::cut_by(text, from, to, [this](const detail::ClassedText& t, std::size_t at) {
            return end_of_piece(t, at);
        });
    }
    [[nodiscard]] std::string settings() const {
        return std::string("o200k") +
               (most_digits == 3 ? "" : " digits " + std::to_string(most_digits)) +
               (contractions ? "" : " alone");
    }

private:
    static constexpr std::uint8_t either = detail::character::caseless | detail::character::mark;
    static constexpr std::uint8_t upper = detail::character::upper | either;
    static constexpr std::uint8_t lower = detail::character::lower | either; ///< skip_small_letters

    [[nodiscard]] FIRTH_ALWAYS_INLINE std::size_t end_of_piece(const detail::ClassedText& text,
                                                               std::size_t at) const noexcept {
        namespace character = detail::character;
        const auto word_end = [&](std::size_t end) {
            return contractions ? text.contraction_end(end, true) : end;
        };
        const std::size_t word = at + (text.byte(at) == ' ' ? 1 : 0);
        if (detail::is_small_ascii(text.byte(word))) return word_end(text.skip_small_letters(word));
        const detail::ClassedCharacter first = text[at];
        if (first.is(character::number))
            return detail::some_numbers(text, at + first.length, most_digits);
        const bool prefix = !first.is(character::letter | character::line_end);
        // The first alternative with the character before the word and without it, then the second.
        if (prefix) {
            const std::size_t next = at + first.length;
            if (text[next].is(upper | lower)) {
                if (const std::size_t end = ending_small(text, next); end != next)
                    return word_end(end);
                if (first.is(character::mark)) return word_end(next);
                return word_end(text.skip(next, upper));
            }
            if (first.is(character::mark)) return word_end(next);
        } else if (first.is(character::letter)) {
            if (const std::size_t end = ending_small(text, at); end != at) return word_end(end);
            return word_end(text.skip(at, upper));
        }
        return detail::rest_end(text, at, first, '/');
    }

    /// The end of upper* lower+ from `at`, or `at` where that is not there. `upper*` takes what it
    /// can and gives back from its end until `lower+` has a character.
    static std::size_t ending_small(const detail::ClassedText& text, std::size_t at) noexcept {
        std::size_t end = at;
        std::size_t after_either = at;
        for (;;) {
            const detail::ClassedCharacter next = text[end];
            if (!next.is(upper)) break;
            end += next.length;
            if (next.is(either)) after_either = end;
        }
        if (text[end].is(detail::character::lower)) return text.skip_small_letters(end);
        return after_either;
    }
};

static_assert(PreTokenizer<Gpt2Pattern> && PreTokenizer<Cl100kPattern> &&
              PreTokenizer<O200kPattern>);

} // namespace firth
