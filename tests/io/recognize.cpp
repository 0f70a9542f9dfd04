#include <firth/io/recognize.hpp>

#include <firth/io/load.hpp>
#include <firth/io/vocabulary_text.hpp>

#include "support.hpp"

using namespace firth;

namespace {

std::string refusal(std::string_view bytes) {
    return test::format_error([&] { return recognize_format(bytes, "my.file"); });
}

/// Loads bytes as a file.
WordVectors<float> load_bytes(const std::string& bytes, const ReadOptions& options = {},
                              ReadReport* report = nullptr) {
    const test::TemporaryFolder folder;
    test::write_file(folder / "v", bytes);
    return load(folder / "v", options, report);
}

std::string load_error(const std::string& bytes) {
    return test::format_error([&] { return load_bytes(bytes); });
}

/// `rows` rows of GloVe's text of dim 3.
std::string rows(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        text += "w" + std::to_string(i) + " 0.25 -1.5 3e-2\n";
    }
    return text;
}

} // namespace

TEST_CASE("one odd row among the first does not change what the others are") {
    for (const std::size_t at : {0u, 1u, 57u, 98u, 99u}) {
        INFO("row " << at);
        std::string text = rows(at) + "short 1 2\n" + rows(150).substr(rows(at).size());
        REQUIRE(test::contains(load_error(text), "v, line " + std::to_string(at + 1) + " (byte " +
                                                     std::to_string(rows(at).size()) +
                                                     "): the row has 2 numbers, expected a word " +
                                                     "and 3"));
        text = rows(at) + "long 1 2 3 4\n" + rows(150).substr(rows(at).size());
        REQUIRE(test::contains(load_error(text), "line " + std::to_string(at + 1)));
        REQUIRE(test::contains(load_error(text), "\"long 1\", a word with a number in it"));
    }
    // Half of them may be odd, but no more.
    REQUIRE(recognize_format("a 1 2\nb 1 2 3\n") == glove_text_format);
    REQUIRE(test::contains(load_error("a 1 2\nb 1 2 3\n"), "line 1"));
    REQUIRE(test::contains(refusal("a 1\nb 1 2\nc 1 2 3\nd 1 2 3 4\n"), "no rows of words"));
    const auto data = test::data_folder();
    if (!data) return;
    REQUIRE(test::contains(
        test::format_error([&] { return load(*data + "/faults/short-row.txt"); }), "line 58"));
    REQUIRE(load(*data + "/faults/glove-spaces.txt").contains("new york"));
    REQUIRE(load(*data + "/faults/glove-spaces.txt").dim() == 3);
}

TEST_CASE("a tab behind the words of GloVe's text is named as what is wrong") {
    REQUIRE(test::contains(load_error("king\t0.1 0.2 0.3\nqueen\t0.4 0.5 0.6\n"),
                           "\"king\t0.1\", a word with a number in it after a tab"));
    REQUIRE(load_bytes("2 3\nking\t0.1 0.2 0.3\nqueen\t0.4 0.5 0.6\n").dim() == 3);
}

TEST_CASE("words of GloVe's text may hold spaces, but no surplus numbers") {
    const WordVectors<float> common = load_bytes(
        ". . . 0.1 0.2\nat name@domain.com 0.3 0.4\n. .. . .. 0.5 0.6\n"
        "\xE2\x80\xA2 name@domain.com 0.7 0.8\nAt Killerseats.com 1 2\n3 musketeers 3 4\n"
        "1\xC2\xA0 1/2 5 6\nx 7 8\n");
    REQUIRE(common.size() == 8);
    REQUIRE(common.dim() == 2);
    REQUIRE(common["\xE2\x80\xA2 name@domain.com"][1] == 0.8f);
    REQUIRE(common["3 musketeers"][0] == 3);
    for (const char* const header : {"", "3 2\n"}) {
        for (const char* const row :
             {"b 9 3 4", "b 0.5 3 4", "b\t9 3 4", "b 9 c 3 4", "b 3 4 c 5 6", "9 8 3 4"}) {
            INFO(header << row);
            const std::string text = header + std::string("a 1 2\n") + row + "\nc 5 6\n";
            REQUIRE(test::contains(load_error(text), "a word with a number in it"));
            REQUIRE(test::contains(load_error(text), "after a tab: expected a space") ==
                    (std::string_view(row) == "b\t9 3 4"));
            const WordVectors<float> kept =
                load_bytes(text, {.spaced_numbers = ReadOptions::SpacedNumbers::keep});
            REQUIRE(kept.size() == 3);
            const test::TemporaryFolder folder;
            test::write_file(folder / "v", text);
            RowFile file(folder / "v");
            static_cast<void>(file.next());
            REQUIRE_THROWS_AS(file.next(), FormatError);
        }
    }
    REQUIRE(load_bytes("1998 1 2\n7\t 3 4\n").word(0) == "1998");
}

