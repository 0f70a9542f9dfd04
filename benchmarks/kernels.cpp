/// Every kernel x format x dim x working set x instruction set, each beside the limit that the
/// machine sets it, measured just before in the same run. By default a readable subset in less than
/// a minute; with --full everything. With --numkong=LIBRARY, made by `numkong.sh`, a table of pairs
/// beside NumKong's kernels follows, timed by turns. Other options are Google Benchmark's, such as
/// --benchmark_filter=REGEX.
///
/// The limit of a pair is the larger of two times: its bytes at the bandwidth of the working set,
/// and its multiply-adds at the peak rate of the instruction that makes them. That of one query x
/// many is the bandwidth, that of a tile the peak rate.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/random.hpp>
#include <firth/simd.hpp>

#include "limits.hpp"
#include "peer.hpp"
#include "table_reporter.hpp"

namespace {

using namespace firth;
using Clock = std::chrono::steady_clock;

// ----------------------------------------------------------------- machines

struct WorkingSet {
    const char* name;
    std::size_t bytes;
};
constexpr WorkingSet sets[] = {{"L1", 16 << 10}, {"L2", 512 << 10}, {"DRAM", std::size_t{2} << 30}};

struct Level {
    std::string name;
    simd::KernelTable table;
    const Limits* limits;
};

/// The instruction sets that this machine has, and the limits that belong to them: those of the
/// same name, else of the nearest below.
std::vector<Level> make_levels() {
    std::vector<Level> result;
    const Limits* limits = all_limits().front();
    for (const simd::Level& level : simd::levels()) {
        if (!level.available) continue;
        for (const Limits* candidate : all_limits()) {
            if (level.name == candidate->arch) limits = candidate;
        }
        result.push_back({std::string(level.name), simd::kernel_table(level.name), limits});
    }
    return result;
}

template <class Body>
double seconds_of(Body body) {
    const auto start = Clock::now();
    body();
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Operations a second: the best of three short runs.
double operation_rate(double (*run)()) {
    double best = 0;
    for (int i = 0; i < 3; ++i) {
        double operations = 0;
        const double seconds = seconds_of([&] { operations = run(); });
        best = std::max(best, operations / seconds);
    }
    return best;
}

/// Bytes a second at which memory that was just in use is read: the best of three runs of each way
/// to read it.
double read_rate(const Limits& limits, const void* data, std::size_t bytes) {
    bytes = bytes / 4096 * 4096;
    const std::size_t times = std::max<std::size_t>(1, (std::size_t{16} << 20) / bytes);
    double best = 0;
    for (const std::size_t ahead : {0u, 1024u, 4096u}) {
        for (int i = 0; i < 3; ++i) {
            const double seconds = seconds_of([&] {
                for (std::size_t t = 0; t < times; ++t) {
                    limits.read(data, bytes, ahead);
                }
            });
            best = std::max(best, static_cast<double>(bytes * times) / seconds);
        }
    }
    return best;
}

/// The largest working set, allocated once.
AlignedBuffer<char>& large_memory() {
    static AlignedBuffer<char> memory(sets[2].bytes);
    return memory;
}

// ------------------------------------------------------------------ formats

template <class F>
constexpr const char* format_name() {
    if constexpr (std::is_same_v<F, float>) return "f32";
    if constexpr (std::is_same_v<F, simd::widened>) return "f32precise";
    if constexpr (std::is_same_v<F, double>) return "f64";
    if constexpr (std::is_same_v<F, float16>) return "f16";
    if constexpr (std::is_same_v<F, bfloat16>) return "bf16";
    if constexpr (std::is_same_v<F, std::int8_t>) return "i8";
    if constexpr (std::is_same_v<F, std::uint8_t>) return "u8";
    return "bits";
}

/// Fills memory with elements of a format: some random ones, over and over.
template <class T>
void fill(void* memory, std::size_t bytes) {
    constexpr std::size_t period = 1 << 16;
    Random random(1);
    std::vector<T> some(std::min(bytes, period) / sizeof(T));
    for (T& x : some) {
        if constexpr (std::is_same_v<T, std::uint64_t>) {
            x = random();
        } else if constexpr (sizeof(T) == 1) {
            x = static_cast<T>(random.below(255) - 127);
        } else {
            x = static_cast<T>(random.uniform() - 0.5f);
        }
    }
    for (std::size_t i = 0; i < bytes; i += period) {
        std::memcpy(static_cast<char*>(memory) + i, some.data(), std::min(period, bytes - i));
    }
}

template <class T>
double as_double(T value) {
    return simd::detail::as_double<simd::scalar>(value);
}

template <class T>
double naive_dot(const T* a, const T* b, std::size_t n) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
        sum += as_double(a[i]) * as_double(b[i]);
    }
    return sum;
}

