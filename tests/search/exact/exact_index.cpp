#include <cmath>
#include <functional>
#include <limits>

#include <firth/eval/recall.hpp>
#include <firth/search/exact/exact_index.hpp>
#include <firth/search/exact/rescored_index.hpp>
#include <firth/table/convert_table.hpp>

#include "../../support/support.hpp"

using namespace firth;

static_assert(SearchableBy<EmbeddingTable<bfloat16>, Cosine> && SearchableBy<BitTable, Hamming>);
static_assert(!SearchableBy<BitTable, Cosine> && !SearchableBy<EmbeddingTable<float>, Hamming>);

namespace {

/// Rows of which some are zero and some repeat an earlier one: ties must break by id.
EmbeddingTable<float> odd_rows(std::size_t rows, std::size_t dim, std::uint64_t seed) {
    EmbeddingTable<float> table(rows, dim);
    Random random(seed, dim);
    for (std::size_t id = 0; id < rows; ++id) {
        if (id % 17 == 3) continue;
        for (std::size_t i = 0; i < dim; ++i) {
            table[id][i] = id % 13 == 5 ? table[id / 2][i] : 2 * random.uniform() - 1;
        }
    }
    return table;
}

double naive_score(Cosine, std::span<const double> a, std::span<const double> b) {
    double dot = 0;
    double aa = 0;
    double bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        dot += a[i] * b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
    }
    return aa == 0 || bb == 0 ? 0 : dot / std::sqrt(aa * bb);
}
double naive_score(InnerProduct, std::span<const double> a, std::span<const double> b) {
    double dot = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        dot += a[i] * b[i];
    }
    return dot;
}
double naive_score(SquaredL2, std::span<const double> a, std::span<const double> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        sum -= (a[i] - b[i]) * (a[i] - b[i]);
    }
    return sum;
}
double naive_score(Hamming, std::span<const double> a, std::span<const double> b) {
    double differ = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        differ += (a[i] > 0) != (b[i] > 0) ? 1 : 0;
    }
    return -differ;
}

/// Every way to ask an index, held against the scores of all its rows sorted, and those against
/// scores in double precision.
template <class M, class Index>
void check(const Index& index, const EmbeddingTable<float>& rows, double tolerance) {
    const std::size_t dim = rows.dim();
    const auto wide = [&](std::span<const float> row) {
        return std::vector<double>(row.begin(), row.end());
    };
    Random random(rows.rows(), dim);
    for (const std::size_t batch : {1u, 2u, 3u, 17u, 350u}) {
        // Large batches for a few sizes only: the answers of all of them are checked.
        if (batch > 17 && (rows.rows() != 700 || dim > 20)) continue;
        EmbeddingTable<float> queries(batch, dim);
        std::vector<std::vector<Neighbor>> all(batch);
        for (std::size_t q = 0; q < batch; ++q) {
            for (std::size_t i = 0; i < dim; ++i) {
                const bool is_row = q % 3 == 1 && rows.rows() != 0;
                queries[q][i] = q == 2   ? 0.0f
                                : is_row ? rows[q * 7 % rows.rows()][i]
                                         : 2 * random.uniform() - 1;
            }
            double worst = 0;
            const auto prepared = index.rows().prepare(queries[q]);
            for (Id id = 0; id < rows.rows(); ++id) {
                all[q].push_back({id, index.rows().score(prepared, id)});
                if (q >= 5) continue;
                const double expected = naive_score(M{}, wide(queries[q]), wide(rows[id]));
                worst =
                    std::max(worst, std::abs(static_cast<double>(all[q].back().score) - expected));
            }
            REQUIRE(worst <= tolerance);
            std::sort(all[q].begin(), all[q].end(), ranks_before);
        }
        std::vector<std::uint64_t> allowed(rows.rows() / 64 + 1);
        for (std::uint64_t& word : allowed) {
            word = random() & random();
        }
        const std::vector<Id> excluded{0, 5, 255};
        for (const std::size_t k : {std::size_t{0}, std::size_t{1}, std::size_t{10},
                                    std::size_t{1000}, std::size_t{1} << 40}) {
            const SearchOptions plain{.k = k, .threads = k == 10 ? 3u : 1u};
            const SearchOptions filtered{.k = k,
                                         .excluded = excluded,
                                         .allowed = allowed,
                                         .filter = [](Id id) { return id % 3 != 0; },
                                         .threads = k == 1 ? 2u : 1u};
            const auto found = index.search_batch(queries, plain);
            const auto some = index.search_batch(queries, filtered);
            for (std::size_t q = 0; q < batch; ++q) {
                std::vector<Neighbor> expected = all[q];
                expected.resize(std::min(k, expected.size()));
                REQUIRE(found[q] == expected);
                std::vector<Neighbor> left;
                for (const Neighbor& each : all[q]) {
                    if (std::ranges::count(excluded, each.id) == 0 && each.id % 3 != 0 &&
                        (allowed[each.id / 64] >> (each.id % 64) & 1) != 0 && left.size() < k) {
                        left.push_back(each);
                    }
                }
                REQUIRE(some[q] == left);
                if (q < 3) {
                    REQUIRE(index.search(queries[q], plain) == expected);
                    REQUIRE(index.search(queries[q], filtered) == left);
                }
            }
        }
        if (all[0].size() > 40) {
            std::vector<Neighbor> near;
            for (const Neighbor& each : all[0]) {
                if (each.score >= all[0][40].score) near.push_back(each);
            }
            REQUIRE(index.within(queries[0], all[0][40].score) == near);
        }
    }
}

