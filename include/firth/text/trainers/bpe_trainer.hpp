#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/progress.hpp>
#include <firth/base/utf8.hpp>
#include <firth/table/id.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/text/pre_tokenizers/byte_level.hpp>
#include <firth/text/tokenizers/bpe.hpp>
#include <firth/text/tokenizers/merge_table.hpp>
#include <firth/text/tokenizers/token_table.hpp>
#include <firth/text/trainers/detail/pair_merger.hpp>
#include <firth/text/unicode/properties.hpp>

namespace firth {

/// How byte-pair encoding is trained. Names and meanings are those of Hugging Face's tokenizers.
struct BpeTrainerOptions {
    std::size_t vocab_size = 30000;            ///< tokens in all, at most
    std::uint64_t min_frequency = 0;           ///< of a pair that is merged
    std::vector<std::string> special_tokens{}; ///< the first ids, in this order
    std::size_t limit_alphabet = 0; ///< characters to keep, the most frequent ones; 0: all
    std::string initial_alphabet{}; ///< characters to have whether they occur or not
    /// Merges of more than two characters make tokens of fewer characters than this; 0: of any.
    std::size_t max_token_length = 0;
    std::string continuing_subword_prefix{}; ///< before every character of a piece but the first
    std::string end_of_word_suffix{};        ///< after the last character of a piece
    bool bytes = false;          ///< symbols are bytes, not characters; so in `initial_alphabet`
    ProgressCallback progress{}; ///< gets tokens as units
};

/// Each byte once: the `initial_alphabet` of byte-level models.
[[nodiscard]] inline std::string all_bytes() {
    std::string bytes(256, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<char>(i);
    }
    return bytes;
}

namespace detail {

/// Tokens with their places as ids.
inline std::vector<std::pair<std::string_view, Id>>
numbered(const std::vector<std::string>& tokens) {
    std::vector<std::pair<std::string_view, Id>> all;
    all.reserve(tokens.size());
    for (Id id = 0; id < tokens.size(); ++id) {
        all.emplace_back(tokens[id], id);
    }
    return all;
}

} // namespace detail

/// What was learnt: the tokens by their ids, and the merges in the order of their ranks.
struct TrainedBpe {
    std::vector<std::string> tokens{};
    std::vector<Bpe::Rule> merges{};
    BpeOptions options{};   ///< of the model: bytes, prefix, suffix
    bool cancelled = false; ///< by the callback; what was learnt so far is there

    [[nodiscard]] TokenTable table() const {
        return TokenTable(detail::numbered(tokens), "the trained vocabulary");
    }

    [[nodiscard]] Bpe model() const { return Bpe(table(), merges, options); }
};

namespace detail {

/// The symbols that a piece is made of before anything is merged.
class BpeAlphabet {
public:
    /// Throws `Error` where the counts of all together are 0, or 2^63 characters or more.
    BpeAlphabet(const Vocabulary& pieces, const BpeTrainerOptions& options) : options_(options) {
        count_characters(pieces);
        choose();
    }

    /// How many characters there are.
    [[nodiscard]] std::size_t size() const noexcept { return points_.size(); }

    /// How many characters all pieces have, each piece once.
    [[nodiscard]] std::size_t occurrences() const noexcept { return occurrences_; }

    /// Gives each character an id, and then each form of one with a prefix or a suffix that occurs.
    void add_tokens(const Vocabulary& pieces, Vocabulary& tokens) {
        std::array<std::vector<bool>, forms> occurs;
        for (std::vector<bool>& each : occurs) {
            each.resize(points_.size());
        }
        if (!options_.continuing_subword_prefix.empty() || !options_.end_of_word_suffix.empty()) {
            for (Id piece = 0; piece < pieces.size(); ++piece) {
                if (pieces.count(piece) == 0) continue;
                for_each_known(pieces[piece], [&](std::uint32_t character, std::size_t form) {
                    occurs[form][character] = true;
                });
            }
        }
        for (std::size_t form = 0; form < forms; ++form) {
            ids_[form].assign(points_.size(), no_id);
            for (std::size_t i = 0; i < points_.size(); ++i) {
                if (form != 0 && !occurs[form][i]) continue;
                ids_[form][i] = tokens.add(spelled(points_[i], form)).first;
            }
        }
    }