/// Multiply-adds a second (two operations each) of the instruction that a format's products take.
template <class F>
double product_rate(const Limits& limits) {
    if (sizeof(simd::detail::Element<F>) == 1 && limits.multiply_add_bytes != nullptr) {
        return operation_rate(limits.multiply_add_bytes);
    }
    if (std::is_same_v<F, bfloat16> && limits.multiply_add_bfloats != nullptr) {
        return operation_rate(limits.multiply_add_bfloats);
    }
    const double floats = operation_rate(limits.multiply_add_floats);
    return std::is_same_v<typename simd::Format<F>::Product, double> ? floats / 2 : floats;
}

// --------------------------------------------------------------- benchmarks

/// Runs `call` in the benchmark's loop, `calls` of the kernel a time, and sets the counters.
template <class Call>
void measure(benchmark::State& state, std::size_t calls, double bytes, double operations,
             double least_seconds, Call call) {
    const auto start = Clock::now();
    for (auto _ : state) {
        call();
        benchmark::ClobberMemory();
    }
    const std::chrono::duration<double> taken = Clock::now() - start;
    const double seconds =
        taken.count() / static_cast<double>(state.iterations()) / static_cast<double>(calls);
    state.counters["ns"] = seconds * 1e9;
    state.counters["GB/s"] = bytes / seconds * 1e-9;
    state.counters["Gop/s"] = operations / seconds * 1e-9;
    if (least_seconds > 0) state.counters["limit"] = least_seconds / seconds;
}

enum class Pair { dot, cosine, squared_l2, l1, norm };
constexpr const char* pair_names[] = {"dot", "cosine", "l2sq", "l1", "norm"};

/// `calls` independent calls on pairs of rows, one after the other. A function of its own, whose
/// variables stay in registers: kernels that are bound by loads would wait for the loop's.
template <class T, class Kernel>
FIRTH_NOINLINE void call_on_pairs(Kernel kernel, const T* rows, std::size_t stride, std::size_t dim,
                                  std::size_t pairs, std::size_t calls) {
    const T* const end = rows + 2 * pairs * stride;
    const T* a = rows;
    for (std::size_t i = 0; i < calls; ++i) {
        benchmark::DoNotOptimize(kernel(a, a + stride, dim));
        a += 2 * stride;
        if (a == end) a = rows;
    }
}

/// Independent calls on pairs of rows that together make up the working set.
template <class T, class Kernel>
void run_pairs(benchmark::State& state, std::size_t dim, const WorkingSet& set,
               const Limits* limits, double products, double rate, bool one_sided, Kernel kernel) {
    const std::size_t stride = padded_dim<T>(dim);
    const std::size_t pairs = std::max<std::size_t>(1, set.bytes / (2 * stride * sizeof(T)));
    AlignedBuffer<char> own(set.bytes < large_memory().size() ? 2 * pairs * stride * sizeof(T) : 0);
    char* const memory = own.size() != 0 ? own.data() : large_memory().data();
    const std::size_t bytes = 2 * pairs * stride * sizeof(T);
    fill<T>(memory, bytes);
    const T* const rows = reinterpret_cast<const T*>(memory);
    const double sides = one_sided ? 1 : 2;
    const double call_bytes = sides * static_cast<double>(dim * sizeof(T));
    double least = 0;
    if (limits != nullptr) {
        const double read =
            read_rate(*limits, memory, std::max<std::size_t>(4096, bytes / 4096 * 4096));
        least = std::max(call_bytes / read, 2 * products * static_cast<double>(dim) / rate);
    }
    const std::size_t calls = std::clamp<std::size_t>(pairs, 64, 4096);
    measure(state, calls, call_bytes, 2 * products * static_cast<double>(dim), least,
            [=] { call_on_pairs(kernel, rows, stride, dim, pairs, calls); });
}

