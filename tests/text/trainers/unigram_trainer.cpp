#include <firth/text/trainers/unigram_trainer.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <firth/base/random.hpp>
#include <firth/text/tokenizers/unigram.hpp>

#include "../../support/support.hpp"

using namespace firth;
using test::contains;
using test::message_of;

namespace {

using Strings = std::vector<std::string>;

const std::string mark(space_mark);

/// Words of a few syllables, some far more often than others.
Vocabulary made_words(std::uint64_t seed, std::size_t count) {
    const Strings syllables{"ka",
                            "lo",
                            "mi",
                            "str",
                            "the",
                            "ing",
                            "e",
                            "\xC3\xBC"
                            "b",
                            "\xD0\xB4\xD0\xB0"};
    Random random(seed);
    Vocabulary words;
    for (std::size_t i = 0; i < count; ++i) {
        std::string word = mark;
        for (std::uint32_t left = 1 + random.below(4); left != 0; --left) {
            word += syllables[random.below(random.below(2) == 0 ? 3 : 9)];
        }
        words.add(word, 1 + random.below(1 + random.below(1000)));
    }
    return words;
}

UnigramTrainerOptions small(std::size_t size) {
    UnigramTrainerOptions options;
    options.vocab_size = size;
    options.threads = 2;
    return options;
}

Strings texts(const std::vector<SentencePiece>& pieces, PieceType type = PieceType::normal) {
    Strings found;
    for (const SentencePiece& piece : pieces) {
        if (piece.type == type) found.push_back(piece.text);
    }
    return found;
}

std::string failure(const Vocabulary& words, const UnigramTrainerOptions& options) {
    return message_of<Error>([&] { static_cast<void>(train_unigram(words, options)); });
}

bool holds(const Strings& pieces, const std::string& text) {
    return std::find(pieces.begin(), pieces.end(), text) != pieces.end();
}

/// The runs of words, with all of their characters.
detail::UnigramRuns runs_of(const Vocabulary& words, detail::PieceBounds bounds = {}) {
    detail::UnigramRunMaker maker({}, bounds);
    maker.choose_characters(words, 1, "");
    return maker.make(words);
}

detail::UnigramLattice lattice_of(const detail::UnigramRuns& runs, std::size_t longest = 16,
                                  std::size_t threads = 2, std::size_t most = 1000) {
    return {runs, detail::make_unigram_seeds(runs, most, longest, threads), threads};
}

/// A lattice's pieces by their text.
std::map<std::string, std::size_t> pieces_of(const detail::UnigramLattice& lattice) {
    std::map<std::string, std::size_t> pieces;
    for (std::size_t piece = 0; piece < lattice.entries(); ++piece) {
        CHECK(pieces.emplace(lattice.text(piece), piece).second);
    }
    return pieces;
}

/// Calls `on_way(pieces, score)` for every way to cut a text.
void for_each_way(const detail::UnigramLattice& lattice,
                  const std::map<std::string, std::size_t>& pieces, const std::string& text,
                  const std::function<void(const std::vector<std::size_t>&, double)>& on_way,
                  std::vector<std::size_t> way = {}, double score = 0) {
    if (text.empty()) return on_way(way, score);
    for (std::size_t size = 1; size <= text.size(); ++size) {
        const auto found = pieces.find(text.substr(0, size));
        if (found == pieces.end()) continue;
        way.push_back(found->second);
        for_each_way(lattice, pieces, text.substr(size), on_way, way,
                     score + lattice.score(found->second));
        way.pop_back();
    }
}

/// Words of the letters a, b and c, short enough for all ways to be tried.
Vocabulary short_words(std::uint64_t seed) {
    Random random(seed);
    Vocabulary words;
    for (int i = 0; i < 60; ++i) {
        std::string word;
        for (std::uint32_t left = 1 + random.below(9); left != 0; --left) {
            word += static_cast<char>('a' + random.below(random.below(3) == 0 ? 3 : 2));
        }
        words.add(word, 1 + random.below(50));
    }
    return words;
}

} // namespace

