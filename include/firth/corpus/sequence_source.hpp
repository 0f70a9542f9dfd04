#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/parallel.hpp>
#include <firth/corpus/corpus.hpp>
#include <firth/table/id.hpp>

namespace firth {

/// Numbered sentences of ids that learners go through, epoch after epoch, from several threads at
/// once: stored (`CorpusView`), or made whenever they are asked for, such as walks on a graph,
/// which then take no memory. Learners copy a source: keep large data outside of it.
///
/// - `sentences()` is how many there are;
/// - `sentence_end(i)` is the length of sentences 0 to i together, in constant time. Shares of the
///   work, the schedule and progress go by it. Where a length is not known before the sentence is
///   made, take an upper limit;
/// - `sentence(i, buffer)` gives the ids of sentence i, the same ones every time, and at most as
///   many as `sentence_end` leaves room for. They may lie in the buffer, which is the caller's, or
///   elsewhere, and are good until the next call with that buffer. Each share of the work (some
///   thousand ids) that a sentence reaches into asks for it anew;
/// - `settings()` names in one line what the sentences depend on: a checkpoint is resumed only by a
///   source with the same.
///
/// For new sentences in each epoch, number those of all epochs and train for one.
///
/// A complete example, walks around a ring that go one or two nodes at a time:
///
///     struct RingWalks {
///         firth::Id nodes;
///         std::size_t walks;
///         std::size_t sentences() const { return walks; }
///         std::uint64_t sentence_end(std::size_t i) const { return 20 * (i + 1); }
///         std::span<const firth::Id> sentence(std::size_t i, std::vector<firth::Id>& walk) const {
///             firth::Random random(1, i);
///             walk.assign(1, random.below(nodes));
///             while (walk.size() < 20) {
///                 walk.push_back((walk.back() + 1 + random.below(2)) % nodes);
///             }
///             return walk;
///         }
///         std::string settings() const { return "walks on a ring of " + std::to_string(nodes); }
///     };
template <class S>
concept SequenceSource = std::copy_constructible<S> &&
    requires(const S& source, std::size_t i, std::vector<Id>& buffer) {
    { source.sentences() } -> std::same_as<std::size_t>;
    { source.sentence_end(i) } -> std::same_as<std::uint64_t>;
    { source.sentence(i, buffer) } -> std::same_as<std::span<const Id>>;
    { source.settings() } -> std::same_as<std::string>;
};

static_assert(SequenceSource<CorpusView>);

namespace detail {

/// The place before sentence `i` of a source among all ids.
template <SequenceSource Source>
[[nodiscard]] std::uint64_t sentence_begin(const Source& source, std::size_t i) {
    return i == 0 ? 0 : source.sentence_end(i - 1);
}

/// The length of all sentences of a source together.
template <SequenceSource Source>
[[nodiscard]] std::uint64_t total_length(const Source& source) {
    return sentence_begin(source, source.sentences());
}

/// The first sentence from `from` on that ends at `place` or after it; one of them does. Cost:
/// O(log sentences).
template <SequenceSource Source>
[[nodiscard]] std::size_t first_sentence_to(const Source& source, std::uint64_t place,
                                            std::size_t from = 0) {
    std::size_t last = source.sentences() - 1;
    while (from < last) {
        const std::size_t middle = from + (last - from) / 2;
        if (source.sentence_end(middle) < place) {
            from = middle + 1;
        } else {
            last = middle;
        }
    }
    return from;
}

} // namespace detail

/// Reads a source on one thread and checks what it gives.
template <SequenceSource Source>
class SentenceReader {
public:
    /// Of a source that outlives the reader, with ids below `symbols`.
    SentenceReader(const Source& source, std::size_t symbols) noexcept
        : source_(&source), symbols_(symbols) {}

    /// Throws `Error` where ends fall. A corpus is checked with all its ids (`check_corpus`), and
    /// not again when it is read.
    void check_whole(std::size_t threads) const {
        if constexpr (std::same_as<Source, CorpusView>) {
            check_corpus(*source_, symbols_, threads);
        } else {
            std::uint64_t last = 0;
            for (std::size_t i = 0; i < source_->sentences(); ++i) {
                const std::uint64_t end = source_->sentence_end(i);
                if (end < last) {
                    fail(i, "ends at " + std::to_string(end), std::to_string(last) + " or more");
                }
                last = end;
            }
        }
    }

    /// Sentence `i`, good until the next call. Throws `Error` where it is too long or has an id too
    /// large.
    [[nodiscard]] std::span<const Id> operator()(std::size_t i) {
        const std::span<const Id> ids = source_->sentence(i, buffer_);
        if constexpr (!std::same_as<Source, CorpusView>) {
            const std::uint64_t room =
                source_->sentence_end(i) - detail::sentence_begin(*source_, i);
            if (ids.size() > room) {
                fail(i, "has " + std::to_string(ids.size()) + " ids",
                     "at most " + std::to_string(room));
            }
            for (const Id id : ids) {
                if (id >= symbols_) {
                    fail(i, "holds id " + std::to_string(id),
                         "ids below " + std::to_string(symbols_));
                }
            }
        }
        return ids;
    }

private:
    [[noreturn]] static void fail(std::size_t i, const std::string& found,
                                  const std::string& expected) {
        throw Error("sentence " + std::to_string(i) + " of the source " + found + ", expected " +
                    expected);
    }

    const Source* source_;
    std::size_t symbols_;
    std::vector<Id> buffer_;
};

/// How often each of the ids below `symbols` occurs in a source: the counts that learners take.
/// Goes through it once, on `threads` threads (0: all of the machine's). Memory: 8 bytes a symbol
/// and thread. Throws `Error` for a source that is not sound, and `OptionError` for too many
/// threads.
template <SequenceSource Source>
[[nodiscard]] std::vector<std::uint64_t> count_ids(const Source& source, std::size_t symbols,
                                                   std::size_t threads = 0) {
    threads = resolve_threads(threads);
    SentenceReader<Source>(source, symbols).check_whole(threads);
    std::vector<std::vector<std::uint64_t>> counts(threads);
    const std::size_t sentences = source.sentences();
    run_workers(threads, [&](std::size_t worker) {
        std::vector<std::uint64_t> own(symbols);
        SentenceReader<Source> read(source, symbols);
        for (std::size_t i = sentences * worker / threads; i < sentences * (worker + 1) / threads;
             ++i) {
            for (const Id id : read(i)) {
                ++own[id];
            }
        }
        counts[worker] = std::move(own);
    });
    for (std::size_t worker = 1; worker < threads; ++worker) {
        for (std::size_t id = 0; id < symbols; ++id) {
            counts[0][id] += counts[worker][id];
        }
    }
    return std::move(counts[0]);
}

} // namespace firth
