#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/simd/distance.hpp>
#include <firth/simd/row_list.hpp>
#include <firth/simd/window_tile.hpp>
#include <firth/table/id.hpp>
#include <firth/table/matrix_view.hpp>
#include <firth/train/run/hogwild.hpp>

/// Rows without races, for training that gives the same bytes every time. Workers go in rounds:
/// each first says which rows it will step on in the round; rows that only one of them named it
/// then changes in place, rows that several named each changes in a copy of its own, and in the end
/// their changes are added to the row, worker 0's first.
///
/// A row that is in very many windows is brought to where it should be by every worker alone: the
/// sum of their changes would go too far by as many times as there are workers, and from four on
/// the training would diverge. So where the squared length of the sum is more than twice the sum of
/// their squared lengths, it is scaled down by that ratio: to two workers' change where all agree.
/// Two never exceed it, nor more of them that point in different directions.
namespace firth {

/// Runs a window's step on rows that no other thread touches.
class PrivateStep {
public:
    PrivateStep(std::size_t, std::size_t) noexcept {}

    template <class Step>
    void operator()(const simd::WindowRows& window, Step&& step) noexcept {
        step(window);
    }
};

/// One table, and the copies that workers hold of its rows. In each round, with all workers waiting
/// for each other in between: `Rows::announce` by each; `share` by each; steps; `merge` by each. A
/// round costs what its rows cost, however many more the table has.
class PrivateTable {
    struct Worker;

public:
    PrivateTable(TableView<float> table, std::size_t workers)
        : table_(table), shared_(words(table.rows())) {
        for (std::size_t w = 0; w < workers; ++w) {
            workers_.push_back(std::make_unique<Worker>(table, shared_.data(), workers));
        }
    }

    /// A `RowAccess`: the rows as one worker sees them.
    class Rows {
    public:
        using Step = PrivateStep;
        static constexpr bool announced = true;

        [[nodiscard]] std::size_t stride() const noexcept { return worker_->table.stride(); }

        void announce(Id id) { worker_->announce(id); }

        FIRTH_ALWAYS_INLINE void prefetch(Id id) const noexcept {
            prefetch_row(worker_->current(id), stride());
        }

        FIRTH_ALWAYS_INLINE void prefetch_l2(Id id) const noexcept {
            prefetch_row_l2(worker_->current(id), stride());
        }

        [[nodiscard]] float* take(Id id) {
            if (!worker_->is_shared(id)) return worker_->row(id);
            std::uint32_t& slot = worker_->places[id];
            if (slot == no_copy) slot = worker_->add_copy(id);
            return worker_->copy(slot);
        }

        void mean(std::span<float* const> rows, float* to) const noexcept {
            simd::mean_of_rows(rows, to, stride());
        }

        void add(const float* change, std::span<float* const> rows) const noexcept {
            simd::add_to_rows(change, rows, stride());
        }

    private:
        friend PrivateTable;
        explicit Rows(Worker& worker) noexcept : worker_(&worker) {}

        Worker* worker_;
    };

    [[nodiscard]] Rows rows(std::size_t worker) noexcept { return Rows(*workers_[worker]); }

    /// A worker's part of finding the rows that several have announced.
    void share(std::size_t worker) noexcept {
        workers_[worker]->forget_copies();
        for (const std::unique_ptr<Worker>& announcer : workers_) {
            for (const std::uint32_t word : announcer->touched[worker]) {
                std::uint64_t once = 0;
                std::uint64_t twice = 0;
                for (const std::unique_ptr<Worker>& other : workers_) {
                    twice |= once & other->announced[word];
                    once |= other->announced[word];
                }
                shared_[word] = twice;
            }
        }
    }

    /// A worker's part of adding up the changes: those of the rows whose id is `worker` modulo the
    /// number of workers.
    void merge(std::size_t worker) noexcept {
        for (std::size_t first = 0; first < workers_.size(); ++first) {
            for (const Id id : workers_[first]->copied[worker]) {
                merge_row(id, first);
            }
        }
        workers_[worker]->forget_announced();
    }

private:
    static constexpr std::uint32_t no_copy = 0xFFFFFFFFu;

    static constexpr std::size_t words(std::size_t rows) noexcept { return (rows + 63) / 64; }
    static constexpr std::uint64_t bit_of(Id id) noexcept { return std::uint64_t{1} << id % 64; }

