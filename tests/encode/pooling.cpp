#include <firth/encode/pooling.hpp>

#include <algorithm>
#include <vector>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("a prompt's tokens are left out of what is pooled", "[pooling]") {
    // Three tokens, of which the first two are a prompt's and what begins a text.
    std::vector<float> tokens{9, -9, 5, 5, 1, -2, 3, 4};
    const TableView<const float> rows(tokens.data(), 4, 2);
    const Pooling all{.cls = true,
                      .max = true,
                      .mean = true,
                      .mean_sqrt = true,
                      .weighted_mean = true,
                      .last = true};
    std::vector<float> found(12);
    pool(all, rows, found, 2);
    const double root = std::sqrt(2.0);
    const std::vector<double> expected{9,        -9,       3,        4,        2, 1,
                                       4 / root, 2 / root, 15.0 / 7, 10.0 / 7, 3, 4};
    for (std::size_t i = 0; i < found.size(); ++i) {
        CAPTURE(i);
        CHECK(static_cast<double>(found[i]) == Approx(expected[i]));
    }
    // A text that is cut within its prompt has nothing to pool.
    for (const std::size_t left_out : {4u, 7u}) {
        pool(all, rows, found, left_out);
        CHECK(found == std::vector<float>{9, -9, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4});
    }
    pool(all, TableView<const float>(tokens.data(), 0, 2), found, 1);
    CHECK(std::ranges::all_of(found, [](float x) { return x == 0; }));
}
