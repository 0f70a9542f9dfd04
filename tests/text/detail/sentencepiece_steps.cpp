#include <firth/text/detail/sentencepiece_steps.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <firth/base/random.hpp>
#include <firth/text/detail/space_cuts.hpp>
#include <firth/text/normalizers/unicode_charsmap.hpp>
#include <firth/text/tokenizer_file.hpp>

#include "../../support/support.hpp"

using namespace firth;

namespace {

const std::string shown_space(space_mark);

SentencePieceModel model_of(SentencePieceType type, bool bytes) {
    SentencePieceModel model;
    model.type = type;
    model.byte_fallback = bytes;
    model.pieces = {{"<unk>", 0, PieceType::unknown},
                    {"<s>", 0, PieceType::control},
                    {"</s>", 0, PieceType::control}};
    for (int byte = 0; bytes && byte < 256; ++byte) {
        constexpr const char* digits = "0123456789ABCDEF";
        model.pieces.push_back(
            {{'<', '0', 'x', digits[byte / 16], digits[byte % 16], '>'}, 0, PieceType::byte});
    }
    return model;
}

/// Pieces of a few characters with scores that differ; runs of marks where `runs` says so.
void add_pieces(SentencePieceModel& model, Random& random, bool runs) {
    std::vector<std::string> words{shown_space, "a", "b", "c", "\xC3\xA9"};
    const std::size_t characters = words.size();
    for (int tries = 0; tries < 400 && words.size() < 60; ++tries) {
        const std::string word = words[random.below(static_cast<std::uint32_t>(words.size()))] +
                                 words[random.below(static_cast<std::uint32_t>(words.size()))];
        const bool is_known = std::find(words.begin(), words.end(), word) != words.end();
        const bool has_marks =
            detail::holds_later_space(word) || word.find(shown_space, 1) != word.npos;
        if (!is_known && (!has_marks || (runs && !detail::holds_later_space(word))))
            words.push_back(word);
    }
    for (std::size_t i = 0; i < words.size(); ++i) {
        // Sums of such numbers are exact.
        const auto drawn = static_cast<float>(random.below(4096));
        model.pieces.push_back({words[i], model.type == SentencePieceType::bpe
                                              ? -static_cast<float>(i < characters ? i : 2 * i)
                                              : -drawn / 256});
    }
}

std::string random_text(Random& random) {
    const std::vector<std::string> parts{"a",  "b",         "c", "\xC3\xA9",     " ",
                                         " ",  "  ",        "x", "\xE4\xB8\xAD", "ab",
                                         "ca", shown_space, "\n"};
    std::string text;
    for (std::size_t left = random.below(30); left > 0; --left) {
        text += parts[random.below(static_cast<std::uint32_t>(parts.size()))];
    }
    return text;
}

std::string refused(const SentencePieceModel& model) {
    return test::message_of<FormatError>(
        [&] { static_cast<void>(tokenizer_json_of(sentencepiece_tokenizer(model))); });
}

} // namespace

TEST_CASE("a SentencePiece model makes the same ids as a tokenizer.json", "[sentencepiece_json]") {
    Random random(3);
    std::size_t cut = 0;
    for (int round = 0; round < 64; ++round) {
        CAPTURE(round);
        const bool bpe = round % 2 != 0;
        SentencePieceModel model =
            model_of(bpe ? SentencePieceType::bpe : SentencePieceType::unigram, round / 2 % 2 != 0);
        add_pieces(model, random, round / 4 % 2 != 0);
        model.normalization.add_dummy_prefix = round / 8 % 2 == 0;
        model.normalization.remove_extra_whitespaces = round / 16 % 2 == 0;
        const Tokenizer given = sentencepiece_tokenizer(model);
        const std::string json = tokenizer_json_of(given);
        const Tokenizer read = parse_tokenizer_json(json, "written");
        CHECK(tokenizer_json_of(read) == json);
        cut += read.steps().pre_tokenizer.get_if<SpaceRunPieces>() != nullptr;
        for (int i = 0; i < 100; ++i) {
            const std::string text = random_text(random);
            CAPTURE(text);
            REQUIRE(read.ids(text) == given.ids(text));
            const std::vector<Id> ids = given.ids(text);
            // Unknown characters and marks of a text's own are other texts there.
            if (std::find(ids.begin(), ids.end(), Id(0)) == ids.end() &&
                text.find(shown_space) == text.npos)
                REQUIRE(read.decode(ids) == given.decode(ids));
        }
        CHECK(read.ids("</s>a<s>").front() == 2); // its marks are special tokens there
        CHECK(read.decode(std::vector<Id>{1, *read.find("a"), 2}) == "a");
    }
    CHECK(cut > 10);
}

