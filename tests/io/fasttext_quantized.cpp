#include <firth/io/fasttext_quantized.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support.hpp"

using namespace firth;

namespace {

/// A supervised model with words, labels and a row for each of its buckets, all at random.
FastTextWeights random_model(std::size_t words, std::size_t labels, std::uint32_t buckets,
                             std::size_t dim, std::uint64_t seed) {
    FastTextWeights model;
    model.arguments.dim = static_cast<std::int32_t>(dim);
    model.arguments.word_ngrams = 2;
    model.arguments.loss = 3;
    model.arguments.model = labels != 0 ? 3 : 2;
    model.arguments.buckets = static_cast<std::int32_t>(buckets);
    model.arguments.min_length = 2;
    model.arguments.max_length = 3;
    for (std::size_t i = 0; i < words; ++i) {
        model.words.add(i == 5 ? "</s>" : "w" + std::to_string(i), 1000 - i);
    }
    for (std::size_t i = 0; i < labels; ++i) {
        model.labels.add("l" + std::to_string(i), 500 - i);
    }
    model.input = test::random_table(words + buckets, dim, seed);
    model.output = test::random_table(labels != 0 ? labels : words, dim, seed + 1);
    return model;
}

std::string written(const QuantizedFastText& model) {
    std::string bytes;
    StringSink sink(bytes);
    write_fasttext(sink, model);
    return bytes;
}

bool same(const EmbeddingTable<float>& a, const EmbeddingTable<float>& b) {
    bool same = a.rows() == b.rows() && a.dim() == b.dim();
    for (std::size_t row = 0; same && row < a.rows(); ++row) {
        same = std::ranges::equal(a[row], b[row]);
    }
    return same;
}

/// The rows that codes stand for.
EmbeddingTable<float> decoded(const ProductTable& table) {
    EmbeddingTable<float> rows(table.rows(), table.dim());
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        table.read(row, rows[row]);
    }
    return rows;
}

} // namespace

TEST_CASE("a quantised model is read as it was written", "[fasttext_quantized]") {
    for (const RowNorms norms : {RowNorms::in_parts, RowNorms::apart}) {
        for (const FastTextOutput output : {FastTextOutput::floats, FastTextOutput::codes}) {
            for (const std::size_t cutoff : {0u, 400u}) {
                FastTextWeights weights = random_model(300, 260, 250, 7, 4);
                if (cutoff != 0) weights = keep_largest(std::move(weights), cutoff);
                const QuantizedFastText model =
                    *quantize(weights, {.quantizer = {.part_dim = 3, .iterations = 2},
                                        .norms = norms,
                                        .output = output});
                const std::string bytes = written(model);
                const FastTextWeights read = parse_fasttext_weights(bytes);
                REQUIRE(read.words.symbols() == weights.words.symbols());
                REQUIRE(std::ranges::equal(read.words.counts(), weights.words.counts()));
                REQUIRE(read.labels.symbols() == weights.labels.symbols());
                REQUIRE(std::ranges::equal(read.labels.counts(), weights.labels.counts()));
                REQUIRE(read.kept.has_value() == (cutoff != 0));
                if (read.kept) {
                    REQUIRE(std::ranges::equal(read.kept->used(), weights.kept->used()));
                }
                REQUIRE(same(read.input, decoded(model.input)));
                const bool codes = output == FastTextOutput::codes;
                REQUIRE(codes == std::holds_alternative<ProductTable>(model.output));
                REQUIRE(same(read.output, codes ? decoded(std::get<ProductTable>(model.output))
                                                : weights.output));
                // And without decoding: the same bytes again.
                REQUIRE(written(parse_quantized_fasttext(bytes)) == bytes);
                // The bytes that fastText's own has: 107 + 1,024 dim and 10 an entry besides.
                const std::size_t rows = weights.input.rows();
                const std::size_t per_row = 3 + model.input.has_norms();
                std::size_t size = 4 * 2 + 12 * 4 + 8 + 3 * 4 + 2 * 8 + 1;
                for (const Vocabulary* const symbols : {&weights.words, &weights.labels}) {
                    for (const std::string_view symbol : symbols->symbols()) {
                        size += symbol.size() + 10;
                    }
                }
                if (read.kept) size += 8 * read.kept->size();
                const std::size_t quantizers =
                    16 + 1024 * 7 + (model.input.has_norms() ? 16 + 1024 : 0);
                size += 1 + 16 + 4 + rows * per_row + quantizers;
                size += 1 + 16;
                size +=
                    codes ? 1 + 4 + 260 * (4 + model.input.has_norms()) + quantizers : 260 * 7 * 4;
                REQUIRE(bytes.size() == size);
            }
        }
    }
}

