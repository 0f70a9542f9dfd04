#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/text/any_step.hpp>
#include <firth/text/normalized_text.hpp>
#include <firth/text/piece_batch.hpp>

namespace firth {

/// A `RewritingPreTokenizer`: several, one after another, each on the pieces of the one before.
class PreTokenizerSequence {
public:
    explicit PreTokenizerSequence(std::vector<AnyPreTokenizer> steps) : steps_(std::move(steps)) {}

    [[nodiscard]] const std::vector<AnyPreTokenizer>& steps() const noexcept { return steps_; }

    std::size_t operator()(std::string_view text, std::size_t from, PieceBatch& to) const {
        if (steps_.empty()) return AnyPreTokenizer()(text, from, to);
        return cut(text, from, 0, to);
    }

    [[nodiscard]] bool rewrites() const {
        for (const AnyPreTokenizer& step : steps_) {
            if (step.rewrites()) return true;
        }
        return false;
    }

    void rewrite(std::string_view text, bool is_first, NormalizedText& to,
                 PieceBatch& pieces) const {
        NormalizedText before(to.keeps_sources());
        before.append_unchanged(text, 0, text.size());
        PieceBatch parts;
        parts.add(0, text.size());
        for (const AnyPreTokenizer& step : steps_) {
            NormalizedText after(to.keeps_sources());
            PieceBatch cut;
            for (const Piece& part : parts) {
                add_part(step, before, part, is_first, after, cut);
            }
            std::swap(before, after);
            std::swap(parts, cut);
        }
        for (const Piece& part : parts) {
            pieces.add(to.size() + part.begin, to.size() + part.end);
        }
        to.append_all(before);
    }

    [[nodiscard]] std::string settings() const {
        std::string all = "sequence";
        for (const AnyPreTokenizer& step : steps_) {
            all += ", " + step.settings();
        }
        return all;
    }

private:
    std::size_t cut(std::string_view text, std::size_t from, std::size_t step,
                    PieceBatch& to) const {
        if (step + 1 == steps_.size()) return steps_[step](text, from, to);
        PieceBatch parts;
        const std::size_t next = steps_[step](text, from, parts);
        for (const Piece& part : parts) {
            const std::string_view within = text.substr(part.begin, part.end - part.begin);
            for (std::size_t at = 0; at < within.size();) {
                PieceBatch finer;
                at = cut(within, at, step + 1, finer);
                for (const Piece& piece : finer) {
                    to.add(part.begin + piece.begin, part.begin + piece.end);
                }
            }
        }
        return next;
    }

    static void add_part(const AnyPreTokenizer& step, const NormalizedText& before,
                         const Piece& part, bool is_first, NormalizedText& after, PieceBatch& cut) {
        const std::string_view text =
            std::string_view(before.bytes()).substr(part.begin, part.end - part.begin);
        NormalizedText changed(after.keeps_sources());
        PieceBatch pieces;
        if (step.rewrites()) {
            step.rewrite(text, is_first && part.begin == 0, changed, pieces);
        } else {
            changed.append_unchanged(text, 0, text.size());
            for (std::size_t at = 0; at < text.size();) {
                PieceBatch some;
                at = step(text, at, some);
                for (const Piece& piece : some) {
                    pieces.add(piece.begin, piece.end);
                }
            }
        }
        for (const Piece& piece : pieces) {
            cut.add(after.size() + piece.begin, after.size() + piece.end);
        }
        after.append_part(changed, before, part.begin);
    }

    std::vector<AnyPreTokenizer> steps_;
};

} // namespace firth
