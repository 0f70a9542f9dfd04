#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/text/any_step.hpp>
#include <firth/text/normalized_text.hpp>

namespace firth {

/// A `Normalizer`: several, each on what the one before made. What is made stands for bytes of the
/// first one's text.
class NormalizerSequence {
public:
    explicit NormalizerSequence(std::vector<AnyNormalizer> steps) : steps_(std::move(steps)) {}

    [[nodiscard]] const std::vector<AnyNormalizer>& steps() const noexcept { return steps_; }

    void operator()(std::string_view text, NormalizedText& to) const {
        if (steps_.size() == 1) return steps_[0](text, to);
        NormalizedText before(to.keeps_sources());
        before.append_unchanged(text, 0, text.size());
        for (const AnyNormalizer& step : steps_) {
            NormalizedText after(to.keeps_sources());
            step(before.bytes(), after);
            after.look_through(before);
            std::swap(before, after);
        }
        to.append_all(before);
    }

    [[nodiscard]] std::string settings() const {
        std::string all = "sequence";
        for (const AnyNormalizer& step : steps_) {
            all += ", " + step.settings();
        }
        return all;
    }

private:
    std::vector<AnyNormalizer> steps_;
};

static_assert(Normalizer<NormalizerSequence>);

} // namespace firth
