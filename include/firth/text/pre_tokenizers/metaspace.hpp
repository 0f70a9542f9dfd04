#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <firth/text/normalized_text.hpp>
#include <firth/text/piece_batch.hpp>
#include <firth/text/sentence_piece.hpp>
#include <firth/text/unicode/properties.hpp>

namespace firth {

/// Cuts a text at runs of U+2581, so that a run begins or ends the piece that it belongs to. The
/// pieces of SentencePiece models whose `splits_at_spaces()` is true may be found part by part,
/// and so kept.
struct SpaceRunPieces {
    enum class Side {
        before, ///< cut before each run
        after,  ///< cut after it
    };
    Side side = Side::before;

    std::size_t operator()(std::string_view text, std::size_t from, PieceBatch& to) const {
        while (from < text.size() && !to.full()) {
            std::size_t end = side == Side::before ? after_run(text, from) : from;
            end = (std::min)(text.find(space_mark, end), text.size());
            if (side == Side::after) end = after_run(text, end);
            to.add(from, end);
            from = end;
        }
        return from;
    }

    [[nodiscard]] std::string settings() const {
        return side == Side::before ? "before spaces" : "after spaces";
    }

private:
    static std::size_t after_run(std::string_view text, std::size_t at) noexcept {
        while (at + space_mark.size() <= text.size() &&
               std::memcmp(text.data() + at, space_mark.data(), space_mark.size()) == 0) {
            at += space_mark.size();
        }
        return at;
    }
};

static_assert(PreTokenizer<SpaceRunPieces>);

/// Hugging Face's Metaspace: a mark for each space, one before the text, and cuts before each mark.
struct Metaspace {
    /// Which texts get a mark before them that begin with none.
    enum class PrependScheme {
        always, ///< each part between added tokens
        first,  ///< the first part only
        never,
    };

    std::string replacement{space_mark}; ///< the mark: one character
    PrependScheme prepend_scheme = PrependScheme::always;
    bool split = true; ///< false: the text is one piece
    /// Where it is one: pieces for a model that makes the same tokens of parts, cut before each run
    /// of marks.
    bool cuts_before_runs = false;

    /// Appends to `to` the text with its marks; that before the text stands for its first
    /// character. `is_first` says that it is the whole text's begin.
    void rewrite(std::string_view text, bool is_first, NormalizedText& to) const {
        const bool prepend = prepend_scheme == PrependScheme::always ||
                             (prepend_scheme == PrependScheme::first && is_first);
        if (prepend && !text.empty() && text[0] != ' ' && !text.starts_with(replacement)) {
            to.append(replacement, 0, decode_utf8(text, 0).length);
        }
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t space = (std::min)(text.find(' ', at), text.size());
            if (space != at) to.append_unchanged(text, at, space);
            if (space == text.size()) break;
            to.append(replacement, space, space + 1);
            at = space + 1;
        }
    }

    [[nodiscard]] bool rewrites() const noexcept { return true; }

    /// The same, and its pieces.
    void rewrite(std::string_view text, bool is_first, NormalizedText& to,
                 PieceBatch& pieces) const {
        std::size_t from = to.size();
        rewrite(text, is_first, to);
        while (from < to.size()) {
            const std::size_t end = piece_end(to.bytes(), from);
            pieces.add(from, end);
            from = end;
        }
    }

    /// Cuts what `rewrite` made.
    std::size_t operator()(std::string_view text, std::size_t from, PieceBatch& to) const {
        while (from < text.size() && !to.full()) {
            const std::size_t end = piece_end(text, from);
            to.add(from, end);
            from = end;
        }
        return from;
    }

    [[nodiscard]] std::string settings() const {
        return "metaspace " + replacement + ' ' + std::to_string(static_cast<int>(prepend_scheme)) +
               (split ? " split" : " whole");
    }

private:
    [[nodiscard]] std::size_t piece_end(std::string_view text, std::size_t from) const noexcept {
        if (!split && !cuts_before_runs) return text.size();
        std::size_t at = from + 1;
        while (!split && text.substr(at - 1).starts_with(replacement)) {
            at += replacement.size();
        }
        return (std::min)(text.find(replacement, at), text.size());
    }
};

static_assert(PreTokenizer<Metaspace>);

} // namespace firth
