#include <firth/base/container.hpp>

#include <array>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("checksums are XXH64's") {
    // Printed by `xxhsum -H64`.
    REQUIRE(checksum("") == 0xEF46DB3751D8E999u);
    REQUIRE(checksum("a") == 0xD24EC4F1A98C6E5Bu);
    REQUIRE(checksum("abc") == 0x44BC2CF5AD770999u);
    REQUIRE(checksum("Nobody inspects the spammish repetition") == 0xFBCEA83C8A378BF1u);
}

TEST_CASE("a checksum does not depend on the pieces") {
    std::string bytes;
    Random random(1);
    for (int i = 0; i < 1000; ++i) {
        bytes += static_cast<char>(random.below(256));
    }
    for (int round = 0; round < 100; ++round) {
        const std::size_t size = random.below(1000);
        Checksum sum;
        for (std::size_t at = 0; at < size;) {
            const std::size_t piece = std::min<std::size_t>(size - at, random.below(70));
            sum.add(std::string_view(bytes).substr(at, piece));
            at += piece;
        }
        REQUIRE(sum.value() == checksum(bytes.substr(0, size)));
    }
}

namespace {

std::string write_sample(const test::TemporaryFolder& folder) {
    const std::string path = folder / "sample";
    ContainerWriter writer(path, "sample", 3);
    writer.section("text", "hello");
    writer.begin("numbers");
    writer.write_array(std::span<const std::uint64_t>(std::array<std::uint64_t, 3>{1, 2, 3}));
    writer.section("nothing", "");
    writer.commit();
    return path;
}

std::string refusal(const std::string& path, const std::string& kind = "sample",
                    std::uint32_t version = 3) {
    return test::message_of<FormatError>([&] { const Container file(path, kind, version); });
}

} // namespace

TEST_CASE("a container gives back what was written") {
    const test::TemporaryFolder folder;
    const Container file(write_sample(folder), "sample", 3);
    REQUIRE(file.section("text") == "hello");
    REQUIRE(file.section("nothing").empty());
    const auto numbers = file.array<std::uint64_t>("numbers");
    REQUIRE(std::vector<std::uint64_t>(numbers.begin(), numbers.end()) ==
            std::vector<std::uint64_t>{1, 2, 3});
    REQUIRE(reinterpret_cast<std::uintptr_t>(numbers.data()) % 64 == 0);
    for (const char* const name : {"text", "numbers", "nothing"}) {
        file.verify(name);
    }
    REQUIRE(test::contains(
        test::message_of<FormatError>([&] { static_cast<void>(file.section("other")); }),
        "no section \"other\""));
    REQUIRE(test::contains(test::message_of<FormatError>(
                               [&] { static_cast<void>(file.array<std::uint64_t>("text")); }),
                           "has 5 bytes, expected a multiple of 8"));
}

TEST_CASE("other files, other versions and damage are refused") {
    const test::TemporaryFolder folder;
    const std::string path = write_sample(folder);
    const std::string bytes = test::read_file(path);
    REQUIRE(test::contains(refusal(path, "corpus"), "of kind \"sample\", expected \"corpus\""));
    REQUIRE(test::contains(refusal(path, "sample", 4), "version 3, expected 4"));
    test::write_file(path, "text that is none of ours");
    REQUIRE(test::contains(refusal(path), "byte 0"));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        test::write_file(path, bytes.substr(0, size));
        REQUIRE_FALSE(refusal(path).empty());
    }
    // Any byte changed is found, but for the zeros between sections.
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ 0x41);
        test::write_file(path, changed);
        bool refused = false;
        try {
            const Container file(path, "sample", 3);
            file.verify("text");
            file.verify("numbers");
            file.verify("nothing");
        } catch (const FormatError&) {
            refused = true;
        }
        INFO("byte " << at);
        REQUIRE((refused || bytes[at] == 0));
    }
}
