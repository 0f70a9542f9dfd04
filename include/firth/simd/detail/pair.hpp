#pragma once

#include <cmath>
#include <cstddef>
#include <type_traits>

#include <firth/base/config.hpp>
#include <firth/base/number_bits.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/detail/block.hpp>
#include <firth/simd/detail/block_byte.hpp>
#include <firth/simd/detail/block_half.hpp>
#include <firth/simd/detail/squares.hpp>
#include <firth/simd/detail/unroll.hpp>
#include <firth/simd/format.hpp>

/// What one vector does with another, as loops over blocks, for any format and architecture. The
/// functions that programs call are in `dot.hpp` and `distance.hpp`.
namespace firth::simd::detail {

/// Calls `step(sums, x, y)` for each pair of blocks of two vectors of `n` elements, the last
/// perhaps with zeros at its end, and returns the sums: of `Chains` independent accumulators (2 or
/// 4) for vectors of `Long` blocks or more, of `Short` ones (1 or 2) for shorter vectors, added
/// pairwise by `add(sums, others)`. The vectors may be unaligned; nothing beyond them is read.
///
/// Short vectors are laid out in a line: calls on them take so few cycles that a jump counts.
template <class B, class Sums, std::size_t Chains, std::size_t Short, std::size_t Long, class T,
          class Step, class Add>
FIRTH_ALWAYS_INLINE Sums fold_pair(const T* a, const T* b, std::size_t n, Step step,
                                   Add add) noexcept {
    constexpr std::size_t width = B::width;
    std::size_t i = 0;
    const auto step_at = [&](Sums& sums, std::size_t at)
                             FIRTH_INLINE_LAMBDA { step(sums, B::load(a + at), B::load(b + at)); };
    // What is left, less than 2 `twos` + 2 blocks, in two accumulators, which may be the same.
    const auto finish = [&](Sums& even, Sums& odd, auto twos) FIRTH_INLINE_LAMBDA {
        unroll<twos>([&](auto) FIRTH_INLINE_LAMBDA {
            if (i + 2 * width <= n) [[likely]] {
                step_at(even, i);
                step_at(odd, i + width);
                i += 2 * width;
            }
        });
        if (i + width <= n) [[likely]] {
            step_at(even, i);
            i += width;
        }
        if (i < n) [[likely]]
            step(odd, B::load_tail(a, i, n), B::load_tail(b, i, n));
    };
    Sums s0{};
    const auto fold_long = [&]() FIRTH_INLINE_LAMBDA {
        Sums s1{};
        if constexpr (Chains == 4) {
            Sums s2{};
            Sums s3{};
            do {
                step_at(s0, i);
                step_at(s1, i + width);
                step_at(s2, i + 2 * width);
                step_at(s3, i + 3 * width);
                i += 4 * width;
            } while (i + 4 * width <= n);
            add(s0, s2);
            add(s1, s3);
            finish(s0, s1, std::integral_constant<std::size_t, 1>{});
            add(s0, s1);
        } else {
            do {
                step_at(s0, i);
                step_at(s1, i + width);
                i += 2 * width;
            } while (i + 2 * width <= n);
            add(s0, s1);
            finish(s0, s0, std::integral_constant<std::size_t, 0>{});
        }
        return s0;
    };
    static_assert((Chains == 2 || Chains == 4) && Long >= Chains && Long % 2 == 0);
    // With wide registers most vectors are short: they come first.
    if constexpr (width >= 16) {
        if (n >= Long * width) [[unlikely]]
            return fold_long();
    } else {
        if (n >= Long * width) return fold_long();
    }
    if constexpr (Short == 1) {
        finish(s0, s0, std::integral_constant<std::size_t, (Long - 1) / 2>{});
    } else {
        Sums s1{};
        finish(s0, s1, std::integral_constant<std::size_t, (Long - 1) / 2>{});
        add(s0, s1);
    }
    return s0;
}

/// The same in a loop, for steps of several sums, which keep the processor busy: in one
/// accumulator, from `Long` blocks on in two; 0 for never.
template <class B, class Sums, std::size_t Long, class T, class Step, class Add>
FIRTH_ALWAYS_INLINE Sums fold_pair_in_loop(const T* a, const T* b, std::size_t n, Step step,
                                           Add add) noexcept {
    constexpr std::size_t width = B::width;
    const auto step_at = [&](Sums& sums, std::size_t at)
                             FIRTH_INLINE_LAMBDA { step(sums, B::load(a + at), B::load(b + at)); };
    Sums s0{};
    std::size_t i = 0;
    const std::size_t whole = n / width * width;
    if (Long != 0 && whole >= Long * width) [[unlikely]] {
        Sums s1{};
        do {
            step_at(s0, i);
            step_at(s1, i + width);
            i += 2 * width;
        } while (i + 2 * width <= whole);
        add(s0, s1);
    }
    for (; i < whole; i += width) {
        step_at(s0, i);
    }
    if (i < n) [[likely]]
        step(s0, B::load_tail(a, i, n), B::load_tail(b, i, n));
    return s0;
}

/// Blocks whose steps are several sums say from how many blocks on they need two accumulators.
template <class B>
concept SummedInLoop = requires {
    B::long_from;
};

/// The total of `step(sum, x, y)` over all pairs of blocks.
template <class B, class Arch, class T, class Step>
FIRTH_ALWAYS_INLINE auto reduce_pair(const T* a, const T* b, std::size_t n, Step step) noexcept {
    using Sum = typename B::Sum;
    const auto step_to = [&](Sum& sum, const auto& x, const auto& y)
                             FIRTH_INLINE_LAMBDA { sum = step(sum, x, y); };
    const auto add = [](Sum& sum, const Sum& other)
                         FIRTH_INLINE_LAMBDA { sum = B::add(sum, other); };
    if constexpr (SummedInLoop<B>) {
        return B::reduce(fold_pair_in_loop<B, Sum, B::long_from>(a, b, n, step_to, add));
    } else {
        // More blocks make a short vector where registers are narrow. A second accumulator keeps
        // the error of floats within its bound then.
        constexpr std::size_t from = vector_registers<Arch> >= 32 ? 6 : 10;
        constexpr bool exact = std::is_integral_v<decltype(B::reduce(Sum()))>;
        constexpr std::size_t accumulators = exact || from <= 6 ? 1 : 2;
        return B::reduce(fold_pair<B, Sum, 4, accumulators, from>(a, b, n, step_to, add));
    }
}

template <class F, class Arch>
FIRTH_ALWAYS_INLINE auto dot_of(const Element<F>* a, const Element<F>* b, std::size_t n) noexcept {
    using B = Block<F, Arch>;
    return static_cast<typename Format<F>::Product>(reduce_pair<B, Arch>(
        a, b, n, [](const auto& sum, const auto& x, const auto& y) FIRTH_INLINE_LAMBDA {
            return B::dot(sum, x, y);
        }));
}

template <class F, class Arch>
FIRTH_ALWAYS_INLINE auto squared_l2_of(const Element<F>* a, const Element<F>* b,
                                       std::size_t n) noexcept {
    using B = Block<F, Arch>;
    return static_cast<typename Format<F>::Distance>(reduce_pair<B, Arch>(
        a, b, n, [](const auto& sum, const auto& x, const auto& y) FIRTH_INLINE_LAMBDA {
            return B::squared_l2(sum, x, y);
        }));
}

template <class F, class Arch>
FIRTH_ALWAYS_INLINE auto l1_of(const Element<F>* a, const Element<F>* b, std::size_t n) noexcept {
    using B = Block<F, Arch>;
    return static_cast<typename Format<F>::Distance>(reduce_pair<B, Arch>(
        a, b, n, [](const auto& sum, const auto& x, const auto& y) FIRTH_INLINE_LAMBDA {
            return B::l1(sum, x, y);
        }));
}

/// An element in double.
template <class Arch, class T>
FIRTH_ALWAYS_INLINE double as_double(T value) noexcept {
    if constexpr (std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>) {
        return static_cast<double>(static_cast<float>(value));
    } else {
        return static_cast<double>(value);
    }
}

/// The largest size of an element; NaN where there is one.
template <class Arch, class T>
[[nodiscard]] FIRTH_ALWAYS_INLINE double largest(const T* a, std::size_t n) noexcept {
    double most = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double size = std::fabs(as_double<Arch>(a[i]));
        if (is_nan(size)) return size;
        most = size > most ? size : most;
    }
    return most;
}

