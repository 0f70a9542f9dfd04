#include <firth/text/trainers/bpe_trainer.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/random.hpp>
#include <firth/text/trainers/word_piece_trainer.hpp>

#include "../../support/support.hpp"

using namespace firth;

namespace {

using Strings = std::vector<std::string>;
using Pairs = std::vector<std::pair<Id, Id>>;

Vocabulary pieces_of(const std::vector<std::pair<std::string, std::uint64_t>>& counted) {
    Vocabulary pieces;
    for (const auto& [piece, count] : counted) {
        pieces.add(piece, count);
    }
    return pieces;
}

Pairs pairs_of(const TrainedBpe& trained) {
    Pairs pairs;
    for (const Bpe::Rule& rule : trained.merges) {
        pairs.emplace_back(rule.left, rule.right);
    }
    return pairs;
}

/// The characters of a text, by their first bytes.
Strings characters_of(const std::string& text) {
    Strings made;
    for (const char byte : text) {
        if ((static_cast<unsigned char>(byte) & 0xC0) != 0x80) made.emplace_back();
        made.back() += byte;
    }
    return made;
}

/// What a trainer that knows no shortcut learns: it counts all pairs anew for each merge.
struct Learnt {
    Strings tokens;
    Pairs merges;
    bool repeats = false; ///< a pair came up again after it was merged

    Learnt(const Vocabulary& pieces, const BpeTrainerOptions& options) {
        for (const std::string& token : options.special_tokens) {
            add(token);
        }
        std::map<std::string, std::uint64_t> alphabet;
        for (Id piece = 0; piece < pieces.size(); ++piece) {
            if (pieces.count(piece) == 0) continue;
            for (const std::string& each : split(pieces[piece], options)) {
                alphabet[each] += pieces.count(piece);
            }
        }
        for (const std::string& each : split(options.initial_alphabet, options)) {
            alphabet[each] = ~std::uint64_t(0);
        }
        std::vector<std::pair<std::uint32_t, std::string>> order;
        for (const auto& [each, count] : alphabet) {
            const auto first = static_cast<unsigned char>(each[0]);
            order.emplace_back(
                options.bytes ? ByteCharacters().point(first) : decode_utf8(each, 0).point, each);
        }
        std::sort(order.begin(), order.end());
        while (options.limit_alphabet != 0 && order.size() > options.limit_alphabet) {
            auto rarest = order.begin();
            for (auto at = order.begin(); at != order.end(); ++at) {
                if (alphabet.at(at->second) <= alphabet.at(rarest->second)) rarest = at;
            }
            alphabet.erase(rarest->second);
            order.erase(rarest);
        }
        for (const auto& [point, each] : order) {
            add(each);
        }
        const std::string& prefix = options.continuing_subword_prefix;
        const std::string& suffix = options.end_of_word_suffix;
        std::vector<Strings> words;
        std::set<std::pair<int, std::string>> forms;
        for (Id piece = 0; piece < pieces.size(); ++piece) {
            const Strings all = split(pieces[piece], options);
            Strings word;
            for (std::size_t i = 0; i < all.size(); ++i) {
                if (alphabet.count(all[i]) == 0 || pieces.count(piece) == 0) continue;
                const bool prefixed = i != 0 && !prefix.empty();
                const bool suffixed = i + 1 == all.size() && !suffix.empty();
                word.push_back((prefixed ? prefix : "") + all[i] + (suffixed ? suffix : ""));
                forms.emplace(int(prefixed) + 2 * int(suffixed), word.back());
            }
            words.push_back(word);
        }
        for (const auto& [form, token] : forms) {
            add(token); // bytes are in the order of code points
        }
        std::vector<std::vector<Id>> coded;
        for (const Strings& word : words) {
            coded.emplace_back();
            for (const std::string& token : word) {
                coded.back().push_back(ids.at(token));
            }
        }
        merge(pieces, options, coded);
    }

private:
    static Strings split(std::string_view text, const BpeTrainerOptions& options) {
        if (!options.bytes) return characters_of(std::string(text));
        Strings made;
        for (const char byte : text) {
            made.emplace_back(1, byte);
        }
        return made;
    }

