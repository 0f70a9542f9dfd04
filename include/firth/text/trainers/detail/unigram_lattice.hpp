#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/error.hpp>
#include <firth/base/parallel.hpp>
#include <firth/base/utf8.hpp>
#include <firth/text/trainers/detail/unigram_runs.hpp>
#include <firth/text/trainers/detail/unigram_seeds.hpp>

namespace firth::detail {

/// The logarithmic derivative of the gamma function at x > 0: the recurrence up to 7, then the
/// asymptotic series (Bernardo 1976, algorithm AS 103). Within 1e-12 or so.
[[nodiscard]] inline double digamma(double x) noexcept {
    double result = 0;
    for (; x < 7; ++x) {
        result -= 1 / x;
    }
    const double y = 1 / (x * x);
    return result + std::log(x) - 0.5 / x -
           y * (1.0 / 12 - y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y / 132))));
}

/// What an expectation step finds.
struct UnigramExpectation {
    std::vector<double> counts; ///< how often each piece is expected
    double log_likelihood = 0;  ///< of all runs, as often as they are there
};

/// A text with all pieces that stand in it, and their probabilities: what a Unigram model is
/// trained on (Kudo 2018, section 3.2).
///
/// Of all pieces that begin at a place only the longest is kept there; each piece knows the next
/// shorter one that begins like it, down to a single character. So a lattice takes 4 bytes a
/// character of the different words, and no search. Characters always stay, as what is unknown
/// where they were removed.
///
/// Expected counts are added up as whole numbers of a small fraction, counts of best ways as whole
/// numbers, likelihoods in blocks: results are the same for any number of threads.
class UnigramLattice {
public:
    static constexpr std::uint32_t no_piece = UnigramSeeds::no_piece;

    /// Pieces with probabilities as their values are. `runs` must outlive it.
    UnigramLattice(const UnigramRuns& runs, UnigramSeeds seeds, std::size_t threads)
        : runs_(runs), threads_(threads),
          blocks_(runs.size() / runs_a_block + (runs.size() % runs_a_block != 0)),
          longest_(std::move(seeds.longest)) {
        double sum = 0;
        for (const UnigramSeed& seed : seeds.pieces) {
            sum += seed.value;
        }
        std::vector<bool> removed;
        pieces_.reserve(seeds.pieces.size());
        for (const UnigramSeed& seed : seeds.pieces) {
            removed.push_back(seed.value <= 0);
            const double score = removed.back() ? 0 : std::log(seed.value / sum);
            pieces_.push_back({score, 0, seed.shorter, seed.length, seed.place});
            longest_piece_ = (std::max)(longest_piece_, std::size_t{seed.length});
        }
        removed_.assign(pieces_.size(), false);
        remove(removed);
    }

    /// All pieces, those that were removed but stay as characters among them.
    [[nodiscard]] std::size_t entries() const noexcept { return pieces_.size(); }
    [[nodiscard]] std::size_t characters() const noexcept { return runs_.points.size(); }
    /// Pieces that were not removed.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    [[nodiscard]] bool removed(std::size_t piece) const noexcept { return removed_[piece]; }
    [[nodiscard]] double score(std::size_t piece) const noexcept { return pieces_[piece].score; }
    [[nodiscard]] std::size_t length(std::size_t piece) const noexcept {
        return pieces_[piece].length;
    }
    /// The least score of a piece that was not removed.
    [[nodiscard]] double least_score() const noexcept { return least_score_; }

    [[nodiscard]] std::string text(std::size_t piece) const {
        std::string text;
        for (std::size_t i = 0; i < pieces_[piece].length; ++i) {
            const std::uint32_t symbol = pieces_[piece].place == no_piece
                                             ? static_cast<std::uint32_t>(piece + 1)
                                             : runs_.text[pieces_[piece].place + i];
            append_utf8(text, runs_.points[symbol - 1]);
        }
        return text;
    }

