#include <firth/table/quantized_table.hpp>

#include <cmath>
#include <limits>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("a quantised table stands for its rows within half a scale") {
    const std::size_t rows = 50;
    for (const std::size_t dim : {1u, 63u, 64u, 100u, 300u}) {
        EmbeddingTable<float> table(rows, dim);
        Random random(dim);
        for (std::size_t id = 1; id < rows; ++id) { // row 0 stays zero
            for (float& x : table[id]) {
                x = random.uniform() - 0.5f;
            }
        }
        const QuantizedTable quantized(table);
        REQUIRE(quantized.rows() == rows);
        REQUIRE(quantized.dim() == dim);
        REQUIRE(quantized.scale(0) == 0.0f);
        REQUIRE(quantized.cosine(0, 1) == 0.0f);
        std::vector<float> row(dim);
        for (std::size_t id = 0; id < rows; ++id) {
            quantized.dequantize(id, row);
            for (std::size_t i = 0; i < dim; ++i) {
                REQUIRE(std::fabs(row[i] - table[id][i]) <= 0.5001f * quantized.scale(id));
            }
            REQUIRE(quantized.norm(id) == simd::norm(table[id]));
            REQUIRE(std::fabs(quantized.cosine(1, id) - simd::cosine(table[1], table[id])) <=
                    0.02f);
            REQUIRE(std::fabs(quantized.dot(1, id) - simd::dot(table[1], table[id])) <=
                    0.02f * quantized.norm(1) * quantized.norm(id));
        }
    }
    EmbeddingTable<float> bad(3, 2);
    bad[2][1] = std::numeric_limits<float>::infinity();
    REQUIRE_THROWS_WITH(QuantizedTable(bad), Catch::Matchers::StartsWith("row 2 holds NaN"));
    REQUIRE_THROWS_AS(QuantizedTable(EmbeddingTable<float>(1, simd::max_byte_dim + 1)),
                      OptionError);
    REQUIRE_NOTHROW(QuantizedTable(EmbeddingTable<float>(1, simd::max_byte_dim)));
    bad[2][1] = 3e38f; // finite, but the norm of two of them is not
    bad[2][0] = 3e38f;
    REQUIRE_THROWS_WITH(QuantizedTable(bad), Catch::Matchers::StartsWith("row 2 holds NaN"));

    // The largest element has code 127 or -127; products and cosines by hand.
    EmbeddingTable<float> small(3, 3);
    for (std::size_t i = 0; i < 3; ++i) {
        small[0][i] = static_cast<float>(i) - 2; // -2 -1 0
        small[1][i] = 4;
    }
    const QuantizedTable quantized(small);
    REQUIRE(quantized.codes()[0][0] == -127);
    REQUIRE(quantized.scales().size() == 3);
    REQUIRE(quantized.norms().size() == 3);
    REQUIRE(std::fabs(quantized.scale(0) - 2.0f / 127) < 1e-7f);
    REQUIRE(std::fabs(quantized.dot(0, 1) + 12) < 0.1f);
    REQUIRE(std::fabs(quantized.cosine(0, 1) + 12 / std::sqrt(5.0f * 48)) < 0.01f);
    REQUIRE(quantized.cosine(1, 2) == 0.0f);
    REQUIRE(quantized.cosine(2, 1) == 0.0f);
    REQUIRE(quantized.dot(2, 1) == 0.0f);
    // From parts that fit each other, or not.
    const auto from = [](std::size_t count, std::size_t scales, std::size_t norms) {
        return QuantizedTable(EmbeddingTable<std::int8_t>(count, 4), AlignedBuffer<float>(scales),
                              AlignedBuffer<float>(norms));
    };
    REQUIRE(from(2, 2, 2).rows() == 2);
    REQUIRE(
        test::contains(test::message_of<Error>([&] { from(2, 1, 2); }), "1 scales and 2 norms"));
    REQUIRE_THROWS_AS(from(2, 2, 3), Error);
}
