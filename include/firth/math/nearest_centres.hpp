#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/error.hpp>
#include <firth/base/messages.hpp>
#include <firth/simd/column_maxima.hpp>
#include <firth/simd/distance.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/score_tile.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

/// The most centres that rows are assigned to.
inline constexpr std::size_t max_centres = std::size_t{1} << 24;

namespace detail {

/// The largest norm whose squares and products float32 holds.
inline constexpr float max_clustered_norm = 1e18f;

/// The norm of a row; throws `Error` for one that cannot be clustered.
inline float clustered_norm(std::span<const float> row, std::string_view what, std::size_t id) {
    const float norm = simd::norm(row);
    if (norm <= max_clustered_norm) return norm;
    throw Error(std::string(what) + ' ' + std::to_string(id) +
                " holds NaN or infinity, or its norm is beyond 1e18, expected finite numbers");
}

/// What a float32 product of `simd::score_tile` and a summand may be off by, as a share of the
/// largest that they can be.
inline double score_error(std::size_t dim) {
    const std::size_t slice = (std::min<std::size_t>)(dim, 384);
    return static_cast<double>(slice + dim / 192 + 8) * 0x1.05p-24;
}

} // namespace detail

/// The nearest centre of a row, and its squared Euclidean distance.
struct NearestCentre {
    std::uint32_t centre = 0;
    double squared_distance = 0;
};

/// Finds for rows the nearest of many centres, by squared Euclidean distance in float64: exactly
/// what comparing with all of them in float64 would find, ties going to the first.
///
/// Inner products in float32 choose, by tiles: the nearest centre has the largest
/// <x, c - m> - |c|^2 / 2, m being the mean of the centres. Where the second largest is within what
/// these may be off by, all that may be the nearest are compared in float64.
///
/// Searching from several threads is safe.
class NearestCentres {
public:
    /// `centres`, 1 to `max_centres`, must stay as they are while it is used. Throws `OptionError`
    /// for another number, and `Error`, naming the centre, for one that holds NaN or infinity or
    /// whose norm is beyond 1e18. Memory: a copy of the centres.
    explicit NearestCentres(TableView<const float> centres) : centres_(centres) {
        const std::size_t count = centres.rows();
        const std::size_t dim = centres.dim();
        detail::require_option(count >= 1 && count <= max_centres, "centres", count, "1 to ",
                               max_centres);
        std::vector<double> mean(dim);
        double squares = 0; // of the mean's elements
        for (std::size_t j = 0; j < count; ++j) {
            static_cast<void>(detail::clustered_norm(centres[j], "centre", j));
            for (std::size_t i = 0; i < dim; ++i) {
                mean[i] += static_cast<double>(centres[j][i]) / static_cast<double>(count);
            }
        }
        for (const double x : mean) {
            squares += x * x;
        }
        EmbeddingTable<float> moved(count, dim);
        summands_ = AlignedBuffer<float>(count);
        errors_ = AlignedBuffer<double>(count);
        for (std::size_t j = 0; j < count; ++j) {
            double own_squares = 0;
            for (std::size_t i = 0; i < dim; ++i) {
                const auto x = static_cast<double>(centres[j][i]);
                own_squares += x * x;
                moved[j][i] = static_cast<float>(x - mean[i]);
            }
            const double summand = (squares - own_squares) / 2;
            const double norm = simd::norm(moved[j], simd::precise);
            errors_[j] = detail::score_error(dim) * (norm * norm / 2 + std::fabs(summand)) +
                         static_cast<double>(dim) * 0x1.0p-149;
            summands_[j] = static_cast<float>(summand + errors_[j]);
        }
        packed_ = AlignedBuffer<std::uint32_t>(simd::packed_queries_size(count, dim));
        simd::pack_queries(moved.data(), moved.stride(), count, dim, packed_.data());
    }

    [[nodiscard]] TableView<const float> centres() const noexcept { return centres_; }

    /// Writes the nearest centre of each of the rows [begin, end) of a table of the centres' dim to
    /// `nearest`, end - begin of them. Throws `Error`, naming the row, for one that holds NaN or
    /// infinity or whose norm is beyond 1e18. O(rows * centres * dim).
    void find(TableView<const float> rows, std::size_t begin, std::size_t end,
              NearestCentre* nearest) const {
        constexpr std::size_t most = 64; // rows a tile, whose scores stay in L2
        const std::size_t count = centres_.rows();
        AlignedBuffer<float> scores(count * most, Uninitialized());
        float largest[most];
        float second[most];
        std::uint32_t centre[most];
        for (std::size_t first = begin; first < end; first += most) {
            const std::size_t some = (std::min)(most, end - first);
            simd::score_tile(packed_.data(), count, rows.data() + first * rows.stride(),
                             rows.stride(), some, rows.dim(), scores.data(), most);
            simd::column_maxima({scores.data(), most, count, some, summands_.data()},
                                {largest, second, centre});
            for (std::size_t r = 0; r < some; ++r) {
                const std::span<const float> row = rows[first + r];
                const double norm =
                    static_cast<double>(detail::clustered_norm(row, "row", first + r));
                const double least =
                    static_cast<double>(largest[r]) -
                    2 * (detail::score_error(rows.dim()) * norm * norm / 2 + errors_[centre[r]]);
                *nearest++ = static_cast<double>(second[r]) < least
                                 ? NearestCentre{centre[r], distance(row, centre[r])}
                                 : compare(row, scores.data() + r, most, least);
            }
        }
    }

private:
    [[nodiscard]] double distance(std::span<const float> row, std::size_t centre) const noexcept {
        return simd::squared_l2(row, centres_[centre], simd::precise);
    }

    /// The nearest of the centres whose values are `least` or more.
    [[nodiscard]] NearestCentre compare(std::span<const float> row, const float* scores,
                                        std::size_t stride, double least) const noexcept {
        NearestCentre nearest{0, std::numeric_limits<double>::infinity()};
        for (std::size_t j = 0; j < centres_.rows(); ++j) {
            if (static_cast<double>(scores[j * stride] + summands_[j]) < least) continue;
            const double squared = distance(row, j);
            if (squared < nearest.squared_distance) {
                nearest = {static_cast<std::uint32_t>(j), squared};
            }
        }
        return nearest;
    }

    TableView<const float> centres_;
    AlignedBuffer<std::uint32_t> packed_;
    // The value of a centre for a row, their product plus the summand, may be off by the error of
    // the centre and that of the row: |x| |c - m| is at most (|x|^2 + |c - m|^2) / 2. Summands
    // have the centre's error added, so that values are what they may be at most.
    AlignedBuffer<float> summands_;
    AlignedBuffer<double> errors_;
};

} // namespace firth
