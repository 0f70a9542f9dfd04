#pragma once

#include <cstddef>

#include <firth/base/config.hpp>
#include <firth/simd/detail/many.hpp>
#include <firth/simd/detail/pair.hpp>
#include <firth/simd/dispatch/kernels.hpp>
#include <firth/simd/format.hpp>

namespace firth::simd {

/// Pairs, and one query against many rows, of one format; see `dot.hpp` and `distance.hpp`.
template <class F>
struct FormatKernels {
    using Element = typename Format<F>::Element;
    using Product = typename Format<F>::Product;
    using Distance = typename Format<F>::Distance;
    using Real = typename Format<F>::Real;

    Product (*dot)(const Element* a, const Element* b, std::size_t n) noexcept;
    Distance (*squared_l2)(const Element* a, const Element* b, std::size_t n) noexcept;
    Distance (*l1)(const Element* a, const Element* b, std::size_t n) noexcept;
    Real (*cosine)(const Element* a, const Element* b, std::size_t n) noexcept;
    Real (*norm)(const Element* a, std::size_t n) noexcept;
    void (*dot_many)(const Element* query, const Element* rows, std::size_t stride,
                     std::size_t count, std::size_t dim, Product* scores) noexcept;
};

namespace detail {

template <class F, class Arch>
struct Compiled<FormatKernels<F>, Arch> {
    using Element = typename Format<F>::Element;
    using Product = typename Format<F>::Product;
    using Distance = typename Format<F>::Distance;
    using Real = typename Format<F>::Real;

    FIRTH_ALWAYS_INLINE static Product dot(const Element* a, const Element* b,
                                           std::size_t n) noexcept {
        return dot_of<F, Arch>(a, b, n);
    }
    FIRTH_ALWAYS_INLINE static Distance squared_l2(const Element* a, const Element* b,
                                                   std::size_t n) noexcept {
        return squared_l2_of<F, Arch>(a, b, n);
    }
    FIRTH_ALWAYS_INLINE static Distance l1(const Element* a, const Element* b,
                                           std::size_t n) noexcept {
        return l1_of<F, Arch>(a, b, n);
    }
    FIRTH_ALWAYS_INLINE static Real cosine(const Element* a, const Element* b,
                                           std::size_t n) noexcept {
        return cosine_of<F, Arch>(a, b, n);
    }
    FIRTH_ALWAYS_INLINE static Real norm(const Element* a, std::size_t n) noexcept {
        return norm_of<F, Arch>(a, n);
    }
    FIRTH_ALWAYS_INLINE static void dot_many(const Element* query, const Element* rows,
                                             std::size_t stride, std::size_t count, std::size_t dim,
                                             Product* scores) noexcept {
        dot_many_of<F, Arch>(query, rows, stride, count, dim, scores);
    }
    static constexpr FormatKernels<F> table{&dot, &squared_l2, &l1, &cosine, &norm, &dot_many};
};

} // namespace detail

} // namespace firth::simd
