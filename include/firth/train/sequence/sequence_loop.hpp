#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/progress.hpp>
#include <firth/base/random.hpp>
#include <firth/corpus/corpus.hpp>
#include <firth/corpus/sequence_source.hpp>
#include <firth/table/id.hpp>
#include <firth/train/run/checkpoint.hpp>
#include <firth/train/run/divergence.hpp>
#include <firth/train/run/schedule.hpp>
#include <firth/train/run/table_sharing.hpp>
#include <firth/train/run/training_run.hpp>
#include <firth/train/run/training_state.hpp>
#include <firth/train/sequence/sentence_worker.hpp>
#include <firth/train/sequence/subsample.hpp>

namespace firth {

/// The part of a learner's options that the shared loop reads.
struct SequenceLoopOptions {
    std::uint32_t epochs = 5;
    float learning_rate = 0.025f; ///< at the start
    Schedule schedule = Schedule::linear;
    double sample = 1e-3;            ///< threshold of `Subsampler`; 0 keeps everything
    std::size_t max_sentence = 1000; ///< ids left after subsampling; longer sentences are cut
    bool whole_sentences = false;    ///< chunks of rounds cut no sentence that fits
    std::size_t threads = 0;         ///< 0: all of the machine's
    std::size_t window = 5;          ///< contexts on either side: rounds do not cut wide windows
    bool long_start = false;         ///< a row begins longer than `DivergenceCheck::long_vector`
    std::uint64_t seed = 1;
};

namespace detail {

/// Where chunks of about `size` ids end: at the end of a sentence, unless that lies more than
/// `slack` ids on. Chunks are the unit of work and of random numbers, and depend on the source and
/// on nothing else.
template <SequenceSource Source>
std::vector<std::size_t> chunk_ends(const Source& source, std::size_t size, std::size_t slack) {
    std::vector<std::size_t> ends;
    const std::size_t total = total_length(source);
    std::size_t begin = 0;
    std::size_t sentence = 0;
    while (begin < total) {
        std::size_t end = (std::min)(begin + size, total);
        sentence = first_sentence_to(source, end, sentence);
        const std::size_t sentence_end = source.sentence_end(sentence);
        if (sentence_end - end <= slack) end = sentence_end;
        ends.push_back(end);
        begin = end;
    }
    return ends;
}

} // namespace detail

/// The loop that all learners from sequences share: goes through a source `epochs` times on all
/// threads, in chunks handed out as threads become free; leaves out frequent ids, cuts sentences,
/// lowers the learning rate by the place in the source, reports progress, and stops between chunks
/// where something is to be done while no worker runs.
///
/// Each chunk of each epoch has random numbers of its own, made from the seed: what is drawn does
/// not depend on the number of threads. With one thread, or in rounds, the whole training repeats
/// exactly.
template <SentenceWorker Worker, TableSharing Sharing = SharedTables,
          SequenceSource Source = CorpusView>
class SequenceLoop {
public:
    /// `counts` says how often each id occurs in the source; `sharing` outlives the loop. Throws
    /// `Error` for a source that does not fit them and `OptionError` for too many threads.
    template <WorkerFactory MakeWorker>
    SequenceLoop(const Source& source, std::span<const std::uint64_t> counts,
                 const SequenceLoopOptions& options, Sharing& sharing, MakeWorker&& make_worker)
        : source_(source), symbols_(counts.size()), options_(options), sharing_(&sharing),
          subsampler_(counts, options.sample), rate_{options.learning_rate, options.schedule},
          workers_(resolve_threads(options.threads)) {
        SentenceReader<Source>(source_, symbols_).check_whole(workers_.size());
        total_ = detail::total_length(source_);
        const std::size_t round = round_chunk(workers_.size(), options.window);
        chunks_ =
            Sharing::in_rounds
                ? detail::chunk_ends(source_, round,
                                     options.whole_sentences ? options.max_sentence : round / 8)
                : detail::chunk_ends(source_, std::clamp<std::size_t>(total_ / 256, 1024, 16384),
                                     options.max_sentence);
        // Each worker is made on a thread of its own, so that no cache line holds memory of two of
        // them.
        run_workers(workers_.size(), [&](std::size_t thread) {
            workers_[thread] = std::make_unique<Worker>(make_worker(thread));
        });
    }

    /// Trains from the start, or from where the checkpoint stands, to the end, or to where the
    /// callback cancels. `after_epoch`, called with the number of epochs that are done while no
    /// worker runs, ends the training by returning false. Throws `Error` where the training
    /// diverges (`DivergenceCheck`) and where a sentence does not fit the counts, what workers
    /// throw, and what `TrainingRun` throws.
    TrainingStats run(const ProgressCallback& callback = {}, Checkpoint checkpoint = {},
                      const std::function<bool(std::uint32_t)>& after_epoch = {}) {
        run_.emplace(options_.epochs, total_, callback, std::move(checkpoint));
        TrainingPlace& place = run_->place();
        place.part = (std::min<std::uint64_t>)(place.part, chunks_.size());
        done_ = run_->start(chunk_begin(place.part));
        kept_ = 0;
        DivergenceCheck divergence(options_.learning_rate,
                                   options_.long_start ? options_.epochs - 1 : 0);
        const auto add_loss = [&](const LossSum& loss) {
            run_->add_loss(loss);
            divergence.add(loss, place.epoch);
        };
        const auto after_chunk = [&] {
            // The first worker's part of the epoch stands for all while it goes on.
            add_loss(workers_.front()->take_loss());
            run_->report(done_.load(std::memory_order_relaxed));
        };
        while (run_->goes_on()) {
            if (place.part < chunks_.size()) {
                if constexpr (Sharing::in_rounds) {
                    run_in_rounds(after_chunk);
                } else {
                    run_freely(after_chunk);
                }
                run_->rethrow();
            }
            for (const std::unique_ptr<Worker>& worker : workers_) {
                add_loss(worker->take_loss());
            }
            if (place.part == chunks_.size()) {
                divergence.end_epoch(place.loss, place.epoch);
                run_->end_epoch();
                if (after_epoch && !after_epoch(place.epoch)) break;
            }
            run_->save();
        }
        TrainingStats stats = run_->finish(done_);
        stats.kept = kept_;
        return stats;
    }

