#include <firth/io/fasttext_binary.hpp>
#include <firth/io/load.hpp>

#include <cmath>

#include <nlohmann/json.hpp>

#include <firth/table/subword.hpp>

#include "support.hpp"

using namespace firth;

namespace {

nlohmann::json read_json(const std::string& path) {
    return nlohmann::json::parse(test::read_file(path));
}

void require_close(const SubwordVectors& vectors, const std::string& word,
                   const nlohmann::json& expected, float tolerance) {
    INFO(word);
    std::vector<float> vector(vectors.dim());
    REQUIRE(vectors.compose(word, vector) != 0);
    REQUIRE(expected.size() == vector.size());
    for (std::size_t i = 0; i < vector.size(); ++i) {
        REQUIRE(std::fabs(vector[i] - expected[i].get<float>()) <= tolerance);
    }
}

} // namespace

namespace {

void require_near(std::span<const float> found, const std::vector<float>& expected) {
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        REQUIRE(std::fabs(found[i] - expected[i]) <= 1e-5f);
    }
}

/// Every word as fastText's definition composes it, read in each of the ways.
void check_sample(const test::FastTextSample& sample, bool ngrams, bool sentence_end = false) {
    const std::string bytes = sample.bytes();
    REQUIRE(recognize_format(bytes) == fasttext_format);
    ReadReport report;
    const WordVectors<float> words = parse_fasttext_words(bytes, "m.bin", {}, &report);
    REQUIRE(report.header_rows == sample.words.size());
    const FastTextModel model = parse_fasttext(bytes, "m.bin");
    FastTextReader rows(bytes);
    REQUIRE(words.size() == sample.words.size());
    std::uint64_t count = 100;
    for (Id id = 0; id < words.size(); ++id) {
        const std::string& word = sample.words[id];
        INFO(word);
        const std::vector<float> expected =
            sample.vector(word, ngrams && (word != "</s>" || sentence_end));
        REQUIRE(words.word(id) == word);
        REQUIRE(words.vocabulary().count(id) == count);
        require_near(words[id], expected);
        require_near(model.vectors.words()[id], expected);
        const auto row = rows.next();
        REQUIRE(row->word == word);
        REQUIRE(row->count == count--);
        require_near(row->vector, expected);
    }
    REQUIRE_FALSE(rows.next());
    REQUIRE(parse_fasttext_words(bytes, "m.bin", {.top = 2}).size() == 2);
    REQUIRE(model.labels.size() == sample.labels.size());
    for (Id id = 0; id < model.labels.size(); ++id) {
        REQUIRE(model.labels[id] == sample.labels[id]);
        REQUIRE(model.labels.count(id) == count--);
    }
    REQUIRE(model.output.rows() == sample.output_rows());
    for (std::size_t row = 0; row < model.output.rows(); ++row) {
        require_near(model.output[row], sample.row(row, true));
    }
    // A word outside the vocabulary is the mean of its n-grams.
    std::vector<float> vector(words.dim());
    const std::size_t used = model.vectors.compose("unseen", vector);
    REQUIRE((used != 0) == ngrams);
    if (ngrams) require_near(vector, sample.vector("unseen", true));
}

} // namespace

TEST_CASE("made models of every version and kind are read as fastText defines them") {
    check_sample({}, true);
    check_sample({.version = 11}, true);
    check_sample({.version = 0}, true, true); // old models: </s> has n-grams, too
    check_sample({.model = 1}, true);
    check_sample({.max_length = 0}, false);
    check_sample({.buckets = 0, .max_length = 0}, false);
    const std::vector<std::string> labels{"__label__x", "__label__y", "__label__z"};
    check_sample({.model = 3, .labels = labels}, true);
    // Supervised models of version 11 have no n-grams, whatever their arguments say.
    check_sample({.version = 11, .model = 3, .labels = labels}, false);
    REQUIRE(test::contains(test::format_error([] {
                               return parse_fasttext(test::FastTextSample{.version = 13}.bytes());
                           }),
                           "byte 4: version 13"));
    REQUIRE_THROWS_AS(parse_fasttext(test::FastTextSample{.version = -1}.bytes()), FormatError);
}