TEST_CASE("the digamma function has its known values", "[unigram-trainer]") {
    constexpr double gamma = 0.57721566490153286;
    CHECK(std::abs(detail::digamma(1) + gamma) < 1e-11);
    CHECK(std::abs(detail::digamma(0.5) + gamma + 2 * std::log(2.0)) < 1e-11);
    CHECK(std::abs(detail::digamma(10) - (7129.0 / 2520 - gamma)) < 1e-11);
    for (const double x : {0.01, 0.6, 3.3, 6.9, 25.0, 1e9}) {
        CHECK(std::abs(detail::digamma(x + 1) - detail::digamma(x) - 1 / x) < 1e-10 / x + 1e-12);
    }
    CHECK(std::abs(detail::digamma(1e18) - std::log(1e18)) < 1e-12);
}

TEST_CASE("words are cut where no piece reaches over", "[unigram-trainer]") {
    const auto runs = [](const std::string& word, detail::PieceBounds bounds,
                         const Strings& special = {}) {
        Vocabulary words;
        words.add(word, 1);
        detail::UnigramRunMaker maker(special, bounds);
        maker.choose_characters(words, 1, "");
        const detail::UnigramRuns made = maker.make(words);
        std::set<std::string> found;
        for (std::size_t run = 0; run < made.size(); ++run) {
            std::string text;
            for (std::size_t at = made.begins[run]; at + 1 < made.begins[run + 1]; ++at) {
                append_utf8(text, made.points[made.text[at] - 1]);
            }
            found.insert(text);
        }
        return found;
    };
    using Set = std::set<std::string>;
    CHECK(runs(mark + "F16,don't", {}) == Set{mark + "F", "16,", "don", "'", "t"});
    CHECK(runs(mark + "F16", {.split_by_number = false}) == Set{mark + "F16"});
    CHECK(runs(mark + "1984", {}) == Set{mark + "1984"});
    CHECK(runs(mark + "1984", {.split_digits = true}) == Set{mark, "1", "9", "8", "4"});
    CHECK(runs(mark + "a1b", {.split_by_unicode_script = false, .split_digits = true}) ==
          Set{mark + "a", "1", "b"});
    CHECK(runs(mark + "F16,don't", {.split_by_unicode_script = false}) == Set{mark + "F16,don't"});
    CHECK(runs("a" + mark + mark + "b", {}) == Set{"a", mark, mark + "b"});
    // Han and kana are one, with the long vowel; an accent is of the letter before it.
    CHECK(runs("\xE6\xBC\xA2\xE3\x81\x8B\xE3\x82\xAB\xE3\x83\xBC", {}) ==
          Set{"\xE6\xBC\xA2\xE3\x81\x8B\xE3\x82\xAB\xE3\x83\xBC"});
    CHECK(runs("e\xCC\x81\xD0\xB4\xCC\x81", {}) == Set{"e\xCC\x81", "\xD0\xB4\xCC\x81"});
    CHECK(runs("ab<x>ab", {.split_by_unicode_script = false}, {"<x>"}) == Set{"ab"});
    // A byte that is no UTF-8 is a character of its own.
    CHECK(runs("a\xFF", {}) == Set{"a", "\xEF\xBF\xBD"});
}

