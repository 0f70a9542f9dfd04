#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <firth/base/config.hpp>
#include <firth/base/error.hpp>
#include <firth/table/id.hpp>

namespace firth::detail {

/// Two neighbouring symbols as one number, which orders pairs by the left and then the right one.
constexpr std::uint64_t symbol_pair(Id left, Id right) noexcept {
    return std::uint64_t(left) << 32 | right;
}

/// Numbers for pairs of symbols, from 0 on.
class PairNumbers {
public:
    static constexpr std::uint32_t none = 0xFFFFFFFFu;

    PairNumbers() : slots_(std::size_t(1) << 12) {}

    [[nodiscard]] std::uint32_t find(std::uint64_t pair) const noexcept {
        return slots_[place(pair)].number;
    }

    /// The number of a pair, the next one where it is new.
    std::uint32_t add(std::uint64_t pair) {
        std::size_t at = place(pair);
        if (slots_[at].number != none) return slots_[at].number;
        if (2 * size_ >= slots_.size()) {
            std::vector<Slot> before(2 * slots_.size());
            before.swap(slots_);
            for (const Slot& slot : before) {
                if (slot.number != none) slots_[place(slot.pair)] = slot;
            }
            at = place(pair);
        }
        slots_[at] = {pair, size_};
        return size_++;
    }

private:
    struct Slot {
        std::uint64_t pair = 0;
        std::uint32_t number = none;
    };

    /// The slot of a pair, or the free one where it would be.
    [[nodiscard]] std::size_t place(std::uint64_t pair) const noexcept {
        std::uint64_t mixed = pair * 0x9E3779B97F4A7C15u;
        mixed = (mixed ^ mixed >> 32) * 0xD6E8FEB86659FD93u;
        std::size_t at = static_cast<std::size_t>(mixed >> 32);
        for (;; ++at) {
            const Slot& slot = slots_[at & (slots_.size() - 1)];
            if (slot.number == none || slot.pair == pair) return at & (slots_.size() - 1);
        }
    }

    std::vector<Slot> slots_;
    std::uint32_t size_ = 0;
};

/// Words as sequences of symbols, of which the most frequent neighbours are merged, again and
/// again. A step takes time in the occurrences of the pair that it merges, wherever they are: long
/// words are no dearer than short ones.
///
/// Memory: 12 bytes a symbol, 4 for each occurrence of a pair that ever came up, at most 12 a
/// symbol, and about 70 a distinct pair.
class PairMerger {
public:
    /// `max_length`: no pair of more than two characters is merged whose characters are as many or
    /// more; 0: no limit.
    explicit PairMerger(std::size_t max_length) : max_length_(max_length) {
        cells_.push_back({no_id, 1, 0});
    }

    /// Makes room for so many symbols in so many words.
    void reserve(std::size_t symbols, std::size_t words) {
        cells_.reserve(symbols + words + 1);
        counts_.reserve(words);
    }

    /// Adds a word that was seen so often. Throws `Error` where all words together have 2^32
    /// symbols.
    void add_word(std::span<const Id> symbols, std::uint64_t count) {
        if (symbols.size() < 2) return;
        if (cells_.size() + symbols.size() >= 0xFFFFFFFFu) {
            throw Error("the distinct pieces have 2^32 characters or more, expected fewer: limit "
                        "max_pieces, or cut the text into shorter pieces");
        }
        const auto word = static_cast<std::uint32_t>(counts_.size());
        counts_.push_back(static_cast<std::int64_t>(count));
        for (const Id symbol : symbols) {
            cells_.push_back({symbol, 1, word});
        }
        cells_.push_back({no_id, 1, 0});
    }

    /// Counts the pairs of all words, whose symbols are below `symbols` and have one character.
    void count_pairs(std::size_t symbols) {
        add_symbols(symbols, 1);
        const std::size_t count = cells_.size() - 1;
        std::vector<std::uint32_t> numbers(count, PairNumbers::none);
        std::vector<std::uint32_t> occurrences;
        for (std::size_t at = 1; at < count; ++at) {
            const Id left = cells_[at].symbol;
            const Id right = cells_[at + 1].symbol;
            if (left == no_id || right == no_id) continue;
            const std::uint32_t number = add_pair(symbol_pair(left, right));
            occurrences.resize(pairs_.size());
            numbers[at] = number;
            ++occurrences[number];
            pairs_[number].count += counts_[cells_[at].word];
        }
        std::vector<std::uint32_t*> to(pairs_.size());
        std::uint32_t* next = new_block(count);
        for (std::uint32_t number = 0; number < pairs_.size(); ++number) {
            to[number] = next;
            add_batch(number, next, occurrences[number]);
            next += occurrences[number];
        }
        for (std::size_t at = 1; at < count; ++at) {
            if (numbers[at] != PairNumbers::none)
                *to[numbers[at]]++ = static_cast<std::uint32_t>(at);
        }
        std::make_heap(heap_.begin(), heap_.end());
    }

    /// Symbols from the last known one on, up to but not including `end`, have so many characters.
    void add_symbols(std::size_t end, std::uint32_t characters) {
        lengths_.resize((std::max)(end, lengths_.size()), characters);
        left_.resize(lengths_.size());
        right_.resize(lengths_.size());
    }

