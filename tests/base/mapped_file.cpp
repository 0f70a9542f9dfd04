#include <firth/base/mapped_file.hpp>

#include "../support/support.hpp"

using namespace firth;

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
