#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/checksum.hpp>
#include <firth/base/error.hpp>
#include <firth/base/messages.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/progress.hpp>
#include <firth/base/random.hpp>
#include <firth/base/room.hpp>
#include <firth/corpus/corpus.hpp>
#include <firth/corpus/sequence_source.hpp>
#include <firth/simd/dispatch/dispatch.hpp>
#include <firth/simd/dot.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/train/run/checkpoint.hpp>
#include <firth/train/run/divergence.hpp>
#include <firth/train/run/hogwild.hpp>
#include <firth/train/run/table_sharing.hpp>
#include <firth/train/run/training_state.hpp>
#include <firth/train/sequence/negative_sampling.hpp>
#include <firth/train/sequence/prediction.hpp>
#include <firth/train/sequence/sequence_loop.hpp>
#include <firth/train/sequence/whole_words.hpp>
#include <firth/train/sequence/window_worker.hpp>

namespace firth {

/// Settings of `SequenceTrainer` that do not belong to one of its policies.
struct SequenceTrainerOptions {
    std::size_t dim = 100;  ///< length of an embedding, 1 to `max_dim`
    std::size_t window = 5; ///< contexts on either side, at most, 1 to 1000
    WindowSize window_size = WindowSize::dynamic;
    double sample = 1e-3;     ///< subsampling threshold of frequent symbols, 0 to 1; 0: off
    std::uint32_t epochs = 5; ///< times through the corpus, at most 1,000,000
    float learning_rate = 0;  ///< at the start, at most 10; 0: the prediction's default
    Schedule schedule = Schedule::linear;
    std::size_t threads = 0;    ///< 0: all of the machine's
    bool deterministic = false; ///< the same bytes every time, for one number of threads
    std::uint64_t seed = 1;
    CheckpointOptions checkpoint{};
};

/// Throws `OptionError`, naming the option and its range, for the first that is outside it.
inline void check_options(const SequenceTrainerOptions& options) {
    using detail::require_option;
    require_option(options.dim >= 1 && options.dim <= max_dim, "dim", options.dim, "1 to ",
                   max_dim);
    require_option(options.window >= 1 && options.window <= 1000, "window", options.window,
                   "1 to 1000");
    require_option(options.sample >= 0 && options.sample <= 1, "sample", float_text(options.sample),
                   "0 to 1");
    require_option(options.epochs <= 1000000, "epochs", options.epochs, "0 to 1000000");
    require_option(options.learning_rate >= 0 && options.learning_rate <= 10, "learning rate",
                   float_text(options.learning_rate), "more than 0, at most 10");
    require_option(options.checkpoint.seconds >= 0, "seconds between checkpoints",
                   float_text(options.checkpoint.seconds), "0 or more");
    static_cast<void>(resolve_threads(options.threads));
}

/// Learns an input and an output table from sequences of ids, window by window. Composed of what a
/// window predicts (`SkipGram`, `Cbow`), what a centre is scored against (`NegativeSampling`,
/// `HierarchicalSoftmax`) and what a symbol is made of (`WholeWords`); all three can be the user's
/// own.
///
/// One thread and one seed give the same bytes every time, for one binary on one instruction set.
/// Several threads share the tables and race on their rows (`hogwild.hpp`): results differ in the
/// noise. With `deterministic` they work in rounds on copies of their own (`private_rows.hpp`) and
/// give the same bytes for one number of threads.
///
/// Memory: the tables; with `deterministic` some MB a thread.
template <WindowPrediction Prediction = SkipGram, OutputSampler Sampler = NegativeSampling,
          SymbolComposition Symbols = WholeWords, class Arch = simd::default_arch>
class SequenceTrainer {
public:
    /// `counts[id]` is how often an id occurs in what will be trained on. Input rows start at
    /// random in (-0.5, 0.5) / dim, output rows at zero, as in word2vec.c. Throws `OptionError`,
    /// and `Error` where memory has no room for the tables.
    SequenceTrainer(std::span<const std::uint64_t> counts, const SequenceTrainerOptions& options,
                    Prediction prediction, Sampler sampler, Symbols symbols)
        : counts_(counts.begin(), counts.end()), options_(options),
          prediction_(std::move(prediction)), sampler_(std::move(sampler)),
          symbols_(std::move(symbols)) {
        check_options(options);
        if (options_.learning_rate == 0) options_.learning_rate = Prediction::default_learning_rate;
        require_memory(
            EmbeddingTable<float>::bytes_of(symbols_.rows() + sampler_.output_rows(), options.dim),
            "tables of " + std::to_string(symbols_.rows()) + " and " +
                std::to_string(sampler_.output_rows()) + " rows of dim " +
                std::to_string(options.dim),
            "a smaller dim or fewer symbols");
        input_ = EmbeddingTable<float>(symbols_.rows(), options.dim);
        output_ = EmbeddingTable<float>(sampler_.output_rows(), options.dim);
        Random random(options.seed, 0x696E6974);
        for (std::size_t row = 0; row < input_.rows(); ++row) {
            for (float& value : input_[row]) {
                value = (random.uniform() - 0.5f) / static_cast<float>(options.dim);
            }
        }
    }

