#pragma once

#include <string_view>
#include <type_traits>

#include <firth/base/config.hpp>

#if FIRTH_ON_X86() || FIRTH_ON_ARM64()
#include <xsimd/xsimd.hpp>
#define FIRTH_HAS_XSIMD() 1
#else
#define FIRTH_HAS_XSIMD() 0
#endif

namespace firth::simd {

/// Plain C++ without vector instructions, on every machine: the reference that the vector
/// architectures must agree with, and the default where xsimd has none to offer.
struct scalar {
    static constexpr const char* name() noexcept { return "scalar"; }
};

#if FIRTH_HAS_XSIMD()
/// The widest instruction set that this translation unit's compile flags allow. Kernels take an
/// architecture as their first template argument and this is what they use without one.
using default_arch = xsimd::default_arch;
#else
using default_arch = scalar;
#endif

/// The name of an architecture, such as "avx512bw" or "fma3+avx2".
template <class Arch = default_arch>
[[nodiscard]] constexpr std::string_view arch_name() noexcept {
    return Arch::name();
}

} // namespace firth::simd
