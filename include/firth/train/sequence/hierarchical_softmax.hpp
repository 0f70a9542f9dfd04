#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <firth/base/random.hpp>
#include <firth/table/id.hpp>
#include <firth/table/label_tree.hpp>
#include <firth/train/sequence/output_sampler.hpp>

namespace firth {

/// Every symbol is a leaf of a Huffman tree over the counts, and its probability the product of the
/// turns on the way to it (Morin and Bengio 2005; Mikolov et al. 2013, equation 3). The outputs are
/// the inner nodes on the centre's path; label 1 where the path turns to the more frequent side.
/// The tree, its rows and its labels are those of fastText, and of word2vec.c but for the labels,
/// which are swapped there. An `OutputSampler`.
class HierarchicalSoftmax {
public:
    /// Output rows are inner nodes.
    static constexpr bool outputs_are_symbols = false;

    explicit HierarchicalSoftmax(std::span<const std::uint64_t> counts) {
        std::vector<Id> order(counts.size()); // by falling count, as the tree takes them
        std::iota(order.begin(), order.end(), Id{0});
        std::stable_sort(order.begin(), order.end(),
                         [&](Id a, Id b) { return counts[a] > counts[b]; });
        std::vector<std::uint64_t> falling;
        std::vector<Id> leaves(counts.size());
        for (const Id symbol : order) {
            leaves[symbol] = static_cast<Id>(falling.size());
            falling.push_back(counts[symbol]);
        }
        add_paths(LabelTree(falling), leaves);
    }

    /// Over the labels of a tree that is there.
    explicit HierarchicalSoftmax(const LabelTree& tree) {
        std::vector<Id> leaves(tree.labels());
        std::iota(leaves.begin(), leaves.end(), Id{0});
        add_paths(tree, leaves);
    }

    template <class Options>
    [[nodiscard]] static HierarchicalSoftmax make(std::span<const std::uint64_t> counts,
                                                  const Options&) {
        return HierarchicalSoftmax(counts);
    }

    /// The number of inner nodes, one less than there are symbols.
    [[nodiscard]] std::size_t output_rows() const noexcept { return nodes_; }

    /// The length of the longest path.
    [[nodiscard]] std::size_t max_outputs() const noexcept { return longest_; }

    /// The inner nodes on the path to a symbol, those that label it 1 first; the last node
    /// is the root.
    [[nodiscard]] std::span<const Id> path(Id symbol) const noexcept {
        return std::span(path_nodes_)
            .subspan(path_ends_[symbol], path_ends_[symbol + 1] - path_ends_[symbol]);
    }

    /// How many nodes of a symbol's path label it 1.
    [[nodiscard]] std::size_t positives(Id symbol) const noexcept { return positives_[symbol]; }

    [[nodiscard]] static std::string settings() { return "hierarchical softmax"; }

    class Draw {
    public:
        Draw(const HierarchicalSoftmax& tree, Random&) noexcept : tree_(&tree) {}

        Outputs operator()(Id centre, Id* ids) const noexcept {
            const std::span<const Id> path = tree_->path(centre);
            std::copy(path.begin(), path.end(), ids);
            return {path.size(), tree_->positives(centre)};
        }

    private:
        const HierarchicalSoftmax* tree_;
    };

private:
    /// `leaves`: by symbol, its label in the tree.
    void add_paths(const LabelTree& tree, std::span<const Id> leaves) {
        nodes_ = tree.rows();
        path_ends_.assign(1, 0);
        path_ends_.reserve(leaves.size() + 1);
        std::vector<Id> zeros;
        for (const Id leaf : leaves) {
            zeros.clear();
            const std::size_t begin = path_nodes_.size();
            tree.for_each_turn(leaf, [&](Id row, bool frequent_side) {
                (frequent_side ? path_nodes_ : zeros).push_back(row);
            });
            positives_.push_back(static_cast<std::uint32_t>(path_nodes_.size() - begin));
            path_nodes_.insert(path_nodes_.end(), zeros.begin(), zeros.end());
            path_ends_.push_back(path_nodes_.size());
            longest_ = (std::max)(longest_, path_nodes_.size() - begin);
        }
    }

    std::size_t nodes_ = 0;
    std::size_t longest_ = 0;
    std::vector<Id> path_nodes_;
    std::vector<std::size_t> path_ends_;
    std::vector<std::uint32_t> positives_;
};

static_assert(OutputSampler<HierarchicalSoftmax>);

} // namespace firth
