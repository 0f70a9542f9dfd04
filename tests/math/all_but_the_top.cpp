#include <firth/math/all_but_the_top.hpp>

#include <Eigen/SVD>

#include <algorithm>
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

TEST_CASE("all-but-the-top leaves what lies across the principal components", "[all_but_the_top]") {
    // Against the singular vectors of the centred rows, for one block of rows and for several.
    for (const std::size_t rows : {9u, 512u, 513u, 1100u}) {
        constexpr std::size_t dim = 6;
        EmbeddingTable<float> table(rows, dim);
        Random random(rows);
        Eigen::MatrixXd centred(rows, dim);
        for (std::size_t i = 0; i < rows; ++i) {
            for (std::size_t k = 0; k < dim; ++k) {
                // Later rows lie in other directions than the first ones.
                const bool late = i > rows / 2;
                table[i][k] = (random.uniform() - 0.4f) * (late == (k < 3) ? 5.0f : 1.0f) *
                              static_cast<float>(k + 1);
                centred(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) =
                    static_cast<double>(table[i][k]);
            }
        }
        centred.rowwise() -= centred.colwise().mean().eval();
        const Eigen::JacobiSVD<Eigen::MatrixXd> svd(centred, Eigen::ComputeThinV);
        for (const std::size_t components : {0u, 1u, 2u, 6u}) {
            EmbeddingTable<float> copy = table;
            all_but_the_top(copy, components);
            const Eigen::MatrixXd top =
                svd.matrixV().leftCols(static_cast<Eigen::Index>(components));
            const Eigen::MatrixXd want = centred - centred * top * top.transpose();
            double most = 0;
            for (std::size_t i = 0; i < rows; ++i) {
                for (std::size_t k = 0; k < dim; ++k) {
                    most = std::max(most, std::fabs(static_cast<double>(copy[i][k]) -
                                                    want(static_cast<Eigen::Index>(i),
                                                         static_cast<Eigen::Index>(k))));
                }
            }
            INFO(rows << " rows, " << components << " components");
            REQUIRE(most < 1e-4);
        }
    }
}