TEST_CASE("models that fastText quantised are kept as they are", "[fasttext_quantized]") {
    for (const bool norms : {false, true}) {
        for (const bool output : {false, true}) {
            for (const bool pruned : {false, true}) {
                test::FastTextSample sample;
                sample.dim = 5;
                sample.model = 3;
                sample.labels = {"yes", "no"};
                sample.quantized = true;
                sample.norms = norms;
                sample.quantized_output = output;
                sample.pruned = pruned;
                if (pruned) sample.kept = {{3, 0}, {7, 1}, {19, 2}};
                std::string bytes = sample.bytes();
                // Tokens were counted that are no words of the model: here they are not.
                const std::size_t tokens = 4 + 4 + 12 * 4 + 8 + 3 * 4;
                bytes.replace(tokens, 8, test::raw(std::int64_t{100 + 99 + 98 + 97 + 96 + 95}));
                REQUIRE(written(parse_quantized_fasttext(bytes)) == bytes);
            }
        }
    }
    // Kept n-grams are put in the order of their buckets.
    test::FastTextSample sample;
    sample.quantized = sample.pruned = true;
    sample.kept = {{11, 1}, {3, 2}, {7, 0}};
    const FastTextWeights weights = parse_fasttext_weights(sample.bytes());
    const QuantizedFastText model = parse_quantized_fasttext(sample.bytes());
    const std::size_t places[] = {2, 0, 1};
    std::vector<float> row(4);
    for (std::size_t i = 0; i < 3; ++i) {
        model.input.read(sample.words.size() + i, row);
        REQUIRE(row == sample.row(sample.words.size() + places[i]));
        REQUIRE(std::ranges::equal(weights.input[sample.words.size() + i], row));
    }
    REQUIRE(std::ranges::equal(model.kept->used(), std::vector<std::uint32_t>{3, 7, 11}));
}

TEST_CASE("the rows of the largest norms are kept, and the sentence's end",
          "[fasttext_quantized]") {
    FastTextWeights model = random_model(8, 2, 6, 2, 1);
    for (std::size_t row = 0; row < 14; ++row) {
        model.input[row][0] = static_cast<float>((row * 5) % 14);
        model.input[row][1] = 0;
    }
    // Norms of words 0 5 10 1 6 11(</s>: 0) 2 7, of buckets 12 3 8 13 4 9.
    model.input[5][0] = 0;
    const FastTextWeights kept = keep_largest(model, 6);
    REQUIRE(kept.words.symbols() == std::vector<std::string_view>{"w2", "</s>"});
    REQUIRE(kept.words.count(0) == 998);
    REQUIRE(std::ranges::equal(kept.kept->used(), std::vector<std::uint32_t>{0, 2, 3, 5}));
    REQUIRE(kept.kept->buckets() == 6);
    const float want[] = {10, 0, 12, 8, 13, 9};
    for (std::size_t row = 0; row < 6; ++row) {
        REQUIRE(kept.input[row][0] == want[row]);
    }
    REQUIRE(kept.labels.size() == 2);
    REQUIRE(same(kept.output, model.output));
    // Once more, of a model that keeps only some.
    const FastTextWeights fewer = keep_largest(kept, 3);
    REQUIRE(std::ranges::equal(fewer.kept->used(), std::vector<std::uint32_t>{0, 3}));
    REQUIRE(fewer.words.symbols() == std::vector<std::string_view>{"</s>"});
    // Words alone: then all n-grams are gone, which a file says, too.
    for (std::size_t row = 8; row < 14; ++row) {
        model.input[row][0] = 0;
    }
    const FastTextWeights words = keep_largest(model, 4);
    REQUIRE(words.kept->size() == 0);
    const QuantizedFastText quantized = *quantize(words);
    REQUIRE(parse_fasttext_weights(written(quantized)).kept->size() == 0);
    REQUIRE(!keep_largest(model, 14).kept);
    // Where there are no labels, the output has the words' rows.
    FastTextWeights of_words = random_model(20, 0, 6, 2, 1);
    const FastTextWeights some = keep_largest(of_words, 9);
    REQUIRE(some.output.rows() == some.words.size());
    for (Id id = 0; id < some.words.size(); ++id) {
        const Id before = *of_words.words.find(some.words[id]);
        REQUIRE(std::ranges::equal(some.output[id], of_words.output[before]));
        REQUIRE(std::ranges::equal(some.input[id], of_words.input[before]));
    }
    static_cast<void>(quantize(some));
    of_words.output.truncate(19);
    REQUIRE(test::contains(
        test::message_of<Error>([&] { static_cast<void>(keep_largest(of_words, 9)); }),
        "by hierarchical softmax cannot lose some"));
    REQUIRE(test::contains(
        test::message_of<OptionError>([&] { static_cast<void>(keep_largest(model, 0)); }),
        "the number of rows to keep is 0"));
}

