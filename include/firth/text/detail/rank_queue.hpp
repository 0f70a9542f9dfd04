#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace firth::detail {

/// A queue of places in a text, by rank, and those of one rank from left to right. It may grow
/// meanwhile, by any rank and place. Where ranks are few beside places and those of a rank come
/// nearly in order, as the merges of a long text do, each takes O(1); at worst O(log n).
class RankQueue {
public:
    /// Makes room for as many at a time, so that the queue need not be moved as it grows.
    void reserve(std::size_t places) { entries_.reserve(places); }

    void push(std::uint32_t rank, std::uint32_t place) {
        if (rank >= lists_.size()) lists_.resize(rank + std::size_t(1));
        List& list = lists_[rank];
        const auto entry = static_cast<std::uint32_t>(entries_.size());
        entries_.push_back({place, none});
        if (list.first == none) {
            list.first = entry;
            ranks_.push_back(rank);
            std::push_heap(ranks_.begin(), ranks_.end(), first_is_lowest);
        } else {
            entries_[list.last].next = entry;
        }
        list.last = entry;
    }

    /// Takes the first place of the lowest rank out; false where there is none.
    bool pop(std::uint32_t& rank, std::uint32_t& place) {
        for (;;) {
            if (!ranks_.empty() && (depth_ == 0 || ranks_.front() <= runs_[depth_ - 1].rank)) {
                begin_run();
            }
            if (depth_ == 0) {
                entries_.clear();
                return false;
            }
            Run& run = runs_[depth_ - 1];
            rank = run.rank;
            if (!run.late.empty() &&
                (run.next == run.places.size() || run.late.front() < run.places[run.next])) {
                place = run.late.front();
                std::pop_heap(run.late.begin(), run.late.end(), first_is_lowest);
                run.late.pop_back();
                return true;
            }
            if (run.next != run.places.size()) {
                place = run.places[run.next++];
                return true;
            }
            --depth_;
        }
    }

private:
    static constexpr std::uint32_t none = 0xFFFFFFFFu;

    /// For heaps.
    static constexpr auto first_is_lowest = [](std::uint32_t a, std::uint32_t b) { return a > b; };

    struct Entry {
        std::uint32_t place;
        std::uint32_t next;
    };
    struct List {
        std::uint32_t first = none;
        std::uint32_t last = none;
    };
    /// Places of a rank in their order, and those that came when it had begun.
    struct Run {
        std::uint32_t rank = 0;
        std::size_t next = 0;
        std::vector<std::uint32_t> places{};
        std::vector<std::uint32_t> late{}; ///< a heap
    };

    /// Makes a run of the lowest rank's list, or adds it to the one that has begun.
    void begin_run() {
        const std::uint32_t rank = ranks_.front();
        std::pop_heap(ranks_.begin(), ranks_.end(), first_is_lowest);
        ranks_.pop_back();
        std::uint32_t entry = lists_[rank].first;
        lists_[rank] = {};
        if (depth_ != 0 && runs_[depth_ - 1].rank == rank) {
            std::vector<std::uint32_t>& late = runs_[depth_ - 1].late;
            for (; entry != none; entry = entries_[entry].next) {
                late.push_back(entries_[entry].place);
                std::push_heap(late.begin(), late.end(), first_is_lowest);
            }
            return;
        }
        if (depth_ == runs_.size()) runs_.emplace_back();
        Run& run = runs_[depth_++];
        run.rank = rank;
        run.next = 0;
        run.places.clear();
        bool is_sorted = true;
        for (; entry != none; entry = entries_[entry].next) {
            const std::uint32_t place = entries_[entry].place;
            is_sorted &= run.places.empty() || run.places.back() <= place;
            run.places.push_back(place);
        }
        if (!is_sorted) std::sort(run.places.begin(), run.places.end());
    }

    std::vector<Entry> entries_;
    std::vector<List> lists_;          ///< by rank, those that no run was made of
    std::vector<std::uint32_t> ranks_; ///< of the lists that are not empty: a heap
    std::vector<Run> runs_;            ///< each of a lower rank than the one before it
    std::size_t depth_ = 0;            ///< how many of them have begun
};

} // namespace firth::detail
