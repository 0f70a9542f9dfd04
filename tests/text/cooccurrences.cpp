/// Counts of co-occurrence, against a naive count in doubles, and their files.

#include <firth/text.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>

#include <firth/base/random.hpp>
#include <firth/io/vocabulary_text.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

constexpr std::size_t symbols = 300;

Corpus random_corpus(std::size_t ids, std::uint64_t seed, std::size_t sentence = 30) {
    Random random(seed);
    Corpus corpus;
    for (std::size_t i = 0; i < ids; ++i) {
        const float u = random.uniform();
        corpus.add(static_cast<Id>(u * u * u * static_cast<float>(symbols - 1)));
        if (random.below(static_cast<std::uint32_t>(sentence)) == 0) corpus.end_sentence();
    }
    corpus.end_sentence();
    return corpus;
}

using Naive = std::map<std::pair<Id, Id>, double>;

/// As GloVe's cooccur does it: a pass over each sentence, looking back.
Naive naive_counts(const CorpusView& corpus, const CooccurrenceOptions& options) {
    Naive counts;
    for (std::size_t s = 0; s < corpus.sentences(); ++s) {
        const std::span<const Id> sentence = corpus[s];
        for (std::size_t i = 0; i < sentence.size(); ++i) {
            for (std::size_t d = 1; d <= options.window && d <= i; ++d) {
                const double weight =
                    options.weight == ContextWeight::uniform ? 1.0 : 1.0 / static_cast<double>(d);
                const Id before = sentence[i - d];
                if (options.sides != ContextSides::left) counts[{before, sentence[i]}] += weight;
                if (options.sides != ContextSides::right) counts[{sentence[i], before}] += weight;
            }
        }
    }
    return counts;
}

void require_counts(const CooccurrenceCounts& counts, const Naive& naive) {
    REQUIRE(counts.symbols() == symbols);
    REQUIRE(counts.size() == naive.size());
    auto want = naive.begin();
    bool same = true;
    for (Id row = 0; row < counts.symbols(); ++row) {
        for (const Cooccurrence& entry : counts[row]) {
            same = same && want->first == std::pair(row, entry.column) &&
                   std::fabs(static_cast<double>(entry.count) / want->second - 1) <= 1.2e-7;
            ++want;
        }
    }
    REQUIRE(same);
}

void require_same(const CooccurrenceCounts& a, const CooccurrenceCounts& b) {
    REQUIRE(a.symbols() == b.symbols());
    for (Id row = 0; row < a.symbols(); ++row) {
        REQUIRE(std::equal(a[row].begin(), a[row].end(), b[row].begin(), b[row].end()));
    }
}

} // namespace

TEST_CASE("counts are those of a naive count") {
    for (const std::size_t sentence : {1u, 4u, 30u, 100000u}) {
        const Corpus corpus = random_corpus(20000, sentence, sentence);
        for (const std::size_t window :
             {std::size_t{1}, std::size_t{2}, std::size_t{10}, max_weighted_window}) {
            for (const ContextSides sides :
                 {ContextSides::both, ContextSides::left, ContextSides::right}) {
                for (const ContextWeight weight :
                     {ContextWeight::inverse_distance, ContextWeight::uniform}) {
                    const CooccurrenceOptions options{
                        .window = window, .sides = sides, .weight = weight, .threads = 2};
                    require_counts(count_cooccurrences(corpus, symbols, options),
                                   naive_counts(corpus, options));
                }
            }
        }
    }
}

TEST_CASE("counts depend neither on threads nor on memory") {
    const test::TemporaryFolder folder;
    // More ids than fit the index that 16 MB allow, so that they are counted in pieces.
    const Corpus corpus = random_corpus(1500000, 5, 1000);
    const CooccurrenceCounts whole = count_cooccurrences(corpus, symbols, {.threads = 1});
    for (const std::size_t threads : {1u, 3u}) {
        require_same(whole, count_cooccurrences(corpus, symbols, {.threads = threads}));
        require_same(whole, count_cooccurrences(corpus, symbols,
                                                {.memory = std::uint64_t{16} << 20,
                                                 .folder = folder / "",
                                                 .threads = threads}));
    }
    REQUIRE(folder.files() == 0);
}

