#include <firth/text/bpe_files.hpp>

#include <filesystem>

#include <firth/text/tokenizer_file.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

constexpr const char* vocab_json =
    R"({"a": 0, "b": 1, "Ġ": 2, "ab": 3, "Ġab": 4, "#": 5, "##": 6, "<end of text>": 7})";
constexpr const char* merges_txt = "#version: 0.2\na b\r\nĠ ab\n# #\n";

std::string refused(std::string_view vocab, std::string_view rules) {
    BpeOptions options;
    options.bytes = true;
    return test::message_of<FormatError>(
        [&] { static_cast<void>(parse_bpe_files(vocab, "v.json", rules, "m.txt", options)); });
}

} // namespace

TEST_CASE("vocab.json and merges.txt are read and written", "[tokenizer]") {
    const test::TemporaryFolder folder;
    test::write_file(folder / "vocab.json", vocab_json);
    test::write_file(folder / "merges.txt", merges_txt);
    const Tokenizer tokenizer = read_bpe_files(folder / "vocab.json", folder / "merges.txt");
    CHECK(tokenizer.ids("ab ab##") == std::vector<Id>{3, 4, 6}); // a merge may begin with #
    CHECK(tokenizer.ids("a<end of text>") == std::vector<Id>{0, 7});
    CHECK(tokenizer.decode(tokenizer.ids("ab ab<end of text>")) == "ab ab");
    REQUIRE(tokenizer.steps().added_tokens.size() == 1);
    CHECK(tokenizer.steps().added_tokens[0].special);
    CHECK(read_tokenizer(folder / "").settings() == tokenizer.settings());
    std::filesystem::create_directories(folder / "again");
    write_bpe_files(folder / "again", tokenizer);
    CHECK(read_tokenizer(folder / "again").settings() == tokenizer.settings());
    CHECK(test::read_file(folder / "again/merges.txt") == "#version: 0.2\na b\nĠ ab\n# #\n");
    CHECK_THROWS_AS(write_bpe_files(folder / "none", tokenizer), IoError);
    // Added tokens that the model lacks join it.
    TokenizerSteps<> steps;
    BpeOptions options;
    options.bytes = true;
    steps.model = parse_bpe_files(R"({"a": 0})", "v", "", "m", options);
    AddedToken added;
    added.content = "<x>";
    added.id = 4;
    steps.added_tokens = {added};
    write_bpe_files(folder / "again", Tokenizer(steps));
    CHECK(test::read_file(folder / "again/vocab.json") == "{\n\"a\": 0,\n\"<x>\": 4\n}\n");
}

TEST_CASE("vocab.json and merges.txt that are damaged or cannot be written", "[tokenizer]") {
    CHECK(test::contains(refused("{", ""), "v.json is no JSON"));
    CHECK(test::contains(refused("[\"a\"]", ""), "v.json is no object"));
    CHECK(test::contains(refused("3", ""), "v.json is no object"));
    CHECK(test::contains(refused("{\"a\": {}}", ""), "without a number"));
    CHECK(test::contains(refused("{\"a\": 0}}", ""), "v.json is no JSON"));
    CHECK(test::contains(refused("{\"a\": 2147483648}", ""), "has the id 2147483648"));
    CHECK(test::contains(refused("{\"a\": 0}", "a\n"),
                         "m.txt, line 1, has the merge \"a\" without a space"));
    CHECK(test::contains(refused("{\"a\": 0}", "\n\na b\n"),
                         "m.txt, line 3, has a merge of \"a\" and \"b\", but \"b\" is not in the "
                         "vocabulary"));
    CHECK(test::contains(refused(std::string(100, '['), ""), "v.json is"));
    const test::TemporaryFolder folder;
    TokenizerSteps<> steps;
    const std::vector<std::pair<std::string_view, Id>> tokens{{"a", 0}, {"b c", 1}, {"ab c", 2}};
    const std::vector<Bpe::Rule> rules{{0, 1, 2}};
    steps.model = Bpe(TokenTable(tokens, "test"), rules);
    CHECK(test::contains(
        test::message_of<FormatError>([&] { write_bpe_files(folder / "", Tokenizer(steps)); }),
        "the token \"b c\" of a merge has white space"));
    steps.model = WordLevel(TokenTable(tokens, "test"), "");
    CHECK(test::contains(
        test::message_of<FormatError>([&] { write_bpe_files(folder / "", Tokenizer(steps)); }),
        "hold a BPE model, but the tokenizer's is \"word level"));
    CHECK(folder.files() == 0);
}

TEST_CASE("a folder's tokenizer is the first kind that it has", "[tokenizer]") {
    const test::TemporaryFolder folder;
    const auto refused_folder = [&] {
        return test::message_of<FormatError>(
            [&] { static_cast<void>(read_tokenizer(folder / "")); });
    };
    CHECK(test::contains(refused_folder(), "has no tokenizer.json, no .model"));
    test::write_file(folder / "a.tiktoken", "YQ== 0\n");
    CHECK(read_tokenizer(folder / "", {.pattern = "o200k"}).size() == 1);
    test::write_file(folder / "b.tiktoken", "YQ== 0\n");
    CHECK(test::contains(refused_folder(), "has several .tiktoken files"));
    test::write_file(folder / "vocab.txt", "[UNK]\na\n");
    CHECK(read_tokenizer(folder / "").size() == 2);
    test::write_file(folder / "vocab.json", "{\"a\": 0, \"b\": 1, \"c\": 2}");
    CHECK(test::contains(refused_folder(), "has vocab.json, but not merges.txt"));
    test::write_file(folder / "merges.txt", "");
    CHECK(read_tokenizer(folder / "").size() == 3);
    test::write_file(folder / "tokenizer.model", "YQ== 0\nYg== 1\nYw== 2\nZA== 3\n"); // Llama 3's
    CHECK(read_tokenizer(folder / "", {.pattern = "cl100k"}).size() == 4);
    test::write_file(folder / "tokenizer.json", R"({"model": {"type": "WordLevel", "vocab":
        {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4}, "unk_token": "a"}})");
    CHECK(read_tokenizer(folder / "").size() == 5);
}
