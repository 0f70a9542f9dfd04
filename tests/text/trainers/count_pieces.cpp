#include <firth/text/trainers/count_pieces.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <firth/base/random.hpp>
#include <firth/text/normalizers/bert.hpp>
#include <firth/text/pre_tokenizers/bert.hpp>
#include <firth/text/pre_tokenizers/metaspace.hpp>
#include <firth/text/pre_tokenizers/patterns.hpp>

#include "../../support/support.hpp"

using namespace firth;

namespace {

using Strings = std::vector<std::string>;
using Counted = std::vector<std::pair<std::string, std::uint64_t>>;
using Counts = std::map<std::string, std::uint64_t>;

Counted counted(const Vocabulary& pieces) {
    Counted all;
    for (Id id = 0; id < pieces.size(); ++id) {
        all.emplace_back(pieces[id], pieces.count(id));
    }
    return all;
}

/// By falling count, then by bytes.
Counted in_order(const Counts& counts) {
    Counted all(counts.begin(), counts.end());
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    return all;
}

template <class Cut>
void add_pieces(const Cut& cut, const std::string& text, Counts& to) {
    for (std::size_t at = 0; at < text.size();) {
        PieceBatch batch;
        at = cut(text, at, batch);
        for (const Piece& piece : batch) {
            ++to[text.substr(piece.begin, piece.end - piece.begin)];
        }
    }
}

Strings lines_of(const std::string& text) {
    Strings lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        const std::size_t next = end == text.npos ? text.size() : end + 1;
        lines.push_back(text.substr(at, next - at));
        at = next;
    }
    return lines;
}

/// Words of all lengths, blanks, empty lines, line ends of two characters.
std::string drawn_text(std::size_t size, std::uint64_t seed) {
    Random random(seed);
    std::string text;
    while (text.size() < size) {
        const std::uint32_t length = 1 + random.below(random.below(20) == 0 ? 40 : 6);
        for (std::uint32_t i = 0; i < length; ++i) {
            text += static_cast<char>('a' + random.below(3));
        }
        constexpr const char* between[] = {" ",    " ",    " ", "  ",  "\n",
                                           "\n\n", "\r\n", ".", " \n", " 12"};
        text += between[random.below(10)];
    }
    return text;
}

} // namespace

TEST_CASE("pieces of files are counted line by line, the same on any number of threads",
          "[trainers]") {
    const test::TemporaryFolder folder;
    const Strings texts{drawn_text(3500000, 1) + "the end has no line end  ", "",
                        drawn_text(100000, 2) + '\n', std::string(1500000, 'x') + " y\n"};
    Strings paths;
    Counts expected;
    std::uint64_t total = 0;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        paths.push_back(folder / std::to_string(i));
        test::write_file(paths.back(), texts[i]);
        bytes += texts[i].size();
        for (const std::string& line : lines_of(texts[i])) {
            add_pieces(Gpt2Pattern(), line, expected);
        }
    }
    for (const auto& [piece, count] : expected) {
        total += count;
    }
    for (std::size_t threads = 1; threads <= 4; ++threads) {
        PieceCountOptions options;
        options.threads = threads;
        const PieceCounts counts = count_pieces(paths, Gpt2Pattern(), AnyNormalizer(), options);
        REQUIRE(counted(counts.pieces) == in_order(expected));
        CHECK(counts.total == total);
        CHECK(counts.bytes == bytes);
        CHECK(counts.dropped == 0);
        CHECK(!counts.cancelled);
    }
    CHECK(counted(count_pieces({folder / ""}, AnyPreTokenizer(Gpt2Pattern())).pieces) ==
          in_order(expected));
}

TEST_CASE("texts of a range are counted as they are", "[trainers]") {
    const Strings texts{"a b\nc", "", " b", "a b\n"};
    Counts expected;
    for (const std::string& text : texts) {
        add_pieces(Gpt2Pattern(), text, expected);
    }
    CHECK(counted(count_pieces_of(texts, Gpt2Pattern()).pieces) == in_order(expected));
    CHECK(expected.at("\n") == 2);
    // What can be gone through only once.
    struct Words {
        std::istringstream stream;
        std::istream_iterator<std::string> begin() {
            return std::istream_iterator<std::string>(stream);
        }
        static std::istream_iterator<std::string> end() { return {}; }
    };
    Counts numbers;
    Words words;
    for (int i = 0; i < 3000; ++i) {
        const std::string word = std::to_string(i * i) + "-" + std::to_string(i % 7);
        add_pieces(Gpt2Pattern(), word, numbers);
        words.stream.str(words.stream.str() + word + ' ');
    }
    PieceCountOptions options;
    options.threads = 3;
    CHECK(counted(count_pieces_of(words, Gpt2Pattern(), AnyNormalizer(), options).pieces) ==
          in_order(numbers));
}

