#include <firth/base/fields.hpp>

#include "../support/support.hpp"

using namespace firth;

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
