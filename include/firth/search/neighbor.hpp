#pragma once

#include <concepts>
#include <type_traits>

#include <firth/base/number_bits.hpp>
#include <firth/table/id.hpp>

namespace firth {

/// A row that search found, and its score: larger is nearer.
struct Neighbor {
    Id id = no_id;
    float score = 0;

    friend bool operator==(const Neighbor&, const Neighbor&) = default;
};

/// The same with the row's label in its index.
template <class Label>
struct LabelledNeighbor {
    Label label{};
    float score = 0;

    friend bool operator==(const LabelledNeighbor&, const LabelledNeighbor&) = default;
};

/// What an index with such labels answers with. With ids as labels these are plain neighbours.
template <class Label>
using NeighborOf = std::conditional_t<std::same_as<Label, Id>, Neighbor, LabelledNeighbor<Label>>;

/// The id or the label of a neighbour.
[[nodiscard]] inline Id label_of(const Neighbor& neighbor) noexcept {
    return neighbor.id;
}
template <class Label>
[[nodiscard]] const Label& label_of(const LabelledNeighbor<Label>& neighbor) noexcept {
    return neighbor.label;
}

/// True where neighbour `a` ranks before `b`: by score, largest first, then by id or label,
/// smallest first; NaN comes last.
struct RanksBefore {
    template <class AnyNeighbor>
    [[nodiscard]] bool operator()(const AnyNeighbor& a, const AnyNeighbor& b) const {
        const bool a_is_nan = is_nan(a.score);
        const bool b_is_nan = is_nan(b.score);
        if (a_is_nan != b_is_nan) return b_is_nan;
        if (!a_is_nan && a.score != b.score) return a.score > b.score;
        return label_of(a) < label_of(b);
    }
};
inline constexpr RanksBefore ranks_before;

} // namespace firth
