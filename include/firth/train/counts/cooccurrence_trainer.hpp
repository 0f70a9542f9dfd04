#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/config.hpp>
#include <firth/base/error.hpp>
#include <firth/base/messages.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/progress.hpp>
#include <firth/base/random.hpp>
#include <firth/corpus/cooccurrence.hpp>
#include <firth/simd/dispatch/dispatch.hpp>
#include <firth/simd/dot.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/train/counts/cooccurrence_tiles.hpp>
#include <firth/train/counts/pair_objective.hpp>
#include <firth/train/counts/pair_optimizer.hpp>
#include <firth/train/run/checkpoint.hpp>
#include <firth/train/run/training_run.hpp>
#include <firth/train/run/training_state.hpp>

namespace firth {

/// Settings of `CooccurrenceTrainer` that do not belong to one of its policies.
struct CooccurrenceTrainerOptions {
    std::size_t dim = 100;     ///< length of an embedding, 1 to `max_dim` / 4, or to
                               ///< `max_dim` / 2 (1 + states) where those are two or more
    std::uint32_t epochs = 15; ///< times through the counts, at most 1,000,000
    std::uint64_t memory = std::uint64_t{1} << 30; ///< for prepared counts; what is more lies in a
                                                   ///< temporary file
    std::string folder{};                          ///< of that file; empty: the system's own
    std::size_t threads = 0;                       ///< 0: all of the machine's
    std::uint64_t seed = 1;
    CheckpointOptions checkpoint{};
};

/// Learns two embeddings of every symbol, as itself and as a context, and a bias of each, from
/// counts of which symbols were seen together: the product of two embeddings plus both biases goes
/// where the objective wants it.
///
/// Counts are cut into tiles of rows x columns. An epoch goes through them in rounds of tiles that
/// share no row and no column, Latin squares in random order: within a round threads take any tile
/// that is left, none touches a row of another, and so the result is the same to the last bit
/// however many there are.
///
/// Memory: 2 (1 + states) floats a symbol and dim, and the counts, 12 bytes each with
/// GloVe's objective, as far as `memory` allows.
template <PairObjective Objective = WeightedLeastSquares, PairOptimizer Optimizer = AdaGrad,
          class Arch = simd::default_arch>
class CooccurrenceTrainer {
public:
    /// Prepares the counts, which are not needed afterwards. Embeddings and biases start at random
    /// in (-0.5, 0.5) / dim. Throws `OptionError`, `Error` where there are no counts, and `IoError`
    /// where a temporary file cannot be written.
    CooccurrenceTrainer(const CooccurrenceCounts& counts, const CooccurrenceTrainerOptions& options,
                        Objective objective = {}, Optimizer optimizer = {})
        : options_(checked(options)), objective_(std::move(objective)),
          optimizer_(std::move(optimizer)), threads_(resolve_threads(options.threads)),
          width_(padded_dim<float>(options.dim + 2)),
          tiles_(nonempty(counts), objective_, tile_options()), words_(initial(counts.rows(), 0)),
          contexts_(initial(counts.rows(), 1)), word_rates_(rates(0)), context_rates_(rates(1)) {}

    /// The number of counts.
    [[nodiscard]] std::size_t size() const noexcept { return tiles_.size(); }

    /// The embeddings of symbols as themselves, symbols x dim, and as contexts.
    [[nodiscard]] EmbeddingTable<float> words() const { return embeddings(words_); }
    [[nodiscard]] EmbeddingTable<float> contexts() const { return embeddings(contexts_); }

    /// Their biases, by id.
    [[nodiscard]] std::vector<float> word_biases() const { return biases(words_, 0); }
    [[nodiscard]] std::vector<float> context_biases() const { return biases(contexts_, 1); }

    /// Trains. `stats.loss()` is the mean cost of a count, as it was met; the callback gets counts
    /// as units.
    ///
    /// With a checkpoint's path, writes one every `seconds` and on cancelling; with `resume` begins
    /// where the one that is there was written, and ends with the same bytes as if it had not been
    /// stopped. Throws `Error` where the training diverges: the cost of an epoch is not finite,
    /// or above ten times both what products that are all zero cost and the most that
    /// those of the start can. `OptionError` for another training's checkpoint, or any where it is
    /// not to be resumed, `FormatError` for a damaged one, and `IoError`.
    TrainingStats train(const ProgressCallback& callback = {}) {
        TrainingRun run(
            options_.epochs, tiles_.size(), callback,
            Checkpoint(options_.checkpoint, settings(),
                       {trained_table("input", words_), trained_table("output", contexts_)}));
        TrainingPlace& place = run.place();
        run.start(place.loss.samples);
        if (run.goes_on() && place.part >= rounds()) run.end_epoch(); // a file may say so
        while (run.goes_on()) {
            run_epoch(run);
            run.rethrow();
        }
        TrainingStats stats = run.finish(done(place));
        stats.kept = stats.steps;
        return stats;
    }

private:
    using Tiles = CooccurrenceTiles<Objective>;

