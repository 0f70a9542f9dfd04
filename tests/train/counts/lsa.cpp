/// Weighed counts and their singular vectors, against Eigen's dense decomposition.

#include <firth/train/counts/lsa.hpp>

#include <Eigen/SVD>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <firth/corpus/count_cooccurrences.hpp>
#include <firth/query/similarity.hpp>

#include "../support.hpp"

using namespace firth;

namespace {

CooccurrenceCounts random_matrix(std::size_t symbols, double density) {
    Random random(3);
    std::vector<std::vector<SparseEntry>> rows(symbols);
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
    const auto n = static_cast<Eigen::Index>(counts.rows());
    Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(n, n);
    for (Id i = 0; i < counts.rows(); ++i) {
        for (const SparseEntry& entry : counts[i]) {
            matrix(i, entry.column) = static_cast<double>(entry.value);
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

struct Whole {
    Eigen::MatrixXd left;
    Eigen::VectorXd values;
    Eigen::MatrixXd right;
};

/// The whole decomposition, by another algorithm than the library's.
Whole whole(const CooccurrenceCounts& counts) {
    const Eigen::BDCSVD<Eigen::MatrixXd> svd(dense(counts),
                                             Eigen::ComputeThinU | Eigen::ComputeThinV);
    return {svd.matrixU(), svd.singularValues(), svd.matrixV()};
}

/// A sparse matrix of blocks along the diagonal, each with one large singular value of its own:
/// `values` but for the noise, in an order and of signs that show nothing.
CooccurrenceCounts matrix_of_values(std::size_t symbols, const std::vector<double>& values,
                                    double noise) {
    Random random(8);
    std::vector<Id> order(symbols);
    std::iota(order.begin(), order.end(), Id{0});
    shuffle(std::span(order), random);
    const std::size_t side = symbols / values.size();
    std::vector<std::map<Id, float>> rows(symbols);
    for (std::size_t block = 0; block < values.size(); ++block) {
        const float each = static_cast<float>(values[block] / static_cast<double>(side));
        for (std::size_t i = 0; i < side; ++i) {
            for (std::size_t j = 0; j < side; ++j) {
                rows[order[block * side + i]][order[(block * side + j + 5) % symbols]] += each;
            }
        }
    }
    for (Id i = 0; i < symbols; ++i) {
        for (int k = 0; k < 4; ++k) {
            const Id j = random.below(static_cast<std::uint32_t>(symbols));
            rows[i][j] += static_cast<float>(noise) * random.uniform();
        }
    }
    std::vector<std::vector<SparseEntry>> result(symbols);
    for (Id i = 0; i < symbols; ++i) {
        for (const auto& [column, value] : rows[i]) {
            result[i].push_back({column, value});
        }
    }
    return CooccurrenceCounts(result);
}

/// Values within `tolerance` of the exact ones; columns orthonormal; each side's first vectors in
/// the span of those exact ones whose values are not clearly others (within `gap`).
void require_svd(const TruncatedSvd& svd, const CooccurrenceCounts& counts, double tolerance,
                 double least_cosine, double gap = 0.01) {
    const auto exact = whole(counts);
    const auto rank = static_cast<Eigen::Index>(svd.values.size());
    const Eigen::MatrixXd left = dense(svd.left);
    const Eigen::MatrixXd right = dense(svd.right);
    const auto one = Eigen::MatrixXd::Identity(rank, rank);
    REQUIRE(left.cols() == rank);
    REQUIRE((left.transpose() * left - one).norm() < 1e-4);
    REQUIRE((right.transpose() * right - one).norm() < 1e-4);
    for (Eigen::Index i = 0; i < rank; ++i) {
        const double want = exact.values[i];
        const double got = static_cast<double>(svd.values[static_cast<std::size_t>(i)]);
        INFO("singular value " << i << ": " << got << ", exactly " << want);
        REQUIRE(std::fabs(got / want - 1) < tolerance);
        Eigen::Index first = i;
        Eigen::Index last = i + 1;
        while (first > 0 && exact.values[first - 1] < want * (1 + gap)) {
            --first;
        }
        while (last < exact.values.size() && exact.values[last] > want * (1 - gap)) {
            ++last;
        }
        const auto near = [&](const Eigen::MatrixXd& vectors, const Eigen::VectorXd& vector) {
            return (vectors.middleCols(first, last - first).transpose() * vector).norm();
        };
        INFO("vectors " << first << " to " << last);
        REQUIRE(near(exact.left, left.col(i)) > least_cosine);
        REQUIRE(near(exact.right, right.col(i)) > least_cosine);
        // Left and right vectors belong together, sign and all.
        REQUIRE((dense(counts) * right.col(i) - got * left.col(i)).norm() < 0.05 * got);
    }
}

std::string bytes_of(const TruncatedSvd& svd) {
    return test::bytes_of(svd.left) + test::bytes_of(svd.right) +
           std::string(reinterpret_cast<const char*>(svd.values.data()),
                       svd.values.size() * sizeof(float));
}

} // namespace

TEST_CASE("small matrices are decomposed exactly", "[svd]") {
    // Random values are close to each other: the case that few iterations get wrong.
    for (const double density : {0.02, 0.3}) {
        const CooccurrenceCounts counts = random_matrix(150, density);
        const auto svd = truncated_svd(counts, transposed(counts), {.rank = 12});
        REQUIRE(svd);
        REQUIRE(svd->directions == 0);
        REQUIRE(svd->converged);
        require_svd(*svd, counts, 1e-6, 0.99999, 1e-4);
    }
    const CooccurrenceCounts close = matrix_of_values(
        120, {10, 9.99, 9.98, 9.9, 9.8, 9.79, 9.5, 9.49, 9.48, 9.4, 9.3, 9.2}, 0.1);
    const auto svd = truncated_svd(close, transposed(close), {.rank = 5});
    REQUIRE(svd);
    require_svd(*svd, close, 1e-6, 0.99999, 1e-5);
    // Of all the values, too.
    const CooccurrenceCounts few = random_matrix(20, 0.5);
    require_svd(*truncated_svd(few, transposed(few), {.rank = 20}), few, 1e-5, 0.9999, 1e-4);
    REQUIRE(SvdOptions().exact_symbols >= 529);
    // Values that occur many times.
    const CooccurrenceCounts same = matrix_of_values(120, std::vector<double>(30, 4.0), 0);
    const auto repeated = truncated_svd(same, transposed(same), {.rank = 30});
    REQUIRE((dense(repeated->left).transpose() * dense(repeated->left) -
             Eigen::MatrixXd::Identity(30, 30))
                .norm() < 1e-5);
    REQUIRE((4 * dense(repeated->left) - dense(same) * dense(repeated->right)).norm() < 1e-5);
}

TEST_CASE("large matrices are iterated until values and vectors stand", "[svd]") {
    const std::size_t threads = 2;
    // More rows than one thread works on at a time, so that sums have several parts.
    const CooccurrenceCounts steps = matrix_of_values(
        520, {10, 9.9, 9.5, 9, 8, 7.7, 7.4, 7.2, 7, 6.9, 6.8, 6.7, 6.6, 6.5, 6.4}, 0.3);
    for (const CooccurrenceCounts& counts :
         {random_matrix(150, 0.02), random_matrix(150, 0.3), steps}) {
        const auto svd =
            truncated_svd(counts, transposed(counts),
                          {.rank = 6, .exact_symbols = counts.rows() - 1, .threads = threads});
        REQUIRE(svd);
        REQUIRE(svd->converged);
        REQUIRE(svd->directions > 6);
        require_svd(*svd, counts, 2e-3, 0.99, 0.02);
    }
    // All the vectors that there are.
    const CooccurrenceCounts few = random_matrix(20, 0.5);
    require_svd(*truncated_svd(few, transposed(few), {.rank = 20, .exact_symbols = 0}), few, 1e-4,
                0.9999, 1e-3);
    // Close values inside of what is looked for, and beyond it.
    const CooccurrenceCounts close = matrix_of_values(
        520, {10, 9.99, 9.98, 9.9, 9.8, 9.79, 9.5, 9.49, 9.48, 9.4, 9.3, 9.2}, 0.02);
    const auto svd = truncated_svd(close, transposed(close),
                                   {.rank = 5, .exact_symbols = 0, .threads = threads});
    REQUIRE(svd->converged);
    require_svd(*svd, close, 1e-4, 0.999, 0.005);
}

TEST_CASE("tolerances and the bound on directions say when to stop", "[svd]") {
    const CooccurrenceCounts counts = random_matrix(200, 0.1);
    const CooccurrenceCounts other = transposed(counts);
    const auto run = [&](SvdOptions options) {
        options.rank = 8;
        options.exact_symbols = 0;
        options.threads = 2;
        if (options.block == SvdOptions().block) options.block = 2;
        return *truncated_svd(counts, other, options);
    };
    const Whole exact = whole(counts);
    const auto worst = [&](const TruncatedSvd& svd) {
        double most = 0;
        for (std::size_t i = 0; i < svd.values.size(); ++i) {
            most = std::max(most, 1 - static_cast<double>(svd.values[i]) /
                                          exact.values[static_cast<Eigen::Index>(i)]);
        }
        return most;
    };
    const TruncatedSvd usual = run({});
    REQUIRE(usual.converged);
    REQUIRE(worst(usual) < 2e-3);
    // Never fewer than there must be for so many vectors.
    for (const std::size_t bound : {1u, 8u, 9u, 14u}) {
        const TruncatedSvd stopped = run({.max_directions = bound});
        REQUIRE(stopped.directions == std::max<std::size_t>(round_up(bound, 2), 8));
        REQUIRE_FALSE(stopped.converged);
        REQUIRE(worst(stopped) > 2e-3);
    }
    const TruncatedSvd loose = run({.turn_tolerance = 1, .value_tolerance = 1});
    const TruncatedSvd tight = run({.turn_tolerance = 2e-6});
    REQUIRE(loose.directions < usual.directions);
    REQUIRE(tight.directions > usual.directions);
    REQUIRE(loose.converged);
    REQUIRE(tight.converged);
    REQUIRE(worst(tight) < 1e-5);
    require_svd(tight, counts, 1e-5, 0.9999, 1e-4);
    // Both went on with the best of what they had found, the second more than once.
    const std::size_t most = 3 * 8 + 8 * 2;
    REQUIRE(usual.directions > most);
    REQUIRE(tight.directions > most + (most - 10)); // it keeps 10
    // Wider blocks need more directions, in fewer steps.
    const TruncatedSvd wide = run({.block = 8});
    REQUIRE(wide.directions > usual.directions);
    REQUIRE(wide.directions / 8 < usual.directions / 2);
    REQUIRE(run({.block = 5000}).directions == 200); // all there is
    // Without a bound given, ten times the rank, or 1000.
    REQUIRE(run({.turn_tolerance = 0}).directions == 1000);
    REQUIRE(truncated_svd(counts, other, {.rank = 101, .exact_symbols = 0, .turn_tolerance = -1})
                ->converged); // there are no more than 200
    REQUIRE(SvdOptions().max_directions == 0);
    REQUIRE(SvdOptions().value_tolerance == 1e-4);
    REQUIRE(SvdOptions().turn_tolerance == 0.01);
    REQUIRE(SvdOptions().block == 16);
}

TEST_CASE("values that occur more often than a block is wide are all found", "[svd]") {
    std::vector<double> values(30, 10.0);
    values.insert(values.end(), 30, 5.0);
    const CooccurrenceCounts counts = matrix_of_values(900, values, 0);
    const CooccurrenceCounts other = transposed(counts);
    const auto run = [&](SvdOptions options) {
        options.rank = 40;
        options.block = 4;
        return *truncated_svd(counts, other, options);
    };
    const TruncatedSvd svd = run({});
    REQUIRE(svd.converged);
    for (std::size_t i = 0; i < 40; ++i) {
        REQUIRE(std::fabs(svd.values[i] / (i < 30 ? 10.0f : 5.0f) - 1) < 1e-4f);
    }
    const Eigen::MatrixXd left = dense(svd.left);
    const Eigen::MatrixXd right = dense(svd.right);
    const auto one = Eigen::MatrixXd::Identity(40, 40);
    REQUIRE((left.transpose() * left - one).norm() < 1e-4);
    REQUIRE((right.transpose() * right - one).norm() < 1e-4);
    for (Eigen::Index i = 0; i < 40; ++i) {
        const double value = static_cast<double>(svd.values[static_cast<std::size_t>(i)]);
        REQUIRE((dense(counts) * right.col(i) - value * left.col(i)).norm() < 1e-3);
        REQUIRE((dense(counts).transpose() * left.col(i) - value * right.col(i)).norm() < 1e-3);
    }
    // All that there is, of one value.
    std::vector<std::vector<SparseEntry>> diagonal(20);
    for (Id i = 0; i < 20; ++i) {
        diagonal[i] = {{i, 3.0f}};
    }
    const CooccurrenceCounts same(diagonal);
    const auto all = truncated_svd(same, same, {.rank = 20, .exact_symbols = 0});
    REQUIRE(all->converged);
    for (const float value : all->values) {
        REQUIRE(std::fabs(value - 3) < 1e-5f);
    }
    // What is found without looking beyond the first directions.
    REQUIRE(run({.value_tolerance = 10}).values[29] < 6);
}

TEST_CASE("a growing space knows how far its vectors are from standing", "[svd]") {
    const CooccurrenceCounts counts = random_matrix(300, 0.1);
    const CooccurrenceCounts other = transposed(counts);
    const Eigen::MatrixXd product = dense(counts).transpose() * dense(counts);
    constexpr std::size_t rank = 8;
    detail::BlockLanczos space(counts, other, rank, 4, 2, 1);
    const std::size_t most = 3 * rank + 8 * 4;
    REQUIRE(space.begin_chain());
    std::size_t restarts = 0;
    for (int step = 1; step <= 40; ++step) {
        const std::size_t before = space.columns();
        REQUIRE(space.expand([] { return true; }));
        restarts += space.columns() < before;
        space.solve();
        EmbeddingTable<float> left(300, rank);
        EmbeddingTable<float> right(300, rank);
        space.take(left, right);
        const Eigen::MatrixXd vectors = dense(right);
        for (std::size_t i = 0; i < std::min(rank, space.columns()); ++i) {
            const Eigen::VectorXd vector = vectors.col(static_cast<Eigen::Index>(i));
            const double square = space.square(i);
            const double turn = (product * vector - square * vector).norm() / square;
            INFO("step " << step << ", vector " << i << " turns by " << turn);
            REQUIRE(space.turn(i) >= 0.8 * turn - 1e-4);
            REQUIRE(space.turn(i) <= 2 * turn + 1e-4);
        }
        // Chains that end long before anything stands, with a restart before and between them.
        if (step == 5 || step == 18 || step == 20) REQUIRE(space.begin_chain());
    }
    REQUIRE(restarts > 1);
    REQUIRE(space.columns() <= most);
}

TEST_CASE("decompositions do not depend on threads, iterated ones do on the seed", "[svd]") {
    const CooccurrenceCounts counts = random_matrix(1100, 0.01);
    const CooccurrenceCounts other = transposed(counts);
    const auto run = [&](SvdOptions options) {
        options.rank = 4;
        options.max_directions = 48;
        options.block = 3;
        return bytes_of(*truncated_svd(counts, other, options));
    };
    const std::string one = run({.threads = 1});
    REQUIRE(run({.threads = 2}) == one);
    REQUIRE(run({.threads = 5}) == one);
    REQUIRE(run({.threads = 2, .seed = 2}) != one);
}

TEST_CASE("passes over the matrix are told, and any of them can be the last", "[svd]") {
    const CooccurrenceCounts counts = random_matrix(100, 0.2);
    const CooccurrenceCounts other = transposed(counts);
    for (const std::size_t exact_symbols : {std::size_t{0}, std::size_t{100}}) {
        std::vector<std::size_t> passes;
        std::size_t all = 0;
        std::size_t stop_at = 1000;
        const auto run = [&] {
            passes.clear();
            return truncated_svd(counts, other,
                                 {.rank = 3,
                                  .exact_symbols = exact_symbols,
                                  .after_pass = [&](std::size_t done, std::size_t total) {
                                      passes.push_back(done);
                                      all = total;
                                      return passes.size() < stop_at;
                                  }});
        };
        REQUIRE(run());
        REQUIRE(all == (exact_symbols == 0 ? 12u : 1u));
        REQUIRE(std::is_sorted(passes.begin(), passes.end()));
        REQUIRE(passes.back() == all);
        for (stop_at = passes.size(); stop_at > 0; --stop_at) {
            REQUIRE_FALSE(run());
            REQUIRE(passes.size() == stop_at);
        }
    }
}

TEST_CASE("a matrix of low rank has zeros beyond it", "[svd]") {
    std::vector<std::vector<SparseEntry>> rows(40);
    for (Id i = 0; i < 40; ++i) {
        for (Id j = 0; j < 40; ++j) {
            rows[i].push_back({j, static_cast<float>((i + 1) * (j + 2))});
        }
    }
    const CooccurrenceCounts counts(rows);
    for (const std::size_t exact_symbols : {std::size_t{0}, std::size_t{40}}) {
        const auto svd =
            truncated_svd(counts, transposed(counts), {.rank = 4, .exact_symbols = exact_symbols});
        REQUIRE(svd);
        REQUIRE(svd->converged);
        const double first = dense(counts).norm(); // of a rank of one all is in the first
        REQUIRE(std::fabs(static_cast<double>(svd->values[0]) / first - 1) < 1e-5);
        for (std::size_t k = 1; k < 4; ++k) {
            REQUIRE(svd->values[k] < 1e-5f * svd->values[0]);
            const bool is_zero = svd->values[k] == 0;
            REQUIRE((dense(svd->left).col(static_cast<Eigen::Index>(k)).norm() == 0) == is_zero);
            REQUIRE((dense(svd->right).col(static_cast<Eigen::Index>(k)).norm() == 0) == is_zero);
        }
        if (exact_symbols != 0) REQUIRE(svd->values[1] == 0);
    }
    REQUIRE_THROWS_AS(truncated_svd(counts, counts, {.rank = 41}), OptionError);
    REQUIRE_THROWS_AS(truncated_svd(counts, counts, {.rank = 0}), OptionError);
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
                    const float got = weights.value(static_cast<Id>(i), static_cast<Id>(j));
                    REQUIRE(std::fabs(static_cast<double>(got) - std::max(0.0, want)) < 1e-5);
                }
            }
        }
    }
}

