#include <firth/table.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "../support/support.hpp"

using namespace firth;

TEST_CASE("rows are aligned, padded with zeros and independent") {
    for (std::size_t dim = 1; dim <= 70; ++dim) {
        EmbeddingTable<float> table(3, dim);
        REQUIRE(table.stride() % 16 == 0);
        REQUIRE(table.stride() >= dim);
        for (std::size_t row = 0; row < 3; ++row) {
            REQUIRE(table[row].size() == dim);
            REQUIRE(reinterpret_cast<std::uintptr_t>(table[row].data()) % 64 == 0);
            for (float& value : table[row]) {
                value = static_cast<float>(row + 1);
            }
        }
        const TableView<const float> view = std::as_const(table);
        REQUIRE(view.is_padded());
        for (std::size_t row = 0; row < 3; ++row) {
            for (std::size_t i = 0; i < view.stride(); ++i) {
                REQUIRE(view.padded_row(row)[i] == (i < dim ? static_cast<float>(row + 1) : 0.0f));
            }
        }
    }
}

TEST_CASE("tables refuse sizes that cannot be") {
    REQUIRE(test::contains(test::message_of<OptionError>([] { EmbeddingTable<float>(1, 0); }),
                           "dim is 0"));
    REQUIRE(test::contains(
        test::message_of<OptionError>([] { EmbeddingTable<float>(1, 10000000); }), "10000000"));
    REQUIRE_THROWS_AS(EmbeddingTable<float>(max_rows + 1, 1), OptionError);
    REQUIRE_THROWS_AS(EmbeddingTable<float>(1, max_dim + 1), OptionError);
    REQUIRE(EmbeddingTable<float>(1, max_dim).dim() == max_dim);
    REQUIRE(EmbeddingTable<float>(0, 5).empty());
    REQUIRE(test::contains(
        test::message_of<Error>([] { EmbeddingTable<float>(2, 5, AlignedBuffer<float>(16)); }),
        "cannot have 16 elements, expected 32"));
    REQUIRE_THROWS_AS(EmbeddingTable<float>(2, 5, AlignedBuffer<float>(33)), Error);
    AlignedBuffer<float> data(32);
    data[16] = 4;
    const EmbeddingTable<float> taken(2, 5, std::move(data));
    REQUIRE(taken.rows() == 2);
    REQUIRE(taken[1][0] == 4);
    REQUIRE_THROWS_AS(EmbeddingTable<float>(0, 0, AlignedBuffer<float>()), OptionError);
    REQUIRE_THROWS_AS(EmbeddingTable<float>(0, 0, Uninitialized()), OptionError);
    EmbeddingTable<float> written(2, 5, Uninitialized());
    written[1][4] = 3;
    REQUIRE(written.data()[20] == 3);
}

TEST_CASE("tables drop rows and clear their padding") {
    EmbeddingTable<float> table(3, 17);
    std::fill_n(table.data(), 3 * table.stride(), 7.0f);
    table.clear_padding(1);
    for (std::size_t i = 0; i < table.stride(); ++i) {
        REQUIRE(table.data()[i] == 7.0f);
        REQUIRE(table.data()[table.stride() + i] == (i < 17 ? 7.0f : 0.0f));
        REQUIRE(table.data()[2 * table.stride() + i] == 7.0f);
    }
    table.truncate(5);
    REQUIRE(table.rows() == 3);
    table.truncate(2);
    REQUIRE(table.rows() == 2);
    EmbeddingTable<float> other(1, 3);
    other = std::move(table);
    REQUIRE(other.rows() == 2);
    REQUIRE(other.dim() == 17);
    REQUIRE(table.rows() == 0);
    REQUIRE(table.dim() == 0);
}

TEST_CASE("copies of tables are deep and moved-from tables are empty") {
    EmbeddingTable<float> table(2, 3);
    table[1][2] = 5;
    EmbeddingTable<float> copy = table;
    table[1][2] = 6;
    REQUIRE(copy[1][2] == 5);
    const EmbeddingTable<float> moved = std::move(table);
    REQUIRE(moved[1][2] == 6);
    REQUIRE(table.rows() == 0);
}

