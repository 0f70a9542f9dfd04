#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include <firth/base/utf8.hpp>

/// JSON (RFC 8259), strict: the little that a header of safetensors needs, so that reading one asks
/// for no other library and for no memory that the handler does not grant.
namespace firth::detail {

/// Walks through a text and tells a handler what comes, whose functions return false to stop:
///
///     bool null(), boolean(), negative(), fraction()      what the number or truth is, is not told
///     bool number(std::uint64_t), string(std::string&), key(std::string&)
///     bool start_object(), end_object(), start_array(), end_array()
///     void broken(std::size_t position)                   no JSON from this byte on
///
/// Nested values are walked through by recursion: a handler must stop where they lie too deep.
template <class Handler>
class JsonWalk {
public:
    JsonWalk(std::string_view text, Handler& handler) noexcept : text_(text), handler_(&handler) {}

    /// True where the text is one value and nothing else, and the handler stopped nowhere.
    bool run() {
        if (!value()) return false;
        spaces();
        return at_ == text_.size() || broken();
    }

private:
    [[nodiscard]] char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }

    bool broken() {
        handler_->broken(at_);
        return false;
    }

    void spaces() noexcept {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) {
            ++at_;
        }
    }

    bool skip(char byte) noexcept {
        spaces();
        if (peek() != byte) return false;
        ++at_;
        return true;
    }

    bool skip_word(std::string_view word) noexcept {
        if (!text_.substr(at_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }

    bool value() {
        spaces();
        switch (peek()) {
        case '{':
            return object();
        case '[':
            return array();
        case '"':
            return string() && handler_->string(string_);
        case 'n':
            return skip_word("null") ? handler_->null() : broken();
        case 't':
            return skip_word("true") ? handler_->boolean() : broken();
        case 'f':
            return skip_word("false") ? handler_->boolean() : broken();
        default:
            return number();
        }
    }

    bool object() {
        ++at_;
        if (!handler_->start_object()) return false;
        if (skip('}')) return handler_->end_object();
        do {
            spaces();
            if (peek() != '"') return broken();
            if (!string() || !handler_->key(string_)) return false;
            if (!skip(':')) return broken();
            if (!value()) return false;
        } while (skip(','));
        return skip('}') ? handler_->end_object() : broken();
    }

    bool array() {
        ++at_;
        if (!handler_->start_array()) return false;
        if (skip(']')) return handler_->end_array();
        do {
            if (!value()) return false;
        } while (skip(','));
        return skip(']') ? handler_->end_array() : broken();
    }

    std::size_t digits() noexcept {
        const std::size_t begin = at_;
        while (peek() >= '0' && peek() <= '9') {
            ++at_;
        }
        return at_ - begin;
    }

    bool number() {
        const bool negative = skip_word("-");
        const std::size_t begin = at_;
        const std::size_t size = digits();
        if (size == 0 || (size > 1 && text_[begin] == '0')) return broken();
        const std::size_t end = at_;
        if (skip_word(".") && digits() == 0) return broken();
        if (skip_word("e") || skip_word("E")) {
            if (!skip_word("+")) skip_word("-");
            if (digits() == 0) return broken();
        }
        if (at_ != end) return handler_->fraction();
        if (negative) return handler_->negative();
        std::uint64_t whole = 0;
        const std::from_chars_result parsed =
            std::from_chars(text_.data() + begin, text_.data() + end, whole);
        return parsed.ec == std::errc() ? handler_->number(whole) : handler_->fraction();
    }

    /// Puts the string that begins here into string_.
    bool string() {
        ++at_;
        string_.clear();
        while (at_ < text_.size() && peek() != '"') {
            if (peek() == '\\') {
                if (!escape()) return broken();
                continue;
            }
            const std::size_t length = utf8_length(text_.substr(at_));
            if (length == 0 || static_cast<unsigned char>(peek()) < 0x20) return broken();
            string_.append(text_.substr(at_, length));
            at_ += length;
        }
        if (at_ == text_.size()) return broken();
        ++at_;
        return true;
    }

    bool escape() {
        ++at_;
        if (skip_word("u")) return escaped_point();
        const std::size_t known = std::string_view("\"\\/bfnrt").find(peek());
        if (at_ == text_.size() || known == text_.npos) return false;
        string_ += "\"\\/\b\f\n\r\t"[known];
        ++at_;
        return true;
    }

    /// Four hexadecimal digits, or two groups of them that make a pair of surrogates.
    bool escaped_point() {
        std::uint32_t point = 0;
        if (!four_digits(point)) return false;
        if (point >= 0xD800 && point < 0xDC00) {
            std::uint32_t low = 0;
            if (!skip_word("\\u") || !four_digits(low) || low < 0xDC00 || low > 0xDFFF) {
                return false;
            }
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
        } else if (point >= 0xDC00 && point <= 0xDFFF) {
            return false;
        }
        append_utf8(string_, point);
        return true;
    }

    bool four_digits(std::uint32_t& value) noexcept {
        constexpr std::size_t count = 4;
        if (text_.size() - at_ < count) return false;
        const char* const begin = text_.data() + at_;
        const std::from_chars_result parsed = std::from_chars(begin, begin + count, value, 16);
        if (parsed.ec != std::errc() || parsed.ptr != begin + count) return false;
        at_ += count;
        return true;
    }

    std::string_view text_;
    Handler* handler_;
    std::size_t at_ = 0;
    std::string string_;
};

} // namespace firth::detail
