#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <map>
#include <numeric>
#include <thread>

#include <firth/search.hpp>

#include "../support/support.hpp"
#include "../support/vectors.hpp"

/// What options and calls ask for reaches every path of every index.

using namespace firth;

namespace {

/// What a search with options must find: of the scores of all rows the best that may be found.
std::vector<Neighbor> best_of(std::vector<Neighbor> all, const SearchOptions& options,
                              std::span<const Id> more_excluded = {}) {
    std::erase_if(all, [&](const Neighbor& each) {
        return std::ranges::count(options.excluded, each.id) != 0 ||
               std::ranges::count(more_excluded, each.id) != 0 ||
               (!options.allowed.empty() &&
                (options.allowed[each.id / 64] >> (each.id % 64) & 1) == 0) ||
               (options.filter && !options.filter(each.id));
    });
    std::sort(all.begin(), all.end(), ranks_before);
    all.resize(std::min(options.k, all.size()));
    return all;
}

template <class Index>
std::vector<Neighbor> scores_of_all(const Index& index, std::span<const float> query) {
    std::vector<Neighbor> all;
    const auto prepared = index.rows().prepare(query);
    for (Id id = 0; id < index.rows().size(); ++id) {
        all.push_back({id, index.rows().score(prepared, id)});
    }
    return all;
}

/// Each kind of option alone, and all together.
struct Choices {
    std::vector<Id> excluded;
    std::vector<std::uint64_t> allowed;
    std::vector<SearchOptions> options;

    Choices(std::size_t rows, const std::vector<Neighbor>& all, std::size_t k) {
        // Those left out are the best.
        const std::vector<Neighbor> best = best_of(all, {.k = 4});
        for (const Neighbor& each : best) {
            excluded.push_back(each.id);
        }
        allowed.assign(rows / 64 + 1, 0x5A5A5A5A5A5A5A5Au);
        options = {{.k = k},
                   {.k = k, .excluded = excluded},
                   {.k = k, .allowed = allowed},
                   {.k = k, .filter = [](Id id) { return id % 5 < 2; }},
                   {.k = k,
                    .excluded = excluded,
                    .allowed = allowed,
                    .filter = [](Id id) { return id % 5 < 2; },
                    .threads = 2}};
    }
    Choices(const Choices&) = delete;
};

/// Every call of an index with every option.
template <class Index, class Exact>
void check_calls(const Index& index, const Exact& exact, const EmbeddingTable<float>& queries) {
    for (std::size_t q = 0; q < queries.rows(); ++q) {
        const std::vector<Neighbor> all = scores_of_all(exact, queries[q]);
        for (const std::size_t k : {1u, 7u}) {
            const Choices choices(all.size(), all, k);
            for (const SearchOptions& options : choices.options) {
                const std::vector<Neighbor> expected = best_of(all, options);
                REQUIRE(index.search(queries[q], options) == expected);
                std::array<Neighbor, 7> memory{};
                REQUIRE(std::ranges::equal(
                    index.search_into(queries[q], std::span(memory).first(k), options), expected));
                std::vector<Neighbor> batch_memory(k);
                index.search_batch_into({queries[q].data(), 1, queries.dim()}, batch_memory,
                                        options);
                REQUIRE(batch_memory == expected);
                REQUIRE(index.search_batch({queries[q].data(), 1, queries.dim()}, options)[0] ==
                        expected);
                if constexpr (requires { index.within(queries[q], 0.0f, options); }) {
                    SearchOptions unlimited = options;
                    unlimited.k = all.size();
                    std::vector<Neighbor> near = best_of(all, unlimited);
                    const float least = near[k].score;
                    std::erase_if(near, [&](const Neighbor& x) { return x.score < least; });
                    REQUIRE(index.within(queries[q], least, options) == near);
                }
            }
            REQUIRE(index.search(queries[q], k) == best_of(all, {.k = k}));
            REQUIRE(index.search(queries[q], static_cast<int>(k)) == best_of(all, {.k = k}));
            REQUIRE(index.search(queries[q], {.k = k, .excluded = choices.excluded}) ==
                    best_of(all, {.k = k, .excluded = choices.excluded}));
        }
        REQUIRE(index.search(queries[q]) == best_of(all, {.k = 10}));
        REQUIRE(index.search(queries[q], {}) == best_of(all, {.k = 10})); // not a k of 0
    }
    std::vector<std::vector<Id>> excluded;
    for (std::size_t q = 0; q < queries.rows(); ++q) {
        excluded.emplace_back();
        for (const Neighbor& each : best_of(scores_of_all(exact, queries[q]), {.k = q % 3})) {
            excluded.back().push_back(each.id);
        }
    }
    const auto found =
        index.search_batch(queries, {.k = 3, .excluded_each = excluded, .threads = 2});
    REQUIRE(found.size() == queries.rows());
    for (std::size_t q = 0; q < queries.rows(); ++q) {
        REQUIRE(found[q] == best_of(scores_of_all(exact, queries[q]), {.k = 3}, excluded[q]));
    }
    REQUIRE(index.search_batch(queries, 5) == index.search_batch(queries, {.k = 5}));
    REQUIRE(index.search_batch(queries) == index.search_batch(queries, {.k = 10}));
    excluded.pop_back();
    REQUIRE_THROWS_AS(index.search_batch(queries, {.k = 3, .excluded_each = excluded}), Error);
    std::vector<Neighbor> memory(queries.rows() * 2 + 1);
    REQUIRE_THROWS_AS(index.search_batch_into(queries, memory, {.k = 2}), Error);
    REQUIRE_THROWS_AS(index.search_batch_into(queries, memory, {.k = 0}), Error);
    memory.pop_back();
    index.search_batch_into(queries, memory, {.k = 2});
    for (std::size_t q = 0; q < queries.rows(); ++q) {
        REQUIRE(
            std::ranges::equal(std::span(memory).subspan(2 * q, 2), index.search(queries[q], 2)));
    }
    const std::vector<std::uint64_t> one_word_short(exact.rows().size() / 64 - 1);
    REQUIRE_THROWS_AS(index.search(queries[0], {.allowed = one_word_short}), Error);
    // More than there are: all, and no_id in the places that are left over.
    const std::size_t rows = exact.rows().size();
    REQUIRE(index.search(queries[0], rows + 5).size() == rows);
    std::vector<Neighbor> room(rows + 2);
    index.search_batch_into({queries[0].data(), 1, queries.dim()}, room, {.k = rows + 2});
    REQUIRE(room[rows - 1].id != no_id);
    REQUIRE(room[rows] == Neighbor{no_id, -std::numeric_limits<float>::infinity()});
    REQUIRE(room[rows + 1] == room[rows]);
    REQUIRE(index.search_into(queries[0], room).size() == rows);
}

} // namespace

