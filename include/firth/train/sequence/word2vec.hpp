#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/messages.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/progress.hpp>
#include <firth/corpus/corpus.hpp>
#include <firth/corpus/sequence_source.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/table/word_vectors.hpp>
#include <firth/train/run/trained_vectors.hpp>
#include <firth/train/sequence/hierarchical_softmax.hpp>
#include <firth/train/sequence/negative_sampling.hpp>
#include <firth/train/sequence/prediction.hpp>
#include <firth/train/sequence/sequence_trainer.hpp>
#include <firth/train/sequence/whole_words.hpp>

/// word2vec (Mikolov et al. 2013): skip-gram or CBOW, with negative sampling or hierarchical
/// softmax, one vector a word.
namespace firth {

/// The composition that word2vec.c calls -cbow 0 -hs 0; the other three differ in the first two
/// arguments.
using Word2Vec = SequenceTrainer<SkipGram, NegativeSampling, WholeWords>;

/// Settings of word2vec; the defaults are those of word2vec.c, but for CBOW's learning rate.
struct Word2VecOptions {
    std::size_t dim = 100;  ///< length of an embedding, 1 to `max_dim`
    std::size_t window = 5; ///< contexts on either side, at most, 1 to 1000
    WindowSize window_size = WindowSize::dynamic;
    std::size_t negative = 5; ///< negative samples a window, 1 to 1000
    double sample = 1e-3;     ///< subsampling threshold of frequent symbols, 0 to 1; 0: off
    std::uint32_t epochs = 5; ///< times through the corpus, at most 1,000,000
    float learning_rate = 0;  ///< at the start; 0: 0.025 for skip-gram, 0.06 for CBOW
    Schedule schedule = Schedule::linear;
    double negative_power = 0.75; ///< negatives are drawn by count^power
    CbowGradient cbow_gradient = CbowGradient::word2vec;
    VectorChoice vectors = VectorChoice::input; ///< input, with hierarchical softmax
    float output_weight = 1;                    ///< of the output vectors in `VectorChoice::sum`
    std::size_t threads = 0;                    ///< 0: all of the machine's
    bool deterministic = false; ///< the same bytes every time, for one number of threads
    std::uint64_t seed = 1;
    CheckpointOptions checkpoint{};
    /// Vectors to start from, or null: words that they have start with their rows, others at
    /// random.
    const WordVectors<float>* start = nullptr;
    bool freeze_start = false; ///< the rows taken from `start` keep their values

