#include <array>
#include <cmath>
#include <string>

#include <firth/eval/recall.hpp>
#include <firth/search.hpp>
#include <firth/table/convert_table.hpp>

#include "../support/support.hpp"
#include "../support/vectors.hpp"

/// Metrics, rows and indexes of a user's own, through every function that takes one.

using namespace firth;

namespace {

// As in the documentation of `Metric`.
struct OwnProduct {
    static constexpr simd::RowTerm row_term = simd::RowTerm::none;
    static float term(float) { return 0.0f; }
    static float query_factor(float) { return 1.0f; }
    template <class T>
    static float score(std::span<const T> query, std::span<const T> row, float) {
        return simd::dot(query, row);
    }
    static float value_of(float score, float) { return score; }
    static float score_of(float value, float) { return value; }
    static float magnitude(float query_norm, float row_norm) { return query_norm * row_norm; }
};

/// Twice the inner product less the row's squared norm: each function says something of its own.
struct OwnDistance {
    static constexpr std::string_view name = "own-distance";
    static constexpr simd::RowTerm row_term = simd::RowTerm::summand;
    static float term(float norm) { return -0.25f * norm * norm; }
    static float query_factor(float) { return 0.5f; }
    template <class T>
    static float score(std::span<const T> query, std::span<const T> row, float) {
        const float norm = static_cast<float>(simd::norm(row));
        return 4.0f * simd::dot(query, row) - norm * norm;
    }
    static float value_of(float score, float) { return 0.25f * score; }
    static float score_of(float value, float) { return 4.0f * value; }
    static float magnitude(float query_norm, float row_norm) {
        return 2.0f * (query_norm + row_norm) * (query_norm + row_norm);
    }
};

// As in the documentation of `ScorableRows` and `ScannableRows`.
struct ManhattanRows {
    using Query = std::vector<float>;
    using Group = ScoreGroup<ManhattanRows>;
    TableView<const float> table;
    std::size_t size() const { return table.rows(); }
    std::size_t dim() const { return table.dim(); }
    Query prepare(std::span<const float> query) const {
        if (query.size() != dim()) throw Error("a query of another length");
        return {query.begin(), query.end()};
    }
    float score(const Query& query, Id id) const {
        float sum = 0;
        for (std::size_t i = 0; i < dim(); ++i)
            sum -= std::fabs(query[i] - table[id][i]);
        return sum;
    }
    void prefetch(Id) const {}
    float floor_of(const Query&, float score) const { return score; }
};

// As in the documentation of `Index`.
struct NaiveIndex {
    using LabelType = Id;
    TableView<const float> table;
    std::size_t size() const { return table.rows(); }
    std::size_t dim() const { return table.dim(); }
    std::vector<Neighbor> search(std::span<const float> query, const SearchOptions& options) const {
        return search_batch({query.data(), 1, query.size()}, options)[0];
    }
    std::vector<std::vector<Neighbor>> search_batch(TableView<const float> queries,
                                                    const SearchOptions& options) const {
        check_options(options, size(), queries.rows());
        std::vector<std::vector<Neighbor>> results;
        for (std::size_t q = 0; q < queries.rows(); ++q) {
            TopK best(options.k);
            for (Id id = 0; id < size(); ++id) {
                if (!may_be_found(id, options, q)) continue;
                best.offer({id, simd::dot(queries[q], table[id])});
            }
            results.push_back(best.take());
        }
        return results;
    }
};

/// Rows sorted by their scores, as `Rows::score` has them.
template <class Rows>
std::vector<Neighbor> sorted(const Rows& rows, std::span<const float> query,
                             const SearchOptions& options, std::size_t q = 0) {
    const auto prepared = rows.prepare(query);
    std::vector<Neighbor> found;
    for (Id id = 0; id < rows.size(); ++id) {
        if (may_be_found(id, options, q)) found.push_back({id, rows.score(prepared, id)});
    }
    std::sort(found.begin(), found.end(), ranks_before);
    found.resize(std::min(found.size(), options.k));
    return found;
}

/// Every call with every option, against rows that are scored one by one.
template <class I, class Rows>
void check_all_calls(const I& index, const Rows& rows, const EmbeddingTable<float>& queries) {
    REQUIRE(index.size() == rows.size());
    REQUIRE(index.dim() == rows.dim());
    std::vector<std::uint64_t> allowed(rows.size() / 64 + 1, 0xF3F3F3F3F3F3F3F3u);
    const std::vector<Id> excluded{1, 5, 80};
    std::vector<std::vector<Id>> each;
    for (std::size_t q = 0; q < queries.rows(); ++q) {
        each.push_back({sorted(rows, queries[q], {.k = 1})[0].id});
    }
    for (const std::size_t threads : {1u, 3u}) {
        const SearchOptions options{.k = 7,
                                    .excluded = excluded,
                                    .allowed = allowed,
                                    .filter = [](Id id) { return id % 7 != 2; },
                                    .threads = threads};
        SearchOptions with_lists = options;
        with_lists.excluded_each = each;
        const auto batch = index.search_batch(queries, with_lists);
        for (std::size_t q = 0; q < queries.rows(); ++q) {
            REQUIRE(batch[q] == sorted(rows, queries[q], with_lists, q));
            const std::vector<Neighbor> expected = sorted(rows, queries[q], options);
            REQUIRE(index.search(queries[q], options) == expected);
            SearchOptions one_list = options;
            one_list.excluded_each = std::span(each).subspan(q, 1);
            REQUIRE(index.search(queries[q], one_list) == batch[q]);
            if constexpr (requires { index.search(queries[q], 5); }) {
                REQUIRE(index.search(queries[q], 5) == sorted(rows, queries[q], {.k = 5}));
                std::array<Neighbor, 7> memory{};
                REQUIRE(
                    std::ranges::equal(index.search_into(queries[q], memory, options), expected));
            }
            if constexpr (requires { index.within(queries[q], 0.0f, options); }) {
                REQUIRE(index.within(queries[q], expected[4].score, options) ==
                        std::vector<Neighbor>(expected.begin(), expected.begin() + 5));
            }
        }
        if constexpr (requires { index.search_batch(queries, 5); }) {
            std::vector<Neighbor> memory(7 * queries.rows());
            index.search_batch_into(queries, memory, with_lists);
            REQUIRE(std::equal(batch[2].begin(), batch[2].end(), memory.begin() + 14));
            REQUIRE(index.search_batch(queries, 5)[3] == sorted(rows, queries[3], {.k = 5}));
        }
    }
    const SearchOptions short_lists{.excluded_each = std::span(each).first(1)};
    REQUIRE_THROWS_AS(index.search_batch(queries, short_lists), Error);
    const std::vector<std::uint64_t> one_word(1);
    REQUIRE_THROWS_AS(index.search(queries[0], {.allowed = one_word}), Error);
}

} // namespace

