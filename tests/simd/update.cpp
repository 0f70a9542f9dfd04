#include <algorithm>
#include <numeric>
#include <tuple>

#include "levels.hpp"

using namespace firth;

namespace {

/// A window in double, straight from the equations.
struct NaiveWindow {
    using Table = std::vector<std::vector<double>>;
    Table contexts;
    Table outputs;
    std::vector<double> weights; ///< of the contexts, if any
    std::size_t positives = 1;
    double loss = 0;

    /// Skip-gram: every context meets every output.
    void skip_gram(double learning_rate) {
        Table new_contexts = contexts;
        Table new_outputs = outputs;
        for (std::size_t c = 0; c < contexts.size(); ++c) {
            for (std::size_t o = 0; o < outputs.size(); ++o) {
                const double g = learning_rate * gradient(contexts[c], o);
                for (std::size_t i = 0; i < contexts[c].size(); ++i) {
                    new_contexts[c][i] += g * outputs[o][i];
                    new_outputs[o][i] += g * contexts[c][i];
                }
            }
        }
        contexts = new_contexts;
        outputs = new_outputs;
    }

    /// CBOW: the contexts' mean meets every output.
    void bag_of_words(double learning_rate, double share) {
        std::vector<double> mean(contexts[0].size());
        std::vector<double> change(mean.size());
        std::vector<double> shares = weights;
        if (shares.empty()) shares.assign(contexts.size(), 1);
        const double total = std::accumulate(shares.begin(), shares.end(), 0.0);
        for (std::size_t c = 0; c < contexts.size(); ++c) {
            for (std::size_t i = 0; i < mean.size(); ++i) {
                mean[i] += shares[c] / total * contexts[c][i];
            }
        }
        Table new_outputs = outputs;
        for (std::size_t o = 0; o < outputs.size(); ++o) {
            const double g = learning_rate * gradient(mean, o);
            for (std::size_t i = 0; i < mean.size(); ++i) {
                change[i] += g * outputs[o][i];
                new_outputs[o][i] += g * mean[i];
            }
        }
        outputs = new_outputs;
        for (auto& context : contexts) {
            for (std::size_t i = 0; i < mean.size(); ++i) {
                context[i] += share * change[i];
            }
        }
    }

private:
    double gradient(const std::vector<double>& context, std::size_t o) {
        double score = 0;
        for (std::size_t i = 0; i < context.size(); ++i) {
            score += context[i] * outputs[o][i];
        }
        const double probability = 1.0 / (1.0 + std::exp(-score));
        loss -= std::log(o < positives ? probability : 1.0 - probability);
        return (o < positives ? 1.0 : 0.0) - probability;
    }
};

/// Rows for a window, and the same in double.
struct Window {
    Window(std::size_t contexts, std::size_t outputs, std::size_t dim_, Random& random)
        : dim(dim_), padded(padded_dim<float>(dim_)), in(contexts * padded), out(outputs * padded) {
        // One positive, as in negative sampling, or any number, as in hierarchical softmax.
        const auto any = random.below(static_cast<std::uint32_t>(outputs + 1));
        naive.positives = random.below(2) == 0 ? 1 : any;
        fill(in, contexts, naive.contexts, in_rows, random);
        fill(out, outputs, naive.outputs, out_rows, random);
    }

    [[nodiscard]] simd::WindowRows rows() const {
        return {in_rows.data(),
                in_rows.size(),
                out_rows.data(),
                out_rows.size(),
                padded,
                naive.positives,
                weights.empty() ? nullptr : weights.data()};
    }

    /// Gives each context a weight.
    void weigh(Random& random) {
        for (std::size_t c = 0; c < in_rows.size(); ++c) {
            weights.push_back(1 + random.uniform() * 20);
            naive.weights.push_back(static_cast<double>(weights.back()));
        }
    }

    void check() const {
        check(in_rows, naive.contexts);
        check(out_rows, naive.outputs);
    }

