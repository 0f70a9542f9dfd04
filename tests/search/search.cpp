#include <firth/search.hpp>

#include <cmath>
#include <limits>
#include <set>

#include <firth/table/embedding_table.hpp>

#include "../support/support.hpp"

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
    norms.pop_back();
    REQUIRE_THROWS_AS(ExactIndex<Cosine>(vectors.table(), norms), Error);
}

TEST_CASE("top-k keeps the best, ties by id, NaN last") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> scores{1, nan, 3, 2, 3, -5, nan, 3};
    const auto top = [&](std::size_t k) {
        TopK best(k);
        best.offer_all(10, scores);
        std::vector<Id> ids;
        for (const Neighbor& neighbor : best.take()) {
            ids.push_back(neighbor.id);
        }
        return ids;
    };
    REQUIRE(top(0).empty());
    REQUIRE(top(2) == std::vector<Id>{12, 14});
    REQUIRE(top(5) == std::vector<Id>{12, 14, 17, 13, 10});
    REQUIRE(top(7) == std::vector<Id>{12, 14, 17, 13, 10, 15, 11});
    REQUIRE(top(100).size() == 8);
}

TEST_CASE("top-k agrees with sorting, in any order of offers") {
    Random random(3);
    for (int round = 0; round < 200; ++round) {
        std::vector<Neighbor> all;
        for (Id id = 0; id < 300; ++id) {
            all.push_back({id, static_cast<float>(random.below(50))});
        }
        const std::size_t k = random.below(320);
        TopK best(k);
        std::vector<Neighbor> shuffled = all;
        std::shuffle(shuffled.begin(), shuffled.end(), random);
        for (const Neighbor& neighbor : shuffled) {
            best.offer(neighbor);
        }
        std::sort(all.begin(), all.end(), ranks_before);
        all.resize(std::min(k, all.size()));
        REQUIRE(best.take() == all);
    }
}

TEMPLATE_TEST_CASE("exact search agrees with a naive one", "", Cosine, InnerProduct) {
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
                const auto one = index.search_batch(queries, k, excluded, 1);
                const auto two = index.search_batch(queries, k, excluded, 3);
                REQUIRE(one == two);
                for (const std::size_t q : {0u, 1u, 2u, 3u, 97u, 109u}) {
                    const std::set<Id> left_out(excluded[q].begin(), excluded[q].end());
                    const auto expected = naive_search<TestType>(table, queries[q], left_out);
                    const auto found = index.search(queries[q], k, excluded[q]);
                    INFO("dim " << dim << ", rows " << rows << ", k " << k << ", query " << q);
                    REQUIRE(found == one[q]);
                    REQUIRE(unpadded.search(queries[q], k, excluded[q]) == found);
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
            const float scale = Cosine::scale(simd::norm(table[7]));
            for (std::size_t i = 0; i < dim; ++i) {
                query[i] = table[7][i] * scale;
            }
            all.push_back(
                {static_cast<Id>(id), simd::dot(query, table[id]) * index.row_scales()[id]});
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
    REQUIRE_THROWS_AS(index.search_batch(table, 1, excluded), Error);
}
