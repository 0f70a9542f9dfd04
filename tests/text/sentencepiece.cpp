/// SentencePiece's models: files, normalising, Unigram, BPE, decoding.

#include <firth/text/sentencepiece.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include <firth/base/random.hpp>
#include <firth/base/utf8.hpp>
#include <firth/text/decoders/byte_fallback.hpp>
#include <firth/text/decoders/fuse.hpp>
#include <firth/text/decoders/metaspace.hpp>
#include <firth/text/decoders/replace.hpp>
#include <firth/text/decoders/strip.hpp>
#include <firth/text/normalizers/precompiled.hpp>
#include <firth/text/pre_tokenizers/metaspace.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

std::vector<SentencePiece> small_pieces() {
    return {{"<unk>", 0, PieceType::unknown},
            {"<s>", 0, PieceType::control},
            {"a", -2, PieceType::normal},
            {"b", -3, PieceType::normal},
            {"ab", -4, PieceType::normal},
            {"\xE2\x96\x81", -2.5f, PieceType::normal},
            {"\xE2\x96\x81"
             "a",
             -3, PieceType::normal}};
}

SentencePieceModel small_model(SentencePieceType type = SentencePieceType::unigram) {
    SentencePieceModel model;
    model.pieces = small_pieces();
    model.type = type;
    model.normalization.name = "identity";
    return model;
}

/// Pieces for all bytes, too.
std::vector<SentencePiece> with_bytes(std::vector<SentencePiece> pieces) {
    for (int byte = 0; byte < 256; ++byte) {
        char name[8];
        std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned>(byte));
        pieces.push_back({name, 0, PieceType::byte});
    }
    return pieces;
}

template <class Model>
std::vector<UnigramToken> tokens_of(const Model& model, std::string_view text) {
    typename Model::Scratch scratch;
    std::vector<UnigramToken> tokens;
    model(text, scratch, [&](Id id, std::size_t length) { tokens.push_back({id, length}); });
    return tokens;
}

template <class Model>
std::vector<std::string> strings_of(const Model& model, std::string_view text) {
    std::vector<std::string> strings;
    for (const UnigramToken& token : tokens_of(model, text)) {
        strings.emplace_back(model.token(token.id));
    }
    return strings;
}

std::string normalized(const Normalizer auto& normalizer, std::string_view text) {
    NormalizedText to;
    normalizer(text, to);
    return to.bytes();
}

using Strings = std::vector<std::string>;

/// A random vocabulary over a few letters, and texts of them and of one that is unknown.
struct RandomVocabulary {
    std::vector<SentencePiece> pieces{{"<unk>", 0, PieceType::unknown}};

    explicit RandomVocabulary(std::uint64_t seed, bool unused = false) {
        Random random(seed);
        std::set<std::string> seen;
        for (int i = 0; i < 30; ++i) {
            const std::string piece = text(random, 1 + random.below(4), "abc");
            if (!seen.insert(piece).second) continue;
            // Multiples of an eighth: sums are exact, and often equal.
            const float score = -static_cast<float>(random.below(64)) / 8;
            pieces.push_back({piece, score, PieceType::normal});
            if (unused && random.below(4) == 0) pieces.back().type = PieceType::unused;
        }
    }

    static std::string text(Random& random, std::size_t size, std::string_view letters) {
        std::string made;
        for (std::size_t i = 0; i < size; ++i) {
            made += letters[random.below(static_cast<std::uint32_t>(letters.size()))];
        }
        return made;
    }
};