    struct alignas(row_alignment) Worker {
        static constexpr std::size_t block_rows = 256;

        Worker(TableView<float> rows, const std::uint64_t* shared_bits, std::size_t parts)
            : table(rows), shared(shared_bits), announced(words(rows.rows())), touched(parts),
              places(rows.rows(), no_copy), copied(parts) {}

        void announce(Id id) {
            std::uint64_t& word = announced[id / 64];
            if (word == 0) touched[part_of(id / 64)].push_back(id / 64);
            word |= bit_of(id);
        }
        /// The worker that looks at a word of `announced` for all: the same one for a cache line.
        [[nodiscard]] std::size_t part_of(std::uint32_t word) const noexcept {
            return word / 8 % touched.size();
        }

        [[nodiscard]] bool is_shared(Id id) const noexcept {
            return (shared[id / 64] & bit_of(id)) != 0;
        }
        [[nodiscard]] float* row(Id id) const noexcept {
            return table.data() + id * table.stride();
        }
        /// The copy where there is one, else the row itself.
        [[nodiscard]] const float* current(Id id) noexcept {
            return is_shared(id) && places[id] != no_copy ? copy(places[id]) : row(id);
        }
        [[nodiscard]] float* copy(std::uint32_t slot) noexcept {
            return blocks[slot / block_rows].data() + slot % block_rows * table.stride();
        }

        std::uint32_t add_copy(Id id) {
            if (used == blocks.size() * block_rows) {
                blocks.emplace_back(block_rows * table.stride());
            }
            copied[id % copied.size()].push_back(id);
            const auto slot = static_cast<std::uint32_t>(used++);
            std::copy_n(row(id), table.stride(), copy(slot));
            return slot;
        }

        void forget_copies() noexcept {
            for (std::vector<Id>& ids : copied) {
                for (const Id id : ids) {
                    places[id] = no_copy;
                }
                ids.clear();
            }
            used = 0;
        }

        void forget_announced() noexcept {
            for (std::vector<std::uint32_t>& words : touched) {
                for (const std::uint32_t word : words) {
                    announced[word] = 0;
                }
                words.clear();
            }
        }

        TableView<float> table;
        const std::uint64_t* shared;          ///< a bit a row: several workers announced it
        std::vector<std::uint64_t> announced; ///< a bit a row
        std::vector<std::vector<std::uint32_t>> touched; ///< words of `announced` that are not 0
        std::vector<std::uint32_t> places;               ///< by id: the place of the copy
        std::vector<std::vector<Id>> copied;      ///< ids that have a copy, by id modulo workers
        std::vector<AlignedBuffer<float>> blocks; ///< the copies; they never move
        std::size_t used = 0;
    };

    /// Adds up a row's changes, unless a worker before `first` has a copy and has done so.
    void merge_row(Id id, std::size_t first) noexcept {
        const auto copy_of = [&](std::size_t worker) -> float* {
            const std::uint32_t slot = workers_[worker]->places[id];
            return slot == no_copy ? nullptr : workers_[worker]->copy(slot);
        };
        for (std::size_t before = 0; before < first; ++before) {
            if (copy_of(before) != nullptr) return;
        }
        const std::size_t stride = table_.stride();
        float* const row = table_.data() + id * stride;
        float* const sum = copy_of(first);
        const auto squared_change = [&](const float* changed) {
            return simd::squared_l2(std::span<const float>(changed, stride),
                                    std::span<const float>(row, stride));
        };
        const bool limited = workers_.size() > 2;
        float squares = limited ? squared_change(sum) : 0;
        for (std::size_t other = first + 1; other < workers_.size(); ++other) {
            const float* const changed = copy_of(other);
            if (changed == nullptr) continue;
            if (limited) squares += squared_change(changed);
            for (std::size_t i = 0; i < stride; ++i) {
                sum[i] += changed[i] - row[i];
            }
        }
        const float all = limited ? squared_change(sum) : 0;
        if (all > 2 * squares) {
            const float share = 2 * squares / all;
            for (std::size_t i = 0; i < stride; ++i) {
                sum[i] = row[i] + share * (sum[i] - row[i]);
            }
        }
        std::copy_n(sum, stride, row);
    }

    TableView<float> table_;
    std::vector<std::uint64_t> shared_; ///< a bit a row; words that no worker touched are old
    std::vector<std::unique_ptr<Worker>> workers_;
};

} // namespace firth
