#include <firth/table/relabel.hpp>
#include <firth/table/subword.hpp>
#include <firth/table/subword_vectors.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <vector>

#include <firth/base/fold_case.hpp>
#include <firth/base/random.hpp>
#include <firth/table/bucket_rows.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

std::vector<std::string> ngrams(std::string_view word, const SubwordOptions& options) {
    std::vector<std::string> found;
    for_each_ngram(word, options, [&](std::string_view ngram, std::uint32_t hash) {
        REQUIRE(hash == subword_hash(ngram));
        found.emplace_back(ngram);
    });
    return found;
}

WordVectors<float> words_with(std::initializer_list<std::pair<const char*, float>> words,
                              std::initializer_list<std::uint64_t> counts = {}) {
    Vocabulary vocabulary;
    EmbeddingTable<float> table(words.size(), 2);
    std::size_t row = 0;
    for (const auto& [word, value] : words) {
        vocabulary.add(word, counts.size() == 0 ? 0 : counts.begin()[row]);
        table[row][0] = value;
        table[row++][1] = -value;
    }
    return {std::move(vocabulary), std::move(table)};
}

} // namespace

TEST_CASE("a word's n-grams are those of fastText") {
    using Strings = std::vector<std::string>;
    REQUIRE(ngrams("where", {3, 3, 10}) == Strings{"<wh", "whe", "her", "ere", "re>"});
    REQUIRE(ngrams("ab", {1, 2, 10}) == Strings{"<a", "a", "ab", "b", "b>"});
    REQUIRE(ngrams("a", {3, 6, 10}) == Strings{"<a>"});
    REQUIRE(ngrams("\xC3\xA9t", {2, 2, 10}) == Strings{"<\xC3\xA9", "\xC3\xA9t", "t>"});
    REQUIRE(ngrams("", {2, 3, 10}) == Strings{"<>"});
    REQUIRE(ngrams("</s>", {2, 2, 10}).empty());
    REQUIRE(ngrams("</s>", {5, 5, 10, true}) == Strings{"<</s>", "</s>>"});
    REQUIRE(ngrams("where", {0, 0, 10}).empty());
    REQUIRE(ngrams("\x80\xBF", {1, 2, 10}) == Strings{"<\x80\xBF>"}); // bytes that follow nothing
}

TEST_CASE("n-grams hash as fastText hashes them", "[subword]") {
    // FNV-1a, with bytes above 127 taken as negative numbers.
    REQUIRE(subword_hash("") == 2166136261u);
    REQUIRE(subword_hash("a") == 0xE40C292Cu);
    REQUIRE(subword_hash("foobar") == 0xBF9CF968u);
    REQUIRE(subword_hash("\xC3") == (2166136261u ^ 0xFFFFFFC3u) * 16777619u);
    REQUIRE(subword_hash("bar", subword_hash("foo")) == subword_hash("foobar"));
    const SubwordOptions defaults;
    REQUIRE(defaults.min_length == 3);
    REQUIRE(defaults.max_length == 6);
    REQUIRE(defaults.buckets == 2000000);
    REQUIRE_FALSE(defaults.sentence_end);
    using Strings = std::vector<std::string>;
    REQUIRE(ngrams("ab", {4, 4, 10}) == Strings{"<ab>"});
    REQUIRE(ngrams("ab", {5, 6, 10}).empty());
    REQUIRE(ngrams("ab", {4, 3, 10}).empty());
    // Code points of two, three and four bytes are one letter each.
    REQUIRE(ngrams("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", {1, 1, 10}) ==
            Strings{"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"});
    REQUIRE(ngrams("xy", {1, 1, 10}) == Strings{"x", "y"}); // no lone '<' or '>'
}

