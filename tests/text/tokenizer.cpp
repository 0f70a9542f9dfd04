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
#include <firth/text/decode_stream.hpp>
#include <firth/text/piece_tokenizer.hpp>
#include <firth/text/pre_tokenizers/byte_level.hpp>
#include <firth/text/pre_tokenizers/patterns.hpp>
#include <firth/text/read_corpus.hpp>
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

TEST_CASE("added tokens stand for what their normal form was made of", "[tokenizer]") {
    const Tokenizer tokenizer = parse_tokenizer_json(
        R"({"model": {"type": "WordLevel", "vocab": {"?": 0, "a": 1}, "unk_token": "?"},
            "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "WhitespaceSplit"},
            "added_tokens": [{"id": 2, "content": "B\u0130", "normalized": true}]})",
        "t.json");
    // A small i with a dot, in three bytes, of a capital in two.
    const Encoding made = tokenizer.encode("\xC4\xB0 A b\xC4\xB0 A");
    CHECK(made.ids == std::vector<Id>{0, 1, 2, 1});
    CHECK(made.offsets == std::vector<ByteRange>{{0, 2}, {3, 4}, {5, 8}, {9, 10}});
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

TEST_CASE("ways of cutting a text are drawn", "[tokenizer]") {
    std::string json = json_of({" the", "the", " king", "king"});
    const std::string text = "the king, the \xC3\xA9 <x> king";
    json.replace(json.find("\"vocab\""), 0, "\"dropout\": 0.5, ");
    json.insert(json.size() - 1,
                R"(, "added_tokens": [{"id": 900, "content": "<x>", "special": true}],
        "post_processor": {"type": "RobertaProcessing", "sep": ["\u0102", 2], "cls": ["<x>", 900],
                           "trim_offsets": false}, "truncation": null)");
    const Tokenizer tokenizer = parse_tokenizer_json(json, "t.json");
    const Tokenizer plain =
        parse_tokenizer_json(std::string(json).replace(json.find("0.5"), 3, "0.0"), "t.json");
    CHECK(tokenizer.ids(text) == plain.ids(text)); // a file's dropout is for `sample` alone
    CHECK(tokenizer.settings() == plain.settings());
    CHECK(tokenizer.steps().model.usual_strength() == 0.5);
    Random random(9);
    CHECK(plain.sample(text, random) == plain.encode(text));
    CHECK(tokenizer.sample(text, 0, random) == plain.encode(text));
    std::size_t tokens = 0;
    std::size_t different = 0;
    for (int i = 0; i < 100; ++i) {
        const Encoding drawn = tokenizer.sample(text, random);
        CHECK(drawn.ids.front() == 900);
        CHECK(tokenizer.decode(drawn.ids, SpecialTokens::with) == "<x>" + text + "\x02");
        CHECK(tokenizer.decode(drawn.ids) == "the king, the \xC3\xA9  king\x02");
        tokens += drawn.size();
        different += drawn.ids != plain.encode(text).ids;
        // Together the tokens stand for the whole text, and words are numbered as they are.
        std::size_t at = 0;
        for (std::size_t t = 1; t + 1 < drawn.size(); ++t) {
            CHECK(drawn.offsets[t].begin <= at);
            at = drawn.offsets[t].end;
        }
        CHECK(at == text.size());
        CHECK(drawn.words[drawn.size() - 2] ==
              plain.encode(text).words[plain.encode(text).size() - 2]);
    }
    CHECK(different > 80);
    CHECK(tokens > 120 * plain.encode(text).size());
    const Encoding bytes = tokenizer.sample(text, 1, random, SpecialTokens::without);
    CHECK(bytes.size() == text.size() - 2); // and <x>
    Random one(4);
    Random other(4);
    CHECK(tokenizer.sample(text, one) == tokenizer.sample(text, other));
    CHECK(tokenizer.with_truncation(Truncation{.max_length = 6}).sample(text, 1, one).size() == 6);

    const Tokenizer words = parse_tokenizer_json(
        R"({"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}})", "t.json");
    CHECK(test::contains(
        test::message_of<OptionError>([&] { static_cast<void>(words.sample("a", one)); }),
        "cuts a piece in one way"));
    const Tokenizer unigram = parse_tokenizer_json(
        R"({"model": {"type": "Unigram", "unk_id": 0,
            "vocab": [["<unk>", 0], ["a", -1], ["aa", -1], ["aaa", -1]]}})",
        "t.json");
    CHECK(unigram.sample("aaaaaa", 100, one, SpecialTokens::without).ids == unigram.ids("aaaaaa"));
    CHECK(unigram.sample("aaaaaa", -100, one).size() == 6);
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
        refused(R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 1.5}})"),
        "dropout = 1.5, expected 0 to 1"));
    CHECK(test::contains(
        refused(
            R"({"model": {"type": "BPE", "vocab": {}, "merges": []}, "normalizer": {"type": "X"}})"),
        "the normalizer \"X\""));
    CHECK(test::contains(
        refused(
            R"({"model": {"type": "BPE", "vocab": {}, "merges": []}, "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "a+b"}, "behavior": "Isolated"}})"),
        "the pattern \"a+b\""));
    CHECK(test::contains(
        refused(
            R"({"model": {"type": "BPE", "vocab": {}, "merges": []}, "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "ByteLevel"}, {"type": "Metaspace"}]}})"),
        "a step behind ByteLevel, \"Metaspace\""));
    CHECK(test::contains(
        refused(
            R"({"model": {"type": "BPE", "vocab": {}, "merges": []}, "added_tokens": [{"content": ""}]})"),
        "an added token without its content"));
    CHECK(test::contains(refused(R"({"model": {"type": "Unigram", "vocab": [["a", 0]]}})"),
                         "without its unknown piece"));
    CHECK(test::contains(
        refused(
            R"({"model": {"type": "BPE", "vocab": {}, "merges": []}, "post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "B", "type_id": 0}}], "pair": []}})"),
        "t.json cannot be kept to: the template of one text has a place for a second one"));
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

