#include <firth/train/run/divergence.hpp>

#include <cmath>

#include "../support.hpp"

using namespace firth;

namespace {

/// Whether a check that was given all of these, each with samples in its second number and a loss
/// of zeros of 1 a sample, stops.
bool stops(const std::vector<std::pair<double, std::uint64_t>>& parts, std::uint32_t epoch) {
    DivergenceCheck check(0.1f);
    try {
        for (const auto& [mean, samples] : parts) {
            check.add({mean * static_cast<double>(samples), samples, static_cast<double>(samples)},
                      epoch);
        }
    } catch (const Error&) {
        return true;
    }
    return false;
}

} // namespace

TEST_CASE("a judgement needs enough samples, and takes all since the last one", "[divergence]") {
    REQUIRE_FALSE(stops({{23, 9999}}, 1));
    REQUIRE(stops({{2.01, 10000}}, 1));
    REQUIRE_FALSE(stops({{1.99, 10000}}, 1));
    REQUIRE(stops({{2.01, 9999}, {2.01, 1}}, 1));
    REQUIRE(stops({{4, 5000}, {1, 5000}}, 1));
    REQUIRE_FALSE(stops({{2.8, 5000}, {1, 5000}}, 1));
    // What was judged does not count again, for or against.
    REQUIRE(stops({{0.1, 10000}, {0.1, 10000}, {2.1, 10000}}, 1));
    REQUIRE_FALSE(stops({{1.9, 10000}, {23, 9999}}, 1));
    // The first epoch may cost twice as much.
    REQUIRE_FALSE(stops({{3.99, 10000}}, 0));
    REQUIRE(stops({{4.01, 10000}}, 0));
}

TEST_CASE("a whole epoch is judged however few its samples are", "[divergence]") {
    const DivergenceCheck check(0.1f);
    REQUIRE_NOTHROW(check.end_epoch({2, 1, 1}, 1));
    REQUIRE_THROWS_AS(check.end_epoch({2.01, 1, 1}, 1), Error);
    REQUIRE_NOTHROW(check.end_epoch({4, 1, 1}, 0));
    REQUIRE_THROWS_AS(check.end_epoch({4.01, 1, 1}, 0), Error);
    REQUIRE_NOTHROW(check.end_epoch({}, 1));
}

TEST_CASE("nothing is judged before the first epoch that has a limit", "[divergence]") {
    DivergenceCheck check(0.1f, 3);
    for (const std::uint32_t epoch : {0u, 1u, 2u}) {
        REQUIRE_NOTHROW(check.add({100000, 20000, 20000}, epoch));
        REQUIRE_NOTHROW(check.end_epoch({100000, 20000, 20000}, epoch));
        REQUIRE_THROWS_AS(DivergenceCheck(0.1f, 3).add({std::nan(""), 1, 1}, epoch), Error);
    }
    REQUIRE_THROWS_AS(check.add({100000, 20000, 20000}, 3), Error);
    REQUIRE_THROWS_AS(check.end_epoch({100000, 20000, 20000}, 3), Error);
}

TEST_CASE("without the loss of zeros, any that is finite goes", "[divergence]") {
    DivergenceCheck check(0.1f);
    REQUIRE_NOTHROW(check.add({1e9, 100000, 0}, 1));
    REQUIRE_NOTHROW(check.end_epoch({1e9, 100000, 0}, 1));
    for (const double loss : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
        REQUIRE_THROWS_AS(check.add({loss, 1, 0}, 0), Error);
        REQUIRE_THROWS_AS(check.add({loss, 1, 1}, 0), Error);
    }
}

TEST_CASE("the message has the epoch, from 1, both means and the rate", "[divergence]") {
    DivergenceCheck check(0.1f);
    REQUIRE(test::message_of<Error>([&] {
                check.end_epoch({30, 4, 6}, 2);
            }) ==
            "the training diverged in epoch 3: the mean loss is 7.5, where vectors of zeros cost "
            "1.5; expected less, which a learning rate lower than 0.1 may give");
    REQUIRE(test::message_of<Error>([&] {
                check.add({HUGE_VAL, 1, 0}, 0);
            }) == "the training diverged in epoch 1: the mean loss is inf; expected less, which a "
                  "learning rate lower than 0.1 may give");
}

TEST_CASE("losses add up, and their means are by sample", "[divergence]") {
    LossSum sum{1, 2, 3};
    sum += {10, 6, 21};
    REQUIRE(sum.loss == 11);
    REQUIRE(sum.samples == 8);
    REQUIRE(sum.zero_loss == 24);
    REQUIRE(sum.mean() == 11.0 / 8);
    REQUIRE(sum.zero_mean() == 3);
    REQUIRE(LossSum{5, 0, 5}.mean() == 0);
    REQUIRE(LossSum{5, 0, 5}.zero_mean() == 0);
    REQUIRE(TrainingStats{}.loss() == 0);
}
