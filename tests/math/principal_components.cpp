#include <firth/math/principal_components.hpp>

#include <cmath>

#include <Eigen/SVD>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("principal components are those of a whole decomposition") {
    Random random(2);
    for (const std::size_t rows : {20u, 60u, 1200u}) {
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
        const Eigen::RowVectorXd mean = matrix.colwise().mean();
        matrix.rowwise() -= mean;
        const Eigen::JacobiSVD<Eigen::MatrixXd> svd(matrix,
                                                    Eigen::ComputeThinU | Eigen::ComputeThinV);
        for (const std::size_t count : {std::size_t{1}, std::size_t{3}, dim}) {
            const PrincipalComponents found = principal_components(table, count);
            REQUIRE(found.scores.rows() == rows);
            REQUIRE(found.scores.dim() == count);
            REQUIRE(found.directions.rows() == count);
            for (std::size_t i = 0; i < dim; ++i) {
                CHECK(double{found.mean[i]} == Approx(mean[static_cast<Eigen::Index>(i)]));
            }
            for (std::size_t k = 0; k < count; ++k) {
                const auto column = static_cast<Eigen::Index>(k);
                const double value = svd.singularValues()[column];
                CHECK(found.squares[k] == Approx(value * value));
                // The largest score is positive.
                Eigen::VectorXd scores = svd.matrixU().col(column) * value;
                Eigen::VectorXd direction = svd.matrixV().col(column);
                Eigen::Index largest = 0;
                scores.cwiseAbs().maxCoeff(&largest);
                if (scores[largest] < 0) {
                    scores *= -1;
                    direction *= -1;
                }
                for (std::size_t row = 0; row < rows; ++row) {
                    REQUIRE(double{found.scores[row][k]} ==
                            Approx(scores[static_cast<Eigen::Index>(row)]).margin(1e-5));
                }
                for (std::size_t i = 0; i < dim; ++i) {
                    REQUIRE(double{found.directions[k][i]} ==
                            Approx(direction[static_cast<Eigen::Index>(i)]).margin(1e-5));
                }
            }
        }
    }
    const EmbeddingTable<float> none(0, 4);
    CHECK(principal_components(none, 2).squares == std::vector<double>{0, 0});
    CHECK_THROWS_WITH(principal_components(none, 0),
                      "0 principal components, expected 1 to dim = 4");
    CHECK_THROWS_WITH(principal_components(none, 5),
                      "5 principal components, expected 1 to dim = 4");
}
