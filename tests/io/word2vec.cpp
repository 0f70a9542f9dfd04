#include <firth/io.hpp>

#include <cmath>
#include <limits>
#include <sstream>

#include <firth/simd/distance.hpp>

#include "support.hpp"

using namespace firth;

using test::require_same;

namespace {

std::string floats(std::initializer_list<float> values) {
    std::string bytes;
    for (const float value : values) {
        bytes.append(reinterpret_cast<const char*>(&value), 4);
    }
    return bytes;
}

std::string text_error(const std::string& bytes, const ReadOptions& options = {}) {
    return test::message_of<FormatError>(
        [&] { static_cast<void>(parse_word2vec_text(bytes, "v.txt", options)); });
}

std::string binary_error(const std::string& bytes, const ReadOptions& options = {}) {
    return test::message_of<FormatError>(
        [&] { static_cast<void>(parse_word2vec_binary(bytes, "v.bin", options)); });
}

} // namespace

TEST_CASE("what is written reads back the same, from files, memory and streams") {
    const test::TemporaryFolder folder;
    for (const std::size_t rows : {0u, 1u, 2u, 1000u}) {
        for (const std::size_t dim : {1u, 3u, 100u}) {
            const WordVectors<float> vectors = test::random_vectors(rows, dim, rows + dim);
            write_word2vec_text(vectors, folder / "text");
            write_word2vec_binary(vectors, folder / "binary");
            require_same(read_word2vec_text(folder / "text"), vectors);
            require_same(read_word2vec_binary(folder / "binary"), vectors);
            require_same(parse_word2vec_text(format_word2vec_text(vectors)), vectors);
            require_same(parse_word2vec_binary(format_word2vec_binary(vectors)), vectors);
            std::stringstream text;
            std::stringstream binary;
            write_word2vec_text(vectors, text);
            write_word2vec_binary(vectors, binary);
            require_same(read_word2vec_text(text), vectors);
            require_same(read_word2vec_binary(binary), vectors);
            if (rows == 0) continue;
            require_same(load(folder / "text"), vectors);
            require_same(load(folder / "binary"), vectors);
        }
    }
}

TEST_CASE("text as the peers write it is read") {
    const auto check = [](const std::string& text, const std::string& word = "b") {
        const WordVectors<float> vectors = parse_word2vec_text(text);
        REQUIRE(vectors.size() == 2);
        REQUIRE(vectors.word(1) == word);
        REQUIRE(std::ranges::equal(vectors[Id{1}], std::vector<float>{-3.0f, 0.25f}));
    };
    check("2 2\na 1.000000 2.000000 \nb -3.000000 0.250000 \n"); // word2vec.c
    check("2 2\na 1.0 2.0\nb -3.0 0.25\n");                      // gensim
    check("2 2\na 1 2\nb -3 0.25");                              // no newline at the end
    check("2 2\r\na 1 2\r\nb -3 0.25\r\n");
    check("2 2\na 1 2\nb -3e0 +2.5e-1\n\n\n");
    check("2 2\na 1 2\n. . . -3 0.25\n", ". . .");
    check("2 2\na 1 2\n1 c -3 0.25\n", "1 c");
    check("2 2\na 1 2\n\xFF\xC0 -3 0.25\n", "\xFF\xC0");
    check("2 2\na 1 2\nx\xC2\xA0y -3 0.25\n", "x\xC2\xA0y");
}

TEST_CASE("binary rows with and without newlines between them are read") {
    const std::string with = "2 2\na " + floats({1, 2}) + "\nb " + floats({-3, 0.25f}) + "\n";
    const std::string without = "2 2\na " + floats({1, 2}) + "b " + floats({-3, 0.25f});
    require_same(parse_word2vec_binary(with), parse_word2vec_binary(without));
    REQUIRE(parse_word2vec_binary(without).word(1) == "b");
}

TEST_CASE("of two rows for a word the first wins, and that is reported") {
    const std::string text = "4 1\na 1\nb 2\na 3\nc 4\n";
    ReadReport report;
    const WordVectors<float> vectors = parse_word2vec_text(text, "v.txt", {}, &report);
    REQUIRE(vectors.size() == 3);
    REQUIRE(vectors["a"][0] == 1);
    REQUIRE(vectors["c"][0] == 4);
    REQUIRE(vectors.word(2) == "c");
    REQUIRE(report.duplicates == 1);
    REQUIRE(report.first_duplicate == "a");
    REQUIRE(report.rows == 4);
    REQUIRE(
        test::contains(text_error(text, {.duplicates = ReadOptions::Duplicates::refuse}), "\"a\""));
}