    Id add(const std::string& token) {
        const auto [at, is_new] = ids.emplace(token, static_cast<Id>(tokens.size()));
        if (is_new) tokens.push_back(token);
        return at->second;
    }

    void merge(const Vocabulary& pieces, const BpeTrainerOptions& options,
               std::vector<std::vector<Id>>& words) {
        std::vector<std::size_t> lengths(tokens.size(), 1);
        while (tokens.size() < options.vocab_size) {
            std::map<std::pair<Id, Id>, std::uint64_t> counts;
            for (Id piece = 0; piece < pieces.size(); ++piece) {
                for (std::size_t i = 0; i + 1 < words[piece].size(); ++i) {
                    const std::size_t length =
                        lengths[words[piece][i]] + lengths[words[piece][i + 1]];
                    if (options.max_token_length != 0 && length > 2 &&
                        length >= options.max_token_length) {
                        continue;
                    }
                    counts[{words[piece][i], words[piece][i + 1]}] += pieces.count(piece);
                }
            }
            auto best = counts.end();
            for (auto at = counts.begin(); at != counts.end(); ++at) {
                if (at->second != 0 && (best == counts.end() || at->second > best->second))
                    best = at;
            }
            if (best == counts.end() || best->second < options.min_frequency) return;
            const auto [left, right] = best->first;
            std::string rest = tokens[right];
            const std::string& prefix = options.continuing_subword_prefix;
            if (rest.compare(0, prefix.size(), prefix) == 0) rest = rest.substr(prefix.size());
            const Id merged = add(tokens[left] + rest);
            lengths.resize(tokens.size(), lengths[left] + lengths[right]);
            if (std::count(merges.begin(), merges.end(), best->first) != 0) {
                repeats = true;
            } else {
                merges.push_back(best->first);
            }
            for (std::vector<Id>& word : words) {
                std::vector<Id> shorter;
                for (std::size_t i = 0; i < word.size(); ++i) {
                    if (i + 1 < word.size() && word[i] == left && word[i + 1] == right) {
                        shorter.push_back(merged);
                        ++i;
                    } else {
                        shorter.push_back(word[i]);
                    }
                }
                word = shorter;
            }
        }
    }

    std::map<std::string, Id> ids;
};

/// Words of a few letters, so that pairs are equally frequent, overlap and come up again.
Vocabulary drawn_pieces(Random& random, const Strings& letters) {
    Vocabulary pieces;
    pieces.add("a", 1);
    const std::uint32_t count = 1 + random.below(40);
    for (std::uint32_t i = 0; i < count; ++i) {
        std::string piece;
        const std::uint32_t length = random.below(random.below(4) == 0 ? 40 : 9);
        for (std::uint32_t j = 0; j < length; ++j) {
            piece += letters[random.below(static_cast<std::uint32_t>(letters.size()))];
        }
        pieces.add(piece, random.below(6));
    }
    return pieces;
}

} // namespace

TEST_CASE("merges are those of a trainer that counts anew for each", "[trainers]") {
    Random random(1);
    std::size_t repeats = 0;
    std::size_t limited = 0;
    for (int round = 0; round < 500; ++round) {
        Strings letters{"a", "b"};
        if (round % 3 != 0) letters.insert(letters.end(), {"c", "\xC3\xA9", "\xE4\xB8\xAD"});
        // Tokens that look like forms of characters can be made in more ways than one.
        if (round % 5 == 0) letters = {"a", "#"};
        if (round % 5 == 1) letters = {"a", "_"};
        if (round % 7 == 0) letters.insert(letters.end(), {" ", "\xF0\x9F\x98\x80", "#", "_"});
        BpeTrainerOptions options;
        options.vocab_size = 32 + random.below(60);
        options.min_frequency = random.below(4);
        options.bytes = round % 4 == 1;
        if (!options.bytes && round % 5 < 2) options.continuing_subword_prefix = "##";
        if (!options.bytes && round % 5 == 1) options.end_of_word_suffix = "_";
        if (round % 6 == 0) options.special_tokens = {"<s>", "ab", "<s>", "[UNK]"};
        if (round % 6 == 1) options.limit_alphabet = 2 + random.below(3);
        if (round % 6 == 2) options.initial_alphabet = "xyza";
        if (round % 4 == 3) options.max_token_length = 1 + random.below(6);
        const Vocabulary pieces = drawn_pieces(random, letters);
        const Learnt expected(pieces, options);
        const TrainedBpe trained = train_bpe(pieces, options);
        INFO("round " << round);
        REQUIRE(trained.tokens == expected.tokens);
        REQUIRE(pairs_of(trained) == expected.merges);
        repeats += expected.repeats;
        limited += options.max_token_length > 2 && expected.merges.size() > 5;
        for (const Bpe::Rule& rule : trained.merges) {
            const std::string& right = trained.tokens[rule.right];
            const bool prefixed =
                !options.continuing_subword_prefix.empty() && right.starts_with("##");
            REQUIRE(trained.tokens[rule.token] ==
                    trained.tokens[rule.left] + (prefixed ? right.substr(2) : right));
        }
    }
    // The cases that are hard are among those drawn.
    CHECK(repeats > 5);
    CHECK(limited > 20);
}

