#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/parallel.hpp>

/// What stands in a text again and again: its suffixes in order, and the stretches that several of
/// them begin with (Abouelhoda, Kurtz, Ohlebusch 2004, "Replacing suffix trees with enhanced suffix
/// arrays").
namespace firth::detail {

/// The suffixes of a text of symbols in order, as far as `depth` symbols. Symbol 0 ends a word: it
/// is no part of a suffix, and suffixes end there. Suffixes that agree stand by their places.
///
/// Suffixes are sorted by as many symbols at a time as fit in 64 bits: n log n for texts of words,
/// and at worst n (log n + depth).
class SuffixArray {
public:
    /// Throws `Error` for 2^32 symbols or more. `text` must outlive it.
    SuffixArray(std::span<const std::uint32_t> text, std::size_t depth, std::size_t threads)
        : text_(text), depth_(depth) {
        if (text.size() >= ~std::uint32_t{0}) {
            throw Error("a text of " + std::to_string(text.size()) +
                        " symbols, expected less than 2^32");
        }
        std::uint32_t greatest = 0;
        for (const std::uint32_t symbol : text) {
            greatest = (std::max)(greatest, symbol);
        }
        symbol_bits_ = static_cast<unsigned>(std::bit_width(greatest | 1u));
        symbols_a_key_ = 64 / symbol_bits_;

        // By their first symbols: the suffixes of each are a task of their own.
        bucket_ends_.assign(std::size_t{greatest} + 1, 0);
        for (const std::uint32_t symbol : text) {
            ++bucket_ends_[symbol];
        }
        bucket_ends_[0] = 0;
        std::vector<std::size_t> next(bucket_ends_.size(), 0);
        for (std::size_t symbol = 1; symbol < bucket_ends_.size(); ++symbol) {
            next[symbol] = bucket_ends_[symbol - 1];
            bucket_ends_[symbol] += bucket_ends_[symbol - 1];
        }
        places_.resize(bucket_ends_.back());
        for (std::size_t place = 0; place < text.size(); ++place) {
            if (text[place] != 0) places_[next[text[place]]++] = static_cast<std::uint32_t>(place);
        }
        shared_.resize(places_.size());
        parallel_for(buckets(), 1, threads, [&](std::size_t bucket, std::size_t) {
            const std::size_t begin = bucket_begin(bucket);
            const std::size_t end = bucket_end(bucket);
            std::vector<Keyed> keyed;
            sort(std::span(places_).subspan(begin, end - begin), 0, keyed);
            for (std::size_t rank = begin + 1; rank < end; ++rank) {
                shared_[rank] = common(places_[rank - 1], places_[rank]);
            }
        });
    }

    /// Where each suffix begins in the text, in order.
    [[nodiscard]] std::span<const std::uint32_t> places() const noexcept { return places_; }

    /// The suffixes that begin with symbol `bucket` + 1 are those of the ranks `bucket_begin` to
    /// `bucket_end`.
    [[nodiscard]] std::size_t buckets() const noexcept { return bucket_ends_.size() - 1; }
    [[nodiscard]] std::size_t bucket_begin(std::size_t bucket) const noexcept {
        return bucket_ends_[bucket];
    }
    [[nodiscard]] std::size_t bucket_end(std::size_t bucket) const noexcept {
        return bucket_ends_[bucket + 1];
    }

    /// How many symbols the suffix of a rank has in common with the one before; 0 for the first of
    /// a bucket.
    [[nodiscard]] std::size_t shared(std::size_t rank) const noexcept { return shared_[rank]; }

    /// How many symbols the suffix at a place has, at most `depth`.
    [[nodiscard]] std::size_t length(std::uint32_t place) const noexcept {
        std::size_t length = 0;
        while (length < depth_ && place + length < text_.size() && text_[place + length] != 0) {
            ++length;
        }
        return length;
    }

