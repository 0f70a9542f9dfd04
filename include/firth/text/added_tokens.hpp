#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/utf8.hpp>
#include <firth/table/id.hpp>
#include <firth/text/unicode/properties.hpp>

namespace firth {

/// A token that is cut out of a text as it stands, before a model sees the rest.
struct AddedToken {
    std::string content;
    Id id = no_id;
    bool special = false;     ///< no part of the text: decoding can leave it out
    bool single_word = false; ///< only where no letter, number or underscore is beside it
    bool left_strip = false;  ///< takes the white space before it
    bool right_strip = false; ///< takes the white space after it
    bool normalized = false;  ///< looked for in the normalised text
    bool operator==(const AddedToken&) const = default;
};

/// A token that is no part of the text.
[[nodiscard]] inline AddedToken special_token(std::string content, Id id) {
    AddedToken token;
    token.content = std::move(content);
    token.id = id;
    token.special = true;
    return token;
}

/// Finds added tokens: the leftmost ones, and of those that begin at one byte the longest.
class AddedTokens {
public:
    AddedTokens() = default;

    /// Throws `Error` for an empty token and for two of one content.
    explicit AddedTokens(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
        order_.resize(tokens_.size());
        for (std::size_t i = 0; i < order_.size(); ++i) {
            order_[i] = i;
        }
        // By their bytes, and longer ones before their own beginnings.
        std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
            const std::string& x = tokens_[a].content;
            const std::string& y = tokens_[b].content;
            if (first_byte(x) != first_byte(y)) return first_byte(x) < first_byte(y);
            return x.size() != y.size() ? x.size() > y.size() : x < y;
        });
        for (std::size_t i = 0; i < order_.size(); ++i) {
            const std::string& content = tokens_[order_[i]].content;
            if (content.empty()) throw Error("an added token is empty, expected a byte or more");
            if (i != 0 && tokens_[order_[i - 1]].content == content) {
                throw Error("the added token \"" + content + "\" is there twice");
            }
            Range& range = begins_[first_byte(content)];
            if (range.begin == range.end) {
                range.begin = static_cast<std::uint32_t>(i);
                only_ = first_bytes_++ == 0 ? content[0] : '\0';
            }
            range.end = static_cast<std::uint32_t>(i + 1);
        }
    }

    [[nodiscard]] bool empty() const noexcept { return tokens_.empty(); }
    [[nodiscard]] const std::vector<AddedToken>& tokens() const noexcept { return tokens_; }

    /// Calls `on_text(begin, end)` for what lies between added tokens and
    /// `on_token(const AddedToken&, begin, end)` for each of them, in order. Linear in the text for
    /// few tokens that begin alike.
    template <class OnText, class OnToken>
    void cut(std::string_view text, OnText&& on_text, OnToken&& on_token) const {
        std::size_t done = 0;
        for (std::size_t at = next(text, 0); at < text.size();) {
            const AddedToken* const token = match(text, at);
            if (token == nullptr) {
                at = next(text, at + 1);
                continue;
            }
            std::size_t begin = at;
            std::size_t end = at + token->content.size();
            if (token->single_word && (word_before(text, begin) || word_at(text, end))) {
                at = next(text, end);
                continue;
            }
            if (token->left_strip) begin = blanks_before(text, begin, done);
            if (token->right_strip) end = blanks_after(text, end);
            if (begin > done) on_text(done, begin);
            on_token(*token, begin, end);
            done = end;
            at = next(text, end);
        }
        if (done < text.size()) on_text(done, text.size());
    }

private:
    struct Range {
        std::uint32_t begin = 0;
        std::uint32_t end = 0;
    };

    static unsigned char first_byte(std::string_view content) noexcept {
        return content.empty() ? 0 : static_cast<unsigned char>(content[0]);
    }

    /// Where a token may begin, from `at` on.
    [[nodiscard]] std::size_t next(std::string_view text, std::size_t at) const noexcept {
        if (first_bytes_ <= 1) {
            const std::size_t found = tokens_.empty() ? text.npos : text.find(only_, at);
            return found == text.npos ? text.size() : found;
        }
        while (at < text.size()) {
            const Range& range = begins_[static_cast<unsigned char>(text[at])];
            if (range.begin != range.end) break;
            ++at;
        }
        return at;
    }

    [[nodiscard]] const AddedToken* match(std::string_view text, std::size_t at) const noexcept {
        const Range& range = begins_[static_cast<unsigned char>(text[at])];
        for (std::uint32_t i = range.begin; i < range.end; ++i) {
            const AddedToken& token = tokens_[order_[i]];
            if (text.substr(at).starts_with(token.content)) return &token;
        }
        return nullptr;
    }

    static std::size_t before(std::string_view text, std::size_t at) noexcept {
        do {
            --at;
        } while (at != 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
        return at;
    }

    static bool word_at(std::string_view text, std::size_t at) noexcept {
        return at < text.size() && is_word_character(decode_utf8(text, at).point);
    }
    static bool word_before(std::string_view text, std::size_t at) noexcept {
        return at != 0 && word_at(text, before(text, at));
    }

    static std::size_t blanks_before(std::string_view text, std::size_t at,
                                     std::size_t to) noexcept {
        while (at > to) {
            const std::size_t previous = before(text, at);
            if (previous < to || !is_white_space(decode_utf8(text, previous).point)) break;
            at = previous;
        }
        return at;
    }
    static std::size_t blanks_after(std::string_view text, std::size_t at) noexcept {
        while (at < text.size()) {
            const DecodedCharacter next = decode_utf8(text, at);
            if (!is_white_space(next.point)) break;
            at += next.length;
        }
        return at;
    }

    std::vector<AddedToken> tokens_;
    std::vector<std::size_t> order_;
    std::array<Range, 256> begins_{}; ///< places in `order_` of the tokens that begin with a byte
    std::size_t first_bytes_ = 0;     ///< how many bytes a token can begin with
    char only_ = '\0';                ///< the one, where it is one
};

} // namespace firth
