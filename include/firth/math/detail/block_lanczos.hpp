#pragma once

/// Needs Eigen 3 (header-only), and is therefore in no umbrella header: include it by its name.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include <Eigen/Core>

#include <firth/base/parallel.hpp>
#include <firth/base/random.hpp>
#include <firth/math/detail/tall_tables.hpp>
#include <firth/math/sparse_matrix.hpp>
#include <firth/simd/weighted_sum.hpp>
#include <firth/table/embedding_table.hpp>

namespace firth::detail {

/// to = matrix * from.
inline void multiply_sparse(const SparseMatrix& matrix, const EmbeddingTable<float>& from,
                            EmbeddingTable<float>& to, std::size_t threads) {
    parallel_for(matrix.rows(), 64, threads, [&](std::size_t begin, std::size_t end) {
        for (std::size_t row = begin; row < end; ++row) {
            simd::weighted_sum(from.data(), from.stride(), matrix[static_cast<Id>(row)],
                               std::span(to.data() + row * to.stride(), to.stride()));
            matrix.release(static_cast<Id>(row));
        }
    });
}

/// Looks for the largest singular values of a sparse matrix A in a growing space: block Lanczos on
/// A^T A, with every new block made orthogonal to all earlier ones, and restarted with the best
/// vectors found when the space has become large (Golub, Luk, Overton 1981; Wu, Simon 2000).
///
/// The space is spanned by the orthonormal columns of `right`; `left` holds A times each. Singular
/// values in it are the roots of the eigenvalues of left^T left, added up in float64.
class BlockLanczos {
public:
    BlockLanczos(const SparseMatrix& matrix, const SparseMatrix& transposed, std::size_t rank,
                 std::size_t block, std::size_t threads, std::uint64_t seed)
        : matrix_(matrix), transposed_(transposed), rank_(rank), block_(block),
          kept_((std::max)(rank + block, rank + rank / 4)), threads_(threads), random_(seed),
          right_(matrix.rows(), round_up(3 * rank, block) + 8 * block, Uninitialized()),
          left_(matrix.rows(), right_.dim(), Uninitialized()), next_(matrix.rows(), block),
          image_(matrix.rows(), block),
          gram_(Eigen::MatrixXd::Zero(index(right_.dim()), index(right_.dim()))) {}

    [[nodiscard]] std::size_t columns() const noexcept { return columns_; }

    /// The number of vectors that `solve` finds: the rank, and some more.
    [[nodiscard]] std::size_t kept() const noexcept { return kept_; }

    /// Makes the next block one of random directions, orthogonal to all before. Returns false where
    /// there is none: the space is complete.
    [[nodiscard]] bool begin_chain() {
        end_chain();
        for (std::size_t row = 0; row < next_.rows(); ++row) {
            for (float& value : next_[row]) {
                // Near enough a normal distribution: any without a preferred direction will do.
                value =
                    random_.uniform() + random_.uniform() + random_.uniform() + random_.uniform();
                value -= 2;
            }
        }
        return orthogonalize(0, std::sqrt(static_cast<double>(next_.rows()))) != 0;
    }

    /// Appends the next block to the space and computes its successor: A^T A times the block, minus
    /// the part already in the space. Calls `go_on` after each of the two products; returns false
    /// as soon as it does.
    [[nodiscard]] bool expand(const std::function<bool()>& go_on) {
        if (columns_ + block_ > right_.dim()) restart();
        multiply_sparse(matrix_, next_, image_, threads_);
        if (!go_on()) return false;
        const Columns added_right(right_, columns_, block_);
        const Columns added_left(left_, columns_, block_);
        for_row_parts(next_.rows(), threads_, [&](std::size_t begin, std::size_t end) {
            added_right.rows(begin, end) = Columns(next_).rows(begin, end);
            added_left.rows(begin, end) = Columns(image_).rows(begin, end);
        });
        const std::size_t before = columns_;
        columns_ += block_;
        const Eigen::MatrixXd part =
            products<double>(Columns(left_, 0, columns_), image_, threads_);
        gram_.block(0, index(before), index(columns_), index(block_)) = part;
        gram_.block(index(before), 0, index(block_), index(columns_)) = part.transpose();

        multiply_sparse(transposed_, image_, next_, threads_);
        // But for rounding it has a part in the last two blocks alone, or in what was restarted
        // with.
        const std::size_t recent = (std::min)(before, block_);
        // A unit vector that A makes l long is made l^2 long, or longer, by A^T A.
        const double length = part.bottomRows(index(block_)).diagonal().maxCoeff();
        next_width_ = orthogonalize(restarted_ ? 0 : before - recent, length);
        restarted_ = false;
        return go_on();
    }

    /// True where the last expansion found no direction that is new.
    [[nodiscard]] bool closed() const noexcept { return next_width_ == 0; }

