#include "levels.hpp"

using namespace firth;

namespace {

/// The bounds that `dot.hpp` states, in units of the sums' sizes.
template <class F>
double bound_of(const test::TestedLevel& level, std::size_t n) {
    using Product = typename simd::Format<F>::Product;
    if constexpr (std::is_same_v<Product, double>) {
        return (static_cast<double>(n) + 9) * 0x1.0p-53;
    } else {
        return (static_cast<double>(n) / (4 * level.lanes) + 10) * 0x1.0p-24;
    }
}

/// Subnormal numbers that VDPBF16PS takes as zero.
template <class F>
double flushed(std::size_t n) {
    return std::is_same_v<F, bfloat16> ? static_cast<double>(n) * 0x1.0p-125 : 1e-44;
}

template <class F>
void check_pair(const test::TestedLevel& level, const typename simd::Format<F>::Element* a,
                const typename simd::Format<F>::Element* b, std::size_t n) {
    using Product = typename simd::Format<F>::Product;
    const simd::FormatKernels<F>& kernels = level.table.of<F>();
    const test::ExactPair exact = test::exact_pair(a, b, n);
    const double bound = bound_of<F>(level, n);
    const auto near = [](auto value, double expected, double error) {
        return std::fabs(static_cast<double>(value) - expected) <= error;
    };
    if constexpr (std::is_integral_v<Product>) {
        REQUIRE(static_cast<double>(kernels.dot(a, b, n)) == exact.dot.value());
        REQUIRE(static_cast<double>(kernels.squared_l2(a, b, n)) == exact.squared_l2.value());
        REQUIRE(static_cast<double>(kernels.l1(a, b, n)) == exact.l1.value());
    } else {
        REQUIRE(near(kernels.dot(a, b, n), exact.dot.value(), bound * exact.size + flushed<F>(n)));
        REQUIRE(near(kernels.squared_l2(a, b, n), exact.squared_l2.value(),
                     (bound + 4 * 0x1.0p-24) * exact.squared_l2.value() + flushed<F>(n)));
        REQUIRE(near(kernels.l1(a, b, n), exact.l1.value(),
                     (bound + 2 * 0x1.0p-24) * exact.l1.value() + flushed<F>(n)));
    }
    const double norm_a = std::sqrt(exact.squares_a.value());
    const double norm_b = std::sqrt(exact.squares_b.value());
    const double rounding =
        std::is_same_v<typename simd::Format<F>::Real, double> ? 8 * 0x1.0p-53 : 8 * 0x1.0p-24;
    REQUIRE(near(kernels.norm(a, n), norm_a, (bound + rounding) * norm_a));
    const double cosine = norm_a == 0 || norm_b == 0 ? 0.0 : exact.dot.value() / (norm_a * norm_b);
    // Half as many accumulators, and the errors of three sums.
    REQUIRE(near(kernels.cosine(a, b, n), cosine, 4 * bound + rounding));
}

template <class F>
void check_all_lengths() {
    using E = typename simd::Format<F>::Element;
    for (const test::TestedLevel& level : test::tested_levels()) {
        Random random(7);
        for (const std::size_t n : test::lengths()) {
            for (const std::size_t offset : {0u, 1u, 7u}) {
                test::Vector<E> a(n, offset, random);
                test::Vector<E> b(n, n % 5, random);
                INFO(level.name << ", " << n << " elements, offset " << offset);
                check_pair<F>(level, a.data(), b.data(), n);
            }
        }
    }
}

} // namespace

TEMPLATE_TEST_CASE("pair kernels agree with a reference of twice the precision, for all lengths",
                   "", float, simd::widened, double, float16, bfloat16, std::int8_t, std::uint8_t) {
    check_all_lengths<TestType>();
}

TEMPLATE_TEST_CASE("sums of bytes are exact up to the largest", "", std::int8_t, std::uint8_t) {
    using T = TestType;
    const T least = std::numeric_limits<T>::min();
    const T most = std::numeric_limits<T>::max();
    for (const test::TestedLevel& level : test::tested_levels()) {
        for (const std::size_t n : {std::size_t{257}, std::size_t{40000}, simd::max_byte_dim}) {
            const std::vector<T> low(n, least);
            const std::vector<T> high(n, most);
            INFO(level.name << ", " << n << " elements");
            for (const auto* a : {&low, &high}) {
                for (const auto* b : {&low, &high}) {
                    const auto size = static_cast<std::int64_t>(n);
                    const std::int64_t difference = std::int64_t{(*a)[0]} - (*b)[0];
                    const auto& kernels = level.table.of<T>();
                    REQUIRE(kernels.dot(a->data(), b->data(), n) == size * (*a)[0] * (*b)[0]);
                    REQUIRE(kernels.squared_l2(a->data(), b->data(), n) ==
                            size * difference * difference);
                    REQUIRE(kernels.l1(a->data(), b->data(), n) == size * std::abs(difference));
                }
            }
        }
    }
}