TEST_CASE("a row finds its columns, and what was not seen counts nothing") {
    const CooccurrenceCounts counts(
        std::vector<std::vector<Cooccurrence>>{{{0, 1.5f}, {2, 0.25f}}, {}, {{1, 3.0f}}});
    REQUIRE(counts.count(0, 2) == 0.25f);
    REQUIRE(counts.count(0, 1) == 0.0f);
    REQUIRE(counts.count(1, 0) == 0.0f);
    REQUIRE(counts.count(2, 1) == 3.0f);
    REQUIRE(counts.size() == 3);
    const CooccurrenceCounts other = transposed(counts);
    REQUIRE(other.count(2, 0) == 0.25f);
    REQUIRE(other.count(1, 2) == 3.0f);
    REQUIRE(other.size() == 3);
}

TEST_CASE("transposing twice gives the counts back") {
    const Corpus corpus = random_corpus(30000, 8);
    const CooccurrenceCounts counts =
        count_cooccurrences(corpus, symbols, {.sides = ContextSides::right, .threads = 2});
    const CooccurrenceCounts other = transposed(counts, 1 << 20, {}, 2);
    for (Id row = 0; row < symbols; ++row) {
        for (const Cooccurrence& entry : counts[row]) {
            REQUIRE(other.count(entry.column, row) == entry.count);
        }
    }
    require_same(counts, transposed(other));
}

TEST_CASE("counting refuses what it cannot do, and can be cancelled") {
    const Corpus corpus = random_corpus(1000, 1);
    REQUIRE(test::contains(
        test::message_of<Error>([&] { static_cast<void>(count_cooccurrences(Corpus(), 5)); }),
        "the corpus is empty"));
    REQUIRE_THROWS_AS(count_cooccurrences(corpus, 5), Error);
    REQUIRE(test::contains(test::message_of<Error>([&] {
                               static_cast<void>(
                                   count_cooccurrences(corpus, symbols, {.window = 25}));
                           }),
                           "expected 1 to 24"));
    REQUIRE_THROWS_AS(count_cooccurrences(corpus, symbols, {.window = 0}), OptionError);
    REQUIRE_NOTHROW(
        count_cooccurrences(corpus, symbols, {.window = 25, .weight = ContextWeight::uniform}));
    REQUIRE_THROWS_AS(count_cooccurrences(corpus, symbols, {.memory = 1000}), OptionError);
    REQUIRE(count_cooccurrences(corpus, symbols, {}, [](const Progress&) {
                return false;
            }).symbols() == 0);
}

TEST_CASE("a file of counts gives them back, with the words") {
    const test::TemporaryFolder folder;
    const EncodedCorpus corpus =
        encode_text("a b c a b\nc a c a\nb a\n", {.min_count = 1, .threads = 1});
    const CooccurrenceCounts counts =
        count_cooccurrences(corpus.corpus, corpus.vocabulary.size(), {.window = 3});
    write_cooccurrences(corpus.vocabulary, counts, folder / "counts");
    const CountedCorpus read = open_cooccurrences(folder / "counts");
    REQUIRE(read.vocabulary.symbols() == corpus.vocabulary.symbols());
    REQUIRE(std::ranges::equal(read.vocabulary.counts(), corpus.vocabulary.counts()));
    require_same(counts, read.counts);

    // Any byte changed and any end cut off is noticed.
    const std::string bytes = test::read_file(folder / "counts");
    for (std::size_t at = 0; at < bytes.size(); at += 1) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x21);
        test::write_file(folder / "damaged", damaged);
        try {
            const CountedCorpus same = open_cooccurrences(folder / "damaged");
            require_same(counts, same.counts); // it was padding between sections
        } catch (const FormatError&) {
        }
        test::write_file(folder / "damaged", bytes.substr(0, at));
        REQUIRE_THROWS_AS(open_cooccurrences(folder / "damaged"), FormatError);
    }
}

