#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

#include <firth/base/error.hpp>
#include <firth/base/file_marks.hpp>
#include <firth/base/utf8.hpp>

namespace firth {

namespace detail {

/// Stand for what a tokenizer is called with.
struct OnToken {
    void operator()(std::string_view token) const;
};
struct OnSentenceEnd {
    void operator()() const;
};

} // namespace detail

/// How a text becomes symbols. It is called for stretches of the text, by several threads at once.
///
/// - `tokenizer(text, on_token, on_sentence_end)` calls `on_token(std::string_view)` for each token
///   and `on_sentence_end()` where a sentence ends, in the order of the text. A token has a byte or
///   more, need not be a part of the text, and is only looked at during the call. The last sentence
///   may be left open;
/// - `cut_after` has the bytes after which a text may be cut without changing what comes of it:
///   `white_space` for words, "\n" for tokens with spaces in them. Text is read in stretches of
///   about a megabyte, or up to the next such byte; each file ends with a newline;
/// - `settings()` names in one line what the tokens depend on: a cache or a checkpoint is taken
///   only where it is the same.
///
/// A complete example, words without their case (`fold_case` of `base/fold_case.hpp`):
///
///     struct FoldedWords {
///         static constexpr std::string_view cut_after = firth::white_space;
///         void operator()(std::string_view text, auto&& on_token, auto&& on_sentence_end) const {
///             firth::for_each_word(
///                 text, [&](std::string_view word) { on_token(firth::fold_case(word)); },
///                 on_sentence_end);
///         }
///         std::string settings() const { return "folded words"; }
///     };
template <class T>
concept CorpusTokenizer = requires(const T& tokenizer, std::string_view text) {
    tokenizer(text, detail::OnToken(), detail::OnSentenceEnd());
    { T::cut_after } -> std::convertible_to<std::string_view>;
    { tokenizer.settings() } -> std::same_as<std::string>;
};

/// The bytes between words.
inline constexpr std::string_view white_space = " \t\n\v\f\r";

/// True for the bytes between words: space, tab, newline, carriage return, vertical tab, form feed.
/// All other bytes are part of words as they are; nothing is decoded, so text need not be UTF-8.
[[nodiscard]] constexpr bool is_space(char byte) noexcept {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/// Calls `on_word(std::string_view)` for each word of the text and `on_sentence_end()` for each
/// newline.
template <class OnWord, class OnSentenceEnd>
void for_each_word(std::string_view text, OnWord&& on_word, OnSentenceEnd&& on_sentence_end) {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        if (is_space(*at)) {
            if (*at == '\n') on_sentence_end();
            ++at;
            continue;
        }
        const char* const begin = at;
        do {
            ++at;
        } while (at != end && !is_space(*at));
        on_word(std::string_view(begin, static_cast<std::size_t>(at - begin)));
    }
}

/// A `CorpusTokenizer`: tokens are the stretches between white space, as they are, and sentences
/// are lines.
struct WhiteSpaceTokenizer {
    static constexpr std::string_view cut_after = white_space;

    template <class OnToken, class OnSentenceEnd>
    void operator()(std::string_view text, OnToken&& on_token,
                    OnSentenceEnd&& on_sentence_end) const {
        for_each_word(text, on_token, on_sentence_end);
    }

    [[nodiscard]] std::string settings() const { return "white space"; }
};

static_assert(CorpusTokenizer<WhiteSpaceTokenizer>);

/// The text without a UTF-8 byte order mark. Throws `FormatError`, naming `name`, where the first
/// bytes say that this is no plain text: packed data, archives, UTF-16 and UTF-32.
[[nodiscard]] inline std::string_view plain_text(std::string_view bytes, const std::string& name) {
    if (const FileMark* const found = file_mark(bytes)) {
        throw FormatError(name + " begins like " + std::string(found->what) +
                          ", expected plain text: unpack or convert it first");
    }
    skip_byte_order_mark(bytes);
    return bytes;
}

} // namespace firth
