#include <firth/text/tokenizer.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <firth/base/parallel.hpp>
#include <firth/base/random.hpp>
#include <firth/text/pre_tokenizers/byte_level.hpp>
#include <firth/text/pre_tokenizers/patterns.hpp>
#include <firth/text/tokenizer_json.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

/// A byte-level model: all bytes, and what `words` need to become one token each.
std::string json_of(const std::vector<std::string>& words, const std::string& more = "") {
    constexpr ByteCharacters characters;
    std::vector<std::string> tokens;
    nlohmann::json merges = nlohmann::json::array();
    nlohmann::json vocabulary = nlohmann::json::object();
    const auto add = [&](const std::string& bytes) {
        if (std::find(tokens.begin(), tokens.end(), bytes) != tokens.end()) return false;
        vocabulary[characters.spelled(bytes)] = tokens.size();
        tokens.push_back(bytes);
        return true;
    };
    for (int byte = 0; byte < 256; ++byte) {
        add(std::string(1, static_cast<char>(byte)));
    }
    for (const std::string& word : words) {
        for (std::size_t size = 2; size <= word.size(); ++size) {
            if (!add(word.substr(0, size))) continue;
            merges.push_back(characters.spelled(word.substr(0, size - 1)) + ' ' +
                             characters.spelled(word.substr(size - 1, 1)));
        }
    }
    return R"({"model": {"type": "BPE", "vocab": )" + vocabulary.dump() +
           ", \"merges\": " + merges.dump() + "}, \"pre_tokenizer\": " +
           R"({"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},)" +
           R"("decoder": {"type": "ByteLevel"}, "normalizer": null)" + more + "}";
}

std::vector<std::string> tokens_of(const Tokenizer& tokenizer, std::string_view text) {
    std::vector<std::string> tokens;
    for (const Id id : tokenizer.ids(text)) {
        tokens.emplace_back(tokenizer.token(id));
    }
    return tokens;
}

/// A user's own steps.
struct CommaPieces {
    std::size_t operator()(std::string_view text, std::size_t from, PieceBatch& to) const {
        while (from < text.size() && !to.full()) {
            const std::size_t end = (std::min)(text.find(',', from), text.size());
            if (from < end) to.add(from, end);
            from = (std::min)(end + 1, text.size());
        }
        return from;
    }
    std::string settings() const { return "commas"; }
};
struct Underscores {
    void operator()(std::string_view text, NormalizedText& to) const {
        for (std::size_t i = 0; i < text.size(); ++i) {
            to.append(text[i] == ' ' ? "_" : text.substr(i, 1), i, i + 1);
        }
    }
    std::string settings() const { return "underscores"; }
};
struct PieceLengths { ///< a piece's token is its length
    struct Scratch {};
    template <class OnToken>
    void operator()(std::string_view piece, Scratch&, OnToken&& on_token) const {
        on_token(static_cast<Id>(piece.size()), piece.size());
    }
    std::size_t size() const { return 1000; }
    std::string_view token(Id) const { return "n"; }
    std::optional<Id> find(std::string_view) const { return {}; }
    std::size_t length(Id id) const { return id; }
    std::string settings() const { return "lengths"; }
};

std::string random_pieces(Random& random, std::size_t size) {
    constexpr std::string_view parts[] = {"the",      " king", " and",     "  ",           "\n",
                                          " queen's", "12345", "\xC3\xA9", "\xE4\xB8\xAD", "!?",
                                          " a",       "<end>", "\xFF"};
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
        text += parts[random.below(static_cast<std::uint32_t>(std::size(parts)))];
    }
    return text;
}

} // namespace

TEST_CASE("a tokenizer makes ids and gives the text back", "[tokenizer]") {
    const Tokenizer tokenizer = parse_tokenizer_json(json_of({"the", " king", " and"}), "test");
    CHECK(tokens_of(tokenizer, "the king and I") ==
          std::vector<std::string>{"the", " king", " and", " ", "I"});
    CHECK(tokenizer.size() == 256 + 2 + 4 + 3);
    CHECK(tokenizer.token(99999).empty());
    CHECK(tokenizer.find(" king") == tokenizer.ids(" king")[0]);
    CHECK(tokenizer.find("queen") == std::nullopt);
    CHECK(tokenizer.ids("").empty());
    CHECK(tokenizer.encode("").size() == 0);
    Random random(3);
    for (std::size_t i = 0; i < 200; ++i) {
        const std::string text = random_pieces(random, random.below(40));
        const std::vector<Id> ids = tokenizer.ids(text);
        REQUIRE(tokenizer.decode(ids) == text);
        REQUIRE(tokenizer.count(text) == ids.size());
        // What is in the cache and what is not are the same; and so is the slower way with offsets.
        REQUIRE(tokenizer.ids(text) == ids);
        REQUIRE(parse_tokenizer_json(json_of({"the", " king", " and"}), "test").ids(text) == ids);
        const Encoding encoding = tokenizer.encode(text);
        REQUIRE(encoding.ids == ids);
        std::size_t at = 0;
        for (const ByteRange& each : encoding.offsets) { // they cover the text
            REQUIRE(each.begin <= at);
            REQUIRE(each.end >= at);
            at = each.end;
        }
        REQUIRE(at == text.size());
    }
}

