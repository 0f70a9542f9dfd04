#include <firth/math/k_means.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "../support/support.hpp"

using namespace firth;

namespace {

double squared_distance(std::span<const float> a, std::span<const float> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
        sum += difference * difference;
    }
    return sum;
}

std::uint32_t nearest(const EmbeddingTable<float>& centres, std::span<const float> row) {
    std::uint32_t best = 0;
    for (std::uint32_t j = 1; j < centres.rows(); ++j) {
        if (squared_distance(centres[j], row) < squared_distance(centres[best], row)) best = j;
    }
    return best;
}

double inertia_of(const EmbeddingTable<float>& rows, const EmbeddingTable<float>& centres,
                  const std::vector<std::uint32_t>& assignment) {
    double sum = 0;
    for (std::size_t id = 0; id < rows.rows(); ++id) {
        sum += squared_distance(rows[id], centres[assignment[id]]);
    }
    return sum;
}

/// Rows around a few middles.
EmbeddingTable<float> clustered_rows(std::size_t count, std::size_t dim, std::uint64_t seed,
                                     float offset = 0) {
    Random random(seed);
    const EmbeddingTable<float> middles = test::random_table(12, dim, seed + 1);
    EmbeddingTable<float> rows(count, dim);
    for (std::size_t id = 0; id < count; ++id) {
        const std::size_t middle = random.below(12);
        for (std::size_t i = 0; i < dim; ++i) {
            rows[id][i] = offset + middles[middle][i] + 0.4f * (random.uniform() - 0.5f);
        }
    }
    return rows;
}

bool same(const EmbeddingTable<float>& a, const EmbeddingTable<float>& b) {
    if (a.rows() != b.rows() || a.dim() != b.dim()) return false;
    for (std::size_t id = 0; id < a.rows(); ++id) {
        if (!std::ranges::equal(a[id], b[id])) return false;
    }
    return true;
}

/// Lloyd's iterations without empty clusters, as one would write them down.
KMeans plain_lloyd(const EmbeddingTable<float>& rows, EmbeddingTable<float> centres,
                   std::size_t iterations) {
    KMeans result;
    result.centres = std::move(centres);
    result.assignment.resize(rows.rows());
    const auto assign = [&] {
        for (std::size_t id = 0; id < rows.rows(); ++id) {
            result.assignment[id] = nearest(result.centres, rows[id]);
        }
    };
    assign();
    while (result.iterations < iterations && !result.converged) {
        const std::vector<std::uint32_t> before = result.assignment;
        for (std::uint32_t j = 0; j < result.centres.rows(); ++j) {
            std::vector<double> sum(rows.dim());
            double size = 0;
            for (std::size_t id = 0; id < rows.rows(); ++id) {
                if (before[id] != j) continue;
                ++size;
                for (std::size_t i = 0; i < rows.dim(); ++i) {
                    sum[i] += static_cast<double>(rows[id][i]);
                }
            }
            REQUIRE(size > 0);
            for (std::size_t i = 0; i < rows.dim(); ++i) {
                result.centres[j][i] = static_cast<float>(sum[i] / size);
            }
        }
        ++result.iterations;
        assign();
        result.converged = result.assignment == before;
    }
    return result;
}

} // namespace

TEST_CASE("the nearest centres are those of a search through all in float64", "[k_means]") {
    // Far from the origin, products in float32 say little, and all depends on the comparison.
    for (const float offset : {0.0f, 30.0f, 10000.0f}) {
        for (const auto& [dim, count] : {std::pair{1u, 1u},
                                         {1u, 40u},
                                         {2u, 256u},
                                         {3u, 17u},
                                         {20u, 70u},
                                         {100u, 300u},
                                         {400u, 9u}}) {
            const EmbeddingTable<float> rows = clustered_rows(203, dim, dim, offset);
            const EmbeddingTable<float> centres = clustered_rows(count, dim, dim + 5, offset);
            std::vector<NearestCentre> found(200);
            NearestCentres(centres.view()).find(rows, 1, 201, found.data());
            INFO("dim " << dim << ", " << count << " centres, offset " << offset);
            for (std::size_t id = 0; id < 200; ++id) {
                const std::uint32_t want = nearest(centres, rows[id + 1]);
                const double distance = squared_distance(centres[want], rows[id + 1]);
                REQUIRE(found[id].centre == want);
                REQUIRE(std::fabs(found[id].squared_distance - distance) <= 1e-12 * distance);
            }
        }
    }
}

