#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <firth/base/config.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/detail/unroll.hpp>

#if FIRTH_ON_X86()
#include <immintrin.h>
#endif

/// One register of floats and the few operations that kernels are written in. Everything that
/// differs between versions of xsimd, or that the installed one lacks, is settled here.
FIRTH_BEGIN_INTRINSICS

namespace firth::simd {

/// Four floats in plain C++, with the part of xsimd's batch interface that kernels use.
struct ScalarBatch {
    static constexpr std::size_t size = 4;
    std::array<float, size> lane{};

    ScalarBatch() = default;
    explicit ScalarBatch(float value) { lane.fill(value); }

    static ScalarBatch load_unaligned(const float* from) {
        ScalarBatch batch;
        std::copy_n(from, size, batch.lane.begin());
        return batch;
    }
    static ScalarBatch load_aligned(const float* from) { return load_unaligned(from); }
    void store_unaligned(float* to) const { std::copy_n(lane.begin(), size, to); }
    void store_aligned(float* to) const { store_unaligned(to); }

    template <class Op>
    static ScalarBatch map(const ScalarBatch& a, const ScalarBatch& b, Op op) {
        ScalarBatch result;
        for (std::size_t i = 0; i < size; ++i) {
            result.lane[i] = op(a.lane[i], b.lane[i]);
        }
        return result;
    }
    friend ScalarBatch operator+(const ScalarBatch& a, const ScalarBatch& b) {
        return map(a, b, [](float x, float y) { return x + y; });
    }
    friend ScalarBatch operator-(const ScalarBatch& a, const ScalarBatch& b) {
        return map(a, b, [](float x, float y) { return x - y; });
    }
    friend ScalarBatch operator*(const ScalarBatch& a, const ScalarBatch& b) {
        return map(a, b, [](float x, float y) { return x * y; });
    }
    friend ScalarBatch operator/(const ScalarBatch& a, const ScalarBatch& b) {
        return map(a, b, [](float x, float y) { return x / y; });
    }
};

namespace detail {

template <class Arch>
concept HasRegisters = requires {
    typename Arch::registers;
};

template <class Arch>
struct batch_of {
    using type = ScalarBatch;
};
#if FIRTH_ON_X86() || FIRTH_ON_ARM64()
template <HasRegisters Arch>
struct batch_of<Arch> {
    using type = xsimd::batch<float, typename Arch::registers>;
};
#endif
template <>
struct batch_of<dispatched> {}; // known at run time only

} // namespace detail

/// A register of floats on `Arch`.
template <class Arch>
using Batch = typename detail::batch_of<Arch>::type;

/// The number of floats in one register.
template <class Arch>
inline constexpr std::size_t lanes = Batch<Arch>::size;

/// True where registers of `Arch` are plain C++.
template <class Arch>
inline constexpr bool is_scalar = std::is_same_v<Batch<Arch>, ScalarBatch>;

/// The number of vector registers that a kernel may count on.
template <class Arch>
inline constexpr std::size_t
    vector_registers = (FIRTH_ON_X86() && lanes<Arch> < 16) || is_scalar<Arch> ? 16 : 32;

/// True where `Batch<Arch>` is one of x86's registers of `N` floats.
template <class Arch, std::size_t N>
inline constexpr bool is_x86_register = FIRTH_ON_X86() && !is_scalar<Arch> && lanes<Arch> == N;

/// a * b + c, rounded once where the hardware can.
template <class Arch>
FIRTH_ALWAYS_INLINE Batch<Arch> fma(const Batch<Arch>& a, const Batch<Arch>& b,
                                    const Batch<Arch>& c) noexcept {
    if constexpr (is_scalar<Arch>) {
        return a * b + c;
    }
#if FIRTH_ON_X86() && defined(__AVX512F__)
    else if constexpr (is_x86_register<Arch, 16>) {
        // xsimd 8.1 multiplies and adds here, which clang leaves as two instructions.
        return Batch<Arch>(_mm512_fmadd_ps(a, b, c));
    }
#endif
#if FIRTH_ON_X86() || FIRTH_ON_ARM64()
    else {
        return xsimd::fma(a, b, c);
    }
#endif
}

/// The smaller of `a` and `b` in each lane; `b` where a lane of `a` is NaN or `b` is NaN on x86.
template <class Arch>
FIRTH_ALWAYS_INLINE Batch<Arch>(min)(const Batch<Arch>& a, const Batch<Arch>& b) noexcept {
    if constexpr (is_scalar<Arch>) {
        return ScalarBatch::map(a, b, [](float x, float y) { return x < y ? x : y; });
    }
#if FIRTH_ON_X86() || FIRTH_ON_ARM64()
    else {
        return (xsimd::min)(a, b);
    }
#endif
}

/// The larger of `a` and `b` in each lane, NaN as in `min`.
template <class Arch>
FIRTH_ALWAYS_INLINE Batch<Arch>(max)(const Batch<Arch>& a, const Batch<Arch>& b) noexcept {
    if constexpr (is_scalar<Arch>) {
        return ScalarBatch::map(a, b, [](float x, float y) { return x > y ? x : y; });
    }
#if FIRTH_ON_X86() || FIRTH_ON_ARM64()
    else {
        return (xsimd::max)(a, b);
    }
#endif
}

/// `x` in the lanes where `a` is above `b`, else `y`.
template <class Arch>
FIRTH_ALWAYS_INLINE Batch<Arch> where_above(const Batch<Arch>& a, const Batch<Arch>& b,
                                            const Batch<Arch>& x, const Batch<Arch>& y) noexcept {
    if constexpr (is_scalar<Arch>) {
        ScalarBatch result;
        for (std::size_t i = 0; i < ScalarBatch::size; ++i) {
            result.lane[i] = a.lane[i] > b.lane[i] ? x.lane[i] : y.lane[i];
        }
        return result;
    }
#if FIRTH_ON_X86() || FIRTH_ON_ARM64()
    else {
        return xsimd::select(a > b, x, y);
    }
#endif
}

/// True where every lane of `a` and of `b` is below that of `limit`; false where one is NaN.
template <class Arch>
FIRTH_ALWAYS_INLINE bool all_below(const Batch<Arch>& a, const Batch<Arch>& b,
                                   const Batch<Arch>& limit) noexcept {
    if constexpr (is_scalar<Arch>) {
        bool below = true;
        for (std::size_t i = 0; i < ScalarBatch::size; ++i) {
            below = below && a.lane[i] < limit.lane[i] && b.lane[i] < limit.lane[i];
        }
        return below;
    }
#if FIRTH_ON_X86() || FIRTH_ON_ARM64()
    else {
        return xsimd::all((a < limit) & (b < limit));
    }
#endif
}

/// Bit i is set where a[i] is not below limit[i], as NaN never is.
template <class Arch>
FIRTH_ALWAYS_INLINE std::uint32_t not_below(const Batch<Arch>& a,
                                            const Batch<Arch>& limit) noexcept {
#if FIRTH_ON_X86()
#if defined(__AVX512F__)
    if constexpr (HasAvx512<Arch>) return _mm512_cmp_ps_mask(a, limit, _CMP_NLT_UQ);
#endif
#if defined(__AVX__)
    if constexpr (Batch<Arch>::size == 8) {
        const __m256 bits = _mm256_cmp_ps(a, limit, _CMP_NLT_UQ);
        return static_cast<std::uint32_t>(_mm256_movemask_ps(bits));
    }
#endif
    if constexpr (!is_scalar<Arch> && Batch<Arch>::size == 4) {
        return static_cast<std::uint32_t>(_mm_movemask_ps(_mm_cmpnlt_ps(a, limit)));
    }
#endif
    alignas(64) float values[Batch<Arch>::size];
    alignas(64) float limits[Batch<Arch>::size];
    a.store_aligned(values);
    limit.store_aligned(limits);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < Batch<Arch>::size; ++i) {
        bits |= std::uint32_t{!(values[i] < limits[i])} << i;
    }
    return bits;
}

