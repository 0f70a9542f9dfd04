#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "levels.hpp"

using namespace firth;
using simd::Activation;

namespace {

double expected(Activation kind, double x) {
    switch (kind) {
    case Activation::relu:
        return (std::max)(x, 0.0);
    case Activation::gelu:
        return x * std::erfc(-x / std::sqrt(2.0)) / 2;
    case Activation::gelu_tanh:
        return x / 2 *
               (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
    case Activation::quick_gelu:
        return x / (1 + std::exp(-1.702 * x));
    case Activation::tanh:
        return std::tanh(x);
    case Activation::identity:
        break;
    }
    return x;
}

constexpr std::pair<Activation, double> bounds[] = { // times |x|, besides 1.5e-7 of gelu
    {Activation::identity, 0},
    {Activation::relu, 0},
    {Activation::gelu, 1e-7},
    {Activation::gelu_tanh, 1e-6},
    {Activation::quick_gelu, 1e-6}};

} // namespace

TEST_CASE("activations are within their stated errors", "[network]") {
    std::vector<float> arguments{0.0f, -0.0f, 1e-30f, 1000.0f, -1000.0f, 1e37f, -1e37f};
    for (int i = -12000; i <= 12000; ++i) {
        arguments.push_back(static_cast<float>(i) / 1000.0f);
    }
    for (const test::TestedLevel& level : test::tested_levels()) {
        std::vector<float> found(arguments.size());
        for (const auto& [kind, bound] : bounds) {
            level.table.activate(kind, arguments.data(), found.data(), found.size());
            for (std::size_t i = 0; i < found.size(); ++i) {
                const double x = static_cast<double>(arguments[i]);
                INFO(level.name << ", activation " << static_cast<int>(kind) << " of " << x);
                REQUIRE(std::fabs(static_cast<double>(found[i]) - expected(kind, x)) <=
                        bound * std::fabs(x) + (kind == Activation::gelu ? 1.5e-7 : 0.0));
            }
        }
        level.table.activate(Activation::tanh, arguments.data(), found.data(), found.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            REQUIRE(std::fabs(static_cast<double>(found[i]) -
                              std::tanh(static_cast<double>(arguments[i]))) <= 1e-6);
        }
    }
}

TEST_CASE("softmax gives each element's share, at any length", "[network]") {
    Random random(3);
    for (std::size_t n = 0; n <= 70; ++n) {
        for (const float factor : {1.0f, 0.25f}) {
            for (const float spread : {1.0f, 100.0f, 1e30f}) {
                test::Vector<float> row(n, n % 3, random);
                for (std::size_t i = 0; i < n; ++i) {
                    row[i] *= spread;
                }
                double most = -1e300;
                for (std::size_t i = 0; i < n; ++i) {
                    most = (std::max)(most, static_cast<double>(row[i]));
                }
                std::vector<double> shares(n);
                double sum = 0;
                for (std::size_t i = 0; i < n; ++i) {
                    shares[i] = std::exp(static_cast<double>(factor) *
                                         (static_cast<double>(row[i]) - most));
                    sum += shares[i];
                }
                for (const test::TestedLevel& level : test::tested_levels()) {
                    test::Vector<float> found = row;
                    level.table.softmax(found.data(), n, factor);
                    for (std::size_t i = 0; i < n; ++i) {
                        INFO(level.name << ", " << n << " elements, " << spread);
                        const double share = shares[i] / sum;
                        // The exponent itself is rounded.
                        const double bound =
                            2e-6 + 2e-7 * (std::fabs(std::log((std::max)(share, 1e-38))) +
                                           static_cast<double>(factor * spread));
                        REQUIRE(std::fabs(static_cast<double>(found[i]) - share) <=
                                (spread > 1e3f ? 1.0001 : bound * share + 1e-37));
                        if (spread > 1e3f) REQUIRE(std::isfinite(found[i]));
                    }
                }
            }
        }
    }
}

TEST_CASE("layer norms are those of float64, at any length", "[network]") {
    Random random(5);
    std::vector<std::size_t> lengths{384, 768, 1025};
    for (std::size_t n = 1; n <= 140; ++n) {
        lengths.push_back(n);
    }
    for (const std::size_t n : lengths) {
        for (const float centre : {0.0f, 50.0f}) {
            test::Vector<float> row(n, n % 3, random);
            test::Vector<float> change(n, 1, random);
            test::Vector<float> gain(n, 2, random);
            test::Vector<float> bias(n, 0, random);
            for (std::size_t i = 0; i < n; ++i) {
                row[i] += centre;
            }
            constexpr float epsilon = 0.01f;
            for (const bool adds : {false, true}) {
                std::vector<double> sums(n);
                double mean = 0;
                for (std::size_t i = 0; i < n; ++i) {
                    sums[i] =
                        static_cast<double>(row[i]) + (adds ? static_cast<double>(change[i]) : 0.0);
                    mean += sums[i] / static_cast<double>(n);
                }
                double variance = 0;
                for (const double x : sums) {
                    variance += (x - mean) * (x - mean) / static_cast<double>(n);
                }
                const double deviation = std::sqrt(variance + static_cast<double>(epsilon));
                for (const test::TestedLevel& level : test::tested_levels()) {
                    test::Vector<float> found = row;
                    level.table.add_and_normalize(found.data(), adds ? change.data() : nullptr,
                                                  gain.data(), bias.data(), epsilon, n);
                    for (std::size_t i = 0; i < n; ++i) {
                        INFO(level.name << ", " << n << " elements about " << centre);
                        const double exact =
                            (sums[i] - mean) / deviation * static_cast<double>(gain[i]) +
                            static_cast<double>(bias[i]);
                        const double unit = 6e-8 * (20 + 8 * static_cast<double>(centre));
                        REQUIRE(std::fabs(static_cast<double>(found[i]) - exact) <=
                                unit / deviation);
                    }
                }
            }
        }
    }
}

namespace {

/// Rows times a matrix in double, and how far floats may be off.
struct ExactProduct {
    std::vector<double> values;
    std::vector<double> sizes;
};

ExactProduct exact_product(test::Vector<float>& x, std::size_t x_stride, std::size_t rows,
                           test::Vector<float>& matrix, std::size_t stride, bool transposed,
                           std::size_t outputs, std::size_t inputs) {
    ExactProduct product;
    for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t o = 0; o < outputs; ++o) {
            double sum = 0;
            double size = 0;
            for (std::size_t k = 0; k < inputs; ++k) {
                const double term =
                    static_cast<double>(x[r * x_stride + k]) *
                    static_cast<double>(matrix[transposed ? k * stride + o : o * stride + k]);
                sum += term;
                size += std::fabs(term);
            }
            product.values.push_back(sum);
            product.sizes.push_back(size);
        }
    }
    return product;
}

} // namespace

