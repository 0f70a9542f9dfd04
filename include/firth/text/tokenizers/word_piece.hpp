#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/table/id.hpp>
#include <firth/text/subword_model.hpp>
#include <firth/text/tokenizers/token_table.hpp>

namespace firth {

/// How WordPiece treats words.
struct WordPieceOptions {
    std::string unknown = "[UNK]";        ///< the token of words that no tokens make up
    std::string continuing_prefix = "##"; ///< of tokens that go on within a word
    std::size_t max_characters = 100;     ///< of a word: longer ones are unknown
    bool operator==(const WordPieceOptions&) const = default;
};

namespace detail {

/// Strings by their prefixes: nodes are numbers, and a hash table has the way from a node along a
/// byte, 8 bytes each.
class ByteTrie {
public:
    static constexpr std::uint32_t none = 0;

    /// Numbers 1 to `roots` are nodes with nothing before them.
    explicit ByteTrie(std::uint32_t roots) : edges_(1024), ids_(roots + 1, no_id) {}

    /// Where a string goes on: a node, and whether a whole one ends there.
    struct Step {
        std::uint32_t node;
        bool ends;
    };

    [[nodiscard]] Step next(std::uint32_t node, unsigned char byte) const noexcept {
        const std::uint64_t edge = edges_[find(std::uint64_t(node) << 8 | byte)];
        return {static_cast<std::uint32_t>(edge & child_mask), (edge & end_bit) != 0};
    }

    [[nodiscard]] Id id(std::uint32_t node) const noexcept { return ids_[node]; }

    void add(std::uint32_t root, std::string_view string, Id id) {
        std::uint32_t node = root;
        std::size_t at = 0; // the place of the last edge
        for (const char each : string) {
            const std::uint64_t key = std::uint64_t(node) << 8 | static_cast<unsigned char>(each);
            at = find(key);
            if (edges_[at] == 0) {
                if (ids_.size() > child_mask) {
                    throw FormatError("the vocabulary is too big for WordPiece, expected less than "
                                      "2^27 bytes");
                }
                if (2 * ids_.size() >= edges_.size()) grow();
                at = find(key);
                edges_[at] = key << key_shift | ids_.size();
                ids_.push_back(no_id);
            }
            node = static_cast<std::uint32_t>(edges_[at] & child_mask);
        }
        if (string.empty()) return;
        edges_[at] |= end_bit;
        ids_[node] = id;
    }

private:
    static constexpr unsigned key_shift = 28;
    static constexpr std::uint64_t end_bit = std::uint64_t(1) << 27;
    static constexpr std::uint64_t child_mask = end_bit - 1;

    /// The place of an edge, or the free one where it would be.
    [[nodiscard]] std::size_t find(std::uint64_t key) const noexcept {
        std::size_t at = place(key);
        while (edges_[at] != 0 && edges_[at] >> key_shift != key) {
            at = (at + 1) & (edges_.size() - 1);
        }
        return at;
    }

    void grow() {
        std::vector<std::uint64_t> before(2 * edges_.size());
        before.swap(edges_);
        for (const std::uint64_t edge : before) {
            if (edge != 0) edges_[find(edge >> key_shift)] = edge;
        }
    }

    [[nodiscard]] std::size_t place(std::uint64_t key) const noexcept {
        // Neighbouring nodes differ by 256, which one multiplication leaves in clusters.
        std::uint64_t mixed = key * 0x9E3779B97F4A7C15u;
        mixed = (mixed ^ mixed >> 32) * 0xD6E8FEB86659FD93u;
        return static_cast<std::size_t>(mixed >> 32) & (edges_.size() - 1);
    }

    std::vector<std::uint64_t> edges_; ///< node, byte, whether a string ends, child; 0: none
    std::vector<Id> ids_;
};

} // namespace detail

/// A `SubwordModel`: WordPiece (Schuster and Nakajima, 2012), as BERT has it: the longest token
/// that begins a word, then the longest that goes on from there. Where there is none, the whole
/// word is one unknown token. Time is linear in the word, times the longest token.
class WordPiece {
public:
    /// What one thread's calls share: the tokens of a word, until it is known that there are all.
    struct Scratch {
        std::vector<std::pair<Id, std::size_t>> tokens;
    };

