#include <firth/simd/detail/tile_amx.hpp>

#include "levels.hpp"

using namespace firth;

namespace {

/// The eight tile registers of AMX in plain C++, after the instructions' definitions in Intel's
/// manual: a machine without AMX can follow the kernel that is written for it.
class EmulatedAmx {
public:
    void zero_sums() {
        for (std::size_t tile = 0; tile < 4; ++tile) {
            std::fill_n(tiles_[tile].bytes, sizeof(Tile), std::uint8_t{0});
        }
    }
    template <class Product>
    void load_sums(const Product* sums, std::size_t stride) {
        for (std::size_t tile = 0; tile < 4; ++tile) {
            load(tile, sums + tile / 2 * 16 * stride + tile % 2 * 16, stride * 4);
        }
    }
    template <class Product>
    void store_sums(Product* sums, std::size_t stride) {
        for (std::size_t tile = 0; tile < 4; ++tile) {
            Product* const to = sums + tile / 2 * 16 * stride + tile % 2 * 16;
            for (std::size_t row = 0; row < 16; ++row) {
                std::memcpy(to + row * stride, tiles_[tile].bytes + row * 64, 64);
            }
        }
    }
    template <class T>
    void multiply(const std::uint32_t* queries, const std::uint32_t* rows) {
        load(4, queries, 64);
        load(5, queries + 16 * 16, 64);
        load(6, rows, 128);
        load(7, rows + 16, 128);
        for (std::size_t tile = 0; tile < 4; ++tile) {
            multiply_tile<T>(tile, 4 + tile / 2, 6 + tile % 2);
        }
    }

private:
    struct Tile {
        std::uint8_t bytes[16 * 64];
    };

    void load(std::size_t tile, const void* from, std::size_t stride) {
        for (std::size_t row = 0; row < 16; ++row) {
            std::memcpy(tiles_[tile].bytes + row * 64,
                        static_cast<const char*>(from) + row * stride, 64);
        }
    }

    /// TDPBSSD, TDPBUUD and TDPBF16PS: sum[m][n] += a[m][k] * b[k][n], each of 4 or 2 elements.
    template <class T>
    void multiply_tile(std::size_t sum, std::size_t a, std::size_t b) {
        using Product = typename simd::Format<T>::Product;
        constexpr std::size_t depth = 4 / sizeof(T);
        for (std::size_t m = 0; m < 16; ++m) {
            for (std::size_t k = 0; k < 16; ++k) {
                for (std::size_t n = 0; n < 16; ++n) {
                    T x[depth];
                    T y[depth];
                    Product total;
                    std::memcpy(x, tiles_[a].bytes + m * 64 + k * 4, 4);
                    std::memcpy(y, tiles_[b].bytes + k * 64 + n * 4, 4);
                    std::memcpy(&total, tiles_[sum].bytes + m * 64 + n * 4, 4);
                    for (std::size_t i = 0; i < depth; ++i) {
                        total += static_cast<Product>(x[i]) * static_cast<Product>(y[i]);
                    }
                    std::memcpy(tiles_[sum].bytes + m * 64 + n * 4, &total, 4);
                }
            }
        }
    }

    Tile tiles_[8];
};

/// Calls `pack` and `score` for many shapes and compares with the reference.
template <class T, class Pack, class Score>
void check_tiles(const std::string& name, std::initializer_list<std::size_t> dims, Pack pack,
                 Score score) {
    using Product = typename simd::Format<T>::Product;
    constexpr std::size_t score_stride = 70;
    Random random(13);
    for (const std::size_t dim : dims) {
        for (const std::size_t queries : {1u, 2u, 6u, 7u, 8u, 13u, 14u, 15u, 31u, 33u}) {
            for (const std::size_t rows : {1u, 3u, 16u, 17u, 32u, 33u, 64u}) {
                const std::size_t stride = dim + rows % 4;
                test::Vector<T> q((queries - 1) * stride + dim, 1, random);
                test::Vector<T> r((rows - 1) * stride + dim, 3, random);
                AlignedBuffer<std::uint32_t> packed(simd::packed_queries_size(queries, dim));
                std::vector<Product> scores(queries * score_stride, Product(-9));
                pack(q.data(), stride, queries, dim, packed.data());
                score(packed.data(), queries, r.data(), stride, rows, dim, scores.data(),
                      score_stride);
                for (std::size_t i = 0; i < queries; ++i) {
                    for (std::size_t j = 0; j < score_stride; ++j) {
                        const double actual = static_cast<double>(scores[i * score_stride + j]);
                        if (j >= rows) {
                            if (scores[i * score_stride + j] != Product(-9))
                                FAIL(name << " wrote beyond the rows");
                            continue;
                        }
                        const test::ExactDot exact =
                            test::exact_dot(q.data() + i * stride, r.data() + j * stride, dim);
                        const double steps = std::min(384.0, static_cast<double>(dim)) + 6 +
                                             static_cast<double>(dim) / 192;
                        const double error = std::is_integral_v<Product>
                                                 ? 0.0
                                                 : steps * 0x1.0p-24 * exact.size + 1e-36;
                        if (!(std::fabs(actual - exact.value) <= error)) {
                            FAIL(name << ": " << queries << " x " << rows << " x " << dim << " at "
                                      << i << ", " << j << " is " << actual << ", expected "
                                      << exact.value);
                        }
                    }
                }
            }
        }
    }
    SUCCEED();
}

} // namespace

