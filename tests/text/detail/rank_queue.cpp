#include <firth/text/detail/rank_queue.hpp>

#include <cstdint>
#include <set>
#include <utility>

#include <firth/base/random.hpp>

#include "../../support/support.hpp"

using namespace firth;

TEST_CASE("a queue by rank and place gives what a sorted set gives", "[rank_queue]") {
    Random random(7);
    detail::RankQueue queue; // kept from turn to turn
    for (int turn = 0; turn < 300; ++turn) {
        std::multiset<std::pair<std::uint32_t, std::uint32_t>> expected;
        const std::uint32_t ranks = 1 + random.below(turn % 2 == 0 ? 4 : 60);
        const auto add = [&] {
            const std::uint32_t rank = random.below(ranks);
            const std::uint32_t place = random.below(50);
            queue.push(rank, place);
            expected.emplace(rank, place);
        };
        for (std::uint32_t i = random.below(100); i != 0; --i) {
            add();
        }
        std::uint32_t rank = 0;
        std::uint32_t place = 0;
        while (!expected.empty()) {
            REQUIRE(queue.pop(rank, place));
            REQUIRE(std::pair(rank, place) == *expected.begin());
            expected.erase(expected.begin());
            // Some come later: of a lower rank than this one, of the same, of a higher one.
            for (std::uint32_t i = random.below(12); i > 9; --i) {
                add();
            }
        }
        REQUIRE(!queue.pop(rank, place));
    }
}
