#include <firth/encode/dense_layer.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("a dense layer is a product, a bias and a function", "[dense]") {
    const std::size_t inputs = 37;
    const std::size_t outputs = 19;
    const EmbeddingTable<float> weights = test::random_table(outputs, inputs, 1);
    const std::vector<float> bias = test::random_floats(outputs, 2);
    const std::vector<float> from = test::random_floats(inputs, 3);
    const auto check = [&](DenseActivation activation, bool biased, auto function) {
        const DenseLayer layer(weights, biased ? bias : std::vector<float>(), activation);
        CHECK(layer.inputs() == inputs);
        REQUIRE(layer.outputs() == outputs);
        std::vector<float> found(outputs);
        layer(from, found);
        for (std::size_t o = 0; o < outputs; ++o) {
            double sum = biased ? static_cast<double>(bias[o]) : 0;
            for (std::size_t i = 0; i < inputs; ++i) {
                sum += static_cast<double>(weights[o][i]) * static_cast<double>(from[i]);
            }
            CAPTURE(o);
            CHECK(std::fabs(static_cast<double>(found[o]) - function(sum)) < 2e-6);
        }
    };
    check(DenseActivation::identity, true, [](double x) { return x; });
    check(DenseActivation::identity, false, [](double x) { return x; });
    check(DenseActivation::tanh, true, [](double x) { return std::tanh(x); });
    check(DenseActivation::relu, true, [](double x) { return x > 0 ? x : 0; });
    check(DenseActivation::sigmoid, true, [](double x) { return 1 / (1 + std::exp(-x)); });
    check(DenseActivation::gelu, true,
          [](double x) { return x * 0.5 * std::erfc(-x / std::sqrt(2.0)); });
}

TEST_CASE("dense layers of no shape are refused", "[dense]") {
    CHECK_THROWS_WITH(DenseLayer({}, {}, DenseActivation::relu),
                      Catch::Matchers::Contains("without weights"));
    CHECK_THROWS_WITH(DenseLayer(test::random_table(3, 2, 1), {1, 2}, DenseActivation::relu),
                      "a bias of 2 elements, expected one for each of 3 outputs");
}