TEMPLATE_TEST_CASE("pair kernels keep to the rules for special values", "", float, simd::widened,
                   double, float16, bfloat16) {
    using E = typename simd::Format<TestType>::Element;
    const E infinity = static_cast<E>(std::numeric_limits<float>::infinity());
    const E nan = static_cast<E>(std::numeric_limits<float>::quiet_NaN());
    for (const test::TestedLevel& level : test::tested_levels()) {
        const simd::FormatKernels<TestType>& kernels = level.table.of<TestType>();
        for (const std::size_t n : {1u, 5u, 16u, 33u, 100u}) {
            INFO(level.name << ", " << n << " elements");
            const std::vector<E> zeros(n);
            std::vector<E> ones(n, static_cast<E>(1.0f));
            REQUIRE(kernels.cosine(zeros.data(), zeros.data(), n) == 0);
            REQUIRE(kernels.cosine(zeros.data(), ones.data(), n) == 0);
            REQUIRE(kernels.norm(zeros.data(), n) == 0);
            for (std::size_t place = 0; place < n; ++place) {
                std::vector<E> bad = ones;
                bad[place] = nan;
                REQUIRE(std::isnan(kernels.dot(bad.data(), ones.data(), n)));
                REQUIRE(std::isnan(kernels.cosine(bad.data(), ones.data(), n)));
                REQUIRE(std::isnan(kernels.cosine(bad.data(), zeros.data(), n)));
                REQUIRE(std::isnan(kernels.squared_l2(bad.data(), ones.data(), n)));
                REQUIRE(std::isnan(kernels.l1(bad.data(), ones.data(), n)));
                REQUIRE(std::isnan(kernels.norm(bad.data(), n)));
                bad[place] = infinity;
                REQUIRE(std::isinf(kernels.dot(bad.data(), ones.data(), n)));
                REQUIRE(std::isinf(kernels.squared_l2(bad.data(), ones.data(), n)));
                REQUIRE(std::isinf(kernels.l1(bad.data(), ones.data(), n)));
                REQUIRE(std::isinf(kernels.norm(bad.data(), n)));
                REQUIRE(std::isnan(kernels.cosine(bad.data(), ones.data(), n)));
                REQUIRE(std::isnan(kernels.dot(bad.data(), zeros.data(), n)));
            }
        }
    }
}

TEMPLATE_TEST_CASE("norms and cosines neither overflow nor vanish before their result does", "",
                   float, simd::widened, double, bfloat16) {
    using E = typename simd::Format<TestType>::Element;
    std::vector<double> sizes{1e-38, 1e-30, 1e-20, 1e-3, 1e20, 1e38};
    if (sizeof(E) == 4) sizes.push_back(1e-42);
    if (sizeof(E) == 8) sizes.insert(sizes.end(), {1e-310, 1e-200, 1e200, 1e300});
    for (const test::TestedLevel& level : test::tested_levels()) {
        const simd::FormatKernels<TestType>& kernels = level.table.of<TestType>();
        for (const std::size_t n : {1u, 2u, 7u, 100u, 301u}) {
            for (const double size : sizes) {
                const std::vector<E> same(n, [&] {
                    if constexpr (sizeof(E) == 8) {
                        return size;
                    } else {
                        return static_cast<E>(static_cast<float>(size));
                    }
                }());
                INFO(level.name << ", " << n << " times " << size);
                REQUIRE(std::fabs(kernels.cosine(same.data(), same.data(), n) - 1) <= 1e-6);
                const double norm = test::exact(same[0]) * std::sqrt(static_cast<double>(n));
                if (norm < 3.4e38 || sizeof(kernels.norm(same.data(), n)) == 8) {
                    REQUIRE(std::fabs(static_cast<double>(kernels.norm(same.data(), n)) / norm -
                                      1) <= (size < 1e-37 && sizeof(E) < 8 ? 1e-2 : 1e-6));
                }
            }
        }
    }
}