    /// The symbols of a piece; characters that are left out vanish.
    void encode(std::string_view piece, std::vector<Id>& to) const {
        to.clear();
        for_each_known(piece, [&](std::uint32_t character, std::size_t form) {
            to.push_back(ids_[form][character]);
        });
    }

private:
    static constexpr std::size_t forms = 4; ///< 1: with a prefix, 2: with a suffix, 3: with both
    static constexpr std::uint32_t no_character = 0xFFFFFFFFu;
    static constexpr std::size_t all_points = 0x110000;

    /// Calls `on_character(point, begin, end)` for each; bytes that are no UTF-8 are passed over.
    template <class OnCharacter>
    void for_each_character(std::string_view text, OnCharacter&& on_character) const {
        if (options_.bytes) {
            for (std::size_t at = 0; at < text.size(); ++at) {
                on_character(characters_.point(static_cast<unsigned char>(text[at])), at, at + 1);
            }
            return;
        }
        for (std::size_t at = 0; at < text.size();) {
            if (utf8_length(text.substr(at)) == 0) {
                ++at;
                continue;
            }
            const DecodedCharacter next = decode_utf8(text, at);
            on_character(next.point, at, at + next.length);
            at += next.length;
        }
    }

    /// Calls `on_character(its place in the alphabet, form)` for each that the alphabet has.
    template <class OnCharacter>
    void for_each_known(std::string_view piece, OnCharacter&& on_character) const {
        const bool prefixes = !options_.continuing_subword_prefix.empty();
        const bool suffixes = !options_.end_of_word_suffix.empty();
        for_each_character(piece, [&](std::uint32_t point, std::size_t begin, std::size_t end) {
            const std::uint32_t character = index_[point];
            if (character == no_character) return;
            on_character(character, std::size_t(prefixes && begin != 0) +
                                        2 * (suffixes && end == piece.size()));
        });
    }

    void count_characters(const Vocabulary& pieces) {
        counts_.resize(options_.bytes ? 0x144 : all_points);
        constexpr auto most = (std::numeric_limits<std::int64_t>::max)();
        std::uint64_t sum = 0;
        for (Id piece = 0; piece < pieces.size(); ++piece) {
            const std::string_view text = pieces[piece];
            const std::uint64_t count = pieces.count(piece);
            if (count == 0) continue;
            if (!text.empty() && count > (std::uint64_t(most) - sum) / text.size()) {
                throw Error("the counts of the pieces are too high: together they have 2^63 "
                            "characters or more");
            }
            sum += count * text.size();
            for_each_character(text, [&](std::uint32_t point, std::size_t, std::size_t) {
                counts_[point] += count;
                ++occurrences_;
            });
        }
        if (sum == 0) throw Error("there are no pieces to train on");
        for_each_character(options_.initial_alphabet,
                           [&](std::uint32_t point, std::size_t, std::size_t) {
                               counts_[point] = (std::numeric_limits<std::uint64_t>::max)();
                           });
    }

    void choose() {
        for (std::uint32_t point = 0; point < counts_.size(); ++point) {
            if (counts_[point] != 0) points_.push_back(point);
        }
        if (options_.limit_alphabet != 0 && points_.size() > options_.limit_alphabet) {
            std::stable_sort(points_.begin(), points_.end(), [&](std::uint32_t a, std::uint32_t b) {
                return counts_[a] > counts_[b];
            });
            points_.resize(options_.limit_alphabet);
            std::sort(points_.begin(), points_.end());
        }
        index_.assign(counts_.size(), no_character);
        for (std::uint32_t i = 0; i < points_.size(); ++i) {
            index_[points_[i]] = i;
        }
    }

    [[nodiscard]] std::string spelled(std::uint32_t point, std::size_t form) const {
        std::string token;
        if ((form & 1) != 0) token += options_.continuing_subword_prefix;
        append_utf8(token, point);
        if (options_.bytes) {
            const std::string characters = std::exchange(token, std::string());
            characters_.append_bytes(characters, token);
        }
        if ((form & 2) != 0) token += options_.end_of_word_suffix;
        return token;
    }