TEMPLATE_TEST_CASE("every index takes every option in every call", "", Cosine, InnerProduct,
                   SquaredL2) {
    const EmbeddingTable<float> table = test::random_table(700, 12, 1);
    const EmbeddingTable<float> queries = test::random_table(20, 12, 2);
    const ExactIndex<TestType> exact(table);
    SECTION("exact") {
        check_calls(exact, exact, queries);
        // Lists of ids beside the options.
        std::vector<std::vector<Id>> excluded(20);
        for (std::size_t q = 0; q < 20; ++q) {
            excluded[q].push_back(exact.search(queries[q], 1)[0].id);
        }
        const SearchOptions options{
            .k = 4, .excluded_each = excluded, .filter = [](Id id) { return id % 2 == 0; }};
        const auto found = exact.search_batch(queries, options);
        for (std::size_t q = 0; q < 20; ++q) {
            REQUIRE(found[q] == best_of(scores_of_all(exact, queries[q]), options, excluded[q]));
        }
    }
    SECTION("certified") {
        check_calls(CertifiedIndex<TestType>(table), exact, queries);
    }
    SECTION("rescored") {
        const QuantizedTable codes(table.view());
        using Codes = ExactIndex<TestType, QuantizedTable>;
        check_calls(RescoredIndex<Codes, TestType>(Codes(codes), table), exact, queries);
    }
}

