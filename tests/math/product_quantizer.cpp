#include <firth/math/product_quantizer.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include "../support/support.hpp"

using namespace firth;

namespace {

/// Rows of `dim` elements, of which neighbours depend on each other.
EmbeddingTable<float> dependent_rows(std::size_t count, std::size_t dim, std::uint64_t seed) {
    EmbeddingTable<float> rows = test::random_table(count, dim, seed);
    for (std::size_t id = 0; id < count; ++id) {
        for (std::size_t i = 1; i < dim; ++i) {
            rows[id][i] = 0.8f * rows[id][i - 1] + 0.4f * rows[id][i];
        }
    }
    return rows;
}

std::span<const std::uint8_t> row_codes(const ProductQuantizer& quantizer,
                                        const AlignedBuffer<std::uint8_t>& codes, std::size_t id) {
    return std::span(codes.data(), codes.size()).subspan(id * quantizer.parts(), quantizer.parts());
}

} // namespace

TEST_CASE("a product quantiser finds the nearest centroid of each part", "[product_quantizer]") {
    for (const auto& [dim, part_dim] :
         {std::pair{1u, 1u}, {6u, 2u}, {7u, 2u}, {7u, 3u}, {16u, 16u}, {9u, 8u}}) {
        const EmbeddingTable<float> rows = dependent_rows(1300, dim, 4);
        const std::optional<ProductQuantizer> quantizer =
            train_product_quantizer(rows, {.part_dim = part_dim, .iterations = 3});
        INFO("dim " << dim << ", parts of " << part_dim);
        REQUIRE(quantizer);
        REQUIRE(quantizer->parts() == (dim + part_dim - 1) / part_dim);
        REQUIRE(quantizer->centroids().size() == 256 * dim);
        const AlignedBuffer<std::uint8_t> codes = quantizer->encode(rows);
        REQUIRE(codes.size() == rows.rows() * quantizer->parts());
        std::vector<float> decoded(dim);
        double error = 0;
        for (std::size_t id = 0; id < rows.rows(); ++id) {
            quantizer->decode(row_codes(*quantizer, codes, id), decoded);
            for (std::size_t part = 0, at = 0; part < quantizer->parts(); ++part) {
                double least = std::numeric_limits<double>::infinity();
                std::size_t best = 0;
                for (std::size_t code = 0; code < 256; ++code) {
                    double squared = 0;
                    for (std::size_t i = 0; i < quantizer->size(part); ++i) {
                        const double difference =
                            static_cast<double>(rows[id][at + i]) -
                            static_cast<double>(
                                quantizer->centroids()[part * 256 * part_dim +
                                                       code * quantizer->size(part) + i]);
                        squared += difference * difference;
                    }
                    if (squared < least) best = code;
                    least = std::min(least, squared);
                }
                REQUIRE(row_codes(*quantizer, codes, id)[part] == best);
                REQUIRE(decoded[at] == quantizer->centroids(part)[best][0]);
                at += quantizer->size(part);
                error += least;
            }
        }
        error /= 1300;
        const double found = quantizer->error(rows, std::span(codes.data(), codes.size()));
        REQUIRE(std::fabs(found - error) <= 1e-9 * error + 1e-30);
    }
}

TEST_CASE("tables give inner products and distances of a query with codes", "[product_quantizer]") {
    const EmbeddingTable<float> rows = dependent_rows(600, 11, 5);
    const ProductQuantizer quantizer =
        *train_product_quantizer(rows, {.part_dim = 4, .iterations = 2});
    const AlignedBuffer<std::uint8_t> codes = quantizer.encode(rows);
    std::vector<float> products(quantizer.parts() * 256);
    std::vector<float> distances(products.size());
    quantizer.dot_table(rows[0], products);
    quantizer.distance_table(rows[0], distances);
    std::vector<float> decoded(11);
    for (std::size_t id = 0; id < rows.rows(); ++id) {
        const auto some = row_codes(quantizer, codes, id);
        quantizer.decode(some, decoded);
        REQUIRE(std::fabs(quantizer.look_up(products, some) - simd::dot(rows[0], decoded)) < 1e-5f);
        REQUIRE(std::fabs(quantizer.look_up(distances, some) - simd::squared_l2(rows[0], decoded)) <
                1e-5f);
    }
}

