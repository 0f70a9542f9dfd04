#include "support.hpp"

using namespace firth;

namespace {

/// Every length to 300 and some large ones, each from an aligned and from unaligned starts.
template <class Body>
void for_lengths_and_offsets(Body body) {
    std::vector<std::size_t> lengths{384, 512, 768, 1000, 1536, 4097};
    for (std::size_t n = 0; n <= 300; ++n) {
        lengths.push_back(n);
    }
    for (const std::size_t n : lengths) {
        for (const std::size_t offset : {0u, 1u, 7u}) {
            body(n, offset);
        }
    }
}

/// Two vectors of `n` floats that begin `offset` floats behind a boundary, with poison before and
/// behind them.
struct Pair {
    AlignedBuffer<float> a;
    AlignedBuffer<float> b;
    std::span<float> x;
    std::span<float> y;

    Pair(std::size_t n, std::size_t offset, std::uint64_t seed)
        : a(n + offset + 64), b(n + offset + 64), x(a.data() + offset, n), y(b.data() + offset, n) {
        std::fill(a.begin(), a.end(), std::numeric_limits<float>::quiet_NaN());
        std::fill(b.begin(), b.end(), std::numeric_limits<float>::quiet_NaN());
        Random random(seed, n);
        for (std::size_t i = 0; i < n; ++i) {
            x[i] = 2.0f * random.uniform() - 1.0f;
            y[i] = 2.0f * random.uniform() - 1.0f;
        }
    }
};

} // namespace

TEMPLATE_TEST_CASE("dot, norm, cosine and squared_l2 agree with double", "", FIRTH_TEST_ARCHS) {
    for_lengths_and_offsets([](std::size_t n, std::size_t offset) {
        const Pair pair(n, offset, 1);
        const test::ExactDot xy = test::exact_dot(pair.x, pair.y);
        const test::ExactDot xx = test::exact_dot(pair.x, pair.x);
        const test::ExactDot yy = test::exact_dot(pair.y, pair.y);
        const double bound = test::dot_bound<TestType>(n, xy.size);
        INFO(n << " floats, offset " << offset);
        REQUIRE(std::fabs(simd::dot<TestType>(pair.x, pair.y) - xy.value) <= bound);
        REQUIRE(std::fabs(simd::norm<TestType>(pair.x) - std::sqrt(xx.value)) <=
                1e-6 * std::sqrt(xx.value));
        const double cosine = n == 0 ? 0 : xy.value / (std::sqrt(xx.value) * std::sqrt(yy.value));
        REQUIRE(std::fabs(simd::cosine<TestType>(pair.x, pair.y) - cosine) <= 2e-6);
        std::vector<float> difference(n);
        double squared = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const double d = static_cast<double>(pair.x[i]) - static_cast<double>(pair.y[i]);
            squared += d * d;
        }
        REQUIRE(std::fabs(simd::squared_l2<TestType>(pair.x, pair.y) - squared) <=
                2e-6 * squared + 1e-12);
    });
}

TEMPLATE_TEST_CASE("axpy, scale and normalize touch their elements only", "", FIRTH_TEST_ARCHS) {
    for_lengths_and_offsets([](std::size_t n, std::size_t offset) {
        Pair pair(n, offset, 2);
        const std::vector<float> x(pair.x.begin(), pair.x.end());
        const std::vector<float> y(pair.y.begin(), pair.y.end());
        INFO(n << " floats, offset " << offset);
        simd::axpy<TestType>(0.5f, pair.x, pair.y);
        for (std::size_t i = 0; i < n; ++i) {
            REQUIRE(std::fabs(pair.y[i] - (y[i] + 0.5f * x[i])) <= 2e-7f);
        }
        simd::scale<TestType>(-2.0f, pair.y);
        for (std::size_t i = 0; i < n; ++i) {
            REQUIRE(std::fabs(pair.y[i] + 2.0f * (y[i] + 0.5f * x[i])) <= 4e-7f);
        }
        const float length = simd::normalize<TestType>(pair.x);
        REQUIRE(std::fabs(length - std::sqrt(test::exact_dot(x, x).value)) <= 1e-5);
        if (n > 0) {
            REQUIRE(std::fabs(test::exact_dot(pair.x, pair.x).value - 1.0) <= 1e-6);
        }
        const auto is_poison = [](float value) { return std::isnan(value); };
        REQUIRE(std::count_if(pair.a.begin(), pair.a.end(), is_poison) ==
                static_cast<std::ptrdiff_t>(pair.a.size() - n));
        REQUIRE(std::count_if(pair.b.begin(), pair.b.end(), is_poison) ==
                static_cast<std::ptrdiff_t>(pair.b.size() - n));
    });
}