TEST_CASE("a text is cut at a number of tokens", "[tokenizer]") {
    const Tokenizer tokenizer = parse_tokenizer_json(json_of({"the", " king", " and"}), "test");
    CHECK(tokenizer.prefix("the king and", 2) == "the king");
    CHECK(tokenizer.prefix("the king and", 3) == "the king and");
    CHECK(tokenizer.prefix("the king and", 0).empty());
    CHECK(tokenizer.prefix("the \xC3\xA9", 2) == "the "); // the next token is half a character
    CHECK(tokenizer.prefix("the \xC3\xA9", 3) == "the ");
    CHECK(tokenizer.prefix("", 0).empty());
    Random random(21);
    for (std::size_t i = 0; i < 300; ++i) {
        const std::string text = random_pieces(random, random.below(60));
        const std::size_t limit = random.below(50);
        const std::string_view begin = tokenizer.prefix(text, limit);
        REQUIRE(text.starts_with(begin));
        REQUIRE(tokenizer.count(begin) <= limit);
        if (begin.size() < text.size()) { // no longer one that ends with a token does
            const Encoding whole = tokenizer.encode(text);
            for (std::size_t t = 0; t + 1 < whole.size(); ++t) {
                const std::size_t end = whole.offsets[t].end;
                if (end <= begin.size() || end > whole.offsets[t + 1].begin) continue;
                REQUIRE(
                    (t >= limit || tokenizer.count(std::string_view(text).substr(0, end)) > limit));
            }
        }
    }
}

namespace {

/// Four bytes are three and one, any others one each: a begin may have more tokens than the whole.
struct ThreeOfFour {
    struct Scratch {};
    template <class OnToken>
    void operator()(std::string_view piece, Scratch&, OnToken&& on_token) const {
        std::size_t length = piece.size() == 4 ? 3 : 1;
        for (std::size_t at = 0; at < piece.size(); at += length, length = 1) {
            on_token(static_cast<Id>(length), length);
        }
    }
    std::size_t size() const { return 4; }
    std::string_view token(Id) const { return "t"; }
    std::optional<Id> find(std::string_view) const { return {}; }
    std::size_t length(Id id) const { return id; }
    std::string settings() const { return "three of four"; }
};

} // namespace

