#include <firth/base/messages.hpp>

#include <string>

#include "../support/catch.hpp"
#include "../support/support.hpp"

using firth::detail::require_option;

TEST_CASE("an option out of range is named with its value and what was expected") {
    require_option(true, "window", 5, "1 to ", 10);
    REQUIRE(test::message_of<firth::OptionError>([] {
                require_option(false, "window", 11, "1 to ", 10);
            }) == "window is 11, expected 1 to 10");
    REQUIRE(test::message_of<firth::OptionError>([] {
                require_option(false, "sample", "0.5x", "a number");
            }) == "sample is 0.5x, expected a number");
}

TEST_CASE("names are listed with commas between") {
    std::string list;
    firth::detail::add_to_list(list, "one");
    REQUIRE(list == "one");
    firth::detail::add_to_list(list, "two");
    REQUIRE(list == "one, two");
}