    /// An epoch goes through the tiles this many times, each time through another part of each: a
    /// row's steps are then less clustered, and costs fall as where counts come in random order
    /// (`benchmarks/README.md`).
    static constexpr std::size_t sweeps = 3;

    /// Counts between the prefetching of a count's rows and its step.
    static constexpr std::size_t lookahead = 4;

    static CooccurrenceTrainerOptions checked(const CooccurrenceTrainerOptions& options) {
        using detail::require_option;
        require_option(options.dim >= 1 && options.dim <= largest_dim, "dim", options.dim, "1 to ",
                       largest_dim);
        require_option(options.epochs <= 1000000, "epochs", options.epochs, "0 to 1000000");
        require_option(options.checkpoint.seconds >= 0, "seconds between checkpoints",
                       float_text(options.checkpoint.seconds), "0 or more");
        return options;
    }

    static const CooccurrenceCounts& nonempty(const CooccurrenceCounts& counts) {
        if (counts.size() == 0) throw Error("there are no counts to learn from");
        return counts;
    }

    [[nodiscard]] TileOptions tile_options() const {
        // Both sides of a tile fill most of the 1 or 2 MB that a core has as its second cache.
        const std::size_t row_bytes = parts * width_ * sizeof(float);
        return {.max_side = std::clamp<std::size_t>((std::size_t{7} << 16) / row_bytes, 16, 65536),
                .memory = options_.memory,
                .folder = options_.folder,
                .threads = threads_,
                .seed = options_.seed};
    }

    /// A row holds the embedding, two elements for biases, and the states of all of them. Where a
    /// word's row has its bias a context's has a one, and the other way round: so products hold the
    /// biases, and steps on them are those on any element.
    [[nodiscard]] EmbeddingTable<float> initial(std::size_t symbols, std::size_t side) const {
        EmbeddingTable<float> table(symbols, parts * width_);
        constexpr std::size_t grain = 1024;
        parallel_for(symbols, grain, threads_, [&](std::size_t begin, std::size_t end) {
            Random random(options_.seed, 2 * (begin / grain) + side);
            for (std::size_t row = begin; row < end; ++row) {
                float* const values = table[row].data();
                for (std::size_t i = 0; i <= options_.dim; ++i) {
                    values[i == options_.dim ? i + side : i] =
                        (random.uniform() - 0.5f) / static_cast<float>(options_.dim);
                }
                values[options_.dim + 1 - side] = 1;
                std::fill_n(values + width_, Optimizer::states * width_, Optimizer::initial_state);
            }
        });
        return table;
    }

    [[nodiscard]] AlignedBuffer<float> rates(std::size_t side) const {
        AlignedBuffer<float> rates(width_);
        std::fill_n(rates.data(), options_.dim, optimizer_.rate);
        rates[options_.dim + side] = optimizer_.bias_rate;
        return rates;
    }

    [[nodiscard]] EmbeddingTable<float> embeddings(const EmbeddingTable<float>& table) const {
        EmbeddingTable<float> result(table.rows(), options_.dim);
        for (std::size_t row = 0; row < table.rows(); ++row) {
            std::copy_n(table[row].data(), options_.dim, result[row].data());
        }
        return result;
    }

    [[nodiscard]] std::vector<float> biases(const EmbeddingTable<float>& table,
                                            std::size_t side) const {
        std::vector<float> result;
        for (std::size_t row = 0; row < table.rows(); ++row) {
            result.push_back(table[row][options_.dim + side]);
        }
        return result;
    }

    /// Blocks on the longer side: the tiles of a sweep make as many rounds.
    [[nodiscard]] std::size_t blocks() const noexcept {
        return (std::max)(tiles_.row_blocks(), tiles_.column_blocks());
    }
    [[nodiscard]] std::size_t rounds() const noexcept { return sweeps * blocks(); }

