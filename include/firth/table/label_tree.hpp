#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <firth/table/id.hpp>

namespace firth {

/// The Huffman tree of hierarchical softmax over labels (Mikolov et al. 2013, section 2.1), as
/// fastText 0.9.2 builds it, down to how ties are broken, so that its files can be read. Labels are
/// leaves, each inner node has an output row, and a label's probability is the product of the turns
/// on the way to it. Inner nodes are numbered as they are made: children come before their parent,
/// and the root is the last.
class LabelTree {
public:
    LabelTree() = default;

    /// `counts` by label, which should fall; any are taken. O(labels).
    explicit LabelTree(std::span<const std::uint64_t> counts) : labels_(counts.size()) {
        if (labels_ == 0) return;
        const std::size_t nodes = 2 * labels_ - 1;
        // A node that is not made yet is larger than any.
        constexpr std::uint64_t not_made = (std::numeric_limits<std::uint64_t>::max)();
        std::vector<std::uint64_t> sums(nodes, not_made);
        std::transform(counts.begin(), counts.end(), sums.begin(),
                       [](std::uint64_t count) { return (std::min)(count, not_made - 1); });
        parents_.resize(nodes, no_id);
        second_.resize(nodes, false);
        children_.resize(2 * (labels_ - 1));
        std::size_t leaves_left = labels_;
        std::size_t next_inner = labels_;
        const auto take_smallest = [&] {
            const bool leaf = leaves_left > 0 && sums[leaves_left - 1] < sums[next_inner];
            return static_cast<Id>(leaf ? --leaves_left : next_inner++);
        };
        for (std::size_t node = labels_; node < nodes; ++node) {
            const Id first = take_smallest();
            const Id second = take_smallest();
            sums[node] = sums[first] + sums[second];
            parents_[first] = parents_[second] = static_cast<Id>(node);
            second_[second] = true;
            children_[2 * (node - labels_)] = first;
            children_[2 * (node - labels_) + 1] = second;
        }
    }

    [[nodiscard]] std::size_t labels() const noexcept { return labels_; }

    /// The number of inner nodes, one less than there are labels: rows of the output table.
    [[nodiscard]] std::size_t rows() const noexcept { return children_.size() / 2; }

    /// Calls `use(row, turn)` for each inner node from a label to the root; `turn` is 1 where the
    /// way goes to the node's second child.
    template <class Use>
    void for_each_turn(Id label, Use&& use) const {
        for (Id at = label; parents_[at] != no_id; at = parents_[at]) {
            use(static_cast<Id>(parents_[at] - labels_), second_[at]);
        }
    }

    /// A child of inner node `row`: a label where it is below labels(), else that of inner node
    /// child - labels().
    [[nodiscard]] Id child(Id row, bool second) const noexcept {
        return children_[2 * std::size_t{row} + second];
    }

private:
    std::size_t labels_ = 0;
    std::vector<Id> parents_;  ///< of labels, then of inner nodes; the root has none
    std::vector<bool> second_; ///< a node is its parent's second child
    std::vector<Id> children_; ///< two an inner node
};

} // namespace firth
