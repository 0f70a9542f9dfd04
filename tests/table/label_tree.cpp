#include <firth/table/label_tree.hpp>

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <firth/table/bucket_lookup.hpp>
#include <firth/table/bucket_rows.hpp>
#include <firth/table/text_ngrams.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

using Turns = std::vector<std::pair<Id, bool>>;

Turns turns_of(const LabelTree& tree, Id label) {
    Turns turns;
    tree.for_each_turn(label, [&](Id row, bool turn) { turns.emplace_back(row, turn); });
    return turns;
}

} // namespace

TEST_CASE("a label's turns, by hand") {
    // 2 + 3 = node 0, 4 + 5 = node 1, and of two nines the inner node comes first.
    const std::vector<std::uint64_t> counts{9, 4, 3, 2};
    const LabelTree tree(counts);
    REQUIRE(tree.rows() == 3);
    CHECK(turns_of(tree, 3) == Turns{{0, false}, {1, true}, {2, false}});
    CHECK(turns_of(tree, 2) == Turns{{0, true}, {1, true}, {2, false}});
    CHECK(turns_of(tree, 1) == Turns{{1, false}, {2, false}});
    CHECK(turns_of(tree, 0) == Turns{{2, true}});
    CHECK(tree.child(2, false) == 4 + 1);
    CHECK(tree.child(2, true) == 0);
}

TEST_CASE("of equal counts an inner node is taken before a label, and of labels the last") {
    const std::vector<std::uint64_t> counts{2, 1, 1};
    const LabelTree tree(counts);
    CHECK(turns_of(tree, 2) == Turns{{0, false}, {1, false}});
    CHECK(turns_of(tree, 1) == Turns{{0, true}, {1, false}});
    CHECK(turns_of(tree, 0) == Turns{{1, true}});
}

TEST_CASE("trees of no label and of one have no rows") {
    CHECK(LabelTree(std::vector<std::uint64_t>{}).rows() == 0);
    const LabelTree one(std::vector<std::uint64_t>{7});
    CHECK(one.rows() == 0);
    CHECK(turns_of(one, 0).empty());
}

TEST_CASE("n-grams of words: each start, then each length, and hashes are signed") {
    std::vector<std::uint32_t> found;
    const std::vector<std::uint32_t> words{5, 0xFFFFFFFFu, 7};
    const auto collect = [&](std::uint32_t bucket) { found.push_back(bucket); };
    for_each_word_ngram(words, 3, 1000, collect);
    const auto joined = [](std::uint64_t hash, std::int64_t word) {
        return hash * 116049371u + static_cast<std::uint64_t>(word);
    };
    const std::uint64_t first = joined(5, -1);
    CHECK(found == std::vector<std::uint32_t>{
                       static_cast<std::uint32_t>(first % 1000),
                       static_cast<std::uint32_t>(joined(first, 7) % 1000),
                       static_cast<std::uint32_t>(joined(~std::uint64_t{0}, 7) % 1000)});
    found.clear();
    for_each_word_ngram(words, 1, 1000, collect);
    CHECK(found.empty());
}

TEST_CASE("a lookup finds what a search finds") {
    for (const std::uint32_t buckets : {1u, 64u, 65u, 1000u}) {
        Random random(buckets);
        std::vector<std::uint32_t> used;
        for (std::uint32_t bucket = 0; bucket < buckets; ++bucket) {
            if (random.below(3) == 0 || bucket + 1 == buckets) used.push_back(bucket);
        }
        AlignedBuffer<std::uint32_t> list(used.size());
        std::copy(used.begin(), used.end(), list.data());
        const BucketRows rows(std::move(list), buckets);
        const BucketLookup lookup(rows.used(), rows.buckets());
        for (std::uint32_t bucket = 0; bucket < buckets; ++bucket) {
            CHECK(lookup.find(bucket) == rows.find(bucket).value_or(no_id));
        }
        // Stored groups, and such that name rows of a larger table.
        AlignedBuffer<BucketLookup::Group> groups(lookup.groups().size());
        std::copy(lookup.groups().begin(), lookup.groups().end(), groups.data());
        const BucketLookup smaller(groups, rows.size() - 1);
        CHECK(smaller == lookup);
        for (std::uint32_t bucket = 0; bucket < buckets; ++bucket) {
            const Id row = lookup.find(bucket);
            CHECK(smaller.find(bucket) == (row + 1 == rows.size() ? no_id : row));
        }
    }
}

TEST_CASE("labels of any counts are in the tree") {
    constexpr std::uint64_t most = (std::numeric_limits<std::uint64_t>::max)();
    for (std::size_t labels = 1; labels < 6; ++labels) {
        const LabelTree tree(std::vector<std::uint64_t>(labels, most));
        std::vector<std::size_t> seen(2 * labels - 1);
        for (Id row = 0; row < tree.rows(); ++row) {
            for (const bool second : {false, true}) {
                REQUIRE(tree.child(row, second) < labels + row);
                ++seen[tree.child(row, second)];
            }
        }
        for (std::size_t node = 0; node + 1 < seen.size(); ++node) {
            REQUIRE(seen[node] == 1);
        }
    }
}
