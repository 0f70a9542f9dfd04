#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <firth/table/id.hpp>
#include <firth/text/any_step.hpp>
#include <firth/text/sentence_piece.hpp>
#include <firth/text/tokenizers/bpe.hpp>
#include <firth/text/tokenizers/unigram.hpp>

namespace firth::detail {

/// True where U+2581 stands behind another character.
[[nodiscard]] inline bool holds_later_space(std::string_view token) noexcept {
    const std::size_t last = token.rfind(space_mark);
    if (last == token.npos) return false;
    for (std::size_t at = 0; at < last; at += space_mark.size()) {
        if (!token.substr(at).starts_with(space_mark)) return true;
    }
    return false;
}

/// True where the tokens of a text are those of its parts, cut before each run of U+2581, so that
/// the parts may be found, and kept, one by one: no token goes on behind such a cut, U+2581 is
/// known, so that unknown characters on both sides are no neighbours, none vanishes between two
/// runs, and no part is taken whole where merges would not lead to it.
[[nodiscard]] inline bool splits_at_spaces(const AnyModel& model) {
    if (const auto* const unigram = model.get_if<UnigramModel>())
        return unigram->splits_at_spaces();
    const auto* const bpe = model.get_if<Bpe>();
    if (bpe == nullptr || bpe->options().bytes || !bpe->options().continuing_prefix.empty() ||
        !bpe->options().end_suffix.empty() || bpe->options().ignore_merges ||
        bpe->options().unknown.empty() || !bpe->find(space_mark))
        return false;
    bool splits = true;
    bpe->merges().for_each([&](Id, Id, std::uint32_t rank) {
        splits &= !holds_later_space(bpe->token(bpe->merged(rank)));
    });
    return splits;
}

} // namespace firth::detail
