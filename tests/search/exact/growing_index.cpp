#include <firth/search/exact/growing_index.hpp>

#include <atomic>
#include <cmath>
#include <limits>
#include <map>

#include <firth/base/parallel.hpp>
#include <firth/search/exact/exact_index.hpp>
#include <firth/search/exact/growing_index_file.hpp>

#include "../../support/support.hpp"

using namespace firth;

static_assert(StoredIndex<GrowingIndex<Cosine, std::string>>);
static_assert(!StoredIndex<GrowingIndex<Cosine, double>> && !StoredIndex<ExactIndex<Cosine>>);

namespace {

template <class Label>
using Rows = std::map<Label, std::vector<float>>;

/// What exact search finds in the same rows in the order of their labels.
template <class M, class Label>
std::vector<LabelledNeighbor<Label>> expected(const Rows<Label>& rows, std::size_t dim,
                                              std::span<const float> query, std::size_t k,
                                              const std::function<bool(const Label&)>& filter) {
    EmbeddingTable<float> table(rows.size(), dim);
    std::vector<Label> labels;
    for (const auto& [label, row] : rows) {
        std::ranges::copy(row, table[labels.size()].begin());
        labels.push_back(label);
    }
    SearchOptions options{.k = k};
    if (filter) options.filter = [&](Id id) { return filter(labels[id]); };
    std::vector<LabelledNeighbor<Label>> found;
    for (const auto& [id, score] : ExactIndex<M>(table).search(query, options)) {
        found.push_back({labels[id], score});
    }
    return found;
}

std::string name_of(std::uint64_t label, const std::string&) {
    return "label " + std::to_string(label * 7919 % 1000);
}
std::uint64_t name_of(std::uint64_t label, std::uint64_t) {
    return label * 7919 % 1000;
}

} // namespace

TEMPLATE_TEST_CASE("a growing index finds what exact search finds, whatever came and went", "",
                   (GrowingIndex<Cosine>), (GrowingIndex<SquaredL2>),
                   (GrowingIndex<InnerProduct, std::string>)) {
    using Label = typename TestType::LabelType;
    using M = typename TestType::MetricType;
    const test::TemporaryFolder folder;
    for (const std::size_t dim : {1u, 17u, 64u}) {
        TestType index(dim);
        Rows<Label> rows;
        Random random(dim);
        const auto some_row = [&] {
            std::vector<float> row(dim);
            for (float& x : row) {
                x = std::round(4 * random.uniform()) - 2; // many rows are equal
            }
            return row;
        };
        for (int step = 0; step < 4000; ++step) {
            const Label label = name_of(random.below(1000), Label());
            const std::vector<float> row = some_row();
            const bool is_there = rows.contains(label);
            REQUIRE(index.contains(label) == is_there);
            const std::uint32_t what = random.below(step < 1500 ? 3 : 5);
            if (what == 0) {
                if (is_there) {
                    index.update(label, row);
                    rows[label] = row;
                } else {
                    REQUIRE_THROWS_AS(index.update(label, row), Error);
                }
            } else if (what < 3) {
                if (is_there) {
                    REQUIRE_THROWS_AS(index.add(label, row), Error);
                } else {
                    index.add(label, row);
                    rows[label] = row;
                }
            } else if (is_there) {
                index.remove(label);
                rows.erase(label);
            } else {
                REQUIRE_THROWS_AS(index.remove(label), Error);
            }
            REQUIRE(index.size() == rows.size());
            if (step % 400 != 399) continue;
            const std::vector<float> query = some_row();
            for (const std::size_t k : {0u, 1u, 10u, 2000u}) {
                const auto even = [](const Label& each) {
                    return std::hash<Label>()(each) % 2 == 0;
                };
                REQUIRE(index.search(query, {.k = k, .threads = k == 1 ? 3u : 1u}) ==
                        expected<M, Label>(rows, dim, query, k, {}));
                REQUIRE(index.search(query, {.k = k, .filter = even}) ==
                        expected<M, Label>(rows, dim, query, k, even));
            }
            const std::string path = folder / "some.index";
            write_index(index, path);
            const auto read = read_index<TestType>(path);
            EmbeddingTable<float> queries(30, dim);
            for (std::size_t q = 0; q < 30; ++q) {
                std::ranges::copy(some_row(), queries[q].begin());
            }
            const auto batch = read.search_batch(queries, {.k = 7, .threads = 2});
            REQUIRE(batch == index.search_batch(queries, {.k = 7}));
            REQUIRE(batch[3] == expected<M, Label>(rows, dim, queries[3], 7, {}));
        }
        for (const auto& [label, row] : rows) {
            REQUIRE(index.vector(label) == row);
        }
    }
}

TEST_CASE("blocks of a growing index come and go") {
    GrowingIndex<InnerProduct> index(3);
    const std::size_t count = 10000;
    EmbeddingTable<float> table(count, 3);
    std::vector<std::uint64_t> labels;
    for (std::size_t i = 0; i < count; ++i) {
        table[i][0] = static_cast<float>(i * 7919 % count);
        labels.push_back(i * i);
    }
    index.add(labels, table);
    const std::vector<float> query{1, 0, 0};
    for (std::size_t left = count; left > 0; left -= 500) {
        const auto found = index.search(query, {.k = 1});
        REQUIRE(found.size() == 1);
        std::size_t best = 0;
        for (std::size_t i = count - left; i < count; ++i) {
            if (table[i][0] > table[best][0] || best < count - left) best = i;
        }
        REQUIRE(found[0] == LabelledNeighbor<std::uint64_t>{best * best, table[best][0]});
        for (std::size_t i = count - left; i < count - left + 500; ++i) {
            index.remove(i * i);
        }
    }
    REQUIRE(index.size() == 0);
    REQUIRE(index.search(query).empty());
    index.add(5, query);
    REQUIRE(index.search(query).size() == 1);
    GrowingIndex<InnerProduct> moved = std::move(index);
    REQUIRE(moved.vector(5) == query);
}