TEST_CASE("weights of the other kinds are what their formulas say", "[weights]") {
    const CooccurrenceCounts counts = random_matrix(40, 0.3);
    const CooccurrenceCounts logs = weighed(counts, LogCount());
    REQUIRE(logs.size() == counts.size());
    for (Id i = 0; i < 40; ++i) {
        for (const SparseEntry& entry : counts[i]) {
            REQUIRE(logs.value(i, entry.column) ==
                    static_cast<float>(std::log1p(static_cast<double>(entry.value))));
        }
    }
    REQUIRE(LogCount().smoothing == 1);
    REQUIRE(PositivePmi().shift == 1);
    REQUIRE(PositivePmi().smoothing == 0.75);
    // One's own: what it is given, by a count that it can be worked out from.
    struct Sums {
        double smoothing = 0.5;
        [[nodiscard]] double weight(const PairSums& sums) const {
            return static_cast<double>(sums.count) + 10 * sums.row + 100 * sums.column +
                   1000 * sums.total;
        }
    };
    static_assert(Association<Sums>);
    const CooccurrenceCounts three(
        std::vector<std::vector<SparseEntry>>{{{0, 3.0f}, {2, 1.0f}}, {}, {{0, 1.0f}}});
    const CooccurrenceCounts sums = weighed(three, Sums());
    const double total = 2 + 0 + 1; // the roots of the columns' 4, 0 and 1
    REQUIRE(sums.value(0, 0) == static_cast<float>(3 + 10 * 4 + 100 * 2 + 1000 * total));
    REQUIRE(sums.value(0, 2) == static_cast<float>(1 + 10 * 4 + 100 * 1 + 1000 * total));
    REQUIRE(sums.value(2, 0) == static_cast<float>(1 + 10 * 1 + 100 * 2 + 1000 * total));
    REQUIRE(sums.size() == 3);
    // A weight of zero leaves the pair out; threads and memory change nothing.
    const CooccurrenceCounts many = random_matrix(300, 0.1);
    const CooccurrenceCounts positive = weighed(many, PositivePmi{.shift = 10});
    REQUIRE(positive.size() < many.size());
    const test::TemporaryFolder folder;
    for (const std::size_t threads : {1u, 3u}) {
        for (const std::uint64_t memory : {std::uint64_t{0}, std::uint64_t{1} << 30}) {
            const CooccurrenceCounts again =
                weighed(many, PositivePmi{.shift = 10},
                        {.memory = memory, .folder = folder / "", .threads = threads});
            for (Id i = 0; i < 300; ++i) {
                REQUIRE(std::ranges::equal(again[i], positive[i]));
            }
        }
    }
    REQUIRE(folder.files() == 0);
}

