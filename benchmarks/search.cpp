/// Exact search over a table, one query at a time and in batches, beside the machine's limits: the
/// bandwidth at which the same rows are read, and the peak rate of multiply-adds. Without arguments
/// over 70447 x 100 random numbers;
///
///     FIRTH_BENCHMARK_VECTORS=vectors.bin benchmark_search     # a table of your own, of any
///     format FIRTH_BENCHMARK_TABLE=700000x768 benchmark_search        # random numbers of another
///     size
///
/// Each answer is checked against the other way to it. `search_peers.py` measures beside other
/// programs.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <firth/base/random.hpp>
#include <firth/eval/recall.hpp>
#include <firth/io/load.hpp>
#include <firth/search/exact/certified_index.hpp>
#include <firth/search/exact/exact_index.hpp>
#include <firth/search/exact/rescored_index.hpp>
#include <firth/simd/dispatch/dispatch.hpp>
#include <firth/table/convert_table.hpp>

#include "selected_limits.hpp"

namespace {

using namespace firth;
using Clock = std::chrono::steady_clock;

template <class Body>
double seconds_of(Body body) {
    const auto start = Clock::now();
    body();
    return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Spread {
    double least;
    double median;
    double most;
};

template <class Body>
Spread repeat(std::size_t times, Body body) {
    std::vector<double> seconds;
    for (std::size_t i = 0; i < times; ++i) {
        seconds.push_back(seconds_of(body));
    }
    std::sort(seconds.begin(), seconds.end());
    return {seconds.front(), seconds[seconds.size() / 2], seconds.back()};
}

EmbeddingTable<float> random_table(std::size_t rows, std::size_t dim, std::uint64_t seed) {
    EmbeddingTable<float> table(rows, dim);
    Random random(seed);
    for (std::size_t id = 0; id < rows; ++id) {
        for (float& value : table[id]) {
            value = random.uniform() - 0.5f;
        }
    }
    return table;
}

EmbeddingTable<float> the_table() {
    if (const char* const path = std::getenv("FIRTH_BENCHMARK_VECTORS")) {
        return load(path).table();
    }
    unsigned long rows = 70447;
    unsigned long dim = 100;
    if (const char* const size = std::getenv("FIRTH_BENCHMARK_TABLE")) {
        char* end = nullptr;
        rows = std::strtoul(size, &end, 10);
        dim = *end == 'x' ? std::strtoul(end + 1, nullptr, 10) : 0;
        if (rows == 0 || dim == 0) {
            std::fprintf(stderr, "FIRTH_BENCHMARK_TABLE is %s, expected ROWSxDIM\n", size);
            std::exit(2);
        }
    }
    return random_table(rows, dim, 1);
}

void print(const char* what, Spread seconds, double queries, double share, const char* of) {
    std::printf("%-28s %10.0f queries/s [%.0f, %.0f]", what, queries / seconds.median,
                queries / seconds.most, queries / seconds.least);
    if (share > 0) std::printf("  %5.1f %% of %s", 100 * share, of);
    std::printf("\n");
    std::fflush(stdout);
}

template <class M>
void measure(const char* name, const EmbeddingTable<float>& table) {
    const ExactIndex<M> index(table);
    const double bytes = static_cast<double>(table.rows() * table.stride() * sizeof(float));
    const double work = 2.0 * static_cast<double>(table.rows() * table.dim());
    const EmbeddingTable<float> queries = [&] {
        EmbeddingTable<float> some(1000, table.dim());
        Random random(2);
        for (std::size_t q = 0; q < some.rows(); ++q) {
            const auto row = table[random.below(static_cast<std::uint32_t>(table.rows()))];
            std::copy(row.begin(), row.end(), some[q].begin());
        }
        return some;
    }();

    const std::size_t singles = bytes > 1e9 ? 3 : 50;
    std::vector<std::vector<Neighbor>> alone(singles);
    const auto ask = [&](const auto& asked, const SearchOptions& options) {
        return repeat(7, [&] {
            for (std::size_t q = 0; q < singles; ++q) {
                alone[q] = asked.search(queries[q], options);
            }
        });
    };
    ThreadPool pool(2);
    const Spread single = ask(index, {.k = 10});
    double bandwidth = 0;
    for (const std::size_t ahead : {0u, 1024u, 4096u}) {
        const auto all = static_cast<std::size_t>(bytes) / 4096 * 4096;
        const Spread read =
            repeat(bytes > 1e9 ? 3 : 20, [&] { selected_limits().read(table.data(), all, ahead); });
        bandwidth = std::max(bandwidth, static_cast<double>(all) / read.median);
    }
    const double each = single.median / static_cast<double>(singles);
    std::printf("%s, %zu x %zu, k = 10; memory is read at %.1f GB/s\n", name, table.rows(),
                table.dim(), bandwidth * 1e-9);
    print("singly", single, static_cast<double>(singles), bytes / each / bandwidth,
          "the read bandwidth");
    const auto print_single = [&](const char* what, Spread seconds) {
        print(what, seconds, static_cast<double>(singles), 0, "");
        std::printf("%-28s %10.2f x one thread, plain\n", "", single.median / seconds.median);
    };
    print_single("singly, 2 threads", ask(index, {.k = 10, .threads = 2}));
    print_single("singly, a pool of 2", ask(index, {.k = 10, .pool = &pool}));
    const CertifiedIndex<M> screened(table, {.threads = 0});
    print_single("screened, singly", ask(screened, {.k = 10}));
    print_single("screened, singly, a pool of 2", ask(screened, {.k = 10, .pool = &pool}));

    const std::size_t batch = bytes > 1e9 ? 250 : 1000;
    std::vector<std::vector<Neighbor>> together;
    const auto ask_all = [&](std::size_t threads) {
        return repeat(7, [&] {
            together =
                index.search_batch(queries.view().first(batch), {.k = 10, .threads = threads});
        });
    };
    const Spread many = ask_all(1);
    print("in a batch", many, static_cast<double>(batch),
          work * static_cast<double>(batch) / many.median / multiply_add_peak(),
          "the multiply-add peak");
    const Spread two = ask_all(2);
    print("in a batch, 2 threads", two, static_cast<double>(batch), 0, "");
    std::printf("%-28s %10.2f x\n", "2 threads over one", many.median / two.median);
    std::vector<std::vector<Neighbor>> certified;
    for (const std::size_t threads : {1u, 2u}) {
        ScreeningReport report;
        const Spread some = repeat(7, [&] {
            certified = screened.search_batch(queries.view().first(batch),
                                              {.k = 10, .threads = threads}, report);
        });
        print(threads == 1 ? "screened" : "screened, 2 threads", some, static_cast<double>(batch),
              0, "");
        std::printf(
            "%-28s %10.2f x the plain batch, %.0f rows rescored a query, %.1f %% fell back\n", "",
            (threads == 1 ? many : two).median / some.median,
            static_cast<double>(report.rescored) / static_cast<double>(report.queries),
            100 * static_cast<double>(report.fell_back) / static_cast<double>(report.queries));
    }
    if (certified != together) {
        std::fprintf(stderr, "screened search has other answers than plain search\n");
        std::exit(1);
    }
    for (std::size_t q = 0; q < singles; ++q) {
        if (alone[q] == together[q]) continue;
        std::fprintf(stderr, "query %zu has another answer alone than in a batch\n", q);
        std::exit(1);
    }
}

/// Smaller tables: how fast they answer, and how much of the exact answer is in theirs, alone and
/// after the best rows were scored in float32.
void measure_formats(const EmbeddingTable<float>& table) {
    const std::size_t count = std::min<std::size_t>(1000, table.rows());
    // Rows that are not in the table: a little off those that are.
    EmbeddingTable<float> queries(count, table.dim());
    Random random(3);
    for (std::size_t q = 0; q < count; ++q) {
        const auto row = table[random.below(static_cast<std::uint32_t>(table.rows()))];
        const float off = 0.5f * simd::norm(row) / std::sqrt(static_cast<float>(table.dim()));
        for (std::size_t i = 0; i < table.dim(); ++i) {
            queries[q][i] = row[i] + off * 3.46f * (random.uniform() - 0.5f);
        }
    }
    std::vector<std::vector<Neighbor>> exact;
    const Spread plain =
        repeat(3, [&] { exact = ExactIndex<Cosine>(table).search_batch(queries, {.k = 10}); });
    std::printf("smaller tables, cosine, %zu x %zu, batch of %zu, k = 10\n", table.rows(),
                table.dim(), count);
    print("float", plain, static_cast<double>(count), 0, "");
    const auto run = [&](const char* name, auto index, std::size_t factor) {
        std::vector<std::vector<Neighbor>> found;
        const auto seconds = repeat(3, [&] { found = index.search_batch(queries, {.k = 10}); });
        print(name, seconds, static_cast<double>(count), 0, "");
        std::printf("%-28s %10.4f recall@10\n", "", recall(found, exact));
        const RescoredIndex<decltype(index)> rescored(index, table, {.factor = factor});
        const auto more = repeat(3, [&] { found = rescored.search_batch(queries, {.k = 10}); });
        std::printf("%-28s %10.0f queries/s and %.4f, the best of %zu rescored\n", "",
                    static_cast<double>(count) / more.median, recall(found, exact), 10 * factor);
    };
    const auto halves = convert_table<float16>(table.view());
    run("float16", ExactIndex<Cosine, EmbeddingTable<float16>>(halves), 2);
    const auto brains = convert_table<bfloat16>(table.view());
    run("bfloat16", ExactIndex<Cosine, EmbeddingTable<bfloat16>>(brains), 2);
    const QuantizedTable codes(table.view());
    run("int8", ExactIndex<Cosine, QuantizedTable>(codes), 2);
    const BitTable bits(table.view());
    run("bits", ExactIndex<Hamming, BitTable>(bits), 20);
}

} // namespace

int main() {
    const EmbeddingTable<float> table = the_table();
    measure<Cosine>("cosine", table);
    measure<InnerProduct>("inner product", table);
    measure<SquaredL2>("squared distance", table);
    measure_formats(table);
}
