#include "support.hpp"

using namespace firth;

TEMPLATE_TEST_CASE("dot_many agrees with double for any stride, start and length", "",
                   FIRTH_TEST_ARCHS) {
    for (const std::size_t dim : {1u, 3u, 16u, 17u, 50u, 100u, 112u, 300u, 769u}) {
        for (const std::size_t count : {0u, 1u, 7u, 8u, 9u, 40u}) {
            const std::size_t stride = dim + 5;
            const std::vector<float> query = test::random_floats(dim, dim);
            // The last row ends where the memory ends: the address sanitizer sees a read beyond it.
            const std::size_t size = count == 0 ? 0 : (count - 1) * stride + dim;
            std::vector<float> rows = test::random_floats(size, count + dim);
            std::vector<float> scores(count, -9.0f);
            simd::dot_many<TestType>(query.data(), rows.data(), stride, count, dim, scores.data());
            for (std::size_t r = 0; r < count; ++r) {
                const test::ExactDot exact =
                    test::exact_dot(query, {rows.data() + r * stride, dim});
                const double bound = (static_cast<double>(dim) / simd::lanes<TestType> + 7) *
                                     test::unit_roundoff * exact.size;
                INFO("dim " << dim << " row " << r << " of " << count);
                REQUIRE(std::fabs(scores[r] - exact.value) <= bound);
            }
        }
    }
}

TEMPLATE_TEST_CASE("score_tile gives exactly what dot_many gives", "", FIRTH_TEST_ARCHS) {
    for (const std::size_t dim : {16u, 112u, 304u}) {
        for (const std::size_t queries : {1u, 2u, 5u, 6u, 7u, 20u}) {
            for (const std::size_t rows : {1u, 3u, 4u, 5u, 33u}) {
                AlignedBuffer<float> q(queries * dim);
                AlignedBuffer<float> r(rows * dim);
                std::ranges::copy(test::random_floats(q.size(), dim), q.begin());
                std::ranges::copy(test::random_floats(r.size(), dim + 1), r.begin());
                std::vector<float> tile(queries * 40, -9.0f);
                simd::score_tile<TestType>(q.data(), dim, queries, r.data(), dim, rows, dim,
                                           tile.data(), 40);
                for (std::size_t i = 0; i < queries; ++i) {
                    std::vector<float> scores(rows);
                    simd::dot_many<TestType>(q.data() + i * dim, r.data(), dim, rows, dim,
                                             scores.data());
                    for (std::size_t j = 0; j < 40; ++j) {
                        INFO(queries << " x " << rows << " x " << dim << " at " << i << ", " << j);
                        REQUIRE(tile[i * 40 + j] == (j < rows ? scores[j] : -9.0f));
                    }
                }
            }
        }
    }
}

namespace {

/// SGNS on a window in double, straight from the equations.
struct NaiveWindow {
    std::vector<std::vector<double>> contexts;
    std::vector<std::vector<double>> outputs;
    double loss = 0;

    void step(double learning_rate) {
        std::vector<std::vector<double>> new_contexts = contexts;
        std::vector<std::vector<double>> new_outputs = outputs;
        for (std::size_t c = 0; c < contexts.size(); ++c) {
            for (std::size_t o = 0; o < outputs.size(); ++o) {
                double score = 0;
                for (std::size_t i = 0; i < contexts[c].size(); ++i) {
                    score += contexts[c][i] * outputs[o][i];
                }
                const double probability = 1.0 / (1.0 + std::exp(-score));
                const double label = o == 0 ? 1.0 : 0.0;
                loss -= std::log(o == 0 ? probability : 1.0 - probability);
                const double g = learning_rate * (label - probability);
                for (std::size_t i = 0; i < contexts[c].size(); ++i) {
                    new_contexts[c][i] += g * outputs[o][i];
                    new_outputs[o][i] += g * contexts[c][i];
                }
            }
        }
        contexts = new_contexts;
        outputs = new_outputs;
    }
};

} // namespace