TEST_CASE("of equally frequent pairs that of the lowest ids is first", "[trainers]") {
    BpeTrainerOptions options;
    options.vocab_size = 9;
    const TrainedBpe trained = train_bpe(pieces_of({{"cd", 3}, {"ab", 3}, {"ad", 3}}), options);
    // a, b, c, d, then "ab" before "ad" before "cd".
    CHECK(trained.tokens == Strings{"a", "b", "c", "d", "ab", "ad", "cd"});
    CHECK(pairs_of(trained) == Pairs{{0, 1}, {0, 3}, {2, 3}});
}

TEST_CASE("counts of more than 32 bits are counted exactly", "[trainers]") {
    constexpr std::uint64_t many = std::uint64_t(1) << 33;
    BpeTrainerOptions options;
    options.vocab_size = 7;
    // The lower 32 bits alone would have it the other way round.
    CHECK(
        train_bpe(pieces_of({{"ab", many}, {"cd", many + 1}, {"ef", many - 1}}), options).tokens ==
        Strings{"a", "b", "c", "d", "e", "f", "cd"});
    options.vocab_size = 20;
    options.min_frequency = many + 1;
    CHECK(train_bpe(pieces_of({{"ab", many}, {"cd", many + 1}, {"ef", many / 2}}), options)
              .merges.size() == 1);
    const std::string message = test::message_of<Error>([&] {
        static_cast<void>(train_bpe(pieces_of({{"ab", many << 29}}), options));
    });
    CHECK(test::contains(message, "2^63"));
    options.min_frequency = 0;
    CHECK(train_bpe(pieces_of({{"ab", (many << 29) - 1}}), options).merges.size() == 1);
}

TEST_CASE("one long piece is trained on in time linear in it", "[trainers]") {
    Random random(2);
    std::string text;
    while (text.size() < 300000) {
        text += static_cast<char>('a' + random.below(20) * random.below(20) / 20);
    }
    BpeTrainerOptions options;
    options.vocab_size = 3000;
    const TrainedBpe trained = train_bpe(pieces_of({{text, 1}}), options);
    CHECK(trained.tokens.size() == 3000);
    // Its tokens join to it again.
    std::string joined;
    const Bpe model = trained.model();
    Bpe::Scratch scratch;
    std::size_t count = 0;
    model(text, scratch, [&](Id id, std::size_t) {
        joined += model.token(id);
        ++count;
    });
    CHECK(joined == text);
    CHECK(count < text.size() / 2);
}

TEST_CASE("a model of what was learnt cuts pieces as training did", "[trainers]") {
    BpeTrainerOptions options;
    options.vocab_size = 300;
    options.bytes = true;
    options.initial_alphabet = all_bytes();
    options.special_tokens = {"<|end|>"};
    const Vocabulary pieces =
        pieces_of({{" low", 5}, {" lower", 2}, {" newest", 6}, {" widest", 3}});
    const TrainedBpe trained = train_bpe(pieces, options);
    CHECK(trained.tokens[0] == "<|end|>");
    CHECK(trained.tokens[1] == "!"); // the first byte that is its own character
    CHECK(trained.tokens.size() > 257);
    const Bpe model = trained.model();
    Bpe::Scratch scratch;
    for (Id piece = 0; piece < pieces.size(); ++piece) {
        Strings tokens;
        model(pieces[piece], scratch,
              [&](Id id, std::size_t) { tokens.emplace_back(model.token(id)); });
        CHECK(tokens == Strings{std::string(pieces[piece])});
    }
    CHECK(model.options().bytes);
}

