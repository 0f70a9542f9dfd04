#include <firth/text/pre_tokenizers/patterns.hpp>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/random.hpp>
#include <firth/base/utf8.hpp>
#include <firth/text/unicode/properties.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

/// A regular expression that backtracks, over characters: slow, and as the patterns are written.
using Text = std::vector<std::uint32_t>;
using Rest = std::function<std::size_t(std::size_t)>; ///< the end of a match from here; or `no`
constexpr std::size_t no = ~std::size_t(0);
using Part = std::function<std::size_t(const Text&, std::size_t, const Rest&)>;
using Class = std::function<bool(std::uint32_t)>;

Part repeat(Class kind, std::size_t least, std::size_t most = no) {
    return [=](const Text& text, std::size_t at, const Rest& rest) {
        std::size_t count = 0;
        while (count < most && at + count < text.size() && kind(text[at + count])) {
            ++count;
        }
        for (;; --count) { // greedy, then giving back
            if (count < least || count == no) return no;
            if (const std::size_t end = rest(at + count); end != no) return end;
            if (count == 0) return no;
        }
    };
}

Part in_order(std::vector<Part> parts) {
    return [=](const Text& text, std::size_t at, const Rest& rest) {
        std::function<std::size_t(std::size_t, std::size_t)> from = [&](std::size_t i,
                                                                        std::size_t place) {
            if (i == parts.size()) return rest(place);
            return parts[i](text, place, [&, i](std::size_t next) { return from(i + 1, next); });
        };
        return from(0, at);
    };
}

Part either(std::vector<Part> parts) {
    return [=](const Text& text, std::size_t at, const Rest& rest) {
        for (const Part& part : parts) {
            if (const std::size_t end = part(text, at, rest); end != no) return end;
        }
        return no;
    };
}

Part nothing() {
    return [](const Text&, std::size_t at, const Rest& rest) { return rest(at); };
}

Part not_before(Class kind) {
    return [=](const Text& text, std::size_t at, const Rest& rest) {
        return at < text.size() && kind(text[at]) ? no : rest(at);
    };
}

Class one_of(std::string bytes) {
    return [bytes = std::move(bytes)](std::uint32_t point) {
        return point < 0x80 && bytes.find(static_cast<char>(point)) != bytes.npos;
    };
}
Class any_of(std::vector<Class> kinds) {
    return [=](std::uint32_t point) {
        for (const Class& kind : kinds) {
            if (kind(point)) return true;
        }
        return false;
    };
}
Class none_of(std::vector<Class> kinds) {
    return [=](std::uint32_t point) { return !any_of(kinds)(point); };
}
Class of(std::initializer_list<GeneralCategory> categories) {
    return [all = std::vector(categories)](std::uint32_t point) {
        for (const GeneralCategory each : all) {
            if (general_category(point) == each) return true;
        }
        return false;
    };
}

const Class L = [](std::uint32_t point) { return is_letter(point); };
const Class N = [](std::uint32_t point) { return is_numeric(point); };
const Class S = [](std::uint32_t point) { return is_white_space(point); };
const Class not_S = [](std::uint32_t point) { return !is_white_space(point); };

Part contraction(bool any_case) {
    std::vector<Part> all;
    for (const std::string_view word : {"s", "t", "re", "ve", "m", "ll", "d"}) {
        std::vector<Part> letters{repeat(one_of("'"), 1, 1)};
        for (const char letter : word) {
            std::string both{letter};
            if (any_case) both += static_cast<char>(letter - 32);
            const bool s = any_case && letter == 's';
            letters.push_back(repeat(
                any_of({one_of(both), [s](std::uint32_t point) { return s && point == 0x17F; }}), 1,
                1));
        }
        all.push_back(in_order(letters));
    }
    return either(all);
}

Part blanks() {
    return either({in_order({repeat(S, 1), not_before(not_S)}), repeat(S, 1)});
}

Part gpt2() {
    const auto spaced = [](Class kind) {
        return in_order({repeat(one_of(" "), 0, 1), repeat(kind, 1)});
    };
    return either({contraction(false), spaced(L), spaced(N), spaced(none_of({S, L, N})), blanks()});
}

Part cl100k(std::size_t digits) {
    return either({contraction(true),
                   in_order({repeat(none_of({one_of("\r\n"), L, N}), 0, 1), repeat(L, 1)}),
                   repeat(N, 1, digits),
                   in_order({repeat(one_of(" "), 0, 1), repeat(none_of({S, L, N}), 1),
                             repeat(one_of("\r\n"), 0)}),
                   in_order({repeat(S, 0), repeat(one_of("\r\n"), 1)}), blanks()});
}

