#include <firth/table/embedding_table.hpp>

#include <algorithm>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("rows are aligned, padded with zeros and independent") {
    for (std::size_t dim = 1; dim <= 70; ++dim) {
        EmbeddingTable<float> table(3, dim);
        REQUIRE(table.stride() % 16 == 0);
        REQUIRE(table.stride() >= dim);
        for (std::size_t row = 0; row < 3; ++row) {
            REQUIRE(table[row].size() == dim);
            REQUIRE(reinterpret_cast<std::uintptr_t>(table[row].data()) % 64 == 0);
            for (float& value : table[row]) {
                value = static_cast<float>(row + 1);
            }
        }
        const TableView<const float> view = std::as_const(table);
        REQUIRE(view.is_padded());
        for (std::size_t row = 0; row < 3; ++row) {
            for (std::size_t i = 0; i < view.stride(); ++i) {
                REQUIRE(view.padded_row(row)[i] == (i < dim ? static_cast<float>(row + 1) : 0.0f));
            }
        }
    }
}

TEST_CASE("tables refuse sizes that cannot be") {
    REQUIRE(test::contains(test::message_of<OptionError>([] { EmbeddingTable<float>(1, 0); }),
                           "dim is 0"));
    REQUIRE(test::contains(
        test::message_of<OptionError>([] { EmbeddingTable<float>(1, 10000000); }), "10000000"));
    REQUIRE_THROWS_AS(EmbeddingTable<float>(max_rows + 1, 1), OptionError);
    REQUIRE_THROWS_AS(EmbeddingTable<float>(1, max_dim + 1), OptionError);
    REQUIRE(EmbeddingTable<float>(1, max_dim).dim() == max_dim);
    REQUIRE(EmbeddingTable<float>(0, 5).empty());
    REQUIRE(test::contains(
        test::message_of<Error>([] { EmbeddingTable<float>(2, 5, AlignedBuffer<float>(16)); }),
        "cannot have 16 elements, expected 32"));
    REQUIRE_THROWS_AS(EmbeddingTable<float>(2, 5, AlignedBuffer<float>(33)), Error);
    AlignedBuffer<float> data(32);
    data[16] = 4;
    const EmbeddingTable<float> taken(2, 5, std::move(data));
    REQUIRE(taken.rows() == 2);
    REQUIRE(taken[1][0] == 4);
    REQUIRE_THROWS_AS(EmbeddingTable<float>(0, 0, AlignedBuffer<float>()), OptionError);
    REQUIRE_THROWS_AS(EmbeddingTable<float>(0, 0, Uninitialized()), OptionError);
    EmbeddingTable<float> written(2, 5, Uninitialized());
    written[1][4] = 3;
    REQUIRE(written.data()[20] == 3);
}

TEST_CASE("tables drop rows and clear their padding") {
    EmbeddingTable<float> table(3, 17);
    std::fill_n(table.data(), 3 * table.stride(), 7.0f);
    table.clear_padding(1);
    for (std::size_t i = 0; i < table.stride(); ++i) {
        REQUIRE(table.data()[i] == 7.0f);
        REQUIRE(table.data()[table.stride() + i] == (i < 17 ? 7.0f : 0.0f));
        REQUIRE(table.data()[2 * table.stride() + i] == 7.0f);
    }
    table.truncate(5);
    REQUIRE(table.rows() == 3);
    table.truncate(2);
    REQUIRE(table.rows() == 2);
    EmbeddingTable<float> other(1, 3);
    other = std::move(table);
    REQUIRE(other.rows() == 2);
    REQUIRE(other.dim() == 17);
    REQUIRE(table.rows() == 0);
    REQUIRE(table.dim() == 0);
}

TEST_CASE("copies of tables are deep and moved-from tables are empty") {
    EmbeddingTable<float> table(2, 3);
    table[1][2] = 5;
    EmbeddingTable<float> copy = table;
    table[1][2] = 6;
    REQUIRE(copy[1][2] == 5);
    const EmbeddingTable<float> moved = std::move(table);
    REQUIRE(moved[1][2] == 6);
    REQUIRE(table.rows() == 0);
}
