#include <firth/search/exact/certified_index.hpp>

#include <cmath>
#include <functional>
#include <limits>

#include <firth/io/load.hpp>
#include <firth/table/embedding_table.hpp>

#include "../../support/support.hpp"

using namespace firth;

namespace {

using Fill = std::function<float(std::size_t id, std::size_t i, Random& random)>;

EmbeddingTable<float> table_of(std::size_t rows, std::size_t dim, const Fill& fill) {
    EmbeddingTable<float> table(rows, dim);
    Random random(rows, dim);
    for (std::size_t id = 0; id < rows; ++id) {
        for (std::size_t i = 0; i < dim; ++i) {
            table[id][i] = fill(id, i, random);
        }
    }
    return table;
}

/// Screened and plain answers to some rows of the table and some random queries, for several k.
template <class M>
ScreeningReport require_identical(const EmbeddingTable<float>& table) {
    const ExactIndex<M> exact(table);
    const CertifiedIndex<M> screened(table);
    EmbeddingTable<float> queries(60, table.dim());
    Random random(5);
    for (std::size_t q = 0; q < 60; ++q) {
        for (std::size_t i = 0; i < table.dim(); ++i) {
            queries[q][i] = q == 7                            ? 0.0f
                            : q % 2 == 0 && table.rows() != 0 ? table[q * 31 % table.rows()][i]
                                                              : 2 * random.uniform() - 1;
        }
    }
    ScreeningReport report;
    for (const std::size_t k : {0u, 1u, 10u, 1000u}) {
        const SearchOptions options{.k = k, .threads = k == 10 ? 2u : 1u};
        const auto expected = exact.search_batch(queries, options);
        ScreeningReport unread;
        REQUIRE(screened.search_batch(queries, options, k == 10 ? report : unread) == expected);
        for (std::size_t q = 0; q < 12; ++q) {
            REQUIRE(screened.search(queries[q], options) == expected[q]);
        }
    }
    return report;
}

} // namespace

TEMPLATE_TEST_CASE("screened search gives the answers of plain search, bit for bit", "", Cosine,
                   InnerProduct, SquaredL2) {
    const auto random_value = [](std::size_t, std::size_t, Random& random) {
        return 2 * random.uniform() - 1;
    };
    SECTION("random rows of any size") {
        for (const std::size_t dim : {1u, 2u, 15u, 64u, 100u, 300u}) {
            for (const std::size_t rows : {0u, 1u, 31u, 32u, 33u, 3000u}) {
                INFO(rows << " x " << dim);
                require_identical<TestType>(table_of(rows, dim, random_value));
            }
        }
    }
    SECTION("duplicates") {
        EmbeddingTable<float> table = table_of(4000, 48, random_value);
        for (std::size_t id = 1000; id < 4000; ++id) {
            std::ranges::copy(table[id % 1000], table[id].begin());
        }
        require_identical<TestType>(table);
    }
    SECTION("rows that only the last digits tell apart") {
        EmbeddingTable<float> table = table_of(2000, 40, random_value);
        for (std::size_t id = 1; id < 2000; ++id) {
            std::ranges::copy(table[0], table[id].begin());
            float& x = table[id][id % 40];
            x = std::nextafter(x, id % 2 == 0 ? 2.0f : -2.0f);
        }
        const ScreeningReport report = require_identical<TestType>(table);
        REQUIRE(report.queries == 60);
    }
    SECTION("all rows equal, and all zeros") {
        require_identical<TestType>(table_of(3000, 20, [](std::size_t, std::size_t i, Random&) {
            return 1.0f / static_cast<float>(i + 1);
        }));
        require_identical<TestType>(
            table_of(3000, 20, [](std::size_t, std::size_t, Random&) { return 0.0f; }));
    }
    SECTION("one huge value, and a mixture of sizes") {
        require_identical<TestType>(
            table_of(3000, 40, [](std::size_t id, std::size_t i, Random& random) {
                return id == 17 && i == 3 ? 1e6f : random.uniform() - 0.5f;
            }));
        require_identical<TestType>(
            table_of(3000, 40, [](std::size_t id, std::size_t i, Random& random) {
                return i == 0 ? 1e4f
                              : std::ldexp(random.uniform() - 0.5f, static_cast<int>(id % 20) - 10);
            }));
        require_identical<TestType>(
            table_of(2000, 30, [](std::size_t id, std::size_t, Random& random) {
                return id % 5 == 0
                           ? 0.0f
                           : std::ldexp(random.uniform() - 0.5f, -static_cast<int>(id % 60));
            }));
    }
}

