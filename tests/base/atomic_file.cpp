#include <firth/base/atomic_file.hpp>

#include <csignal>
#include <filesystem>
#include <thread>

#include "../support/support.hpp"

#if FIRTH_ON_POSIX()
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

using namespace firth;

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
namespace {

/// An open descriptor, and how a file is called that means it.
class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) { REQUIRE(number >= 0); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { close(); }

    void close() {
        if (number_ >= 0) ::close(number_);
        number_ = -1;
    }

    [[nodiscard]] std::string path() const { return "/dev/fd/" + std::to_string(number_); }
    [[nodiscard]] int number() const { return number_; }

private:
    int number_;
};

bool has_descriptors() {
    return ::access("/dev/fd/0", F_OK) == 0;
}

/// What `write` leaves in a file that is opened with `flags`, in which "old\n" was written before.
template <class Write>
std::string left_in_file(int flags, Write write) {
    const test::TemporaryFolder folder;
    test::write_file(folder / "log", "old\n");
    const Descriptor log(::open((folder / "log").c_str(), flags));
    write(log);
    REQUIRE(folder.files() == 1);
    return test::read_file(folder / "log");
}

/// What comes out of a pipe that `write` writes to.
template <class Write>
std::string out_of_pipe(Write write, bool at_once = false) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    std::string got;
    std::thread reader([&] {
        char piece[4096];
        // Slowly at first, so that the pipe fills up.
        std::this_thread::sleep_for(std::chrono::milliseconds(at_once ? 30 : 0));
        for (ssize_t size; (size = ::read(ends[0], piece, sizeof(piece))) > 0;) {
            got.append(piece, static_cast<std::size_t>(size));
        }
    });
    {
        const Descriptor in(ends[1]);
        if (at_once) REQUIRE(::fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
        write(in);
    }
    reader.join();
    ::close(ends[0]);
    return got;
}

std::string refusal_to_write(const std::string& path) {
    return test::message_of<IoError>([&] { AtomicFile::check(path); });
}

} // namespace

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

TEST_CASE("a descriptor is written after what is there, and stays open") {
    if (!has_descriptors()) return;
    const auto write = [](const Descriptor& log) {
        REQUIRE(::write(log.number(), "before\n", 7) == 7);
        AtomicFile file(log.path());
        file.write("new\n");
        file.commit();
        REQUIRE(::write(log.number(), "behind\n", 7) == 7);
    };
    REQUIRE(left_in_file(O_WRONLY | O_APPEND, write) == "old\nbefore\nnew\nbehind\n");
    REQUIRE(left_in_file(O_WRONLY, write) == "before\nnew\nbehind\n");
    REQUIRE(out_of_pipe(write) == "before\nnew\nbehind\n");
    // Nothing of what was not committed, where it is little.
    REQUIRE(left_in_file(O_WRONLY | O_APPEND, [](const Descriptor& log) {
                AtomicFile(log.path()).write("new");
            }) == "old\n");
}

TEST_CASE("a pipe takes more than it holds, from writers that wait or do not") {
    if (!has_descriptors()) return;
    std::string bytes;
    for (std::size_t i = 0; i < 300000; ++i) {
        bytes += static_cast<char>('a' + i % 23);
    }
    for (const bool at_once : {false, true}) {
        const std::string got = out_of_pipe(
            [&](const Descriptor& in) {
                AtomicFile file(in.path());
                file.write(bytes.substr(0, 1000));
                file.write(bytes.substr(1000));
                file.commit();
            },
            at_once);
        REQUIRE(got == bytes);
    }
}

TEST_CASE("bytes written over reach a pipe in the end, and a file as ever") {
    if (!has_descriptors()) return;
    std::string expected(600000, 'x');
    expected.replace(0, 4, "head");
    expected.replace(599990, 4, "tail");
    const auto write = [](const std::string& path) {
        AtomicFile file(path, AtomicFile::Order::any);
        file.write("    ");
        file.write(std::string(300000, 'x'));
        file.write(std::string(299996, 'x'));
        file.rewrite(599990, "tail");
        file.rewrite(0, "head");
        file.commit();
    };
    REQUIRE(out_of_pipe([&](const Descriptor& in) { write(in.path()); }) == expected);
    const test::TemporaryFolder folder;
    write(folder / "file");
    REQUIRE(test::read_file(folder / "file") == expected);
    {
        AtomicFile small(folder / "small", AtomicFile::Order::any); // in memory until now
        small.write("---- and all the rest");
        small.rewrite(0, "head");
        small.write(", to the end");
        small.commit();
    }
    REQUIRE(test::read_file(folder / "small") == "head and all the rest, to the end");
    // What did not say so is refused, with nothing written.
    REQUIRE(out_of_pipe([&](const Descriptor& in) {
                AtomicFile file(in.path());
                REQUIRE(test::contains(test::message_of<IoError>([&] { file.rewrite(0, "head"); }),
                                       "regular file"));
            }) == "");
}

