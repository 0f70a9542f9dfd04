#pragma once

/// Needs Eigen 3 (header-only), and is therefore in no umbrella header: include it by its name.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <Eigen/Core>

#include <firth/base/messages.hpp>
#include <firth/base/parallel.hpp>
#include <firth/math/detail/block_lanczos.hpp>
#include <firth/math/detail/tall_tables.hpp>
#include <firth/math/sparse_matrix.hpp>
#include <firth/table/embedding_table.hpp>

namespace firth {

struct SvdOptions {
    std::size_t rank = 100; ///< singular values wanted, 1 to `max_dim`
    /// Matrices of at most this many symbols are decomposed whole, in float64. For larger ones the
    /// space that is searched grows by blocks of directions until the vectors in it have converged,
    /// as a rule at four times the rank.
    std::size_t exact_symbols = 700;
    std::size_t block = 16;         ///< directions added at a time, 1 or more
    std::size_t max_directions = 0; ///< the rank at least; 0: ten times the rank, or 1000
    double turn_tolerance = 0.01;   ///< converged: the sine of the angle by which the matrix turns
                                    ///< a singular vector out of the space is at most this, and
    double value_tolerance = 1e-4;  ///< where many values are almost equal, none grows by a larger
                                    ///< share of itself when the space grows
    std::size_t threads = 0;        ///< 0: all of the machine's; the result does not depend on it
    std::uint64_t seed = 1;
    /// Called with the passes over the matrix that are done, and about how many there will be, at
    /// last the same number; false: stop.
    std::function<bool(std::size_t, std::size_t)> after_pass{};
};

/// matrix ~ left * diag(values) * right^T. Beyond the matrix's rank, to float32's precision, values
/// and columns are zero.
struct TruncatedSvd {
    EmbeddingTable<float> left;  ///< symbols x rank, columns orthonormal
    EmbeddingTable<float> right; ///< the same
    std::vector<float> values;   ///< falling
    std::size_t directions = 0;  ///< of the space that was searched; 0: decomposed whole
    bool converged = true;       ///< false where `max_directions` came first
};

namespace detail {

/// Values so small beside the first are rounding.
inline constexpr double rounded_value = 1e-6;

/// The matrix as it is, for decomposing it whole.
inline Eigen::MatrixXd dense_matrix(const SparseMatrix& matrix) {
    const auto symbols = static_cast<Eigen::Index>(matrix.rows());
    Eigen::MatrixXd dense = Eigen::MatrixXd::Zero(symbols, symbols);
    for (Eigen::Index row = 0; row < symbols; ++row) {
        for (const SparseEntry& entry : matrix[static_cast<Id>(row)]) {
            dense(row, static_cast<Eigen::Index>(entry.column)) = static_cast<double>(entry.value);
        }
    }
    return dense;
}

/// The largest singular values and their vectors from all eigenvectors of matrix^T matrix. Squares
/// lose small values to rounding, but none above `rounded_value` to float32's precision of the
/// first; that a value occurs many times does no harm.
inline TruncatedSvd exact_svd(const SparseMatrix& matrix, std::size_t rank) {
    const Eigen::MatrixXd dense = dense_matrix(matrix);
    const auto [right, squares] = eigenvectors(dense.transpose() * dense);
    const Eigen::MatrixXd left = dense * right.leftCols(static_cast<Eigen::Index>(rank));
    const double least = rounded_value * std::sqrt((std::max)(squares[0], 0.0));
    TruncatedSvd svd;
    svd.left = EmbeddingTable<float>(matrix.rows(), rank);
    svd.right = EmbeddingTable<float>(matrix.rows(), rank);
    svd.values.resize(rank);
    for (std::size_t k = 0; k < rank; ++k) {
        const auto column = static_cast<Eigen::Index>(k);
        const double value = std::sqrt((std::max)(squares[column], 0.0));
        if (value <= least) break; // beyond the rank of the matrix
        svd.values[k] = static_cast<float>(value);
        for (std::size_t row = 0; row < matrix.rows(); ++row) {
            const auto at = static_cast<Eigen::Index>(row);
            svd.left[row][k] = static_cast<float>(left(at, column) / value);
            svd.right[row][k] = static_cast<float>(right(at, column));
        }
    }
    return svd;
}

/// Fills in the singular values and vectors of the space that was solved last.
inline void take_vectors(BlockLanczos& space, std::size_t symbols, std::size_t rank,
                         TruncatedSvd& svd) {
    svd.left = EmbeddingTable<float>(symbols, rank);
    svd.right = EmbeddingTable<float>(symbols, rank);
    space.take(svd.left, svd.right);
    const double least = rounded_value * std::sqrt(space.square(0));
    for (std::size_t k = 0; k < rank; ++k) {
        const double value = std::sqrt(space.square(k));
        const bool is_rounding = value <= least;
        svd.values.push_back(is_rounding ? 0.0f : static_cast<float>(value));
        for (std::size_t row = 0; row < symbols; ++row) {
            float& left = svd.left[row][k];
            left = is_rounding ? 0.0f : static_cast<float>(static_cast<double>(left) / value);
            if (is_rounding) svd.right[row][k] = 0;
        }
    }
}

/// True where singular value `i` is so small beside the first that rounding moves it.
inline bool moved_by_rounding(const BlockLanczos& space, std::size_t i) {
    return space.square(i) <= 1e-10 * space.square(0);
}

/// True where the vectors of the space that was solved last have converged as the options ask for.
/// Those whose values are moved by rounding are ignored.
inline bool has_converged(const BlockLanczos& space, const SvdOptions& options) {
    for (std::size_t i = 0; i < options.rank; ++i) {
        if (moved_by_rounding(space, i)) break;
        if (space.turn(i) > options.turn_tolerance) return false;
    }
    return true;
}

/// True where a converged space may still lack vectors. One that grew from a block of random
/// directions finds at most as many vectors of almost the same value as the block is wide: it may
/// lack some only where it holds that many.
inline bool may_lack(const BlockLanczos& space, const SvdOptions& options, std::size_t block) {
    const double same = 1 - (std::max)(0.001, 4 * options.turn_tolerance);
    for (std::size_t i = 0; i < options.rank && i + block <= space.kept(); ++i) {
        if (moved_by_rounding(space, i)) break;
        if (space.square(i + block - 1) >= same * space.square(i)) return true;
    }
    return false;
}

/// Like `truncated_svd`, in a growing space.
inline std::optional<TruncatedSvd>
lanczos_svd(const SparseMatrix& matrix, const SparseMatrix& transposed, const SvdOptions& options) {
    const std::size_t rank = options.rank;
    const std::size_t block =
        std::clamp<std::size_t>(options.block, 1, (std::min<std::size_t>)(matrix.rows(), 4096));
    const auto blocks = [&](std::size_t directions) { return (directions + block - 1) / block; };
    BlockLanczos space(matrix, transposed, rank, block, resolve_threads(options.threads),
                       options.seed);
    const std::size_t most =
        blocks(options.max_directions == 0 ? (std::max<std::size_t>)(10 * rank, 1000)
                                           : (std::max)(rank, options.max_directions));
    std::size_t passes = 0;
    std::size_t expected = 2 * (std::min)(most, blocks(4 * rank) + 4);
    const auto go_on = [&] {
        expected = (std::min)(2 * most, (std::max)(expected, ++passes + 2));
        return !options.after_pass || options.after_pass(passes, expected);
    };
    std::vector<double> before; // the squares before the space grew
    const auto grew = [&] {
        for (std::size_t i = 0; i < rank; ++i) {
            if (moved_by_rounding(space, i)) break;
            const double growth = std::sqrt(space.square(i) / before[i]) - 1;
            if (!(growth <= options.value_tolerance)) return true;
        }
        return false;
    };
    TruncatedSvd svd;
    svd.converged = false;
    std::size_t done = 0; // blocks
    std::size_t look_at = blocks(rank + rank / 2);
    bool more = space.begin_chain();
    while (more && !svd.converged && done < most) {
        if (!space.expand(go_on)) return std::nullopt;
        if (++done < look_at && !space.closed()) continue;
        space.solve();
        look_at = done + (std::max<std::size_t>)(blocks(rank / 4), 2);
        if (!space.closed() && !has_converged(space, options)) continue;
        svd.converged = before.empty() ? !may_lack(space, options, block) : !grew();
        if (svd.converged) break;
        before.resize(rank);
        for (std::size_t i = 0; i < rank; ++i) {
            before[i] = space.square(i);
        }
        look_at = done + 3;
        more = space.begin_chain();
    }
    svd.directions = done * block;
    svd.converged = svd.converged || !more;
    if (!svd.converged) space.solve();
    if (passes != expected && options.after_pass && !options.after_pass(expected, expected)) {
        return std::nullopt;
    }
    take_vectors(space, matrix.rows(), rank, svd);
    return svd;
}

} // namespace detail

/// The largest singular values of a sparse matrix and their vectors. Small matrices are decomposed
/// whole, O(symbols^3); larger ones by block Lanczos from random directions (`BlockLanczos`) until
/// values and vectors converge. `transposed` is the matrix transposed. The result does not depend
/// on the number of threads.
///
/// Reads the matrix twice for each block; costs O(counts + symbols * rank) a direction. Memory: two
/// tables of symbols x (3 rank + 8 block). Throws `OptionError`. Returns nothing where `after_pass`
/// stops it.
[[nodiscard]] inline std::optional<TruncatedSvd> truncated_svd(const SparseMatrix& matrix,
                                                               const SparseMatrix& transposed,
                                                               const SvdOptions& options = {}) {
    detail::require_option(options.rank >= 1 && options.rank <= matrix.rows(), "rank", options.rank,
                           "1 to ", matrix.rows(), ", the number of symbols");
    if (matrix.rows() > options.exact_symbols) {
        return detail::lanczos_svd(matrix, transposed, options);
    }
    if (options.after_pass && !options.after_pass(0, 1)) return std::nullopt;
    TruncatedSvd svd = detail::exact_svd(matrix, options.rank);
    if (options.after_pass && !options.after_pass(1, 1)) return std::nullopt;
    return svd;
}

} // namespace firth
