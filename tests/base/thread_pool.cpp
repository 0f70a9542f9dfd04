#include <firth/base/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <firth/base/parallel.hpp>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("a pool runs every task once, on the caller's thread and its own") {
    for (const std::size_t threads : {1u, 2u, 5u}) {
        ThreadPool pool(threads);
        REQUIRE(pool.threads() == threads);
        for (const std::size_t tasks : {0u, 1u, 2u, 7u, 100u}) {
            // Many turns: threads that come late must not take part in the next one's work twice.
            for (int turn = 0; turn < 200; ++turn) {
                std::vector<std::atomic<int>> ran(tasks);
                std::vector<int> plain(tasks);
                pool.run(tasks, [&](std::size_t task) {
                    ++ran[task];
                    plain[task] = turn;
                });
                for (std::size_t task = 0; task < tasks; ++task) {
                    REQUIRE(ran[task] == 1);
                    REQUIRE(plain[task] == turn);
                }
            }
        }
    }
    REQUIRE(ThreadPool().threads() == hardware_threads());
    REQUIRE(
        test::message_of<OptionError>([] { ThreadPool(max_threads + 1); }) ==
        test::message_of<OptionError>([] { static_cast<void>(resolve_threads(max_threads + 1)); }));
}

TEST_CASE("all of a pool's threads work, and wake up again after they have slept") {
    ThreadPool pool(3);
    for (int round = 0; round < 3; ++round) {
        // Three tasks that wait for each other need three threads. (Only a test may do so.)
        std::atomic<int> arrived{0};
        pool.run(3, [&](std::size_t) {
            ++arrived;
            while (arrived < 3) {
                std::this_thread::yield();
            }
        });
        REQUIRE(arrived == 3);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

TEST_CASE("the caller waits for a task that takes long, awake or asleep") {
    ThreadPool pool(2);
    for (const int milliseconds : {0, 1, 20}) {
        std::atomic<int> ended{0};
        pool.run(2, [&](std::size_t) {
            std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
            ++ended;
        });
        REQUIRE(ended == 2);
    }
}

TEST_CASE("a pool passes on the first exception and goes on working") {
    for (const std::size_t threads : {1u, 3u}) {
        ThreadPool pool(threads);
        for (int turn = 0; turn < 50; ++turn) {
            std::atomic<std::size_t> ran{0};
            REQUIRE(test::message_of<Error>([&] {
                        pool.run(100000, [&](std::size_t task) {
                            if (task == 7) throw Error("task 7");
                            ++ran;
                        });
                    }) == "task 7");
            REQUIRE(ran >= 7);
            REQUIRE(ran < 99999);
            pool.run(3, [&](std::size_t) { ++ran; });
        }
    }
}

TEST_CASE("a pool may be asked from several threads and from its own tasks") {
    ThreadPool pool(3);
    std::atomic<std::size_t> sum{0};
    run_workers(4, [&](std::size_t) {
        for (int turn = 0; turn < 100; ++turn) {
            pool.run(10, [&](std::size_t task) {
                pool.run(5, [&](std::size_t inner) { sum += 10 * task + inner; });
            });
        }
    });
    // 10 x 5 pairs make 5 x 450 + 10 x 10.
    REQUIRE(sum == 4 * 100 * (5 * 450 + 10 * 10));
    // While one call has the pool's threads, another does all of its tasks on its own.
    std::atomic<int> strangers{0};
    pool.run(2, [&](std::size_t) {
        const auto own = std::this_thread::get_id();
        pool.run(50, [&](std::size_t) { strangers += std::this_thread::get_id() != own; });
    });
    REQUIRE(strangers == 0);
}

TEST_CASE("parallel_for covers every item once on a pool") {
    ThreadPool pool(3);
    for (const std::size_t count : {0u, 1u, 9u, 10u, 95u}) {
        std::vector<std::atomic<int>> seen(count);
        std::atomic<int> wrong{0};
        parallel_for(count, 10, pool, [&](std::size_t begin, std::size_t end) {
            wrong += begin >= end || begin % 10 != 0;
            for (std::size_t i = begin; i < end; ++i) {
                ++seen[i];
            }
        });
        REQUIRE(wrong == 0);
        for (const auto& times : seen) {
            REQUIRE(times == 1);
        }
    }
}
