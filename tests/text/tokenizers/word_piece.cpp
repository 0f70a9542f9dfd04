#include <firth/text/tokenizers/word_piece.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <firth/text/normalizers/bert.hpp>
#include <firth/text/pre_tokenizers/bert.hpp>
#include <firth/text/tokenizers/vocabulary_file.hpp>
#include <firth/text/tokenizers/word_level.hpp>

#include "../../support/support.hpp"

using namespace firth;

namespace {

using Lengths = std::vector<std::pair<Id, std::size_t>>;

template <class Model>
Lengths tokens(const Model& model, std::string_view piece) {
    typename Model::Scratch scratch;
    Lengths made;
    model(piece, scratch, [&](Id id, std::size_t length) { made.emplace_back(id, length); });
    return made;
}

/// The longest token first, by trying all ends (Devlin et al., 2018).
Lengths plain_tokens(const std::vector<std::string>& vocabulary, std::string_view piece,
                     Id unknown) {
    Lengths made;
    for (std::size_t begin = 0; begin < piece.size();) {
        std::size_t end = piece.size();
        for (; end > begin; --end) {
            const std::string token =
                (begin == 0 ? "" : "##") + std::string(piece.substr(begin, end - begin));
            const auto found = std::find(vocabulary.begin(), vocabulary.end(), token);
            if (found == vocabulary.end()) continue;
            made.emplace_back(static_cast<Id>(found - vocabulary.begin()), end - begin);
            break;
        }
        if (end == begin) return {{unknown, piece.size()}};
        begin = end;
    }
    return made;
}

} // namespace

TEST_CASE("WordPiece takes the longest token each time", "[wordpiece]") {
    const WordPiece model(
        parse_vocabulary("[UNK]\nun\n##aff\n##able\n##a\nunaf\n##\n##ab\nab##x\n", "test"));
    CHECK(tokens(model, "unaffable") == Lengths{{0, 9}}); // after unaf nothing goes on with f
    CHECK(tokens(model, "unable") == Lengths{{1, 2}, {3, 4}});
    CHECK(tokens(model, "unaab") == Lengths{{1, 2}, {4, 1}, {7, 2}});
    CHECK(tokens(model, "able") == Lengths{{0, 4}});
    CHECK(tokens(model, "##able") == Lengths{{3, 6}}); // as it stands
    CHECK(tokens(model, "##") == Lengths{{6, 2}});
    CHECK(tokens(model, "").size() == 0);
    CHECK(model.length(1) == 2);
    CHECK(model.length(0) == 0);
    CHECK(model.length(3) == 4); // as it goes on
    CHECK(model.length(6) == 2);
    CHECK(model.find("##aff") == Id(2));
    CHECK(!model.find("aff"));
    CHECK(model.token(5) == "unaf");
    CHECK(model.size() == 9);
}

TEST_CASE("WordPiece gives up words of too many characters", "[wordpiece]") {
    const auto vocabulary = [] {
        return parse_vocabulary("[UNK]\n\xC3\xA9\n##\xC3\xA9\n", "test");
    };
    const WordPiece model(vocabulary(), {.max_characters = 3});
    CHECK(tokens(model, "\xC3\xA9\xC3\xA9\xC3\xA9").size() == 3);
    CHECK(tokens(model, "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9") == Lengths{{0, 8}});
    const WordPiece other(vocabulary(), {.unknown = "\xC3\xA9", .continuing_prefix = "@"});
    CHECK(tokens(other, "\xC3\xA9\xC3\xA9") == Lengths{{1, 4}});
    CHECK(test::contains(
        test::message_of<FormatError>([&] { WordPiece(vocabulary(), {.unknown = "<unk>"}); }),
        "the unknown token \"<unk>\" is not in the vocabulary"));
    CHECK(model.settings() != other.settings());
}

TEST_CASE("WordPiece agrees with trying all ends", "[wordpiece]") {
    Random random(5);
    for (int round = 0; round < 60; ++round) {
        std::vector<std::string> vocabulary = {"[UNK]"};
        std::string lines = "[UNK]\n";
        std::set<std::string> known;
        for (int i = 0; i < 40; ++i) {
            std::string token = random.below(2) == 0 ? "##" : "";
            const std::uint32_t length = 1 + random.below(4);
            for (std::uint32_t j = 0; j < length; ++j) {
                token += static_cast<char>('a' + random.below(3));
            }
            if (!known.insert(token).second) continue;
            vocabulary.push_back(token);
            lines += token + '\n';
        }
        const WordPiece model(parse_vocabulary(lines, "test"));
        for (int i = 0; i < 200; ++i) {
            std::string piece;
            const std::uint32_t length = 1 + random.below(12);
            for (std::uint32_t j = 0; j < length; ++j) {
                piece += static_cast<char>('a' + random.below(random.below(9) == 0 ? 4 : 3));
            }
            CHECK(tokens(model, piece) == plain_tokens(vocabulary, piece, 0));
        }
    }
}

