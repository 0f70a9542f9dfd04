#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/random.hpp>
#include <firth/base/utf8.hpp>
#include <firth/text/detail/rank_queue.hpp>
#include <firth/text/subword_model.hpp>
#include <firth/text/tokenizers/merge_table.hpp>
#include <firth/text/tokenizers/token_table.hpp>

namespace firth {

/// What a BPE model does beside merging.
struct BpeOptions {
    bool bytes = false;            ///< symbols are bytes, not characters
    std::string unknown;           ///< the token of unknown characters; empty: they vanish
    std::string continuing_prefix; ///< before every character of a piece but the first
    std::string end_suffix;        ///< after the last character of a piece
    bool fuse_unknown = false;     ///< neighbouring unknown characters become one token
    bool byte_fallback = false;    ///< an unknown character becomes its bytes' tokens "<0x0A>"
    bool ignore_merges = false;    ///< a piece that is a token is taken whole
    double dropout = 0; ///< what a file says: the usual strength of `sample`, and of nothing else
    bool operator==(const BpeOptions&) const = default;
};

/// A `SubwordModel`: byte-pair encoding (Sennrich, Haddow and Birch, 2016). The neighbours whose
/// merge has the lowest rank are merged, the leftmost first, until none has one. n log n in the
/// length of a piece, which has fewer than 2^32 bytes.
class Bpe {
public:
    /// One merge, of the tokens `left` and `right`, whose spellings join to a token.
    struct Rule {
        Id left;
        Id right;
        Id token;
        bool operator==(const Rule&) const = default;
    };

    /// Merges in the order of their ranks. A second merge of a pair takes the place of the first.
    /// Throws `FormatError` where the options ask for a token that is not there, and for ids of
    /// 2^21 - 1 and more.
    Bpe(TokenTable tokens, std::span<const Rule> rules, BpeOptions options = {})
        : tokens_(std::move(tokens)), options_(std::move(options)), merges_(rules.size()) {
        if (tokens_.size() > MergeTable::most_tokens) {
            throw FormatError("a model of merges with ids up to " +
                              std::to_string(tokens_.size() - 1) + ", expected fewer than 2^21");
        }
        find_symbols();
        // The last of two wins: they are added from the end.
        merged_.resize(rules.size());
        for (std::size_t i = rules.size(); i-- > 0;) {
            merged_[i] = rules[i].token;
            add(rules[i], static_cast<std::uint32_t>(i));
        }
    }

    /// From ranks, as tiktoken has them: any neighbours whose bytes join to a token merge, and the
    /// id is the rank. A piece that is a token is taken whole.
    ///
    /// One merge a token says the same: that of the two which the merges of lower ranks leave of
    /// its bytes. No other two ever merge to it, since whatever stands around them, the merges
    /// within these bytes happen in the same order: one across their ends would have taken a part
    /// of them away. Where lower ranks leave more than two, as in no trained ranks, higher ones
    /// are looked at, too. A token that no merges lead to is only found as a whole piece.
    static Bpe from_ranks(TokenTable tokens) {
        BpeOptions options;
        options.bytes = true;
        options.ignore_merges = true;
        Bpe made(std::move(tokens), {}, std::move(options));
        const TokenTable& all = made.tokens_;
        made.merges_ = MergeTable(all.size());
        made.merged_.resize(all.size());
        std::iota(made.merged_.begin(), made.merged_.end(), Id(0));
        made.by_ranks_ = true;
        Scratch scratch;
        for (Id id = 0; id < all.size(); ++id) {
            if (all[id].size() < 2) continue;
            Rule rule{no_id, no_id, id};
            std::size_t parts = 0;
            std::size_t bytes = 0;
            made.merge(all[id], scratch, [&](Id part, std::size_t length) {
                (parts == 0 ? rule.left : rule.right) = part;
                ++parts;
                bytes += length;
            });
            if (parts != 2 || bytes != all[id].size()) rule = last_merge(all, id);
            if (rule.token == id) made.add(rule, id);
        }
        return made;
    }

private:
    /// Up to here, looking through all neighbours for the best is quicker than a heap.
    static constexpr std::size_t short_piece = 48;