TEST_CASE("the begin of a text has no more tokens than were asked for", "[tokenizer]") {
    const BasicTokenizer<ThreeOfFour, CommaPieces, AnyNormalizer> tokenizer;
    CHECK(tokenizer.prefix("ab,abcd", 3) == "ab");
    CHECK(tokenizer.prefix("ab,abcd", 4) == "ab,abcd");
    CHECK(tokenizer.prefix("abcd", 1).empty());
}

namespace {

/// The byte-level model with [C] A [S], and [C] A [S] B [S].
Tokenizer with_template() {
    TokenizerSteps<> steps = parse_tokenizer_json(json_of({"the", " king"}), "test").steps();
    using Item = EncodingTemplate::Item;
    const Item cls{Item::Kind::token, 900, 0};
    const Item sep{Item::Kind::token, 901, 0};
    const Item first{Item::Kind::first, no_id, 0};
    steps.post_processor.single = {cls, first, sep};
    steps.post_processor.pair = {cls, first, sep, {Item::Kind::second, no_id, 1}, sep};
    return Tokenizer(steps);
}

} // namespace

TEST_CASE("a long text is truncated, and given in parts", "[tokenizer]") {
    const Tokenizer whole = with_template();
    using Ids = std::vector<Id>;
    const auto all = [](const std::vector<Encoding>& parts) {
        std::vector<Ids> ids;
        for (const Encoding& each : parts) {
            ids.push_back(each.ids);
        }
        return ids;
    };
    Truncation options;
    options.max_length = 5;
    options.stride = 1;
    CHECK(all(whole.with_truncation(options).encode_parts("ABCDEF")) ==
          std::vector<Ids>{
              {900, 'A', 'B', 'C', 901}, {900, 'C', 'D', 'E', 901}, {900, 'E', 'F', 901}});
    CHECK(whole.with_truncation(options).encode("ABCDEF").ids == Ids{900, 'A', 'B', 'C', 901});
    CHECK(whole.with_truncation(options).encode("ABC").ids == Ids{900, 'A', 'B', 'C', 901});
    CHECK(whole.with_truncation(options).encode("ABCDEF", SpecialTokens::without).ids ==
          Ids{'A', 'B', 'C', 'D', 'E'});
    options.side = EncodingSide::left;
    CHECK(all(whole.with_truncation(options).encode_parts("ABCDEF")) ==
          std::vector<Ids>{
              {900, 'D', 'E', 'F', 901}, {900, 'B', 'C', 'D', 901}, {900, 'A', 'B', 901}});
    CHECK(whole.with_truncation(options).encode("ABCDEF").ids == Ids{900, 'D', 'E', 'F', 901});
    CHECK(whole.encode_parts("ABCDEF").size() == 1);
    CHECK(whole.encode_parts("ABCDEF")[0] == whole.encode("ABCDEF"));

    // Two texts: the longer one first, then both; the shorter one stays whole as long as it can.
    options = {};
    options.max_length = 8;
    const auto pair = [&](std::string_view a, std::string_view b) {
        return whole.with_truncation(options).encode(a, b).ids;
    };
    CHECK(pair("ABCDEF", "xy") == Ids{900, 'A', 'B', 'C', 901, 'x', 'y', 901});
    CHECK(pair("ABCDEF", "xyz") == Ids{900, 'A', 'B', 'C', 901, 'x', 'y', 901});
    CHECK(pair("ABCDEFGH", "x") == Ids{900, 'A', 'B', 'C', 'D', 901, 'x', 901});
    CHECK(pair("xyz", "ABCDEF") == Ids{900, 'x', 'y', 901, 'A', 'B', 'C', 901});
    options.strategy = Truncation::Strategy::only_first;
    CHECK(pair("ABCDEF", "xyz") == Ids{900, 'A', 'B', 901, 'x', 'y', 'z', 901});
    CHECK(test::contains(test::message_of<Error>([&] { static_cast<void>(pair("A", "vwxyz")); }),
                         "the second text of a pair has 5 tokens, which leave no room"));
    options.strategy = Truncation::Strategy::only_second;
    CHECK(pair("AB", "vwxyz") == Ids{900, 'A', 'B', 901, 'v', 'w', 'x', 901});
    CHECK(test::contains(test::message_of<Error>([&] {
                             static_cast<void>(whole.with_truncation(options).encode("ABCDEFGHIJ"));
                         }),
                         "has no second one"));
    options.strategy = Truncation::Strategy::longest_first;
    options.max_length = 7;
    CHECK(all(whole.with_truncation(options).encode_parts("ABCD", "xyz")) ==
          std::vector<Ids>{{900, 'A', 'B', 901, 'x', 'y', 901},
                           {900, 'C', 'D', 901, 'x', 'y', 901},
                           {900, 'C', 'D', 901, 'z', 901},
                           {900, 'A', 'B', 901, 'z', 901}});

    options.max_length = 3;
    options.stride = 1;
    CHECK(test::contains(
        test::message_of<OptionError>([&] { static_cast<void>(whole.with_truncation(options)); }),
        "max_length = 3 and stride = 1 leave no new token a part beside 2 special ones"));
    options.max_length = 2;
    options.stride = 0;
    CHECK_THROWS_AS(whole.with_truncation(options), OptionError);
    // Long words, characters and added tokens: the parts are those of the whole.
    Random random(8);
    for (std::size_t i = 0; i < 100; ++i) {
        const std::string text = random_pieces(random, random.below(900));
        const std::vector<Id> ids = whole.ids(text);
        options.max_length = 3 + random.below(600);
        const Encoding kept = whole.with_truncation(options).encode(text, SpecialTokens::without);
        const std::size_t size = (std::min)(ids.size(), options.max_length);
        REQUIRE(kept.ids == Ids(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(size)));
        REQUIRE(kept == whole.encode(text, SpecialTokens::without).part(0, size));
    }
}