/// Norms and cosines of vectors whose squares leave the range: in double, and scaled by the largest
/// element, so that only a result beyond the range leaves it.
template <class Real, class Arch, class T>
FIRTH_NOINLINE Real scaled_norm(const T* a, std::size_t n) noexcept {
    const double scale = largest<Arch>(a, n);
    if (!is_finite(scale)) return static_cast<Real>(scale);
    if (scale == 0) return Real(0);
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double x = as_double<Arch>(a[i]) / scale;
        sum += x * x;
    }
    return static_cast<Real>(scale * std::sqrt(sum));
}

template <class Real, class Arch, class T>
FIRTH_NOINLINE Real scaled_cosine(const T* a, const T* b, std::size_t n) noexcept {
    const double scale_a = largest<Arch>(a, n);
    const double scale_b = largest<Arch>(b, n);
    if (is_nan(scale_a) || is_nan(scale_b)) return static_cast<Real>(scale_a + scale_b);
    if (scale_a == 0 || scale_b == 0) return Real(0);
    double product = 0;
    double squares_a = 0;
    double squares_b = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double x = as_double<Arch>(a[i]) / scale_a; // NaN for two infinities
        const double y = as_double<Arch>(b[i]) / scale_b;
        product += x * y;
        squares_a += x * x;
        squares_b += y * y;
    }
    return static_cast<Real>(product / (std::sqrt(squares_a) * std::sqrt(squares_b)));
}

