#include <firth/io/word_rule.hpp>

#include <firth/io/load.hpp>
#include <firth/io/save.hpp>

#include "support.hpp"

using namespace firth;

namespace {

const std::vector<std::string>& odd_words() {
    static const std::vector<std::string> words{
        "plain",    "two words", "windows 10", "tab\there",   "tab\t7",      "new\nline",
        "return\r", "",          " ",          ". . .",       " x ",         "\xEF\xBB\xBFmark",
        "1998",     "0.5",       "\xFF\xC0",   "_",           "3 x",         "a\n7",
        "\t",       "x\r\ry",    "a  b",       "back\\slash", "back\\there", "\\n"};
    return words;
}

WordVectors<float> one_word(const std::string& word) {
    Vocabulary vocabulary;
    vocabulary.add(word);
    EmbeddingTable<float> table(1, 3);
    table[0][0] = 1;
    table[0][2] = 3;
    return {std::move(vocabulary), std::move(table)};
}

WordVectors<float> words_of_all_kinds() {
    Vocabulary vocabulary;
    for (const char* const word : {"plain", "new york", "new_york", "", "a\nb", "last"}) {
        vocabulary.add(word, 10 - vocabulary.size());
    }
    EmbeddingTable<float> table(6, 2);
    for (std::size_t i = 0; i < 12; ++i) {
        table[i / 2][i % 2] = static_cast<float>(i + 1);
    }
    return {std::move(vocabulary), std::move(table)};
}

} // namespace

TEST_CASE("every word reads back the same, or is refused by the rule before it is written") {
    const test::TemporaryFolder folder;
    const std::vector<std::string>& words = odd_words();
    Vocabulary vocabulary;
    for (const std::string& word : words) {
        vocabulary.add(word);
    }
    EmbeddingTable<float> table(words.size(), 3);
    for (std::size_t i = 0; i < words.size() * 3; ++i) {
        table[i / 3][i % 3] = static_cast<float>(i % 200 + 1);
    }
    const WordVectors<float> vectors(std::move(vocabulary), std::move(table));
    for (const VectorFormat& format : KnownFormats::written) {
        const WordRule rule = format.words;
        const std::string path = folder / ("v" + std::string(format.name));
        REQUIRE(rule.holds("plain"));
        REQUIRE(rule.holds("1998"));
        test::write_file(path, "old");
        std::vector<std::string> held;
        for (const std::string& word : words) {
            INFO(format.name << " \"" << word << '"');
            const WordVectors<float> one = one_word(word);
            if (rule.holds(word)) {
                held.push_back(word);
                check_words(one.vocabulary(), format);
                continue;
            }
            REQUIRE(test::contains(
                test::message_of<OptionError>([&] { check_words(one.vocabulary(), format); }),
                "word 0 of the vocabulary is the word \"" + word + '"'));
            REQUIRE_THROWS_AS(save(one, path, format), Error);
            const auto writer = make_writer(path, 1, 3, {.format = format});
            REQUIRE_THROWS_AS(writer->add({word, one[Id{0}]}), Error);
            REQUIRE(rule.holds(rule.replace(word)));
        }
        INFO(format.name);
        REQUIRE(test::read_file(path) == "old");
        SaveReport report =
            save(vectors, path, {.format = format, .unwritable = UnwritableWords::skip});
        REQUIRE(report.rows == held.size());
        REQUIRE(report.skipped == words.size() - held.size());
        WordVectors<float> read = load(path);
        REQUIRE(read.size() == held.size());
        for (Id id = 0; id < held.size(); ++id) {
            REQUIRE(read.word(id) == held[id]);
            REQUIRE(std::ranges::equal(read[id], vectors[held[id]]));
        }
        report = save(vectors, path, {.format = format, .unwritable = UnwritableWords::replace});
        REQUIRE(report.rows == words.size());
        REQUIRE(report.replaced == words.size() - held.size());
        read = load(path);
        REQUIRE(read.size() == words.size());
        for (Id id = 0; id < words.size(); ++id) {
            const std::string expected =
                rule.holds(words[id]) ? words[id] : rule.replace(words[id]);
            REQUIRE(read.word(id).starts_with(expected)); // with "_" where it was there before
            REQUIRE(std::ranges::equal(read[id], vectors[id]));
        }
        // Some words are met by themselves or first.
        for (const char* const word : {"1998", " ", "\t", ". . .", "3 x", "0.5", "_"}) {
            if (!rule.holds(word)) continue;
            save(one_word(word), path, format);
            test::require_same(load(path), one_word(word));
        }
    }
    REQUIRE(glove_text_format.words.holds("two words"));
    REQUIRE(glove_text_format.words.holds(". . ."));
    REQUIRE_FALSE(glove_text_format.words.holds("windows 10"));
    REQUIRE_FALSE(glove_text_format.words.holds(""));
    REQUIRE_FALSE(word2vec_text_format.words.holds("two words"));
    const auto why = [](VectorFormat format, const std::string& word) {
        const WordVectors<float> one = one_word(word);
        return test::message_of<OptionError>([&] { check_words(one.vocabulary(), format); });
    };
    REQUIRE(test::contains(why(word2vec_text_format, "a b"), "a space or a newline in it"));
    REQUIRE(test::contains(why(glove_text_format, "a\nb"), "there is a newline in it"));
    REQUIRE(test::contains(why(glove_text_format, "a 7"), "one of its parts is a number"));
    REQUIRE(test::contains(why(npy_format, ""), "it is empty"));
    REQUIRE(test::contains(why(npy_format, "a\r"), "ends in a carriage return"));
    REQUIRE(test::contains(why(npy_format, "\xEF\xBB\xBF"), "begins with a byte-order"));
    REQUIRE(native_format.words.holds("a\nb"));
    REQUIRE(word2vec_text_format.words.replace("two words") == "two_words");
    REQUIRE(word2vec_binary_format.words.replace("") == "_");
    REQUIRE(glove_text_format.words.replace("windows 10") == "windows_10");
    REQUIRE(glove_text_format.words.replace("two\nwords") == "two_words");
    REQUIRE(npy_format.words.replace("return\r") == "return_");
    REQUIRE(npy_format.words.replace("\xEF\xBB\xBFmark") == "mark");
}