TEST_CASE("rows so small that products vanish in float32 have nearest centres", "[k_means]") {
    EmbeddingTable<float> rows = clustered_rows(200, 3, 1);
    EmbeddingTable<float> centres = clustered_rows(50, 3, 2);
    for (EmbeddingTable<float>* const table : {&rows, &centres}) {
        for (std::size_t id = 0; id < table->rows(); ++id) {
            for (float& x : (*table)[id]) {
                x *= 1e-22f;
            }
        }
    }
    std::vector<NearestCentre> found(200);
    NearestCentres(centres.view()).find(rows, 0, 200, found.data());
    for (std::size_t id = 0; id < 200; ++id) {
        REQUIRE(found[id].centre == nearest(centres, rows[id]));
    }
}

TEST_CASE("of centres at one distance the first is the nearest", "[k_means]") {
    EmbeddingTable<float> centres(40, 3);
    for (std::size_t j = 0; j < 40; ++j) {
        centres[j][j % 3] = j % 2 == 0 ? 0.1f : -0.1f;
    }
    const EmbeddingTable<float> rows(70, 3); // zeros
    std::vector<NearestCentre> found(70);
    NearestCentres(centres.view()).find(rows, 0, 70, found.data());
    for (const NearestCentre& each : found) {
        REQUIRE(each.centre == 0);
    }
    // So small that their squares are no floats.
    for (std::size_t j = 0; j < 40; ++j) {
        centres[j][0] = 1e-30f * static_cast<float>(40 - j);
        centres[j][1] = centres[j][2] = 0;
    }
    NearestCentres(centres.view()).find(rows, 0, 70, found.data());
    REQUIRE(found[69].centre == 39);
}

TEST_CASE("k-means is plain Lloyd from the same seeds", "[k_means]") {
    for (const auto& [dim, clusters] : {std::pair{1u, 5u}, {2u, 30u}, {7u, 12u}, {50u, 40u}}) {
        const EmbeddingTable<float> rows = clustered_rows(1500, dim, 3);
        const std::optional<EmbeddingTable<float>> seeds =
            k_means_seeds(rows, clusters, {.seed = 5, .threads = 1});
        REQUIRE(seeds);
        for (const std::size_t iterations : {0u, 1u, 3u, 60u}) {
            const std::optional<KMeans> found =
                k_means(rows, *seeds, {.iterations = iterations, .threads = 1});
            const KMeans want = plain_lloyd(rows, *seeds, iterations);
            INFO("dim " << dim << ", " << clusters << " clusters, " << iterations);
            REQUIRE(found);
            REQUIRE(found->assignment == want.assignment);
            REQUIRE(same(found->centres, want.centres));
            REQUIRE(found->iterations == want.iterations);
            REQUIRE(found->converged == want.converged);
            const double inertia = inertia_of(rows, want.centres, want.assignment);
            REQUIRE(std::fabs(found->inertia - inertia) <= 1e-12 * inertia);
        }
        const std::optional<KMeans> drawn =
            k_means(rows, clusters, {.iterations = 3, .seed = 5, .threads = 1});
        REQUIRE(same(drawn->centres, plain_lloyd(rows, *seeds, 3).centres));
    }
}

TEST_CASE("clusters that lie apart are found, whatever the seed", "[k_means]") {
    // On a line at 0, 10, 20 and 30, two rows each, 2 apart: the inertia is 8.
    EmbeddingTable<float> rows(8, 1);
    for (std::size_t id = 0; id < 8; ++id) {
        rows[id][0] = static_cast<float>(id % 4) * 10 + (id < 4 ? -1.0f : 1.0f);
    }
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const std::optional<KMeans> found = k_means(rows, 4, {.candidates = 8, .seed = seed});
        REQUIRE(found->inertia == 8);
        REQUIRE(found->converged);
        std::set<float> centres;
        for (std::size_t j = 0; j < 4; ++j) {
            centres.insert(found->centres[j][0]);
        }
        REQUIRE(centres == std::set<float>{0, 10, 20, 30});
    }
    // One cluster is the mean.
    const std::optional<KMeans> one = k_means(rows, 1);
    REQUIRE(one->centres[0][0] == 15);
    REQUIRE(one->inertia == 8 * 126);
}

