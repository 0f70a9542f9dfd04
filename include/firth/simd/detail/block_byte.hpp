#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <firth/base/config.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/detail/block.hpp>
#include <firth/simd/detail/unroll.hpp>
#include <firth/simd/format.hpp>

#if FIRTH_ON_X86()
#include <immintrin.h>
#endif

/// Blocks of int8 and uint8. Numerics: every value of the types is allowed, -128 too, and sums are
/// exact in 32 bits up to `max_byte_dim` elements; they are the same on all architectures.
FIRTH_BEGIN_INTRINSICS

namespace firth::simd::detail {

#if FIRTH_ON_X86() || FIRTH_ON_ARM64()

template <class T>
concept ByteElement = sizeof(T) == 1;

/// A register of bytes widened to 16 bits each, and sums of 32 bits, by the architecture.
template <class Arch>
struct WordRegister;

#endif

#if FIRTH_ON_X86()

/// Elements [i, n) of a vector of bytes, fewer than 16, with zeros before or after them.
template <class Arch>
FIRTH_ALWAYS_INLINE __m128i load_byte_tail(const void* vector, std::size_t i,
                                           std::size_t n) noexcept {
    const char* p = static_cast<const char*>(vector);
    if (n >= 16 || i >= 16) { // the second is for compilers that know i
        return _mm_and_si128(
            _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + (n - 16))),
            _mm_loadu_si128(static_cast<const __m128i*>(last_bytes_mask<Arch, 16>(n - i))));
    }
    alignas(16) char lane[16] = {};
    for (std::size_t k = i; k < n; ++k) {
        lane[k - i] = p[k];
    }
    return _mm_load_si128(reinterpret_cast<const __m128i*>(lane));
}

FIRTH_ALWAYS_INLINE std::uint32_t reduce_add_words(__m128i sum) noexcept {
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4E));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xB1));
    return static_cast<std::uint32_t>(_mm_cvtsi128_si32(sum));
}

template <HasSse2 Arch>
struct WordRegister<Arch> {
    struct Words {
        __m128i low;
        __m128i high;
    };
    using Sum = __m128i;
    static constexpr std::size_t width = 16;

    template <bool Signed>
    static FIRTH_ALWAYS_INLINE Words widen(__m128i bytes) noexcept {
        const __m128i zero = _mm_setzero_si128();
        const __m128i upper = Signed ? _mm_cmpgt_epi8(zero, bytes) : zero;
        return {_mm_unpacklo_epi8(bytes, upper), _mm_unpackhi_epi8(bytes, upper)};
    }
    template <bool Signed>
    static FIRTH_ALWAYS_INLINE Words load(const void* p) noexcept {
        return widen<Signed>(_mm_loadu_si128(static_cast<const __m128i*>(p)));
    }
    template <bool Signed>
    static FIRTH_ALWAYS_INLINE Words load_tail(const void* p, std::size_t i,
                                               std::size_t n) noexcept {
        return widen<Signed>(load_byte_tail<Arch>(p, i, n));
    }
    static FIRTH_ALWAYS_INLINE Words subtract(const Words& x, const Words& y) noexcept {
        return {_mm_sub_epi16(x.low, y.low), _mm_sub_epi16(x.high, y.high)};
    }
    static FIRTH_ALWAYS_INLINE Words absolute(const Words& x) noexcept {
        const __m128i zero = _mm_setzero_si128();
        return {_mm_max_epi16(x.low, _mm_sub_epi16(zero, x.low)),
                _mm_max_epi16(x.high, _mm_sub_epi16(zero, x.high))};
    }
    static FIRTH_ALWAYS_INLINE Words ones() noexcept {
        return {_mm_set1_epi16(1), _mm_set1_epi16(1)};
    }
    static FIRTH_ALWAYS_INLINE Sum zero() noexcept { return _mm_setzero_si128(); }
    static FIRTH_ALWAYS_INLINE Sum add(Sum a, Sum b) noexcept { return _mm_add_epi32(a, b); }
    static FIRTH_ALWAYS_INLINE Sum dot(Sum sum, const Words& x, const Words& y) noexcept {
        return add(sum, add(_mm_madd_epi16(x.low, y.low), _mm_madd_epi16(x.high, y.high)));
    }
    static FIRTH_ALWAYS_INLINE std::uint32_t reduce(Sum sum) noexcept {
        return reduce_add_words(sum);
    }
};

