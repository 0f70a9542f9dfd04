/// What choosing kernels at run time costs: this program, compiled for any machine and linked with
/// firth::dispatch, beside the same calls compiled for the machine at hand (`native.cpp`). Both
/// take turns, and medians are compared: nanoseconds a pair, and time of one query x many.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <span>
#include <type_traits>
#include <vector>

#include <benchmark/benchmark.h>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/random.hpp>
#include <firth/simd.hpp>

#include "native.hpp"

namespace {

using namespace firth;

template <class Body>
double seconds_of(Body body) {
    const auto start = std::chrono::steady_clock::now();
    body();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

struct Medians {
    double native;
    double dispatched;
};

/// Each body runs `rounds` times, by turns.
template <class Native, class Dispatched>
Medians take_turns(int rounds, Native native_body, Dispatched dispatched_body) {
    std::vector<double> native;
    std::vector<double> dispatched;
    native_body();
    dispatched_body();
    for (int i = 0; i < rounds; ++i) {
        native.push_back(seconds_of(native_body));
        dispatched.push_back(seconds_of(dispatched_body));
    }
    return {median(native), median(dispatched)};
}

template <class T>
AlignedBuffer<T> random_rows(std::size_t size) {
    AlignedBuffer<T> rows(size);
    Random random(1);
    for (T& x : rows) {
        if constexpr (sizeof(T) == 1) {
            x = static_cast<T>(random.below(255) - 127);
        } else {
            x = static_cast<T>(random.uniform() - 0.5f);
        }
    }
    return rows;
}

/// The loop of `native::dots`, through the library.
template <class T>
FIRTH_NOINLINE void dots(const T* rows, std::size_t stride, std::size_t dim, std::size_t calls) {
    for (std::size_t i = 0; i < calls; ++i) {
        const std::span<const T> a(rows + i % 2 * stride, dim);
        const std::span<const T> b(rows + (2 + i % 2) * stride, dim);
        benchmark::DoNotOptimize(simd::dot(a, b));
    }
}

template <class T>
void compare_pairs(const char* format, std::size_t dim) {
    constexpr std::size_t calls = 20000;
    const std::size_t stride = padded_dim<T>(dim);
    const AlignedBuffer<T> rows = random_rows<T>(4 * stride);
    const Medians medians = take_turns(
        101, [&] { native::dots(rows.data(), stride, dim, calls); },
        [&] { dots(rows.data(), stride, dim, calls); });
    const double native = medians.native / calls * 1e9;
    const double dispatched = medians.dispatched / calls * 1e9;
    std::printf("%-28s %12.2f %12.2f %+12.2f ns\n",
                (std::string("dot ") + format + ' ' + std::to_string(dim)).c_str(), native,
                dispatched, dispatched - native);
}

template <class T>
void compare_many(const char* format, std::size_t dim, std::size_t bytes, const char* where) {
    using Product = typename simd::Format<T>::Product;
    const std::size_t stride = padded_dim<T>(dim);
    const std::size_t count = bytes / (stride * sizeof(T));
    const AlignedBuffer<T> rows = random_rows<T>(count * stride);
    std::vector<Product> native_scores(count);
    std::vector<Product> scores(count);
    const std::size_t repeats = std::max<std::size_t>(1, (std::size_t{8} << 20) / bytes);
    const Medians medians = take_turns(
        21,
        [&] {
            for (std::size_t i = 0; i < repeats; ++i) {
                native::many(rows.data(), rows.data(), stride, count, dim, native_scores.data());
            }
        },
        [&] {
            for (std::size_t i = 0; i < repeats; ++i) {
                simd::dot_many(rows.data(), rows.data(), stride, count, dim, scores.data());
            }
        });
    if (scores != native_scores) std::printf("(the last digits differ) ");
    const double unit = 1e6 / static_cast<double>(repeats);
    std::printf("%-28s %12.1f %12.1f %+11.1f %%\n",
                (std::string("many ") + format + ' ' + std::to_string(dim) + ' ' + where).c_str(),
                medians.native * unit, medians.dispatched * unit,
                100 * (medians.dispatched / medians.native - 1));
}

} // namespace

int main() {
    const std::string chosen(simd::select_arch());
    std::printf("native: %s, dispatched: %s\n", native::arch(), chosen.c_str());
    std::printf("%-28s %12s %12s %12s\n", "", "native", "dispatched", "difference");
    for (const std::size_t dim : {100u, 300u, 768u}) {
        compare_pairs<float>("f32", dim);
        compare_pairs<bfloat16>("bf16", dim);
        compare_pairs<std::int8_t>("i8", dim);
    }
    std::printf("%-28s %12s %12s\n", "", "us", "us");
    for (const std::size_t dim : {100u, 768u}) {
        compare_many<float>("f32", dim, 512 << 10, "L2");
        compare_many<bfloat16>("bf16", dim, 512 << 10, "L2");
        compare_many<std::int8_t>("i8", dim, 512 << 10, "L2");
        compare_many<float>("f32", dim, 512 << 20, "DRAM");
        compare_many<bfloat16>("bf16", dim, 512 << 20, "DRAM");
        compare_many<std::int8_t>("i8", dim, 512 << 20, "DRAM");
    }
}
