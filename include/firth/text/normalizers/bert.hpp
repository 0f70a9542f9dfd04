#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <firth/base/config.hpp>
#include <firth/base/utf8.hpp>
#include <firth/text/normalized_text.hpp>
#include <firth/text/normalizers/characters.hpp>
#include <firth/text/unicode/lower_case.hpp>
#include <firth/text/unicode/normal_form.hpp>
#include <firth/text/unicode/properties.hpp>

namespace firth {

/// The ideographs that BERT makes words of their own.
[[nodiscard]] constexpr bool is_bert_ideograph(std::uint32_t point) noexcept {
    return point >= 0x3400 &&
           (point <= 0x4DBF || (point >= 0x4E00 && point <= 0x9FFF) ||
            (point >= 0xF900 && point <= 0xFAFF) || (point >= 0x20000 && point <= 0x2A6DF) ||
            (point >= 0x2A700 && point <= 0x2B73F) || (point >= 0x2B740 && point <= 0x2B81F) ||
            (point >= 0x2B920 && point <= 0x2CEAF) || (point >= 0x2F800 && point <= 0x2FA1F));
}

/// A `Normalizer`: BERT's (Devlin et al., 2018), as Hugging Face's tokenizers have it. In one pass,
/// with 8 bytes at a time where they are plain ASCII.
struct BertNormalizer {
    /// Removes controls, formats, private characters, U+FFFD and bytes that are not UTF-8, and
    /// makes spaces of other white space, line ends and tabs.
    bool clean_text = true;
    bool handle_chinese_chars = true;    ///< puts spaces around ideographs
    std::optional<bool> strip_accents{}; ///< as `lowercase` has it where it is not said
    bool lowercase = true;

    void operator()(std::string_view text, NormalizedText& to) const {
        const Writer writer{*this, strip_accents.value_or(lowercase)};
        if (to.keeps_sources()) {
            writer.write(text, to, true);
        } else {
            writer.write(text, to, false);
        }
    }

    [[nodiscard]] std::string settings() const {
        return std::string("bert") + (clean_text ? " clean" : "") +
               (handle_chinese_chars ? " ideographs" : "") +
               (strip_accents.value_or(lowercase) ? " strip" : "") + (lowercase ? " lower" : "");
    }

private:
    /// Bytes to be appended, some thousand at a time where their sources are of no interest.
    struct Buffer {
        NormalizedText& to;
        bool keeps_sources;
        std::size_t size = 0;
        std::array<char, 4096> bytes;

        void put(std::uint32_t point, std::size_t begin, std::size_t end) {
            std::size_t length = 0;
            char* const at = bytes.data() + size;
            if (point < 0x80) {
                at[length++] = static_cast<char>(point);
            } else {
                const auto rest = [&](unsigned shift) {
                    at[length++] = static_cast<char>(0x80u | (point >> shift & 0x3Fu));
                };
                if (point < 0x800) {
                    at[length++] = static_cast<char>(0xC0u | point >> 6);
                } else if (point < 0x10000) {
                    at[length++] = static_cast<char>(0xE0u | point >> 12);
                    rest(6);
                } else {
                    at[length++] = static_cast<char>(0xF0u | point >> 18);
                    rest(12);
                    rest(6);
                }
                rest(0);
            }
            if (keeps_sources) {
                to.append({at, length}, begin, end);
            } else {
                size += length;
            }
        }

        void flush() {
            to.append({bytes.data(), size}, 0, 0);
            size = 0;
        }
    };

    struct Writer {
        const BertNormalizer& options;
        bool strips;

        FIRTH_ALWAYS_INLINE void write(std::string_view text, NormalizedText& to,
                                       bool keeps_sources) const {
            Buffer buffer{to, keeps_sources, 0, {}};
            for (std::size_t at = 0; at < text.size();) {
                // A character becomes at most 18 of 4 bytes, and two spaces.
                if (buffer.size + 128 > buffer.bytes.size()) buffer.flush();
                if (!keeps_sources && at + 8 <= text.size()) {
                    std::uint64_t eight = 0;
                    std::memcpy(&eight, text.data() + at, 8);
                    if (is_plain(eight)) {
                        if (options.lowercase) eight = lowered(eight);
                        std::memcpy(buffer.bytes.data() + buffer.size, &eight, 8);
                        buffer.size += 8;
                        at += 8;
                        continue;
                    }
                }
                const auto byte = static_cast<unsigned char>(text[at]);
                if (byte < 0x80) {
                    write_ascii(byte, at, buffer);
                    ++at;
                    continue;
                }
                const DecodedCharacter next = decode_utf8(text, at);
                if (!write_other(next, text, at, buffer)) {
                    if (!keeps_sources) buffer.flush();
                    write_rest(text.substr(at), at, to);
                    return;
                }
                at += next.length;
            }
            if (!keeps_sources) buffer.flush();
        }

