#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/config.hpp>
#include <firth/base/error.hpp>
#include <firth/base/progress.hpp>
#include <firth/base/random.hpp>
#include <firth/simd/window_tile.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/table/word_vectors.hpp>
#include <firth/text/corpus.hpp>
#include <firth/train/hogwild.hpp>
#include <firth/train/negative_sampler.hpp>
#include <firth/train/sequence_trainer.hpp>

/// Skip-gram with negative sampling (SGNS; Mikolov et al. 2013, "Distributed Representations of
/// Words and Phrases and their Compositionality", section 2.2), a window at a time: all contexts of
/// a centre meet the centre and one set of negatives in one register tile (Ji et al. 2016,
/// pWord2Vec, share them so too).
namespace firth {

/// Settings of SGNS; the defaults are those of word2vec.c.
struct SgnsOptions {
    std::size_t dim = 100;  ///< length of an embedding, 1 to `max_dim`
    std::size_t window = 5; ///< contexts on either side, at most; each window draws 1 to this many
    std::size_t negative = 5;     ///< negative samples a window, 1 to 1000
    double sample = 1e-3;         ///< subsampling threshold of frequent symbols, 0 to 1; 0: off
    std::uint32_t epochs = 5;     ///< times through the corpus
    float learning_rate = 0.025f; ///< at the start; falls in a straight line
    double negative_power = 0.75; ///< negatives are drawn by count^power
    std::size_t threads = 0;      ///< 0: all of the machine's
    std::uint64_t seed = 1;
};

/// Throws `OptionError`, naming the option and its range, for the first that is outside it.
inline void check_options(const SgnsOptions& options) {
    const auto require = [](bool in_range, const char* name, const std::string& value,
                            const std::string& expected) {
        if (!in_range) {
            throw OptionError(std::string(name) + " is " + value + ", expected " + expected);
        }
    };
    require(options.dim >= 1 && options.dim <= max_dim, "dim", std::to_string(options.dim),
            "1 to " + std::to_string(max_dim));
    require(options.window >= 1 && options.window <= 1000, "window", std::to_string(options.window),
            "1 to 1000");
    require(options.negative >= 1 && options.negative <= 1000, "negative",
            std::to_string(options.negative), "1 to 1000");
    require(options.sample >= 0 && options.sample <= 1, "sample", std::to_string(options.sample),
            "0 to 1");
    require(options.epochs <= 1000000, "epochs", std::to_string(options.epochs), "0 to 1000000");
    require(options.learning_rate > 0 && options.learning_rate <= 10, "learning rate",
            std::to_string(options.learning_rate), "more than 0, at most 10");
    require(std::isfinite(options.negative_power), "negative power",
            std::to_string(options.negative_power), "a finite number");
}

/// What SGNS learns: an input row (the embedding) and an output row a symbol.
struct SgnsModel {
    EmbeddingTable<float> input;
    EmbeddingTable<float> output;
    TrainingStats stats;
};

/// One thread's part of SGNS; a `SentenceWorker`. The tables outlive it and are shared with other
/// workers.
template <class Arch = simd::default_arch>
class alignas(row_alignment) SgnsWorker {
public:
    SgnsWorker(TableView<float> input, TableView<float> output, const NegativeSampler& sampler,
               const SgnsOptions& options)
        : input_(input), output_(output), sampler_(&sampler), options_(options),
          scratch_(2 * options.window, options.negative + 1, input.stride()),
          contexts_(2 * options.window) {
        for (Window& window : ahead_) {
            window.outputs.resize(options.negative + 1);
            window.ids.resize(options.negative + 1);
        }
    }

    void train_sentence(std::span<const Id> sentence, float learning_rate, Random& random) {
        const std::size_t length = sentence.size();
        if (length < 2) return;
        NegativeSampler::Reader negatives(*sampler_, random);
        const std::size_t reach = std::min(options_.window + lookahead, length);
        for (std::size_t i = 0; i < reach; ++i) {
            prefetch(input_, sentence[i]);
        }
        for (std::size_t i = 0; i < length + lookahead; ++i) {
            if (i < length) {
                prepare(ahead_[i % ring], sentence[i], random, negatives);
                if (i + options_.window < length) prefetch(input_, sentence[i + options_.window]);
            }
            if (i >= lookahead)
                step(ahead_[(i - lookahead) % ring], sentence, i - lookahead, learning_rate);
        }
    }

    LossSum take_loss() { return std::exchange(loss_, LossSum()); }

private:
    /// Windows between the drawing of a window, when its rows are prefetched, and its step.
    static constexpr std::size_t lookahead = 3;
    static constexpr std::size_t ring = 4;

    /// One window in this many is asked for its loss, which costs a logarithm a prediction.
    static constexpr std::uint32_t loss_interval = 64;

    struct Window {
        std::size_t radius = 0;
        std::size_t output_count = 0;
        std::vector<float*> outputs;
        std::vector<Id> ids;
    };

