#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <firth/text/normalized_text.hpp>
#include <firth/text/unicode/properties.hpp>

/// Normalizers that add or remove parts of a text, as Hugging Face's tokenizers have them.
namespace firth {

/// A `Normalizer`: removes white space from a text's ends.
struct Strip {
    bool left = true;
    bool right = true;

    /// The part of a text that stays.
    [[nodiscard]] std::string_view kept(std::string_view text) const noexcept {
        std::size_t begin = 0;
        std::size_t end = text.size();
        while (left && begin < end) {
            const DecodedCharacter next = decode_utf8(text, begin);
            if (!is_white_space(next.point)) break;
            begin += next.length;
        }
        while (right && begin < end) {
            std::size_t last = end - 1;
            while (last > begin && end - last < 3 &&
                   (static_cast<unsigned char>(text[last]) & 0xC0) == 0x80) {
                --last;
            }
            const DecodedCharacter next = decode_utf8(text.substr(0, end), last);
            if (!is_white_space(next.point) || last + next.length != end) break;
            end = last;
        }
        return text.substr(begin, end - begin);
    }

    void operator()(std::string_view text, NormalizedText& to) const {
        const std::string_view stays = kept(text);
        const auto begin = static_cast<std::size_t>(stays.data() - text.data());
        to.append_unchanged(text, begin, begin + stays.size());
    }
    [[nodiscard]] std::string settings() const {
        return std::string("strip") + (left ? " left" : "") + (right ? " right" : "");
    }
};

/// A `Normalizer`: puts a text before each that is not empty; it stands for the first character.
struct Prepend {
    std::string text;

    void operator()(std::string_view before, NormalizedText& to) const {
        if (before.empty()) return;
        to.append(text, 0, decode_utf8(before, 0).length);
        to.append_unchanged(before, 0, before.size());
    }
    [[nodiscard]] std::string settings() const { return "prepend '" + text + '\''; }
};

/// A `Normalizer`: puts `content` in the place of each `pattern`, the leftmost first; it stands for
/// the last character of it. An empty pattern is found nowhere.
struct Replace {
    std::string pattern;
    std::string content;

    void operator()(std::string_view text, NormalizedText& to) const {
        std::size_t copied = 0;
        while (!pattern.empty()) {
            const std::size_t found = text.find(pattern, copied);
            if (found == std::string_view::npos) break;
            to.append_unchanged(text, copied, found);
            copied = found + pattern.size();
            std::size_t last = found;
            for (std::size_t at = found; at < copied; at += decode_utf8(text, at).length) {
                last = at;
            }
            to.append(content, last, copied);
        }
        to.append_unchanged(text, copied, text.size());
    }
    [[nodiscard]] std::string settings() const {
        return "replace '" + pattern + "' by '" + content + '\'';
    }
};

/// A `Normalizer`: puts `content` in the place of each run of spaces, or of any white space, that
/// has `at_least` of them; it stands for the last one.
struct ReplaceRuns {
    std::size_t at_least = 2; ///< 1 or more
    bool any_white_space = false;
    std::string content = " ";

    void operator()(std::string_view text, NormalizedText& to) const {
        std::size_t copied = 0;
        std::size_t run = 0; // characters of the one that ends at `at`
        std::size_t begin = 0;
        std::size_t last = 0;
        const auto end_run = [&](std::size_t end) {
            if (run != 0 && run >= at_least) {
                to.append_unchanged(text, copied, begin);
                to.append(content, last, end);
                copied = end;
            }
            run = 0;
        };
        for (std::size_t at = 0; at < text.size();) {
            const DecodedCharacter next = decode_utf8(text, at);
            if (any_white_space ? is_white_space(next.point) : next.point == ' ') {
                if (run++ == 0) begin = at;
                last = at;
            } else {
                end_run(at);
            }
            at += next.length;
        }
        end_run(text.size());
        to.append_unchanged(text, copied, text.size());
    }
    [[nodiscard]] std::string settings() const {
        return "replace runs of " + std::to_string(at_least) +
               (any_white_space ? " blanks by '" : " spaces by '") + content + '\'';
    }
};

/// A `Normalizer`: removes all of a character that stand at a text's begin, or at its end.
struct StripRun {
    std::string character = " "; ///< one
    bool at_end = false;

    void operator()(std::string_view text, NormalizedText& to) const {
        std::size_t begin = 0;
        std::size_t end = text.size();
        while (!character.empty() && !at_end && text.substr(begin).starts_with(character)) {
            begin += character.size();
        }
        while (!character.empty() && at_end && text.substr(0, end).ends_with(character)) {
            end -= character.size();
        }
        to.append_unchanged(text, begin, end);
    }
    [[nodiscard]] std::string settings() const {
        return "strip '" + character + (at_end ? "' from the end" : "' from the begin");
    }
};

static_assert(Normalizer<Strip> && Normalizer<Prepend> && Normalizer<Replace> &&
              Normalizer<ReplaceRuns> && Normalizer<StripRun>);

} // namespace firth