TEMPLATE_TEST_CASE("a window's step follows the equations", "", FIRTH_TEST_ARCHS) {
    Random random(11);
    for (const std::size_t dim : {1u, 16u, 20u, 50u, 100u, 300u}) {
        const std::size_t padded = padded_dim<float>(dim);
        for (std::size_t contexts = 1; contexts <= 13; ++contexts) {
            for (const std::size_t outputs : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 11u, 12u, 16u, 21u}) {
                AlignedBuffer<float> in(contexts * padded);
                AlignedBuffer<float> out(outputs * padded);
                NaiveWindow naive;
                std::vector<float*> in_rows;
                std::vector<float*> out_rows;
                const auto fill = [&](AlignedBuffer<float>& table, std::size_t rows,
                                      std::vector<std::vector<double>>& copy,
                                      std::vector<float*>& pointers) {
                    for (std::size_t r = 0; r < rows; ++r) {
                        copy.emplace_back();
                        pointers.push_back(table.data() + r * padded);
                        for (std::size_t i = 0; i < dim; ++i) {
                            pointers[r][i] = random.uniform() - 0.5f;
                            copy[r].push_back(static_cast<double>(pointers[r][i]));
                        }
                    }
                };
                fill(in, contexts, naive.contexts, in_rows);
                fill(out, outputs, naive.outputs, out_rows);
                const std::size_t scratch_size = simd::window_scratch_size(contexts, outputs);
                AlignedBuffer<float> scratch(scratch_size + 16);
                for (std::size_t i = scratch_size; i < scratch.size(); ++i) {
                    scratch[i] = 77.0f;
                }
                const simd::WindowRows rows{in_rows.data(), contexts, out_rows.data(), outputs,
                                            padded};
                simd::sgns_window<TestType>(rows, 0.1f, scratch.data());
                const double loss = simd::window_loss(rows, 0.1f, scratch.data());
                naive.step(static_cast<double>(0.1f));
                INFO("dim " << dim << ", " << contexts << " contexts, " << outputs << " outputs");
                REQUIRE(std::fabs(loss - naive.loss) <= 1e-5 * naive.loss);
                const auto check = [&](const std::vector<float*>& actual,
                                       const std::vector<std::vector<double>>& expected) {
                    for (std::size_t r = 0; r < actual.size(); ++r) {
                        for (std::size_t i = 0; i < padded; ++i) {
                            const double want = i < dim ? expected[r][i] : 0.0;
                            if (std::fabs(static_cast<double>(actual[r][i]) - want) > 4e-6) {
                                FAIL("row " << r << " element " << i << " is " << actual[r][i]
                                            << ", expected " << want);
                            }
                        }
                    }
                };
                check(in_rows, naive.contexts);
                check(out_rows, naive.outputs);
                for (std::size_t i = scratch_size; i < scratch.size(); ++i) {
                    REQUIRE(scratch[i] == 77.0f);
                }
            }
        }
    }
}

TEMPLATE_TEST_CASE("a context that occurs twice in a window takes both steps", "",
                   FIRTH_TEST_ARCHS) {
    for (const std::size_t outputs : {2u, 6u, 9u}) {
        AlignedBuffer<float> context(16);
        AlignedBuffer<float> out(outputs * 16);
        std::ranges::copy(test::random_floats(16, 1), context.begin());
        std::ranges::copy(test::random_floats(out.size(), 2), out.begin());
        AlignedBuffer<float> once = context;
        AlignedBuffer<float> once_out = out;
        std::vector<float*> rows{context.data(), context.data()};
        std::vector<float*> once_rows{once.data()};
        std::vector<float*> out_rows;
        std::vector<float*> once_out_rows;
        for (std::size_t o = 0; o < outputs; ++o) {
            out_rows.push_back(out.data() + o * 16);
            once_out_rows.push_back(once_out.data() + o * 16);
        }
        const std::vector<float> before(context.begin(), context.end());
        AlignedBuffer<float> scratch(simd::window_scratch_size(2, outputs));
        simd::sgns_window<TestType>({rows.data(), 2, out_rows.data(), outputs, 16}, 0.1f,
                                    scratch.data());
        simd::sgns_window<TestType>({once_rows.data(), 1, once_out_rows.data(), outputs, 16}, 0.1f,
                                    scratch.data());
        for (std::size_t i = 0; i < 16; ++i) {
            REQUIRE(std::fabs((context[i] - before[i]) - 2 * (once[i] - before[i])) <= 2e-6f);
        }
    }
}
