#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/utf8.hpp>
#include <firth/table/id.hpp>
#include <firth/text/tokenizer.hpp>

namespace firth {

/// The text of ids that come one at a time, from a model that writes, say: each call gives what is
/// certain by then, and a character whose bytes are several tokens once it is whole. Together it is
/// what `decode` makes of all ids. The one exception are bytes that are no UTF-8 in a tokenizer
/// with byte fallback, where later ones would change what was given; they do not here.
///
///     firth::DecodeStream stream(tokenizer);
///     for (const firth::Id id : ids) {
///         std::cout << stream.add(id) << std::flush;
///     }
///     std::cout << stream.finish();
///
/// Takes O(1) a token, but for runs of tokens that are parts of a character. The tokenizer outlives
/// the stream.
template <class T>
class DecodeStream {
public:
    explicit DecodeStream(const T& tokenizer, SpecialTokens special = SpecialTokens::without)
        : tokenizer_(&tokenizer), special_(special) {}

    /// What the next id adds to the text that was given so far; often nothing.
    [[nodiscard]] std::string add(Id id) {
        if (!tokenizer_->decodes(id, special_)) return {};
        ids_.push_back(id);
        const std::string text = tokenizer_->decode(ids_, special_);
        // A character may still become whole: after four tokens it will not.
        if (ids_.size() - given_ids_ < longest_wait && ends_within_character(text)) return {};
        return give(text);
    }

    /// What is left, where the last ids were no whole character. The stream begins anew.
    [[nodiscard]] std::string finish() {
        std::string rest = give(tokenizer_->decode(ids_, special_));
        ids_.clear();
        given_.clear();
        given_ids_ = 0;
        return rest;
    }

private:
    static constexpr std::size_t longest_wait = 5;
    static constexpr std::string_view replacement = "\xEF\xBF\xBD";

    /// True where the text's end is the begin of a character, or stands for such bytes.
    static bool ends_within_character(std::string_view text) noexcept {
        if (text.ends_with(replacement)) return true;
        std::size_t begin = text.size();
        while (begin != 0 && text.size() - begin < 4) {
            --begin;
            if ((static_cast<unsigned char>(text[begin]) & 0xC0) != 0x80) {
                return utf8_length(text.substr(begin)) == 0 && is_utf8_begin(text.substr(begin));
            }
        }
        return false;
    }

    /// True for the first bytes of a character that lacks some.
    static bool is_utf8_begin(std::string_view bytes) noexcept {
        const auto first = static_cast<unsigned char>(bytes[0]);
        const std::size_t length = first >= 0xF0 && first < 0xF5   ? 4
                                   : first >= 0xE0 && first < 0xF0 ? 3
                                   : first >= 0xC2 && first < 0xE0 ? 2
                                                                   : 1;
        return bytes.size() < length;
    }

    /// Gives what `text`, that of all ids kept, has more than was given of it, and keeps the ids
    /// that it was new with: what a token's text is may depend on whether another is before it.
    std::string give(std::string_view text) {
        if (text == given_) return {};
        ids_.erase(ids_.begin(), ids_.begin() + static_cast<std::ptrdiff_t>(given_ids_));
        given_ids_ = ids_.size();
        std::string alone = tokenizer_->decode(ids_, special_);
        std::string more =
            text.starts_with(given_) ? std::string(text.substr(given_.size())) : alone;
        given_ = std::move(alone);
        return more;
    }

    const T* tokenizer_;
    SpecialTokens special_;
    std::vector<Id> ids_;       ///< those last given, and those that wait
    std::size_t given_ids_ = 0; ///< how many of them were given
    std::string given_;         ///< their text
};

} // namespace firth