/// The trie of a charsmap with one entry a byte string, built without sharing: a layout that places
/// each node's children in a block of their own.
std::string charsmap_of(const std::map<std::string, std::string>& entries) {
    std::vector<std::uint32_t> units(256, 0);
    std::string replacements;
    // Units of one node, at `at`, for the entries that begin with `prefix`.
    const std::function<void(std::size_t, const std::string&)> add =
        [&](std::size_t at, const std::string& prefix) {
            const std::size_t base = units.size();
            units.resize(base + 256, 0);
            std::size_t offset = at ^ base;
            units[at] |= offset < (1u << 21) ? static_cast<std::uint32_t>(offset << 10) : 0;
            if (const auto entry = entries.find(prefix); entry != entries.end()) {
                units[at] |= 1u << 8;
                units[base] = 1u << 31 | static_cast<std::uint32_t>(replacements.size());
                replacements += entry->second + '\0';
            }
            std::set<unsigned char> next;
            for (const auto& [key, value] : entries) {
                if (key.size() > prefix.size() && key.starts_with(prefix)) {
                    next.insert(static_cast<unsigned char>(key[prefix.size()]));
                }
            }
            for (const unsigned char byte : next) {
                units[base + byte] = byte;
                add(base + byte, prefix + static_cast<char>(byte));
            }
        };
    add(0, "");
    std::string bytes;
    const auto put = [&](std::uint32_t value) {
        for (int shift = 0; shift < 32; shift += 8) {
            bytes += static_cast<char>(value >> shift & 0xFFu);
        }
    };
    put(static_cast<std::uint32_t>(4 * units.size()));
    for (const std::uint32_t unit : units) {
        put(unit);
    }
    return bytes + replacements;
}

} // namespace

TEST_CASE("A SentencePiece model is read as it was written", "[sentencepiece]") {
    SentencePieceModel model = small_model(SentencePieceType::bpe);
    model.pieces = with_bytes(model.pieces);
    model.byte_fallback = true;
    model.space_as_suffix = true;
    model.padding_id = 3;
    model.unknown_surface = "?";
    model.normalization.add_dummy_prefix = false;
    model.denormalization.emplace().name = "back";
    // Fields that nobody knows: 100 as a varint, a string and 32 bits, in each message.
    const std::string others = "\xA0\x06\x05\xA2\x06\x02hi\xA5\x06\x01\x02\x03\x04";
    model.other_fields = model.trainer_fields = model.normalization.other_fields = others;
    model.piece_fields = {{2, others}, {5, others}};
    const test::TemporaryFolder folder;
    write_sentencepiece(folder / "m.model", model);
    const SentencePieceModel read = read_sentencepiece(folder / "m.model");
    CHECK(read.pieces == model.pieces);
    CHECK(read.type == SentencePieceType::bpe);
    CHECK(read.byte_fallback);
    CHECK(read.space_as_suffix);
    CHECK(read.begin_id == 1);
    CHECK(read.padding_id == 3);
    CHECK(read.unknown_surface == "?");
    CHECK(read.normalization.name == "identity");
    CHECK_FALSE(read.normalization.add_dummy_prefix);
    CHECK(read.normalization.escape_whitespaces);
    REQUIRE(read.denormalization);
    CHECK(read.denormalization->name == "back");
    CHECK(read.other_fields == others);
    CHECK(read.trainer_fields == others);
    CHECK(read.normalization.other_fields == others);
    CHECK(read.piece_fields == model.piece_fields);
    CHECK(format_sentencepiece(read) == test::read_file(folder / "m.model"));
}

