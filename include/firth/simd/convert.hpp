#pragma once

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include <firth/base/config.hpp>
#include <firth/base/scalar.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/detail/batch.hpp>
#include <firth/simd/detail/block_half.hpp>
#include <firth/simd/detail/pair.hpp>
#include <firth/simd/dispatch/kernels.hpp>

#if FIRTH_ON_X86()
#include <immintrin.h>
#endif

/// Conversions between float32 and the smaller formats. Numerics: to float16 and bfloat16 the
/// nearest value, ties to even, subnormal numbers and infinities included, the same on all
/// architectures; NaN stays NaN. Conversion back is exact. int8 has a scale a vector: see
/// `quantize`.
FIRTH_BEGIN_INTRINSICS

namespace firth::simd {

namespace detail {

template <class Arch>
FIRTH_ALWAYS_INLINE void to_float16_of(const float* from, float16* to, std::size_t n) noexcept {
    std::size_t i = 0;
#if FIRTH_ON_X86()
#if defined(__AVX512F__)
    if constexpr (HasAvx512<Arch>) {
        for (; i + 16 <= n; i += 16) {
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i),
                                _mm512_cvtps_ph(_mm512_loadu_ps(from + i),
                                                _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
        }
    }
#endif
#if defined(__AVX2__)
    if constexpr (HasAvx2<Arch>) {
        for (; i + 8 <= n; i += 8) {
            _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i),
                             _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
        }
    }
#endif
#elif FIRTH_ON_ARM64()
    if constexpr (HasNeon<Arch>) {
        for (; i + 4 <= n; i += 4) {
            vst1_u16(reinterpret_cast<std::uint16_t*>(to + i),
                     vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(from + i))));
        }
    }
#endif
    for (; i < n; ++i) {
        to[i] = float16(from[i]);
    }
}

template <class Arch>
FIRTH_ALWAYS_INLINE void from_float16_of(const float16* from, float* to, std::size_t n) noexcept {
    std::size_t i = 0;
    if constexpr (!is_scalar<Arch>) {
        using B = Block<float16, Arch>;
        for (; i + B::width <= n; i += B::width) {
            B::load(from + i).store_unaligned(to + i);
        }
    }
    for (; i < n; ++i) {
        to[i] = static_cast<float>(from[i]);
    }
}

// Plain integer arithmetic, which compilers turn into vector instructions of the architecture.
template <class Arch>
FIRTH_ALWAYS_INLINE void to_bfloat16_of(const float* from, bfloat16* to, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
        to[i] = bfloat16(from[i]);
    }
}
template <class Arch>
FIRTH_ALWAYS_INLINE void from_bfloat16_of(const bfloat16* from, float* to, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
        to[i] = static_cast<float>(from[i]);
    }
}

/// The largest size of an element, for finite elements.
template <class Arch>
FIRTH_ALWAYS_INLINE float largest_size(const float* from, std::size_t n) noexcept {
    using B = Batch<Arch>;
    B most(0.0f);
    std::size_t i = 0;
    for (; i + lanes<Arch> <= n; i += lanes<Arch>) {
        most = max<Arch>(most, simd::abs<Arch>(B::load_unaligned(from + i)));
    }
    if (i < n) most = max<Arch>(most, simd::abs<Arch>(load_tail<Arch>(from, i, n)));
    alignas(64) float lane[lanes<Arch>];
    most.store_aligned(lane);
    float result = 0;
    for (const float size : lane) {
        result = size > result ? size : result;
    }
    return result;
}

