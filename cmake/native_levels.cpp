// Prints the instruction sets of firth_dispatch.cmake that this machine needs kernels of: the highest that has all kernels,
// and those above it that improve some of them.

#include <cstdio>

#include <firth/simd/dispatch/cpu.hpp>

using namespace firth::simd;

int main() {
#if FIRTH_ON_X86()
    const Cpu cpu = detect_cpu();
    if (!supports<avx512>(cpu)) {
        std::puts(supports<avx2>(cpu) ? "avx2" : supports<avx>(cpu) ? "avx" : supports<sse42>(cpu) ? "sse42" : "sse2");
        return 0;
    }
    std::printf("avx512");
    if (supports<avx512_vnni>(cpu)) std::printf(";avx512_vnni");
    if (supports<avx512_vpopcntdq>(cpu)) std::printf(";avx512_vpopcntdq");
    if (supports<avx512_bf16>(cpu)) std::printf(";avx512_bf16");
    if (supports<amx>(cpu)) std::printf(";amx");
#endif
}