    void prefetch(const TableView<float>& table, Id id) const noexcept {
        const float* const row = table.data() + id * table.stride();
        for (std::size_t k = 0; k < table.stride(); k += row_alignment / sizeof(float)) {
            FIRTH_PREFETCH_WRITE(row + k);
        }
    }

    /// Draws the radius and the negatives of a window. An output row must not occur twice, so draws
    /// that repeat one are drawn again, a limited number of times: a small vocabulary may have no
    /// others.
    void prepare(Window& window, Id centre, Random& random, NegativeSampler::Reader& negatives) {
        window.radius = 1 + random.below(static_cast<std::uint32_t>(options_.window));
        window.ids[0] = centre;
        std::size_t count = 1;
        for (std::size_t tries = 0; count <= options_.negative && tries < 4 * options_.negative;
             ++tries) {
            const Id id = negatives();
            const auto drawn = window.ids.begin() + static_cast<std::ptrdiff_t>(count);
            if (std::find(window.ids.begin(), drawn, id) == drawn) window.ids[count++] = id;
        }
        window.output_count = count;
        for (std::size_t o = 0; o < count; ++o) {
            window.outputs[o] = output_.data() + window.ids[o] * output_.stride();
            prefetch(output_, window.ids[o]);
        }
    }

    void step(const Window& window, std::span<const Id> sentence, std::size_t centre,
              float learning_rate) {
        const std::size_t begin = centre - std::min(centre, window.radius);
        const std::size_t end = std::min(sentence.size(), centre + window.radius + 1);
        std::size_t count = 0;
        for (std::size_t i = begin; i < end; ++i) {
            contexts_[count] = input_.data() + sentence[i] * input_.stride();
            count += i != centre;
        }
        const simd::WindowRows rows{contexts_.data(), count, window.outputs.data(),
                                    window.output_count, input_.stride()};
        scratch_.sgns_step<Arch>(rows, learning_rate);
        if (++steps_ % loss_interval == 0) {
            loss_.loss += scratch_.loss(rows, learning_rate);
            loss_.samples += count;
        }
    }

    TableView<float> input_;
    TableView<float> output_;
    const NegativeSampler* sampler_;
    SgnsOptions options_;
    HogwildScratch scratch_;
    std::vector<float*> contexts_;
    std::array<Window, ring> ahead_;
    LossSum loss_;
    std::uint32_t steps_ = 0;
};

namespace detail {

/// Input rows start at random in (-0.5, 0.5) / dim, output rows at zero, as in word2vec.c.
inline void initialize(TableView<float> input, std::uint64_t seed) {
    Random random(seed, 0x696E6974);
    for (std::size_t id = 0; id < input.rows(); ++id) {
        for (float& value : input[id]) {
            value = (random.uniform() - 0.5f) / static_cast<float>(input.dim());
        }
    }
}

} // namespace detail

/// Trains on any corpus of ids below counts.size(); counts[id] is how often an id occurs.
/// `stats.loss()` is the mean over contexts of -log p(centre) - sum of log(1 - p(negative)),
/// estimated from every 64th window; it starts near (1 + negative) * ln 2 = 4.16 for 5 negatives.
///
/// One thread and one seed give the same bytes every time on one architecture; with several threads
/// steps race (see `hogwild.hpp`) and results differ in the noise. Cost: O(epochs * corpus * window
/// * negative * dim). Memory: two tables, and at most 64 MB for negatives. Throws `OptionError` and
/// `Error`.
template <class Arch = simd::default_arch>
[[nodiscard]] SgnsModel train_sgns(const CorpusView& corpus, std::span<const std::uint64_t> counts,
                                   const SgnsOptions& options = {},
                                   const ProgressCallback& callback = {}) {
    check_options(options);
    if (corpus.ids.empty()) throw Error("the corpus is empty, expected at least one sentence");
    SgnsModel model{EmbeddingTable<float>(counts.size(), options.dim),
                    EmbeddingTable<float>(counts.size(), options.dim), TrainingStats()};
    detail::initialize(model.input, options.seed);
    const NegativeSampler sampler(counts, options.negative_power, options.seed);
    model.stats = train_sequences(
        corpus, counts,
        {.epochs = options.epochs,
         .learning_rate = options.learning_rate,
         .sample = options.sample,
         .threads = options.threads,
         .seed = options.seed},
        [&](std::size_t) { return SgnsWorker<Arch>(model.input, model.output, sampler, options); },
        callback);
    return model;
}

/// Word vectors and how they were trained.
struct TrainedVectors {
    WordVectors<float> vectors;
    TrainingStats stats;
};

/// Trains on an encoded corpus and gives each symbol of its vocabulary its input row.
template <class Arch = simd::default_arch>
[[nodiscard]] TrainedVectors train_sgns(const EncodedCorpus& corpus,
                                        const SgnsOptions& options = {},
                                        const ProgressCallback& callback = {}) {
    SgnsModel model =
        train_sgns<Arch>(corpus.corpus.view(), corpus.vocabulary.counts(), options, callback);
    return {WordVectors<float>(corpus.vocabulary, std::move(model.input)), std::move(model.stats)};
}

} // namespace firth