TEST_CASE("what of a SentencePiece model a tokenizer.json has", "[sentencepiece_json]") {
    SentencePieceModel model = model_of(SentencePieceType::unigram, false);
    model.pieces.insert(
        model.pieces.end(),
        {{shown_space, -1}, {"a", -2}, {"ab", -3.5}, {"<sep>", 0, PieceType::user_defined}});
    model.normalization.charsmap = unicode_charsmap("nmt_nfkc");
    nlohmann::json json = nlohmann::json::parse(tokenizer_json_of(sentencepiece_tokenizer(model)));
    CHECK(json["model"]["type"] == "Unigram");
    CHECK(json["model"]["unk_id"] == 0);
    CHECK(json["model"]["vocab"][5] == nlohmann::json{"ab", -3.5});
    CHECK(json["added_tokens"].size() == 3); // of <sep> there is a piece of a high score
    CHECK(json["added_tokens"][1]["special"] == true);
    CHECK(json["normalizer"]["normalizers"][0]["type"] == "Precompiled");
    CHECK(json["normalizer"]["normalizers"].size() == 6);
    CHECK(json["pre_tokenizer"]["type"] == "Split");
    const Tokenizer read =
        parse_tokenizer_json(tokenizer_json_of(sentencepiece_tokenizer(model)), "written");
    CHECK(read.ids(" \xEF\xBD\x81  <sep>ab ") == std::vector<Id>{3, 4, 3, 6, 5});

    // Without a space before texts, a user-defined piece of BPE is an added token.
    model = model_of(SentencePieceType::bpe, false);
    model.normalization.add_dummy_prefix = false;
    model.normalization.remove_extra_whitespaces = false;
    model.pieces.insert(model.pieces.end(),
                        {{shown_space, -1},
                         {"a", -2},
                         {"ab", -3},
                         {"b", -4},
                         {"aab", -2.5},
                         {shown_space + shown_space, 0, PieceType::user_defined}});
    json = nlohmann::json::parse(tokenizer_json_of(sentencepiece_tokenizer(model)));
    const nlohmann::json merges = {"a ab", "a b"}; // by their scores
    CHECK(json["model"]["merges"] == merges);
    CHECK(json["model"]["fuse_unk"] == true);
    CHECK(json["added_tokens"][3]["content"] == shown_space + shown_space);
    CHECK(json["added_tokens"][3]["normalized"] == true);
    CHECK(json["added_tokens"][3]["special"] == false);
    CHECK(json["pre_tokenizer"].is_null());
    const Tokenizer bpe =
        parse_tokenizer_json(tokenizer_json_of(sentencepiece_tokenizer(model)), "written");
    CHECK(bpe.ids("a   aab") == std::vector<Id>{4, 8, 3, 7});
    CHECK(bpe.ids("a   aab") == sentencepiece_tokenizer(model).ids("a   aab"));
}

TEST_CASE("what of SentencePiece no tokenizer.json has is refused by name",
          "[sentencepiece_json]") {
    const auto with = [](SentencePieceType type, const std::vector<SentencePiece>& more) {
        SentencePieceModel model = model_of(type, false);
        model.pieces.insert(model.pieces.end(), more.begin(), more.end());
        return model;
    };
    using enum SentencePieceType;
    const std::vector<SentencePiece> few{{shown_space, -1}, {"a", -2}, {"b", -3}, {"ab", -4}};
    SentencePieceModel model = with(unigram, few);
    model.space_as_suffix = true;
    CHECK(test::contains(refused(model), "in which spaces end words"));
    model = with(unigram, few);
    model.normalization.escape_whitespaces = false;
    CHECK(test::contains(refused(model), "that does not escape spaces"));
    CHECK(test::contains(refused(with(bpe, {{"a", -1}, {"x", -2, PieceType::unused}})),
                         "with the unused piece \"x\""));
    CHECK(test::contains(refused(with(bpe, {{"a", -1}, {"ab", -2}})),
                         "the piece \"ab\" is joined of \"b\", which is no piece"));
    CHECK(test::contains(refused(with(bpe, {{"a", -1}, {"b", -1}, {"ab", -2}, {"ba", -2}})),
                         "the pieces \"ab\" and \"ba\" have one score"));
    CHECK(test::contains(refused(with(bpe, {{"a", -1}, {"b", -1, PieceType::user_defined}})),
                         "the user-defined piece \"b\" and a space before each text"));
    CHECK(test::contains(refused(with(unigram, {{"a", -1}, {"b c", -1, PieceType::user_defined}})),
                         "the normalizer would change the user-defined piece \"b c\""));
    model = with(bpe, {{"a", -1}, {"b" + shown_space, -1, PieceType::user_defined}});
    model.normalization.add_dummy_prefix = false;
    CHECK(test::contains(refused(model), "the normalizer would change the user-defined piece"));

    TokenizerSteps<> steps = sentencepiece_tokenizer(with(unigram, few)).steps();
    const auto refused_steps = [&] {
        return test::message_of<FormatError>(
            [&] { static_cast<void>(tokenizer_json_of(Tokenizer(steps))); });
    };
    steps.pre_tokenizer = WhiteSpaceSplit();
    CHECK(test::contains(refused_steps(), "there is the pre-tokenizer \"white space\""));
    steps.decoder = {};
    CHECK(test::contains(refused_steps(), "a decoder of SentencePiece's, but it has \"none\""));
    steps.normalizer = {};
    CHECK(test::contains(refused_steps(), "a normalizer of SentencePiece's, but it has \"none\""));
}

