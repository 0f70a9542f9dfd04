#pragma once

/// Needs Eigen 3 (header-only), and is therefore in no umbrella header: include it by its name.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/array_store.hpp>
#include <firth/base/error.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/progress.hpp>
#include <firth/corpus/cooccurrence.hpp>
#include <firth/math/transposed.hpp>
#include <firth/math/truncated_svd.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/table/word_vectors.hpp>
#include <firth/train/counts/association.hpp>
#include <firth/train/counts/lsa_options.hpp>
#include <firth/train/run/trained_vectors.hpp>

/// Vectors from counts without steps: weigh the counts, and take the first singular vectors
/// (Deerwester et al. 1990; Levy, Goldberg, Dagan 2015).
namespace firth {

/// Weighs counts. O(counts). Throws `IoError` where a temporary file cannot be written.
template <Association A>
[[nodiscard]] CooccurrenceCounts weighed(const CooccurrenceCounts& counts, const A& association,
                                         const LsaOptions& options = {}) {
    const std::size_t symbols = counts.rows();
    const std::size_t threads = resolve_threads(options.threads);
    std::vector<double> rows(symbols);
    // Each over every sixteenth row: whatever the number of threads, the same sums.
    std::vector<std::vector<double>> parts(16);
    parallel_for(parts.size(), 1, threads, [&](std::size_t part, std::size_t) {
        parts[part].resize(symbols);
        for (std::size_t row = part; row < symbols; row += parts.size()) {
            for (const SparseEntry& entry : counts[static_cast<Id>(row)]) {
                rows[row] += static_cast<double>(entry.value);
                parts[part][entry.column] += static_cast<double>(entry.value);
            }
            counts.release(static_cast<Id>(row));
        }
    });
    std::vector<double> columns(symbols);
    double total = 0;
    for (std::size_t column = 0; column < symbols; ++column) {
        for (const std::vector<double>& part : parts) {
            columns[column] += part[column];
        }
        columns[column] = std::pow(columns[column], association.smoothing);
        total += columns[column];
    }
    parts.clear();
    const auto store =
        std::make_shared<ArrayStore<SparseEntry>>(symbols, options.memory, options.folder);
    constexpr std::size_t grain = 64;
    WorkQueue queue((symbols + grain - 1) / grain);
    run_workers(threads, [&](std::size_t) {
        ArrayStore<SparseEntry>::Writer writer(*store);
        std::vector<SparseEntry> values;
        while (const std::optional<std::size_t> part = queue.next()) {
            for (std::size_t row = *part * grain; row < (std::min)(symbols, (*part + 1) * grain);
                 ++row) {
                values.clear();
                for (const SparseEntry& entry : counts[static_cast<Id>(row)]) {
                    const auto weight = static_cast<float>(
                        association.weight({entry.value, rows[row], columns[entry.column], total}));
                    if (weight != 0) values.push_back({entry.column, weight});
                }
                counts.release(static_cast<Id>(row));
                writer.put(row, values);
            }
        }
        writer.finish();
    });
    store->map();
    return CooccurrenceCounts(store);
}

/// Weighs counts and decomposes them; gives each symbol of the vocabulary the vector that
/// `options.vectors` chooses. The callback gets passes over the counts as units; `stats.converged`
/// says whether they stand. Throws
/// `OptionError`, `IoError`, and `Error` where counts and vocabulary differ in size, or where no
/// pair has a weight.
template <Association A = PositivePmi>
[[nodiscard]] TrainedVectors train_lsa(const Vocabulary& vocabulary, CooccurrenceCounts counts,
                                       const LsaOptions& options = {}, const A& association = {},
                                       const ProgressCallback& callback = {}) {
    check_options(options);
    check_counts(counts, vocabulary.size());
    detail::require_option(options.dim <= vocabulary.size(), "dim", options.dim, "at most ",
                           vocabulary.size(), ", the size of the vocabulary");
    const Stopwatch watch;
    const CooccurrenceCounts matrix = weighed(counts, association, options);
    counts = CooccurrenceCounts();
    if (matrix.size() == 0) throw Error("no pair of symbols has a weight: nothing can be learnt");
    ProgressMeter meter(callback);
    const std::optional<TruncatedSvd> found =
        truncated_svd(matrix, transposed(matrix, options.memory, options.folder, options.threads),
                      {.rank = options.dim,
                       .max_directions = options.max_directions,
                       .threads = options.threads,
                       .seed = options.seed,
                       .after_pass = [&](std::size_t done, std::size_t total) {
                           Progress progress;
                           progress.done = done;
                           progress.total = total;
                           return meter.report(progress, true);
                       }});
    TrainedVectors result;
    result.stats.seconds = watch.seconds();
    result.stats.cancelled = !found;
    if (!found) return result;
    result.stats.converged = found->converged;
    EmbeddingTable<float> words = found->left;
    EmbeddingTable<float> contexts = found->right;
    for (std::size_t row = 0; row < words.rows(); ++row) {
        for (std::size_t i = 0; i < options.dim; ++i) {
            const auto scale = static_cast<float>(
                std::pow(static_cast<double>(found->values[i]), options.value_power));
            words[row][i] *= scale;
            contexts[row][i] *= scale;
        }
    }
    result.vectors =
        WordVectors<float>(vocabulary, choose_vectors(std::move(words), contexts, options.vectors));
    result.output = std::move(contexts);
    return result;
}

} // namespace firth