TEMPLATE_TEST_CASE("a user's own metric is searched by every index", "", OwnProduct, OwnDistance) {
    using M = TestType;
    const EmbeddingTable<float> table = test::random_table(5000, 20, 1);
    const EmbeddingTable<float> queries = test::random_table(6, 20, 2);
    const FloatRows<M> rows(table);
    check_all_calls(ExactIndex<M>(table), rows, queries);
    check_all_calls(CertifiedIndex<M>(table), rows, queries);
    const QuantizedTable codes(table.view());
    const ExactIndex<M, QuantizedTable> quarters(codes);
    check_all_calls(quarters, quarters.rows(), queries);
    using Quarters = ExactIndex<M, QuantizedTable>;
    check_all_calls(RescoredIndex<Quarters, M>(quarters, table, {.factor = 40}), rows, queries);
    const auto halves = convert_table<float16>(table.view());
    check_all_calls(ExactIndex<M, EmbeddingTable<float16>>(halves), FloatRows<M, float16>(halves),
                    queries);
    const auto brains = convert_table<bfloat16>(table.view());
    check_all_calls(ExactIndex<M, EmbeddingTable<bfloat16>>(brains), FloatRows<M, bfloat16>(brains),
                    queries);
    GrowingIndex<M, Id> growing(20);
    for (Id id = 0; id < table.rows(); ++id) {
        growing.add(id, table[id]);
    }
    const std::vector<Neighbor> best = growing.search(queries[0], 9);
    REQUIRE(best == sorted(rows, queries[0], {.k = 9}));
    REQUIRE(growing.within(queries[0], best[8].score) == best);
    // The codes' scores are those of the floats, but for the rounding of codes.
    const auto coarse = quarters.search(queries[0], 1)[0];
    REQUIRE(std::fabs(coarse.score - rows.score(rows.prepare(queries[0]), coarse.id)) < 0.3f);
    if constexpr (NamedMetric<M>) {
        const test::TemporaryFolder folder;
        write_index(growing, folder / "own.index");
        const auto read = read_index<GrowingIndex<M, Id>>(folder / "own.index");
        REQUIRE(read.search(queries[0], 9) == best);
    }
}

