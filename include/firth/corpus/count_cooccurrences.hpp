#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <firth/base/array_store.hpp>
#include <firth/base/error.hpp>
#include <firth/base/messages.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/progress.hpp>
#include <firth/corpus/cooccurrence.hpp>
#include <firth/corpus/corpus.hpp>
#include <firth/table/id.hpp>

/// Counting as GloVe does (Pennington, Socher, Manning 2014, section 4.2): within a sentence, a
/// context at distance d of its symbol counts 1 / d.
///
/// Sums are kept as whole multiples of 1 / lcm(1, ..., window) in 64 bits, and rounded once. So
/// they depend neither on the number of threads nor on the memory allowed, and are exact for
/// windows of up to 24. Beyond that the unit stays 1 / lcm(1, ..., 24) = 1 / 5354228880, and
/// weights 1 / d are rounded to it: for d = 1000 that is off by 1e-7, about as far as float32
/// rounds.
namespace firth {

/// Which neighbours of a symbol are its contexts.
enum class ContextSides {
    both,
    right, ///< those after it: what GloVe's cooccur counts with -symmetric 0
    left,  ///< those before it
};

/// What a context at distance d counts.
enum class ContextWeight {
    inverse_distance, ///< 1 / d
    uniform,          ///< 1
};

struct CooccurrenceOptions {
    std::size_t window = 10; ///< contexts on either side, at most; 1 to `max_context_window`
    ContextSides sides = ContextSides::both;
    ContextWeight weight = ContextWeight::inverse_distance;
    /// Bytes, about: at most a quarter each for an index of the text and for the counts; the rest
    /// goes to temporary files.
    std::uint64_t memory = std::uint64_t{4} << 30;
    std::string folder{};    ///< of temporary files; empty: the system's own
    std::size_t threads = 0; ///< 0: all of the machine's
};

inline constexpr std::size_t max_context_window = 1000;

/// The largest window for which weights 1 / d are exact. A symbol may then be seen 4.6e8 times,
/// with the largest window 2.3e8 times.
inline constexpr std::size_t max_exact_window = 24;

/// Throws `OptionError`, naming the option and its range, for the first that is outside it.
inline void check_options(const CooccurrenceOptions& options) {
    using detail::require_option;
    require_option(options.window >= 1 && options.window <= max_context_window, "window",
                   options.window, "1 to ", max_context_window);
    require_option(options.memory >= (std::uint64_t{16} << 20), "memory",
                   std::to_string(options.memory) + " bytes", "at least 16 MB");
    static_cast<void>(resolve_threads(options.threads));
}

namespace detail {

/// Between the sentences of an indexed text.
inline constexpr Id sentence_edge = no_id;

/// A part of a corpus by its symbols: where each of them occurs, and what is around it.
class CentreIndex {
public:
    /// Indexes the centres [begin, end), with up to `window` ids of context around them.
    CentreIndex(const CorpusView& corpus, std::size_t begin, std::size_t end, std::size_t symbols,
                std::size_t window, std::size_t threads)
        : first_(begin - (std::min)(begin, window)),
          last_((std::min)(corpus.ids.size(), end + window)), begins_(symbols + 1) {
        const auto edges_begin =
            std::upper_bound(corpus.sentence_ends.begin(), corpus.sentence_ends.end(), first_);
        const auto edges_end = std::lower_bound(edges_begin, corpus.sentence_ends.end(), last_);
        // The first end of a sentence at `id` or after it, and the place in the stream where that
        // end, or the id, comes.
        const auto edge_from = [&](std::size_t id) {
            return std::lower_bound(edges_begin, edges_end, id);
        };
        const auto place = [&](std::size_t id) {
            return 1 + id - first_ + static_cast<std::size_t>(edge_from(id) - edges_begin);
        };
        stream_ = AlignedBuffer<Id>(place(last_) + 1);
        stream_[0] = stream_[stream_.size() - 1] = sentence_edge;
        centres_ = AlignedBuffer<std::uint32_t>(end - begin);

        // Each part is read twice in the same bounds: symbols are counted, then placed.
        const std::size_t parts = threads;
        std::vector<std::vector<std::uint32_t>> counts(parts);
        const auto bound = [&](std::size_t part) {
            return first_ + (last_ - first_) * part / parts;
        };
        const auto for_centres = [&](std::size_t part, auto&& visit) {
            std::size_t at = place(bound(part));
            auto edge = edge_from(bound(part));
            for (std::size_t i = bound(part); i < bound(part + 1); ++i, ++at) {
                for (; edge != edges_end && *edge <= i; ++edge) {
                    stream_[at++] = sentence_edge;
                }
                stream_[at] = corpus.ids[i];
                if (i >= begin && i < end) visit(corpus.ids[i], static_cast<std::uint32_t>(at));
            }
        };
        parallel_for(parts, 1, threads, [&](std::size_t part, std::size_t) {
            counts[part].resize(symbols);
            for_centres(part, [&](Id id, std::uint32_t) { ++counts[part][id]; });
        });
        std::size_t sum = 0;
        for (std::size_t id = 0; id < symbols; ++id) {
            begins_[id] = sum;
            for (std::vector<std::uint32_t>& count : counts) {
                sum += std::exchange(count[id], static_cast<std::uint32_t>(sum));
            }
        }
        begins_[symbols] = sum;
        parallel_for(parts, 1, threads, [&](std::size_t part, std::size_t) {
            for_centres(part, [&](Id id, std::uint32_t at) { centres_[counts[part][id]++] = at; });
        });
        corpus.release(first_, last_);
    }

