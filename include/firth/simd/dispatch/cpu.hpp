#pragma once

#include <cstddef>
#include <cstdint>

#include <firth/base/config.hpp>
#include <firth/simd/arch.hpp>

#if FIRTH_ON_X86()
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#elif FIRTH_ON_ARM64()
#if defined(__linux__)
#include <sys/auxv.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(_WIN32)
extern "C" __declspec(dllimport) int __stdcall IsProcessorFeaturePresent(unsigned long feature);
#endif
#endif

/// What the processor has and the operating system lets programs use. A register that the system
/// does not save between threads is as good as absent, which is why CPUID alone does not decide:
/// OSXSAVE and XCR0 do too, and for AMX the system's permission. On Arm a program may not ask the
/// processor and the system says it all.
namespace firth::simd {

/// Features that kernels ask for; all false on other processors than x86 and 64-bit Arm.
struct Cpu {
    bool sse42 = false; ///< with SSSE3 and POPCNT
    bool avx = false;   ///< and 256-bit registers saved by the system
    bool avx2 = false;
    bool fma = false;
    bool f16c = false;
    bool avx512 = false; ///< F, BW, CD, DQ and VL, and 512-bit registers saved by the system
    bool avx512_vnni = false;
    bool avx512_vpopcntdq = false;
    bool avx512_bf16 = false;
    bool avx512_fp16 = false;
    bool amx_int8 = false; ///< and tile registers saved and permitted by the system
    bool amx_bf16 = false;
    bool neon_dotprod = false;
    bool neon_bf16 = false;
};

#if FIRTH_ON_X86()

namespace detail {

struct CpuidLeaf {
    std::uint32_t eax = 0;
    std::uint32_t ebx = 0;
    std::uint32_t ecx = 0;
    std::uint32_t edx = 0;
};

inline CpuidLeaf cpuid(std::uint32_t leaf, std::uint32_t subleaf) noexcept {
    CpuidLeaf result;
#if defined(_MSC_VER)
    int registers[4];
    __cpuidex(registers, static_cast<int>(leaf), static_cast<int>(subleaf));
    result = {static_cast<std::uint32_t>(registers[0]), static_cast<std::uint32_t>(registers[1]),
              static_cast<std::uint32_t>(registers[2]), static_cast<std::uint32_t>(registers[3])};
#else
    __cpuid_count(leaf, subleaf, result.eax, result.ebx, result.ecx, result.edx);
#endif
    return result;
}

/// The registers that the system saves; OSXSAVE must be set.
inline std::uint64_t read_xcr0() noexcept {
#if defined(_MSC_VER)
    return _xgetbv(0);
#else
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return static_cast<std::uint64_t>(high) << 32 | low;
#endif
}

/// Asks the system for the tile registers, which Linux grants a process on demand.
inline bool permit_amx() noexcept {
#if defined(__linux__) && defined(SYS_arch_prctl)
    constexpr int request_permission = 0x1023; // ARCH_REQ_XCOMP_PERM
    constexpr int tile_data = 18;              // XFEATURE_XTILEDATA
    return ::syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
    return false;
#endif
}

inline bool all_bits(std::uint64_t value, std::uint64_t bits) noexcept {
    return (value & bits) == bits;
}

} // namespace detail

/// Asks the processor and the system. Some hundred nanoseconds, and where there is AMX a system
/// call that enlarges the process's saved state.
[[nodiscard]] inline Cpu detect_cpu() noexcept {
    using detail::all_bits;
    Cpu cpu;
    const std::uint32_t highest = detail::cpuid(0, 0).eax;
    if (highest < 1) return cpu;
    const detail::CpuidLeaf one = detail::cpuid(1, 0);
    // SSE3, SSSE3, SSE4.1, SSE4.2, POPCNT.
    cpu.sse42 = all_bits(one.ecx, 1u << 0 | 1u << 9 | 1u << 19 | 1u << 20 | 1u << 23);
    const bool osxsave = all_bits(one.ecx, 1u << 27);
    const std::uint64_t xcr0 = osxsave ? detail::read_xcr0() : 0;
    cpu.avx = all_bits(one.ecx, 1u << 28) && all_bits(xcr0, 0x6);
    if (!cpu.avx) return cpu;
    cpu.fma = all_bits(one.ecx, 1u << 12);
    cpu.f16c = all_bits(one.ecx, 1u << 29);
    if (highest < 7) return cpu;
    const detail::CpuidLeaf seven = detail::cpuid(7, 0);
    cpu.avx2 = all_bits(seven.ebx, 1u << 5);
    // F, DQ, CD, BW, VL; opmask, upper halves and upper registers.
    cpu.avx512 = all_bits(seven.ebx, 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31) &&
                 all_bits(xcr0, 0xE6);
    if (!cpu.avx512) return cpu;
    cpu.avx512_vnni = all_bits(seven.ecx, 1u << 11);
    cpu.avx512_vpopcntdq = all_bits(seven.ecx, 1u << 14);
    cpu.avx512_fp16 = all_bits(seven.edx, 1u << 23);
    if (seven.eax >= 1) cpu.avx512_bf16 = all_bits(detail::cpuid(7, 1).eax, 1u << 5);
    if (all_bits(seven.edx, 1u << 24) && all_bits(xcr0, 0x60000) && detail::permit_amx()) {
        cpu.amx_bf16 = all_bits(seven.edx, 1u << 22);
        cpu.amx_int8 = all_bits(seven.edx, 1u << 25);
    }
    return cpu;
}

#elif FIRTH_ON_ARM64() && defined(__linux__)

/// Asks the system.
[[nodiscard]] inline Cpu detect_cpu() noexcept {
    Cpu cpu;
    cpu.neon_dotprod = (::getauxval(AT_HWCAP) >> 20 & 1) != 0; // HWCAP_ASIMDDP
    cpu.neon_bf16 = (::getauxval(AT_HWCAP2) >> 14 & 1) != 0;   // HWCAP2_BF16
    return cpu;
}

#elif FIRTH_ON_ARM64() && defined(__APPLE__)

[[nodiscard]] inline Cpu detect_cpu() noexcept {
    const auto has = [](const char* feature) {
        int value = 0;
        std::size_t size = sizeof value;
        return ::sysctlbyname(feature, &value, &size, nullptr, 0) == 0 && value != 0;
    };
    Cpu cpu;
    cpu.neon_dotprod = has("hw.optional.arm.FEAT_DotProd");
    cpu.neon_bf16 = has("hw.optional.arm.FEAT_BF16");
    return cpu;
}

#elif FIRTH_ON_ARM64() && defined(_WIN32)

[[nodiscard]] inline Cpu detect_cpu() noexcept {
    Cpu cpu;
    cpu.neon_dotprod = ::IsProcessorFeaturePresent(43) != 0; // PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE
    cpu.neon_bf16 = ::IsProcessorFeaturePresent(68) != 0; // PF_ARM_V86_BF16_INSTRUCTIONS_AVAILABLE
    return cpu;
}

#else

[[nodiscard]] inline Cpu detect_cpu() noexcept {
    return {};
}

#endif

/// True where a machine with `cpu` can run the kernels of `Arch`.
template <class Arch>
[[nodiscard]] constexpr bool supports(const Cpu& cpu) noexcept {
#if FIRTH_ON_X86()
    if constexpr (HasAmx<Arch>) {
        return supports<avx512_bf16>(cpu) && cpu.amx_int8 && cpu.amx_bf16;
    } else if constexpr (HasBf16<Arch>) {
        return supports<avx512_vpopcntdq>(cpu) && cpu.avx512_bf16;
    } else if constexpr (HasVpopcntdq<Arch>) {
        return supports<avx512_vnni>(cpu) && cpu.avx512_vpopcntdq;
    } else if constexpr (HasVnni<Arch>) {
        return supports<avx512>(cpu) && cpu.avx512_vnni;
    } else if constexpr (HasAvx512<Arch>) {
        return supports<avx2>(cpu) && cpu.avx512;
    } else if constexpr (HasAvx2<Arch>) {
        return supports<avx>(cpu) && cpu.avx2 && cpu.fma && cpu.f16c;
    } else if constexpr (HasAvx<Arch>) {
        return supports<sse42>(cpu) && cpu.avx;
    } else if constexpr (HasSse42<Arch>) {
        return cpu.sse42;
    }
#elif FIRTH_ON_ARM64()
    if constexpr (HasBf16<Arch>) {
        return supports<neon_dotprod>(cpu) && cpu.neon_bf16;
    } else if constexpr (HasNeonDotprod<Arch>) {
        return cpu.neon_dotprod;
    }
#endif
    static_cast<void>(cpu);
    return true;
}

} // namespace firth::simd
