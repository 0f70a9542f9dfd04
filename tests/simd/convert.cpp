#include "levels.hpp"

using namespace firth;

namespace {

/// Floats of all kinds: around every float16 and its midpoints, and random bits.
std::vector<float> many_floats() {
    std::vector<float> values;
    for (std::uint32_t bits = 0; bits < 0x7C00; ++bits) {
        const float below =
            static_cast<float>(float16::from_bits(static_cast<std::uint16_t>(bits)));
        const float above =
            bits == 0x7BFF
                ? 65536.0f
                : static_cast<float>(float16::from_bits(static_cast<std::uint16_t>(bits + 1)));
        const float middle = (below + above) / 2;
        for (const float x :
             {below, middle, std::nextafter(middle, 0.0f), std::nextafter(middle, 1e9f)}) {
            values.push_back(x);
            values.push_back(-x);
        }
    }
    Random random(6);
    for (int i = 0; i < 100000; ++i) {
        values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(random())));
    }
    const float infinity = std::numeric_limits<float>::infinity();
    for (const float x :
         {0.0f, -0.0f, infinity, -infinity, 1e-45f, 3.4e38f, 0x1.0p-25f, 0x1.000002p-25f}) {
        values.push_back(x);
    }
    return values;
}

/// The float16 nearest to a number, by looking: the candidates are `guess` and its neighbours.
bool is_nearest(float x, float16 rounded) {
    if (std::isnan(x)) return std::isnan(static_cast<float>(rounded));
    const auto value = [](int bits) {
        // As if the range went on beyond 65504, to 65536.
        return bits == 0x7C00 ? 65536.0
                              : static_cast<double>(static_cast<float>(
                                    float16::from_bits(static_cast<std::uint16_t>(bits))));
    };
    if (std::signbit(x) != ((rounded.bits & 0x8000) != 0)) return false;
    const double size = std::fabs(static_cast<double>(x));
    const int bits = rounded.bits & 0x7FFF;
    if (bits > 0x7C00) return false;
    if (size >= 65536) return bits == 0x7C00;
    const double error = std::fabs(value(bits) - size);
    for (const int other : {bits - 1, bits + 1}) {
        if (other < 0 || other > 0x7C00) continue;
        const double other_error = std::fabs(value(other) - size);
        if (other_error < error) return false;
        if (other_error == error && bits % 2 != 0) return false;
    }
    return true;
}

} // namespace

TEST_CASE("float16 and bfloat16 in plain C++ round to nearest, ties to even") {
    for (const float x : many_floats()) {
        const float16 half(x);
        if (!is_nearest(x, half)) FAIL(x << " became float16 bits " << half.bits);
        const bfloat16 brain(x);
        const float back = static_cast<float>(brain);
        if (std::isnan(x)) {
            REQUIRE(std::isnan(back));
        } else if (std::isfinite(back)) {
            // The neighbours are one unit of the upper half away.
            const auto value = [](int bits) {
                return static_cast<double>(
                    static_cast<float>(bfloat16::from_bits(static_cast<std::uint16_t>(bits))));
            };
            const double error = std::fabs(static_cast<double>(x) - static_cast<double>(back));
            for (const int other : {brain.bits - 1, brain.bits + 1}) {
                if ((other & 0x8000) != (brain.bits & 0x8000) || other < 0) continue;
                const double other_error = std::fabs(static_cast<double>(x) - value(other));
                if (other_error < error || (other_error == error && brain.bits % 2 != 0)) {
                    FAIL(x << " became bfloat16 bits " << brain.bits);
                }
            }
        }
    }
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        const float16 half = float16::from_bits(static_cast<std::uint16_t>(bits));
        const float wide = static_cast<float>(half);
        if (std::isnan(wide)) {
            REQUIRE(std::isnan(static_cast<float>(float16(wide))));
        } else {
            REQUIRE(float16(wide) == half);
        }
    }
    REQUIRE(static_cast<float>(float16::from_bits(0x3C00)) == 1.0f);
    REQUIRE(static_cast<float>(float16::from_bits(0x7BFF)) == 65504.0f);
    REQUIRE(static_cast<float>(float16::from_bits(0x0001)) == 0x1.0p-24f);
    REQUIRE(static_cast<float>(float16::from_bits(0x0400)) == 0x1.0p-14f);
    REQUIRE(static_cast<float>(float16::from_bits(0xC000)) == -2.0f);
    REQUIRE(static_cast<float>(bfloat16::from_bits(0x3F80)) == 1.0f);
}

