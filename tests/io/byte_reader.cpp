#include <firth/io/detail/byte_reader.hpp>

#include <sstream>

#include "support.hpp"

using namespace firth;

TEST_CASE("a byte reader never reaches beyond the end, and says where it stands") {
    const std::string bytes = test::raw(std::uint32_t{7}) + "word\n\n\nrest";
    ByteReader reader(bytes, "f");
    REQUIRE(reader.number<std::uint32_t>("a number") == 7);
    REQUIRE(reader.take_until('\n', "a word") == "word");
    REQUIRE(reader.position() == 9);
    reader.skip_all('\n');
    REQUIRE(reader.position() == 11);
    reader.skip_all('\n');
    REQUIRE(reader.rest() == "rest");
    const auto error = [&](auto&& take) {
        ByteReader copy = reader;
        return test::format_error([&] { return take(copy), 0; });
    };
    REQUIRE(test::contains(error([](ByteReader& r) { r.take(5, "five bytes"); }),
                           "f, byte 11: the file ends after 4 of the 5 bytes of five bytes"));
    REQUIRE(test::contains(error([](ByteReader& r) { r.number<double>("a number"); }), "byte 11"));
    REQUIRE(test::contains(error([](ByteReader& r) { r.take_until('\n', "a line"); }),
                           "the file ends within a line"));
    REQUIRE(test::contains(error([](ByteReader& r) { r.take_rows(5, 1, "rows"); }), "5 times 1"));
    REQUIRE(test::contains(error([](ByteReader& r) { r.take_rows(~std::uint64_t{0}, 16, "rows"); }),
                           "times 16"));
    REQUIRE(reader.take_rows(2, 2, "rows") == "rest");
    REQUIRE(reader.at_end());
    REQUIRE(reader.take(0, "nothing").empty());
    REQUIRE_FALSE(error([](ByteReader& r) { r.take(1, "a byte"); }).empty());
    reader.skip_all('t');
    REQUIRE(reader.take_rows(1000, 0, "rows").empty());

    std::istringstream stream("all of it");
    stream.get();
    REQUIRE(read_all(stream, "s") == "ll of it");
    stream.setstate(std::ios::badbit);
    REQUIRE_THROWS_AS(read_all(stream, "s"), IoError);
}