TEST_CASE("words are checked by the options for the writing") {
    const WordVectors<float> vectors = words_of_all_kinds();
    REQUIRE_THROWS_AS(
        check_words(vectors.vocabulary(), SaveOptions{.format = word2vec_text_format}),
        OptionError);
    check_words(vectors.vocabulary(), SaveOptions{.format = native_format});
    for (const UnwritableWords policy : {UnwritableWords::skip, UnwritableWords::replace}) {
        check_words(vectors.vocabulary(),
                    SaveOptions{.format = word2vec_text_format, .unwritable = policy});
    }
    REQUIRE_THROWS_AS(check_words(vectors.vocabulary(), SaveOptions{}), OptionError);
    REQUIRE(test::contains(test::message_of<OptionError>(
                               [&] { check_words(vectors.vocabulary(), word2vec_text_format); }),
                           "word 1 of the vocabulary is the word \"new york\""));
}

TEST_CASE("words that a format cannot hold are left out or replaced, and reported") {
    const test::TemporaryFolder folder;
    const WordVectors<float> vectors = words_of_all_kinds();
    const auto values = [](const WordVectors<float>& read) {
        std::vector<float> first;
        for (Id id = 0; id < read.size(); ++id) {
            first.push_back(read[id][0]);
        }
        return first;
    };
    const std::string path = folder / "v";
    for (const VectorFormat& format : {word2vec_text_format, word2vec_binary_format}) {
        INFO(format.name);
        SaveReport report =
            save(vectors, path, {.format = format, .unwritable = UnwritableWords::skip});
        REQUIRE(report.rows == 3);
        REQUIRE(report.skipped == 3);
        REQUIRE(report.replaced == 0);
        REQUIRE(report.first_unwritable == "new york");
        REQUIRE(test::read_file(path).starts_with("3 2\n"));
        REQUIRE(load(path).vocabulary().symbols() ==
                std::vector<std::string_view>{"plain", "new_york", "last"});
        REQUIRE(values(load(path)) == std::vector<float>{1, 5, 11});

        report = save(vectors, path, {.format = format, .unwritable = UnwritableWords::replace});
        REQUIRE(report.rows == 6);
        REQUIRE(report.skipped == 0);
        REQUIRE(report.replaced == 3);
        REQUIRE(report.first_replacement == "new_york_"); // there is a "new_york"
        REQUIRE(
            load(path).vocabulary().symbols() ==
            std::vector<std::string_view>{"plain", "new_york_", "new_york", "_", "a_b", "last"});
        REQUIRE(values(load(path)) == std::vector<float>{1, 3, 5, 7, 9, 11});
    }
    // Two that would become the same.
    Vocabulary vocabulary;
    vocabulary.add("a b");
    vocabulary.add("a\nb");
    const WordVectors<float> same(std::move(vocabulary), EmbeddingTable<float>(2, 2));
    save(same, path, {.format = word2vec_text_format, .unwritable = UnwritableWords::replace});
    REQUIRE(load(path).vocabulary().symbols() == std::vector<std::string_view>{"a_b", "a_b_"});
    // GloVe's text holds words with spaces.
    const SaveReport report =
        save(vectors, path, {.format = glove_text_format, .unwritable = UnwritableWords::skip});
    REQUIRE(report.skipped == 2);
    REQUIRE(report.first_unwritable.empty());
    REQUIRE(load(path).contains("new york"));
}