/// A register of whole numbers at `from` as floats, rounded beyond 2^24.
template <class Arch>
FIRTH_ALWAYS_INLINE Batch<Arch> load_integers(const std::int32_t* from) noexcept {
    if constexpr (is_scalar<Arch>) {
        ScalarBatch batch;
        for (std::size_t i = 0; i < ScalarBatch::size; ++i) {
            batch.lane[i] = static_cast<float>(from[i]);
        }
        return batch;
    }
#if FIRTH_ON_X86() || FIRTH_ON_ARM64()
    else {
        return xsimd::to_float(
            xsimd::batch<std::int32_t, typename Arch::registers>::load_unaligned(from));
    }
#endif
}

/// |a| in each lane.
template <class Arch>
FIRTH_ALWAYS_INLINE Batch<Arch>(abs)(const Batch<Arch>& a) noexcept {
    if constexpr (is_scalar<Arch>) {
        return ScalarBatch::map(a, a, [](float x, float) { return std::fabs(x); });
    }
#if FIRTH_ON_X86() || FIRTH_ON_ARM64()
    else {
        return (xsimd::abs)(a);
    }
#endif
}

/// The square root of each lane, correctly rounded.
template <class Arch>
FIRTH_ALWAYS_INLINE Batch<Arch> square_root(const Batch<Arch>& a) noexcept {
    if constexpr (is_scalar<Arch>) {
        return ScalarBatch::map(a, a, [](float x, float) { return std::sqrt(x); });
    }
#if FIRTH_ON_ARM64()
    else {
        // xsimd 8.1 refines an estimate here, which gives NaN for infinity.
        return Batch<Arch>(vsqrtq_f32(a));
    }
#elif FIRTH_ON_X86()
    else {
        return xsimd::sqrt(a);
    }
#endif
}