TEST_CASE("what a growing index refuses changes nothing") {
    GrowingIndex<Cosine> index(2);
    index.add(1, std::vector<float>{1, 0});
    const float nan = std::numeric_limits<float>::quiet_NaN();
    REQUIRE_THROWS_AS(index.add(2, std::vector<float>{1}), Error);
    REQUIRE_THROWS_AS(index.add(2, std::vector<float>{1, nan}), Error);
    REQUIRE_THROWS_AS(index.update(1, std::vector<float>{1, nan}), Error);
    REQUIRE_THROWS_AS(index.search(std::vector<float>{1}), Error);
    REQUIRE_THROWS_AS(index.vector(7), Error);
    REQUIRE(test::contains(test::message_of<Error>([&] { index.remove(7); }), "label 7"));
    REQUIRE_THROWS_AS(GrowingIndex<Cosine>(0), OptionError);
    REQUIRE_THROWS_AS(GrowingIndex<SquaredL2>(1).add(1, std::vector<float>{1e30f}),
                      Error); // has no square
    // All or none.
    EmbeddingTable<float> rows(3, 2);
    const std::vector<std::uint64_t> labels{5, 6, 1};
    REQUIRE(test::contains(test::message_of<Error>([&] { index.add(labels, rows); }), "label 1"));
    REQUIRE_THROWS_AS(index.add(std::span(labels).first(2), rows), Error);
    const std::vector<std::uint64_t> twice{5, 6, 5};
    REQUIRE_THROWS_AS(index.add(twice, rows), Error);
    REQUIRE(index.size() == 1);
    REQUIRE_FALSE(index.contains(5));
    REQUIRE(index.vector(1) == std::vector<float>{1, 0});
}

TEST_CASE("threads search, add and remove at once, and no search sees half a change") {
    // All rows point the same way at any moment but for their length; every search must see, for
    // each pair of labels 2 n and 2 n + 1 that are added together, both or neither.
    constexpr std::size_t dim = 8;
    GrowingIndex<InnerProduct> index(dim);
    std::atomic<bool> is_done{false};
    std::atomic<int> wrong{0};
    std::atomic<int> searches{0};
    run_workers(4, [&](std::size_t worker) {
        Random random(worker);
        if (worker < 2) {
            EmbeddingTable<float> rows(2, dim);
            // Until there were enough searches at the same time, however late their threads began.
            for (int round = 0; round < 300 || searches < 40; ++round) {
                const std::uint64_t pair = 2 * (random.below(500) * 2 + worker);
                if (index.contains(pair)) {
                    index.update(pair, std::vector<float>(dim, random.uniform()));
                } else {
                    const std::vector<std::uint64_t> labels{pair, pair + 1};
                    index.add(labels, rows);
                }
                if (round % 3 == 0) {
                    const std::uint64_t alone = 1000000 + worker;
                    index.add(alone, std::vector<float>(dim, 1.0f));
                    index.remove(alone);
                }
            }
            is_done = true;
        } else {
            while (!is_done) {
                std::vector<std::uint64_t> labels;
                for (const auto& each :
                     index.search(std::vector<float>(dim, 1.0f), {.k = 5000, .threads = 2})) {
                    labels.push_back(each.label);
                }
                std::sort(labels.begin(), labels.end());
                for (const std::uint64_t label : labels) {
                    if (label < 1000000 &&
                        !std::binary_search(labels.begin(), labels.end(), label ^ 1)) {
                        ++wrong;
                    }
                }
                ++searches;
            }
        }
    });
    REQUIRE(wrong == 0);
    REQUIRE(searches >= 40);
    REQUIRE(index.size() % 2 == 0);
}

TEST_CASE("index files that do not fit or are damaged are refused") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "some.index";
    GrowingIndex<Cosine, std::int64_t> index(3);
    index.add(-5, std::vector<float>{1, 2, 3});
    index.add(std::int64_t{1} << 40, std::vector<float>{3, 2, 1});
    write_index(index, path);
    const auto read = read_index<GrowingIndex<Cosine, std::int64_t>>(path);
    REQUIRE(read.vector(-5) == std::vector<float>{1, 2, 3});
    REQUIRE(read.size() == 2);
    REQUIRE(test::contains(test::message_of<FormatError>([&] {
                               static_cast<void>(
                                   read_index<GrowingIndex<SquaredL2, std::int64_t>>(path));
                           }),
                           "squared-l2"));
    REQUIRE_THROWS_AS((read_index<GrowingIndex<Cosine, std::string>>(path)), FormatError);
    REQUIRE_THROWS_AS((read_index<GrowingIndex<Cosine, std::int16_t>>(path)), FormatError);
    REQUIRE_THROWS_AS((read_index<GrowingIndex<Cosine>>(folder / "none")), IoError);
    const std::string whole = test::read_file(path);
    Random random(3);
    for (int round = 0; round < 500; ++round) {
        std::string bytes = whole;
        if (round < 200) {
            bytes.resize(random.below(static_cast<std::uint32_t>(whole.size())));
        } else {
            bytes[random.below(static_cast<std::uint32_t>(whole.size()))] ^=
                static_cast<char>(1 + random.below(255));
        }
        test::write_file(path, bytes);
        try {
            const auto again = read_index<GrowingIndex<Cosine, std::int64_t>>(path);
            REQUIRE(again.size() == 2); // a byte between the sections
        } catch (const Error&) {
        }
    }
}
