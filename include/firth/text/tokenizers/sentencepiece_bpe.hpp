#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/table/id.hpp>
#include <firth/text/detail/piece_trie.hpp>
#include <firth/text/detail/piece_vocabulary.hpp>
#include <firth/text/detail/rank_queue.hpp>
#include <firth/text/sentence_piece.hpp>
#include <firth/text/subword_model.hpp>

namespace firth {

/// Byte-pair encoding as SentencePiece does it: a text is characters and user-defined pieces, and
/// of all neighbours whose bytes are a piece the two of the best score are joined, the leftmost
/// first, until none are left. User-defined pieces are joined with nothing. A piece that is unused
/// is split again into what was last joined to it. Unknown characters are one token, or those of
/// their bytes.
///
/// n characters take O(n log n) steps of as many bytes as the longest piece has. Meets
/// `SubwordModel`.
class SentencePieceBpe {
public:
    /// Memory that one thread's calls share.
    class Scratch {
        friend class SentencePieceBpe;
        /// A run of characters that are joined, in a list.
        struct Symbol {
            std::uint32_t begin = 0;
            std::uint32_t length = 0; ///< 0 for one that was joined to the last
            std::uint32_t before = 0;
            std::uint32_t after = 0;
            detail::PieceTrie::Node node = 0; ///< 0 where no piece goes on
            Id id = 0;                        ///< `no_piece` where it is none
            bool is_frozen = false;
            // The piece of it and the next, where there is one.
            Id joined = 0;
            detail::PieceTrie::Node joined_node = 0;
        };
        std::vector<Symbol> symbols_;
        detail::RankQueue pairs_;
        std::vector<std::uint32_t>
            splits_;                ///< by id of an unused piece: the left one's bytes, or 0
        std::vector<Id> split_ids_; ///< those that are not 0
        std::vector<std::string_view> left_; ///< of what is split again
        std::uint32_t last_left_ = 0;        ///< the bytes of the left one of the last that joined
    };

    /// Throws `OptionError` for pieces that are no vocabulary (see `PieceVocabulary`) or have a
    /// score that is not finite.
    explicit SentencePieceBpe(std::span<const SentencePiece> pieces, bool byte_fallback = false)
        : vocabulary_(pieces, byte_fallback) {
        std::vector<std::pair<std::string_view, Id>> user_defined;
        for (Id id = 0; id < pieces.size(); ++id) {
            if (!is_finite(pieces[id].score)) {
                throw OptionError("piece \"" + pieces[id].text + "\" has no finite score");
            }
            if (pieces[id].type == PieceType::user_defined) {
                user_defined.emplace_back(vocabulary_.token(id), id);
            }
        }
        user_defined_ = detail::PieceTrie(std::move(user_defined));
        find_ranks(pieces);
    }

    /// Calls `on_token(id, length)` for the pieces of the text, shorter than 4 GiB.
    template <class OnToken>
    void operator()(std::string_view text, Scratch& scratch, OnToken&& on_token) const {
        if (text.empty()) return;
        split(text, scratch);
        forget_splits(scratch);
        if (scratch.symbols_.size() <= short_text) {
            join_few(text, scratch);
        } else {
            join_many(text, scratch);
        }
        std::size_t unknown = 0; // bytes of unknown characters that wait
        const auto put_unknown = [&] {
            if (unknown != 0) on_token(vocabulary_.unknown(), unknown);
            unknown = 0;
        };
        const auto put = [&](std::string_view piece, Id id) {
            if (id != detail::PieceTrie::no_piece) {
                put_unknown();
                on_token(id, piece.size());
            } else if (vocabulary_.byte_fallback()) {
                vocabulary_.put_bytes(piece, on_token);
            } else {
                unknown += piece.size();
            }
        };
        for (std::uint32_t i = 0; i != none; i = scratch.symbols_[i].after) {
            const auto& symbol = scratch.symbols_[i];
            const std::string_view piece = text.substr(symbol.begin, symbol.length);
            if (is_unused(symbol.id)) {
                put_parts(piece, scratch, put);
            } else {
                put(piece, symbol.id);
            }
        }
        put_unknown();
    }