TEST_CASE("vectors are singular vectors, scaled by powers of singular values", "[lsa]") {
    const CooccurrenceCounts counts = random_matrix(60, 0.3);
    Vocabulary vocabulary;
    for (int i = 0; i < 60; ++i) {
        vocabulary.add("w" + std::to_string(i), 1);
    }
    const auto exact = whole(weighed(counts, PositivePmi()));
    for (const double power : {0.0, 0.5, 1.0}) {
        const TrainedVectors input =
            train_lsa(vocabulary, counts, {.dim = 5, .value_power = power});
        const TrainedVectors output = train_lsa(
            vocabulary, counts, {.dim = 5, .value_power = power, .vectors = VectorChoice::output});
        const Eigen::MatrixXd words = dense(input.vectors.table());
        const Eigen::MatrixXd contexts = dense(input.output);
        for (Eigen::Index k = 0; k < 5; ++k) {
            const double scale = std::pow(exact.values[k], power);
            const double sign = exact.left.col(k).dot(words.col(k)) < 0 ? -1 : 1;
            REQUIRE((words.col(k) - sign * scale * exact.left.col(k)).norm() < 1e-4 * scale);
            REQUIRE((contexts.col(k) - sign * scale * exact.right.col(k)).norm() < 1e-4 * scale);
        }
        REQUIRE(test::bytes_of(output.vectors.table()) == test::bytes_of(input.output));
        REQUIRE(input.vectors.word(7) == "w7");
        const Eigen::MatrixXd sum =
            dense(train_lsa(vocabulary, counts,
                            {.dim = 5, .value_power = power, .vectors = VectorChoice::sum})
                      .vectors.table());
        REQUIRE((sum - words - contexts).norm() < 1e-5 * words.norm());
        const Eigen::MatrixXd both =
            dense(train_lsa(vocabulary, counts,
                            {.dim = 5, .value_power = power, .vectors = VectorChoice::both})
                      .vectors.table());
        REQUIRE(both.leftCols(5) == words);
        REQUIRE(both.rightCols(5) == contexts);
    }
    const LsaOptions defaults;
    REQUIRE(defaults.dim == 100);
    REQUIRE(defaults.value_power == 0.5);
    REQUIRE(defaults.vectors == VectorChoice::input);
    const auto bytes = [&](const LsaOptions& options) {
        return test::bytes_of(train_lsa(vocabulary, counts, options).vectors.table());
    };
    REQUIRE(bytes({.dim = 5}) == bytes({.dim = 5, .value_power = 0.5}));
    REQUIRE(bytes({.dim = 5}) == bytes({.dim = 5, .memory = 0, .threads = 3}));
}

