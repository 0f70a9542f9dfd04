/// Which files of a folder are read as a corpus, and what is said of the others.

#include <firth/text.hpp>

#include <algorithm>
#include <filesystem>

#include <firth/corpus.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

using Strings = std::vector<std::string>;

/// Names of files, from the folder on.
Strings names_in(const std::string& folder, const Strings& files) {
    Strings names;
    for (const std::string& file : files) {
        names.push_back(std::filesystem::path(file).lexically_relative(folder).string());
    }
    return names;
}

/// The reason for which a folder's only other file is left out, empty where it is listed.
std::string reason(const std::string& name, std::string_view bytes) {
    const test::TemporaryFolder folder;
    test::write_file(folder / "a text", "some words\n");
    test::write_file(folder / name, bytes);
    std::vector<SkippedFile> skipped;
    const Strings files = list_files({folder / ""}, &skipped);
    REQUIRE(files.size() + skipped.size() == 2);
    if (skipped.empty()) return {};
    REQUIRE(std::filesystem::path(skipped[0].path).filename() == name);
    return skipped[0].reason;
}

} // namespace

TEST_CASE("a folder is its texts: hidden names are passed over", "[files]") {
    const test::TemporaryFolder folder;
    std::filesystem::create_directories(folder / "c/deep/deeper");
    std::filesystem::create_directories(folder / ".git/objects");
    std::filesystem::create_directories(folder / "c/.cache");
    for (const char* const name :
         {"b.txt", "a.txt", "c/x.txt", "c/deep/deeper/y", ".hidden", ".git/config",
          ".git/objects/words", "c/.cache/words", "c/deep/.z"}) {
        test::write_file(folder / name, "some words\n");
    }
    std::filesystem::create_symlink(folder / "nowhere", folder / "dangling");
    std::vector<SkippedFile> skipped;
    const Strings files = list_files({folder / ""}, &skipped);
    REQUIRE(names_in(folder / "", files) ==
            Strings{"a.txt", "b.txt", "c/deep/deeper/y", "c/x.txt"});
    REQUIRE(skipped.empty());
    // In the order in which they are named; what is named itself is listed, hidden or not.
    REQUIRE(list_files({folder / "b.txt", "-", folder / ".hidden"}) ==
            Strings{folder / "b.txt", "-", folder / ".hidden"});
    REQUIRE(list_files({folder / "c", folder / "a.txt"}).size() == 3);
}

TEST_CASE("what came of a corpus is not taken for one", "[files]") {
    const test::TemporaryFolder folder;
    test::write_file(folder / "1.txt", "a b c a b\nc a\n");
    test::write_file(folder / "2.txt", "b a\n");
    const EncodedCorpus expected = read_corpus(folder / "", {.min_count = 1});
    REQUIRE(expected.skipped.empty());
    // Encoded corpora and counts are files of firth's own; as are vectors and checkpoints.
    static_cast<void>(read_corpus_through(folder / "words", {folder / "1.txt"}, {.min_count = 1}));
    write_cooccurrences(expected.vocabulary, count_cooccurrences(expected.corpus, 3),
                        folder / "counts");
    write_glove_cooccurrences(count_cooccurrences(expected.corpus, 3), folder / "cooccurrence.bin");
    { SectionFileWriter(folder / "v.firth", "vectors", 1).commit(); }
    test::write_file(folder / "stopped.checkpoint", "whatever");
    test::write_file(folder / "v.txt.tmp-123", "half a file");
    test::write_file(folder / "firth-spool-77", "a b c");
    test::write_file(folder / "v.txt", "a 0.5 1\nb 0.25 -1e-3\n");

    const std::vector<SkippedFile> others{
        {folder / "cooccurrence.bin", "binary data, byte 1 is zero"},
        {folder / "counts", "one of firth's own files, of kind \"cooccurrence\""},
        {folder / "firth-spool-77", "a temporary file"},
        {folder / "stopped.checkpoint", "a checkpoint"},
        {folder / "v.firth", "one of firth's own files, of kind \"vectors\""},
        {folder / "v.txt", "vectors as text"},
        {folder / "v.txt.tmp-123", "a temporary file"},
        {folder / "words", "one of firth's own files, of kind \"corpus\""}};
    for (const bool on_disk : {false, true}) {
        const EncodedCorpus corpus =
            on_disk ? read_corpus_through(folder / "words", {folder / ""}, {.min_count = 1})
                    : read_corpus(folder / "", {.min_count = 1});
        REQUIRE(corpus.skipped == others);
        REQUIRE(corpus.raw_words == expected.raw_words);
        REQUIRE(std::ranges::equal(corpus.vocabulary.counts(), expected.vocabulary.counts()));
    }
    // From the cache as well.
    REQUIRE(read_corpus_through(folder / "words", {folder / ""}, {.min_count = 1}).skipped ==
            others);

    // A folder of nothing else is no corpus.
    std::filesystem::remove(folder / "1.txt");
    std::filesystem::remove(folder / "2.txt");
    REQUIRE(test::contains(
        test::message_of<IoError>([&] { static_cast<void>(list_files({folder / ""})); }),
        "holds no texts: of its 8 files the first, " + (folder / "cooccurrence.bin") +
            ", is binary data"));
}