TEST_CASE("bytes that are no UTF-8 are no characters", "[trainers]") {
    BpeTrainerOptions options;
    options.vocab_size = 10;
    CHECK(train_bpe(pieces_of({{"a\xFF"
                                "b\xC3",
                                2}}),
                    options)
              .tokens == Strings{"a", "b", "ab"});
}

TEST_CASE("what BPE cannot be trained on is said in one sentence", "[trainers]") {
    const auto message = [](const Vocabulary& pieces, const BpeTrainerOptions& options) {
        return test::message_of<Error>([&] { static_cast<void>(train_bpe(pieces, options)); });
    };
    const Vocabulary some = pieces_of({{"abc", 2}});
    CHECK(test::contains(message(Vocabulary(), {}), "no pieces"));
    CHECK(test::contains(message(pieces_of({{"abc", 0}, {"", 3}}), {}), "no pieces"));
    BpeTrainerOptions options;
    options.vocab_size = 4;
    options.special_tokens = {"<s>", "</s>"};
    CHECK(test::contains(message(some, options),
                         "expected at least 5: 2 special tokens and an alphabet of 3"));
    options.vocab_size = 5;
    CHECK(train_bpe(some, options).merges.empty());
    for (const std::size_t size : {std::size_t(0), (std::size_t(1) << 21) + 1}) {
        options.vocab_size = size;
        CHECK(test::contains(message(some, options), "vocab_size"));
    }
    options = {};
    options.special_tokens = {""};
    CHECK(test::contains(message(some, options), "special token"));
    options = {};
    options.bytes = true;
    options.end_of_word_suffix = "</w>";
    CHECK(test::contains(message(some, options), "suffix"));
}

TEST_CASE("training tells of its progress and stops when asked to", "[trainers]") {
    Random random(3);
    Vocabulary pieces;
    for (int i = 0; i < 300; ++i) {
        std::string piece;
        for (int j = 0; j < 8; ++j) {
            piece += static_cast<char>('a' + random.below(26));
        }
        pieces.add(piece, 1 + random.below(100));
    }
    BpeTrainerOptions options;
    options.vocab_size = 500;
    std::vector<Progress> told;
    options.progress = [&](const Progress& progress) {
        told.push_back(progress);
        return true;
    };
    CHECK(!train_bpe(pieces, options).cancelled);
    REQUIRE(!told.empty());
    CHECK(told.back().done == 500);
    CHECK(told.back().total == 500);
    options.progress = [](const Progress&) { return false; };
    CHECK(train_bpe(pieces, options).cancelled);
}

TEST_CASE("WordPiece has the tokens of BPE with prefixes", "[trainers]") {
    const Vocabulary words =
        pieces_of({{"hug", 10}, {"pug", 5}, {"pun", 12}, {"bun", 4}, {"hugs", 5}, {"zzz", 0}});
    WordPieceTrainerOptions options;
    options.vocab_size = 16;
    const TrainedWordPiece trained = train_word_piece_vocabulary(words, options);
    CHECK(trained.tokens == Strings{"[UNK]", "b", "g", "h", "n", "p", "s", "u", "##g", "##n", "##s",
                                    "##u", "##ug", "##un", "hug", "pun"});
    const WordPiece model = trained.model();
    CHECK(model.options().continuing_prefix == "##");
    WordPiece::Scratch scratch;
    Strings tokens;
    model("pugs", scratch, [&](Id id, std::size_t) { tokens.emplace_back(model.token(id)); });
    CHECK(tokens == Strings{"p", "##ug", "##s"});
    options.special_tokens = {};
    CHECK(test::contains(test::message_of<FormatError>([&] {
                             static_cast<void>(train_word_piece_vocabulary(words, options).model());
                         }),
                         "[UNK]"));
}
