#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <firth/base/random.hpp>
#include <firth/table/id.hpp>

namespace firth {

/// Draws negative samples from the distribution count^power (0.75 in Mikolov et al. 2013,
/// section 2.2).
///
/// The draws lie ready on a tape: every id as often as its share of the tape, shuffled. Reading it
/// in order misses no cache, where word2vec.c's table of 10^8 entries misses at every draw.
class NegativeSampler {
public:
    NegativeSampler(std::span<const std::uint64_t> counts, double power, std::uint64_t seed)
        : tape_(tape_size(counts.size())) {
        std::vector<double> weights;
        weights.reserve(counts.size());
        double total = 0;
        for (const std::uint64_t count : counts) {
            weights.push_back(
                std::pow(static_cast<double>((std::max<std::uint64_t>)(1, count)), power));
            total += weights.back();
        }
        // Systematic sampling: entry i of the tape, before the shuffle, belongs to the id whose
        // stretch of the cumulative distribution holds (i + 0.5) / size.
        const double step = total / static_cast<double>(tape_.size());
        double reached = weights.empty() ? 0 : weights[0];
        std::size_t id = 0;
        for (std::size_t i = 0; i < tape_.size(); ++i) {
            while ((static_cast<double>(i) + 0.5) * step > reached && id + 1 < weights.size()) {
                reached += weights[++id];
            }
            tape_[i] = static_cast<Id>(id);
        }
        Random random(seed, 0x6E656761);
        shuffle(std::span(tape_), random);
    }

    /// A reader of the tape; cheap to make, one a stretch of work.
    class Reader {
    public:
        Reader(const NegativeSampler& sampler, Random& random)
            : tape_(sampler.tape_.data()), mask_(sampler.tape_.size() - 1), at_(random()) {}

        /// The next negative sample.
        Id operator()() noexcept { return tape_[at_++ & mask_]; }

    private:
        const Id* tape_;
        std::size_t mask_;
        std::size_t at_;
    };

    /// The number of draws on the tape, a power of two.
    [[nodiscard]] std::size_t size() const noexcept { return tape_.size(); }

private:
    /// Room for 32 draws of an average symbol; from 2^16, which cycles in L2, to 2^24 (64 MB).
    static std::size_t tape_size(std::size_t symbols) noexcept {
        return std::clamp(std::bit_ceil(32 * symbols), std::size_t{1} << 16, std::size_t{1} << 24);
    }

    std::vector<Id> tape_;
};

} // namespace firth
