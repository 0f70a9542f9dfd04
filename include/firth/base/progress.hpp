#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

namespace firth {

/// What long work reports while it runs.
struct Progress {
    std::uint64_t done = 0;       ///< units finished, such as corpus words over all epochs
    std::uint64_t total = 0;      ///< units in all
    double seconds = 0;           ///< since the work began
    double rate = 0;              ///< units a second since the work began
    double seconds_left = 0;      ///< at that rate
    std::optional<double> loss{}; ///< of the current epoch, where the work has one
    std::uint32_t epoch = 0;      ///< the current epoch, from 1; 0 where the work has none
    std::uint32_t epochs = 0;     ///< epochs in all; 0 where the work has none
};

/// Called from the thread that began the work, some ten times a second and once at the end.
/// Returning false cancels the work cleanly.
using ProgressCallback = std::function<bool(const Progress&)>;

/// Seconds since it was made.
class Stopwatch {
public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(Clock::now() - start_).count();
    }

private:
    using Clock = std::chrono::steady_clock;
    Clock::time_point start_ = Clock::now();
};

/// Fills in the clock's part of a `Progress` and passes it on, at most ten times a second.
class ProgressMeter {
public:
    /// `before`: units done before this work began; they do not count in its rate.
    explicit ProgressMeter(ProgressCallback callback, std::uint64_t before = 0)
        : callback_(std::move(callback)), before_(before) {}

    /// Reports if a tenth of a second has passed since the last report, or if `now` is true. False
    /// when the callback asked to cancel.
    bool report(Progress progress, bool now = false) {
        if (!callback_) return true;
        progress.seconds = watch_.seconds();
        if (!now && progress.seconds - last_ < 0.1) return true;
        last_ = progress.seconds;
        if (progress.seconds > 0) {
            progress.rate = static_cast<double>(progress.done - before_) / progress.seconds;
        }
        if (progress.rate > 0 && progress.total > progress.done) {
            progress.seconds_left =
                static_cast<double>(progress.total - progress.done) / progress.rate;
        }
        return callback_(progress);
    }

private:
    ProgressCallback callback_;
    std::uint64_t before_;
    Stopwatch watch_;
    double last_ = 0;
};

} // namespace firth
