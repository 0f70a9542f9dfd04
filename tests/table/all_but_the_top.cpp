#include <firth/table/all_but_the_top.hpp>

#include <cmath>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("all-but-the-top takes away the mean and the directions that rows share") {
    // Rows that are small noise, a common shift, and large multiples of two fixed directions.
    constexpr std::size_t dim = 20;
    constexpr std::size_t rows = 1500;
    Random random(3);
    EmbeddingTable<float> table(rows, dim);
    EmbeddingTable<float> noise(rows, dim);
    for (std::size_t i = 0; i < rows; ++i) {
        const float a = 100 * (random.uniform() - 0.5f);
        const float b = 60 * (random.uniform() - 0.5f);
        for (std::size_t k = 0; k < dim; ++k) {
            noise[i][k] = random.uniform() - 0.5f;
            // Directions 3 and the diagonal of 5 and 6.
            table[i][k] = noise[i][k] + 7 + (k == 3 ? a : 0.0f) + (k == 5 || k == 6 ? b : 0.0f);
        }
    }
    all_but_the_top(table, 2);
    for (std::size_t k = 0; k < dim; ++k) {
        double mean = 0;
        double square = 0;
        for (std::size_t i = 0; i < rows; ++i) {
            const auto x = static_cast<double>(table[i][k]);
            mean += x / rows;
            square += x * x / rows;
        }
        REQUIRE(std::fabs(mean) < 1e-4);
        // Uniform noise has variance 1/12; half of it is left of 5 and 6, nearly nothing of 3.
        const double expected = k == 3 ? 0 : k == 5 || k == 6 ? 1.0 / 24 : 1.0 / 12;
        REQUIRE(std::fabs(square - expected) < 0.01);
    }
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t k = dim; k < table.stride(); ++k) {
            REQUIRE(table.data()[i * table.stride() + k] == 0.0f);
        }
    }
    REQUIRE(test::contains(test::message_of<OptionError>([&] { all_but_the_top(table, dim + 1); }),
                           "at most dim"));
    EmbeddingTable<float> none(0, 4);
    all_but_the_top(none, 1);
}
