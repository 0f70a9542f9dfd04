#include <firth/encode/word_table.hpp>

#include <string>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("words are found by their hash and by their bytes") {
    Vocabulary words;
    for (int i = 0; i < 1000; ++i) {
        words.add("word" + std::to_string(i));
    }
    words.add("costarring");
    words.add("declinate");
    words.add("macallums");
    const WordTable table(words);
    const auto find = [&](std::string_view word) {
        return table.find(words, word, subword_hash(word));
    };
    for (Id id = 0; id < words.size(); ++id) {
        CHECK(find(words[id]) == id);
    }
    CHECK(find("word1000") == no_id);
    CHECK(find("") == no_id);
    // Different words with one hash.
    REQUIRE(subword_hash("costarring") == subword_hash("liquid"));
    REQUIRE(subword_hash("declinate") == subword_hash("macallums"));
    CHECK(find("liquid") == no_id);
    CHECK(WordTable(Vocabulary()).find(Vocabulary(), "word", subword_hash("word")) == no_id);
}
