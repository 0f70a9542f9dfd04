#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/text/detail/piece_trie.hpp>
#include <firth/text/sentence_piece.hpp>
#include <firth/text/unicode/properties.hpp>
#include <firth/text/unicode/script.hpp>

namespace firth::detail {

/// Where pieces must end: no piece holds the characters on both sides.
struct PieceBounds {
    bool split_by_unicode_script = true;
    bool split_by_number = true;
    bool split_digits = false;

    /// What goes before a character counts as: a script's number, or `any`.
    static constexpr int any = -1;

    [[nodiscard]] static constexpr bool is_digit(std::uint32_t point) noexcept {
        return (point >= '0' && point <= '9') || (point >= 0xFF10 && point <= 0xFF19);
    }

    /// The script of a character after one of the script `before`. Kana counts as Han, which it
    /// stands among; accents count as what they stand on.
    [[nodiscard]] int script(std::uint32_t point, int before) const noexcept {
        if (!split_by_unicode_script || (!split_by_number && is_digit(point))) return any;
        constexpr std::uint32_t long_vowel = 0x30FC;
        const Script script = script_of(point);
        if (script == Script::inherited) return before;
        if (script == Script::hiragana || script == Script::katakana || point == long_vowel) {
            return static_cast<int>(Script::han);
        }
        // What is not assigned has no script to differ in.
        return static_cast<int>(script == Script::unknown ? Script::common : script);
    }
};

/// A text as a Unigram model sees it: the stretches that no piece reaches beyond. Words are cut at
/// characters that are too rare for the vocabulary, at special pieces, and where `PieceBounds` say;
/// the likelihood of a word is the product of those of its stretches.
struct UnigramRuns {
    std::vector<std::uint32_t> text;   ///< symbols from 1 on, a zero after each run
    std::vector<std::uint32_t> begins; ///< of each run, by their bytes, and the end of the last
    std::vector<std::uint64_t> counts; ///< of each run
    std::vector<std::uint32_t> points; ///< the character of each symbol, from symbol 1 on
    std::vector<std::uint64_t> point_counts;
    std::uint64_t characters = 0; ///< all that the runs stand for

    [[nodiscard]] std::size_t size() const noexcept { return counts.size(); }
};

/// Makes the runs of a text.
class UnigramRunMaker {
public:
    /// `special` are pieces that no other reaches into.
    UnigramRunMaker(const std::vector<std::string>& special, PieceBounds bounds)
        : bounds_(bounds), symbols_(most_points, 0) {
        std::vector<std::pair<std::string_view, Id>> pieces;
        for (const std::string& piece : special) {
            pieces.emplace_back(piece, 0);
        }
        special_ = PieceTrie(std::move(pieces));
    }

    /// The most frequent characters of the words, as many as make up `coverage` of all, and those
    /// of `required`. Throws `Error` where there are none, or too many for 61 bits.
    void choose_characters(const Vocabulary& words, double coverage, std::string_view required) {
        std::vector<std::uint64_t> counts(most_points, 0);
        constexpr std::uint64_t most = std::uint64_t{1} << 61;
        std::uint64_t all = 0;
        for (Id id = 0; id < words.size(); ++id) {
            const std::uint64_t count = words.count(id);
            if (count == 0) continue;
            const std::string_view word = words[id];
            if (count >= most || (most - all) / count <= word.size()) {
                throw Error("the words' counts add up to more than 2^61 characters");
            }
            for_each_character(word, [&](std::uint32_t point, std::size_t, std::size_t) {
                if (point == no_character) return;
                counts[point] += count;
                all += count;
            });
        }
        counts[0] = 0; // no piece may have a zero
        std::vector<bool> is_required(most_points, false);
        for (std::size_t at = 0; at < required.size();) {
            const DecodedCharacter next = decode_utf8(required, at);
            if (next.point != 0) is_required[next.point] = true;
            at += next.length;
        }
        std::vector<std::uint32_t>& points = runs_.points;
        for (std::uint32_t point = 1; point < most_points; ++point) {
            if (counts[point] != 0 || is_required[point]) points.push_back(point);
        }
        if (all == 0) throw Error("there is no text to train on: the words have no characters");
        std::sort(points.begin(), points.end(), [&](std::uint32_t a, std::uint32_t b) {
            if (is_required[a] != is_required[b]) return bool(is_required[a]);
            return counts[a] != counts[b] ? counts[a] > counts[b] : a < b;
        });
        std::uint64_t covered = 0;
        std::size_t kept = 0;
        while (kept < points.size() &&
               (is_required[points[kept]] ||
                static_cast<double>(covered) < coverage * static_cast<double>(all))) {
            covered += counts[points[kept++]];
        }
        points.resize(kept);
        for (std::size_t i = 0; i < kept; ++i) {
            symbols_[points[i]] = static_cast<std::uint32_t>(i + 1);
            runs_.point_counts.push_back(counts[points[i]]);
        }
    }

