/// Tokenizers of one's own, through every function that takes one.

#include <firth/text/tokenize.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>

#include <firth/base/fold_case.hpp>
#include <firth/text.hpp>

#include "../support/folded_words.hpp"
#include "../support/support.hpp"
#include "decoded.hpp"

using namespace firth;

using test::decoded;
using test::FoldedWords;

namespace {

/// Tokens with spaces in them, between the bytes of `separator`, line by line.
struct Fields {
    static constexpr std::string_view cut_after = "\n";
    char separator = '|';
    void operator()(std::string_view text, auto&& on_token, auto&& on_sentence_end) const {
        while (!text.empty()) {
            const std::size_t end = std::min(text.find('\n'), text.find(separator));
            if (end != 0) on_token(text.substr(0, end));
            if (end == text.npos) return;
            if (text[end] == '\n') on_sentence_end();
            text.remove_prefix(end + 1);
        }
    }
    std::string settings() const { return std::string("fields between ") + separator; }
};

/// A word that begins with a number sign begins a sentence: nothing ends the last.
struct Marked {
    static constexpr std::string_view cut_after = white_space;
    void operator()(std::string_view text, auto&& on_token, auto&& on_sentence_end) const {
        const auto on_word = [&](std::string_view word) {
            if (word[0] == '#') on_sentence_end();
            on_token(word);
        };
        for_each_word(text, on_word, [] {});
    }
    std::string settings() const { return "marked"; }
};

/// Every line is a token, an empty one, too.
struct Lines {
    static constexpr std::string_view cut_after = "\n";
    void operator()(std::string_view text, auto&& on_token, auto&&) const {
        for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
            on_token(text.substr(0, end));
            text.remove_prefix(end + 1);
        }
    }
    std::string settings() const { return "lines"; }
};

struct NoSettings {
    static constexpr std::string_view cut_after = white_space;
    void operator()(std::string_view, auto&&, auto&&) const {}
};
struct NoCut {
    void operator()(std::string_view, auto&&, auto&&) const {}
    std::string settings() const { return {}; }
};
struct Pointers : FoldedWords {
    void operator()(std::string_view, void (*)(std::string_view), void (*)()) const {}
};
struct NoSentences : FoldedWords {
    void operator()(std::string_view, auto&&) const {}
};
struct Changing : FoldedWords {
    void operator()(std::string_view, auto&&, auto&&) {}
};
static_assert(CorpusTokenizer<FoldedWords> && CorpusTokenizer<Fields> && CorpusTokenizer<Marked> &&
              CorpusTokenizer<Lines> && CorpusTokenizer<WhiteSpaceTokenizer>);
static_assert(!CorpusTokenizer<NoSettings> && !CorpusTokenizer<NoCut> &&
              !CorpusTokenizer<Pointers>);
static_assert(!CorpusTokenizer<NoSentences> && !CorpusTokenizer<Changing>);

using Sentences = std::vector<std::vector<std::string>>;

/// Calls `check` with the corpus from each function that reads a text.
template <CorpusTokenizer T, class Check>
void for_each_reader(const std::string& text, const T& tokenizer, Check&& check) {
    const test::TemporaryFolder folder;
    test::write_file(folder / "text", text);
    const VocabularyOptions options{.min_count = 1, .threads = 3};
    check(encode_text(text, options, "the text", tokenizer));
    check(read_corpus(folder / "text", options, tokenizer));
    check(read_corpus({folder / "text"}, options, tokenizer));
    check(read_corpus_through(folder / "cache", {folder / "text"}, options, tokenizer)); // made
    check(read_corpus_through(folder / "cache", {folder / "text"}, options, tokenizer)); // opened
    check(open_corpus(folder / "cache"));
}

} // namespace

TEST_CASE("tokens need not be parts of the text", "[tokenizer]") {
    for_each_reader("A b B\n\nÄ a ä\n", FoldedWords(), [](const EncodedCorpus& corpus) {
        REQUIRE(decoded(corpus) == Sentences{{"a", "b", "b"}, {"ä", "a", "ä"}});
        REQUIRE(corpus.raw_words == 6);
        REQUIRE(corpus.corpus.view().tokenizer == "folded words");
    });
}

TEST_CASE("tokens may have spaces in them, wherever the text is read in blocks", "[tokenizer]") {
    // Several blocks, which white space would cut within tokens.
    Sentences expected;
    std::string text;
    Random random(5);
    while (text.size() < 3 * TextBlocks::default_block_size) {
        expected.emplace_back();
        for (std::uint32_t i = 0; i < 20; ++i) {
            std::string token = "a";
            for (std::uint32_t word = random.below(4); word < 8; ++word) {
                token += ' ';
                token += static_cast<char>('a' + random.below(26));
            }
            text += token + (random.below(5) == 0 ? "||" : "|");
            expected.back().push_back(token);
        }
        text += '\n';
    }
    for_each_reader(text, Fields(), [&](const EncodedCorpus& corpus) {
        REQUIRE(corpus.raw_words == 20 * expected.size());
        REQUIRE(decoded(corpus) == expected);
    });
}