TEMPLATE_TEST_CASE("subnormal numbers count", "", float, double, float16) {
    using E = TestType;
    // 2^-24 is the least float16; for the others take some below the least normal number.
    const double least = std::is_same_v<E, float16> ? 0x1.0p-24
                         : sizeof(E) == 4           ? 0x1.0p-140
                                                    : 0x1.0p-1060;
    for (const test::TestedLevel& level : test::tested_levels()) {
        for (const std::size_t n : {1u, 15u, 64u, 100u}) {
            const std::vector<E> tiny(n, [&] {
                if constexpr (sizeof(E) == 8) {
                    return least;
                } else {
                    return static_cast<E>(static_cast<float>(least));
                }
            }());
            const std::vector<E> ones(n, static_cast<E>(1.0f));
            INFO(level.name << ", " << n << " elements");
            REQUIRE(static_cast<double>(level.table.of<E>().dot(tiny.data(), ones.data(), n)) ==
                    least * static_cast<double>(n));
        }
    }
}

TEMPLATE_TEST_CASE("one query against many rows agrees with the pair kernel's reference", "", float,
                   simd::widened, double, float16, bfloat16, std::int8_t, std::uint8_t) {
    using E = typename simd::Format<TestType>::Element;
    using Product = typename simd::Format<TestType>::Product;
    for (const test::TestedLevel& level : test::tested_levels()) {
        Random random(3);
        for (const std::size_t dim :
             {1u,   3u,   15u,  16u,  17u,  50u,  63u,  64u,  65u,  100u, 127u,
              128u, 129u, 150u, 192u, 200u, 256u, 300u, 384u, 450u, 769u}) {
            for (const std::size_t count : {0u, 1u, 3u, 4u, 7u, 8u, 9u, 40u, 64u, 65u, 150u}) {
                const std::size_t stride = dim + count % 7;
                const std::size_t size = count == 0 ? 0 : (count - 1) * stride + dim;
                test::Vector<E> query(dim, 1, random);
                test::Vector<E> rows(size, dim % 3, random);
                std::vector<Product> scores(count + 1, Product(-9));
                level.table.of<TestType>().dot_many(query.data(), rows.data(), stride, count, dim,
                                                    scores.data());
                REQUIRE(scores[count] == Product(-9));
                for (std::size_t r = 0; r < count; ++r) {
                    const test::ExactPair exact =
                        test::exact_pair(query.data(), rows.data() + r * stride, dim);
                    INFO(level.name << ", dim " << dim << ", row " << r << " of " << count);
                    const double error = std::is_integral_v<Product>
                                             ? 0.0
                                             : 4 * bound_of<TestType>(level, dim) * exact.size +
                                                   flushed<TestType>(dim);
                    REQUIRE(std::fabs(static_cast<double>(scores[r]) - exact.dot.value()) <= error);
                }
            }
        }
    }
}

TEST_CASE("kernels on bits count as a loop over bits does") {
    for (const test::TestedLevel& level : test::tested_levels()) {
        Random random(5);
        std::vector<std::size_t> lengths{64, 100, 1000};
        for (std::size_t n = 0; n <= 40; ++n) {
            lengths.push_back(n);
        }
        for (const std::size_t n : lengths) {
            constexpr std::size_t count = 21;
            // With room between the rows, and without.
            for (const std::size_t stride : {n, n + 1}) {
                std::vector<std::uint64_t> query(n);
                std::vector<std::uint64_t> rows(count * stride);
                for (auto& word : query) {
                    word = random();
                }
                for (auto& word : rows) {
                    word = random() & random();
                }
                for (std::size_t i = 0; i < n; ++i) {
                    rows[3 * stride + i] = ~query[i]; // every bit differs
                }
                std::vector<std::uint32_t> distances(count + 1, 77);
                const simd::KernelTable& kernels = level.table;
                kernels.hamming_many(query.data(), rows.data(), stride, count, n, distances.data());
                REQUIRE(distances[count] == 77);
                for (std::size_t r = 0; r < count; ++r) {
                    std::uint64_t differing = 0;
                    std::uint64_t both = 0;
                    std::uint64_t either = 0;
                    for (std::size_t bit = 0; bit < 64 * n; ++bit) {
                        const bool x = (query[bit / 64] >> bit % 64 & 1) != 0;
                        const bool y = (rows[r * stride + bit / 64] >> bit % 64 & 1) != 0;
                        differing += x != y;
                        both += x && y;
                        either += x || y;
                    }
                    INFO(level.name << ", " << n << " words, row " << r);
                    REQUIRE(distances[r] == differing);
                    REQUIRE(kernels.hamming(query.data(), rows.data() + r * stride, n) ==
                            differing);
                    const float jaccard = either == 0
                                              ? 1.0f
                                              : static_cast<float>(static_cast<double>(both) /
                                                                   static_cast<double>(either));
                    REQUIRE(kernels.jaccard(query.data(), rows.data() + r * stride, n) == jaccard);
                }
            }
        }
    }
}