TEST_CASE("a piece is joined of the two that its characters come to", "[sentencepiece_json]") {
    // "abc" of "ab" and "c", since that pair is joined before "bc".
    const std::vector<SentencePiece> pieces{{"<unk>", 0, PieceType::unknown},
                                            {"a", -9},
                                            {"b", -9},
                                            {"c", -9},
                                            {"bc", -2},
                                            {"ab", -1},
                                            {"abc", -3},
                                            {"abca", -4},
                                            {"cab", -5},
                                            {"x", -9, PieceType::control}};
    const SentencePieceBpe model(pieces);
    SentencePieceBpe::Scratch scratch;
    const std::vector<std::size_t> expected{0, 0, 0, 0, 1, 1, 2, 3, 1, 0};
    for (Id id = 0; id < pieces.size(); ++id) {
        CAPTURE(pieces[id].text);
        CHECK(model.joined_of(id, scratch) == expected[id]);
    }
    CHECK(model.rank(5) < model.rank(4));
    CHECK(model.rank(1) == model.rank(2));
}

TEST_CASE("a text that is one piece is looked up in parts where that makes no difference",
          "[sentencepiece_json]") {
    const auto read = [](const std::string& vocabulary, const std::string& merges,
                         const std::string& more = "", const std::string& options = "") {
        return parse_tokenizer_json(R"({"model": {"type": "BPE", )" + options + R"("vocab": {)" +
                                        vocabulary + R"(}, "merges": [)" + merges + "]}" + more +
                                        "}",
                                    "t.json");
    };
    const auto is_cut = [](const Tokenizer& tokenizer) {
        return tokenizer.steps().pre_tokenizer.get_if<SpaceRunPieces>() != nullptr;
    };
    const std::string plain = R"("a": 0, "▁": 1, "▁a": 2, "▁▁": 3, "▁▁a": 4)";
    const std::string merges = R"("▁ ▁", "▁ a", "▁▁ a")";
    const std::string unk = R"("unk_token": "a", )";
    const Tokenizer cut = read(plain, merges, "", unk);
    CHECK(is_cut(cut));
    CHECK(cut.ids("a▁▁a▁a") == std::vector<Id>{0, 4, 2});
    CHECK_FALSE(is_cut(read(plain + R"(, "a▁": 5)", merges + R"(, "a ▁")", "", unk)));
    CHECK_FALSE(is_cut(read(R"("a": 0, "b": 1, "ab": 2)", R"("a b")", "", unk)));
    // A token that no merge makes is found where it is the whole piece.
    const std::string more = plain + R"(, "a▁a": 5)";
    CHECK(is_cut(read(more, merges, "", unk)));
    const Tokenizer whole = read(more, merges, "", unk + R"("ignore_merges": true, )");
    CHECK_FALSE(is_cut(whole));
    CHECK(whole.ids("a▁a") == std::vector<Id>{5});
    CHECK_FALSE(is_cut(read(plain, merges, "", unk + R"("end_of_word_suffix": "a", )")));
    // A part that is a token is taken whole only where it is the text.
    const Tokenizer no_merges =
        read(R"("▁": 0, "a": 1, "▁a": 2)", "", "", unk + R"("ignore_merges": true, )");
    CHECK(no_merges.ids("▁a▁a") == std::vector<Id>{0, 1, 0, 1});
    // Where unknown characters vanish, runs of marks become neighbours.
    const Tokenizer vanishing = read(R"("▁": 0, "a": 1, "▁▁": 2)", R"("▁ ▁")");
    CHECK(vanishing.ids("▁x▁a") == std::vector<Id>{2, 1});

    const std::string marks =
        R"(, "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false})";
    const Tokenizer first = read(plain, merges, marks, unk);
    REQUIRE(first.steps().pre_tokenizer.get_if<Metaspace>() != nullptr);
    CHECK(first.steps().pre_tokenizer.get_if<Metaspace>()->cuts_before_runs);
    CHECK(first.ids("a a  a") == std::vector<Id>{2, 2, 4});
    CHECK(first.encode("a a  a").words == std::vector<std::uint32_t>{0, 1, 2});
    CHECK(parse_tokenizer_json(tokenizer_json_of(first), "written").settings() == first.settings());
    const Tokenizer never = read(plain + R"(, "a▁": 5)", merges + R"(, "a ▁")", marks, unk);
    CHECK_FALSE(never.steps().pre_tokenizer.get_if<Metaspace>()->cuts_before_runs);
}