        /// All bytes are from ' ' to '~'.
        [[nodiscard]] static bool is_plain(std::uint64_t eight) noexcept {
            constexpr std::uint64_t ones = 0x0101010101010101u;
            // None above 127, none that 0x60 does not take to 128, none that 1 does.
            return ((eight | ~(eight + 0x60 * ones) | (eight + ones)) & 0x80 * ones) == 0;
        }

        /// Small letters of eight bytes below 128.
        [[nodiscard]] static std::uint64_t lowered(std::uint64_t eight) noexcept {
            constexpr std::uint64_t ones = 0x0101010101010101u;
            const std::uint64_t from_a = eight + (128 - 'A') * ones;
            const std::uint64_t after_z = eight + (127 - 'Z') * ones;
            return eight | (from_a & ~after_z & 0x80 * ones) >> 2;
        }

        void write_ascii(unsigned char byte, std::size_t at, Buffer& buffer) const {
            if (options.clean_text && (byte < ' ' || byte == 0x7F)) {
                if (byte != '\t' && byte != '\n' && byte != '\r') return;
                byte = ' ';
            }
            if (options.lowercase && byte >= 'A' && byte <= 'Z')
                byte = static_cast<unsigned char>(byte + ('a' - 'A'));
            buffer.put(byte, at, at + 1);
        }

        /// False where marks must be sorted, which takes more than one pass.
        bool write_other(DecodedCharacter next, std::string_view text, std::size_t at,
                         Buffer& buffer) const {
            const std::size_t end = at + next.length;
            std::uint32_t point = next.point;
            const GeneralCategory category = general_category(point);
            if (point == 0xFFFD) {
                if (options.clean_text) return true;
                if (next.length == 1) { // a byte that is not UTF-8 stays
                    if (buffer.keeps_sources) {
                        buffer.to.append(text.substr(at, 1), at, end);
                    } else {
                        buffer.bytes[buffer.size++] = text[at];
                    }
                    return true;
                }
            }
            if (options.clean_text) {
                if (category >= GeneralCategory::control &&
                    category <= GeneralCategory::private_use)
                    return true;
                if (category >= GeneralCategory::space_separator && is_white_space(point))
                    point = ' ';
            }
            const bool pads = options.handle_chinese_chars && is_bert_ideograph(point);
            if (pads) buffer.put(' ', at, end);
            if (!strips) {
                put_lower(point, category, at, end, buffer);
            } else if (!detail::is_hangul(point) && detail::decomposition_entry(point) == 0) {
                if (category != GeneralCategory::nonspacing_mark)
                    put_lower(point, category, at, end, buffer);
            } else {
                if (category == GeneralCategory::spacing_mark ||
                    category == GeneralCategory::other_symbol) { // of music, say
                    bool in_order = true;
                    decompose(point, false, [&](std::uint32_t part) {
                        in_order = in_order && (combining_class(part) == 0 || is_dropped(part));
                    });
                    if (!in_order) return false;
                }
                decompose(point, false, [&](std::uint32_t part) {
                    const GeneralCategory kind = general_category(part);
                    if (kind != GeneralCategory::nonspacing_mark)
                        put_lower(part, kind, at, end, buffer);
                });
            }
            if (pads) buffer.put(' ', at, end);
            return true;
        }

        void put_lower(std::uint32_t point, GeneralCategory category, std::size_t begin,
                       std::size_t end, Buffer& buffer) const {
            // Small letters and those of scripts without case are most of all.
            if (!options.lowercase || category == GeneralCategory::lowercase_letter ||
                category == GeneralCategory::other_letter) {
                buffer.put(point, begin, end);
                return;
            }
            buffer.put(lower_case(point), begin, end);
            if (point == 0x130) buffer.put(0x307, begin, end);
        }

        [[nodiscard]] static bool is_dropped(std::uint32_t point) noexcept {
            return general_category(point) == GeneralCategory::nonspacing_mark;
        }

        /// The same in a pass a step, from byte `begin` of the text on.
        FIRTH_NOINLINE void write_rest(std::string_view text, std::size_t begin,
                                       NormalizedText& to) const {
            BertNormalizer first = options;
            first.strip_accents = false;
            first.lowercase = false;
            NormalizedText done(to.keeps_sources());
            first(text, done);
            const auto apply = [&](const auto& step) {
                NormalizedText after(to.keeps_sources());
                step(done.bytes(), after);
                after.look_through(done);
                std::swap(done, after);
            };
            apply(UnicodeForm{NormalForm::nfd});
            apply([](std::string_view before, NormalizedText& after) {
                detail::append_mapped(before, after, [](std::uint32_t point) {
                    return is_dropped(point) ? detail::dropped_character : point;
                });
            });
            if (options.lowercase) apply(Lowercase());
            if (!to.keeps_sources()) {
                to.append(done.bytes(), 0, 0);
                return;
            }
            for (std::size_t i = 0; i < done.size(); ++i) {
                const ByteRange source = done.source(i, i + 1);
                to.append(std::string_view(done.bytes()).substr(i, 1), begin + source.begin,
                          begin + source.end);
            }
        }
    };
};

static_assert(Normalizer<BertNormalizer>);

} // namespace firth