    /// How often each piece is expected, under the scores as they are: the sums over all ways to
    /// cut each run, forward and backward.
    [[nodiscard]] UnigramExpectation expect() const {
        // No piece is expected more often than there are characters.
        const int bits = 62 - static_cast<int>(std::bit_width(runs_.characters));
        const double unit = std::ldexp(1.0, bits);
        std::vector<std::vector<std::int64_t>> sums(threads_);
        std::vector<double> likelihoods(blocks_, 0.0);
        WorkQueue queue(blocks_);
        run_workers(threads_, [&](std::size_t worker) {
            sums[worker].assign(pieces_.size(), 0);
            Scratch scratch;
            while (const auto block = queue.next()) {
                double likelihood = 0;
                for_each_run(*block, [&](std::size_t begin, std::size_t size, std::size_t run) {
                    const auto count = static_cast<double>(runs_.counts[run]);
                    likelihood +=
                        count * add_run(begin, size, count * unit, sums[worker].data(), scratch);
                });
                likelihoods[*block] = likelihood;
            }
        });
        UnigramExpectation result;
        result.counts.resize(pieces_.size());
        parallel_for(pieces_.size(), 1 << 14, threads_, [&](std::size_t begin, std::size_t end) {
            for (std::size_t piece = begin; piece < end; ++piece) {
                std::int64_t sum = 0;
                for (const auto& each : sums) {
                    sum += each[piece];
                }
                result.counts[piece] = std::ldexp(static_cast<double>(sum), -bits);
            }
        });
        for (const double each : likelihoods) {
            result.log_likelihood += each;
        }
        return result;
    }

    /// Makes of expected counts the scores of pieces: log(c) - log(sum), where for log stands the
    /// digamma function if `sparse`, which favours few pieces (Liang and Klein 2007, "Structured
    /// Bayesian nonparametric models"). Pieces that are expected less than `least` times are
    /// removed.
    void maximize(const std::vector<double>& counts, double least, bool sparse) {
        double sum = 0;
        std::vector<bool> removed(pieces_.size(), false);
        for (std::size_t piece = 0; piece < pieces_.size(); ++piece) {
            removed[piece] = removed_[piece] || counts[piece] < least || counts[piece] <= 0;
            if (!removed[piece]) sum += counts[piece];
        }
        const double log_sum = sparse ? digamma(sum) : std::log(sum);
        for (std::size_t piece = 0; piece < pieces_.size(); ++piece) {
            if (removed[piece]) continue;
            pieces_[piece].score =
                (sparse ? digamma(counts[piece]) : std::log(counts[piece])) - log_sum;
        }
        remove(removed);
    }

    /// Removes the pieces that the likelihood needs least, until `target` are left: those in no
    /// run's best way, and then those whose place their own next best way takes with the least
    /// loss. Pieces without another way stay.
    void prune(std::size_t target) {
        const std::vector<std::uint64_t> counts = count_best();
        double sum = 0;
        for (const std::uint64_t count : counts) {
            sum += static_cast<double>(count);
        }
        constexpr double none = -1; // the loss of what goes, and of what stays
        const double never = (std::numeric_limits<double>::max)();
        std::vector<double> losses(pieces_.size(), none);
        parallel_for(pieces_.size(), 1 << 10, threads_, [&](std::size_t begin, std::size_t end) {
            Scratch scratch;
            for (std::size_t piece = begin; piece < end; ++piece) {
                if (removed_[piece] || counts[piece] == 0) continue;
                if (pieces_[piece].length == 1) {
                    losses[piece] = never;
                    continue;
                }
                if (find_other_way(piece, scratch) > pieces_[piece].score) continue;
                const auto count = static_cast<double>(counts[piece]);
                const auto parts = static_cast<double>(scratch.way.size());
                const double log_sum = std::log(sum + count * (parts - 1));
                double other = 0;
                bool is_unknown = false;
                for (const std::uint32_t part : scratch.way) {
                    is_unknown = is_unknown || removed_[part];
                    other += std::log(static_cast<double>(counts[part]) + count) - log_sum;
                }
                const double loss = count * (std::log(count) - std::log(sum) - other);
                losses[piece] = is_unknown ? never : (std::max)(0.0, loss);
            }
        });
        std::vector<std::uint32_t> order;
        for (std::size_t piece = 0; piece < pieces_.size(); ++piece) {
            if (losses[piece] >= 0) order.push_back(static_cast<std::uint32_t>(piece));
        }
        const auto must_stay =
            static_cast<std::size_t>(std::count(losses.begin(), losses.end(), never));
        target = (std::max)(target, must_stay);
        if (order.size() > target) {
            const auto last = order.begin() + static_cast<std::ptrdiff_t>(target);
            std::nth_element(order.begin(), last, order.end(), [&](auto a, auto b) {
                return losses[a] != losses[b] ? losses[a] > losses[b] : a < b;
            });
            order.resize(target);
        }
        std::vector<bool> removed(pieces_.size(), true);
        for (const std::uint32_t piece : order) {
            removed[piece] = false;
        }
        remove(removed);
    }

