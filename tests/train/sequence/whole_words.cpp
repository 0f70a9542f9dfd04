/// What a `SequenceTrainer` is composed of: losses, the rows of symbols, and compositions of a
/// user's own.

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include <firth/simd/distance.hpp>

#include "../support.hpp"

using namespace firth;
using test::bytes_of;
using test::grouped_corpus;

namespace {

/// The cost of a Huffman code, sum of count x length, by merging the two smallest again and again.
std::uint64_t huffman_cost(std::vector<std::uint64_t> counts) {
    std::multiset<std::uint64_t> heap(counts.begin(), counts.end());
    std::uint64_t cost = 0;
    while (heap.size() > 1) {
        const std::uint64_t a = *heap.begin();
        heap.erase(heap.begin());
        const std::uint64_t b = *heap.begin();
        heap.erase(heap.begin());
        cost += a + b;
        heap.insert(a + b);
    }
    return cost;
}

} // namespace

TEST_CASE("the tree of hierarchical softmax is a Huffman tree") {
    Random random(5);
    for (const std::size_t symbols : {1u, 2u, 3u, 10u, 1000u}) {
        std::vector<std::uint64_t> counts;
        for (std::size_t i = 0; i < symbols; ++i) {
            counts.push_back(1 + random.below(5000) * random.below(50));
        }
        const HierarchicalSoftmax tree(counts);
        REQUIRE(tree.output_rows() == symbols - 1);
        std::uint64_t cost = 0;
        std::size_t longest = 0;
        // Turns at nodes, as (node, label): no symbol's path may begin another's.
        std::set<std::set<std::pair<Id, bool>>> paths;
        std::vector<std::set<std::pair<Id, bool>>> all;
        for (Id symbol = 0; symbol < symbols; ++symbol) {
            const auto path = tree.path(symbol);
            std::set<std::pair<Id, bool>> turns;
            for (std::size_t i = 0; i < path.size(); ++i) {
                REQUIRE(path[i] < tree.output_rows());
                turns.emplace(path[i], i < tree.positives(symbol));
            }
            REQUIRE(turns.size() == path.size());
            REQUIRE((symbols == 1 ||
                     std::count(path.begin(), path.end(), static_cast<Id>(symbols - 2)) == 1));
            cost += counts[symbol] * path.size();
            longest = std::max(longest, path.size());
            REQUIRE(paths.insert(turns).second);
        }
        REQUIRE(longest == tree.max_outputs());
        REQUIRE(cost == huffman_cost(counts));
        // Probabilities of a tree sum to one, whatever the scores of its nodes.
        std::vector<double> up(symbols);
        for (double& p : up) {
            p = static_cast<double>(random.uniform());
        }
        double total = 0;
        for (Id symbol = 0; symbol < symbols; ++symbol) {
            double p = 1;
            for (std::size_t i = 0; i < tree.path(symbol).size(); ++i) {
                const Id node = tree.path(symbol)[i];
                p *= i < tree.positives(symbol) ? up[node] : 1 - up[node];
            }
            total += p;
        }
        REQUIRE(std::fabs(total - 1) < 1e-9);
    }
}

TEST_CASE("negatives are never the centre, and never twice in a window") {
    const std::vector<std::uint64_t> counts{1000, 500, 300, 5, 5, 5, 5};
    const NegativeSampling loss(counts, 5, 0.75, 1);
    Random random(1);
    NegativeSampling::Draw draw(loss, random);
    std::vector<Id> ids(loss.max_outputs());
    for (int i = 0; i < 10000; ++i) {
        const auto centre = static_cast<Id>(i % 7);
        const Outputs outputs = draw(centre, ids.data());
        REQUIRE(outputs.positives == 1);
        REQUIRE(outputs.count >= 2);
        REQUIRE(ids[0] == centre);
        REQUIRE(std::set<Id>(ids.begin(), ids.begin() + static_cast<long>(outputs.count)).size() ==
                outputs.count);
    }
}

