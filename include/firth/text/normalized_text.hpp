#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/utf8.hpp>

namespace firth {

/// Bytes `begin` up to, but not including, `end` of a text.
struct ByteRange {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    bool operator==(const ByteRange&) const = default;
};

/// A text as normalizers leave it, and, where that is kept, which bytes of the text before them
/// each of its bytes stands for: 8 bytes more for each.
class NormalizedText {
public:
    explicit NormalizedText(bool keeps_sources = false) noexcept : keeps_sources_(keeps_sources) {}

    [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
    [[nodiscard]] bool keeps_sources() const noexcept { return keeps_sources_; }

    /// What the bytes `begin` to `end` > `begin` stand for: from the begin of the first one's
    /// source to the end of the last one's. Only where sources are kept.
    [[nodiscard]] ByteRange source(std::size_t begin, std::size_t end) const noexcept {
        return {sources_[begin].begin, sources_[end - 1].end};
    }

    void clear() noexcept {
        bytes_.clear();
        sources_.clear();
    }

    /// Drops the bytes from `size` <= size() on.
    void truncate(std::size_t size) {
        bytes_.resize(size);
        if (keeps_sources_) sources_.resize(size);
    }

    void reserve(std::size_t size) {
        bytes_.reserve(size);
        if (keeps_sources_) sources_.reserve(size);
    }

    /// Appends bytes, all of which stand for the bytes `begin` to `end` of the text before.
    void append(std::string_view bytes, std::size_t begin, std::size_t end) {
        bytes_.append(bytes);
        if (keeps_sources_) sources_.resize(bytes_.size(), range(begin, end));
    }

    /// Appends the bytes `begin` to `end` of `text`, the text before, as they are: each character
    /// stands for itself.
    void append_unchanged(std::string_view text, std::size_t begin, std::size_t end) {
        bytes_.append(text.substr(begin, end - begin));
        while (keeps_sources_ && begin < end) {
            const std::size_t length = utf8_length(text.substr(begin, end - begin));
            const std::size_t next = begin + (length == 0 ? 1 : length);
            sources_.resize(sources_.size() + (next - begin), range(begin, next));
            begin = next;
        }
    }

    /// Appends a text with its sources as they are.
    void append_all(const NormalizedText& other) {
        bytes_ += other.bytes_;
        sources_.insert(sources_.end(), other.sources_.begin(), other.sources_.end());
    }

    /// Appends what became of a part of `before`, from its byte `begin` on, with the sources of
    /// that.
    void append_part(const NormalizedText& changed, const NormalizedText& before,
                     std::size_t begin) {
        bytes_ += changed.bytes_;
        for (const ByteRange& each : changed.sources_) {
            sources_.push_back(before.seen_through(each, begin));
        }
    }

    /// Makes the sources those of the text that `before`, this one's own text before, was made of.
    void look_through(const NormalizedText& before) {
        for (ByteRange& each : sources_) {
            each = before.seen_through(each, 0);
        }
    }

private:
    /// The source of a range of this text, which begins `begin` bytes on; between two bytes where
    /// the range is empty.
    [[nodiscard]] ByteRange seen_through(ByteRange each, std::size_t begin) const noexcept {
        const std::size_t from = each.begin + begin;
        if (each.begin < each.end) return source(from, each.end + begin);
        const std::uint32_t at = from < sources_.size() ? sources_[from].begin
                                 : sources_.empty()     ? 0
                                                        : sources_.back().end;
        return {at, at};
    }

    static ByteRange range(std::size_t begin, std::size_t end) noexcept {
        return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    }

    std::string bytes_;
    std::vector<ByteRange> sources_; ///< of each byte, where they are kept
    bool keeps_sources_;
};

/// How a text is changed before it is cut into pieces: case, accents, equal forms of a character.
///
/// - `normalizer(text, to)` appends to `to` what becomes of the whole `text`, in order, and says of
///   each part which bytes of `text` it stands for. It is called by several threads at once;
/// - `settings()` names in one line what the result depends on.
///
/// A complete example, underscores for spaces:
///
///     struct Underscores {
///         void operator()(std::string_view text, firth::NormalizedText& to) const {
///             for (std::size_t i = 0; i < text.size(); ++i) {
///                 to.append(text[i] == ' ' ? "_" : text.substr(i, 1), i, i + 1);
///             }
///         }
///         std::string settings() const { return "underscores"; }
///     };
template <class T>
concept Normalizer = requires(const T& normalizer, std::string_view text, NormalizedText& to) {
    normalizer(text, to);
    { normalizer.settings() } -> std::same_as<std::string>;
};

} // namespace firth
