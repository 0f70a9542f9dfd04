#include <firth/base/output_place.hpp>

#include "../support/support.hpp"

#if FIRTH_ON_POSIX()
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

using namespace firth;

TEST_CASE("an output's name is a file, or says why it is none") {
    const test::TemporaryFolder folder;
    const OutputPlace missing = find_output(folder / "missing");
    REQUIRE(missing.target == folder / "missing");
    REQUIRE(missing.descriptor == -1);
    REQUIRE_FALSE(missing.direct);
    test::write_file(folder / "there", "x");
    REQUIRE_FALSE(find_output(folder / "there").direct);
    REQUIRE(std::filesystem::is_regular_file(find_output(folder / "there").old));
    const auto refusal = [](const std::string& path) {
        return test::message_of<IoError>([&] { static_cast<void>(find_output(path)); });
    };
    REQUIRE(test::contains(refusal(""), "without a name"));
    REQUIRE(test::contains(refusal(folder / ""), "it is a directory"));
    REQUIRE(test::contains(refusal(folder / std::string(300, 'x')), "cannot write"));
}

TEST_CASE("standard output has several names") {
    for (const char* const name : {"-", "/dev/stdout"}) {
        const OutputPlace place = find_output(name);
        REQUIRE(place.descriptor == 1);
        REQUIRE(place.direct);
    }
    REQUIRE(find_output("/dev/stderr").descriptor == 2);
    // A file of that name in another folder is a file.
    REQUIRE(find_output("./-").descriptor == -1);
    REQUIRE_FALSE(find_output("./-").direct);
    REQUIRE(find_output("1").descriptor == -1);
    REQUIRE(find_output("--").descriptor == -1);
}

#if FIRTH_ON_POSIX()
TEST_CASE("open descriptors are found by their names and through links") {
    if (::access("/dev/fd/0", F_OK) != 0) return; // a system without them
    const test::TemporaryFolder folder;
    REQUIRE(find_output("/dev/fd/7").descriptor == 7);
    REQUIRE(find_output("/dev/../dev/fd/12").descriptor == 12);
    REQUIRE(find_output("/dev/fd/7").direct);
    std::filesystem::create_symlink("/dev/fd/9", folder / "nine");
    std::filesystem::create_symlink("nine", folder / "again");
    std::filesystem::create_symlink("/dev/stdout", folder / "out");
    REQUIRE(find_output(folder / "again").descriptor == 9);
    REQUIRE(find_output(folder / "out").descriptor == 1);
    // Names that only look like one.
    test::write_file(folder / "7", "x");
    REQUIRE(find_output(folder / "7").descriptor == -1);
    REQUIRE(find_output("/dev/fd/7x").descriptor == -1);
    REQUIRE(find_output("/dev/null").descriptor == -1);
    REQUIRE(find_output("/dev/null").direct);
    if (::access("/proc/self/fd/0", F_OK) == 0) {
        REQUIRE(find_output("/proc/self/fd/3").descriptor == 3);
        REQUIRE(find_output("/proc/" + std::to_string(::getpid()) + "/fd/3").descriptor == 3);
    }
}

TEST_CASE("a symbolic link stands for the file at its end, there or not") {
    const test::TemporaryFolder folder;
    std::filesystem::create_directory(folder / "below");
    std::filesystem::create_symlink("below/second", folder / "first");
    std::filesystem::create_symlink("../third", folder / "below/second");
    const OutputPlace dangling = find_output(folder / "first");
    REQUIRE(std::filesystem::weakly_canonical(dangling.target) ==
            std::filesystem::weakly_canonical(folder / "third"));
    REQUIRE_FALSE(dangling.direct);
    test::write_file(folder / "third", "x");
    REQUIRE(std::filesystem::equivalent(find_output(folder / "first").target, folder / "third"));
    std::filesystem::create_symlink(folder / "below", folder / "folder");
    REQUIRE(test::contains(
        test::message_of<IoError>([&] { static_cast<void>(find_output(folder / "folder")); }),
        "directory"));
    std::filesystem::create_symlink("circle", folder / "circle");
    REQUIRE(test::contains(
        test::message_of<IoError>([&] { static_cast<void>(find_output(folder / "circle")); }),
        "lead to no file"));
    // Forty links are followed.
    std::string last = "third";
    for (int i = 0; i < 40; ++i) {
        std::filesystem::create_symlink(last, folder / ("link" + std::to_string(i)));
        last = "link" + std::to_string(i);
    }
    REQUIRE(std::filesystem::equivalent(find_output(folder / last).target, folder / "third"));
}
#endif
