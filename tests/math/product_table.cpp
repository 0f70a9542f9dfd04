#include <firth/math/product_table.hpp>

#include <algorithm>
#include <cmath>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("a table of codes reads, adds and multiplies the rows that it stands for",
          "[product_table]") {
    EmbeddingTable<float> rows = test::random_table(900, 7, 3);
    for (std::size_t id = 0; id < rows.rows(); ++id) {
        for (float& x : rows[id]) {
            x *= static_cast<float>(id % 40); // every 40th is zeros
        }
    }
    for (const RowNorms norms : {RowNorms::in_parts, RowNorms::apart}) {
        const ProductTable table = *quantize_rows(rows, {.part_dim = 2, .iterations = 4}, norms);
        REQUIRE(table.rows() == 900);
        REQUIRE(table.dim() == 7);
        REQUIRE(table.codes().size() == 900 * 4);
        REQUIRE(table.has_norms() == (norms == RowNorms::apart));
        REQUIRE(table.norm_codes().size() == (table.has_norms() ? 900 : 0));
        std::vector<float> row(7);
        double error = 0;
        double squares = 0;
        for (std::size_t id = 0; id < 900; ++id) {
            std::vector<float> want(7);
            table.quantizer().decode(table.codes().subspan(id * 4, 4), want);
            if (table.has_norms()) {
                for (float& x : want) {
                    x *= table.norm_quantizer().centroids()[table.norm_codes()[id]];
                }
            }
            table.read(id, row);
            REQUIRE(std::ranges::equal(row, want));
            std::vector<float> sum(7, 2.0f);
            table.add_to(id, -0.5f, sum);
            float product = 0;
            for (std::size_t i = 0; i < 7; ++i) {
                REQUIRE(std::fabs(sum[i] - (2.0f - 0.5f * want[i])) < 2e-5f);
                product += want[i] * rows[1][i];
            }
            REQUIRE(std::fabs(table.dot(id, rows[1]) - product) < 1e-4f);
            error += simd::squared_l2(rows[id], row, simd::precise);
            squares += simd::dot(rows[id], rows[id], simd::precise);
            if (id % 40 == 0 && table.has_norms()) REQUIRE(simd::norm(row) < 0.1f);
        }
        REQUIRE(error < 0.02 * squares);
    }
    // The norms apart, directions are those of all rows, however short.
    const ProductTable apart = *quantize_rows(rows, {}, RowNorms::apart);
    std::vector<float> row(7);
    for (std::size_t id = 1; id < 900; id += 40) {
        apart.read(id, row);
        REQUIRE(simd::cosine(rows[id], row) > 0.97f);
    }
}

TEST_CASE("a table of codes is the same on any number of threads", "[product_table]") {
    const EmbeddingTable<float> rows = test::random_table(3000, 5, 8);
    const auto made = [&](std::size_t threads) {
        return *quantize_rows(rows, {.iterations = 3, .threads = threads}, RowNorms::apart);
    };
    const ProductTable want = made(1);
    for (const std::size_t threads : {2u, 3u}) {
        REQUIRE(std::ranges::equal(made(threads).codes(), want.codes()));
        REQUIRE(std::ranges::equal(made(threads).norm_codes(), want.norm_codes()));
    }
}

TEST_CASE("a table of codes loses its last rows", "[product_table]") {
    const EmbeddingTable<float> rows = test::random_table(600, 5, 8);
    for (const RowNorms norms : {RowNorms::in_parts, RowNorms::apart}) {
        const ProductTable whole = *quantize_rows(rows, {.iterations = 2}, norms);
        ProductTable table = whole;
        table.truncate(700);
        REQUIRE(table.rows() == 600);
        table.truncate(77);
        REQUIRE(table.rows() == 77);
        REQUIRE(table.norm_codes().size() == (table.has_norms() ? 77 : 0));
        std::vector<float> row(5);
        std::vector<float> want(5);
        table.read(76, row);
        whole.read(76, want);
        REQUIRE(row == want);
    }
}

TEST_CASE("a table of codes is made of parts that fit", "[product_table]") {
    const auto quantizer = [](std::size_t dim, std::size_t part_dim) {
        return ProductQuantizer(dim, part_dim, AlignedBuffer<float>(256 * dim));
    };
    REQUIRE(test::contains(test::message_of<Error>([&] {
                               ProductTable(quantizer(5, 2), AlignedBuffer<std::uint8_t>(7));
                           }),
                           "7 codes are of no whole number of rows of 3"));
    REQUIRE(ProductTable(quantizer(5, 2), AlignedBuffer<std::uint8_t>(9)).rows() == 3);
    for (const auto& [dim, codes] : {std::pair{1u, 4u}, {2u, 3u}}) {
        REQUIRE(test::contains(test::message_of<Error>([&, dim = dim, codes = codes] {
                                   ProductTable(quantizer(5, 2), AlignedBuffer<std::uint8_t>(9),
                                                quantizer(dim, 1),
                                                AlignedBuffer<std::uint8_t>(codes));
                               }),
                               "cannot belong to 3 rows"));
    }
    REQUIRE(ProductTable().rows() == 0);
    EmbeddingTable<float> rows = test::random_table(300, 4, 1);
    rows[7][1] = 3e18f;
    REQUIRE(test::contains(test::message_of<Error>([&] {
                               static_cast<void>(quantize_rows(rows, {}, RowNorms::apart));
                           }),
                           "row 7 holds NaN or infinity"));
    rows[7][1] = 0;
    REQUIRE(!quantize_rows(rows, {.progress = [](const Progress&) { return false; }}));
}