    std::size_t dim;
    std::size_t padded;
    AlignedBuffer<float> in;
    AlignedBuffer<float> out;
    std::vector<float*> in_rows;
    std::vector<float*> out_rows;
    std::vector<float> weights; ///< of the contexts, if any
    NaiveWindow naive;

private:
    void fill(AlignedBuffer<float>& table, std::size_t count, NaiveWindow::Table& copy,
              std::vector<float*>& pointers, Random& random) const {
        for (std::size_t r = 0; r < count; ++r) {
            copy.emplace_back();
            pointers.push_back(table.data() + r * padded);
            for (std::size_t i = 0; i < dim; ++i) {
                pointers[r][i] = random.uniform() - 0.5f;
                copy[r].push_back(static_cast<double>(pointers[r][i]));
            }
        }
    }
    void check(const std::vector<float*>& actual, const NaiveWindow::Table& expected) const {
        for (std::size_t r = 0; r < actual.size(); ++r) {
            for (std::size_t i = 0; i < padded; ++i) {
                const double want = i < dim ? expected[r][i] : 0.0;
                if (!(std::fabs(static_cast<double>(actual[r][i]) - want) <= 4e-6)) {
                    FAIL("row " << r << " element " << i << " is " << actual[r][i] << ", expected "
                                << want);
                }
            }
        }
    }
};

constexpr float untouched = 77.0f;

AlignedBuffer<float> guarded_scratch(std::size_t size) {
    AlignedBuffer<float> scratch(size + 16);
    std::fill(scratch.begin() + size, scratch.end(), untouched);
    return scratch;
}

bool guard_holds(const AlignedBuffer<float>& scratch) {
    return std::all_of(scratch.end() - 16, scratch.end(),
                       [](float value) { return value == untouched; });
}

} // namespace

TEST_CASE("a skip-gram window's step follows the equations") {
    for (const test::TestedLevel& level : test::tested_levels()) {
        Random random(11);
        for (const std::size_t dim : {1u, 16u, 20u, 50u, 100u, 300u}) {
            for (std::size_t contexts = 1; contexts <= 13; ++contexts) {
                for (const std::size_t outputs : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 11u, 12u, 16u, 21u}) {
                    Window window(contexts, outputs, dim, random);
                    AlignedBuffer<float> scratch =
                        guarded_scratch(simd::skip_gram_scratch_size(contexts, outputs));
                    INFO(level.name << ", dim " << dim << ", " << contexts << " contexts, "
                                    << outputs << " outputs");
                    level.table.skip_gram_window(window.rows(), 0.1f, scratch.data());
                    const double loss =
                        simd::window_loss(window.rows(), simd::Logistic(), 0.1f, scratch.data());
                    window.naive.skip_gram(static_cast<double>(0.1f));
                    REQUIRE(std::fabs(loss - window.naive.loss) <= 1e-5 * window.naive.loss);
                    window.check();
                    REQUIRE(guard_holds(scratch));
                }
            }
        }
    }
}

TEST_CASE("a bag-of-words window's step follows the equations") {
    for (const test::TestedLevel& level : test::tested_levels()) {
        Random random(12);
        for (const std::size_t dim : {1u, 16u, 50u, 300u}) {
            for (const std::size_t contexts : {1u, 2u, 7u, 10u}) {
                for (const std::size_t outputs : {1u, 2u, 5u, 6u, 7u, 11u, 21u}) {
                    for (const float share : {1.0f, 1.0f / static_cast<float>(contexts)}) {
                        Window window(contexts, outputs, dim, random);
                        if (random.below(2) == 0) window.weigh(random);
                        AlignedBuffer<float> scratch =
                            guarded_scratch(simd::cbow_scratch_size(outputs, window.padded));
                        INFO(level.name << ", dim " << dim << ", " << contexts << " contexts, "
                                        << outputs << " outputs, share " << share);
                        level.table.cbow_window(window.rows(), 0.1f, share, scratch.data());
                        simd::WindowRows of_mean = window.rows();
                        of_mean.context_count = 1;
                        const double loss =
                            simd::window_loss(of_mean, simd::Logistic(), 0.1f, scratch.data());
                        window.naive.bag_of_words(static_cast<double>(0.1f),
                                                  static_cast<double>(share));
                        REQUIRE(std::fabs(loss - window.naive.loss) <= 1e-5 * window.naive.loss);
                        window.check();
                        REQUIRE(guard_holds(scratch));
                    }
                }
            }
        }
    }
}

