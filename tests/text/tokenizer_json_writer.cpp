#include <firth/text/tokenizer_json_writer.hpp>

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <firth/base/random.hpp>
#include <firth/text/pre_tokenizers/string_split.hpp>
#include <firth/text/tokenizer_file.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

/// A model of characters with some merges.
constexpr const char* character_model = R"("model": {"type": "BPE", "unk_token": "?", "vocab":
    {"?": 0, "a": 1, "b": 2, "ab": 3, " ": 4, "- ": 5, "-": 6, "\u2581": 7, "\u2581a": 8, "\u00e9": 9},
    "merges": [["a", "b"], ["-", " "], ["\u2581", "a"]]})";

constexpr const char* byte_model = R"("model": {"type": "BPE", "vocab":
    {"a": 0, "b": 1, "ab": 2, "\u0120": 3, "\u0120a": 4, "\u00c3": 5, "\u00a9": 6, "\u00c3\u00a9": 7},
    "merges": ["a b", "\u0120 a", "\u00c3 \u00a9"]})";

std::string with(const char* model, const std::string& more) {
    return std::string("{") + model + (more.empty() ? "" : ", " + more) + "}";
}

/// Written and read again, it is the same, and so is the text.
Tokenizer again(const Tokenizer& tokenizer) {
    const std::string text = tokenizer_json_of(tokenizer);
    Tokenizer read = parse_tokenizer_json(text, "written");
    CHECK(read.settings() == tokenizer.settings());
    CHECK(read.steps().post_processor == tokenizer.steps().post_processor);
    CHECK(read.steps().trim_offsets == tokenizer.steps().trim_offsets);
    CHECK(tokenizer_json_of(read) == text);
    for (const char* const line :
         {"", "ab a\xC3\xA9 -  -- ab", "\xE2\x96\x81 ab  <x> aB\tb", "abab"}) {
        CHECK(read.encode(line) == tokenizer.encode(line));
        CHECK(read.decode(read.ids(line)) == tokenizer.decode(tokenizer.ids(line)));
    }
    return read;
}

/// The parts that a file must have again, whatever else it has.
void check_part(const char* model, const std::string& key, const std::string& part) {
    CAPTURE(key, part);
    const Tokenizer tokenizer =
        again(parse_tokenizer_json(with(model, '"' + key + "\": " + part), "given"));
    const nlohmann::json written = nlohmann::json::parse(tokenizer_json_of(tokenizer));
    CHECK(written.at(key) == nlohmann::json::parse(part));
}

std::string refused(const TokenizerSteps<>& steps) {
    return test::message_of<FormatError>(
        [&] { static_cast<void>(tokenizer_json_of(Tokenizer(steps))); });
}

TokenizerSteps<> words(const std::vector<std::string>& tokens) {
    std::vector<std::pair<std::string_view, Id>> with_ids;
    for (const std::string& token : tokens) {
        with_ids.emplace_back(token, static_cast<Id>(with_ids.size()));
    }
    TokenizerSteps<> steps;
    steps.model = WordLevel(TokenTable(with_ids, "test"), "");
    return steps;
}

AddedToken added(const std::string& content, Id id) {
    AddedToken token;
    token.content = content;
    token.id = id;
    return token;
}

struct OwnNormalizer {
    void operator()(std::string_view text, NormalizedText& to) const {
        to.append_unchanged(text, 0, text.size());
    }
    std::string settings() const { return "my own"; }
};
struct OwnPieces : WhiteSpaceSplit {
    std::string settings() const { return "my own"; }
};
struct OwnDecoder {
    void operator()(std::vector<std::string>&) const {}
    std::string settings() const { return "my own"; }
};

} // namespace