TEMPLATE_TEST_CASE("pair kernels keep to the rules for special values", "", FIRTH_TEST_ARCHS) {
    const float infinity = std::numeric_limits<float>::infinity();
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (const std::size_t n : {1u, 5u, 16u, 33u, 100u}) {
        const std::vector<float> zeros(n);
        const std::vector<float> ones(n, 1.0f);
        REQUIRE(simd::cosine<TestType>(zeros, zeros) == 0.0f);
        REQUIRE(simd::cosine<TestType>(zeros, ones) == 0.0f);
        REQUIRE(simd::norm<TestType>(zeros) == 0.0f);
        std::vector<float> still_zero = zeros;
        REQUIRE(simd::normalize<TestType>(still_zero) == 0.0f);
        REQUIRE(still_zero == zeros);

        // Small and large vectors that are the same have cosine 1: no epsilon, no overflow.
        for (const float size : {1e-40f, 1e-30f, 1e-20f, 1e20f, 3e38f}) {
            const std::vector<float> extreme(n, size);
            INFO(n << " times " << size);
            REQUIRE(std::fabs(simd::cosine<TestType>(extreme, extreme) - 1.0f) <= 1e-5f);
            std::vector<float> unit = extreme;
            if (static_cast<double>(size) * std::sqrt(static_cast<double>(n)) < 3e38) {
                REQUIRE(std::fabs(simd::norm<TestType>(extreme) / size -
                                  std::sqrt(static_cast<float>(n))) <=
                        1e-4f * static_cast<float>(n));
                simd::normalize<TestType>(unit);
                REQUIRE(std::fabs(test::exact_dot(unit, unit).value - 1) <= 1e-4);
            }
        }
        for (std::size_t place = 0; place < n; ++place) {
            std::vector<float> bad = ones;
            bad[place] = nan;
            REQUIRE(std::isnan(simd::dot<TestType>(bad, ones)));
            REQUIRE(std::isnan(simd::cosine<TestType>(bad, ones)));
            REQUIRE(std::isnan(simd::squared_l2<TestType>(bad, ones)));
            bad[place] = infinity;
            REQUIRE(simd::dot<TestType>(bad, ones) == infinity);
            REQUIRE(simd::norm<TestType>(bad) == infinity);
        }
    }
}

TEMPLATE_TEST_CASE("sigmoid and exp are within their stated error", "", FIRTH_TEST_ARCHS) {
    using B = simd::Batch<TestType>;
    for (int i = -12000; i <= 12000; ++i) {
        const float x = static_cast<float>(i) * 0.01f;
        alignas(64) float out[simd::lanes<TestType>];
        simd::sigmoid<TestType>(B(x)).store_aligned(out);
        const double exact = 1.0 / (1.0 + std::exp(-static_cast<double>(x)));
        INFO(x);
        REQUIRE(std::fabs(static_cast<double>(out[0]) - exact) <= 4e-7);
        if (x < -87.0f || x > 88.0f) continue;
        simd::exp<TestType>(B(x)).store_aligned(out);
        const double power = std::exp(static_cast<double>(x));
        REQUIRE(std::fabs(static_cast<double>(out[0]) / power - 1.0) <= 4e-7);
    }
}