TEST_CASE("a batch is padded to one length", "[tokenizer]") {
    const Tokenizer whole = with_template();
    Padding options;
    options.id = 7;
    options.type = 3;
    const std::vector<std::string> texts{"AB", "", "ABC"};
    std::vector<Encoding> batch = whole.with_padding(options).encode_batch(texts);
    REQUIRE(batch.size() == 3);
    CHECK(batch[0].ids == std::vector<Id>{900, 'A', 'B', 901, 7});
    CHECK(batch[0].attention == std::vector<std::uint8_t>{1, 1, 1, 1, 0});
    CHECK(batch[0].special == std::vector<std::uint8_t>{1, 0, 0, 1, 1});
    CHECK(batch[0].types == std::vector<std::uint32_t>{0, 0, 0, 0, 3});
    CHECK(batch[0].words.back() == Encoding::no_word);
    CHECK(batch[0].offsets.back() == ByteRange{});
    CHECK(batch[1].ids == std::vector<Id>{900, 901, 7, 7, 7});
    CHECK(batch[2].ids == std::vector<Id>{900, 'A', 'B', 'C', 901});
    options.side = EncodingSide::left;
    options.multiple_of = 4;
    batch = whole.with_padding(options).encode_batch(texts);
    CHECK(batch[2].ids == std::vector<Id>{7, 7, 7, 900, 'A', 'B', 'C', 901});
    options.length = 3;
    CHECK(whole.with_padding(options).encode("").ids == std::vector<Id>{7, 7, 900, 901});
    CHECK(whole.with_padding(options).encode("ABCD").size() == 6); // longer ones stay
    CHECK(whole.encode_batch(texts)[0] == whole.encode("AB"));
    const std::vector<std::pair<std::string, std::string>> pairs{{"A", "B"}, {"ABC", ""}};
    options = {};
    batch = whole.with_padding(options).encode_batch(pairs, SpecialTokens::with, 2);
    CHECK(batch[0].ids == std::vector<Id>{900, 'A', 901, 'B', 901, 0});
    CHECK(batch[1].ids == std::vector<Id>{900, 'A', 'B', 'C', 901, 901});
    // What is encoded without padding shares the caches of what is.
    CHECK(whole.with_padding(options).ids("the king") == whole.ids("the king"));
}