TEST_CASE("screened search that gives up takes every option, too") {
    // Rows that int8 cannot tell apart, but float32 can.
    EmbeddingTable<float> table(3050, 12);
    Random random(4);
    for (std::size_t id = 0; id < 3050; ++id) {
        for (float& x : table[id]) {
            // Some lie the other way and apart: queries that way are not hard.
            x = id % 61 == 60 ? random.uniform() - 1.5f : 1 + 1e-4f * random.uniform();
        }
    }
    const EmbeddingTable<float> queries = test::random_table(10, 12, 2);
    const ExactIndex<Cosine> exact(table);
    const CertifiedIndex<Cosine> index(table);
    ScreeningReport report;
    REQUIRE(index.search_batch(queries, {.k = 3}, report) == exact.search_batch(queries, 3));
    REQUIRE(report.queries == 10);
    REQUIRE(report.fell_back >= 2);
    REQUIRE(report.fell_back <= 8);
    REQUIRE(report.rescored >= 3 * (10 - report.fell_back));
    check_calls(index, exact, queries);
}

TEST_CASE("screened search gives up beyond 8 k + rows / 32 + 1024 rows") {
    // Of n equal rows all stay; 1065 = 8 + 1065 / 32 + 1024.
    for (const auto& [rows, gives_up] : {std::pair{1065u, false}, std::pair{1066u, true}}) {
        EmbeddingTable<float> table(rows, 3);
        for (std::size_t id = 0; id < rows; ++id) {
            table[id][1] = 1;
        }
        const CertifiedIndex<InnerProduct> index(table);
        ScreeningReport report;
        REQUIRE(index.search(table[0], {.k = 1}, report) == std::vector<Neighbor>{{0, 1.0f}});
        REQUIRE(report.fell_back == (gives_up ? 1 : 0));
        REQUIRE(report.rescored == (gives_up ? 0 : rows));
    }
    // Some rows each thread may tell apart, and one thread's it cannot.
    EmbeddingTable<float> table = test::random_table(6000, 8, 1);
    for (std::size_t id = 3500; id < 6000; ++id) {
        std::ranges::fill(table[id], 1.0f);
    }
    const std::vector<float> query(8, 1.0f);
    ScreeningReport report;
    REQUIRE(CertifiedIndex<InnerProduct>(table).search(query, {.k = 5, .threads = 2}, report) ==
            ExactIndex<InnerProduct>(table).search(query, 5));
    REQUIRE(report.fell_back == 1);
}

TEST_CASE("no row is lost between tiles, between threads or at the end") {
    for (const std::size_t rows : {33u, 513u, 2047u, 2048u, 4097u, 4609u, 6145u}) {
        EmbeddingTable<float> table(rows, 2);
        for (std::size_t id = 0; id < rows; ++id) {
            table[id][0] = 1;
        }
        std::vector<std::size_t> places{rows - 1, rows / 2, rows / 2 + 1, rows / 3};
        for (std::size_t at = 0; at < rows; at += 256) {
            places.push_back(at);
            if (at > 0) places.push_back(at - 1);
        }
        const ExactIndex<InnerProduct> index(table); // rows stay where they are and may change
        GrowingIndex<InnerProduct> growing(2);
        std::vector<std::uint64_t> labels(rows);
        for (std::size_t id = 0; id < rows; ++id) {
            labels[id] = id;
        }
        growing.add(labels, table);
        for (const std::size_t at : places) {
            table[at][1] = 1;
            growing.update(at, table[at]);
            INFO(rows << " rows, the best at " << at);
            for (const std::size_t threads : {1u, 2u, 3u}) {
                for (const std::size_t count : {1u, 3u, 40u}) {
                    std::vector<float> queries(2 * count);
                    for (std::size_t q = 0; q < count; ++q) {
                        queries[2 * q + 1] = 1;
                    }
                    if (count == 40 && at != rows - 1 && at % 1024 != 1023) continue;
                    for (const auto& found : index.search_batch({queries.data(), count, 2},
                                                                {.k = 1, .threads = threads})) {
                        REQUIRE(found == std::vector<Neighbor>{{static_cast<Id>(at), 1.0f}});
                    }
                }
                const std::vector<float> query{0, 1};
                REQUIRE(growing.search(query, {.k = 1, .threads = threads})[0].label == at);
                REQUIRE(index.within(query, 0.5f, {.threads = threads}).size() == 1);
            }
            table[at][1] = 0;
            growing.update(at, table[at]);
        }
    }
}