TEST_CASE("descriptors that cannot be written are refused before any work") {
    if (!has_descriptors()) return;
    const test::TemporaryFolder folder;
    test::write_file(folder / "file", "old");
    const Descriptor reading(::open((folder / "file").c_str(), O_RDONLY));
    REQUIRE(test::contains(refusal_to_write(reading.path()), "reading only"));
    REQUIRE(test::contains(refusal_to_write("/dev/fd/987"), "/dev/fd/987"));
    REQUIRE_THROWS_AS(AtomicFile("/dev/fd/987"), IoError);
    const Descriptor writing(::open((folder / "file").c_str(), O_WRONLY));
    REQUIRE_NOTHROW(AtomicFile::check(writing.path()));
    REQUIRE_NOTHROW(AtomicFile::check("/dev/null"));
    REQUIRE(test::read_file(folder / "file") == "old");
}

TEST_CASE("a full device is an error, and so is a place that cannot be") {
    if (::access("/dev/full", W_OK) == 0) {
        AtomicFile full("/dev/full");
        full.write("x");
        REQUIRE(test::contains(test::message_of<IoError>([&] { full.commit(); }), "/dev/full"));
    }
    const test::TemporaryFolder folder;
    test::write_file(folder / "file", "old");
    REQUIRE(test::contains(refusal_to_write(folder / "no/such"), folder / "no/such"));
    REQUIRE(test::contains(refusal_to_write(folder / "file/below"), "file/below"));
    REQUIRE(test::contains(refusal_to_write(folder / ""), "directory"));
    REQUIRE(test::contains(refusal_to_write(""), "without a name"));
    REQUIRE_NOTHROW(AtomicFile::check(folder / "file"));
    REQUIRE_NOTHROW(AtomicFile::check(folder / "new"));
    REQUIRE(folder.files() == 1);
    REQUIRE(test::read_file(folder / "file") == "old");
}

TEST_CASE("a named pipe is not opened before it is written") {
    const test::TemporaryFolder folder;
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    REQUIRE_NOTHROW(AtomicFile::check(folder / "pipe")); // waits for nobody
    std::string got;
    std::thread reader([&] { got = test::read_file(folder / "pipe"); });
    AtomicFile file(folder / "pipe");
    file.write("new");
    file.commit();
    reader.join();
    REQUIRE(got == "new");
    REQUIRE(std::filesystem::is_fifo(folder / "pipe"));
}

TEST_CASE("a link to nothing yet makes the file it names, beside the link") {
    const test::TemporaryFolder folder;
    std::filesystem::create_directory(folder / "below");
    std::filesystem::create_symlink("../target", folder / "below/link");
    AtomicFile::check(folder / "below/link");
    REQUIRE_FALSE(std::filesystem::exists(folder / "target"));
    AtomicFile file(folder / "below/link");
    file.write("new");
    file.commit();
    REQUIRE(std::filesystem::is_symlink(folder / "below/link"));
    REQUIRE(test::read_file(folder / "target") == "new");
    std::filesystem::create_symlink("nowhere/target", folder / "lost");
    const std::string message = refusal_to_write(folder / "lost");
    REQUIRE(test::contains(message, folder / "lost"));
    REQUIRE(test::contains(message, "nowhere/target"));
}

TEST_CASE("a name as long as the system allows is written") {
    const test::TemporaryFolder folder;
    const std::string path = folder / std::string(255, 'n');
    AtomicFile file(path);
    file.write("new");
    file.commit();
    REQUIRE(test::read_file(path) == "new");
    REQUIRE(test::contains(refusal_to_write(folder / std::string(256, 'n')), "cannot write"));
}

TEST_CASE("of two files that belong together none is replaced where one cannot be written") {
    const test::TemporaryFolder folder;
    for (const int large : {0, 1}) {
        test::write_file(folder / "0", "old first");
        test::write_file(folder / "1", "old second");
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit before{};
        REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
        rlimit small = before;
        small.rlim_cur = 1 << 16;
        std::string message;
        {
            AtomicFile first(folder / "0");
            AtomicFile second(folder / "1");
            AtomicFile* const files[]{&first, &second};
            files[large]->write(std::string(1 << 17, 'x')); // in memory still
            files[1 - large]->write("new");
            REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
            message =
                test::message_of<IoError>([&] { AtomicFile::commit_together(first, second); });
            REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
        }
        REQUIRE(test::contains(message, folder / std::to_string(large)));
        REQUIRE(test::read_file(folder / "0") == "old first");
        REQUIRE(test::read_file(folder / "1") == "old second");
        REQUIRE(folder.files() == 2);
    }
    AtomicFile first(folder / "0");
    AtomicFile second(folder / "1");
    first.write("new first");
    second.write("new second");
    AtomicFile::commit_together(first, second);
    REQUIRE(test::read_file(folder / "0") == "new first");
    REQUIRE(test::read_file(folder / "1") == "new second");
}
#endif