TEST_CASE("products with a packed matrix are those of float64", "[network]") {
    Random random(11);
    for (int round = 0; round < 120; ++round) {
        const std::size_t rows = random.below(30);
        const std::size_t outputs = 1 + random.below(round % 4 == 0 ? 70 : 40);
        const std::size_t inputs = 1 + random.below(round % 5 == 0 ? 800 : 50);
        const bool transposed = random.below(2) == 1;
        const bool has_bias = random.below(2) == 1;
        const auto activation = static_cast<Activation>(random.below(3)); // identity, relu, gelu
        const std::size_t x_stride = inputs + random.below(3);
        const std::size_t y_stride = outputs + random.below(3);
        const std::size_t stride = (transposed ? outputs : inputs) + random.below(3);
        // No longer than needed, so that a sanitizer sees what is read beyond them.
        const auto size = [](std::size_t count, std::size_t step, std::size_t last) {
            return count == 0 ? 0 : (count - 1) * step + last;
        };
        test::Vector<float> x(size(rows, x_stride, inputs), random.below(3), random);
        test::Vector<float> matrix(
            transposed ? size(inputs, stride, outputs) : size(outputs, stride, inputs), 1, random);
        test::Vector<float> bias(outputs, 2, random);
        const ExactProduct exact =
            exact_product(x, x_stride, rows, matrix, stride, transposed, outputs, inputs);
        for (const test::TestedLevel& level : test::tested_levels()) {
            AlignedBuffer<float> packed(simd::packed_matrix_size(outputs, inputs));
            (transposed ? level.table.pack_transposed : level.table.pack_matrix)(
                matrix.data(), stride, outputs, inputs, packed.data());
            test::Vector<float> y(size(rows, y_stride, outputs), 1);
            simd::MatrixProduct product{.x = x.data(),
                                        .x_stride = x_stride,
                                        .rows = rows,
                                        .packed = packed.data(),
                                        .inputs = inputs,
                                        .outputs = outputs,
                                        .bias = has_bias ? bias.data() : nullptr,
                                        .activation = activation,
                                        .y = y.data(),
                                        .y_stride = y_stride};
            level.table.multiply_matrix(product);
            for (std::size_t r = 0; r < rows; ++r) {
                for (std::size_t o = 0; o < outputs; ++o) {
                    const std::size_t at = r * outputs + o;
                    const double sum =
                        exact.values[at] + (has_bias ? static_cast<double>(bias[o]) : 0.0);
                    INFO(level.name << ", " << rows << " x " << inputs << " x " << outputs);
                    REQUIRE(std::fabs(static_cast<double>(y[r * y_stride + o]) -
                                      expected(activation, sum)) <=
                            1.2e-7 * 40 * (exact.sizes[at] + 1));
                }
                for (std::size_t o = outputs; o < y_stride && r + 1 < rows; ++o) {
                    REQUIRE(std::isnan(y[r * y_stride + o])); // untouched
                }
            }
            // A row alone has the same bytes.
            if (rows == 0) continue;
            const std::size_t chosen = random.below(static_cast<std::uint32_t>(rows));
            test::Vector<float> alone(outputs, 0);
            product.x = x.data() + chosen * x_stride;
            product.rows = 1;
            product.y = alone.data();
            product.y_stride = outputs;
            level.table.multiply_matrix(product);
            for (std::size_t o = 0; o < outputs; ++o) {
                REQUIRE(alone[o] == y[chosen * y_stride + o]);
            }
        }
    }
}
