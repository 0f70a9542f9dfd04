#include <firth/search.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

#include <firth/table/embedding_table.hpp>

#include "../support/support.hpp"
#include "../support/vectors.hpp"

using namespace firth;

namespace {

/// Every row scored in double, sorted; what exact search must agree with.
template <class M>
std::vector<std::pair<double, Id>> naive_search(TableView<const float> rows,
                                                std::span<const float> query,
                                                const std::set<Id>& excluded) {
    std::vector<std::pair<double, Id>> scores;
    for (Id id = 0; id < rows.rows(); ++id) {
        if (excluded.contains(id)) continue;
        double dot = 0;
        double row_squares = 0;
        double query_squares = 0;
        for (std::size_t i = 0; i < query.size(); ++i) {
            const double x = rows[id][i];
            const double y = query[i];
            dot += x * y;
            row_squares += x * x;
            query_squares += y * y;
        }
        if constexpr (std::is_same_v<M, SquaredL2>) {
            dot = 0;
            for (std::size_t i = 0; i < query.size(); ++i) {
                const double apart =
                    static_cast<double>(rows[id][i]) - static_cast<double>(query[i]);
                dot -= apart * apart;
            }
        }
        if constexpr (std::is_same_v<M, Cosine>) {
            const double size = std::sqrt(row_squares) * std::sqrt(query_squares);
            dot = size == 0 ? 0 : dot / size;
        }
        scores.emplace_back(-dot, id);
    }
    std::sort(scores.begin(), scores.end());
    return scores;
}

} // namespace

TEST_CASE("norms that are known are not computed again") {
    const WordVectors<float> vectors = test::random_vectors(50, 9, 3);
    std::vector<float> norms;
    for (Id id = 0; id < 50; ++id) {
        norms.push_back(simd::norm(vectors[id]));
    }
    const ExactIndex<Cosine> computed(vectors.table());
    const ExactIndex<Cosine> given(vectors.table(), norms);
    REQUIRE(computed.search(vectors[Id{7}], 10) == given.search(vectors[Id{7}], 10));
    norms[3] = std::numeric_limits<float>::infinity();
    REQUIRE(test::contains(test::message_of<Error>([&] {
                               static_cast<void>(ExactIndex<Cosine>(vectors.table(), norms));
                           }),
                           "row 3"));
    norms[3] = 1;
    norms.pop_back();
    REQUIRE(test::contains(test::message_of<Error>([&] {
                               static_cast<void>(ExactIndex<Cosine>(vectors.table(), norms));
                           }),
                           "49 norms"));
}

TEMPLATE_TEST_CASE("exact search agrees with a naive one", "", Cosine, InnerProduct, SquaredL2) {
    for (const std::size_t dim : {1u, 2u, 15u, 16u, 17u, 100u, 300u}) {
        for (const std::size_t rows : {0u, 1u, 10u, 255u, 256u, 700u}) {
            EmbeddingTable<float> table(rows, dim);
            Random random(dim, rows);
            for (std::size_t id = 0; id < rows; ++id) {
                // Some rows are zero, some repeat an earlier one: ties must break by id.
                if (id % 17 == 3) continue;
                for (std::size_t i = 0; i < dim; ++i) {
                    table[id][i] = id % 13 == 5 ? table[id / 2][i] : 2 * random.uniform() - 1;
                }
            }
            std::vector<float> copy(rows * (dim + 3));
            for (std::size_t id = 0; id < rows; ++id) {
                for (std::size_t i = 0; i < dim; ++i) {
                    copy[id * (dim + 3) + i] = table[id][i];
                }
            }
            const ExactIndex<TestType> index(table);
            const ExactIndex<TestType> unpadded(
                TableView<const float>(copy.data(), rows, dim, dim + 3));
            EmbeddingTable<float> queries(110, dim);
            std::vector<std::vector<Id>> excluded(110);
            for (std::size_t q = 0; q < 110; ++q) {
                for (float& value : queries[q]) {
                    value = q == 1 ? 0.0f : 2 * random.uniform() - 1;
                }
                for (std::size_t e = 0; e < q % 4 && rows > 0; ++e) {
                    excluded[q].push_back(random.below(static_cast<std::uint32_t>(rows)));
                }
            }
            for (const std::size_t k : {0u, 1u, 10u, 1000u}) {
                const auto one =
                    index.search_batch(queries, {.k = k, .excluded_each = excluded, .threads = 1});
                const auto two =
                    index.search_batch(queries, {.k = k, .excluded_each = excluded, .threads = 3});
                REQUIRE(one == two);
                for (const std::size_t q : {0u, 1u, 2u, 3u, 97u, 109u}) {
                    const std::set<Id> left_out(excluded[q].begin(), excluded[q].end());
                    const auto expected = naive_search<TestType>(table, queries[q], left_out);
                    const SearchOptions options{.k = k, .excluded = excluded[q]};
                    const auto found = index.search(queries[q], options);
                    INFO("dim " << dim << ", rows " << rows << ", k " << k << ", query " << q);
                    REQUIRE(found == one[q]);
                    REQUIRE(unpadded.search(queries[q], options) == found);
                    REQUIRE(found.size() == std::min(k, expected.size()));
                    for (std::size_t i = 0; i < found.size(); ++i) {
                        REQUIRE(std::fabs(static_cast<double>(found[i].score) +
                                          expected[i].first) <= 3e-6 * static_cast<double>(dim));
                        REQUIRE_FALSE(left_out.contains(found[i].id));
                        if (i > 0) REQUIRE(ranks_before(found[i - 1], found[i]));
                    }
                }
            }
        }
    }
}

