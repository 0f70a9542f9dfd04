/// Compiled once for each instruction set; FIRTH_LIMITS is the name of what it defines.

#include "limits.hpp"

#include <firth/simd/arch.hpp>
#include <firth/simd/detail/batch.hpp>
#include <firth/simd/detail/unroll.hpp>

extern const Limits FIRTH_LIMITS;

namespace {

struct here : firth::simd::compiled_arch {};
using B = firth::simd::Batch<here>;
using firth::simd::detail::unroll;

constexpr int rounds = 1000000;
constexpr std::size_t chains = firth::simd::vector_registers<here> >= 32 ? 16 : 12;

/// Keeps the compiler from knowing a register's value, and from thinking it away.
template <class Register>
FIRTH_ALWAYS_INLINE void hide(Register& value) {
#if defined(__x86_64__)
#if defined(__AVX512F__)
    __asm__ volatile("" : "+v"(value));
#else
    __asm__ volatile("" : "+x"(value));
#endif
#elif defined(__aarch64__)
    __asm__ volatile("" : "+w"(value));
#endif
}

/// `chains` independent chains of an operation.
template <class Register, class Step>
FIRTH_ALWAYS_INLINE void run_chains(Register first, Step step) {
    Register sums[chains];
    unroll<chains>([&](auto c) FIRTH_INLINE_LAMBDA { sums[c] = first; });
    for (int i = 0; i < rounds; ++i) {
        unroll<chains>([&](auto c) FIRTH_INLINE_LAMBDA {
            sums[c] = step(sums[c], first);
            hide(sums[c]);
        });
    }
}

double multiply_add_floats() {
#if defined(__x86_64__) || defined(__aarch64__)
    using Register = decltype(B(0.5f).data);
#else
    using Register = B;
#endif
    run_chains(Register(B(0.5f)), [](Register sum, Register x) FIRTH_INLINE_LAMBDA {
        return Register(firth::simd::fma<here>(B(sum), B(x), B(x)));
    });
    return 2.0 * rounds * chains * firth::simd::lanes<here>;
}

#if defined(__AVX512VNNI__)
double multiply_add_bytes() {
    run_chains(_mm512_set1_epi8(1), [](__m512i sum, __m512i x) FIRTH_INLINE_LAMBDA {
        return _mm512_dpbusd_epi32(sum, x, x);
    });
    return 2.0 * rounds * chains * 64;
}
#endif
#if defined(__AVX512BF16__)
double multiply_add_bfloats() {
    run_chains(_mm512_set1_ps(0.5f), [](__m512 sum, __m512 x) FIRTH_INLINE_LAMBDA {
        return _mm512_dpbf16_ps(sum, (__m512bh)x, (__m512bh)x);
    });
    return 2.0 * rounds * chains * 32;
}
#endif

void read(const void* data, std::size_t bytes, std::size_t ahead) {
    const auto* const floats = static_cast<const float*>(data);
    constexpr std::size_t width = firth::simd::lanes<here>;
    // The sum of what was read is not wanted: the loads are.
    const auto load = [&](std::size_t i) FIRTH_INLINE_LAMBDA {
        auto value = B::load_aligned(floats + i).data;
        hide(value);
    };
    if (ahead == 0) {
        for (std::size_t i = 0; i < bytes / 4; i += 8 * width) {
            unroll<8>([&](auto k) FIRTH_INLINE_LAMBDA { load(i + k * width); });
        }
        return;
    }
    constexpr std::size_t loads = 256 / sizeof(float) / width;
    for (std::size_t i = 0; i < bytes / 4; i += loads * width) {
        unroll<4>([&](auto line) FIRTH_INLINE_LAMBDA {
            FIRTH_PREFETCH_READ(reinterpret_cast<const char*>(floats + i) + 64 * line + ahead);
        });
        unroll<loads>([&](auto k) FIRTH_INLINE_LAMBDA { load(i + k * width); });
    }
}

} // namespace

const Limits FIRTH_LIMITS = {
    here::name.data(),
    4 * firth::simd::lanes<here>,
    &multiply_add_floats,
#if defined(__AVX512VNNI__)
    &multiply_add_bytes,
#else
    nullptr,
#endif
#if defined(__AVX512BF16__)
    &multiply_add_bfloats,
#else
    nullptr,
#endif
    &read,
};
