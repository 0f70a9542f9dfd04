#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/checksum.hpp>
#include <firth/base/error.hpp>
#include <firth/table/id.hpp>
#include <firth/text/detail/piece_trie.hpp>
#include <firth/text/sentence_piece.hpp>

namespace firth::detail {

/// The pieces of a SentencePiece vocabulary by id, by text, and as a trie of those that a text may
/// hold.
class PieceVocabulary {
public:
    /// Throws `OptionError` where there are too many pieces, two of one text, an empty one, not
    /// one unknown piece, or, with byte fallback, not one for each byte.
    /// With `finds_all` a text may hold pieces of every type, else those that are no marks.
    PieceVocabulary(std::span<const SentencePiece> pieces, bool byte_fallback,
                    bool finds_all = false)
        : byte_fallback_(byte_fallback), finds_all_(finds_all) {
        const auto fail = [](const std::string& message) {
            throw OptionError("a vocabulary of pieces: " + message);
        };
        if (pieces.size() > most_pieces) fail("more than " + std::to_string(most_pieces));
        byte_ids_.fill(no_id);
        Checksum sum;
        std::size_t size = 0;
        for (const SentencePiece& piece : pieces) {
            size += piece.text.size();
        }
        bytes_.reserve(size);
        begins_.reserve(pieces.size() + 1);
        begins_.push_back(0);
        for (Id id = 0; id < pieces.size(); ++id) {
            const SentencePiece& piece = pieces[id];
            if (piece.text.empty()) fail("piece " + std::to_string(id) + " is empty");
            bytes_ += piece.text;
            begins_.push_back(bytes_.size());
            types_.push_back(piece.type);
            if (piece.type == PieceType::unknown) {
                if (unknown_ != no_id) fail("piece " + std::to_string(id) + " is a second unknown");
                unknown_ = id;
            } else if (piece.type == PieceType::byte) {
                const int byte = byte_of_piece(piece.text);
                if (byte >= 0) byte_ids_[static_cast<std::size_t>(byte)] = id;
            }
            char marks[sizeof(float) + 1];
            std::memcpy(marks, &piece.score, sizeof(float));
            marks[sizeof(float)] = static_cast<char>(piece.type);
            sum.add(std::to_string(piece.text.size()) + ' ');
            sum.add(piece.text);
            sum.add({marks, sizeof(marks)});
        }
        checksum_ = sum.value();
        if (unknown_ == no_id) fail("there is no unknown piece");
        if (byte_fallback && std::count(byte_ids_.begin(), byte_ids_.end(), no_id) != 0) {
            fail("byte fallback needs a piece for each byte");
        }
        std::vector<std::pair<std::string_view, Id>> by_text;
        by_text.reserve(pieces.size());
        for (Id id = 0; id < pieces.size(); ++id) {
            by_text.emplace_back(token(id), id);
        }
        std::sort(by_text.begin(), by_text.end());
        for (std::size_t i = 1; i < by_text.size(); ++i) {
            if (by_text[i].first == by_text[i - 1].first) {
                fail("two pieces are \"" + std::string(by_text[i].first) + '"');
            }
        }
        // Those that no text holds are few, and found by bisection.
        const auto reserved = std::stable_partition(
            by_text.begin(), by_text.end(), [&](const auto& piece) { return held(piece.second); });
        for (auto piece = reserved; piece != by_text.end(); ++piece) {
            reserved_.push_back(piece->second);
        }
        by_text.erase(reserved, by_text.end());
        for (const auto& [text, id] : by_text) {
            const std::size_t last = text.rfind(space_mark);
            if (last != text.npos && last >= leading_spaces(text)) holds_later_space_ = true;
            if (last != text.npos && !only_spaces_follow(text)) holds_earlier_space_ = true;
        }
        trie_ = PieceTrie(std::move(by_text));
        const std::optional<Id> space = trie_.find(space_mark);
        // Else unknown pieces would be joined across a cut.
        knows_space_ = byte_fallback || (space && types_[*space] != PieceType::unused);
    }