TEST_CASE("rows that only the last digits tell apart are ranked the same alone and in a batch") {
    for (const std::size_t dim : {33u, 100u, 300u}) {
        constexpr std::size_t rows = 600;
        EmbeddingTable<float> table(rows, dim);
        Random random(dim);
        for (float& x : table[0]) {
            x = 2 * random.uniform() - 1;
        }
        for (std::size_t id = 1; id < rows; ++id) {
            // The same row, elements moved about by the last digit here and there.
            std::ranges::copy(table[0], table[id].begin());
            for (int change = 0; change < 5; ++change) {
                float& x = table[id][random.below(static_cast<std::uint32_t>(dim))];
                x = std::nextafter(x, random.below(2) == 0 ? 2.0f : -2.0f);
            }
        }
        const ExactIndex<Cosine> index(table);
        std::vector<Neighbor> all;
        for (std::size_t id = 0; id < rows; ++id) {
            std::vector<float> query(dim);
            const float scale = Cosine::query_factor(simd::norm(table[7]));
            for (std::size_t i = 0; i < dim; ++i) {
                query[i] = table[7][i] * scale;
            }
            all.push_back(
                {static_cast<Id>(id), simd::dot(query, table[id]) * index.rows().terms()[id]});
        }
        std::sort(all.begin(), all.end(), ranks_before);
        const auto batch = index.search_batch(table.view().first(20), 30);
        REQUIRE(batch[7] == index.search(table[7], 30));
        all.resize(30);
        REQUIRE(batch[7] == all);
    }
}

TEST_CASE("indexes and queries refuse what is not finite or does not fit") {
    EmbeddingTable<float> table(5, 3);
    table[3][1] = std::numeric_limits<float>::quiet_NaN();
    REQUIRE(
        test::contains(test::message_of<Error>([&] { ExactIndex<Cosine> index(table); }), "row 3"));
    table[3][1] = 1;
    const ExactIndex<Cosine> index(table);
    const std::vector<float> wrong(4);
    REQUIRE(test::contains(
        test::message_of<Error>([&] { static_cast<void>(index.search(wrong, 1)); }), "dim, 3"));
    const std::vector<float> infinite(3, std::numeric_limits<float>::infinity());
    REQUIRE_THROWS_AS(index.search(infinite, 1), Error);
    const std::vector<std::vector<Id>> excluded(2);
    REQUIRE_THROWS_AS(index.search_batch(table, {.k = 1, .excluded_each = excluded}), Error);
}

TEMPLATE_TEST_CASE("filters say which rows are found", "", Cosine, InnerProduct, SquaredL2) {
    const EmbeddingTable<float> table = test::random_table(1000, 20, 1);
    const EmbeddingTable<float> queries = test::random_table(40, 20, 2);
    const ExactIndex<TestType> index(table);
    std::vector<std::uint64_t> allowed(16);
    Random random(3);
    for (Id id = 0; id < 1000; ++id) {
        if (random.below(20) == 0) allowed[id / 64] |= std::uint64_t{1} << (id % 64);
    }
    const auto is_allowed = [&](Id id) { return (allowed[id / 64] >> (id % 64) & 1) != 0; };
    const std::vector<Id> excluded{3, 500, 999};
    for (const std::size_t k : {0u, 1u, 10u, 1000u}) {
        const auto by_bits =
            index.search_batch(queries, {.k = k, .allowed = allowed, .threads = 2});
        const auto by_filter = index.search_batch(
            queries, {.k = k, .excluded = excluded, .filter = [](Id id) { return id % 3 == 0; }});
        for (std::size_t q = 0; q < queries.rows(); ++q) {
            std::vector<Neighbor> bits;
            std::vector<Neighbor> filtered;
            for (const Neighbor& each : index.search(queries[q], 1000)) {
                if (is_allowed(each.id)) bits.push_back(each);
                if (each.id % 3 == 0 && std::ranges::count(excluded, each.id) == 0) {
                    filtered.push_back(each);
                }
            }
            bits.resize(std::min(k, bits.size()));
            filtered.resize(std::min(k, filtered.size()));
            REQUIRE(by_bits[q] == bits);
            REQUIRE(by_filter[q] == filtered);
            REQUIRE(index.search(queries[q], {.k = k, .allowed = allowed, .threads = 3}) == bits);
        }
    }
    const std::vector<std::uint64_t> none(16);
    REQUIRE(index.search(queries[0], {.allowed = none}).empty());
    REQUIRE_THROWS_AS(
        index.search(queries[0], {.allowed = std::span<const std::uint64_t>(allowed).first(15)}),
        Error);
}