template <class Arch>
FIRTH_ALWAYS_INLINE float quantize_of(const float* from, std::int8_t* to, std::size_t n) noexcept {
    constexpr float top = 127.0f;
    // 1.5 * 2^23: a float near it has a last bit worth 1, so that adding it rounds to an integer,
    // ties to even, which its lowest bits then hold.
    constexpr float magic = 12582912.0f;
    const float most = largest_size<Arch>(from, n);
    float scale = most / top;
    if (scale < 1e-30f) {
        // 1 / scale may be beyond float32, and a subnormal scale is coarse: codes are computed with
        // its actual value, which must not be too small for them to fit.
        if (most > 0 && most >= 127.5 * static_cast<double>(scale)) scale += 0x1.0p-149f;
        // -ffast-math may take a subnormal scale for zero.
        const double unit = scale != 0.0f ? static_cast<double>(scale)
                                          : static_cast<double>(most) / static_cast<double>(top);
        for (std::size_t i = 0; i < n; ++i) {
            const double code =
                most == 0 ? 0.0 : std::nearbyint(static_cast<double>(from[i]) / unit);
            to[i] = static_cast<std::int8_t>(code);
        }
        return scale;
    }
    const float factor = top / most;
    for (std::size_t i = 0; i < n; ++i) {
        const float code = (std::min)(top, (std::max)(-top, from[i] * factor)) + magic;
        std::int32_t bits = 0;
        std::memcpy(&bits, &code, 4);
        to[i] = static_cast<std::int8_t>(bits);
    }
    return scale;
}

template <class Arch>
FIRTH_ALWAYS_INLINE void dequantize_of(const std::int8_t* from, float scale, float* to,
                                       std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
        to[i] = scale * static_cast<float>(from[i]);
    }
}

template <class Arch>
FIRTH_ALWAYS_INLINE void pack_signs_of(const float* from, std::uint64_t* to,
                                       std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += 64, ++to) {
        std::uint64_t word = 0;
        std::size_t bit = 0;
        const std::size_t bits = n - i < 64 ? n - i : 64;
#if FIRTH_ON_X86()
#if defined(__AVX512F__)
        if constexpr (HasAvx512<Arch>) {
            for (; bit + 16 <= bits; bit += 16) {
                const __mmask16 mask = _mm512_cmp_ps_mask(_mm512_loadu_ps(from + i + bit),
                                                          _mm512_setzero_ps(), _CMP_GT_OQ);
                word |= static_cast<std::uint64_t>(mask) << bit;
            }
        }
#endif
        if constexpr (HasSse2<Arch>) {
            for (; bit + 4 <= bits; bit += 4) {
                const int mask =
                    _mm_movemask_ps(_mm_cmpgt_ps(_mm_loadu_ps(from + i + bit), _mm_setzero_ps()));
                word |= static_cast<std::uint64_t>(mask) << bit;
            }
        }
#endif
        for (; bit < bits; ++bit) {
            word |= static_cast<std::uint64_t>(from[i + bit] > 0) << bit;
        }
        *to = word;
    }
}

} // namespace detail

/// The kernels of this header.
struct ConvertKernels {
    void (*to_float16)(const float* from, float16* to, std::size_t n) noexcept;
    void (*from_float16)(const float16* from, float* to, std::size_t n) noexcept;
    void (*to_bfloat16)(const float* from, bfloat16* to, std::size_t n) noexcept;
    void (*from_bfloat16)(const bfloat16* from, float* to, std::size_t n) noexcept;
    float (*quantize)(const float* from, std::int8_t* to, std::size_t n) noexcept;
    void (*dequantize)(const std::int8_t* from, float scale, float* to, std::size_t n) noexcept;
    void (*pack_signs)(const float* from, std::uint64_t* to, std::size_t n) noexcept;
};

namespace detail {

template <class Arch>
struct Compiled<ConvertKernels, Arch> {
    FIRTH_ALWAYS_INLINE static void to_float16(const float* from, float16* to,
                                               std::size_t n) noexcept {
        to_float16_of<Arch>(from, to, n);
    }
    FIRTH_ALWAYS_INLINE static void from_float16(const float16* from, float* to,
                                                 std::size_t n) noexcept {
        from_float16_of<Arch>(from, to, n);
    }
    FIRTH_ALWAYS_INLINE static void to_bfloat16(const float* from, bfloat16* to,
                                                std::size_t n) noexcept {
        to_bfloat16_of<Arch>(from, to, n);
    }
    FIRTH_ALWAYS_INLINE static void from_bfloat16(const bfloat16* from, float* to,
                                                  std::size_t n) noexcept {
        from_bfloat16_of<Arch>(from, to, n);
    }
    FIRTH_ALWAYS_INLINE static float quantize(const float* from, std::int8_t* to,
                                              std::size_t n) noexcept {
        return quantize_of<Arch>(from, to, n);
    }
    FIRTH_ALWAYS_INLINE static void dequantize(const std::int8_t* from, float scale, float* to,
                                               std::size_t n) noexcept {
        dequantize_of<Arch>(from, scale, to, n);
    }
    FIRTH_ALWAYS_INLINE static void pack_signs(const float* from, std::uint64_t* to,
                                               std::size_t n) noexcept {
        pack_signs_of<Arch>(from, to, n);
    }
    static constexpr ConvertKernels table{&to_float16, &from_float16, &to_bfloat16, &from_bfloat16,
                                          &quantize,   &dequantize,   &pack_signs};
};

} // namespace detail

