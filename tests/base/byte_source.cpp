#include <firth/base/byte_source.hpp>
#include <firth/base/decompress.hpp>
#include <firth/base/file_marks.hpp>
#include <firth/base/mapped_file.hpp>

#include <cstdlib>
#include <thread>

#if FIRTH_ON_POSIX()
#include <sys/stat.h>
#endif

#include "../support/support.hpp"

using namespace firth;

namespace {

std::string drain(ByteSource& source, std::size_t piece) {
    std::string all;
    for (;;) {
        std::string part(piece, '\0');
        const std::size_t got = source.read(part.data(), piece);
        all += part.substr(0, got);
        if (got < piece) return all;
    }
}

std::string random_text(std::size_t size) {
    std::string text;
    Random random(4);
    while (text.size() < size) {
        text += "word" + std::to_string(random.below(5000)) + ' ';
    }
    return text;
}

/// Packs a file by the system's own program; false where there is none.
bool pack(const std::string& program, const std::string& path, const std::string& packed) {
    return std::system((program + " -c " + path + " > " + packed + " 2>/dev/null").c_str()) == 0;
}

} // namespace

TEST_CASE("files and memory are read whole, whatever the pieces") {
    const test::TemporaryFolder folder;
    const std::string text = random_text(100000);
    const std::string path = folder / "text";
    test::write_file(path, text);
    for (const std::size_t piece : {1u, 7u, 8u, 4096u, 1000000u}) {
        if (piece > 1) {
            FileSource file(path);
            REQUIRE(file.head() == text.substr(0, 8));
            REQUIRE(drain(file, piece) == text);
        }
        MemorySource memory(text);
        REQUIRE(drain(memory, piece) == text);
    }
    test::write_file(path, "abc");
    FileSource file(path);
    REQUIRE(file.head() == "abc");
    REQUIRE(drain(file, 100) == "abc");
    REQUIRE(test::contains(
        test::message_of<IoError>([&] { const FileSource missing(folder / "missing"); }),
        "missing"));
    REQUIRE_THROWS_AS(FileSource(folder / "."), IoError);
}

TEST_CASE("packed files are unpacked, several parts behind each other too; damage is refused") {
    const test::TemporaryFolder folder;
    const std::string text = random_text(3000000);
    const std::string path = folder / "text";
    const std::string packed = folder / "packed";
    test::write_file(path, text);
    for (const std::string program : {"gzip", "xz", "zstd"}) {
        if (!pack(program, path, packed)) {
            WARN("skipped: no program " << program);
            continue;
        }
        const std::string bytes = test::read_file(packed);
        std::unique_ptr<ByteSource> source;
        try {
            source = open_source(packed);
        } catch (const FormatError& error) {
            REQUIRE(test::contains(error.what(), "built without"));
            continue;
        }
        REQUIRE(drain(*source, 100003) == text);
        test::write_file(packed, bytes + bytes);
        REQUIRE(drain(*open_source(packed), 1 << 20) == text + text);

        const auto refused = [&](const std::string& now) {
            test::write_file(packed, now);
            return test::message_of<FormatError>(
                [&] { static_cast<void>(drain(*open_source(packed), 1 << 16)); });
        };
        REQUIRE(test::contains(refused(bytes.substr(0, bytes.size() / 2)), "cut"));
        REQUIRE(test::contains(refused(bytes.substr(0, bytes.size() - 1)), "cut"));
        std::string damaged = bytes;
        for (std::size_t i = 0; i < 50; ++i) {
            damaged[bytes.size() / 2 + i] = static_cast<char>(damaged[bytes.size() / 2 + i] ^ 0xFF);
        }
        REQUIRE(test::contains(refused(damaged), program));
    }
}

TEST_CASE("packed files are known by their first bytes") {
    REQUIRE(is_packed("\x1F\x8B\x08"));
    REQUIRE(is_packed("\xFD"
                      "7zXZ"));
    REQUIRE(is_packed("\x28\xB5\x2F\xFD"));
    for (const char* const other : {"", "\x1F", "\x1F\x8C", "7zXZ", "\x28\xB5\x2F", "text"}) {
        REQUIRE_FALSE(is_packed(other));
    }
    for (const char* const plain : {"", "BZh", "BZh9 is a word", "PK", "7z", "text"}) {
        REQUIRE(file_mark(plain) == nullptr);
    }
    REQUIRE(file_mark("BZh91AY&SY")->what == "bzip2 data");
    REQUIRE(file_mark("PK\x03\x04")->what == "a zip archive");
    REQUIRE(file_mark(std::string_view("\xFF\xFE\0\0", 4))->what == "UTF-32 text");
    REQUIRE(file_mark("\xFF\xFEu")->what == "UTF-16 text");
}

#if FIRTH_ON_POSIX()
TEST_CASE("a pipe is read once, from front to back") {
    const test::TemporaryFolder folder;
    const std::string pipe = folder / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    REQUIRE(is_stream(pipe));
    REQUIRE(is_stream("/dev/null"));
    REQUIRE_FALSE(is_stream(folder / "missing"));
    REQUIRE_FALSE(is_stream(folder / "."));
    for (const std::size_t size : {0u, 10u, 65536u, 300001u}) {
        const std::string text = random_text(size).substr(0, size);
        std::thread writer([&] { test::write_file(pipe, text); });
        MappedFile file(pipe, MappedFile::Access::copy_on_write);
        writer.join();
        REQUIRE(file.bytes() == text);
        REQUIRE(reinterpret_cast<std::uintptr_t>(file.bytes().data()) % 64 == 0);
        if (size != 0) file.writable()[0] = 'X';
        REQUIRE((size == 0 || file.bytes()[0] == 'X'));
    }
    REQUIRE(MappedFile("/dev/null").bytes().empty());
    test::write_file(folder / "plain", "abc");
    REQUIRE_FALSE(is_stream(folder / "plain"));
}
#endif