TEST_CASE("Damaged SentencePiece models end in one sentence", "[sentencepiece]") {
    const auto message = [](const std::string& bytes) {
        return test::message_of<FormatError>(
            [&] { static_cast<void>(parse_sentencepiece(bytes, "m")); });
    };
    const std::string good = format_sentencepiece(small_model());
    CHECK(test::contains(message(""), "m, byte 0: the model ends without an unknown piece"));
    for (std::size_t size = 1; size < good.size(); ++size) {
        try { // at a field's end it is a shorter model
            static_cast<void>(parse_sentencepiece(good.substr(0, size)));
        } catch (const FormatError&) {
        }
    }
    CHECK(test::contains(message(good.substr(0, good.size() - 1)), "more"));
    CHECK(
        test::contains(message("\x0A\xFF\xFF\xFF\xFF\x0F"
                               "abc"),
                       "m, byte 1: a field of 4294967295 bytes, but the message has only 3 more"));
    CHECK(test::contains(message("\x0B"), "m, byte 0: field 1 has type 3"));
    CHECK(test::contains(message("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"), "64 bits"));
    CHECK(test::contains(message("\x08\x01"), "m, byte 0: field 1 has type 0, expected 2"));
    CHECK(test::contains(message("\x08"), "ends within a number"));
    CHECK(test::contains(message(std::string("\x00", 1)), "expected a field"));

    const auto with = [&](auto change) {
        SentencePieceModel model = small_model();
        change(model);
        return message(format_sentencepiece(model));
    };
    CHECK(test::contains(with([](auto& m) { m.pieces[3].text = "a"; }),
                         "piece 3 is there before: \"a\""));
    CHECK(test::contains(with([](auto& m) { m.pieces[3].text = ""; }), "piece 3 is empty"));
    CHECK(test::contains(with([](auto& m) { m.pieces[3].text = "\xFF"; }), "piece 3 is no UTF-8"));
    CHECK(test::contains(
        with([](auto& m) { m.pieces[3].score = std::numeric_limits<float>::infinity(); }),
        "piece 3 has no finite score"));
    CHECK(test::contains(with([](auto& m) { m.pieces[0].type = PieceType::normal; }),
                         "without an unknown piece"));
    CHECK(test::contains(with([](auto& m) { m.pieces[3].type = PieceType::unknown; }),
                         "piece 3 is a second unknown piece"));
    CHECK(test::contains(with([](auto& m) { m.pieces[3].type = PieceType::byte; }),
                         "expected the name <0x00> to <0xFF>"));
    CHECK(test::contains(with([](auto& m) { m.pieces[3].type = static_cast<PieceType>(7); }),
                         "a piece of type 7, expected 1 to 6"));
    CHECK(test::contains(with([](auto& m) {
                             m.pieces[3] = {"<0x0A>", 0, PieceType::byte};
                         }),
                         "the model has no byte fallback"));
    CHECK(test::contains(with([](auto& m) { m.byte_fallback = true; }),
                         "pieces for 0 bytes, expected 256"));
    CHECK(test::contains(with([](auto& m) { m.type = static_cast<SentencePieceType>(5); }),
                         "a model of type 5"));
    const auto bpe = [] {
        static_cast<void>(sentencepiece_unigram(small_model(SentencePieceType::bpe)));
    };
    CHECK(test::message_of<FormatError>(bpe) ==
          "a SentencePiece model of type bpe, expected unigram");
}

TEST_CASE("The pieces of the English model are SentencePiece's", "[sentencepiece][data]") {
    const auto data = test::data_folder();
    if (!data) return;
    const SentencePieceModel file =
        read_sentencepiece(*data + "/tokenizer/sentencepiece-en/test_model.model");
    CHECK(file.pieces.size() == 1000);
    const SentencePieceNormalizer normalizer = sentencepiece_normalizer(file);
    const UnigramModel model = sentencepiece_unigram(file);
    CHECK(model.splits_at_spaces());
    const auto check = [&](const std::string& text, const std::vector<Id>& ids) {
        NormalizedText to;
        normalizer(text, to);
        std::vector<Id> ours;
        std::vector<std::string> pieces;
        for (const UnigramToken& token : tokens_of(model, to.bytes())) {
            ours.push_back(token.id);
            pieces.emplace_back(model.token(token.id));
        }
        CHECK(ours == ids);
        sentencepiece_decoder(file)(pieces);
        FuseDecoder()(pieces);
        CHECK(pieces[0] == text);
    };
    check("This is a test", {284, 47, 11, 4, 15, 400});
    check("Hello world", {151, 88, 21, 887});
    std::istringstream lines(
        test::read_file(*data + "/tokenizer/sentencepiece-en/botchan.part1.jsonl"));
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        if (line.find('\\') != line.npos) continue; // an escape
        const std::size_t text = line.find(": \"") + 3;
        const std::size_t end = line.find("\", \"pieces\"");
        std::vector<Id> ids;
        std::string numbers = line.substr(line.find("\"ids\": [") + 8);
        std::replace(numbers.begin(), numbers.end(), ',', ' ');
        std::istringstream stream(numbers);
        for (Id id = 0; stream >> id;) {
            ids.push_back(id);
        }
        check(line.substr(text, end - text), ids);
    }
    CHECK(count == 300);
}

