/// Kernels as a program has them that includes the headers and is compiled for the machine at hand:
/// the calls below are inlined into loops. Compiled with -march=native.

#include "native.hpp"

#include <benchmark/benchmark.h>

#include <span>

#include <firth/simd.hpp>

namespace {

/// Without linkage, so that these kernels meet no others in the program.
struct here : firth::simd::compiled_arch {};

} // namespace

namespace native {

const char* arch() {
    return here::name.data();
}

template <class T>
void dots(const T* rows, std::size_t stride, std::size_t dim, std::size_t calls) {
    for (std::size_t i = 0; i < calls; ++i) {
        const std::span<const T> a(rows + i % 2 * stride, dim);
        const std::span<const T> b(rows + (2 + i % 2) * stride, dim);
        benchmark::DoNotOptimize(firth::simd::dot<here>(a, b));
    }
}

template <class T>
void many(const T* query, const T* rows, std::size_t stride, std::size_t count, std::size_t dim,
          typename firth::simd::Format<T>::Product* scores) {
    firth::simd::dot_many<here>(query, rows, stride, count, dim, scores);
}

#define FIRTH_NATIVE_KERNELS(T)                                                                    \
    template void dots<T>(const T*, std::size_t, std::size_t, std::size_t);                        \
    template void many<T>(const T*, const T*, std::size_t, std::size_t, std::size_t,               \
                          firth::simd::Format<T>::Product*);
FIRTH_NATIVE_KERNELS(float)
FIRTH_NATIVE_KERNELS(firth::bfloat16)
FIRTH_NATIVE_KERNELS(std::int8_t)
#undef FIRTH_NATIVE_KERNELS

} // namespace native