TEST_CASE("distances are the same when there are too many for the caches") {
    const std::size_t words = GENERATE(1u, 2u, 3u, 5u, 8u);
    constexpr std::size_t count = (std::size_t{1} << 18) + 5;
    Random random(15);
    std::vector<std::uint64_t> rows(count * words);
    for (auto& word : rows) {
        word = random();
    }
    for (const test::TestedLevel& level : test::tested_levels()) {
        for (const std::size_t offset : {0u, 1u}) {
            AlignedBuffer<std::uint32_t> distances(count + 1);
            level.table.hamming_many(rows.data(), rows.data(), words, count, words,
                                     distances.data() + offset);
            INFO(level.name << ", offset " << offset);
            std::size_t wrong = 0;
            for (std::size_t r = 0; r < count; ++r) {
                std::uint32_t expected = 0;
                for (std::size_t i = 0; i < words; ++i) {
                    expected +=
                        static_cast<std::uint32_t>(std::popcount(rows[i] ^ rows[r * words + i]));
                }
                wrong += distances[offset + r] != expected;
            }
            REQUIRE(wrong == 0);
        }
    }
}

TEST_CASE("norms, cosines and codes are right for vectors of every norm") {
    for (const test::TestedLevel& level : test::tested_levels()) {
        const simd::FormatKernels<float>& kernels = level.table.of<float>();
        Random random(9);
        for (int a_power = -44; a_power <= 38; a_power += 2) {
            for (const int b_power : {-44, -40, -37, -30, -19, -15, 0, 15, 18, 19, 30, 37}) {
                for (const std::size_t n : {1u, 3u, 16u, 50u}) {
                    const auto vector = [&](int power) {
                        std::vector<float> x(n);
                        for (float& value : x) {
                            value = static_cast<float>(
                                (2.0 * static_cast<double>(random.uniform()) - 0.9) *
                                std::pow(10.0, power) / std::sqrt(static_cast<double>(n)));
                        }
                        return x;
                    };
                    const std::vector<float> a = vector(a_power);
                    const std::vector<float> b = vector(b_power);
                    const test::ExactPair exact = test::exact_pair(a.data(), b.data(), n);
                    const double norm = std::sqrt(exact.squares_a.value());
                    const double other = std::sqrt(exact.squares_b.value());
                    INFO(level.name << ", " << n << " elements of 1e" << a_power << " and 1e"
                                    << b_power);
                    REQUIRE(std::abs(static_cast<double>(kernels.norm(a.data(), n)) - norm) <=
                            1e-6 * norm + 0x1.0p-150);
                    const double cosine =
                        norm == 0 || other == 0 ? 0.0 : exact.dot.value() / (norm * other);
                    REQUIRE(std::abs(static_cast<double>(kernels.cosine(a.data(), b.data(), n)) -
                                     cosine) <= 2e-6);
                    std::vector<std::int8_t> codes(n);
                    const double scale = level.table.quantize(a.data(), codes.data(), n);
                    const auto largest =
                        std::ranges::max(a, {}, [](float x) { return std::abs(x); });
                    REQUIRE(scale <=
                            std::abs(static_cast<double>(largest)) / 127 * (1 + 1e-6) + 0x1.0p-149);
                    for (std::size_t i = 0; i < n; ++i) {
                        REQUIRE(codes[i] >= -127);
                        REQUIRE(std::abs(scale * codes[i] - static_cast<double>(a[i])) <=
                                scale * (0.5 + 1e-4));
                    }
                }
            }
        }
    }
}