TEST_CASE("rounds give the same bytes every time, for each number of threads") {
    const EncodedCorpus corpus = grouped_corpus(3000);
    for (const std::size_t threads : {2u, 3u, 5u}) {
        const Word2VecOptions options{.dim = 30,
                                      .sample = 0,
                                      .epochs = 2,
                                      .threads = threads,
                                      .deterministic = true,
                                      .seed = 5};
        const TrainedVectors first = train_sgns(corpus, options);
        for (int again = 0; again < 3; ++again) {
            const TrainedVectors second = train_sgns(corpus, options);
            REQUIRE(bytes_of(first.vectors.table()) == bytes_of(second.vectors.table()));
            REQUIRE(bytes_of(first.output) == bytes_of(second.output));
        }
    }
}

TEST_CASE("rows that several workers change take the sum of the changes") {
    EmbeddingTable<float> table(200, 20);
    EmbeddingTable<float> expected(200, 20);
    Random random(3);
    for (std::size_t i = 0; i < 200 * table.stride(); ++i) {
        table.data()[i] = expected.data()[i] = static_cast<float>(random.below(1000));
    }
    PrivateTable rounds(table, 3);
    for (int round = 0; round < 5; ++round) {
        std::vector<std::vector<Id>> ids(3);
        for (std::size_t w = 0; w < 3; ++w) {
            for (int i = 0; i < 60; ++i) {
                ids[w].push_back(random.below(200));
                rounds.rows(w).announce(ids[w].back());
            }
        }
        for (std::size_t w = 0; w < 3; ++w) {
            rounds.share(w);
        }
        for (std::size_t w = 0; w < 3; ++w) {
            PrivateTable::Rows rows = rounds.rows(w);
            for (const Id id : ids[w]) {
                const auto change = static_cast<float>(1 + random.below(10));
                rows.prefetch(id);
                rows.take(id)[w] += change;
                rows.take(id)[7] += change;
                expected[id][w] += change;
                expected[id][7] += change;
            }
        }
        for (std::size_t w = 0; w < 3; ++w) {
            rounds.merge(w);
        }
        REQUIRE(bytes_of(table) == bytes_of(expected)); // small whole numbers: exact
    }
}

TEST_CASE("rows are read and added to as they are taken", "[rounds]") {
    // Three words of a bitmap, so that parts of a round differ; rows 5 and 130 are shared.
    EmbeddingTable<float> table(192, 16);
    for (std::size_t row = 0; row < table.rows(); ++row) {
        for (float& value : table[row]) {
            value = static_cast<float>(row);
        }
    }
    AlignedBuffer<float> seen(table.stride());
    AlignedBuffer<float> change(table.stride());
    std::fill(change.begin(), change.end(), 2.0f);
    const auto read = [&](auto rows, Id id) {
        float* const row = rows.take(id);
        rows.mean({&row, 1}, seen.data());
        return seen[0];
    };
    const auto add = [&](auto rows, Id id) {
        float* const row = rows.take(id);
        rows.add(change.data(), {&row, 1});
    };
    SharedRows shared(table);
    float* const both[] = {shared.take(5), shared.take(8)};
    shared.mean(both, seen.data());
    REQUIRE(seen[7] == 6.5f);
    add(shared, 5);
    REQUIRE(read(shared, 5) == 7);
    REQUIRE(table[5][15] == 7);
    REQUIRE(read(shared, 6) == 6);

    PrivateTable rounds(table, 2);
    for (int round = 0; round < 3; ++round) {
        const float start = table[5][0];
        for (std::size_t w = 0; w < 2; ++w) {
            rounds.rows(w).announce(5);
            rounds.rows(w).announce(130);
            rounds.rows(w).announce(static_cast<Id>(70 + w));
        }
        rounds.share(0);
        rounds.share(1);
        // A worker sees its own changes alone.
        REQUIRE(read(rounds.rows(1), 130) == 130);
        add(rounds.rows(0), 5);
        add(rounds.rows(0), 5);
        REQUIRE(read(rounds.rows(0), 5) == start + 4);
        REQUIRE(read(rounds.rows(1), 5) == start);
        REQUIRE(table[5][0] == start);
        add(rounds.rows(1), 5);
        // A row that one worker has announced changes in place.
        const float before = table[71][3];
        add(rounds.rows(1), 71);
        REQUIRE(table[71][3] == before + 2);
        rounds.merge(0);
        rounds.merge(1);
        REQUIRE(table[5][0] == start + 6);
        REQUIRE(table[130][0] == 130);
    }
    // What was shared in one round is in place in the next, where one worker alone announces it.
    rounds.rows(1).announce(5);
    rounds.share(0);
    rounds.share(1);
    REQUIRE(rounds.rows(1).take(5) == table[5].data());
}

