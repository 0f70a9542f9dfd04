#include <firth/simd.hpp>

#include <type_traits>

// The target alone makes the library's kernels the default.
static_assert(std::is_same_v<firth::simd::default_arch, firth::simd::dispatched>);