    /// A tile of a round, and what its counts cost.
    struct Task {
        std::size_t row_block;
        std::size_t column_block;
        std::size_t begin; ///< in the tile
        std::size_t end;
        double cost;
    };

    /// Steps that are done at a place of the training.
    [[nodiscard]] std::uint64_t done(const TrainingPlace& place) const noexcept {
        return std::uint64_t{place.epoch} * tiles_.size() + place.loss.samples;
    }

    /// What is to be done between rounds, while no thread trains.
    void after_round(TrainingRun& run) {
        TrainingPlace& place = run.place();
        ++place.part;
        check_cost(place);
        run.report(done(place));
        if (place.part == rounds()) {
            check_epoch(place);
            run.end_epoch();
        }
        run.save();
    }

    /// Goes on to the beginning of the next epoch, or to where the run stops.
    void run_epoch(TrainingRun& run) {
        const TrainingPlace& place = run.place();
        Random random(~options_.seed, place.epoch);
        const std::vector<std::size_t> row_order = shuffled(blocks(), random);
        const std::vector<std::size_t> column_order = shuffled(blocks(), random);
        std::vector<Task> tasks;
        std::atomic<std::size_t> next{0};
        bool stop = false;
        const auto begin_round = [&] {
            tasks = round_tasks(row_order, column_order, place.part);
            next.store(0, std::memory_order_relaxed);
        };
        const auto end_round = [&] {
            for (const Task& task : tasks) {
                run.add_loss({task.cost, task.end - task.begin});
            }
            if (!run.stopping()) run.guard([&] { after_round(run); });
            stop = run.stopping() || place.part == 0;
            if (!stop) begin_round();
        };
        begin_round();
        Barrier barrier(threads_);
        run_workers(threads_, [&](std::size_t worker) {
            std::vector<typename Tiles::Entry> buffer;
            while (!stop) {
                run.guard([&] {
                    for (;;) {
                        const std::size_t task = next.fetch_add(1, std::memory_order_relaxed);
                        if (task >= tasks.size()) break;
                        train_tile(tasks[task], buffer);
                    }
                });
                barrier.wait();
                if (worker == 0) end_round();
                barrier.wait();
            }
        });
    }

    static std::vector<std::size_t> shuffled(std::size_t count, Random& random) {
        std::vector<std::size_t> order(count);
        std::iota(order.begin(), order.end(), std::size_t{0});
        shuffle(std::span(order), random);
        return order;
    }

    /// The tiles of a round that hold anything, the largest first, so that threads end together.
    [[nodiscard]] std::vector<Task> round_tasks(const std::vector<std::size_t>& row_order,
                                                const std::vector<std::size_t>& column_order,
                                                std::size_t round) const {
        std::vector<Task> tasks;
        for (std::size_t i = 0; i < row_order.size(); ++i) {
            const std::size_t row = row_order[i];
            const std::size_t column = column_order[(i + round) % column_order.size()];
            if (row >= tiles_.row_blocks() || column >= tiles_.column_blocks()) continue;
            const std::size_t size = tiles_.tile_size(row, column);
            const std::size_t sweep = round / blocks();
            const std::size_t begin = size * sweep / sweeps;
            const std::size_t end = size * (sweep + 1) / sweeps;
            if (begin != end) tasks.push_back({row, column, begin, end, 0});
        }
        std::stable_sort(tasks.begin(), tasks.end(), [](const Task& a, const Task& b) {
            return a.end - a.begin > b.end - b.begin;
        });
        return tasks;
    }