TEST_CASE("row writers leave out and replace as they come, and put their headers right") {
    const test::TemporaryFolder folder;
    const std::vector<float> vector{1, 2};
    for (const VectorFormat& format : KnownFormats::written) {
        const WordRule rule = format.words;
        if (rule.holds("a\nb")) continue;
        INFO(format.name);
        const std::string path = folder / ("v" + std::string(format.name));
        for (const UnwritableWords policy : {UnwritableWords::skip, UnwritableWords::replace}) {
            // From 10 rows to 9, a digit less.
            const auto writer = make_writer(path, 10, 2, {.format = format, .unwritable = policy});
            for (int i = 0; i < 10; ++i) {
                writer->add({i == 4 ? "a\nb" : "w" + std::to_string(i), vector});
            }
            REQUIRE_THROWS_AS(writer->add({"more", vector}), Error);
            writer->finish();
            const bool skip = policy == UnwritableWords::skip;
            REQUIRE(writer->report().rows == (skip ? 9 : 10));
            REQUIRE(writer->report().skipped == (skip ? 1 : 0));
            REQUIRE(writer->report().replaced == (skip ? 0 : 1));
            REQUIRE(writer->report().first_unwritable == "a\nb");
            const WordVectors<float> read = load(path);
            REQUIRE(read.size() == (skip ? 9 : 10));
            REQUIRE(read.dim() == 2);
            REQUIRE(read.contains("a_b") == !skip);
            REQUIRE(read["w9"][1] == 2);
            if (skip && (format == word2vec_text_format || format == word2vec_binary_format)) {
                REQUIRE(test::read_file(path).starts_with("09 2\nw0 "));
            }
        }
    }
    // A stream cannot go back.
    std::string bytes;
    Word2VecTextWriter writer(std::make_unique<StringSink>(bytes), "v", 2, 2);
    writer.set_unwritable(UnwritableWords::skip);
    writer.add({"a", vector});
    writer.add({"a b", vector});
    REQUIRE(test::contains(test::message_of<IoError>([&] { writer.finish(); }), "cannot go back"));
}

TEST_CASE("vectors of no words load from what they were saved to, or are refused") {
    const test::TemporaryFolder folder;
    std::size_t loaded = 0;
    for (const VectorFormat& format : KnownFormats::written) {
        for (const std::size_t dim : {0u, 4u}) {
            INFO(format.name << " dim " << dim);
            const std::string path = folder / ("v" + std::string(format.name));
            const WordVectors<float> none =
                dim == 0 ? WordVectors<float>() : test::random_vectors(0, dim, 1);
            test::write_file(path, "old");
            if (!format.words.no_rows) {
                REQUIRE(test::contains(test::message_of<Error>([&] { save(none, path, format); }),
                                       "no rows"));
                REQUIRE(test::read_file(path) == "old");
                continue;
            }
            save(none, path, format);
            REQUIRE(load(path).size() == 0);
            REQUIRE(load(path).dim() == dim);
            RowFile rows(path);
            REQUIRE(rows.dim() == dim);
            REQUIRE_FALSE(rows.next());
            ++loaded;
        }
    }
    REQUIRE(loaded == 10);
    for (const ElementType type : {ElementType::i8, ElementType::f16, ElementType::bf16}) {
        save(test::random_vectors(0, 4, 1), folder / "v.firth", {.type = type});
        REQUIRE(load(folder / "v.firth").dim() == 4);
    }
    REQUIRE_THROWS_AS(parse_word2vec_text("0 0\na 1\n"), FormatError);
    REQUIRE_THROWS_AS(parse_word2vec_binary("0 0\na 1\n"), FormatError);
    // All words left out are no rows.
    REQUIRE_THROWS_AS(save(one_word(""), folder / "g",
                           {.format = glove_text_format, .unwritable = UnwritableWords::skip}),
                      Error);
}

TEST_CASE("GloVe's text is not written where its first row would be a header") {
    const test::TemporaryFolder folder;
    Vocabulary vocabulary;
    vocabulary.add("7");
    vocabulary.add("b");
    EmbeddingTable<float> table(2, 1);
    table[0][0] = 3;
    WordVectors<float> vectors(std::move(vocabulary), std::move(table));
    REQUIRE(test::contains(
        test::message_of<Error>([&] { save(vectors, folder / "g", glove_text_format); }),
        "would read as word2vec's header"));
    vectors.mutable_table()[0][0] = 3.5f;
    save(vectors, folder / "g", glove_text_format);
    test::require_same(load(folder / "g"), vectors);
}
