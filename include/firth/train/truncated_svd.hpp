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
#include <tuple>
#include <utility>
#include <vector>

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <Eigen/SVD>

#include <firth/base/error.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/random.hpp>
#include <firth/simd/update.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/text/cooccurrence.hpp>

namespace firth {

struct SvdOptions {
    std::size_t rank = 100; ///< singular values wanted, 1 to `max_dim`
    /// Matrices of at most this many symbols are decomposed whole, in float64; larger ones by
    /// iterations that stop as the next four say.
    std::size_t exact_symbols = 700;
    std::size_t oversampling = 10; ///< more directions to look in; a quarter of the rank at least
    std::size_t max_iterations = 50;
    double value_tolerance = 1e-4; ///< no singular value moves more than this part of itself, and
    double turn_tolerance = 0.01;  ///< no singular vector more than this (a sine) out of the
                                   ///< directions looked in, from one iteration to the next
    std::size_t threads = 0;       ///< 0: all of the machine's; the result does not depend on it
    std::uint64_t seed = 1;
    /// Called with the passes over the matrix that are done and the most there can be; false: stop.
    std::function<bool(std::size_t, std::size_t)> after_pass{};
};

/// matrix ~ left * diag(values) * right^T. Beyond the matrix's own rank, to float32's precision,
/// values and columns are zero.
struct TruncatedSvd {
    EmbeddingTable<float> left;  ///< symbols x rank, columns orthonormal
    EmbeddingTable<float> right; ///< the same
    std::vector<float> values;   ///< falling
    std::size_t iterations = 0;  ///< that it took; 0: decomposed whole
    bool converged = true;       ///< false where `max_iterations` came first
};

namespace detail {

/// Rows of a factor that one thread works on at a time; the grain, and with it every sum, depends
/// on the number of rows alone.
inline std::size_t row_grain(std::size_t rows) {
    return (std::max<std::size_t>)(512, rows / 256 + 1);
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

/// The matrix as it is, for decomposing it whole.
inline Eigen::MatrixXd dense_matrix(const CooccurrenceCounts& matrix) {
    const auto symbols = static_cast<Eigen::Index>(matrix.symbols());
    Eigen::MatrixXd dense = Eigen::MatrixXd::Zero(symbols, symbols);
    for (Eigen::Index row = 0; row < symbols; ++row) {
        for (const Cooccurrence& entry : matrix[static_cast<Id>(row)]) {
            dense(row, static_cast<Eigen::Index>(entry.column)) = static_cast<double>(entry.count);
        }
    }
    return dense;
}

/// The largest singular values and their vectors out of a whole decomposition.
inline TruncatedSvd exact_svd(const CooccurrenceCounts& matrix, std::size_t rank) {
    const Eigen::BDCSVD<Eigen::MatrixXd> whole(dense_matrix(matrix),
                                               Eigen::ComputeThinU | Eigen::ComputeThinV);
    TruncatedSvd svd;
    svd.left = EmbeddingTable<float>(matrix.symbols(), rank);
    svd.right = EmbeddingTable<float>(matrix.symbols(), rank);
    svd.values.resize(rank);
    const Eigen::VectorXd inverses = inverse_values(whole.singularValues());
    for (std::size_t k = 0; k < rank; ++k) {
        const auto column = static_cast<Eigen::Index>(k);
        if (inverses[column] == 0) break; // beyond the rank of the matrix
        svd.values[k] = static_cast<float>(whole.singularValues()[column]);
        for (std::size_t row = 0; row < matrix.symbols(); ++row) {
            const auto at = static_cast<Eigen::Index>(row);
            svd.left[row][k] = static_cast<float>(whole.matrixU()(at, column));
            svd.right[row][k] = static_cast<float>(whole.matrixV()(at, column));
        }
    }
    return svd;
}

/// a^T b, in float64, of tables of the same shape.
inline Eigen::MatrixXd cross_products(EmbeddingTable<float>& a, EmbeddingTable<float>& b,
                                      std::size_t threads) {
    const std::size_t grain = row_grain(a.rows());
    std::vector<Eigen::MatrixXd> parts((a.rows() + grain - 1) / grain);
    parallel_for(a.rows(), grain, threads, [&](std::size_t begin, std::size_t end) {
        parts[begin / grain] = as_columns(a, begin, end).cast<double>() *
                               as_columns(b, begin, end).cast<double>().transpose();
    });
    Eigen::MatrixXd sum = std::move(parts[0]);
    for (std::size_t part = 1; part < parts.size(); ++part) {
        sum += parts[part];
    }
    return sum;
}

/// True where singular values, and vectors beside those of the iteration before, stand as the
/// options ask for. `turned` holds the products of the old directions with the new vectors: a unit
/// vector of which these have the norm c lies at an angle of cosine c to what they span. Values so
/// small beside the first that rounding moves them are not looked at.
inline bool stands(const Eigen::VectorXd& values, const Eigen::VectorXd& before,
                   const Eigen::MatrixXd& turned, const SvdOptions& options) {
    const double least = std::sqrt(1 - options.turn_tolerance * options.turn_tolerance);
    for (Eigen::Index i = 0; i < static_cast<Eigen::Index>(options.rank); ++i) {
        if (values[i] <= 1e-5 * values[0]) break;
        if (std::fabs(values[i] - before[i]) > options.value_tolerance * values[i]) return false;
        if (turned.col(i).norm() < least) return false;
    }
    return true;
}

/// Like `truncated_svd`, by iterations.
inline std::optional<TruncatedSvd> iterated_svd(const CooccurrenceCounts& matrix,
                                                const CooccurrenceCounts& transposed,
                                                const SvdOptions& options) {
    const std::size_t threads = resolve_threads(options.threads);
    const std::size_t more =
        (std::max)((std::min<std::size_t>)(options.oversampling, 1000), options.rank / 4);
    const std::size_t width = (std::min)(matrix.symbols(), options.rank + more);
    EmbeddingTable<float> left(matrix.symbols(), width);
    EmbeddingTable<float> right(matrix.symbols(), width);
    EmbeddingTable<float> old(matrix.symbols(), width);
    Random random(options.seed);
    for (std::size_t row = 0; row < right.rows(); ++row) {
        for (float& value : right[row]) {
            // Near enough a normal distribution: any without a preferred direction will do.
            value = random.uniform() + random.uniform() + random.uniform() + random.uniform() - 2;
        }
    }
    const std::size_t iterations = (std::max<std::size_t>)(options.max_iterations, 1);
    std::size_t done = 0;
    const auto pass = [&](const CooccurrenceCounts& by, const EmbeddingTable<float>& from,
                          EmbeddingTable<float>& to) {
        multiply_sparse(by, from, to, threads);
        return ++done, !options.after_pass || options.after_pass(done, 2 * iterations);
    };
    TruncatedSvd svd;
    svd.converged = false;
    Eigen::VectorXd values;
    Eigen::MatrixXd vectors;
    while (svd.iterations < iterations && !svd.converged) {
        if (!pass(matrix, right, left)) return std::nullopt;
        orthonormalize(left, threads);
        std::swap(old, right);
        if (!pass(transposed, left, right)) return std::nullopt;
        // Now matrix ~ left * right^T. With right = V * S * W^T its singular vectors are the
        // columns of left * W and of V.
        Eigen::VectorXd found;
        std::tie(vectors, found) = right_vectors(right, threads);
        multiply(right, vectors * inverse_values(found).asDiagonal(), threads);
        svd.converged = ++svd.iterations > 1 &&
                        stands(found, values, cross_products(old, right, threads), options);
        values = std::move(found);
    }
    if (svd.converged && options.after_pass &&
        !options.after_pass(2 * iterations, 2 * iterations)) {
        return std::nullopt;
    }
    multiply(left, vectors, threads);
    const Eigen::VectorXd inverses = inverse_values(values);
    svd.left = EmbeddingTable<float>(matrix.symbols(), options.rank);
    svd.right = EmbeddingTable<float>(matrix.symbols(), options.rank);
    svd.values.resize(options.rank);
    for (std::size_t k = 0; k < options.rank; ++k) {
        if (inverses[static_cast<Eigen::Index>(k)] == 0) break; // beyond the rank of the matrix
        svd.values[k] = static_cast<float>(values[static_cast<Eigen::Index>(k)]);
        for (std::size_t row = 0; row < matrix.symbols(); ++row) {
            svd.left[row][k] = left[row][k];
            svd.right[row][k] = right[row][k];
        }
    }
    return svd;
}

} // namespace detail

/// The largest singular values of a sparse matrix and their vectors. Small matrices are decomposed
/// whole, O(symbols^3); larger ones by subspace iteration from random directions (Halko,
/// Martinsson, Tropp 2011, algorithms 4.4 and 5.1) until values and vectors stand. `transposed` is
/// the matrix transposed. The result does not depend on the number of threads.
///
/// Goes twice through the matrix in each iteration; cost O(counts * rank) each. Memory: three
/// tables of symbols x (rank + oversampling). Throws `OptionError`. Returns nothing where
/// `after_pass` stops it.
[[nodiscard]] inline std::optional<TruncatedSvd> truncated_svd(const CooccurrenceCounts& matrix,
                                                               const CooccurrenceCounts& transposed,
                                                               const SvdOptions& options = {}) {
    if (options.rank < 1 || options.rank > matrix.symbols()) {
        throw OptionError("rank is " + std::to_string(options.rank) + ", expected 1 to " +
                          std::to_string(matrix.symbols()) + ", the number of symbols");
    }
    if (matrix.symbols() > options.exact_symbols) {
        return detail::iterated_svd(matrix, transposed, options);
    }
    if (options.after_pass && !options.after_pass(0, 1)) return std::nullopt;
    TruncatedSvd svd = detail::exact_svd(matrix, options.rank);
    if (options.after_pass && !options.after_pass(1, 1)) return std::nullopt;
    return svd;
}

} // namespace firth