TEMPLATE_TEST_CASE("a radius holds all rows within it", "", Cosine, InnerProduct, SquaredL2) {
    const EmbeddingTable<float> table = test::random_table(1500, 30, 1);
    const ExactIndex<TestType> index(table);
    const EmbeddingTable<float> queries = test::random_table(10, 30, 5);
    for (std::size_t q = 0; q < queries.rows(); ++q) {
        const std::vector<Neighbor> all = index.search(queries[q], 1500);
        for (const std::size_t count : {1u, 7u, 300u, 1500u}) {
            // The last score belongs to the answer, to the bit.
            const float least = all[count - 1].score;
            REQUIRE(index.within(queries[q], least) ==
                    std::vector<Neighbor>(all.begin(), all.begin() + static_cast<long>(count)));
        }
        REQUIRE(index.within(queries[q], std::nextafter(all[0].score, 1e30f)).empty());
    }
}

TEST_CASE("answers in the caller's memory") {
    const EmbeddingTable<float> table = test::random_table(50, 8, 1);
    const EmbeddingTable<float> queries = test::random_table(30, 8, 2);
    const ExactIndex<Cosine> index(table);
    std::vector<Neighbor> memory(30 * 7);
    index.search_batch_into(queries, memory, {.k = 7});
    for (std::size_t q = 0; q < 30; ++q) {
        const std::vector<Neighbor> expected = index.search(queries[q], 7);
        REQUIRE(std::equal(expected.begin(), expected.end(),
                           memory.begin() + static_cast<long>(q * 7)));
        std::array<Neighbor, 7> few{};
        REQUIRE(std::ranges::equal(index.search_into(queries[q], few), expected));
    }
    std::vector<Neighbor> large(30 * 60);
    index.search_batch_into(queries, large, {.k = 60});
    REQUIRE(large[49].id != no_id);
    REQUIRE(large[50].id == no_id);
    REQUIRE_THROWS_AS(index.search_batch_into(queries, memory, {.k = 8}), Error);
    std::array<Neighbor, 100> many{};
    REQUIRE(index.search_into(queries[0], many).size() == 50);
    REQUIRE(index.search_into(queries[0], std::span<Neighbor>()).empty());
}

TEST_CASE("thousands of equal rows are ranked by their ids") {
    EmbeddingTable<float> table(5000, 12);
    for (std::size_t id = 0; id < 5000; ++id) {
        table[id][id % 2] = 1; // two directions
    }
    const ExactIndex<Cosine> index(table);
    const std::vector<Neighbor> found = index.search(table[1], 3000);
    REQUIRE(found.size() == 3000);
    for (Id i = 0; i < 2500; ++i) {
        REQUIRE(found[i] == Neighbor{2 * i + 1, 1.0f});
    }
    for (Id i = 0; i < 500; ++i) {
        REQUIRE(found[2500 + i] == Neighbor{2 * i, 0.0f});
    }
    REQUIRE(index.search_batch(table.view().first(2), 3000)[1] == found);
}

TEST_CASE("numbers at the ends of float32's range are ranked right or refused") {
    EmbeddingTable<float> table(4, 3);
    table[0][0] = 1e-30f;
    table[1][0] = 1e-38f;
    table[2][1] = 1e30f;
    const ExactIndex<Cosine> cosine(table);
    const std::vector<float> query{1e-20f, 0, 0};
    REQUIRE(cosine.search(query, 4)[0].id == 0);
    REQUIRE(cosine.search_batch(TableView<const float>(query.data(), 1, 3), 4)[0] ==
            cosine.search(query, 4));
    REQUIRE_THROWS_AS(ExactIndex<SquaredL2>(table), Error); // its norm has no square
    const ExactIndex<InnerProduct> products(table);
    const std::vector<float> large{0, 1e20f, 0};
    REQUIRE_THROWS_AS(products.search(large, 1), Error);
}
