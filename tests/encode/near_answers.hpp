#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <string>

#include <firth/encode/classifier.hpp>

#include "../support/support.hpp"

namespace test {

/// Requires that two classifiers give the same three labels for each text, their probabilities
/// within 1e-5.
inline void require_near_answers(const firth::Classifier& first, const firth::Classifier& second,
                                 std::span<const std::string> texts) {
    for (const std::string& text : texts) {
        INFO(text);
        const auto expected = first.predict(text, 3);
        const auto found = second.predict(text, 3);
        REQUIRE(found.size() == expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            REQUIRE(found[i].label == expected[i].label);
            REQUIRE(std::fabs(found[i].probability - expected[i].probability) < 1e-5f);
        }
    }
}

} // namespace test
