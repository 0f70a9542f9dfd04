#include <firth/train/sequence/negative_sampling.hpp>

#include <cmath>
#include <map>
#include <set>

#include "../support.hpp"

using namespace firth;

namespace {

std::vector<std::uint64_t> falling_counts(std::size_t symbols) {
    std::vector<std::uint64_t> counts;
    for (std::size_t i = 0; i < symbols; ++i) {
        counts.push_back(1 + 100000 / (i + 1));
    }
    return counts;
}

} // namespace

TEST_CASE("a centre meets exactly as many negatives as were asked for", "[negatives]") {
    const auto counts = falling_counts(500);
    for (const std::size_t negative : {1u, 2u, 5u, 12u}) {
        const NegativeSampling loss(counts, negative, 0.75, 1);
        REQUIRE(loss.max_outputs() == negative + 1);
        REQUIRE(loss.output_rows() == 500);
        Random random(1);
        NegativeSampling::Draw draw(loss, random);
        std::vector<Id> ids(negative + 1);
        for (Id centre = 0; centre < 500; ++centre) {
            const Outputs outputs = draw(centre, ids.data());
            REQUIRE(outputs.count == negative + 1);
            REQUIRE(outputs.positives == 1);
            REQUIRE(ids[0] == centre);
            REQUIRE(std::set<Id>(ids.begin(), ids.end()).size() == negative + 1);
        }
    }
}

TEST_CASE("negatives are the tape's next ids but for those that are there", "[negatives]") {
    // Few symbols: many are drawn again, and some windows get less, after four tries a negative.
    for (const std::size_t symbols : {1u, 3u, 8u}) {
        const auto counts = falling_counts(symbols);
        const NegativeSampling loss(counts, 5, 0.75, 3);
        const NegativeSampler sampler(counts, 0.75, 3);
        Random random(9);
        Random same(9);
        NegativeSampling::Draw draw(loss, random);
        NegativeSampler::Reader tape(sampler, same);
        REQUIRE(random() == same()); // one number is taken, where the tape is begun
        for (int i = 0; i < 1000; ++i) {
            const auto centre = static_cast<Id>(static_cast<std::size_t>(i) % symbols);
            std::vector<Id> expected{centre};
            for (int tries = 0; tries < 20 && expected.size() < 6; ++tries) {
                const Id next = tape();
                if (std::count(expected.begin(), expected.end(), next) == 0) {
                    expected.push_back(next);
                }
            }
            std::vector<Id> ids(6);
            const Outputs outputs = draw(centre, ids.data());
            ids.resize(outputs.count);
            REQUIRE(ids == expected);
        }
    }
}

TEST_CASE("the tape has each id as often as count^power says", "[negatives]") {
    const auto counts = falling_counts(100);
    for (const double power : {0.0, 0.75, 1.0, -0.5}) {
        const NegativeSampler sampler(counts, power, 1);
        double total = 0;
        for (const std::uint64_t count : counts) {
            total += std::pow(static_cast<double>(count), power);
        }
        Random random(1);
        NegativeSampler::Reader draw(sampler, random);
        std::map<Id, double> seen;
        for (std::size_t i = 0; i < sampler.size(); ++i) {
            ++seen[draw()];
        }
        for (Id id = 0; id < 100; ++id) {
            const double expected = std::pow(static_cast<double>(counts[id]), power) / total *
                                    static_cast<double>(sampler.size());
            REQUIRE(std::fabs(seen[id] - expected) <= 1);
        }
    }
    // A symbol that was never seen counts as one that was seen once.
    const NegativeSampler sampler(std::vector<std::uint64_t>{0, 1}, 1, 1);
    Random random(1);
    NegativeSampler::Reader draw(sampler, random);
    std::size_t zeros = 0;
    for (std::size_t i = 0; i < sampler.size(); ++i) {
        zeros += draw() == 0;
    }
    REQUIRE(zeros == sampler.size() / 2);
}

TEST_CASE("the tape has room for 32 draws a symbol, and is shuffled by its seed", "[negatives]") {
    REQUIRE(NegativeSampler(falling_counts(10), 0.75, 1).size() == std::size_t{1} << 16);
    REQUIRE(NegativeSampler(falling_counts(2048), 0.75, 1).size() == std::size_t{1} << 16);
    REQUIRE(NegativeSampler(falling_counts(2049), 0.75, 1).size() == std::size_t{1} << 17);
    const auto first = [](std::uint64_t seed, std::uint64_t reader) {
        const NegativeSampler sampler(falling_counts(100), 0.75, seed);
        Random random(reader);
        NegativeSampler::Reader draw(sampler, random);
        std::vector<Id> ids;
        for (int i = 0; i < 50; ++i) {
            ids.push_back(draw());
        }
        return ids;
    };
    REQUIRE(first(1, 1) == first(1, 1));
    REQUIRE(first(1, 1) != first(2, 1));
    REQUIRE(first(1, 1) != first(1, 2));
}

TEST_CASE("settings name what was asked for", "[negatives]") {
    REQUIRE(NegativeSampling(falling_counts(3), 7, 0.5, 1).settings() ==
            "7 negatives by count^0.5");
}
