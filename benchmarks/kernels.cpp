/// Similarity and update kernels, by dim and working set, beside limits measured in the same run:
/// the multiply-add peak and the read bandwidth. Every kernel's answer is checked against double
/// before it is timed.

#include <benchmark/benchmark.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <span>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/random.hpp>
#include <firth/simd.hpp>

namespace {

using namespace firth;
using Arch = simd::default_arch;
using B = simd::Batch<Arch>;

AlignedBuffer<float> random_floats(std::size_t count) {
    AlignedBuffer<float> values(count);
    Random random(1);
    for (float& value : values) {
        value = random.uniform() - 0.5f;
    }
    return values;
}

void require(bool right, const char* what) {
    if (right) return;
    std::cerr << what << " gave a wrong answer\n";
    std::exit(1);
}

void set_rates(benchmark::State& state, double bytes, double flops) {
    const auto rate = benchmark::Counter::kIsIterationInvariantRate;
    if (bytes > 0) state.counters["bytes/s"] = benchmark::Counter(bytes, rate);
    if (flops > 0) state.counters["FLOP/s"] = benchmark::Counter(flops, rate);
}

/// The limit of arithmetic: independent chains of multiply-adds on registers.
void calibrate_multiply_add(benchmark::State& state) {
    constexpr std::size_t chains = 12;
    constexpr int rounds = 1000;
    std::array<B, chains> sums;
    sums.fill(B(1.0f));
    const B factor(0.999f);
    for (auto _ : state) {
        for (int i = 0; i < rounds; ++i) {
            simd::detail::unroll<chains>([&](auto c) FIRTH_INLINE_LAMBDA {
                sums[c] = simd::fma<Arch>(sums[c], factor, factor);
            });
        }
        benchmark::DoNotOptimize(sums);
    }
    set_rates(state, 0, 2.0 * chains * rounds * simd::lanes<Arch>);
}
BENCHMARK(calibrate_multiply_add);

/// The limit of memory: a plain sum over a working set of so many KB.
void calibrate_read(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0)) * 1024 / sizeof(float);
    const AlignedBuffer<float> data = random_floats(count);
    for (auto _ : state) {
        std::array<B, 8> sums;
        sums.fill(B(0.0f));
        for (std::size_t i = 0; i + 8 * simd::lanes<Arch> <= count; i += 8 * simd::lanes<Arch>) {
            simd::detail::unroll<8>([&](auto c) FIRTH_INLINE_LAMBDA {
                sums[c] = sums[c] + B::load_aligned(data.data() + i + c * simd::lanes<Arch>);
            });
        }
        benchmark::DoNotOptimize(sums);
    }
    set_rates(state, static_cast<double>(count) * 4, 0);
}
BENCHMARK(calibrate_read)->Arg(16)->Arg(512)->Arg(8 << 10)->Arg(512 << 10);

/// One pair of vectors in L1.
template <float (*Kernel)(std::span<const float>, std::span<const float>) noexcept>
void pair(benchmark::State& state) {
    const auto dim = static_cast<std::size_t>(state.range(0));
    const AlignedBuffer<float> data = random_floats(2 * padded_dim<float>(dim));
    const std::span<const float> a(data.data(), dim);
    const std::span<const float> b(data.data() + padded_dim<float>(dim), dim);
    double exact = 0;
    for (std::size_t i = 0; i < dim; ++i) {
        exact += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    }
    require(std::fabs(static_cast<double>(simd::dot<Arch>(a, b)) - exact) < 1e-4, "dot");
    for (auto _ : state) {
        benchmark::DoNotOptimize(Kernel(a, b));
    }
    set_rates(state, 8.0 * static_cast<double>(dim), 2.0 * static_cast<double>(dim));
}
BENCHMARK_TEMPLATE(pair, simd::dot<Arch>)->Name("dot")->Arg(100)->Arg(300)->Arg(768);
BENCHMARK_TEMPLATE(pair, simd::cosine<Arch>)->Name("cosine")->Arg(100)->Arg(300)->Arg(768);
BENCHMARK_TEMPLATE(pair, simd::squared_l2<Arch>)->Name("squared_l2")->Arg(100)->Arg(300)->Arg(768);

