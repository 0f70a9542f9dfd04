#include <firth/io/fasttext_binary.hpp>

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
