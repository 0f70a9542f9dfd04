#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

#include <firth/base/config.hpp>

#if FIRTH_ON_X86() || FIRTH_ON_ARM64()
#include <xsimd/xsimd.hpp>
#if XSIMD_VERSION_MAJOR < 8 || (XSIMD_VERSION_MAJOR == 8 && XSIMD_VERSION_MINOR < 1)
#error "firth needs xsimd 8.1 or later"
#endif
#endif

/// Architectures as types. Each says what instructions a kernel may use and derives from the one
/// below it, so that a kernel without a version of its own takes the nearest one below.
namespace firth::simd {

/// Plain C++ without vector instructions, on every machine: the reference that the vector
/// architectures must agree with, and the default where there is none.
struct scalar {
    static constexpr std::string_view name = "scalar";
};

// After each stand the flags of gcc and clang that it needs beyond those of the one it derives
// from. CMake reads names, order and flags here (cmake/firth_dispatch.cmake).

#if FIRTH_ON_X86()
/// Every x86-64 processor.
struct sse2 { // -march=x86-64 -mno-sse3
    static constexpr std::string_view name = "sse2";
    using registers = xsimd::sse2; ///< what xsimd calls the float registers
};
/// SSE4.2, SSSE3 and POPCNT: processors since 2008.
struct sse42 : sse2 { // -msse4.2 -mpopcnt
    static constexpr std::string_view name = "sse4.2";
    using registers = xsimd::sse4_2;
};
/// AVX: 8 floats a register; integers stay at 128 bits.
struct avx : sse42 { // -mavx
    static constexpr std::string_view name = "avx";
    using registers = xsimd::avx;
};
/// AVX2, FMA and F16C: processors since 2013 (x86-64-v3).
struct avx2 : avx { // -mavx2 -mfma -mf16c
    static constexpr std::string_view name = "avx2";
    using registers = xsimd::fma3<xsimd::avx2>;
};
/// AVX-512 F, BW, CD, DQ and VL: Skylake-X (x86-64-v4).
struct avx512 : avx2 { // -mavx512f -mavx512bw -mavx512cd -mavx512dq -mavx512vl
    static constexpr std::string_view name = "avx512";
    using registers = xsimd::avx512bw;
};
/// And VNNI, products of bytes: Cascade Lake.
struct avx512_vnni : avx512 { // -mavx512vnni
    static constexpr std::string_view name = "avx512_vnni";
};
/// And VPOPCNTDQ, counts of bits: Ice Lake.
struct avx512_vpopcntdq : avx512_vnni { // -mavx512vpopcntdq
    static constexpr std::string_view name = "avx512_vpopcntdq";
};
/// And BF16, products of bfloat16: Zen 4.
struct avx512_bf16 : avx512_vpopcntdq { // -mavx512bf16
    static constexpr std::string_view name = "avx512_bf16";
};
/// And AMX, tiles of int8 and bfloat16: Sapphire Rapids. The system must have given permission,
/// which `firth::dispatch` asks for.
struct amx : avx512_bf16 { // -mamx-tile -mamx-int8 -mamx-bf16
    static constexpr std::string_view name = "amx";
};
#endif

#if FIRTH_ON_ARM64()
/// Every 64-bit Arm processor.
struct neon { // -march=armv8-a
    static constexpr std::string_view name = "neon";
    using registers = xsimd::neon64;
};
/// And SDOT and UDOT, products of bytes: Cortex-A75, Neoverse N1, Apple M1.
struct neon_dotprod : neon { // -march=armv8.2-a+dotprod
    static constexpr std::string_view name = "neon_dotprod";
};
/// And BFDOT, products of bfloat16: Neoverse V1 and N2, Apple M2.
struct neon_bf16 : neon_dotprod { // -march=armv8.2-a+dotprod+bf16
    static constexpr std::string_view name = "neon_bf16";
};
#endif

/// Whatever the machine has at run time: kernels are taken from `firth::dispatch`, a library to
/// link with (see `dispatch.hpp`).
struct dispatched {
    static constexpr std::string_view name = "dispatched";
};

namespace detail {
template <class Arch>
inline constexpr bool is_dispatched = std::is_same_v<Arch, dispatched>;
} // namespace detail

/// True for `Level` and for every architecture built on it.
template <class Arch, class Level>
concept HasLevel = std::derived_from<Arch, Level>;

#if FIRTH_ON_X86()
// Each builds on the one below, so that of two versions of a kernel the higher one is chosen.
template <class Arch>
concept HasSse2 = HasLevel<Arch, sse2>;
template <class Arch>
concept HasSse42 = HasSse2<Arch> && HasLevel<Arch, sse42>;
template <class Arch>
concept HasAvx = HasSse42<Arch> && HasLevel<Arch, avx>;
template <class Arch>
concept HasAvx2 = HasAvx<Arch> && HasLevel<Arch, avx2>;
template <class Arch>
concept HasAvx512 = HasAvx2<Arch> && HasLevel<Arch, avx512>;
template <class Arch>
concept HasVnni = HasAvx512<Arch> && HasLevel<Arch, avx512_vnni>;
template <class Arch>
concept HasVpopcntdq = HasVnni<Arch> && HasLevel<Arch, avx512_vpopcntdq>;
template <class Arch>
concept HasBf16 = HasVpopcntdq<Arch> && HasLevel<Arch, avx512_bf16>;
template <class Arch>
concept HasAmx = HasBf16<Arch> && HasLevel<Arch, amx>;

/// Architectures on which conversions are faster to registers of 256 bits than to those of 512:
/// AMD's with AVX-512. Zen 4 converts two of the former a cycle, and 0.77 of the latter.
template <class Arch>
concept ConvertsBy256Bits = HasBf16<Arch> && !HasAmx<Arch>;
#endif
#if FIRTH_ON_ARM64()
template <class Arch>
concept HasNeon = HasLevel<Arch, neon>;
template <class Arch>
concept HasNeonDotprod = HasNeon<Arch> && HasLevel<Arch, neon_dotprod>;
template <class Arch>
concept HasBf16 = HasNeonDotprod<Arch> && HasLevel<Arch, neon_bf16>;
#endif

namespace detail {

/// What this translation unit's compile flags allow. AMX is never a default: it needs the system's
/// permission at run time.
#if FIRTH_ON_X86() && defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) &&    \
    defined(__AVX512VL__) && defined(__AVX512CD__) && defined(__FMA__)
#if defined(__AVX512VNNI__) && defined(__AVX512VPOPCNTDQ__) && defined(__AVX512BF16__)
using compiled = avx512_bf16;
#elif defined(__AVX512VNNI__) && defined(__AVX512VPOPCNTDQ__)
using compiled = avx512_vpopcntdq;
#elif defined(__AVX512VNNI__)
using compiled = avx512_vnni;
#else
using compiled = avx512;
#endif
#elif FIRTH_ON_X86() && defined(__AVX2__) &&                                                       \
    (defined(_MSC_VER) || (defined(__FMA__) && defined(__F16C__)))
using compiled = avx2;
#elif FIRTH_ON_X86() && defined(__AVX__)
using compiled = avx;
#elif FIRTH_ON_X86() && defined(__SSE4_2__)
using compiled = sse42;
#elif FIRTH_ON_X86()
using compiled = sse2;
#elif FIRTH_ON_ARM64() && defined(__ARM_FEATURE_DOTPROD) &&                                        \
    defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
using compiled = neon_bf16;
#elif FIRTH_ON_ARM64() && defined(__ARM_FEATURE_DOTPROD)
using compiled = neon_dotprod;
#elif FIRTH_ON_ARM64()
using compiled = neon;
#else
using compiled = scalar;
#endif

} // namespace detail

/// The highest architecture that this translation unit's compile flags allow.
using compiled_arch = detail::compiled;

/// Kernels take an architecture as their first template argument; this is the default: `dispatched`
/// in programs that link `firth::dispatch`, else `compiled_arch`.
#if FIRTH_USE_DISPATCH()
using default_arch = dispatched;
#else
using default_arch = compiled_arch;
#endif

} // namespace firth::simd