    /// Throws `FormatError` where the unknown token is none of the vocabulary's.
    explicit WordPiece(TokenTable tokens, WordPieceOptions options = {})
        : tokens_(std::move(tokens)), options_(std::move(options)), trie_(2) {
        unknown_id_ = tokens_.find(options_.unknown);
        if (unknown_id_ == no_id) {
            throw FormatError("the unknown token \"" + options_.unknown +
                              "\" is not in the vocabulary");
        }
        const std::string& prefix = options_.continuing_prefix;
        for (Id id = 0; id < tokens_.size(); ++id) {
            const std::string_view token = tokens_[id];
            if (token.empty()) continue;
            trie_.add(begins, token, id);
            if (token.starts_with(prefix) && token.size() > prefix.size())
                trie_.add(goes_on, token.substr(prefix.size()), id);
        }
    }

    [[nodiscard]] const TokenTable& tokens() const noexcept { return tokens_; }
    [[nodiscard]] const WordPieceOptions& options() const noexcept { return options_; }

    template <class OnToken>
    void operator()(std::string_view piece, Scratch& scratch, OnToken&& on_token) const {
        scratch.tokens.clear();
        if (!is_too_long(piece) && find_tokens(piece, scratch)) {
            for (const auto& [id, length] : scratch.tokens) {
                on_token(id, length);
            }
        } else {
            on_token(unknown_id_, piece.size());
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return tokens_.size(); }
    [[nodiscard]] std::string_view token(Id id) const noexcept { return tokens_[id]; }
    [[nodiscard]] std::optional<Id> find(std::string_view token) const {
        const Id found = tokens_.find(token);
        return found == no_id ? std::nullopt : std::optional(found);
    }
    [[nodiscard]] std::size_t length(Id id) const noexcept {
        if (id == unknown_id_) return 0;
        const std::string_view token = tokens_[id];
        const std::string& prefix = options_.continuing_prefix;
        return token.size() > prefix.size() && token.starts_with(prefix)
                   ? token.size() - prefix.size()
                   : token.size();
    }
    [[nodiscard]] std::string settings() const {
        return "wordpiece " + std::to_string(tokens_.checksum()) + " unknown '" + options_.unknown +
               "' prefix '" + options_.continuing_prefix + "' up to " +
               std::to_string(options_.max_characters);
    }

private:
    static constexpr std::uint32_t begins = 1;
    static constexpr std::uint32_t goes_on = 2;

    [[nodiscard]] bool is_too_long(std::string_view piece) const noexcept {
        if (piece.size() <= options_.max_characters) return false;
        std::size_t characters = 0;
        for (const char byte : piece) {
            characters += (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
        }
        return characters > options_.max_characters;
    }

    /// False where some part of the piece begins no token.
    bool find_tokens(std::string_view piece, Scratch& scratch) const {
        for (std::size_t begin = 0; begin < piece.size();) {
            std::uint32_t node = begin == 0 ? begins : goes_on;
            std::uint32_t last = detail::ByteTrie::none; // where the longest token ends
            std::size_t end = begin;
            for (std::size_t at = begin; at < piece.size();) {
                const detail::ByteTrie::Step step =
                    trie_.next(node, static_cast<unsigned char>(piece[at++]));
                if (step.node == detail::ByteTrie::none) break;
                node = step.node;
                if (step.ends) {
                    last = node;
                    end = at;
                }
            }
            if (last == detail::ByteTrie::none) return false;
            const Id id = trie_.id(last);
            scratch.tokens.emplace_back(id, end - begin);
            begin = end;
        }
        return true;
    }

    TokenTable tokens_;
    WordPieceOptions options_;
    detail::ByteTrie trie_;
    Id unknown_id_ = no_id;
};

static_assert(SubwordModel<WordPiece>);

} // namespace firth
