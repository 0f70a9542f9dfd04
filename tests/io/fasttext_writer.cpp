#include <firth/io/fasttext_writer.hpp>

#include <cmath>

#include <firth/base/random.hpp>

#include "support.hpp"

using namespace firth;

namespace {

/// Three words and rows for some of their n-grams' buckets.
SubwordVectors made_vectors(UnseenNgram unseen, std::uint32_t buckets = 50) {
    Random random(5);
    const auto fill = [&](std::size_t rows) {
        EmbeddingTable<float> table(rows, 5);
        for (std::size_t row = 0; row < rows; ++row) {
            for (float& value : table[row]) {
                value = random.uniform() - 0.5f;
            }
        }
        return table;
    };
    Vocabulary vocabulary;
    vocabulary.add("king", 9);
    vocabulary.add("qu\xC3\xA9\xC3\xA9n", 7);
    vocabulary.add("a", 1);
    AlignedBuffer<std::uint32_t> used(20);
    for (std::uint32_t i = 0; i < 20; ++i) {
        used.data()[i] = 2 * i + 1;
    }
    return {WordVectors<float>(std::move(vocabulary), fill(3)), fill(20),
            SubwordOptions{.min_length = 2, .max_length = 3, .buckets = buckets},
            BucketRows(std::move(used), buckets), unseen};
}

std::string written(const FastTextModel& model) {
    std::string bytes;
    StringSink sink(bytes);
    write_fasttext(sink, model);
    return bytes;
}

} // namespace

TEST_CASE("a model of words and n-grams reads back as it was") {
    FastTextModel model;
    model.arguments = {.window = 7, .epochs = 3, .min_count = 2, .negative = 4, .sample = 0.5};
    model.arguments.model = FastTextArguments::cbow;
    model.vectors = made_vectors(UnseenNgram::zero);
    model.output = EmbeddingTable<float>(3, 5);
    model.output[2][4] = 8;
    const std::string bytes = written(model);
    REQUIRE(recognize_format(bytes) == fasttext_format);
    const FastTextModel back = parse_fasttext(bytes);
    REQUIRE(back.arguments.dim == 5);
    REQUIRE(back.arguments.window == 7);
    REQUIRE(back.arguments.epochs == 3);
    REQUIRE(back.arguments.min_count == 2);
    REQUIRE(back.arguments.negative == 4);
    REQUIRE(back.arguments.sample == 0.5);
    REQUIRE(back.arguments.loss == FastTextArguments::negative_sampling);
    REQUIRE(back.arguments.model == FastTextArguments::cbow);
    REQUIRE(back.arguments.buckets == 50);
    REQUIRE(back.vectors.ngrams().rows() == 50);
    REQUIRE(back.output.rows() == 3);
    REQUIRE(back.output[2][4] == 8);
    std::vector<float> expected(5);
    std::vector<float> found(5);
    for (const char* const word : {"king", "qu\xC3\xA9\xC3\xA9n", "a", "kings", "quay", "xyz"}) {
        INFO(word);
        const bool known = model.vectors.words().contains(word);
        REQUIRE(back.vectors.words().contains(word) == known);
        REQUIRE(model.vectors.compose(word, expected) > 0);
        back.vectors.compose(word, found);
        for (std::size_t i = 0; i < 5; ++i) {
            REQUIRE(std::fabs(found[i] - expected[i]) < 1e-6f);
        }
    }
    REQUIRE(back.vectors.words().vocabulary().count(1) == 7);
    // What was read can be written again.
    const FastTextModel again = parse_fasttext(written(back));
    REQUIRE(std::fabs(again.vectors.words()["king"][0] - model.vectors.words()["king"][0]) < 1e-6f);
}

TEST_CASE("hierarchical softmax has a row less, words alone need no buckets") {
    FastTextModel model;
    model.vectors = made_vectors(UnseenNgram::zero);
    model.output = EmbeddingTable<float>(2, 5);
    model.output[1][0] = 3;
    const FastTextModel back = parse_fasttext(written(model));
    REQUIRE(back.output.rows() == 3);
    REQUIRE(back.output[1][0] == 3);
    REQUIRE(back.output[2][0] == 0);
    const WordVectors<float> words = model.vectors.words();
    model.vectors = SubwordVectors(words, {}, {.max_length = 0});
    const FastTextModel whole = parse_fasttext(written(model));
    REQUIRE(whole.arguments.buckets == 0);
    REQUIRE(whole.arguments.min_length == 0);
    REQUIRE(whole.vectors.words()["king"][3] == words["king"][3]);
}

TEST_CASE("models that the format cannot hold are refused") {
    const auto message = [](const FastTextModel& model) {
        return test::message_of<Error>([&] { static_cast<void>(written(model)); });
    };
    FastTextModel model;
    model.vectors = made_vectors(UnseenNgram::skipped);
    model.output = EmbeddingTable<float>(3, 5);
    REQUIRE(test::contains(message(model), "only quantised models"));
    model.vectors = made_vectors(UnseenNgram::zero);
    model.output = EmbeddingTable<float>(1, 5);
    REQUIRE(test::contains(message(model), "an output of 1 x 5 does not fit 3 words of dim 5"));
    model.output = EmbeddingTable<float>(4, 5);
    REQUIRE(test::contains(message(model), "does not fit"));
    model.output = EmbeddingTable<float>(3, 4);
    REQUIRE(test::contains(message(model), "does not fit"));
    model.output = EmbeddingTable<float>(3, 5);
    model.labels.add("__label__x");
    REQUIRE(test::contains(message(model), "has labels"));
    model.labels = {};
    REQUIRE_NOTHROW(written(model));
    Vocabulary zero;
    zero.add(std::string("a\0b", 3), 1);
    model.vectors = SubwordVectors(WordVectors<float>(zero, EmbeddingTable<float>(1, 5)), {},
                                   {.max_length = 0});
    model.output = EmbeddingTable<float>(1, 5);
    REQUIRE(test::contains(message(model), "zero byte"));
}

TEST_CASE("a file appears when it is whole") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "model.bin";
    FastTextModel model;
    model.vectors = made_vectors(UnseenNgram::zero);
    model.output = EmbeddingTable<float>(3, 5);
    write_fasttext(path, model);
    REQUIRE(read_fasttext(path).vectors.words().size() == 3);
    model.labels.add("__label__x");
    REQUIRE_THROWS_AS(write_fasttext(path, model), Error);
    REQUIRE(read_fasttext(path).vectors.words().size() == 3); // the old one
}

TEST_CASE("a file that no disk has room for is refused before its first byte") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "model.bin";
    REQUIRE_NOTHROW(check_fasttext_size(path, 1000, 1000, 2000, 300));
    // A row for every bucket: more than any disk has.
    const std::string said = test::message_of<IoError>(
        [&] { check_fasttext_size(path, 1000, 1000, 2000000000, 1000000); });
    REQUIRE(test::contains(said, path + " takes 8.0 PB, and its disk has room for "));
    REQUIRE(test::contains(said, ", expected fewer buckets, a smaller dim, or the format firth"));
    REQUIRE(folder.files() == 0);
    FastTextModel model;
    model.vectors = made_vectors(UnseenNgram::zero, 2147483648);
    model.output = EmbeddingTable<float>(3, 5);
    REQUIRE(test::contains(test::message_of<Error>([&] { write_fasttext(path, model); }),
                           "2147483648 buckets of n-grams, expected at most 2147483647"));
    REQUIRE_THROWS_AS(written(model), Error);
    REQUIRE(folder.files() == 0);
}
