#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <firth/base/random.hpp>
#include <firth/table/id.hpp>

namespace firth {

/// Leaves out frequent symbols at random. A symbol with share f of the corpus is kept with
/// probability min(1, sqrt(t / f) + t / f), t the `sample` threshold: the rule of word2vec.c (the
/// paper, Mikolov et al. 2013, equation 5, has no second term).
class Subsampler {
public:
    /// `sample` 0 keeps everything.
    Subsampler(std::span<const std::uint64_t> counts, double sample) {
        double total = 0;
        for (const std::uint64_t count : counts) {
            total += static_cast<double>(count);
        }
        thresholds_.reserve(counts.size());
        for (const std::uint64_t count : counts) {
            const double ratio = sample * total / static_cast<double>(count == 0 ? 1 : count);
            const double keep = sample == 0 ? 1.0 : (std::min)(1.0, std::sqrt(ratio) + ratio);
            thresholds_.push_back(static_cast<std::uint32_t>(keep * 4294967295.0));
        }
    }

    /// The probability that `id` is kept.
    [[nodiscard]] double keep_probability(Id id) const noexcept {
        return (static_cast<double>(thresholds_[id]) + 1.0) / 4294967296.0;
    }

    /// Decides for one occurrence of `id`, from 32 random bits.
    [[nodiscard]] bool keep(Id id, std::uint32_t bits) const noexcept {
        return bits <= thresholds_[id];
    }

private:
    std::vector<std::uint32_t> thresholds_;
};

} // namespace firth
