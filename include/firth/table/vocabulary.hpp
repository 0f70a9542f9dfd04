#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tsl/robin_map.h>

#include <firth/base/error.hpp>

namespace firth {

/// The number of a symbol's row.
using Id = std::uint32_t;

/// No symbol.
inline constexpr Id no_id = std::numeric_limits<Id>::max();

/// Symbols (words, or any other byte strings without a meaning of their own), each with an id from
/// 0 on and a count. Learners number symbols by falling count; files keep the order they have.
///
/// Lookup by `std::string_view` allocates nothing and takes constant time; reading from several
/// threads is safe, adding is not.
class Vocabulary {
public:
    Vocabulary() = default;
    Vocabulary(Vocabulary&& other) noexcept { swap(other); }
    Vocabulary(const Vocabulary& other) {
        reserve(other.size());
        for (Id id = 0; id < other.size(); ++id) {
            add(other[id], other.count(id));
        }
    }
    Vocabulary& operator=(Vocabulary other) noexcept {
        swap(other);
        return *this;
    }
    ~Vocabulary() = default;

    void swap(Vocabulary& other) noexcept {
        blocks_.swap(other.blocks_);
        std::swap(block_next_, other.block_next_);
        std::swap(block_left_, other.block_left_);
        symbols_.swap(other.symbols_);
        counts_.swap(other.counts_);
        ids_.swap(other.ids_);
    }

    /// Adds a symbol under the next id, or adds `count` to the one that is there. Returns its id
    /// and whether it is new. Throws `Error` when all 2^32 - 1 ids are taken.
    std::pair<Id, bool> add(std::string_view symbol, std::uint64_t count = 0) {
        if (const std::optional<Id> known = find(symbol)) {
            counts_[*known] += count;
            return {*known, false};
        }
        if (symbols_.size() >= no_id)
            throw Error("the vocabulary is full: it has 2^32 - 1 symbols");
        const Id id = static_cast<Id>(symbols_.size());
        const std::string_view kept = keep(symbol);
        symbols_.push_back(kept);
        counts_.push_back(count);
        ids_.emplace(kept, id);
        return {id, true};
    }

    /// The id of a symbol, or nothing.
    [[nodiscard]] std::optional<Id> find(std::string_view symbol) const {
        const auto found = ids_.find(symbol);
        return found == ids_.end() ? std::nullopt : std::optional<Id>(found->second);
    }

    /// True where the symbol has an id.
    [[nodiscard]] bool contains(std::string_view symbol) const { return find(symbol).has_value(); }

    /// The symbol of `id` < size(); valid as long as the vocabulary (moving it changes nothing).
    [[nodiscard]] std::string_view operator[](Id id) const noexcept { return symbols_[id]; }

    /// How often the symbol of `id` < size() was counted; 0 where counts are not known.
    [[nodiscard]] std::uint64_t count(Id id) const noexcept { return counts_[id]; }

    /// All counts, by id.
    [[nodiscard]] const std::vector<std::uint64_t>& counts() const noexcept { return counts_; }

    /// All symbols, by id.
    [[nodiscard]] const std::vector<std::string_view>& symbols() const noexcept { return symbols_; }

    [[nodiscard]] std::size_t size() const noexcept { return symbols_.size(); }
    [[nodiscard]] bool empty() const noexcept { return symbols_.empty(); }

    /// Makes room for `count` symbols in all.
    void reserve(std::size_t count) {
        symbols_.reserve(count);
        counts_.reserve(count);
        ids_.reserve(count);
    }

private:
    static constexpr std::size_t block_size = std::size_t{1} << 16;

    /// Copies the bytes to where they stay: blocks never move, so views into them stay valid.
    std::string_view keep(std::string_view symbol) {
        if (symbol.size() > block_left_) {
            const std::size_t size = std::max(block_size, symbol.size());
            blocks_.push_back(std::make_unique<char[]>(size));
            block_next_ = blocks_.back().get();
            block_left_ = size;
        }
        char* const to = block_next_;
        if (!symbol.empty()) std::memcpy(to, symbol.data(), symbol.size());
        block_next_ += symbol.size();
        block_left_ -= symbol.size();
        return {to, symbol.size()};
    }

    std::vector<std::unique_ptr<char[]>> blocks_;
    char* block_next_ = nullptr;
    std::size_t block_left_ = 0;
    std::vector<std::string_view> symbols_;
    std::vector<std::uint64_t> counts_;
    tsl::robin_map<std::string_view, Id> ids_;
};

} // namespace firth
