#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/thread_count.hpp>

namespace firth {

namespace detail {

/// Where threads wait for what others do: for some tens of microseconds awake, then asleep.
class WaitingRoom {
public:
    /// Returns once `ready()` is true; it is called again after each `notify`.
    template <class Ready>
    void wait(Ready&& ready) {
        using Clock = std::chrono::steady_clock;
        for (const auto end = Clock::now() + std::chrono::microseconds(50); Clock::now() < end;) {
            if (ready()) return;
            std::this_thread::yield();
        }
        std::unique_lock lock(mutex_);
        ++asleep_;
        woken_.wait(lock, ready);
        --asleep_;
    }

    /// To be called after what makes some thread ready, an atomic store in sequential order: either
    /// that thread sees it, or this call sees that it sleeps.
    void notify() {
        if (asleep_ == 0) return;
        { const std::lock_guard lock(mutex_); }
        woken_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable woken_;
    std::atomic<std::size_t> asleep_{0};
};

} // namespace detail

/// Threads that wait for work, for programs that ask often: to start a thread takes longer than the
/// search for one query. Whoever makes a pool owns it; there is none behind the scenes.
///
///     firth::ThreadPool pool(8);
///     index.search(query, {.k = 10, .pool = &pool});   // many times
///
/// Threads without work spin for about 50 microseconds and then sleep.
class ThreadPool {
public:
    /// A pool of so many threads, 0 for all of the machine's; the caller of `run` is one of them.
    /// Throws `OptionError` above `max_threads`, and `Error` where a thread cannot be started.
    explicit ThreadPool(std::size_t threads = 0) {
        const std::size_t wanted = resolve_threads(threads);
        try {
            others_.reserve(wanted);
            while (this->threads() < wanted) {
                others_.emplace_back([this] { serve(); });
            }
        } catch (const std::exception& reason) {
            const std::string at = std::to_string(this->threads() + 1);
            stop();
            throw Error("cannot start thread " + at + " of " + std::to_string(wanted) + ": " +
                        reason.what());
        }
    }

    /// Waits for its threads to end. No `run` may be under way.
    ~ThreadPool() { stop(); }

    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    [[nodiscard]] std::size_t threads() const noexcept { return others_.size() + 1; }

    /// Calls `work(task)` once for each task = 0 .. tasks - 1, on the caller's thread and those of
    /// the pool, each of which takes the next one when it is free. Returns when all have returned.
    /// After an exception no further task is begun, and the first one is rethrown.
    ///
    /// Any thread may call it at any time, also from inside a task. Only one call at a time has the
    /// pool's threads: others do all their tasks on their own thread meanwhile. So tasks must not
    /// wait for each other.
    template <class Work>
    void run(std::size_t tasks, Work&& work) {
        using Callable = std::remove_reference_t<Work>;
        const void* const address = std::addressof(work);
        run_job({tasks, const_cast<void*>(address), [](void* callable, std::size_t task) {
                     (*static_cast<Callable*>(callable))(task);
                 }});
    }

private:
    /// `run` with its work behind a pointer: compiled once, not for each piece of work.
    struct Job {
        std::size_t tasks = 0;
        void* work = nullptr;
        void (*call)(void*, std::size_t) = nullptr;
    };

    void run_job(const Job& job) {
        if (job.tasks < 2 || others_.empty() || busy_.exchange(true)) {
            for (std::size_t task = 0; task < job.tasks; ++task) {
                job.call(job.work, task);
            }
            return;
        }
        job_ = job;
        next_ = 0;
        gate_ += new_turn + open;
        work_came_.notify();
        do_tasks();
        // Threads that come now are too late, and nobody waits for them.
        gate_ -= open;
        all_left_.wait([this] { return gate_ % new_turn == 0; });
        const std::exception_ptr error = std::exchange(error_, nullptr);
        busy_ = false;
        if (error) std::rethrow_exception(error);
    }

    /// What each thread of the pool does all its life.
    void serve() {
        std::uint64_t turn = 0; // the last one that it took part in
        for (;;) {
            work_came_.wait([&] { return stopped_ || enter(turn); });
            if (stopped_) return;
            do_tasks();
            --gate_;
            all_left_.notify();
        }
    }

    /// Counts this thread in for a job that is open and that it has not taken part in.
    bool enter(std::uint64_t& turn) noexcept {
        std::uint64_t gate = gate_;
        while ((gate & open) != 0 && gate / new_turn != turn) {
            if (!gate_.compare_exchange_weak(gate, gate + 1)) continue;
            turn = gate / new_turn;
            return true;
        }
        return false;
    }

    void do_tasks() noexcept {
        for (std::size_t task = next_++; task < job_.tasks; task = next_++) {
            try {
                job_.call(job_.work, task);
            } catch (...) {
                next_ = job_.tasks;
                const std::lock_guard lock(error_mutex_);
                if (!error_) error_ = std::current_exception();
            }
        }
    }

    void stop() noexcept {
        stopped_ = true;
        work_came_.notify();
        for (std::thread& other : others_) {
            other.join();
        }
    }

    // In one number, so that no thread enters a job that has just ended: how many threads are in
    // it, whether it is open, and how many jobs there were.
    static constexpr std::uint64_t open = std::uint64_t{1} << 31;
    static constexpr std::uint64_t new_turn = std::uint64_t{1} << 32;

    std::atomic<std::uint64_t> gate_{0};
    std::atomic<bool> busy_{false};
    std::atomic<bool> stopped_{false};
    Job job_; ///< changes only while no other thread is in it
    std::atomic<std::size_t> next_{0};
    std::mutex error_mutex_;
    std::exception_ptr error_;
    detail::WaitingRoom work_came_;
    detail::WaitingRoom all_left_;
    std::vector<std::thread> others_;
};

/// Where work runs: on so many threads, 1 or more, started for it, or on those of a pool. A number
/// or a pool converts to it.
class Workers {
public:
    Workers(std::size_t threads) noexcept : threads_(threads) {}
    Workers(ThreadPool& pool) noexcept : threads_(pool.threads()), pool_(&pool) {}

    /// What options mean: the pool where there is one, else `requested` threads, 0 for all of the
    /// machine's. Throws `OptionError` above `max_threads`.
    Workers(std::size_t requested, ThreadPool* pool)
        : threads_(pool != nullptr ? pool->threads() : resolve_threads(requested)), pool_(pool) {}

    [[nodiscard]] std::size_t threads() const noexcept { return threads_; }
    [[nodiscard]] ThreadPool* pool() const noexcept { return pool_; }

private:
    std::size_t threads_;
    ThreadPool* pool_ = nullptr;
};

} // namespace firth
