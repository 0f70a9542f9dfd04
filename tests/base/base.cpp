#include <firth/base.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <memory>
#include <numeric>
#include <sstream>
#include <thread>

#include "../support/support.hpp"

#if FIRTH_ON_POSIX()
#include <sys/resource.h>
#include <unistd.h>
#endif

using namespace firth;

TEST_CASE("aligned buffers are aligned, zero and copied whole") {
    for (const std::size_t size : {1u, 15u, 1000u, 3000000u}) {
        AlignedBuffer<float> buffer(size);
        REQUIRE(reinterpret_cast<std::uintptr_t>(buffer.data()) % row_alignment == 0);
        REQUIRE(std::count(buffer.begin(), buffer.end(), 0.0f) ==
                static_cast<std::ptrdiff_t>(size));
        buffer[size - 1] = 3;
        const AlignedBuffer<float> copy = buffer;
        const AlignedBuffer<float> moved = std::move(buffer);
        REQUIRE(copy[size - 1] == 3);
        REQUIRE(moved.data() != copy.data());
        REQUIRE(buffer.size() == 0);
    }
    REQUIRE_THROWS_AS(AlignedBuffer<float>(std::numeric_limits<std::size_t>::max() / 2),
                      std::bad_alloc);
}

TEST_CASE("buffers are zero even where memory was used before, and large ones lie on huge pages") {
    for (int i = 0; i < 4; ++i) {
        AlignedBuffer<unsigned char> buffer(1000);
        REQUIRE(std::all_of(buffer.begin(), buffer.end(), [](unsigned char b) { return b == 0; }));
        std::fill(buffer.begin(), buffer.end(), static_cast<unsigned char>(0xFF));
    }
    const auto at = [](const AlignedBuffer<char>& buffer) {
        return reinterpret_cast<std::uintptr_t>(buffer.data());
    };
    REQUIRE(at(AlignedBuffer<char>(std::size_t{4} << 20, Uninitialized())) % (2u << 20) == 0);
    REQUIRE(AlignedBuffer<float>(0).data() == nullptr);
    const AlignedBuffer<int> none;
    REQUIRE(AlignedBuffer<int>(none).size() == 0);
    // Elements that lie somewhere else are kept as long as the buffer lives, and copied by value.
    auto keeper = std::make_shared<std::vector<int>>(std::vector<int>{1, 2, 3});
    const std::weak_ptr<std::vector<int>> watch = keeper;
    {
        AlignedBuffer<int> view(keeper, keeper->data(), keeper->size());
        keeper.reset();
        REQUIRE_FALSE(watch.expired());
        const AlignedBuffer<int> copy = view;
        view[0] = 7;
        REQUIRE(copy[0] == 1);
        const AlignedBuffer<int> moved = std::move(view);
        REQUIRE_FALSE(watch.expired());
        REQUIRE(moved[0] == 7);
    }
    REQUIRE(watch.expired());
}

TEST_CASE("padded dims are whole cache lines") {
    REQUIRE(padded_dim<float>(1) == 16);
    REQUIRE(padded_dim<float>(16) == 16);
    REQUIRE(padded_dim<float>(100) == 112);
    REQUIRE(padded_dim<double>(9) == 16);
}

TEST_CASE("random numbers repeat by seed and differ by stream") {
    Random a(7);
    Random b(7);
    Random other_seed(8);
    Random other_stream(7, 1);
    bool seeds_differ = false;
    bool streams_differ = false;
    for (int i = 0; i < 100; ++i) {
        const std::uint64_t value = a();
        REQUIRE(value == b());
        seeds_differ = seeds_differ || value != other_seed();
        streams_differ = streams_differ || value != other_stream();
    }
    REQUIRE(seeds_differ);
    REQUIRE(streams_differ);
    // Golden: what seed 1 gives must never change, or saved seeds lose their meaning.
    Random golden(1);
    const std::uint64_t first = golden();
    const std::uint64_t second = golden();
    REQUIRE(first == 17447438251142225529u);
    REQUIRE(second == 11342323450911904313u);
}

TEST_CASE("random numbers are spread evenly") {
    Random random(3);
    std::vector<int> counts(10);
    double sum = 0;
    for (int i = 0; i < 100000; ++i) {
        ++counts[random.below(10)];
        const float u = random.uniform();
        REQUIRE((u >= 0.0f && u < 1.0f));
        sum += static_cast<double>(u);
    }
    // Chi-square with 9 degrees of freedom: above 27.9 once in a thousand.
    double chi = 0;
    for (const int count : counts) {
        chi += (count - 10000.0) * (count - 10000.0) / 10000.0;
    }
    REQUIRE(chi < 27.9);
    REQUIRE(std::fabs(sum / 100000 - 0.5) < 0.005);
}