    /// Where symbol `id` occurs, as places in `stream()`, ascending.
    [[nodiscard]] std::span<const std::uint32_t> operator[](Id id) const noexcept {
        return {centres_.data() + begins_[id], begins_[id + 1] - begins_[id]};
    }

    /// The ids, with `sentence_edge` before and after every sentence.
    [[nodiscard]] const Id* stream() const noexcept { return stream_.data(); }

private:
    std::size_t first_;
    std::size_t last_;
    AlignedBuffer<Id> stream_;
    AlignedBuffer<std::uint32_t> centres_;
    std::vector<std::size_t> begins_;
};

/// One row of counts while it is summed: dense, with a mark for every few columns of which one is
/// not zero.
class CountRow {
public:
    explicit CountRow(std::size_t symbols)
        : marks_(round_up(symbols, few * 8) / few), sums_(marks_.size() * few) {}

    /// Adds `units` > 0. No branch and no list: this is most of counting.
    void add(Id column, std::uint64_t units) noexcept {
        sums_[column] += units;
        marks_[column / few] = 1;
    }

    /// Calls `visit(column, units)` in ascending order of columns, and resets all sums to zero.
    template <class Visit>
    void take(Visit&& visit) {
        for (std::size_t first = 0; first < marks_.size(); first += 8) {
            std::uint64_t marked = 0;
            std::memcpy(&marked, &marks_[first], 8);
            if (marked == 0) continue;
            for (std::size_t mark = first; mark < first + 8; ++mark) {
                if (std::exchange(marks_[mark], 0) == 0) continue;
                for (std::size_t at = mark * few; at < (mark + 1) * few; ++at) {
                    const std::uint64_t units = std::exchange(sums_[at], 0);
                    if (units != 0) visit(static_cast<Id>(at), units);
                }
            }
        }
    }

private:
    static constexpr std::size_t few = 8;

    AlignedBuffer<unsigned char> marks_; ///< a byte for `few` columns
    AlignedBuffer<std::uint64_t> sums_;
};

/// A partial sum, in 12 bytes.
struct PartialCount {
    Id column;
    std::uint32_t low;
    std::uint32_t high;
};

/// Counts the contexts of symbols row by row.
class CooccurrenceCounter {
public:
    explicit CooccurrenceCounter(const CooccurrenceOptions& options) : options_(options) {
        const bool weighted = options.weight == ContextWeight::inverse_distance;
        for (std::uint64_t d = 1; weighted && d <= (std::min)(options.window, max_exact_window);
             ++d) {
            one_ = std::lcm(one_, d);
        }
        for (std::uint64_t d = 1; d <= options.window; ++d) {
            units_.push_back(weighted ? (one_ + d / 2) / d : 1);
        }
    }