TEST_CASE("the inertia never rises, and candidates for seeds lower it", "[k_means]") {
    const EmbeddingTable<float> rows = clustered_rows(3000, 6, 9);
    double last = std::numeric_limits<double>::infinity();
    for (std::size_t iterations = 0; iterations < 25; ++iterations) {
        const std::optional<KMeans> found =
            k_means(rows, 40, {.iterations = iterations, .seed = 2});
        REQUIRE(found->inertia <= last * (1 + 1e-12));
        REQUIRE(found->iterations <= iterations);
        last = found->inertia;
    }
    const std::optional<KMeans> tolerant =
        k_means(rows, 40, {.iterations = 25, .tolerance = 0.02, .seed = 2});
    REQUIRE(tolerant->converged);
    REQUIRE(tolerant->iterations < 10);
    double greedy = 0;
    double plain = 0;
    double uniform = 0;
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        greedy += k_means(rows, 40, {.iterations = 0, .seed = seed})->inertia;
        plain += k_means(rows, 40, {.iterations = 0, .candidates = 1, .seed = seed})->inertia;
        uniform += k_means(rows, sample_rows(rows, 40, seed), {.iterations = 0})->inertia;
    }
    REQUIRE(greedy < 0.95 * plain);
    REQUIRE(plain < 0.97 * uniform);
}

TEST_CASE("seeds are drawn by their squared distances", "[k_means]") {
    // From row 0, row 1 lies at distance 1 and row 2 at 3: they are drawn as 1 to 9.
    EmbeddingTable<float> rows(3, 2);
    rows[1][0] = 1;
    rows[2][1] = 3;
    std::size_t begun = 0;
    std::size_t second = 0;
    for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
        const std::optional<EmbeddingTable<float>> seeds =
            k_means_seeds(rows, 2, {.candidates = 1, .seed = seed, .threads = 1});
        if ((*seeds)[0][0] != 0 || (*seeds)[0][1] != 0) continue;
        ++begun;
        second += (*seeds)[1][1] == 3;
    }
    REQUIRE(begun > 900);
    REQUIRE(begun < 1100);
    REQUIRE(std::fabs(static_cast<double>(second) / static_cast<double>(begun) - 0.9) < 0.03);
}

TEST_CASE("seeds are those of greedy k-means++ without a shortcut", "[k_means]") {
    for (const auto& [dim, offset] : {std::pair{1u, 0.0f}, {3u, 0.0f}, {20u, 50.0f}, {70u, 0.0f}}) {
        const EmbeddingTable<float> rows = clustered_rows(900, dim, 5, offset);
        for (const std::size_t candidates : {1u, 5u}) {
            Random random(9);
            std::vector<std::size_t> seeds{random.below(900)};
            std::vector<double> distances(900);
            for (std::size_t id = 0; id < 900; ++id) {
                distances[id] = squared_distance(rows[id], rows[seeds[0]]);
            }
            while (seeds.size() < 30) {
                double sum = 0;
                for (const double distance : distances) {
                    sum += distance;
                }
                std::vector<std::size_t> drawn;
                for (std::size_t i = 0; i < candidates; ++i) {
                    double left = static_cast<double>(random() >> 11) * 0x1.0p-53 * sum;
                    std::size_t id = 0;
                    while (left >= distances[id]) {
                        left -= distances[id++];
                    }
                    drawn.push_back(id);
                }
                double most = -1;
                for (const std::size_t candidate : drawn) {
                    double gain = 0;
                    for (std::size_t id = 0; id < 900; ++id) {
                        const double squared = squared_distance(rows[id], rows[candidate]);
                        gain += std::max(0.0, distances[id] - squared);
                    }
                    if (gain > most) {
                        if (most >= 0) seeds.pop_back();
                        seeds.push_back(candidate);
                        most = gain;
                    }
                }
                for (std::size_t id = 0; id < 900; ++id) {
                    distances[id] =
                        std::min(distances[id], squared_distance(rows[id], rows[seeds.back()]));
                }
            }
            const std::optional<EmbeddingTable<float>> found =
                k_means_seeds(rows, 30, {.candidates = candidates, .seed = 9, .threads = 1});
            INFO("dim " << dim << ", " << candidates << " candidates");
            for (std::size_t j = 0; j < 30; ++j) {
                REQUIRE(std::ranges::equal((*found)[j], rows[seeds[j]]));
            }
        }
    }
}

