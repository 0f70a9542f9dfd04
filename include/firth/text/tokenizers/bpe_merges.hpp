#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/table/id.hpp>
#include <firth/text/tokenizers/bpe.hpp>

namespace firth {

/// What is left of a token's bytes when they are merged by ranks below its own, in a model of
/// bytes: two tokens where its own merge is the last, more where no merges lead to it.
inline void unmerge(const Bpe& ranks, Id token, std::vector<Id>& parts) {
    parts.clear();
    const std::string_view bytes = ranks.token(token);
    for (const char& byte : bytes) {
        parts.push_back(ranks.tokens().find(std::string_view(&byte, 1)));
    }
    for (;;) {
        std::uint32_t best = MergeTable::no_rank;
        std::size_t at = 0;
        for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
            if (parts[i] == no_id || parts[i + 1] == no_id) continue;
            const std::uint32_t rank = ranks.merges().find(parts[i], parts[i + 1]);
            if (rank >= best || ranks.merged(rank) >= token) continue;
            best = rank;
            at = i;
        }
        if (best == MergeTable::no_rank) return;
        parts[at] = ranks.merged(best);
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
}

/// The merges of a model in the order of their ranks.
///
/// In a model of ranks any neighbours merge that join to a token. But the two by which its own
/// bytes come to it are the only ones that ever do: whatever stands around them, the merges within
/// these bytes are of lower ranks and happen in the same order, since one across their ends would
/// have taken a part of them away. So a merge a token says the same; a token that no merges lead to
/// is only found as a whole piece.
[[nodiscard]] inline std::vector<Bpe::Rule> bpe_merges(const Bpe& model) {
    std::vector<Bpe::Rule> rules;
    if (model.by_ranks()) {
        std::vector<Id> parts;
        for (Id token = 0; token < model.size(); ++token) {
            if (model.token(token).size() < 2) continue;
            unmerge(model, token, parts);
            if (parts.size() == 2 && parts[0] != no_id && parts[1] != no_id) {
                rules.push_back({parts[0], parts[1], token});
            }
        }
        return rules;
    }
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