TEST_CASE("a user's own rows are searched exactly") {
    const EmbeddingTable<float> table = test::random_table(5000, 6, 3);
    const EmbeddingTable<float> queries = test::random_table(70, 6, 4);
    const ManhattanRows rows{table};
    const ScanIndex index(rows);
    check_all_calls(index, rows, queries);
    REQUIRE_THROWS_AS(index.search(std::vector<float>(5), 1), Error);
    REQUIRE(ScanIndex<ManhattanRows>().search(std::vector<float>(), 3).empty());
    // As a coarse index, too.
    const RescoredIndex<ScanIndex<ManhattanRows>> rescored(index, table, {.factor = 5000});
    REQUIRE(rescored.search(queries[0], 5) == ExactIndex<Cosine>(table).search(queries[0], 5));
}

TEST_CASE("a user's own index is one for all that takes one") {
    const EmbeddingTable<float> table = test::random_table(900, 6, 3);
    const EmbeddingTable<float> queries = test::random_table(30, 6, 4);
    const NaiveIndex naive{table};
    const ExactIndex<InnerProduct> exact(table);
    check_all_calls(naive, exact.rows(), queries);
    REQUIRE(recall(naive, exact, queries) == 1);
    const RescoredIndex<NaiveIndex, InnerProduct> rescored(naive, table, {.factor = 1});
    check_all_calls(rescored, exact.rows(), queries);
    // Half of the rows are not there to be found.
    const NaiveIndex half{table.view().first(450)};
    const double share = recall(half, exact, queries, {.k = 20});
    REQUIRE(share > 0.3);
    REQUIRE(share < 0.7);
    REQUIRE(share ==
            recall(half.search_batch(queries, {.k = 20}), exact.search_batch(queries, 20)));
}

