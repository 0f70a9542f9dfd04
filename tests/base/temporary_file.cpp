#include <firth/base/temporary_file.hpp>

#include <optional>
#include <thread>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("a temporary file keeps what several threads append, and has no name") {
    const test::TemporaryFolder folder;
    TemporaryFile file(folder / ".");
#if FIRTH_ON_POSIX()
    REQUIRE(folder.files() == 0);
#endif
    std::vector<std::thread> threads;
    std::vector<std::vector<std::uint64_t>> places(4);
    for (std::size_t t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (std::size_t i = 0; i < 100; ++i) {
                places[t].push_back(file.append(std::string(i, static_cast<char>('a' + t))));
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    REQUIRE(file.size() == 4 * 4950);
    for (std::size_t t = 0; t < 4; ++t) {
        for (std::size_t i = 0; i < 100; ++i) {
            std::string back(i, '\0');
            file.read(places[t][i], back.data(), i);
            REQUIRE(back == std::string(i, static_cast<char>('a' + t)));
        }
    }
    REQUIRE_THROWS_AS(TemporaryFile(folder / "missing/folder"), IoError);
}

TEST_CASE("a temporary file is written over, read and mapped in parts") {
    const test::TemporaryFolder folder;
    TemporaryFile file(folder / ".");
    REQUIRE(file.append("0123456789") == 0);
    REQUIRE(file.append("abc") == 10);
    file.rewrite(2, "xyz");
    file.rewrite(12, "C");
    REQUIRE(file.size() == 13); // what is written over adds nothing
    REQUIRE(file.append("d") == 13);
    std::string back(5, '\0');
    file.read(8, back.data(), back.size());
    REQUIRE(back == "89abC");
    const MappedFile mapped = file.map();
    REQUIRE(mapped.bytes() == "01xyz56789abCd");
    REQUIRE_THROWS_AS(file.read(10, back.data(), 5), IoError);
}

TEST_CASE("what a temporary file holds is mapped, as long as it is wanted, to be changed or not") {
    const test::TemporaryFolder folder;
    std::optional<MappedFile> mapped;
    std::optional<MappedFile> writable;
    {
        TemporaryFile file(folder / ".");
        REQUIRE(file.append("first ") == 0);
        REQUIRE(file.append("second") == 6);
        mapped.emplace(file.map());
        writable.emplace(file.map(MappedFile::Access::copy_on_write));
        char byte = 0;
        file.read(11, &byte, 1);
        REQUIRE(byte == 'd');
        REQUIRE_THROWS_AS(file.read(12, &byte, 1), IoError);
    }
    writable->writable()[0] = 'F';
    REQUIRE(mapped->bytes() == "first second");
    REQUIRE(writable->bytes() == "First second");
}
