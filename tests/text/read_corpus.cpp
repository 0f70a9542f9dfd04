/// Corpora on disk, from several files, and phrases.

#include <firth/text.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "../support/support.hpp"

using namespace firth;

namespace {

std::string random_text(std::size_t words, std::uint64_t seed) {
    Random random(seed);
    std::string text;
    for (std::size_t i = 0; i < words; ++i) {
        const float u = random.uniform();
        text += "word" + std::to_string(static_cast<int>(u * u * 3000));
        text += random.below(10) == 0 ? '\n' : ' ';
    }
    return text;
}

void require_same(const EncodedCorpus& a, const EncodedCorpus& b) {
    REQUIRE(a.vocabulary.symbols() == b.vocabulary.symbols());
    REQUIRE(std::ranges::equal(a.vocabulary.counts(), b.vocabulary.counts()));
    REQUIRE(a.raw_words == b.raw_words);
    const CorpusView left = a.corpus;
    const CorpusView right = b.corpus;
    REQUIRE(std::equal(left.ids.begin(), left.ids.end(), right.ids.begin(), right.ids.end()));
    REQUIRE(std::equal(left.sentence_ends.begin(), left.sentence_ends.end(),
                       right.sentence_ends.begin(), right.sentence_ends.end()));
}

} // namespace

TEST_CASE("files, folders and packed files read as one text") {
    const test::TemporaryFolder folder;
    const std::string first = random_text(200000, 1);
    const std::string second = random_text(1000, 2) + "an end without a newline";
    const std::string third = "third file\n";
    std::filesystem::create_directories(folder / "texts/below");
    test::write_file(folder / "texts/1.txt", first);
    test::write_file(folder / "texts/below/2.txt", second);
    test::write_file(folder / "texts/.hidden", "hidden hidden");
    test::write_file(folder / "3.txt", third);
    const EncodedCorpus expected =
        encode_text(first + '\n' + second + '\n' + third, {.min_count = 1});
    for (const std::size_t threads : {1u, 2u, 5u}) {
        const VocabularyOptions options{.min_count = 1, .threads = threads};
        require_same(read_corpus({folder / "texts", folder / "3.txt"}, options), expected);
        require_same(read_corpus_through(folder / ("cache" + std::to_string(threads)),
                                         {folder / "texts", folder / "3.txt"}, options),
                     expected);
    }
#if FIRTH_HAS_ZLIB()
    if (std::system(("gzip -k " + (folder / "texts/1.txt") + " && rm " + (folder / "texts/1.txt"))
                        .c_str()) == 0) {
        require_same(read_corpus({folder / "texts", folder / "3.txt"}, {.min_count = 1}), expected);
    }
#endif
    REQUIRE(list_files({folder / "texts"}).size() == 2);
    std::filesystem::create_directories(folder / "empty");
    REQUIRE(test::contains(
        test::message_of<IoError>([&] { static_cast<void>(read_corpus(folder / "empty")); }),
        "holds no files"));
    REQUIRE_THROWS_AS(read_corpus(folder / "missing"), IoError);
}

TEST_CASE("a cache is made once, and anew when a file or an option has changed") {
    const test::TemporaryFolder folder;
    const std::string text = folder / "text";
    const std::string cache = folder / "cache";
    test::write_file(text, random_text(50000, 1));
    const EncodedCorpus expected = read_corpus(text);
    require_same(read_corpus_through(cache, {text}), expected);
    const auto written = std::filesystem::last_write_time(cache);
    require_same(read_corpus_through(cache, {text}), expected);
    REQUIRE(std::filesystem::last_write_time(cache) == written);
    REQUIRE(folder.files() == 2);

    require_same(read_corpus_through(cache, {text}, {.min_count = 2}),
                 read_corpus(text, {.min_count = 2}));
    test::write_file(text, random_text(50001, 3));
    require_same(read_corpus_through(cache, {text}), read_corpus(text));
    require_same(open_corpus(cache), read_corpus(text));
    test::write_file(cache, "not a cache");
    require_same(read_corpus_through(cache, {text}), read_corpus(text));

    // Nothing half done is left where the text cannot be encoded.
    test::write_file(folder / "rare", "a b c");
    REQUIRE_THROWS_AS(read_corpus_through(folder / "none", {folder / "rare"}), Error);
    REQUIRE_FALSE(std::filesystem::exists(folder / "none"));
}

