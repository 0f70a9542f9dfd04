#include <firth/base/byte_sink.hpp>

#include <sstream>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("streams and strings take what writers give, and say where they fail") {
    std::string text = "old ";
    StringSink strings(text);
    strings.write("new");
    strings.commit();
    REQUIRE(text == "old new");
    std::ostringstream stream;
    StreamSink sink(stream);
    sink.write("abc");
    sink.commit();
    REQUIRE(stream.str() == "abc");
    stream.setstate(std::ios::badbit);
    REQUIRE_THROWS_AS(sink.commit(), IoError);
}
