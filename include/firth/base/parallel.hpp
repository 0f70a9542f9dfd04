#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/thread_count.hpp>
#include <firth/base/thread_pool.hpp>

namespace firth {

namespace detail {

/// `run_workers` with its work behind a pointer: threads and their errors are compiled once.
inline void start_workers(std::size_t threads, void* work, void (*call)(void*, std::size_t)) {
    std::exception_ptr error;
    std::mutex mutex;
    const auto guarded = [&](std::size_t worker) {
        try {
            call(work, worker);
        } catch (...) {
            const std::lock_guard lock(mutex);
            if (!error) error = std::current_exception();
        }
    };
    bool all_started = false;
    std::vector<std::thread> others;
    {
        const std::lock_guard starting(mutex);
        try {
            others.reserve(threads);
            for (std::size_t worker = 1; worker < threads; ++worker) {
                others.emplace_back([&, worker] {
                    { const std::lock_guard started(mutex); }
                    if (all_started) guarded(worker);
                });
            }
            all_started = true;
        } catch (const std::exception& reason) {
            error = std::make_exception_ptr(Error("cannot start thread " +
                                                  std::to_string(others.size() + 1) + " of " +
                                                  std::to_string(threads) + ": " + reason.what()));
        }
    }
    if (all_started) guarded(0);
    for (std::thread& other : others) {
        other.join();
    }
    if (error) std::rethrow_exception(error);
}

} // namespace detail

/// Calls `work(worker)` for worker = 0 .. threads - 1, each on its own thread, worker 0 on the
/// caller's. Returns when all have returned; the first exception thrown by any of them is rethrown.
/// No worker starts before all threads exist, so workers may wait for each other; if a thread
/// cannot be started, none does any work, and `Error` is thrown.
template <class Work>
void run_workers(std::size_t threads, Work&& work) {
    using Callable = std::remove_reference_t<Work>;
    const void* const address = std::addressof(work);
    detail::start_workers(
        threads, const_cast<void*>(address),
        [](void* callable, std::size_t worker) { (*static_cast<Callable*>(callable))(worker); });
}

/// Where a fixed number of threads wait for each other, again and again. Waiting threads spin for a
/// while and then yield: for waits of microseconds, where going to sleep would take longer.
class Barrier {
public:
    explicit Barrier(std::size_t threads) noexcept : threads_(threads) {}

    /// Returns when all threads have called it. All of them see what each did before.
    void wait() noexcept {
        constexpr std::size_t spins = 2000;
        const std::size_t turn = turn_.load(std::memory_order_relaxed);
        if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
            arrived_.store(0, std::memory_order_relaxed);
            turn_.store(turn + 1, std::memory_order_release);
            return;
        }
        for (std::size_t i = 0; turn_.load(std::memory_order_acquire) == turn; ++i) {
            if (i >= spins) std::this_thread::yield();
        }
    }

private:
    std::size_t threads_;
    std::atomic<std::size_t> arrived_{0};
    std::atomic<std::size_t> turn_{0};
};

/// Hands out the numbers 0 .. count - 1, each once, to whatever thread asks next.
class WorkQueue {
public:
    explicit WorkQueue(std::size_t count) noexcept : count_(count) {}

    [[nodiscard]] std::optional<std::size_t> next() noexcept {
        const std::size_t task = next_.fetch_add(1, std::memory_order_relaxed);
        return task < count_ ? std::optional(task) : std::nullopt;
    }

private:
    std::size_t count_;
    std::atomic<std::size_t> next_{0};
};

/// Calls `work(begin, end)` for consecutive ranges of about `grain` items that together cover
/// [0, count), on up to `workers.threads()` threads; ranges are handed out as threads become free.
/// The ranges do not depend on the number of threads. After an exception no further range is
/// started.
template <class Work>
void parallel_for(std::size_t count, std::size_t grain, const Workers& workers, Work&& work) {
    grain = (std::max<std::size_t>)(1, grain);
    const std::size_t ranges = count / grain + (count % grain != 0);
    const auto work_on = [&](std::size_t range) {
        work(range * grain, (std::min)(count, range * grain + grain));
    };
    if (workers.pool() != nullptr) return workers.pool()->run(ranges, work_on);
    std::atomic<std::size_t> next{0};
    run_workers((std::min)((std::max<std::size_t>)(1, workers.threads()),
                           (std::max<std::size_t>)(1, ranges)),
                [&](std::size_t) {
                    for (;;) {
                        const std::size_t range = next.fetch_add(1, std::memory_order_relaxed);
                        if (range >= ranges) return;
                        try {
                            work_on(range);
                        } catch (...) {
                            next.store(ranges, std::memory_order_relaxed);
                            throw;
                        }
                    }
                });
}

} // namespace firth