TEST_CASE("seeds are the stretches that are there most, times their length", "[unigram-trainer]") {
    const Vocabulary made = made_words(3, 100);
    Vocabulary words;
    for (const std::string_view word : made.symbols()) {
        words.add(word, words.size() % 2 + 1);
    }
    const detail::UnigramRuns runs = runs_of(words);
    for (const std::size_t longest : {1u, 2u, 5u, 16u}) {
        // All stretches of characters, and how often they are there.
        std::map<std::vector<std::uint32_t>, std::uint64_t> counts;
        for (std::size_t run = 0; run < runs.size(); ++run) {
            for (std::size_t at = runs.begins[run]; runs.text[at] != 0; ++at) {
                std::vector<std::uint32_t> symbols;
                for (std::size_t i = at; runs.text[i] != 0 && symbols.size() < longest; ++i) {
                    symbols.push_back(runs.text[i]);
                    counts[symbols] += runs.counts[run];
                }
            }
        }
        std::vector<double> values;
        for (const auto& each : counts) {
            const std::vector<std::uint32_t>& symbols = each.first;
            const std::uint64_t count = each.second;
            const bool goes_on =
                symbols.size() < longest &&
                std::any_of(runs.points.begin(), runs.points.end(), [&](std::uint32_t point) {
                    const auto next = std::find(runs.points.begin(), runs.points.end(), point);
                    std::vector<std::uint32_t> longer = symbols;
                    longer.push_back(static_cast<std::uint32_t>(next - runs.points.begin() + 1));
                    const auto found = counts.find(longer);
                    return found != counts.end() && found->second == count;
                });
            if (symbols.size() > 1 && count > 1 && !goes_on) {
                values.push_back(static_cast<double>(count * symbols.size()));
            }
        }
        std::sort(values.rbegin(), values.rend());
        for (const std::size_t most : {std::size_t{10}, std::size_t{100000}}) {
            const detail::UnigramSeeds seeds = detail::make_unigram_seeds(runs, most, longest, 2);
            std::vector<double> found;
            for (std::size_t i = runs.points.size(); i < seeds.pieces.size(); ++i) {
                const detail::UnigramSeed& seed = seeds.pieces[i];
                found.push_back(seed.value);
                const std::vector<std::uint32_t> symbols(
                    runs.text.begin() + seed.place, runs.text.begin() + seed.place + seed.length);
                CHECK(static_cast<double>(counts.at(symbols) * symbols.size()) == seed.value);
            }
            CHECK(found ==
                  std::vector<double>(values.begin(),
                                      values.begin() + static_cast<std::ptrdiff_t>(
                                                           (std::min)(most, values.size()))));
        }
    }
}

TEST_CASE("expected counts are those of all ways to cut", "[unigram-trainer]") {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        const Vocabulary words = short_words(seed);
        const detail::UnigramRuns runs = runs_of(words);
        detail::UnigramLattice lattice = lattice_of(runs, 4);
        for (int round = 0; round < 3; ++round) {
            const auto pieces = pieces_of(lattice);
            std::vector<double> counts(lattice.entries(), 0);
            double likelihood = 0;
            for (Id id = 0; id < words.size(); ++id) {
                const std::string word(words[id]);
                double whole = 0;
                for_each_way(lattice, pieces, word,
                             [&](const auto&, double score) { whole += std::exp(score); });
                const auto count = static_cast<double>(words.count(id));
                likelihood += count * std::log(whole);
                for_each_way(lattice, pieces, word, [&](const auto& way, double score) {
                    for (const std::size_t piece : way) {
                        counts[piece] += count * std::exp(score) / whole;
                    }
                });
            }
            const detail::UnigramExpectation found = lattice.expect();
            CHECK(std::abs(found.log_likelihood - likelihood) < 1e-9 * std::abs(likelihood));
            for (std::size_t piece = 0; piece < counts.size(); ++piece) {
                INFO(lattice.text(piece));
                CHECK(std::abs(found.counts[piece] - counts[piece]) < 1e-6);
            }
            lattice.maximize(found.counts, 0.5 + round, round != 1);
        }
    }
}