TEST_CASE("packed queries take no more room than is said") {
    Random random(17);
    constexpr std::uint32_t untouched = 0xA5A5A5A5;
    for (const std::size_t dim : {1u, 100u, 768u, 1536u}) {
        for (std::size_t count = 1; count <= 100; ++count) {
            test::Vector<float> queries(count * dim, 0, random);
            const std::size_t size = simd::packed_queries_size(count, dim);
            AlignedBuffer<std::uint32_t> packed(size + 16 * (dim + 64));
            for (const test::TestedLevel& level : test::tested_levels()) {
                std::fill(packed.begin(), packed.end(), untouched);
                level.table.tile<float>().pack_queries(queries.data(), dim, count, dim,
                                                       packed.data());
                INFO(level.name << ", " << count << " queries of " << dim);
                REQUIRE(packed.data()[size] == untouched);
                REQUIRE(std::all_of(packed.begin() + static_cast<std::ptrdiff_t>(size),
                                    packed.end(),
                                    [](std::uint32_t word) { return word == untouched; }));
            }
        }
    }
}

TEMPLATE_TEST_CASE("many queries against many rows agree with the reference", "", float, float16,
                   bfloat16, std::int8_t, std::uint8_t) {
    for (const test::TestedLevel& level : test::tested_levels()) {
        const simd::TileKernels<TestType>& kernels = level.table.tile<TestType>();
        check_tiles<TestType>(level.name, {1, 2, 3, 5, 16, 63, 100, 193, 300, 769},
                              kernels.pack_queries, kernels.score_tile);
    }
}

TEMPLATE_TEST_CASE("the tiles of AMX, its registers emulated, agree with the reference", "",
                   std::int8_t, std::uint8_t, bfloat16) {
    check_tiles<TestType>(
        "amx", {1, 3, 64, 100, 385, 769, 1000},
        [](auto... arguments) {
            simd::detail::amx_pack_queries_of<TestType, simd::compiled_arch>(arguments...);
        },
        [](auto... arguments) {
            simd::detail::amx_score_tile_of<TestType, simd::compiled_arch, EmulatedAmx>(
                arguments...);
        });
}

TEST_CASE("NaN and infinity reach the scores of their row and query only") {
    for (const test::TestedLevel& level : test::tested_levels()) {
        constexpr std::size_t dim = 37;
        constexpr std::size_t rows = 40;
        std::vector<float> q(3 * dim, 1.0f);
        std::vector<float> r(rows * dim, 1.0f);
        q[dim + 5] = std::numeric_limits<float>::quiet_NaN();
        r[17 * dim + 36] = std::numeric_limits<float>::infinity();
        AlignedBuffer<std::uint32_t> packed(simd::packed_queries_size(3, dim));
        std::vector<float> scores(3 * rows);
        level.table.tile<float>().pack_queries(q.data(), dim, 3, dim, packed.data());
        level.table.tile<float>().score_tile(packed.data(), 3, r.data(), dim, rows, dim,
                                             scores.data(), rows);
        INFO(level.name);
        for (std::size_t i = 0; i < 3 * rows; ++i) {
            if (i / rows == 1) {
                REQUIRE(std::isnan(scores[i]));
            } else if (i % rows == 17) {
                REQUIRE(std::isinf(scores[i]));
            } else {
                REQUIRE(scores[i] == 37.0f);
            }
        }
    }
}
