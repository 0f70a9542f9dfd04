#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include <firth/base/checksum.hpp>
#include <firth/base/utf8.hpp>
#include <firth/text/decoder.hpp>
#include <firth/text/sentence_piece.hpp>

namespace firth {

/// What of a SentencePiece model its decoding depends on.
struct SentencePieceDecoderOptions {
    std::vector<std::string> control{}; ///< pieces that are no text
    std::string unknown = "<unk>";      ///< the unknown piece
    std::string unknown_surface = " \xE2\x81\x87 ";
    bool byte_fallback = false;
    bool add_dummy_prefix = true;
    bool remove_extra_whitespaces = true;
};

/// Decodes as SentencePiece does: spaces for U+2581, but for that before the text; control pieces
/// are left out, the unknown piece becomes its surface, and bytes the characters they are, U+FFFD
/// for each that is part of none.
class SentencePieceDecoder {
public:
    explicit SentencePieceDecoder(SentencePieceDecoderOptions options)
        : options_(std::move(options)), control_(options_.control.begin(), options_.control.end()) {
    }

    void operator()(std::vector<std::string>& tokens) const {
        std::string bytes;    // those that wait for the rest of a character
        bool is_begin = true; // a space here is that before the text
        bool took_space = false;
        bool is_empty = true;
        for (std::string& token : tokens) {
            const int byte = options_.byte_fallback ? detail::byte_of_piece(token) : -1;
            if (byte >= 0) {
                bytes += static_cast<char>(byte);
                token.clear();
                continue;
            }
            const std::string before = replace_invalid_utf8(bytes);
            bytes.clear();
            is_empty &= before.empty();
            if (took_space || !is_empty) is_begin = false;
            took_space = false;
            std::string text;
            if (token == options_.unknown) {
                text = options_.unknown_surface;
            } else if (!control_.contains(token)) {
                std::string_view left = token;
                if (is_begin && (options_.add_dummy_prefix || options_.remove_extra_whitespaces) &&
                    left.starts_with(space_mark)) {
                    left.remove_prefix(space_mark.size());
                    // Where runs were made one, all that are at the begin go.
                    took_space = !options_.remove_extra_whitespaces;
                }
                text = with_spaces(left);
            }
            is_empty &= text.empty();
            token = before + text;
        }
        if (!bytes.empty()) tokens.push_back(replace_invalid_utf8(bytes));
    }

    [[nodiscard]] std::string settings() const {
        Checksum sum;
        for (const std::string& piece : options_.control) {
            sum.add(std::to_string(piece.size()) + ' ' + piece);
        }
        sum.add(options_.unknown + ' ' + options_.unknown_surface);
        return "sentencepiece decoder " + std::to_string(sum.value()) +
               (options_.byte_fallback ? " 1" : " 0") + (options_.add_dummy_prefix ? " 1" : " 0") +
               (options_.remove_extra_whitespaces ? " 1" : " 0");
    }

    [[nodiscard]] const SentencePieceDecoderOptions& options() const noexcept { return options_; }

private:
    static std::string with_spaces(std::string_view piece) {
        std::string text;
        while (!piece.empty()) {
            const std::size_t mark = (std::min)(piece.find(space_mark), piece.size());
            text += piece.substr(0, mark);
            if (mark == piece.size()) break;
            text += ' ';
            piece.remove_prefix(mark + space_mark.size());
        }
        return text;
    }

    SentencePieceDecoderOptions options_;
    std::unordered_set<std::string> control_;
};

static_assert(Decoder<SentencePieceDecoder>);

} // namespace firth
