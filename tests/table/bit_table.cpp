#include <firth/table/bit_table.hpp>

#include <limits>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("a table of bits keeps signs, in whole words") {
    EmbeddingTable<float> table(3, 70);
    for (std::size_t i = 0; i < 70; ++i) {
        table[0][i] = 1.0f;
        table[1][i] = i % 2 == 0 ? 0.5f : -0.5f;
    }
    const BitTable bits(table);
    REQUIRE(bits.rows() == 3);
    REQUIRE(bits.dim() == 70);
    REQUIRE(bits.stride() == 2);
    REQUIRE(bits[0][1] == 63);
    REQUIRE(bits.hamming(0, 1) == 35);
    REQUIRE(bits.hamming(0, 2) == 70);
    REQUIRE(bits.cosine(0, 0) == 1.0f);
    REQUIRE(bits.cosine(0, 1) == 0.0f);
    REQUIRE(bits.cosine(0, 2) == -1.0f);
    // A bit is set above zero: not for zeros of either sign, nor for NaN.
    EmbeddingTable<float> special(1, 65);
    special[0][0] = -0.0f;
    special[0][1] = std::numeric_limits<float>::denorm_min();
    special[0][2] = std::numeric_limits<float>::quiet_NaN();
    special[0][3] = std::numeric_limits<float>::infinity();
    special[0][4] = -std::numeric_limits<float>::infinity();
    special[0][64] = 1;
    const BitTable signs(special);
    REQUIRE(signs[0][0] == 0b1010);
    REQUIRE(signs[0][1] == 1);
    REQUIRE(BitTable(2, 64).stride() == 1);
    REQUIRE(BitTable(2, 65).stride() == 2);
    BitTable writable(2, 65);
    writable[1][1] = 1;
    REQUIRE(writable.data()[3] == 1);
    REQUIRE(writable.hamming(0, 1) == 1);
    REQUIRE(writable.cosine(0, 1) == 1.0f - 2.0f / 65);
    REQUIRE_THROWS_AS(BitTable(1, 0), OptionError);
    REQUIRE_THROWS_AS(BitTable(1, max_dim + 1), OptionError);
}
