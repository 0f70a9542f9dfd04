/// Weighed counts and their singular vectors, against Eigen's dense decomposition.

#include <firth/train/lsa.hpp>

#include <Eigen/SVD>

#include <algorithm>
#include <cmath>

#include <firth/query/similarity.hpp>
#include <firth/text/count_cooccurrences.hpp>

#include "support.hpp"

using namespace firth;

namespace {

CooccurrenceCounts random_matrix(std::size_t symbols, double density) {
    Random random(3);
    std::vector<std::vector<Cooccurrence>> rows(symbols);
    for (auto& row : rows) {
        for (Id j = 0; j < symbols; ++j) {
            if (static_cast<double>(random.uniform()) < density) {
                row.push_back({j, 0.5f + 3 * random.uniform()});
            }
        }
    }
    return CooccurrenceCounts(rows);
}

Eigen::MatrixXd dense(const CooccurrenceCounts& counts) {
    const auto n = static_cast<Eigen::Index>(counts.symbols());
    Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(n, n);
    for (Id i = 0; i < counts.symbols(); ++i) {
        for (const Cooccurrence& entry : counts[i]) {
            matrix(i, entry.column) = static_cast<double>(entry.count);
        }
    }
    return matrix;
}

Eigen::MatrixXd dense(const EmbeddingTable<float>& table) {
    Eigen::MatrixXd matrix(static_cast<Eigen::Index>(table.rows()),
                           static_cast<Eigen::Index>(table.dim()));
    for (std::size_t i = 0; i < table.rows(); ++i) {
        for (std::size_t k = 0; k < table.dim(); ++k) {
            matrix(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) =
                static_cast<double>(table[i][k]);
        }
    }
    return matrix;
}

} // namespace

TEST_CASE("singular values and the matrix they make are those of the whole decomposition") {
    const CooccurrenceCounts counts = random_matrix(300, 0.05);
    const Eigen::MatrixXd matrix = dense(counts);
    const Eigen::JacobiSVD<Eigen::MatrixXd> exact(matrix);
    constexpr std::size_t rank = 12;
    const auto svd = truncated_svd(counts, transposed(counts),
                                   {.rank = rank, .power_iterations = 8, .threads = 2});
    REQUIRE(svd);
    REQUIRE(svd->values.size() == rank);
    for (std::size_t i = 0; i < rank; ++i) {
        const double want = exact.singularValues()[static_cast<Eigen::Index>(i)];
        REQUIRE(std::fabs(static_cast<double>(svd->values[i]) / want - 1) < 0.01);
    }
    const Eigen::MatrixXd left = dense(svd->left);
    const Eigen::MatrixXd right = dense(svd->right);
    const auto one = Eigen::MatrixXd::Identity(rank, rank);
    REQUIRE((left.transpose() * left - one).norm() < 1e-4);
    REQUIRE((right.transpose() * right - one).norm() < 1e-4);
    Eigen::VectorXd values(rank);
    for (std::size_t i = 0; i < rank; ++i) {
        values[static_cast<Eigen::Index>(i)] = static_cast<double>(svd->values[i]);
    }
    const double missed = (matrix - left * values.asDiagonal() * right.transpose()).norm();
    const double best =
        std::sqrt(exact.singularValues().tail(300 - static_cast<Eigen::Index>(rank)).squaredNorm());
    REQUIRE(missed < 1.01 * best);

    // The same bytes with other threads.
    const auto again = truncated_svd(counts, transposed(counts),
                                     {.rank = rank, .power_iterations = 8, .threads = 1});
    REQUIRE(test::bytes_of(again->left) == test::bytes_of(svd->left));
    REQUIRE(test::bytes_of(again->right) == test::bytes_of(svd->right));
}

