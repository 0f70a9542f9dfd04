#include <firth/io/native_subwords.hpp>

#include <chrono>
#include <limits>

#include <firth/base/random.hpp>
#include <firth/io/load.hpp>
#include <firth/io/verify.hpp>

#include "support.hpp"

using namespace firth;

namespace {

EmbeddingTable<float> random_rows(std::size_t rows, Random& random) {
    EmbeddingTable<float> table(rows, 5);
    for (std::size_t row = 0; row < rows; ++row) {
        for (float& value : table[row]) {
            value = random.uniform() - 0.5f;
        }
    }
    return table;
}

WordVectors<float> two_words(Random& random) {
    Vocabulary vocabulary;
    vocabulary.add("king", 9);
    vocabulary.add("queen", 7);
    return {std::move(vocabulary), random_rows(2, random)};
}

BucketRows every_other(std::uint32_t buckets) {
    AlignedBuffer<std::uint32_t> used(buckets / 2);
    for (std::uint32_t i = 0; i < buckets / 2; ++i) {
        used.data()[i] = 2 * i;
    }
    return {std::move(used), buckets};
}

} // namespace

TEST_CASE("n-grams of every kind are opened in place, and answer as before") {
    Random random(1);
    const test::TemporaryFolder folder;
    const std::string path = folder / "v.firth";
    const SubwordOptions options{
        .min_length = 2, .max_length = 3, .buckets = 40, .sentence_end = true};
    for (const int kind : {0, 1, 2}) {
        const SubwordVectors model =
            kind == 0 ? SubwordVectors(two_words(random), random_rows(40, random), options)
                      : SubwordVectors(two_words(random), random_rows(20, random), options,
                                       every_other(40),
                                       kind == 1 ? UnseenNgram::zero : UnseenNgram::skipped);
        write_native(model, path);
        verify_native(path);
        verify_subwords(NativeFile(path));
        REQUIRE(has_subwords(VectorFile(path)));
        REQUIRE(load(path).size() == 2); // the words alone
        for (const bool packed_way : {false, true}) {
            const SubwordVectors back =
                packed_way ? load_subwords(path) : read_native_subwords(path);
            REQUIRE(back.unseen() == model.unseen());
            REQUIRE((back.bucket_rows() == nullptr) == (kind == 0));
            REQUIRE(back.options().sentence_end);
            std::vector<float> expected(5);
            std::vector<float> found(5);
            for (const char* const word : {"king", "kings", "quark", "</s>", "a"}) {
                REQUIRE(back.compose(word, found) == model.compose(word, expected));
                REQUIRE(found == expected);
            }
        }
    }
    // The words may be smaller, and there may be no n-grams at all.
    const SubwordVectors model(two_words(random), random_rows(40, random), options);
    write_native(model, path, ElementType::f16);
    REQUIRE(NativeFile(path).type() == ElementType::f16);
    std::vector<float> expected(5);
    std::vector<float> found(5);
    REQUIRE(read_native_subwords(path).compose("kings", found) == model.compose("kings", expected));
    REQUIRE(found == expected);
    write_native(SubwordVectors(two_words(random), {}, {.max_length = 0}), path);
    REQUIRE_FALSE(has_subwords(VectorFile(path)));
    REQUIRE(test::contains(test::format_error([&] { return load_subwords(path); }),
                           "no vectors of n-grams"));
}

TEST_CASE("a file whose n-grams do not fit is refused, or found out when it is verified") {
    Random random(2);
    const test::TemporaryFolder folder;
    const std::string path = folder / "v.firth";
    using Numbers = std::vector<std::uint32_t>;
    const auto write = [&](const Numbers& options, const Numbers& buckets, std::size_t floats,
                           float value = 1) {
        const WordVectors<float> words = two_words(random);
        NativeWriter writer(path, 2, 5, ElementType::f32, [&](SectionFileWriter& file) {
            file.begin("ngram options");
            file.write_array(std::span<const std::uint32_t>(options));
            file.begin("ngram buckets");
            file.write_array(std::span<const std::uint32_t>(buckets));
            const std::vector<float> rows(floats, value);
            file.begin("ngram rows");
            file.write_array(std::span<const float>(rows));
        });
        write_rows(words, writer);
    };
    const Numbers good{2, 3, 40, 0, 1};
    write(good, {1, 5}, 32);
    REQUIRE_NOTHROW(read_native_subwords(path));
    for (const Numbers& bad : std::vector<Numbers>{{2, 3, 40, 0},
                                                   {0, 3, 40, 0, 1},
                                                   {3, 2, 40, 0, 1},
                                                   {2, 256, 40, 0, 1},
                                                   {2, 3, 0, 0, 1},
                                                   {2, 3, 40, 2, 1},
                                                   {2, 3, 40, 0, 2}}) {
        write(bad, {1, 5}, 32);
        REQUIRE(test::contains(test::format_error([&] { return read_native_subwords(path); }),
                               "ngram options"));
    }
    for (const std::size_t floats : {0u, 16u, 31u, 33u, 48u}) {
        write(good, {1, 5}, floats);
        REQUIRE(test::contains(test::format_error([&] { return read_native_subwords(path); }),
                               "ngram rows"));
    }
    write({2, 3, 1, 0, 1}, {0, 1}, 32); // more rows than buckets
    REQUIRE_THROWS_AS(read_native_subwords(path), FormatError);
    const auto verified = [&] {
        return test::format_error([&] {
            verify_subwords(NativeFile(path));
            return 0;
        });
    };
    write(good, {5, 1}, 32, 0); // does not rise
    REQUIRE_NOTHROW(read_native_subwords(path));
    REQUIRE(test::contains(verified(), "ngram buckets"));
    write(good, {1, 40}, 32, 0); // no such bucket
    REQUIRE(test::contains(verified(), "ngram buckets"));
    write(good, {1, 5}, 32); // padding is not zero
    REQUIRE(test::contains(verified(), "ngram rows"));
    REQUIRE_THROWS_AS(verify(path), FormatError);
    write(good, {1, 5}, 32, std::numeric_limits<float>::quiet_NaN());
    REQUIRE(test::contains(verified(), "ngram rows"));
    EmbeddingTable<float> odd = random_rows(40, random);
    odd[7][1] = std::numeric_limits<float>::infinity();
    const SubwordVectors model(two_words(random), odd, {2, 3, 40});
    REQUIRE(test::contains(test::message_of<Error>([&] { write_native(model, path); }),
                           "row 7 of the n-grams"));
}

TEST_CASE("a file with n-grams that is cut at any byte is refused") {
    Random random(3);
    const test::TemporaryFolder folder;
    const std::string path = folder / "v.firth";
    EmbeddingTable<float> ngrams(7, two_words(random).dim());
    write_native(SubwordVectors(two_words(random), std::move(ngrams), {2, 3, 7}), path);
    REQUIRE(load_subwords(path).ngrams().rows() == 7);
    const std::string bytes = test::read_file(path);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        INFO("cut after " << size);
        test::write_file(path, std::string_view(bytes).substr(0, size));
        REQUIRE_THROWS_AS(load_subwords(path), Error);
    }
}