#if defined(__AVX2__)
template <HasAvx2 Arch>
struct WordRegister<Arch> {
    using Words = __m256i;
    using Sum = __m256i;
    static constexpr std::size_t width = 16;

    template <bool Signed>
    static FIRTH_ALWAYS_INLINE Words widen(__m128i bytes) noexcept {
        return Signed ? _mm256_cvtepi8_epi16(bytes) : _mm256_cvtepu8_epi16(bytes);
    }
    template <bool Signed>
    static FIRTH_ALWAYS_INLINE Words load(const void* p) noexcept {
        return widen<Signed>(_mm_loadu_si128(static_cast<const __m128i*>(p)));
    }
    template <bool Signed>
    static FIRTH_ALWAYS_INLINE Words load_tail(const void* p, std::size_t i,
                                               std::size_t n) noexcept {
        return widen<Signed>(load_byte_tail<Arch>(p, i, n));
    }
    static FIRTH_ALWAYS_INLINE Words subtract(Words x, Words y) noexcept {
        return _mm256_sub_epi16(x, y);
    }
    static FIRTH_ALWAYS_INLINE Words absolute(Words x) noexcept { return _mm256_abs_epi16(x); }
    static FIRTH_ALWAYS_INLINE Words ones() noexcept { return _mm256_set1_epi16(1); }
    static FIRTH_ALWAYS_INLINE Sum zero() noexcept { return _mm256_setzero_si256(); }
    static FIRTH_ALWAYS_INLINE Sum add(Sum a, Sum b) noexcept { return _mm256_add_epi32(a, b); }
    static FIRTH_ALWAYS_INLINE Sum dot(Sum sum, Words x, Words y) noexcept {
        return add(sum, _mm256_madd_epi16(x, y));
    }
    static FIRTH_ALWAYS_INLINE std::uint32_t reduce(Sum sum) noexcept {
        return reduce_add_words(
            _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1)));
    }
};
#endif

#if defined(__AVX512BW__)
FIRTH_ALWAYS_INLINE __m128i fold_to_four_words(__m512i sum) noexcept {
    const __m256i half =
        _mm256_add_epi32(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64(sum, 1));
    return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}
FIRTH_ALWAYS_INLINE std::uint32_t reduce_add_words(__m512i sum) noexcept {
    return reduce_add_words(fold_to_four_words(sum));
}

template <HasAvx512 Arch>
struct WordRegister<Arch> {
    using Words = __m512i;
    using Sum = __m512i;
    static constexpr std::size_t width = 32;

    template <bool Signed>
    static FIRTH_ALWAYS_INLINE Words widen(__m256i bytes) noexcept {
        return Signed ? _mm512_cvtepi8_epi16(bytes) : _mm512_cvtepu8_epi16(bytes);
    }
    template <bool Signed>
    static FIRTH_ALWAYS_INLINE Words load(const void* p) noexcept {
        return widen<Signed>(_mm256_loadu_si256(static_cast<const __m256i*>(p)));
    }
    template <bool Signed>
    static FIRTH_ALWAYS_INLINE Words load_tail(const void* p, std::size_t i,
                                               std::size_t n) noexcept {
        return widen<Signed>(_mm256_maskz_loadu_epi8(
            static_cast<__mmask32>((1ull << (n - i)) - 1ull), static_cast<const char*>(p) + i));
    }
    static FIRTH_ALWAYS_INLINE Words subtract(Words x, Words y) noexcept {
        return _mm512_sub_epi16(x, y);
    }
    static FIRTH_ALWAYS_INLINE Words absolute(Words x) noexcept { return _mm512_abs_epi16(x); }
    static FIRTH_ALWAYS_INLINE Words ones() noexcept { return _mm512_set1_epi16(1); }
    static FIRTH_ALWAYS_INLINE Sum zero() noexcept { return _mm512_setzero_si512(); }
    static FIRTH_ALWAYS_INLINE Sum add(Sum a, Sum b) noexcept { return _mm512_add_epi32(a, b); }
    static FIRTH_ALWAYS_INLINE Sum dot(Sum sum, Words x, Words y) noexcept {
        return add(sum, _mm512_madd_epi16(x, y));
    }
    static FIRTH_ALWAYS_INLINE std::uint32_t reduce(Sum sum) noexcept {
        return reduce_add_words(sum);
    }
};
#endif