    /// Finds the best vectors in the space; where it holds too few, zeros stand for the rest.
    void solve() {
        const auto [vectors, squares] =
            eigenvectors(gram_.topLeftCorner(index(columns_), index(columns_)));
        const Eigen::Index found = (std::min)(index(kept_), index(columns_));
        vectors_ = Eigen::MatrixXd::Zero(index(columns_), index(kept_));
        vectors_.leftCols(found) = vectors.leftCols(found);
        squares_ = Eigen::VectorXd::Zero(index(kept_));
        squares_.head(found) = squares.head(found).cwiseMax(0.0);
    }

    /// The square of singular value `i` < kept() of those last found.
    [[nodiscard]] double square(std::size_t i) const { return squares_[index(i)]; }

    /// How far A^T A turns right vector `i` < rank of those last found out of the space: the sine
    /// of the angle, roughly so where chains have ended.
    [[nodiscard]] double turn(std::size_t i) const {
        const auto column = vectors_.col(index(i));
        double squared = (coupling_ * column.tail(index(block_))).squaredNorm();
        if (ended_.rows() != 0) {
            squared += (ended_.leftCols(column.rows()) * column).squaredNorm();
        }
        return std::sqrt(squared) / squares_[index(i)];
    }

    /// The vectors last found: A times the right ones, and these.
    void take(EmbeddingTable<float>& left, EmbeddingTable<float>& right) {
        const Eigen::MatrixXd chosen = vectors_.leftCols(index(rank_));
        multiply(Columns(left_, 0, columns_), chosen, left, threads_);
        multiply(Columns(right_, 0, columns_), chosen, right, threads_);
    }

private:
    static Eigen::Index index(std::size_t i) noexcept { return static_cast<Eigen::Index>(i); }

    /// Makes the next block orthonormal, and orthogonal to the space, of which it has a part in
    /// the columns from `first` on only. Columns of which nothing is left, beside `length`, become
    /// zero; returns the number of others. Leaves in `coupling_` what the block was made of, by its
    /// new columns.
    std::size_t orthogonalize(std::size_t first, double length) {
        coupling_ = Eigen::MatrixXd::Identity(index(block_), index(block_));
        double least = 1e-6 * length;
        std::size_t width = 0;
        // The second time repairs what rounding left the first time. Then a column has kept its
        // length, or it was made of rounding.
        for (int pass = 0; pass < 2; ++pass) {
            const std::size_t from = pass == 0 ? first : 0;
            if (columns_ != from) {
                const Columns space(right_, from, columns_ - from);
                add_product(space, -products<float>(space, next_, threads_), next_, threads_);
            }
            const auto [turned, squares] = eigenvectors(products<double>(next_, next_, threads_));
            const Eigen::VectorXd sizes = squares.cwiseMax(0.0).cwiseSqrt();
            coupling_ = (sizes.asDiagonal() * turned.transpose() * coupling_).eval();
            multiply(next_, turned * inverses(sizes, least).asDiagonal(), next_, threads_);
            width = static_cast<std::size_t>((sizes.array() > least).count());
            least = 0.5;
        }
        return width;
    }

    /// What the last block is coupled to will not be in the space.
    void end_chain() {
        if (columns_ == 0) return;
        const Eigen::Index rows = ended_.rows();
        ended_.conservativeResize(rows + index(block_), index(right_.dim()));
        ended_.bottomRows(index(block_)).setZero();
        ended_.block(rows, index(columns_ - block_), index(block_), index(block_)) = coupling_;
    }

    /// Keeps the best of the space. The next block stays orthogonal to it.
    void restart() {
        solve();
        multiply(Columns(right_, 0, columns_), vectors_, right_, threads_);
        multiply(Columns(left_, 0, columns_), vectors_, left_, threads_);
        gram_.setZero();
        gram_.topLeftCorner(index(kept_), index(kept_)) = squares_.asDiagonal();
        if (ended_.rows() != 0) {
            const Eigen::MatrixXd coupled = ended_.leftCols(index(columns_)) * vectors_;
            ended_.leftCols(index(kept_)) = coupled;
            ended_.rightCols(ended_.cols() - index(kept_)).setZero();
        }
        columns_ = kept_;
        restarted_ = true;
    }

    const SparseMatrix& matrix_;
    const SparseMatrix& transposed_;
    std::size_t rank_;
    std::size_t block_;
    std::size_t kept_; ///< columns of a space that is restarted
    std::size_t threads_;
    Random random_;
    EmbeddingTable<float> right_;
    EmbeddingTable<float> left_;
    EmbeddingTable<float> next_;
    EmbeddingTable<float> image_; ///< A times the last block
    Eigen::MatrixXd gram_;        ///< left^T left
    std::size_t columns_ = 0;     ///< of the space
    std::size_t next_width_ = 0;  ///< columns of the next block that are not zero
    bool restarted_ = false;      ///< since the last expansion
    Eigen::MatrixXd coupling_;    ///< next^T A^T A times the last block
    Eigen::MatrixXd ended_;       ///< the same of earlier chains' ends, by columns of the space
    Eigen::MatrixXd vectors_;     ///< by columns of the space
    Eigen::VectorXd squares_;
};

} // namespace firth::detail