TEST_CASE("Unigram finds the likeliest of all ways", "[sentencepiece]") {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        CAPTURE(seed);
        const RandomVocabulary vocabulary(seed, seed % 3 == 0);
        const UnigramModel model(vocabulary.pieces,
                                 {.sums = seed % 2 == 0 ? UnigramOptions::Sums::single_precision
                                                        : UnigramOptions::Sums::double_precision});
        std::map<std::string, double> scores;
        double least = 0;
        for (const SentencePiece& piece : vocabulary.pieces) {
            if (piece.type == PieceType::normal) {
                scores[piece.text] = static_cast<double>(piece.score);
                least = (std::min)(least, static_cast<double>(piece.score));
            }
        }
        Random random(seed + 1000);
        const std::string text = RandomVocabulary::text(random, 1 + random.below(9), "abcabcd");
        // All ways of cutting it, by brute force.
        std::vector<double> all;
        const std::function<void(std::size_t, double)> walk = [&](std::size_t at, double sum) {
            if (at == text.size()) {
                all.push_back(sum);
                return;
            }
            for (std::size_t size = 1; at + size <= text.size(); ++size) {
                const auto found = scores.find(text.substr(at, size));
                if (found != scores.end()) walk(at + size, sum + found->second);
            }
            if (!scores.contains(text.substr(at, 1))) walk(at + 1, sum + least - 10);
        };
        walk(0, 0);
        std::sort(all.rbegin(), all.rend());
        double sum = 0;
        std::size_t length = 0;
        for (const UnigramToken& token : tokens_of(model, text)) {
            sum += token.id == 0 ? (least - 10) * static_cast<double>(token.length)
                                 : scores.at(std::string(model.token(token.id)));
            length += token.length;
        }
        CHECK(length == text.size());
        CHECK(sum == all[0]);
        const std::vector<UnigramPath> best = model.n_best(text, 20);
        REQUIRE(best.size() == (std::min)(all.size(), std::size_t{20}));
        for (std::size_t i = 0; i < best.size(); ++i) {
            CHECK(best[i].score == all[i]);
        }
        CHECK(model.n_best(text, 0).empty());
    }
}