#elif FIRTH_ON_ARM64()

template <HasNeon Arch>
struct WordRegister<Arch> {
    using Words = int16x8_t;
    using Sum = int32x4_t;
    static constexpr std::size_t width = 8;

    template <bool Signed>
    static FIRTH_ALWAYS_INLINE Words load(const void* p) noexcept {
        if constexpr (Signed) {
            return vmovl_s8(vld1_s8(static_cast<const std::int8_t*>(p)));
        } else {
            return vreinterpretq_s16_u16(vmovl_u8(vld1_u8(static_cast<const std::uint8_t*>(p))));
        }
    }
    template <bool Signed>
    static FIRTH_ALWAYS_INLINE Words load_tail(const void* p, std::size_t i,
                                               std::size_t n) noexcept {
        char lane[8] = {};
        std::memcpy(lane, static_cast<const char*>(p) + i, n - i);
        return load<Signed>(lane);
    }
    static FIRTH_ALWAYS_INLINE Words subtract(Words x, Words y) noexcept { return vsubq_s16(x, y); }
    static FIRTH_ALWAYS_INLINE Words absolute(Words x) noexcept { return vabsq_s16(x); }
    static FIRTH_ALWAYS_INLINE Words ones() noexcept { return vdupq_n_s16(1); }
    static FIRTH_ALWAYS_INLINE Sum zero() noexcept { return vdupq_n_s32(0); }
    static FIRTH_ALWAYS_INLINE Sum add(Sum a, Sum b) noexcept { return vaddq_s32(a, b); }
    static FIRTH_ALWAYS_INLINE Sum dot(Sum sum, Words x, Words y) noexcept {
        return vmlal_high_s16(vmlal_s16(sum, vget_low_s16(x), vget_low_s16(y)), x, y);
    }
    static FIRTH_ALWAYS_INLINE std::uint32_t reduce(Sum sum) noexcept {
        return static_cast<std::uint32_t>(vaddvq_s32(sum));
    }
};

#endif

#if FIRTH_ON_X86() || FIRTH_ON_ARM64()

/// Bytes by way of 16 bits. |x - y| <= 255, so that its square fits 32 bits and not 16; the
/// instructions that multiply 16 bits add up 32.
template <ByteElement T, Vectorized Arch>
struct Block<T, Arch> {
    using Register = WordRegister<Arch>;
    using Vector = typename Register::Words;
    using Product = typename Format<T>::Product;
    static constexpr std::size_t width = Register::width;

    struct Sum {
        typename Register::Sum words = Register::zero();
    };

    static FIRTH_ALWAYS_INLINE Vector load(const T* p) noexcept {
        return Register::template load<std::is_signed_v<T>>(p);
    }
    static FIRTH_ALWAYS_INLINE Vector load_tail(const T* p, std::size_t i, std::size_t n) noexcept {
        return Register::template load_tail<std::is_signed_v<T>>(p, i, n);
    }
    static FIRTH_ALWAYS_INLINE Sum add(const Sum& a, const Sum& b) noexcept {
        return {Register::add(a.words, b.words)};
    }
    static FIRTH_ALWAYS_INLINE Sum dot(const Sum& sum, const Vector& x, const Vector& y) noexcept {
        return {Register::dot(sum.words, x, y)};
    }
    static FIRTH_ALWAYS_INLINE Sum squared_l2(const Sum& sum, const Vector& x,
                                              const Vector& y) noexcept {
        const Vector difference = Register::subtract(x, y);
        return dot(sum, difference, difference);
    }
    static FIRTH_ALWAYS_INLINE Sum l1(const Sum& sum, const Vector& x, const Vector& y) noexcept {
        return dot(sum, Register::absolute(Register::subtract(x, y)), Register::ones());
    }
    static FIRTH_ALWAYS_INLINE Product reduce(const Sum& sum) noexcept {
        return static_cast<Product>(Register::reduce(sum.words));
    }
    static FIRTH_ALWAYS_INLINE auto squares(const Sum& a, const Sum& b) noexcept {
        return Squares<Arch, Product>{reduce(a), reduce(b)};
    }
};