TEST_CASE("a context that occurs twice in a window takes both steps") {
    for (const test::TestedLevel& level : test::tested_levels()) {
        for (const std::size_t outputs : {2u, 6u, 9u}) {
            Random random(4);
            Window twice(1, outputs, 16, random);
            Window once = twice;
            for (std::size_t o = 0; o < outputs; ++o) {
                once.out_rows[o] = once.out.data() + o * 16;
            }
            once.in_rows[0] = once.in.data();
            const std::vector<float> before(once.in.begin(), once.in.end());
            twice.in_rows.push_back(twice.in_rows[0]);
            AlignedBuffer<float> scratch(simd::skip_gram_scratch_size(2, outputs));
            level.table.skip_gram_window(twice.rows(), 0.1f, scratch.data());
            level.table.skip_gram_window(once.rows(), 0.1f, scratch.data());
            INFO(level.name << ", " << outputs << " outputs");
            for (std::size_t i = 0; i < 16; ++i) {
                REQUIRE(std::fabs((twice.in[i] - before[i]) - 2 * (once.in[i] - before[i])) <=
                        2e-6f);
            }
        }
    }
}

TEST_CASE("axpy, scale and adagrad change their elements only") {
    for (const test::TestedLevel& level : test::tested_levels()) {
        Random random(2);
        const simd::KernelTable& kernels = level.table;
        for (const std::size_t n : test::lengths()) {
            test::Vector<float> x(n, n % 4, random);
            test::Vector<float> y(n, 3, random);
            test::Vector<float> squares(n, 1, random);
            std::vector<float> before(y.data(), y.data() + n);
            INFO(level.name << ", " << n << " elements");
            kernels.axpy(0.5f, x.data(), y.data(), n);
            for (std::size_t i = 0; i < n; ++i) {
                REQUIRE(std::fabs(y[i] - (before[i] + 0.5f * x[i])) <= 2e-7f);
            }
            before.assign(y.data(), y.data() + n);
            kernels.scale(-2.0f, y.data(), n);
            for (std::size_t i = 0; i < n; ++i) {
                REQUIRE(y[i] == -2.0f * before[i]);
                squares[i] = 1.0f + squares[i] * squares[i];
            }
            before.assign(y.data(), y.data() + n);
            const std::vector<float> old_squares(squares.data(), squares.data() + n);
            kernels.adagrad(0.05f, x.data(), y.data(), squares.data(), n);
            for (std::size_t i = 0; i < n; ++i) {
                const double g = static_cast<double>(x[i]);
                const double s = static_cast<double>(old_squares[i]);
                const double want =
                    static_cast<double>(before[i]) - static_cast<double>(0.05f) * g / std::sqrt(s);
                REQUIRE(std::fabs(static_cast<double>(y[i]) - want) <= 4e-7);
                REQUIRE(std::fabs(static_cast<double>(squares[i]) - (s + g * g)) <= 4e-7);
            }
            for (int behind = 1; behind <= 3; ++behind) {
                REQUIRE(std::isnan(*(y.data() - behind)));
            }
        }
    }
}

TEST_CASE("weighted sums agree with double and write no element beyond the sum") {
    for (const test::TestedLevel& level : test::tested_levels()) {
        Random random(5);
        for (const std::size_t n : test::lengths()) {
            constexpr std::size_t rows = 21;
            const std::size_t stride = n + random.below(9);
            test::Vector<float> table(rows * stride + 1, 1, random);
            for (const std::size_t count : {0u, 1u, 2u, 3u, 4u, 5u, 12u, 13u, 14u, 31u}) {
                std::vector<simd::WeightedRow> terms(count);
                std::vector<double> want(n);
                std::vector<double> size(n);
                for (simd::WeightedRow& term : terms) {
                    term = {random.below(rows), random.uniform() - 0.5f};
                    for (std::size_t i = 0; i < n; ++i) {
                        const double product = static_cast<double>(term.weight) *
                                               static_cast<double>(table[term.row * stride + i]);
                        want[i] += product;
                        size[i] += std::fabs(product);
                    }
                }
                test::Vector<float> sum(n, 3, random); // of other numbers, which are written over
                level.table.weighted_sum(table.data(), stride, terms.data(), count, sum.data(), n);
                INFO(level.name << ", " << n << " elements, " << count << " terms");
                double worst = 0;
                for (std::size_t i = 0; i < n; ++i) {
                    const double off = std::fabs(static_cast<double>(sum[i]) - want[i]);
                    worst = std::max(worst, off / (size[i] + 1e-30));
                }
                REQUIRE(worst <= 1e-6);
                for (int behind = 1; behind <= 3; ++behind) {
                    REQUIRE(std::isnan(*(sum.data() - behind)));
                }
            }
        }
    }
}

