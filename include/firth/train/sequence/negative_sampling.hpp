#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <firth/base/number_text.hpp>
#include <firth/base/random.hpp>
#include <firth/table/id.hpp>
#include <firth/train/sequence/negative_sampler.hpp>
#include <firth/train/sequence/output_sampler.hpp>

namespace firth {

/// The centre, label 1, and a few other symbols drawn at random, label 0 (Mikolov et al. 2013,
/// equation 4): one set a window, shared by all its contexts (Ji et al. 2016, pWord2Vec). An
/// `OutputSampler`.
class NegativeSampling {
public:
    /// Each symbol has an output row.
    static constexpr bool outputs_are_symbols = true;

    /// `negative` >= 1 samples a window, drawn by count^power.
    NegativeSampling(std::span<const std::uint64_t> counts, std::size_t negative, double power,
                     std::uint64_t seed)
        : sampler_(counts, power, seed), power_(power), negative_(negative),
          symbols_(counts.size()) {}

    /// Reads `negative`, `negative_power` and `seed` of the options.
    template <class Options>
    [[nodiscard]] static NegativeSampling make(std::span<const std::uint64_t> counts,
                                               const Options& options) {
        return {counts, options.negative, options.negative_power, options.seed};
    }

    [[nodiscard]] std::size_t output_rows() const noexcept { return symbols_; }
    [[nodiscard]] std::size_t max_outputs() const noexcept { return negative_ + 1; }

    [[nodiscard]] std::string settings() const {
        return std::to_string(negative_) + " negatives by count^" + float_text(power_);
    }

    class Draw {
    public:
        Draw(const NegativeSampling& sampling, Random& random)
            : negatives_(sampling.sampler_, random), negative_(sampling.negative_) {}

        /// Draws that repeat a row are drawn again, a limited number of times: a small vocabulary
        /// may have no others.
        Outputs operator()(Id centre, Id* ids) {
            ids[0] = centre;
            std::size_t count = 1;
            for (std::size_t tries = 0; count <= negative_ && tries < 4 * negative_; ++tries) {
                const Id id = negatives_();
                if (std::find(ids, ids + count, id) == ids + count) ids[count++] = id;
            }
            return {count, 1};
        }

    private:
        NegativeSampler::Reader negatives_;
        std::size_t negative_;
    };

private:
    NegativeSampler sampler_;
    double power_;
    std::size_t negative_;
    std::size_t symbols_;
};

static_assert(OutputSampler<NegativeSampling>);

} // namespace firth