    /// Throws `Error` where sums of a symbol seen `count` times might not fit 64 bits.
    void check(std::uint64_t count) const {
        const std::uint64_t most =
            2 * std::accumulate(units_.begin(), units_.end(), std::uint64_t{0});
        if (count > (std::numeric_limits<std::uint64_t>::max)() / most) {
            throw Error("a symbol was seen " + std::to_string(count) + " times, expected at most " +
                        std::to_string((std::numeric_limits<std::uint64_t>::max)() / most) +
                        " with window " + std::to_string(options_.window));
        }
    }

    [[nodiscard]] float rounded(std::uint64_t units) const noexcept {
        return static_cast<float>(static_cast<double>(units) / static_cast<double>(one_));
    }

    void count(const CentreIndex& index, Id symbol, CountRow& row) const {
        constexpr std::size_t lookahead = 8;
        const std::span<const std::uint32_t> centres = index[symbol];
        const bool right = options_.sides != ContextSides::left;
        const bool left = options_.sides != ContextSides::right;
        for (std::size_t i = 0; i < centres.size(); ++i) {
            if (i + lookahead < centres.size()) {
                const Id* const ahead = index.stream() + centres[i + lookahead];
                FIRTH_PREFETCH_READ(ahead - (std::min<std::size_t>)(units_.size(), centres[i]));
                FIRTH_PREFETCH_READ(ahead + units_.size());
            }
            const Id* const centre = index.stream() + centres[i];
            for (std::size_t d = 1; right && d <= units_.size(); ++d) {
                if (centre[d] == sentence_edge) break;
                row.add(centre[d], units_[d - 1]);
            }
            for (std::size_t d = 1; left && d <= units_.size(); ++d) {
                if (*(centre - d) == sentence_edge) break;
                row.add(*(centre - d), units_[d - 1]);
            }
        }
    }

private:
    CooccurrenceOptions options_;
    std::uint64_t one_ = 1;            ///< a count of 1, in units
    std::vector<std::uint64_t> units_; ///< by distance - 1
};

/// Ends of ranges of rows with about the same work.
inline std::vector<std::size_t> row_ranges(std::span<const std::uint64_t> work) {
    constexpr std::uint64_t enough = 1 << 15;
    std::vector<std::size_t> ends;
    std::uint64_t sum = 0;
    for (std::size_t row = 0; row < work.size(); ++row) {
        sum += work[row] + 16;
        if (sum < enough && row + 1 < work.size()) continue;
        ends.push_back(row + 1);
        sum = 0;
    }
    return ends;
}

} // namespace detail

/// Counts the contexts of every symbol of a corpus whose ids are below `symbols`. The result is the
/// same for any number of threads and any memory allowed.
///
/// O(ids * window). Memory beside the result: 8 bytes an id, or a part of that at a time, and 9
/// bytes a symbol a thread. The callback gets ids as units; returns no counts where it cancels.
/// Throws `OptionError`, `Error` for a corpus that is empty or does not fit `symbols`, and
/// `IoError` where temporary files cannot be written.
[[nodiscard]] inline CooccurrenceCounts count_cooccurrences(const CorpusView& corpus,
                                                            std::size_t symbols,
                                                            const CooccurrenceOptions& options = {},
                                                            const ProgressCallback& callback = {}) {
    using namespace detail;
    check_options(options);
    if (corpus.ids.empty()) throw Error("the corpus is empty, expected at least one sentence");
    const std::size_t threads = resolve_threads(options.threads);
    check_corpus(corpus, symbols, threads);
    const CooccurrenceCounter counter(options);

    const std::size_t piece = (std::min<std::uint64_t>)(options.memory / 4 / 8, 0xF0000000u);
    const std::size_t pieces = (corpus.ids.size() + piece - 1) / piece;
    const auto store =
        std::make_shared<ArrayStore<SparseEntry>>(symbols, options.memory / 4, options.folder);
    // What several pieces of the corpus add to a row.
    ArrayStore<PartialCount> partial(pieces == 1 ? 0 : pieces * symbols, options.memory / 8,
                                     options.folder);
    std::vector<std::uint64_t> seen(symbols);
    Progress progress;
    progress.total = corpus.ids.size();
    ProgressMeter meter(callback);
    std::atomic<bool> cancelled{false};

    const auto write_row = [&](CountRow& row, std::vector<SparseEntry>& values) {
        values.clear();
        row.take([&](Id column, std::uint64_t units) {
            values.push_back({column, counter.rounded(units)});
        });
    };
    for (std::size_t p = 0; p < pieces; ++p) {
        const std::size_t begin = p * piece;
        const std::size_t end = (std::min)(begin + piece, corpus.ids.size());
        const CentreIndex index(corpus, begin, end, symbols, options.window, threads);
        std::vector<std::uint64_t> work(symbols);
        for (Id id = 0; id < symbols; ++id) {
            work[id] = index[id].size();
            seen[id] += work[id];
            counter.check(seen[id]);
        }
        const std::vector<std::size_t> ranges = row_ranges(work);
        WorkQueue queue(ranges.size());
        std::atomic<std::uint64_t> done{begin};
        run_workers((std::min)(threads, ranges.size()), [&](std::size_t worker) {
            CountRow row(symbols);
            std::vector<SparseEntry> values;
            std::vector<PartialCount> parts;
            typename ArrayStore<SparseEntry>::Writer writer(*store);
            typename ArrayStore<PartialCount>::Writer part_writer(partial);
            while (const std::optional<std::size_t> range = queue.next()) {
                if (cancelled) return;
                for (std::size_t id = *range == 0 ? 0 : ranges[*range - 1]; id < ranges[*range];
                     ++id) {
                    counter.count(index, static_cast<Id>(id), row);
                    done.fetch_add(work[id], std::memory_order_relaxed);
                    if (pieces == 1) {
                        write_row(row, values);
                        writer.put(id, values);
                        continue;
                    }
                    parts.clear();
                    row.take([&](Id column, std::uint64_t units) {
                        parts.push_back({column, static_cast<std::uint32_t>(units),
                                         static_cast<std::uint32_t>(units >> 32)});
                    });
                    part_writer.put(p * symbols + id, parts);
                }
                if (worker != 0) continue;
                progress.done = done.load(std::memory_order_relaxed);
                if (!meter.report(progress)) cancelled = true;
            }
            writer.finish();
            part_writer.finish();
        });
        if (cancelled) return {};
    }
    if (pieces > 1) {
        partial.map();
        const std::vector<std::size_t> ranges = row_ranges(seen);
        WorkQueue queue(ranges.size());
        run_workers((std::min)(threads, ranges.size()), [&](std::size_t) {
            CountRow row(symbols);
            std::vector<SparseEntry> values;
            typename ArrayStore<SparseEntry>::Writer writer(*store);
            while (const std::optional<std::size_t> range = queue.next()) {
                for (std::size_t id = *range == 0 ? 0 : ranges[*range - 1]; id < ranges[*range];
                     ++id) {
                    for (std::size_t p = 0; p < pieces; ++p) {
                        for (const PartialCount& part : partial[p * symbols + id]) {
                            row.add(part.column, std::uint64_t{part.high} << 32 | part.low);
                        }
                        partial.release(p * symbols + id);
                    }
                    write_row(row, values);
                    writer.put(id, values);
                }
            }
            writer.finish();
        });
    }
    store->map();
    progress.done = progress.total;
    if (!meter.report(progress, true)) return {};
    return CooccurrenceCounts(store);
}

/// The same for an encoded corpus and all symbols of its vocabulary.
[[nodiscard]] inline CooccurrenceCounts count_cooccurrences(const EncodedCorpus& corpus,
                                                            const CooccurrenceOptions& options = {},
                                                            const ProgressCallback& callback = {}) {
    return count_cooccurrences(corpus.corpus.view(), corpus.vocabulary.size(), options, callback);
}

} // namespace firth