TEST_CASE("seeds are drawn from all of many rows", "[k_means]") {
    // Rows lie at 0 or, the second half, at 1; the other element says which row it is.
    EmbeddingTable<float> rows(5000, 2);
    for (std::size_t id = 0; id < 5000; ++id) {
        rows[id][0] = id < 2500 ? 0.0f : 1.0f;
        rows[id][1] = static_cast<float>(id) * 1e-6f;
    }
    int begun = 0;
    int late = 0;
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        const std::optional<EmbeddingTable<float>> seeds =
            k_means_seeds(rows, 2, {.candidates = 1, .seed = seed, .threads = 1});
        if ((*seeds)[0][0] != 0) continue;
        REQUIRE((*seeds)[1][0] == 1);
        ++begun;
        late += (*seeds)[1][1] > 0.003750f;
    }
    REQUIRE(late > 0.4 * begun);
    REQUIRE(late < 0.6 * begun);
}

TEST_CASE("k-means gives the same bytes on any number of threads", "[k_means]") {
    const EmbeddingTable<float> rows = clustered_rows(5000, 9, 4);
    for (const std::size_t sample : {0u, 2000u}) {
        KMeansOptions options{.iterations = 6, .sample = sample, .seed = 3, .threads = 1};
        const std::optional<KMeans> want = k_means(rows, 70, options);
        ThreadPool pool(3);
        for (std::size_t threads = 2; threads <= 4; ++threads) {
            options.threads = threads;
            options.pool = threads == 4 ? &pool : nullptr;
            const std::optional<KMeans> found = k_means(rows, 70, options);
            REQUIRE(same(found->centres, want->centres));
            REQUIRE(found->assignment == want->assignment);
            REQUIRE(found->inertia == want->inertia);
        }
        // The assignment is of all rows, to the centres as they are.
        REQUIRE(want->assignment.size() == rows.rows());
        for (std::size_t id = 0; id < rows.rows(); ++id) {
            REQUIRE(want->assignment[id] == nearest(want->centres, rows[id]));
        }
    }
}

TEST_CASE("views with any distance between rows are clustered alike", "[k_means]") {
    const EmbeddingTable<float> rows = clustered_rows(700, 5, 8);
    std::vector<float> packed;
    for (std::size_t id = 0; id < rows.rows(); ++id) {
        packed.insert(packed.end(), rows[id].begin(), rows[id].end());
        packed.push_back(std::numeric_limits<float>::quiet_NaN());
    }
    const TableView<const float> view(packed.data(), rows.rows(), 5, 6);
    REQUIRE(same(k_means(view, 9)->centres, k_means(rows, 9)->centres));
}

TEST_CASE("a centre that has lost its rows takes the farthest one", "[k_means]") {
    EmbeddingTable<float> rows(6, 1);
    const float places[] = {0, 1, 2, 3, 9, 20};
    for (std::size_t id = 0; id < 6; ++id) {
        rows[id][0] = places[id];
    }
    EmbeddingTable<float> seeds(3, 1);
    seeds[0][0] = 2;
    seeds[1][0] = 100; // of no row
    seeds[2][0] = 200;
    const std::optional<KMeans> once = k_means(rows, seeds, {.iterations = 1});
    REQUIRE(once->centres[1][0] == 20);
    REQUIRE(once->centres[2][0] == 9);
    REQUIRE(once->centres[0][0] == 1.5f);
    REQUIRE(once->inertia == 5);
    REQUIRE(once->assignment == std::vector<std::uint32_t>{0, 0, 0, 0, 2, 1});
    // Not the only row of another one, here that at 20.
    seeds[0][0] = 3;
    seeds[1][0] = 30;
    const std::optional<KMeans> other = k_means(rows, seeds, {.iterations = 1});
    REQUIRE(other->centres[1][0] == 20);
    REQUIRE(other->centres[2][0] == 9);
}