/// to[i] = from[i] in another format, for vectors of the same length (a precondition).
template <class Arch = default_arch>
void convert(std::span<const float> from, std::span<float16> to) noexcept {
    assert(from.size() == to.size());
    detail::kernels<ConvertKernels, Arch>().to_float16(from.data(), to.data(), from.size());
}
template <class Arch = default_arch>
void convert(std::span<const float16> from, std::span<float> to) noexcept {
    assert(from.size() == to.size());
    detail::kernels<ConvertKernels, Arch>().from_float16(from.data(), to.data(), from.size());
}
template <class Arch = default_arch>
void convert(std::span<const float> from, std::span<bfloat16> to) noexcept {
    assert(from.size() == to.size());
    detail::kernels<ConvertKernels, Arch>().to_bfloat16(from.data(), to.data(), from.size());
}
template <class Arch = default_arch>
void convert(std::span<const bfloat16> from, std::span<float> to) noexcept {
    assert(from.size() == to.size());
    detail::kernels<ConvertKernels, Arch>().from_bfloat16(from.data(), to.data(), from.size());
}

/// Writes `from` as integers in [-127, 127] times the scale that is returned, the largest size of
/// an element over 127: to[i] is the nearest integer to from[i] / scale, ties to even, within one
/// rounding of float32. A vector of zeros has scale 0. The vectors have the same length and the
/// elements are finite (preconditions).
template <class Arch = default_arch>
float quantize(std::span<const float> from, std::span<std::int8_t> to) noexcept {
    assert(from.size() == to.size());
    return detail::kernels<ConvertKernels, Arch>().quantize(from.data(), to.data(), from.size());
}

/// to[i] = scale * from[i], for vectors of the same length (a precondition).
template <class Arch = default_arch>
void dequantize(std::span<const std::int8_t> from, float scale, std::span<float> to) noexcept {
    assert(from.size() == to.size());
    detail::kernels<ConvertKernels, Arch>().dequantize(from.data(), scale, to.data(), from.size());
}

/// The number of 64-bit words that `n` bits take.
[[nodiscard]] constexpr std::size_t words_of_bits(std::size_t n) noexcept {
    return (n + 63) / 64;
}

/// Writes one bit an element, set where the element is above zero: element i is bit i % 64, counted
/// from the lowest, of word i / 64; bits after the last are zero. `to` has
/// `words_of_bits(from.size())` words (a precondition).
template <class Arch = default_arch>
void pack_signs(std::span<const float> from, std::span<std::uint64_t> to) noexcept {
    assert(to.size() == words_of_bits(from.size()));
    detail::kernels<ConvertKernels, Arch>().pack_signs(from.data(), to.data(), from.size());
}

/// Writes 1 for each bit that is set and -1 for each that is not, the inverse of `pack_signs` up to
/// size. `from` has `words_of_bits(to.size())` words (a precondition).
inline void unpack_signs(std::span<const std::uint64_t> from, std::span<float> to) noexcept {
    assert(from.size() == words_of_bits(to.size()));
    for (std::size_t i = 0; i < to.size(); ++i) {
        to[i] = (from[i / 64] >> (i % 64) & 1) != 0 ? 1.0f : -1.0f;
    }
}

} // namespace firth::simd

FIRTH_END_INTRINSICS
