#include <cstdlib>
#include <string>

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

TEMPLATE_TEST_CASE("a list of rows has a mean and takes changes", "", FIRTH_TEST_ARCHS) {
    AlignedBuffer<float> rows(48);
    AlignedBuffer<float> mean(16);
    AlignedBuffer<float> change(16);
    rows[0] = 3;
    rows[16] = 6;
    change[0] = 10;
    float* const list[] = {rows.data(), rows.data() + 16, rows.data()};
    simd::mean_of_rows<TestType>(list, mean.data(), 16);
    REQUIRE(mean[0] == 4);
    simd::add_to_rows<TestType>(change.data(), list, 16);
    REQUIRE((rows[0] == 23 && rows[16] == 16 && rows[32] == 0));
}

TEMPLATE_TEST_CASE("weighted sums take terms of any type of their layout", "", FIRTH_TEST_ARCHS) {
    struct Entry {
        std::uint32_t column;
        float count;
    };
    static_assert(simd::RowAndWeight<Entry> && !simd::RowAndWeight<double> &&
                  !simd::RowAndWeight<std::pair<float, std::uint32_t>>);
    const std::vector<float> rows{1, 2, 3, 10, 20, 30, 100, 200, 300};
    const std::vector<Entry> entries{{2, 0.5f}, {0, -1.0f}, {2, 1.0f}};
    std::vector<float> sum{7, 7, 7};
    simd::weighted_sum<TestType>(rows.data(), 3, std::span(entries), sum);
    REQUIRE(sum == std::vector<float>{149, 298, 447});
    simd::weighted_sum<TestType>(rows.data(), 3, std::span(entries).first(0),
                                 std::span(sum).first(2));
    REQUIRE(sum == std::vector<float>{0, 0, 447});
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
        for (const float size : {0x1.0p-149f, 0x1.8p-148f, 1e-43f, 2e-39f, 3e-31f, 2e37f, 3e38f}) {
            std::vector<float> unit(n, size);
            simd::normalize<TestType>(unit);
            INFO(n << " times " << size);
            for (const float x : unit) {
                REQUIRE(std::fabs(static_cast<double>(x) * std::sqrt(static_cast<double>(n)) - 1) <=
                        1e-6);
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

namespace {

/// The same pair in another format.
template <class T>
std::pair<std::vector<T>, std::vector<T>> pair_of(std::size_t n) {
    Random random(17);
    std::vector<T> a;
    std::vector<T> b;
    for (std::size_t i = 0; i < n; ++i) {
        const float x = 2.0f * random.uniform() - 1.0f;
        const float y = 2.0f * random.uniform() - 1.0f;
        if constexpr (sizeof(T) == 1) {
            a.push_back(static_cast<T>(static_cast<int>(100 * x)));
            b.push_back(static_cast<T>(static_cast<int>(100 * y)));
        } else {
            a.push_back(static_cast<T>(x));
            b.push_back(static_cast<T>(y));
        }
    }
    return {a, b};
}

template <class Arch, class T, std::size_t N>
void check_fixed_size() {
    const auto [a, b] = pair_of<T>(N);
    const std::span<const T, N> x(a);
    const std::span<const T, N> y(b);
    REQUIRE(simd::dot<Arch>(x, y) == simd::dot<Arch>(a, b));
    REQUIRE(simd::cosine<Arch>(x, y) == simd::cosine<Arch>(a, b));
    REQUIRE(simd::squared_l2<Arch>(x, y) == simd::squared_l2<Arch>(a, b));
    REQUIRE(simd::l1<Arch>(x, y) == simd::l1<Arch>(a, b));
    REQUIRE(simd::norm<Arch>(x) == simd::norm<Arch>(a));
}

template <class Arch, class T>
void check_fixed_sizes() {
    check_fixed_size<Arch, T, 50>();
    check_fixed_size<Arch, T, 64>();
    check_fixed_size<Arch, T, 100>();
    check_fixed_size<Arch, T, 128>();
    check_fixed_size<Arch, T, 200>();
    check_fixed_size<Arch, T, 256>();
    check_fixed_size<Arch, T, 300>();
    check_fixed_size<Arch, T, 384>();
    check_fixed_size<Arch, T, 512>();
    check_fixed_size<Arch, T, 768>();
    check_fixed_size<Arch, T, 1024>();
    check_fixed_size<Arch, T, 1536>();
}

} // namespace

TEMPLATE_TEST_CASE("vectors of a length known at compile time give the same results", "",
                   FIRTH_TEST_ARCHS) {
    check_fixed_sizes<TestType, float>();
    check_fixed_sizes<TestType, double>();
    check_fixed_sizes<TestType, float16>();
    check_fixed_sizes<TestType, bfloat16>();
    check_fixed_sizes<TestType, std::int8_t>();
    check_fixed_sizes<TestType, std::uint8_t>();
}

TEMPLATE_TEST_CASE("any contiguous range of a known format is a vector", "", FIRTH_TEST_ARCHS) {
    const std::array<float, 3> array{1.0f, 2.0f, 3.0f};
    const std::vector<float> vector{4.0f, 5.0f, 6.0f};
    float plain[3] = {7.0f, 8.0f, 9.0f};
    REQUIRE(simd::dot<TestType>(array, vector) == 32.0f);
    REQUIRE(simd::dot<TestType>(std::span(plain), array) == 50.0f);
    REQUIRE(simd::dot<TestType>(plain, std::span<const float>(vector)) == 122.0f);
    REQUIRE(simd::l1<TestType>(array, vector) == 9.0f);
    REQUIRE(simd::norm<TestType>(std::array<double, 2>{3.0, 4.0}) == 5.0);
    static_assert(!simd::VectorPair<std::vector<float>, std::vector<double>>);
    static_assert(!simd::VectorPair<std::vector<int>, std::vector<int>>);
    static_assert(simd::FloatRange<std::array<float, 3>>);
    static_assert(!simd::FloatRange<std::vector<double>>);
    static_assert(std::is_same_v<decltype(simd::dot(vector, vector)), float>);
    static_assert(std::is_same_v<decltype(simd::dot(vector, vector, simd::precise)), double>);
    static_assert(
        std::is_same_v<decltype(simd::dot(std::vector<std::int8_t>(), std::vector<std::int8_t>())),
                       std::int32_t>);
}

TEMPLATE_TEST_CASE("precise kernels see what float32 loses", "", FIRTH_TEST_ARCHS) {
    // 1 disappears beside 2^30 in float32, and not in float64.
    std::vector<float> a(40, 0.0f);
    a[0] = 0x1.0p30f;
    a[16] = 1.0f;
    a[32] = -0x1.0p30f;
    const std::vector<float> ones(40, 1.0f);
    REQUIRE(simd::dot<TestType>(a, ones, simd::precise) == 1.0);
    REQUIRE(simd::squared_l2<TestType>(a, ones, simd::precise) ==
            (0x1.0p30 - 1) * (0x1.0p30 - 1) + (0x1.0p30 + 1) * (0x1.0p30 + 1) + 37);
    REQUIRE(simd::l1<TestType>(a, ones, simd::precise) == 0x1.0p31 + 37);
    REQUIRE(simd::norm<TestType>(ones, simd::precise) == std::sqrt(40.0));
    const std::vector<float> large(40, 3e38f);
    REQUIRE(simd::dot<TestType>(large, large, simd::precise) > 3e78);
    REQUIRE(std::fabs(simd::cosine<TestType>(large, large, simd::precise) - 1) < 1e-15);
}

TEMPLATE_TEST_CASE("kernels on bits", "", FIRTH_TEST_ARCHS) {
    const std::vector<std::uint64_t> a{~0ull, 0, 1};
    const std::vector<std::uint64_t> b{0, 0, 3};
    REQUIRE(simd::hamming<TestType>(a, b) == 65);
    REQUIRE(simd::jaccard<TestType>(a, b) == 1.0f / 66.0f);
    const std::vector<std::uint64_t> none(3);
    REQUIRE(simd::jaccard<TestType>(none, none) == 1.0f);
}

namespace {

/// `Logistic` and `Softmax` by the way that any other link takes.
struct PlainLogistic : simd::Logistic {};
struct PlainSoftmax : simd::Softmax {};

} // namespace

TEMPLATE_TEST_CASE("windows by a link of a user's own step as those by the library's", "[window]",
                   FIRTH_TEST_ARCHS) {
    constexpr std::size_t dim = 48;
    for (const std::size_t contexts : {1u, 2u, 5u, 9u}) {
        for (const std::size_t outputs : {1u, 2u, 6u, 7u, 13u}) {
            for (const std::size_t positives : {std::size_t{0}, std::size_t{1}, outputs}) {
                INFO(contexts << " contexts, " << outputs << " outputs");
                Random random(contexts, outputs);
                AlignedBuffer<float> start((contexts + outputs) * dim);
                for (float& value : start) {
                    value = random.uniform() - 0.5f;
                }
                // Rows and loss after a step.
                const auto step = [&](const auto& link, bool skip_gram) {
                    AlignedBuffer<float> rows = start;
                    std::vector<float*> pointers;
                    for (std::size_t r = 0; r < contexts + outputs; ++r) {
                        pointers.push_back(rows.data() + r * dim);
                    }
                    simd::WindowRows window{pointers.data(), contexts, pointers.data() + contexts,
                                            outputs,         dim,      positives};
                    const std::size_t size =
                        skip_gram ? simd::link_scratch_size(link, contexts, outputs) +
                                        simd::skip_gram_scratch_size(contexts, outputs)
                                  : simd::link_scratch_size(link, 1, outputs) +
                                        simd::cbow_scratch_size(outputs, dim);
                    AlignedBuffer<float> scratch(size + 16);
                    std::fill(scratch.begin() + size, scratch.end(), 77.0f);
                    if (skip_gram) {
                        simd::skip_gram_window<TestType>(window, link, 0.1f, scratch.data());
                    } else {
                        simd::cbow_window<TestType>(window, link, 0.1f, 0.5f, scratch.data());
                        window.context_count = 1;
                    }
                    REQUIRE(std::all_of(scratch.begin() + size, scratch.end(),
                                        [](float value) { return value == 77.0f; }));
                    return std::pair(std::vector<float>(rows.begin(), rows.end()),
                                     simd::window_loss(window, link, 0.1f, scratch.data()));
                };
                const auto compare = [&](const auto& link, const auto& plain, bool skip_gram) {
                    const auto [rows, loss] = step(link, skip_gram);
                    const auto [plain_rows, plain_loss] = step(plain, skip_gram);
                    REQUIRE(plain_loss == Approx(loss).epsilon(1e-5));
                    for (std::size_t i = 0; i < rows.size(); ++i) {
                        REQUIRE(std::fabs(rows[i] - plain_rows[i]) <= 2e-6f);
                    }
                };
                for (const bool skip_gram : {true, false}) {
                    compare(simd::Logistic(), PlainLogistic(), skip_gram);
                    if (positives == 1) compare(simd::Softmax(), PlainSoftmax(), skip_gram);
                }
            }
        }
    }
}

#if FIRTH_ON_POSIX()
TEST_CASE("without firth::dispatch the instruction set is the compiler's, and no other is taken") {
    const auto with = [](const char* wanted) {
        REQUIRE(::setenv("FIRTH_ARCH", wanted, 1) == 0);
        return simd::select_arch();
    };
    REQUIRE(::unsetenv("FIRTH_ARCH") == 0);
    REQUIRE(simd::select_arch() == simd::compiled_arch::name);
    REQUIRE(simd::selected_arch() == simd::compiled_arch::name);
    REQUIRE(simd::selected_arch<simd::scalar>() == "scalar");
    REQUIRE(with("") == simd::compiled_arch::name);
    REQUIRE(with(std::string(simd::compiled_arch::name).c_str()) == simd::compiled_arch::name);
    REQUIRE(test::message_of<OptionError>([&] { with("avx9"); }) ==
            "FIRTH_ARCH is \"avx9\", and this program is compiled for " +
                std::string(simd::compiled_arch::name) +
                " only; programs that link firth::dispatch choose when they run");
    REQUIRE(::unsetenv("FIRTH_ARCH") == 0);
}
#endif