    [[nodiscard]] std::size_t size() const noexcept { return types_.size(); }
    [[nodiscard]] Id unknown() const noexcept { return unknown_; }
    [[nodiscard]] bool byte_fallback() const noexcept { return byte_fallback_; }
    [[nodiscard]] PieceType type(Id id) const noexcept { return types_[id]; }
    [[nodiscard]] const PieceTrie& trie() const noexcept { return trie_; }
    [[nodiscard]] std::uint64_t checksum() const noexcept { return checksum_; }

    [[nodiscard]] Id byte_id(char byte) const noexcept {
        return byte_ids_[static_cast<unsigned char>(byte)];
    }

    [[nodiscard]] std::string_view token(Id id) const noexcept {
        return std::string_view(bytes_).substr(begins_[id], begins_[id + 1] - begins_[id]);
    }

    /// How many bytes of a text a token stands for; 0 where that differs, and for those never made.
    [[nodiscard]] std::size_t length(Id id) const noexcept {
        if (types_[id] == PieceType::byte) return finds_all_ ? 0 : 1;
        return held(id) && id != unknown_ ? begins_[id + 1] - begins_[id] : 0;
    }

    [[nodiscard]] std::optional<Id> find(std::string_view text) const noexcept {
        if (const std::optional<Id> id = trie_.find(text)) return id;
        const auto found =
            std::lower_bound(reserved_.begin(), reserved_.end(), text,
                             [&](Id id, std::string_view than) { return token(id) < than; });
        if (found == reserved_.end() || token(*found) != text) return std::nullopt;
        return *found;
    }

    /// True where no piece holds U+2581 behind another character, so that the pieces of a text are
    /// those of its parts, cut before each run of U+2581.
    [[nodiscard]] bool splits_before_spaces() const noexcept {
        return knows_space_ && !holds_later_space_;
    }

    /// The same with cuts behind the runs.
    [[nodiscard]] bool splits_after_spaces() const noexcept {
        return knows_space_ && !holds_earlier_space_;
    }

    /// The ids of the bytes of a character that no piece holds.
    template <class OnToken>
    void put_bytes(std::string_view text, OnToken&& on_token) const {
        for (const char byte : text) {
            on_token(byte_id(byte), std::size_t{1});
        }
    }

private:
    /// True for a piece that a text may hold.
    [[nodiscard]] bool held(Id id) const noexcept {
        return finds_all_ || types_[id] == PieceType::normal ||
               types_[id] == PieceType::user_defined || types_[id] == PieceType::unused;
    }

    static std::size_t leading_spaces(std::string_view text) noexcept {
        std::size_t at = 0;
        while (text.substr(at).starts_with(space_mark)) {
            at += space_mark.size();
        }
        return at;
    }

    /// True where nothing but U+2581 follows the first U+2581, of which there is one.
    static bool only_spaces_follow(std::string_view text) noexcept {
        const std::string_view rest = text.substr(text.find(space_mark));
        return leading_spaces(rest) == rest.size();
    }

    std::string bytes_;
    std::vector<std::size_t> begins_;
    std::vector<PieceType> types_;
    std::vector<Id> reserved_; ///< in the order of their texts
    std::array<Id, 256> byte_ids_{};
    PieceTrie trie_;
    Id unknown_ = no_id;
    std::uint64_t checksum_ = 0;
    bool byte_fallback_;
    bool finds_all_;
    bool knows_space_ = false;
    bool holds_later_space_ = false;
    bool holds_earlier_space_ = false;
};

/// The bytes of the character that `text`, not empty, begins with, by its first byte alone: what
/// is no UTF-8 is cut somehow, but the same everywhere.
inline std::size_t character_length(std::string_view text) noexcept {
    const unsigned first = static_cast<unsigned char>(text[0]);
    const std::size_t length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    return (std::min)(length, text.size());
}

} // namespace firth::detail
