#include <firth/train/sequence/hierarchical_softmax.hpp>

#include <list>
#include <set>

#include "../support.hpp"

using namespace firth;

namespace {

/// (inner node, label) of a symbol's path.
using Code = std::set<std::pair<Id, bool>>;

/// Huffman codes by merging the two smallest of a list again and again; node 0 is merged first, and
/// the larger of the two has label 1. Counts and their sums must all differ.
std::vector<Code> naive_codes(const std::vector<std::uint64_t>& counts) {
    struct Tree {
        std::uint64_t count;
        std::vector<Id> symbols;
    };
    std::list<Tree> trees;
    for (Id id = 0; id < counts.size(); ++id) {
        trees.push_back({counts[id], {id}});
    }
    std::vector<Code> codes(counts.size());
    for (Id node = 0; node + 1 < counts.size(); ++node) {
        const auto less = [](const Tree& a, const Tree& b) { return a.count < b.count; };
        Tree merged{0, {}};
        for (const bool label : {false, true}) {
            const auto smallest = std::min_element(trees.begin(), trees.end(), less);
            merged.count += smallest->count;
            for (const Id id : smallest->symbols) {
                codes[id].emplace(node, label);
                merged.symbols.push_back(id);
            }
            trees.erase(smallest);
        }
        trees.push_back(merged);
    }
    return codes;
}

} // namespace

TEST_CASE("paths and labels are those of a Huffman tree made plainly", "[huffman]") {
    Random random(4);
    for (const std::size_t symbols : {2u, 3u, 7u, 60u}) {
        std::vector<std::uint64_t> counts;
        for (std::size_t i = 0; i < symbols; ++i) {
            counts.push_back(1 + (random() >> (24 + random.below(16)))); // no two sums are the same
        }
        const HierarchicalSoftmax tree(counts);
        const std::vector<Code> codes = naive_codes(counts);
        HierarchicalSoftmax::Draw draw(tree, random);
        for (Id id = 0; id < symbols; ++id) {
            const std::span<const Id> path = tree.path(id);
            Code code;
            for (std::size_t i = 0; i < path.size(); ++i) {
                code.emplace(path[i], i < tree.positives(id));
            }
            REQUIRE(code == codes[id]);
            // What a centre meets.
            std::vector<Id> ids(tree.max_outputs(), no_id);
            const Outputs outputs = draw(id, ids.data());
            REQUIRE(outputs.count == path.size());
            REQUIRE(outputs.positives == tree.positives(id));
            REQUIRE(std::equal(path.begin(), path.end(), ids.begin()));
        }
    }
}

TEST_CASE("trees of none and of one symbol have no nodes", "[huffman]") {
    for (const std::vector<std::uint64_t>& counts :
         {std::vector<std::uint64_t>{}, std::vector<std::uint64_t>{5}}) {
        const HierarchicalSoftmax tree(counts);
        REQUIRE(tree.output_rows() == 0);
        REQUIRE(tree.max_outputs() == 0);
    }
    REQUIRE(HierarchicalSoftmax(std::vector<std::uint64_t>{5}).path(0).empty());
}

TEST_CASE("equal counts merge inner nodes before leaves, the higher id first", "[huffman]") {
    // Two pairs, (3, 2) and (1, 0), then both; the later one is the larger side.
    const HierarchicalSoftmax tree(std::vector<std::uint64_t>{1, 1, 1, 1});
    REQUIRE(tree.max_outputs() == 2);
    const std::vector<std::vector<Id>> paths{{1, 2}, {2, 1}, {0, 2}, {0, 2}};
    const std::vector<std::size_t> positives{2, 1, 1, 0};
    for (Id id = 0; id < 4; ++id) {
        REQUIRE(std::vector<Id>(tree.path(id).begin(), tree.path(id).end()) == paths[id]);
        REQUIRE(tree.positives(id) == positives[id]);
    }
    // An inner node of the same count as a leaf comes first.
    const HierarchicalSoftmax three(std::vector<std::uint64_t>{2, 1, 1});
    REQUIRE(three.path(0).size() == 1);
    REQUIRE(three.positives(0) == 1);
}