    /// Where the last run has come to.
    [[nodiscard]] const TrainingPlace& place() const noexcept { return run_->place(); }

private:
    /// Ids of a chunk in rounds. All workers wait for the one with the largest chunk, and each
    /// holds a copy of every row it touches: small chunks of almost one size keep both short. And
    /// what workers learn in a round is only seen by others afterwards: the more of them there are,
    /// the shorter a round.
    static constexpr std::size_t round_chunk(std::size_t workers, std::size_t window) noexcept {
        return (std::max)(
            {std::size_t{64}, 8 * window, 2048 / (std::max<std::size_t>)(2, workers)});
    }

    [[nodiscard]] std::size_t chunk_begin(std::size_t chunk) const noexcept {
        return chunk == 0 ? 0 : chunks_[chunk - 1];
    }

    /// Workers take chunks as they become free. The first is worker 0's, which reports: none of
    /// many quick epochs goes by unseen.
    template <class AfterChunk>
    void run_freely(AfterChunk&& after_chunk) {
        TrainingPlace& place = run_->place();
        std::atomic<std::size_t> next{place.part + 1};
        const std::size_t left = chunks_.size() - place.part;
        run_workers((std::min)(workers_.size(), left), [&](std::size_t worker) {
            bool first = worker == 0;
            run_->guard([&] {
                while (!run_->stopping()) {
                    const std::size_t chunk = std::exchange(first, false) ? place.part : next++;
                    if (chunk >= chunks_.size()) break;
                    add_chunk(*workers_[worker], chunk);
                    if (worker == 0) after_chunk();
                }
            });
        });
        place.part = (std::min)(next.load(), chunks_.size());
    }

    /// Workers take a chunk each and wait for each other.
    template <class AfterChunk>
    void run_in_rounds(AfterChunk&& after_chunk) {
        TrainingPlace& place = run_->place();
        Barrier barrier(workers_.size());
        std::size_t next = place.part;
        bool last = false;
        run_workers(workers_.size(), [&](std::size_t worker) {
            for (std::size_t round = place.part; round < chunks_.size(); round += workers_.size()) {
                const std::size_t chunk = round + worker;
                run_->guard([&] {
                    if (chunk < chunks_.size()) add_chunk(*workers_[worker], chunk);
                });
                barrier.wait();
                sharing_->share(worker);
                barrier.wait();
                run_->guard([&] { workers_[worker]->train(); });
                if (worker == 0) {
                    run_->guard(after_chunk);
                    next = round + workers_.size();
                    // What all go by: it stays as it is until all have come here again.
                    last = run_->stopping();
                }
                barrier.wait();
                sharing_->merge(worker);
                if (last) return;
            }
        });
        place.part = (std::min)(next, chunks_.size());
    }

    /// Gives a worker the sentences of a chunk; each is trained at once unless workers go in
    /// rounds.
    void add_chunk(Worker& worker, std::size_t chunk) {
        const std::size_t begin = chunk_begin(chunk);
        const std::size_t chunk_end = chunks_[chunk];
        const std::uint32_t epoch = run_->place().epoch;
        Random random(options_.seed, std::uint64_t{epoch} * chunks_.size() + chunk);
        std::vector<Id> kept;
        kept.reserve(options_.max_sentence);
        SentenceReader<Source> read(source_, symbols_);
        std::size_t number = detail::first_sentence_to(source_, begin + 1);
        std::size_t at = begin;
        std::size_t kept_ids = 0;
        for (; at < chunk_end; ++number) {
            const std::size_t sentence_begin = detail::sentence_begin(source_, number);
            const std::size_t end =
                (std::min<std::size_t>)(source_.sentence_end(number), chunk_end);
            const std::span<const Id> ids = read(number);
            const std::size_t ids_end = (std::min)(end, sentence_begin + ids.size());
            do {
                const double reached = static_cast<double>(epoch) * static_cast<double>(total_) +
                                       static_cast<double>(at);
                const float rate = rate_(reached / static_cast<double>(run_->total()));
                kept.clear();
                for (; at < ids_end && kept.size() < options_.max_sentence; ++at) {
                    const Id id = ids[at - sentence_begin];
                    if (subsampler_.keep(id, random.bits32())) kept.push_back(id);
                }
                kept_ids += kept.size();
                worker.add({kept, number}, rate, random);
                if constexpr (!Sharing::in_rounds) worker.train();
            } while (at < ids_end);
            at = end;
        }
        if constexpr (std::same_as<Source, CorpusView>) source_.release(begin, chunk_end);
        done_.fetch_add(chunk_end - begin, std::memory_order_relaxed);
        kept_.fetch_add(kept_ids, std::memory_order_relaxed);
    }

    Source source_;
    std::size_t symbols_;
    std::size_t total_ = 0; ///< ids of an epoch
    SequenceLoopOptions options_;
    Sharing* sharing_;
    Subsampler subsampler_;
    LearningRate rate_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::size_t> chunks_; ///< where they end
    std::optional<TrainingRun> run_;
    std::atomic<std::uint64_t> done_{0}; ///< steps of the whole training
    std::atomic<std::uint64_t> kept_{0}; ///< by subsampling, in this run
};

} // namespace firth