    /// `buffer` is for counts that are not in memory.
    void train_tile(Task& task, std::vector<typename Tiles::Entry>& buffer) {
        const std::span<const typename Tiles::Entry> counts =
            tiles_.tile(task.row_block, task.column_block, task.begin, task.end, buffer);
        const std::size_t stride = words_.stride();
        float* const words = words_.data() + tiles_.row_begin(task.row_block) * stride;
        float* const contexts = contexts_.data() + tiles_.column_begin(task.column_block) * stride;
        const auto prefetch = [&](std::size_t i) FIRTH_INLINE_LAMBDA {
            const float* const word = words + counts[i].row * stride;
            const float* const context = contexts + counts[i].column * stride;
            for (std::size_t k = 0; k < stride; k += row_alignment / sizeof(float)) {
                FIRTH_PREFETCH_WRITE(word + k);
                FIRTH_PREFETCH_WRITE(context + k);
            }
        };
        for (std::size_t i = 0; i < (std::min)(lookahead, counts.size()); ++i) {
            prefetch(i);
        }
        double sum = 0;
        for (std::size_t i = 0; i < counts.size(); ++i) {
            if (i + lookahead < counts.size()) prefetch(i + lookahead);
            float* const word = words + counts[i].row * stride;
            float* const context = contexts + counts[i].column * stride;
            const float product = simd::dot<Arch>(std::span<const float>(word, width_),
                                                  std::span<const float>(context, width_));
            const PairCost cost = objective_.cost(product, counts[i].target);
            optimizer_.template step<Arch>({word, context, word + width_, context + width_,
                                            word_rates_.data(), context_rates_.data(), width_},
                                           cost.gradient);
            sum += cost.cost;
        }
        task.cost = sum;
    }

    /// Throws where the cost is no longer finite.
    void check_cost(const TrainingPlace& place) const {
        if (!is_finite(place.loss.loss)) diverged(place, place.loss.mean());
    }

    /// Throws where an epoch cost much more than no training at all. What overshoots at first or
    /// hovers about the cost of zeros stays within a few times that; what diverges goes beyond it
    /// by powers of ten. Where zeros cost next to nothing, random starts are what to compare with.
    void check_epoch(const TrainingPlace& place) {
        constexpr double factor = 10;
        if (place.loss.loss <= factor * tiles_.cost_of_zero()) return;
        if (place.loss.loss > factor * cost_of_start()) diverged(place, place.loss.mean());
    }

    /// The most that all counts can cost together before the first step.
    [[nodiscard]] double cost_of_start() {
        if (cost_of_start_) return *cost_of_start_;
        // Embeddings and biases start within 0.5 / dim of zero.
        const float most = 1.25f / static_cast<float>(options_.dim);
        double sum = 0;
        std::vector<typename Tiles::Entry> buffer;
        for (std::size_t row = 0; row < tiles_.row_blocks(); ++row) {
            for (std::size_t column = 0; column < tiles_.column_blocks(); ++column) {
                const std::size_t size = tiles_.tile_size(row, column);
                for (const auto& entry : tiles_.tile(row, column, 0, size, buffer)) {
                    sum += (std::max)(objective_.cost(most, entry.target).cost,
                                      objective_.cost(-most, entry.target).cost);
                }
            }
        }
        cost_of_start_ = sum;
        return sum;
    }

    [[noreturn]] void diverged(const TrainingPlace& place, double cost) const {
        throw Error("the training diverged in epoch " + std::to_string(place.epoch + 1) +
                    ": the mean cost is " + float_text(cost) +
                    ", where products that are all "
                    "zero cost " +
                    float_text(tiles_.cost_of_zero() / static_cast<double>(tiles_.size())) +
                    "; expected less, which a learning rate lower than " +
                    float_text(optimizer_.rate) + " may give");
    }

    /// Everything that a training that goes on must have in common with the one that was stopped.
    [[nodiscard]] TrainingSettings settings() const {
        return {{"version", detail::version_name()},
                {"instruction set", std::string(simd::selected_arch<Arch>())},
                {"model", objective_.settings() + "; " + optimizer_.settings()},
                {"dim", std::to_string(options_.dim)},
                {"epochs", std::to_string(options_.epochs)},
                {"seed", std::to_string(options_.seed)},
                {"counts", std::to_string(tiles_.size()) + " of " + std::to_string(words_.rows()) +
                               " symbols, checksum " + std::to_string(tiles_.checksum())}};
    }

    /// A row is its weights and their states.
    static constexpr std::size_t parts = 1 + Optimizer::states;
    static constexpr std::size_t largest_dim = max_dim / (2 * (std::max)(parts, std::size_t{2}));

    CooccurrenceTrainerOptions options_;
    Objective objective_;
    Optimizer optimizer_;
    std::size_t threads_;
    std::size_t width_; ///< floats of one part of a row
    Tiles tiles_;
    EmbeddingTable<float> words_;
    EmbeddingTable<float> contexts_;
    AlignedBuffer<float> word_rates_;
    AlignedBuffer<float> context_rates_;
    std::optional<double> cost_of_start_; ///< once it was needed
};

} // namespace firth
