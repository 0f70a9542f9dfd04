#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <firth/text/tokenize.hpp>

namespace firth {

/// Where the labels of a line stand.
enum class LabelPlace {
    anywhere,     ///< words that begin with the prefix: fastText's form
    first_column, ///< before the first tab, as they are; a line without a tab has no label
};

/// How labelled lines are written.
struct LabelFormat {
    LabelPlace place = LabelPlace::anywhere;
    std::string prefix = "__label__"; ///< of labels anywhere; not part of their names
};

/// True for the bytes between words of a labelled text: white space, and zero, as in fastText.
[[nodiscard]] constexpr bool is_word_space(char byte) noexcept {
    return is_space(byte) || byte == '\0';
}

/// Calls `on_word(std::string_view)` for each word of a line, whatever it begins with.
template <class OnWord>
void for_each_line_word(std::string_view line, OnWord&& on_word) {
    const char* at = line.data();
    const char* const end = at + line.size();
    for (;;) {
        while (at != end && is_word_space(*at)) {
            ++at;
        }
        if (at == end) return;
        const char* const begin = at;
        do {
            ++at;
        } while (at != end && !is_word_space(*at));
        on_word(std::string_view(begin, static_cast<std::size_t>(at - begin)));
    }
}

/// The label that a word is, without the prefix, or empty: the prefix alone is a word.
[[nodiscard]] inline std::string_view label_of(std::string_view word,
                                               std::string_view prefix) noexcept {
    return !prefix.empty() && word.starts_with(prefix) ? word.substr(prefix.size())
                                                       : std::string_view();
}

/// Calls `on_word` for each word of a line and `on_label(std::string_view)` for each of its labels.
template <class OnWord, class OnLabel>
void for_each_labelled_word(std::string_view line, const LabelFormat& format, OnWord&& on_word,
                            OnLabel&& on_label) {
    if (format.place == LabelPlace::first_column) {
        const std::size_t tab = line.find('\t');
        if (tab == line.npos) return for_each_line_word(line, on_word);
        if (tab != 0) on_label(line.substr(0, tab));
        return for_each_line_word(line.substr(tab + 1), on_word);
    }
    for_each_line_word(line, [&](std::string_view word) {
        if (const std::string_view label = label_of(word, format.prefix); !label.empty()) {
            on_label(label);
        } else {
            on_word(word);
        }
    });
}

} // namespace firth