TEST_CASE("a list of rows: its mean, and a change that each takes") {
    for (const test::TestedLevel& level : test::tested_levels()) {
        Random random(8);
        for (const std::size_t dim : {16u, 32u, 48u, 64u, 96u, 112u, 128u, 144u, 304u, 1024u}) {
            constexpr std::size_t rows = 9;
            AlignedBuffer<float> table(rows * dim);
            AlignedBuffer<float> change(dim);
            for (float& value : table) {
                value = random.uniform() - 0.5f;
            }
            for (float& value : change) {
                value = random.uniform() - 0.5f;
            }
            for (const std::size_t count : {0u, 1u, 2u, 3u, 20u}) {
                INFO(level.name << ", dim " << dim << ", " << count << " rows");
                std::vector<std::size_t> drawn; // some stand there twice
                std::vector<float*> list;
                for (std::size_t i = 0; i < count; ++i) {
                    drawn.push_back(random.below(rows));
                    list.push_back(table.data() + drawn.back() * dim);
                }
                AlignedBuffer<float> mean = guarded_scratch(dim);
                mean[0] = untouched; // written over, also where there is no row
                level.table.mean_of_rows(list.data(), count, mean.data(), dim);
                REQUIRE(guard_holds(mean));
                AlignedBuffer<float> expected = table;
                double worst = 0;
                for (std::size_t i = 0; i < dim; ++i) {
                    double sum = 0;
                    for (const std::size_t row : drawn) {
                        sum += static_cast<double>(table[row * dim + i]);
                        expected[row * dim + i] += change[i];
                    }
                    const double want = count == 0 ? 0 : sum / static_cast<double>(count);
                    worst = std::max(worst, std::fabs(static_cast<double>(mean[i]) - want));
                }
                REQUIRE(worst <= 3e-7);
                level.table.add_to_rows(change.data(), list.data(), count, dim);
                REQUIRE(std::equal(table.begin(), table.end(), expected.begin()));
            }
        }
    }
}

TEST_CASE("the maxima of columns are those of a loop, the first row of equal ones") {
    for (const test::TestedLevel& level : test::tested_levels()) {
        Random random(8);
        for (const std::size_t columns : test::lengths()) {
            for (const std::size_t rows : {0u, 1u, 2u, 5u, 40u}) {
                const std::size_t stride = columns + random.below(3);
                test::Vector<float> scores(rows * stride + 1, 1, random);
                std::vector<float> summands(rows);
                for (std::size_t i = 0; i <= rows * stride; ++i) {
                    scores[i] = static_cast<float>(random.below(9)); // many are equal
                }
                for (float& x : summands) {
                    x = static_cast<float>(random.below(3)) - 1;
                }
                test::Vector<float> largest(columns, 3, random);
                test::Vector<float> second(columns, 1, random);
                std::vector<std::uint32_t> row(columns + 1, 77);
                level.table.column_maxima({scores.data(), stride, rows, columns, summands.data()},
                                          {largest.data(), second.data(), row.data()});
                INFO(level.name << ", " << rows << " rows, " << columns << " columns");
                bool right = true;
                for (std::size_t c = 0; c < columns; ++c) {
                    std::vector<float> values{-std::numeric_limits<float>::infinity(),
                                              -std::numeric_limits<float>::infinity()};
                    std::uint32_t best = 0;
                    for (std::uint32_t i = 0; i < rows; ++i) {
                        const float value = scores[i * stride + c] + summands[i];
                        if (value > *std::max_element(values.begin(), values.end())) best = i;
                        values.push_back(value);
                    }
                    std::sort(values.rbegin(), values.rend());
                    right = right && largest[c] == values[0] && second[c] == values[1] &&
                            row[c] == best;
                }
                REQUIRE(right);
                REQUIRE(row[columns] == 77);
                REQUIRE(std::isnan(*(largest.data() - 1)));
                REQUIRE(std::isnan(*(second.data() - 1)));
            }
        }
    }
}