TEST_CASE("pieces are those of the normalised text between special tokens", "[trainers]") {
    PieceCountOptions options;
    options.special_tokens = {"<s>", "<sep>"};
    const Strings texts{"<s>Caf\xC3\xA9, th\xC3\xA9<sep>The", "The<s"};
    CHECK(counted(count_pieces_of(texts, BertPreTokenizer(), BertNormalizer(), options).pieces) ==
          Counted{{"the", 3}, {",", 1}, {"<", 1}, {"cafe", 1}, {"s", 1}});
    // A step that changes the text: only a text's begin has a mark that it did not have.
    Metaspace first;
    first.prepend_scheme = Metaspace::PrependScheme::first;
    const Counted marked{{"\xE2\x96\x81"
                          "a",
                          3},
                         {"b", 1}};
    const Strings with_token{"a<s>b a", "a"};
    CHECK(counted(count_pieces_of(with_token, first, AnyNormalizer(), options).pieces) == marked);
    CHECK(counted(count_pieces_of(with_token, AnyPreTokenizer(first), AnyNormalizer(), options)
                      .pieces) == marked);
}

TEST_CASE("with a limit the most frequent pieces are kept after every round", "[trainers]") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "text";
    test::write_file(path, drawn_text(60000, 5));
    constexpr std::size_t block_size = 500;
    constexpr std::size_t round = 7;
    constexpr std::size_t most = 60;

    Counts kept;
    std::uint64_t dropped = 0;
    std::uint64_t total = 0;
    TextBlocks blocks({path}, block_size, "\n");
    std::size_t number = 0;
    const auto drop = [&] {
        Counted all = in_order(kept);
        kept.clear();
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (i < most) {
                kept.insert(all[i]);
            } else {
                dropped += all[i].second;
            }
        }
    };
    for (TextBlock block; blocks.next(block);) {
        if (block.adds_line_end) block.text.pop_back();
        for (const std::string& line : lines_of(block.text)) {
            Counts counts;
            add_pieces(Gpt2Pattern(), line, counts);
            for (const auto& [piece, count] : counts) {
                kept[piece] += count;
                total += count;
            }
        }
        if (++number % round == 0) drop();
    }
    drop();
    REQUIRE(dropped > 100);
    for (std::size_t threads = 1; threads <= 4; ++threads) {
        PieceCountOptions options;
        options.threads = threads;
        options.max_pieces = most;
        detail::LineBatches source({path}, block_size);
        const PieceCounts counts = detail::count_batches(source, Gpt2Pattern(), AnyNormalizer(),
                                                         options, 0, "the text", round);
        REQUIRE(counted(counts.pieces) == in_order(kept));
        CHECK(counts.dropped == dropped);
        CHECK(counts.total == total);
    }
}

TEST_CASE("pieces of up to 15 bytes and longer ones are counted separately", "[trainers]") {
    detail::PieceTable table;
    Counts expected;
    Random random(6);
    for (int i = 0; i < 20000; ++i) {
        std::string piece(1 + random.below(20), '\0');
        for (char& byte : piece) {
            byte = static_cast<char>(random.below(3)); // zeros, too
        }
        const std::uint64_t count = 1 + random.below(3);
        table.add(piece, count);
        expected[piece] += count;
    }
    Counts found;
    table.for_each([&](const detail::PieceTable::Entry& entry) {
        CHECK(found.emplace(entry.piece, entry.count).second);
    });
    CHECK(found == expected);
    CHECK(table.size() == expected.size());
    Counted sorted;
    for (const detail::PieceTable::Entry& entry : table.sorted()) {
        sorted.emplace_back(entry.piece, entry.count);
    }
    CHECK(sorted == in_order(expected));
}

TEST_CASE("counting tells of its progress and stops when asked to", "[trainers]") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "text";
    const std::string text = drawn_text(3000000, 7);
    test::write_file(path, text);
    std::vector<Progress> told;
    PieceCountOptions options;
    options.progress = [&](const Progress& progress) {
        told.push_back(progress);
        return true;
    };
    CHECK(!count_pieces({path}, Gpt2Pattern(), AnyNormalizer(), options).cancelled);
    REQUIRE(!told.empty());
    CHECK(told.back().done == text.size());
    CHECK(told.back().total == text.size());
    options.progress = [](const Progress&) { return false; };
    const PieceCounts counts = count_pieces({path}, Gpt2Pattern(), AnyNormalizer(), options);
    CHECK(counts.cancelled);
    CHECK(counts.pieces.empty());
}

TEST_CASE("what no pieces can be counted of is said in one sentence", "[trainers]") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "text";
    test::write_file(path, "");
    const auto message = [&](const Strings& paths, const PieceCountOptions& options) {
        return test::message_of<Error>([&] {
            static_cast<void>(count_pieces(paths, Gpt2Pattern(), AnyNormalizer(), options));
        });
    };
    CHECK(message({path}, {}) == path + " holds no pieces of text");
    CHECK(test::contains(message({}, {}), "holds no pieces"));
    CHECK(test::contains(message({folder / "none"}, {}), "none"));
    PieceCountOptions options;
    options.special_tokens = {"a", "a"};
    CHECK(test::contains(message({path}, options), "twice"));
    options.special_tokens = {""};
    CHECK(test::contains(message({path}, options), "empty"));
    test::write_file(folder / "zeros", std::string("a\0b", 3));
    CHECK(test::contains(message({folder / "zeros"}, {}), "binary"));
    CHECK(test::contains(test::message_of<Error>([] {
                             static_cast<void>(count_pieces_of(Strings{"", ""}, Gpt2Pattern()));
                         }),
                         "the range holds no pieces"));
}