    /// The two that a piece is joined of, as the bytes of the left one; 0 where joining its
    /// characters does not end in it, so that no text's does: what stands around them does not
    /// change the order in which they are joined.
    [[nodiscard]] std::size_t joined_of(Id id, Scratch& scratch) const {
        const std::string_view piece = token(id);
        std::size_t count = 0;
        Id made = 0;
        (*this)(piece, scratch, [&](Id part, std::size_t) {
            ++count;
            made = part;
        });
        const std::size_t left = scratch.symbols_.size() > 1 ? scratch.last_left_ : 0;
        return count == 1 && made == id ? left : 0;
    }
    /// The place of a piece's score among all, the highest first; equal ones have the same.
    [[nodiscard]] std::uint32_t rank(Id id) const noexcept { return ranks_[id]; }
    [[nodiscard]] bool byte_fallback() const noexcept { return vocabulary_.byte_fallback(); }

    [[nodiscard]] std::size_t size() const noexcept { return vocabulary_.size(); }
    [[nodiscard]] std::string_view token(Id id) const noexcept { return vocabulary_.token(id); }
    [[nodiscard]] std::optional<Id> find(std::string_view token) const noexcept {
        return vocabulary_.find(token);
    }
    [[nodiscard]] std::size_t length(Id id) const noexcept { return vocabulary_.length(id); }
    [[nodiscard]] Id unknown() const noexcept { return vocabulary_.unknown(); }
    [[nodiscard]] PieceType type(Id id) const noexcept { return vocabulary_.type(id); }

    /// True where the pieces of a text are those of its parts, cut before each run of U+2581.
    [[nodiscard]] bool splits_at_spaces() const noexcept {
        return vocabulary_.splits_before_spaces();
    }

    /// The same for cuts after each run, for models in which spaces end words.
    [[nodiscard]] bool splits_after_spaces() const noexcept {
        return vocabulary_.splits_after_spaces();
    }

    [[nodiscard]] std::string settings() const {
        return "sentencepiece bpe " + std::to_string(vocabulary_.checksum()) +
               (vocabulary_.byte_fallback() ? " byte-fallback" : "");
    }

private:
    static constexpr std::uint32_t none = ~0u;
    /// Up to so many symbols looking at all of them is quicker than a heap.
    static constexpr std::size_t short_text = 40;

    /// The highest score has rank 0; equal ones have the same.
    void find_ranks(std::span<const SentencePiece> pieces) {
        std::vector<float> scores;
        for (const SentencePiece& piece : pieces) {
            scores.push_back(piece.score);
        }
        const auto is_higher = [](float a, float b) { return a > b; };
        std::sort(scores.begin(), scores.end(), is_higher);
        scores.erase(std::unique(scores.begin(), scores.end()), scores.end());
        for (const SentencePiece& piece : pieces) {
            const auto found =
                std::lower_bound(scores.begin(), scores.end(), piece.score, is_higher);
            ranks_.push_back(static_cast<std::uint32_t>(found - scores.begin()));
        }
    }

    [[nodiscard]] bool is_unused(Id id) const noexcept {
        return id != detail::PieceTrie::no_piece && vocabulary_.type(id) == PieceType::unused;
    }

    /// Characters and user-defined pieces.
    void split(std::string_view text, Scratch& scratch) const {
        scratch.symbols_.clear();
        for (std::size_t at = 0; at < text.size();) {
            const std::string_view rest = text.substr(at);
            Scratch::Symbol symbol;
            std::size_t length = user_defined_.empty() ? 0 : user_defined_.longest(rest);
            symbol.is_frozen = length != 0;
            if (length == 0) length = detail::character_length(rest);
            symbol.begin = static_cast<std::uint32_t>(at);
            symbol.length = static_cast<std::uint32_t>(length);
            symbol.before = static_cast<std::uint32_t>(scratch.symbols_.size()) - 1; // none first
            symbol.after = symbol.before + 2;
            symbol.node = vocabulary_.trie().root();
            symbol.id = detail::PieceTrie::no_piece;
            if (!vocabulary_.trie().walk(symbol.node, rest.substr(0, length), symbol.id)) {
                symbol.node = 0;
                symbol.id = detail::PieceTrie::no_piece;
            }
            scratch.symbols_.push_back(symbol);
            at += length;
        }
        scratch.symbols_.back().after = none;
    }

    /// The piece that a symbol and the next are; false where they are none.
    bool find_pair(std::string_view text, Scratch& scratch, std::uint32_t left,
                   std::uint32_t right) const {
        Scratch::Symbol& symbol = scratch.symbols_[left];
        const Scratch::Symbol& next = scratch.symbols_[right];
        symbol.joined = detail::PieceTrie::no_piece;
        if (symbol.is_frozen || next.is_frozen || symbol.node == 0) return false;
        symbol.joined_node = symbol.node;
        Id id = 0;
        if (!vocabulary_.trie().walk(symbol.joined_node, text.substr(next.begin, next.length),
                                     id) ||
            id == detail::PieceTrie::no_piece) {
            return false;
        }
        symbol.joined = id;
        if (is_unused(id)) keep_split(scratch, id, symbol.length);
        return true;
    }