TEST_CASE("steps on a pair of rows go by the old values of both") {
    struct Row {
        AlignedBuffer<float> values;
        AlignedBuffer<float> squares;
        AlignedBuffer<float> rates;
        Row(std::size_t n, Random& random) : values(n), squares(n), rates(n) {
            for (std::size_t i = 0; i < n; ++i) {
                values[i] = random.uniform() - 0.5f;
                squares[i] = 1 + 3 * random.uniform();
                rates[i] = i % 7 == 3 ? 0.0f : 0.05f;
            }
        }
    };
    for (const test::TestedLevel& level : test::tested_levels()) {
        Random random(11);
        const simd::KernelTable& kernels = level.table;
        for (const std::size_t n : {16u, 32u, 112u, 304u, 1024u}) {
            for (const bool squares : {false, true}) {
                for (const float gradient : {0.7f, -3.0f, 90.0f}) {
                    Row a(n, random);
                    Row b(n, random);
                    const Row old_a = a;
                    const Row old_b = b;
                    INFO(level.name << ", " << n << " elements, gradient " << gradient);
                    const simd::RowPair rows{a.values.data(),
                                             b.values.data(),
                                             a.squares.data(),
                                             b.squares.data(),
                                             a.rates.data(),
                                             b.rates.data(),
                                             n};
                    constexpr float clip = 20;
                    (squares ? kernels.adagrad_pair : kernels.sgd_pair)(rows, gradient, clip);
                    const auto check = [&](const Row& now, const Row& old, const Row& other) {
                        for (std::size_t i = 0; i < n; ++i) {
                            const double g = std::clamp(static_cast<double>(gradient) *
                                                            static_cast<double>(other.values[i]),
                                                        -20.0, 20.0);
                            const double step = g * static_cast<double>(old.rates[i]);
                            const double root =
                                squares ? std::sqrt(static_cast<double>(old.squares[i])) : 1;
                            const double want = static_cast<double>(old.values[i]) - step / root;
                            REQUIRE(std::fabs(static_cast<double>(now.values[i]) - want) <= 2e-6);
                            if (old.rates[i] == 0) REQUIRE(now.values[i] == old.values[i]);
                            const double sum =
                                static_cast<double>(old.squares[i]) + (squares ? step * step : 0);
                            REQUIRE(std::fabs(static_cast<double>(now.squares[i]) - sum) <= 2e-6);
                        }
                    };
                    check(a, old_a, old_b);
                    check(b, old_b, old_a);
                }
            }
        }
    }
}

