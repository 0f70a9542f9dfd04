#pragma once

#include <cstdint>
#include <string>

#include <firth/base/error.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/base/number_text.hpp>
#include <firth/train/run/training_state.hpp>

namespace firth {

/// A training that diverges.
class DivergenceError : public Error {
public:
    using Error::Error;
};

/// Stops a training that diverges, by the loss of what it looks at. Vectors of zeros cost ln 2 an
/// output whatever the data: a training that costs clearly more has learnt less than nothing. A
/// single window may cost many times that, so that the judgement is over many.
class DivergenceCheck {
public:
    /// Samples over which a judgement is made within an epoch.
    static constexpr std::uint64_t enough_samples = 10000;

    /// Times the loss of zeros. A sound training stays below 1 nearly everywhere, one that diverges
    /// ends between 5 and 23. The first epoch may begin with vectors of a length that outputs of
    /// zero have to get used to.
    static constexpr double first_limit = 4;
    static constexpr double limit = 2;

    /// A training that starts from vectors longer than this may cost many times as much as zeros
    /// for several epochs, until the outputs have adapted: the limit then holds for the last epoch
    /// only.
    static constexpr float long_vector = 10;

    /// `learning_rate` is named in the error. `first_judged` is the first epoch that has a limit.
    explicit DivergenceCheck(float learning_rate, std::uint32_t first_judged = 0) noexcept
        : learning_rate_(learning_rate), first_judged_(first_judged) {}

    /// Takes what further steps of epoch `epoch` (from 0) cost. Throws `DivergenceError` where the
    /// loss is not finite or, once there is enough of it, above the limit. Loss without that of
    /// zeros is only asked to be finite.
    void add(const LossSum& loss, std::uint32_t epoch) {
        if (!is_finite(loss.loss)) fail(loss, epoch);
        recent_ += loss;
        if (recent_.samples < enough_samples) return;
        judge(recent_, epoch);
        recent_ = LossSum();
    }

    /// Judges a whole epoch, few as its samples may be.
    void end_epoch(const LossSum& loss, std::uint32_t epoch) const { judge(loss, epoch); }

private:
    void judge(const LossSum& loss, std::uint32_t epoch) const {
        if (epoch < first_judged_) return;
        const double most = (epoch == 0 ? first_limit : limit) * loss.zero_loss;
        if (loss.zero_loss > 0 && loss.loss > most) fail(loss, epoch);
    }

    [[noreturn]] void fail(const LossSum& loss, std::uint32_t epoch) const {
        throw DivergenceError("the training diverged in epoch " + std::to_string(epoch + 1) +
                              ": the mean loss is " + float_text(static_cast<float>(loss.mean())) +
                              (loss.zero_loss > 0
                                   ? ", where vectors of zeros cost " +
                                         float_text(static_cast<float>(loss.zero_mean()))
                                   : std::string()) +
                              "; expected less, which a learning rate lower than " +
                              float_text(learning_rate_) + " may give");
    }

    float learning_rate_;
    std::uint32_t first_judged_;
    LossSum recent_; ///< not judged yet
};

} // namespace firth
