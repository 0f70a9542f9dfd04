#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <firth/base/utf8.hpp>
#include <firth/text/normalized_text.hpp>
#include <firth/text/unicode/lower_case.hpp>
#include <firth/text/unicode/normal_form.hpp>
#include <firth/text/unicode/properties.hpp>

/// Normalizers that change characters one by one, as Hugging Face's tokenizers have them. Bytes
/// that are not UTF-8 stay.
namespace firth {

namespace detail {

inline constexpr std::uint32_t dropped_character = 0xFFFFFFFFu;

/// Appends a text whose characters `change(point)` maps to another one, to itself, or, by
/// `dropped_character`, to none. The `i` of the capital I with a dot keeps the dot.

template <class Change>
void append_mapped(std::string_view text, NormalizedText& to, Change&& change) {
    std::string bytes;
    std::size_t copied = 0;
    for (std::size_t at = 0; at < text.size();) {
        const DecodedCharacter next = decode_utf8(text, at);
        const bool is_character = next.point != 0xFFFD || next.length == 3;
        const std::uint32_t point = is_character ? change(next.point) : next.point;
        if (point != next.point) {
            to.append_unchanged(text, copied, at);
            copied = at + next.length;
            if (point != dropped_character) {
                bytes.clear();
                append_utf8(bytes, point);
                if (point == 'i' && next.point == 0x130) append_utf8(bytes, 0x307);
                to.append(bytes, at, copied);
            }
        }
        at += next.length;
    }
    to.append_unchanged(text, copied, text.size());
}

} // namespace detail

/// A `Normalizer`: a normal form of Unicode.
struct UnicodeForm {
    NormalForm form = NormalForm::nfc;

    void operator()(std::string_view text, NormalizedText& to) const {
        append_normal_form(text, form, to);
    }
    [[nodiscard]] std::string settings() const {
        constexpr const char* names[] = {"nfc", "nfd", "nfkc", "nfkd"};
        return names[static_cast<std::size_t>(form)];
    }
};

/// A `Normalizer`: small letters, each character by itself: a sigma is never final.
struct Lowercase {
    void operator()(std::string_view text, NormalizedText& to) const {
        detail::append_mapped(text, to, lower_case);
    }
    [[nodiscard]] std::string settings() const { return "lowercase"; }
};

/// A `Normalizer`: removes all marks. Letters with accents that are one character keep them: use
/// NFD or NFKD before.
struct StripAccents {
    void operator()(std::string_view text, NormalizedText& to) const {
        detail::append_mapped(text, to, [](std::uint32_t point) {
            return point >= 0x300 && is_mark(point) ? detail::dropped_character : point;
        });
    }
    [[nodiscard]] std::string settings() const { return "strip accents"; }
};

/// A `Normalizer`: removes control characters, and makes spaces of those that are some kind of
/// space, as SentencePiece's rules for translation do.
struct Nmt {
    void operator()(std::string_view text, NormalizedText& to) const {
        detail::append_mapped(text, to, [](std::uint32_t point) -> std::uint32_t {
            if ((point >= 0x01 && point <= 0x08) || point == 0x0B ||
                (point >= 0x0E && point <= 0x1F) || point == 0x7F || point == 0x8F || point == 0x9F)
                return detail::dropped_character;
            if (point == 0x09 || point == 0x0A || point == 0x0C || point == 0x0D ||
                point == 0x1680 || (point >= 0x200B && point <= 0x200F) || point == 0x2028 ||
                point == 0x2029 || point == 0x2581 || point == 0xFEFF || point == 0xFFFD)
                return ' ';
            return point;
        });
    }
    [[nodiscard]] std::string settings() const { return "nmt"; }
};

static_assert(Normalizer<UnicodeForm> && Normalizer<Lowercase> && Normalizer<StripAccents> &&
              Normalizer<Nmt>);

} // namespace firth
