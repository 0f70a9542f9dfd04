#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <firth/table/id.hpp>
#include <firth/text/tokenizers/bpe.hpp>

namespace firth {

/// The merges of a model in the order of their ranks.
[[nodiscard]] inline std::vector<Bpe::Rule> bpe_merges(const Bpe& model) {
    std::vector<Bpe::Rule> rules;
    std::vector<std::pair<std::uint32_t, Bpe::Rule>> ranked;
    ranked.reserve(model.merges().size());
    model.merges().for_each([&](Id left, Id right, std::uint32_t rank) {
        ranked.push_back({rank, {left, right, model.merged(rank)}});
    });
    std::sort(ranked.begin(), ranked.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    rules.reserve(ranked.size());
    for (const auto& [rank, rule] : ranked) {
        rules.push_back(rule);
    }
    return rules;
}

} // namespace firth
