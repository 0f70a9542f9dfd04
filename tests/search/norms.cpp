#include <cmath>

#include <firth/query/analogy.hpp>
#include <firth/query/nearest.hpp>
#include <firth/search.hpp>
#include <firth/table/convert_table.hpp>

#include "../support/support.hpp"
#include "../support/vectors.hpp"

/// Norms of every size that float32 holds, against a reference in double.

using namespace firth;

namespace {

/// Rows of norms 10^least to 10^most by turns, each near one of a few directions, and some zeros.
EmbeddingTable<float> rows_of_norms(std::size_t rows, std::size_t dim, int least, int most,
                                    std::uint64_t seed) {
    EmbeddingTable<float> table(rows, dim);
    Random random(seed);
    std::vector<std::vector<double>> directions(7, std::vector<double>(dim));
    for (auto& direction : directions) {
        for (double& x : direction) {
            x = 2.0 * static_cast<double>(random.uniform()) - 1.0;
        }
    }
    for (std::size_t id = 0; id < rows; ++id) {
        if (id % 23 == 11) continue;
        std::vector<double> row = directions[id % directions.size()];
        double squares = 0;
        for (double& x : row) {
            x += 0.2 * static_cast<double>(random.uniform());
            squares += x * x;
        }
        const int power =
            least + static_cast<int>(id * 31 % static_cast<std::size_t>(most - least + 1));
        for (std::size_t i = 0; i < dim; ++i) {
            table[id][i] = static_cast<float>(row[i] / std::sqrt(squares) * std::pow(10.0, power));
        }
    }
    return table;
}

template <class T>
EmbeddingTable<float> widened(const EmbeddingTable<T>& table) {
    EmbeddingTable<float> wide(table.rows(), table.dim());
    for (std::size_t id = 0; id < table.rows(); ++id) {
        for (std::size_t i = 0; i < table.dim(); ++i) {
            wide[id][i] = static_cast<float>(table[id][i]);
        }
    }
    return wide;
}

/// The length of the query along the row: of the row's norm alone.
struct Along {
    static constexpr simd::RowTerm row_term = simd::RowTerm::factor;
    static float term(float norm) { return Cosine::term(norm); }
    static float query_factor(float) { return 1.0f; }
    static float score(std::span<const float> query, std::span<const float> row, float term) {
        return Cosine::score(query, row, term);
    }
    static float value_of(float score, float) { return score; }
    static float score_of(float value, float) { return value; }
    static float magnitude(float query_norm, float) { return query_norm; }
};
struct Wrong : Along {
    static float query_factor(float norm) { return 1.0f / norm; }
};
struct WrongTerm : Along {
    static float term(float norm) { return 1.0f / norm; }
};

/// All rows by their naive cosines, and an index's answers of all sizes, in batches of all sizes.
template <class Search>
void check_cosines(const EmbeddingTable<float>& rows, const EmbeddingTable<float>& queries,
                   double tolerance, Search search) {
    for (const std::size_t batch : {1u, 2u, 40u}) {
        const auto first = queries.view().first(batch);
        const std::vector<std::vector<Neighbor>> all = search(first, rows.rows());
        const std::vector<std::vector<Neighbor>> few = search(first, 10);
        for (std::size_t q = 0; q < batch; ++q) {
            REQUIRE(all[q].size() == rows.rows());
            double worst = 0;
            for (const Neighbor& each : all[q]) {
                const double expected = test::naive_cosine(queries[q], rows[each.id]);
                worst = std::max(worst, std::abs(static_cast<double>(each.score) - expected));
                if (!(worst <= tolerance)) {
                    INFO("query " << q << " of norm " << simd::norm(queries[q]) << ", row "
                                  << each.id << " of norm " << simd::norm(rows[each.id]));
                    REQUIRE(std::abs(static_cast<double>(each.score) - expected) <= tolerance);
                }
            }
            REQUIRE(std::is_sorted(all[q].begin(), all[q].end(), ranks_before));
            REQUIRE(few[q] == std::vector<Neighbor>(all[q].begin(), all[q].begin() + 10));
        }
    }
}

} // namespace