TEST_CASE("exp, sigmoid and rsqrt are within their stated errors") {
    std::vector<float> arguments;
    for (int i = -12000; i <= 12000; ++i) {
        arguments.push_back(static_cast<float>(i) * 0.01f);
    }
    for (const test::TestedLevel& level : test::tested_levels()) {
        const simd::KernelTable& kernels = level.table;
        std::vector<float> results(arguments.size());
        kernels.exp(arguments.data(), results.data(), results.size());
        for (std::size_t i = 0; i < results.size(); ++i) {
            const double x = std::min(88.0, std::max(-87.0, static_cast<double>(arguments[i])));
            INFO(level.name << ", exp " << arguments[i]);
            REQUIRE(std::fabs(static_cast<double>(results[i]) / std::exp(x) - 1) <= 4e-7);
        }
        kernels.sigmoid(arguments.data(), results.data(), results.size());
        for (std::size_t i = 0; i < results.size(); ++i) {
            const double x = static_cast<double>(arguments[i]);
            INFO(level.name << ", sigmoid " << arguments[i]);
            REQUIRE(std::fabs(static_cast<double>(results[i]) - 1 / (1 + std::exp(-x))) <= 4e-7);
        }
        std::vector<float> roots{0x1.0p-149f, 0x1.8p-148f, 1e-44f, 1e-42f, 1e-40f, 1e-38f};
        for (float x = 1e-37f; x < 3e38f; x *= 1.01f) {
            roots.push_back(x);
        }
        results.resize(roots.size());
        kernels.rsqrt(roots.data(), results.data(), results.size());
        for (std::size_t i = 0; i < results.size(); ++i) {
            INFO(level.name << ", rsqrt " << roots[i]);
            const double exact = 1 / std::sqrt(static_cast<double>(roots[i]));
            REQUIRE(std::fabs(static_cast<double>(results[i]) / exact - 1) <= 4e-7);
        }
        const std::vector<float> edges(17, 0.0f);
        results.resize(edges.size());
        kernels.rsqrt(edges.data(), results.data(), results.size());
        REQUIRE(std::isinf(results[0]));
        REQUIRE(std::isinf(results[16]));
        const std::vector<float> negative(17, -1.0f);
        kernels.rsqrt(negative.data(), results.data(), results.size());
        REQUIRE(std::isnan(results[3]));
        const std::vector<float> infinite(17, std::numeric_limits<float>::infinity());
        kernels.rsqrt(infinite.data(), results.data(), results.size());
        REQUIRE(results[3] == 0.0f);
    }
}

TEST_CASE("scores that reach their threshold are selected, on every instruction set") {
    Random random(9);
    for (const test::TestedLevel& level : test::tested_levels()) {
        for (const std::size_t rows : {0u, 1u, 7u, 16u, 31u, 32u, 33u, 64u, 100u}) {
            constexpr std::size_t queries = 5;
            const std::size_t stride = rows + 3;
            std::vector<float> scores(queries * stride);
            std::vector<float> terms(rows);
            for (float& x : scores) {
                x = random.uniform();
            }
            for (float& x : terms) {
                x = random.uniform() + 0.5f;
            }
            if (rows > 6) scores[stride + 5] = std::numeric_limits<float>::quiet_NaN();
            const float infinity = std::numeric_limits<float>::infinity();
            const std::vector<float> thresholds{0.5f, 0.9f, -infinity, infinity, 1.2f};
            for (const simd::RowTerm kind :
                 {simd::RowTerm::none, simd::RowTerm::factor, simd::RowTerm::summand}) {
                INFO(level.name << ", " << rows << " rows");
                std::vector<simd::Selected> found(queries * rows);
                found.resize(level.table.select_scores({scores.data(), stride, queries, rows},
                                                       {terms.data(), kind}, thresholds.data(),
                                                       found.data()));
                std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
                    return std::tie(a.query, a.row) < std::tie(b.query, b.row);
                });
                std::size_t next = 0;
                for (std::uint32_t q = 0; q < queries; ++q) {
                    for (std::uint32_t r = 0; r < rows; ++r) {
                        const float score = scores[q * stride + r];
                        const float value = kind == simd::RowTerm::none     ? score
                                            : kind == simd::RowTerm::factor ? score * terms[r]
                                                                            : score + terms[r];
                        if (value < thresholds[q]) continue;
                        REQUIRE(next < found.size());
                        REQUIRE(found[next].query == q);
                        REQUIRE(found[next].row == r);
                        REQUIRE((found[next].value == value || std::isnan(value)));
                        ++next;
                    }
                }
                REQUIRE(next == found.size());
            }
        }
    }
}