TEST_CASE("the last sentence of a text ends with it", "[tokenizer]") {
    for_each_reader("#a b\nb #c\na\n", Marked(), [](const EncodedCorpus& corpus) {
        REQUIRE(decoded(corpus) == Sentences{{"#a", "b", "b"}, {"#c", "a"}});
    });
}

TEST_CASE("an empty token is refused", "[tokenizer][failure]") {
    for_each_reader("a\nb", Lines(), [](const EncodedCorpus& corpus) {
        REQUIRE(decoded(corpus) == Sentences{{"a", "b"}});
    });
    REQUIRE(test::message_of<Error>(
                [] { static_cast<void>(encode_text("a\n\nb\n", {}, "the text", Lines())); }) ==
            "the tokenizer \"lines\" gave an empty token of the text, expected at least one byte");
}

TEST_CASE("a cache of other tokens is made anew", "[tokenizer][cache]") {
    const test::TemporaryFolder folder;
    const std::string text = folder / "text";
    const std::string cache = folder / "cache";
    test::write_file(text, "A|b a\nB|b a\n");
    const VocabularyOptions options{.min_count = 1};
    const auto through = [&](const auto& tokenizer) {
        return decoded(read_corpus_through(cache, {text}, options, tokenizer));
    };
    REQUIRE(through(WhiteSpaceTokenizer()) == Sentences{{"A|b", "a"}, {"B|b", "a"}});
    REQUIRE(through(FoldedWords()) == Sentences{{"a|b", "a"}, {"b|b", "a"}});
    REQUIRE(through(Fields()) == Sentences{{"A", "b a"}, {"B", "b a"}});
    REQUIRE(through(Fields{' '}) == Sentences{{"A|b", "a"}, {"B|b", "a"}});
    const auto written = std::filesystem::last_write_time(cache);
    REQUIRE(through(Fields{' '}) == Sentences{{"A|b", "a"}, {"B|b", "a"}});
    REQUIRE(std::filesystem::last_write_time(cache) == written);

    const std::vector<std::string> names{
        cache_name({text}, options), cache_name({text}, options, FoldedWords()),
        cache_name({text}, options, Fields()), cache_name({text}, options, Fields{' '})};
    for (std::size_t a = 0; a < names.size(); ++a) {
        for (std::size_t b = 0; b < a; ++b) {
            REQUIRE(names[a] != names[b]);
        }
    }
    REQUIRE(names[0] == cache_name({text}, options, WhiteSpaceTokenizer()));
}

TEST_CASE("a corpus knows its tokenizer, and a view of it stays good", "[tokenizer]") {
    EncodedCorpus corpus = encode_text("a b", {.min_count = 1});
    const CorpusView view = corpus.corpus;
    const EncodedCorpus moved = std::move(corpus);
    REQUIRE(view.tokenizer == "white space");
    REQUIRE(view.settings().starts_with("tokenizer white space, checksum "));
    const std::vector<std::vector<std::string>> symbols{{"a", "b"}};
    REQUIRE(encode_sequences(symbols, {.min_count = 1}).corpus.view().tokenizer.empty());
    REQUIRE(encode_sequences(symbols, {.min_count = 1})
                .corpus.view()
                .settings()
                .starts_with("checksum "));
}

TEST_CASE("a corpus file from before tokenizers is opened", "[tokenizer]") {
    const test::TemporaryFolder folder;
    {
        SectionFileWriter file(folder / "old", "corpus", 1);
        file.begin("ids");
        file.write_array(std::span<const Id>(std::array<Id, 2>{0, 0}));
        file.begin("sentence ends");
        file.write_array(std::span<const std::uint64_t>(std::array<std::uint64_t, 1>{2}));
        Vocabulary vocabulary;
        vocabulary.add("a", 2);
        write_vocabulary(file, vocabulary);
        file.begin("raw words");
        file.write_array(std::span<const std::uint64_t>(std::array<std::uint64_t, 1>{2}));
        file.section("source", "somewhere");
        file.commit();
    }
    const EncodedCorpus corpus = open_corpus(folder / "old");
    REQUIRE(decoded(corpus) == Sentences{{"a", "a"}});
    REQUIRE(corpus.corpus.view().tokenizer.empty());
}
