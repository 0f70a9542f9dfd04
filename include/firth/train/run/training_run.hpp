#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <utility>

#include <firth/base/progress.hpp>
#include <firth/train/run/checkpoint.hpp>
#include <firth/train/run/training_state.hpp>

namespace firth {

/// One run of a training: where it stands, what it reports, when its workers have to stop, its
/// checkpoint, and what it came to. What a training learns from is gone through `epochs` times, in
/// parts (chunks of a corpus, rounds over counts) and, for progress, in steps (ids, counts):
///
///     run.start(steps of the epoch that were done before);
///     while (run.goes_on()) {
///         ... // until an epoch ends or run.stopping(): parts, run.add_loss(), run.report()
///         if (...) run.end_epoch();
///         run.save();
///     }
///     return run.finish(done);
///
/// `guard` and `stopping` may be called by any thread at any time, the others by one at a time;
/// `end_epoch` and `save` while no worker runs.
class TrainingRun {
public:
    /// Begins at the start, or where the checkpoint says. Throws what `Checkpoint::begin` throws.
    TrainingRun(std::uint32_t epochs, std::uint64_t epoch_steps, ProgressCallback callback = {},
                Checkpoint checkpoint = {})
        : epochs_(epochs), epoch_steps_(epoch_steps), callback_(std::move(callback)),
          checkpoint_(std::move(checkpoint)), place_(checkpoint_.begin()) {}

    /// Where the training stands: the loop moves `part` on.
    [[nodiscard]] TrainingPlace& place() noexcept { return place_; }
    [[nodiscard]] const TrainingPlace& place() const noexcept { return place_; }

    /// Steps of the whole training.
    [[nodiscard]] std::uint64_t total() const noexcept { return epoch_steps_ * epochs_; }

    /// Steps that were done where this run begins, after `of_epoch` steps of its first epoch.
    std::uint64_t start(std::uint64_t of_epoch) {
        before_ = (std::min)(total(), place_.epoch * epoch_steps_ + of_epoch);
        meter_ = ProgressMeter(callback_, before_);
        progress_.total = total();
        progress_.epochs = epochs_;
        progress_.epoch = place_.epoch;
        if (!place_.epoch_loss.empty()) progress_.loss = place_.epoch_loss.back();
        watch_ = Stopwatch();
        return before_;
    }

    /// True while there is something left to do, and nobody cancelled.
    [[nodiscard]] bool goes_on() const noexcept { return place_.epoch < epochs_ && !cancelled_; }

    /// True where workers have to stop: the callback cancelled, a checkpoint is due, or one failed.
    [[nodiscard]] bool stopping() const noexcept { return stopping_; }

    void add_loss(const LossSum& loss) noexcept { place_.loss += loss; }

    /// Reports that `done` steps of the whole training are done.
    void report(std::uint64_t done) {
        progress_.done = done;
        progress_.epoch = place_.epoch + 1;
        if (place_.loss.samples != 0) progress_.loss = place_.loss.mean();
        if (!meter_.report(progress_)) cancelled_ = stopping_ = true;
        if (checkpoint_.due(watch_.seconds() - last_save_)) stopping_ = true;
    }

    /// Calls `work`. What it throws is kept, if it is the first, for `rethrow`; workers then stop.
    template <class Work>
    void guard(Work&& work) noexcept {
        try {
            work();
        } catch (...) {
            const std::lock_guard lock(mutex_);
            if (!error_) error_ = std::current_exception();
            stopping_ = true;
        }
    }

    /// Throws what the first failure under `guard` threw, once workers have stopped.
    void rethrow() {
        if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    }

    /// The part before `place().part` was the epoch's last.
    void end_epoch() {
        place_.epoch_loss.push_back(place_.loss.mean());
        progress_.loss = place_.epoch_loss.back();
        place_.samples += place_.loss.samples;
        place_.loss = LossSum();
        place_.part = 0;
        ++place_.epoch;
    }

    /// Writes a checkpoint if one is due or the training was cancelled, unless nothing is left to
    /// do; workers may go on then, if it was not cancelled. Throws `IoError` where it was, and the
    /// file cannot be written.
    void save() {
        if (stopping_ && checkpoint_.used() && place_.epoch < epochs_) {
            checkpoint_.write(place_, cancelled_);
            last_save_ = watch_.seconds();
        }
        stopping_ = cancelled_;
    }

    /// What the run did, once `done` steps of the whole training are done.
    [[nodiscard]] TrainingStats finish(std::uint64_t done) {
        TrainingStats stats;
        stats.steps = done - before_;
        stats.seconds = watch_.seconds();
        progress_.done = done;
        if (!meter_.report(progress_, true)) cancelled_ = true;
        stats.epoch_loss = place_.epoch_loss;
        stats.cancelled = done < total() && cancelled_;
        stats.checkpoint_failure = checkpoint_.failure();
        return stats;
    }

private:
    std::uint32_t epochs_;
    std::uint64_t epoch_steps_;
    ProgressCallback callback_;
    Checkpoint checkpoint_;
    TrainingPlace place_;
    std::uint64_t before_ = 0;
    Progress progress_;
    ProgressMeter meter_{{}};
    Stopwatch watch_;
    double last_save_ = 0;
    bool cancelled_ = false;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::exception_ptr error_;
};

} // namespace firth