TEST_CASE("the sum of many changes is limited to twice their squares", "[rounds]") {
    // Changes of workers on one row, and what they come to: c times the same one goes as far as
    // two do, however many workers; two, and those at right angles, are added up in full.
    const auto merged = [](const std::vector<std::vector<float>>& changes) {
        EmbeddingTable<float> table(70, 16);
        table[65][0] = 1;
        PrivateTable rounds(table, changes.size());
        for (int round = 0; round < 2; ++round) {
            for (std::size_t w = 0; w < changes.size(); ++w) {
                rounds.rows(w).announce(65);
            }
            for (std::size_t w = 0; w < changes.size(); ++w) {
                rounds.share(w);
            }
            for (std::size_t w = 0; w < changes.size() && round == 0; ++w) {
                if (changes[w].empty()) continue; // announced, and not stepped on
                float* const row = rounds.rows(w).take(65);
                for (std::size_t i = 0; i < changes[w].size(); ++i) {
                    row[i] += changes[w][i];
                }
            }
            for (std::size_t w = 0; w < changes.size(); ++w) {
                rounds.merge(w);
            }
        }
        return std::vector<float>(table[65].begin(), table[65].begin() + 4);
    };
    using Changes = std::vector<std::vector<float>>;
    REQUIRE(merged(Changes(2, {4, 8})) == std::vector<float>{9, 16, 0, 0});
    REQUIRE(merged(Changes(3, {4, 8})) == std::vector<float>{9, 16, 0, 0});
    REQUIRE(merged(Changes(8, {4, 8})) == std::vector<float>{9, 16, 0, 0});
    REQUIRE(merged({{4}, {0, 4}, {0, 0, 4}, {0, 0, 0, 4}}) == std::vector<float>{5, 4, 4, 4});
    REQUIRE(merged({{4}, {}, {-4, 8}}) == std::vector<float>{1, 8, 0, 0});
    REQUIRE(merged({{}, {2, 2}, {}, {4, 4}}) == std::vector<float>{7, 6, 0, 0});
    // Squares 4 + 4 + 4 + 9, and of the sum 36 + 9.
    const auto three = merged({{2, 0}, {2, 0}, {2, 0}, {0, 3}});
    const float share = 2.0f * 21 / 45;
    REQUIRE(three[0] == Approx(1 + 6 * share));
    REQUIRE(three[1] == Approx(3 * share));
}

TEST_CASE("frozen rows keep their values while the others learn") {
    const EncodedCorpus corpus = grouped_corpus(2000);
    for (const bool deterministic : {false, true}) {
        std::vector<bool> frozen(corpus.vocabulary.size());
        frozen[3] = frozen[7] = true;
        auto trainer =
            make_word2vec(corpus.vocabulary.counts(),
                          {.dim = 20, .threads = 2, .deterministic = deterministic}, frozen);
        const EmbeddingTable<float> before = trainer.input();
        trainer.train(corpus.corpus);
        for (Id id = 0; id < frozen.size(); ++id) {
            const bool same =
                std::equal(before[id].begin(), before[id].end(), trainer.input()[id].begin());
            REQUIRE(same == frozen[id]);
        }
    }
}