    /// Symbols of a short piece between two that merge with none, so that no place is a special
    /// case: symbols come to be 1 to `count`, each with those on both sides of it.
    struct Neighbours {
        std::array<Id, short_piece + 2> ids;
        std::array<std::uint32_t, short_piece + 2> lengths;
        std::array<std::uint8_t, short_piece + 2> before;
        std::array<std::uint8_t, short_piece + 2> after;
        /// The rank of the merge of each symbol and its next one, above the symbol's place.
        std::array<std::uint64_t, short_piece + 2> keys;
        std::size_t count = 0;
        std::size_t left = 0; ///< the symbol that was merged last
    };

    /// How many pieces are merged by turns, so that one's look-up waits while others go on.
    static constexpr std::size_t lanes = 6;

    static constexpr std::uint32_t no_symbol = 0xFFFFFFFFu; ///< beside the first and the last

public:
    /// One thread's memory.
    struct Scratch {
        struct Symbol {
            Id id;
            std::uint32_t length; ///< in bytes; 0: it is part of the symbol before it
            std::uint32_t before; ///< where a piece is long: the symbols on both sides
            std::uint32_t after;
            std::uint32_t rank; ///< where a piece is long: of its merge with the next one
        };
        std::vector<Symbol> symbols;
        detail::RankQueue candidates;
        std::string spelling;
        std::vector<std::uint64_t> drawn; ///< a heap of merges, ranks above places
        std::vector<std::uint64_t> left_out;
        std::array<Neighbours, lanes> lane;
    };

    template <class OnToken>
    void operator()(std::string_view piece, Scratch& scratch, OnToken&& on_token) const {
        if (options_.ignore_merges) {
            if (const Id whole = tokens_.find(piece); whole != no_id) {
                on_token(whole, piece.size());
                return;
            }
        }
        merge(piece, scratch, on_token);
    }

    /// BPE-dropout (Provilkov, Emelianenko and Voita, 2020): each time the best merge is looked
    /// for, every one is left out with the probability `dropout`. Where all are, merging ends. At 0
    /// the tokens are those of merging alone, at 1 those of bytes or characters; pieces that are
    /// tokens are not taken whole. As Hugging Face's tokenizers, where merges that have become
    /// impossible are drawn, too. Takes 1 / (1 - dropout) times as long. Throws `OptionError` for a
    /// dropout that is not between 0 and 1.
    template <class OnToken>
    void sample(std::string_view piece, double dropout, Random& random, Scratch& scratch,
                OnToken&& on_token) const {
        if (!(dropout >= 0 && dropout <= 1)) {
            throw OptionError("dropout = " + std::to_string(dropout) + ", expected 0 to 1");
        }
        if (dropout == 0) return (*this)(piece, scratch, on_token);
        split(piece, scratch);
        merge_some(scratch, dropout, random);
        for (const typename Scratch::Symbol& symbol : scratch.symbols) {
            if (symbol.length != 0) on_token(symbol.id, symbol.length);
        }
    }
    [[nodiscard]] std::vector<SubwordToken> sample(std::string_view piece, double dropout,
                                                   Random& random) const {
        Scratch scratch;
        std::vector<SubwordToken> tokens;
        sample(piece, dropout, random, scratch, [&](Id id, std::size_t length) {
            tokens.push_back({id, length});
        });
        return tokens;
    }
    [[nodiscard]] double usual_strength() const noexcept { return options_.dropout; }