TEST_CASE("unknown words get the mean of their n-grams' vectors") {
    const SubwordOptions options{2, 2, 7};
    EmbeddingTable<float> rows(7, 2);
    for (std::size_t i = 0; i < 14; ++i) {
        rows[i / 2][i % 2] = static_cast<float>(i);
    }
    const SubwordVectors model(words_with({{"known", 3.0f}}), rows, options);
    std::vector<float> vector(2);
    REQUIRE(model.compose("known", vector) == 1);
    REQUIRE(vector == std::vector<float>{3, -3});
    REQUIRE(model.compose("ab", vector) == 3);
    float sum = 0;
    for (const char* const ngram : {"<a", "ab", "b>"}) {
        sum += rows[subword_hash(ngram) % 7][1];
    }
    REQUIRE(std::fabs(vector[1] - sum / 3) < 1e-6f);
    REQUIRE(model.compose("</s>", vector) == 0);
    REQUIRE(vector == std::vector<float>{0, 0});

    // Of a pruned model only the n-grams that were kept count.
    EmbeddingTable<float> one(1, 2);
    one[0][0] = 5;
    const auto rows_for = [](std::vector<std::uint32_t> buckets, std::uint32_t all) {
        std::sort(buckets.begin(), buckets.end());
        AlignedBuffer<std::uint32_t> used(buckets.size());
        std::copy(buckets.begin(), buckets.end(), used.data());
        return BucketRows(std::move(used), all);
    };
    const SubwordVectors pruned(words_with({{"known", 3.0f}}), one, options,
                                rows_for({subword_hash("ab") % 7}, 7), UnseenNgram::skipped);
    REQUIRE(pruned.compose("ab", vector) >= 1);
    REQUIRE(vector[0] == 5);
    REQUIRE(SubwordVectors(words_with({{"known", 3.0f}}), {}, options, rows_for({}, 7),
                           UnseenNgram::skipped)
                .compose("ab", vector) == 0);

    REQUIRE_THROWS_AS(SubwordVectors(words_with({{"a", 1.0f}}), one, options), Error);
    REQUIRE_THROWS_AS(SubwordVectors(words_with({{"a", 1.0f}}), one, options, rows_for({3, 4}, 7),
                                     UnseenNgram::zero),
                      Error);
    REQUIRE_THROWS_AS(SubwordVectors(words_with({{"a", 1.0f}}), one, options, rows_for({3}, 8),
                                     UnseenNgram::zero),
                      Error);
    REQUIRE_THROWS_AS(
        SubwordVectors(words_with({{"a", 1.0f}}), EmbeddingTable<float>(7, 3), options), Error);
    // Of two buckets that were kept the rows they name; a bucket that was not kept counts nothing.
    EmbeddingTable<float> two(2, 2);
    two[0][0] = 10;
    two[1][0] = 20;
    const SubwordOptions many{2, 2, 1000};
    const std::uint32_t first = subword_hash("<a") % 1000;
    const std::uint32_t second = subword_hash("ab") % 1000;
    for (const UnseenNgram unseen : {UnseenNgram::skipped, UnseenNgram::zero}) {
        const SubwordVectors kept(words_with({{"known", 3.0f}}), two, many,
                                  rows_for({first, second}, 1000), unseen);
        REQUIRE(kept.compose("ab", vector) == 2);
        // "b>" has no row: it is left out, or counts as zeros.
        REQUIRE(vector[0] == (unseen == UnseenNgram::skipped ? 15.0f : 10.0f));
        REQUIRE(vector[1] == 0);
        REQUIRE(kept.compose("xy", vector) == 0);
        REQUIRE(vector == std::vector<float>{0, 0});
        REQUIRE(kept.dim() == 2);
        REQUIRE(kept.unseen() == unseen);
        REQUIRE(kept.bucket_rows()->size() == 2);
    }
    REQUIRE(model.bucket_rows() == nullptr);
    // Without n-grams there need be no rows.
    REQUIRE_NOTHROW(SubwordVectors(words_with({{"a", 1.0f}}), {}, {0, 0, 7}));
    REQUIRE_THROWS_AS(
        SubwordVectors(words_with({{"a", 1.0f}}), EmbeddingTable<float>(6, 2), options), Error);
}

TEST_CASE("buckets find their rows, wherever they lie", "[subword]") {
    Random random(3);
    for (const std::uint32_t buckets : {1u, 2u, 1000u, 2000000u, 4294967295u}) {
        for (const std::size_t wanted : {0u, 1u, 2u, 50u, 3000u}) {
            // Spread evenly, crowded at the low end, crowded at the high end.
            for (int crowd = 0; crowd < 3; ++crowd) {
                std::set<std::uint32_t> drawn;
                const std::uint32_t range = crowd == 0 ? buckets : (std::min)(buckets, 5000u);
                for (std::size_t i = 0; i < wanted; ++i) {
                    const std::uint32_t value = random.below(range);
                    drawn.insert(crowd == 2 ? buckets - 1 - value : value);
                }
                AlignedBuffer<std::uint32_t> used(drawn.size());
                std::copy(drawn.begin(), drawn.end(), used.data());
                BucketRows rows(std::move(used), buckets);
                if (crowd == 0 && buckets <= 2000000) rows.make_lookup();
                REQUIRE_NOTHROW(rows.check());
                REQUIRE(rows.size() == drawn.size());
                REQUIRE(rows.buckets() == buckets);
                std::uint32_t row = 0;
                for (const std::uint32_t bucket : drawn) {
                    if (rows.find(bucket) != row) FAIL("bucket " << bucket);
                    ++row;
                }
                for (int i = 0; i < 200; ++i) {
                    const std::uint32_t bucket = random.below(buckets);
                    if (rows.find(bucket).has_value() != (drawn.count(bucket) == 1)) {
                        FAIL("bucket " << bucket);
                    }
                }
            }
        }
    }
}

