#include <firth/text/train_tokenizer.hpp>

#include <string>
#include <utility>
#include <vector>

#include <firth/base/random.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

using Strings = std::vector<std::string>;

Strings tokens_by(const Tokenizer& tokenizer, std::string_view text) {
    Strings tokens;
    for (const Id id : tokenizer.ids(text)) {
        tokens.emplace_back(tokenizer.token(id));
    }
    return tokens;
}

std::string text() {
    std::string made;
    for (int i = 0; i < 60; ++i) {
        made += "The newest lowest Widest, low lower newer wider!\n";
        if (i % 3 == 0) made += "<|end|>Caf\xC3\xA9s of 1984 the\xE2\x80\xA6\n";
    }
    return made;
}

} // namespace

TEST_CASE("a byte-level tokenizer is trained on files", "[trainers]") {
    const test::TemporaryFolder folder;
    test::write_file(folder / "text", text());
    ByteLevelBpeOptions options;
    options.vocab_size = 330;
    options.special_tokens = {"<|end|>", "<|pad|>"};
    const TrainedTokenizer trained = train_byte_level_bpe({folder / "text"}, options);
    const Tokenizer& tokenizer = trained.tokenizer;
    CHECK(tokenizer.size() <= 330);
    CHECK(tokenizer.size() > 290);
    CHECK(tokenizer.find("<|end|>") == Id(0));
    CHECK(tokenizer.find("<|pad|>") == Id(1));
    CHECK(tokenizer.find("!") == Id(2));
    CHECK(tokens_by(tokenizer, "The low lower<|end|> newest") ==
          Strings{"The", " low", " lower", "<|end|>", " newest"});
    // Nothing was learnt of special tokens, and nothing is unknown.
    CHECK(!tokenizer.find("end"));
    const std::string anything = "\xFF\x00 zyx \xE4\xB8\xAD\n\n";
    CHECK(tokenizer.decode(tokenizer.ids(anything)) == anything);
    CHECK(trained.bytes == text().size());
    CHECK(trained.pieces > trained.distinct_pieces);
    CHECK(trained.distinct_pieces > 15);
    CHECK(!trained.cancelled);

    for (const std::size_t threads : {1u, 2u, 3u}) {
        options.threads = threads;
        CHECK(train_byte_level_bpe({folder / ""}, options).tokenizer.settings() ==
              tokenizer.settings());
    }
    // Lines of a range without their ends: only these are missing.
    Strings lines;
    for (std::size_t at = 0; at < text().size(); at = text().find('\n', at) + 1) {
        lines.push_back(text().substr(at, text().find('\n', at) + 1 - at));
    }
    CHECK(train_byte_level_bpe_of(lines, options).tokenizer.settings() == tokenizer.settings());
    options.pattern = Cl100kPattern{1};
    const Tokenizer digits = train_byte_level_bpe({folder / "text"}, options).tokenizer;
    CHECK(tokens_by(digits, "1984") == Strings{"1", "9", "8", "4"});
    CHECK(tokens_by(tokenizer, " 1984") == Strings{" 1984"});
}

TEST_CASE("BERT's tokenizer is trained on files", "[trainers]") {
    const test::TemporaryFolder folder;
    test::write_file(folder / "text", text());
    WordPieceTokenizerOptions options;
    options.vocab_size = 90;
    const TrainedTokenizer trained = train_word_piece({folder / "text"}, options);
    const Tokenizer& tokenizer = trained.tokenizer;
    CHECK(tokenizer.find("[PAD]") == Id(0));
    CHECK(tokenizer.find("[MASK]") == Id(4));
    CHECK(tokens_by(tokenizer, "Lowest newer [MASK]") == Strings{"lowest", "newer", "[MASK]"});
    CHECK(tokenizer.encode("low").ids == std::vector<Id>{2, *tokenizer.find("low"), 3});
    CHECK(tokenizer.encode("low", "new").types.back() == 1);
    CHECK(tokenizer.decode(tokenizer.ids("the lowest, newest")) == "the lowest, newest");
    CHECK(tokenizer.find("cafes"));
    options.normalizer.lowercase = false;
    options.normalizer.strip_accents = false;
    options.continuing_subword_prefix = "@@";
    options.vocab_size = 200;
    const Tokenizer cased = train_word_piece({folder / "text"}, options).tokenizer;
    CHECK(cased.find("Caf\xC3\xA9s"));
    CHECK(cased.find("@@e"));
    CHECK(!cased.find("##e"));
    CHECK(train_word_piece_of(Strings{text()}, options).tokenizer.settings() == cased.settings());
    options.limit_alphabet = 5;
    CHECK(train_word_piece({folder / "text"}, options).tokenizer.ids("!") == std::vector<Id>{1});
    options.special_tokens = {"[PAD]"};
    CHECK(test::contains(test::message_of<FormatError>([&] {
                             static_cast<void>(train_word_piece({folder / "text"}, options));
                         }),
                         "[UNK]"));
}

TEST_CASE("training a tokenizer tells of both its parts and stops in either", "[trainers]") {
    const Strings texts{text()};
    ByteLevelBpeOptions options;
    std::vector<std::uint32_t> epochs;
    options.progress = [&](const Progress& progress) {
        epochs.push_back(progress.epoch);
        CHECK(progress.epochs == 2);
        return true;
    };
    CHECK(!train_byte_level_bpe_of(texts, options).cancelled);
    REQUIRE(epochs.size() >= 2);
    CHECK(epochs.front() == 1);
    CHECK(epochs.back() == 2);
    for (const std::uint32_t last : {1u, 2u}) {
        options.progress = [&](const Progress& progress) { return progress.epoch != last; };
        const TrainedTokenizer trained = train_byte_level_bpe_of(texts, options);
        CHECK(trained.cancelled);
        CHECK((trained.tokenizer.size() > 256) == (last == 2));
    }
    options = {};
    options.vocab_size = 255;
    CHECK(test::contains(test::message_of<OptionError>(
                             [&] { static_cast<void>(train_byte_level_bpe_of(texts, options)); }),
                         "expected at least 256"));
}