Part o200k(std::size_t digits, bool contractions) {
    using enum GeneralCategory;
    const Class upper = of({uppercase_letter, titlecase_letter, modifier_letter, other_letter,
                            nonspacing_mark, spacing_mark, enclosing_mark});
    const Class lower = of({lowercase_letter, modifier_letter, other_letter, nonspacing_mark,
                            spacing_mark, enclosing_mark});
    const Part prefix = repeat(none_of({one_of("\r\n"), L, N}), 0, 1);
    const Part suffix = contractions ? either({contraction(true), nothing()}) : nothing();
    return either({in_order({prefix, repeat(upper, 0), repeat(lower, 1), suffix}),
                   in_order({prefix, repeat(upper, 1), repeat(lower, 0), suffix}),
                   repeat(N, 1, digits),
                   in_order({repeat(one_of(" "), 0, 1), repeat(none_of({S, L, N}), 1),
                             repeat(one_of("\r\n/"), 0)}),
                   in_order({repeat(S, 0), repeat(one_of("\r\n"), 1)}), blanks()});
}

std::vector<std::string> expected(const Part& pattern, const Text& text) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = pattern(text, at, [](std::size_t place) { return place; });
        REQUIRE(end != no);
        REQUIRE(end > at);
        pieces.emplace_back();
        for (; at < end; ++at) {
            append_utf8(pieces.back(), text[at]);
        }
    }
    return pieces;
}

std::vector<std::string> pieces_of(const auto& pattern, std::string_view text) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size();) {
        PieceBatch batch;
        const std::size_t next = pattern(text, at, batch);
        REQUIRE(!batch.empty());
        for (const Piece& piece : batch) {
            REQUIRE(piece.begin == at);
            at = piece.end;
            pieces.emplace_back(text.substr(piece.begin, piece.end - piece.begin));
        }
        REQUIRE(next == at);
    }
    return pieces;
}

/// Characters of all classes, those often that the patterns name.
std::uint32_t random_point(Random& random) {
    constexpr std::string_view named = "  \n\r\t''sStTrRvVeEmMlLdDaZ019/.,-";
    constexpr std::uint32_t others[] = {0x17F,  0xA0,   0x85,    0x200B, 0x300,  0xE9,
                                        0xC9,   0x1C5,  0x2B0,   0x4E2D, 0x0E01, 0x0E31,
                                        0x903,  0x661,  0x2167,  0xBD,   0x20AC, 0x1F600,
                                        0x3000, 0x2028, 0x10400, 0xFFFD, 0x20DD};
    const std::uint64_t which = random.below(20);
    if (which < 13)
        return static_cast<unsigned char>(
            named[random.below(static_cast<std::uint32_t>(named.size()))]);
    if (which < 19) return others[random.below(static_cast<std::uint32_t>(std::size(others)))];
    const auto point = static_cast<std::uint32_t>(random.below(0x30000));
    return point >= 0xD800 && point < 0xE000 ? 'x' : point;
}

void agree(const auto& pattern, const Part& as_written, std::uint64_t seed) {
    Random random(seed);
    for (std::size_t round = 0; round < 4000; ++round) {
        Text text(random.below(14) + (round % 50 == 0 ? 100 : 1));
        std::string bytes;
        for (std::uint32_t& point : text) {
            point = random_point(random);
            append_utf8(bytes, point);
        }
        CAPTURE(bytes);
        REQUIRE(pieces_of(pattern, bytes) == expected(as_written, text));
    }
}

} // namespace

TEST_CASE("the patterns cut as their regular expressions do", "[pattern]") {
    agree(Gpt2Pattern(), gpt2(), 1);
    agree(Cl100kPattern(), cl100k(3), 2);
    agree(Cl100kPattern{1}, cl100k(1), 3);
    agree(O200kPattern(), o200k(3, true), 4);
    agree(O200kPattern{1, false}, o200k(1, false), 5);
}

TEST_CASE("what the patterns are known by", "[pattern]") {
    using Pieces = std::vector<std::string>;
    CHECK(pieces_of(Gpt2Pattern(), "I'll see  you\n at 12345!") ==
          Pieces{"I", "'ll", " see", " ", " you", "\n", " at", " 12345", "!"});
    CHECK(pieces_of(Cl100kPattern(), "I'LL see  you\n\n at 12345!\n") ==
          Pieces{"I", "'LL", " see", " ", " you", "\n\n", " at", " ", "123", "45", "!\n"});
    CHECK(pieces_of(O200kPattern(), "fooBar's HTTPServer a/b/\n") ==
          Pieces{"foo", "Bar's", " HTTPServer", " a", "/b", "/\n"});
    // Bytes that are no UTF-8 are pieces of their own kind, and none is lost.
    CHECK(pieces_of(Gpt2Pattern(), "a\xFF\xFE b\xC3") == Pieces{"a", "\xFF\xFE", " b", "\xC3"});
}

TEST_CASE("a pattern goes on where a batch was full", "[pattern]") {
    std::string text;
    for (std::size_t i = 0; i < 3000; ++i) {
        text += " word";
    }
    CHECK(pieces_of(Gpt2Pattern(), text).size() == 3000);
    PieceBatch batch;
    Gpt2Pattern()(text, 0, batch);
    CHECK(batch.size() == PieceBatch::usual_size);
}
