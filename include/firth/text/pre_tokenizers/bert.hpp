#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <firth/text/piece_batch.hpp>
#include <firth/text/pre_tokenizers/characters.hpp>
#include <firth/text/unicode/properties.hpp>

namespace firth {

/// A `PreTokenizer`: BERT's (Devlin et al., 2018): what stands between white space, each character
/// of punctuation alone.
struct BertPreTokenizer {
    std::size_t operator()(std::string_view text, std::size_t from, PieceBatch& to) const {
        const std::size_t size = text.size();
        std::size_t begin = from; // of the word that is being read
        const auto end_word = [&](std::size_t end) {
            if (begin < end) to.add(begin, end);
        };
        std::size_t at = from;
        while (at < size) {
            Kind kind = kinds[static_cast<unsigned char>(text[at])];
            if (kind == word) {
                ++at;
                continue;
            }
            std::size_t length = 1;
            if (kind == beyond_ascii) {
                const DecodedCharacter next = decode_utf8(text, at);
                kind = kind_of(next.point);
                length = next.length;
                if (kind == word) {
                    at += length;
                    continue;
                }
            }
            end_word(at);
            if (kind == punctuation) to.add(at, at + length);
            at += length;
            begin = at;
            if (to.full()) return at;
        }
        end_word(size);
        return size;
    }
    [[nodiscard]] std::string settings() const { return "bert"; }

private:
    enum Kind : std::uint8_t { word, space, punctuation, beyond_ascii };

    static constexpr Kind kind_of(std::uint32_t point) noexcept {
        if (is_bert_punctuation(point)) return punctuation;
        return is_white_space(point) ? space : word;
    }

    static constexpr std::array<Kind, 256> kinds = [] {
        std::array<Kind, 256> all{};
        all.fill(beyond_ascii);
        for (std::uint32_t point = 0; point < 128; ++point) {
            const bool marks = point > ' ' && point < 0x7F && !(point >= '0' && point <= '9') &&
                               !(point >= 'A' && point <= 'Z') && !(point >= 'a' && point <= 'z');
            const bool blank = point == ' ' || (point >= '\t' && point <= '\r');
            all[point] = marks ? punctuation : blank ? space : word;
        }
        return all;
    }();
};

static_assert(PreTokenizer<BertPreTokenizer>);

} // namespace firth
