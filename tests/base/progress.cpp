#include <firth/base/progress.hpp>

#include <optional>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("a meter counts from where the work began, and passes on what is asked") {
    std::optional<Progress> last;
    int calls = 0;
    bool answer = true;
    ProgressMeter meter(
        [&](const Progress& now) {
            last = now;
            ++calls;
            return answer;
        },
        100);
    REQUIRE(meter.report({.done = 120, .total = 400})); // too soon
    REQUIRE(calls == 0);
    REQUIRE(meter.report({.done = 150, .total = 400, .loss = 0.5, .epoch = 2, .epochs = 3}, true));
    REQUIRE(calls == 1);
    REQUIRE(last->seconds > 0);
    REQUIRE(last->rate == 50 / last->seconds);
    REQUIRE(last->seconds_left == 250 / last->rate);
    REQUIRE((last->loss == 0.5 && last->epoch == 2 && last->epochs == 3));
    REQUIRE(meter.report({.done = 151, .total = 400}));
    REQUIRE(calls == 1);
    answer = false;
    REQUIRE_FALSE(meter.report({.done = 400, .total = 400}, true));
    REQUIRE(last->seconds_left == 0);
    REQUIRE(ProgressMeter({}).report({.done = 1, .total = 2}, true));
}

TEST_CASE("progress is passed on at most ten times a second, and can cancel") {
    int calls = 0;
    ProgressMeter meter([&](const Progress&) { return ++calls < 2; });
    bool go_on = true;
    for (int i = 0; i < 1000; ++i) {
        go_on = go_on && meter.report({.done = 1, .total = 2});
    }
    REQUIRE(calls <= 1);
    REQUIRE(go_on);
    meter.report({.done = 2, .total = 2}, true);
    REQUIRE_FALSE(meter.report({.done = 2, .total = 2}, true));
}