template <class F>
void pair_benchmark(benchmark::State& state, const Level& level, Pair what, std::size_t dim,
                    const WorkingSet& set) {
    using K = simd::FormatKernels<F>;
    using T = typename K::Element;
    const K& kernels = level.table.of<F>();
    std::vector<T> check(2 * dim);
    fill<T>(check.data(), check.size() * sizeof(T));
    const double exact = naive_dot(check.data(), check.data() + dim, dim);
    const auto dot = static_cast<double>(kernels.dot(check.data(), check.data() + dim, dim));
    if (!(std::fabs(dot - exact) <= 1e-5 * static_cast<double>(dim))) {
        state.SkipWithError("dot gave a wrong answer");
        return;
    }
    const double rate = product_rate<F>(*level.limits);
    switch (what) {
    case Pair::dot:
        return run_pairs<T>(state, dim, set, level.limits, 1, rate, false, kernels.dot);
    case Pair::cosine:
        return run_pairs<T>(state, dim, set, level.limits, 3, rate, false, kernels.cosine);
    case Pair::squared_l2:
        return run_pairs<T>(state, dim, set, level.limits, 1, rate, false, kernels.squared_l2);
    case Pair::l1:
        return run_pairs<T>(state, dim, set, level.limits, 1, rate, false, kernels.l1);
    case Pair::norm:
        return run_pairs<T>(
            state, dim, set, level.limits, 1, rate, true,
            [&](const T* a, const T*, std::size_t n) { return kernels.norm(a, n); });
    }
}

void bits_benchmark(benchmark::State& state, const Level& level, bool jaccard, std::size_t dim,
                    const WorkingSet& set) {
    const simd::KernelTable& kernels = level.table;
    const std::size_t words = simd::words_of_bits(dim);
    if (jaccard) {
        run_pairs<std::uint64_t>(state, words, set, level.limits, 0, 1, false, kernels.jaccard);
    } else {
        run_pairs<std::uint64_t>(state, words, set, level.limits, 0, 1, false, kernels.hamming);
    }
}

/// One query against the rows of a working set, scores written out. The limit is the bandwidth of
/// these very rows.
template <class F>
void many_benchmark(benchmark::State& state, const Level& level, std::size_t dim,
                    const WorkingSet& set) {
    constexpr bool bits = std::is_same_v<F, std::uint64_t>;
    using E = std::conditional_t<bits, std::uint64_t,
                                 simd::detail::Element<std::conditional_t<bits, float, F>>>;
    const std::size_t stride = bits ? simd::words_of_bits(dim) : padded_dim<E>(dim);
    const std::size_t rows = set.bytes / (stride * sizeof(E));
    AlignedBuffer<char> own(set.bytes < large_memory().size() ? set.bytes : 0);
    char* const memory = own.size() != 0 ? own.data() : large_memory().data();
    fill<E>(memory, set.bytes);
    const E* const table = reinterpret_cast<const E*>(memory);
    const AlignedBuffer<E> query = [&] {
        AlignedBuffer<E> copy(stride);
        std::copy_n(table + stride, stride, copy.begin());
        return copy;
    }();
    const auto bytes = static_cast<double>(rows * stride * sizeof(E));
    const double read = read_rate(*level.limits, memory, rows * stride * sizeof(E));
    if constexpr (bits) {
        AlignedBuffer<std::uint32_t> distances(rows);
        measure(state, 1, bytes, 0, bytes / read, [&] {
            level.table.hamming_many(query.data(), table, stride, rows, stride, distances.data());
        });
        if (distances[1] != 0) state.SkipWithError("hamming_many gave a wrong answer");
    } else {
        AlignedBuffer<typename simd::Format<F>::Product> scores(rows);
        measure(state, 1, bytes, 2.0 * static_cast<double>(rows * dim), bytes / read, [&] {
            level.table.of<F>().dot_many(query.data(), table, stride, rows, stride, scores.data());
        });
        const E* const last = table + (rows - 1) * stride;
        const double exact = naive_dot(query.data(), last, stride);
        if (!(std::fabs(static_cast<double>(scores[rows - 1]) - exact) <= 1e-2)) {
            state.SkipWithError("dot_many gave a wrong answer");
        }
    }
}

