#include <firth/text/detail/suffix_array.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include <firth/base/random.hpp>

#include "../../support/support.hpp"

using namespace firth;

namespace {

using Text = std::vector<std::uint32_t>;

/// Words of a few letters; `greatest` is how many there are, of which most are small.
Text random_text(std::uint64_t seed, std::uint32_t greatest, std::size_t size) {
    Random random(seed);
    Text text;
    while (text.size() < size) {
        for (std::uint32_t left = random.below(30); left != 0; --left) {
            text.push_back(1 + random.below(random.below(4) == 0 ? greatest : 2));
        }
        text.push_back(0);
    }
    if (random.below(2) == 0) text.pop_back();
    return text;
}

/// The symbols from a place on, as far as the word's end.
Text suffix(const Text& text, std::size_t place, std::size_t depth) {
    Text symbols;
    while (symbols.size() < depth && place < text.size() && text[place] != 0) {
        symbols.push_back(text[place++]);
    }
    return symbols;
}

using Repeat = std::pair<Text, std::vector<std::uint32_t>>; // what is repeated, and where

/// All stretches of two symbols or more that no next symbol follows everywhere.
std::set<Repeat> plain_repeats(const Text& text, std::size_t depth) {
    std::map<Text, std::vector<std::uint32_t>> places;
    for (std::uint32_t place = 0; place < text.size(); ++place) {
        Text whole = suffix(text, place, depth);
        for (; whole.size() >= 2; whole.pop_back()) {
            places[whole].push_back(place);
        }
    }
    std::set<Repeat> repeats;
    for (const auto& [symbols, at] : places) {
        std::set<Text> longer;
        for (const std::uint32_t place : at) {
            longer.insert(suffix(text, place, (std::min)(depth, symbols.size() + 1)));
        }
        const bool goes_on = longer.size() == 1 && *longer.begin() != symbols;
        if (!goes_on) repeats.insert({symbols, at});
    }
    return repeats;
}

} // namespace

TEST_CASE("suffixes stand in order, and repeats are those of a search", "[suffixes]") {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        const std::uint32_t greatest = seed % 3 == 0 ? 2 : seed % 3 == 1 ? 200 : 0x10FFFF;
        const Text text = random_text(seed, greatest, seed < 5 ? seed : 200);
        for (const std::size_t depth : {1u, 2u, 3u, 16u, 100u}) {
            const detail::SuffixArray suffixes(text, depth, 1 + seed % 4);
            std::vector<std::uint32_t> expected;
            for (std::uint32_t place = 0; place < text.size(); ++place) {
                if (text[place] != 0) expected.push_back(place);
            }
            std::stable_sort(expected.begin(), expected.end(), [&](auto a, auto b) {
                return suffix(text, a, depth) < suffix(text, b, depth);
            });
            const auto places = suffixes.places();
            REQUIRE(std::vector<std::uint32_t>(places.begin(), places.end()) == expected);

            std::set<Repeat> found;
            for (std::size_t bucket = 0; bucket < suffixes.buckets(); ++bucket) {
                for (std::size_t rank = suffixes.bucket_begin(bucket);
                     rank < suffixes.bucket_end(bucket); ++rank) {
                    const Text here = suffix(text, places[rank], depth);
                    REQUIRE(here.front() == bucket + 1);
                    REQUIRE(suffixes.length(places[rank]) == here.size());
                    if (rank == suffixes.bucket_begin(bucket)) {
                        REQUIRE(suffixes.shared(rank) == 0);
                        continue;
                    }
                    const Text before = suffix(text, places[rank - 1], depth);
                    const auto differ =
                        std::mismatch(before.begin(), before.end(), here.begin(), here.end());
                    REQUIRE(suffixes.shared(rank) ==
                            static_cast<std::size_t>(differ.first - before.begin()));
                }
                suffixes.for_each_repeat(
                    bucket, [&](std::size_t length, std::size_t begin, std::size_t end) {
                        std::vector<std::uint32_t> at(
                            places.begin() + static_cast<std::ptrdiff_t>(begin),
                            places.begin() + static_cast<std::ptrdiff_t>(end));
                        std::sort(at.begin(), at.end());
                        Text symbols = suffix(text, at.front(), length);
                        REQUIRE(symbols.size() == length);
                        REQUIRE(found.insert({std::move(symbols), std::move(at)}).second);
                    });
            }
            REQUIRE(found == plain_repeats(text, depth));
        }
    }
}

TEST_CASE("a long run of one letter is sorted in time", "[suffixes]") {
    const Text text(300000, 7);
    const detail::SuffixArray suffixes(text, 512, 2);
    // The last suffixes are shorter than the depth, the shortest first; all others agree.
    CHECK(suffixes.places()[0] == 299999);
    CHECK(suffixes.places()[510] == 299999 - 510);
    CHECK(suffixes.places()[511] == 0);
    CHECK(suffixes.shared(511) == 511);
    CHECK(suffixes.shared(512) == 512);
}