TEST_CASE("cosines are right for rows and queries of every norm, in every index") {
    // Some numbers of rows: one tile, and more than threads share.
    for (const std::size_t count : {200u, 4400u}) {
        const EmbeddingTable<float> rows = rows_of_norms(count, 20, -44, 38, 1);
        const EmbeddingTable<float> queries = rows_of_norms(40, 20, -44, 38, 2);
        INFO(count << " rows");
        SECTION("exact, " + std::to_string(count)) {
            const ExactIndex<Cosine> index(rows);
            check_cosines(rows, queries, 1e-6, [&](auto batch, std::size_t k) {
                return index.search_batch(batch, {.k = k, .threads = 2});
            });
            std::vector<float> norms;
            for (std::size_t id = 0; id < count; ++id) {
                norms.push_back(simd::norm(rows[id]));
            }
            const ExactIndex<Cosine> stored(rows, norms);
            REQUIRE(stored.search_batch(queries, 10) == index.search_batch(queries, 10));
            for (std::size_t q = 0; q < 5; ++q) {
                const std::vector<Neighbor> best = index.search(queries[q], 30);
                REQUIRE(index.search(queries[q], {.k = 30, .threads = 2}) == best);
                REQUIRE(index.within(queries[q], best[29].score).size() >= 30);
                const auto near = index.within(queries[q], best[12].score);
                REQUIRE(std::equal(best.begin(), best.begin() + 13, near.begin()));
            }
        }
        SECTION("certified, " + std::to_string(count)) {
            const ExactIndex<Cosine> exact(rows);
            const CertifiedIndex<Cosine> index(rows);
            ScreeningReport report;
            REQUIRE(index.search_batch(queries, {.k = 10}, report) ==
                    exact.search_batch(queries, 10));
            // Codes of such rows are as good as any.
            REQUIRE(report.fell_back == (count > 2000 ? 2 : 0)); // zeros, where there are many rows
            check_cosines(rows, queries, 1e-6, [&](auto batch, std::size_t k) {
                return index.search_batch(batch, {.k = k, .threads = 2});
            });
        }
        SECTION("growing, " + std::to_string(count)) {
            GrowingIndex<Cosine> index(20);
            for (std::size_t id = 0; id < count; ++id) {
                index.add(id, rows[id]);
            }
            // A row that becomes extreme, one that does not stay so, and one that moves.
            index.update(0, rows[1]);
            index.update(0, rows[0]);
            index.add(count, rows[3]);
            index.remove(count);
            check_cosines(rows, queries, 1e-6, [&](auto batch, std::size_t k) {
                std::vector<std::vector<Neighbor>> answers;
                for (const auto& found : index.search_batch(batch, {.k = k, .threads = 2})) {
                    answers.emplace_back();
                    for (const auto& [label, score] : found) {
                        answers.back().push_back({static_cast<Id>(label), score});
                    }
                }
                return answers;
            });
        }
        SECTION("codes, " + std::to_string(count)) {
            const QuantizedTable codes(rows.view());
            const ExactIndex<Cosine, QuantizedTable> index(codes);
            check_cosines(rows, queries, 2e-2, [&](auto batch, std::size_t k) {
                return index.search_batch(batch, {.k = k, .threads = 2});
            });
            for (std::size_t a = 0; a < 80; ++a) {
                for (std::size_t b = 0; b < 80; ++b) {
                    INFO(a << " and " << b);
                    REQUIRE(std::abs(static_cast<double>(codes.cosine(a, b)) -
                                     test::naive_cosine(rows[a], rows[b])) <= 2e-2);
                }
            }
            const RescoredIndex<ExactIndex<Cosine, QuantizedTable>> rescored(index, rows,
                                                                             {.factor = 200});
            check_cosines(rows, queries, 1e-6, [&](auto batch, std::size_t k) {
                return rescored.search_batch(batch, {.k = k});
            });
        }
        SECTION("bfloat16, " + std::to_string(count)) {
            const auto brains = convert_table<bfloat16>(rows.view());
            const EmbeddingTable<float> wide = widened(brains);
            const ExactIndex<Cosine, EmbeddingTable<bfloat16>> index(brains);
            check_cosines(wide, queries, 5e-3, [&](auto batch, std::size_t k) {
                return index.search_batch(batch, {.k = k});
            });
        }
        SECTION("signs, " + std::to_string(count)) {
            // Signs do not change with the norm.
            const EmbeddingTable<float> usual = [&] {
                EmbeddingTable<float> table = rows;
                for (std::size_t id = 0; id < count; ++id) {
                    simd::normalize(table[id]);
                }
                return table;
            }();
            const BitTable bits(rows.view());
            const BitTable usual_bits(usual.view());
            const ExactIndex<Hamming, BitTable> index(bits);
            const ExactIndex<Hamming, BitTable> usual_index(usual_bits);
            REQUIRE(index.search_batch(queries, 10) == usual_index.search_batch(queries, 10));
        }
    }
}

TEST_CASE("float16 rows meet queries of every norm") {
    const EmbeddingTable<float> rows = rows_of_norms(300, 20, -5, 4, 1);
    const EmbeddingTable<float> queries = rows_of_norms(40, 20, -44, 38, 2);
    const auto halves = convert_table<float16>(rows.view());
    const EmbeddingTable<float> wide = widened(halves);
    const ExactIndex<Cosine, EmbeddingTable<float16>> index(halves);
    check_cosines(wide, queries, 1e-3,
                  [&](auto batch, std::size_t k) { return index.search_batch(batch, {.k = k}); });
}