/// Many queries against many rows; queries are packed anew each time.
template <class F>
void tile_benchmark(benchmark::State& state, const Level& level, std::size_t queries,
                    std::size_t rows, std::size_t dim) {
    using E = typename simd::Format<F>::Element;
    const std::size_t stride = padded_dim<E>(dim);
    AlignedBuffer<E> left(queries * stride);
    AlignedBuffer<E> right(rows * stride);
    fill<E>(left.data(), left.size() * sizeof(E));
    fill<E>(right.data(), right.size() * sizeof(E));
    AlignedBuffer<std::uint32_t> packed(simd::packed_queries_size(queries, dim));
    AlignedBuffer<typename simd::Format<F>::Product> scores(queries * rows);
    const double operations = 2.0 * static_cast<double>(queries * rows * dim);
    const double rate = product_rate<F>(*level.limits);
    const simd::TileKernels<F>& kernels = level.table.tile<F>();
    measure(state, 1, 0, operations, operations / rate, [&] {
        kernels.pack_queries(left.data(), stride, queries, dim, packed.data());
        kernels.score_tile(packed.data(), queries, right.data(), stride, rows, dim, scores.data(),
                           rows);
    });
    const double exact =
        naive_dot(left.data() + (queries - 1) * stride, right.data() + (rows - 1) * stride, dim);
    if (!(std::fabs(static_cast<double>(scores[queries * rows - 1]) - exact) <= 1e-2)) {
        state.SkipWithError("score_tile gave a wrong answer");
    }
}

/// What training and conversion need: a row in L1, or one SGNS or CBOW window on rows in L2.
void update_benchmark(benchmark::State& state, const Level& level, const std::string& what,
                      std::size_t dim) {
    constexpr std::size_t contexts = 6;
    constexpr std::size_t outputs = 6;
    constexpr std::size_t rows = 400;
    const std::size_t stride = padded_dim<float>(dim);
    AlignedBuffer<float> in(rows * stride);
    AlignedBuffer<float> out(rows * stride);
    fill<float>(in.data(), in.size() * 4);
    fill<float>(out.data(), out.size() * 4);
    const simd::KernelTable& kernels = level.table;
    const double rate = operation_rate(level.limits->multiply_add_floats);
    // Element by element, on a row in L1: bytes read and written an element, and what to call.
    const float* const x = in.data();
    float* const y = out.data();
    AlignedBuffer<float> squares(stride);
    std::fill(squares.begin(), squares.end(), 1.0f);
    AlignedBuffer<float16> halves(stride);
    AlignedBuffer<bfloat16> brains(stride);
    AlignedBuffer<std::int8_t> codes(stride);
    AlignedBuffer<std::uint64_t> words(stride);
    const simd::KernelTable& convert = level.table;
    const auto element_wise = [&](double bytes, auto call) {
        measure(state, 1, bytes * static_cast<double>(dim), 0, 0, call);
    };
    if (what == "axpy") return element_wise(12, [&] { kernels.axpy(1e-9f, x, y, dim); });
    if (what == "scale") return element_wise(8, [&] { kernels.scale(1.0f, y, dim); });
    if (what == "adagrad") {
        return element_wise(20, [&] { kernels.adagrad(1e-9f, x, y, squares.data(), dim); });
    }
    if (what == "weighted_sum") {
        constexpr std::size_t count = 100;
        Random random(4);
        std::vector<simd::WeightedRow> terms(count);
        for (simd::WeightedRow& term : terms) {
            term = {random.below(rows), 0.01f};
        }
        const double operations = 2.0 * count * static_cast<double>(dim);
        return measure(state, 1, 2 * operations, operations, operations / rate,
                       [&] { kernels.weighted_sum(x, stride, terms.data(), count, y, dim); });
    }
    if (what == "exp") return element_wise(8, [&] { kernels.exp(x, y, dim); });
    if (what == "sigmoid") return element_wise(8, [&] { kernels.sigmoid(x, y, dim); });
    if (what == "rsqrt") return element_wise(8, [&] { kernels.rsqrt(squares.data(), y, dim); });
    if (what == "to_f16")
        return element_wise(6, [&] { convert.to_float16(x, halves.data(), dim); });
    if (what == "from_f16") {
        return element_wise(6, [&] { convert.from_float16(halves.data(), y, dim); });
    }
    if (what == "to_bf16") {
        return element_wise(6, [&] { convert.to_bfloat16(x, brains.data(), dim); });
    }
    if (what == "from_bf16") {
        return element_wise(6, [&] { convert.from_bfloat16(brains.data(), y, dim); });
    }
    if (what == "quantize") {
        return element_wise(5, [&] { convert.quantize(x, codes.data(), dim); });
    }
    if (what == "dequantize") {
        return element_wise(5, [&] { convert.dequantize(codes.data(), 0.1f, y, dim); });
    }
    if (what == "pack_signs") {
        return element_wise(4.125, [&] { convert.pack_signs(x, words.data(), dim); });
    }
    AlignedBuffer<float> scratch(simd::skip_gram_scratch_size(contexts, outputs) +
                                 simd::cbow_scratch_size(outputs, stride));
    float* c[contexts];
    float* o[outputs];
    std::size_t at = 0;
    const bool skip_gram = what == "skip_gram_window";
    // Three passes of multiply-adds over each context and output, or over their mean.
    const double operations = 6.0 * static_cast<double>((skip_gram ? contexts : 1) * outputs * dim);
    measure(state, 1, 0, operations, skip_gram ? operations / rate : 0, [&] {
        for (std::size_t i = 0; i < contexts; ++i) {
            c[i] = in.data() + (at + 7 * i) % rows * stride;
        }
        for (std::size_t i = 0; i < outputs; ++i) {
            o[i] = out.data() + (3 * at + 11 * i) % rows * stride;
        }
        if (skip_gram) {
            kernels.skip_gram_window({c, contexts, o, outputs, stride}, 1e-6f, scratch.data());
        } else {
            kernels.cbow_window({c, contexts, o, outputs, stride}, 1e-6f, 1.0f, scratch.data());
        }
        ++at;
    });
}