TEST_CASE("queries of large batches are shared among threads and none is lost") {
    const EmbeddingTable<float> table = test::random_table(50, 3, 1);
    const EmbeddingTable<float> queries = test::random_table(2100, 3, 2);
    const ExactIndex<Cosine> index(table);
    std::vector<std::vector<Id>> excluded(2100);
    for (std::size_t q = 0; q < 2100; ++q) {
        excluded[q].push_back(static_cast<Id>(q % 50));
    }
    for (const std::size_t threads : {1u, 2u, 3u}) {
        const auto found =
            index.search_batch(queries, {.k = 2, .excluded_each = excluded, .threads = threads});
        for (std::size_t q = 0; q < 2100; ++q) {
            REQUIRE(found[q] == index.search(queries[q], {.k = 2, .excluded = excluded[q]}));
        }
    }
}

TEST_CASE("a pool's threads search", "[pool]") {
    const EmbeddingTable<float> table = test::random_table(9000, 5, 1);
    const TableView<const float> queries = table.view().first(40);
    ThreadPool pool(2);
    const auto check = [&]<class I>(const I& index) {
        using Options = SearchOptionsOf<typename I::LabelType>;
        const Options alone{.k = 20};
        const Options pooled{.k = 20, .threads = max_threads + 1, .pool = &pool}; // not asked
        for (std::size_t q = 0; q < 10; ++q) {
            REQUIRE(index.search(queries[q], pooled) == index.search(queries[q], alone));
        }
        REQUIRE(index.search_batch(queries, pooled) == index.search_batch(queries, alone));
        if constexpr (requires { index.within(queries[0], 0.9f, pooled); }) {
            REQUIRE(index.within(queries[0], 0.9f, pooled) == index.within(queries[0], 0.9f));
        }
        // The first thread to find a row waits for the other one, for ten seconds at most.
        std::atomic<bool> first_came{false};
        std::atomic<bool> second_came{false};
        const std::thread::id caller = std::this_thread::get_id();
        Options two = pooled;
        two.filter = [&](const auto&) {
            (std::this_thread::get_id() == caller ? first_came : second_came) = true;
            const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
            while (!(first_came && second_came) && std::chrono::steady_clock::now() < end) {
                std::this_thread::yield();
            }
            return true;
        };
        static_cast<void>(index.search(queries[0], two));
        REQUIRE(second_came);
    };
    check(ExactIndex<Cosine>(table));
    check(CertifiedIndex<SquaredL2>(table));
    const QuantizedTable codes(table.view());
    using Codes = ExactIndex<Cosine, QuantizedTable>;
    check(RescoredIndex<Codes>(Codes(codes), table));
    GrowingIndex<Cosine> growing(5);
    std::vector<std::uint64_t> labels(table.rows());
    std::iota(labels.begin(), labels.end(), 100);
    growing.add(labels, table);
    check(growing);
    // Calls from several threads share it.
    const ExactIndex<Cosine> index(table);
    std::atomic<int> wrong{0};
    run_workers(3, [&](std::size_t worker) {
        for (std::size_t q = worker; q < 40; ++q) {
            wrong += index.search(queries[q], {.k = 7, .pool = &pool}) !=
                     index.search(queries[q], {.k = 7});
        }
    });
    REQUIRE(wrong == 0);
}

TEST_CASE("bit sets cover all rows") {
    for (const std::size_t rows : {64u, 65u, 128u, 129u}) {
        const EmbeddingTable<float> table = test::random_table(rows, 3, 1);
        const ExactIndex<Cosine> index(table);
        std::vector<std::uint64_t> allowed((rows + 63) / 64, ~std::uint64_t{0});
        REQUIRE(index.search(table[0], {.k = rows, .allowed = allowed}).size() == rows);
        allowed.pop_back();
        if (allowed.empty()) continue; // all rows
        REQUIRE(test::contains(test::message_of<Error>([&] {
                                   static_cast<void>(index.search(table[0], {.allowed = allowed}));
                               }),
                               "expected one of " + std::to_string((rows + 63) / 64)));
    }
}

