#include <firth/base/room.hpp>

#include <cstdint>

#include "../support/support.hpp"

#if FIRTH_ON_POSIX()
#include <sys/resource.h>
#endif

using namespace firth;

TEST_CASE("sizes in messages have three digits or two and a tenth") {
    REQUIRE(detail::size_text(0) == "0 bytes");
    REQUIRE(detail::size_text(999) == "999 bytes");
    REQUIRE(detail::size_text(1000) == "1.0 kB");
    REQUIRE(detail::size_text(99999) == "99.9 kB");
    REQUIRE(detail::size_text(2400000000) == "2.4 GB");
    REQUIRE(detail::size_text(2400000000000) == "2.4 TB");
    REQUIRE(detail::size_text(310123456) == "310 MB");
    REQUIRE(detail::size_text(std::uint64_t{1} << 63) == "9223 PB");
}

TEST_CASE("memory that no machine has is refused with sizes and advice") {
    REQUIRE_NOTHROW(require_memory(1000, "tables", "less"));
#if defined(__linux__)
    const std::uint64_t room = available_memory();
    REQUIRE(room > 0);
    REQUIRE(room < std::uint64_t{1} << 50);
    const std::string said = test::message_of<Error>(
        [] { require_memory(std::uint64_t{1} << 60, "tables of 3 x 5", "a smaller dim"); });
    REQUIRE(test::contains(said, "tables of 3 x 5 take 1152 PB of memory, and "));
    REQUIRE(test::contains(said, " are free, expected a smaller dim"));
#endif
}

#if defined(__linux__)
TEST_CASE("a limit on the address space leaves less memory") {
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_AS, &before) == 0);
    const std::uint64_t used = 1024 * detail::system_number("/proc/self/status", "VmSize:", 0);
    REQUIRE(used > 0);
    constexpr std::uint64_t more = std::uint64_t{1} << 26;
    if (used + more > before.rlim_max || available_memory() < 2 * more) return;
    rlimit tight = before;
    tight.rlim_cur = used + more;
    REQUIRE(setrlimit(RLIMIT_AS, &tight) == 0);
    const std::uint64_t room = available_memory();
    REQUIRE(setrlimit(RLIMIT_AS, &before) == 0);
    REQUIRE(room <= more);
    REQUIRE(room > more / 2);
}
#endif

#if FIRTH_ON_POSIX()
TEST_CASE("a file larger than its disk is refused by name, with sizes") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "model.bin";
    REQUIRE_NOTHROW(require_disk(path, 1000, "less"));
    const std::string said = test::message_of<IoError>(
        [&] { require_disk(path, std::uint64_t{1} << 60, "fewer buckets"); });
    REQUIRE(test::contains(said, path + " takes 1152 PB, and its disk has room for "));
    REQUIRE(test::contains(said, ", expected fewer buckets"));
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    rlimit tight = before;
    tight.rlim_cur = 5000;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &tight) == 0);
    const std::string limited =
        test::message_of<IoError>([&] { require_disk(path, 5001, "fewer buckets"); });
    REQUIRE_NOTHROW(require_disk(path, 5000, "fewer buckets"));
    REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
    REQUIRE(test::contains(limited, "takes 5.0 kB, and its disk has room for 5.0 kB"));
    // What is written in place is not asked, nor a folder that is not there.
    REQUIRE_NOTHROW(require_disk("/dev/null", std::uint64_t{1} << 60, ""));
    REQUIRE_NOTHROW(require_disk(folder / "no/such", std::uint64_t{1} << 60, ""));
    REQUIRE(folder.files() == 0);
}
#endif