// ------------------------------------------------------------- registration

struct Options {
    bool full = false;
    std::string numkong;
    bool own_time = false; ///< --benchmark_min_time was given
};

class Registry {
public:
    explicit Registry(const Options& options) : options_(options) {}

    void add(const std::string& name, std::function<void(benchmark::State&)> body) {
        auto* const entry = benchmark::RegisterBenchmark(
            name.c_str(), [body](benchmark::State& state) { body(state); });
        entry->Repetitions(5);
        if (!options_.own_time) entry->MinTime(0.01);
    }

private:
    const Options& options_;
};

template <class F>
void add_format(Registry& registry, const Level& level, const std::vector<std::size_t>& dims,
                const std::vector<Pair>& kernels, const std::vector<WorkingSet>& pair_sets) {
    for (const Pair kernel : kernels) {
        for (const std::size_t dim : dims) {
            for (const WorkingSet& set : pair_sets) {
                registry.add(std::string(pair_names[static_cast<int>(kernel)]) + '/' +
                                 format_name<F>() + '/' + std::to_string(dim) + '/' + set.name +
                                 '/' + level.name,
                             [=, &level](benchmark::State& state) {
                                 pair_benchmark<F>(state, level, kernel, dim, set);
                             });
            }
        }
    }
}

template <class F>
void add_many(Registry& registry, const Level& level, std::size_t dim, const WorkingSet& set) {
    registry.add(
        std::string("many/") + format_name<F>() + '/' + std::to_string(dim) + '/' + set.name + '/' +
            level.name,
        [=, &level](benchmark::State& state) { many_benchmark<F>(state, level, dim, set); });
}

template <class F>
void add_tile(Registry& registry, const Level& level, std::size_t dim) {
    registry.add(
        std::string("tile/") + format_name<F>() + '/' + std::to_string(dim) + "/512x4096/" +
            level.name,
        [=, &level](benchmark::State& state) { tile_benchmark<F>(state, level, 512, 4096, dim); });
}

