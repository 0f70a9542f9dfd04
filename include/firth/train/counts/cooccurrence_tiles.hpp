#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/array_store.hpp>
#include <firth/base/checksum.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/random.hpp>
#include <firth/base/section_file.hpp>
#include <firth/corpus/cooccurrence.hpp>
#include <firth/table/id.hpp>
#include <firth/train/counts/pair_objective.hpp>

namespace firth {

/// How counts are cut into tiles.
struct TileOptions {
    std::size_t max_side = 512;                    ///< of one side of a tile, at most 65536
    std::uint64_t memory = std::uint64_t{1} << 30; ///< what is more lies in a temporary file
    std::string folder{};                          ///< of that file; empty: the system's own
    std::size_t threads = 1;
    std::uint64_t seed = 1; ///< of the order of counts within a tile
};

/// Counts cut into tiles of neighbouring rows and columns, few enough that their embeddings stay in
/// a processor's cache while a tile is learnt from. Within a tile, counts lie in random order.
/// Tiles that share no row and no column can be learnt from at the same time.
template <PairObjective Objective>
class CooccurrenceTiles {
public:
    struct Entry {
        std::uint16_t row; ///< from the tile's first
        std::uint16_t column;
        typename Objective::Target target;
    };

    /// O(counts). Memory while it works, beside the result: a stripe of tiles a thread.
    CooccurrenceTiles(const CooccurrenceCounts& counts, const Objective& objective,
                      const TileOptions& options)
        : size_(counts.size()), row_ends_(block_ends(row_sizes(counts), options.max_side)),
          column_ends_(block_ends(column_sizes(counts, options.threads), options.max_side)),
          tiles_(row_ends_.size() * column_ends_.size(), options.memory, options.folder) {
        std::vector<std::uint32_t> block_of(counts.rows());
        for (std::uint32_t block = 0; block < column_ends_.size(); ++block) {
            std::fill(block_of.begin() + static_cast<std::ptrdiff_t>(column_begin(block)),
                      block_of.begin() + static_cast<std::ptrdiff_t>(column_ends_[block]), block);
        }
        std::vector<StripeSums> sums(row_ends_.size());
        WorkQueue stripes(row_ends_.size());
        run_workers((std::min)(options.threads, row_ends_.size()), [&](std::size_t) {
            typename ArrayStore<Entry>::Writer writer(tiles_);
            while (const std::optional<std::size_t> stripe = stripes.next()) {
                sums[*stripe] =
                    fill_stripe(counts, objective, *stripe, block_of, options.seed, writer);
            }
            writer.finish();
        });
        tiles_.map();
        Checksum checksum;
        for (const StripeSums& stripe : sums) {
            cost_of_zero_ += stripe.cost_of_zero;
            checksum.add(detail::bytes_of(stripe.checksum));
        }
        checksum_ = checksum.value();
    }

    /// The number of counts in all tiles.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    [[nodiscard]] std::size_t row_blocks() const noexcept { return row_ends_.size(); }
    [[nodiscard]] std::size_t column_blocks() const noexcept { return column_ends_.size(); }

    /// The first row of a block of rows, and the first column of one of columns.
    [[nodiscard]] std::size_t row_begin(std::size_t block) const noexcept {
        return block == 0 ? 0 : row_ends_[block - 1];
    }
    [[nodiscard]] std::size_t column_begin(std::size_t block) const noexcept {
        return block == 0 ? 0 : column_ends_[block - 1];
    }

    /// The number of counts in a tile.
    [[nodiscard]] std::size_t tile_size(std::size_t row_block,
                                        std::size_t column_block) const noexcept {
        return tiles_[number(row_block, column_block)].size();
    }

    /// Counts [begin, end) of a tile, in memory or copied to `buffer`, see `ArrayStore::read`.
    [[nodiscard]] std::span<const Entry> tile(std::size_t row_block, std::size_t column_block,
                                              std::size_t begin, std::size_t end,
                                              std::vector<Entry>& buffer) const {
        return tiles_.read(number(row_block, column_block), begin, end, buffer);
    }

    /// What all counts cost together where every product is zero.
    [[nodiscard]] double cost_of_zero() const noexcept { return cost_of_zero_; }

    /// Of the counts as they were, by which two trainings know that theirs are the same.
    [[nodiscard]] std::uint64_t checksum() const noexcept { return checksum_; }

private:
    struct StripeSums {
        double cost_of_zero = 0;
        std::uint64_t checksum = 0;
    };

    /// Blocks hold no more than this part of the counts, so that threads find enough tiles.
    static constexpr std::size_t least_blocks = 64;

    /// Targets by count: most counts are of a few values, those of pairs seen once or twice.
    class TargetCache {
    public:
        explicit TargetCache(const Objective& objective)
            : objective_(&objective), known_(size, Known{0, objective.target(1)}) {}

