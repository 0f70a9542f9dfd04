#pragma once

/// Needs Eigen 3.

#include <algorithm>
#include <cstddef>

#include <Eigen/Core>

#include <firth/table/matrix_view.hpp>

namespace firth::detail {

/// The sum of (row - centre) (row - centre)^T over all rows, dim x dim, its lower half; in float64.
/// O(rows * dim^2).
[[nodiscard]] inline Eigen::MatrixXd row_squares(TableView<const float> rows,
                                                 const Eigen::VectorXd& centre) {
    const auto dim = static_cast<Eigen::Index>(rows.dim());
    Eigen::MatrixXd squares = Eigen::MatrixXd::Zero(dim, dim);
    constexpr std::size_t block = 512; // that a matrix product is fast on
    for (std::size_t first = 0; first < rows.rows(); first += block) {
        const std::size_t count = (std::min)(block, rows.rows() - first);
        Eigen::MatrixXd columns(dim, static_cast<Eigen::Index>(count));
        for (std::size_t i = 0; i < count; ++i) {
            const Eigen::Map<const Eigen::VectorXf> row(rows[first + i].data(), dim);
            columns.col(static_cast<Eigen::Index>(i)) = row.cast<double>() - centre;
        }
        squares.selfadjointView<Eigen::Lower>().rankUpdate(columns);
    }
    return squares;
}

} // namespace firth::detail