void add_everything(Registry& registry, const std::vector<Level>& levels, bool full) {
    const std::vector<Pair> all{Pair::dot, Pair::cosine, Pair::squared_l2, Pair::l1, Pair::norm};
    const std::vector<std::size_t> all_dims{50,  64,  100, 128, 200,  256,
                                            300, 384, 512, 768, 1024, 1536};
    const std::vector<WorkingSet> all_sets(std::begin(sets), std::end(sets));
    const std::vector<WorkingSet> l1{sets[0]};
    for (const Level& level : levels) {
        const bool top = &level == &levels.back();
        if (!full && !top && level.name != "avx2" && level.name != "sse2" && level.name != "neon") {
            continue;
        }
        const auto& dims = full  ? all_dims
                           : top ? std::vector<std::size_t>{100, 768}
                                 : std::vector<std::size_t>{768};
        const auto& pair_sets = full ? all_sets : l1;
        const auto& floats =
            full || top || level.name == "avx2"
                ? full ? all : std::vector<Pair>{Pair::dot, Pair::cosine, Pair::squared_l2}
                : std::vector<Pair>{Pair::dot};
        const auto& others = full ? all : std::vector<Pair>{Pair::dot};
        add_format<float>(registry, level, dims, floats, pair_sets);
        add_format<simd::widened>(registry, level, dims, others, pair_sets);
        add_format<double>(registry, level, full ? dims : std::vector<std::size_t>{768}, others,
                           pair_sets);
        add_format<float16>(registry, level, dims, others, pair_sets);
        add_format<bfloat16>(registry, level, dims, others, pair_sets);
        add_format<std::int8_t>(registry, level, dims, others, pair_sets);
        add_format<std::uint8_t>(registry, level, full ? dims : std::vector<std::size_t>{768},
                                 others, pair_sets);
        for (const std::size_t dim : dims) {
            for (const WorkingSet& set : pair_sets) {
                for (const bool jaccard : {false, true}) {
                    if (jaccard && !full && !top) continue;
                    registry.add(std::string(jaccard ? "jaccard" : "hamming") + "/bits/" +
                                     std::to_string(dim) + '/' + set.name + '/' + level.name,
                                 [=, &level](benchmark::State& state) {
                                     bits_benchmark(state, level, jaccard, dim, set);
                                 });
                }
            }
        }
        for (const std::size_t dim : full ? all_dims : std::vector<std::size_t>{768}) {
            for (const WorkingSet& set : full ? all_sets : std::vector<WorkingSet>{sets[2]}) {
                if (!full && !top) continue;
                add_many<float>(registry, level, dim, set);
                add_many<float16>(registry, level, dim, set);
                add_many<bfloat16>(registry, level, dim, set);
                add_many<std::int8_t>(registry, level, dim, set);
                add_many<std::uint64_t>(registry, level, dim, set);
                if (full) {
                    add_many<simd::widened>(registry, level, dim, set);
                    add_many<double>(registry, level, dim, set);
                    add_many<std::uint8_t>(registry, level, dim, set);
                }
            }
        }
        for (const std::size_t dim : full ? all_dims : std::vector<std::size_t>{100, 768}) {
            if (!full && !top && dim != 768) continue;
            add_tile<float>(registry, level, dim);
            if (!full && !top) continue;
            add_tile<float16>(registry, level, dim);
            add_tile<bfloat16>(registry, level, dim);
            add_tile<std::int8_t>(registry, level, dim);
            if (full) add_tile<std::uint8_t>(registry, level, dim);
        }
        for (const char* const what :
             {"axpy", "scale", "adagrad", "weighted_sum", "exp", "sigmoid", "rsqrt", "to_f16",
              "from_f16", "to_bf16", "from_bf16", "quantize", "dequantize", "pack_signs",
              "skip_gram_window", "cbow_window"}) {
            for (const std::size_t dim : full ? all_dims : std::vector<std::size_t>{100}) {
                if (!full && !top && std::string(what) != "skip_gram_window") continue;
                registry.add(std::string(what) + "/f32/" + std::to_string(dim) + "/-/" + level.name,
                             [=, &level](benchmark::State& state) {
                                 update_benchmark(state, level, what, dim);
                             });
            }
        }
    }
}

// ------------------------------------------------------------ beside NumKong

/// Nanoseconds a call of `calls` calls on pairs of rows.
template <class T, class Kernel>
double nanoseconds(Kernel kernel, const T* rows, std::size_t stride, std::size_t dim,
                   std::size_t pairs, std::size_t calls) {
    return seconds_of([&] { call_on_pairs(kernel, rows, stride, dim, pairs, calls); }) * 1e9 /
           static_cast<double>(calls);
}

