#include <firth/text/train_sentencepiece.hpp>

#include <filesystem>
#include <map>
#include <string>

#include <firth/base/random.hpp>

#include "../support/support.hpp"

using namespace firth;
using test::contains;
using test::message_of;

namespace {

/// Lines of words, some of them with marks, accents and characters that rules change.
std::string made_text(std::uint64_t seed, std::size_t lines) {
    const std::vector<std::string> parts{
        "ka",           "lo",       "mi",           "the",          "ing",          "E\xCC\x81",
        "\xEF\xAC\x81", "\xC2\xA0", "\t",           "\xE2\x96\x81", "\xEF\xBC\xA1", "\xFF",
        "12",           ",",        "\xE4\xB8\xAD", "\x01"};
    Random random(seed);
    std::string text;
    for (std::size_t line = 0; line < lines; ++line) {
        for (std::uint32_t left = random.below(12); left != 0; --left) {
            for (std::uint32_t size = random.below(4); size != 0; --size) {
                text += parts[random.below(random.below(4) == 0 ? 16 : 6)];
            }
            text += random.below(20) == 0 ? "  " : " ";
        }
        text += '\n';
    }
    return text;
}

UnigramTrainerOptions few_pieces(std::size_t size, std::size_t threads = 2) {
    UnigramTrainerOptions options;
    options.vocab_size = size;
    options.threads = threads;
    return options;
}

} // namespace

TEST_CASE("the words of a text are those of its lines, normalised whole", "[train-sentencepiece]") {
    for (const char* const rule : {"nmt_nfkc", "nfkc", "nfkc_cf", "identity"}) {
        SentencePieceModel model;
        model.normalization.charsmap = unicode_charsmap(rule);
        model.pieces = {{"kalo", 0, PieceType::user_defined}};
        const SentencePieceNormalizer normalizer = sentencepiece_normalizer(model);
        std::string text = made_text(1, 400);
        // A text's own U+2581 before a space looks like one, unless the rule makes it one.
        if (!std::string_view(rule).starts_with("nmt")) {
            for (std::size_t at = 0; (at = text.find(space_mark, at)) != text.npos;) {
                text.erase(at, space_mark.size());
            }
        }

        std::map<std::string, std::uint64_t> expected;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = text.find('\n', at);
            NormalizedText line;
            normalizer(std::string_view(text).substr(at, end - at), line);
            at = end + 1;
            std::string word;
            for (std::size_t i = 0; i < line.size(); ++i) {
                if (line.bytes().compare(i, 3, "\xE2\x96\x81") == 0 && !word.empty()) {
                    ++expected[word];
                    word.clear();
                }
                word += line.bytes()[i];
            }
            if (!word.empty()) ++expected[word];
        }
        for (const std::size_t block : {9u, 100u, 1u << 20}) {
            TextBlocks blocks(std::make_unique<MemorySource>(text), "the text", block, " \n");
            const Vocabulary words =
                detail::normalized_words(detail::count_stretches(blocks, 3), normalizer);
            std::map<std::string, std::uint64_t> found;
            for (Id id = 0; id < words.size(); ++id) {
                found[std::string(words[id])] = words.count(id);
            }
            CHECK((found == expected));
        }
    }
}

TEST_CASE("a model is trained on files and folders, written and read", "[train-sentencepiece]") {
    const test::TemporaryFolder folder;
    const std::string text = made_text(2, 3000);
    const std::size_t half = text.find('\n', text.size() / 2) + 1;
    std::filesystem::create_directory(folder / "texts");
    test::write_file(folder / "whole", text);
    test::write_file(folder / "texts/1", text.substr(0, half));
    test::write_file(folder / "texts/2", text.substr(half));

    const SentencePieceModel model = train_sentencepiece({folder / "whole"}, few_pieces(60));
    CHECK(model.pieces.size() == 60);
    CHECK(model.normalization.name == "nmt_nfkc");
    CHECK(train_sentencepiece({folder / "texts"}, few_pieces(60, 1)).pieces == model.pieces);
    CHECK(train_sentencepiece({folder / "texts/2", folder / "texts/1"}, few_pieces(60, 4)).pieces ==
          model.pieces);
    write_sentencepiece(folder / "trained.model", model);
    const SentencePieceModel read = read_sentencepiece(folder / "trained.model");
    CHECK(read.pieces == model.pieces);
    CHECK(read.normalization.charsmap == unicode_charsmap("nmt_nfkc"));

    // Its parts are a tokenizer, and what it makes of a text becomes that text again.
    const SentencePieceNormalizer normalizer = sentencepiece_normalizer(read);
    const UnigramModel unigram = sentencepiece_unigram(read);
    UnigramModel::Scratch scratch;
    NormalizedText normalized;
    normalizer("kalomi thekaing  lo", normalized);
    std::vector<std::string> tokens;
    unigram(normalized.bytes(), scratch,
            [&](Id id, std::size_t) { tokens.emplace_back(unigram.token(id)); });
    CHECK(tokens.size() < normalized.size() / 2);
    sentencepiece_decoder(read)(tokens);
    std::string decoded;
    for (const std::string& token : tokens) {
        decoded += token;
    }
    CHECK(decoded == "kalomi thekaing lo");
}