    /// The embeddings, symbols().rows() x dim. Set it before training to start from other
    /// vectors.
    [[nodiscard]] EmbeddingTable<float>& input() noexcept { return input_; }
    [[nodiscard]] const EmbeddingTable<float>& input() const noexcept { return input_; }

    /// The other side of the products, sampler().output_rows() x dim.
    [[nodiscard]] EmbeddingTable<float>& output() noexcept { return output_; }
    [[nodiscard]] const EmbeddingTable<float>& output() const noexcept { return output_; }

    [[nodiscard]] const Sampler& sampler() const noexcept { return sampler_; }
    [[nodiscard]] Symbols& symbols() noexcept { return symbols_; }
    [[nodiscard]] const Symbols& symbols() const noexcept { return symbols_; }

    /// Trains on a source of sentences. `stats.loss()` is the mean over predictions of -log of the
    /// probability of their labels, estimated from every 64th window (from more where the source is
    /// small); with negative sampling it starts near (1 + negative) * ln 2.
    ///
    /// With a checkpoint's path, writes one every `seconds` and on cancelling; with `resume` begins
    /// where the one that is there was written, and ends with the same bytes as if it had not been
    /// stopped (with one thread, or `deterministic`). Throws `Error` for an empty source, for one
    /// that does not fit `counts`, where the training diverges (`DivergenceCheck`) and where
    /// nothing was learnt because no window had a context, or no symbol an output; `OptionError`
    /// for another training's checkpoint, or any where it is not to be resumed; `FormatError` for a
    /// damaged one; and `IoError`.
    template <SequenceSource Source>
    TrainingStats train(const Source& source, const ProgressCallback& callback = {}) {
        if (detail::total_length(source) == 0) {
            throw Error("the corpus is empty, expected at least one sentence");
        }
        const std::size_t threads = resolve_threads(options_.threads);
        const std::vector<TableView<float>> tables{input_, output_};
        if (options_.deterministic && threads > 1) {
            return train_with(source, PrivateTables(tables, threads), callback);
        }
        return train_with(source, SharedTables(tables), callback);
    }