namespace detail {

/// 64 zero bytes, then 64 of ones: a load that straddles the middle is a mask for the last elements
/// of a register.
struct alignas(64) TailMask {
    std::uint32_t zeros[16];
    std::uint32_t ones[16];
};
template <class Arch>
inline constexpr TailMask tail_mask = {
    {}, {~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u}};

/// The mask, as many bytes as a register has, for its last `count` bytes.
template <class Arch, std::size_t RegisterBytes>
FIRTH_ALWAYS_INLINE const void* last_bytes_mask(std::size_t count) noexcept {
    return reinterpret_cast<const char*>(tail_mask<Arch>.ones) - RegisterBytes + count;
}

} // namespace detail

/// The first `count` floats at `from`, count < lanes, and zeros in the other lanes; reads nothing
/// beyond them.
template <class Arch>
FIRTH_ALWAYS_INLINE Batch<Arch> load_first(const float* from, std::size_t count) noexcept {
#if FIRTH_ON_X86() && defined(__AVX512F__)
    if constexpr (is_x86_register<Arch, 16>) {
        const auto mask = static_cast<__mmask16>((1u << count) - 1u);
        return Batch<Arch>(_mm512_maskz_loadu_ps(mask, from));
    }
#endif
    alignas(64) float lane[lanes<Arch>] = {};
    std::copy_n(from, count, lane);
    return Batch<Arch>::load_aligned(lane);
}

/// The floats [begin, end) of a vector at `from`, fewer than `lanes`, with zeros in the other
/// lanes. Reads nothing beyond `end`, but may read what lies before `begin` in the vector again.
template <class Arch>
FIRTH_ALWAYS_INLINE Batch<Arch> load_tail(const float* from, std::size_t begin,
                                          std::size_t end) noexcept {
#if FIRTH_ON_X86() || FIRTH_ON_ARM64()
    if constexpr (lanes<Arch> < 16 && !is_scalar<Arch>) {
        if (end >= lanes<Arch> || begin >= lanes<Arch>) {
            const void* mask = detail::last_bytes_mask<Arch, lanes<Arch> * 4>((end - begin) * 4);
            return Batch<Arch>::load_unaligned(from + (end - lanes<Arch>)) &
                   Batch<Arch>::load_unaligned(static_cast<const float*>(mask));
        }
    }
#endif
    return load_first<Arch>(from + begin, end - begin);
}

/// Stores the first `count` lanes, count < lanes, and writes nothing beyond them.
template <class Arch>
FIRTH_ALWAYS_INLINE void store_first(const Batch<Arch>& batch, float* to,
                                     std::size_t count) noexcept {
#if FIRTH_ON_X86() && defined(__AVX512F__)
    if constexpr (is_x86_register<Arch, 16>) {
        _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1u), batch);
        return;
    }
#endif
    alignas(64) float lane[lanes<Arch>];
    batch.store_aligned(lane);
    std::copy_n(lane, count, to);
}