TEST_CASE("a matrix of low rank has zeros beyond it") {
    std::vector<std::vector<Cooccurrence>> rows(40);
    for (Id i = 0; i < 40; ++i) {
        for (Id j = 0; j < 40; ++j) {
            rows[i].push_back({j, static_cast<float>((i + 1) * (j + 2))});
        }
    }
    const CooccurrenceCounts counts(rows);
    const auto svd = truncated_svd(counts, transposed(counts), {.rank = 4});
    REQUIRE(svd);
    const double first = dense(counts).norm(); // of a rank of one all is in the first
    REQUIRE(std::fabs(static_cast<double>(svd->values[0]) / first - 1) < 1e-5);
    REQUIRE(svd->values[1] < 1e-3f * svd->values[0]);
    for (std::size_t i = 0; i < 40; ++i) {
        REQUIRE(std::isfinite(svd->left[i][3]));
    }
    REQUIRE_THROWS_AS(truncated_svd(counts, counts, {.rank = 41}), OptionError);
    REQUIRE_FALSE(truncated_svd(
        counts, counts, {.rank = 2, .after_pass = [](std::size_t, std::size_t) { return false; }}));
}

TEST_CASE("positive PMI is what its formula says") {
    const CooccurrenceCounts counts = random_matrix(40, 0.3);
    const Eigen::MatrixXd matrix = dense(counts);
    for (const double smoothing : {1.0, 0.75}) {
        for (const double shift : {1.0, 1.5}) {
            const CooccurrenceCounts weights =
                weighed(counts, PositivePmi{.shift = shift, .smoothing = smoothing});
            const Eigen::VectorXd columns =
                matrix.colwise().sum().array().pow(smoothing).transpose();
            for (Eigen::Index i = 0; i < 40; ++i) {
                for (Eigen::Index j = 0; j < 40; ++j) {
                    double want = 0;
                    if (matrix(i, j) > 0) {
                        want = std::log(matrix(i, j) / matrix.row(i).sum() /
                                        (columns[j] / columns.sum())) -
                               std::log(shift);
                    }
                    const float got = weights.count(static_cast<Id>(i), static_cast<Id>(j));
                    REQUIRE(std::fabs(static_cast<double>(got) - std::max(0.0, want)) < 1e-5);
                }
            }
        }
    }
}

TEST_CASE("vectors of weighed counts put words of a group together") {
    const EncodedCorpus corpus = test::grouped_corpus(3000);
    const auto counts = count_cooccurrences(corpus.corpus, corpus.vocabulary.size(), {.window = 5});
    const auto check = [&](const TrainedVectors& trained) {
        REQUIRE(trained.vectors.dim() == 12);
        REQUIRE(similarity(trained.vectors, "g1w0", "g1w1") >
                similarity(trained.vectors, "g1w0", "g2w1") + 0.5f);
    };
    check(train_lsa(corpus.vocabulary, counts, {.dim = 12}));
    check(train_lsa(corpus.vocabulary, counts, {.dim = 12, .value_power = 0}));
    check(train_lsa(corpus.vocabulary, counts, {.dim = 12, .vectors = VectorChoice::sum}));
    const TrainedVectors logs = train_lsa(corpus.vocabulary, counts, {.dim = 12}, LogCount());
    REQUIRE(similarity(logs.vectors, "g1w0", "g1w1") > similarity(logs.vectors, "g1w0", "g2w1"));

    REQUIRE_THROWS_AS(train_lsa(corpus.vocabulary, counts, {.dim = 51}), OptionError);
    REQUIRE_THROWS_AS(train_lsa(corpus.vocabulary, counts, {.value_power = 2}), OptionError);
    REQUIRE(test::contains(test::message_of<Error>([&] {
                               static_cast<void>(train_lsa(corpus.vocabulary, counts, {.dim = 2},
                                                           PositivePmi{.shift = 1e9}));
                           }),
                           "nothing can be learnt"));
    REQUIRE(train_lsa(corpus.vocabulary, counts, {.dim = 2}, PositivePmi(), [](const Progress&) {
                return false;
            }).stats.cancelled);
}