TEST_CASE("any option that changes the corpus makes another cache", "[cache]") {
    const test::TemporaryFolder folder;
    const std::string text = folder / "text";
    test::write_file(text, "a a a a b b b c c d\ne f a b\n");
    Vocabulary known;
    for (const char* const word : {"d", "absent"}) {
        known.add(word);
    }
    Vocabulary other_known;
    for (const char* const word : {"absent", "d"}) {
        other_known.add(word);
    }
    Vocabulary joined; // as bytes behind each other the same as `known`
    joined.add("d\nabsent");
    const std::vector<VocabularyOptions> all{
        {.min_count = 1},
        {.min_count = 2},
        {.min_count = 1, .max_size = 2},
        {.min_count = 1, .max_size = 3},
        {.min_count = 1, .known = &known},
        {.min_count = 1, .known = &known, .expand = false},
        {.min_count = 1, .known = &other_known, .expand = false},
        {.min_count = 1, .known = &joined},
        {.min_count = 1, .max_size = 2, .known = &known},
    };
    const std::string cache = folder / "cache";
    for (const auto& [from, to] : std::vector<std::pair<std::size_t, std::size_t>>{{0, 1},
                                                                                   {1, 0},
                                                                                   {0, 2},
                                                                                   {2, 3},
                                                                                   {0, 4},
                                                                                   {4, 0},
                                                                                   {4, 5},
                                                                                   {5, 4},
                                                                                   {5, 6},
                                                                                   {4, 7},
                                                                                   {2, 8}}) {
        INFO("from options " << from << " to " << to);
        std::filesystem::remove(cache);
        static_cast<void>(read_corpus_through(cache, {text}, all[from]));
        require_same(read_corpus_through(cache, {text}, all[to]), read_corpus(text, all[to]));
    }
    for (std::size_t a = 0; a < all.size(); ++a) {
        for (std::size_t b = 0; b < all.size(); ++b) {
            REQUIRE((cache_name({text}, all[a]) == cache_name({text}, all[b])) == (a == b));
        }
    }
    // Threads do not change it.
    REQUIRE(cache_name({text}, {.threads = 1}) == cache_name({text}, {.threads = 2}));
    REQUIRE(cache_name({text}, {}).size() == 16 + std::string(".corpus").size());
}

TEST_CASE("a cache is of its files: their names, order, sizes and times", "[cache]") {
    namespace fs = std::filesystem;
    const test::TemporaryFolder folder;
    const std::string cache = folder / "cache";
    const std::string first = folder / "first";
    const std::string second = folder / "second";
    test::write_file(first, "a b c\n");
    test::write_file(second, "c d e\n");
    fs::last_write_time(second, fs::last_write_time(first));
    const VocabularyOptions options{.min_count = 1};
    const auto check = [&](const std::vector<std::string>& files) {
        require_same(read_corpus_through(cache, files, options), read_corpus(files, options));
    };
    check({first, second});
    check({second, first});
    check({first});
    check({second}); // the same size and time under another name
    // The same size at another time, and another size at the same time.
    const auto time = fs::last_write_time(second);
    test::write_file(second, "x y z\n");
    fs::last_write_time(second, time + std::chrono::seconds(2));
    check({second});
    test::write_file(second, "x y z u\n");
    fs::last_write_time(second, time + std::chrono::seconds(2));
    check({second});
    // The same file by another path is the same file.
    REQUIRE(cache_name({folder / "./second"}, options) == cache_name({second}, options));
    // A file more in a folder.
    fs::create_directories(folder / "below");
    test::write_file(folder / "below/1", "a b\n");
    check({folder / "below"});
    test::write_file(folder / "below/2", "c d\n");
    check({folder / "below"});
}

TEST_CASE("a corpus file of many sentences gives them back", "[cache]") {
    // Ends of sentences are copied in pieces of a megabyte, 131,072 of them.
    const test::TemporaryFolder folder;
    std::vector<Id> ids;
    std::vector<std::uint64_t> ends;
    for (std::size_t i = 0; i < 300000; ++i) {
        ids.push_back(static_cast<Id>(i % 7));
        ends.push_back(ids.size());
    }
    Vocabulary words;
    for (int i = 0; i < 7; ++i) {
        words.add("w" + std::to_string(i), 1);
    }
    CorpusWriter writer(folder / "corpus", folder / "");
    writer.add(std::span<const Id>(ids).first(100),
               std::span<const std::uint64_t>(ends).first(100));
    writer.add(std::span<const Id>(ids).subspan(100),
               std::span<const std::uint64_t>(ends).subspan(100));
    writer.commit(words, 400000, "made up");
    const EncodedCorpus read = open_corpus(folder / "corpus");
    REQUIRE(read.raw_words == 400000);
    REQUIRE(corpus_source(folder / "corpus") == "made up");
    REQUIRE(std::ranges::equal(read.corpus.view().ids, ids));
    REQUIRE(std::ranges::equal(read.corpus.view().sentence_ends, ends));
}