TEST_CASE("the longest words have likelihoods, too", "[unigram-trainer]") {
    // A word of ten thousand characters is far less likely than any number of 64 bits.
    Random random(5);
    std::string word;
    while (word.size() < 10000) {
        word += static_cast<char>('a' + random.below(20));
    }
    Vocabulary words;
    words.add(word, 3);
    words.add("abc", 5);
    const detail::UnigramRuns runs = runs_of(words);
    detail::UnigramLattice lattice = lattice_of(runs);
    lattice.maximize(lattice.expect().counts, 0.5, true);
    const auto pieces = pieces_of(lattice);
    const auto add = [](double a, double b) {
        return (std::max)(a, b) + std::log1p(std::exp(-std::abs(a - b)));
    };
    const double never = -1e300;
    double likelihood = 0;
    std::vector<double> counts(lattice.entries(), 0);
    for (Id id = 0; id < words.size(); ++id) {
        const std::string text(words[id]);
        std::vector<double> forward(text.size() + 1, never);
        std::vector<double> backward(text.size() + 1, never);
        const auto for_each_piece = [&](std::size_t at, const auto& on_piece) {
            for (std::size_t size = 1; size <= 16 && at + size <= text.size(); ++size) {
                const auto found = pieces.find(text.substr(at, size));
                if (found != pieces.end()) on_piece(at + size, found->second);
            }
        };
        forward[0] = 0;
        for (std::size_t at = 0; at < text.size(); ++at) {
            for_each_piece(at, [&](std::size_t end, std::size_t piece) {
                forward[end] = add(forward[end], forward[at] + lattice.score(piece));
            });
        }
        backward[text.size()] = 0;
        for (std::size_t at = text.size(); at-- != 0;) {
            for_each_piece(at, [&](std::size_t end, std::size_t piece) {
                const double rest = lattice.score(piece) + backward[end];
                backward[at] = add(backward[at], rest);
                counts[piece] += static_cast<double>(words.count(id)) *
                                 std::exp(forward[at] + rest - forward.back());
            });
        }
        likelihood += static_cast<double>(words.count(id)) * forward.back();
    }
    const detail::UnigramExpectation found = lattice.expect();
    CHECK(std::abs(found.log_likelihood - likelihood) < 1e-9 * std::abs(likelihood));
    for (std::size_t piece = 0; piece < counts.size(); ++piece) {
        CHECK(std::abs(found.counts[piece] - counts[piece]) < 1e-5 * (1 + counts[piece]));
    }
}

TEST_CASE("expectation and maximization never make the text less likely", "[unigram-trainer]") {
    const Vocabulary words = made_words(1, 400);
    const detail::UnigramRuns runs = runs_of(words);
    detail::UnigramLattice lattice = lattice_of(runs);
    double before = lattice.expect().log_likelihood;
    const double first = before;
    for (int round = 0; round < 15; ++round) {
        lattice.maximize(lattice.expect().counts, 0, false);
        const double now = lattice.expect().log_likelihood;
        CHECK(now >= before - 1e-6);
        before = now;
    }
    CHECK(before > first);
}

TEST_CASE("scores are made of expected counts", "[unigram-trainer]") {
    const Vocabulary words = short_words(1);
    const detail::UnigramRuns runs = runs_of(words);
    detail::UnigramLattice lattice = lattice_of(runs, 4);
    const auto pieces = pieces_of(lattice);
    std::vector<double> counts(lattice.entries(), 0.1);
    counts[pieces.at("a")] = 20;
    counts[pieces.at("b")] = 0.5;
    counts[pieces.at("ab")] = 3;
    lattice.maximize(counts, 0.5, true);
    CHECK(lattice.size() == 3);
    REQUIRE(lattice.entries() == 4); // c is a character, and unknown now
    const double sum = detail::digamma(23.5);
    const auto left = pieces_of(lattice);
    CHECK(std::abs(lattice.score(left.at("a")) - (detail::digamma(20) - sum)) < 1e-12);
    CHECK(std::abs(lattice.score(left.at("b")) - (detail::digamma(0.5) - sum)) < 1e-12);
    CHECK(std::abs(lattice.score(left.at("ab")) - (detail::digamma(3) - sum)) < 1e-12);
    CHECK(lattice.removed(left.at("c")));
    CHECK(lattice.least_score() == lattice.score(left.at("b")));
    CHECK(lattice.score(left.at("c")) == lattice.least_score() - 10);
}