namespace {

/// A coarse index that notes what it was asked for, and finds its rows from the last on.
struct Recorder {
    using LabelType = Id;
    std::size_t rows = 0;
    std::vector<SearchOptions>* asked = nullptr;

    [[nodiscard]] std::size_t size() const { return rows; }
    [[nodiscard]] std::size_t dim() const { return 5; }
    [[nodiscard]] std::vector<Neighbor> search(std::span<const float>,
                                               const SearchOptions& options) const {
        asked->push_back(options);
        std::vector<Neighbor> found;
        for (std::size_t i = 0; i < std::min(options.k, rows); ++i) {
            found.push_back({static_cast<Id>(rows - 1 - i), 0});
        }
        return found;
    }
    [[nodiscard]] std::vector<std::vector<Neighbor>>
    search_batch(TableView<const float> queries, const SearchOptions& options) const {
        return std::vector<std::vector<Neighbor>>(queries.rows(), search(queries[0], options));
    }
};

} // namespace

TEST_CASE("rescoring asks for factor times k rows, with the options, and ranks those") {
    const EmbeddingTable<float> table = test::random_table(100, 5, 1);
    std::vector<SearchOptions> asked;
    const RescoredIndex<Recorder> index({100, &asked}, table);
    const RescoredIndex<Recorder> six({100, &asked}, table, {.factor = 6});
    const std::vector<Id> excluded{1, 2};
    const std::vector<std::uint64_t> allowed{1, 2};
    const SearchOptions options{.k = 3,
                                .excluded = excluded,
                                .allowed = allowed,
                                .filter = [](Id id) { return id == 7; },
                                .threads = 2};
    const auto expected = [&](std::span<const float> query, std::size_t k, std::size_t count) {
        const std::vector<Neighbor> all = scores_of_all(ExactIndex<Cosine>(table), query);
        return best_of({all.end() - static_cast<long>(count), all.end()}, {.k = k});
    };
    REQUIRE(six.search(table[4], options) == expected(table[4], 3, 18));
    REQUIRE(index.search(table[4], options) == expected(table[4], 3, 12));
    REQUIRE(index.search_batch(table.view().first(40), options)[39] == expected(table[39], 3, 12));
    REQUIRE(asked.size() == 3);
    REQUIRE(asked[0].k == 18);
    REQUIRE(asked[1].k == 12);
    for (const SearchOptions& each : asked) {
        REQUIRE(each.excluded.data() == excluded.data());
        REQUIRE(each.allowed.data() == allowed.data());
        REQUIRE(each.threads == 2);
        REQUIRE((each.filter(7) && !each.filter(8)));
    }
    // No more than there are, and no overflow.
    REQUIRE(index.search(table[4], {.k = 1000}).size() == 100);
    const RescoredIndex<Recorder> all({100, &asked}, table, {.factor = std::size_t{1} << 63});
    REQUIRE(all.search(table[4], 60).size() == 60);
    REQUIRE(index.search(table[4], {.k = 0}).empty());
    REQUIRE_THROWS_AS(RescoredIndex<Recorder>({100, &asked}, table, {.factor = 0}), OptionError);
}

