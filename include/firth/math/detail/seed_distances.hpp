#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/random.hpp>
#include <firth/math/nearest_centres.hpp>
#include <firth/simd/distance.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/score_tile.hpp>
#include <firth/simd/select.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth::detail {

/// Draws rows for k-means to begin with, each with a probability proportional to the squared
/// distance from the nearest row drawn before (k-means++; Arthur and Vassilvitskii 2007). Of
/// several drawn at once, the one that lowers the sum of those distances most is kept (greedy).
///
/// Distances are in float64; products in float32 leave out the rows that a candidate cannot be
/// nearer to. The result does not depend on the number of threads.
class SeedDistances {
public:
    /// `rows` must stay as they are. Throws `Error`, naming the row, for one that cannot be
    /// clustered.
    SeedDistances(TableView<const float> rows, const Workers& workers)
        : rows_(rows), workers_(workers), norms_(rows.rows()), distances_(rows.rows()),
          limits_(rows.rows()), sums_(parts()) {
        parallel_for(rows.rows(), part_rows, workers, [&](std::size_t begin, std::size_t end) {
            for (std::size_t id = begin; id < end; ++id) {
                norms_[id] = clustered_norm(rows_[id], "row", id);
            }
        });
    }

    /// The first seed: any row.
    std::size_t begin(Random& random) {
        const std::size_t seed = any_row(random);
        parallel_for(rows_.rows(), part_rows, workers_, [&](std::size_t first, std::size_t end) {
            for (std::size_t id = first; id < end; ++id) {
                set_distance(id, simd::squared_l2(rows_[id], rows_[seed], simd::precise));
            }
            add_up(first, end);
        });
        return seed;
    }

    /// The next one, the best of `candidates` that are drawn.
    std::size_t next(Random& random, std::size_t candidates) {
        const double sum = std::accumulate(sums_.begin(), sums_.end(), 0.0);
        if (!(sum > 0)) return any_row(random); // every row is a seed already
        std::vector<std::size_t> drawn(candidates);
        for (std::size_t& id : drawn) {
            id = draw(random, sum);
        }
        const std::size_t seed = candidates == 1 ? drawn[0] : best(drawn);
        const std::size_t kept[] = {seed};
        for_nearer_rows(
            kept,
            [&](std::size_t, std::size_t, std::size_t id, double distance) {
                set_distance(id, distance);
            },
            [&](std::size_t first, std::size_t end) { add_up(first, end); });
        return seed;
    }

private:
    static constexpr std::size_t part_rows = 1024; ///< that one thread works on at a time

    [[nodiscard]] std::size_t parts() const noexcept {
        return (rows_.rows() + part_rows - 1) / part_rows;
    }

    [[nodiscard]] std::size_t any_row(Random& random) const noexcept {
        return random.below(static_cast<std::uint32_t>(rows_.rows()));
    }

    /// A candidate s is nearer to row x than `distance` where <x, s> - (|x|^2 - distance) / 2 is
    /// above |s|^2 / 2. What that may be off by in float32 is added on the left for x and
    /// subtracted on the right for s, so that no such candidate is missed: |x| |s| is at most
    /// (|x|^2 + |s|^2) / 2.
    void set_distance(std::size_t id, double distance) {
        const auto norm = static_cast<double>(norms_[id]);
        distances_[id] = distance;
        limits_[id] =
            static_cast<float>((distance - norm * norm) / 2 + error(norm * norm + distance / 2));
    }

    [[nodiscard]] double error(double most) const noexcept {
        const double share = 2 * score_error(rows_.dim()) +
                             static_cast<double>(rows_.dim()) * 0x1.0p-27; // of `dot_many`
        return share * (most + 0x1.0p-120);
    }

    void add_up(std::size_t first, std::size_t end) {
        sums_[first / part_rows] =
            std::accumulate(distances_.begin() + static_cast<std::ptrdiff_t>(first),
                            distances_.begin() + static_cast<std::ptrdiff_t>(end), 0.0);
    }

