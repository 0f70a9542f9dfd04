#include <firth/base/parallel.hpp>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

#if defined(__linux__)
#include <sys/resource.h>
#include <unistd.h>
#endif

#include "../support/support.hpp"

using namespace firth;

#if defined(__linux__)
TEST_CASE("workers that cannot all be started do no work, and do not wait for each other") {
    // Each thread wants megabytes of address space for its stack.
    rlimit usual{};
    REQUIRE(getrlimit(RLIMIT_AS, &usual) == 0);
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    if (pages > (std::size_t{1} << 28)) {
        WARN("left out: a sanitizer has taken terabytes of address space");
        return;
    }
    rlimit tight = usual;
    tight.rlim_cur =
        pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + (std::size_t{100} << 20);
    std::atomic<int> ran{0};
    Barrier barrier(max_threads);
    REQUIRE(setrlimit(RLIMIT_AS, &tight) == 0);
    const std::string message = test::message_of<Error>([&] {
        run_workers(max_threads, [&](std::size_t) {
            ++ran;
            barrier.wait();
        });
    });
    REQUIRE(setrlimit(RLIMIT_AS, &usual) == 0);
    REQUIRE(test::contains(message, "cannot start thread "));
    REQUIRE(test::contains(message, " of 1024: "));
    REQUIRE(test::contains(message, "Resource temporarily unavailable"));
    REQUIRE(ran == 0);
}
#endif

TEST_CASE("workers and queues and barriers do what they say") {
    std::vector<std::atomic<int>> ran(5);
    run_workers(5, [&](std::size_t worker) { ++ran[worker]; });
    for (const auto& times : ran) {
        REQUIRE(times == 1);
    }
    // The first error of any worker reaches the caller, after all have ended.
    for (const std::size_t bad : {0u, 2u, 4u}) {
        std::atomic<int> ended{0};
        REQUIRE(test::message_of<Error>([&] {
                    run_workers(5, [&](std::size_t worker) {
                        if (worker == bad) throw Error("worker " + std::to_string(worker));
                        ++ended;
                    });
                }) == "worker " + std::to_string(bad));
        REQUIRE(ended == 4);
    }
    WorkQueue queue(3);
    REQUIRE(queue.next() == 0u);
    REQUIRE(queue.next() == 1u);
    REQUIRE(queue.next() == 2u);
    REQUIRE_FALSE(queue.next());
    REQUIRE_FALSE(queue.next());
    // What was written before a barrier is visible after it, every time.
    constexpr int rounds = 200;
    Barrier barrier(3);
    std::vector<int> written(3);
    std::atomic<int> wrong{0};
    run_workers(3, [&](std::size_t worker) {
        for (int round = 1; round <= rounds; ++round) {
            written[worker] = round;
            barrier.wait();
            wrong += written != std::vector<int>(3, round);
            barrier.wait();
        }
    });
    REQUIRE(wrong == 0);
    REQUIRE(resolve_threads(3) == 3);
    REQUIRE(resolve_threads(max_threads) == max_threads);
    REQUIRE(resolve_threads(0) == hardware_threads());
    // The ranges do not depend on the threads, and a grain of 0 is one of 1.
    for (const std::size_t threads : {1u, 3u}) {
        std::vector<std::atomic<int>> begins(10);
        std::atomic<int> others{0};
        parallel_for(10, 4, threads, [&](std::size_t begin, std::size_t end) {
            ++begins[begin];
            others += end != std::min<std::size_t>(10, begin + 4);
        });
        REQUIRE(others == 0);
        REQUIRE((begins[0] == 1 && begins[4] == 1 && begins[8] == 1));
    }
    std::atomic<int> single{0};
    parallel_for(3, 0, 1, [&](std::size_t begin, std::size_t end) { single += end == begin + 1; });
    REQUIRE(single == 3);
}

TEST_CASE("parallel_for covers every item once, whatever the threads") {
    for (const std::size_t threads : {1u, 2u, 7u}) {
        for (const std::size_t count : {0u, 1u, 1000u, 1001u}) {
            std::vector<std::atomic<int>> seen(count);
            parallel_for(count, 10, threads, [&](std::size_t begin, std::size_t end) {
                REQUIRE(begin < end);
                for (std::size_t i = begin; i < end; ++i) {
                    ++seen[i];
                }
            });
            for (const auto& times : seen) {
                REQUIRE(times == 1);
            }
        }
    }
}

TEST_CASE("an exception in a worker reaches the caller and stops the rest") {
    std::atomic<int> calls{0};
    REQUIRE_THROWS_AS(parallel_for(100000, 1, 2,
                                   [&](std::size_t, std::size_t) {
                                       ++calls;
                                       throw Error("stop");
                                   }),
                      Error);
    REQUIRE(calls <= 2);
    // One range fails while the other thread waits for it in another: what is left is not begun.
    calls = 0;
    std::atomic<bool> failed{false};
    REQUIRE_THROWS_AS(parallel_for(100000, 1, 2,
                                   [&](std::size_t begin, std::size_t) {
                                       ++calls;
                                       if (begin == 0) {
                                           failed = true;
                                           throw Error("stop");
                                       }
                                       while (!failed) {
                                           std::this_thread::yield();
                                       }
                                       std::this_thread::yield();
                                   }),
                      Error);
    REQUIRE(calls < 50000);
    REQUIRE_THROWS_AS(resolve_threads(max_threads + 1), OptionError);
    REQUIRE(resolve_threads(0) >= 1);
}
