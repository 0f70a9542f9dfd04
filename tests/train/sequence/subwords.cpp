#include <firth/train/sequence/subwords.hpp>

#include <map>
#include <set>

#include <firth/train/run/private_rows.hpp>
#include <firth/train/sequence/sequence_trainer.hpp>

#include "../support.hpp"

using namespace firth;

namespace {

Vocabulary fruit() {
    Vocabulary vocabulary;
    vocabulary.add("apple", 10);
    vocabulary.add("apples", 4);
    vocabulary.add("</s>", 3);
    vocabulary.add("pear", 2);
    return vocabulary;
}

/// How often each bucket is touched.
std::map<std::uint32_t, std::uint64_t> touches(const Vocabulary& vocabulary,
                                               const SubwordOptions& options) {
    std::map<std::uint32_t, std::uint64_t> sums;
    for (Id id = 0; id < vocabulary.size(); ++id) {
        for_each_ngram(vocabulary[id], options, [&](std::string_view, std::uint32_t hash) {
            sums[hash % options.buckets] += vocabulary.count(id);
        });
    }
    return sums;
}

} // namespace

TEST_CASE("a word has its row and those of its n-grams, the most touched first") {
    const Vocabulary vocabulary = fruit();
    for (const std::uint32_t buckets : {1u, 5u, 2000000u}) {
        const SubwordOptions options{.min_length = 2, .max_length = 4, .buckets = buckets};
        const Subwords subwords(vocabulary, options);
        const std::map<std::uint32_t, std::uint64_t> sums = touches(vocabulary, options);
        const std::span<const std::uint32_t> used = subwords.buckets();
        REQUIRE(std::set<std::uint32_t>(used.begin(), used.end()).size() == sums.size());
        REQUIRE(subwords.rows() == vocabulary.size() + sums.size());
        for (std::size_t i = 1; i < used.size(); ++i) {
            const std::uint64_t before = sums.at(used[i - 1]);
            REQUIRE((before > sums.at(used[i]) ||
                     (before == sums.at(used[i]) && used[i - 1] < used[i])));
        }
        for (Id id = 0; id < vocabulary.size(); ++id) {
            std::vector<std::uint32_t> expected;
            for_each_ngram(vocabulary[id], options, [&](std::string_view, std::uint32_t hash) {
                expected.push_back(hash % buckets);
            });
            const std::span<const Id> rows = subwords.rows_of(id);
            REQUIRE(rows.size() == 1 + expected.size());
            REQUIRE(rows[0] == id);
            for (std::size_t i = 0; i < expected.size(); ++i) {
                REQUIRE(used[rows[i + 1] - vocabulary.size()] == expected[i]);
            }
        }
        REQUIRE(subwords.rows_of(2).size() == 1); // "</s>" has no n-grams
    }
    const Subwords subwords(fruit(), {3, 4, 100});
    REQUIRE(subwords.settings().starts_with("n-grams of 3 to 4 in 100 buckets, 0 of " +
                                            std::to_string(subwords.rows()) +
                                            " rows frozen, lists' checksum "));
}

