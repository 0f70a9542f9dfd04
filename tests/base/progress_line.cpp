#include <firth/base/progress_line.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

const Progress half_way{.done = 52,
                        .total = 100,
                        .rate = 1.234e6,
                        .seconds_left = 59,
                        .loss = 1.41421356,
                        .epoch = 3,
                        .epochs = 5};

} // namespace

TEST_CASE("a progress line loses what is worth least first") {
    const std::vector<std::string> lines{
        "[===============               ]  52 %  epoch 3/5  1.23M words/s  loss 1.4142  59 s left",
        " 52 %  epoch 3/5  1.23M words/s  loss 1.4142  59 s left",
        " 52 %  epoch 3/5  loss 1.4142  59 s left",
        " 52 %  loss 1.4142  59 s left",
        " 52 %  59 s left",
        " 52 %",
    };
    for (const std::string& line : lines) {
        REQUIRE(progress_line(half_way, {.columns = line.size(), .bar = 30}) == line);
    }
    for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
        REQUIRE(progress_line(half_way, {.columns = lines[i].size() - 1, .bar = 30}) ==
                lines[i + 1]);
    }
    REQUIRE(progress_line(half_way, {.bar = 30}) == lines[0]);
    REQUIRE(progress_line(half_way) == lines[1]);
    // The bar becomes shorter, and goes at four characters.
    REQUIRE(progress_line(half_way, {.columns = lines[1].size() + 8, .bar = 30}) ==
            "[==   ] " + lines[1]);
    REQUIRE(progress_line(half_way, {.columns = lines[1].size() + 7, .bar = 30}) == lines[1]);
}

TEST_CASE("a progress line has never more columns than it may") {
    Progress progress = half_way;
    for (const double rate : {0.0, 12.0, 999.0, 1e3, 123456.0, 1e12}) {
        for (const double left : {0.0, 179.0, 181.0, 1e4, 1e9}) {
            for (std::size_t columns = 0; columns < 120; ++columns) {
                progress.rate = rate;
                progress.seconds_left = left;
                const std::string line = progress_line(progress, {.columns = columns, .bar = 30});
                REQUIRE(line.size() <= columns);
                REQUIRE(line.starts_with(columns < 5      ? std::string(" 52 %").substr(0, columns)
                                         : line[0] == '[' ? "[="
                                                          : " 52 %"));
            }
        }
    }
}

TEST_CASE("a progress line shows what there is, in fitting units") {
    REQUIRE(progress_line({}) == "100 %  0 words/s  0 s left");
    REQUIRE(progress_line({.done = 1, .total = 3, .rate = 4500, .seconds_left = 179.4},
                          {.unit = "rows"}) == " 33 %  4.50k rows/s  179 s left");
    REQUIRE(progress_line({.done = 0, .total = 3, .rate = 999, .seconds_left = 180}) ==
            "  0 %  999 words/s  3 min left");
    REQUIRE(progress_line({.done = 3, .total = 3, .rate = 1e6, .seconds_left = 10800}) ==
            "100 %  1.00M words/s  3 h left");
    REQUIRE(progress_line({.done = 3, .total = 3, .seconds_left = 10799, .loss = 0.5}) ==
            "100 %  0 words/s  loss 0.5000  180 min left");
    // More done than was said: a full bar, and no more.
    REQUIRE(progress_line({.done = 7, .total = 3}, {.bar = 5}) ==
            "[=====] 100 %  0 words/s  0 s left");
    REQUIRE(progress_line({.done = 0, .total = 3}, {.bar = 5}) ==
            "[     ]   0 %  0 words/s  0 s left");
}