TEST_CASE("headers that are none are not read as rows") {
    for (const char* const header :
         {"-2 3", "2 -3", "2.0 3", "2 3.0", "2 3 1", "2", "2 3 0 0", "1e1 3"}) {
        for (const char* const numbers : {" 0.1 0.2 0.3 0.4", " 1 2 3 4 5 6 7"}) {
            INFO(header);
            const std::string text =
                std::string(header) + "\nking" + numbers + "\nqueen" + numbers + "\n";
            REQUIRE(test::contains(refusal(text), "its first line, \"" + std::string(header) +
                                                      "\", is neither a header"));
            REQUIRE_THROWS_AS(parse_glove_text(text), FormatError);
        }
    }
    REQUIRE(test::contains(refusal("2 3 1\nking 1 2 3\n"), "is neither a header"));
    REQUIRE(test::contains(refusal("1 2 3 4 5\nking 1 2\n"), "is neither a header"));
    // A row of numbers as long as the others is a row.
    REQUIRE(load_bytes("1998 1 2\nking 3 4\n").word(0) == "1998");
    // A right header whose rows have another dim: the reader names the line.
    REQUIRE(test::contains(load_error("2 3\nking 1 2 3 4\nqueen 4 5 6 7\n"), "line 2"));
    REQUIRE(test::contains(load_error("2 3\nking 1 2\nqueen 4 5\n"), "line 2"));
    REQUIRE(test::contains(load_error("0 3\nking 1 2 3\n"), "promises 0 rows"));
}

TEST_CASE("a byte-order mark is passed over in every text, and reported") {
    const std::string mark = "\xEF\xBB\xBF";
    ReadReport report;
    for (const std::string text : {"2 3\nking 1 2 3\nqueen 4 5 6\n", "king 1 2 3\nqueen 4 5 6\n"}) {
        const WordVectors<float> vectors = load_bytes(mark + text, {}, &report);
        REQUIRE(vectors.vocabulary().symbols() == std::vector<std::string_view>{"king", "queen"});
        REQUIRE(vectors.dim() == 3);
        REQUIRE(report.byte_order_mark);
        static_cast<void>(load_bytes(text, {}, &report));
        REQUIRE_FALSE(report.byte_order_mark);
        REQUIRE(recognize_format(mark + text) == recognize_format(text));
    }
    REQUIRE(
        test::contains(load_error(mark + "2 3\nking 1 2 3\nqueen 4 5 x\n"), "line 3 (byte 18)"));
    REQUIRE(test::contains(refusal(mark + format_word2vec_binary(test::random_vectors(3, 40, 1))),
                           "a byte-order mark stands before word2vec's binary format"));
    const test::TemporaryFolder folder;
    test::write_file(folder / "v.tsv", mark + "1\t2\n3\t4\n");
    test::write_file(folder / "v.metadata.tsv", mark + "a\nb\n");
    REQUIRE(load(folder / "v.tsv", {}, &report).word(0) == "a");
    REQUIRE(report.byte_order_mark);
    REQUIRE(RowFile(folder / "v.tsv").next()->vector[0] == 1);
    write_npy(test::random_vectors(2, 2, 1), folder / "n.npy");
    test::write_file(folder / "n.words.txt", mark + "a\nb\n");
    REQUIRE(load(folder / "n.npy", {}, &report).word(0) == "a");
    REQUIRE(report.byte_order_mark);
    REQUIRE(parse_vocabulary_text(mark + "a 3\nb 2\n")[0] == "a");
    REQUIRE(parse_word_list(mark + "a 3\nb 2\n").words[0] == "a");
}

