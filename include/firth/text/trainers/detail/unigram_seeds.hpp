#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <firth/base/parallel.hpp>
#include <firth/text/detail/suffix_array.hpp>
#include <firth/text/trainers/detail/unigram_runs.hpp>

namespace firth::detail {

/// A piece that training begins with.
struct UnigramSeed {
    double value;          ///< its count, times its length
    std::uint32_t shorter; ///< the next shorter one that it begins with; none for characters
    std::uint32_t length;  ///< characters
    std::uint32_t place;   ///< where it stands in the text; none for characters
};

/// The pieces that training begins with, and where they stand. Of all that begin at a place only
/// the longest is kept there; the others are found from that.
struct UnigramSeeds {
    static constexpr std::uint32_t no_piece = ~std::uint32_t{0};

    std::vector<UnigramSeed> pieces;    ///< the characters by their symbols, then by falling value
    std::vector<std::uint32_t> longest; ///< of each place; `no_piece` at the end of a run
};

namespace unigram_seeds {

/// A stretch that is there several times: the suffixes that begin with it, by their ranks.
struct Repeat {
    double value;
    std::uint32_t begin;
    std::uint32_t end;
    std::uint32_t length;
    std::uint32_t piece;
};

using Repeats = std::vector<std::vector<Repeat>>; ///< by their first symbols

/// Those that are there twice or more. Those that others begin with come before these.
inline Repeats find_repeats(const UnigramRuns& runs, const SuffixArray& suffixes,
                            std::size_t threads) {
    std::vector<std::uint64_t> counts(runs.text.size());
    for (std::size_t run = 0; run < runs.size(); ++run) {
        std::fill(counts.begin() + runs.begins[run], counts.begin() + runs.begins[run + 1],
                  runs.counts[run]);
    }
    const auto places = suffixes.places();
    std::vector<std::uint64_t> before(places.size() + 1, 0); // of all suffixes before a rank
    for (std::size_t rank = 0; rank < places.size(); ++rank) {
        before[rank + 1] = before[rank] + counts[places[rank]];
    }
    Repeats repeats(suffixes.buckets());
    parallel_for(suffixes.buckets(), 1, threads, [&](std::size_t bucket, std::size_t) {
        std::vector<Repeat>& found = repeats[bucket];
        suffixes.for_each_repeat(
            bucket, [&](std::size_t length, std::size_t begin, std::size_t end) {
                const std::uint64_t count = before[end] - before[begin];
                if (count < 2) return;
                found.push_back({static_cast<double>(count) * static_cast<double>(length),
                                 static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end),
                                 static_cast<std::uint32_t>(length), UnigramSeeds::no_piece});
            });
        std::sort(found.begin(), found.end(), [](const Repeat& a, const Repeat& b) {
            return a.begin != b.begin ? a.begin < b.begin : a.length < b.length;
        });
    });
    return repeats;
}

/// The most valuable repeats, the best first, since those that are needed most shall lie together.
inline std::vector<Repeat*> best_of(Repeats& repeats, std::size_t most) {
    std::vector<Repeat*> best;
    for (std::vector<Repeat>& bucket : repeats) {
        for (Repeat& repeat : bucket) {
            best.push_back(&repeat);
        }
    }
    const auto is_better = [](const Repeat* a, const Repeat* b) {
        if (a->value != b->value) return a->value > b->value;
        return a->begin != b->begin ? a->begin < b->begin : a->length < b->length;
    };
    if (best.size() > most) {
        std::nth_element(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(most), best.end(),
                         is_better);
        best.resize(most);
    }
    std::sort(best.begin(), best.end(), is_better);
    return best;
}

} // namespace unigram_seeds

/// All characters, and the `most` other pieces of two to `longest` characters of which count times
/// length is greatest. Only pieces are looked at that are there twice or more and cannot be made
/// longer without being there less often; whole runs are among them, which SentencePiece finds only
/// where different characters follow them in the text.
[[nodiscard]] inline UnigramSeeds make_unigram_seeds(const UnigramRuns& runs, std::size_t most,
                                                     std::size_t longest, std::size_t threads) {
    const SuffixArray suffixes(runs.text, longest, threads);
    const auto places = suffixes.places();
    unigram_seeds::Repeats repeats = unigram_seeds::find_repeats(runs, suffixes, threads);
    const std::vector<unigram_seeds::Repeat*> best = unigram_seeds::best_of(repeats, most);

    UnigramSeeds seeds;
    seeds.pieces.reserve(runs.points.size() + best.size());
    for (const std::uint64_t count : runs.point_counts) {
        seeds.pieces.push_back(
            {static_cast<double>(count), UnigramSeeds::no_piece, 1, UnigramSeeds::no_piece});
    }
    for (unigram_seeds::Repeat* const repeat : best) {
        repeat->piece = static_cast<std::uint32_t>(seeds.pieces.size());
        seeds.pieces.push_back(
            {repeat->value, UnigramSeeds::no_piece, repeat->length, places[repeat->begin]});
    }

    seeds.longest.assign(runs.text.size(), UnigramSeeds::no_piece);
    parallel_for(suffixes.buckets(), 1, threads, [&](std::size_t bucket, std::size_t) {
        struct Open {
            std::uint32_t piece;
            std::size_t end;
        };
        // The pieces that the suffix of a rank begins with, the shortest first.
        std::vector<Open> open{{static_cast<std::uint32_t>(bucket), suffixes.bucket_end(bucket)}};
        auto next = repeats[bucket].begin();
        for (std::size_t rank = suffixes.bucket_begin(bucket); rank < suffixes.bucket_end(bucket);
             ++rank) {
            while (open.back().end <= rank) {
                open.pop_back();
            }
            for (; next != repeats[bucket].end() && next->begin == rank; ++next) {
                if (next->piece == UnigramSeeds::no_piece) continue;
                seeds.pieces[next->piece].shorter = open.back().piece;
                open.push_back({next->piece, next->end});
            }
            seeds.longest[places[rank]] = open.back().piece;
        }
    });
    return seeds;
}

} // namespace firth::detail