TEST_CASE("every step is written as it was read", "[tokenizer_json]") {
    for (const char* const step :
         {R"({"type": "NFC"})", R"({"type": "NFD"})", R"({"type": "NFKC"})", R"({"type": "NFKD"})",
          R"({"type": "Lowercase"})", R"({"type": "StripAccents"})", R"({"type": "Nmt"})",
          R"({"type": "Strip", "strip_left": true, "strip_right": false})",
          R"({"type": "Prepend", "prepend": "_\"\n"})",
          R"({"type": "Replace", "pattern": {"String": " "}, "content": "▁"})",
          R"({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "})",
          R"({"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": "_"})",
          R"({"type": "Precompiled", "precompiled_charsmap": ""})",
          R"({"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": false,
              "strip_accents": null, "lowercase": true})",
          R"({"type": "BertNormalizer", "clean_text": false, "handle_chinese_chars": true,
              "strip_accents": false, "lowercase": true})",
          R"({"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "Lowercase"}]})"}) {
        check_part(character_model, "normalizer", step);
    }
    for (
        const char* const step :
        {R"({"type": "BertPreTokenizer"})", R"({"type": "Whitespace"})",
         R"({"type": "WhitespaceSplit"})", R"({"type": "Punctuation", "behavior": "Contiguous"})",
         R"({"type": "Digits", "individual_digits": true})",
         R"({"type": "CharDelimiterSplit", "delimiter": "é"})",
         R"({"type": "FixedLength", "length": 3})",
         R"({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false})",
         R"({"type": "Split", "pattern": {"String": "-"}, "behavior": "MergedWithNext", "invert": true})",
         R"({"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"},
              {"type": "Punctuation", "behavior": "Isolated"}]})"}) {
        check_part(character_model, "pre_tokenizer", step);
    }
    for (const char* const step :
         {R"({"type": "WordPiece", "prefix": "##", "cleanup": false})", R"({"type": "Fuse"})",
          R"({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true})",
          R"({"type": "ByteFallback"})", R"({"type": "BPEDecoder", "suffix": "b"})",
          R"({"type": "Strip", "content": "a", "start": 1, "stop": 2})",
          R"({"type": "Replace", "pattern": {"String": "a"}, "content": "xy"})",
          R"({"type": "CTC", "pad_token": "a", "word_delimiter_token": "b", "cleanup": true})",
          R"({"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]})",
          "null"}) {
        check_part(character_model, "decoder", step);
    }
    for (
        const char* const step :
        {R"({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true})",
         R"({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true})",
         R"({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": false})",
         R"({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false})",
         R"({"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": true},
              {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}]})",
         R"({"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex":
              "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},
              "behavior": "Isolated", "invert": false},
              {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}]})",
         R"({"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "\\s?\\p{P}+"},
              "behavior": "Removed", "invert": true},
              {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
              {"type": "Digits", "individual_digits": false},
              {"type": "Split", "pattern": {"Regex": "[0-9][0-9][0-9]"}, "behavior": "Isolated", "invert": false}]})"}) {
        check_part(byte_model, "pre_tokenizer", step);
    }
    check_part(byte_model, "pre_tokenizer", "null");
}

TEST_CASE("models come back with their options", "[tokenizer_json]") {
    for (
        const char* const model :
        {R"("model": {"type": "BPE", "unk_token": "a", "continuing_subword_prefix": "##",
             "end_of_word_suffix": "</w>", "fuse_unk": true, "ignore_merges": true, "vocab":
             {"a": 0, "##b": 1, "ab": 2, "##b</w>": 3, "ab</w>": 4}, "merges": ["a ##b", "a ##b</w>"]})",
         R"("model": {"type": "WordPiece", "unk_token": "?", "continuing_subword_prefix": "+",
             "max_input_chars_per_word": 7, "vocab": {"?": 0, "a": 1, "+b": 5}})",
         R"("model": {"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0, "a\"\\\u0001": 1}})",
         R"("model": {"type": "Unigram", "unk_id": 1, "byte_fallback": false,
             "vocab": [["a", -1.5], ["?", 0], ["ab", -2.123456789], ["\u2581", -3e-7]]})"}) {
        CAPTURE(model);
        again(parse_tokenizer_json(with(model, ""), "given"));
    }
    std::string pieces =
        R"("model": {"type": "Unigram", "unk_id": 0, "byte_fallback": true, "vocab": [["?", 0])";
    for (int byte = 0; byte < 256; ++byte) {
        constexpr const char* digits = "0123456789ABCDEF";
        pieces += std::string(", [\"<0x") + digits[byte / 16] + digits[byte % 16] + ">\", -9]";
    }
    const Tokenizer fallback =
        again(parse_tokenizer_json(with((pieces + "]}").c_str(), ""), "given"));
    CHECK(fallback.ids("a\xC3\xA9") == std::vector<Id>{0x62, 0xC4, 0xAA});
}