TEST_CASE("the last byte of a piece may be marked, as CLIP has it", "[tokenizer]") {
    const Tokenizer tokenizer = parse_tokenizer_json(
        R"({"model": {"type": "BPE", "unk_token": "?", "end_of_word_suffix": "</w>",
        "vocab": {"?": 0, "a": 1, "b": 2, "a</w>": 3, "b</w>": 4, "ab</w>": 5, "ab": 6, "\u0120": 7},
        "merges": ["a b", "a b</w>"]}, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}})",
        "test");
    CHECK(tokenizer.ids("ab") == std::vector<Id>{5});
    CHECK(tokenizer.ids("aba ab") == std::vector<Id>{6, 3, 7, 5});
    CHECK(tokenizer.ids("c a") == std::vector<Id>{0, 7, 3});
    CHECK(tokenizer.encode("aba ab").offsets ==
          std::vector<ByteRange>{{0, 2}, {2, 3}, {3, 4}, {4, 6}});
}

TEST_CASE("truncation and padding of a tokenizer.json", "[tokenizer]") {
    const auto read = [](const std::string& more) {
        return parse_tokenizer_json(json_of({"the"}, ", " + more), "t.json");
    };
    const std::string truncation = R"("truncation": {"direction": "Left", "max_length": 3,
        "strategy": "LongestFirst", "stride": 1})";
    const std::string padding = R"("padding": {"strategy": {"Fixed": 5}, "direction": "Left",
        "pad_to_multiple_of": null, "pad_id": 9, "pad_type_id": 1, "pad_token": "[PAD]"})";
    const Tokenizer tokenizer = read(truncation + ", " + padding);
    CHECK(tokenizer.encode("ABCDE").ids == std::vector<Id>{9, 9, 'C', 'D', 'E'});
    CHECK(tokenizer.encode_parts("ABCD")[1].ids == std::vector<Id>{9, 9, 9, 'A', 'B'});
    CHECK(tokenizer.ids("ABCDE").size() == 5);
    CHECK(!read(R"("truncation": null, "padding": null)").steps().truncation);
    CHECK(read(R"("padding": {"strategy": "BatchLongest", "pad_to_multiple_of": 4})")
              .encode("ABCDE")
              .size() == 8);
    const auto refused = [&](const std::string& more) {
        return test::message_of<FormatError>([&] { static_cast<void>(read(more)); });
    };
    CHECK(test::contains(refused(R"("truncation": {"strategy": "Middle"})"),
                         "t.json asks for the strategy of truncation \"Middle\""));
    CHECK(test::contains(refused(R"("truncation": 5)"), "a truncation that is no object"));
    CHECK(test::contains(refused(R"("padding": {"strategy": "Some"})"), "has the padding"));
    CHECK(test::contains(refused(R"("padding": {"direction": "Up"})"), "the direction \"Up\""));
    CHECK(test::contains(refused(R"("truncation": {"max_length": 0})"),
                         "t.json cannot be kept to: max_length = 0"));
    CHECK(test::contains(refused(R"("added_tokens": [{"id": 300, "content": "x"},
                                     {"id": 301, "content": "x"}])"),
                         "\"x\" is there twice"));
}