TEST_CASE("a vector is the mean of its rows, and each takes what it learnt") {
    const Vocabulary vocabulary = fruit();
    const bool freeze = GENERATE(false, true);
    const bool rounds = GENERATE(false, true);
    // Three buckets: rows that stand in a word's list several times.
    Subwords subwords(vocabulary, {.min_length = 2, .max_length = 3, .buckets = 3});
    std::vector<bool> frozen(subwords.rows());
    if (freeze) {
        frozen[0] = frozen[vocabulary.size()] = true;
        subwords.freeze(frozen);
    }
    EmbeddingTable<float> table(subwords.rows(), 16);
    for (std::size_t row = 0; row < table.rows(); ++row) {
        table[row][0] = static_cast<float>(row + 1);
    }
    EmbeddingTable<float> expected = table;
    const auto check = [&](auto access) {
        const std::vector<Id> ids{0, 3};
        const Sentence sentence{ids, 0};
        access.begin(sentence);
        std::vector<float*> vectors;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            access.prefetch(i);
            vectors.push_back(access.enter(i));
            float sum = 0;
            for (const Id row : subwords.rows_of(ids[i])) {
                sum += table[row][0];
            }
            const auto count = static_cast<float>(subwords.rows_of(ids[i]).size());
            REQUIRE(std::fabs(vectors[i][0] - sum / count) < 1e-6f);
            REQUIRE(access.weight(i) == count);
        }
        REQUIRE(access.sentence_rows().empty());
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const float before = vectors[i][0];
            vectors[i][0] = before + 0.5f;
            vectors[i][5] = 2;
            const float change = vectors[i][0] - before;
            access.leave(i);
            for (const Id row : subwords.rows_of(ids[i])) {
                if (frozen[row]) continue;
                expected[row][0] += change;
                expected[row][5] += 2;
            }
        }
    };
    if (rounds) {
        PrivateTable shared(table, 1);
        Subwords::Access<PrivateTable::Rows> access(subwords, shared.rows(0), 2);
        const std::vector<Id> ids{0, 3};
        access.announce({ids, 0});
        shared.share(0);
        check(std::move(access));
        shared.merge(0);
    } else {
        check(Subwords::Access<SharedRows>(subwords, SharedRows(table), 2));
    }
    REQUIRE(test::bytes_of(table) == test::bytes_of(expected));
}

TEST_CASE("all rows of a sentence's words are announced") {
    const Vocabulary vocabulary = fruit();
    const Subwords subwords(vocabulary, {.min_length = 2, .max_length = 3, .buckets = 50});
    EmbeddingTable<float> table(subwords.rows(), 16);
    PrivateTable shared(table, 2);
    const std::vector<Id> ids{3};
    for (const std::size_t worker : {0u, 1u}) {
        Subwords::Access<PrivateTable::Rows>(subwords, shared.rows(worker), 1).announce({ids, 0});
    }
    shared.share(0);
    shared.share(1);
    const std::set<Id> of_pear(subwords.rows_of(3).begin(), subwords.rows_of(3).end());
    PrivateTable::Rows rows = shared.rows(1);
    for (Id row = 0; row < table.rows(); ++row) {
        // A row that both announced is a copy.
        REQUIRE((rows.take(row) != table[row].data()) == (of_pear.count(row) == 1));
    }
}

namespace {

/// Notes the weights of its contexts.
struct Weights {
    std::vector<std::vector<float>>* noted = nullptr;

    static constexpr float default_learning_rate = 0.5f;
    template <class Arch>
    void step(const simd::WindowRows& rows, float, float*) const {
        noted->emplace_back(rows.context_weights, rows.context_weights + rows.context_count);
    }
    [[nodiscard]] static double loss(const simd::WindowRows&, float, const float*) { return 0; }
    [[nodiscard]] static std::size_t scratch_size(std::size_t, std::size_t, std::size_t) {
        return 0;
    }
    [[nodiscard]] static std::size_t predictions(std::size_t contexts) { return contexts; }
    [[nodiscard]] static std::string settings() { return "weights"; }
};

} // namespace

TEST_CASE("contexts count as many times as they have rows") {
    const EncodedCorpus corpus = encode_sequences(
        std::vector<std::vector<std::string>>{{"a", "bananas", "kiwi"}}, {.min_count = 1});
    const Subwords subwords(corpus.vocabulary, {});
    std::vector<std::vector<float>> noted;
    const std::vector<std::uint64_t> counts(corpus.vocabulary.counts().begin(),
                                            corpus.vocabulary.counts().end());
    SequenceTrainer trainer(counts,
                            {.dim = 16,
                             .window = 2,
                             .window_size = WindowSize::fixed,
                             .sample = 0,
                             .epochs = 1,
                             .threads = 1},
                            Weights{&noted}, NegativeSampling(counts, 1, 0.75, 1), subwords);
    trainer.train(corpus.corpus);
    const auto rows = [&](const char* word) {
        return static_cast<float>(subwords.rows_of(*corpus.vocabulary.find(word)).size());
    };
    REQUIRE(noted == std::vector<std::vector<float>>{{rows("bananas"), rows("kiwi")},
                                                     {rows("a"), rows("kiwi")},
                                                     {rows("a"), rows("bananas")}});
    REQUIRE(rows("a") == 2);
    REQUIRE(rows("bananas") == 1 + 7 + 6 + 5 + 4);
}
