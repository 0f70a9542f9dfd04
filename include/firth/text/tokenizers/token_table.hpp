#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/checksum.hpp>
#include <firth/base/config.hpp>
#include <firth/base/error.hpp>
#include <firth/table/id.hpp>
#include <firth/text/detail/byte_hash.hpp>

namespace firth {

/// A model's tokens by id, and ids by token. Ids need not be dense: those between have no token.
class TokenTable {
public:
    TokenTable() = default;

    /// The tokens and their ids, in any order. Throws `FormatError`, naming `name`, where two
    /// tokens have one id, where a token has two, where an id is not below 2^31 or leaves more than
    /// half of the ids without a token, and for tokens that were made to collide.
    TokenTable(std::span<const std::pair<std::string_view, Id>> tokens, const std::string& name) {
        std::size_t bytes = 0;
        Id last = 0;
        for (const auto& [token, id] : tokens) {
            bytes += token.size();
            last = id > last ? id : last;
        }
        if (!tokens.empty() && (last >= Id(1) << 31 || last / 2 > tokens.size() + 1000)) {
            throw FormatError(name + " has the id " + std::to_string(last) + " among " +
                              std::to_string(tokens.size()) + " tokens, expected ids from 0 on");
        }
        bytes_.reserve(bytes); // tokens are views of it
        tokens_.resize(tokens.empty() ? 0 : std::size_t(last) + 1);
        slots_ = AlignedBuffer<Slot>(std::bit_ceil(2 * tokens.size() + 2));
        for (const auto& [token, id] : tokens) {
            std::string_view& kept = tokens_[id];
            if (kept.data() != nullptr) {
                throw FormatError(name + " has the id " + std::to_string(id) + " twice, for \"" +
                                  std::string(kept) + "\" and \"" + std::string(token) + '"');
            }
            const std::size_t begin = bytes_.size();
            bytes_.insert(bytes_.end(), token.begin(), token.end());
            kept = std::string_view(bytes_.data() + begin, token.size());
            if (!add(kept, id)) {
                throw FormatError(name + " has the token \"" + std::string(token) + "\" twice");
            }
        }
    }

    // Views into the bytes: a copy would need new ones.
    TokenTable(TokenTable&&) noexcept = default;
    TokenTable& operator=(TokenTable&&) noexcept = default;

    /// One more than the highest id.
    [[nodiscard]] std::size_t size() const noexcept { return tokens_.size(); }

    /// Empty where no token has this id.
    [[nodiscard]] std::string_view operator[](Id id) const noexcept {
        return id < tokens_.size() ? tokens_[id] : std::string_view();
    }

    [[nodiscard]] bool contains(Id id) const noexcept {
        return id < tokens_.size() && tokens_[id].data() != nullptr;
    }

    /// The id of a token, or `no_id`.
    [[nodiscard]] Id find(std::string_view token) const noexcept {
        if (slots_.size() == 0) return no_id;
        const std::uint64_t hash = detail::byte_hash(token);
        for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
            const Slot slot = slots_[at];
            if (slot == 0) return no_id;
            const Id id = static_cast<Id>(slot) - 1;
            if ((slot ^ hash) >> 32 == 0 && tokens_[id] == token) return id;
        }
    }

    /// Asks for the place of a token, which `find` will need.
    void prefetch(std::string_view token) const noexcept {
        if (slots_.size() == 0) return;
        FIRTH_PREFETCH_READ(&slots_[detail::byte_hash(token) & (slots_.size() - 1)]);
    }

    /// Of all tokens with their ids.
    [[nodiscard]] std::uint64_t checksum() const noexcept {
        Checksum sum;
        for (const std::string_view token : tokens_) {
            sum.add(std::to_string(token.size()));
            sum.add(":");
            sum.add(token);
        }
        return sum.value();
    }

private:
    /// The upper half of a token's hash and one more than its id; zero is empty.
    using Slot = std::uint64_t;

    /// False where the token is there already.
    bool add(std::string_view token, Id id) {
        constexpr std::size_t most_steps = 10'000; // a table that is half empty needs some dozens
        const std::uint64_t hash = detail::byte_hash(token);
        std::size_t at = hash & (slots_.size() - 1);
        for (std::size_t step = 0;; ++step, at = (at + 1) & (slots_.size() - 1)) {
            if (step == most_steps) {
                throw FormatError("a vocabulary of tokens that share a hash, made to take long");
            }
            Slot& slot = slots_[at];
            if (slot == 0) {
                slot = hash >> 32 << 32 | (std::uint64_t(id) + 1);
                return true;
            }
            if ((slot ^ hash) >> 32 == 0 && tokens_[static_cast<Id>(slot) - 1] == token)
                return false;
        }
    }

    std::vector<char> bytes_;
    std::vector<std::string_view> tokens_;
    AlignedBuffer<Slot> slots_; ///< half full at most
};

} // namespace firth