namespace {

/// A composition of a user's own, in the manner of fastText and of PV-DM: a word's vector is the
/// mean of its row and of the row of its group, and every sentence has a row that is a context of
/// all its windows.
class GroupsAndSentences {
public:
    static constexpr std::size_t max_sentence_rows = 1;

    GroupsAndSentences(std::vector<Id> group_of, std::size_t groups, std::size_t sentences)
        : group_of_(std::move(group_of)), groups_(groups), sentences_(sentences) {}

    [[nodiscard]] std::size_t rows() const { return group_of_.size() + groups_ + sentences_; }
    [[nodiscard]] std::string settings() const { return "groups and sentences"; }

    template <RowAccess Rows>
    class Access {
    public:
        Access(const GroupsAndSentences& symbols, Rows rows, std::size_t max_span)
            : symbols_(&symbols), rows_(rows), vectors_(max_span * rows.stride()),
              entered_(vectors_), part_(rows.stride()), span_(max_span) {}

        void announce(const Sentence& sentence) {
            for (const Id id : sentence.ids) {
                rows_.announce(id);
                rows_.announce(group_row(id));
            }
            rows_.announce(sentence_row(sentence));
        }
        void begin(const Sentence& sentence) {
            ids_ = sentence.ids;
            row_ = rows_.take(sentence_row(sentence));
        }
        void prefetch(std::size_t) {}
        float* enter(std::size_t position) {
            float* const vector = vectors_.data() + position % span_ * rows_.stride();
            float* const entered = entered_.data() + position % span_ * rows_.stride();
            float* const rows[] = {rows_.take(ids_[position]),
                                   rows_.take(group_row(ids_[position]))};
            rows_.mean(rows, vector);
            std::copy_n(vector, rows_.stride(), entered);
            return vector;
        }
        void leave(std::size_t position) {
            const std::size_t place = position % span_ * rows_.stride();
            for (std::size_t i = 0; i < rows_.stride(); ++i) {
                part_[i] = vectors_[place + i] - entered_[place + i];
            }
            float* const rows[] = {rows_.take(ids_[position]),
                                   rows_.take(group_row(ids_[position]))};
            rows_.add(part_.data(), rows);
        }
        [[nodiscard]] std::span<float* const> sentence_rows() const { return {&row_, 1}; }

    private:
        [[nodiscard]] Id group_row(Id id) const {
            return static_cast<Id>(symbols_->group_of_.size()) + symbols_->group_of_[id];
        }
        [[nodiscard]] Id sentence_row(const Sentence& sentence) const {
            return static_cast<Id>(symbols_->group_of_.size() + symbols_->groups_ +
                                   sentence.number);
        }

