#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include <firth/base/messages.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/progress.hpp>
#include <firth/base/random.hpp>
#include <firth/math/detail/seed_distances.hpp>
#include <firth/math/nearest_centres.hpp>
#include <firth/math/sample_rows.hpp>
#include <firth/table/embedding_table.hpp>
#include <firth/table/matrix_view.hpp>

namespace firth {

struct KMeansOptions {
    std::size_t iterations = 25; ///< at most; 0: rows are assigned to the seeds
    double tolerance = 0;        ///< stop where an iteration lowers the inertia by at most this
                                 ///< share of it; 0: where no row changes its centre
    std::size_t candidates = 0;  ///< drawn for each seed, the best of which is kept;
                                 ///< 0: 2 + ln(clusters)
    std::size_t sample = 0;      ///< learn from so many rows, drawn at random; 0: from all
    std::uint64_t seed = 1;
    std::size_t threads = 0;    ///< 0: all of the machine's; the result does not depend on it
    ThreadPool* pool = nullptr; ///< to run on instead
    /// Called now and then with the distances between rows and centres that are done, of the most
    /// that there will be, and the inertia; false: stop.
    ProgressCallback progress{};
};

/// Rows in clusters, each row in that of its nearest centre.
struct KMeans {
    EmbeddingTable<float> centres;
    std::vector<std::uint32_t> assignment; ///< the centre of each row
    double inertia = 0;                    ///< the sum of squared distances from the centres
    std::size_t iterations = 0;
    bool converged = false; ///< no row changed its centre, or the tolerance was reached
};

namespace detail {

/// One run of k-means.
class KMeansRun {
public:
    /// `clusters` tells how many distances are to be expected.
    KMeansRun(const KMeansOptions& options, std::size_t rows, std::size_t clusters)
        : options_(options), meter_(options.progress) {
        require_option(clusters >= 1 && clusters <= (std::min)(rows, max_centres), "clusters",
                       clusters, "1 to ", (std::min)(rows, max_centres),
                       rows <= max_centres ? ", the number of rows" : "");
        require_option(options.tolerance >= 0 && options.tolerance < 1, "tolerance",
                       float_text(options.tolerance), "0 to below 1");
        require_option(options.sample == 0 || options.sample >= clusters, "sample", options.sample,
                       "0 or the number of clusters, ", clusters, ", at least");
        const std::size_t threads = resolve_threads(options.threads);
        if (options.pool == nullptr && threads > 1) own_pool_.emplace(threads);
        const bool samples = options.sample != 0 && options.sample < rows;
        const std::size_t learned_from = samples ? options.sample : rows;
        progress_.epochs = static_cast<std::uint32_t>(options.iterations);
        progress_.total = std::uint64_t{clusters} *
                          ((options.iterations + 1) * learned_from + (samples ? rows : 0));
    }

    /// Rows that k-means++ draws; nothing where it is cancelled.
    std::optional<EmbeddingTable<float>> draw_seeds(TableView<const float> rows,
                                                    std::size_t clusters) {
        const std::size_t candidates =
            options_.candidates != 0
                ? options_.candidates
                : 2 + static_cast<std::size_t>(std::log(static_cast<double>(clusters)));
        progress_.total += std::uint64_t{candidates} * clusters * rows.rows();
        EmbeddingTable<float> seeds(clusters, rows.dim());
        Random random(options_.seed);
        SeedDistances distances(rows, workers());
        for (std::size_t j = 0; j < clusters; ++j) {
            const std::size_t row =
                j == 0 ? distances.begin(random) : distances.next(random, candidates);
            std::copy(rows[row].begin(), rows[row].end(), seeds[j].begin());
            progress_.done += std::uint64_t{candidates} * rows.rows();
            if (!meter_.report(progress_)) return std::nullopt;
        }
        return seeds;
    }

