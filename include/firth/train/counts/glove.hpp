#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <firth/base/messages.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/progress.hpp>
#include <firth/corpus/cooccurrence.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/table/word_vectors.hpp>
#include <firth/train/counts/cooccurrence_trainer.hpp>
#include <firth/train/counts/pair_objective.hpp>
#include <firth/train/counts/pair_optimizer.hpp>
#include <firth/train/run/trained_vectors.hpp>

namespace firth {

/// GloVe (Pennington, Socher, Manning 2014): weighted least squares of the logarithms of counts.
using GloVe = CooccurrenceTrainer<WeightedLeastSquares, AdaGrad>;

/// Settings of GloVe; the defaults are those of the demo of GloVe's own program.
struct GloVeOptions {
    std::size_t dim = 100;     ///< length of an embedding, at least 1
    std::uint32_t epochs = 15; ///< times through the counts, at most 1,000,000
    float x_max = 10;          ///< counts from here on have the full weight; 100 for large corpora
    float alpha = 0.75f;       ///< smaller ones have (count / x_max)^alpha
    float learning_rate = 0.05f;                   ///< of AdaGrad; above 0, at most 10
    std::uint64_t memory = std::uint64_t{1} << 30; ///< for prepared counts; what is more lies in a
                                                   ///< temporary file
    std::string folder{};                          ///< of that file; empty: the system's own
    std::size_t threads = 0; ///< 0: all of the machine's; the result does not depend on it
    std::uint64_t seed = 1;
    VectorChoice vectors = VectorChoice::sum;
    CheckpointOptions checkpoint{};
};

/// Throws `OptionError`, naming the option and its range, for the first that is outside it.
inline void check_options(const GloVeOptions& options) {
    using detail::require_option;
    require_option(options.x_max > 0 && is_finite(options.x_max), "x-max",
                   float_text(options.x_max), "a number above 0");
    require_option(options.alpha >= 0 && options.alpha <= 10, "alpha", float_text(options.alpha),
                   "0 to 10");
    require_option(options.learning_rate > 0 && options.learning_rate <= 10, "learning rate",
                   float_text(options.learning_rate), "more than 0, at most 10");
    static_cast<void>(resolve_threads(options.threads));
}

/// The learner of these settings. Throws what `CooccurrenceTrainer` throws, and `OptionError`.
[[nodiscard]] inline GloVe make_glove(const CooccurrenceCounts& counts,
                                      const GloVeOptions& options) {
    check_options(options);
    return {counts,
            {.dim = options.dim,
             .epochs = options.epochs,
             .memory = options.memory,
             .folder = options.folder,
             .threads = options.threads,
             .seed = options.seed,
             .checkpoint = options.checkpoint},
            {.x_max = options.x_max, .alpha = options.alpha},
            {.rate = options.learning_rate}};
}

/// Trains on counts and gives each symbol of the vocabulary the vector that `options.vectors`
/// chooses. Cost: O(epochs * counts * dim). The counts are let go of once they are prepared. Throws
/// what `CooccurrenceTrainer` throws, `OptionError`, and `Error` where counts and vocabulary differ
/// in size.
[[nodiscard]] inline TrainedVectors train_glove(const Vocabulary& vocabulary,
                                                CooccurrenceCounts counts,
                                                const GloVeOptions& options = {},
                                                const ProgressCallback& callback = {}) {
    check_counts(counts, vocabulary.size());
    GloVe trainer = make_glove(counts, options);
    counts = CooccurrenceCounts();
    TrainingStats stats = trainer.train(callback);
    EmbeddingTable<float> contexts = trainer.contexts();
    EmbeddingTable<float> vectors = choose_vectors(trainer.words(), contexts, options.vectors);
    return {WordVectors<float>(vocabulary, std::move(vectors)), std::move(contexts),
            std::move(stats)};
}

} // namespace firth