    /// The runs of the same words, with the characters that were chosen. They depend on nothing but
    /// which words there are, and how many. Throws `Error` for 2^32 characters or more.
    [[nodiscard]] UnigramRuns make(const Vocabulary& words) {
        Vocabulary found;
        for (Id id = 0; id < words.size(); ++id) {
            if (words.count(id) != 0) add_runs(words[id], words.count(id), found);
        }
        std::vector<Id> order(found.size());
        std::iota(order.begin(), order.end(), Id{0});
        std::sort(order.begin(), order.end(), [&](Id a, Id b) { return found[a] < found[b]; });
        for (const Id id : order) {
            runs_.begins.push_back(static_cast<std::uint32_t>(runs_.text.size()));
            const std::string_view run = found[id];
            std::uint64_t length = 0;
            for (std::size_t at = 0; at < run.size(); ++length) {
                const DecodedCharacter next = decode_utf8(run, at);
                runs_.text.push_back(symbols_[next.point]);
                at += next.length;
            }
            runs_.text.push_back(0);
            if (runs_.text.size() >= ~std::uint32_t{0}) {
                throw Error("the different words have more than 2^32 characters in all");
            }
            runs_.counts.push_back(found.count(id));
            runs_.characters += length * found.count(id);
        }
        runs_.begins.push_back(static_cast<std::uint32_t>(runs_.text.size()));
        return std::move(runs_);
    }

private:
    static constexpr std::uint32_t most_points = 0x110000;
    static constexpr std::uint32_t no_character = ~std::uint32_t{0}; ///< a special piece

    /// Calls `on_character(point, begin, end)`; a special piece is one call, with `no_character`.
    template <class OnCharacter>
    void for_each_character(std::string_view word, OnCharacter&& on_character) const {
        for (std::size_t at = 0; at < word.size();) {
            if (const std::size_t length = special_.longest(word.substr(at)); length != 0) {
                on_character(no_character, at, at + length);
                at += length;
                continue;
            }
            const DecodedCharacter next = decode_utf8(word, at);
            on_character(next.point, at, at + next.length);
            at += next.length;
        }
    }

    void add_runs(std::string_view word, std::uint64_t count, Vocabulary& to) const {
        constexpr std::uint32_t space = 0x2581;
        std::size_t begin = 0; // of the run
        int script = PieceBounds::any;
        bool after_digit = false;
        const auto end_run = [&](std::size_t end) {
            if (begin != end) to.add(word.substr(begin, end - begin), count);
            begin = end;
        };
        for_each_character(word, [&](std::uint32_t point, std::size_t at, std::size_t end) {
            if (point == no_character || symbols_[point] == 0) {
                end_run(at);
                begin = end;
                script = PieceBounds::any;
                after_digit = false;
                return;
            }
            if (point == space) {
                end_run(at);
                script = PieceBounds::any;
                after_digit = false;
                return;
            }
            const int next = bounds_.script(point, script);
            const bool is_digit = bounds_.split_digits && PieceBounds::is_digit(point);
            const bool differs =
                next != PieceBounds::any && script != PieceBounds::any && next != script;
            if (differs || is_digit || after_digit) end_run(at);
            script = next;
            after_digit = is_digit;
        });
        end_run(word.size());
    }

    PieceBounds bounds_;
    PieceTrie special_;
    std::vector<std::uint32_t> symbols_; ///< of each character; 0 for those left out
    UnigramRuns runs_;
};

} // namespace firth::detail
