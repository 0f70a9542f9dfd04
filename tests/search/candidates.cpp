#include <firth/search/detail/candidates.hpp>

#include <algorithm>
#include <limits>
#include <set>

#include <firth/search/neighbor.hpp>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("candidates keep every row that may be among the best") {
    Random random(8);
    for (int round = 0; round < 300; ++round) {
        const std::size_t k = random.below(30);
        Candidates candidates(k);
        std::vector<Candidate> all;
        std::vector<Neighbor> scores;
        for (Id id = 0; id < 500; ++id) {
            const float score = random.uniform();
            const float off = 0.05f * random.uniform();
            all.push_back({id, score - off * random.uniform(), score + off * random.uniform()});
            scores.push_back({id, score});
            candidates.offer(all.back());
        }
        const float floor = candidates.floor();
        std::set<Id> kept;
        for (const Candidate& candidate : candidates.take()) {
            kept.insert(candidate.id);
            REQUIRE(candidate.most >= floor);
        }
        std::sort(scores.begin(), scores.end(), ranks_before);
        for (std::size_t i = 0; i < k; ++i) {
            REQUIRE(kept.contains(scores[i].id));
        }
        REQUIRE((k == 0 ? kept.empty() : kept.size() < 200));
    }
}

TEST_CASE("a candidate of unknown score is kept, and is no floor for others") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (const std::size_t k : {1u, 2u, 5u}) {
        Candidates candidates(k);
        for (Id id = 0; id < 300; ++id) {
            if (id % 50 == 3) {
                candidates.offer({id, nan, nan});
            } else {
                const float score = static_cast<float>(id * 7 % 300);
                candidates.offer({id, score, score});
            }
        }
        std::set<Id> kept;
        for (const Candidate& each : candidates.take()) {
            kept.insert(each.id);
        }
        for (Id id = 0; id < 300; ++id) {
            const bool is_best = id % 50 != 3 && id * 7 % 300 >= 300 - k;
            INFO("k " << k << ", " << id);
            if (id % 50 == 3 || is_best) REQUIRE(kept.contains(id));
        }
        REQUIRE(kept.size() <= 6 + k + 1);
    }
}