    /// Calls `on_repeat(length, begin, end)` for all stretches of two symbols or more that the
    /// suffixes of a bucket begin with and that cannot be made longer without losing some of these:
    /// the ranks of the suffixes that begin with each. Among them are whole suffixes that stand
    /// alone.
    template <class OnRepeat>
    void for_each_repeat(std::size_t bucket, OnRepeat&& on_repeat) const {
        struct Open {
            std::size_t length;
            std::size_t begin;
        };
        std::vector<Open> open;
        const std::size_t end = bucket_end(bucket);
        std::size_t before = 0; // what the suffix has in common with the one before
        for (std::size_t rank = bucket_begin(bucket); rank < end; ++rank) {
            const std::size_t after = rank + 1 == end ? 0 : shared_[rank + 1];
            const std::size_t whole = length(places_[rank]);
            if (whole >= 2 && whole > before && whole > after) on_repeat(whole, rank, rank + 1);
            std::size_t begin = rank;
            while (!open.empty() && open.back().length > after) {
                begin = open.back().begin;
                on_repeat(open.back().length, begin, rank + 1);
                open.pop_back();
            }
            if (after >= 2 && (open.empty() || open.back().length < after)) {
                open.push_back({after, begin});
            }
            before = after;
        }
    }

private:
    struct Keyed {
        std::uint64_t key;
        std::uint32_t place;
    };

    /// The symbols from `done` on, as a number.
    [[nodiscard]] std::uint64_t key(std::uint32_t place, std::size_t done) const noexcept {
        const std::size_t most = (std::min)(symbols_a_key_, depth_ - done);
        std::uint64_t key = 0;
        std::size_t i = 0;
        for (std::size_t at = place + done; i < most && at < text_.size() && text_[at] != 0; ++at) {
            key = key << symbol_bits_ | text_[at];
            ++i;
        }
        return i == 0 ? 0 : key << (symbol_bits_ * (symbols_a_key_ - i));
    }

    /// Sorts suffixes that have their first `done` symbols in common.
    void sort(std::span<std::uint32_t> places, std::size_t done, std::vector<Keyed>& keyed) const {
        keyed.clear();
        for (const std::uint32_t place : places) {
            keyed.push_back({key(place, done), place});
        }
        std::sort(keyed.begin(), keyed.end(), [](const Keyed& a, const Keyed& b) {
            return a.key != b.key ? a.key < b.key : a.place < b.place;
        });
        struct Range {
            std::size_t begin;
            std::size_t end;
        };
        std::vector<Range> alike;
        const std::uint64_t last_symbol = (std::uint64_t{1} << symbol_bits_) - 1;
        for (std::size_t begin = 0; begin < keyed.size();) {
            std::size_t end = begin;
            for (; end < keyed.size() && keyed[end].key == keyed[begin].key; ++end) {
                places[end] = keyed[end].place;
            }
            const bool goes_on = (keyed[begin].key & last_symbol) != 0;
            if (end - begin > 1 && goes_on && done + symbols_a_key_ < depth_) {
                alike.push_back({begin, end});
            }
            begin = end;
        }
        for (const Range& range : alike) {
            sort(places.subspan(range.begin, range.end - range.begin), done + symbols_a_key_,
                 keyed);
        }
    }

    [[nodiscard]] std::uint32_t common(std::uint32_t a, std::uint32_t b) const noexcept {
        std::uint32_t length = 0;
        while (length < depth_ && (std::max)(a, b) + std::size_t{length} < text_.size() &&
               text_[a + length] == text_[b + length] && text_[a + length] != 0) {
            ++length;
        }
        return length;
    }

    std::span<const std::uint32_t> text_;
    std::size_t depth_;
    unsigned symbol_bits_;
    std::size_t symbols_a_key_;
    std::vector<std::uint32_t> places_;
    std::vector<std::uint32_t> shared_;
    std::vector<std::size_t> bucket_ends_; ///< by the first symbol
};

} // namespace firth::detail