TEST_CASE("post-processors and added tokens come back", "[tokenizer_json]") {
    const std::string flags = R"("added_tokens": [
        {"id": 2, "content": "b", "single_word": true, "lstrip": true, "rstrip": false, "normalized": true, "special": false},
        {"id": 10, "content": "<x>", "single_word": false, "lstrip": false, "rstrip": true, "normalized": false, "special": true}],
        "post_processor": {"type": "RobertaProcessing", "sep": ["b", 2], "cls": ["<x>", 10],
            "trim_offsets": true, "add_prefix_space": false})";
    const Tokenizer tokenizer = again(parse_tokenizer_json(with(character_model, flags), "given"));
    CHECK(tokenizer.encode("a", "a").ids == std::vector<Id>{10, 1, 2, 2, 1, 2});
    CHECK_FALSE(tokenizer.steps().keeps_first_space);
    REQUIRE(tokenizer.steps().added_tokens.size() == 2);
    CHECK(tokenizer.steps().added_tokens[0].left_strip);
    CHECK(tokenizer.steps().added_tokens[1].special);
}

TEST_CASE("added tokens that a reader would number otherwise join the vocabulary",
          "[tokenizer_json]") {
    const auto vocabulary_of = [](const TokenizerSteps<>& steps) {
        return nlohmann::json::parse(tokenizer_json_of(Tokenizer(steps))).at("model").at("vocab");
    };
    TokenizerSteps<> steps = words({"a", "b"});
    steps.added_tokens = {added("<y>", 3), added("<x>", 2)};
    CHECK(vocabulary_of(steps).size() == 2); // numbered on from the vocabulary
    const nlohmann::json list =
        nlohmann::json::parse(tokenizer_json_of(Tokenizer(steps))).at("added_tokens");
    CHECK(list.at(0).at("content") == "<x>"); // by their ids
    steps.added_tokens = {added("<y>", 5), added("<x>", 3)};
    CHECK(vocabulary_of(steps) == nlohmann::json{{"a", 0}, {"b", 1}, {"<x>", 3}, {"<y>", 5}});
    CHECK(parse_tokenizer_json(tokenizer_json_of(Tokenizer(steps)), "t").ids("<y>") ==
          std::vector<Id>{5});
    steps.added_tokens = {added("a", 3)};
    CHECK(test::contains(refused(steps),
                         "the added token \"a\" has the id 3, but the model's token "
                         "of this spelling has 0"));
    steps.added_tokens = {added("<x>", 1)};
    CHECK(test::contains(refused(steps), "it is the model's token \"b\""));
    // One whose spelling is no bytes' characters stays as it is.
    const Tokenizer spaced = again(parse_tokenizer_json(
        R"({"model": {"type": "BPE", "vocab": {"a": 0, "<end of text>": 1}, "merges": []},
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
            "added_tokens": [{"id": 1, "content": "<end of text>", "special": true}]})",
        "given"));
    CHECK(test::contains(tokenizer_json_of(spaced), "\"<end of text>\": 1"));
    CHECK(spaced.ids("a<end of text>") == std::vector<Id>{0, 1});
}

