#include <firth/text/tokenizers/bpe.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/random.hpp>
#include <firth/text/tokenizers/bpe_merges.hpp>
#include <firth/text/tokenizers/tiktoken.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

struct Model {
    std::vector<std::string> tokens;
    std::vector<std::pair<std::string, std::string>> merges;

    [[nodiscard]] Id id(const std::string& token) const {
        const auto found = std::find(tokens.begin(), tokens.end(), token);
        return found == tokens.end() ? no_id : static_cast<Id>(found - tokens.begin());
    }

    [[nodiscard]] TokenTable table() const {
        std::vector<std::pair<std::string_view, Id>> all;
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            all.emplace_back(tokens[i], static_cast<Id>(i));
        }
        return TokenTable(all, "test");
    }

    [[nodiscard]] Bpe made(BpeOptions options = {}) const {
        std::vector<Bpe::Rule> rules;
        for (const auto& [left, right] : merges) {
            rules.push_back({id(left), id(right), id(left + right)});
        }
        return Bpe(table(), rules, std::move(options));
    }
};

/// Merges that make words of a few letters, so that many overlap.
Model random_model(Random& random, std::size_t letters, std::size_t merges) {
    Model model;
    for (std::size_t i = 0; i < letters; ++i) {
        model.tokens.emplace_back(1, static_cast<char>('a' + i));
    }
    for (std::size_t tries = 0; model.merges.size() < merges && tries < 100 * merges; ++tries) {
        const std::string left =
            model.tokens[random.below(static_cast<std::uint32_t>(model.tokens.size()))];
        const std::string right =
            model.tokens[random.below(static_cast<std::uint32_t>(model.tokens.size()))];
        if (model.id(left + right) != no_id) continue;
        model.tokens.push_back(left + right);
        model.merges.emplace_back(left, right);
    }
    return model;
}

/// One merge after another, in the order of their ranks: every place of each, from the left.
std::vector<std::string> naive(const Model& model, const std::string& piece) {
    std::vector<std::string> symbols;
    for (const char letter : piece) {
        symbols.emplace_back(1, letter);
    }
    for (;;) {
        std::size_t best = model.merges.size();
        std::size_t place = 0;
        for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
            const auto found = std::find(model.merges.begin(), model.merges.end(),
                                         std::pair(symbols[i], symbols[i + 1]));
            const auto rank = static_cast<std::size_t>(found - model.merges.begin());
            if (rank < best) {
                best = rank;
                place = i;
            }
        }
        if (best == model.merges.size()) return symbols;
        symbols[place] += symbols[place + 1];
        symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(place) + 1);
    }
}

struct Token {
    std::string token;
    std::size_t length;
    bool operator==(const Token&) const = default;
};

std::vector<Token> tokens_of(const Bpe& model, std::string_view piece) {
    std::vector<Token> made;
    Bpe::Scratch scratch;
    model(piece, scratch, [&](Id id, std::size_t length) {
        made.push_back({std::string(model.token(id)), length});
    });
    return made;
}

} // namespace

