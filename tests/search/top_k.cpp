#include <firth/search/top_k.hpp>

#include <algorithm>
#include <limits>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("top-k keeps the best, ties by id, NaN last") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> scores{1, nan, 3, 2, 3, -5, nan, 3};
    const auto top = [&](std::size_t k) {
        TopK best(k);
        best.offer_all(10, scores);
        std::vector<Id> ids;
        for (const Neighbor& neighbor : best.take()) {
            ids.push_back(neighbor.id);
        }
        return ids;
    };
    REQUIRE(top(0).empty());
    REQUIRE(top(2) == std::vector<Id>{12, 14});
    REQUIRE(top(5) == std::vector<Id>{12, 14, 17, 13, 10});
    REQUIRE(top(7) == std::vector<Id>{12, 14, 17, 13, 10, 15, 11});
    REQUIRE(top(100).size() == 8);
}

TEST_CASE("top-k agrees with sorting, in any order of offers") {
    Random random(3);
    for (int round = 0; round < 200; ++round) {
        std::vector<Neighbor> all;
        for (Id id = 0; id < 300; ++id) {
            all.push_back({id, static_cast<float>(random.below(50))});
        }
        const std::size_t k = random.below(320);
        TopK best(k);
        std::vector<Neighbor> shuffled = all;
        std::shuffle(shuffled.begin(), shuffled.end(), random);
        for (const Neighbor& neighbor : shuffled) {
            best.offer(neighbor);
        }
        std::sort(all.begin(), all.end(), ranks_before);
        all.resize(std::min(k, all.size()));
        REQUIRE(best.take() == all);
    }
}