    /// The characters of a symbol.
    [[nodiscard]] std::uint32_t length(Id symbol) const noexcept { return lengths_[symbol]; }

    /// A pair of neighbours.
    struct Best {
        Id left;
        Id right;
        std::uint64_t count; ///< how often they are neighbours
        bool again;          ///< they were merged before, but are neighbours anew
        std::uint32_t number;
    };

    /// The most frequent pair, of equally frequent ones the one of the lowest left and then right
    /// symbol; nothing where there is none.
    [[nodiscard]] std::optional<Best> best() {
        while (!heap_.empty()) {
            Candidate top = heap_.front();
            const Pair& pair = pairs_[top.number];
            if (pair.count == top.count) {
                return Best{static_cast<Id>(top.pair >> 32), static_cast<Id>(top.pair),
                            static_cast<std::uint64_t>(pair.count), pair.merged, top.number};
            }
            // Counts fall while candidates wait: this one goes where it belongs now.
            std::pop_heap(heap_.begin(), heap_.end());
            heap_.pop_back();
            if (pair.count <= 0) continue;
            top.count = pair.count;
            heap_.push_back(top);
            std::push_heap(heap_.begin(), heap_.end());
        }
        return std::nullopt;
    }

    /// Merges all occurrences of the pair, from left to right, into the symbol `merged`.
    void merge(const Best& best, Id merged) {
        Pair& pair = pairs_[best.number];
        const std::span<const std::uint32_t> found = occurrences(pair, best, merged);
        pair = {0, no_batch, true};
        for (std::size_t i = 0; i < found.size(); ++i) {
            if (i + ahead < found.size()) FIRTH_PREFETCH_WRITE(&cells_[found[i + ahead]]);
            merge_at(found[i], best, merged);
        }
        apply(best, merged);
    }

private:
    static constexpr std::uint32_t no_batch = 0xFFFFFFFFu;
    static constexpr std::size_t ahead = 12;

    /// A place in a word. A symbol takes as many as it has first symbols; only its first and last
    /// ones are looked at, and the others' symbol is `no_id`, as is that between words.
    struct Cell {
        Id symbol;
        std::uint32_t extent; ///< how many places the symbol has
        std::uint32_t word;
    };

    struct Pair {
        std::int64_t count = 0;
        std::uint32_t batch = no_batch; ///< the latest of its occurrences
        bool merged = false;
    };

    /// Places where a pair came up in one step. Some may have gone since.
    struct Batch {
        const std::uint32_t* positions;
        std::uint32_t size;
        std::uint32_t next;
    };

    struct Candidate {
        std::int64_t count;
        std::uint64_t pair;
        std::uint32_t number;
        bool operator<(const Candidate& other) const noexcept {
            return count != other.count ? count < other.count : pair > other.pair;
        }
    };

    /// What one step changes for a symbol on one side of the pair.
    struct Neighbour {
        std::int64_t lost = 0;       ///< times that it was beside the pair
        std::int64_t gained = 0;     ///< times that it is beside the merged symbol
        std::uint32_t* to = nullptr; ///< where the next of its places is kept
        std::uint32_t places = 0;
        std::uint32_t number = PairNumbers::none; ///< of its pair with the merged symbol
        bool touched = false;
    };

    struct Place {
        Id symbol;
        std::uint32_t at;
    };

    std::uint32_t add_pair(std::uint64_t pair) {
        const std::uint32_t number = numbers_.add(pair);
        if (number == pairs_.size()) {
            pairs_.emplace_back();
            keys_.push_back(pair);
        }
        return number;
    }

    std::uint32_t* new_block(std::size_t size) {
        blocks_.push_back(std::make_unique<std::uint32_t[]>(size));
        return blocks_.back().get();
    }

    void add_batch(std::uint32_t number, const std::uint32_t* positions, std::uint32_t size) {
        Pair& pair = pairs_[number];
        batches_.push_back({positions, size, pair.batch});
        pair.batch = static_cast<std::uint32_t>(batches_.size() - 1);
        heap_.push_back({pair.count, keys_[number], number});
    }

    /// The places where a pair may be.
    std::span<const std::uint32_t> occurrences(const Pair& pair, const Best& best, Id merged) {
        if (pair.batch == no_batch) return {};
        const Batch& latest = batches_[pair.batch];
        const std::span<const std::uint32_t> found(latest.positions, latest.size);
        // The order matters where one merge can make or take away another of the same pair.
        const bool overlaps =
            best.left == best.right || merged == best.left || merged == best.right;
        const bool ordered = !overlaps || std::is_sorted(found.begin(), found.end());
        if (latest.next == no_batch && ordered) return found;
        positions_.clear();
        for (std::uint32_t b = pair.batch; b != no_batch; b = batches_[b].next) {
            const Batch& batch = batches_[b];
            positions_.insert(positions_.end(), batch.positions, batch.positions + batch.size);
        }
        if (overlaps) {
            std::sort(positions_.begin(), positions_.end());
            positions_.erase(std::unique(positions_.begin(), positions_.end()), positions_.end());
        }
        return positions_;
    }