    /// The tokens of several pieces, in their order: `on_token(i, id, length)` for the tokens of
    /// the i-th. Takes less time than one after another, where the merges lie in no near cache.
    template <class OnToken>
    void many(std::span<const std::string_view> pieces, Scratch& scratch,
              OnToken&& on_token) const {
        for (std::size_t begin = 0; begin < pieces.size(); begin += lanes) {
            const std::size_t count = (std::min)(lanes, pieces.size() - begin);
            some(
                pieces.subspan(begin, count), scratch,
                [&](std::size_t i, Id id, std::size_t length) { on_token(begin + i, id, length); });
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return tokens_.size(); }
    [[nodiscard]] std::string_view token(Id id) const noexcept { return tokens_[id]; }
    [[nodiscard]] std::optional<Id> find(std::string_view token) const noexcept {
        const Id id = tokens_.find(token);
        return id == no_id ? std::nullopt : std::optional<Id>(id);
    }
    /// How many bytes of a piece this token stands for wherever it is made; 0 where that differs.
    [[nodiscard]] std::size_t length(Id id) const noexcept {
        if (id == unknown_ || !options_.continuing_prefix.empty() || !options_.end_suffix.empty())
            return 0;
        return options_.byte_fallback && is_byte(id) ? 1 : tokens_[id].size();
    }

    [[nodiscard]] const TokenTable& tokens() const noexcept { return tokens_; }
    [[nodiscard]] const MergeTable& merges() const noexcept { return merges_; }
    /// The token that the merge of a rank makes.
    [[nodiscard]] Id merged(std::uint32_t rank) const noexcept { return merged_[rank]; }
    [[nodiscard]] const BpeOptions& options() const noexcept { return options_; }
    /// True where any neighbours merge that join to a token: see `from_ranks`.
    [[nodiscard]] bool by_ranks() const noexcept { return by_ranks_; }

    [[nodiscard]] std::string settings() const {
        std::uint64_t sum = tokens_.checksum();
        merges_.for_each([&](Id left, Id right, std::uint32_t rank) { // in no order: a sum
            sum += (std::uint64_t(left) << 32 ^ std::uint64_t(right) << 11 ^ rank ^
                    std::uint64_t(merged_[rank]) << 43) *
                   0x9E3779B97F4A7C15u;
        });
        return "bpe " + std::to_string(sum) + (options_.bytes ? " bytes" : "") + " unknown " +
               options_.unknown + " prefix " + options_.continuing_prefix + " suffix " +
               options_.end_suffix + (options_.fuse_unknown ? " fused" : "") +
               (options_.byte_fallback ? " fallback" : "") +
               (options_.ignore_merges ? " whole" : "");
    }

private:
    [[nodiscard]] bool plain_bytes() const noexcept { return !byte_ranks_.empty(); }

    /// The merge that makes a token of its bytes where any neighbours merge that join to a token,
    /// the lowest rank first; that of no token where none does. O(bytes^2). Throws `FormatError`
    /// for more than 4,096 bytes.
    [[nodiscard]] static Rule last_merge(const TokenTable& tokens, Id token) {
        struct Part {
            Id id;
            std::string_view bytes;
            Id joined; ///< with the next part
        };
        const std::string_view bytes = tokens[token];
        if (constexpr std::size_t most = 4096; bytes.size() > most) {
            throw FormatError("the token of rank " + std::to_string(token) + " has " +
                              std::to_string(bytes.size()) +
                              " bytes and no merges of lower ranks lead to it, expected at most " +
                              std::to_string(most));
        }
        std::vector<Part> parts;
        const auto join = [&](std::size_t i) {
            if (i + 1 >= parts.size()) return;
            parts[i].joined = tokens.find(
                {parts[i].bytes.data(), parts[i].bytes.size() + parts[i + 1].bytes.size()});
        };
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            const std::string_view byte = bytes.substr(i, 1);
            parts.push_back({tokens.find(byte), byte, no_id});
            if (parts.back().id == no_id) return {no_id, no_id, no_id};
        }
        for (std::size_t i = 0; i < parts.size(); ++i) {
            join(i);
        }
        for (;;) {
            const auto best = std::ranges::min_element(parts, {}, &Part::joined);
            const auto next = best + 1;
            if (best->joined == no_id) return {no_id, no_id, no_id};
            if (best->joined == token) return {best->id, next->id, token};
            *best = {
                best->joined, {best->bytes.data(), best->bytes.size() + next->bytes.size()}, no_id};
            const auto at = static_cast<std::size_t>(best - parts.begin());
            parts.erase(next);
            join(at);
            if (at != 0) join(at - 1);
        }
    }

    void add(const Rule& rule, std::uint32_t rank) {
        if (!merges_.add(rule.left, rule.right, rank) || !plain_bytes()) return;
        const std::string_view left = tokens_[rule.left];
        const std::string_view right = tokens_[rule.right];
        if (left.size() == 1 && right.size() == 1) byte_rank(left[0], right[0]) = rank;
    }

    [[nodiscard]] std::uint32_t& byte_rank(char left, char right) noexcept {
        return byte_ranks_[std::size_t(static_cast<unsigned char>(left)) << 8 |
                           static_cast<unsigned char>(right)];
    }

    template <class OnToken>
    void merge(std::string_view piece, Scratch& scratch, OnToken&& on_token) const {
        if (plain_bytes() && piece.size() <= short_piece) {
            Neighbours all;
            begin_bytes(piece, all);
            while (choose(all)) {
                look(all);
            }
            put(all, on_token);
            return;
        }
        split(piece, scratch);
        if (scratch.symbols.size() <= short_piece) {
            Neighbours all;
            all.count = scratch.symbols.size();
            for (std::size_t i = 1; i <= all.count; ++i) {
                all.ids[i] = scratch.symbols[i - 1].id;
                all.lengths[i] = scratch.symbols[i - 1].length;
                if (i != 1) all.keys[i - 1] = key(merges_.find(all.ids[i - 1], all.ids[i]), i - 1);
            }
            begin_merging(all);
            while (choose(all)) {
                look(all);
            }
            put(all, on_token);
            return;
        }
        merge_long(scratch);
        for (const typename Scratch::Symbol& symbol : scratch.symbols) {
            if (symbol.length != 0) on_token(symbol.id, symbol.length);
        }
    }

