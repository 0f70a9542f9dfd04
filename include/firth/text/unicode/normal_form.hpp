#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/utf8.hpp>
#include <firth/text/normalized_text.hpp>
#include <firth/text/unicode/detail/decomposition_table.hpp>
#include <firth/text/unicode/properties.hpp>

/// Unicode normalization forms (Unicode Standard Annex 15), of Unicode 15.0.
namespace firth {

enum class NormalForm : std::uint8_t {
    nfc,  ///< accents composed with their letters where Unicode has such a character
    nfd,  ///< letters and accents apart, in Unicode's order
    nfkc, ///< as nfc, and variants (ligatures, widths, superscripts) as their plain characters
    nfkd, ///< as nfd, with variants as their plain characters
};

namespace detail {

inline constexpr std::uint32_t never_composed = 0x20000;
inline constexpr std::uint32_t joins_before = 0x10000;
inline constexpr std::uint32_t hangul_begin = 0xAC00;
inline constexpr std::uint32_t hangul_count = 11172;
inline constexpr std::uint32_t hangul_vowels = 21;
inline constexpr std::uint32_t hangul_tails = 28; ///< the first is none

[[nodiscard]] constexpr std::uint32_t unicode_digits(const char* from, std::size_t count) noexcept {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < count; ++i) {
        number = number << 6 | static_cast<std::uint32_t>(from[i] - '0');
    }
    return number;
}

/// What `decomposition_entries` has of a character: 0 where no form changes it whatever stands
/// before it. Hangul syllables have 0, too.
[[nodiscard]] constexpr std::uint32_t decomposition_entry(std::uint32_t point) noexcept {
    if (point < 0xA0 || point >= decomposition_limit) return 0;
    const std::size_t block = unicode_digits(decomposition_blocks + 2 * (point / 32), 2);
    return unicode_digits(decomposition_entries + 3 * (block * 32 + point % 32), 3);
}

[[nodiscard]] constexpr bool is_hangul(std::uint32_t point) noexcept {
    return point - hangul_begin < hangul_count;
}

} // namespace detail

/// Where a character stands among the marks that follow a letter; 0 for letters and most others.
[[nodiscard]] constexpr std::uint8_t combining_class(std::uint32_t point) noexcept {
    if (point < 0x300 || !is_mark(point)) return 0;
    const auto& ranges = detail::combining_ranges;
    const auto range = std::lower_bound(
        ranges.begin(), ranges.end(), point,
        [](const detail::CombiningRange& each, std::uint32_t value) { return each.last < value; });
    return range == ranges.end() || point < range->first ? std::uint8_t(0) : range->combining_class;
}

/// Calls `on_point(point)` for each character that `point` decomposes to, itself where it does not:
/// by canonical decompositions alone, or by those of compatibility, too.
template <class OnPoint>
constexpr void decompose(std::uint32_t point, bool compatibility, OnPoint&& on_point) {
    if (detail::is_hangul(point)) {
        const std::uint32_t number = point - detail::hangul_begin;
        const std::uint32_t tail = number % detail::hangul_tails;
        const std::uint32_t pair = number / detail::hangul_tails;
        on_point(0x1100 + pair / detail::hangul_vowels);
        on_point(0x1161 + pair % detail::hangul_vowels);
        if (tail != 0) on_point(0x11A7 + tail);
        return;
    }
    const std::size_t place = detail::decomposition_entry(point) & 0xFFFF;
    const char* const found = detail::decompositions + place;
    const std::uint32_t header = place == 0 ? 0 : detail::unicode_digits(found, 1);
    const bool is_canonical = header < 0x20;
    if (place == 0 || (!is_canonical && !compatibility)) {
        on_point(point);
        return;
    }
    for (std::size_t i = 0; i < (header & 0x1F); ++i) {
        const std::uint32_t part = detail::unicode_digits(found + 1 + 3 * i, 3);
        if (is_canonical) {
            decompose(part, compatibility, on_point);
        } else {
            on_point(part);
        }
    }
}

