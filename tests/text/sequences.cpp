/// What `encode_sequences` takes compiles and gives what nested vectors give; what it cannot take
/// its concept refuses.

#include <firth/text/read_corpus.hpp>

#include <array>
#include <iterator>
#include <list>
#include <ranges>
#include <sstream>

#include "../support/support.hpp"
#include "decoded.hpp"

using namespace firth;

using test::decoded;

namespace {

using Nested = std::vector<std::vector<std::string>>;

const Nested baskets{{"tea", "milk"}, {}, {"tea"}, {"a symbol of more than one word", "tea"}};

template <class Sequences>
Nested encoded(Sequences&& sequences) {
    return decoded(encode_sequences(std::forward<Sequences>(sequences), {.min_count = 1}));
}

const Nested expected_baskets{{"tea", "milk"}, {"tea"}, {"a symbol of more than one word", "tea"}};

/// Hands out `count` values of `make(i)`, each once, as a generator does: iterators that only move,
/// elements that live until the next one is asked for.
template <class Make>
class Generator {
public:
    class Iterator {
    public:
        using difference_type = std::ptrdiff_t;
        using value_type = std::invoke_result_t<const Make&, int>;

        Iterator() = default;
        explicit Iterator(Generator* from) : from_(from) {}
        Iterator(Iterator&&) = default;
        Iterator& operator=(Iterator&&) = default;

        value_type operator*() const { return from_->make_(from_->at_); }
        Iterator& operator++() {
            ++from_->at_;
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const Iterator& a, std::default_sentinel_t) { return a.ended(); }

    private:
        [[nodiscard]] bool ended() const { return from_->at_ == from_->count_; }

        Generator* from_ = nullptr;
    };

    Generator(int count, Make make) : count_(count), make_(std::move(make)) {}
    Iterator begin() { return Iterator(this); }
    std::default_sentinel_t end() { return {}; }

private:
    int count_;
    int at_ = 0;
    Make make_;
};

template <class Sequences>
concept IsTaken = requires(Sequences&& sequences) {
    encode_sequences(std::forward<Sequences>(sequences));
};

static_assert(IsTaken<Nested> && IsTaken<Nested&> && IsTaken<const Nested&>);
static_assert(IsTaken<std::list<std::array<const char*, 2>>>);
static_assert(IsTaken<std::vector<std::vector<std::vector<char>>>>);
static_assert(!IsTaken<int>);
static_assert(!IsTaken<std::string>);
static_assert(!IsTaken<std::vector<std::string>>); // one sequence: of what should each be?
static_assert(!IsTaken<std::vector<std::vector<int>>>);
static_assert(!IsTaken<std::vector<std::vector<char>>>);
static_assert(!IsTaken<std::vector<std::vector<std::wstring>>>);
static_assert(!IsTaken<std::vector<std::vector<std::list<char>>>>); // not behind each other
static_assert(!IsTaken<std::vector<std::vector<std::vector<int>>>>);
static_assert(!IsTaken<Nested*>);

} // namespace

TEST_CASE("nested containers of any string are encoded", "[sequences]") {
    REQUIRE(encoded(baskets) == expected_baskets);
    REQUIRE(encoded(Nested(baskets)) == expected_baskets);
    std::list<std::vector<std::string_view>> views;
    std::vector<std::vector<const char*>> pointers;
    std::vector<std::vector<std::vector<char>>> characters;
    for (const std::vector<std::string>& basket : baskets) {
        views.emplace_back(basket.begin(), basket.end());
        pointers.emplace_back();
        characters.emplace_back();
        for (const std::string& symbol : basket) {
            pointers.back().push_back(symbol.c_str());
            characters.back().emplace_back(symbol.begin(), symbol.end());
        }
    }
    REQUIRE(encoded(views) == expected_baskets);
    REQUIRE(encoded(pointers) == expected_baskets);
    REQUIRE(encoded(characters) == expected_baskets);
    const EncodedCorpus corpus = encode_sequences(baskets, {.min_count = 2});
    REQUIRE(corpus.raw_words == 5);
    REQUIRE(decoded(corpus) == Nested{{"tea"}, {"tea"}, {"tea"}});
    REQUIRE(test::contains(test::message_of<Error>([&] {
                               static_cast<void>(
                                   encode_sequences(baskets, {.min_count = 9}, "my baskets"));
                           }),
                           "my baskets holds 3 different words"));
}

TEST_CASE("sequences may be made as they are asked for", "[sequences]") {
    // Strings that are long enough to be gone with the element that held them.
    const auto word = [](int i) {
        return "a word that no short buffer holds " + std::to_string(i);
    };
    const auto sentence = [&](int s) { return Generator(s, [=](int i) { return word(s + i); }); };
    const Nested found = encoded(Generator(4, sentence));
    REQUIRE(found == Nested{{word(1)}, {word(2), word(3)}, {word(3), word(4), word(5)}});
    using Sentence = decltype(sentence(1));
    static_assert(!std::ranges::forward_range<Sentence>);
    static_assert(!IsTaken<const Generator<decltype(sentence)>&>); // cannot be gone through
}

// Before version 16 clang cannot compile the standard library's own views.
#if !defined(__clang__) || __clang_major__ >= 16

TEST_CASE("streams of words are encoded", "[sequences]") {
    std::vector<std::istringstream> lines;
    for (const char* const line : {"tea milk", "", "tea"}) {
        lines.emplace_back(line);
    }
    const auto words = [&](int i) {
        return std::ranges::istream_view<std::string>(lines[static_cast<std::size_t>(i)]);
    };
    REQUIRE(encoded(Generator(3, words)) == Nested{{"tea", "milk"}, {"tea"}});
}

TEST_CASE("views that filter, split and make are encoded", "[sequences]") {
    const auto is_pair = [](const std::vector<std::string>& basket) { return basket.size() == 2; };
    const auto is_tea = [](const std::string& symbol) { return symbol == "tea"; };
    REQUIRE(encoded(baskets | std::views::filter(is_pair)) ==
            Nested{expected_baskets[0], expected_baskets[2]});
    auto pairs = baskets | std::views::filter(is_pair);
    REQUIRE(encoded(pairs) == Nested{expected_baskets[0], expected_baskets[2]});
    static_assert(!IsTaken<const decltype(pairs)&>); // it changes while it is gone through
    const auto teas = [&](const std::vector<std::string>& basket) {
        return basket | std::views::filter(is_tea);
    };
    REQUIRE(encoded(baskets | std::views::transform(teas)) == Nested{{"tea"}, {"tea"}, {"tea"}});
    const auto louder = [](const std::vector<std::string>& basket) {
        return basket | std::views::transform([](const std::string& symbol) {
                   return symbol + "! (a string of its own)";
               });
    };
    REQUIRE(encoded(baskets | std::views::transform(louder))[1] ==
            std::vector<std::string>{"tea! (a string of its own)"});

    const std::string text = "tea milk\n\ntea\none two";
    const auto split = [](auto&& line) { return line | std::views::split(' '); };
    // An empty line is a sequence of no symbols, for an empty range has no pieces.
    REQUIRE(encoded(text | std::views::split('\n') | std::views::transform(split)) ==
            Nested{{"tea", "milk"}, {"tea"}, {"one", "two"}});
    // Pieces of a lazy split are not characters behind each other.
    const auto lazy = [](auto&& line) { return line | std::views::lazy_split(' '); };
    static_assert(!IsTaken<decltype(text | std::views::split('\n') | std::views::transform(lazy))>);
}

#endif
