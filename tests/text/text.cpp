#include <firth/text.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <sstream>

#include "../support/support.hpp"
#include "decoded.hpp"

using namespace firth;

using test::decoded;

namespace {

/// The corpus as sentences of words, by plain means.
std::vector<std::vector<std::string>> naive_sentences(const std::string& text,
                                                      std::uint64_t min_count) {
    std::map<std::string, std::uint64_t> counts;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        ++counts[word];
    }
    std::vector<std::vector<std::string>> sentences;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::vector<std::string> sentence;
        std::istringstream in_line(line);
        for (std::string word; in_line >> word;) {
            if (counts[word] >= min_count) sentence.push_back(word);
        }
        if (!sentence.empty()) sentences.push_back(sentence);
    }
    return sentences;
}

std::string ragged_text(std::size_t words, std::uint64_t seed) {
    Random random(seed);
    std::string text;
    constexpr std::array<std::string_view, 8> gaps{" ",  " ",  " ",    "\n",
                                                   "  ", "\t", "\r\n", " \n\n "};
    for (std::size_t i = 0; i < words; ++i) {
        // Squaring makes small numbers frequent.
        const float u = random.uniform();
        text += "word" + std::to_string(static_cast<int>(u * u * 3000));
        text += gaps[random.below(8)];
    }
    return text;
}

} // namespace

TEST_CASE("encoding agrees with plain reading, whatever the threads") {
    // More than one block of 1 MB, so that words and sentences cross from block to block.
    const std::string text = ragged_text(400000, 1);
    REQUIRE(text.size() > (std::size_t{3} << 20));
    const auto expected = naive_sentences(text, 5);
    for (const std::size_t threads : {1u, 2u, 5u}) {
        const EncodedCorpus corpus = encode_text(text, {.min_count = 5, .threads = threads});
        REQUIRE(decoded(corpus) == expected);
        REQUIRE(corpus.raw_words == 400000);
        for (Id id = 1; id < corpus.vocabulary.size(); ++id) {
            const std::uint64_t before = corpus.vocabulary.count(id - 1);
            const std::uint64_t count = corpus.vocabulary.count(id);
            REQUIRE((before > count ||
                     (before == count && corpus.vocabulary[id - 1] < corpus.vocabulary[id])));
        }
    }
}

TEST_CASE("blocks of any size, and any number of them, give the same corpus", "[blocks]") {
    const std::string text = "\xEF\xBB\xBF" + ragged_text(2000, 2) + "last words no newline ";
    const EncodedCorpus whole = encode_text(text, {.min_count = 1, .threads = 1});
    const auto expected = decoded(whole);
    const test::TemporaryFolder folder;
    // Two files, cut within a line.
    const std::size_t cut = text.find(' ', text.size() / 2) + 1;
    test::write_file(folder / "1", text.substr(0, cut));
    test::write_file(folder / "2", text.substr(cut));
    const auto in_files = decoded(
        encode_text(text.substr(0, cut) + '\n' + text.substr(cut), {.min_count = 1, .threads = 1}));
    for (const std::size_t size : {8u, 9u, 64u, 1000u, 5000u}) {
        for (const std::size_t threads : {1u, 3u}) {
            const VocabularyOptions options{.min_count = 1, .threads = threads};
            TextBlocks blocks(std::make_unique<MemorySource>(text), "memory", size);
            const EncodedCorpus corpus =
                detail::encode_in_memory(blocks, WhiteSpaceTokenizer(), options, "memory");
            REQUIRE(decoded(corpus) == expected);
            REQUIRE(corpus.raw_words == whole.raw_words);
            TextBlocks files({folder / "1", folder / "2"}, size);
            REQUIRE(decoded(detail::encode_in_memory(files, WhiteSpaceTokenizer(), options,
                                                     "files")) == in_files);
        }
    }
}