TEST_CASE("random integers reach every number below their bound, and no other") {
    Random random(5);
    std::vector<int> seen(3);
    for (int i = 0; i < 200; ++i) {
        ++seen[random.below(3)];
    }
    REQUIRE(*std::min_element(seen.begin(), seen.end()) > 30);
    REQUIRE(random.below(1) == 0);
    // Golden, as seeds are kept in files: the streams, and what is made of 64 bits.
    Random golden(1, 2);
    REQUIRE(golden() == Random(1, 2)());
    Random a(9);
    Random b(9);
    REQUIRE(a.bits32() == static_cast<std::uint32_t>(b() >> 32));
    REQUIRE(a.uniform() == static_cast<float>(b() >> 40) / 16777216.0f);
    REQUIRE(a.below(1000) == static_cast<std::uint32_t>(((b() >> 32) * 1000) >> 32));
}

TEST_CASE("a shuffle is the Fisher-Yates one: every order comes, equally often") {
    std::vector<int> counts(6);
    Random random(8);
    for (int i = 0; i < 6000; ++i) {
        std::vector<int> values{0, 1, 2};
        shuffle(std::span<int>(values), random);
        ++counts[static_cast<std::size_t>(values[0] * 2 + (values[1] > values[2]))];
        REQUIRE(values[0] + values[1] + values[2] == 3);
    }
    for (const int count : counts) {
        REQUIRE(count > 850);
        REQUIRE(count < 1150);
    }
    // As it has always been, by the numbers themselves.
    std::vector<int> values(10);
    std::iota(values.begin(), values.end(), 0);
    std::vector<int> expected = values;
    Random first(3);
    Random second(3);
    shuffle(std::span<int>(values), first);
    for (std::size_t i = 10; i > 1; --i) {
        std::swap(expected[i - 1], expected[((second() >> 32) * i) >> 32]);
    }
    REQUIRE(values == expected);
}

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
    // What was written before a barrier is seen behind it, again and again.
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

TEST_CASE("streams and strings take what writers give, and say where they fail") {
    std::string text = "old ";
    StringSink strings(text);
    strings.write("new");
    strings.commit();
    REQUIRE(text == "old new");
    std::ostringstream stream;
    StreamSink sink(stream);
    sink.write("abc");
    sink.commit();
    REQUIRE(stream.str() == "abc");
    stream.setstate(std::ios::badbit);
    REQUIRE_THROWS_AS(sink.commit(), IoError);
}

TEST_CASE("memory that a mapping gives back is read again from the file") {
    const test::TemporaryFolder folder;
    const std::string text(50000, 'x');
    test::write_file(folder / "file", text + "end");
    const MappedFile file(folder / "file");
    file.release(0, file.bytes().size());
    REQUIRE(file.bytes() == text + "end");
    MappedFile changed(folder / "file", MappedFile::Access::copy_on_write);
    changed.writable()[0] = 'y';
    changed.writable()[45000] = 'z';
    // Only whole pages before `end` are given back.
    changed.release(8192, 45000);
    REQUIRE(changed.bytes()[0] == 'y');
    REQUIRE(changed.bytes()[45000] == 'z');
    changed.release(9000, 8000);
    REQUIRE(changed.bytes()[0] == 'y');
    MappedFile target(folder / "file");
    target = std::move(changed);
    REQUIRE(target.bytes()[0] == 'y');
    REQUIRE(target.bytes().size() == text.size() + 3);
    REQUIRE(changed.bytes().empty());
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

TEST_CASE("mapped files give the bytes, and errors name the file") {
    const test::TemporaryFolder folder;
    test::write_file(folder / "some", "abc");
    test::write_file(folder / "none", "");
    MappedFile some(folder / "some");
    REQUIRE(some.bytes() == "abc");
    const MappedFile moved = std::move(some);
    REQUIRE(moved.bytes() == "abc");
    REQUIRE(MappedFile(folder / "none").bytes().empty());
    REQUIRE(test::contains(test::message_of<IoError>([&] { MappedFile(folder / "missing"); }),
                           "missing"));
    REQUIRE(test::contains(test::message_of<IoError>([&] { MappedFile(folder / ""); }),
                           "expected a file"));
}

TEST_CASE("atomic files replace the target only on commit") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "file";
    test::write_file(path, "old");
    {
        AtomicFile file(path);
        file.write("new");
    }
    REQUIRE(test::read_file(path) == "old");
    REQUIRE(folder.files() == 1);
    {
        AtomicFile file(path);
        file.write("new");
        file.write(std::string(1 << 20, 'x'));
        file.commit();
    }
    REQUIRE(test::read_file(path) == "new" + std::string(1 << 20, 'x'));
    REQUIRE(folder.files() == 1);
    REQUIRE(
        test::contains(test::message_of<IoError>([&] { AtomicFile(folder / ""); }), "directory"));
    REQUIRE_THROWS_AS(AtomicFile(folder / "no/such/folder"), IoError);
}

