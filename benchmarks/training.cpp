/// Words a second in training. Without arguments on the demo's made-up text; with a text of your
/// own:
///
///     FIRTH_BENCHMARK_CORPUS=text8 benchmark_training
///
/// Each run is one epoch of skip-gram or CBOW: (dim, window, negative, threads, deterministic). Its
/// vectors are checked to be finite and its loss to be below that of untrained ones. `peers.py`
/// measures beside other programs.

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdlib>
#include <string>

#include <firth/text/read_corpus.hpp>
#include <firth/train/sequence/word2vec.hpp>

#include "demo_world.hpp"

namespace {

const firth::EncodedCorpus& corpus() {
    static const firth::EncodedCorpus encoded = [] {
        const char* const path = std::getenv("FIRTH_BENCHMARK_CORPUS");
        return path != nullptr ? firth::read_corpus(path)
                               : firth::encode_text(demo::corpus(1, 100000), {.min_count = 1});
    }();
    return encoded;
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
    state.counters["words/s"] =
        static_cast<double>(text.raw_words) * static_cast<double>(state.iterations()) / seconds;
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