TEST_CASE("what no tokenizer.json can hold is refused by name", "[tokenizer_json]") {
    TokenizerSteps<> steps = words({"a"});
    steps.normalizer = OwnNormalizer();
    CHECK(test::contains(refused(steps), "it has no form for the normalizer \"my own\""));
    steps = words({"a"});
    steps.pre_tokenizer = OwnPieces();
    CHECK(test::contains(refused(steps), "it has no form for the pre-tokenizer \"my own\""));
    steps.pre_tokenizer = Cl100kPattern{7};
    CHECK(test::contains(refused(steps), "the pre-tokenizer \"cl100k 7\""));
    steps.pre_tokenizer = ByteLevel{true, true};
    CHECK(test::contains(refused(steps), "a ByteLevel pre-tokenizer that is not the last"));
    steps = words({"a"});
    steps.decoder = OwnDecoder();
    CHECK(test::contains(refused(steps), "it has no form for the decoder \"my own\""));
    CHECK(test::contains(refused(TokenizerSteps<>()), "it has no form for the model \"none\""));
    CHECK(test::contains(refused(words({"a\xFF"})), "a token \"a\xEF\xBF\xBD\" is no UTF-8"));
    steps = words({"a"});
    steps.normalizer = Prepend{"\xFF"};
    CHECK(test::contains(refused(steps), "\"normalizer\" has bytes that are no UTF-8"));
    steps = words({"a"});
    steps.post_processor.single = {{EncodingTemplate::Item::Kind::token, 9, 0}};
    CHECK(test::contains(refused(steps), "the id 9 stands around texts, but is no token"));
    const std::vector<SentencePiece> pieces{{"?", 0, PieceType::unknown}, {"a", -1}};
    steps = {};
    steps.model = UnigramModel(pieces);
    CHECK(test::contains(refused(steps), "cuts as SentencePiece does"));
    const std::vector<std::pair<std::string_view, Id>> tokens{{"a", 0}, {"b", 1}, {"c", 2}};
    const std::vector<Bpe::Rule> rules{{0, 1, 2}};
    steps.model = Bpe(TokenTable(tokens, "test"), rules);
    CHECK(test::contains(refused(steps), "makes \"c\", which is not both together"));
    // And leaves no file.
    const test::TemporaryFolder folder;
    CHECK_THROWS_AS(write_tokenizer_json(folder / "t.json", Tokenizer(steps)), FormatError);
    CHECK(folder.files() == 0);
    write_tokenizer_json(folder / "t.json", Tokenizer(words({"a"})));
    CHECK(read_tokenizer(folder / "t.json").settings() == Tokenizer(words({"a"})).settings());
    CHECK_THROWS_AS(write_tokenizer_json(folder / "none/t.json", Tokenizer(words({"a"}))), IoError);
}

TEST_CASE("a model without merges of spaces has them as strings", "[tokenizer_json]") {
    CHECK(test::contains(tokenizer_json_of(parse_tokenizer_json(
                             with(byte_model, R"("pre_tokenizer": {"type": "ByteLevel"})"), "t")),
                         "\n\"a b\",\n"));
    CHECK(test::contains(tokenizer_json_of(parse_tokenizer_json(with(character_model, ""), "t")),
                         "[\"-\", \" \"]"));
}