TEST_CASE("merges are left out at random as often as is asked for", "[bpe]") {
    Random random(5);
    const Model letters = random_model(random, 3, 60);
    const Bpe model = letters.made();
    const auto tokens = [&](std::string_view piece, double dropout) {
        std::vector<std::string> all;
        for (const SubwordToken& token : model.sample(piece, dropout, random)) {
            all.emplace_back(model.token(token.id));
            CHECK(token.length == all.back().size());
        }
        return all;
    };
    for (const std::size_t size : {0u, 1u, 2u, 9u, 300u}) {
        std::string piece;
        for (std::size_t i = 0; i < size; ++i) {
            piece += static_cast<char>('a' + random.below(3));
        }
        CHECK(tokens(piece, 0) == naive(letters, piece));
        CHECK(tokens(piece, 1).size() == size);
        std::string joined;
        for (const std::string& token : tokens(piece, 0.3)) {
            joined += token;
        }
        CHECK(joined == piece);
        Random one(3);
        Random other(3);
        CHECK(model.sample(piece, 0.3, one) == model.sample(piece, 0.3, other));
    }

    // A merge that was left out comes back when another one was made.
    Model three;
    three.tokens = {"a", "b", "c", "ab", "bc", "abc"};
    three.merges = {{"a", "b"}, {"ab", "c"}, {"b", "c"}};
    const Bpe made = three.made();
    constexpr int draws = 40000;
    constexpr double dropout = 0.3;
    std::map<std::size_t, int> counts; // by what is there first
    for (int i = 0; i < draws; ++i) {
        const std::vector<SubwordToken> drawn = made.sample("abc", dropout, random);
        ++counts[drawn.size() == 1 ? 3 : drawn.size() == 3 ? 0 : drawn[0].length];
    }
    const auto share = [&](std::size_t which) {
        return static_cast<double>(counts[which]) / draws;
    };
    CHECK(std::abs(share(0) - dropout * dropout) < 0.01);       // a b c
    CHECK(std::abs(share(1) - dropout * (1 - dropout)) < 0.01); // a bc
    // That of "b" and "c", which has become impossible, gives that of "ab" and "c" another chance.
    const double last = 1 - dropout + dropout * (1 - dropout) * (1 - dropout);
    CHECK(std::abs(share(3) - (1 - dropout) * last) < 0.01);       // abc
    CHECK(std::abs(share(2) - (1 - dropout) * (1 - last)) < 0.01); // ab c

    for (const double wrong : {-0.1, 1.1}) {
        CHECK(test::contains(test::message_of<OptionError>(
                                 [&] { static_cast<void>(made.sample("ab", wrong, random)); }),
                             "expected 0 to 1"));
    }
    BpeOptions options;
    options.ignore_merges = true;
    CHECK(three.made(options).sample("abc", 1, random).size() == 3);
    options.dropout = 0.25;
    CHECK(three.made(options).usual_strength() == 0.25);
    CHECK(three.made(options).settings() == [&] {
        options.dropout = 0;
        return three.made(options).settings();
    }());
}

TEST_CASE("tokens of ranks merge whatever the ranks of what they are made of", "[bpe]") {
    // Ranks in any order, as no training gives them, and of words that nothing leads to.
    Random random(11);
    std::size_t merged = 0;
    for (std::size_t round = 0; round < 60; ++round) {
        CAPTURE(round);
        std::vector<std::string> tokens{"a", "b", "c"};
        const auto word = [&](std::uint32_t most) {
            std::string made;
            for (std::size_t left = 1 + random.below(most); left > 0; --left) {
                made += static_cast<char>('a' + random.below(3));
            }
            return made;
        };
        while (tokens.size() < 30) {
            const std::string made = word(6);
            if (std::find(tokens.begin(), tokens.end(), made) == tokens.end())
                tokens.push_back(made);
        }
        for (std::size_t i = tokens.size(); i > 1; --i) {
            std::swap(tokens[i - 1], tokens[random.below(static_cast<std::uint32_t>(i))]);
        }
        const Model ranked{tokens, {}};
        const Bpe ranks = Bpe::from_ranks(ranked.table());
        BpeOptions options;
        options.bytes = true;
        options.ignore_merges = true;
        const Bpe written(ranked.table(), bpe_merges(ranks), options);
        for (std::size_t text = 0; text < 60; ++text) {
            const std::string piece = word(text < 50 ? 12 : 90);
            CAPTURE(piece);
            std::vector<Token> expected;
            if (ranked.id(piece) != no_id) {
                expected.push_back({piece, piece.size()});
            } else {
                for (const char& letter : piece) {
                    expected.push_back({std::string(1, letter), 1});
                }
                for (;;) {
                    Id best = no_id;
                    std::size_t place = 0;
                    for (std::size_t i = 0; i + 1 < expected.size(); ++i) {
                        const Id id = ranked.id(expected[i].token + expected[i + 1].token);
                        if (id < best) {
                            best = id;
                            place = i;
                        }
                    }
                    if (best == no_id) break;
                    expected[place] = {ranked.tokens[best], ranked.tokens[best].size()};
                    expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(place) + 1);
                }
            }
            merged += piece.size() - expected.size();
            REQUIRE(tokens_of(ranks, piece) == expected);
            REQUIRE(tokens_of(written, piece) == expected);
        }
    }
    CHECK(merged > 10000);
}