TEST_CASE("damaged text is refused with its place") {
    REQUIRE(test::contains(text_error(""), "v.txt, byte 0: the file is empty"));
    REQUIRE(test::contains(text_error("hello 1 2\n"), "expected two numbers, rows and dim"));
    REQUIRE(test::contains(text_error("1 0\na\n"), "dim 0"));
    REQUIRE(test::contains(text_error("1 10000000\na 1\n"), "dim 10000000"));
    REQUIRE(test::contains(text_error("3 1\na 1\nb 2\n"), "promises 3 rows"));
    REQUIRE(test::contains(text_error("4000000000 300\na 1\n"), "promises 4000000000 rows"));
    REQUIRE(test::contains(text_error("1 1\na 1\nb 2\n"), "promises 1 rows, but the file has 2"));
    REQUIRE(test::contains(text_error("2 3\na 1 2 3\nb 1 2"), "v.txt, line 3"));
    REQUIRE(test::contains(text_error("2 2\na 1 2\nb 1 x\n"), "line 3"));
    REQUIRE(test::contains(text_error("2 2\na 1 2\nb 1 nan\n"), "NaN"));
    REQUIRE(test::contains(text_error("2 2\na 1 2\nb 1 1e50\n"), "infinity"));
    REQUIRE(test::contains(text_error("2 2\na 1 2\n\n"), "promises 2 rows"));
    const ReadOptions tolerant{.non_finite = ReadOptions::NonFinite::keep,
                               .header = ReadOptions::Header::tolerant};
    REQUIRE(parse_word2vec_text("3 1\na 1\nb 2\n", "v.txt", tolerant).size() == 2);
    REQUIRE(parse_word2vec_text("1 1\na 1\nb 2\n", "v.txt", tolerant).size() == 2);
    REQUIRE(std::isnan(parse_word2vec_text("1 1\na nan\n", "v.txt", tolerant)["a"][0]));
}

TEST_CASE("damaged binary files are refused with their place") {
    const std::string good = format_word2vec_binary(test::random_vectors(3, 5, 1));
    for (std::size_t size = 0; size + 1 < good.size(); ++size) {
        INFO("cut after " << size);
        REQUIRE_THROWS_AS(parse_word2vec_binary(good.substr(0, size)), FormatError);
    }
    REQUIRE(test::contains(binary_error(good.substr(0, good.size() - 4)), "row 3 of 3"));
    REQUIRE(test::contains(binary_error(good + "more"), "4 more bytes"));
    REQUIRE(test::contains(binary_error("9" + good), "promises 93 rows"));
    REQUIRE(test::contains(binary_error("18446744073709551615 1048576\na"), "promises"));
    const std::string nan = "1 1\na " + floats({std::numeric_limits<float>::quiet_NaN()});
    REQUIRE(test::contains(binary_error(nan), "byte 6: the vector of \"a\" holds NaN"));
}

TEST_CASE("any change of a byte is an error or a load, never more") {
    const std::string text = format_word2vec_text(test::random_vectors(20, 4, 1));
    const std::string binary = format_word2vec_binary(test::random_vectors(20, 4, 1));
    Random random(2);
    std::size_t loads = 0;
    for (int i = 0; i < 4000; ++i) {
        std::string bytes = i % 2 == 0 ? text : binary;
        bytes[random.below(static_cast<std::uint32_t>(bytes.size()))] =
            static_cast<char>(random.below(256));
        if (i % 3 == 0) bytes.resize(random.below(static_cast<std::uint32_t>(bytes.size())));
        try {
            const WordVectors<float> vectors =
                i % 2 == 0 ? parse_word2vec_text(bytes) : parse_word2vec_binary(bytes);
            REQUIRE(vectors.size() <= 20);
            ++loads;
        } catch (const FormatError&) {
        }
    }
    REQUIRE(loads > 100);
    REQUIRE(loads < 3900);
}

TEST_CASE("texts of many pieces lose no row where one piece ends and the next begins") {
    // Lines of 16 bytes begin exactly where the pieces do, those of 17 everywhere.
    for (const char* const number : {"0.5", "0.25"}) {
        std::string rows;
        constexpr std::size_t count = 50000;
        for (std::size_t i = 0; i < count; ++i) {
            rows += "w" + std::to_string(100000 + i) + "\xC3\xA9 x " + number + "\n";
        }
        REQUIRE(rows.size() > std::size_t{3} << 18);
        for (const std::string& header : {std::string(), std::to_string(count) + " 1\n"}) {
            const std::string text = header + rows;
            for (const std::size_t threads : {1u, 3u}) {
                const ReadOptions options{.threads = threads};
                const WordVectors<float> read = header.empty()
                                                    ? parse_glove_text(text, "g", options)
                                                    : parse_word2vec_text(text, "w", options);
                REQUIRE(read.size() == count);
                for (Id id = 0; id < count; id += 97) {
                    if (read.word(id) != "w" + std::to_string(100000 + id) + "\xC3\xA9 x") {
                        FAIL("row " << id << " is " << read.word(id));
                    }
                }
            }
        }
    }
    // One line over many pieces, and none at all.
    std::string line = "long";
    for (int i = 0; i < 200000; ++i) {
        line += " 0.5";
    }
    const WordVectors<float> wide =
        parse_glove_text(line + "\nlonger" + line.substr(4) + "\n", "g", {.threads = 2});
    REQUIRE(wide.size() == 2);
    REQUIRE(wide.dim() == 200000);
}