TEST_CASE("a damaged corpus file is refused") {
    const test::TemporaryFolder folder;
    const std::string text = folder / "text";
    const std::string cache = folder / "cache";
    test::write_file(text, random_text(3000, 1));
    static_cast<void>(read_corpus_through(cache, {text}));
    const std::string bytes = test::read_file(cache);
    Random random(1);
    for (int i = 0; i < 100; ++i) {
        const std::size_t at = random.below(static_cast<std::uint32_t>(bytes.size()));
        test::write_file(cache, bytes.substr(0, at));
        REQUIRE_THROWS_AS(open_corpus(cache), FormatError);
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ 0x55);
        if (bytes[at] == 0) continue; // may lie between sections
        test::write_file(cache, changed);
        REQUIRE_THROWS_AS(open_corpus(cache), FormatError);
    }
}

TEST_CASE("known words keep a row, new ones get one if that is asked for") {
    Vocabulary known;
    for (const char* const word : {"old", "rare", "absent"}) {
        known.add(word);
    }
    const std::string text = "old old new new new rare other";
    const EncodedCorpus all = encode_text(text, {.min_count = 2, .known = &known});
    REQUIRE(all.vocabulary.symbols() ==
            std::vector<std::string_view>{"new", "old", "rare", "absent"});
    REQUIRE(std::ranges::equal(all.vocabulary.counts(), std::vector<std::uint64_t>{3, 2, 1, 0}));
    REQUIRE(all.corpus.size() == 6);
    const EncodedCorpus old = encode_text(text, {.min_count = 2, .known = &known, .expand = false});
    REQUIRE(old.vocabulary.symbols() == std::vector<std::string_view>{"old", "rare", "absent"});
    const EncodedCorpus limited =
        encode_text(text, {.min_count = 1, .max_size = 1, .known = &known});
    REQUIRE(limited.vocabulary.symbols() ==
            std::vector<std::string_view>{"new", "old", "rare", "absent"});
    REQUIRE(
        std::ranges::equal(limited.vocabulary.counts(), std::vector<std::uint64_t>{3, 2, 1, 0}));
    REQUIRE(test::contains(test::message_of<Error>([&] {
                               static_cast<void>(
                                   encode_text("x y z", {.known = &known, .expand = false}));
                           }),
                           "none of them a known one"));
}

TEST_CASE("phrases are scored as word2phrase does, and joined from left to right") {
    // Against a plain count of all pairs.
    const std::string text = random_text(30000, 7);
    const EncodedCorpus corpus = encode_text(text, {.min_count = 1});
    const CorpusView view = corpus.corpus;
    std::map<std::pair<Id, Id>, std::uint64_t> pairs;
    for (std::size_t s = 0; s < view.sentences(); ++s) {
        for (std::size_t i = 1; i < view[s].size(); ++i) {
            ++pairs[{view[s][i - 1], view[s][i]}];
        }
    }
    REQUIRE(PhraseOptions().min_count == 5);
    REQUIRE(PhraseOptions().threshold == 100);
    const PhraseOptions options{.min_count = 2, .threshold = 1};
    std::map<std::pair<Id, Id>, double> expected;
    for (const auto& [pair, count] : pairs) {
        const auto a = corpus.vocabulary.count(pair.first);
        const auto b = corpus.vocabulary.count(pair.second);
        if (a < 2 || b < 2 || count < 2) continue;
        const double score = static_cast<double>(count - 2) / static_cast<double>(a) /
                             static_cast<double>(b) * static_cast<double>(corpus.raw_words);
        if (score > 1) expected[pair] = score;
    }
    REQUIRE(expected.size() > 10);
    for (const std::size_t threads : {1u, 3u}) {
        PhraseOptions now = options;
        now.threads = threads;
        const std::vector<Phrase> found = find_phrases(corpus, now);
        REQUIRE(found.size() == expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            const double score = expected.at({found[i].first, found[i].second});
            REQUIRE(std::fabs(found[i].score - score) <= 1e-9 * score);
            REQUIRE(found[i].count == pairs.at({found[i].first, found[i].second}));
            // By falling score, then by ids.
            REQUIRE((i == 0 || found[i - 1].score > found[i].score ||
                     (found[i - 1].score == found[i].score &&
                      std::pair(found[i - 1].first, found[i - 1].second) <
                          std::pair(found[i].first, found[i].second))));
        }
        // In many passes, as large corpora are counted.
        for (const std::uint64_t pairs_a_share : {std::uint64_t{1000}, std::uint64_t{29999}}) {
            const std::vector<Phrase> again =
                detail::find_phrases_in_shares(corpus, now, pairs_a_share);
            REQUIRE(std::equal(found.begin(), found.end(), again.begin(), again.end(),
                               [](const Phrase& a, const Phrase& b) {
                                   return a.first == b.first && a.second == b.second &&
                                          a.count == b.count && a.score == b.score;
                               }));
        }
    }

    const test::TemporaryFolder folder;
    std::string city;
    for (int i = 0; i < 20; ++i) {
        city += "in new york city it is late\nnew york\na new day in york\n";
    }
    const EncodedCorpus cities = encode_text(city, {.min_count = 1});
    const std::vector<Phrase> phrases = find_phrases(cities, {.min_count = 5, .threshold = 2.5});
    REQUIRE(write_joined(cities, phrases, folder / "joined") > 0);
    const std::string joined = test::read_file(folder / "joined");
    REQUIRE(joined.find("new_york") != joined.npos);
    REQUIRE(joined.find("new_york_city") == joined.npos); // one word, one phrase
    REQUIRE(std::count(joined.begin(), joined.end(), '\n') == 60);
    REQUIRE(test::contains(test::message_of<OptionError>(
                               [&] { static_cast<void>(find_phrases(cities, {.threshold = -1})); }),
                           "threshold"));
}

