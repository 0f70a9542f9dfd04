#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/checksum.hpp>
#include <firth/base/utf8.hpp>
#include <firth/text/detail/charsmap.hpp>
#include <firth/text/detail/piece_trie.hpp>
#include <firth/text/normalized_text.hpp>
#include <firth/text/sentence_piece.hpp>

namespace firth {

/// What a SentencePiece model says of a text before it is cut.
struct SentencePieceNormalizerOptions {
    std::string charsmap{};               ///< what is replaced, as the model's file has it
    bool add_dummy_prefix = true;         ///< a space before the text, after it with the next
    bool space_as_suffix = false;         ///< spaces end words
    bool remove_extra_whitespaces = true; ///< runs of spaces become one, none at the ends
    bool escape_whitespaces = true;       ///< U+2581 for spaces
    std::vector<std::string> kept{};      ///< the user-defined pieces, which nothing changes
    std::string name = "the charsmap";    ///< what errors call it
};

/// Normalises as SentencePiece does (Kudo and Richardson 2018): at each place the longest of the
/// kept pieces, else the longest entry of the charsmap, else a character; U+FFFD for a byte that is
/// no UTF-8. Then spaces. A text of spaces alone becomes empty, without the space before it.
///
/// Linear in the text. Runs of ASCII that no entry changes are copied whole.
class SentencePieceNormalizer {
public:
    /// Throws `FormatError` for a damaged charsmap.
    explicit SentencePieceNormalizer(SentencePieceNormalizerOptions options)
        : options_(std::move(options)), charsmap_(options_.charsmap, options_.name) {
        std::vector<std::pair<std::string_view, Id>> kept;
        Checksum sum;
        sum.add(options_.charsmap);
        for (const std::string& piece : options_.kept) {
            kept.emplace_back(piece, 0);
            sum.add(std::to_string(piece.size()) + ' ' + piece);
        }
        kept_ = detail::PieceTrie(std::move(kept));
        settings_ = "sentencepiece normalizer " + std::to_string(sum.value());
        for (const bool flag : {options_.add_dummy_prefix, options_.space_as_suffix,
                                options_.remove_extra_whitespaces, options_.escape_whitespaces}) {
            settings_ += flag ? " 1" : " 0";
        }
        for (std::size_t byte = 0; byte < 256; ++byte) {
            detail::PieceTrie::Node node = kept_.root();
            Id id = 0;
            const char c = static_cast<char>(byte);
            copied_[byte] = charsmap_.plain(c) && !kept_.step(node, c, id);
        }
        plain_space_ = copied_[static_cast<unsigned char>(' ')];
        copied_[static_cast<unsigned char>(' ')] = false;
        options_.charsmap.clear();
    }

    void operator()(std::string_view text, NormalizedText& to) const {
        const std::size_t begin = to.size();
        std::size_t at = 0;
        if (options_.remove_extra_whitespaces) {
            while (at < text.size()) {
                const Unit unit = unit_at(text, at);
                if (unit.bytes != " ") break;
                at += unit.length;
            }
        }
        if (at == text.size()) return;
        if (options_.add_dummy_prefix && !options_.space_as_suffix) put_space(to, at, at);
        bool after_space = options_.remove_extra_whitespaces;
        while (at < text.size()) {
            if (!to.keeps_sources()) {
                at = copy_plain(text, at, after_space, to);
                if (at == text.size()) break;
            }
            const std::size_t run = copied_run(text, at);
            if (run != at) {
                to.append_unchanged(text, at, run);
                after_space = false;
                at = run;
                continue;
            }
            if (text[at] == ' ' && is_plain_space(text, at)) {
                if (!after_space) to.append(space(), at, at + 1);
                after_space = options_.remove_extra_whitespaces;
                ++at;
                continue;
            }
            Unit unit = unit_at(text, at);
            while (after_space && unit.bytes.starts_with(' ')) {
                unit.bytes.remove_prefix(1);
            }
            if (!unit.bytes.empty()) {
                put(unit, to, at);
                after_space = unit.bytes.ends_with(' ') && options_.remove_extra_whitespaces;
            }
            at += unit.length;
        }
        if (options_.remove_extra_whitespaces) drop_spaces(to, begin);
        if (options_.add_dummy_prefix && options_.space_as_suffix) {
            put_space(to, text.size(), text.size());
        }
    }