template <class M, class Table, class Make>
void check_sizes(double tolerance, Make make) {
    for (const std::size_t dim : {1u, 2u, 15u, 16u, 17u, 64u, 100u, 129u, 300u}) {
        for (const std::size_t rows : {0u, 1u, 33u, 700u}) {
            if (rows == 0 && dim > 2) continue;
            INFO("dim " << dim << ", " << rows << " rows");
            const EmbeddingTable<float> table = odd_rows(rows, dim, 1);
            const Table smaller = make(table);
            const ExactIndex<M, Table> index(smaller);
            check<M>(index, table,
                     tolerance * (std::is_same_v<M, Cosine> ? 1.0 : static_cast<double>(dim)));
        }
    }
}

} // namespace

TEMPLATE_TEST_CASE("all formats are searched exactly, by every metric", "", Cosine, InnerProduct,
                   SquaredL2) {
    SECTION("float") {
        check_sizes<TestType, EmbeddingTable<float>>(1e-6, [](const auto& table) { return table; });
    }
    SECTION("float16") {
        check_sizes<TestType, EmbeddingTable<float16>>(
            2e-3, [](const auto& table) { return convert_table<float16>(table.view()); });
    }
    SECTION("bfloat16") {
        check_sizes<TestType, EmbeddingTable<bfloat16>>(
            2e-2, [](const auto& table) { return convert_table<bfloat16>(table.view()); });
    }
    SECTION("int8") {
        check_sizes<TestType, QuantizedTable>(
            2e-2, [](const auto& table) { return QuantizedTable(table.view()); });
    }
}

TEST_CASE("bits are searched exactly") {
    check_sizes<Hamming, BitTable>(0.0, [](const auto& table) { return BitTable(table.view()); });
    const EmbeddingTable<float> table = odd_rows(500, 70, 3);
    const BitTable bits(table.view());
    const ExactIndex<Hamming, BitTable> index(bits);
    REQUIRE(index.search(bits[7], {.k = 20}) == index.search(table[7], 20));
    REQUIRE(index.search_batch(bits, {.k = 3}) == index.search_batch(table, 3));
    const std::vector<std::uint64_t> long_query{0, std::uint64_t{1} << 6};
    REQUIRE_THROWS_AS(index.search(long_query, {}), Error);
    REQUIRE_THROWS_AS(index.search(std::vector<std::uint64_t>(1), {}), Error);
    REQUIRE_THROWS_AS(index.search(std::vector<float>(69), 1), Error);
    REQUIRE_THROWS_AS(
        index.search(std::vector<float>(70, std::numeric_limits<float>::quiet_NaN()), 1), Error);
}