TEST_CASE("bytes of ranks merge whatever their own ranks are", "[bpe]") {
    // "t" has a higher rank than "th".
    const Bpe ranks = parse_tiktoken("dA== 8\naA== 0\ndGg= 2\nZQ== 3\ndGhl 4\n", "test");
    Bpe::Scratch scratch;
    std::vector<Id> ids;
    ranks("ththe", scratch, [&](Id id, std::size_t) { ids.push_back(id); });
    CHECK(ids == std::vector<Id>{2, 4});
}

TEST_CASE("bpe merges in the order of ranks, the leftmost first", "[bpe]") {
    Random random(7);
    for (std::size_t round = 0; round < 40; ++round) {
        const std::uint32_t letters = 1 + random.below(4);
        const Model model = random_model(random, letters, 3 + random.below(60));
        const Bpe bpe = model.made();
        for (std::size_t text = 0; text < 40; ++text) {
            // Up to lengths that are merged by a heap.
            std::string piece;
            for (std::size_t left = random.below(text < 30 ? 20 : 120); left > 0; --left) {
                piece += model.tokens[random.below(letters)][0];
            }
            const std::vector<std::string> expected = naive(model, piece);
            const std::vector<Token> got = tokens_of(bpe, piece);
            REQUIRE(got.size() == expected.size());
            for (std::size_t i = 0; i < got.size(); ++i) {
                REQUIRE(got[i] == Token{expected[i], expected[i].size()});
            }
        }
    }
}

TEST_CASE("several pieces at a time have the tokens of each", "[bpe]") {
    Random random(11);
    for (std::size_t round = 0; round < 30; ++round) {
        // All bytes, so that pieces are merged by turns, and only some.
        Model model = random_model(random, round % 3 == 0 ? 4 : 26, 40);
        for (int byte = 0; round % 3 != 0 && byte < 256; ++byte) {
            const std::string token(1, static_cast<char>(byte));
            if (model.id(token) == no_id) model.tokens.push_back(token);
        }
        BpeOptions options;
        options.bytes = true;
        options.ignore_merges = round % 2 == 0;
        const Bpe bpe = model.made(options);
        std::vector<std::string> pieces(random.below(20));
        for (std::string& piece : pieces) {
            for (std::size_t left = 1 + random.below(random.below(8) == 0 ? 120 : 12); left > 0;
                 --left) {
                piece += static_cast<char>('a' + random.below(4));
            }
            if (random.below(6) == 0) piece = model.tokens[random.below(30)];
        }
        const std::vector<std::string_view> views(pieces.begin(), pieces.end());
        std::vector<std::vector<Token>> got(pieces.size());
        Bpe::Scratch scratch;
        std::size_t last = 0;
        bpe.many(views, scratch, [&](std::size_t i, Id id, std::size_t length) {
            REQUIRE(i >= last);
            last = i;
            got[i].push_back({std::string(bpe.token(id)), length});
        });
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            REQUIRE(got[i] == tokens_of(bpe, pieces[i]));
        }
    }
}

TEST_CASE("a piece of a million letters is merged", "[bpe]") {
    Model model{{"a"}, {}};
    for (std::string token = "a"; token.size() < 1000; token += token) {
        model.merges.emplace_back(token, token);
        model.tokens.push_back(token + token);
    }
    const std::vector<Token> got = tokens_of(model.made(), std::string(1'000'000, 'a'));
    std::size_t total = 0;
    for (const Token& token : got) {
        total += token.length;
    }
    CHECK(total == 1'000'000);
    CHECK(got[0].length == 1024);
    CHECK(got.size() == 976 + 2); // 1,000,000 = 976 * 1024 + 512 + 64
}

TEST_CASE("bpe has a policy for characters that it does not know", "[bpe]") {
    const Model model{{"a", "b", "<unk>", "ab", "<0xC3>", "<0xA4>", "<0x78>"}, {{"a", "b"}}};
    CHECK(tokens_of(model.made(), "abxab") == std::vector<Token>{{"ab", 2}, {"ab", 2}});
    BpeOptions options;
    options.unknown = "<unk>";
    CHECK(tokens_of(model.made(options), "axxb") ==
          std::vector<Token>{{"a", 1}, {"<unk>", 1}, {"<unk>", 1}, {"b", 1}});
    options.fuse_unknown = true;
    CHECK(tokens_of(model.made(options), "axyb\xC3\xB6") ==
          std::vector<Token>{{"a", 1}, {"<unk>", 2}, {"b", 1}, {"<unk>", 2}});
    options.byte_fallback = true;
    CHECK(tokens_of(model.made(options), "x\xC3\xA4y") ==
          std::vector<Token>{{"<0x78>", 1}, {"<0xC3>", 1}, {"<0xA4>", 1}, {"<unk>", 1}});
    options.unknown = "missing";
    CHECK_THROWS_WITH(model.made(options),
                      "the unknown token \"missing\" is not in the vocabulary");
}

