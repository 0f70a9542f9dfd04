#include <firth/table/convert_table.hpp>

#include "../support/support.hpp"

using namespace firth;

static_assert(HalfFloat<float16> && HalfFloat<bfloat16> && !HalfFloat<float>);

TEST_CASE("tables become half as large and come back") {
    EmbeddingTable<float> table(4, 33);
    Random random(1);
    for (std::size_t id = 0; id < 4; ++id) {
        for (float& x : table[id]) {
            x = random.uniform() - 0.5f;
        }
    }
    const EmbeddingTable<float16> halves = convert_table<float16>(table);
    const EmbeddingTable<bfloat16> brains = convert_table<bfloat16>(table);
    REQUIRE(halves.stride() == 64);
    const EmbeddingTable<float> from_half = convert_table(halves.view());
    const EmbeddingTable<float> from_brain = convert_table(brains.view());
    for (std::size_t id = 0; id < 4; ++id) {
        for (std::size_t i = 0; i < 33; ++i) {
            REQUIRE(from_half[id][i] == static_cast<float>(float16(table[id][i])));
            REQUIRE(from_brain[id][i] == static_cast<float>(bfloat16(table[id][i])));
        }
    }
}