TEST_CASE("the end of a text ends its line, wherever blocks end", "[blocks]") {
    // Texts as long as one block, two blocks and less, that end in a space.
    for (const std::size_t length : {7u, 8u, 9u, 15u, 16u, 17u}) {
        std::string text;
        while (text.size() + 2 < length) {
            text += "a ";
        }
        text += std::string(length - text.size() - 1, 'b') + ' ';
        const test::TemporaryFolder folder;
        test::write_file(folder / "1", text);
        test::write_file(folder / "2", text);
        TextBlocks files({folder / "1", folder / "2"}, 8);
        const EncodedCorpus corpus =
            detail::encode_in_memory(files, WhiteSpaceTokenizer(), {.min_count = 1}, "files");
        INFO("length " << length);
        REQUIRE(decoded(corpus) == naive_sentences(text + '\n' + text, 1));
        TextBlocks blocks(std::make_unique<MemorySource>(text), "memory", 8);
        const EncodedCorpus one =
            detail::encode_in_memory(blocks, WhiteSpaceTokenizer(), {.min_count = 1}, "memory");
        REQUIRE_NOTHROW(check_corpus(one.corpus, one.vocabulary.size()));
        REQUIRE(decoded(one) == naive_sentences(text, 1));
    }
}

TEST_CASE("each of six bytes is white space, and no other is", "[words]") {
    for (int byte = 0; byte < 256; ++byte) {
        const bool expected = byte == ' ' || byte == '\t' || byte == '\n' || byte == '\v' ||
                              byte == '\f' || byte == '\r';
        const char character = static_cast<char>(byte);
        INFO("byte " << byte);
        REQUIRE(is_space(character) == expected);
        REQUIRE((white_space.find(character) != white_space.npos) == expected);
        std::vector<std::string> words;
        int ends = 0;
        for_each_word(
            std::string("one") + character + "two",
            [&](std::string_view w) { words.emplace_back(w); }, [&] { ++ends; });
        REQUIRE(words.size() == (expected ? 2u : 1u));
        REQUIRE(ends == (byte == '\n' ? 1 : 0));
        // And where a block may end.
        const std::string text = std::string("word") + character + "words";
        TextBlocks blocks(std::make_unique<MemorySource>(text), "memory", 8);
        TextBlock block;
        REQUIRE(blocks.next(block));
        REQUIRE(block.text == (expected ? text.substr(0, 5) : text + '\n'));
    }
}

TEST_CASE("a text that is one line is one sentence") {
    std::string text;
    while (text.size() < (std::size_t{5} << 20)) {
        text += "some words in one line ";
    }
    const EncodedCorpus corpus = encode_text(text, {.min_count = 1, .threads = 2});
    REQUIRE(corpus.corpus.view().sentences() == 1);
    REQUIRE(corpus.corpus.size() == corpus.raw_words);
}

TEST_CASE("one word longer than a block is one word") {
    const std::string word(std::size_t{3} << 20, 'x');
    const EncodedCorpus corpus = encode_text("a " + word + " b\n" + word, {.min_count = 1});
    REQUIRE(corpus.vocabulary.size() == 3);
    REQUIRE(corpus.vocabulary[0] == word);
}

TEST_CASE("min-count and max-size choose the vocabulary") {
    const std::string text = "c b a c b c";
    REQUIRE(encode_text(text, {.min_count = 2}).vocabulary.size() == 2);
    const EncodedCorpus two = encode_text(text, {.min_count = 1, .max_size = 2});
    REQUIRE(two.vocabulary.size() == 2);
    REQUIRE(two.vocabulary[0] == "c");
    REQUIRE(two.vocabulary.count(0) == 3);
    REQUIRE(two.corpus.size() == 5);
    REQUIRE(two.raw_words == 6);
    REQUIRE(encode_text(text, {.min_count = 3}).vocabulary.size() == 1);
    REQUIRE(encode_text(text, {.min_count = 1, .max_size = 3}).vocabulary.size() == 3);
    // Of equals the first by their bytes stay.
    const EncodedCorpus equals =
        encode_text("d b c a b a c d e e", {.min_count = 1, .max_size = 3});
    REQUIRE(equals.vocabulary.symbols() == std::vector<std::string_view>{"a", "b", "c"});
    // Defaults: five times, no limit.
    REQUIRE(encode_text("a a a a a b b b b").vocabulary.symbols() ==
            std::vector<std::string_view>{"a"});
    REQUIRE(VocabularyOptions().max_size == 0);
    REQUIRE(VocabularyOptions().expand);
}

TEST_CASE("words are bytes: not UTF-8, NUL, a byte order mark in front") {
    const EncodedCorpus corpus =
        encode_text(std::string("\xEF\xBB\xBF\xFF\xC0x n\0l \xFF\xC0x", 14), {.min_count = 1});
    REQUIRE(corpus.vocabulary.size() == 2);
    REQUIRE(corpus.vocabulary[0] == "\xFF\xC0x");
    REQUIRE(corpus.vocabulary.contains(std::string_view("n\0l", 3)));
}

