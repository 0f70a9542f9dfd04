#include <firth/text/tokenizers/tiktoken.hpp>

#include <firth/base/random.hpp>
#include <firth/text/tokenizers/bpe_merges.hpp>

#include "../../support/support.hpp"

using namespace firth;

namespace {

TokenTable table(const std::vector<std::string>& tokens) {
    std::vector<std::pair<std::string_view, Id>> with_ids;
    for (const std::string& token : tokens) {
        with_ids.emplace_back(token, static_cast<Id>(with_ids.size()));
    }
    return TokenTable(with_ids, "test");
}

std::vector<Id> ids(const Bpe& model, std::string_view piece) {
    std::vector<Id> made;
    Bpe::Scratch scratch;
    model(piece, scratch, [&](Id id, std::size_t) { made.push_back(id); });
    return made;
}

std::string random_word(Random& random, std::uint32_t longest) {
    std::string word;
    for (std::uint32_t left = 1 + random.below(longest); left != 0; --left) {
        word += static_cast<char>('a' + random.below(3));
    }
    return word;
}

} // namespace

TEST_CASE("a merge for each token says what ranks say", "[bpe]") {
    // Any neighbours merge in a model of ranks: also of tokens that no merges lead to.
    Random random(7);
    std::size_t unmade = 0;
    for (int round = 0; round < 60; ++round) {
        std::vector<std::string> tokens{"a", "b", "c"};
        for (int i = 0; i < 40; ++i) {
            const std::string token = random_word(random, 6);
            if (std::find(tokens.begin(), tokens.end(), token) == tokens.end())
                tokens.push_back(token);
        }
        const Bpe ranks = Bpe::from_ranks(table(tokens));
        const std::vector<Bpe::Rule> rules = bpe_merges(ranks);
        unmade += tokens.size() - 3 - rules.size();
        const Bpe merges(table(tokens), rules, ranks.options());
        for (int i = 0; i < 200; ++i) {
            const std::string word = random_word(random, i % 10 == 0 ? 80 : 12);
            CAPTURE(word);
            REQUIRE(ids(ranks, word) == ids(merges, word));
        }
    }
    CHECK(unmade > 100);
}

TEST_CASE("ranks are written and read again", "[bpe]") {
    const std::string text = "YQ== 0\nYg== 1\nYWI= 2\n/w== 3\nYWJh 5\n";
    const Bpe model = parse_tiktoken(text, "test");
    CHECK(format_tiktoken(model) == text);
    // As merges, which say the same.
    const std::vector<Bpe::Rule> rules = bpe_merges(model);
    CHECK(rules == std::vector<Bpe::Rule>{{0, 1, 2}, {2, 0, 5}});
    BpeOptions options;
    options.bytes = true;
    const std::vector<std::string> tokens{"a", "b", "ab", "\xFF", "<end>", "aba"};
    CHECK(format_tiktoken(Bpe(table(tokens), rules, options)) == text); // none makes <end>
    const auto refused = [&](const std::vector<Bpe::Rule>& merges, const BpeOptions& with) {
        return test::message_of<FormatError>(
            [&] { static_cast<void>(format_tiktoken(Bpe(table(tokens), merges, with))); });
    };
    CHECK(test::contains(refused({{2, 0, 5}, {0, 1, 2}}, options),
                         "the token 2 is merged after a higher one"));
    const std::vector<std::string> other{"a", "b", "ba", "ab", "aba"};
    const std::vector<Bpe::Rule> not_first{{1, 0, 2}, {0, 1, 3}, {3, 0, 4}}; // a + ba comes first
    CHECK(test::contains(test::message_of<FormatError>([&] {
                             static_cast<void>(
                                 format_tiktoken(Bpe(table(other), not_first, options)));
                         }),
                         "the token 4 is not made of the two"));
    options.ignore_merges = true; // then <end> is found, and is kept
    CHECK(test::contains(format_tiktoken(Bpe(table(tokens), rules, options)), "PGVuZD4= 4\n"));
    BpeOptions characters;
    CHECK(test::contains(refused(rules, characters), "they are of bytes alone"));
}

TEST_CASE("ranks that are damaged are refused by the line", "[bpe]") {
    const std::string text = "YQ== 0\nYg== 1\nYWI= 2\n";
    const auto refused = [](const std::string& bytes) {
        return test::message_of<FormatError>(
            [&] { static_cast<void>(parse_tiktoken(bytes, "r")); });
    };
    CHECK(test::contains(refused("YQ== 0\nYg==1\n"), "r, line 2: expected a token in base64"));
    CHECK(test::contains(refused("YQ== 0\nYg== 4294967296\n"), "r, line 2"));
    CHECK(test::contains(refused("YQ== 0\nYg== 2147483648\n"), "has the id 2147483648"));
    CHECK(test::contains(refused("YQ== 0\nYQ== 1\n"), "has the token \"a\" twice"));
    CHECK(test::contains(refused("YQ== 0\nYg== 0\n"), "has the id 0 twice"));
    for (std::size_t size = 0; size < text.size(); ++size) { // an error or loads
        try {
            static_cast<void>(parse_tiktoken(text.substr(0, size), "r"));
        } catch (const FormatError&) {
        }
    }
}