TEST_CASE("views of a caller's memory keep to its elements") {
    std::vector<float> memory(3 * 7);
    TableView<float> view(memory.data(), 3, 5, 7);
    view[2][4] = 1;
    REQUIRE(memory[2 * 7 + 4] == 1);
    REQUIRE_FALSE(view.is_padded());
    REQUIRE(view.padded_row(0).size() == 5);
    REQUIRE(view.first(2).rows() == 2);
    REQUIRE(view.first(3).data() == view.data());
    REQUIRE(TableView<float>(memory.data(), 3, 7)[2].data() == memory.data() + 14);
    REQUIRE(TableView<float>(memory.data(), 3, 7).stride() == 7);
    const TableView<const float> padded = TableView<float>::padded(memory.data(), 1, 5).first(1);
    REQUIRE(padded.is_padded());
    REQUIRE(padded.stride() == 16);
    REQUIRE(padded.padded_row(0).size() == 16);
    const TableView<const float> reading = view;
    REQUIRE(reading[2][4] == 1);
    static_assert(!std::is_convertible_v<TableView<const float>, TableView<float>>);
    static_assert(!std::is_assignable_v<decltype(reading[0][0]), float>);
}

TEST_CASE("vocabularies number symbols in order and find them again") {
    Vocabulary vocabulary;
    std::vector<std::string> words;
    for (int i = 0; i < 20000; ++i) {
        words.push_back("word" + std::to_string(i * i));
    }
    words.push_back(std::string(100000, 'x'));
    words.push_back("\xFF\xFE not UTF-8");
    words.push_back(std::string("a\0b", 3));
    words.push_back("");
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto [id, is_new] = vocabulary.add(words[i], i);
        REQUIRE(id == i);
        REQUIRE(is_new);
    }
    Vocabulary copy = vocabulary;
    const Vocabulary moved = std::move(vocabulary);
    vocabulary.add("fresh");
    REQUIRE(vocabulary.size() == 1);
    for (const Vocabulary* each : {&std::as_const(copy), &moved}) {
        REQUIRE(each->size() == words.size());
        for (Id id = 0; id < words.size(); ++id) {
            REQUIRE((*each)[id] == words[id]);
            REQUIRE(each->find(words[id]) == id);
            REQUIRE(each->count(id) == id);
        }
        REQUIRE_FALSE(each->find("absent").has_value());
    }
    REQUIRE(copy.add(words[3], 10) == std::pair<Id, bool>(3, false));
    REQUIRE(copy.count(3) == 13);
    REQUIRE(moved.count(3) == 3);
}

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

TEST_CASE("a quantised table stands for its rows within half a scale") {
    const std::size_t rows = 50;
    for (const std::size_t dim : {1u, 63u, 64u, 100u, 300u}) {
        EmbeddingTable<float> table(rows, dim);
        Random random(dim);
        for (std::size_t id = 1; id < rows; ++id) { // row 0 stays zero
            for (float& x : table[id]) {
                x = random.uniform() - 0.5f;
            }
        }
        const QuantizedTable quantized(table);
        REQUIRE(quantized.rows() == rows);
        REQUIRE(quantized.dim() == dim);
        REQUIRE(quantized.scale(0) == 0.0f);
        REQUIRE(quantized.cosine(0, 1) == 0.0f);
        std::vector<float> row(dim);
        for (std::size_t id = 0; id < rows; ++id) {
            quantized.dequantize(id, row);
            for (std::size_t i = 0; i < dim; ++i) {
                REQUIRE(std::fabs(row[i] - table[id][i]) <= 0.5001f * quantized.scale(id));
            }
            REQUIRE(quantized.norm(id) == simd::norm(table[id]));
            REQUIRE(std::fabs(quantized.cosine(1, id) - simd::cosine(table[1], table[id])) <=
                    0.02f);
            REQUIRE(std::fabs(quantized.dot(1, id) - simd::dot(table[1], table[id])) <=
                    0.02f * quantized.norm(1) * quantized.norm(id));
        }
    }
    EmbeddingTable<float> bad(3, 2);
    bad[2][1] = std::numeric_limits<float>::infinity();
    REQUIRE_THROWS_WITH(QuantizedTable(bad), Catch::Matchers::StartsWith("row 2 holds NaN"));
    REQUIRE_THROWS_AS(QuantizedTable(EmbeddingTable<float>(1, simd::max_byte_dim + 1)),
                      OptionError);
    REQUIRE_NOTHROW(QuantizedTable(EmbeddingTable<float>(1, simd::max_byte_dim)));
    bad[2][1] = 3e38f; // finite, but the norm of two of them is not
    bad[2][0] = 3e38f;
    REQUIRE_THROWS_WITH(QuantizedTable(bad), Catch::Matchers::StartsWith("row 2 holds NaN"));

    // The largest element has code 127 or -127; products and cosines by hand.
    EmbeddingTable<float> small(3, 3);
    for (std::size_t i = 0; i < 3; ++i) {
        small[0][i] = static_cast<float>(i) - 2; // -2 -1 0
        small[1][i] = 4;
    }
    const QuantizedTable quantized(small);
    REQUIRE(quantized.codes()[0][0] == -127);
    REQUIRE(quantized.scales().size() == 3);
    REQUIRE(quantized.norms().size() == 3);
    REQUIRE(std::fabs(quantized.scale(0) - 2.0f / 127) < 1e-7f);
    REQUIRE(std::fabs(quantized.dot(0, 1) + 12) < 0.1f);
    REQUIRE(std::fabs(quantized.cosine(0, 1) + 12 / std::sqrt(5.0f * 48)) < 0.01f);
    REQUIRE(quantized.cosine(1, 2) == 0.0f);
    REQUIRE(quantized.cosine(2, 1) == 0.0f);
    REQUIRE(quantized.dot(2, 1) == 0.0f);
    // From parts that fit each other, or not.
    const auto from = [](std::size_t count, std::size_t scales, std::size_t norms) {
        return QuantizedTable(EmbeddingTable<std::int8_t>(count, 4), AlignedBuffer<float>(scales),
                              AlignedBuffer<float>(norms));
    };
    REQUIRE(from(2, 2, 2).rows() == 2);
    REQUIRE(
        test::contains(test::message_of<Error>([&] { from(2, 1, 2); }), "1 scales and 2 norms"));
    REQUIRE_THROWS_AS(from(2, 2, 3), Error);
}