    /// Lloyd's iterations from `centres` on.
    std::optional<KMeans> iterate(TableView<const float> rows, EmbeddingTable<float> centres) {
        KMeans result;
        result.centres = std::move(centres);
        if (!assign(rows, result)) return std::nullopt;
        std::vector<std::uint32_t> before;
        while (result.iterations < options_.iterations && !result.converged) {
            fill_empty(result.centres.rows(), result.assignment);
            before = result.assignment;
            move_centres(rows, result);
            const double inertia = result.inertia;
            ++result.iterations;
            progress_.epoch = static_cast<std::uint32_t>(result.iterations);
            if (!assign(rows, result)) return std::nullopt;
            const bool lower = result.inertia < inertia * (1 - options_.tolerance);
            result.converged = result.assignment == before || (options_.tolerance > 0 && !lower);
        }
        return result;
    }

    /// Fills in the assignment of rows to the centres and the inertia; false where cancelled.
    bool assign(TableView<const float> rows, KMeans& result) {
        const NearestCentres centres(result.centres);
        result.assignment.resize(rows.rows());
        nearest_.resize(rows.rows());
        // Reports come between stretches of rows.
        constexpr std::size_t stretch = 256 * part_rows;
        for (std::size_t begin = 0; begin < rows.rows(); begin += stretch) {
            const std::size_t count = (std::min)(stretch, rows.rows() - begin);
            parallel_for(count, part_rows, workers(), [&](std::size_t first, std::size_t end) {
                centres.find(rows, begin + first, begin + end, nearest_.data() + begin + first);
            });
            progress_.done += std::uint64_t{count} * result.centres.rows();
            if (!meter_.report(progress_)) return false;
        }
        result.inertia = 0;
        for (std::size_t id = 0; id < rows.rows(); ++id) {
            result.assignment[id] = nearest_[id].centre;
            result.inertia += nearest_[id].squared_distance;
        }
        progress_.loss = result.inertia;
        return true;
    }

    /// The last report.
    bool finish() {
        progress_.total = progress_.done;
        return meter_.report(progress_, true);
    }

private:
    static constexpr std::size_t part_rows = 1024; ///< that one thread works on at a time

    [[nodiscard]] Workers workers() {
        if (own_pool_) return *own_pool_;
        return {1, options_.pool};
    }

    /// Gives each centre without rows the row that is farthest from its own centre, of those that
    /// leave others there: none where all such rows lie on their centres.
    void fill_empty(std::size_t centres, std::vector<std::uint32_t>& assignment) const {
        std::vector<std::size_t> sizes(centres);
        for (const std::uint32_t centre : assignment) {
            ++sizes[centre];
        }
        std::vector<std::size_t> farthest; // sorted at the first empty one
        std::size_t at = 0;
        for (std::size_t j = 0; j < centres; ++j) {
            if (sizes[j] != 0) continue;
            if (farthest.empty()) {
                farthest.resize(assignment.size());
                std::iota(farthest.begin(), farthest.end(), std::size_t{0});
                std::stable_sort(farthest.begin(), farthest.end(), [&](auto a, auto b) {
                    return nearest_[a].squared_distance > nearest_[b].squared_distance;
                });
            }
            while (at < farthest.size() && sizes[assignment[farthest[at]]] == 1) {
                ++at;
            }
            if (at == farthest.size() || nearest_[farthest[at]].squared_distance == 0) return;
            const std::size_t row = farthest[at++];
            --sizes[assignment[row]];
            assignment[row] = static_cast<std::uint32_t>(j);
            sizes[j] = 1;
        }
    }

    /// Moves each centre to the mean of its rows, summed in float64 and in their order. Those
    /// without rows stay.
    void move_centres(TableView<const float> rows, KMeans& result) {
        const std::size_t centres = result.centres.rows();
        std::vector<std::size_t> ends(centres + 1); // of each centre's rows in `members`
        for (const std::uint32_t centre : result.assignment) {
            ++ends[centre + 1];
        }
        std::partial_sum(ends.begin(), ends.end(), ends.begin());
        std::vector<std::uint32_t> members(rows.rows());
        std::vector<std::size_t> next(ends.begin(), ends.end() - 1);
        for (std::size_t id = 0; id < rows.rows(); ++id) {
            members[next[result.assignment[id]]++] = static_cast<std::uint32_t>(id);
        }
        parallel_for(centres, 16, workers(), [&](std::size_t first, std::size_t last) {
            std::vector<double> sum(rows.dim());
            for (std::size_t j = first; j < last; ++j) {
                const std::size_t size = ends[j + 1] - ends[j];
                if (size == 0) continue;
                std::fill(sum.begin(), sum.end(), 0.0);
                for (std::size_t i = ends[j]; i < ends[j + 1]; ++i) {
                    const float* const row = rows[members[i]].data();
                    for (std::size_t k = 0; k < sum.size(); ++k) {
                        sum[k] += static_cast<double>(row[k]);
                    }
                }
                for (std::size_t k = 0; k < sum.size(); ++k) {
                    result.centres[j][k] = static_cast<float>(sum[k] / static_cast<double>(size));
                }
            }
        });
    }