    [[nodiscard]] std::string settings() const { return settings_; }
    /// Without the charsmap.
    [[nodiscard]] const SentencePieceNormalizerOptions& options() const noexcept {
        return options_;
    }
    /// The map as it was given.
    [[nodiscard]] std::string charsmap() const { return charsmap_.bytes(); }

private:
    /// What the next `length` bytes of a text become.
    struct Unit {
        std::string_view bytes;
        std::size_t length;
    };

    [[nodiscard]] std::string_view space() const noexcept {
        return options_.escape_whitespaces ? space_mark : std::string_view(" ");
    }

    /// Where the run of bytes that are copied ends. The last before a byte that is not ASCII may
    /// begin a longer entry with it.
    [[nodiscard]] std::size_t copied_run(std::string_view text, std::size_t at) const noexcept {
        std::size_t end = at;
        while (end < text.size() && copied_[static_cast<unsigned char>(text[end])]) {
            ++end;
        }
        if (end != at && end < text.size() && static_cast<unsigned char>(text[end]) >= 0x80) --end;
        return end;
    }

    /// Appends bytes that nothing changes, and spaces, up to the first of another kind or some
    /// hundreds of them, and returns the place after them. Only where sources are not kept.
    std::size_t copy_plain(std::string_view text, std::size_t at, bool& after_space,
                           NormalizedText& to) const {
        constexpr std::size_t most = 512;
        const std::size_t begin = at;
        const std::size_t stop = (std::min)(text.size(), at + most);
        std::array<char, most * space_mark.size()> made;
        char* end = made.data();
        for (; at != stop; ++at) {
            if (at + 1 != text.size() && static_cast<unsigned char>(text[at + 1]) >= 0x80) break;
            if (copied_[static_cast<unsigned char>(text[at])]) {
                *end++ = text[at];
                after_space = false;
            } else if (text[at] == ' ' && plain_space_) {
                if (!after_space) end = std::copy_n(space().data(), space().size(), end);
                after_space = options_.remove_extra_whitespaces;
            } else {
                break;
            }
        }
        to.append({made.data(), static_cast<std::size_t>(end - made.data())}, begin, at);
        return at;
    }

    /// True for a space that neither a kept piece nor an entry begins with.
    [[nodiscard]] bool is_plain_space(std::string_view text, std::size_t at) const noexcept {
        return plain_space_ &&
               (at + 1 == text.size() || static_cast<unsigned char>(text[at + 1]) < 0x80);
    }

    [[nodiscard]] Unit unit_at(std::string_view text, std::size_t at) const noexcept {
        const std::string_view rest = text.substr(at);
        if (!kept_.empty()) {
            const std::size_t kept = kept_.longest(rest);
            if (kept != 0) return {rest.substr(0, kept), kept};
        }
        const detail::Charsmap::Match match = charsmap_.longest(rest);
        if (match.length != 0) return {match.replacement, match.length};
        const std::size_t length = utf8_length(rest);
        if (length == 0) return {"\xEF\xBF\xBD", 1};
        return {rest.substr(0, length), length};
    }

    void put(const Unit& unit, NormalizedText& to, std::size_t at) const {
        std::string_view bytes = unit.bytes;
        const std::size_t end = at + unit.length;
        while (options_.escape_whitespaces) {
            const std::size_t space = bytes.find(' ');
            if (space == bytes.npos) break;
            to.append(bytes.substr(0, space), at, end);
            to.append(space_mark, at, end);
            bytes.remove_prefix(space + 1);
        }
        to.append(bytes, at, end);
    }

    void put_space(NormalizedText& to, std::size_t begin, std::size_t end) const {
        to.append(space(), begin, end);
    }

    void drop_spaces(NormalizedText& to, std::size_t begin) const {
        std::string_view left = std::string_view(to.bytes()).substr(begin);
        while (left.ends_with(space())) {
            left.remove_suffix(space().size());
        }
        to.truncate(begin + left.size());
    }

    SentencePieceNormalizerOptions options_;
    detail::Charsmap charsmap_;
    detail::PieceTrie kept_;
    std::string settings_;
    bool copied_[256] = {};
    bool plain_space_ = false;
};

static_assert(Normalizer<SentencePieceNormalizer>);

} // namespace firth