TEST_CASE("a table of bits keeps signs, in whole words") {
    EmbeddingTable<float> table(3, 70);
    for (std::size_t i = 0; i < 70; ++i) {
        table[0][i] = 1.0f;
        table[1][i] = i % 2 == 0 ? 0.5f : -0.5f;
    }
    const BitTable bits(table);
    REQUIRE(bits.rows() == 3);
    REQUIRE(bits.dim() == 70);
    REQUIRE(bits.stride() == 2);
    REQUIRE(bits[0][1] == 63);
    REQUIRE(bits.hamming(0, 1) == 35);
    REQUIRE(bits.hamming(0, 2) == 70);
    REQUIRE(bits.cosine(0, 0) == 1.0f);
    REQUIRE(bits.cosine(0, 1) == 0.0f);
    REQUIRE(bits.cosine(0, 2) == -1.0f);
    // A bit is set above zero: not for zeros of either sign, nor for NaN.
    EmbeddingTable<float> special(1, 65);
    special[0][0] = -0.0f;
    special[0][1] = std::numeric_limits<float>::denorm_min();
    special[0][2] = std::numeric_limits<float>::quiet_NaN();
    special[0][3] = std::numeric_limits<float>::infinity();
    special[0][4] = -std::numeric_limits<float>::infinity();
    special[0][64] = 1;
    const BitTable signs(special);
    REQUIRE(signs[0][0] == 0b1010);
    REQUIRE(signs[0][1] == 1);
    REQUIRE(BitTable(2, 64).stride() == 1);
    REQUIRE(BitTable(2, 65).stride() == 2);
    BitTable writable(2, 65);
    writable[1][1] = 1;
    REQUIRE(writable.data()[3] == 1);
    REQUIRE(writable.hamming(0, 1) == 1);
    REQUIRE(writable.cosine(0, 1) == 1.0f - 2.0f / 65);
    REQUIRE_THROWS_AS(BitTable(1, 0), OptionError);
    REQUIRE_THROWS_AS(BitTable(1, max_dim + 1), OptionError);
}

TEST_CASE("tables become half as large and come back") {
    EmbeddingTable<float> table(4, 33);
    Random random(1);
    for (std::size_t id = 0; id < 4; ++id) {
        for (float& x : table[id]) {
            x = random.uniform() - 0.5f;
        }
    }
    const EmbeddingTable<float16> halves = convert_table<float16>(table);
    const EmbeddingTable<bfloat16> brains = convert_table<bfloat16>(table);
    REQUIRE(halves.stride() == 64);
    const EmbeddingTable<float> from_half = convert_table(halves.view());
    const EmbeddingTable<float> from_brain = convert_table(brains.view());
    for (std::size_t id = 0; id < 4; ++id) {
        for (std::size_t i = 0; i < 33; ++i) {
            REQUIRE(from_half[id][i] == static_cast<float>(float16(table[id][i])));
            REQUIRE(from_brain[id][i] == static_cast<float>(bfloat16(table[id][i])));
        }
    }
}