    const KMeansOptions& options_;
    ProgressMeter meter_;
    Progress progress_;
    std::optional<ThreadPool> own_pool_;
    std::vector<NearestCentre> nearest_; ///< of each row
};

/// k-means over the rows, or a sample of them, from what `begin(run, rows)` gives as centres.
template <class Begin>
std::optional<KMeans> run_k_means(TableView<const float> rows, std::size_t clusters,
                                  const KMeansOptions& options, Begin&& begin) {
    KMeansRun run(options, rows.rows(), clusters);
    const auto learn = [&](TableView<const float> from) -> std::optional<KMeans> {
        std::optional<EmbeddingTable<float>> seeds = begin(run, from);
        if (!seeds) return std::nullopt;
        return run.iterate(from, std::move(*seeds));
    };
    std::optional<KMeans> result;
    if (options.sample != 0 && options.sample < rows.rows()) {
        const EmbeddingTable<float> sample =
            sample_rows(rows, options.sample, mix_bits(options.seed));
        result = learn(sample);
        if (result && !run.assign(rows, *result)) return std::nullopt;
    } else {
        result = learn(rows);
    }
    if (result && !run.finish()) return std::nullopt;
    return result;
}

} // namespace detail

/// Divides rows into clusters so that the sum of squared Euclidean distances between rows and the
/// centres of their clusters, the inertia, is small: Lloyd's iterations from seeds that greedy
/// k-means++ draws (`detail::SeedDistances`). Each row is assigned to its nearest centre, exactly
/// in float64 (`NearestCentres`), and each centre moved to the mean of its rows; the inertia never
/// rises. A centre that has lost its rows takes the row that is farthest from its own centre.
/// Where there are fewer different rows than centres, those left over have no rows.
///
/// The result does not depend on the number of threads. Returns nothing where `progress` stops it.
/// Throws `OptionError`, and `Error`, naming the row, for one that holds NaN or infinity or whose
/// norm is beyond 1e18. O(rows * clusters * dim) an iteration, and for each candidate of a seed all
/// together. Memory: 28 bytes a row, twice the centres, and the sampled rows.
[[nodiscard]] inline std::optional<KMeans>
k_means(TableView<const float> rows, std::size_t clusters, const KMeansOptions& options = {}) {
    return detail::run_k_means(rows, clusters, options,
                               [&](detail::KMeansRun& run, TableView<const float> from) {
                                   return run.draw_seeds(from, clusters);
                               });
}

/// The same from given centres.
[[nodiscard]] inline std::optional<KMeans> k_means(TableView<const float> rows,
                                                   EmbeddingTable<float> centres,
                                                   const KMeansOptions& options = {}) {
    detail::require_option(centres.dim() == rows.dim(), "the centres' dim", centres.dim(),
                           rows.dim(), ", that of the rows");
    return detail::run_k_means(rows, centres.rows(), options,
                               [&](detail::KMeansRun&, TableView<const float>) {
                                   return std::optional(std::move(centres));
                               });
}

/// The seeds that `k_means` begins with, by `candidates`, `seed`, `threads` and `pool` of the
/// options; nothing where `progress` stops it. Throws as `k_means`.
[[nodiscard]] inline std::optional<EmbeddingTable<float>>
k_means_seeds(TableView<const float> rows, std::size_t clusters,
              const KMeansOptions& options = {}) {
    return detail::KMeansRun(options, rows.rows(), clusters).draw_seeds(rows, clusters);
}

} // namespace firth
