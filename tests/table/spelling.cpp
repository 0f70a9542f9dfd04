/// Edit distances and the nearest spellings, against the definition.

#include <firth/table/spelling.hpp>

#include <algorithm>

#include "../support/support.hpp"

using namespace firth;

namespace {

/// Optimal string alignment by the whole table of prefixes.
std::size_t naive_distance(const std::string& a, const std::string& b) {
    std::vector<std::vector<std::size_t>> table(a.size() + 1,
                                                std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                table[i][j] = i + j;
                continue;
            }
            table[i][j] = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1,
                                    table[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
            }
        }
    }
    return table[a.size()][b.size()];
}

} // namespace

TEST_CASE("edit distances are those of the definition, up to the limit", "[spelling]") {
    Random random(1);
    const auto word = [&] {
        std::string letters;
        for (std::uint32_t left = random.below(8); left > 0; --left) {
            letters += static_cast<char>('a' + random.below(3));
        }
        return letters;
    };
    for (int i = 0; i < 3000; ++i) {
        const std::string a = word();
        const std::string b = word();
        const std::size_t exact = naive_distance(a, b);
        for (std::size_t limit = 0; limit < 9; ++limit) {
            INFO(a << " and " << b << ", limit " << limit);
            REQUIRE(edit_distance(a, b, limit) == std::min(exact, limit + 1));
        }
    }
    REQUIRE(edit_distance("ca", "abc", 9) == 3); // no letter is touched twice
}

TEST_CASE("the nearest spellings come by distance, then by id, within the limit", "[spelling]") {
    Vocabulary vocabulary;
    for (const char* const word :
         {"abxy", "abcx", "abcde", "abdc", "bacd", "xbxd", "zzzz", "abcd"}) {
        vocabulary.add(word);
    }
    using Strings = std::vector<std::string>;
    REQUIRE(nearest_spellings(vocabulary, "abcd", 9) ==
            Strings{"abcd", "abcx", "abcde", "abdc", "bacd", "abxy", "xbxd"});
    REQUIRE(nearest_spellings(vocabulary, "abcd") == Strings{"abcd", "abcx", "abcde"});
    REQUIRE(nearest_spellings(vocabulary, "abcd", 0).empty());
    // The case of letters does not count.
    REQUIRE(nearest_spellings(vocabulary, "ABCD") == Strings{"abcd", "abcx", "abcde"});
    Vocabulary capitals;
    for (const char* const word : {"Emperor", "Gr\xC3\xBC\xC3\x9F"}) {
        capitals.add(word);
    }
    REQUIRE(nearest_spellings(capitals, "emporer") == Strings{"Emperor"});
    REQUIRE(nearest_spellings(capitals, "GR\xC3\x9C\xC3\x9F") == Strings{"Gr\xC3\xBC\xC3\x9F"});
    // Words of three bytes and fewer: one change only.
    Vocabulary few;
    for (const char* const word : {"ab", "abc", "abd", "xyc", "abcd", "abcde"}) {
        few.add(word);
    }
    REQUIRE(nearest_spellings(few, "abc", 9) == Strings{"abc", "ab", "abd", "abcd"});
    REQUIRE(nearest_spellings(few, "abce", 9) == Strings{"abc", "abcd", "abcde", "ab", "abd"});
    REQUIRE(
        test::message_of<UnknownWordError>([&] { throw_unknown_word(few, "abx"); }) ==
        "the word \"abx\" is not in the vocabulary of 6 words; nearest spellings: ab, abc, abd");
    REQUIRE(test::message_of<UnknownWordError>([&] { throw_unknown_word(few, "qqqqq"); }) ==
            "the word \"qqqqq\" is not in the vocabulary of 6 words");
}

TEST_CASE("edit distance agrees with its definition") {
    REQUIRE(edit_distance("", "", 2) == 0);
    REQUIRE(edit_distance("king", "king", 2) == 0);
    REQUIRE(edit_distance("kign", "king", 2) == 1);
    REQUIRE(edit_distance("kin", "king", 2) == 1);
    REQUIRE(edit_distance("kings", "king", 2) == 1);
    REQUIRE(edit_distance("bing", "king", 2) == 1);
    REQUIRE(edit_distance("abcd", "badc", 2) == 2);
    REQUIRE(edit_distance("kitten", "sitting", 5) == 3);
    REQUIRE(edit_distance("kitten", "sitting", 2) == 3);
    REQUIRE(edit_distance("aaaaaaaa", "b", 2) == 3);
    Vocabulary vocabulary;
    for (const char* word : {"queen", "kings", "king", "ring", "banana"}) {
        vocabulary.add(word);
    }
    REQUIRE(nearest_spellings(vocabulary, "kingg") ==
            std::vector<std::string>{"kings", "king", "ring"});
    REQUIRE(nearest_spellings(vocabulary, "zzz").empty());
}
