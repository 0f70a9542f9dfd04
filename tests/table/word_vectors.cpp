#include <firth/table/word_vectors.hpp>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("word vectors join a vocabulary and a table of the same size") {
    const WordVectors<float> vectors = test::random_vectors(10, 4, 1);
    REQUIRE(vectors.id("w3") == 3);
    REQUIRE(vectors["w3"].data() == vectors.table()[3].data());
    REQUIRE(vectors.word(3) == "w3");
    REQUIRE(test::contains(
        test::message_of<UnknownWordError>([&] { static_cast<void>(vectors["w33"]); }), "w3"));
    REQUIRE_THROWS_AS(WordVectors<float>(Vocabulary(), EmbeddingTable<float>(1, 1)), Error);
    REQUIRE(vectors.contains("w9"));
    REQUIRE_FALSE(vectors.contains("w10"));
    REQUIRE(vectors.find("w9") == 9);
    REQUIRE(vectors.norms().empty());
    const auto with_norms = [&](std::size_t count) {
        AlignedBuffer<float> norms(count);
        std::fill_n(norms.data(), count, 2.0f);
        return WordVectors<float>(vectors.vocabulary(), vectors.table(), std::move(norms));
    };
    REQUIRE(test::contains(test::message_of<Error>([&] { with_norms(9); }), "9 norms"));
    WordVectors<float> known = with_norms(10);
    REQUIRE(known.norms().size() == 10);
    REQUIRE(known.norms()[3] == 2.0f);
    known.mutable_table()[3][0] = 1; // what was known is known no more
    REQUIRE(known.norms().empty());
}