    static std::uint64_t key(std::uint32_t rank, std::size_t place) noexcept {
        return std::uint64_t(rank) << 8 | place;
    }

    template <class OnToken>
    static void put(const Neighbours& all, OnToken&& on_token) {
        for (std::size_t i = 1; i <= all.count; i = all.after[i]) {
            on_token(all.ids[i], all.lengths[i]);
        }
    }

    void find_symbols() {
        if (!options_.unknown.empty()) {
            unknown_ = tokens_.find(options_.unknown);
            if (unknown_ == no_id) {
                throw FormatError("the unknown token \"" + options_.unknown +
                                  "\" is not in the vocabulary");
            }
        }
        for (std::size_t i = 0; i < 256; ++i) {
            const char byte = static_cast<char>(i);
            if (options_.bytes) {
                byte_ids_[i] = tokens_.find(std::string_view(&byte, 1));
            } else if (options_.byte_fallback) {
                constexpr std::string_view digits = "0123456789ABCDEF";
                const char name[] = {'<', '0', 'x', digits[i >> 4], digits[i & 15], '>'};
                byte_ids_[i] = tokens_.find(std::string_view(name, sizeof name));
            }
        }
        if (options_.bytes && options_.continuing_prefix.empty() && options_.end_suffix.empty() &&
            std::find(byte_ids_.begin(), byte_ids_.end(), no_id) == byte_ids_.end()) {
            byte_ranks_.resize(std::size_t(1) << 16, MergeTable::no_rank);
        }
    }

    /// The piece as its smallest symbols.
    void split(std::string_view piece, Scratch& scratch) const {
        scratch.symbols.clear();
        scratch.symbols.reserve(piece.size());
        if (options_.bytes) {
            const bool marked = !options_.continuing_prefix.empty() || !options_.end_suffix.empty();
            for (std::size_t at = 0; at < piece.size(); ++at) {
                const Id known =
                    marked ? tokens_.find(spelled(piece.substr(at, 1), at == 0,
                                                  at + 1 == piece.size(), scratch.spelling))
                           : byte_ids_[static_cast<unsigned char>(piece[at])];
                const Id id = known != no_id ? known : unknown_;
                if (id != no_id) add(scratch, id, 1);
            }
            return;
        }
        bool fusing = false;
        for (std::size_t at = 0; at < piece.size();) {
            const std::size_t length = (std::max<std::size_t>)(utf8_length(piece.substr(at)), 1);
            const std::string_view character = piece.substr(at, length);
            const Id id = tokens_.find(
                spelled(character, at == 0, at + length == piece.size(), scratch.spelling));
            if (id != no_id) {
                add(scratch, id, length);
                fusing = false;
            } else if (options_.byte_fallback && has_bytes(character)) {
                for (const char byte : character) {
                    add(scratch, byte_ids_[static_cast<unsigned char>(byte)], 1);
                }
                fusing = false;
            } else if (fusing) {
                scratch.symbols.back().length += static_cast<std::uint32_t>(length);
            } else if (unknown_ != no_id) {
                add(scratch, unknown_, length);
                fusing = options_.fuse_unknown;
            }
            at += length;
        }
    }

    static void add(Scratch& scratch, Id id, std::size_t length) {
        scratch.symbols.push_back(
            {id, static_cast<std::uint32_t>(length), 0, 0, MergeTable::no_rank});
    }

    [[nodiscard]] std::string_view spelled(std::string_view character, bool first, bool last,
                                           std::string& room) const {
        const bool prefixed = !first && !options_.continuing_prefix.empty();
        const bool suffixed = last && !options_.end_suffix.empty();
        if (!prefixed && !suffixed) return character;
        room.clear();
        if (prefixed) room += options_.continuing_prefix;
        room += character;
        if (suffixed) room += options_.end_suffix;
        return room;
    }

