#include <firth/io/detail/json_walk.hpp>

#include <array>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <firth/base/random.hpp>

#include "../support/catch.hpp"

using namespace firth;

namespace {

/// Writes down what comes, as one text; stops nowhere.
struct Noted {
    std::string text;
    bool is_broken = false;

    bool note(const std::string& what) {
        text += what + ' ';
        return true;
    }
    bool null() { return note("null"); }
    bool boolean() { return note("truth"); }
    bool negative() { return note("negative"); }
    bool fraction() { return note("fraction"); }
    bool number(std::uint64_t value) { return note(std::to_string(value)); }
    bool string(const std::string& value) { return note("s:" + value); }
    bool key(const std::string& value) { return note("k:" + value); }
    bool start_object() { return note("{"); }
    bool end_object() { return note("}"); }
    bool start_array() { return note("["); }
    bool end_array() { return note("]"); }
    void broken(std::size_t) { is_broken = true; }
};

/// The same of another library.
struct Peer final : nlohmann::json_sax<nlohmann::json> {
    Noted noted;

    bool null() override { return noted.null(); }
    bool boolean(bool) override { return noted.boolean(); }
    bool number_integer(number_integer_t) override { return noted.negative(); }
    bool number_unsigned(number_unsigned_t value) override { return noted.number(value); }
    bool number_float(number_float_t, const string_t& text) override {
        // Whole numbers below the least of 64 bits are fractions there.
        return text.find_first_of(".eE") == text.npos && text[0] == '-' ? noted.negative()
                                                                        : noted.fraction();
    }
    bool string(string_t& value) override { return noted.string(value); }
    bool binary(binary_t&) override { return false; }
    bool start_object(std::size_t) override { return noted.start_object(); }
    bool key(string_t& value) override { return noted.key(value); }
    bool end_object() override { return noted.end_object(); }
    bool start_array(std::size_t) override { return noted.start_array(); }
    bool end_array() override { return noted.end_array(); }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
        return false;
    }
};

/// True where both say the same of a text; a number beyond a double's range is none for the peer.
void require_same(const std::string& text) {
    Noted own;
    const bool sound = detail::JsonWalk(text, own).run();
    Peer peer;
    const bool expected =
        nlohmann::json::sax_parse(text.begin(), text.end(), static_cast<Peer*>(&peer));
    INFO(text);
    REQUIRE(sound == expected);
    REQUIRE(own.is_broken != sound);
    if (sound) REQUIRE(own.text == peer.noted.text);
}

} // namespace

TEST_CASE("JSON is walked through as another library does") {
    for (const char* const text : {"{}",
                                   " [ ] ",
                                   "[1,2]",
                                   "[1,]",
                                   "{\"a\":}",
                                   "{\"a\":1,}",
                                   "[01]",
                                   "[-]",
                                   "[-0]",
                                   "[1.]",
                                   "[1.5e+3]",
                                   "[1e]",
                                   "[18446744073709551615]",
                                   "[18446744073709551616]",
                                   "nul",
                                   "null",
                                   "true",
                                   "[false]",
                                   "\"a\\n\\u0041\\/\"",
                                   "\"\\ud83d\\ude00\"",
                                   "\"\\ud83d\"",
                                   "\"\\ud83d\\u0041\"",
                                   "\"\\ude00\"",
                                   "\"\\u12g4\"",
                                   "\"\\x\"",
                                   "\"a\tb\"",
                                   "\"\xC3\xA4\"",
                                   "\"\xC3\"",
                                   "\"",
                                   "\"\\",
                                   "\"\\u00",
                                   "",
                                   " ",
                                   "{} {}",
                                   "{\"a\" 1}",
                                   "{1:2}",
                                   "[1 2]",
                                   "\xEF\xBB\xBFx",
                                   "[+1]",
                                   "[.5]",
                                   "{\"a\":{\"b\":[{}]}}"}) {
        require_same(text);
    }
}

TEST_CASE("JSON with bytes changed is walked through as another library does") {
    const std::string sound = R"({"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
                              R"("__m":{"x":"y\u00e4\n"},"n":[-1,2.5,null,true,""]})";
    constexpr std::string_view often = "{}[],:\"\\0123-.eEu ntf\n\x01\xC3";
    Random random(3);
    for (int round = 0; round < 20000; ++round) {
        std::string text = sound;
        for (std::uint64_t change = random() % 3; change < 3; ++change) {
            const std::size_t at = random() % text.size();
            if (random() % 3 == 0) {
                text.erase(at, 1);
            } else {
                text[at] = often[random() % often.size()];
            }
        }
        require_same(text);
    }
}