TEST_CASE("options of decompositions reach them", "[lsa]") {
    // More words than are decomposed whole.
    const std::size_t words = SvdOptions().exact_symbols + 1;
    const CooccurrenceCounts counts = random_matrix(words, 0.01);
    Vocabulary vocabulary;
    for (std::size_t i = 0; i < words; ++i) {
        vocabulary.add("w" + std::to_string(i), 1);
    }
    std::vector<std::uint64_t> passes;
    const auto bytes = [&](const LsaOptions& options) {
        passes.clear();
        return test::bytes_of(
            train_lsa(vocabulary, counts, options, PositivePmi(), [&](const Progress& progress) {
                passes.push_back(progress.done);
                return true;
            }).vectors.table());
    };
    const std::string two = bytes({.dim = 2, .max_directions = 32});
    REQUIRE(passes == std::vector<std::uint64_t>{1, 2, 3, 4});
    REQUIRE(bytes({.dim = 2, .max_directions = 48}) != two);
    REQUIRE(passes.size() == 6);
    REQUIRE(bytes({.dim = 2, .max_directions = 32, .seed = 9}) != two);
    REQUIRE(bytes({.dim = 2, .max_directions = 32, .threads = 1}) ==
            bytes({.dim = 2, .max_directions = 32, .threads = 3}));
}