TEST_CASE("hostile files of steps are refused in one sentence", "[tokenizer_json]") {
    const auto given = [](const std::string& more) {
        const std::string message = test::message_of<FormatError>([&] {
            static_cast<void>(parse_tokenizer_json(with(character_model, more), "t.json"));
        });
        CHECK(message.find('\n') == message.npos);
        return message;
    };
    std::string deep = "null";
    for (int i = 0; i < 200; ++i) {
        deep = R"({"type": "Sequence", "normalizers": [)" + deep + "]}";
    }
    CHECK(test::contains(given("\"normalizer\": " + deep), "nested deeper than 64"));
    CHECK(test::contains(given("\"normalizer\": []"), "has a normalizer that is no object"));
    CHECK(test::contains(given(R"("normalizer": {"type": "Sequence", "normalizers": 3})"),
                         "without the array \"normalizers\""));
    CHECK(test::contains(given(R"("normalizer": {"type": "Strip", "strip_left": 3})"),
                         "a \"strip_left\" of the wrong type: 3"));
    CHECK(test::contains(given(R"("pre_tokenizer": {"type": "UnicodeScripts"})"),
                         "the pre-tokenizer \"UnicodeScripts\", which is not supported"));
    CHECK(test::contains(given(R"("pre_tokenizer": {"type": "FixedLength", "length": 0})"),
                         "a fixed length of 0"));
    CHECK(test::contains(given(R"("pre_tokenizer": {"type": "FixedLength", "length": -1})"),
                         "a \"length\" of the wrong type: -1"));
    CHECK(test::contains(
        given(R"("pre_tokenizer": {"type": "Split", "pattern": {"String": "a"}, "behavior": "X"})"),
        "the behavior of a split \"X\""));
    CHECK(test::contains(given(R"("pre_tokenizer": {"type": "Split", "pattern": "a"})"),
                         "has a split without a pattern"));
    CHECK(test::contains(given(R"("added_tokens": [{"id": 4294967301, "content": "x"}])"),
                         "a \"id\" of the wrong type: 4294967301"));
    CHECK(test::contains(given(R"("added_tokens": [{"id": 2147483648, "content": "x"}])"),
                         "has the id 2147483648"));
    CHECK(test::contains(
        test::message_of<FormatError>([] {
            static_cast<void>(parse_tokenizer_json(
                R"({"model": {"type": "WordLevel", "unk_token": "a", "vocab": {"a": 0}},
                    "pre_tokenizer": {"type": "ByteLevel"}})",
                "t"));
        }),
        "asks for ByteLevel before a WordLevel model"));
}

TEST_CASE("tokenizers in use are written as they were read", "[tokenizer_json]") {
    const std::optional<std::string> data = test::data_folder();
    if (!data) return;
    for (const char* const name : {"gpt2", "bert-base-uncased"}) {
        const Tokenizer tokenizer =
            read_tokenizer(*data + "/tokenizer/" + name + "/tokenizer.json");
        CHECK(parse_tokenizer_json(tokenizer_json_of(tokenizer), "written").settings() ==
              tokenizer.settings());
    }
}

TEST_CASE("truncation and padding are written", "[tokenizer_json_writer]") {
    const Tokenizer plain = parse_tokenizer_json(with(character_model, ""), "given");
    for (int i = 0; i < 12; ++i) {
        Truncation truncation;
        truncation.max_length = static_cast<std::size_t>(5 + i);
        truncation.stride = static_cast<std::size_t>(i % 4);
        truncation.strategy = static_cast<Truncation::Strategy>(i % 3);
        truncation.side = i % 2 == 0 ? EncodingSide::left : EncodingSide::right;
        Padding padding;
        if (i % 2 == 0) padding.length = 7;
        padding.multiple_of = static_cast<std::size_t>(i % 3);
        padding.id = 1;
        padding.type = static_cast<std::uint32_t>(i % 2);
        padding.side = i % 4 < 2 ? EncodingSide::left : EncodingSide::right;
        const Tokenizer tokenizer = plain.with_truncation(truncation).with_padding(padding);
        const Tokenizer read = parse_tokenizer_json(tokenizer_json_of(tokenizer), "written");
        REQUIRE(read.steps().truncation == truncation);
        REQUIRE(read.steps().padding == padding);
        REQUIRE(test::contains(tokenizer_json_of(tokenizer), "\"pad_token\":\"a\""));
    }
    CHECK(!parse_tokenizer_json(tokenizer_json_of(plain), "written").steps().truncation);
}
