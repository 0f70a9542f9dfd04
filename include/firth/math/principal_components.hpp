#pragma once

/// Needs Eigen 3 (header-only), and is therefore in no umbrella header: include it by its name.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <Eigen/Core>
#include <Eigen/Eigenvalues>

#include <firth/base/error.hpp>
#include <firth/math/detail/row_squares.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// Where the rows of a table lie along the directions in which they vary most.
struct PrincipalComponents {
    EmbeddingTable<float> scores;     ///< rows x count: of each row less the mean
    EmbeddingTable<float> directions; ///< orthonormal rows
    std::vector<float> mean;          ///< of all rows
    std::vector<double> squares;      ///< sums of the scores' squares, falling
};

/// Principal components (Pearson 1901; Hotelling 1933). Each direction points to where its largest
/// score is positive. Sums in float64. Cost: O(rows * dim * (dim + count) + dim^3). Throws
/// `OptionError` for none of them, and for more than dim.
[[nodiscard]] inline PrincipalComponents principal_components(TableView<const float> rows,
                                                              std::size_t count) {
    if (count == 0 || count > rows.dim()) {
        throw OptionError(std::to_string(count) + " principal components, expected 1 to dim = " +
                          std::to_string(rows.dim()));
    }
    const auto dim = static_cast<Eigen::Index>(rows.dim());
    const auto row = [&](std::size_t i) {
        return Eigen::Map<const Eigen::VectorXf>(rows[i].data(), dim);
    };
    Eigen::VectorXd mean = Eigen::VectorXd::Zero(dim);
    for (std::size_t i = 0; i < rows.rows(); ++i) {
        mean += row(i).cast<double>();
    }
    if (rows.rows() != 0) mean /= static_cast<double>(rows.rows());

    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(detail::row_squares(rows, mean));
    const auto kept = static_cast<Eigen::Index>(count);
    // Eigenvalues come in rising order.
    Eigen::MatrixXd directions = solver.eigenvectors().rightCols(kept).rowwise().reverse();
    Eigen::VectorXd largest = Eigen::VectorXd::Zero(kept);
    PrincipalComponents found{EmbeddingTable<float>(rows.rows(), count),
                              EmbeddingTable<float>(count, rows.dim()),
                              {},
                              {}};
    constexpr std::size_t block = 512; // that a matrix product is fast on
    for (std::size_t first = 0; first < rows.rows(); first += block) {
        const std::size_t size = (std::min)(block, rows.rows() - first);
        Eigen::MatrixXd columns(dim, static_cast<Eigen::Index>(size));
        for (std::size_t i = 0; i < size; ++i) {
            columns.col(static_cast<Eigen::Index>(i)) = row(first + i).cast<double>() - mean;
        }
        const Eigen::MatrixXd scores = directions.transpose() * columns;
        for (std::size_t i = 0; i < size; ++i) {
            for (Eigen::Index k = 0; k < kept; ++k) {
                const double score = scores(k, static_cast<Eigen::Index>(i));
                if (std::fabs(score) > std::fabs(largest[k])) largest[k] = score;
                found.scores[first + i][static_cast<std::size_t>(k)] = static_cast<float>(score);
            }
        }
    }
    for (std::size_t k = 0; k < count; ++k) {
        const auto column = static_cast<Eigen::Index>(k);
        found.squares.push_back((std::max)(solver.eigenvalues()[dim - 1 - column], 0.0));
        if (largest[column] < 0) {
            directions.col(column) *= -1;
            for (std::size_t i = 0; i < rows.rows(); ++i) {
                found.scores[i][k] *= -1;
            }
        }
        for (std::size_t i = 0; i < rows.dim(); ++i) {
            found.directions[k][i] =
                static_cast<float>(directions(static_cast<Eigen::Index>(i), column));
        }
    }
    for (Eigen::Index i = 0; i < dim; ++i) {
        found.mean.push_back(static_cast<float>(mean[i]));
    }
    return found;
}

} // namespace firth