TEST_CASE("offsets are of whole characters, words are counted", "[tokenizer]") {
    const Tokenizer tokenizer = parse_tokenizer_json(json_of({"the"}), "test");
    const Encoding encoding = tokenizer.encode("the \xC3\xA9");
    using Ranges = std::vector<ByteRange>;
    CHECK(encoding.offsets == Ranges{{0, 3}, {3, 4}, {4, 6}, {4, 6}});
    CHECK(encoding.words == std::vector<std::uint32_t>{0, 1, 1, 1});
    CHECK(encoding.types == std::vector<std::uint32_t>{0, 0, 0, 0});
}

TEST_CASE("added tokens are cut out", "[tokenizer]") {
    const std::string more = R"(, "added_tokens": [
        {"id": 300, "content": "<end>", "special": true},
        {"id": 301, "content": "<end><end>", "special": true},
        {"id": 302, "content": "word", "single_word": true, "normalized": false},
        {"id": 303, "content": "<mask>", "lstrip": true, "rstrip": true, "normalized": false}])";
    const Tokenizer tokenizer = parse_tokenizer_json(json_of({"the"}, more), "test");
    const auto ids = [&](std::string_view text) { return tokenizer.ids(text); };
    const Id a = ids("a")[0];
    CHECK(ids("a<end>a") == std::vector<Id>{a, 300, a});
    CHECK(ids("<end><end><end>") == std::vector<Id>{301, 300}); // the longest
    CHECK(ids("word") == std::vector<Id>{302});
    CHECK(ids("words").size() == 5);
    CHECK(ids("a \n<mask> \xC2\xA0"
              "a") == std::vector<Id>{a, 303, a});
    CHECK(ids("<en") == std::vector<Id>{ids("<")[0], ids("e")[0], ids("n")[0]});
    CHECK(tokenizer.size() == 304);
    CHECK(tokenizer.token(301) == "<end><end>");
    CHECK(tokenizer.decode(std::vector<Id>{a, 300, 302}) == "aword");
    CHECK(tokenizer.decode(std::vector<Id>{a, 300, 302}, SpecialTokens::with) == "a<end>word");
    CHECK(tokenizer.encode("a <mask> a").offsets ==
          std::vector<ByteRange>{{0, 1}, {1, 9}, {9, 10}});
    CHECK(tokenizer.encode("a <mask> a").special == std::vector<std::uint8_t>{0, 0, 0});
}

TEST_CASE("special tokens stand around a text and a pair", "[tokenizer]") {
    const std::string more = R"(, "post_processor": {"type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "[C]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[C]", "type_id": 0}},
                 {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"[C]": {"id": "[C]", "ids": [7], "tokens": ["[C]"]}}})";
    const Tokenizer tokenizer = parse_tokenizer_json(json_of({"the"}, more), "test");
    const Id a = tokenizer.ids("a")[0];
    CHECK(tokenizer.encode("a").ids == std::vector<Id>{7, a});
    CHECK(tokenizer.encode("a").special == std::vector<std::uint8_t>{1, 0});
    CHECK(tokenizer.encode("a").words == std::vector<std::uint32_t>{Encoding::no_word, 0});
    CHECK(tokenizer.encode("a", SpecialTokens::without).ids == std::vector<Id>{a});
    CHECK(tokenizer.encode("a", "aa").ids == std::vector<Id>{a, 7, a, a});
    CHECK(tokenizer.encode("a", "aa").types == std::vector<std::uint32_t>{0, 0, 1, 1});
    CHECK(tokenizer.encode("a", "aa", SpecialTokens::without).ids == std::vector<Id>{a, a, a});
}

TEST_CASE("steps of one's own compose", "[tokenizer]") {
    using Own = BasicTokenizer<PieceLengths, CommaPieces, Underscores>;
    Own::Steps steps;
    const Own tokenizer(steps);
    CHECK(tokenizer.ids("a b,,c") == std::vector<Id>{3, 1});
    CHECK(tokenizer.encode("a b,,c").offsets == std::vector<ByteRange>{{0, 3}, {5, 6}});
    CHECK(tokenizer.settings() == "underscores | commas | lengths |");
    // The same steps, chosen when the program runs.
    TokenizerSteps<> any;
    any.model = PieceLengths();
    any.pre_tokenizer = CommaPieces();
    any.normalizer = Underscores();
    CHECK(Tokenizer(any).ids("a b,,c") == std::vector<Id>{3, 1});
    CHECK(any.pre_tokenizer.get_if<CommaPieces>() != nullptr);
    CHECK(any.pre_tokenizer.get_if<Gpt2Pattern>() == nullptr);
    CHECK(Tokenizer().ids("text").empty());
}