template <class F, class Arch>
FIRTH_ALWAYS_INLINE auto norm_of(const Element<F>* a, std::size_t n) noexcept {
    using Real = typename Format<F>::Real;
    const auto squares = dot_of<F, Arch>(a, a, n);
    if (!in_safe_range<Arch>(squares)) return scaled_norm<Real, Arch>(a, n);
    return std::sqrt(static_cast<Real>(squares));
}

/// The three sums of a cosine.
template <class B>
struct CosineSums {
    /// What they add up to.
    struct Totals {
        decltype(B::squares(typename B::Sum(), typename B::Sum())) squares;
        decltype(B::reduce(typename B::Sum())) product;

        [[nodiscard]] FIRTH_ALWAYS_INLINE bool usable() const noexcept { return squares.usable(); }
        [[nodiscard]] FIRTH_ALWAYS_INLINE auto cosine() const noexcept {
            const auto norms = squares.product_of_norms();
            return static_cast<decltype(squares.product_of_norms())>(product) / norms;
        }
    };

    typename B::Sum products{};
    typename B::Sum squares_a{};
    typename B::Sum squares_b{};

    FIRTH_ALWAYS_INLINE void add(const typename B::Vector& x,
                                 const typename B::Vector& y) noexcept {
        products = B::dot(products, x, y);
        squares_a = B::dot(squares_a, x, x);
        squares_b = B::dot(squares_b, y, y);
    }
    FIRTH_ALWAYS_INLINE void add(const CosineSums& other) noexcept {
        products = B::add(products, other.products);
        squares_a = B::add(squares_a, other.squares_a);
        squares_b = B::add(squares_b, other.squares_b);
    }
    [[nodiscard]] FIRTH_ALWAYS_INLINE Totals totals() const noexcept {
        return {B::squares(squares_a, squares_b), B::reduce(products)};
    }
};
/// Those of a block that has a way of its own.
template <class B>
    requires requires {
        typename B::CosineSums;
    }
struct CosineSums<B> : B::CosineSums {};

/// Two accumulators, of three registers each, or four for long vectors where there are registers
/// for them: what is left to do for a short vector takes longer than its products.
template <class B, class Arch, class T>
FIRTH_ALWAYS_INLINE CosineSums<B> cosine_sums(const T* a, const T* b, std::size_t n) noexcept {
    using Sums = CosineSums<B>;
    const auto step = [](Sums& sums, const auto& x, const auto& y)
                          FIRTH_INLINE_LAMBDA { sums.add(x, y); };
    const auto add = [](Sums& sums, const Sums& others) FIRTH_INLINE_LAMBDA { sums.add(others); };
    if constexpr (SummedInLoop<B>) {
        return fold_pair_in_loop<B, Sums, 0>(a, b, n, step, add);
    } else {
        if constexpr (vector_registers<Arch> >= 32) {
            if (n >= 40 * B::width) [[unlikely]]
                return fold_pair<B, Sums, 4, 2, 6>(a, b, n, step, add);
        }
        return fold_pair<B, Sums, 2, 2, 4>(a, b, n, step, add);
    }
}

template <class F, class Arch>
FIRTH_ALWAYS_INLINE auto cosine_of(const Element<F>* a, const Element<F>* b,
                                   std::size_t n) noexcept {
    using Real = typename Format<F>::Real;
    const auto totals = cosine_sums<Block<F, Arch>, Arch>(a, b, n).totals();
    if (!totals.usable()) return scaled_cosine<Real, Arch>(a, b, n);
    return static_cast<Real>(totals.cosine());
}

} // namespace firth::simd::detail
