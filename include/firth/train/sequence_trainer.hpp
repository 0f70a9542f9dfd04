#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/progress.hpp>
#include <firth/base/random.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/text/corpus.hpp>
#include <firth/train/schedule.hpp>
#include <firth/train/subsample.hpp>

namespace firth {

/// What a worker's steps added up to.
struct LossSum {
    double loss = 0;           ///< over the sampled predictions
    std::uint64_t samples = 0; ///< the number of sampled predictions
};

/// What learns from one sentence after the other, on one thread. The trainer makes one worker a
/// thread, gives it sentences that are already subsampled, and asks for the loss after each epoch.
///
/// A complete example that counts ids and learns nothing:
///
///     struct CountIds {
///         std::uint64_t seen = 0;
///         void train_sentence(std::span<const firth::Id> sentence, float, firth::Random&) {
///             seen += sentence.size();
///         }
///         firth::LossSum take_loss() { return {}; }
///     };
template <class W>
concept SentenceWorker = requires(W worker, std::span<const Id> sentence, float learning_rate,
                                  Random& random) {
    worker.train_sentence(sentence, learning_rate, random);
    { worker.take_loss() } -> std::same_as<LossSum>;
};

/// A function that makes the worker of thread 0, 1, ...; called from several threads at once.
template <class F>
concept WorkerFactory = requires(F make, std::size_t thread) {
    { make(thread) } -> SentenceWorker;
};

/// The part of a learner's options that the shared loop reads.
struct SequenceTrainerOptions {
    std::uint32_t epochs = 5;
    float learning_rate = 0.025f;    ///< at the start; falls to 1e-4 of it
    double sample = 1e-3;            ///< threshold of `Subsampler`; 0 keeps everything
    std::size_t max_sentence = 1000; ///< ids left after subsampling; longer sentences are cut
    std::size_t threads = 0;         ///< 0: all of the machine's
    std::uint64_t seed = 1;
};

/// What a training did.
struct TrainingStats {
    std::uint64_t words = 0;        ///< ids gone through, over all epochs
    double seconds = 0;             ///< of the loop alone
    std::vector<double> epoch_loss; ///< mean loss a prediction, by epoch
    bool cancelled = false;         ///< the callback asked to stop

    /// The mean loss of the last epoch, 0 where there was none.
    [[nodiscard]] double loss() const noexcept {
        return epoch_loss.empty() ? 0 : epoch_loss.back();
    }
};

namespace detail {

/// Where chunks of about `size` ids end: at the end of a sentence, unless that lies more than
/// `max_sentence` ids on. Chunks are the unit of work and of random numbers, and depend on the
/// corpus only.
inline std::vector<std::size_t> chunk_ends(const CorpusView& corpus, std::size_t size,
                                           std::size_t max_sentence) {
    std::vector<std::size_t> ends;
    std::size_t begin = 0;
    while (begin < corpus.ids.size()) {
        std::size_t end = std::min(begin + size, corpus.ids.size());
        const auto sentence_end =
            std::lower_bound(corpus.sentence_ends.begin(), corpus.sentence_ends.end(), end);
        if (*sentence_end - end <= max_sentence) end = *sentence_end;
        ends.push_back(end);
        begin = end;
    }
    return ends;
}

} // namespace detail

/// The loop that all learners from sequences share: goes through the corpus `epochs` times on all
/// threads, in chunks handed out as threads become free; leaves out frequent ids, cuts sentences,
/// lowers the learning rate by the place in the corpus, and reports progress.
///
/// Each chunk of each epoch has random numbers of its own, made from the seed: what is drawn does
/// not depend on the number of threads. With one thread the whole training repeats exactly.
/// `counts` are the corpus counts by id. Throws `Error` for a corpus that does not fit them.
template <WorkerFactory MakeWorker>
TrainingStats train_sequences(const CorpusView& corpus, std::span<const std::uint64_t> counts,
                              const SequenceTrainerOptions& options, MakeWorker&& make_worker,
                              const ProgressCallback& callback = {}) {
    check_corpus(corpus, counts.size());
    const Subsampler subsampler(counts, options.sample);
    const LinearDecay schedule{options.learning_rate};
    const std::size_t threads = resolve_threads(options.threads);
    const std::size_t total = corpus.ids.size();
    const std::vector<std::size_t> chunks = detail::chunk_ends(
        corpus, std::clamp<std::size_t>(total / 256, 1024, 16384), options.max_sentence);

    using Worker = decltype(make_worker(std::size_t{0}));
    // Each worker is made on a thread of its own, so that no cache line holds memory of two of
    // them.
    std::vector<std::unique_ptr<Worker>> workers(threads);
    run_workers(threads, [&](std::size_t thread) {
        workers[thread] = std::make_unique<Worker>(make_worker(thread));
    });

    TrainingStats stats;
    Stopwatch watch;
    ProgressMeter meter(callback);
    std::atomic<std::uint64_t> done{0};
    std::atomic<bool> cancelled{false};
    Progress progress;
    progress.total = std::uint64_t{total} * options.epochs;
    progress.epochs = options.epochs;

    for (std::uint32_t epoch = 0; epoch < options.epochs && !cancelled; ++epoch) {
        progress.epoch = epoch + 1;
        std::atomic<std::size_t> next{0};
        run_workers(
            std::min(threads, std::max<std::size_t>(1, chunks.size())), [&](std::size_t thread) {
                Worker& worker = *workers[thread];
                std::vector<Id> sentence;
                sentence.reserve(options.max_sentence);
                for (std::size_t c = next++; c < chunks.size() && !cancelled; c = next++) {
                    const std::size_t begin = c == 0 ? 0 : chunks[c - 1];
                    Random random(options.seed, std::uint64_t{epoch} * chunks.size() + c);
                    auto sentence_end = std::upper_bound(corpus.sentence_ends.begin(),
                                                         corpus.sentence_ends.end(), begin);
                    std::size_t at = begin;
                    while (at < chunks[c]) {
                        const double place =
                            static_cast<double>(epoch) * static_cast<double>(total) +
                            static_cast<double>(at);
                        const float rate = schedule(place / static_cast<double>(progress.total));
                        const std::size_t end = std::min<std::size_t>(*sentence_end, chunks[c]);
                        sentence.clear();
                        for (; at < end && sentence.size() < options.max_sentence; ++at) {
                            const Id id = corpus.ids[at];
                            if (subsampler.keep(id, random.bits32())) sentence.push_back(id);
                        }
                        if (at == *sentence_end) ++sentence_end;
                        worker.train_sentence(sentence, rate, random);
                    }
                    done.fetch_add(chunks[c] - begin, std::memory_order_relaxed);
                    if (thread == 0) {
                        progress.done = done.load(std::memory_order_relaxed);
                        if (!meter.report(progress)) cancelled = true;
                    }
                }
            });
        LossSum sum;
        for (const std::unique_ptr<Worker>& worker : workers) {
            const LossSum part = worker->take_loss();
            sum.loss += part.loss;
            sum.samples += part.samples;
        }
        if (sum.samples != 0) {
            stats.epoch_loss.push_back(sum.loss / static_cast<double>(sum.samples));
            progress.loss = stats.epoch_loss.back();
        }
    }
    stats.words = done;
    stats.seconds = watch.seconds();
    progress.done = done;
    if (!meter.report(progress, true)) cancelled = true;
    stats.cancelled = stats.words < progress.total && cancelled;
    return stats;
}

} // namespace firth
