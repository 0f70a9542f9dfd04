#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <firth/simd.hpp>
#include <firth/simd/dispatch/make_kernels.hpp>

#include "../support/support.hpp"

/// Every kernel of every instruction set that this machine has, and of plain C++.
namespace test {

struct TestedLevel {
    std::string name;
    double lanes; ///< floats a register, on which error bounds depend
    firth::simd::KernelTable table;
};

inline const std::vector<TestedLevel>& tested_levels() {
    static const std::vector<TestedLevel> levels = [] {
        std::vector<TestedLevel> result;
        firth::simd::KernelTable plain{};
        firth::simd::set_all_kernels<firth::simd::scalar>(plain);
        result.push_back({"scalar", 1, plain});
        for (const firth::simd::Level& level : firth::simd::levels()) {
            if (!level.available) continue;
            const std::string name(level.name);
            const double lanes = name.starts_with("avx512") || name == "amx" ? 16
                                 : name.starts_with("avx")                   ? 8
                                                                             : 4;
            result.push_back({name, lanes, firth::simd::kernel_table(level.name)});
        }
        return result;
    }();
    return levels;
}

/// A sum of doubles with twice their precision (Dekker 1971; Knuth's two-sum).
struct DoubleDouble {
    double high = 0;
    double low = 0;

    void add(double x) {
        const double sum = high + x;
        const double part = sum - high;
        low += (high - (sum - part)) + (x - part);
        high = sum;
    }
    void add_product(double x, double y) {
        const double product = x * y;
        add(product);
        add(std::fma(x, y, -product));
    }
    [[nodiscard]] double value() const { return high + low; }
};

template <class T>
double exact(T value) {
    if constexpr (std::is_same_v<T, firth::float16> || std::is_same_v<T, firth::bfloat16>) {
        return static_cast<double>(static_cast<float>(value));
    } else {
        return static_cast<double>(value);
    }
}

/// What the kernels should give for a pair, and the sums of sizes by which errors are measured.
struct ExactPair {
    DoubleDouble dot;
    DoubleDouble squares_a;
    DoubleDouble squares_b;
    DoubleDouble squared_l2;
    DoubleDouble l1;
    double size = 0;
};

template <class T>
ExactPair exact_pair(const T* a, const T* b, std::size_t n) {
    ExactPair pair;
    for (std::size_t i = 0; i < n; ++i) {
        const double x = exact(a[i]);
        const double y = exact(b[i]);
        pair.dot.add_product(x, y);
        pair.squares_a.add_product(x, x);
        pair.squares_b.add_product(y, y);
        pair.squared_l2.add_product(x - y, x - y);
        pair.l1.add(std::fabs(x - y));
        pair.size += std::fabs(x * y);
    }
    return pair;
}

/// The inner product in double, and the sum of the products' sizes: precise enough a reference for
/// sums in float32 and integers, and quick.
struct ExactDot {
    double value = 0;
    double size = 0;
};

template <class T>
ExactDot exact_dot(const T* a, const T* b, std::size_t n) {
    ExactDot dot;
    for (std::size_t i = 0; i < n; ++i) {
        const double product = exact(a[i]) * exact(b[i]);
        dot.value += product;
        dot.size += std::fabs(product);
    }
    return dot;
}

/// A random element: of all values for bytes, in (-1, 1) for others.
template <class T>
T random_element(firth::Random& random) {
    if constexpr (sizeof(T) == 1) {
        return static_cast<T>(random.below(256));
    } else {
        return static_cast<T>(2.0f * random.uniform() - 1.0f);
    }
}

/// An element that spoils any sum that reads it.
template <class T>
T poison() {
    if constexpr (sizeof(T) == 1) {
        return std::numeric_limits<T>::max();
    } else {
        return static_cast<T>(std::numeric_limits<float>::quiet_NaN());
    }
}

/// Vectors that begin `offset` elements behind a boundary, with poison before and nothing behind,
/// so that the address sanitizer sees a read beyond the end and everybody sees one before it.
template <class T>
class Vector {
public:
    Vector(std::size_t n, std::size_t offset) : all_(n + offset, poison<T>()), offset_(offset) {}
    Vector(std::size_t n, std::size_t offset, firth::Random& random) : Vector(n, offset) {
        for (std::size_t i = 0; i < n; ++i) {
            data()[i] = random_element<T>(random);
        }
    }
    T* data() { return all_.data() + offset_; }
    T& operator[](std::size_t i) { return data()[i]; }
    [[nodiscard]] std::size_t size() const { return all_.size() - offset_; }

private:
    std::vector<T> all_;
    std::size_t offset_;
};

/// Every length to 300 and some large ones.
inline std::vector<std::size_t> lengths() {
    std::vector<std::size_t> result{384, 512, 768, 1000, 1024, 1536, 4097};
    for (std::size_t n = 0; n <= 300; ++n) {
        result.push_back(n);
    }
    return result;
}

} // namespace test