#endif

#if FIRTH_ON_X86() && defined(__AVX512VNNI__)

/// Sixteen sums. gcc copies a sum between registers at each product where its type is that of
/// bytes.
#if defined(__GNUC__) || defined(__clang__)
using SixteenWords = int __attribute__((vector_size(64)));
#else
using SixteenWords = __m512i;
#endif

FIRTH_ALWAYS_INLINE SixteenWords add_words(SixteenWords a, SixteenWords b) noexcept {
    return (SixteenWords)_mm512_add_epi32((__m512i)a, (__m512i)b);
}
FIRTH_ALWAYS_INLINE SixteenWords subtract_words(SixteenWords a, SixteenWords b) noexcept {
    return (SixteenWords)_mm512_sub_epi32((__m512i)a, (__m512i)b);
}
/// sum + the products of unsigned and signed bytes, four to a word.
FIRTH_ALWAYS_INLINE SixteenWords add_products(SixteenWords sum, __m512i unsigned_bytes,
                                              __m512i signed_bytes) noexcept {
    return (SixteenWords)_mm512_dpbusd_epi32((__m512i)sum, unsigned_bytes, signed_bytes);
}

/// Bytes as they are. VPDPBUSD multiplies unsigned by signed bytes, so one of two numbers of the
/// same kind is shifted by 128 (a flipped bit) and the excess is summed separately:
/// x * y = (x + 128) * y - 128 * y for int8, x * (y - 128) - -128 * x for uint8.
template <ByteElement T, Vectorized Arch>
    requires HasVnni<Arch>
struct Block<T, Arch> {
    using Vector = __m512i;
    using Product = typename Format<T>::Product;
    static constexpr std::size_t width = 64;
    /// Fewer blocks are summed one by one: a sum is two chains of products already.
    static constexpr std::size_t long_from = 12;

    struct Sum {
        SixteenWords products{};
        SixteenWords excess{};
    };

    static FIRTH_ALWAYS_INLINE Vector load(const T* p) noexcept { return _mm512_loadu_si512(p); }
    static FIRTH_ALWAYS_INLINE Vector load_tail(const T* p, std::size_t i, std::size_t n) noexcept {
        return _mm512_maskz_loadu_epi8(~__mmask64{0} >> ((i - n) % 64), p + i);
    }
    /// gcc would load an operand that is used twice from memory twice, and loads are the limit.
    static FIRTH_ALWAYS_INLINE void keep_in_register(Vector& x) noexcept {
#if defined(__GNUC__) || defined(__clang__)
        __asm__("" : "+v"(x));
#else
        static_cast<void>(x);
#endif
    }
    static FIRTH_ALWAYS_INLINE Vector flip(Vector x) noexcept {
        return _mm512_xor_si512(x, _mm512_set1_epi8(-128));
    }
    static FIRTH_ALWAYS_INLINE Sum add(const Sum& a, const Sum& b) noexcept {
        return {add_words(a.products, b.products), add_words(a.excess, b.excess)};
    }
    /// sum + x * y with the excess of x for uint8, of y for int8.
    static FIRTH_ALWAYS_INLINE SixteenWords multiply(SixteenWords sum, Vector x,
                                                     Vector y) noexcept {
        if constexpr (std::is_signed_v<T>) {
            return add_products(sum, flip(x), y);
        } else {
            return add_products(sum, x, flip(y));
        }
    }
    static FIRTH_ALWAYS_INLINE SixteenWords add_excess(SixteenWords sum, Vector x) noexcept {
        if constexpr (std::is_signed_v<T>) {
            return add_products(sum, _mm512_set1_epi8(-128), x);
        } else {
            return add_products(sum, x, _mm512_set1_epi8(-128));
        }
    }
    static FIRTH_ALWAYS_INLINE Sum dot(const Sum& sum, Vector x, Vector y) noexcept {
        Vector& twice = std::is_signed_v<T> ? y : x;
        keep_in_register(twice);
        return {multiply(sum.products, x, y), add_excess(sum.excess, twice)};
    }
    /// |x - y|, unsigned.
    static FIRTH_ALWAYS_INLINE Vector distance(Vector x, Vector y) noexcept {
        if constexpr (std::is_signed_v<T>) {
            return _mm512_sub_epi8(_mm512_max_epi8(x, y), _mm512_min_epi8(x, y));
        } else {
            return _mm512_sub_epi8(_mm512_max_epu8(x, y), _mm512_min_epu8(x, y));
        }
    }
    static FIRTH_ALWAYS_INLINE Sum squared_l2(const Sum& sum, Vector x, Vector y) noexcept {
        keep_in_register(x);
        keep_in_register(y);
        const Vector d = distance(x, y);
        return {add_products(sum.products, d, flip(d)),
                add_products(sum.excess, d, _mm512_set1_epi8(-128))};
    }
    static FIRTH_ALWAYS_INLINE Sum l1(const Sum& sum, Vector x, Vector y) noexcept {
        return {add_products(sum.products, distance(x, y), _mm512_set1_epi8(1)), sum.excess};
    }
    static FIRTH_ALWAYS_INLINE Product reduce(const Sum& sum) noexcept {
        return static_cast<Product>(
            reduce_add_words((__m512i)subtract_words(sum.products, sum.excess)));
    }