    /// An unused piece was joined of one of `left` bytes and another.
    void keep_split(Scratch& scratch, Id id, std::uint32_t left) const {
        scratch.splits_.resize((std::max)(scratch.splits_.size(), size()), 0);
        if (scratch.splits_[id] == 0) scratch.split_ids_.push_back(id);
        scratch.splits_[id] = left;
    }

    static void forget_splits(Scratch& scratch) {
        for (const Id id : scratch.split_ids_) {
            scratch.splits_[id] = 0;
        }
        scratch.split_ids_.clear();
    }

    /// Joins a symbol and the next, which are the piece `id`.
    void join(Scratch& scratch, std::uint32_t left, std::uint32_t right, Id id,
              detail::PieceTrie::Node node) const {
        Scratch::Symbol& symbol = scratch.symbols_[left];
        Scratch::Symbol& next = scratch.symbols_[right];
        scratch.last_left_ = symbol.length;
        symbol.length += next.length;
        symbol.after = next.after;
        symbol.id = id;
        symbol.node = node;
        if (next.after != none) scratch.symbols_[next.after].before = left;
        next.length = 0;
    }

    void join_few(std::string_view text, Scratch& scratch) const {
        auto& symbols = scratch.symbols_;
        for (std::uint32_t i = 0; i + 1 < symbols.size(); ++i) {
            find_pair(text, scratch, i, i + 1);
        }
        symbols.back().joined = detail::PieceTrie::no_piece;
        for (;;) {
            std::uint32_t best = none;
            for (std::uint32_t i = 0; i != none; i = symbols[i].after) {
                if (symbols[i].joined == detail::PieceTrie::no_piece) continue;
                if (best == none || ranks_[symbols[i].joined] < ranks_[symbols[best].joined]) {
                    best = i;
                }
            }
            if (best == none) return;
            join(scratch, best, symbols[best].after, symbols[best].joined,
                 symbols[best].joined_node);
            symbols[best].joined = detail::PieceTrie::no_piece;
            const std::uint32_t before = symbols[best].before;
            if (before != none) find_pair(text, scratch, before, best);
            if (symbols[best].after != none) find_pair(text, scratch, best, symbols[best].after);
        }
    }

    void join_many(std::string_view text, Scratch& scratch) const {
        auto& symbols = scratch.symbols_;
        const auto add = [&](std::uint32_t left, std::uint32_t right) {
            if (left == none || right == none || !find_pair(text, scratch, left, right)) return;
            scratch.pairs_.push(ranks_[symbols[left].joined], left);
        };
        for (std::uint32_t i = 0; i + 1 < symbols.size(); ++i) {
            add(i, i + 1);
        }
        symbols.back().joined = detail::PieceTrie::no_piece;
        std::uint32_t rank = 0;
        for (std::uint32_t left = 0; scratch.pairs_.pop(rank, left);) {
            const Id id = symbols[left].joined;
            // One of the two was joined with another meanwhile.
            if (id == detail::PieceTrie::no_piece || ranks_[id] != rank) continue;
            const std::uint32_t right = symbols[left].after;
            join(scratch, left, right, id, symbols[left].joined_node);
            symbols[left].joined = detail::PieceTrie::no_piece;
            symbols[right].joined = detail::PieceTrie::no_piece;
            add(symbols[left].before, left);
            add(left, symbols[left].after);
        }
    }

    /// Splits a piece that is unused until no part is.
    template <class Put>
    void put_parts(std::string_view piece, Scratch& scratch, const Put& put) const {
        scratch.left_.assign(1, piece);
        while (!scratch.left_.empty()) {
            const std::string_view part = scratch.left_.back();
            scratch.left_.pop_back();
            const Id id = vocabulary_.trie().find(part).value_or(detail::PieceTrie::no_piece);
            const std::uint32_t left =
                is_unused(id) && id < scratch.splits_.size() ? scratch.splits_[id] : 0;
            if (left == 0) {
                put(part, id);
                continue;
            }
            scratch.left_.push_back(part.substr(left));
            scratch.left_.push_back(part.substr(0, left));
        }
    }

    detail::PieceVocabulary vocabulary_;
    detail::PieceTrie user_defined_;
    std::vector<std::uint32_t> ranks_; ///< of the scores, by id
};

static_assert(SubwordModel<SentencePieceBpe>);

} // namespace firth