TEST_CASE("smaller formats refuse what they cannot hold") {
    EmbeddingTable<float16> halves(2, 4);
    const ExactIndex<InnerProduct, EmbeddingTable<float16>> index(halves);
    const std::vector<float> large(4, 1e5f);
    REQUIRE_THROWS_AS(index.search(large, 1), Error);
    REQUIRE_THROWS_AS(index.search(std::vector<float>(3), 1), Error);
    halves[1][2] = float16(std::numeric_limits<float>::infinity());
    REQUIRE(test::contains(test::message_of<Error>([&] {
                               const ExactIndex<Cosine, EmbeddingTable<float16>> wrong(halves);
                           }),
                           "row 1"));
    EmbeddingTable<float> infinite(3, 4);
    infinite[2][3] = -std::numeric_limits<float>::infinity();
    REQUIRE(test::contains(
        test::message_of<Error>([&] { static_cast<void>(QuantizedTable(infinite.view())); }),
        "row 2"));
    const QuantizedTable codes(odd_rows(3, 4, 1).view());
    const ExactIndex<Cosine, QuantizedTable> quarters(codes);
    REQUIRE_THROWS_AS(
        quarters.search(std::vector<float>(4, std::numeric_limits<float>::infinity()), 1), Error);
    REQUIRE_THROWS_AS(quarters.search(std::vector<float>(5), 1), Error);
}

TEST_CASE("rescoring finds nearly all of what exact search finds, with its scores") {
    const EmbeddingTable<float> table = odd_rows(3000, 128, 9);
    const EmbeddingTable<float> queries = odd_rows(100, 128, 10);
    const auto exact = ExactIndex<Cosine>(table).search_batch(queries, 10);
    const auto recall_of = [&](auto coarse, std::size_t factor) {
        const RescoredIndex<decltype(coarse)> index(coarse, table, {.factor = factor});
        const auto found = index.search_batch(queries, {.k = 10, .threads = 2});
        REQUIRE(index.search(queries[11], {.k = 10}) == found[11]);
        for (std::size_t q = 0; q < queries.rows(); ++q) {
            REQUIRE(found[q].size() == 10);
            for (const Neighbor& each : found[q]) {
                const auto same = std::ranges::find(exact[q], each.id, &Neighbor::id);
                if (same != exact[q].end()) REQUIRE(same->score == each.score);
            }
        }
        return recall(found, exact);
    };
    const BitTable bits(table.view());
    using Signs = ExactIndex<Hamming, BitTable>;
    REQUIRE(recall_of(Signs(bits), 1) < 0.7);
    REQUIRE(recall_of(Signs(bits), 40) > 0.9);
    REQUIRE(recall_of(Signs(bits), 300) == 1.0);
    const QuantizedTable codes(table.view());
    using Codes = ExactIndex<Cosine, QuantizedTable>;
    REQUIRE(recall_of(Codes(codes), 2) > 0.99);
    const auto brains = convert_table<bfloat16>(table.view());
    using Brains = ExactIndex<Cosine, EmbeddingTable<bfloat16>>;
    REQUIRE(recall_of(Brains(brains), 2) > 0.99);

    REQUIRE_THROWS_AS(RescoredIndex<Signs>(Signs(bits), table, {.factor = 0}), OptionError);
    REQUIRE_THROWS_AS(RescoredIndex<Signs>(Signs(bits), table.view().first(5)), Error);
    const RescoredIndex<Signs> most(Signs(bits), table, {.factor = std::size_t{1} << 60});
    REQUIRE(most.search(queries[0], std::size_t{1} << 60).size() == 3000);
}