        const typename Objective::Target& operator()(float count) {
            Known& known = known_[(std::bit_cast<std::uint32_t>(count) * 0x9E3779B1u) >> 20];
            if (known.count != count) known = {count, objective_->target(count)};
            return known.target;
        }

    private:
        static constexpr std::size_t size = std::size_t{1} << 12;

        struct Known {
            float count; ///< 0, which no count is: none yet
            typename Objective::Target target;
        };

        const Objective* objective_;
        std::vector<Known> known_;
    };

    [[nodiscard]] std::size_t number(std::size_t row_block,
                                     std::size_t column_block) const noexcept {
        return row_block * column_ends_.size() + column_block;
    }

    static std::vector<std::uint64_t> row_sizes(const CooccurrenceCounts& counts) {
        std::vector<std::uint64_t> sizes(counts.rows());
        for (Id row = 0; row < sizes.size(); ++row) {
            sizes[row] = counts[row].size();
        }
        return sizes;
    }

    static std::vector<std::uint64_t> column_sizes(const CooccurrenceCounts& counts,
                                                   std::size_t threads) {
        std::vector<std::vector<std::uint32_t>> parts(threads);
        parallel_for(threads, 1, threads, [&](std::size_t part, std::size_t) {
            parts[part].resize(counts.rows());
            for (std::size_t row = part; row < counts.rows(); row += threads) {
                for (const SparseEntry& context : counts[static_cast<Id>(row)]) {
                    ++parts[part][context.column];
                }
                counts.release(static_cast<Id>(row));
            }
        });
        std::vector<std::uint64_t> sizes(counts.rows());
        for (const std::vector<std::uint32_t>& part : parts) {
            for (std::size_t i = 0; i < sizes.size(); ++i) {
                sizes[i] += part[i];
            }
        }
        return sizes;
    }

    static std::vector<std::size_t> block_ends(const std::vector<std::uint64_t>& sizes,
                                               std::size_t max_side) {
        const std::uint64_t total = std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
        const std::uint64_t enough = total / least_blocks + 1;
        std::vector<std::size_t> ends;
        std::uint64_t sum = 0;
        std::size_t begin = 0;
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            if (i > begin && (i - begin == max_side || sum + sizes[i] > enough)) {
                ends.push_back(i);
                begin = i;
                sum = 0;
            }
            sum += sizes[i];
        }
        ends.push_back(sizes.size());
        return ends;
    }

    /// Fills the tiles of a block of rows.
    StripeSums fill_stripe(const CooccurrenceCounts& counts, const Objective& objective,
                           std::size_t stripe, const std::vector<std::uint32_t>& block_of,
                           std::uint64_t seed, typename ArrayStore<Entry>::Writer& writer) {
        std::vector<std::size_t> begins(column_ends_.size() + 1);
        for (std::size_t row = row_begin(stripe); row < row_ends_[stripe]; ++row) {
            for (const SparseEntry& context : counts[static_cast<Id>(row)]) {
                ++begins[block_of[context.column] + 1];
            }
        }
        std::partial_sum(begins.begin(), begins.end(), begins.begin());
        const std::span<Entry> entries = writer.room(begins.back());
        TargetCache targets(objective);
        std::vector<std::size_t> next(begins.begin(), begins.end() - 1);
        StripeSums sums;
        Checksum checksum;
        for (std::size_t row = row_begin(stripe); row < row_ends_[stripe]; ++row) {
            const std::span<const SparseEntry> contexts = counts[static_cast<Id>(row)];
            checksum.add({reinterpret_cast<const char*>(contexts.data()), contexts.size_bytes()});
            for (const SparseEntry& context : contexts) {
                const std::uint32_t block = block_of[context.column];
                const typename Objective::Target& target = targets(context.value);
                entries[next[block]++] = {
                    static_cast<std::uint16_t>(row - row_begin(stripe)),
                    static_cast<std::uint16_t>(context.column - column_begin(block)), target};
                sums.cost_of_zero += objective.cost(0.0f, target).cost;
            }
            counts.release(static_cast<Id>(row));
        }
        for (std::size_t block = 0; block < column_ends_.size(); ++block) {
            const std::span<Entry> tile =
                entries.subspan(begins[block], begins[block + 1] - begins[block]);
            Random random(seed, number(stripe, block));
            shuffle(tile, random);
            writer.name(number(stripe, block), tile);
        }
        sums.checksum = checksum.value();
        return sums;
    }

    std::size_t size_;
    std::vector<std::size_t> row_ends_;
    std::vector<std::size_t> column_ends_;
    ArrayStore<Entry> tiles_;
    double cost_of_zero_ = 0;
    std::uint64_t checksum_ = 0;
};

} // namespace firth