    /// The same for what converts to a view of a corpus.
    TrainingStats train(const CorpusView& corpus, const ProgressCallback& callback = {}) {
        return train<CorpusView>(corpus, callback);
    }

private:
    /// `sharing` has the input and the output table.
    template <class Source, class Sharing>
    TrainingStats train_with(const Source& source, Sharing sharing,
                             const ProgressCallback& callback) {
        using Rows = typename Sharing::Rows;
        using Access = typename Symbols::template Access<Rows>;
        using Worker = WindowWorker<Prediction, Sampler, Access, Rows, Arch>;
        SequenceLoop<Worker, Sharing, Source> loop(
            source, counts_,
            {.epochs = options_.epochs,
             .learning_rate = options_.learning_rate,
             .schedule = options_.schedule,
             .sample = options_.sample,
             .threads = options_.threads,
             .window = options_.window,
             .long_start = longest_row() > DivergenceCheck::long_vector,
             .seed = options_.seed},
            sharing, [&](std::size_t worker) {
                return Worker(
                    prediction_, sampler_,
                    Access(symbols_, sharing.rows(0, worker), Worker::span(options_.window)),
                    sharing.rows(1, worker), options_.window, options_.window_size,
                    Symbols::max_sentence_rows, loss_interval(detail::total_length(source)));
            });
        Checkpoint checkpoint;
        if (!options_.checkpoint.path.empty()) {
            checkpoint =
                Checkpoint(options_.checkpoint, settings(source, Sharing::in_rounds),
                           {trained_table("input", input_), trained_table("output", output_)});
        }
        TrainingStats stats = loop.run(callback, std::move(checkpoint));
        check_learnt(stats, loop.place());
        return stats;
    }

    [[nodiscard]] float longest_row() const {
        float longest = 0;
        for (std::size_t row = 0; row < input_.rows(); ++row) {
            longest = (std::max)(longest, simd::norm(input_[row]));
        }
        return longest;
    }

    /// Steps between two whose loss is looked at, which costs a logarithm a prediction.
    [[nodiscard]] static std::size_t loss_interval(std::size_t ids) noexcept {
        return std::clamp<std::size_t>(ids / 256, 1, 64);
    }

    /// Throws where a whole training has not made a single step (the first of any would have been
    /// looked at): its vectors would be random.
    void check_learnt(const TrainingStats& stats, const TrainingPlace& place) const {
        if (stats.cancelled || options_.epochs == 0 || place.samples != 0) return;
        if (sampler_.max_outputs() == 0) {
            throw Error("nothing was learnt, since no symbol has an output: " +
                        sampler_.settings() + " over a vocabulary of " +
                        std::to_string(counts_.size()) + "; expected two symbols or more");
        }
        throw Error("nothing was learnt, since no window had a context: with sample = " +
                    float_text(options_.sample) + " subsampling left " +
                    std::to_string(stats.kept) + " of " + std::to_string(stats.steps) +
                    " ids; expected sentences of two or more (a larger sample leaves more, 0 all)");
    }

    /// Everything that a training that goes on must have in common with the one that was stopped.
    template <class Source>
    [[nodiscard]] TrainingSettings settings(const Source& source, bool rounds) const {
        const std::size_t threads = resolve_threads(options_.threads);
        Checksum counts;
        for (const std::uint64_t count : counts_) {
            counts.add(detail::bytes_of(count));
        }
        return {{"version", detail::version_name()},
                {"instruction set", std::string(simd::selected_arch<Arch>())},
                {"model",
                 prediction_.settings() + ", " + sampler_.settings() + ", " + symbols_.settings()},
                {"dim", std::to_string(options_.dim)},
                {"window", std::to_string(options_.window) +
                               (options_.window_size == WindowSize::fixed ? " fixed" : " dynamic")},
                {"sample", float_text(options_.sample)},
                {"epochs", std::to_string(options_.epochs)},
                {"learning rate", float_text(options_.learning_rate) + ", schedule " +
                                      std::to_string(static_cast<int>(options_.schedule))},
                {"seed", std::to_string(options_.seed)},
                {"threads", rounds         ? std::to_string(threads) + " in rounds"
                            : threads == 1 ? std::string("1")
                                           : std::string("several")},
                {"corpus", std::to_string(detail::total_length(source)) + " ids in " +
                               std::to_string(source.sentences()) +
                               " sentences, counts' checksum " + std::to_string(counts.value()) +
                               ", " + source.settings()}};
    }

    std::vector<std::uint64_t> counts_;
    SequenceTrainerOptions options_;
    Prediction prediction_;
    Sampler sampler_;
    Symbols symbols_;
    EmbeddingTable<float> input_;
    EmbeddingTable<float> output_;
};

} // namespace firth