TEST_CASE("fewer different rows than centres are no trouble", "[k_means]") {
    EmbeddingTable<float> rows(50, 4);
    for (std::size_t id = 0; id < 50; ++id) {
        rows[id][id % 3] = 1;
    }
    const std::optional<KMeans> found = k_means(rows, 20, {.seed = 7});
    REQUIRE(found->inertia == 0);
    REQUIRE(found->converged);
    for (std::size_t id = 3; id < 50; ++id) {
        REQUIRE(found->assignment[id] == found->assignment[id % 3]);
    }
    const std::optional<KMeans> all = k_means(clustered_rows(30, 3, 1), 30);
    REQUIRE(all->inertia == 0);
    REQUIRE(std::set<std::uint32_t>(all->assignment.begin(), all->assignment.end()).size() == 30);
    REQUIRE(k_means(EmbeddingTable<float>(9, 2), 9)->inertia == 0); // zeros
}

TEST_CASE("k-means says what it cannot cluster", "[k_means]") {
    EmbeddingTable<float> rows = clustered_rows(100, 4, 1);
    const auto refused = [&](std::size_t clusters, const KMeansOptions& options = {}) {
        return test::message_of<OptionError>(
            [&] { static_cast<void>(k_means(rows, clusters, options)); });
    };
    REQUIRE(refused(0) == "clusters is 0, expected 1 to 100, the number of rows");
    REQUIRE(refused(101) == "clusters is 101, expected 1 to 100, the number of rows");
    REQUIRE(refused(9, {.tolerance = 1.5}) == "tolerance is 1.5, expected 0 to below 1");
    REQUIRE(refused(9, {.tolerance = -1}) == "tolerance is -1, expected 0 to below 1");
    REQUIRE(test::contains(refused(9, {.sample = 8}), "sample is 8, expected 0 or the number"));
    REQUIRE(test::contains(test::message_of<OptionError>([&] {
                               static_cast<void>(k_means(rows, EmbeddingTable<float>(3, 5)));
                           }),
                           "the centres' dim is 5, expected 4"));
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), 3e18f,
                            -std::numeric_limits<float>::infinity()}) {
        rows[57][2] = bad;
        const auto message = [&](std::size_t clusters, const KMeansOptions& options) {
            return test::message_of<Error>(
                [&] { static_cast<void>(k_means(rows, clusters, options)); });
        };
        REQUIRE(test::contains(message(3, {.threads = 2}), "row 57 holds NaN or infinity"));
        REQUIRE(test::contains(test::message_of<Error>([&] {
                                   static_cast<void>(k_means(rows, sample_rows(rows, 3, 1)));
                               }),
                               "row 57 holds NaN"));
        REQUIRE(test::contains(test::message_of<Error>([&] { NearestCentres{rows.view()}; }),
                               "centre 57 holds NaN"));
    }
}

TEST_CASE("k-means reports and can be stopped", "[k_means]") {
    const EmbeddingTable<float> rows = clustered_rows(2000, 3, 1);
    KMeansOptions options{.iterations = 4};
    std::optional<Progress> last;
    options.progress = [&](const Progress& progress) {
        last = progress;
        return true;
    };
    const std::optional<KMeans> found = k_means(rows, 16, options);
    REQUIRE(found);
    REQUIRE(last->done == last->total);
    REQUIRE(last->loss == found->inertia);
    REQUIRE(last->epochs == 4);
    options.progress = [](const Progress&) { return false; };
    REQUIRE(!k_means(rows, 16, options));
}

TEST_CASE("sampled rows are drawn evenly, in order, and each once", "[k_means]") {
    EmbeddingTable<float> rows(40, 1);
    for (std::size_t id = 0; id < 40; ++id) {
        rows[id][0] = static_cast<float>(id);
    }
    std::vector<int> times(40);
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
        const EmbeddingTable<float> sample = sample_rows(rows, 10, seed);
        REQUIRE(sample.rows() == 10);
        for (std::size_t i = 0; i < 10; ++i) {
            REQUIRE((i == 0 || sample[i - 1][0] < sample[i][0]));
            ++times[static_cast<std::size_t>(sample[i][0])];
        }
    }
    for (const int each : times) {
        REQUIRE(each > 190);
        REQUIRE(each < 310);
    }
    REQUIRE(same(sample_rows(rows, 100, 1), rows));
    REQUIRE(sample_rows(rows, 0, 1).rows() == 0);
}