    /// One vector with many: the excess is that of the one, the same for all.
    struct OneWithMany {
        using Sum = SixteenWords;

        static FIRTH_ALWAYS_INLINE Sum start(const Vector* one, std::size_t blocks) noexcept {
            Sum excess{};
            for (std::size_t i = 0; i < blocks; ++i) {
                excess = add_excess(excess, one[i]);
            }
            return subtract_words(Sum{}, excess);
        }
        static FIRTH_ALWAYS_INLINE Sum add(Sum a, Sum b) noexcept { return add_words(a, b); }
        static FIRTH_ALWAYS_INLINE Sum dot(Sum sum, Vector one, Vector other) noexcept {
            return std::is_signed_v<T> ? multiply(sum, other, one) : multiply(sum, one, other);
        }
        static FIRTH_ALWAYS_INLINE Product reduce(Sum sum) noexcept {
            return static_cast<Product>(reduce_add_words((__m512i)sum));
        }
        using Quad = __m512i;
        static FIRTH_ALWAYS_INLINE Quad reduce_four(const Sum* four) noexcept {
            const __m512i ab = add_halves(four[0], four[1]);
            const __m512i cd = add_halves(four[2], four[3]);
            return _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
        }
        static FIRTH_ALWAYS_INLINE void reduce_quads(const Quad* four, Product* to) noexcept {
            _mm512_storeu_si512(
                to, add_quads(add_quads(four[0], four[1]), add_quads(four[2], four[3])));
        }

    private:
        /// Lanes of a and b by turns, each the sum of two.
        static FIRTH_ALWAYS_INLINE __m512i add_halves(Sum a, Sum b) noexcept {
            return _mm512_add_epi32(_mm512_unpacklo_epi32((__m512i)a, (__m512i)b),
                                    _mm512_unpackhi_epi32((__m512i)a, (__m512i)b));
        }
        /// Two quads of a, then two of b, each the sum of two.
        static FIRTH_ALWAYS_INLINE __m512i add_quads(__m512i a, __m512i b) noexcept {
            return _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x88),
                                    _mm512_shuffle_i32x4(a, b, 0xDD));
        }
    };

    /// The three sums of a cosine, whose products share the excess of one of them.
    struct CosineSums {
        SixteenWords products{};
        SixteenWords squares_a{};
        SixteenWords squares_b{};
        SixteenWords excess_a{};
        SixteenWords excess_b{};

        FIRTH_ALWAYS_INLINE void add(Vector x, Vector y) noexcept {
            keep_in_register(x);
            keep_in_register(y);
            products = multiply(products, x, y);
            squares_a = multiply(squares_a, x, x);
            squares_b = multiply(squares_b, y, y);
            excess_a = add_excess(excess_a, x);
            excess_b = add_excess(excess_b, y);
        }
        FIRTH_ALWAYS_INLINE void add(const CosineSums& other) noexcept {
            products = add_words(products, other.products);
            squares_a = add_words(squares_a, other.squares_a);
            squares_b = add_words(squares_b, other.squares_b);
            excess_a = add_words(excess_a, other.excess_a);
            excess_b = add_words(excess_b, other.excess_b);
        }
        [[nodiscard]] FIRTH_ALWAYS_INLINE WordTotals totals() const noexcept {
            const __m128i a = fold(squares_a, excess_a);
            const __m128i b = fold(squares_b, excess_b);
            const __m128i p = fold(products, std::is_signed_v<T> ? excess_b : excess_a);
            const __m128i ab = _mm_add_epi32(_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b));
            const __m128i pp = _mm_add_epi32(_mm_unpacklo_epi32(p, p), _mm_unpackhi_epi32(p, p));
            const __m128i all =
                _mm_add_epi32(_mm_unpacklo_epi64(ab, pp), _mm_unpackhi_epi64(ab, pp));
            return {std::is_signed_v<T> ? _mm_cvtepi32_ps(all) : _mm_cvtepu32_ps(all)};
        }

    private:
        static FIRTH_ALWAYS_INLINE __m128i fold(SixteenWords sum, SixteenWords excess) noexcept {
            return fold_to_four_words((__m512i)subtract_words(sum, excess));
        }
    };
};