TEST_CASE("vectors of weighed counts put words of a group together") {
    const EncodedCorpus corpus = test::grouped_corpus(3000);
    const auto counts = count_cooccurrences(corpus, {.window = 5});
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
    REQUIRE_THROWS_AS(train_lsa(corpus.vocabulary, counts, {.dim = 2, .value_power = 1.01}),
                      OptionError);
    REQUIRE_THROWS_AS(train_lsa(corpus.vocabulary, counts, {.dim = 2, .value_power = -0.01}),
                      OptionError);
    REQUIRE_THROWS_AS(train_lsa(corpus.vocabulary, counts, {.dim = 0}), OptionError);
    REQUIRE_THROWS_AS(train_lsa(corpus.vocabulary, counts, {.dim = 2, .threads = 100000}),
                      OptionError);
    REQUIRE_THROWS_AS(train_lsa(Vocabulary(), counts, {.dim = 2}), Error);
    REQUIRE(test::contains(test::message_of<Error>([&] {
                               static_cast<void>(train_lsa(corpus.vocabulary, counts, {.dim = 2},
                                                           PositivePmi{.shift = 1e9}));
                           }),
                           "nothing can be learnt"));
    REQUIRE(train_lsa(corpus.vocabulary, counts, {.dim = 2}, PositivePmi(), [](const Progress&) {
                return false;
            }).stats.cancelled);
}