    /// False for a piece that is never made, since its own text is likelier as several.
    [[nodiscard]] bool reachable(std::size_t piece) const {
        if (pieces_[piece].length == 1) return true;
        Scratch scratch;
        return find_other_way(piece, scratch) <= pieces_[piece].score;
    }

private:
    static constexpr std::size_t runs_a_block = 1024;
    /// Runs of so many characters need no scaling.
    static constexpr std::size_t scale_free = 8;
    /// Sums are multiplied by 2^256 where they become smaller than 2^-256. A character's
    /// probability is above 2^-100, so that none vanishes before.
    static constexpr int scale_bits = 256;
    static constexpr double least_sum = 0x1p-256;
    static constexpr double scale = 0x1p256;

    struct Piece {
        double score;
        double probability;
        std::uint32_t shorter; ///< the next shorter piece that it begins with
        std::uint32_t length;  ///< characters
        std::uint32_t place;   ///< where it stands in the text; `no_piece` for characters
    };

    struct Scratch {
        std::vector<double> forward;
        std::vector<double> backward;
        std::vector<int> scales; ///< how often the sums up to a place were multiplied
        std::vector<std::uint32_t> before;
        std::vector<std::uint32_t> way; ///< pieces, from the last to the first
    };

    template <class OnRun>
    void for_each_run(std::size_t block, OnRun&& on_run) const {
        const std::size_t end = (std::min)(runs_.size(), (block + 1) * runs_a_block);
        for (std::size_t run = block * runs_a_block; run < end; ++run) {
            const std::size_t begin = runs_.begins[run];
            on_run(begin, runs_.begins[run + 1] - begin - 1, run);
        }
    }

    /// Adds what a run makes expected, times `weight`, to `sums`; returns the logarithm of its
    /// probability.
    double add_run(std::size_t begin, std::size_t size, double weight, std::int64_t* sums,
                   Scratch& scratch) const {
        const Piece* const pieces = pieces_.data();
        const std::uint32_t* const longest = longest_.data() + begin;
        scratch.forward.assign(size + 1, 0.0);
        double* const forward = scratch.forward.data();
        forward[0] = 1;
        int scaled = 0;
        if (size > scale_free) scratch.scales.resize(size + 1);
        for (std::size_t at = 0; at < size; ++at) {
            if (size > scale_free) {
                if (forward[at] < least_sum) {
                    const std::size_t last = (std::min)(size, at + longest_piece_);
                    for (std::size_t i = at; i <= last; ++i) {
                        forward[i] *= scale;
                    }
                    ++scaled;
                }
                scratch.scales[at] = scaled;
            }
            const double sum = forward[at];
            for (std::uint32_t id = longest[at]; id != no_piece; id = pieces[id].shorter) {
                forward[at + pieces[id].length] += sum * pieces[id].probability;
            }
        }
        scratch.backward.resize(size + 1);
        double* const backward = scratch.backward.data();
        backward[size] = 1;
        const double whole = forward[size];
        int scaled_back = 0;
        const double factor = weight / whole;
        for (std::size_t at = size; at-- != 0;) {
            double share = forward[at] * factor;
            if (size > scale_free) {
                share = std::ldexp(share, scale_bits * (scaled - scratch.scales[at] - scaled_back));
            }
            double sum = 0;
            for (std::uint32_t id = longest[at]; id != no_piece; id = pieces[id].shorter) {
                const double rest = pieces[id].probability * backward[at + pieces[id].length];
                sum += rest;
                sums[id] += static_cast<std::int64_t>(share * rest + 0.5);
            }
            backward[at] = sum;
            if (size > scale_free && sum < least_sum) {
                const std::size_t last = (std::min)(size, at + longest_piece_);
                for (std::size_t i = at; i <= last; ++i) {
                    backward[i] *= scale;
                }
                ++scaled_back;
            }
        }
        return std::log(whole) - scaled * (scale_bits * 0.69314718055994530942);
    }

