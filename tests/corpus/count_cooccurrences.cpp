/// Counts of co-occurrence, against a naive count in doubles, and their files.

#include <firth/corpus.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>

#include <firth/base/random.hpp>
#include <firth/io/vocabulary_text.hpp>
#include <firth/math/transposed.hpp>
#include <firth/table/vocabulary_sections.hpp>
#include <firth/text.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

constexpr std::size_t all_symbols = 300;

Corpus random_corpus(std::size_t ids, std::uint64_t seed, std::size_t sentence = 30) {
    Random random(seed);
    Corpus corpus;
    for (std::size_t i = 0; i < ids; ++i) {
        const float u = random.uniform();
        corpus.add(static_cast<Id>(u * u * u * static_cast<float>(all_symbols - 1)));
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

/// Counts are rounded once, to float32: half a unit in the last place, unless `within` says more.
void require_counts(const CooccurrenceCounts& counts, const Naive& naive, double within = 6e-8) {
    REQUIRE(counts.rows() == all_symbols);
    REQUIRE(counts.size() == naive.size());
    auto want = naive.begin();
    bool same = true;
    for (Id row = 0; row < counts.rows(); ++row) {
        for (const SparseEntry& entry : counts[row]) {
            same = same && want->first == std::pair(row, entry.column) &&
                   std::fabs(static_cast<double>(entry.value) / want->second - 1) <= within;
            ++want;
        }
    }
    REQUIRE(same);
}

void require_same(const CooccurrenceCounts& a, const CooccurrenceCounts& b) {
    REQUIRE(a.rows() == b.rows());
    for (Id row = 0; row < a.rows(); ++row) {
        REQUIRE(std::equal(a[row].begin(), a[row].end(), b[row].begin(), b[row].end()));
    }
}

} // namespace

TEST_CASE("counts are those of a naive count") {
    for (const std::size_t sentence : {1u, 4u, 30u, 100000u}) {
        const Corpus corpus = random_corpus(20000, sentence, sentence);
        for (const std::size_t window :
             {std::size_t{1}, std::size_t{2}, std::size_t{10}, max_exact_window}) {
            for (const ContextSides sides :
                 {ContextSides::both, ContextSides::left, ContextSides::right}) {
                for (const ContextWeight weight :
                     {ContextWeight::inverse_distance, ContextWeight::uniform}) {
                    const CooccurrenceOptions options{
                        .window = window, .sides = sides, .weight = weight, .threads = 2};
                    require_counts(count_cooccurrences(corpus, all_symbols, options),
                                   naive_counts(corpus, options));
                }
            }
        }
    }
}

TEST_CASE("counts of wide windows are those of a naive count", "[window]") {
    // Beyond distance 24 weights are rounded, to about what float32 holds.
    const Corpus corpus = random_corpus(1500, 11, 1200);
    for (const std::size_t window : {std::size_t{25}, std::size_t{100}, max_context_window}) {
        for (const ContextSides sides : {ContextSides::both, ContextSides::left}) {
            const CooccurrenceOptions options{.window = window, .sides = sides, .threads = 2};
            require_counts(count_cooccurrences(corpus, all_symbols, options),
                           naive_counts(corpus, options), 2e-7);
        }
    }
    // One pair at each distance: what rounding does to a weight alone.
    for (const std::size_t distance : {24u, 25u, 333u, 997u, 1000u}) {
        Corpus pair;
        pair.add(0);
        for (std::size_t i = 1; i < distance; ++i) {
            pair.add(2);
        }
        pair.add(1);
        pair.end_sentence();
        const float count =
            count_cooccurrences(pair, 3, {.window = max_context_window, .threads = 1}).value(0, 1);
        const double exact = 1.0 / static_cast<double>(distance);
        REQUIRE(std::fabs(static_cast<double>(count) / exact - 1) < 1.6e-7);
        if (distance == 24) REQUIRE(count == static_cast<float>(exact));
        REQUIRE(count_cooccurrences(pair, 3, {.window = distance - 1, .threads = 1}).value(0, 1) ==
                0.0f);
        REQUIRE(count_cooccurrences(pair, 3, {.window = distance, .threads = 1}).value(1, 0) ==
                count_cooccurrences(pair, 3, {.window = distance, .threads = 1}).value(0, 1));
    }
}

TEST_CASE("defaults of counting are those of GloVe's demo, on both sides", "[window]") {
    const Corpus corpus = random_corpus(2000, 12);
    const CooccurrenceOptions options;
    REQUIRE(options.window == 10);
    REQUIRE(options.sides == ContextSides::both);
    REQUIRE(options.weight == ContextWeight::inverse_distance);
    require_same(count_cooccurrences(corpus, all_symbols),
                 count_cooccurrences(corpus, all_symbols, {.window = 10}));
}

TEST_CASE("a sum that 64 bits might not hold is refused", "[window]") {
    // 2 * (1 + 1 / 2 + ... + 1 / 24) * 5354228880 units an occurrence.
    const detail::CooccurrenceCounter counter({.window = 24});
    REQUIRE_NOTHROW(counter.check(456000000));
    REQUIRE(test::contains(test::message_of<Error>([&] { counter.check(457000000); }),
                           "a symbol was seen 457000000 times, expected at most 456"));
    const detail::CooccurrenceCounter wide({.window = 1000});
    REQUIRE_NOTHROW(wide.check(230000000));
    REQUIRE_THROWS_AS(wide.check(231000000), Error);
    const detail::CooccurrenceCounter uniform({.window = 1000, .weight = ContextWeight::uniform});
    REQUIRE_NOTHROW(uniform.check(std::uint64_t{1} << 52));
}

TEST_CASE("counts depend neither on threads nor on memory") {
    const test::TemporaryFolder folder;
    // More ids than fit the index that 16 MB allow, so that they are counted in pieces.
    const Corpus corpus = random_corpus(1500000, 5, 1000);
    const CooccurrenceCounts whole = count_cooccurrences(corpus, all_symbols, {.threads = 1});
    for (const std::size_t threads : {1u, 3u}) {
        require_same(whole, count_cooccurrences(corpus, all_symbols, {.threads = threads}));
        require_same(whole, count_cooccurrences(corpus, all_symbols,
                                                {.memory = std::uint64_t{16} << 20,
                                                 .folder = folder / "",
                                                 .threads = threads}));
    }
    // Sums of more than 32 bits, in two pieces of 524,288 ids.
    const Corpus two = random_corpus(530000, 6, 3);
    require_same(
        count_cooccurrences(two, all_symbols, {.window = max_exact_window}),
        count_cooccurrences(two, all_symbols,
                            {.window = max_exact_window, .memory = std::uint64_t{16} << 20}));
    REQUIRE(folder.files() == 0);
}

TEST_CASE("a row finds its columns, and what was not seen counts nothing") {
    const CooccurrenceCounts counts(
        std::vector<std::vector<SparseEntry>>{{{0, 1.5f}, {2, 0.25f}}, {}, {{1, 3.0f}}});
    REQUIRE(counts.value(0, 2) == 0.25f);
    REQUIRE(counts.value(0, 1) == 0.0f);
    REQUIRE(counts.value(1, 0) == 0.0f);
    REQUIRE(counts.value(2, 1) == 3.0f);
    REQUIRE(counts.size() == 3);
    const CooccurrenceCounts other = transposed(counts);
    REQUIRE(other.value(2, 0) == 0.25f);
    REQUIRE(other.value(1, 2) == 3.0f);
    REQUIRE(other.size() == 3);
}

TEST_CASE("transposing twice gives the counts back") {
    const Corpus corpus = random_corpus(30000, 8);
    const CooccurrenceCounts counts =
        count_cooccurrences(corpus, all_symbols, {.sides = ContextSides::right, .threads = 2});
    const CooccurrenceCounts other = transposed(counts, 1 << 20, {}, 2);
    for (Id row = 0; row < all_symbols; ++row) {
        for (const SparseEntry& entry : counts[row]) {
            REQUIRE(other.value(entry.column, row) == entry.value);
        }
    }
    require_same(counts, transposed(other));
}

TEST_CASE("transposing by ranges of columns changes nothing", "[transposed]") {
    const test::TemporaryFolder folder;
    const Corpus corpus = random_corpus(30000, 8);
    const CooccurrenceCounts counts =
        count_cooccurrences(corpus, all_symbols, {.sides = ContextSides::right, .threads = 2});
    const CooccurrenceCounts whole = transposed(counts);
    // Ranges of one column, of a few and of all but the last.
    for (const std::uint64_t enough :
         {std::uint64_t{1}, std::uint64_t{100},
          std::uint64_t{counts.size() - whole[all_symbols - 1].size()}}) {
        for (const std::size_t threads : {1u, 3u}) {
            for (const std::uint64_t memory : {std::uint64_t{0}, std::uint64_t{1} << 30}) {
                require_same(whole, detail::transposed_by_ranges(counts, enough, memory,
                                                                 folder / "", threads));
            }
        }
    }
    REQUIRE(folder.files() == 0);
    REQUIRE(transposed(CooccurrenceCounts()).rows() == 0);
}

TEST_CASE("counting refuses what it cannot do, and can be cancelled") {
    const Corpus corpus = random_corpus(1000, 1);
    REQUIRE(test::contains(
        test::message_of<Error>([&] { static_cast<void>(count_cooccurrences(Corpus(), 5)); }),
        "the corpus is empty"));
    REQUIRE_THROWS_AS(count_cooccurrences(corpus, 5), Error);
    REQUIRE(test::contains(test::message_of<Error>([&] {
                               static_cast<void>(
                                   count_cooccurrences(corpus, all_symbols, {.window = 1001}));
                           }),
                           "window is 1001, expected 1 to 1000"));
    REQUIRE_THROWS_AS(count_cooccurrences(corpus, all_symbols, {.window = 0}), OptionError);
    REQUIRE_THROWS_AS(count_cooccurrences(corpus, all_symbols,
                                          {.window = 1001, .weight = ContextWeight::uniform}),
                      OptionError);
    constexpr std::uint64_t least = std::uint64_t{16} << 20;
    REQUIRE_THROWS_AS(count_cooccurrences(corpus, all_symbols, {.memory = least - 1}), OptionError);
    REQUIRE_NOTHROW(count_cooccurrences(corpus, all_symbols, {.memory = least}));
    REQUIRE_THROWS_AS(count_cooccurrences(corpus, all_symbols, {.threads = 100000}), OptionError);
    REQUIRE(count_cooccurrences(corpus, all_symbols, {}, [](const Progress&) {
                return false;
            }).rows() == 0);
}

TEST_CASE("a file of counts gives them back, with the words") {
    const test::TemporaryFolder folder;
    const EncodedCorpus corpus =
        encode_text("a b c a b\nc a c a\nb a\n", {.min_count = 1, .threads = 1});
    const CooccurrenceCounts counts =
        count_cooccurrences(corpus.corpus, corpus.vocabulary.size(), {.window = 3});
    require_same(counts, count_cooccurrences(corpus, {.window = 3}));
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
    const auto refused = [&](std::vector<std::vector<SparseEntry>> rows) {
        write_cooccurrences(words, CooccurrenceCounts(std::move(rows)), folder / "counts");
        REQUIRE_THROWS_AS(open_cooccurrences(folder / "counts"), FormatError);
    };
    refused({{{2, 1.0f}}, {}});
    refused({{{1, 1.0f}, {0, 1.0f}}, {}});
    refused({{{1, 1.0f}, {1, 1.0f}}, {}});
    refused({{{1, 0.0f}}, {}});
    refused({{{1, -1.0f}}, {}});
    refused({{{1, std::numeric_limits<float>::quiet_NaN()}}, {}});
    refused({{{1, std::numeric_limits<float>::infinity()}}, {}});
    // Rows' ends that fall, and more or fewer of them than words.
    for (const std::vector<std::uint64_t>& ends :
         std::vector<std::vector<std::uint64_t>>{{2, 1}, {1}, {1, 1, 1}, {0, 2}, {}}) {
        SectionFileWriter file(folder / "counts", detail::cooccurrence_kind,
                               detail::cooccurrence_version);
        write_vocabulary(file, words);
        file.begin("entries");
        file.write_array(std::span<const SparseEntry>(std::vector<SparseEntry>{{1, 1.0f}}));
        file.begin("row ends");
        file.write_array(std::span<const std::uint64_t>(ends));
        file.commit();
        REQUIRE_THROWS_AS(open_cooccurrences(folder / "counts"), FormatError);
    }
    REQUIRE_THROWS_AS(write_cooccurrences(words, CooccurrenceCounts(), folder / "counts"), Error);
}

TEST_CASE("GloVe's files of counts and words go out and come back") {
    const test::TemporaryFolder folder;
    const Corpus corpus = random_corpus(30000, 3);
    const CooccurrenceCounts counts = count_cooccurrences(corpus, all_symbols);
    write_glove_cooccurrences(counts, folder / "cooccurrence.bin");
    const std::string bytes = test::read_file(folder / "cooccurrence.bin");
    REQUIRE(bytes.size() == 16 * counts.size());
    std::int32_t word = 0;
    std::memcpy(&word, bytes.data(), 4);
    REQUIRE(word == 1);
    require_same(counts, read_glove_cooccurrences(folder / "cooccurrence.bin", all_symbols));

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
                 read_glove_cooccurrences(folder / "shuffled", all_symbols, 1 << 16, folder / ""));
    // Twice the same pairs: their counts are added.
    test::write_file(folder / "twice", bytes + shuffled);
    const CooccurrenceCounts twice = read_glove_cooccurrences(folder / "twice", all_symbols);
    REQUIRE(twice.size() == counts.size());
    REQUIRE(twice[5][3].value == 2 * counts[5][3].value);

    // Sums of records in doubles, rounded once.
    std::string tiny;
    for (int i = 0; i < 3; ++i) {
        const detail::GloVeRecord record{1, 2, i == 0 ? 16777216.0 : 1.0};
        tiny += std::string(reinterpret_cast<const char*>(&record), sizeof record);
    }
    test::write_file(folder / "sums", tiny);
    REQUIRE(read_glove_cooccurrences(folder / "sums", 2).value(0, 1) == 16777218.0f);
    // More records than one piece of a pass holds.
    std::string many;
    for (std::size_t i = 0; i < (std::size_t{1} << 20) + 5; ++i) {
        const detail::GloVeRecord record{static_cast<std::int32_t>(i % 3) + 1, 2, 0.5};
        many += std::string(reinterpret_cast<const char*>(&record), sizeof record);
    }
    test::write_file(folder / "many", many);
    const CooccurrenceCounts pieces = read_glove_cooccurrences(folder / "many", 3);
    REQUIRE(pieces.size() == 3);
    REQUIRE(pieces.value(0, 1) + pieces.value(1, 1) + pieces.value(2, 1) == 524290.5f);

    test::write_file(folder / "cut", bytes.substr(0, bytes.size() - 5));
    REQUIRE(test::contains(test::message_of<Error>([&] {
                               static_cast<void>(
                                   read_glove_cooccurrences(folder / "cut", all_symbols));
                           }),
                           "ends within a record"));
    REQUIRE(test::contains(test::message_of<Error>([&] {
                               static_cast<void>(read_glove_cooccurrences(
                                   folder / "cooccurrence.bin", all_symbols / 2));
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
                                       read_glove_cooccurrences(folder / "bad", all_symbols));
                               }),
                               "byte "));
    };
    refused(0, 1, 1);
    refused(1, -1, 1);
    refused(1, 1, 0);
    refused(1, 1, -2);
    refused(1, 1, std::numeric_limits<double>::infinity());
    refused(1, 1, std::numeric_limits<double>::quiet_NaN());
    refused(1, 1, 1e39); // float32 does not hold it
    refused(all_symbols + 1, 1, 1);
    refused(1, all_symbols + 1, 1);
    const auto sum_refused = [&](double a, double b) {
        std::string two;
        for (const double count : {a, b}) {
            const detail::GloVeRecord record{1, 1, count};
            two += std::string(reinterpret_cast<const char*>(&record), sizeof record);
        }
        test::write_file(folder / "sums", two);
        REQUIRE(test::contains(test::message_of<FormatError>([&] {
                                   static_cast<void>(
                                       read_glove_cooccurrences(folder / "sums", all_symbols));
                               }),
                               "expected a number that float32 holds"));
    };
    sum_refused(3e38, 3e38);
    sum_refused(1e-60, 1e-60);
}