TEST_CASE("one tokenizer serves many threads", "[tokenizer]") {
    const Tokenizer tokenizer = parse_tokenizer_json(json_of({"the", " king", " and"}), "test");
    Random random(11);
    std::vector<std::string> texts;
    std::vector<std::vector<Id>> expected;
    for (std::size_t i = 0; i < 300; ++i) {
        texts.push_back(random_pieces(random, 20));
        expected.push_back(tokenizer.ids(texts.back()));
    }
    CHECK(tokenizer.ids_of_many(texts, 4) == expected);
    run_workers(4, [&](std::size_t worker) {
        for (std::size_t i = worker; i < texts.size(); ++i) {
            if (tokenizer.encode(texts[i]).ids != expected[i]) throw Error("other ids");
        }
    });
}

TEST_CASE("a tokenizer.json that cannot be kept to is refused by name", "[tokenizer]") {
    const auto refused = [](const std::string& text) {
        return test::message_of<FormatError>(
            [&] { static_cast<void>(parse_tokenizer_json(text, "t.json")); });
    };
    CHECK(test::contains(refused("{"), "t.json is no JSON"));
    CHECK(test::contains(refused("[]"), "has no \"model\""));
    CHECK(test::contains(refused(R"({"model": {"type": "Fancy"}})"),
                         "asks for the model \"Fancy\", which is not supported"));
    CHECK(test::contains(refused(R"({"model": {"type": "BPE"}})"), "without the object \"vocab\""));
    CHECK(test::contains(refused(R"({"model": {"type": "BPE", "vocab": {"a": 0}}})"),
                         "without the array \"merges\""));
    CHECK(test::contains(refused(R"({"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}})"),
                         "the token \"a\" without a number"));
    CHECK(test::contains(
        refused(R"({"model": {"type": "BPE", "vocab": {"a": 4000000000}, "merges": []}})"),
        "has the id 4000000000 among 1 tokens"));
    CHECK(test::contains(
        refused(R"({"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": ["a b"]}})"),
        "\"ab\" is not in the vocabulary"));
    CHECK(test::contains(
        refused(R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["ab"]}})"),
        "the merge \"ab\" without a space"));
    CHECK(test::contains(
        refused(R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.1}})"),
        "dropout = 0.1"));
    CHECK(test::contains(
        refused(
            R"({"model": {"type": "BPE", "vocab": {}, "merges": []}, "normalizer": {"type": "X"}})"),
        "the normalizer \"X\""));
    CHECK(test::contains(
        refused(
            R"({"model": {"type": "BPE", "vocab": {}, "merges": []}, "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "a+"}, "behavior": "Isolated"}})"),
        "the pattern \"a+\""));
    CHECK(test::contains(
        refused(
            R"({"model": {"type": "BPE", "vocab": {}, "merges": []}, "added_tokens": [{"content": ""}]})"),
        "an added token without its content"));
    CHECK(test::contains(refused(R"({"model": {"type": "Unigram", "vocab": [["a", 0]]}})"),
                         "without its unknown piece"));
    // Cut anywhere, it is refused or, at the end, whole.
    const std::string whole = json_of({"ab"});
    for (std::size_t size = 0; size < whole.size(); size += 7) {
        CHECK_THROWS_AS(parse_tokenizer_json(whole.substr(0, size), "t.json"), FormatError);
    }
}

TEST_CASE("GPT-2's and BERT's own examples", "[tokenizer]") {
    const std::optional<std::string> data = test::data_folder();
    if (!data) return;
    for (const std::string name : {"gpt2", "bert-base-uncased"}) {
        const std::string folder = *data + "/tokenizer/" + name;
        const Tokenizer tokenizer = read_tokenizer_json(folder + "/tokenizer.json");
        std::ifstream file(folder + "/cases.json");
        const nlohmann::json cases = nlohmann::json::parse(file);
        REQUIRE(cases.size() == 18);
        for (const nlohmann::json& each : cases) {
            const std::string input = each.at("input").get<std::string>();
            CAPTURE(name, input);
            CHECK(tokenizer.encode(input).ids ==
                  each.at("encoded").at("input_ids").get<std::vector<Id>>());
            if (name == "gpt2") CHECK(tokenizer.decode(tokenizer.ids(input)) == input);
        }
    }
}