        const GroupsAndSentences* symbols_;
        Rows rows_;
        std::span<const Id> ids_;
        float* row_ = nullptr;
        AlignedBuffer<float> vectors_;
        AlignedBuffer<float> entered_;
        AlignedBuffer<float> part_;
        std::size_t span_;
    };

private:
    std::vector<Id> group_of_;
    std::size_t groups_;
    std::size_t sentences_;
};

static_assert(SymbolComposition<GroupsAndSentences>);

/// The example of `SymbolComposition`.
struct Buckets {
    static constexpr std::size_t max_sentence_rows = 0;
    std::size_t buckets;
    std::size_t rows() const { return buckets; }
    std::string settings() const { return std::to_string(buckets) + " buckets"; }
    template <firth::RowAccess Rows>
    struct Access {
        Access(const Buckets& symbols, Rows table, std::size_t)
            : buckets(symbols.buckets), rows(table) {}
        void announce(const firth::Sentence& sentence) {
            for (const firth::Id id : sentence.ids)
                rows.announce(row(id));
        }
        void begin(const firth::Sentence& sentence) { ids = sentence.ids; }
        void prefetch(std::size_t position) { rows.prefetch(row(ids[position])); }
        float* enter(std::size_t position) { return rows.take(row(ids[position])); }
        void leave(std::size_t) {}
        std::span<float* const> sentence_rows() const { return {}; }
        firth::Id row(firth::Id id) const { return static_cast<firth::Id>(id % buckets); }
        std::size_t buckets;
        Rows rows;
        std::span<const firth::Id> ids;
    };
};
static_assert(SymbolComposition<Buckets>);

/// Without `leave`.
struct NoLeave : Buckets {
    template <RowAccess Rows>
    struct Access : Buckets::Access<Rows> {
        Access(const NoLeave& symbols, Rows rows, std::size_t span)
            : Buckets::Access<Rows>(symbols, rows, span) {}
        void leave(std::size_t) = delete;
    };
};
static_assert(!SymbolComposition<NoLeave>);

/// Rows without `add` are refused.
struct ReadOnlyRows : SharedRows {
    using SharedRows::SharedRows;
    void add(const float*, std::span<float* const>) const = delete;
};
static_assert(RowAccess<SharedRows> && RowAccess<PrivateTable::Rows>);
static_assert(!RowAccess<ReadOnlyRows>);

float row_cosine(const EmbeddingTable<float>& table, std::size_t a, std::size_t b) {
    return simd::cosine(table[a], table[b]);
}

} // namespace

TEST_CASE("a composition of a user's own learns in the same loop") {
    const EncodedCorpus corpus = grouped_corpus(3000);
    std::vector<Id> group_of;
    for (const std::string_view word : corpus.vocabulary.symbols()) {
        group_of.push_back(static_cast<Id>(word[1] - '0'));
    }
    const std::size_t sentences = corpus.corpus.view().sentences();
    const bool deterministic = GENERATE(false, true);
    SequenceTrainer trainer(
        corpus.vocabulary.counts(),
        {.dim = 20, .sample = 0, .epochs = 10, .threads = 2, .deterministic = deterministic},
        SkipGram{}, NegativeSampling(corpus.vocabulary.counts(), 5, 0.75, 1),
        GroupsAndSentences(group_of, 10, sentences));
    const TrainingStats stats = trainer.train(corpus.corpus);
    REQUIRE(stats.loss() < 0.9 * stats.epoch_loss.front());
    // Sentences about one group become alike.
    double same = 0;
    double other = 0;
    int same_pairs = 0;
    int other_pairs = 0;
    const std::size_t first = group_of.size() + 10;
    for (std::size_t a = 0; a < 100; ++a) {
        for (std::size_t b = 0; b < a; ++b) {
            const auto group = [&](std::size_t s) { return group_of[corpus.corpus.view()[s][0]]; };
            const auto cosine =
                static_cast<double>(row_cosine(trainer.input(), first + a, first + b));
            (group(a) == group(b) ? same : other) += cosine;
            ++(group(a) == group(b) ? same_pairs : other_pairs);
        }
    }
    REQUIRE(same / same_pairs > other / other_pairs + 0.3);
}

TEST_CASE("symbols may share rows") {
    const EncodedCorpus corpus = grouped_corpus(500);
    const auto& counts = corpus.vocabulary.counts();
    for (const bool deterministic : {false, true}) {
        SequenceTrainer trainer(
            counts,
            {.dim = 8, .sample = 0, .epochs = 2, .threads = 2, .deterministic = deterministic},
            Cbow(), NegativeSampling(counts, 3, 0.75, 1), Buckets{7});
        const TrainingStats stats = trainer.train(corpus.corpus);
        REQUIRE(trainer.input().rows() == 7);
        REQUIRE(stats.loss() < stats.epoch_loss.front());
    }
}