TEST_CASE("bpe writes prefixes and suffixes", "[bpe]") {
    const Model model{{"a", "b", "##b", "a</w>", "##b</w>"}, {}};
    BpeOptions options;
    options.continuing_prefix = "##";
    options.end_suffix = "</w>";
    CHECK(tokens_of(model.made(options), "a") == std::vector<Token>{{"a</w>", 1}});
    CHECK(tokens_of(model.made(options), "abb") ==
          std::vector<Token>{{"a", 1}, {"##b", 1}, {"##b</w>", 1}});
    CHECK(model.made(options).length(0) == 0);
}

TEST_CASE("a piece that is a token can be taken whole", "[bpe]") {
    const Model model{{"a", "b", "c", "ab", "abc"}, {{"a", "b"}}};
    CHECK(tokens_of(model.made(), "abc") == std::vector<Token>{{"ab", 2}, {"c", 1}});
    BpeOptions options;
    options.ignore_merges = true;
    CHECK(tokens_of(model.made(options), "abc") == std::vector<Token>{{"abc", 3}});
}

TEST_CASE("ranks merge any neighbours that join to a token", "[bpe]") {
    // "bc" and "abc" can come of two pairs each.
    std::string text;
    const std::string base64[] = {"YQ==", "Yg==", "Yw==", "YmM=", "YWI=", "YWJj", "YmNi"};
    for (std::size_t i = 0; i < std::size(base64); ++i) {
        text += base64[i] + ' ' + std::to_string(i) + (i % 2 == 0 ? "\n" : "\r\n");
    }
    const Bpe model = parse_tiktoken(text, "ranks");
    CHECK(model.size() == 7);
    CHECK(model.by_ranks());
    CHECK(tokens_of(model, "abc") == std::vector<Token>{{"abc", 3}});
    CHECK(tokens_of(model, "aabc") == std::vector<Token>{{"a", 1}, {"abc", 3}});
    CHECK(tokens_of(model, "abcb") == std::vector<Token>{{"abc", 3}, {"b", 1}}); // a, bc, then abc
    CHECK(tokens_of(model, "bcb") == std::vector<Token>{{"bcb", 3}});
    CHECK(tokens_of(model, "xyz").empty()); // bytes without a token
    CHECK(model.settings() != parse_tiktoken(text + "eHg= 7\n", "ranks").settings());
}

TEST_CASE("lines that are no ranks are refused by number", "[bpe]") {
    const auto refused = [](std::string_view text) {
        try {
            static_cast<void>(parse_tiktoken(text, "ranks"));
        } catch (const FormatError& error) {
            return std::string(error.what());
        }
        return std::string("taken");
    };
    const std::string expected = ": expected a token in base64, a space and its rank";
    CHECK(refused("YQ== 0\nYQ=\n") == "ranks, line 2" + expected);
    CHECK(refused("YQ=! 0\n") == "ranks, line 1" + expected);
    CHECK(refused("YR== 0\n") == "ranks, line 1" + expected); // bits after the last byte
    CHECK(refused("YQ== x\n") == "ranks, line 1" + expected);
    CHECK(refused("YQ== 0 \n") == "ranks, line 1" + expected);
    CHECK(refused("YQ== 4294967295\n") == "ranks, line 1" + expected);
    CHECK(refused("YQ== 0\nYQ== 1\n") == "ranks has the token \"a\" twice");
    CHECK(refused("YQ== 0\nYg== 0\n") == "ranks has the id 0 twice, for \"a\" and \"b\"");
    CHECK(refused("YQ== 90000\n") ==
          "ranks has the id 90000 among 1 tokens, expected ids from 0 on");
}