TEST_CASE("a growing index takes the same calls") {
    const EmbeddingTable<float> table = test::random_table(300, 6, 1);
    GrowingIndex<Cosine, std::string> index(6);
    std::map<std::string, Id> ids;
    for (Id id = 0; id < 300; ++id) {
        const std::string label = std::to_string(id * 7 % 300);
        ids[label] = id;
        index.add(label, table[id]);
    }
    const ExactIndex<Cosine> exact(table);
    const auto by_id = [&](const auto& found) {
        std::vector<Neighbor> result;
        for (const auto& [label, score] : found) {
            result.push_back({ids.at(label), score});
        }
        return result;
    };
    const auto filter = [&](const std::string& label) { return label.size() == 2; };
    const SearchOptions by_filter{
        .k = 300, .filter = [&](Id id) { return std::to_string(id * 7 % 300).size() == 2; }};
    for (std::size_t q = 0; q < 20; ++q) {
        const std::vector<Neighbor> all = exact.search(table[q], 300);
        const std::vector<Neighbor> some = exact.search(table[q], by_filter);
        const auto first = [](const std::vector<Neighbor>& found, std::size_t k) {
            return std::vector<Neighbor>(found.begin(), found.begin() + static_cast<long>(k));
        };
        REQUIRE(by_id(index.search(table[q], 5)) == first(all, 5));
        REQUIRE(by_id(index.search(table[q])) == first(all, 10));
        REQUIRE(by_id(index.search(table[q], {})) == first(all, 10));
        REQUIRE(by_id(index.within(table[q], all[20].score)) == first(all, 21));
        REQUIRE(by_id(index.within(table[q], some[8].score, {.k = 1, .filter = filter})) ==
                first(some, 9));
        REQUIRE(by_id(index.within(table[q], std::nextafter(all[20].score, 2.0f))) ==
                first(all, 20));
        REQUIRE(index.within(table[q], 1.5f).empty());
        std::vector<LabelledNeighbor<std::string>> memory(4);
        REQUIRE(by_id(index.search_into(table[q], memory, {.k = 1, .filter = filter})) ==
                first(some, 4));
        REQUIRE(by_id(index.search_batch(table.view().first(20), {.k = 5, .threads = 2})[q]) ==
                first(all, 5));
    }
    std::vector<LabelledNeighbor<std::string>> large(400);
    REQUIRE(index.search_into(table[0], large).size() == 300);
}

TEST_CASE("rows of a growing index may become longer") {
    // The longest row says by how much sums that are made in passing may be off.
    for (const std::size_t dim : {33u, 300u}) {
        GrowingIndex<InnerProduct> index(dim);
        EmbeddingTable<float> table = test::random_table(400, dim, 3);
        Random random(dim);
        for (std::size_t id = 1; id < 400; ++id) {
            std::ranges::copy(table[0], table[id].begin());
            for (int change = 0; change < 5; ++change) {
                float& x = table[id][random.below(static_cast<std::uint32_t>(dim))];
                x = std::nextafter(x, random.below(2) == 0 ? 2.0f : -2.0f);
            }
        }
        for (std::size_t id = 0; id < 400; ++id) {
            index.add(id, std::vector<float>(dim, 1e-6f));
        }
        for (std::size_t id = 0; id < 400; ++id) {
            index.update(id, table[id]);
        }
        const ExactIndex<InnerProduct> exact(table);
        const EmbeddingTable<float> queries = test::random_table(40, dim, 5);
        const auto batch = index.search_batch(queries, 30);
        for (std::size_t q = 0; q < 40; ++q) {
            const auto& found = batch[q];
            const auto expected = exact.search(queries[q], 30);
            REQUIRE(index.search(queries[q], 30) == found);
            for (std::size_t i = 0; i < 30; ++i) {
                REQUIRE(found[i] ==
                        LabelledNeighbor<std::uint64_t>{expected[i].id, expected[i].score});
            }
        }
    }
}

TEMPLATE_TEST_CASE("rows that only the last digits tell apart are ranked by their scores", "",
                   Cosine, InnerProduct, SquaredL2) {
    for (const std::size_t dim : {33u, 300u, 1000u}) {
        EmbeddingTable<float> table = test::random_table(300, dim, 3);
        Random random(dim);
        for (std::size_t id = 1; id < 300; ++id) {
            std::ranges::copy(table[0], table[id].begin());
            for (int change = 0; change < 5; ++change) {
                float& x = table[id][random.below(static_cast<std::uint32_t>(dim))];
                x = std::nextafter(x, random.below(2) == 0 ? 2.0f : -2.0f);
            }
        }
        const EmbeddingTable<float> queries = test::random_table(40, dim, 5);
        const ExactIndex<TestType> index(table);
        const auto batch = index.search_batch(queries, 5);
        for (std::size_t q = 0; q < 40; ++q) {
            const std::vector<Neighbor> all = scores_of_all(index, queries[q]);
            REQUIRE(batch[q] == best_of(all, {.k = 5}));
            REQUIRE(index.search(queries[q], 5) == batch[q]);
            const auto near = index.within(queries[q], batch[q][4].score);
            REQUIRE(std::equal(batch[q].begin(), batch[q].end(), near.begin()));
        }
    }
}