TEST_CASE("Unigram: the earlier of equal ways, unknown runs, bytes, what users define",
          "[sentencepiece]") {
    const auto unknown = PieceType::unknown;
    const auto normal = PieceType::normal;
    // a+bc and ab+c are as likely: the piece that was found first stays.
    const UnigramModel equal(std::vector<SentencePiece>{{"<unk>", 0, unknown},
                                                        {"a", -1, normal},
                                                        {"bc", -2, normal},
                                                        {"ab", -2, normal},
                                                        {"c", -1, normal}});
    CHECK(strings_of(equal, "abc") == Strings{"a", "bc"});
    const UnigramModel model(small_pieces());
    CHECK(tokens_of(model, "a\xC3\xA9zb") == std::vector<UnigramToken>{{2, 1}, {0, 3}, {3, 1}});
    CHECK(tokens_of(model, "").empty());
    CHECK(tokens_of(model, "\xFF\xE2\x96") == std::vector<UnigramToken>{{0, 3}});
    CHECK(tokens_of(model, "<s>") == std::vector<UnigramToken>{{0, 3}});
    CHECK(model.find("<s>") == Id{1});
    CHECK(model.find("ab") == Id{4});
    CHECK_FALSE(model.find("abc"));
    CHECK_FALSE(model.find(""));
    CHECK(model.length(4) == 2);
    CHECK(model.length(0) == 0);
    CHECK(model.splits_at_spaces());

    const UnigramModel bytes(with_bytes(small_pieces()), {.byte_fallback = true});
    CHECK(strings_of(bytes, "a\xC3\xA9z") == Strings{"a", "<0xC3>", "<0xA9>", "<0x7A>"});
    CHECK(strings_of(bytes, "<0x41>")[0] == "<0x3C>");
    CHECK(bytes.length(*bytes.find("<0x41>")) == 1);
    const UnigramModel all(with_bytes(small_pieces()), {.byte_fallback = true, .finds_all = true});
    CHECK(strings_of(all, "<0x41><unk>") == Strings{"<0x41>", "<unk>"});

    std::vector<SentencePiece> pieces = small_pieces();
    pieces.push_back({"bab", -30, PieceType::user_defined});
    pieces.push_back({"a\xE2\x96\x81", -1, normal});
    const UnigramModel user(pieces);
    CHECK(strings_of(user, "ababa") == Strings{"a", "bab", "a"});
    CHECK_FALSE(user.splits_at_spaces());
    CHECK(model.settings() != user.settings());
    CHECK(
        model.settings() !=
        UnigramModel(small_pieces(), {.sums = UnigramOptions::Sums::double_precision}).settings());
}

TEST_CASE("Unigram draws ways of cutting as often as they are likely", "[sentencepiece]") {
    const UnigramModel model(small_pieces());
    // "ab" is a+b (-5) or ab (-4).
    Random random(7);
    int whole = 0;
    for (int i = 0; i < 20000; ++i) {
        whole += model.sample("ab", 1, random).size() == 1;
    }
    const double expected = std::exp(-4.0) / (std::exp(-4.0) + std::exp(-5.0));
    CHECK(std::abs(whole / 20000.0 - expected) < 0.02);
    whole = 0;
    for (int i = 0; i < 20000; ++i) {
        whole += model.sample("ab", 0, random).size() == 1;
    }
    CHECK(std::abs(whole / 20000.0 - 0.5) < 0.02);
    CHECK(model.sample("ab", 1000, random).size() == 1);
    Random one(3);
    Random other(3);
    CHECK(model.sample("abababazz", 0.3, one) == model.sample("abababazz", 0.3, other));
}

TEST_CASE("SentencePiece's BPE joins the best pair, the leftmost first", "[sentencepiece]") {
    // The same steps on strings, all pairs looked at each time.
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        CAPTURE(seed);
        const RandomVocabulary vocabulary(seed);
        std::map<std::string, float> scores;
        for (const SentencePiece& piece : vocabulary.pieces) {
            if (piece.type == PieceType::normal) scores[piece.text] = piece.score;
        }
        const SentencePieceBpe model(vocabulary.pieces);
        Random random(seed + 1);
        // Short ones and those that a heap is taken for.
        const std::string text =
            RandomVocabulary::text(random, 1 + random.below(seed % 2 == 0 ? 30 : 200), "abcabcd");
        std::vector<std::string> symbols;
        for (const char c : text) {
            symbols.emplace_back(1, c);
        }
        for (;;) {
            std::optional<std::size_t> best;
            for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
                const auto score = scores.find(symbols[i] + symbols[i + 1]);
                if (score == scores.end()) continue;
                if (!best || score->second > scores.at(symbols[*best] + symbols[*best + 1]))
                    best = i;
            }
            if (!best) break;
            symbols[*best] += symbols[*best + 1];
            symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(*best) + 1);
        }
        Strings expected;
        for (const std::string& symbol : symbols) {
            if (scores.contains(symbol)) {
                expected.push_back(symbol);
            } else if (expected.empty() || expected.back() != "<unk>") {
                expected.emplace_back("<unk>");
            }
        }
        CHECK(strings_of(model, text) == expected);
    }
}

