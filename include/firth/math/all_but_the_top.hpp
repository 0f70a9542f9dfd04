#pragma once

/// Needs Eigen 3 (header-only), and is therefore in no umbrella header: include it by its name.

#include <cstddef>
#include <string>

#include <Eigen/Core>
#include <Eigen/Eigenvalues>

#include <firth/base/error.hpp>
#include <firth/math/detail/row_squares.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// All-but-the-top (Mu and Viswanath 2018, algorithm 1): subtracts from every row the mean of all
/// rows, and then its projections on the first `components` principal components, which word
/// vectors share and which say little about single words. The paper proposes dim / 100 of them.
///
/// Sums in float64. Cost: O(rows * dim^2 + dim^3). Throws `OptionError` for more components than
/// dim.
inline void all_but_the_top(TableView<float> table, std::size_t components) {
    const std::size_t rows = table.rows();
    const auto dim = static_cast<Eigen::Index>(table.dim());
    if (components > table.dim()) {
        throw OptionError("all-but-the-top of " + std::to_string(components) +
                          " components, expected at most dim = " + std::to_string(table.dim()));
    }
    if (rows == 0) return;
    const auto row = [&](std::size_t i) {
        return Eigen::Map<Eigen::VectorXf>(table[i].data(), dim);
    };
    Eigen::VectorXd mean = Eigen::VectorXd::Zero(dim);
    for (std::size_t i = 0; i < rows; ++i) {
        mean += row(i).cast<double>();
    }
    mean /= static_cast<double>(rows);

    // Eigenvalues come in rising order.
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(detail::row_squares(table, mean));
    const Eigen::MatrixXd top =
        solver.eigenvectors().rightCols(static_cast<Eigen::Index>(components));
    for (std::size_t i = 0; i < rows; ++i) {
        const Eigen::VectorXd centred = row(i).cast<double>() - mean;
        row(i) = (centred - top * (top.transpose() * centred)).cast<float>();
    }
}

} // namespace firth