TEST_CASE("pruning takes what the likelihood needs least", "[unigram-trainer]") {
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
        const Vocabulary words = short_words(seed);
        const detail::UnigramRuns runs = runs_of(words);
        detail::UnigramLattice lattice = lattice_of(runs, 5);
        for (int round = 0; round < 2; ++round) {
            lattice.maximize(lattice.expect().counts, 0.5, true);
        }
        const auto pieces = pieces_of(lattice);
        // The best way to cut a text, not counting the piece `without`.
        const auto best = [&](const std::string& text, std::size_t without) {
            std::pair<double, std::vector<std::size_t>> found{-1e300, {}};
            for_each_way(lattice, pieces, text, [&](const auto& way, double score) {
                const bool has = std::find(way.begin(), way.end(), without) != way.end();
                if (!has && score > found.first) found = {score, way};
            });
            return found;
        };
        std::vector<double> counts(lattice.entries(), 0);
        double sum = 0;
        for (Id id = 0; id < words.size(); ++id) {
            for (const std::size_t piece : best(std::string(words[id]), lattice.entries()).second) {
                counts[piece] += static_cast<double>(words.count(id));
                sum += static_cast<double>(words.count(id));
            }
        }
        std::vector<std::pair<double, std::string>> losses;
        for (const auto& [text, piece] : pieces) {
            if (counts[piece] == 0) continue;
            if (text.size() == 1) {
                losses.emplace_back(-1e300, text);
                continue;
            }
            const auto other = best(text, piece);
            if (other.first > lattice.score(piece)) continue;
            double loss = std::log(counts[piece] / sum);
            for (const std::size_t part : other.second) {
                const auto parts = static_cast<double>(other.second.size());
                loss -=
                    std::log((counts[part] + counts[piece]) / (sum + counts[piece] * (parts - 1)));
            }
            losses.emplace_back(-(std::max)(0.0, loss * counts[piece]), text);
        }
        std::sort(losses.begin(), losses.end());
        const std::size_t target = losses.size() * 2 / 3;
        std::set<std::string> expected;
        for (std::size_t i = 0; i < target; ++i) {
            expected.insert(losses[i].second);
        }
        lattice.prune(target);
        std::set<std::string> found;
        for (std::size_t piece = 0; piece < lattice.entries(); ++piece) {
            if (!lattice.removed(piece)) found.insert(lattice.text(piece));
        }
        CHECK(lattice.size() == target);
        CHECK(found == expected);
    }
}

TEST_CASE("training gives the same pieces for any number of threads and any order of words",
          "[unigram-trainer]") {
    const Vocabulary words = made_words(2, 3000);
    UnigramTrainerOptions options = small(150);
    options.threads = 1;
    const std::vector<SentencePiece> pieces = train_unigram(words, options);
    REQUIRE(pieces.size() == 150);
    for (std::size_t threads = 2; threads <= 4; ++threads) {
        options.threads = threads;
        CHECK(train_unigram(words, options) == pieces);
    }
    Vocabulary turned;
    for (Id id = static_cast<Id>(words.size()); id-- != 0;) {
        turned.add(words[id], words.count(id));
    }
    turned.add("unseen", 0);
    CHECK(train_unigram(turned, options) == pieces);
    // Scores fall, and no two pieces are the same.
    std::set<std::string> seen;
    for (std::size_t id = 0; id < pieces.size(); ++id) {
        CHECK(seen.insert(pieces[id].text).second);
        if (id > 3) CHECK(pieces[id].score <= pieces[id - 1].score);
    }
}

TEST_CASE("a trained model finds the parts that words are made of", "[unigram-trainer]") {
    const Vocabulary words = made_words(7, 2000);
    const std::vector<SentencePiece> pieces = train_unigram(words, small(80));
    const Strings found = texts(pieces);
    for (const char* const part : {"ka", "lo", "mi", "str", "the", "ing"}) {
        CHECK(holds(found, part));
    }
    // Frequent words are whole, though nothing but their end ever follows them.
    Vocabulary twice;
    twice.add(mark + "quartz", 1000);
    twice.add(mark + "a", 1000);
    CHECK(holds(texts(train_unigram(twice, small(12))), mark + "quartz"));
    double sum = 0;
    for (const SentencePiece& piece : pieces) {
        if (piece.type == PieceType::normal) sum += std::exp(static_cast<double>(piece.score));
    }
    CHECK(sum > 0.9);
    CHECK(sum < 1.0001);
}

TEST_CASE("pieces keep the bounds that options draw", "[unigram-trainer]") {
    Vocabulary words;
    Random random(4);
    for (int i = 0; i < 500; ++i) {
        std::string word = random.below(4) == 0 ? "x" + mark : mark;
        for (std::uint32_t left = 1 + random.below(6); left != 0; --left) {
            word += random.below(2) == 0 ? "ab" : "12";
        }
        words.add(word, 10);
    }
    UnigramTrainerOptions options = small(40);
    options.max_sentencepiece_length = 5;
    options.hard_vocab_limit = false;
    for (const bool by_number : {true, false}) {
        options.split_by_number = by_number;
        bool mixes = false;
        for (const std::string& piece : texts(train_unigram(words, options))) {
            const bool marked = piece.starts_with(mark);
            CHECK(piece.size() <= (marked ? 5 + mark.size() - 1 : 5));
            CHECK(piece.find(mark, 1) == piece.npos);
            mixes |=
                piece.find_first_of("12") != piece.npos && piece.find_first_of("ab") != piece.npos;
        }
        CHECK(mixes == !by_number);
    }
    options.split_digits = true;
    for (const std::string& piece : texts(train_unigram(words, options))) {
        CHECK((piece.find_first_of("12") == piece.npos || piece.size() == 1));
    }
}

