#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <firth/base/number_text.hpp>
#include <firth/base/random.hpp>
#include <firth/table/id.hpp>
#include <firth/train/sequence/negative_sampler.hpp>

namespace firth {

/// The output rows that one centre meets.
struct Outputs {
    std::size_t count = 0;
    std::size_t positives = 0; ///< this many, the first ones, have label 1
};

/// Which rows of the output table a centre is held against. A policy of `SequenceTrainer`, shared
/// by all workers; each makes itself a `Draw`, one a sentence, that fills in the rows' ids, all
/// different, and no more of them than `max_outputs()`. A centre may have no outputs at all.
/// `settings` as in `WindowPrediction`.
template <class L>
concept OutputLoss = std::constructible_from<typename L::Draw, const L&, Random&> &&
    requires(const L loss, typename L::Draw draw, Id centre, Id* ids) {
    { loss.output_rows() } -> std::same_as<std::size_t>;
    { loss.max_outputs() } -> std::same_as<std::size_t>;
    { loss.settings() } -> std::same_as<std::string>;
    { draw(centre, ids) } -> std::same_as<Outputs>;
};

/// The centre against a few other symbols drawn at random (Mikolov et al. 2013, equation 4), one
/// set a window, shared by all its contexts (Ji et al. 2016, pWord2Vec).
class NegativeSampling {
public:
    /// `negative` >= 1 samples a window, drawn by count^power.
    NegativeSampling(std::span<const std::uint64_t> counts, std::size_t negative, double power,
                     std::uint64_t seed)
        : sampler_(counts, power, seed), power_(power), negative_(negative),
          symbols_(counts.size()) {}

    [[nodiscard]] std::size_t output_rows() const noexcept { return symbols_; }
    [[nodiscard]] std::size_t max_outputs() const noexcept { return negative_ + 1; }

    [[nodiscard]] std::string settings() const {
        return std::to_string(negative_) + " negatives by count^" + float_text(power_);
    }

    class Draw {
    public:
        Draw(const NegativeSampling& loss, Random& random)
            : negatives_(loss.sampler_, random), negative_(loss.negative_) {}

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

static_assert(OutputLoss<NegativeSampling>);

} // namespace firth