TEST_CASE("rows are converted as single numbers are") {
    const std::vector<float> values = many_floats();
    for (const test::TestedLevel& level : test::tested_levels()) {
        const simd::KernelTable& kernels = level.table;
        INFO(level.name);
        std::vector<float16> halves(values.size());
        std::vector<bfloat16> brains(values.size());
        kernels.to_float16(values.data(), halves.data(), values.size());
        kernels.to_bfloat16(values.data(), brains.data(), values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (std::isnan(values[i])) {
                REQUIRE(std::isnan(static_cast<float>(halves[i])));
                REQUIRE(std::isnan(static_cast<float>(brains[i])));
            } else if (halves[i] != float16(values[i]) || brains[i] != bfloat16(values[i])) {
                FAIL(values[i] << " became " << halves[i].bits << " and " << brains[i].bits);
            }
        }
        halves.resize(0x10000);
        brains.resize(0x10000);
        for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
            halves[bits] = float16::from_bits(static_cast<std::uint16_t>(bits));
            brains[bits] = bfloat16::from_bits(static_cast<std::uint16_t>(bits));
        }
        std::vector<float> from_half(0x10000);
        std::vector<float> from_brain(0x10000);
        kernels.from_float16(halves.data(), from_half.data(), halves.size());
        kernels.from_bfloat16(brains.data(), from_brain.data(), brains.size());
        for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
            const auto same = [](float x, float y) {
                return std::isnan(y)
                           ? std::isnan(x)
                           : std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
            };
            if (!same(from_half[bits], static_cast<float>(halves[bits])) ||
                !same(from_brain[bits], static_cast<float>(brains[bits]))) {
                FAIL("bits " << bits << " became " << from_half[bits] << " and "
                             << from_brain[bits]);
            }
        }
        // Short rows: every tail.
        for (std::size_t n = 0; n < 40; ++n) {
            std::vector<float16> some(n + 1, float16(9.0f));
            std::vector<float> back(n + 1, 9.0f);
            kernels.to_float16(values.data() + 5, some.data(), n);
            kernels.from_float16(some.data(), back.data(), n);
            REQUIRE(some[n] == float16(9.0f));
            REQUIRE(back[n] == 9.0f);
            for (std::size_t i = 0; i < n; ++i) {
                REQUIRE(some[i] == float16(values[i + 5]));
                REQUIRE(back[i] == static_cast<float>(some[i]));
            }
        }
    }
}

TEST_CASE("int8 codes are nearest, in [-127, 127], and come back within half a scale") {
    for (const test::TestedLevel& level : test::tested_levels()) {
        const simd::KernelTable& kernels = level.table;
        Random random(8);
        for (const std::size_t n : {0u, 1u, 5u, 16u, 31u, 100u, 300u, 769u}) {
            for (const float size : {1.0f, 1e-3f, 1e20f, 3e38f, 1e-30f, 1e-38f, 1e-44f}) {
                std::vector<float> row(n);
                for (float& x : row) {
                    x = size * (2 * random.uniform() - 1);
                }
                if (n > 0) row[n / 2] = -size;
                std::vector<std::int8_t> codes(n + 1, 99);
                std::vector<float> back(n + 1, 99.0f);
                const float scale = kernels.quantize(row.data(), codes.data(), n);
                kernels.dequantize(codes.data(), scale, back.data(), n);
                INFO(level.name << ", " << n << " elements of size " << size);
                REQUIRE(codes[n] == 99);
                REQUIRE(back[n] == 99.0f);
                // A subnormal scale is rounded, up where codes would not fit.
                if (n > 0 && size >= 1e-36f) {
                    REQUIRE(codes[n / 2] == -127);
                    REQUIRE(scale == size / 127);
                } else if (n > 0) {
                    REQUIRE(codes[n / 2] < 0);
                    REQUIRE(scale - size / 127 <= 0x1.0p-149f);
                }
                for (std::size_t i = 0; i < n; ++i) {
                    REQUIRE(codes[i] >= -127);
                    const double exact = static_cast<double>(row[i]) / static_cast<double>(scale);
                    REQUIRE(std::fabs(exact - codes[i]) <= 0.5 + 1e-4);
                }
            }
        }
        const std::vector<float> zeros(20);
        std::vector<std::int8_t> codes(20, 1);
        REQUIRE(kernels.quantize(zeros.data(), codes.data(), 20) == 0.0f);
        REQUIRE(codes == std::vector<std::int8_t>(20));
        // Ties go to even: 127 is the largest, and half of 1 lies between two codes.
        const std::vector<float> ties{127.0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f};
        codes.resize(6);
        REQUIRE(kernels.quantize(ties.data(), codes.data(), 6) == 1.0f);
        REQUIRE(codes == std::vector<std::int8_t>{127, 0, 2, 2, 0, -2});
    }
}

TEST_CASE("signs are packed from the lowest bit on, zeros behind") {
    for (const test::TestedLevel& level : test::tested_levels()) {
        Random random(9);
        for (const std::size_t n : test::lengths()) {
            std::vector<float> row(n);
            for (float& x : row) {
                x = random.uniform() - 0.5f;
            }
            if (n > 2) {
                row[0] = 0.0f;
                row[1] = -0.0f;
                row[2] = std::numeric_limits<float>::quiet_NaN();
            }
            const std::size_t words = simd::words_of_bits(n);
            std::vector<std::uint64_t> packed(words + 1, 77);
            level.table.pack_signs(row.data(), packed.data(), n);
            INFO(level.name << ", " << n << " elements");
            REQUIRE(packed[words] == 77);
            for (std::size_t i = 0; i < 64 * words; ++i) {
                const bool set = (packed[i / 64] >> i % 64 & 1) != 0;
                REQUIRE(set == (i < n && row[i] > 0));
            }
            std::vector<float> signs(n);
            packed.resize(words);
            simd::unpack_signs(packed, signs);
            for (std::size_t i = 0; i < n; ++i) {
                REQUIRE(signs[i] == (row[i] > 0 ? 1.0f : -1.0f));
            }
        }
    }
}