TEST_CASE("phrases: limits are crossed one by one", "[phrases]") {
    // "a b" is seen 3 times, a 4, b 5 times, of 11 words: (3 - min-count) * 11 / 20.
    const EncodedCorpus corpus =
        encode_text("a b\na b\na b\na\nb\nb\nc c\n", {.min_count = 1, .threads = 1});
    REQUIRE(corpus.raw_words == 11);
    const auto found = [&](std::uint64_t min_count, double threshold) {
        std::vector<std::pair<std::string, double>> phrases;
        for (const Phrase& phrase :
             find_phrases(corpus, {.min_count = min_count, .threshold = threshold})) {
            phrases.emplace_back(std::string(corpus.vocabulary[phrase.first]) +
                                     std::string(corpus.vocabulary[phrase.second]),
                                 phrase.score);
        }
        return phrases;
    };
    using Found = std::vector<std::pair<std::string, double>>;
    const auto score = [](double count, double min_count, double a, double b) {
        return (count - min_count) * 11 / a / b;
    };
    REQUIRE(found(0, 1.5) == Found{{"cc", score(1, 0, 2, 2)}, {"ab", score(3, 0, 4, 5)}});
    REQUIRE(found(1, 0.5) == Found{{"ab", score(3, 1, 4, 5)}}); // (1 - 1) * 11 / 4 is not above
    REQUIRE(found(2, 0) == Found{{"ab", score(3, 2, 4, 5)}});
    REQUIRE(found(3, 0).empty()); // a score of 0 is not above 0
    REQUIRE(found(4, 0).empty());
    REQUIRE(found(0, score(3, 0, 4, 5)) == Found{{"cc", 2.75}}); // equal is not above
    // Sentences end phrases; a word of one phrase begins no other.
    const test::TemporaryFolder folder;
    const EncodedCorpus text =
        encode_text("x y z x y\ny z\nx\ny\nx y z\n", {.min_count = 1, .threads = 1});
    const auto phrase = [&](const char* a, const char* b) {
        return Phrase{*text.vocabulary.find(a), *text.vocabulary.find(b), 1, 1};
    };
    REQUIRE(write_joined(text, {phrase("x", "y"), phrase("y", "z")}, folder / "out") == 4);
    REQUIRE(test::read_file(folder / "out") == "x_y z x_y\ny_z\nx\ny\nx_y z\n");
    REQUIRE(write_joined(text, {phrase("y", "z")}, folder / "out", '+') == 3);
    REQUIRE(test::read_file(folder / "out") == "x y+z x y\ny+z\nx\ny\nx y+z\n");
    REQUIRE(write_joined(text, {}, folder / "out") == 0);
    REQUIRE(test::read_file(folder / "out") == "x y z x y\ny z\nx\ny\nx y z\n");
}