TEST_CASE("ids become text as they come", "[tokenizer]") {
    const auto streamed = [](const Tokenizer& tokenizer, const std::vector<Id>& ids) {
        DecodeStream stream(tokenizer);
        std::string text;
        for (const Id id : ids) {
            text += stream.add(id);
        }
        return text + stream.finish();
    };
    const Tokenizer bytes =
        parse_tokenizer_json(json_of({"the", " king", "\xE4\xB8"}, R"(, "added_tokens": [
            {"id": 300, "content": "<end>", "special": true}])"),
                             "test");
    DecodeStream stream(bytes);
    CHECK(stream.add(bytes.ids("the")[0]) == "the");
    CHECK(stream.add(300).empty());
    CHECK(stream.add(*bytes.find("\xE4\xB8")).empty()); // no whole character
    CHECK(stream.add(*bytes.find("\xAD")) == "\xE4\xB8\xAD");
    CHECK(stream.add(*bytes.find("\xE4")).empty());
    CHECK(stream.finish() == "\xE4");
    CHECK(stream.finish().empty());
    CHECK(stream.add(*bytes.find("\xFF")) == "\xFF"); // never the begin of one
    static_cast<void>(stream.finish());
    DecodeStream shown(bytes, SpecialTokens::with);
    CHECK(shown.add(300) == "<end>");

    // Decoders for which a first token is not like the others.
    const std::string pieces = R"({"model": {"type": "Unigram", "unk_id": 0,
        "vocab": [["<unk>", 0], ["\u2581the", -1], ["\u2581", -2], ["ing", -3], ["<0xE4>", -4],
                  ["<0xB8>", -4], ["<0xAD>", -4], ["<0x41>", -4], ["'s", -5], ["\ufffd", -6]]},
        "decoder": )";
    for (const std::string decoder :
         {R"({"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always"})",
          R"({"type": "WordPiece", "prefix": "\u2581", "cleanup": true})",
          R"({"type": "Sequence", "decoders": [
              {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "},
              {"type": "ByteFallback"}, {"type": "Fuse"},
              {"type": "Strip", "content": " ", "start": 1, "stop": 0}]})"}) {
        const Tokenizer tokenizer = parse_tokenizer_json(pieces + decoder + "}", "test");
        Random random(17);
        for (std::size_t i = 0; i < 400; ++i) {
            std::vector<Id> ids;
            for (std::size_t size = random.below(12); size != 0; --size) {
                const Id id = random.below(10);
                // A run of bytes is a character here: others would change when more came.
                if (id == 4) ids.insert(ids.end(), {4, 5, 6});
                if (id == 7 || id < 4 || id > 7) ids.push_back(id);
            }
            CAPTURE(decoder, ids);
            REQUIRE(streamed(tokenizer, ids) == tokenizer.decode(ids));
        }
    }
    Random random(18);
    for (std::size_t i = 0; i < 300; ++i) {
        std::vector<Id> ids;
        for (std::size_t size = random.below(30); size != 0; --size) {
            ids.push_back(random.below(302));
        }
        REQUIRE(streamed(bytes, ids) == bytes.decode(ids));
    }
}

TEST_CASE("a corpus is read in pieces", "[tokenizer]") {
    const Tokenizer tokenizer = parse_tokenizer_json(json_of({"the", " king", " and"}), "test");
    const PieceTokenizer pieces(tokenizer);
    const EncodedCorpus read =
        encode_text("the king\r\n\nthe the", {.min_count = 1}, "three lines", pieces);
    CHECK(read.raw_words == 5);
    CHECK(read.vocabulary[0] == "the");
    CHECK(read.vocabulary.contains("\xC4\xA0king")); // a space is no part of a name
    REQUIRE(read.corpus.view().sentences() == 2);
    CHECK(read.corpus.view().tokenizer == pieces.settings());
    // Another tokenizer is another corpus.
    const Tokenizer other = parse_tokenizer_json(json_of({"the", " king"}), "test");
    CHECK(PieceTokenizer(other).settings() != pieces.settings());
    // Blocks end at a line's end, whatever the text is.
    Random random(4);
    std::string text;
    std::vector<std::string> expected;
    const std::vector<std::string> names = piece_names(tokenizer);
    for (std::size_t i = 0; i < 200; ++i) {
        std::string line = random_pieces(random, random.below(30));
        std::erase(line, '\n');
        text += line + '\n';
        for (const Id id : tokenizer.ids(line)) {
            expected.push_back(names[id]);
        }
    }
    for (const std::size_t size : {8u, 100u, 5000u}) {
        TextBlocks blocks(std::make_unique<MemorySource>(text), "text", size, "\n");
        std::vector<std::string> found;
        for (TextBlock block; blocks.next(block);) {
            pieces(
                block.text, [&](std::string_view token) { found.emplace_back(token); }, [] {});
        }
        REQUIRE(found == expected);
    }
}