    [[nodiscard]] bool is_byte(Id id) const noexcept {
        return std::find(byte_ids_.begin(), byte_ids_.end(), id) != byte_ids_.end();
    }

    [[nodiscard]] bool has_bytes(std::string_view character) const noexcept {
        return std::all_of(character.begin(), character.end(), [&](char byte) {
            return byte_ids_[static_cast<unsigned char>(byte)] != no_id;
        });
    }

    /// At most `lanes` pieces by turns.
    template <class OnToken>
    void some(std::span<const std::string_view> pieces, Scratch& scratch,
              OnToken&& on_token) const {
        std::array<Id, lanes> whole;
        std::array<std::size_t, lanes> merging; // of which lanes
        std::size_t left = 0;
        whole.fill(no_id);
        if (options_.ignore_merges) {
            for (const std::string_view piece : pieces) {
                tokens_.prefetch(piece);
            }
            for (std::size_t i = 0; i < pieces.size(); ++i) {
                whole[i] = tokens_.find(pieces[i]);
            }
        }
        const auto in_lane = [&](std::size_t i) {
            return whole[i] == no_id && plain_bytes() && pieces[i].size() <= short_piece;
        };
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            if (!in_lane(i)) continue;
            begin_bytes(pieces[i], scratch.lane[i]);
            if (choose(scratch.lane[i])) merging[left++] = i;
        }
        while (left != 0) {
            std::size_t still = 0;
            for (std::size_t i = 0; i < left; ++i) {
                Neighbours& all = scratch.lane[merging[i]];
                look(all);
                merging[still] = merging[i];
                still += choose(all) ? 1 : 0;
            }
            left = still;
        }
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            const auto on_its_token = [&](Id id, std::size_t length) { on_token(i, id, length); };
            if (whole[i] != no_id) {
                on_token(i, whole[i], pieces[i].size());
            } else if (in_lane(i)) {
                put(scratch.lane[i], on_its_token);
            } else {
                merge(pieces[i], scratch, on_its_token);
            }
        }
    }

    void begin_bytes(std::string_view piece, Neighbours& all) const {
        all.count = piece.size();
        for (std::size_t i = 0; i < piece.size(); ++i) {
            const auto byte = static_cast<unsigned char>(piece[i]);
            const auto next = static_cast<unsigned char>(i + 1 < piece.size() ? piece[i + 1] : 0);
            all.ids[i + 1] = byte_ids_[byte];
            all.lengths[i + 1] = 1;
            all.keys[i + 1] = key(byte_ranks_[std::size_t(byte) << 8 | next], i + 1);
        }
        begin_merging(all);
    }

    /// Before the first merge: ids, lengths and keys but the last are there.
    static void begin_merging(Neighbours& all) noexcept {
        const std::size_t end = all.count + 1;
        for (std::size_t i = 0; i <= end; ++i) {
            all.before[i] = static_cast<std::uint8_t>(i - 1);
            all.after[i] = static_cast<std::uint8_t>(i + 1);
        }
        all.ids[0] = all.ids[end] = MergeTable::beyond;
        all.keys[0] = all.keys[end - 1] = ~std::uint64_t(0);
    }

    /// Merges the two symbols of the best rank, which is looked for among all of them without a
    /// branch, and asks for what `look` needs; false where there are none.
    FIRTH_ALWAYS_INLINE bool choose(Neighbours& all) const {
        constexpr std::uint64_t none = ~std::uint64_t(0);
        std::uint64_t best = none;
        for (std::size_t i = 1; i <= all.count; ++i) {
            best = all.keys[i] < best ? all.keys[i] : best;
        }
        const auto rank = static_cast<std::uint32_t>(best >> 8);
        if (rank == MergeTable::no_rank) return false;
        const std::size_t left = best & 0xFF;
        const std::size_t right = all.after[left];
        const std::size_t next = all.after[right];
        all.ids[left] = by_ranks_ ? Id(rank) : merged_[rank];
        all.lengths[left] += all.lengths[right];
        all.after[left] = static_cast<std::uint8_t>(next);
        all.before[next] = static_cast<std::uint8_t>(left);
        all.keys[right] = none;
        all.left = left;
        merges_.prefetch(all.ids[left], all.ids[next]);
        merges_.prefetch(all.ids[all.before[left]], all.ids[left]);
        return true;
    }

    /// Looks up the merges of the symbol that `choose` made with its neighbours.
    FIRTH_ALWAYS_INLINE void look(Neighbours& all) const {
        const std::size_t left = all.left;
        const std::size_t next = all.after[left];
        const std::size_t before = all.before[left];
        all.keys[left] = key(merges_.find(all.ids[left], all.ids[next]), left);
        all.keys[before] = key(merges_.find(all.ids[before], all.ids[left]), before);
    }

    /// Merges among many, by a queue of candidates, the outdated of which are passed over.
    void merge_long(Scratch& scratch) const {
        std::vector<typename Scratch::Symbol>& symbols = scratch.symbols;
        const auto offer = [&](std::uint32_t left, std::uint32_t right) {
            const std::uint32_t rank = merges_.find(symbols[left].id, symbols[right].id);
            symbols[left].rank = rank;
            if (rank != MergeTable::no_rank) scratch.candidates.push(rank, left);
        };
        scratch.candidates.reserve(2 * symbols.size());
        link(symbols, offer);
        std::uint32_t rank = 0;
        for (std::uint32_t at = 0; scratch.candidates.pop(rank, at);) {
            if (symbols[at].rank != rank) continue;
            join_with_next(symbols, at, offer);
        }
    }

    /// Links symbols to those on both sides, and offers each pair of neighbours.
    template <class Offer>
    static void link(std::vector<typename Scratch::Symbol>& symbols, Offer&& offer) {
        const auto count = static_cast<std::uint32_t>(symbols.size());
        for (std::uint32_t i = 0; i < count; ++i) {
            symbols[i].before = i == 0 ? no_symbol : i - 1;
            symbols[i].after = i + 1 == count ? no_symbol : i + 1;
            if (i + 1 != count) offer(i, i + 1);
        }
    }

    /// Merges a symbol and its next one by the merge whose rank it has, and offers what it has
    /// become with its neighbours.
    template <class Offer>
    void join_with_next(std::vector<typename Scratch::Symbol>& symbols, std::uint32_t at,
                        Offer&& offer) const {
        typename Scratch::Symbol& left = symbols[at];
        typename Scratch::Symbol& right = symbols[left.after];
        left.id = merged_[left.rank];
        left.rank = MergeTable::no_rank;
        left.length += right.length;
        right.length = 0;
        right.rank = MergeTable::no_rank;
        left.after = right.after;
        if (left.after != no_symbol) symbols[left.after].before = at;
        if (left.before != no_symbol) offer(left.before, at);
        if (left.after != no_symbol) offer(at, left.after);
    }

    /// Merges but those that are left out. What is left out is looked at again after each merge.
    void merge_some(Scratch& scratch, double dropout, Random& random) const {
        std::vector<typename Scratch::Symbol>& symbols = scratch.symbols;
        std::vector<std::uint64_t>& heap = scratch.drawn;
        const auto push = [&](std::uint64_t candidate) {
            heap.push_back(candidate);
            std::push_heap(heap.begin(), heap.end(), std::greater<>());
        };
        const auto offer = [&](std::uint32_t left, std::uint32_t right) {
            symbols[left].rank = merges_.find(symbols[left].id, symbols[right].id);
            if (symbols[left].rank != MergeTable::no_rank)
                push(std::uint64_t(symbols[left].rank) << 32 | left);
        };
        heap.clear();
        scratch.left_out.clear();
        link(symbols, offer);
        while (!heap.empty()) {
            std::pop_heap(heap.begin(), heap.end(), std::greater<>());
            const std::uint64_t best = heap.back();
            heap.pop_back();
            if (random.uniform64() < dropout) {
                scratch.left_out.push_back(best);
                continue;
            }
            for (const std::uint64_t candidate : scratch.left_out) {
                push(candidate);
            }
            scratch.left_out.clear();
            const auto at = static_cast<std::uint32_t>(best);
            // One of the two may have been merged meanwhile.
            if (symbols[at].rank == best >> 32) join_with_next(symbols, at, offer);
        }
    }

    TokenTable tokens_;
    BpeOptions options_;
    MergeTable merges_;
    std::vector<Id> merged_; ///< the token that a merge of a rank makes
    std::array<Id, 256> byte_ids_ = filled();
    /// Where symbols are bytes and all of them known: the ranks of the merges of two.
    std::vector<std::uint32_t> byte_ranks_;
    Id unknown_ = no_id;
    bool by_ranks_ = false;

    static constexpr std::array<Id, 256> filled() noexcept {
        std::array<Id, 256> ids{};
        ids.fill(no_id);
        return ids;
    }
};

static_assert(SamplingModel<Bpe>);

} // namespace firth
