#include <firth/search/detail/candidates.hpp>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

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

TEST_CASE("candidates of several threads: one that gave up makes all of them give up") {
    const auto offer = [](Candidates& candidates, Id first, Id count) {
        for (Id id = first; id < first + count; ++id) {
            candidates.offer({id, 0, 1}); // any of them may be the best
        }
    };
    Candidates many(2, 20);
    offer(many, 0, 100);
    REQUIRE(many.gave_up());
    REQUIRE(many.take().empty());

    Candidates few(2, 20);
    offer(few, 100, 3);
    few.merge(std::move(many));
    REQUIRE(few.gave_up());
    offer(few, 200, 3);
    REQUIRE(few.take().empty());

    Candidates all(2, 20);
    for (Id thread = 0; thread < 3; ++thread) {
        Candidates one(2, 20);
        offer(one, 3 * thread, 3);
        REQUIRE_FALSE(one.gave_up());
        all.merge(std::move(one));
    }
    REQUIRE_FALSE(all.gave_up());
    REQUIRE(all.take().size() == 9);
}