TEMPLATE_TEST_CASE("products and distances keep to float32's range, and lose no more than it must",
                   "", InnerProduct, SquaredL2) {
    const bool is_product = std::is_same_v<TestType, InnerProduct>;
    const EmbeddingTable<float> rows = rows_of_norms(600, 20, -44, is_product ? 19 : 15, 1);
    const EmbeddingTable<float> queries = rows_of_norms(40, 20, -44, is_product ? 18 : 15, 2);
    const ExactIndex<TestType> index(rows);
    const CertifiedIndex<TestType> certified(rows);
    const auto all = index.search_batch(queries, 600);
    for (std::size_t q = 0; q < queries.rows(); ++q) {
        for (const Neighbor& each : all[q]) {
            double expected = 0;
            double size = 0;
            for (std::size_t i = 0; i < 20; ++i) {
                const double x = queries[q][i];
                const double y = rows[each.id][i];
                expected += is_product ? x * y : -(x - y) * (x - y);
                size += is_product ? std::abs(x * y) : (x - y) * (x - y);
            }
            REQUIRE(std::abs(static_cast<double>(each.score) - expected) <=
                    2e-6 * size + 20 * 0x1.0p-149);
        }
    }
    const auto few = index.search_batch(queries, 10);
    for (std::size_t q = 0; q < queries.rows(); ++q) {
        REQUIRE(few[q] == std::vector<Neighbor>(all[q].begin(), all[q].begin() + 10));
    }
    REQUIRE(certified.search_batch(queries, {.k = 10}) == few);
    REQUIRE(certified.search_batch(queries, {.k = 600}) == all);
}

TEST_CASE("a metric of one's own may divide by norms, too") {
    const EmbeddingTable<float> rows = rows_of_norms(300, 20, -44, 38, 1);
    const EmbeddingTable<float> queries = rows_of_norms(30, 20, 0, 1, 2);
    const ExactIndex<Along> index(rows);
    const auto found = index.search_batch(queries, 300);
    for (std::size_t q = 0; q < 30; ++q) {
        for (const Neighbor& each : found[q]) {
            const double length = static_cast<double>(simd::norm(queries[q]));
            REQUIRE(std::abs(static_cast<double>(each.score) -
                             length * test::naive_cosine(queries[q], rows[each.id])) <=
                    1e-6 * length);
        }
    }
    // One that makes infinity of a norm is refused as norms are that are infinite.
    REQUIRE_THROWS_AS(ExactIndex<Wrong>(rows).search(std::vector<float>(20, 1e-42f), 1), Error);
    REQUIRE_THROWS_AS(ExactIndex<WrongTerm>(rows), Error);
}

TEST_CASE("words with vectors of tiny norm are found") {
    WordVectors<float> vectors = [] {
        Vocabulary vocabulary;
        EmbeddingTable<float> table(5, 3);
        const std::vector<std::vector<float>> rows{
            {1, 2, 3}, {1e-40f, 0, 0}, {3, 2, 1}, {2e-43f, 4e-43f, 6e-43f}, {1, 0, 0}};
        for (std::size_t id = 0; id < rows.size(); ++id) {
            vocabulary.add(std::string(1, static_cast<char>('a' + id)));
            std::ranges::copy(rows[id], table[id].begin());
        }
        return WordVectors<float>(std::move(vocabulary), std::move(table));
    }();
    const WordIndex index(vectors);
    const auto found = nearest(index, "b", {.top = 4});
    REQUIRE(found[0].word == "e");
    REQUIRE(found[0].score == 1.0f);
    REQUIRE(found[1].word == "c");
    REQUIRE(nearest(index, "a", {.top = 1})[0].word == "d");
    REQUIRE(nearest(index, "a", {.top = 1})[0].score > 0.999f);
    // a : e as d : b, whatever their norms.
    const auto by_product =
        analogy(index, "a", "e", "d", {.top = 1, .method = AnalogyMethod::cos_mul});
    REQUIRE(by_product[0].word == "b");
    REQUIRE(by_product[0].score > 0.9f);
}

TEST_CASE("the errors of codes of extreme rows are bounded") {
    // Codes of these queries are exact; those of rows rank some rows wrong.
    constexpr std::size_t dim = 12;
    Random random(5);
    EmbeddingTable<float> queries(60, dim);
    for (std::size_t q = 0; q < queries.rows(); ++q) {
        for (float& x : queries[q]) {
            x = random.below(2) == 0 ? -1.0f : 1.0f;
        }
    }
    for (const float size : {1e-35f, 1e33f}) {
        EmbeddingTable<float> rows(20000, dim);
        for (std::size_t id = 0; id < rows.rows(); ++id) {
            for (float& x : rows[id]) {
                x = (random.uniform() - 0.5f) * size;
            }
        }
        REQUIRE(CertifiedIndex<Cosine>(rows).search_batch(queries, {.k = 10}) ==
                ExactIndex<Cosine>(rows).search_batch(queries, {.k = 10}));
    }
}