TEST_CASE("outputs of few rows stay floats", "[fasttext_quantized]") {
    for (const std::size_t labels : {255u, 256u}) {
        const QuantizedFastText model =
            *quantize(random_model(20, labels, 0, 3, 1),
                      {.quantizer = {.iterations = 1}, .output = FastTextOutput::codes});
        REQUIRE(std::holds_alternative<ProductTable>(model.output) == (labels == 256));
        REQUIRE(!model.kept);
    }
}

TEST_CASE("words of quantised models have vectors near their own", "[fasttext_quantized]") {
    const FastTextWeights weights = random_model(400, 0, 300, 6, 2);
    const std::string bytes = written(*quantize(weights));
    const FastTextModel model = parse_fasttext(bytes);
    REQUIRE(model.vectors.words().size() == 400);
    // The mean of the rows of a word and its n-grams.
    std::vector<float> want(weights.input[7].begin(), weights.input[7].end());
    float count = 1;
    for_each_ngram("w7", {2, 3, 300}, [&](std::string_view, std::uint32_t hash) {
        for (std::size_t i = 0; i < 6; ++i) {
            want[i] += weights.input[400 + hash % 300][i];
        }
        ++count;
    });
    for (std::size_t i = 0; i < 6; ++i) {
        REQUIRE(std::fabs(model.vectors.words()[7][i] - want[i] / count) < 0.06f);
    }
}

TEST_CASE("models that do not fit together are not quantised", "[fasttext_quantized]") {
    const auto message = [](auto&& change) {
        FastTextWeights model = random_model(30, 4, 10, 3, 1);
        change(model);
        return test::message_of<Error>([&] { static_cast<void>(quantize(model)); });
    };
    REQUIRE(test::contains(message([](auto& model) { model.input = EmbeddingTable<float>(39, 3); }),
                           "39 input rows, expected 30 for words and 10 for buckets"));
    REQUIRE(test::contains(message([](auto& model) { model.arguments.dim = 4; }),
                           "rows of 3 elements, expected the arguments' dim, 4"));
    REQUIRE(test::contains(message([](auto& model) { model.output = EmbeddingTable<float>(2, 3); }),
                           "an output of 2 x 3, expected 4 x 3"));
    REQUIRE(test::contains(message([](auto& model) { model.output = EmbeddingTable<float>(4, 2); }),
                           "an output of 4 x 2, expected 4 x 3"));
    REQUIRE(test::contains(message([](auto& model) {
                               AlignedBuffer<std::uint32_t> used(10);
                               for (std::uint32_t i = 0; i < 10; ++i) {
                                   used[i] = i;
                               }
                               model.kept = BucketRows(std::move(used), 11);
                           }),
                           "rows of 11 buckets, expected the arguments', 10"));
    REQUIRE(test::contains(message([](auto& model) { model.input[33][1] = std::nanf(""); }),
                           "row 33 holds NaN or infinity"));
    REQUIRE(test::contains(message([](auto& model) {
                               model.words = {};
                               model.input = {};
                               model.arguments.buckets = model.arguments.dim = 0;
                           }),
                           "no input rows"));
    FastTextWeights zero = random_model(30, 4, 10, 3, 1);
    zero.labels.add(std::string_view("a\0b", 3), 1);
    zero.output = EmbeddingTable<float>(5, 3);
    REQUIRE(test::contains(
        test::message_of<Error>([&] { static_cast<void>(written(*quantize(zero))); }),
        "has a zero byte"));
    test::FastTextSample sample;
    REQUIRE(test::contains(
        test::format_error([&] { return parse_quantized_fasttext(sample.bytes(), "m"); }),
        "m: the model is not quantised"));
    sample.words.push_back("king");
    REQUIRE(test::contains(
        test::format_error([&] { return parse_fasttext_weights(sample.bytes(), "m"); }),
        "m: \"king\" stands twice"));
}

TEST_CASE("a quantised model of fastText can be written again", "[fasttext_quantized]") {
    const auto folder = test::data_folder();
    if (!folder) return;
    const std::string path = *folder + "/vectors/fasttext/lid.176.ftz";
    const std::string bytes = written(read_quantized_fasttext(path));
    REQUIRE(bytes.size() == test::read_file(path).size());
    const FastTextWeights ours = parse_fasttext_weights(bytes);
    const FastTextWeights theirs = read_fasttext_weights(path);
    REQUIRE(same(ours.input, theirs.input));
    REQUIRE(same(ours.output, theirs.output));
    REQUIRE(ours.words.symbols() == theirs.words.symbols());
    REQUIRE(ours.labels.symbols() == theirs.labels.symbols());
    REQUIRE(std::ranges::equal(ours.kept->used(), theirs.kept->used()));
}
