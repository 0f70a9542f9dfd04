#pragma once

/// Needs Eigen 3 (header-only), and is therefore in no umbrella header: include it by its name.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/Core>
#include <Eigen/Eigenvalues>

#include <firth/base/error.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/random.hpp>
#include <firth/simd/update.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/text/cooccurrence.hpp>

namespace firth {

struct SvdOptions {
    std::size_t rank = 100;           ///< singular values wanted, 1 to `max_dim`
    std::size_t oversampling = 10;    ///< more directions to look in
    std::size_t power_iterations = 2; ///< each makes small singular values more exact
    std::size_t threads = 0;          ///< 0: all of the machine's; the result does not depend on it
    std::uint64_t seed = 1;
    /// Called with the passes over the matrix that are done and all of them; false: stop.
    std::function<bool(std::size_t, std::size_t)> after_pass{};
};

/// matrix ~ left * diag(values) * right^T. Columns of a rank beyond the matrix's own are zero.
struct TruncatedSvd {
    EmbeddingTable<float> left;  ///< symbols x rank, columns orthonormal
    EmbeddingTable<float> right; ///< the same
    std::vector<float> values;   ///< falling
};

namespace detail {

/// Rows of a factor that one thread works on at a time; the grain, and with it every sum, depends
/// on the number of rows alone.
inline std::size_t row_grain(std::size_t rows) {
    return std::max<std::size_t>(512, rows / 256 + 1);
}

/// Some rows of a table for Eigen, a row a column.
inline auto as_columns(EmbeddingTable<float>& table, std::size_t begin, std::size_t end) {
    return Eigen::Map<Eigen::MatrixXf, 0, Eigen::OuterStride<>>(
        table.data() + begin * table.stride(), static_cast<Eigen::Index>(table.dim()),
        static_cast<Eigen::Index>(end - begin),
        Eigen::OuterStride<>(static_cast<Eigen::Index>(table.stride())));
}

/// table^T table, in float64.
inline Eigen::MatrixXd gram_matrix(EmbeddingTable<float>& table, std::size_t threads) {
    const std::size_t grain = row_grain(table.rows());
    const auto dim = static_cast<Eigen::Index>(table.dim());
    std::vector<Eigen::MatrixXd> parts((table.rows() + grain - 1) / grain,
                                       Eigen::MatrixXd::Zero(dim, dim));
    parallel_for(table.rows(), grain, threads, [&](std::size_t begin, std::size_t end) {
        const Eigen::MatrixXd rows = as_columns(table, begin, end).cast<double>();
        parts[begin / grain].selfadjointView<Eigen::Lower>().rankUpdate(rows);
    });
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(dim, dim);
    for (const Eigen::MatrixXd& part : parts) {
        sum += part;
    }
    return sum;
}

/// table * factor, in place.
inline void multiply(EmbeddingTable<float>& table, const Eigen::MatrixXd& factor,
                     std::size_t threads) {
    const Eigen::MatrixXf transposed = factor.transpose().cast<float>();
    parallel_for(table.rows(), row_grain(table.rows()), threads,
                 [&](std::size_t begin, std::size_t end) {
                     auto rows = as_columns(table, begin, end);
                     const Eigen::MatrixXf product = transposed * rows;
                     rows = product;
                 });
}

/// The eigenvectors of table^T table by falling eigenvalue, and the roots of those.
inline std::pair<Eigen::MatrixXd, Eigen::VectorXd> right_vectors(EmbeddingTable<float>& table,
                                                                 std::size_t threads) {
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(gram_matrix(table, threads));
    return {solver.eigenvectors().rowwise().reverse(),
            solver.eigenvalues().reverse().cwiseMax(0.0).cwiseSqrt()};
}

/// 1 / value, 0 for those so small beside the first that they are rounding.
inline Eigen::VectorXd inverse_values(const Eigen::VectorXd& values) {
    return values.unaryExpr(
        [least = values[0] * 1e-6](double value) { return value > least ? 1 / value : 0.0; });
}

/// Makes the columns orthonormal; those that depend on others become zero.
inline void orthonormalize(EmbeddingTable<float>& table, std::size_t threads) {
    // The second time repairs what rounding left the first time.
    for (int pass = 0; pass < 2; ++pass) {
        const auto [vectors, values] = right_vectors(table, threads);
        multiply(table, vectors * inverse_values(values).asDiagonal(), threads);
    }
}

/// to = matrix * from.
inline void multiply_sparse(const CooccurrenceCounts& matrix, const EmbeddingTable<float>& from,
                            EmbeddingTable<float>& to, std::size_t threads) {
    parallel_for(matrix.symbols(), 64, threads, [&](std::size_t begin, std::size_t end) {
        for (std::size_t row = begin; row < end; ++row) {
            const std::span<float> sum(to.data() + row * to.stride(), to.stride());
            std::fill(sum.begin(), sum.end(), 0.0f);
            for (const Cooccurrence& entry : matrix[static_cast<Id>(row)]) {
                const std::span<const float> other(
                    from.data() + std::size_t{entry.column} * from.stride(), from.stride());
                simd::axpy(entry.count, other, sum);
            }
            matrix.release(static_cast<Id>(row));
        }
    });
}

} // namespace detail

/// The largest singular values of a sparse matrix and their vectors, by random projection (Halko,
/// Martinsson, Tropp 2011, algorithms 4.4 and 5.1). `transposed` is the matrix transposed.
///
/// Goes 2 * power_iterations + 2 times through the matrix; cost O(counts * rank) each. Memory: two
/// tables of symbols x (rank + oversampling). Throws `OptionError`. Returns nothing where
/// `after_pass` stops it.
[[nodiscard]] inline std::optional<TruncatedSvd> truncated_svd(const CooccurrenceCounts& matrix,
                                                               const CooccurrenceCounts& transposed,
                                                               const SvdOptions& options = {}) {
    if (options.rank < 1 || options.rank > matrix.symbols()) {
        throw OptionError("rank is " + std::to_string(options.rank) + ", expected 1 to " +
                          std::to_string(matrix.symbols()) + ", the number of symbols");
    }
    const std::size_t threads = resolve_threads(options.threads);
    const std::size_t width = (std::min)(
        matrix.symbols(), options.rank + std::min<std::size_t>(options.oversampling, 1000));
    EmbeddingTable<float> left(matrix.symbols(), width);
    EmbeddingTable<float> right(matrix.symbols(), width);
    Random random(options.seed);
    for (std::size_t row = 0; row < right.rows(); ++row) {
        for (float& value : right[row]) {
            // Near enough a normal distribution: any without a preferred direction will do.
            value = random.uniform() + random.uniform() + random.uniform() + random.uniform() - 2;
        }
    }
    const std::size_t passes = 2 * options.power_iterations + 2;
    std::size_t done = 0;
    const auto pass = [&](const CooccurrenceCounts& by, const EmbeddingTable<float>& from,
                          EmbeddingTable<float>& to) {
        detail::multiply_sparse(by, from, to, threads);
        return ++done, !options.after_pass || options.after_pass(done, passes);
    };
    for (std::size_t i = 0; i < options.power_iterations; ++i) {
        if (!pass(matrix, right, left)) return std::nullopt;
        detail::orthonormalize(left, threads);
        if (!pass(transposed, left, right)) return std::nullopt;
        detail::orthonormalize(right, threads);
    }
    if (!pass(matrix, right, left)) return std::nullopt;
    detail::orthonormalize(left, threads);
    if (!pass(transposed, left, right)) return std::nullopt;

    // Now matrix ~ left * right^T, and right = V * S * W^T.
    const auto [vectors, values] = detail::right_vectors(right, threads);
    const auto rank = static_cast<Eigen::Index>(options.rank);
    const auto first_columns = [&](EmbeddingTable<float>& table, const Eigen::MatrixXd& factor) {
        detail::multiply(table, factor, threads);
        EmbeddingTable<float> result(table.rows(), options.rank);
        for (std::size_t row = 0; row < table.rows(); ++row) {
            std::copy_n(table[row].begin(), options.rank, result[row].begin());
        }
        return result;
    };
    TruncatedSvd svd;
    svd.left = first_columns(left, vectors);
    svd.right = first_columns(right, vectors * detail::inverse_values(values).asDiagonal());
    for (Eigen::Index i = 0; i < rank; ++i) {
        svd.values.push_back(static_cast<float>(values[i]));
    }
    return svd;
}

} // namespace firth