TEST_CASE("screening leaves few rows to be scored, and says how many") {
    const EmbeddingTable<float> table =
        table_of(20000, 256, [](std::size_t, std::size_t, Random& random) {
            return random.uniform() + random.uniform() + random.uniform() - 1.5f;
        });
    const CertifiedIndex<Cosine> index(table);
    ScreeningReport report;
    static_cast<void>(index.search_batch(table.view().first(100), {.k = 10}, report));
    REQUIRE(report.queries == 100);
    REQUIRE(report.fell_back == 0);
    REQUIRE(report.rescored >= 1000);
    REQUIRE(report.rescored < 100 * 600);
    static_cast<void>(index.search_batch(table.view().first(5), {.k = 10}, report));
    REQUIRE(report.queries == 105);
}

TEST_CASE("an index without memory for codes searches plainly") {
    const EmbeddingTable<float> table = table_of(
        300, 70, [](std::size_t, std::size_t, Random& random) { return random.uniform() - 0.5f; });
    const ExactIndex<Cosine> exact(table);
    // 128 bytes of codes a row, a scale and a bound on the error.
    constexpr std::size_t bytes = 300 * (128 + 8);
    const std::vector<float> norms(300, 1.0f);
    for (const std::size_t memory : {std::size_t{0}, bytes - 1, bytes}) {
        const CertifiedIndex<Cosine> index(table, {.memory = memory});
        REQUIRE(index.is_screened() == (memory == bytes));
        ScreeningReport report;
        for (std::size_t q = 0; q < 20; ++q) {
            REQUIRE(index.search(table[q], {.k = 9}, report) == exact.search(table[q], 9));
        }
        REQUIRE(index.search_batch(table, {.k = 9}, report) == exact.search_batch(table, 9));
        REQUIRE(report.queries == 320);
        REQUIRE(report.fell_back == (memory == bytes ? 0 : 320));
        REQUIRE(index.within(table[7], 0.1f) == exact.within(table[7], 0.1f));
    }
    REQUIRE_FALSE(CertifiedIndex<SquaredL2>(table, {.memory = bytes}).is_screened());
    REQUIRE(CertifiedIndex<SquaredL2>(table, {.memory = bytes + 300 * 4}).is_screened());
    // Rows that are too long for int8 need no codes where there is no memory for them.
    const EmbeddingTable<float> wide(1, simd::max_byte_dim + 1);
    REQUIRE_THROWS_AS(CertifiedIndex<Cosine>(wide), OptionError);
    REQUIRE(CertifiedIndex<Cosine>(wide, {.memory = 0}).size() == 1);
}

TEST_CASE("screened search takes filters and refuses what plain search refuses") {
    EmbeddingTable<float> table = table_of(
        500, 16, [](std::size_t, std::size_t, Random& random) { return random.uniform() - 0.5f; });
    const ExactIndex<Cosine> exact(table);
    const CertifiedIndex<Cosine> index(table, {.threads = 2});
    std::vector<std::uint64_t> allowed(8, 0xF0F0F0F0F0F0F0F0u);
    const std::vector<Id> excluded{4, 5};
    const SearchOptions options{.k = 20,
                                .excluded = excluded,
                                .allowed = allowed,
                                .filter = [](Id id) { return id < 400; }};
    REQUIRE(index.search_batch(table.view().first(50), options) ==
            exact.search_batch(table.view().first(50), options));
    REQUIRE_THROWS_AS(index.search(std::vector<float>(15)), Error);
    REQUIRE_THROWS_AS(index.search(std::vector<float>(16, std::numeric_limits<float>::infinity())),
                      Error);
    REQUIRE_THROWS_AS(index.search(table[0], {.allowed = std::span(allowed).first(7)}), Error);
    table[33][2] = std::numeric_limits<float>::quiet_NaN();
    REQUIRE(test::contains(
        test::message_of<Error>([&] { static_cast<void>(CertifiedIndex<Cosine>(table)); }),
        "row 33"));
    REQUIRE(CertifiedIndex<Cosine>().search(std::vector<float>()).empty());
}

TEST_CASE("screened search gives the answers of plain search on real vectors") {
    const auto data = test::data_folder();
    if (!data) return;
    for (const char* const file : {"word2vec/euclidean_vectors.bin", "word2vec/bnosac-example.vec",
                                   "fasttext/lid.176.ftz"}) {
        INFO(file);
        const WordVectors<float> vectors = load(*data + "/vectors/" + file);
        require_identical<Cosine>(vectors.table());
        require_identical<InnerProduct>(vectors.table());
        require_identical<SquaredL2>(vectors.table());
    }
}