/// One kernel beside NumKong's for several dims, on pairs of rows that lie in L1: how many times as
/// fast it is, the median of turns with the smallest and the largest.
template <class T, class Kernel>
void print_ratios(const std::string& name, Kernel ours, Peer::Kernel theirs,
                  const std::vector<std::size_t>& dims) {
    constexpr std::size_t turns = 11;
    constexpr std::size_t calls = 20000;
    if (theirs == nullptr) return;
    std::printf("%-18s", name.c_str());
    const auto peer = [ours, theirs](const T* a, const T* b, std::size_t n) {
        decltype(ours(a, b, n)) result{};
        theirs(a, b, n, &result);
        return result;
    };
    for (const std::size_t dim : dims) {
        const std::size_t stride = padded_dim<T>(dim);
        const std::size_t pairs =
            std::max<std::size_t>(1, sets[0].bytes / (2 * stride * sizeof(T)));
        AlignedBuffer<T> rows(2 * pairs * stride);
        fill<T>(rows.data(), rows.size() * sizeof(T));
        std::vector<double> ratios;
        for (std::size_t turn = 0; turn <= turns; ++turn) {
            const double a = nanoseconds<T>(ours, rows.data(), stride, dim, pairs, calls);
            const double b = nanoseconds<T>(peer, rows.data(), stride, dim, pairs, calls);
            if (turn > 0) ratios.push_back(b / a); // the first one warms up
        }
        std::sort(ratios.begin(), ratios.end());
        std::printf(" %5.2f [%4.2f %4.2f]", ratios[turns / 2], ratios.front(), ratios.back());
    }
    std::printf("\n");
    std::fflush(stdout);
}

template <class F>
void print_format(const Level& level, const Peer& peer, const std::string& suffix,
                  const std::vector<std::size_t>& dims) {
    using T = simd::detail::Element<F>;
    const simd::FormatKernels<F>& kernels = level.table.of<F>();
    const std::string name = std::string("/") + format_name<F>();
    // Where numerics differ.
    const std::string compensated = std::is_same_v<F, double> ? " +" : "";
    const std::string expanded = std::is_same_v<F, bfloat16> ? " *" : "";
    print_ratios<T>("dot" + name + compensated, kernels.dot, peer.kernel(("dot_" + suffix).c_str()),
                    dims);
    print_ratios<T>("cosine" + name + compensated, kernels.cosine,
                    peer.kernel(("angular_" + suffix).c_str()), dims);
    print_ratios<T>("l2sq" + name + expanded, kernels.squared_l2,
                    peer.kernel(("sqeuclidean_" + suffix).c_str()), dims);
}

/// All formats that both have.
void print_beside_numkong(const Level& level, const Peer& peer) {
    const std::vector<std::size_t> dims{50, 64, 100, 128, 200, 256, 300, 384, 768, 1024, 1536};
    std::printf("\nA pair of rows in L1 on %s, times as fast as NumKong: median of turns "
                "[smallest largest]\n%-18s",
                level.name.c_str(), "kernel/format");
    for (const std::size_t dim : dims) {
        std::printf(" %17zu", dim);
    }
    std::printf("\n");
    print_format<simd::widened>(level, peer, "f32", dims);
    print_format<double>(level, peer, "f64", dims);
    print_format<float16>(level, peer, "f16", dims);
    print_format<bfloat16>(level, peer, "bf16", dims);
    print_format<std::int8_t>(level, peer, "i8", dims);
    print_format<std::uint8_t>(level, peer, "u8", dims);
    std::printf("+ NumKong compensates its sums there, which makes them more exact\n");
    std::printf(
        "* NumKong takes |a|^2 + |b|^2 - 2 a b there, of which little is left where rows are "
        "near\n");
}

} // namespace

int main(int argc, char** argv) {
    Options options;
    std::vector<char*> rest;
    for (int i = 0; i < argc; ++i) {
        const std::string argument = argv[i];
        if (argument == "--full") {
            options.full = true;
        } else if (argument.starts_with("--numkong=")) {
            options.numkong = argument.substr(10);
        } else {
            if (argument.starts_with("--benchmark_min_time")) options.own_time = true;
            rest.push_back(argv[i]);
        }
    }
    int count = static_cast<int>(rest.size());
    benchmark::Initialize(&count, rest.data());
    if (benchmark::ReportUnrecognizedArguments(count, rest.data())) return 1;

    std::optional<Peer> numkong;
    if (!options.numkong.empty()) numkong.emplace(options.numkong);
    const std::vector<Level> levels = make_levels();
    Registry registry(options);
    add_everything(registry, levels, options.full);

    TableReporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    if (numkong) print_beside_numkong(levels.back(), *numkong);
    benchmark::Shutdown();
    return reporter.failed() ? 1 : 0;
}
