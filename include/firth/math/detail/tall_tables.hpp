#pragma once

/// Needs Eigen 3 (header-only), and is therefore in no umbrella header: include it by its name.

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <Eigen/Core>
#include <Eigen/Eigenvalues>

#include <firth/base/parallel.hpp>
#include <firth/table/embedding_table.hpp>

/// Products of tall tables, whose columns are vectors with one element a symbol. Every sum is made
/// of parts that depend on the number of rows alone: no result depends on the number of threads.
namespace firth::detail {

/// Columns [first, first + count) of a table.
struct Columns {
    EmbeddingTable<float>& table;
    std::size_t first;
    std::size_t count;

    Columns(EmbeddingTable<float>& all) : Columns(all, 0, all.dim()) {}
    Columns(EmbeddingTable<float>& some, std::size_t from, std::size_t how_many)
        : table(some), first(from), count(how_many) {}

    /// Some rows of them for Eigen, a row a column.
    [[nodiscard]] auto rows(std::size_t begin, std::size_t end) const {
        return Eigen::Map<Eigen::MatrixXf, 0, Eigen::OuterStride<>>(
            table.data() + begin * table.stride() + first, static_cast<Eigen::Index>(count),
            static_cast<Eigen::Index>(end - begin),
            Eigen::OuterStride<>(static_cast<Eigen::Index>(table.stride())));
    }
};

/// Rows of a table that one thread works on at a time.
inline std::size_t row_grain(std::size_t rows) {
    return (std::max<std::size_t>)(512, rows / 256 + 1);
}

/// Calls `work(begin, end)` for parts of rows.
template <class Work>
void for_row_parts(std::size_t rows, std::size_t threads, Work&& work) {
    parallel_for(rows, row_grain(rows), threads, work);
}

/// a^T b, each part of it in `Scalar`, their sum in float64.
template <class Scalar>
[[nodiscard]] Eigen::MatrixXd products(const Columns& a, const Columns& b, std::size_t threads) {
    const std::size_t rows = a.table.rows();
    std::vector<Eigen::MatrixXd> parts((rows + row_grain(rows) - 1) / row_grain(rows));
    for_row_parts(rows, threads, [&](std::size_t begin, std::size_t end) {
        using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;
        const Matrix part = a.rows(begin, end).template cast<Scalar>() *
                            b.rows(begin, end).template cast<Scalar>().transpose();
        parts[begin / row_grain(rows)] = part.template cast<double>();
    });
    Eigen::MatrixXd sum = std::move(parts[0]);
    for (std::size_t part = 1; part < parts.size(); ++part) {
        sum += parts[part];
    }
    return sum;
}

/// to += from * factor.
inline void add_product(const Columns& from, const Eigen::MatrixXd& factor, const Columns& to,
                        std::size_t threads) {
    const Eigen::MatrixXf transposed = factor.transpose().cast<float>();
    for_row_parts(from.table.rows(), threads, [&](std::size_t begin, std::size_t end) {
        to.rows(begin, end).noalias() += transposed * from.rows(begin, end);
    });
}

/// Writes `from` times the factor to the first columns of `to`, as many as the factor has. `from`
/// may lie in the same table.
inline void multiply(const Columns& from, const Eigen::MatrixXd& factor, EmbeddingTable<float>& to,
                     std::size_t threads) {
    const Eigen::MatrixXf transposed = factor.transpose().cast<float>();
    const Columns result(to, 0, static_cast<std::size_t>(factor.cols()));
    for_row_parts(to.rows(), threads, [&](std::size_t begin, std::size_t end) {
        const Eigen::MatrixXf product = transposed * from.rows(begin, end);
        result.rows(begin, end) = product;
    });
}

/// The eigenvectors of a symmetric matrix, largest eigenvalue first, and the eigenvalues.
[[nodiscard]] inline std::pair<Eigen::MatrixXd, Eigen::VectorXd>
eigenvectors(const Eigen::MatrixXd& matrix) {
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix);
    return {solver.eigenvectors().rowwise().reverse(), solver.eigenvalues().reverse()};
}

/// 1 / value, 0 for those of at most `least`.
[[nodiscard]] inline Eigen::VectorXd inverses(const Eigen::VectorXd& values, double least) {
    return values.unaryExpr([least](double value) { return value > least ? 1 / value : 0.0; });
}

} // namespace firth::detail