TEST_CASE("quantised models: a short last part, norms, a quantised output, pruned n-grams") {
    const std::vector<std::string> labels{"__label__x", "__label__y"};
    for (const bool norms : {false, true}) {
        for (const bool output : {false, true}) {
            for (const std::int32_t dim : {4, 5, 7, 1}) {
                for (const std::int32_t part : {1, 2, 3}) {
                    if (part > dim) continue;
                    INFO("dim " << dim << ", part " << part);
                    check_sample({.dim = dim,
                                  .model = 3,
                                  .labels = labels,
                                  .quantized = true,
                                  .norms = norms,
                                  .quantized_output = output,
                                  .part = part},
                                 true);
                }
            }
        }
    }
    test::FastTextSample pruned{.dim = 5,
                                .model = 3,
                                .buckets = 3,
                                .labels = labels,
                                .quantized = true,
                                .pruned = true,
                                .kept = {{2, 0}, {0, 1}}};
    check_sample(pruned, true);
    REQUIRE(stored_type([&] {
                const test::TemporaryFolder folder;
                test::write_file(folder / "m.ftz", pruned.bytes());
                return VectorFile(folder / "m.ftz");
            }()) == ElementType::i8);
    pruned.kept = {};
    check_sample(pruned, false);
    pruned.kept = {{2, 2}, {0, 1}};
    REQUIRE(test::contains(test::format_error([&] { return parse_fasttext(pruned.bytes()); }),
                           "n-gram 2 of 3 has row 2 of 2"));
    pruned.kept = {{2, 0}};
    pruned.quantized = false;
    REQUIRE(test::contains(test::format_error([&] { return parse_fasttext(pruned.bytes()); }),
                           "quantised models alone"));
}

TEST_CASE("a made model that is damaged is refused with its place") {
    const std::string dense = test::FastTextSample{}.bytes();
    const std::string quantized =
        test::FastTextSample{.dim = 5, .quantized = true, .norms = true}.bytes();
    for (const std::string& good : {dense, quantized}) {
        for (std::size_t size = 0; size < good.size(); size += size < 600 ? 1 : 97) {
            INFO("cut after " << size);
            REQUIRE_THROWS_AS(parse_fasttext(std::string_view(good).substr(0, size)), FormatError);
        }
        REQUIRE(test::contains(test::format_error([&] { return parse_fasttext(good + "x"); }),
                               "1 more bytes follow the model"));
    }
    const auto error = [](const std::string& good, std::size_t at, std::string_view bytes) {
        std::string changed = good;
        changed.replace(at, bytes.size(), bytes);
        return test::format_error([&] { return parse_fasttext(changed, "m.bin"); });
    };
    constexpr std::size_t arguments = 8;
    constexpr std::size_t dictionary = arguments + 12 * 4 + 8;
    REQUIRE(test::contains(error(dense, arguments, test::raw(std::int32_t{0})), "arguments"));
    REQUIRE(test::contains(error(dense, arguments, test::raw(std::int32_t{5})),
                           "a matrix of 4 columns, expected the model's dim, 5"));
    REQUIRE(test::contains(error(dense, arguments + 40, test::raw(std::int32_t{256})),
                           "these are no arguments"));
    REQUIRE(test::contains(error(dense, arguments + 28, test::raw(std::int32_t{4})), "model 4"));
    REQUIRE(test::contains(error(dense, dictionary, test::raw(std::int32_t{5})),
                           "a dictionary of 5 entries, 4 words and 0 labels"));
    constexpr std::size_t first_word = dictionary + 12 + 16;
    REQUIRE(test::contains(error(dense, first_word + 5 + 8, "\1"), "expected words and then"));
    const std::size_t flag = first_word + (5 + 5 + 6 + 2) + 4 * 9;
    REQUIRE(test::contains(error(dense, flag, "\2"), "is 2, expected 0 or 1"));
    std::string less = dense;
    less.replace(flag + 1, 8, test::raw(std::int64_t{23})).erase(flag + 17, 16);
    REQUIRE(test::contains(test::format_error([&] { return parse_fasttext(less); }),
                           "an input of 23 rows, expected 4 words and 20 n-grams"));
    // A bucket fewer than there are rows.
    REQUIRE(test::contains(error(dense, arguments + 32, test::raw(std::int32_t{19})),
                           "an input of 24 rows, expected 4 words and 19 n-grams"));
    std::string nan = dense;
    nan.replace(flag + 17, 4, test::raw(std::nanf("")));
    REQUIRE(test::contains(test::format_error([&] { return parse_fasttext_words(nan); }), "NaN"));
    REQUIRE(std::isnan(
        parse_fasttext_words(nan, "m", {.non_finite = ReadOptions::NonFinite::keep})[Id{0}][0]));
    const std::size_t quantizer = flag + 2 + 16 + 4 + 24 * 3;
    REQUIRE(test::contains(error(quantized, quantizer + 12, test::raw(std::int32_t{2})),
                           "a quantiser of dim 5 with 3 parts of 2 and a last one of 2"));
}

