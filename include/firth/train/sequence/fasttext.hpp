#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/messages.hpp>
#include <firth/base/progress.hpp>
#include <firth/base/room.hpp>
#include <firth/corpus/corpus.hpp>
#include <firth/corpus/sequence_source.hpp>
#include <firth/simd/row_list.hpp>
#include <firth/table/bucket_rows.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/subword.hpp>
#include <firth/table/subword_vectors.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/table/word_vectors.hpp>
#include <firth/train/run/training_state.hpp>
#include <firth/train/sequence/hierarchical_softmax.hpp>
#include <firth/train/sequence/negative_sampling.hpp>
#include <firth/train/sequence/prediction.hpp>
#include <firth/train/sequence/sequence_trainer.hpp>
#include <firth/train/sequence/subwords.hpp>
#include <firth/train/sequence/word2vec.hpp>

/// fastText's word vectors (Bojanowski et al. 2017): skip-gram or CBOW over words and their
/// character n-grams, from which words that no text has shown get vectors, too.
namespace firth {

/// The composition that `fasttext skipgram` has; others differ in the first two arguments.
using FastText = SequenceTrainer<SkipGram, NegativeSampling, Subwords>;

/// Settings of fastText; the defaults are those of its own program.
struct FastTextOptions {
    std::size_t dim = 100;  ///< length of an embedding, 1 to `max_dim`
    std::size_t window = 5; ///< contexts on either side, at most, 1 to 1000
    WindowSize window_size = WindowSize::dynamic;
    std::size_t negative = 5;    ///< negative samples a window, 1 to 1000
    double sample = 1e-4;        ///< subsampling threshold of frequent symbols, 0 to 1; 0: off
    std::uint32_t epochs = 5;    ///< times through the corpus, at most 1,000,000
    float learning_rate = 0.05f; ///< at the start, above 0
    Schedule schedule = Schedule::linear;
    double negative_power = 0.5; ///< negatives are drawn by count^power
    CbowGradient cbow_gradient = CbowGradient::word2vec;
    SubwordOptions subwords{};  ///< n-grams of 1 to 255 code points in at least one bucket
    std::size_t threads = 0;    ///< 0: all of the machine's
    bool deterministic = false; ///< the same bytes every time, for one number of threads
    std::uint64_t seed = 1;
    CheckpointOptions checkpoint{};
    /// A model to start from, or null: words and n-grams that it has start with its rows, others at
    /// random. Its n-grams must be of the same kind.
    const SubwordVectors* start = nullptr;
    bool freeze_start = false; ///< the rows taken from `start` keep their values
};

/// What the same training is to a learner of whole words.
[[nodiscard]] inline Word2VecOptions word2vec_options(const FastTextOptions& options) {
    return {.dim = options.dim,
            .window = options.window,
            .window_size = options.window_size,
            .negative = options.negative,
            .sample = options.sample,
            .epochs = options.epochs,
            .learning_rate = options.learning_rate,
            .schedule = options.schedule,
            .negative_power = options.negative_power,
            .cbow_gradient = options.cbow_gradient,
            .threads = options.threads,
            .deterministic = options.deterministic,
            .seed = options.seed,
            .checkpoint = options.checkpoint};
}

/// Throws `OptionError`, naming the option and its range, for the first that is outside it.
inline void check_options(const FastTextOptions& options) {
    using detail::require_option;
    check_options(word2vec_options(options));
    const SubwordOptions& ngrams = options.subwords;
    require_option(ngrams.min_length >= 1 && ngrams.min_length <= 255, "shortest n-gram",
                   ngrams.min_length, "1 to 255");
    require_option(ngrams.max_length >= ngrams.min_length && ngrams.max_length <= 255,
                   "longest n-gram", ngrams.max_length, ngrams.min_length, " to 255");
    require_option(ngrams.buckets >= 1, "buckets", ngrams.buckets, "at least 1");
    if (options.start == nullptr) return;
    const SubwordOptions& have = options.start->options();
    require_option(options.dim == options.start->dim(), "dim", options.dim, options.start->dim(),
                   " as in the model to start from");
    require_option(ngrams.min_length == have.min_length, "shortest n-gram", ngrams.min_length,
                   have.min_length, " as in the model to start from");
    require_option(ngrams.max_length == have.max_length, "longest n-gram", ngrams.max_length,
                   have.max_length, " as in the model to start from");
    require_option(ngrams.buckets == have.buckets, "buckets", ngrams.buckets, have.buckets,
                   " as in the model to start from");
}

/// Vectors of words and n-grams, and how they were trained.
struct TrainedSubwords {
    SubwordVectors vectors;
    EmbeddingTable<float> output; ///< the other side of the products: of a word each, but for
                                  ///< hierarchical softmax
    TrainingStats stats;
};

namespace detail {

/// Fills the rows that a model has, and says which those are.
inline std::vector<bool> start_from(const SubwordVectors& start, const Vocabulary& vocabulary,
                                    const Subwords& subwords, EmbeddingTable<float>& input) {
    std::vector<bool> taken(input.rows());
    for (Id id = 0; id < vocabulary.size(); ++id) {
        const std::optional<Id> known = start.words().find(vocabulary[id]);
        if (!known) continue;
        start.word_row(*known, input[id]);
        taken[id] = true;
    }
    for (std::size_t i = 0; i < subwords.buckets().size(); ++i) {
        const std::optional<std::uint32_t> row = start.ngram_row(subwords.buckets()[i]);
        if (!row) continue;
        const std::span<const float> values = start.ngrams()[*row];
        std::copy(values.begin(), values.end(), input[vocabulary.size() + i].begin());
        taken[vocabulary.size() + i] = true;
    }
    return taken;
}

/// The model that a trained table of words and n-grams comes to.
inline SubwordVectors subword_vectors(const Vocabulary& vocabulary, const Subwords& subwords,
                                      const SubwordOptions& options, EmbeddingTable<float>& input) {
    EmbeddingTable<float> words(vocabulary.size(), input.dim());
    std::vector<float*> rows;
    for (Id id = 0; id < vocabulary.size(); ++id) {
        rows.clear();
        for (const Id row : subwords.rows_of(id)) {
            rows.push_back(input[row].data());
        }
        simd::mean_of_rows(rows, words[id].data(), input.stride());
    }
    const std::span<const std::uint32_t> buckets = subwords.buckets();
    std::vector<std::uint32_t> order(buckets.size());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(),
              [&](std::uint32_t a, std::uint32_t b) { return buckets[a] < buckets[b]; });
    AlignedBuffer<std::uint32_t> used(order.size(), Uninitialized());
    EmbeddingTable<float> ngrams(order.size(), input.dim());
    for (std::size_t row = 0; row < order.size(); ++row) {
        used.data()[row] = buckets[order[row]];
        const std::span<const float> values = input[vocabulary.size() + order[row]];
        std::copy(values.begin(), values.end(), ngrams[row].begin());
    }
    return {WordVectors<float>(vocabulary, std::move(words)), std::move(ngrams), options,
            BucketRows(std::move(used), options.buckets), UnseenNgram::zero};
}

} // namespace detail