TEST_CASE("vectors as text are told from texts", "[files]") {
    REQUIRE(reason("v", "2 3\na 0.1 0.2 0.3\nb 1 2 3\n") == "vectors as text");
    REQUIRE(reason("v", "1 1\na 7.5\n") == "vectors as text");
    REQUIRE(reason("v", "1 1\na 75e-1\n") == "vectors as text");
    REQUIRE(reason("v", "a 0.1 0.2\nb 1 2e-3 -4.0\n").empty()); // rows of two lengths
    REQUIRE(reason("v", "a 0.1 0.2\nb -4.0 nan.\n").empty());
    REQUIRE(reason("v", "a 0.1 -0.2\nb 1 25\n") == "vectors as text");
    REQUIRE(reason("v", "a 1 -2\nb 1.5 25\n") == "vectors as text");
    REQUIRE(reason("v", "a\t0.1\t-0.2\nb\t1\t2.5\n") == "vectors as text");
    REQUIRE(reason("v", "0.1 -0.2 0.5\n1 2.5 0.5\n1 2 0.25\n") == "vectors as text"); // no words
    // Texts with numbers are texts.
    REQUIRE(reason("t", "2 3\na few words more\n").empty());
    REQUIRE(reason("t", "2 3\na 0.1 0.2\n").empty());
    REQUIRE(reason("t", "2 3\n").empty());
    REQUIRE(reason("t", "2 many\nb 1\n").empty());
    REQUIRE(reason("t", "page 12\npage 13\npage 14\n").empty());
    REQUIRE(reason("t", "a 12 13\nb 14 15\n").empty()); // whole numbers alone
    REQUIRE(reason("t", "a 0.1 0.2\n").empty());        // one line says little
    REQUIRE(reason("t", "a 0.1 0.2\nb 0.1 0.2\na word is not a number\n").empty());
    REQUIRE(reason("t", "a 0.1 0.2\nb 0.1 0.2\nc 0.1 0.2\na word\n").empty());
    REQUIRE(reason("t", "17 3\n4 9 2 11\n17 9 4\n").empty()); // baskets of numbers
    REQUIRE(reason("t", "2 3\na 1 2 3\n").empty());
    // One line in ten may be odd; words may have spaces in them.
    const std::string rows = "a 0.1 0.2\nb 0.1 0.2\nc d 0.1 0.2\n";
    REQUIRE(reason("v", rows + rows + rows + "odd\n") == "vectors as text");
    REQUIRE(reason("t", rows + rows + "odd\nodd\n").empty());
    REQUIRE(reason("t", "").empty());
    REQUIRE(reason("t", "\n\n\n").empty());
}

