#include <firth/math/singular_directions.hpp>

#include <cmath>

#include <Eigen/SVD>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("singular directions are those of a whole decomposition") {
    Random random(2);
    for (const std::size_t rows : {3u, 60u, 1200u}) {
        constexpr std::size_t dim = 11;
        EmbeddingTable<float> table(rows, dim);
        Eigen::MatrixXd matrix(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(dim));
        for (std::size_t row = 0; row < rows; ++row) {
            for (std::size_t i = 0; i < dim; ++i) {
                table[row][i] = (random.uniform() - 0.3f) * static_cast<float>(i + 1);
                matrix(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(i)) =
                    double{table[row][i]};
            }
        }
        const Eigen::JacobiSVD<Eigen::MatrixXd> svd(matrix, Eigen::ComputeThinV);
        const SingularDirections found = singular_directions(table, 3);
        REQUIRE(found.directions.rows() == 3);
        REQUIRE(found.squares.size() == 3);
        for (std::size_t k = 0; k < 3; ++k) {
            const double value = svd.singularValues()[static_cast<Eigen::Index>(k)];
            CHECK(found.squares[k] == Approx(value * value));
            double product = 0;
            for (std::size_t i = 0; i < dim; ++i) {
                product +=
                    double{found.directions[k][i]} *
                    svd.matrixV()(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k));
            }
            CHECK(std::fabs(product) == Approx(1));
        }
    }
    const EmbeddingTable<float> none(0, 4);
    CHECK(singular_directions(none, 2).squares == std::vector<double>{0, 0});
    CHECK(singular_directions(none, 0).directions.rows() == 0);
    CHECK_THROWS_WITH(singular_directions(none, 5), "5 directions, expected at most dim = 4");
}