TEST_CASE("lines are as long as they are", "[train-sentencepiece]") {
    const test::TemporaryFolder folder;
    std::string line;
    Random random(3);
    for (int i = 0; i < 30000; ++i) {
        line += random.below(5) == 0 ? ' ' : static_cast<char>('a' + random.below(3));
    }
    line += " zzzz zzzz zzzz zzzz";
    test::write_file(folder / "line", line); // no newline, either
    UnigramTrainerOptions options = few_pieces(40);
    options.character_coverage = 1;
    const SentencePieceModel model = train_sentencepiece({folder / "line"}, options);
    bool has_end = false;
    for (const SentencePiece& piece : model.pieces) {
        has_end |= piece.text.find('z') != piece.text.npos;
    }
    CHECK(has_end);
}

TEST_CASE("special pieces of a trained model are what its file says", "[train-sentencepiece]") {
    const test::TemporaryFolder folder;
    test::write_file(folder / "text", made_text(4, 1000));
    UnigramTrainerOptions options = few_pieces(330);
    options.byte_fallback = true;
    options.unk_id = 1;
    options.bos_id = -1;
    options.eos_id = 0;
    options.pad_id = 2;
    options.user_defined_symbols = {"\xEF\xAC\x81"}; // which nfkc would change
    const SentencePieceModel model = train_sentencepiece({folder / "text"}, options, "nfkc");
    CHECK(model.byte_fallback);
    CHECK(model.unknown_id == 1);
    CHECK(model.begin_id == -1);
    CHECK(model.end_id == 0);
    CHECK(model.padding_id == 2);
    const SentencePieceModel read = parse_sentencepiece(format_sentencepiece(model), "model");
    CHECK(read.pieces == model.pieces);
    CHECK(read.pieces[3] == SentencePiece{"\xEF\xAC\x81", 0, PieceType::user_defined});
    const UnigramModel unigram = sentencepiece_unigram(read);
    CHECK(unigram.find("<0x00>").has_value());
}

TEST_CASE("a text that cannot be trained on is named", "[train-sentencepiece]") {
    const test::TemporaryFolder folder;
    test::write_file(folder / "empty", "");
    test::write_file(folder / "spaces", "  \n \n");
    test::write_file(folder / "tabs", "\t\n\t\t\n");
    test::write_file(folder / "text", made_text(5, 300));
    const auto failure = [&](const std::string& name, const UnigramTrainerOptions& options,
                             const std::string& rule = "nmt_nfkc") {
        return message_of<Error>(
            [&] { static_cast<void>(train_sentencepiece({folder / name}, options, rule)); });
    };
    CHECK(contains(failure("empty", few_pieces(60)), (folder / "empty") + " holds no words"));
    CHECK(contains(failure("spaces", few_pieces(60)), (folder / "spaces") + " holds no words"));
    CHECK(contains(failure("tabs", few_pieces(60)), "no text to train on"));
    CHECK(contains(failure("missing", few_pieces(60)), folder / "missing"));
    CHECK(contains(failure("text", few_pieces(4)), "vocab_size is 4, expected at least "));
    CHECK(contains(failure("text", few_pieces(100000)), "vocab_size is 100000, expected at most "));
    CHECK(contains(failure("text", few_pieces(60), "mine"), "normalization_rule_name is \"mine\""));
    UnigramTrainerOptions cancels = few_pieces(60);
    cancels.progress = [](const Progress&) { return false; };
    CHECK(train_sentencepiece({folder / "text"}, cancels).pieces.empty());
}