#endif

#if FIRTH_ON_ARM64() && defined(__ARM_FEATURE_DOTPROD)

/// Bytes as they are. SDOT and UDOT add four products of bytes to a sum of 32 bits; |x - y| fits a
/// byte without a sign, and UDOT squares it.
template <ByteElement T, Vectorized Arch>
    requires HasNeonDotprod<Arch>
struct Block<T, Arch> {
    using Vector = std::conditional_t<std::is_signed_v<T>, int8x16_t, uint8x16_t>;
    using Product = typename Format<T>::Product;
    static constexpr std::size_t width = 16;

    struct Sum {
        uint32x4_t words = vdupq_n_u32(0);
    };

    static FIRTH_ALWAYS_INLINE Vector load(const T* p) noexcept {
        if constexpr (std::is_signed_v<T>) {
            return vld1q_s8(p);
        } else {
            return vld1q_u8(p);
        }
    }
    static FIRTH_ALWAYS_INLINE Vector load_tail(const T* p, std::size_t i, std::size_t n) noexcept {
        const uint8x16_t tail = load_register_tail<Arch>(p, i, n);
        if constexpr (std::is_signed_v<T>) {
            return vreinterpretq_s8_u8(tail);
        } else {
            return tail;
        }
    }
    static FIRTH_ALWAYS_INLINE Sum add(const Sum& a, const Sum& b) noexcept {
        return {vaddq_u32(a.words, b.words)};
    }
    static FIRTH_ALWAYS_INLINE Sum dot(const Sum& sum, Vector x, Vector y) noexcept {
        if constexpr (std::is_signed_v<T>) {
            return {vreinterpretq_u32_s32(vdotq_s32(vreinterpretq_s32_u32(sum.words), x, y))};
        } else {
            return {vdotq_u32(sum.words, x, y)};
        }
    }
    static FIRTH_ALWAYS_INLINE uint8x16_t distance(Vector x, Vector y) noexcept {
        if constexpr (std::is_signed_v<T>) {
            return vreinterpretq_u8_s8(vabdq_s8(x, y));
        } else {
            return vabdq_u8(x, y);
        }
    }
    static FIRTH_ALWAYS_INLINE Sum squared_l2(const Sum& sum, Vector x, Vector y) noexcept {
        const uint8x16_t d = distance(x, y);
        return {vdotq_u32(sum.words, d, d)};
    }
    static FIRTH_ALWAYS_INLINE Sum l1(const Sum& sum, Vector x, Vector y) noexcept {
        return {vdotq_u32(sum.words, distance(x, y), vdupq_n_u8(1))};
    }
    static FIRTH_ALWAYS_INLINE Product reduce(const Sum& sum) noexcept {
        return static_cast<Product>(vaddvq_u32(sum.words));
    }
    static FIRTH_ALWAYS_INLINE auto squares(const Sum& a, const Sum& b) noexcept {
        return Squares<Arch, Product>{reduce(a), reduce(b)};
    }
};

#endif

} // namespace firth::simd::detail

FIRTH_END_INTRINSICS
