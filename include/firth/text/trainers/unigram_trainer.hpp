#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/messages.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/progress.hpp>
#include <firth/base/thread_count.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/text/sentence_piece.hpp>
#include <firth/text/trainers/detail/unigram_lattice.hpp>
#include <firth/text/trainers/detail/unigram_runs.hpp>

namespace firth {

/// How a Unigram model is trained; the names and what they stand for at first are SentencePiece's.
struct UnigramTrainerOptions {
    std::size_t vocab_size = 8000; ///< pieces in all, those for special purposes among them
    bool hard_vocab_limit = true;  ///< fewer pieces than that are an error
    std::size_t seed_sentencepiece_size = 1'000'000; ///< pieces to begin with
    std::size_t max_sentencepiece_length = 16;       ///< in characters
    /// The share of all characters that the vocabulary has pieces for, the frequent ones first.
    double character_coverage = 0.9995;
    std::string required_chars{};                    ///< characters that have a piece in any case
    double shrinking_factor = 0.75;                  ///< the share of pieces that stay in a round
    std::size_t num_sub_iterations = 2;              ///< passes over the words in a round
    bool split_by_unicode_script = true;             ///< no piece has characters of several scripts
    bool split_by_number = true;                     ///< digits count as a script of their own
    bool split_digits = false;                       ///< digits stand alone
    bool byte_fallback = false;                      ///< pieces for all bytes
    std::vector<std::string> user_defined_symbols{}; ///< pieces that are always found
    std::vector<std::string> control_symbols{};      ///< pieces that no text holds
    std::int32_t unk_id = 0;
    std::int32_t bos_id = 1; ///< -1 for none, as with the next two
    std::int32_t eos_id = 2;
    std::int32_t pad_id = -1;
    std::string unk_piece = "<unk>";
    std::string bos_piece = "<s>";
    std::string eos_piece = "</s>";
    std::string pad_piece = "<pad>";
    std::size_t threads = 0; ///< 0: all of the machine's
    /// Passes over the words are its units, how many there will be an estimate; the loss is in nats
    /// a character.
    ProgressCallback progress{};
};

namespace detail {

inline void check_options(const UnigramTrainerOptions& options) {
    const auto between = [](const char* name, double value, double least, double most) {
        require_option(value >= least && value <= most, name, float_text(value), float_text(least),
                       " to ", float_text(most));
    };
    require_option(options.vocab_size >= 1 && options.vocab_size <= most_pieces, "vocab_size",
                   options.vocab_size, "1 to ", most_pieces);
    // What is more fits in 32 bits, but in no machine's memory.
    constexpr std::size_t most_seeds = 1'000'000'000;
    require_option(options.seed_sentencepiece_size >= 1 &&
                       options.seed_sentencepiece_size <= most_seeds,
                   "seed_sentencepiece_size", options.seed_sentencepiece_size, "1 to ", most_seeds);
    require_option(options.max_sentencepiece_length >= 1 && options.max_sentencepiece_length <= 512,
                   "max_sentencepiece_length", options.max_sentencepiece_length, "1 to 512");
    require_option(options.num_sub_iterations >= 1 && options.num_sub_iterations <= 100,
                   "num_sub_iterations", options.num_sub_iterations, "1 to 100");
    between("character_coverage", options.character_coverage, 0.5, 1);
    between("shrinking_factor", options.shrinking_factor, 0.1, 0.99);
}

/// The pieces of a vocabulary that are not trained, by their ids. Throws `OptionError`.
inline std::map<std::size_t, SentencePiece> special_pieces(const UnigramTrainerOptions& options) {
    std::map<std::size_t, SentencePiece> pieces;
    std::map<std::string, std::size_t> ids;
    const auto fail = [](const std::string& piece, const char* what) {
        throw OptionError("the special piece \"" + piece + "\" " + what);
    };
    const auto add = [&](std::size_t id, const std::string& text, PieceType type) {
        if (text.empty()) fail(text, "is empty, expected a name");
        if (!is_utf8(text)) fail(text, "is no UTF-8");
        if (!ids.emplace(text, id).second) fail(text, "is there twice");
        if (!pieces.emplace(id, SentencePiece{text, 0, type}).second) {
            fail(text, ("has the id " + std::to_string(id) + " of another").c_str());
        }
    };
    const auto add_at = [&](const char* name, std::int32_t id, const std::string& text,
                            PieceType type, bool is_needed) {
        if (id == -1 && !is_needed) return;
        require_option(id >= 0 && static_cast<std::size_t>(id) < options.vocab_size, name, id,
                       is_needed ? "" : "-1 for none, or ", "0 to ", options.vocab_size - 1);
        add(static_cast<std::size_t>(id), text, type);
    };
    add_at("unk_id", options.unk_id, options.unk_piece, PieceType::unknown, true);
    add_at("bos_id", options.bos_id, options.bos_piece, PieceType::control, false);
    add_at("eos_id", options.eos_id, options.eos_piece, PieceType::control, false);
    add_at("pad_id", options.pad_id, options.pad_piece, PieceType::control, false);
    std::size_t next = 0;
    const auto add_next = [&](const std::string& text, PieceType type) {
        while (pieces.contains(next)) {
            ++next;
        }
        add(next, text, type);
    };
    // A symbol may say again what the beginning, the end or padding are.
    const auto add_symbol = [&](const std::string& text, PieceType type) {
        const auto found = ids.find(text);
        const bool is_named =
            found != ids.end() &&
            (text == options.bos_piece || text == options.eos_piece || text == options.pad_piece);
        if (!is_named || text == options.unk_piece) return add_next(text, type);
        pieces[found->second].type = type;
    };
    for (const std::string& text : options.control_symbols) {
        add_symbol(text, PieceType::control);
    }
    for (const std::string& text : options.user_defined_symbols) {
        add_symbol(text, PieceType::user_defined);
    }
    for (unsigned byte = 0; options.byte_fallback && byte < 256; ++byte) {
        constexpr char digits[] = "0123456789ABCDEF";
        add_next(std::string("<0x") + digits[byte / 16] + digits[byte % 16] + '>', PieceType::byte);
    }
    return pieces;
}

/// The trained pieces of a lattice, the likeliest first: all characters, and the best others, those
/// that are never made last of all.
inline std::vector<SentencePiece> best_pieces(const UnigramLattice& lattice, std::size_t most) {
    std::vector<SentencePiece> pieces;
    double least = lattice.least_score();
    for (std::size_t piece = 0; piece < lattice.characters(); ++piece) {
        double score = lattice.score(piece);
        // No two characters that were removed shall be as likely.
        if (lattice.removed(piece)) score = least -= 1e-4;
        pieces.push_back({lattice.text(piece), static_cast<float>(score), PieceType::normal});
    }
    const auto by_score = [](const SentencePiece& a, const SentencePiece& b) {
        return a.score != b.score ? a.score > b.score : a.text < b.text;
    };
    std::vector<SentencePiece> others;
    std::vector<SentencePiece> unreachable;
    for (std::size_t piece = lattice.characters(); piece < lattice.entries(); ++piece) {
        (lattice.reachable(piece) ? others : unreachable)
            .push_back(
                {lattice.text(piece), static_cast<float>(lattice.score(piece)), PieceType::normal});
    }
    std::sort(others.begin(), others.end(), by_score);
    std::sort(unreachable.begin(), unreachable.end(), by_score);
    others.insert(others.end(), unreachable.begin(), unreachable.end());
    for (SentencePiece& piece : others) {
        if (pieces.size() >= most) break;
        pieces.push_back(std::move(piece));
    }
    std::sort(pieces.begin(), pieces.end(), by_score);
    return pieces;
}

} // namespace detail

/// Trains a Unigram model (Kudo 2018, "Subword regularization", section 3.2) as SentencePiece does:
/// of all stretches of characters that are there twice or more, the most frequent ones, times their
/// length, are the first pieces. Then, round by round, their probabilities are fitted to the words
/// by expectation and maximization, and the quarter that the likelihood needs least is taken out,
/// until a tenth more than asked for is left. Of these the likeliest stay, and all characters but
/// the rarest, which are found by `character_coverage`.
///
/// `words` are the different words of a text as a tokenizer would see them, each with a
/// `space_mark` where a space was, and how often each is there. A word may be a whole line: no
/// piece is longer than `max_sentencepiece_length`, and a `space_mark` only begins pieces. Bytes
/// that are no UTF-8 count as U+FFFD. The result depends on the words and their counts alone: not
/// on their order, nor on the number of threads.
///
/// Returns the pieces by their ids, the trained ones by falling score; none where the callback
/// cancels. Throws `OptionError` for options out of range, for a vocabulary smaller than its
/// characters and special pieces, or, under `hard_vocab_limit`, larger than the text allows, and
/// `Error` for words without text. Takes a few bytes a character of the different words, and 40 a
/// piece at first.
[[nodiscard]] inline std::vector<SentencePiece>
train_unigram(const Vocabulary& words, const UnigramTrainerOptions& options = {}) {
    detail::check_options(options);
    const std::size_t threads = resolve_threads(options.threads);
    std::map<std::size_t, SentencePiece> special = detail::special_pieces(options);

    std::vector<std::string> symbols;
    for (const auto& [id, piece] : special) {
        symbols.push_back(piece.text);
    }
    detail::UnigramRunMaker maker(
        symbols, {options.split_by_unicode_script, options.split_by_number, options.split_digits});
    maker.choose_characters(words, options.character_coverage, options.required_chars);
    const detail::UnigramRuns runs = maker.make(words);
    const std::size_t needed = runs.points.size() + special.size();
    if (needed > options.vocab_size) {
        throw OptionError("vocab_size is " + std::to_string(options.vocab_size) +
                          ", expected at least " + std::to_string(needed) + " for the text's " +
                          std::to_string(runs.points.size()) + " characters and " +
                          std::to_string(special.size()) +
                          " special pieces, or a lower character_coverage");
    }

    detail::UnigramLattice lattice(runs,
                                   detail::make_unigram_seeds(runs, options.seed_sentencepiece_size,
                                                              options.max_sentencepiece_length,
                                                              threads),
                                   threads);
    constexpr double least_count = 0.5;
    const std::size_t enough = options.vocab_size + options.vocab_size / 10;
    ProgressMeter meter(options.progress);
    Progress progress;
    for (;;) {
        ++progress.epoch;
        for (std::size_t i = 0; i < options.num_sub_iterations; ++i) {
            const detail::UnigramExpectation expected = lattice.expect();
            lattice.maximize(expected.counts, least_count, true);
            ++progress.done;
            std::size_t left = options.num_sub_iterations - i - 1;
            for (auto size = static_cast<double>(lattice.size());
                 size > static_cast<double>(enough); size *= options.shrinking_factor) {
                left += options.num_sub_iterations;
            }
            progress.total = progress.done + left;
            progress.loss = -expected.log_likelihood / static_cast<double>(runs.characters);
            if (!meter.report(progress, left == 0)) return {};
        }
        if (lattice.size() <= enough) break;
        const double kept = options.shrinking_factor * static_cast<double>(lattice.size());
        const std::size_t before = lattice.size();
        lattice.prune((std::max)(enough, static_cast<std::size_t>(kept)));
        if (lattice.size() == before) break; // all of them must stay
    }

    std::vector<SentencePiece> trained =
        detail::best_pieces(lattice, options.vocab_size - special.size());
    const std::size_t size = trained.size() + special.size();
    if (size < options.vocab_size && options.hard_vocab_limit) {
        throw OptionError("vocab_size is " + std::to_string(options.vocab_size) +
                          ", expected at most " + std::to_string(size) +
                          " for this text, or hard_vocab_limit = false");
    }
    std::vector<SentencePiece> pieces;
    pieces.reserve(size);
    auto next = trained.begin();
    for (std::size_t id = 0; id < size; ++id) {
        if (const auto found = special.find(id); found != special.end()) {
            pieces.push_back(std::move(found->second));
        } else if (next != trained.end()) {
            pieces.push_back(std::move(*next++));
        } else {
            throw OptionError("the special piece \"" + special.upper_bound(id)->second.text +
                              "\" has the id " + std::to_string(special.upper_bound(id)->first) +
                              ", but there are only " + std::to_string(size) + " pieces");
        }
    }
    return pieces;
}

} // namespace firth
