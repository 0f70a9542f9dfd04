/// Words a second in training. Without arguments on the demo's made-up text; with a text of your
/// own:
///
///     FIRTH_BENCHMARK_CORPUS=text8 benchmark_training
///
/// Each run is one epoch of skip-gram or CBOW: (dim, window, negative, threads, deterministic). Its
/// vectors are checked to be finite and its loss to be below that of untrained ones. `peers.py`
/// measures beside other programs.
///
/// Beside words a second: the share of the multiply-adds that the threads could do in registers,
/// and the bytes of embeddings that a raw word moves, by model: each row that a window or a word
/// in reach takes is read and written once. Figures of different machines compare by these.

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <type_traits>

#include <firth/table/embedding_table.hpp>
#include <firth/text/read_corpus.hpp>
#include <firth/train/sequence/subsample.hpp>
#include <firth/train/sequence/word2vec.hpp>

#include "demo_world.hpp"
#include "selected_limits.hpp"

namespace {

const firth::EncodedCorpus& corpus() {
    static const firth::EncodedCorpus encoded = [] {
        const char* const path = std::getenv("FIRTH_BENCHMARK_CORPUS");
        return path != nullptr ? firth::read_corpus(path)
                               : firth::encode_text(demo::corpus(1, 100000), {.min_count = 1});
    }();
    return encoded;
}

/// Words of an epoch that subsampling keeps, on average.
double kept_words(const firth::EncodedCorpus& text, double sample) {
    const firth::Subsampler subsampler(text.vocabulary.counts(), sample);
    double kept = 0;
    for (firth::Id id = 0; id < text.vocabulary.size(); ++id) {
        kept += subsampler.keep_probability(id) * static_cast<double>(text.vocabulary.count(id));
    }
    return kept;
}

/// Operations of the average window, a multiply-add counting two: a product and two steps for each
/// pair of rows, and for CBOW the mean of the contexts and a step for each. Ends of sentences are
/// left out of account, so that less than this is done.
template <class Prediction>
double window_operations(const firth::Word2VecOptions& options) {
    const auto contexts = static_cast<double>(options.window + 1); // both sides, each 1 to window
    const auto outputs = static_cast<double>(1 + options.negative);
    const auto dim = static_cast<double>(options.dim);
    return std::is_same_v<Prediction, firth::SkipGram> ? 6 * contexts * outputs * dim
                                                       : 6 * outputs * dim + 4 * contexts * dim;
}

template <class Prediction>
void train(benchmark::State& state) {
    const firth::Word2VecOptions options{.dim = static_cast<std::size_t>(state.range(0)),
                                         .window = static_cast<std::size_t>(state.range(1)),
                                         .negative = static_cast<std::size_t>(state.range(2)),
                                         .epochs = 1,
                                         .threads = static_cast<std::size_t>(state.range(3)),
                                         .deterministic = state.range(4) != 0};
    const firth::EncodedCorpus& text = corpus();
    double seconds = 0;
    for (auto _ : state) {
        const firth::TrainedVectors trained =
            firth::train_word2vec<Prediction, firth::NegativeSampling>(text, options);
        state.SetIterationTime(trained.stats.seconds);
        seconds += trained.stats.seconds;
        const double untrained = std::log(2.0) * static_cast<double>(1 + options.negative);
        if (!(trained.stats.loss() < untrained) || !std::isfinite(trained.vectors[0u][0])) {
            state.SkipWithError("the training learnt nothing");
            break;
        }
    }
    const double epochs = static_cast<double>(state.iterations());
    const auto raw_words = static_cast<double>(text.raw_words);
    const double kept = kept_words(text, options.sample);
    static const double peak = multiply_add_peak();
    const firth::EmbeddingTable<float> row(1, options.dim);
    const auto rows = static_cast<double>(options.negative + 2); // outputs, and the word's own
    state.counters["words/s"] = raw_words * epochs / seconds;
    state.counters["of_peak_%"] = 100 * window_operations<Prediction>(options) * kept * epochs /
                                  seconds / peak / static_cast<double>(options.threads);
    state.counters["bytes/word"] =
        2 * rows * static_cast<double>(row.stride() * sizeof(float)) * kept / raw_words;
}

void settings(benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgNames({"dim", "window", "negative", "threads", "deterministic"})
        ->Args({100, 5, 5, 1, 0})
        ->Args({100, 5, 5, 2, 0})
        ->Args({100, 5, 5, 2, 1})
        ->Args({300, 5, 5, 2, 0})
        ->Args({100, 5, 10, 2, 0})
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
}
BENCHMARK_TEMPLATE(train, firth::SkipGram)->Apply(settings);
BENCHMARK_TEMPLATE(train, firth::Cbow)->Apply(settings);

} // namespace

BENCHMARK_MAIN();
