#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/config.hpp>

namespace firth {

/// A stretch of a text, as bytes `begin` up to, but not including, `end`.
struct Piece {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool operator==(const Piece&) const = default;
};

/// Pieces of a text in their order, some hundreds at a time, so that the work on one step's pieces
/// is done while they are in the nearest cache.
class PieceBatch {
public:
    /// How many pieces a pre-tokenizer adds before it stops.
    static constexpr std::size_t usual_size = 512;

    void add(std::size_t begin, std::size_t end) {
        if (size_ == room_.size()) grow();
        room_[size_++] = {begin, end};
    }
    void clear() noexcept { size_ = 0; }

    [[nodiscard]] bool full() const noexcept { return size_ >= usual_size; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] const Piece& operator[](std::size_t i) const noexcept { return room_[i]; }
    [[nodiscard]] const Piece* begin() const noexcept { return room_.data(); }
    [[nodiscard]] const Piece* end() const noexcept { return room_.data() + size_; }

private:
    FIRTH_NOINLINE void grow() { room_.resize((std::max)(std::size_t{16}, 2 * room_.size())); }

    std::vector<Piece> room_;
    std::size_t size_ = 0;
};

/// How a normalised text is cut into the pieces that no token crosses.
///
/// - `next = pre_tokenizer(text, from, batch)` adds the pieces from byte `from` on, in order and
///   none of them empty, until the batch is full or the text ends, and returns where to go on. What
///   lies between two pieces is no part of any token. Called again with `next`, it goes on as if it
///   had never stopped; it is called by several threads at once;
/// - `settings()` names in one line what the pieces depend on.
///
/// A complete example, pieces between commas:
///
///     struct CommaPieces {
///         std::size_t operator()(std::string_view text, std::size_t from, firth::PieceBatch& to)
///         const {
///             while (from < text.size() && !to.full()) {
///                 const std::size_t end = (std::min)(text.find(',', from), text.size());
///                 if (from < end) to.add(from, end);
///                 from = (std::min)(end + 1, text.size());
///             }
///             return from;
///         }
///         std::string settings() const { return "commas"; }
///     };
template <class T>
concept PreTokenizer = requires(const T& pre_tokenizer, std::string_view text, std::size_t from,
                                PieceBatch& batch) {
    { pre_tokenizer(text, from, batch) } -> std::same_as<std::size_t>;
    { pre_tokenizer.settings() } -> std::same_as<std::string>;
};

} // namespace firth
