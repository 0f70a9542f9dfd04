#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tsl/robin_map.h>

#include <firth/base/error.hpp>
#include <firth/table/mapped_symbols.hpp>

namespace firth {

/// Symbols (words, or any other byte strings), each with an id from 0 on and a count. Learners
/// number symbols by falling count; files keep the order they have.
///
/// Lookup by `std::string_view` allocates nothing and takes constant time; reading from several
/// threads is safe, adding is not.
///
/// It can lie in a mapped file. Then reading a damaged entry throws `FormatError`; a copy shares
/// the file, and adding a symbol first copies all of them.
class Vocabulary {
public:
    Vocabulary() = default;

    /// Symbols of a mapped file, which stays mapped as long as `keeper` lives.
    Vocabulary(std::shared_ptr<const void> keeper, MappedSymbols symbols)
        : keeper_(std::move(keeper)), mapped_(std::move(symbols)) {}

    Vocabulary(Vocabulary&& other) noexcept { swap(other); }
    Vocabulary(const Vocabulary& other) : keeper_(other.keeper_), mapped_(other.mapped_) {
        if (!is_mapped()) append_all_of(other);
    }
    Vocabulary& operator=(Vocabulary other) noexcept {
        swap(other);
        return *this;
    }
    ~Vocabulary() = default;

    void swap(Vocabulary& other) noexcept {
        keeper_.swap(other.keeper_);
        std::swap(mapped_, other.mapped_);
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
        if (is_mapped()) *this = in_memory();
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
        if (is_mapped()) return mapped_.find(symbol);
        const auto found = ids_.find(symbol);
        return found == ids_.end() ? std::nullopt : std::optional<Id>(found->second);
    }

    /// True where the symbol has an id.
    [[nodiscard]] bool contains(std::string_view symbol) const { return find(symbol).has_value(); }

    /// The symbol of `id` < size(); valid as long as the vocabulary (moving it changes nothing).
    [[nodiscard]] std::string_view operator[](Id id) const {
        return is_mapped() ? mapped_.symbol(id) : symbols_[id];
    }

    /// How often the symbol of `id` < size() was counted; 0 where counts are not known.
    [[nodiscard]] std::uint64_t count(Id id) const noexcept { return counts()[id]; }

    /// All counts, by id.
    [[nodiscard]] std::span<const std::uint64_t> counts() const noexcept {
        return is_mapped() ? mapped_.counts : counts_;
    }

    /// All symbols, by id.
    [[nodiscard]] std::vector<std::string_view> symbols() const {
        if (!is_mapped()) return symbols_;
        std::vector<std::string_view> symbols(size());
        for (Id id = 0; id < symbols.size(); ++id) {
            symbols[id] = mapped_.symbol(id);
        }
        return symbols;
    }

    /// True while it lies in a mapped file.
    [[nodiscard]] bool is_mapped() const noexcept { return keeper_ != nullptr; }

    [[nodiscard]] std::size_t size() const noexcept { return counts().size(); }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    /// Makes room for `count` symbols in all.
    void reserve(std::size_t count) {
        if (is_mapped()) return;
        symbols_.reserve(count);
        counts_.reserve(count);
        ids_.reserve(count);
    }

private:
    static constexpr std::size_t block_size = std::size_t{1} << 16;

    [[nodiscard]] Vocabulary in_memory() const {
        Vocabulary copy;
        copy.append_all_of(*this);
        return copy;
    }

    void append_all_of(const Vocabulary& other) {
        reserve(other.size());
        for (Id id = 0; id < other.size(); ++id) {
            add(other[id], other.count(id));
        }
    }

    /// Copies the bytes to where they stay: blocks never move, so views into them stay valid.
    std::string_view keep(std::string_view symbol) {
        if (symbol.size() > block_left_) {
            const std::size_t size = (std::max)(block_size, symbol.size());
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

    std::shared_ptr<const void> keeper_; ///< of a mapped file
    MappedSymbols mapped_;
    std::vector<std::unique_ptr<char[]>> blocks_;
    char* block_next_ = nullptr;
    std::size_t block_left_ = 0;
    std::vector<std::string_view> symbols_;
    std::vector<std::uint64_t> counts_;
    tsl::robin_map<std::string_view, Id> ids_;
};

} // namespace firth
