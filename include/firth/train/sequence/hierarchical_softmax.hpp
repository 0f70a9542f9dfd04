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

    explicit HierarchicalSoftmax(std::span<const std::uint64_t> counts)
        : nodes_(counts.empty() ? 0 : counts.size() - 1) {
        build(counts);
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
    /// Huffman's algorithm with two queues: leaves by rising count, the higher id first, and inner
    /// nodes, whose counts rise in the order in which they are made. Of a leaf and an inner node of
    /// the same count the inner node comes first.
    void build(std::span<const std::uint64_t> counts) {
        const std::size_t leaves = counts.size();
        std::vector<Id> by_count(leaves);
        std::iota(by_count.rbegin(), by_count.rend(), Id{0});
        std::stable_sort(by_count.begin(), by_count.end(),
                         [&](Id a, Id b) { return counts[a] < counts[b]; });
        // The tree's nodes: leaves by id, then inner nodes in the order in which they are made.
        std::vector<std::uint64_t> inner_counts;
        inner_counts.reserve(nodes_);
        std::vector<std::size_t> parent(leaves + nodes_);
        std::vector<bool> frequent_side(leaves + nodes_);
        std::size_t next_leaf = 0;
        std::size_t next_inner = 0;
        const auto take_smallest = [&](std::uint64_t& sum) {
            const bool leaf =
                next_leaf < leaves && (next_inner == inner_counts.size() ||
                                       counts[by_count[next_leaf]] < inner_counts[next_inner]);
            sum += leaf ? counts[by_count[next_leaf]] : inner_counts[next_inner];
            return leaf ? std::size_t{by_count[next_leaf++]} : leaves + next_inner++;
        };
        for (std::size_t node = 0; node < nodes_; ++node) {
            std::uint64_t sum = 0;
            const std::size_t smaller = take_smallest(sum);
            const std::size_t larger = take_smallest(sum);
            parent[smaller] = parent[larger] = leaves + node;
            frequent_side[larger] = true;
            inner_counts.push_back(sum);
        }

        path_ends_.assign(1, 0);
        path_ends_.reserve(leaves + 1);
        std::vector<Id> zeros;
        for (Id symbol = 0; symbol < leaves; ++symbol) {
            zeros.clear();
            const std::size_t begin = path_nodes_.size();
            for (std::size_t at = symbol; at + 1 != leaves + nodes_; at = parent[at]) {
                const Id row = static_cast<Id>(parent[at] - leaves);
                (frequent_side[at] ? path_nodes_ : zeros).push_back(row);
            }
            positives_.push_back(static_cast<std::uint32_t>(path_nodes_.size() - begin));
            path_nodes_.insert(path_nodes_.end(), zeros.begin(), zeros.end());
            path_ends_.push_back(path_nodes_.size());
            longest_ = (std::max)(longest_, path_nodes_.size() - begin);
        }
    }

    std::size_t nodes_;
    std::size_t longest_ = 0;
    std::vector<Id> path_nodes_;
    std::vector<std::size_t> path_ends_;
    std::vector<std::uint32_t> positives_;
};

static_assert(OutputSampler<HierarchicalSoftmax>);

} // namespace firth