TEST_CASE("labels that are ids make an index of ids") {
    const EmbeddingTable<float> table = test::random_table(300, 6, 3);
    const EmbeddingTable<float> queries = test::random_table(30, 6, 4);
    GrowingIndex<InnerProduct, Id> growing(6);
    for (Id id = 300; id-- > 0;) {
        growing.add(id, table[id]);
    }
    const ExactIndex<InnerProduct> exact(table);
    for (std::size_t q = 0; q < 30; ++q) {
        REQUIRE(growing.search(queries[q], 20) == exact.search(queries[q], 20));
    }
    // A bit set of labels need not cover all of them.
    const std::vector<std::uint64_t> first(1, ~std::uint64_t{0});
    const std::vector<Id> excluded{3, 4, 1000};
    const std::vector<std::vector<Id>> each(30, std::vector<Id>{7});
    const SearchOptions options{
        .k = 300, .excluded = excluded, .excluded_each = each, .allowed = first, .threads = 2};
    const auto found = growing.search_batch(queries, options);
    for (std::size_t q = 0; q < 30; ++q) {
        std::vector<Neighbor> expected = exact.search(queries[q], 300);
        std::erase_if(expected, [](const Neighbor& x) {
            return x.id >= 64 || x.id == 3 || x.id == 4 || x.id == 7;
        });
        REQUIRE(found[q] == expected);
    }
    REQUIRE_THROWS_AS(growing.search(queries[0], options), Error); // 30 lists for one query
    std::vector<Neighbor> memory(30 * 4);
    growing.search_batch_into(queries, memory, {.k = 4});
    REQUIRE(memory[8] == exact.search(queries[2], 1)[0]);
    // Other labels have no bits.
    GrowingIndex<InnerProduct, std::string> by_name(6);
    by_name.add("a", table[0]);
    by_name.add("b", table[1]);
    REQUIRE(test::contains(test::message_of<Error>([&] {
                               static_cast<void>(by_name.search(table[0], {.allowed = first}));
                           }),
                           "expected a filter"));
    const std::vector<std::string> out{"a", "c"};
    REQUIRE(by_name.search(table[0], {.excluded = out})[0].label == "b");
    REQUIRE(by_name.search(table[0], {.excluded = out}).size() == 1);
    REQUIRE(by_name.within(table[0], -1e9f, {.excluded = out}).size() == 1);
}

namespace {

// One requirement missing, or wrong.
struct NoMagnitude : OwnProduct {
    static float magnitude(float, float) = delete;
};
struct DoubleScore : OwnProduct {
    static double score(std::span<const float>, std::span<const float>, float) { return 0; }
};
struct NoPrepare : ManhattanRows {
    Query prepare(std::span<const float>) const = delete;
};
struct NoPrefetch : ManhattanRows {
    void prefetch(Id) const = delete;
};
struct NoFloor : ManhattanRows {
    float floor_of(const Query&, float) const = delete;
};
struct GroupOfOthers : ManhattanRows {
    using Group = FloatRows<Cosine>::Group;
};
struct NoBatch : NaiveIndex {
    std::vector<std::vector<Neighbor>> search_batch(TableView<const float>,
                                                    const SearchOptions&) const = delete;
};
struct NoLabels {
    std::size_t size() const { return 0; }
};

static_assert(Metric<OwnProduct> && Metric<OwnProduct, float16> && !NamedMetric<OwnProduct>);
static_assert(NamedMetric<OwnDistance>);
static_assert(!Metric<NoMagnitude> && !Metric<DoubleScore> && !Metric<Hamming> && !Metric<int>);
static_assert(ScannableRows<ManhattanRows>);
static_assert(!ScorableRows<NoPrepare> && !ScorableRows<NoPrefetch> && !ScorableRows<int>);
static_assert(ScorableRows<NoFloor> && !ScannableRows<NoFloor>);
static_assert(ScorableRows<GroupOfOthers> && !ScannableRows<GroupOfOthers>);
static_assert(IdIndex<NaiveIndex> && !Index<NoBatch> && !Index<NoLabels> && !Index<int>);
static_assert(Index<GrowingIndex<Cosine>> && !IdIndex<GrowingIndex<Cosine>>);

template <class M, class Table>
concept HasExactIndex = requires {
    typename ExactIndex<M, Table>;
};
static_assert(HasExactIndex<OwnProduct, QuantizedTable> && HasExactIndex<Hamming, BitTable>);
static_assert(!HasExactIndex<Cosine, BitTable> && !HasExactIndex<Hamming, EmbeddingTable<float>>);
template <class Coarse>
concept CanBeRescored = requires {
    typename RescoredIndex<Coarse>;
};
static_assert(CanBeRescored<NaiveIndex> && !CanBeRescored<GrowingIndex<Cosine, std::string>>);

} // namespace
