#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <firth/base/error.hpp>
#include <firth/base/fold_case.hpp>
#include <firth/base/utf8.hpp>
#include <firth/text/detail/charsmap_writer.hpp>
#include <firth/text/unicode/normal_form.hpp>

/// The charsmaps of SentencePiece's rules, made of Unicode's own tables.
namespace firth {

namespace detail {

/// Characters that NFKC changes, and what compatible characters and their accents, apart or the
/// last one apart, are composed to.
inline CharsmapWriter::Entries nfkc_entries() {
    CharsmapWriter::Entries entries;
    const auto add = [&](const std::string& from) {
        std::string to = normal_form(from, NormalForm::nfkc);
        if (to != from) entries.emplace(from, std::move(to));
    };
    const auto add_point = [&](std::uint32_t point) {
        std::string character;
        append_utf8(character, point);
        add(character);
        const std::string parts = normal_form(character, NormalForm::nfd);
        add(parts);
        std::size_t last = parts.size() - 1;
        while (last != 0 && (static_cast<unsigned char>(parts[last]) & 0xC0) == 0x80) {
            --last;
        }
        add(normal_form(parts.substr(0, last), NormalForm::nfc) + parts.substr(last));
    };
    for (std::uint32_t point = 0xA0; point < decomposition_limit; ++point) {
        if ((decomposition_entry(point) & 0xFFFF) != 0 || is_hangul(point)) add_point(point);
    }
    return entries;
}

/// What was found useful for translation: kinds of space become spaces, controls go, and the
/// full-width tilde stays, which is another sign in Japanese.
inline void add_translation_entries(CharsmapWriter::Entries& entries) {
    const auto put = [&](std::uint32_t point, std::string_view to) {
        std::string character;
        append_utf8(character, point);
        entries[character] = to;
    };
    for (std::uint32_t point = 1; point < 0x20; ++point) {
        const bool is_space = point == '\t' || point == '\n' || point == '\f' || point == '\r';
        put(point, is_space ? " " : "");
    }
    for (const std::uint32_t point : {0x7Fu, 0x8Fu, 0x9Fu}) {
        put(point, "");
    }
    for (const std::uint32_t point : {0x1680u, 0x200Bu, 0x200Cu, 0x200Eu, 0x200Fu, 0x2028u, 0x2029u,
                                      0x2581u, 0xFEFFu, 0xFFFDu}) {
        put(point, " ");
    }
    entries.erase("\xEF\xBD\x9E");
}

/// Folds the case of what comes out, and of characters that stay.
inline void add_case_entries(CharsmapWriter::Entries& entries) {
    for (auto& [from, to] : entries) {
        to = fold_case(to);
    }
    for (std::uint32_t point = 'A'; point < 0x1E944; ++point) {
        if (point >= 0xD800 && point < 0xE000) continue;
        if (fold_point(point) == point) continue;
        std::string character;
        append_utf8(character, point);
        entries.emplace(character, fold_case(character));
    }
}

} // namespace detail

/// The charsmap of a rule by the name that SentencePiece has for it: `nfkc` (Unicode's NFKC),
/// `nmt_nfkc` (and kinds of space become spaces, controls go), `nfkc_cf`, `nmt_nfkc_cf` (and case
/// is folded), `identity` (empty). It is of Unicode 15.0, so that rare characters may differ from
/// those that SentencePiece brings; a model holds its own charsmap and is the same everywhere.
///
/// Throws `OptionError` for other names. Takes some 20 ms.
[[nodiscard]] inline std::string unicode_charsmap(std::string_view name) {
    if (name == "identity") return {};
    const bool folds = name == "nfkc_cf" || name == "nmt_nfkc_cf";
    const bool translates = name == "nmt_nfkc" || name == "nmt_nfkc_cf";
    if (!folds && !translates && name != "nfkc") {
        throw OptionError("normalization_rule_name is \"" + std::string(name) +
                          "\", expected nmt_nfkc, nfkc, nmt_nfkc_cf, nfkc_cf or identity");
    }
    detail::CharsmapWriter::Entries entries = detail::nfkc_entries();
    if (translates) detail::add_translation_entries(entries);
    if (folds) detail::add_case_entries(entries);
    return detail::CharsmapWriter::bytes_of(entries);
}

} // namespace firth