TEST_CASE("SentencePiece's BPE keeps users' pieces and splits unused ones", "[sentencepiece]") {
    const auto normal = PieceType::normal;
    std::vector<SentencePiece> pieces{{"<unk>", 0, PieceType::unknown},
                                      {"a", -9, normal},
                                      {"b", -9, normal},
                                      {"c", -9, normal},
                                      {"ab", -1, PieceType::unused},
                                      {"abc", -2, normal},
                                      {"bab", 0, PieceType::user_defined}};
    const SentencePieceBpe model(pieces);
    CHECK(strings_of(model, "ab") == Strings{"a", "b"});
    CHECK(strings_of(model, "abc") == Strings{"abc"});
    CHECK(strings_of(model, "babc") == Strings{"bab", "c"});
    CHECK(strings_of(model, "cabab") == Strings{"c", "a", "bab"});
    const SentencePieceBpe bytes(with_bytes(pieces), true);
    CHECK(strings_of(bytes, "a\xC3\xA9") == Strings{"a", "<0xC3>", "<0xA9>"});
    // A megabyte of one letter takes no longer than one of words.
    typename SentencePieceBpe::Scratch scratch;
    std::size_t length = 0;
    model(std::string(1 << 20, 'a'), scratch, [&](Id, std::size_t size) { length += size; });
    CHECK(length == 1 << 20);
}

TEST_CASE("Vocabularies of pieces must be sound", "[sentencepiece]") {
    const auto message = [](std::vector<SentencePiece> pieces, bool bytes = false) {
        return test::message_of<OptionError>([&] { SentencePieceBpe(pieces, bytes); });
    };
    CHECK(test::contains(message({{"a", 0, PieceType::normal}}), "no unknown piece"));
    std::vector<SentencePiece> pieces = small_pieces();
    pieces.push_back({"ab", 0, PieceType::control});
    CHECK(test::contains(message(pieces), "two pieces are \"ab\""));
    CHECK(test::contains(message(small_pieces(), true), "a piece for each byte"));
    pieces = small_pieces();
    pieces[2].score = std::numeric_limits<float>::quiet_NaN();
    CHECK(test::contains(message(pieces), "no finite score"));
    CHECK(test::contains(test::message_of<OptionError>([&] { UnigramModel{pieces}; }),
                         "no finite score"));
}

