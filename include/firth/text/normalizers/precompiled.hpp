#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <firth/base/checksum.hpp>
#include <firth/base/utf8.hpp>
#include <firth/text/detail/charsmap.hpp>
#include <firth/text/normalized_text.hpp>
#include <firth/text/unicode/general_category.hpp>
#include <firth/text/unicode/properties.hpp>

namespace firth {

namespace detail {

/// Among characters that begin a grapheme with any that follow (Grapheme_Cluster_Break=Prepend).
constexpr bool is_prepended(std::uint32_t point) noexcept {
    return (point >= 0x600 && point <= 0x605) || point == 0x6DD || point == 0x70F ||
           point == 0x890 || point == 0x891 || point == 0x8E2 || point == 0xD4E ||
           point == 0x110BD || point == 0x110CD || point == 0x111C2 || point == 0x111C3;
}

/// Among characters that belong to a grapheme with what is before them (Extend, ZWJ, SpacingMark).
constexpr bool is_joined_to_last(std::uint32_t point) noexcept {
    if (point < 0x300) return false;
    if (point == 0x200C || point == 0x200D || point == 0xFF9E || point == 0xFF9F ||
        point == 0xE33 || point == 0xEB3) {
        return true;
    }
    if ((point >= 0x1F3FB && point <= 0x1F3FF) || (point >= 0xE0020 && point <= 0xE007F)) {
        return true;
    }
    // Marks of Myanmar, Tai Tham and Cham that stand for themselves.
    if (point == 0x102B || point == 0x102C || point == 0x1038 ||
        (point >= 0x1062 && point <= 0x1064) || (point >= 0x1067 && point <= 0x106D) ||
        point == 0x1083 || (point >= 0x1087 && point <= 0x108C) || point == 0x108F ||
        (point >= 0x109A && point <= 0x109C) || point == 0x1A61 || point == 0x1A63 ||
        point == 0x1A64 || point == 0xAA7B || point == 0xAA7D) {
        return false;
    }
    return is_mark(point);
}

/// Among characters that are a grapheme of their own (Control).
constexpr bool stands_alone(std::uint32_t point) noexcept {
    const GeneralCategory category = general_category(point);
    return category == GeneralCategory::control || category == GeneralCategory::line_separator ||
           category == GeneralCategory::paragraph_separator ||
           (category == GeneralCategory::format && !is_joined_to_last(point) &&
            !is_prepended(point));
}

} // namespace detail

/// Replaces by a map that SentencePiece made ("Precompiled" in tokenizer.json), whose layout
/// `detail/charsmap.hpp` says. U+FFFD for each byte that is no UTF-8.
class PrecompiledNormalizer {
public:
    enum class Manner {
        /// At each place the longest entry.
        longest,
        /// As Hugging Face's tokenizers: a grapheme of less than six bytes as a whole becomes what
        /// the shortest entry that it begins with says, else so does each character.
        graphemes,
    };

    /// Throws `FormatError` for a damaged map, which it calls `name`.
    explicit PrecompiledNormalizer(std::string_view charsmap, Manner manner = Manner::graphemes,
                                   const std::string& name = "the charsmap")
        : charsmap_(charsmap, name), manner_(manner), checksum_(checksum(charsmap)) {}

    void operator()(std::string_view text, NormalizedText& to) const {
        std::size_t at = 0;
        while (at < text.size()) {
            const std::size_t run = plain_run(text, at);
            if (run != at) {
                to.append_unchanged(text, at, run);
                at = run;
            } else if (manner_ == Manner::longest) {
                at = put_longest(text, at, to);
            } else {
                at = put_grapheme(text, at, to);
            }
        }
    }

    [[nodiscard]] Manner manner() const noexcept { return manner_; }
    /// The map as it was given.
    [[nodiscard]] std::string charsmap() const { return charsmap_.bytes(); }

    [[nodiscard]] std::string settings() const {
        return "precompiled " + std::to_string(checksum_) +
               (manner_ == Manner::longest ? " longest" : " graphemes");
    }

private:
    static constexpr std::size_t long_grapheme = 6; ///< bytes: such are never taken whole

    /// Where the run of ASCII that nothing changes ends; the last before another character may be
    /// changed with it.
    [[nodiscard]] std::size_t plain_run(std::string_view text, std::size_t at) const noexcept {
        std::size_t end = at;
        while (end < text.size() && charsmap_.plain(text[end])) {
            ++end;
        }
        if (end != at && end < text.size() && static_cast<unsigned char>(text[end]) >= 0x80) --end;
        return end;
    }

    std::size_t put_longest(std::string_view text, std::size_t at, NormalizedText& to) const {
        const detail::Charsmap::Match match = charsmap_.longest(text.substr(at));
        if (match.length == 0) return put_character(text, at, to);
        to.append(match.replacement, at, at + match.length);
        return at + match.length;
    }

    std::size_t put_grapheme(std::string_view text, std::size_t at, NormalizedText& to) const {
        const std::size_t end = grapheme_end(text, at);
        if (end - at < long_grapheme) {
            const detail::Charsmap::Match match = charsmap_.shortest(text.substr(at, end - at));
            if (match.length != 0) {
                to.append(match.replacement, at, end);
                return end;
            }
        }
        while (at < end) {
            const std::size_t next = at + decode_utf8(text, at).length;
            const detail::Charsmap::Match match = charsmap_.shortest(text.substr(at, next - at));
            if (match.length != 0) {
                to.append(match.replacement, at, next);
            } else {
                put_character(text, at, to);
            }
            at = next;
        }
        return end;
    }

    static std::size_t put_character(std::string_view text, std::size_t at, NormalizedText& to) {
        const std::size_t length = utf8_length(text.substr(at));
        if (length == 0) {
            to.append("\xEF\xBF\xBD", at, at + 1);
            return at + 1;
        }
        to.append(text.substr(at, length), at, at + length);
        return at + length;
    }

    /// The end of the grapheme at `at` (Unicode Standard Annex 29), or of the first six bytes and
    /// more of it: those of syllables, flags and joined emoji, which all are longer, may be cut.
    static std::size_t grapheme_end(std::string_view text, std::size_t at) noexcept {
        const DecodedCharacter first = decode_utf8(text, at);
        std::size_t end = at + first.length;
        if (first.point == '\r' && text.substr(end).starts_with('\n')) return end + 1;
        if (detail::stands_alone(first.point)) return end;
        bool joins_next = detail::is_prepended(first.point);
        while (end < text.size() && end - at < long_grapheme) {
            const DecodedCharacter next = decode_utf8(text, end);
            if (!detail::is_joined_to_last(next.point)) {
                if (!joins_next || detail::stands_alone(next.point)) break;
                joins_next = detail::is_prepended(next.point);
            } else {
                joins_next = false;
            }
            end += next.length;
        }
        return end;
    }

    detail::Charsmap charsmap_;
    Manner manner_;
    std::uint64_t checksum_;
};

static_assert(Normalizer<PrecompiledNormalizer>);

} // namespace firth