    /// The score of the best way to cut the `size` symbols at `begin`, without the piece
    /// `not_this`.
    double find_best(std::size_t begin, std::size_t size, std::uint32_t not_this,
                     Scratch& scratch) const {
        const double unreached = -(std::numeric_limits<double>::max)();
        scratch.forward.assign(size + 1, unreached);
        scratch.before.resize(size + 1);
        double* const best = scratch.forward.data();
        best[0] = 0;
        for (std::size_t at = 0; at < size; ++at) {
            for (std::uint32_t id = longest_[begin + at]; id != no_piece;
                 id = pieces_[id].shorter) {
                const std::size_t end = at + pieces_[id].length;
                if (end > size || id == not_this) continue;
                const double sum = best[at] + pieces_[id].score;
                if (sum > best[end]) {
                    best[end] = sum;
                    scratch.before[end] = id;
                }
            }
        }
        scratch.way.clear();
        for (std::size_t end = size; end != 0; end -= pieces_[scratch.before[end]].length) {
            scratch.way.push_back(scratch.before[end]);
        }
        return best[size];
    }

    /// The score of the best way to cut a piece's text into others, which is left in `scratch`.
    double find_other_way(std::size_t piece, Scratch& scratch) const {
        return find_best(pieces_[piece].place, pieces_[piece].length,
                         static_cast<std::uint32_t>(piece), scratch);
    }

    /// How often each piece is in the best ways to cut the runs.
    [[nodiscard]] std::vector<std::uint64_t> count_best() const {
        std::vector<std::vector<std::uint64_t>> counts(threads_);
        WorkQueue queue(blocks_);
        run_workers(threads_, [&](std::size_t worker) {
            counts[worker].assign(pieces_.size(), 0);
            Scratch scratch;
            while (const auto block = queue.next()) {
                for_each_run(*block, [&](std::size_t begin, std::size_t size, std::size_t run) {
                    find_best(begin, size, no_piece, scratch);
                    for (const std::uint32_t piece : scratch.way) {
                        counts[worker][piece] += runs_.counts[run];
                    }
                });
            }
        });
        for (std::size_t worker = 1; worker < threads_; ++worker) {
            for (std::size_t piece = 0; piece < pieces_.size(); ++piece) {
                counts[0][piece] += counts[worker][piece];
            }
        }
        return std::move(counts[0]);
    }

    /// Takes pieces out of the lattice; characters among them become unknown.
    void remove(const std::vector<bool>& removed) {
        std::vector<std::uint32_t> stays(pieces_.size()); // the longest that stays, for each piece
        std::vector<std::uint32_t> order(pieces_.size());
        std::uint32_t kept = 0;
        for (std::size_t piece = 0; piece < pieces_.size(); ++piece) {
            if (piece < characters() || !removed[piece]) order[piece] = kept++;
        }
        const auto is_kept = [&](std::uint32_t piece) {
            return piece < characters() || !removed[piece];
        };
        for (std::size_t piece = 0; piece < pieces_.size(); ++piece) {
            auto at = static_cast<std::uint32_t>(piece);
            while (!is_kept(at)) {
                at = pieces_[at].shorter;
            }
            stays[piece] = order[at];
        }
        size_ = 0;
        least_score_ = 0;
        for (std::size_t piece = 0; piece < pieces_.size(); ++piece) {
            if (!is_kept(static_cast<std::uint32_t>(piece))) continue;
            Piece& to = pieces_[order[piece]];
            to = pieces_[piece];
            if (to.shorter != no_piece) to.shorter = stays[to.shorter];
            removed_[order[piece]] = removed[piece];
            if (removed[piece]) continue;
            ++size_;
            least_score_ = (std::min)(least_score_, to.score);
        }
        pieces_.resize(kept);
        removed_.resize(kept);
        for (std::size_t piece = 0; piece < kept; ++piece) {
            if (removed_[piece]) pieces_[piece].score = least_score_ - 10;
            pieces_[piece].probability = std::exp(pieces_[piece].score);
        }
        if (kept == stays.size()) return;
        parallel_for(longest_.size(), 1 << 16, threads_, [&](std::size_t begin, std::size_t end) {
            for (std::size_t at = begin; at < end; ++at) {
                if (longest_[at] != no_piece) longest_[at] = stays[longest_[at]];
            }
        });
    }

    const UnigramRuns& runs_;
    std::size_t threads_;
    std::size_t blocks_;
    std::size_t longest_piece_ = 1;
    std::vector<Piece> pieces_; ///< the characters first, by their symbols
    std::vector<bool> removed_;
    std::vector<std::uint32_t> longest_; ///< the longest piece that begins at each place
    std::size_t size_ = 0;
    double least_score_ = 0;
};

} // namespace firth::detail
