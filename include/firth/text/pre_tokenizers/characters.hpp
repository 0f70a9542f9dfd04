#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <firth/base/utf8.hpp>
#include <firth/text/piece_batch.hpp>
#include <firth/text/pre_tokenizers/split_behavior.hpp>
#include <firth/text/unicode/properties.hpp>

/// Pre-tokenizers that cut a text by kinds of characters, as Hugging Face's tokenizers have them.
namespace firth {

/// P* of Unicode and, in ASCII, symbols, too, as BERT has it.
[[nodiscard]] constexpr bool is_bert_punctuation(std::uint32_t point) noexcept {
    if (point < 0x80) {
        return point > ' ' && point < 0x7F && !(point >= '0' && point <= '9') &&
               !(point >= 'A' && point <= 'Z') && !(point >= 'a' && point <= 'z');
    }
    return is_punctuation(point);
}

/// A `PreTokenizer`: what stands between white space.
struct WhiteSpaceSplit {
    std::size_t operator()(std::string_view text, std::size_t from, PieceBatch& to) const {
        return detail::cut_by_characters(text, from, to, SplitBehavior::removed, is_white_space);
    }
    [[nodiscard]] std::string settings() const { return "white space"; }
};

/// A `PreTokenizer`: runs of word characters and runs of others, without white space:
///
///     \w+|[^\w\s]+
struct WordsAndOthers {
    std::size_t operator()(std::string_view text, std::size_t from, PieceBatch& to) const {
        while (from < text.size() && !to.full()) {
            const DecodedCharacter first = decode_utf8(text, from);
            std::size_t end = from + first.length;
            if (!is_white_space(first.point)) {
                const bool is_word = is_word_character(first.point);
                while (end < text.size()) {
                    const DecodedCharacter next = decode_utf8(text, end);
                    if (is_word_character(next.point) != is_word ||
                        (!is_word && is_white_space(next.point)))
                        break;
                    end += next.length;
                }
                to.add(from, end);
            }
            from = end;
        }
        return from;
    }
    [[nodiscard]] std::string settings() const { return "words and others"; }
};

/// A `PreTokenizer`: cut by punctuation, each character for itself.
struct Punctuation {
    SplitBehavior behavior = SplitBehavior::isolated;

    std::size_t operator()(std::string_view text, std::size_t from, PieceBatch& to) const {
        return detail::cut_by_characters(text, from, to, behavior, is_bert_punctuation);
    }
    [[nodiscard]] std::string settings() const {
        return "punctuation " + std::string(name_of(behavior));
    }
};

/// A `PreTokenizer`: numbers (N* of Unicode) apart from the rest, each character alone or in runs.
struct Digits {
    bool individual = false;

    std::size_t operator()(std::string_view text, std::size_t from, PieceBatch& to) const {
        const SplitBehavior behavior =
            individual ? SplitBehavior::isolated : SplitBehavior::contiguous;
        return detail::cut_by_characters(text, from, to, behavior, is_numeric);
    }
    [[nodiscard]] std::string settings() const {
        return individual ? "individual digits" : "digits";
    }
};

/// A `PreTokenizer`: what stands between one character.
struct DelimiterSplit {
    std::uint32_t delimiter = ' ';

    std::size_t operator()(std::string_view text, std::size_t from, PieceBatch& to) const {
        return detail::cut_by_characters(
            text, from, to, SplitBehavior::removed,
            [this](std::uint32_t point) { return point == delimiter; });
    }
    [[nodiscard]] std::string settings() const { return "delimiter " + std::to_string(delimiter); }
};

/// A `PreTokenizer`: so many characters a piece; fewer at the text's end.
struct FixedLength {
    std::size_t length = 5; ///< 1 or more

    std::size_t operator()(std::string_view text, std::size_t from, PieceBatch& to) const {
        while (from < text.size() && !to.full()) {
            std::size_t end = from + decode_utf8(text, from).length;
            for (std::size_t i = 1; i < length && end < text.size(); ++i) {
                end += decode_utf8(text, end).length;
            }
            to.add(from, end);
            from = end;
        }
        return from;
    }
    [[nodiscard]] std::string settings() const { return "length " + std::to_string(length); }
};

static_assert(PreTokenizer<WhiteSpaceSplit> && PreTokenizer<WordsAndOthers> &&
              PreTokenizer<Punctuation> && PreTokenizer<Digits> && PreTokenizer<DelimiterSplit> &&
              PreTokenizer<FixedLength>);

} // namespace firth