TEST_CASE("SentencePiece's normalizer treats spaces as it says", "[sentencepiece]") {
    const std::string mark(space_mark);
    const auto with = [](SentencePieceNormalizerOptions options, std::string_view text) {
        return normalized(SentencePieceNormalizer(std::move(options)), text);
    };
    CHECK(with({}, "  a  b ") == mark + "a" + mark + "b");
    CHECK(with({}, "   ").empty());
    CHECK(with({}, "").empty());
    CHECK(with({.add_dummy_prefix = false}, " a") == "a");
    CHECK(with({.space_as_suffix = true}, "a b") == "a" + mark + "b" + mark);
    CHECK(with({.remove_extra_whitespaces = false}, "a  ") == mark + "a" + mark + mark);
    CHECK(with({.escape_whitespaces = false}, "a  b") == " a b");
    CHECK(with({}, "a" + mark + mark) == mark + "a");
    CHECK(with({}, "a\xFF\xC3") == mark + "a\xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK(with({.kept = {"b  c"}}, "ab  c d") == mark + "ab" + mark + mark + "c" + mark + "d");

    NormalizedText text(true);
    SentencePieceNormalizer({})("a \xC3\xA9", text);
    REQUIRE(text.bytes() == mark + "a" + mark + "\xC3\xA9");
    CHECK(text.source(0, 3) == ByteRange{0, 0});
    CHECK(text.source(0, 4) == ByteRange{0, 1});
    CHECK(text.source(4, 7) == ByteRange{1, 2});
    CHECK(text.source(7, 9) == ByteRange{2, 4});
}

TEST_CASE("A charsmap replaces the longest, or the shortest of a grapheme", "[sentencepiece]") {
    const std::string map = charsmap_of({{"e\xCC\x81", "\xC3\xA9"}, // e + acute
                                         {"\xEF\xAC\x81", "fi"},
                                         {"\t", " "},
                                         {"xy", "1"},
                                         {"xyz", "2"},
                                         {"\xC3\x86", "AE"},
                                         {"\xC2\xAD", ""}});
    const SentencePieceNormalizer all({.charsmap = map});
    const std::string mark(space_mark);
    CHECK(normalized(all, "te\xCC\x81 \xEF\xAC\x81\tn") ==
          mark + "t\xC3\xA9" + mark + "fi" + mark + "n");
    CHECK(normalized(all, "xyz xy x\xC2\xAD") == mark + "2" + mark + "1" + mark + "x");
    using Manner = PrecompiledNormalizer::Manner;
    const PrecompiledNormalizer longest(map, Manner::longest);
    const PrecompiledNormalizer graphemes(map, Manner::graphemes);
    CHECK(normalized(longest, "xyz xy e\xCC\x81\xFF") == "2 1 \xC3\xA9\xEF\xBF\xBD");
    // x and y are graphemes of their own, and the entry for both is for neither.
    CHECK(normalized(graphemes, "xyz e\xCC\x81 \xC3\x86") == "xyz \xC3\xA9 AE");
    // What the grapheme has behind the entry vanishes with it.
    CHECK(normalized(graphemes, "\xC3\x86\xCC\x81") == "AE");
    CHECK(normalized(graphemes, "e\xCC\x81\xCC\x81\xCC\x81") == "e\xCC\x81\xCC\x81\xCC\x81");
    CHECK(longest.settings() != graphemes.settings());

    NormalizedText text(true);
    longest("a\xEF\xAC\x81", text);
    CHECK(text.source(1, 2) == ByteRange{1, 4});
    CHECK(text.source(2, 3) == ByteRange{1, 4});
}

TEST_CASE("Damaged charsmaps end in one sentence", "[sentencepiece]") {
    const std::string good = charsmap_of({{"ab", "c"}, {"a", "d"}});
    const auto message = [](const std::string& map) {
        return test::message_of<FormatError>([&] { PrecompiledNormalizer{map}; });
    };
    CHECK(test::contains(message("abc"), "the charsmap: it ends within the length"));
    CHECK(test::contains(message(good.substr(0, 100)), "but only 96 follow"));
    CHECK(test::contains(message(std::string("\x08\0\0\0", 4) + std::string(20, '\0')), "1024"));
    CHECK(test::contains(message(good.substr(0, good.size() - 1)), "zero byte"));
    // Any damage is refused, or does no harm.
    Random random(1);
    for (int i = 0; i < 3000; ++i) {
        std::string bad = good;
        for (int j = 0; j < 3; ++j) {
            bad[random.below(static_cast<std::uint32_t>(bad.size()))] =
                static_cast<char>(random.below(256));
        }
        try {
            const PrecompiledNormalizer normalizer(bad, PrecompiledNormalizer::Manner::longest);
            const std::string made = normalized(normalizer, "ab a\xFF b\x80 aabb");
            CHECK(is_utf8(made));
        } catch (const FormatError&) {
        }
    }
}

TEST_CASE("Cuts at spaces, and Metaspace", "[sentencepiece]") {
    const std::string m(space_mark);
    const auto pieces_of = [](const PreTokenizer auto& cut, const std::string& text) {
        Strings pieces;
        for (std::size_t at = 0; at < text.size();) {
            PieceBatch batch;
            at = cut(text, at, batch);
            for (const Piece& piece : batch) {
                pieces.push_back(text.substr(piece.begin, piece.end - piece.begin));
            }
        }
        return pieces;
    };
    using Side = SpaceRunPieces::Side;
    CHECK(pieces_of(SpaceRunPieces{}, "a" + m + m + "b" + m) == Strings{"a", m + m + "b", m});
    CHECK(pieces_of(SpaceRunPieces{}, m + "a") == Strings{m + "a"});
    CHECK(pieces_of(SpaceRunPieces{Side::after}, "a" + m + m + "b") == Strings{"a" + m + m, "b"});
    CHECK(pieces_of(SpaceRunPieces{Side::after}, m) == Strings{m});
    CHECK(pieces_of(SpaceRunPieces{}, "").empty());
    CHECK(pieces_of(Metaspace{}, "a" + m + m + "b") == Strings{"a", m, m + "b"});
    CHECK(pieces_of(Metaspace{.split = false}, "a" + m + "b") == Strings{"a" + m + "b"});
    std::string many;
    for (int i = 0; i < 2000; ++i) {
        many += m + "a";
    }
    CHECK(pieces_of(SpaceRunPieces{}, many).size() == 2000);

    const auto rewritten = [](Metaspace::PrependScheme scheme, std::string_view text, bool first) {
        NormalizedText to;
        Metaspace{.prepend_scheme = scheme}.rewrite(text, first, to);
        return to.bytes();
    };
    using Scheme = Metaspace::PrependScheme;
    CHECK(rewritten(Scheme::always, "a b", false) == m + "a" + m + "b");
    CHECK(rewritten(Scheme::always, " a", true) == m + "a");
    CHECK(rewritten(Scheme::always, "", true).empty());
    CHECK(rewritten(Scheme::first, "a", true) == m + "a");
    CHECK(rewritten(Scheme::first, "a", false) == "a");
    CHECK(rewritten(Scheme::never, "a", true) == "a");
}

TEST_CASE("Decoders of pieces", "[sentencepiece]") {
    const std::string m(space_mark);
    const auto decoded = [](const Decoder auto& decoder, Strings tokens) {
        decoder(tokens);
        return tokens;
    };
    CHECK(decoded(FuseDecoder(), {"a", "", "b"}) == Strings{"ab"});
    CHECK(decoded(MetaspaceDecoder(), {m + m + "a", m + "b"}) == Strings{"a", " b"});
    CHECK(decoded(MetaspaceDecoder{.prepend_scheme = Metaspace::PrependScheme::never}, {m + "a"}) ==
          Strings{" a"});
    CHECK(decoded(ByteFallbackDecoder(), {"<0xC3>", "<0xa9>", "x", "<0xC3>", "<0x20>"}) ==
          Strings{"\xC3\xA9", "x", "\xEF\xBF\xBD", "\xEF\xBF\xBD"});
    CHECK(decoded(ByteFallbackDecoder(), {"<0xG0>", "<0x1>"}) == Strings{"<0xG0>", "<0x1>"});
    CHECK(decoded(StripDecoder{"a", 2, 1}, {"aaabaa", "aa", ""}) == Strings{"aba", "", ""});
    CHECK(decoded(ReplaceDecoder{"aa", "b"}, {"aaaac", "a"}) == Strings{"bbc", "a"});
    CHECK(decoded(ReplaceDecoder{"", "b"}, {"a"}) == Strings{"a"});

    const auto text = [](SentencePieceDecoderOptions options, Strings tokens) {
        SentencePieceDecoder(std::move(options))(tokens);
        FuseDecoder()(tokens);
        return tokens[0];
    };
    SentencePieceDecoderOptions options{.control = {"<s>"}, .byte_fallback = true};
    CHECK(text(options, {"<s>", m + "a", m + "b"}) == "a b");
    CHECK(text(options, {m, m + "a"}) == "a");
    CHECK(text(options, {"<unk>", m + "a"}) == " \xE2\x81\x87  a");
    CHECK(text(options, {"<0xC3>", "<0xA9>", m + "a", "<0xFF>"}) == "\xC3\xA9 a\xEF\xBF\xBD");
    options.remove_extra_whitespaces = false;
    CHECK(text(options, {m, m + "a"}) == " a");
    options.add_dummy_prefix = false;
    CHECK(text(options, {m + "a"}) == " a");
}
