#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <firth/base/random.hpp>
#include <firth/simd/window_link.hpp>
#include <firth/table/id.hpp>
#include <firth/table/label_tree.hpp>
#include <firth/train/sequence/hierarchical_softmax.hpp>
#include <firth/train/sequence/negative_sampling.hpp>
#include <firth/train/sequence/output_sampler.hpp>

namespace firth {

/// Which output rows an example is scored against, and what scores cost: a policy of
/// `ExampleWorker`, shared by all workers.
///
/// - `Link` is the `simd::WindowLink`;
/// - `output_rows()` is how many rows the output table has, `max_outputs()` the most that one
///   example is scored against;
/// - `Draw`, made from the policy and a source of random numbers for each example, writes the rows
///   for one of the example's labels, drawn at random, to `ids`: all different, those with label 1
///   first. There may be none;
/// - `settings()` as in `WindowPrediction`.
template <class O>
concept LabelOutputs = simd::WindowLink<typename O::Link> &&
    std::constructible_from<typename O::Draw, const O&, Random&> &&
    requires(const O outputs, typename O::Draw draw, std::span<const Id> labels, Id label,
             Id* ids) {
    { outputs.output_rows() } -> std::same_as<std::size_t>;
    { outputs.max_outputs() } -> std::same_as<std::size_t>;
    { outputs.settings() } -> std::same_as<std::string>;
    { draw(labels, label, ids) } -> std::same_as<Outputs>;
};

/// All labels, which compete: a softmax. `LabelOutputs`.
struct CompetingLabels {
    using Link = simd::Softmax;

    std::size_t labels = 0;

    [[nodiscard]] std::size_t output_rows() const noexcept { return labels; }
    [[nodiscard]] std::size_t max_outputs() const noexcept { return labels; }
    [[nodiscard]] static std::string settings() { return "softmax"; }

    struct Draw {
        Draw(const CompetingLabels& outputs, Random&) noexcept : labels(outputs.labels) {}

        Outputs operator()(std::span<const Id>, Id label, Id* ids) const noexcept {
            *ids++ = label;
            for (Id other = 0; other < labels; ++other) {
                if (other != label) *ids++ = other;
            }
            return {labels, 1};
        }

        std::size_t labels;
    };
};

/// All labels, each with a probability of its own: one-vs-all. `LabelOutputs`.
struct IndependentLabels {
    using Link = simd::Logistic;

    std::size_t labels = 0;

    [[nodiscard]] std::size_t output_rows() const noexcept { return labels; }
    [[nodiscard]] std::size_t max_outputs() const noexcept { return labels; }
    [[nodiscard]] static std::string settings() { return "one-vs-all"; }

    struct Draw {
        Draw(const IndependentLabels& outputs, Random&) noexcept : labels(outputs.labels) {}

        Outputs operator()(std::span<const Id> own, Id, Id* ids) const noexcept {
            Id* const end = ids + labels;
            ids = std::copy(own.begin(), own.end(), ids);
            for (Id other = 0; ids != end; ++other) {
                if (std::find(own.begin(), own.end(), other) == own.end()) *ids++ = other;
            }
            return {labels, own.size()};
        }

        std::size_t labels;
    };
};

/// A label and a few others drawn at random: negative sampling, by the square root of their counts
/// as in fastText. `LabelOutputs`.
class SampledLabels {
public:
    using Link = simd::Logistic;

    SampledLabels(std::span<const std::uint64_t> counts, std::size_t negative, std::uint64_t seed)
        : sampling_(counts, negative, 0.5, seed) {}

    [[nodiscard]] std::size_t output_rows() const noexcept { return sampling_.output_rows(); }
    [[nodiscard]] std::size_t max_outputs() const noexcept { return sampling_.max_outputs(); }
    [[nodiscard]] std::string settings() const { return sampling_.settings(); }

    class Draw {
    public:
        Draw(const SampledLabels& outputs, Random& random) : draw_(outputs.sampling_, random) {}

        Outputs operator()(std::span<const Id>, Id label, Id* ids) { return draw_(label, ids); }

    private:
        NegativeSampling::Draw draw_;
    };

private:
    NegativeSampling sampling_;
};

/// The inner nodes on the way to a label: hierarchical softmax. `LabelOutputs`.
class LabelPaths {
public:
    using Link = simd::Logistic;

    explicit LabelPaths(std::span<const std::uint64_t> counts) : paths_(LabelTree(counts)) {}

    [[nodiscard]] std::size_t output_rows() const noexcept { return paths_.output_rows(); }
    [[nodiscard]] std::size_t max_outputs() const noexcept { return paths_.max_outputs(); }
    [[nodiscard]] static std::string settings() { return HierarchicalSoftmax::settings(); }

    class Draw {
    public:
        Draw(const LabelPaths& paths, Random& random) : draw_(paths.paths_, random) {}

        Outputs operator()(std::span<const Id>, Id label, Id* ids) const noexcept {
            return draw_(label, ids);
        }

    private:
        HierarchicalSoftmax::Draw draw_;
    };

private:
    HierarchicalSoftmax paths_;
};

static_assert(LabelOutputs<CompetingLabels> && LabelOutputs<IndependentLabels> &&
              LabelOutputs<SampledLabels> && LabelOutputs<LabelPaths>);

} // namespace firth