namespace {

/// What `score_and_select` finds, in the order of queries and rows, and what `score_tile` and
/// `select` find.
template <class T, class Terms, class Select>
void check_score_and_select(const simd::KernelTable& table, const std::vector<T>& queries,
                            std::size_t query_count, const std::vector<T>& rows,
                            std::size_t row_count, std::size_t dim, std::size_t stride,
                            const Terms& terms, const std::vector<float>& thresholds,
                            Select select) {
    using Product = typename simd::Format<T>::Product;
    AlignedBuffer<std::uint32_t> packed(simd::packed_queries_size(query_count, dim));
    table.tile<T>().pack_queries(queries.data(), dim, query_count, dim, packed.data());
    std::vector<Product> scores(query_count * row_count);
    table.tile<T>().score_tile(packed.data(), query_count, rows.data(), stride, row_count, dim,
                               scores.data(), row_count);
    std::vector<simd::Selected> expected(query_count * row_count);
    expected.resize(
        select(simd::ProductTile<Product>{scores.data(), row_count, query_count, row_count},
               expected.data()));
    std::vector<simd::Selected> found(query_count * row_count);
    AlignedBuffer<Product> scratch(query_count * simd::scratch_rows);
    found.resize(table.select_tile<T, Terms>().score_and_select(
        {packed.data(), query_count, rows.data(), stride, row_count, dim}, terms, thresholds.data(),
        scratch.data(), found.data()));
    const auto key = [](const simd::Selected& each) {
        return std::tuple(each.query, each.row, each.value);
    };
    const auto before = [&](const simd::Selected& a, const simd::Selected& b) {
        return key(a) < key(b);
    };
    std::sort(found.begin(), found.end(), before);
    std::sort(expected.begin(), expected.end(), before);
    REQUIRE(std::ranges::equal(found, expected,
                               [&](const auto& a, const auto& b) { return key(a) == key(b); }));
}

} // namespace

TEST_CASE("scoring and selecting in one is scoring and selecting, on every instruction set") {
    Random random(10);
    for (const test::TestedLevel& level : test::tested_levels()) {
        for (const std::size_t dim : {1u, 5u, 100u, 300u, 800u, 1700u}) {
            for (const std::size_t query_count : {1u, 5u, 14u, 40u}) {
                for (const std::size_t row_count : {1u, 31u, 32u, 70u}) {
                    INFO(level.name << ", dim " << dim << ", " << query_count << " x "
                                    << row_count);
                    const std::size_t stride = dim + 3;
                    const std::vector<float> queries =
                        test::random_floats(query_count * dim, random());
                    const std::vector<float> rows =
                        test::random_floats(row_count * stride, random());
                    const std::vector<float> terms = test::random_floats(row_count, random());
                    std::vector<float> thresholds = test::random_floats(query_count, random());
                    const simd::ScoreTerms by{terms.data(),
                                              static_cast<simd::RowTerm>(random.below(3))};
                    check_score_and_select<float>(
                        level.table, queries, query_count, rows, row_count, dim, stride, by,
                        thresholds, [&](const auto& tile, simd::Selected* to) {
                            return level.table.select_scores(tile, by, thresholds.data(), to);
                        });
                    std::vector<bfloat16> few_queries(queries.begin(), queries.end());
                    std::vector<bfloat16> few_rows(rows.begin(), rows.end());
                    check_score_and_select<bfloat16>(
                        level.table, few_queries, query_count, few_rows, row_count, dim, stride, by,
                        thresholds, [&](const auto& tile, simd::Selected* to) {
                            return level.table.select_scores(tile, by, thresholds.data(), to);
                        });
                    std::vector<std::int8_t> query_codes;
                    for (const float x : queries) {
                        query_codes.push_back(static_cast<std::int8_t>(127 * x));
                    }
                    std::vector<std::int8_t> row_codes;
                    for (const float x : rows) {
                        row_codes.push_back(static_cast<std::int8_t>(127 * x));
                    }
                    for (float& threshold : thresholds) {
                        threshold *= 1e4f;
                    }
                    std::vector<simd::CodeQuery> bounds;
                    for (std::size_t q = 0; q < query_count; ++q) {
                        bounds.push_back(
                            {1 + random.uniform(), random.uniform(), random.uniform(), 3.0f});
                    }
                    const simd::CodeTerms codes{bounds.data(),
                                                query_count == 1 ? nullptr : terms.data(),
                                                query_count == 14 ? nullptr : terms.data(),
                                                query_count == 40 ? nullptr : terms.data(),
                                                query_count == 5 ? nullptr : terms.data()};
                    check_score_and_select<std::int8_t>(
                        level.table, query_codes, query_count, row_codes, row_count, dim, stride,
                        codes, thresholds, [&](const auto& tile, simd::Selected* to) {
                            return level.table.select_codes(tile, codes, thresholds.data(), to);
                        });
                }
            }
        }
    }
}