TEST_CASE("a file of counts that is whole but not sound is refused") {
    const test::TemporaryFolder folder;
    Vocabulary words;
    words.add("a", 2);
    words.add("b", 1);
    const auto refused = [&](std::vector<std::vector<Cooccurrence>> rows) {
        write_cooccurrences(words, CooccurrenceCounts(std::move(rows)), folder / "counts");
        REQUIRE_THROWS_AS(open_cooccurrences(folder / "counts"), FormatError);
    };
    refused({{{2, 1.0f}}, {}});
    refused({{{1, 1.0f}, {0, 1.0f}}, {}});
    refused({{{1, 1.0f}, {1, 1.0f}}, {}});
    refused({{{1, 0.0f}}, {}});
    refused({{{1, -1.0f}}, {}});
    refused({{{1, std::numeric_limits<float>::quiet_NaN()}}, {}});
    REQUIRE_THROWS_AS(write_cooccurrences(words, CooccurrenceCounts(), folder / "counts"), Error);
}

TEST_CASE("GloVe's files of counts and words go out and come back") {
    const test::TemporaryFolder folder;
    const Corpus corpus = random_corpus(30000, 3);
    const CooccurrenceCounts counts = count_cooccurrences(corpus, symbols);
    write_glove_cooccurrences(counts, folder / "cooccurrence.bin");
    const std::string bytes = test::read_file(folder / "cooccurrence.bin");
    REQUIRE(bytes.size() == 16 * counts.size());
    std::int32_t word = 0;
    std::memcpy(&word, bytes.data(), 4);
    REQUIRE(word == 1);
    require_same(counts, read_glove_cooccurrences(folder / "cooccurrence.bin", symbols));

    // Records in another order, and in little memory, which takes several passes.
    std::vector<std::string> records;
    for (std::size_t at = 0; at < bytes.size(); at += 16) {
        records.push_back(bytes.substr(at, 16));
    }
    Random random(4);
    std::shuffle(records.begin(), records.end(), random);
    std::string shuffled;
    for (const std::string& record : records) {
        shuffled += record;
    }
    test::write_file(folder / "shuffled", shuffled);
    require_same(counts,
                 read_glove_cooccurrences(folder / "shuffled", symbols, 1 << 16, folder / ""));
    // Twice the same pairs: their counts are added.
    test::write_file(folder / "twice", bytes + shuffled);
    const CooccurrenceCounts twice = read_glove_cooccurrences(folder / "twice", symbols);
    REQUIRE(twice.size() == counts.size());
    REQUIRE(twice[5][3].count == 2 * counts[5][3].count);

    test::write_file(folder / "cut", bytes.substr(0, bytes.size() - 5));
    REQUIRE(test::contains(test::message_of<Error>([&] {
                               static_cast<void>(read_glove_cooccurrences(folder / "cut", symbols));
                           }),
                           "ends within a record"));
    REQUIRE(test::contains(test::message_of<Error>([&] {
                               static_cast<void>(read_glove_cooccurrences(
                                   folder / "cooccurrence.bin", symbols / 2));
                           }),
                           "the size of the vocabulary"));
    const auto refused = [&](std::int32_t a, std::int32_t b, double count) {
        std::string record(16, '\0');
        std::memcpy(record.data(), &a, 4);
        std::memcpy(record.data() + 4, &b, 4);
        std::memcpy(record.data() + 8, &count, 8);
        test::write_file(folder / "bad", bytes + record);
        REQUIRE(test::contains(test::message_of<Error>([&] {
                                   static_cast<void>(
                                       read_glove_cooccurrences(folder / "bad", symbols));
                               }),
                               "byte "));
    };
    refused(0, 1, 1);
    refused(1, -1, 1);
    refused(1, 1, 0);
    refused(1, 1, -2);
    refused(1, 1, std::numeric_limits<double>::infinity());
    refused(1, 1, std::numeric_limits<double>::quiet_NaN());
}