/// Trains on sentences from any source whose counts are those of the vocabulary (`count_ids`). A
/// word's vector is the mean of its row and its n-grams'; the model makes those of other words from
/// n-grams alone, where n-grams that the vocabulary has not count as zeros. Input rows start at
/// random in (-1, 1) / dim, as fastText's. Cost: O(epochs * ids * (window * negative + n-grams a
/// word) * dim). Memory: two rows for each word and each bucket in use, the output table, and at
/// most 64 MB for negatives. Throws what `SequenceTrainer` throws.
template <Word2VecPrediction Prediction = SkipGram, Word2VecSampler Sampler = NegativeSampling,
          class Arch = simd::default_arch, SequenceSource Source>
[[nodiscard]] TrainedSubwords train_fasttext(const Vocabulary& vocabulary, const Source& source,
                                             const FastTextOptions& options = {},
                                             const ProgressCallback& callback = {}) {
    check_options(options);
    const Word2VecOptions words = word2vec_options(options);
    Sampler sampler = Sampler::make(vocabulary.counts(), words);
    Subwords subwords(vocabulary, options.subwords);
    // The model is made beside the input it comes from.
    require_memory(
        EmbeddingTable<float>::bytes_of(2 * subwords.rows() + sampler.output_rows(), options.dim),
        "vectors of dim " + std::to_string(options.dim) + " for " +
            std::to_string(vocabulary.size()) + " words and " +
            std::to_string(subwords.buckets().size()) + " buckets of n-grams",
        "a smaller dim, fewer buckets or fewer words");
    SequenceTrainer<Prediction, Sampler, Subwords, Arch> trainer(
        vocabulary.counts(), trainer_options(words), Prediction::make(words), std::move(sampler),
        std::move(subwords));
    for (std::size_t row = 0; row < trainer.input().rows(); ++row) {
        simd::scale(2.0f, trainer.input()[row]);
    }
    if (options.start != nullptr) {
        std::vector<bool> taken =
            detail::start_from(*options.start, vocabulary, trainer.symbols(), trainer.input());
        if (options.freeze_start) trainer.symbols().freeze(taken);
    }
    TrainingStats stats = trainer.train(source, callback);
    return {
        detail::subword_vectors(vocabulary, trainer.symbols(), options.subwords, trainer.input()),
        std::move(trainer.output()), std::move(stats)};
}

/// The same for an encoded corpus.
template <Word2VecPrediction Prediction = SkipGram, Word2VecSampler Sampler = NegativeSampling,
          class Arch = simd::default_arch>
[[nodiscard]] TrainedSubwords train_fasttext(const EncodedCorpus& corpus,
                                             const FastTextOptions& options = {},
                                             const ProgressCallback& callback = {}) {
    return train_fasttext<Prediction, Sampler, Arch>(corpus.vocabulary, corpus.corpus.view(),
                                                     options, callback);
}

} // namespace firth