TEST_CASE("words that are tokens whole", "[wordpiece]") {
    const WordLevel model(parse_vocabulary("[UNK]\nking\nqueen\n", "test"));
    CHECK(tokens(model, "queen") == Lengths{{2, 5}});
    CHECK(tokens(model, "kings") == Lengths{{0, 5}});
    CHECK(tokens(WordLevel(parse_vocabulary("king\n", "test"), ""), "kings").empty());
    CHECK(test::contains(
        test::message_of<FormatError>([] { WordLevel(parse_vocabulary("king\n", "test")); }),
        "\"[UNK]\" is not in the vocabulary"));
}

TEST_CASE("a vocabulary's lines are ids", "[wordpiece]") {
    const TokenTable table =
        parse_vocabulary("\xEF\xBB\xBF[PAD]\na \r\n\n\xE3\x80\x80\nb\na\nc d", "test");
    CHECK(table.size() == 7);
    CHECK(table.find("[PAD]") == 0);
    CHECK(table.find("a") == 5); // the last of two lines
    CHECK(!table.contains(1));
    CHECK(!table.contains(2));
    CHECK(table.find("b") == 4);
    CHECK(table.find("c d") == 6);
    const auto refused = [](std::string_view text) {
        return test::message_of<FormatError>([&] { (void)parse_vocabulary(text, "v.txt"); });
    };
    CHECK(refused("a\nb\xFF\n") == "v.txt, line 2: expected a token in UTF-8");
    CHECK(refused(std::string_view("a\0b\n", 4)) == "v.txt, line 1: expected a token in UTF-8");
    CHECK(refused("") == "v.txt has no tokens, expected one a line");
    CHECK(refused("\n \n") == "v.txt has no tokens, expected one a line");
    CHECK(test::contains(refused(std::string(5000, '\n') + "a\n"), "v.txt has the id 5000"));
    CHECK_THROWS_AS(read_vocabulary("/nowhere/vocab.txt"), IoError);
}

TEST_CASE("a vocabulary is written as it is read", "[wordpiece]") {
    for (const std::string text : {"[UNK]\nthe\n\n##ing\n", "\xC3\xA9\n", "a\n\n\nb c\n",
                                   "\xEF\xBB\xBF\xEF\xBB\xBFmarked\nb\n"}) {
        CHECK(format_vocabulary(parse_vocabulary(text, "test")) == text);
    }
    const auto refused = [](std::string_view token) {
        const std::vector<std::pair<std::string_view, Id>> tokens{{token, 0}};
        return test::message_of<FormatError>(
            [&] { static_cast<void>(format_vocabulary(TokenTable(tokens, "test"))); });
    };
    for (const std::string_view token : {"a ", "a\nb", "\xFF", "\xC2\xA0"}) {
        CHECK(test::contains(refused(token), "a vocab.txt cannot hold the token 0"));
    }
}

TEST_CASE("questions have BERT's own ids", "[wordpiece]") {
    const auto folder = test::data_folder();
    if (!folder) return;
    const std::string bert = *folder + "/tokenizer/bert-base-uncased/";
    if (!std::filesystem::exists(bert + "vocab.txt")) {
        WARN("skipped: no " << bert << "vocab.txt");
        return;
    }
    const WordPiece model(read_vocabulary(bert + "vocab.txt"));
    CHECK(model.size() == 30522);
    std::ifstream file(bert + "squad-questions.part1.jsonl");
    std::size_t questions = 0;
    for (std::string line; std::getline(file, line); ++questions) {
        // {"text": "...", ..., "ids": [1, 2]}: strings with escapes of JSON
        std::string text;
        std::size_t at = line.find(": \"") + 3;
        std::uint32_t high = 0;
        for (; line[at] != '"'; ++at) {
            if (line[at] != '\\') {
                text += line[at];
                continue;
            }
            const char kind = line[++at];
            if (kind != 'u') {
                text += kind == 'n' ? '\n' : kind == 't' ? '\t' : kind == 'r' ? '\r' : kind;
                continue;
            }
            const auto point =
                static_cast<std::uint32_t>(std::stoul(line.substr(at + 1, 4), nullptr, 16));
            at += 4;
            if (point >= 0xD800 && point < 0xDC00) {
                high = point;
            } else if (point >= 0xDC00 && point < 0xE000) {
                append_utf8(text, 0x10000 + ((high - 0xD800) << 10) + (point - 0xDC00));
            } else {
                append_utf8(text, point);
            }
        }
        std::string list = line.substr(line.find("\"ids\": [") + 8);
        std::replace(list.begin(), list.end(), ',', ' ');
        std::istringstream numbers(list);
        std::vector<Id> expected;
        for (Id id = 0; numbers >> id;) {
            expected.push_back(id);
        }
        NormalizedText changed;
        BertNormalizer()(text, changed);
        std::vector<Id> ids;
        PieceBatch batch;
        BertPreTokenizer()(changed.bytes(), 0, batch);
        WordPiece::Scratch scratch;
        for (const Piece& piece : batch) {
            model(std::string_view(changed.bytes()).substr(piece.begin, piece.end - piece.begin),
                  scratch, [&](Id id, std::size_t) { ids.push_back(id); });
        }
        if (ids != expected) FAIL(line);
    }
    CHECK(questions > 1000);
}