TEST_CASE("text that is none is refused with a reason") {
    const auto message = [](const std::string& text, std::uint64_t min_count = 5) {
        return test::message_of<Error>(
            [&] { static_cast<void>(encode_text(text, {.min_count = min_count}, "corpus.txt")); });
    };
    REQUIRE(test::contains(message(""), "corpus.txt holds no words"));
    REQUIRE(test::contains(message(" \n \n"), "holds no words"));
    REQUIRE(test::contains(message("a a b"), "min-count = 5"));
    REQUIRE(test::contains(message("\x1F\x8B\x08stuff"), "gzip"));
    REQUIRE(test::contains(message("\xFD"
                                   "7zXZ"),
                           "xz"));
    REQUIRE(test::contains(message("\x28\xB5\x2F\xFD..."), "zstd"));
    REQUIRE(test::contains(message("BZh91AY&SY"), "bzip2"));
    REQUIRE(test::contains(message("\xFF\xFEq"), "UTF-16"));
    REQUIRE(test::contains(message("\xFE\xFFq"), "UTF-16"));
    REQUIRE(test::contains(message("PK\x03\x04"), "zip"));
    REQUIRE(test::contains(message("a a b"), "2 different words"));
    const test::TemporaryFolder folder;
    REQUIRE_THROWS_AS(read_corpus(folder / "missing"), IoError);
    REQUIRE_THROWS_AS(read_corpus(folder / ""), IoError);
}

TEST_CASE("any range of sequences of strings can be encoded") {
    const std::vector<std::vector<std::string>> lines_of_symbols{
        {"tea", "milk"}, {}, {"tea"}, {"rare"}};
    const EncodedCorpus corpus = encode_sequences(lines_of_symbols, {.min_count = 1});
    REQUIRE(decoded(corpus) ==
            std::vector<std::vector<std::string>>{{"tea", "milk"}, {"tea"}, {"rare"}});
    const std::deque<std::vector<std::string_view>> views{{"a", "b"}, {"a"}};
    REQUIRE(encode_sequences(views, {.min_count = 2}).corpus.size() == 2);
    REQUIRE_THROWS_AS(encode_sequences(lines_of_symbols, {.min_count = 9}), Error);
}

TEST_CASE("unsound corpora are refused") {
    const std::vector<Id> ids{0, 1, 2};
    const auto check = [&](std::vector<std::uint64_t> ends, std::size_t size) {
        check_corpus({ids, ends}, size);
    };
    REQUIRE_NOTHROW(check({1, 3}, 3));
    REQUIRE(test::contains(test::message_of<Error>([&] { check({3}, 2); }), "id 2"));
    REQUIRE_THROWS_AS(check({2, 1, 3}, 3), Error);
    REQUIRE_THROWS_AS(check({2}, 3), Error);
    REQUIRE_THROWS_AS(check({4}, 3), Error);
    REQUIRE_THROWS_AS(check({}, 3), Error);
    REQUIRE(test::contains(test::message_of<Error>([&] { check({2}, 3); }),
                           "the last sentence of the corpus ends at 2, expected 3"));
    // The last id of all, beyond what one thread looks at.
    std::vector<Id> many((std::size_t{1} << 20) + 1);
    const std::vector<std::uint64_t> end{many.size()};
    REQUIRE_NOTHROW(check_corpus({many, end}, 1, 2));
    many.back() = 1;
    REQUIRE(test::contains(test::message_of<Error>([&] {
                               check_corpus({many, end}, 1, 2);
                           }),
                           "id 1 at place 1048576"));
}

TEST_CASE("a corpus in memory is its sentences", "[corpus]") {
    Corpus corpus;
    corpus.end_sentence();
    for (const Id id : {3u, 1u}) {
        corpus.add(id);
    }
    corpus.end_sentence();
    corpus.end_sentence();
    corpus.add(2);
    corpus.end_sentence();
    const CorpusView view = corpus;
    REQUIRE(corpus.size() == 3);
    REQUIRE(view.sentences() == 2);
    REQUIRE(std::ranges::equal(view[0], std::vector<Id>{3, 1}));
    REQUIRE(std::ranges::equal(view[1], std::vector<Id>{2}));
}
