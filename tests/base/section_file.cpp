#include <firth/base/section_file.hpp>

#include <array>
#include <initializer_list>

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
    SectionFileWriter writer(path, "sample", 3);
    writer.section("text", "hello");
    writer.begin("numbers");
    writer.write_array(std::span<const std::uint64_t>(std::array<std::uint64_t, 3>{1, 2, 3}));
    writer.section("nothing", "");
    writer.commit();
    return path;
}

std::string refusal(const std::string& path, const std::string& kind = "sample",
                    std::uint32_t version = 3) {
    return test::message_of<FormatError>([&] { const SectionFile file(path, kind, version); });
}

} // namespace

TEST_CASE("a section file gives back what was written") {
    const test::TemporaryFolder folder;
    const SectionFile file(write_sample(folder), "sample", 3);
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
            const SectionFile file(path, "sample", 3);
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

namespace {

/// The bytes of a section file with a number of its directory or footer changed and the checksum
/// put right.
std::string with_number(std::string bytes, std::size_t at, std::uint64_t value) {
    const std::size_t footer = bytes.size() - detail::section_file_footer;
    const auto directory = detail::number_at<std::uint64_t>(bytes, footer);
    bytes.replace(at, sizeof value, detail::bytes_of(value));
    Checksum sum;
    sum.add(std::string_view(bytes).substr(0, detail::section_file_header));
    sum.add(std::string_view(bytes).substr(directory, footer - directory));
    const std::uint64_t now = sum.value();
    return bytes.replace(footer + 16, sizeof now, detail::bytes_of(now));
}

} // namespace

TEST_CASE("a directory's entries must lie within the sections, to the byte") {
    const test::TemporaryFolder folder;
    const std::string path = write_sample(folder);
    const std::string good = test::read_file(path);
    const std::size_t footer = good.size() - detail::section_file_footer;
    const auto directory = detail::number_at<std::uint64_t>(good, footer);
    // The entry of "numbers", the second one, ends where the directory begins but for the zeros.
    const std::size_t entry = directory + detail::section_file_entry;
    const auto offset = detail::number_at<std::uint64_t>(good, entry + 16);
    REQUIRE(detail::number_at<std::uint64_t>(good, entry + 24) == 24);
    const auto with_entry = [&](std::uint64_t at, std::uint64_t size) {
        test::write_file(path, with_number(with_number(good, entry + 16, at), entry + 24, size));
        return path;
    };
    REQUIRE(SectionFile(with_entry(offset, directory - offset), "sample", 3)
                .section("numbers")
                .size() == directory - offset);
    for (const auto& [at, size] : std::initializer_list<std::pair<std::uint64_t, std::uint64_t>>{
             {offset, directory - offset + 8},
             {offset, directory - offset + 1},
             {offset, ~std::uint64_t{0}},
             {directory + 64, 0},
             {offset + 8, 24},
             {~std::uint64_t{63}, 128}}) {
        INFO(at << ' ' << size);
        REQUIRE(test::contains(refusal(with_entry(at, size)), "does not lie within the file"));
    }
    // The directory itself, and the number of its entries.
    for (const auto& [at, count] :
         std::initializer_list<std::pair<std::uint64_t, std::uint64_t>>{{directory, 4},
                                                                        {directory, 2},
                                                                        {directory + 40, 3},
                                                                        {footer + 8, 0},
                                                                        {footer + 1, 0},
                                                                        {0, 3}}) {
        INFO(at << ' ' << count);
        std::string bytes = good;
        bytes.replace(footer, 8, detail::bytes_of(at));
        bytes.replace(footer + 8, 8, detail::bytes_of(count));
        test::write_file(path, bytes);
        REQUIRE_FALSE(refusal(path).empty());
    }
    test::write_file(path, with_number(good, 28, detail::section_file_order + 1u));
    REQUIRE_FALSE(refusal(path).empty());
}

TEST_CASE("all of a section file is verified: its sections and what lies between them") {
    const test::TemporaryFolder folder;
    const std::string path = write_sample(folder);
    const std::string good = test::read_file(path);
    SectionFile(path, "sample", std::nullopt).verify_all();
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string changed = good;
        changed[at] = static_cast<char>(changed[at] ^ 0x04);
        test::write_file(path, changed);
        INFO("byte " << at);
        REQUIRE_THROWS_AS(SectionFile(path, "sample", std::nullopt).verify_all(), FormatError);
    }
    {
        SectionFileWriter writer(path, "sample", 3);
        writer.section("last", "hello");
        writer.commit();
    }
    const std::string last = test::read_file(path);
    SectionFile(path, "sample", 3).verify_all();
    for (const std::size_t at : {69u, 127u}) {
        std::string changed = last;
        changed[at] = '\1';
        test::write_file(path, changed);
        REQUIRE(test::contains(
            test::message_of<FormatError>([&] { SectionFile(path, "sample", 3).verify_all(); }),
            "between two sections"));
    }
    test::write_file(path, good);
    REQUIRE(section_file_kind(good) == "sample");
    REQUIRE(section_file_kind(good.substr(0, 63)).empty());
    REQUIRE(section_file_kind("other").empty());
    // Two entries that share bytes are none that a writer makes.
    const std::size_t footer = good.size() - detail::section_file_footer;
    const auto directory = detail::number_at<std::uint64_t>(good, footer);
    test::write_file(path, with_number(good, directory + 24, 65));
    const SectionFile file(path, "sample", 3);
    REQUIRE(test::contains(test::message_of<FormatError>([&] { file.verify_all(); }), "byte"));
    REQUIRE(file.has("text"));
    REQUIRE_FALSE(file.has("other"));
    REQUIRE(file.names() == std::vector<std::string>{"text", "numbers", "nothing"});
}

TEST_CASE("a section file can be opened from what was mapped before, and changed in memory") {
    const test::TemporaryFolder folder;
    const std::string path = write_sample(folder);
    SectionFile file("a name",
                     std::make_shared<MappedFile>(path, MappedFile::Access::copy_on_write),
                     "sample", 3);
    const std::span<std::uint64_t> numbers = file.writable_array<std::uint64_t>("numbers");
    REQUIRE(numbers.size() == 3);
    numbers[1] = 42;
    REQUIRE(file.array<std::uint64_t>("numbers")[1] == 42);
    REQUIRE(SectionFile(path, "sample", 3).array<std::uint64_t>("numbers")[1] == 2);
    REQUIRE(test::contains(
        test::message_of<FormatError>([&] { static_cast<void>(file.section("x")); }), "a name"));
}