TEST_CASE("what fits no format is refused with its likely cause") {
    REQUIRE(test::contains(refusal("king 0,1 0,2\nqueen 0,3 0,4\n"), "decimal commas"));
    REQUIRE(
        test::contains(refusal("2 3\nking 0,1 0,2 0,3\nqueen 0,4 0,5 0,6\n"), "decimal commas"));
    REQUIRE(test::contains(refusal("2 3\nking 0,1 0,2 0,3\nqueen 0,4 0,5 0,6\n"), "a header"));
    REQUIRE(test::contains(refusal("king;0,1;0,2\nqueen;0,3;0,4\n"), "decimal commas"));
    REQUIRE(test::contains(refusal("king,0.1,0.2\nqueen,0.3,0.4\n"), "commas or semicolons"));
    REQUIRE(test::contains(refusal("king;0.1;0.2\nqueen;0.3;0.4\n"), "commas or semicolons"));
    REQUIRE(test::contains(refusal("king\t0.1\t0.2\nqueen\t0.3\t0.4\n"), "there are tabs"));
    REQUIRE(test::contains(refusal("0.1 0.2\n0.3 0.4\n0.5 0.6\n"), "no words; the projector"));
    REQUIRE(test::contains(refusal("1.0e+00 2.0e+00\n-3.0e+00 1\n"), "no words"));
    REQUIRE(recognize_format("1 0.1 0.2\n0.5 0.3 0.4\n") == glove_text_format);
    REQUIRE(test::contains(refusal("\n \n\n"), "all its lines are blank"));
    REQUIRE(test::contains(refusal("2 3\nonce upon a time\nthere was\na file\n"),
                           "no rows of 3 numbers follow"));
    REQUIRE(test::contains(refusal("once upon a time\nthere was a file\n"), "none of the marks"));
    REQUIRE(test::contains(refusal("2 3\nking,1,2,3\nqueen,4,5,6\n"), "no rows of 3 numbers"));
    // word2vec's text with tabs can be read.
    REQUIRE(load_bytes("2 2\na\t1\t2\nb\t3\t4\n")["b"][1] == 4);
}

TEST_CASE("a projector's first row is not taken for a header") {
    for (const char* const text :
         {"0\t1\n0.5\t0.7\n", "0\t1\n", "5\t0\n1\t2\n", "2\t3\n4\t5\n6\t7\n", "0\t1\n2\t3\n"}) {
        INFO(text);
        REQUIRE(recognize_format(text) == projector_format);
    }
    const WordVectors<float> read = load_bytes("0\t1\n0.5\t0.7\n");
    REQUIRE(read.size() == 2);
    REQUIRE(read[Id{0}][1] == 1);
}

TEST_CASE("word2vec's binary format is told from text, however short and odd") {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        for (const std::size_t dim : {1u, 2u, 5u}) {
            WordVectors<float> vectors = test::random_vectors(1 + seed % 3, dim, seed);
            const std::string bytes = format_word2vec_binary(vectors);
            REQUIRE(recognize_format(bytes) == word2vec_binary_format);
            // Damaged it is still binary, so that the error is the binary reader's.
            if (dim < 5 || vectors.size() < 2) continue;
            REQUIRE(recognize_format("9" + bytes) == word2vec_binary_format);
            REQUIRE(recognize_format(bytes.substr(0, bytes.size() - 5)) == word2vec_binary_format);
        }
    }
    REQUIRE(recognize_format("2 3\nking 0.1 0.2") == word2vec_text_format);
    REQUIRE(recognize_format("2 1\nking x\nqueen 1\n") == word2vec_text_format);
    REQUIRE(recognize_format("0 3\n") == word2vec_text_format);
}

TEST_CASE("vecs are known by dims that repeat") {
    const auto numbers = [](std::initializer_list<std::int32_t> values) {
        std::string bytes;
        for (const std::int32_t value : values) {
            bytes += test::raw(value);
        }
        return bytes;
    };
    REQUIRE(recognize_format(numbers({2, 7, 8, 2, 9, 10})) == ivecs_format);
    REQUIRE(recognize_format(numbers({2, 7, 0x3F800000, 2, 9, 10})) == fvecs_format);
    REQUIRE(recognize_format(numbers({2, 0, 0, 2, 0, 0})) == fvecs_format);
    REQUIRE_FALSE(refusal(numbers({2, 7, 8, 3, 9, 10})).empty());
    REQUIRE_FALSE(refusal(numbers({2, 7, 8, 2, 9})).empty());
    std::string many;
    for (int row = 0; row < 100; ++row) {
        many += numbers({1, 0x3F800000});
    }
    REQUIRE(recognize_format(many) == fvecs_format);
    many.replace(99 * 8, 4, test::raw(std::int32_t{2}));
    REQUIRE_FALSE(refusal(many).empty());
}