TEST_CASE("writers refuse what no reader could read back, and leave the old file") {
    const test::TemporaryFolder folder;
    test::write_file(folder / "file", "old");
    const auto refused = [&](const std::string& word, float value) {
        Vocabulary vocabulary;
        vocabulary.add(word);
        EmbeddingTable<float> table(1, 2);
        table[0][1] = value;
        const WordVectors<float> vectors(std::move(vocabulary), std::move(table));
        for (const VectorFormat& format : {word2vec_text_format, word2vec_binary_format}) {
            REQUIRE_THROWS_AS(save(vectors, folder / "file", format), Error);
        }
        REQUIRE_THROWS_AS(write_word2vec_text(vectors, folder / "file"), Error);
        REQUIRE(test::read_file(folder / "file") == "old");
        REQUIRE(folder.files() == 1);
    };
    refused("two words", 1);
    refused("two\nlines", 1);
    refused("", 1);
    refused("nan", std::numeric_limits<float>::quiet_NaN());
    refused("inf", std::numeric_limits<float>::infinity());
    REQUIRE_THROWS_AS(save(test::random_vectors(1, 1, 1), folder / "no/folder"), IoError);
}

TEST_CASE("GloVe's text has no header, and its words come with their counts") {
    const test::TemporaryFolder folder;
    const WordVectors<float> vectors = test::random_vectors(3, 5, 1);
    write_glove_text(vectors, folder / "glove.txt");
    const std::string text = test::read_file(folder / "glove.txt");
    REQUIRE("3 5\n" + text == format_word2vec_text(vectors));
    require_same(read_glove_text(folder / "glove.txt"), vectors);
    require_same(load(folder / "glove.txt"), vectors);

    // dim is the commonest number of numbers: words may hold spaces, and be numbers.
    const WordVectors<float> odd =
        parse_glove_text("1998 0.5 1\n. . . 2 3\nat name@domain.com 4 5\nx\xC2\xA0y 6 7\n\n");
    REQUIRE(odd.dim() == 2);
    REQUIRE(odd.vocabulary().symbols() ==
            std::vector<std::string_view>{"1998", ". . .", "at name@domain.com", "x\xC2\xA0y"});
    REQUIRE(odd[". . ."][1] == 3);
    const auto wrong = [](const std::string& rows) {
        return test::message_of<FormatError>(
            [&] { static_cast<void>(parse_glove_text(rows, "g.txt")); });
    };
    REQUIRE(test::contains(wrong("a 1 2\nb 1 2\nc 1 x\n"), "g.txt, line 3"));
    std::string good;
    for (int i = 0; i < 200; ++i) {
        good += "w" + std::to_string(i) + " 1 2 3\n";
    }
    REQUIRE(
        test::contains(wrong(good + "cut 1 2\n"), "g.txt, line 201 (byte 2090): the row has 2"));
    REQUIRE(test::contains(wrong(""), "byte 0"));

    Vocabulary vocabulary;
    vocabulary.add("one", 10);
    vocabulary.add("\xFFtwo", 0);
    write_vocabulary_text(vocabulary, folder / "vocab.txt");
    REQUIRE(test::read_file(folder / "vocab.txt") == "one 10\n\xFFtwo 0\n");
    const Vocabulary read = read_vocabulary_text(folder / "vocab.txt");
    REQUIRE(read.symbols() == vocabulary.symbols());
    REQUIRE(std::ranges::equal(read.counts(), vocabulary.counts()));
    const auto refused = [](const std::string& lines, const std::string& place) {
        return test::contains(test::message_of<FormatError>([&] {
                                  static_cast<void>(parse_vocabulary_text(lines, "vocab.txt"));
                              }),
                              place);
    };
    REQUIRE(refused("one 10\ntwo\n", "vocab.txt, line 2"));
    REQUIRE(refused("one ten\n", "line 1"));
    REQUIRE(refused("one -1\n", "line 1"));
    REQUIRE(refused("one 1 1\n", "line 1"));
    REQUIRE(refused("one 99999999999999999999\n", "line 1"));
    REQUIRE(refused("one 1\n\ntwo 1\n", "line 2"));
    REQUIRE(refused("one 1\none 2\n", "there before"));
    REQUIRE(parse_vocabulary_text("").empty());
    vocabulary.add("two words", 1);
    REQUIRE_THROWS_AS(write_vocabulary_text(vocabulary, folder / "vocab.txt"), Error);
    REQUIRE(read_vocabulary_text(folder / "vocab.txt").size() == 2);
}