TEST_CASE("more codes lose less, and few rows are kept as they are", "[product_quantizer]") {
    const EmbeddingTable<float> rows = dependent_rows(3000, 12, 6);
    double last = 0;
    for (const std::size_t part_dim : {1u, 2u, 4u, 12u}) {
        const ProductQuantizer quantizer = *train_product_quantizer(rows, {.part_dim = part_dim});
        const AlignedBuffer<std::uint8_t> codes = quantizer.encode(rows);
        const double error = quantizer.error(rows, std::span(codes.data(), codes.size()));
        REQUIRE(error > 3 * last);
        last = error;
    }
    double squares = 0;
    for (std::size_t id = 0; id < rows.rows(); ++id) {
        squares += static_cast<double>(simd::dot(rows[id], rows[id])) / 3000;
    }
    REQUIRE(last < 0.5 * squares);
    const EmbeddingTable<float> few = dependent_rows(200, 5, 7);
    const ProductQuantizer quantizer = *train_product_quantizer(few);
    const AlignedBuffer<std::uint8_t> codes = quantizer.encode(few);
    REQUIRE(quantizer.error(few, std::span(codes.data(), codes.size())) == 0);
}

TEST_CASE("a product quantiser is the same on any number of threads", "[product_quantizer]") {
    const EmbeddingTable<float> rows = dependent_rows(4000, 5, 8);
    ProductQuantizerOptions options{.sample = 2500, .iterations = 3, .seed = 3, .threads = 1};
    const ProductQuantizer want = *train_product_quantizer(rows, options);
    ThreadPool pool(3);
    for (std::size_t threads = 2; threads <= 3; ++threads) {
        options.threads = threads;
        options.pool = threads == 3 ? &pool : nullptr;
        const ProductQuantizer found = *train_product_quantizer(rows, options);
        REQUIRE(std::ranges::equal(found.centroids(), want.centroids()));
        REQUIRE(std::ranges::equal(found.encode(rows, pool), want.encode(rows)));
    }
    // Also where all rows are learnt from.
    options = {.sample = 0, .iterations = 3, .seed = 3};
    const ProductQuantizer all = *train_product_quantizer(rows, options);
    options.seed = 4;
    REQUIRE(
        !std::ranges::equal(train_product_quantizer(rows, options)->centroids(), all.centroids()));
}

TEST_CASE("a product quantiser says what it cannot learn from", "[product_quantizer]") {
    EmbeddingTable<float> rows = dependent_rows(300, 4, 1);
    const auto refused = [&](const ProductQuantizerOptions& options) {
        return test::message_of<OptionError>(
            [&] { static_cast<void>(train_product_quantizer(rows, options)); });
    };
    REQUIRE(refused({.part_dim = 0}) == "part_dim is 0, expected 1 to 4, the dim");
    REQUIRE(refused({.part_dim = 5}) == "part_dim is 5, expected 1 to 4, the dim");
    REQUIRE(test::contains(test::message_of<OptionError>([] {
                               static_cast<void>(
                                   train_product_quantizer(EmbeddingTable<float>(0, 4)));
                           }),
                           "rows to learn from is 0"));
    REQUIRE(test::contains(
        test::message_of<Error>([] { ProductQuantizer(4, 2, AlignedBuffer<float>(9)); }),
        "cannot have 9 elements"));
    const ProductQuantizer quantizer = *train_product_quantizer(rows);
    std::size_t calls = 0;
    const ProgressCallback stop = [&](const Progress& progress) {
        ++calls;
        return progress.done != progress.total;
    };
    REQUIRE(!train_product_quantizer(rows, {.progress = stop}));
    REQUIRE(calls >= 1);
    rows[123][3] = std::numeric_limits<float>::infinity();
    REQUIRE(
        test::contains(test::message_of<Error>([&] { static_cast<void>(quantizer.encode(rows)); }),
                       "row 123 holds NaN or infinity"));
    REQUIRE(test::contains(
        test::message_of<Error>([&] { static_cast<void>(train_product_quantizer(rows)); }),
        "row 123 holds NaN or infinity"));
}