/// Step 1 of the sum of four registers: in each group of four lanes, lane i of the result is the
/// sum of that group of the i-th register.
template <class Arch>
FIRTH_ALWAYS_INLINE Batch<Arch> sum_within_quads(const Batch<Arch>& a, const Batch<Arch>& b,
                                                 const Batch<Arch>& c,
                                                 const Batch<Arch>& d) noexcept {
#if FIRTH_ON_X86()
#if defined(__AVX512F__)
    if constexpr (is_x86_register<Arch, 16>) {
        const __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
        const __m512 cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
        return Batch<Arch>(
            _mm512_add_ps(_mm512_shuffle_ps(ab, cd, 0x44), _mm512_shuffle_ps(ab, cd, 0xEE)));
    }
#endif
#if defined(__AVX__)
    if constexpr (is_x86_register<Arch, 8>) {
        const __m256 ab = _mm256_add_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
        const __m256 cd = _mm256_add_ps(_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
        return Batch<Arch>(
            _mm256_add_ps(_mm256_shuffle_ps(ab, cd, 0x44), _mm256_shuffle_ps(ab, cd, 0xEE)));
    }
#endif
    if constexpr (is_x86_register<Arch, 4>) {
        const __m128 ab = _mm_add_ps(_mm_unpacklo_ps(a, b), _mm_unpackhi_ps(a, b));
        const __m128 cd = _mm_add_ps(_mm_unpacklo_ps(c, d), _mm_unpackhi_ps(c, d));
        return Batch<Arch>(_mm_add_ps(_mm_movelh_ps(ab, cd), _mm_movehl_ps(cd, ab)));
    }
#elif FIRTH_ON_ARM64()
    if constexpr (!is_scalar<Arch> && lanes<Arch> == 4) {
        return Batch<Arch>(vpaddq_f32(vpaddq_f32(a, b), vpaddq_f32(c, d)));
    }
#endif
    alignas(64) float in[4][lanes<Arch>];
    alignas(64) float out[lanes<Arch>];
    a.store_aligned(in[0]);
    b.store_aligned(in[1]);
    c.store_aligned(in[2]);
    d.store_aligned(in[3]);
    for (std::size_t lane = 0; lane < lanes<Arch>; ++lane) {
        const float* quad = in[lane % 4] + lane / 4 * 4;
        out[lane] = (quad[0] + quad[2]) + (quad[1] + quad[3]);
    }
    return Batch<Arch>::load_aligned(out);
}

/// Step 2: from lanes / 4 results of step 1, the register whose quad q is the sum of all quads of
/// the q-th of them. Together: the sums of `lanes` registers in one.
template <class Arch>
FIRTH_ALWAYS_INLINE Batch<Arch>
sum_across_quads(const std::array<Batch<Arch>, lanes<Arch> / 4>& quads) noexcept {
    if constexpr (lanes<Arch> == 4) return quads[0];
#if FIRTH_ON_X86() && defined(__AVX512F__)
    if constexpr (is_x86_register<Arch, 16>) {
        const __m512 ab = _mm512_add_ps(_mm512_shuffle_f32x4(quads[0], quads[1], 0x88),
                                        _mm512_shuffle_f32x4(quads[0], quads[1], 0xDD));
        const __m512 cd = _mm512_add_ps(_mm512_shuffle_f32x4(quads[2], quads[3], 0x88),
                                        _mm512_shuffle_f32x4(quads[2], quads[3], 0xDD));
        return Batch<Arch>(
            _mm512_add_ps(_mm512_shuffle_f32x4(ab, cd, 0x88), _mm512_shuffle_f32x4(ab, cd, 0xDD)));
    }
#endif
#if FIRTH_ON_X86() && defined(__AVX__)
    if constexpr (is_x86_register<Arch, 8>) {
        return Batch<Arch>(_mm256_add_ps(_mm256_permute2f128_ps(quads[0], quads[1], 0x20),
                                         _mm256_permute2f128_ps(quads[0], quads[1], 0x31)));
    }
#endif
    alignas(64) float in[lanes<Arch>];
    alignas(64) float out[lanes<Arch>] = {};
    for (std::size_t q = 0; q < lanes<Arch> / 4; ++q) {
        quads[q].store_aligned(in);
        for (std::size_t lane = 0; lane < lanes<Arch>; ++lane) {
            out[q * 4 + lane % 4] += in[lane];
        }
    }
    return Batch<Arch>::load_aligned(out);
}

#if FIRTH_ON_X86()
namespace detail {

/// Halves added to each other until four lanes are left.
template <class Arch>
FIRTH_ALWAYS_INLINE __m128 fold_to_four(const Batch<Arch>& batch) noexcept {
#if defined(__AVX512F__)
    if constexpr (is_x86_register<Arch, 16>) {
        const __m512d all = _mm512_castps_pd(batch);
        const __m256 half = _mm256_add_ps(_mm256_castpd_ps(_mm512_castpd512_pd256(all)),
                                          _mm256_castpd_ps(_mm512_extractf64x4_pd(all, 1)));
        return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    }
#endif
#if defined(__AVX__)
    if constexpr (is_x86_register<Arch, 8>) {
        const __m256 all = batch;
        return _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1));
    }
#endif
    if constexpr (is_x86_register<Arch, 4>) return batch;
}

} // namespace detail
#endif

/// The sum of all lanes: half to half, down to one.
template <class Arch>
FIRTH_ALWAYS_INLINE float reduce_add(const Batch<Arch>& batch) noexcept {
#if FIRTH_ON_X86()
    if constexpr (!is_scalar<Arch>) {
        const __m128 four = detail::fold_to_four<Arch>(batch);
        const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
    }
#elif FIRTH_ON_ARM64()
    if constexpr (!is_scalar<Arch> && lanes<Arch> == 4) return vaddvq_f32(batch);
#endif
    alignas(64) float lane[lanes<Arch>];
    batch.store_aligned(lane);
    for (std::size_t half = lanes<Arch> / 2; half > 0; half /= 2) {
        for (std::size_t i = 0; i < half; ++i) {
            lane[i] += lane[i + half];
        }
    }
    return lane[0];
}

} // namespace firth::simd

FIRTH_END_INTRINSICS