TEST_CASE("buckets that do not rise are found out, and nothing is read beside them", "[subword]") {
    Random random(4);
    for (int round = 0; round < 200; ++round) {
        AlignedBuffer<std::uint32_t> used(1 + random.below(20));
        for (std::size_t i = 0; i < used.size(); ++i) {
            used.data()[i] = random.bits32();
        }
        const std::vector<std::uint32_t> list(used.data(), used.data() + used.size());
        const BucketRows rows(std::move(used), 1000);
        REQUIRE_THROWS_AS(rows.check(), Error);
        for (std::uint32_t bucket = 0; bucket < 1000; bucket += 7) {
            const std::optional<std::uint32_t> row = rows.find(bucket);
            REQUIRE((!row || list[*row] == bucket));
        }
    }
    AlignedBuffer<std::uint32_t> beyond(1);
    beyond.data()[0] = 10;
    REQUIRE_THROWS_AS(BucketRows(std::move(beyond), 10).check(), Error);
    AlignedBuffer<std::uint32_t> twice(2);
    twice.data()[0] = twice.data()[1] = 5;
    REQUIRE(
        test::contains(test::message_of<Error>([&] { BucketRows(std::move(twice), 10).check(); }),
                       "row 1 belongs to bucket 5, expected rising ones below 10"));
}

TEST_CASE("words under other names") {
    const WordVectors<float> vectors =
        words_with({{"The", 1}, {"the", 4}, {"cat", 2}, {"THE", 10}}, {6, 3, 5, 1});
    const WordVectors<float> first = relabel(vectors, fold_ascii);
    REQUIRE(first.vocabulary().symbols() == std::vector<std::string_view>{"the", "cat"});
    REQUIRE(first["the"][0] == 1);
    REQUIRE(first["cat"][1] == -2);
    REQUIRE(first.vocabulary().count(0) == 10);
    const WordVectors<float> mean = relabel(vectors, fold_ascii, Collisions::mean);
    REQUIRE(std::fabs(mean["the"][0] - (6 * 1 + 3 * 4 + 1 * 10) / 10.0f) < 1e-6f);
    REQUIRE(mean["cat"][0] == 2);
    const std::string message = test::message_of<Error>(
        [&] { static_cast<void>(relabel(vectors, fold_ascii, Collisions::refuse)); });
    REQUIRE(test::contains(message, "\"The\" and \"the\" would both be \"the\""));
    REQUIRE(relabel(
                vectors, [](std::string_view word) { return std::string(word) + "!"; },
                Collisions::refuse)
                .size() == 4);
    const WordVectors<float> equal =
        relabel(words_with({{"A", 1}, {"a", 3}}), fold_ascii, Collisions::mean);
    REQUIRE(std::fabs(equal["a"][0] - 2) < 1e-6f);
    REQUIRE(relabel(WordVectors<float>(), fold_ascii).size() == 0);
    // Words whose counts are not known weigh one each beside others.
    const WordVectors<float> mixed =
        relabel(words_with({{"A", 1}, {"a", 5}}, {3, 0}), fold_ascii, Collisions::mean);
    REQUIRE(std::fabs(mixed["a"][0] - (3 * 1 + 1 * 5) / 4.0f) < 1e-6f);
    REQUIRE(mixed.vocabulary().count(0) == 3);
    // The first of three that would have the same name is told, and the second.
    REQUIRE(test::contains(test::message_of<Error>([] {
                               static_cast<void>(relabel(words_with({{"x", 1}, {"B", 1}, {"b", 1}}),
                                                         fold_ascii, Collisions::refuse));
                           }),
                           "\"B\" and \"b\" would both be \"b\""));
    REQUIRE(fold_ascii("AZaz@[`{\xC3\x84") == "azaz@[`{\xC3\x84");
}