TEST_CASE("names of checkpoints and of unfinished files are no texts' names", "[files]") {
    REQUIRE(reason("x.tmp-1", "words") == "a temporary file");
    REQUIRE(reason("x.tmp-", "words").empty());
    REQUIRE(reason("x.tmp-1a", "words").empty());
    REQUIRE(reason("x.tmp", "words").empty());
    REQUIRE(reason("firth-spool-1", "words") == "a temporary file");
    REQUIRE(reason("x.checkpoint", "words") == "a checkpoint");
    REQUIRE(reason("x.checkpoint.txt", "words").empty());
    REQUIRE(reason("checkpoint", "words").empty());
}

TEST_CASE("binary data is skipped in folders and refused by name", "[files]") {
    const std::string late = std::string((1 << 16) - 1, 'x') + '\0';
    REQUIRE(reason("b", std::string("wor\0ds", 6)) == "binary data, byte 3 is zero");
    REQUIRE(reason("b", std::string("\0", 1)) == "binary data, byte 0 is zero");
    REQUIRE(reason("b", late) == "binary data, byte 65535 is zero");
    REQUIRE(reason("b", 'x' + late).empty()); // beyond the first 64 kB
    REQUIRE(reason("b", "caf\xC3\xA9 \xFF\xFE\x01\x7F").empty());

    const test::TemporaryFolder folder;
    const std::string path = folder / "named";
    const auto message = [&](std::string_view bytes) {
        test::write_file(path, bytes);
        return test::message_of<FormatError>(
            [&] { static_cast<void>(read_corpus(path, {.min_count = 1})); });
    };
    REQUIRE(message(std::string("wor\0ds", 6)) ==
            path + " is binary data, byte 3 is zero, expected plain text");
    REQUIRE(test::contains(message(late), "byte 65535 is zero"));
    test::write_file(path, 'x' + late + " word");
    REQUIRE(read_corpus(path, {.min_count = 1}).raw_words == 2);
    static_cast<void>(encode_text("a b", {.min_count = 1})); // memory holds what the caller says
    REQUIRE(encode_text(std::string_view("a\0b", 3), {.min_count = 1}).raw_words == 1);
    test::write_file(folder / "text", "a b c\n");
    static_cast<void>(read_corpus_through(folder / "own", {folder / "text"}, {.min_count = 1}));
    REQUIRE(test::contains(
        test::message_of<FormatError>([&] {
            static_cast<void>(read_corpus({folder / "text", folder / "own"}, {.min_count = 1}));
        }),
        "own is one of firth's own files, of kind \"corpus\", expected"));
    // What may be a text in another form is not left out in silence or otherwise.
    for (const char* const bytes : {"PK\x03\x04zip", "BZh91AY&SYbzip2", "\xFF\xFEu\x01"}) {
        REQUIRE(reason("other", bytes).empty());
    }
    test::write_file(path, std::string("\xFF\xFE"
                                       "a\0",
                                       4));
    REQUIRE(test::contains(
        test::message_of<FormatError>([&] { static_cast<void>(read_corpus(folder / "")); }),
        "begins like UTF-16 text"));
}

#if FIRTH_HAS_ZLIB()
TEST_CASE("packed files of a folder are told by what is in them", "[files]") {
    const test::TemporaryFolder folder;
    test::write_file(folder / "text", "some words\n");
    test::write_file(folder / "binary", std::string("some\0words\n", 11));
    if (std::system(("gzip " + (folder / "text") + " " + (folder / "binary")).c_str()) != 0) return;
    std::vector<SkippedFile> skipped;
    REQUIRE(list_files({folder / ""}, &skipped) == Strings{folder / "text.gz"});
    REQUIRE(skipped ==
            std::vector<SkippedFile>{{folder / "binary.gz", "binary data, byte 4 is zero"}});
}
#endif