/// The character that two compose to, or 0.
[[nodiscard]] constexpr std::uint32_t compose(std::uint32_t first, std::uint32_t second) noexcept {
    if (first - 0x1100 < 19 && second - 0x1161 < detail::hangul_vowels) {
        return detail::hangul_begin +
               ((first - 0x1100) * detail::hangul_vowels + second - 0x1161) * detail::hangul_tails;
    }
    if (detail::is_hangul(first)) {
        const bool has_tail = (first - detail::hangul_begin) % detail::hangul_tails != 0;
        return !has_tail && second - 0x11A8 < detail::hangul_tails - 1 ? first + second - 0x11A7
                                                                       : 0;
    }
    if ((detail::decomposition_entry(second) & detail::joins_before) == 0) return 0;
    const auto composite = [](std::size_t i) {
        return detail::unicode_digits(detail::composites + 3 * i, 3);
    };
    const auto part = [](std::uint32_t point, std::size_t i) {
        const std::size_t place = detail::decomposition_entry(point) & 0xFFFF;
        return detail::unicode_digits(detail::decompositions + place + 1 + 3 * i, 3);
    };
    std::size_t begin = 0;
    std::size_t end = (sizeof detail::composites - 1) / 3;
    while (begin < end) {
        const std::size_t middle = begin + (end - begin) / 2;
        const std::uint32_t point = composite(middle);
        const std::uint32_t left = part(point, 0);
        const std::uint32_t right = part(point, 1);
        if (left == first && right == second) return point;
        if (left < first || (left == first && right < second)) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return 0;
}

namespace detail {

/// One form of a text, stretch by stretch: most of a text is as the form has it already, and is
/// copied; a stretch that may change goes from a character that joins none before it up to the next
/// such one.
class NormalFormWriter {
public:
    NormalFormWriter(NormalForm form, NormalizedText& to) noexcept
        : composes_(form == NormalForm::nfc || form == NormalForm::nfkc),
          compatibility_(form == NormalForm::nfkc || form == NormalForm::nfkd), to_(to) {}

    void write(std::string_view text) {
        std::size_t copied = 0; // up to here everything is written
        std::size_t last = 0;   // where the character before `at` begins
        bool has_last = false;  // and whether it is one
        for (std::size_t at = skip_ascii(text, 0, last, has_last); at < text.size();) {
            const DecodedCharacter next = decode_utf8(text, at);
            const bool joins = (decomposition_entry(next.point) & joins_before) != 0;
            if (!joins && !changes(next.point)) {
                has_last = next.length > 1; // one byte alone is no character here
                last = at;
                at = skip_ascii(text, at + next.length, last, has_last);
                continue;
            }
            std::size_t from = joins && has_last ? last : at;
            to_.append_unchanged(text, copied, from);
            copied = write_stretch(text, from, at + next.length);
            at = copied;
            has_last = false;
            at = skip_ascii(text, at, last, has_last);
        }
        to_.append_unchanged(text, copied, text.size());
    }

private:
    struct Part {
        std::uint32_t point;
        std::uint32_t combining;
        std::int32_t change; ///< 1: one more than there were before; -n: n fewer follow
    };

    static std::size_t skip_ascii(std::string_view text, std::size_t at, std::size_t& last,
                                  bool& has_last) noexcept {
        const std::size_t begin = at;
        for (std::uint64_t eight = 0; at + 8 <= text.size(); at += 8) {
            std::memcpy(&eight, text.data() + at, 8);
            if ((eight & 0x8080808080808080u) != 0) break;
        }
        while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) {
            ++at;
        }
        if (at != begin) {
            last = at - 1;
            has_last = true;
        }
        return at;
    }

    [[nodiscard]] bool changes(std::uint32_t point) const {
        if (is_hangul(point)) return !composes_;
        const std::uint32_t entry = decomposition_entry(point);
        if ((entry & 0xFFFF) == 0) return false;
        const bool is_canonical = unicode_digits(decompositions + (entry & 0xFFFF), 1) < 0x20;
        if (!is_canonical) return compatibility_;
        if (!composes_ || (entry & never_composed) != 0) return true;
        if (!compatibility_) return false;
        bool has_variant = false;
        decompose(point, false, [&](std::uint32_t part) {
            has_variant = has_variant || (decomposition_entry(part) & 0xFFFF) != 0;
        });
        return has_variant;
    }

    /// Writes the stretch that begins at `from` and has the characters up to `end` at least;
    /// returns where it ends.
    std::size_t write_stretch(std::string_view text, std::size_t from, std::size_t end) {
        parts_.clear();
        sources_.clear();
        for (std::size_t at = from; at < text.size();) {
            const DecodedCharacter next = decode_utf8(text, at);
            if (at >= end && (decomposition_entry(next.point) & joins_before) == 0) break;
            sources_.push_back(
                {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + next.length)});
            std::int32_t change = 0;
            decompose(next.point, compatibility_, [&](std::uint32_t part) {
                parts_.push_back({part, combining_class(part), change});
                change = 1;
            });
            at += next.length;
        }
        sort_marks();
        if (composes_) compose_parts();
        std::size_t source = 0; // of the next part that is not one more
        for (const Part& part : parts_) {
            const ByteRange range = sources_[part.change > 0 && source != 0 ? source - 1 : source];
            if (part.change <= 0) source += 1 + static_cast<std::size_t>(-part.change);
            bytes_.clear();
            append_utf8(bytes_, part.point);
            to_.append(bytes_, range.begin, range.end);
        }
        return sources_.back().end;
    }

    void sort_marks() {
        for (auto begin = parts_.begin(); begin != parts_.end();) {
            if (begin->combining == 0) {
                ++begin;
                continue;
            }
            const auto end = std::find_if(begin, parts_.end(),
                                          [](const Part& part) { return part.combining == 0; });
            const auto by_class = [](const Part& a, const Part& b) {
                return a.combining < b.combining;
            };
            if (!std::is_sorted(begin, end, by_class)) std::stable_sort(begin, end, by_class);
            begin = end;
        }
    }

    void compose_parts() {
        constexpr std::size_t none = ~std::size_t(0);
        std::size_t starter = none;
        std::size_t kept = 0;
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            const Part part = parts_[i];
            // What stands between blocks the pair unless its class is lower.
            if (starter != none &&
                (kept == starter + 1 || parts_[kept - 1].combining < part.combining)) {
                if (const std::uint32_t point = compose(parts_[starter].point, part.point)) {
                    parts_[starter].point = point;
                    parts_[starter].change += part.change - 1;
                    continue;
                }
            }
            if (part.combining == 0) starter = kept;
            parts_[kept++] = part;
        }
        parts_.resize(kept);
    }

    bool composes_;
    bool compatibility_;
    NormalizedText& to_;
    std::vector<Part> parts_;
    std::vector<ByteRange> sources_;
    std::string bytes_;
};

} // namespace detail

/// Appends the normal form of a text. A character made of several stands for the first of them, and
/// several made of one stand for it, each; bytes that are not UTF-8 stay. Linear but for sorting a
/// run of marks.
inline void append_normal_form(std::string_view text, NormalForm form, NormalizedText& to) {
    detail::NormalFormWriter(form, to).write(text);
}

[[nodiscard]] inline std::string normal_form(std::string_view text, NormalForm form) {
    NormalizedText to;
    append_normal_form(text, form, to);
    return to.bytes();
}

} // namespace firth