TEST_CASE("models of fastText give the vectors that fastText gives") {
    const auto data = test::data_folder();
    if (!data) return;
    const std::string folder = *data + "/vectors/fasttext/";
    const nlohmann::json expected = read_json(folder + "expected-word-vectors.json");
    std::size_t words = 0;
    for (const auto& [file, groups] : expected.items()) {
        INFO(file);
        const FastTextModel model = read_fasttext(folder + file);
        const float tolerance = groups["tolerance"];
        for (const auto& [group, list] : groups.items()) {
            if (!list.is_object()) continue;
            for (const auto& [word, vector] : list.items()) {
                require_close(model.vectors, word, vector, tolerance);
                ++words;
            }
        }
    }
    REQUIRE(words >= 4);
    for (const nlohmann::json& group : read_json(folder + "expected-vectors-supervised.json")) {
        const FastTextModel model = read_fasttext(folder + group["model"].get<std::string>());
        REQUIRE(model.arguments.model == 3);
        REQUIRE(model.labels.size() == 4);
        REQUIRE(model.output.rows() == 4);
        const WordVectors<float>& known = model.vectors.words();
        for (const auto& [word, vector] : group["wordVectors"].items()) {
            require_close(model.vectors, word, vector, 1e-6f);
            REQUIRE(known.id(word) == group["wordIds"][word].get<Id>());
        }
        for (const auto& [ngram, id] : group["subwordIds"].items()) {
            const std::uint32_t bucket = subword_hash(ngram) % model.vectors.options().buckets;
            REQUIRE(known.size() + bucket == id.get<std::size_t>());
            const nlohmann::json& vector = group["subwordVectors"][ngram];
            for (std::size_t i = 0; i < known.dim(); ++i) {
                REQUIRE(std::fabs(model.vectors.ngrams()[bucket][i] - vector[i].get<float>()) <
                        1e-6f);
            }
        }
    }
}

TEST_CASE("a model's words are those that fastText printed") {
    const auto data = test::data_folder();
    if (!data) return;
    const std::string folder = *data + "/vectors/fasttext/";
    for (const std::string name : {"lee_fasttext", "toy-model"}) {
        const WordVectors<float> model = load(folder + name + ".bin");
        const WordVectors<float> printed = load(folder + name + ".vec");
        REQUIRE(model.vocabulary().symbols() == printed.vocabulary().symbols());
        for (Id id = 0; id < model.size(); ++id) {
            for (std::size_t i = 0; i < model.dim(); ++i) {
                REQUIRE(std::fabs(model[id][i] - printed[id][i]) <
                        1e-5f + 1e-4f * std::fabs(printed[id][i]));
            }
        }
    }
    const FastTextModel quantised = read_fasttext(folder + "lid.176.ftz");
    REQUIRE(quantised.vectors.words().size() == 7235);
    REQUIRE(quantised.labels.size() == 176);
    // What fastText 0.9.2 prints for these, known and not.
    require_close(quantised.vectors, "bonjour",
                  {-1.2563, -0.6831, 0.38569, 0.7957, -0.16528, -0.3505, -0.99656, 0.14808,
                   -0.91448, 0.28496, 1.6707, 0.46675, 0.29199, 1.1326, -0.1788, -0.51319},
                  1e-4f);
    REQUIRE(read_fasttext(folder + "fastrtext-supervised.bin").labels.size() == 15);
}

TEST_CASE("words are hashed as fastText hashes them") {
    REQUIRE(subword_hash("asteroid") == 1988297200u);
    REQUIRE(subword_hash("\xE6\x9C\xAD\xE5\xB9\x8C") == 3909947444u); // sign-extended bytes
    const auto data = test::data_folder();
    if (!data) return;
    const nlohmann::json hashes = read_json(*data + "/vectors/fasttext/expected-hashes.json");
    for (const auto& [word, hash] : hashes.items()) {
        REQUIRE(subword_hash(word) == hash.get<std::uint32_t>());
    }
}

TEST_CASE("a damaged model is refused with its place") {
    const auto data = test::data_folder();
    if (!data) return;
    const std::string good = test::read_file(*data + "/vectors/fasttext/toy-model.bin");
    const auto error = [&](std::size_t at, std::string_view bytes) {
        std::string changed = good;
        changed.replace(at, bytes.size(), bytes);
        return test::format_error([&] { return parse_fasttext(changed, "m.bin"); });
    };
    REQUIRE(parse_fasttext(good).vectors.words().size() == 22);
    REQUIRE(test::contains(error(4, "\x0D"), "m.bin, byte 4: version 13"));
    REQUIRE(test::contains(error(8, "\xFF"), "columns, expected the model's dim, 255"));
    REQUIRE(test::contains(error(11, "\x7F"), "byte 8: these are no arguments"));
    REQUIRE(test::contains(error(67, "\x7F"), "a dictionary of"));
    REQUIRE(test::contains(test::format_error([&] { return parse_fasttext(good + "x", "m.bin"); }),
                           "1 more bytes follow"));
    for (std::size_t size = 0; size < good.size(); ++size) {
        INFO("cut after " << size);
        REQUIRE_THROWS_AS(parse_fasttext(std::string_view(good).substr(0, size)), FormatError);
    }
}