    /// Better vectors for skip-gram with negative sampling, in about 1.5 times the defaults' time:
    /// frequent words are left out more often, so that more epochs fit, the learning rate is twice
    /// as high, and half a word's vector as a context is added to its own (measured; the page of
    /// this folder has the figures).
    [[nodiscard]] static Word2VecOptions quality() {
        return {.sample = 5e-5,
                .epochs = 11,
                .learning_rate = 0.05f,
                .vectors = VectorChoice::sum,
                .output_weight = 0.5f};
    }
};

/// The part that does not belong to a policy.
[[nodiscard]] inline SequenceTrainerOptions trainer_options(const Word2VecOptions& options) {
    return {.dim = options.dim,
            .window = options.window,
            .window_size = options.window_size,
            .sample = options.sample,
            .epochs = options.epochs,
            .learning_rate = options.learning_rate,
            .schedule = options.schedule,
            .threads = options.threads,
            .deterministic = options.deterministic,
            .seed = options.seed,
            .checkpoint = options.checkpoint};
}

/// Throws `OptionError`, naming the option and its range, for the first that is outside it.
inline void check_options(const Word2VecOptions& options) {
    check_options(trainer_options(options));
    detail::require_option(options.negative >= 1 && options.negative <= 1000, "negative",
                           options.negative, "1 to 1000");
    detail::require_option(is_finite(options.negative_power), "negative power",
                           float_text(options.negative_power), "a finite number");
    detail::require_option(is_finite(options.output_weight), "output weight",
                           float_text(options.output_weight), "a finite number");
}

/// A prediction that `train_word2vec` can make: `make(options)` reads the options that it needs.
///
///     static Attract make(const firth::Word2VecOptions&) { return {}; }
template <class P>
concept Word2VecPrediction = WindowPrediction<P> && requires(const Word2VecOptions& options) {
    { P::make(options) } -> std::same_as<P>;
};

/// A sampler that `train_word2vec` can make, from the counts of the vocabulary.
/// `outputs_are_symbols` says whether output row i belongs to symbol i, so that it can be part of a
/// word's vector.
///
///     static constexpr bool outputs_are_symbols = true;
///     static NextIds make(std::span<const std::uint64_t> counts, const firth::Word2VecOptions&) {
///         return {counts.size()};
///     }
template <class S>
concept Word2VecSampler = OutputSampler<S> &&
    requires(std::span<const std::uint64_t> counts, const Word2VecOptions& options) {
    { S::make(counts, options) } -> std::same_as<S>;
    { S::outputs_are_symbols } -> std::convertible_to<bool>;
};

static_assert(Word2VecPrediction<SkipGram> && Word2VecPrediction<Cbow>);
static_assert(Word2VecSampler<NegativeSampling> && Word2VecSampler<HierarchicalSoftmax>);

/// The learner of a composition, for a corpus with these counts; rows in `frozen` (by id, empty for
/// none) keep their values. Throws `OptionError`.
template <Word2VecPrediction Prediction = SkipGram, Word2VecSampler Sampler = NegativeSampling,
          class Arch = simd::default_arch>
[[nodiscard]] SequenceTrainer<Prediction, Sampler, WholeWords, Arch>
make_word2vec(std::span<const std::uint64_t> counts, const Word2VecOptions& options,
              std::vector<bool> frozen = {}) {
    check_options(options);
    return {counts, trainer_options(options), Prediction::make(options),
            Sampler::make(counts, options), WholeWords(counts.size(), std::move(frozen))};
}

namespace detail {

/// For each symbol its row in the vectors to start from, or `no_id`.
inline std::vector<Id> start_rows(const Vocabulary& vocabulary, const Word2VecOptions& options) {
    if (options.start == nullptr) return {};
    require_option(options.dim == options.start->dim(), "dim", options.dim, options.start->dim(),
                   " as in the vectors to start from");
    std::vector<Id> rows;
    rows.reserve(vocabulary.size());
    for (const std::string_view symbol : vocabulary.symbols()) {
        rows.push_back(options.start->find(symbol).value_or(no_id));
    }
    return rows;
}

} // namespace detail

/// Trains on sentences from any source, and gives each symbol of the vocabulary, whose counts are
/// those of the source (`count_ids`), the vector that `options.vectors` chooses. Cost: O(epochs *
/// ids * window * negative * dim). Memory: two tables, and at most 64 MB for negatives. Throws what
/// `SequenceTrainer` throws, and `OptionError` where `start` has another dim, or where vectors are
/// asked for that there are not.
template <Word2VecPrediction Prediction = SkipGram, Word2VecSampler Sampler = NegativeSampling,
          class Arch = simd::default_arch, SequenceSource Source>
[[nodiscard]] TrainedVectors train_word2vec(const Vocabulary& vocabulary, const Source& source,
                                            const Word2VecOptions& options = {},
                                            const ProgressCallback& callback = {}) {
    const std::vector<Id> start = detail::start_rows(vocabulary, options);
    std::vector<bool> frozen;
    if (options.freeze_start) {
        for (const Id row : start) {
            frozen.push_back(row != no_id);
        }
    }
    auto trainer = make_word2vec<Prediction, Sampler, Arch>(vocabulary.counts(), options, frozen);
    if (!Sampler::outputs_are_symbols && options.vectors != VectorChoice::input) {
        throw OptionError("vectors other than input were asked for, and with " +
                          trainer.sampler().settings() + " a word has no other");
    }
    for (Id id = 0; id < start.size(); ++id) {
        if (start[id] == no_id) continue;
        const std::span<const float> row = (*options.start)[start[id]];
        std::copy(row.begin(), row.end(), trainer.input()[id].begin());
    }
    TrainingStats stats = trainer.train(source, callback);
    EmbeddingTable<float> vectors = choose_vectors(std::move(trainer.input()), trainer.output(),
                                                   options.vectors, options.output_weight);
    return {WordVectors<float>(vocabulary, std::move(vectors)), std::move(trainer.output()),
            std::move(stats)};
}

/// The same for an encoded corpus.
template <Word2VecPrediction Prediction = SkipGram, Word2VecSampler Sampler = NegativeSampling,
          class Arch = simd::default_arch>
[[nodiscard]] TrainedVectors train_word2vec(const EncodedCorpus& corpus,
                                            const Word2VecOptions& options = {},
                                            const ProgressCallback& callback = {}) {
    return train_word2vec<Prediction, Sampler, Arch>(corpus.vocabulary, corpus.corpus.view(),
                                                     options, callback);
}

/// Skip-gram with negative sampling.
template <class Arch = simd::default_arch, SequenceSource Source>
[[nodiscard]] TrainedVectors train_sgns(const Vocabulary& vocabulary, const Source& source,
                                        const Word2VecOptions& options = {},
                                        const ProgressCallback& callback = {}) {
    return train_word2vec<SkipGram, NegativeSampling, Arch>(vocabulary, source, options, callback);
}
template <class Arch = simd::default_arch>
[[nodiscard]] TrainedVectors train_sgns(const EncodedCorpus& corpus,
                                        const Word2VecOptions& options = {},
                                        const ProgressCallback& callback = {}) {
    return train_word2vec<SkipGram, NegativeSampling, Arch>(corpus, options, callback);
}

/// CBOW with negative sampling.
template <class Arch = simd::default_arch, SequenceSource Source>
[[nodiscard]] TrainedVectors train_cbow(const Vocabulary& vocabulary, const Source& source,
                                        const Word2VecOptions& options = {},
                                        const ProgressCallback& callback = {}) {
    return train_word2vec<Cbow, NegativeSampling, Arch>(vocabulary, source, options, callback);
}
template <class Arch = simd::default_arch>
[[nodiscard]] TrainedVectors train_cbow(const EncodedCorpus& corpus,
                                        const Word2VecOptions& options = {},
                                        const ProgressCallback& callback = {}) {
    return train_word2vec<Cbow, NegativeSampling, Arch>(corpus, options, callback);
}

} // namespace firth