    [[nodiscard]] std::size_t draw(Random& random, double sum) const {
        double left = static_cast<double>(random() >> 11) * 0x1.0p-53 * sum;
        std::size_t part = 0;
        for (; part + 1 < sums_.size() && left >= sums_[part]; ++part) {
            left -= sums_[part];
        }
        // Where rounding leads past the last row that can be drawn, that one is.
        std::size_t drawn = 0;
        for (std::size_t id = part * part_rows; id < rows_.rows(); ++id) {
            if (distances_[id] > 0) {
                drawn = id;
                if (left < distances_[id]) break;
            }
            left -= distances_[id];
        }
        return drawn;
    }

    /// Which of the candidates lowers the sum of distances most, the first of equal ones.
    [[nodiscard]] std::size_t best(const std::vector<std::size_t>& drawn) const {
        std::vector<double> gains(parts() * drawn.size());
        for_nearer_rows(
            drawn,
            [&](std::size_t part, std::size_t candidate, std::size_t id, double distance) {
                gains[part * drawn.size() + candidate] += distances_[id] - distance;
            },
            [](std::size_t, std::size_t) {});
        std::vector<double> gain(drawn.size());
        for (std::size_t i = 0; i < gains.size(); ++i) {
            gain[i % drawn.size()] += gains[i];
        }
        return drawn[static_cast<std::size_t>(std::max_element(gain.begin(), gain.end()) -
                                              gain.begin())];
    }

    /// Calls `use(part, candidate, row, distance)` for each row that is nearer to a candidate than
    /// to all seeds, and `end(first, end)` after each part of rows.
    template <class Use, class End>
    void for_nearer_rows(std::span<const std::size_t> candidates, Use&& use, End&& end_part) const {
        const std::size_t count = candidates.size();
        const std::size_t dim = rows_.dim();
        EmbeddingTable<float> vectors(count, dim);
        std::vector<float> thresholds(count);
        for (std::size_t i = 0; i < count; ++i) {
            std::copy(rows_[candidates[i]].begin(), rows_[candidates[i]].end(), vectors[i].begin());
            const auto norm = static_cast<double>(norms_[candidates[i]]);
            thresholds[i] = static_cast<float>(norm * norm / 2 - error(norm * norm));
        }
        // A few candidates are not worth transposing rows for, unless rows are short.
        const bool by_rows = dim >= 8 * (count + 1);
        AlignedBuffer<std::uint32_t> packed(by_rows ? 0 : simd::packed_queries_size(count, dim));
        if (!by_rows) {
            simd::pack_queries(vectors.data(), vectors.stride(), count, dim, packed.data());
        }
        parallel_for(rows_.rows(), part_rows, workers_, [&](std::size_t first, std::size_t end) {
            AlignedBuffer<simd::Selected> selected(count * (end - first), Uninitialized());
            const float* const rows = rows_.data() + first * rows_.stride();
            const simd::ScoreTerms terms{limits_.data() + first, simd::RowTerm::summand};
            std::size_t found = 0;
            if (by_rows) {
                AlignedBuffer<float> products(count * part_rows, Uninitialized());
                for (std::size_t i = 0; i < count; ++i) {
                    simd::dot_many(vectors[i].data(), rows, rows_.stride(), end - first, dim,
                                   products.data() + i * part_rows);
                }
                found = simd::select({products.data(), part_rows, count, end - first}, terms,
                                     thresholds.data(), selected.data());
            } else {
                AlignedBuffer<float> scratch(count * simd::scratch_rows, Uninitialized());
                found = simd::score_and_select(
                    simd::PackedTile<float>{packed.data(), count, rows, rows_.stride(), end - first,
                                            dim},
                    terms, thresholds.data(), scratch.data(), selected.data());
            }
            for (std::size_t i = 0; i < found; ++i) {
                const std::size_t id = first + selected[i].row;
                const double distance = simd::squared_l2(
                    rows_[id], rows_[candidates[selected[i].query]], simd::precise);
                if (distance < distances_[id]) {
                    use(first / part_rows, selected[i].query, id, distance);
                }
            }
            end_part(first, end);
        });
    }

    TableView<const float> rows_;
    Workers workers_;
    std::vector<float> norms_;
    std::vector<double> distances_; ///< squared, of each row from its nearest seed
    std::vector<float> limits_;     ///< see `set_distance`
    std::vector<double> sums_;      ///< of the distances of each part of rows
};

} // namespace firth::detail