TEST_CASE("characters stay by their coverage, or where they are required", "[unigram-trainer]") {
    Vocabulary words = made_words(6, 300);
    words.add("Q", 1);
    UnigramTrainerOptions options = small(60);
    options.character_coverage = 1;
    CHECK(holds(texts(train_unigram(words, options)), "Q"));
    options.character_coverage = 0.999;
    CHECK(!holds(texts(train_unigram(words, options)), "Q"));
    options.required_chars = "Q\xC3\xA9";
    const Strings found = texts(train_unigram(words, options));
    CHECK(holds(found, "Q"));
    CHECK(holds(found, "\xC3\xA9")); // which stands nowhere
    // Those that stand nowhere are a little less likely than all others, each in its own way.
    const std::vector<SentencePiece> pieces = train_unigram(words, options);
    CHECK(pieces[59].score < pieces[58].score);
    CHECK(pieces[59].score > pieces[57].score - 1);
    // All characters that are frequent are there, whatever the size.
    options.vocab_size = 24;
    const Strings few = texts(train_unigram(words, options));
    for (const char* const character : {"k", "a", "l", "o", "m", "i", "e", "t", "h", "n", "g"}) {
        CHECK(holds(few, character));
    }
}

TEST_CASE("special pieces have the ids that options say", "[unigram-trainer]") {
    Vocabulary words = made_words(8, 500);
    words.add(mark + "ka<sep>lo", 1000);
    UnigramTrainerOptions options = small(400);
    options.hard_vocab_limit = false;
    options.split_by_unicode_script = false;
    options.unk_id = 3;
    options.bos_id = 0;
    options.eos_id = -1;
    options.pad_id = 1;
    options.byte_fallback = true;
    options.control_symbols = {"<mask>", "<s>"};
    options.user_defined_symbols = {"<sep>", "<pad>"};
    const std::vector<SentencePiece> pieces = train_unigram(words, options);
    CHECK(pieces[0] == SentencePiece{"<s>", 0, PieceType::control});
    CHECK(pieces[1] == SentencePiece{"<pad>", 0, PieceType::user_defined});
    CHECK(pieces[2] == SentencePiece{"<mask>", 0, PieceType::control});
    CHECK(pieces[3] == SentencePiece{"<unk>", 0, PieceType::unknown});
    CHECK(pieces[4] == SentencePiece{"<sep>", 0, PieceType::user_defined});
    CHECK(pieces[5] == SentencePiece{"<0x00>", 0, PieceType::byte});
    CHECK(pieces[260] == SentencePiece{"<0xFF>", 0, PieceType::byte});
    for (const std::string& piece : texts(pieces)) {
        CHECK(piece.find_first_of("<>") == piece.npos);
    }
    CHECK_NOTHROW(UnigramModel(pieces, {.byte_fallback = true}));
    // An id beyond the trained pieces.
    options = small(100);
    options.pad_id = 99;
    CHECK(train_unigram(words, options)[99].text == "<pad>");
}

TEST_CASE("counts have 64 bits", "[unigram-trainer]") {
    const Vocabulary words = made_words(9, 500);
    Vocabulary many;
    for (Id id = 0; id < words.size(); ++id) {
        many.add(words[id], words.count(id) << 35);
    }
    const std::vector<SentencePiece> pieces = train_unigram(many, small(60));
    double sum = 0;
    for (const SentencePiece& piece : pieces) {
        if (piece.type == PieceType::normal) sum += std::exp(static_cast<double>(piece.score));
    }
    CHECK(sum > 0.95);
    CHECK(sum < 1.0001);
    many.add("a", std::uint64_t{1} << 61);
    CHECK(contains(failure(many, small(60)), "add up to more than 2^61 characters"));
    Vocabulary two;
    two.add("ab", std::uint64_t{1} << 60);
    two.add("ba", std::uint64_t{1} << 60);
    CHECK(contains(failure(two, small(60)), "more than 2^61"));
}

