#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/error.hpp>
#include <firth/base/messages.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/progress.hpp>
#include <firth/math/k_means.hpp>
#include <firth/math/nearest_centres.hpp>
#include <firth/math/sample_rows.hpp>
#include <firth/simd/distance.hpp>
#include <firth/simd/dot.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

struct ProductQuantizerOptions {
    std::size_t part_dim = 2;    ///< elements a code stands for, 1 to dim
    std::size_t sample = 65536;  ///< rows to learn from, drawn at random; 0: all
    std::size_t iterations = 25; ///< of k-means
    std::uint64_t seed = 1;
    std::size_t threads = 0;    ///< 0: all of the machine's; the result does not depend on it
    ThreadPool* pool = nullptr; ///< to run on instead
    /// Called with the parts that are learnt, of all; false: stop.
    ProgressCallback progress{};
};

/// A product quantiser (Jegou, Douze, Schmid 2011): vectors are cut into parts of `part_dim`
/// elements, the last one shorter where that does not divide dim, and each part is replaced by the
/// number of the nearest of 256 centroids for it, a byte. The inner product of a query with such a
/// vector is a sum of numbers that are looked up, one a part.
///
/// Using it from several threads is safe.
class ProductQuantizer {
public:
    static constexpr std::size_t codes = 256; ///< centroids a part

    ProductQuantizer() = default;

    /// From its centroids, of a file say: of each part 256, one after the other. Throws
    /// `OptionError` for a part_dim that is not in 1 to dim, and `Error` for another number of
    /// elements than 256 x dim.
    ProductQuantizer(std::size_t dim, std::size_t part_dim, AlignedBuffer<float> centroids)
        : dim_(dim), part_dim_(part_dim), centroids_(std::move(centroids)) {
        detail::require_option(dim >= 1 && dim <= max_dim, "dim", dim, "1 to ", max_dim);
        detail::require_option(part_dim >= 1 && part_dim <= dim, "part_dim", part_dim, "1 to ", dim,
                               ", the dim");
        if (centroids_.size() != codes * dim) {
            throw Error("a product quantiser of dim " + std::to_string(dim) + " cannot have " +
                        std::to_string(centroids_.size()) + " elements of centroids, expected " +
                        std::to_string(codes * dim));
        }
    }

    [[nodiscard]] std::size_t dim() const noexcept { return dim_; }
    [[nodiscard]] std::size_t part_dim() const noexcept { return part_dim_; }

    /// Bytes a vector.
    [[nodiscard]] std::size_t parts() const noexcept {
        return part_dim_ == 0 ? 0 : (dim_ + part_dim_ - 1) / part_dim_;
    }

    /// Elements of part `part` < parts().
    [[nodiscard]] std::size_t size(std::size_t part) const noexcept {
        return (std::min)(part_dim_, dim_ - part * part_dim_);
    }

    /// All centroids, in the order of the constructor's.
    [[nodiscard]] std::span<const float> centroids() const noexcept {
        return {centroids_.data(), centroids_.size()};
    }

    /// Those of part `part` < parts(): 256 x size(part).
    [[nodiscard]] TableView<const float> centroids(std::size_t part) const noexcept {
        return {centroids_.data() + part * codes * part_dim_, codes, size(part)};
    }

    /// The codes of rows of this dim, rows x parts(). They do not depend on the number of threads.
    /// Throws `Error`, naming the row, for one with NaN, infinity or an element beyond 1e18.
    /// O(rows * 256 * dim).
    [[nodiscard]] AlignedBuffer<std::uint8_t> encode(TableView<const float> rows,
                                                     const Workers& workers = 1) const {
        assert(rows.dim() == dim_);
        std::vector<NearestCentres> nearest;
        for (std::size_t part = 0; part < parts(); ++part) {
            nearest.emplace_back(centroids(part));
        }
        AlignedBuffer<std::uint8_t> to(rows.rows() * parts(), Uninitialized());
        parallel_for(rows.rows(), 1024, workers, [&](std::size_t begin, std::size_t end) {
            std::vector<NearestCentre> found(end - begin);
            for (std::size_t part = 0; part < parts(); ++part) {
                nearest[part].find(part_of(rows, part), begin, end, found.data());
                for (std::size_t id = begin; id < end; ++id) {
                    to[id * parts() + part] = static_cast<std::uint8_t>(found[id - begin].centre);
                }
            }
        });
        return to;
    }

    /// Writes the vector that parts() codes stand for to `row`, dim() elements.
    void decode(std::span<const std::uint8_t> row_codes, std::span<float> row) const noexcept {
        assert(row_codes.size() == parts() && row.size() == dim_);
        for (std::size_t part = 0; part < parts(); ++part) {
            const std::span<const float> centroid = centroids(part)[row_codes[part]];
            std::copy(centroid.begin(), centroid.end(),
                      row.begin() + static_cast<std::ptrdiff_t>(part * part_dim_));
        }
    }

