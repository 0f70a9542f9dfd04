#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace firth {

/// Where a long training is kept on disk, so that it can be resumed after it was stopped. The file
/// stays when the training ends: remove it once the vectors are saved.
struct CheckpointOptions {
    std::string path{};   ///< empty: nowhere
    double seconds = 300; ///< between two checkpoints; 0: none but the one on cancelling
    bool resume = false;  ///< resume from the file where there is one; else a file there is refused
    /// Gets the reason when a checkpoint cannot be written while the training goes on; the next is
    /// tried after `seconds`. One that cannot be written on cancelling throws instead.
    std::function<void(const std::string&)> on_failure{};
};

/// What steps added up to.
struct LossSum {
    double loss = 0;           ///< over the samples
    std::uint64_t samples = 0; ///< predictions, or counts, that were looked at
    double zero_loss = 0;      ///< of the same samples if all scores were zero; 0: not known

    /// Loss a sample, 0 where there was none.
    [[nodiscard]] double mean() const noexcept {
        return samples == 0 ? 0 : loss / static_cast<double>(samples);
    }

    /// `mean` with all scores zero.
    [[nodiscard]] double zero_mean() const noexcept {
        return samples == 0 ? 0 : zero_loss / static_cast<double>(samples);
    }

    LossSum& operator+=(const LossSum& other) noexcept {
        loss += other.loss;
        samples += other.samples;
        zero_loss += other.zero_loss;
        return *this;
    }
};

/// Where a training stands between two parts of an epoch: chunks of a corpus, rounds over counts.
struct TrainingPlace {
    std::uint32_t epoch = 0;        ///< from 0
    std::uint64_t part = 0;         ///< the first of the epoch that is not done
    LossSum loss;                   ///< of the epoch so far
    std::uint64_t samples = 0;      ///< of the epochs before
    std::vector<double> epoch_loss; ///< mean loss a sample of the epochs before
};

/// What a training did.
struct TrainingStats {
    std::uint64_t steps = 0;          ///< ids, or counts, gone through, over all epochs of this run
    double seconds = 0;               ///< of the loop alone
    std::vector<double> epoch_loss{}; ///< mean loss a sample, by epoch
    bool cancelled = false;           ///< the callback asked to stop
    std::uint64_t kept = 0;           ///< of `steps`, what subsampling left
    bool converged = true;            ///< false where a limit came before
    std::string checkpoint_failure{}; ///< why the last checkpoint that failed could not be written

    /// The mean loss of the last epoch, 0 where there was none.
    [[nodiscard]] double loss() const noexcept {
        return epoch_loss.empty() ? 0 : epoch_loss.back();
    }
};

} // namespace firth