TEST_CASE("training reports its passes and can be cancelled", "[unigram-trainer]") {
    const Vocabulary words = made_words(10, 2000);
    UnigramTrainerOptions options = small(60);
    std::vector<Progress> reports;
    options.progress = [&](const Progress& progress) {
        reports.push_back(progress);
        return true;
    };
    CHECK(train_unigram(words, options).size() == 60);
    REQUIRE(!reports.empty());
    CHECK(reports.back().done == reports.back().total);
    CHECK(reports.back().loss.has_value());
    CHECK(*reports.back().loss > 0.2);
    CHECK(*reports.back().loss < 3);
    options.progress = [](const Progress&) { return false; };
    CHECK(train_unigram(words, options).empty());
}

TEST_CASE("what cannot be trained is said in a sentence", "[unigram-trainer]") {
    const Vocabulary words = made_words(11, 200);
    const auto fails = [&](const std::string& message, auto&& change) {
        UnigramTrainerOptions options = small(60);
        change(options);
        CHECK(contains(failure(words, options), message));
    };
    CHECK(contains(failure(Vocabulary(), small(60)), "no text to train on"));
    Vocabulary empty;
    empty.add("word", 0);
    CHECK(contains(failure(empty, small(60)), "no text to train on"));
    fails("vocab_size is 10, expected at least 2", [](auto& o) { o.vocab_size = 10; });
    fails("characters and 3 special pieces", [](auto& o) { o.vocab_size = 10; });
    fails("vocab_size is 5000, expected at most ", [](auto& o) { o.vocab_size = 5000; });
    fails("vocab_size is 0, expected 1 to ", [](auto& o) { o.vocab_size = 0; });
    fails("character_coverage is 2", [](auto& o) { o.character_coverage = 2; });
    fails("shrinking_factor is 1", [](auto& o) { o.shrinking_factor = 1; });
    fails("max_sentencepiece_length is 0", [](auto& o) { o.max_sentencepiece_length = 0; });
    fails("num_sub_iterations is 0", [](auto& o) { o.num_sub_iterations = 0; });
    fails("seed_sentencepiece_size is 0", [](auto& o) { o.seed_sentencepiece_size = 0; });
    fails("threads is 2000", [](auto& o) { o.threads = 2000; });
    fails("unk_id is -1, expected 0 to 59", [](auto& o) { o.unk_id = -1; });
    fails("bos_id is 60, expected -1 for none, or 0 to 59", [](auto& o) { o.bos_id = 60; });
    fails("has the id 1 of another", [](auto& o) { o.eos_id = 1; });
    fails("\"<s>\" is there twice", [](auto& o) { o.eos_piece = "<s>"; });
    fails("\"<unk>\" is there twice", [](auto& o) { o.control_symbols = {"<unk>"}; });
    fails("\"x\" is there twice", [](auto& o) { o.user_defined_symbols = {"x", "x"}; });
    fails("is empty", [](auto& o) { o.user_defined_symbols = {""}; });
    fails("is no UTF-8", [](auto& o) { o.control_symbols = {"\xFF"}; });
    fails("the special piece \"<pad>\" has the id 4000, but there are only", [](auto& o) {
        o.vocab_size = 5000;
        o.hard_vocab_limit = false;
        o.pad_id = 4000;
    });
    // What the message says can be done.
    std::string message;
    UnigramTrainerOptions options = small(5000);
    try {
        static_cast<void>(train_unigram(words, options));
    } catch (const OptionError& error) {
        message = error.what();
    }
    const std::size_t at = message.find("at most ");
    REQUIRE(at != message.npos);
    options.vocab_size = std::stoul(message.substr(at + 8));
    CHECK(train_unigram(words, options).size() == options.vocab_size);
    options.vocab_size = 5000;
    options.hard_vocab_limit = false;
    CHECK(train_unigram(words, options).size() == std::stoul(message.substr(at + 8)));
}