    /// Writes the inner products of a query's parts with all their centroids to `table`, parts() x
    /// 256: `look_up` then gives those of the query with vectors. O(256 * dim).
    void dot_table(std::span<const float> query, std::span<float> table) const noexcept {
        assert(query.size() == dim_ && table.size() == parts() * codes);
        for (std::size_t part = 0; part < parts(); ++part) {
            simd::dot_many(query.data() + part * part_dim_, centroids(part).data(), size(part),
                           codes, size(part), table.data() + part * codes);
        }
    }

    /// The same with squared Euclidean distances.
    void distance_table(std::span<const float> query, std::span<float> table) const noexcept {
        assert(query.size() == dim_ && table.size() == parts() * codes);
        for (std::size_t part = 0; part < parts(); ++part) {
            const std::span<const float> some = query.subspan(part * part_dim_, size(part));
            for (std::size_t code = 0; code < codes; ++code) {
                table[part * codes + code] = simd::squared_l2(some, centroids(part)[code]);
            }
        }
    }

    /// The sum of the numbers that parts() codes stand for in a table.
    [[nodiscard]] float look_up(std::span<const float> table,
                                std::span<const std::uint8_t> row_codes) const noexcept {
        assert(table.size() == parts() * codes && row_codes.size() == parts());
        float sums[2] = {0, 0};
        for (std::size_t part = 0; part < row_codes.size(); ++part) {
            sums[part % 2] += table[part * codes + row_codes[part]];
        }
        return sums[0] + sums[1];
    }

    /// The mean of the squared distances between rows and what their codes stand for; 0 without
    /// rows.
    [[nodiscard]] double error(TableView<const float> rows,
                               std::span<const std::uint8_t> of_rows) const {
        assert(rows.dim() == dim_ && of_rows.size() == rows.rows() * parts());
        std::vector<float> decoded(dim_);
        double sum = 0;
        for (std::size_t id = 0; id < rows.rows(); ++id) {
            decode(of_rows.subspan(id * parts(), parts()), decoded);
            sum += simd::squared_l2(rows[id], decoded, simd::precise);
        }
        return rows.rows() == 0 ? 0 : sum / static_cast<double>(rows.rows());
    }

    /// Part `part` of rows.
    [[nodiscard]] TableView<const float> part_of(TableView<const float> rows,
                                                 std::size_t part) const noexcept {
        return {rows.data() + part * part_dim_, rows.rows(), size(part), rows.stride()};
    }

private:
    std::size_t dim_ = 0;
    std::size_t part_dim_ = 0;
    AlignedBuffer<float> centroids_;
};

/// Learns a product quantiser from rows: k-means of each part. Where there are fewer than 256 rows,
/// each is a centroid, and those left over are zeros. The result does not depend on the number of
/// threads; nothing where `progress` stops it. Throws `OptionError`, for no rows too, and `Error`,
/// naming the row or its place in the sample, for one with NaN, infinity or an element beyond 1e18.
///
/// O(sample * 256 * dim * iterations). Memory: the sample.
[[nodiscard]] inline std::optional<ProductQuantizer>
train_product_quantizer(TableView<const float> rows, const ProductQuantizerOptions& options = {}) {
    detail::require_option(rows.rows() != 0, "the number of rows to learn from", rows.rows(),
                           "1 or more");
    const std::size_t dim = rows.dim();
    AlignedBuffer<float> centroids(ProductQuantizer::codes * dim);
    // Says where the parts are; its centroids come at the end.
    const ProductQuantizer parts(dim, options.part_dim, centroids);
    std::optional<ThreadPool> own_pool;
    ThreadPool* pool = options.pool;
    if (pool == nullptr && resolve_threads(options.threads) > 1) {
        pool = &own_pool.emplace(options.threads);
    }
    EmbeddingTable<float> sample;
    TableView<const float> from = rows;
    if (options.sample != 0 && options.sample < rows.rows()) {
        sample = sample_rows(rows, options.sample, options.seed);
        from = sample;
    }
    ProgressMeter meter(options.progress);
    const std::size_t clusters = (std::min)(ProductQuantizer::codes, from.rows());
    for (std::size_t part = 0; part < parts.parts(); ++part) {
        // Side by side, since they are read hundreds of times.
        const std::size_t size = parts.size(part);
        std::vector<float> packed;
        packed.reserve(from.rows() * size);
        for (std::size_t id = 0; id < from.rows(); ++id) {
            const std::span<const float> some = parts.part_of(from, part)[id];
            packed.insert(packed.end(), some.begin(), some.end());
        }
        const std::optional<KMeans> found =
            k_means(TableView<const float>(packed.data(), from.rows(), size), clusters,
                    {.iterations = options.iterations,
                     .seed = mix_bits(options.seed + part),
                     .threads = 1,
                     .pool = pool});
        float* to = centroids.data() + part * ProductQuantizer::codes * options.part_dim;
        for (std::size_t j = 0; j < clusters; ++j) {
            for (const float value : found->centres[j]) {
                *to++ = value; // std::copy makes gcc 12 warn of a size that cannot be
            }
        }
        const bool last = part + 1 == parts.parts();
        if (!meter.report({.done = part + 1, .total = parts.parts()}, last)) return std::nullopt;
    }
    return ProductQuantizer(dim, options.part_dim, std::move(centroids));
}

} // namespace firth
