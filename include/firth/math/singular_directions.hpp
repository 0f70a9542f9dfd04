#pragma once

/// Needs Eigen 3 (header-only), and is therefore in no umbrella header: include it by its name.

#include <algorithm>
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

/// The first right singular vectors of a matrix, and the squares of their singular values.
struct SingularDirections {
    EmbeddingTable<float> directions; ///< orthonormal rows
    std::vector<double> squares;      ///< falling
};

/// The directions in which the rows of a table, not centred, are longest. Sums in float64. Cost:
/// O(rows * dim^2 + dim^3). Throws `OptionError` for more of them than dim.
[[nodiscard]] inline SingularDirections singular_directions(TableView<const float> rows,
                                                            std::size_t count) {
    if (count > rows.dim()) {
        throw OptionError(std::to_string(count) +
                          " directions, expected at most dim = " + std::to_string(rows.dim()));
    }
    const auto dim = static_cast<Eigen::Index>(rows.dim());
    SingularDirections found{EmbeddingTable<float>(count, rows.dim()), {}};
    if (count == 0) return found;
    // Eigenvalues come in rising order.
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(
        detail::row_squares(rows, Eigen::VectorXd::Zero(dim)));
    for (std::size_t k = 0; k < count; ++k) {
        const Eigen::Index column = dim - 1 - static_cast<Eigen::Index>(k);
        found.squares.push_back((std::max)(solver.eigenvalues()[column], 0.0));
        for (Eigen::Index i = 0; i < dim; ++i) {
            found.directions[k][static_cast<std::size_t>(i)] =
                static_cast<float>(solver.eigenvectors()(i, column));
        }
    }
    return found;
}

} // namespace firth
