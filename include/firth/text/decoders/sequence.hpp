#pragma once

#include <string>
#include <vector>

#include <firth/text/any_step.hpp>
#include <firth/text/decoder.hpp>

namespace firth {

/// A `Decoder`: several, one after another.
struct DecoderSequence {
    std::vector<AnyDecoder> steps;

    void operator()(std::vector<std::string>& tokens) const {
        for (const AnyDecoder& step : steps) {
            step(tokens);
        }
    }

    [[nodiscard]] std::string settings() const {
        std::string all = "sequence";
        for (const AnyDecoder& step : steps) {
            all += ", " + step.settings();
        }
        return all;
    }
};

static_assert(Decoder<DecoderSequence>);

} // namespace firth