    void merge_at(std::uint32_t at, const Best& best, Id merged) {
        Cell& left = cells_[at];
        if (left.symbol != best.left) return;
        const std::uint32_t second = at + left.extent;
        Cell& right = cells_[second];
        if (right.symbol != best.right) return;
        const std::uint32_t before = at - cells_[at - 1].extent;
        const std::uint32_t after = second + right.extent;
        const Id previous = cells_[before].symbol;
        const Id next = cells_[after].symbol;
        const std::int64_t count = counts_[left.word];
        left.symbol = merged;
        left.extent += right.extent;
        right.symbol = no_id;
        cells_[after - 1].extent = left.extent;
        if (previous != no_id) {
            // A neighbour that is the merged symbol itself, often since a moment ago, was counted
            // as beside the pair's symbol then.
            if (previous == merged) {
                touch(right_, touched_right_, best.left).gained -= count;
            } else {
                touch(left_, touched_left_, previous).lost += count;
            }
            Neighbour& gains = touch(left_, touched_left_, previous);
            gains.gained += count;
            ++gains.places;
            places_left_.push_back({previous, before});
        }
        if (next == no_id) return;
        if (next == merged) {
            touch(left_, touched_left_, best.right).gained -= count;
            Neighbour& gains = touch(left_, touched_left_, merged);
            gains.gained += count;
            ++gains.places;
            places_left_.push_back({merged, at});
            return;
        }
        Neighbour& gains = touch(right_, touched_right_, next);
        gains.lost += count;
        gains.gained += count;
        ++gains.places;
        places_right_.push_back({next, at});
    }

    static Neighbour& touch(std::vector<Neighbour>& side, std::vector<Id>& touched, Id symbol) {
        Neighbour& neighbour = side[symbol];
        if (!neighbour.touched) {
            neighbour.touched = true;
            touched.push_back(symbol);
        }
        return neighbour;
    }

    [[nodiscard]] bool allowed(Id left, Id right) const noexcept {
        const std::size_t length = std::size_t(lengths_[left]) + lengths_[right];
        return max_length_ == 0 || length <= 2 || length < max_length_;
    }

    /// Brings a step's changes to the pairs.
    void apply(const Best& best, Id merged) {
        const std::uint64_t own = symbol_pair(best.left, best.right);
        const auto change = [&](Neighbour& neighbour, std::uint64_t lost, Id left, Id right) {
            if (neighbour.lost != 0 && lost != own) {
                const std::uint32_t number = numbers_.find(lost);
                if (number != PairNumbers::none) pairs_[number].count -= neighbour.lost;
            }
            if ((neighbour.gained == 0 && neighbour.places == 0) || !allowed(left, right)) return;
            neighbour.number = add_pair(symbol_pair(left, right));
            pairs_[neighbour.number].count += neighbour.gained;
        };
        for (const Id symbol : touched_left_) {
            change(left_[symbol], symbol_pair(symbol, best.left), symbol, merged);
        }
        for (const Id symbol : touched_right_) {
            change(right_[symbol], symbol_pair(best.right, symbol), merged, symbol);
        }
        std::uint32_t* next = new_block(places_left_.size() + places_right_.size());
        const auto keep = [&](Neighbour& neighbour) {
            if (neighbour.places == 0 || neighbour.number == PairNumbers::none) return;
            if (pairs_[neighbour.number].count <= 0) return;
            neighbour.to = next;
            next += neighbour.places;
            add_batch(neighbour.number, neighbour.to, neighbour.places);
            std::push_heap(heap_.begin(), heap_.end());
        };
        for (const Id symbol : touched_left_) {
            keep(left_[symbol]);
        }
        for (const Id symbol : touched_right_) {
            keep(right_[symbol]);
        }
        place(left_, touched_left_, places_left_);
        place(right_, touched_right_, places_right_);
    }

    static void place(std::vector<Neighbour>& side, std::vector<Id>& touched,
                      std::vector<Place>& places) {
        for (const Place& each : places) {
            Neighbour& neighbour = side[each.symbol];
            if (neighbour.to != nullptr) *neighbour.to++ = each.at;
        }
        for (const Id symbol : touched) {
            side[symbol] = Neighbour();
        }
        places.clear();
        touched.clear();
    }

    std::size_t max_length_;
    std::vector<Cell> cells_;
    std::vector<std::int64_t> counts_; ///< of words
    std::vector<std::uint32_t> lengths_;
    PairNumbers numbers_;
    std::vector<Pair> pairs_;
    std::vector<std::uint64_t> keys_;
    std::vector<Batch> batches_;
    std::vector<std::unique_ptr<std::uint32_t[]>> blocks_; ///< where positions lie
    std::vector<Candidate> heap_;
    std::vector<std::uint32_t> positions_;
    std::vector<Neighbour> left_;
    std::vector<Neighbour> right_;
    std::vector<Id> touched_left_;
    std::vector<Id> touched_right_;
    std::vector<Place> places_left_;
    std::vector<Place> places_right_;
};

} // namespace firth::detail
