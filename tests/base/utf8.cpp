#include <firth/base/utf8.hpp>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("every code point is told from every other sequence of bytes") {
    const auto encode = [](std::uint32_t point) {
        std::string bytes;
        const auto add = [&](std::uint32_t byte) { bytes += static_cast<char>(byte); };
        if (point < 0x80) {
            add(point);
        } else if (point < 0x800) {
            add(0xC0 | point >> 6);
            add(0x80 | (point & 0x3F));
        } else if (point < 0x10000) {
            add(0xE0 | point >> 12);
            add(0x80 | (point >> 6 & 0x3F));
            add(0x80 | (point & 0x3F));
        } else {
            add(0xF0 | point >> 18);
            add(0x80 | (point >> 12 & 0x3F));
            add(0x80 | (point >> 6 & 0x3F));
            add(0x80 | (point & 0x3F));
        }
        return bytes;
    };
    std::size_t valid = 0;
    for (std::uint32_t point = 0; point < 0x120000; ++point) {
        const std::string bytes = encode(point);
        const bool expected = point < 0x110000 && (point < 0xD800 || point > 0xDFFF);
        valid += expected;
        if (is_utf8(bytes) == expected && utf8_length(bytes) == (expected ? bytes.size() : 0)) {
            continue;
        }
        FAIL("U+" << std::hex << point);
    }
    REQUIRE(valid == 0x110000 - 0x800);
    for (const std::string_view bytes : {"\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF",
                                         "\xF5\x80\x80\x80", "\x80", "\xFF", "\xC3", "\xE2\x82"}) {
        REQUIRE_FALSE(is_utf8(bytes));
    }
    REQUIRE(is_utf8(""));
}

TEST_CASE("bytes that make no sense are replaced one by one") {
    REQUIRE(replace_invalid_utf8("gr\xC3\xBC\xC3\x9F") == "gr\xC3\xBC\xC3\x9F");
    REQUIRE(replace_invalid_utf8("a\xFF"
                                 "b\xE2\x82") == "a\xEF\xBF\xBD"
                                                 "b\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("a byte-order mark is taken off once") {
    std::string_view text = "\xEF\xBB\xBF\xEF\xBB\xBFking";
    REQUIRE(skip_byte_order_mark(text));
    REQUIRE(text == "\xEF\xBB\xBFking");
    REQUIRE(skip_byte_order_mark(text));
    REQUIRE_FALSE(skip_byte_order_mark(text));
    REQUIRE(text == "king");
    text = "\xEF\xBB";
    REQUIRE_FALSE(skip_byte_order_mark(text));
    REQUIRE(text.size() == 2);
}