    const BpeTrainerOptions& options_;
    std::size_t occurrences_ = 0;
    static constexpr ByteCharacters characters_{};
    std::vector<std::uint64_t> counts_; ///< by code point
    std::vector<std::uint32_t> points_; ///< those kept, by code point
    std::vector<std::uint32_t> index_;  ///< of a code point among those
    std::array<std::vector<Id>, forms> ids_;
};

inline void check_options(const BpeTrainerOptions& options) {
    if (options.vocab_size == 0 || options.vocab_size > MergeTable::most_tokens) {
        throw OptionError("vocab_size = " + std::to_string(options.vocab_size) +
                          ", expected 1 to " + std::to_string(MergeTable::most_tokens));
    }
    if (options.bytes &&
        (!options.continuing_subword_prefix.empty() || !options.end_of_word_suffix.empty())) {
        throw OptionError("a prefix or suffix of tokens that are bytes, expected characters");
    }
    for (const std::string& token : options.special_tokens) {
        if (token.empty()) throw OptionError("a special token is empty, expected a byte or more");
    }
}

} // namespace detail

/// Learns byte-pair encoding (Sennrich, Haddow and Birch, 2016) from pieces and their counts, which
/// `count_pieces` gives: again and again, the two tokens that are neighbours most often become one.
/// Of equally frequent pairs the one of the lowest left and then right id comes first. The first
/// ids are the special tokens', then those of the characters by their code points (of bytes: by
/// those of `ByteCharacters`), then of their forms with a prefix or suffix, then of the merges.
///
/// These are the merges that Hugging Face's tokenizers 0.23 finds. With prefixes or suffixes there,
/// the ids of the characters' forms are in the order of a hash table, so that pairs which are
/// equally frequent are merged in an order that changes from run to run; and where a text spells
/// tokens that look like such forms ("##a"), neighbours that come up again after they were merged
/// are merged at other steps than here. `max_token_length` is the one of that program, which says
/// "at most" and means "less than".
///
/// Time: in the characters of the distinct pieces, not in how often they were seen nor in how long
/// they are. Memory: about 25 bytes a character of the distinct pieces and 70 a distinct pair.
///
/// Throws `OptionError` where `vocab_size` has no room for the special tokens and the alphabet, and
/// `Error` where there are no pieces, or counts of 2^63 characters and more.
[[nodiscard]] inline TrainedBpe train_bpe(const Vocabulary& pieces,
                                          const BpeTrainerOptions& options = {}) {
    detail::check_options(options);
    Vocabulary tokens;
    for (const std::string& token : options.special_tokens) {
        tokens.add(token);
    }
    const std::size_t special = tokens.size();
    detail::BpeAlphabet alphabet(pieces, options);
    alphabet.add_tokens(pieces, tokens);
    if (tokens.size() > options.vocab_size) {
        throw OptionError("vocab_size = " + std::to_string(options.vocab_size) +
                          ", expected at least " + std::to_string(tokens.size()) + ": " +
                          std::to_string(special) + " special tokens and an alphabet of " +
                          std::to_string(tokens.size() - special));
    }

    detail::PairMerger merger(options.max_token_length);
    merger.reserve(alphabet.occurrences(), pieces.size());
    std::vector<Id> symbols;
    for (Id piece = 0; piece < pieces.size(); ++piece) {
        if (pieces.count(piece) == 0) continue;
        alphabet.encode(pieces[piece], symbols);
        merger.add_word(symbols, pieces.count(piece));
    }
    merger.count_pairs(tokens.size());

    TrainedBpe trained;
    ProgressMeter meter(options.progress);
    Progress progress;
    progress.total = options.vocab_size;
    while (tokens.size() < options.vocab_size) {
        const auto best = merger.best();
        if (!best || best->count < options.min_frequency) break;
        std::string spelled(tokens[best->left]);
        std::string_view rest = tokens[best->right];
        if (rest.starts_with(options.continuing_subword_prefix))
            rest.remove_prefix(options.continuing_subword_prefix.size());
        spelled += rest;
        const Id merged = tokens.add(spelled).first;
        if (!best->again) trained.merges.push_back({best->left, best->right, merged});
        merger.add_symbols(tokens.size(), merger.length(best->left) + merger.length(best->right));
        merger.merge(*best, merged);
        progress.done = tokens.size();
        if (!meter.report(progress)) {
            trained.cancelled = true;
            break;
        }
    }
    progress.done = tokens.size();
    if (!trained.cancelled && !meter.report(progress, true)) trained.cancelled = true;
    for (const std::string_view token : tokens.symbols()) {
        trained.tokens.emplace_back(token);
    }
    trained.options.bytes = options.bytes;
    trained.options.continuing_prefix = options.continuing_subword_prefix;
    trained.options.end_suffix = options.end_of_word_suffix;
    return trained;
}

} // namespace firth