#if FIRTH_ON_POSIX()
TEST_CASE("atomic files keep permissions and replace what a link names") {
    const test::TemporaryFolder folder;
    test::write_file(folder / "file", "old");
    std::filesystem::permissions(folder / "file", std::filesystem::perms::owner_read |
                                                      std::filesystem::perms::owner_write);
    std::filesystem::create_symlink(folder / "file", folder / "link");
    AtomicFile file(folder / "link");
    file.write("new");
    file.commit();
    REQUIRE(std::filesystem::is_symlink(folder / "link"));
    REQUIRE(test::read_file(folder / "file") == "new");
    REQUIRE(std::filesystem::status(folder / "file").permissions() ==
            (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}

TEST_CASE("a disk that fills up while writing leaves the old file") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "file";
    test::write_file(path, "old");
    // A limit on file size stands in for a full disk: write() fails half-way in the same manner.
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    rlimit small = before;
    small.rlim_cur = 1 << 20;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    std::string message;
    try {
        AtomicFile file(path);
        for (int i = 0; i < 64; ++i) {
            file.write(std::string(1 << 16, 'x'));
        }
        file.commit();
    } catch (const IoError& error) {
        message = error.what();
    }
    REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
    REQUIRE(test::contains(message, "cannot write " + path));
    REQUIRE(test::read_file(path) == "old");
    REQUIRE(folder.files() == 1);
}
#endif

TEST_CASE("floats read and write as text exactly") {
    for (const auto& [text, value] :
         std::vector<std::pair<std::string, float>>{{"0", 0.0f},
                                                    {"-1.5", -1.5f},
                                                    {"+2.5", 2.5f},
                                                    {"1e3", 1000.0f},
                                                    {"-1.2e-2", -0.012f},
                                                    {"1e-60", 0.0f},
                                                    {"-1e-500", -0.0f},
                                                    {"1e-42", 1e-42f}}) {
        const ParsedFloat parsed = parse_float(text);
        INFO(text);
        REQUIRE(parsed.size == text.size());
        REQUIRE(parsed.value == value);
    }
    REQUIRE(std::isinf(parse_float("1e60").value));
    REQUIRE(parse_float("-1e500").value == -std::numeric_limits<float>::infinity());
    REQUIRE(std::isnan(parse_float("nan").value));
    for (const char* bad : {"", "x", "+", "-", "+-1", ".", "--1"}) {
        INFO(bad);
        REQUIRE(parse_float(bad).size == 0);
    }
    REQUIRE(parse_float("1.5 2").size == 3);
    Random random(5);
    for (int i = 0; i < 10000; ++i) {
        const float value = std::bit_cast<float>(random.bits32());
        if (!std::isfinite(value)) continue;
        std::string text;
        append_float(text, value);
        REQUIRE(std::bit_cast<std::uint32_t>(parse_float(text).value) ==
                std::bit_cast<std::uint32_t>(value));
    }
}

TEST_CASE("numbers become the shortest text that reads back as them") {
    REQUIRE(float_text(0.025f) == "0.025");
    REQUIRE(float_text(0.025) == "0.025");
    REQUIRE(float_text(1e-7) == "1e-07");
    REQUIRE(float_text(0.1f) == "0.1");
    REQUIRE(float_text(static_cast<double>(0.1f)) == "0.10000000149011612");
    REQUIRE(float_text(-2.5) == "-2.5");
    REQUIRE(float_text(std::numeric_limits<double>::infinity()) == "inf");
    Random random(7);
    for (int i = 0; i < 10000; ++i) {
        const double value = std::bit_cast<double>(random());
        if (!std::isfinite(value)) continue;
        REQUIRE(std::strtod(float_text(value).c_str(), nullptr) == value);
    }
}

TEST_CASE("plain decimals are read as strtof reads them, to the last bit") {
    Random random(6);
    std::size_t wrong = 0;
    const auto check = [&](const std::string& number, const std::string& behind) {
        const ParsedFloat parsed = parse_float(number + behind);
        const float expected = std::strtof(number.c_str(), nullptr);
        const bool same =
            parsed.size == number.size() &&
            std::bit_cast<std::uint32_t>(parsed.value) == std::bit_cast<std::uint32_t>(expected);
        if (!same && wrong++ == 0) UNSCOPED_INFO(number << behind);
    };
    for (int i = 0; i < 300000; ++i) {
        std::string number = random.below(2) == 0 ? "" : "-";
        const std::uint32_t before = random.below(12);
        const std::uint32_t behind = before == 0 ? 1 + random.below(12) : random.below(13);
        for (std::uint32_t digit = 0; digit < before + behind; ++digit) {
            if (digit == before) number += '.';
            number += static_cast<char>('0' + random.below(10));
        }
        check(number, i % 3 == 0 ? " 12345678" : i % 3 == 1 ? "\n" : "");
    }
    // The middles between floats, exactly and one digit off.
    for (int i = 0; i < 100000; ++i) {
        const float value = std::ldexp(static_cast<float>(1 + random.below(1u << 24)),
                                       -static_cast<int>(random.below(30)));
        char number[64];
        std::snprintf(
            number, sizeof number, "%.*f", static_cast<int>(random.below(14)),
            (static_cast<double>(value) + static_cast<double>(std::nextafter(value, 1e30f))) / 2);
        check(number, " ");
    }
    // The same in fifteen digits, the most that are read so: some of these are nearer to the middle
    // than a double can tell.
    for (int i = 0; i < 50000; ++i) {
        const float value = std::ldexp(static_cast<float>((1u << 23) + random.below(1u << 23)),
                                       static_cast<int>(random.below(24)) - 24);
        const double middle =
            (static_cast<double>(value) + static_cast<double>(std::nextafter(value, 1e30f))) / 2;
        char number[64];
        std::snprintf(number, sizeof number, "%.*f",
                      14 - std::max(0, static_cast<int>(std::floor(std::log10(middle)))), middle);
        check(number, " ");
    }
    REQUIRE(wrong == 0);
    for (const char* const odd : {"1.2.3",
                                  "1.5x",
                                  "0.e",
                                  "0.5e1",
                                  "1234567890123456789.5",
                                  "12e",
                                  "0.1234567890123456",
                                  "123456789012345",
                                  "1234567890123456",
                                  "00000000000000001",
                                  "5.",
                                  ".5",
                                  "-.5",
                                  "0.",
                                  "16777217",
                                  "16777219",
                                  "0.1e-50",
                                  "3.4028236e38",
                                  "3.5e38",
                                  "1e-46"}) {
        INFO(odd);
        char* end = nullptr;
        const float expected = std::strtof(odd, &end);
        REQUIRE(parse_float(odd).value == expected);
        REQUIRE(parse_float(odd).size == static_cast<std::size_t>(end - odd));
    }
}

TEST_CASE("progress is passed on at most ten times a second, and can cancel") {
    int calls = 0;
    ProgressMeter meter([&](const Progress&) { return ++calls < 2; });
    bool go_on = true;
    for (int i = 0; i < 1000; ++i) {
        go_on = go_on && meter.report({.done = 1, .total = 2});
    }
    REQUIRE(calls <= 1);
    REQUIRE(go_on);
    meter.report({.done = 2, .total = 2}, true);
    REQUIRE_FALSE(meter.report({.done = 2, .total = 2}, true));
}

TEST_CASE("text is taken apart into lines and fields") {
    std::string_view text = "a b\r\n\n c";
    REQUIRE(take_line(text) == "a b\r");
    REQUIRE(take_line(text).empty());
    REQUIRE(take_line(text) == " c");
    REQUIRE(text.empty());
    REQUIRE(split_fields(" a\t b  c\r") == std::vector<std::string_view>{"a", "b", "c"});
    REQUIRE(split_fields("a b c", 2) == std::vector<std::string_view>{"a", "b"});
    REQUIRE(split_fields(" \r").empty());
}