void axpy(benchmark::State& state) {
    const auto dim = static_cast<std::size_t>(state.range(0));
    AlignedBuffer<float> data = random_floats(2 * padded_dim<float>(dim));
    const std::span<const float> x(data.data(), dim);
    const std::span<float> y(data.data() + padded_dim<float>(dim), dim);
    float factor = 1e-6f;
    for (auto _ : state) {
        simd::axpy<Arch>(factor, x, y);
        factor = -factor;
        benchmark::ClobberMemory();
    }
    set_rates(state, 12.0 * static_cast<double>(dim), 2.0 * static_cast<double>(dim));
}
BENCHMARK(axpy)->Arg(100)->Arg(300)->Arg(768);

/// One query against many rows: (dim, rows).
void dot_many(benchmark::State& state) {
    const auto dim = static_cast<std::size_t>(state.range(0));
    const auto rows = static_cast<std::size_t>(state.range(1));
    const std::size_t stride = padded_dim<float>(dim);
    const AlignedBuffer<float> table = random_floats(rows * stride);
    const AlignedBuffer<float> query = random_floats(stride);
    std::vector<float> scores(rows);
    for (auto _ : state) {
        simd::dot_many<Arch>(query.data(), table.data(), stride, rows, stride, scores.data());
        benchmark::ClobberMemory();
    }
    require(std::fabs(scores[rows - 1] -
                      simd::dot<Arch>({query.data(), stride},
                                      {table.data() + (rows - 1) * stride, stride})) < 1e-3f,
            "dot_many");
    set_rates(state, 4.0 * static_cast<double>(rows * stride),
              2.0 * static_cast<double>(rows * stride));
}
BENCHMARK(dot_many)->Args({100, 500})->Args({100, 70000})->Args({768, 200000});

/// Many queries against many rows: (dim, queries, rows).
void score_tile(benchmark::State& state) {
    const auto dim = static_cast<std::size_t>(state.range(0));
    const auto queries = static_cast<std::size_t>(state.range(1));
    const auto rows = static_cast<std::size_t>(state.range(2));
    const std::size_t stride = padded_dim<float>(dim);
    const AlignedBuffer<float> left = random_floats(queries * stride);
    const AlignedBuffer<float> right = random_floats(rows * stride);
    std::vector<float> scores(queries * rows);
    for (auto _ : state) {
        simd::score_tile<Arch>(left.data(), stride, queries, right.data(), stride, rows, stride,
                               scores.data(), rows);
        benchmark::ClobberMemory();
    }
    set_rates(state, 0, 2.0 * static_cast<double>(queries * rows * stride));
}
BENCHMARK(score_tile)->Args({100, 96, 256})->Args({768, 96, 64});

/// One SGNS window on rows in L2: (dim, contexts, outputs).
void sgns_window(benchmark::State& state) {
    const auto stride = padded_dim<float>(static_cast<std::size_t>(state.range(0)));
    const auto contexts = static_cast<std::size_t>(state.range(1));
    const auto outputs = static_cast<std::size_t>(state.range(2));
    constexpr std::size_t rows = 400;
    AlignedBuffer<float> in = random_floats(rows * stride);
    AlignedBuffer<float> out = random_floats(rows * stride);
    AlignedBuffer<float> scratch(simd::window_scratch_size(contexts, outputs));
    std::vector<float*> c(contexts);
    std::vector<float*> o(outputs);
    std::size_t at = 0;
    for (auto _ : state) {
        for (std::size_t i = 0; i < contexts; ++i) {
            c[i] = in.data() + (at + 7 * i) % rows * stride;
        }
        for (std::size_t i = 0; i < outputs; ++i) {
            o[i] = out.data() + (3 * at + 11 * i) % rows * stride;
        }
        simd::sgns_window<Arch>({c.data(), contexts, o.data(), outputs, stride}, 1e-6f,
                                scratch.data());
        ++at;
        benchmark::ClobberMemory();
    }
    set_rates(state, 0, 6.0 * static_cast<double>(contexts * outputs * stride));
}
BENCHMARK(sgns_window)->Args({100, 6, 6})->Args({300, 6, 6})->Args({100, 6, 11});

} // namespace

int main(int argc, char** argv) {
    benchmark::AddCustomContext("architecture", std::string(simd::arch_name()));
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
