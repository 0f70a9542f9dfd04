#pragma once

#include <cstddef>

#include <firth/simd/format.hpp>

/// Defined in `native.cpp` for float, bfloat16 and std::int8_t.
namespace native {

/// The architecture of the kernels.
const char* arch();

/// `calls` inner products of rows 0 and 2, 1 and 3, by turns.
template <class T>
void dots(const T* rows, std::size_t stride, std::size_t dim, std::size_t calls);

template <class T>
void many(const T* query, const T* rows, std::size_t stride, std::size_t count, std::size_t dim,
          typename firth::simd::Format<T>::Product* scores);

} // namespace native
