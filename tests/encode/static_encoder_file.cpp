#include <firth/encode/static_encoder_file.hpp>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/scalar.hpp>
#include <firth/text/tokenizer_file.hpp>

#include "../support/support.hpp"

using namespace firth;

namespace {

constexpr std::size_t tokens = 7;

Tokenizer small_tokenizer() {
    return bert_tokenizer(parse_vocabulary("[UNK]\n[CLS]\n[SEP]\na\nb\nc\nd\n", "words"));
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// A file of tensors, put together by hand.
struct Tensors {
    std::string header;
    std::string data;

    template <class T>
    Tensors& add(const std::string& name, const std::string& type, const std::string& shape,
                 const std::vector<T>& values) {
        const std::size_t begin = data.size();
        data += bytes_of(values);
        header += (header.empty() ? "{\"" : ",\"") + name + "\":{\"dtype\":\"" + type +
                  "\",\"shape\":[" + shape + "],\"data_offsets\":[" + std::to_string(begin) + "," +
                  std::to_string(data.size()) + "]}";
        return *this;
    }

    void write(const std::string& path) const {
        const std::string json = header + "}";
        const std::uint64_t size = json.size();
        char length[8];
        std::memcpy(length, &size, 8);
        test::write_file(path, std::string(length, 8) + json + data);
    }
};

/// A folder as model2vec writes it: two elements a token, which are halves.
struct SmallFolder {
    test::TemporaryFolder folder;
    std::vector<float> rows;

    SmallFolder() {
        for (std::size_t i = 0; i < 2 * tokens; ++i) {
            rows.push_back(static_cast<float>(i * i % 11) - 4.5f);
        }
        table().write(folder / "model.safetensors");
        test::write_file(folder / "config.json", R"({"normalize": false})");
        write_tokenizer_json(folder / "tokenizer.json", small_tokenizer());
    }

    Tensors table() const { return Tensors().add("embeddings", "F32", "7, 2", rows); }
    std::string path() const { return folder / ""; }
    StaticEncoder read() const { return read_static_encoder(path()); }
};

std::vector<float> static_vector_of(const StaticEncoder& encoder, std::string_view text) {
    std::vector<float> vector(encoder.dim());
    encoder.encode(text, vector);
    return vector;
}

/// The mean of two rows of two elements.
std::vector<float> mean_of(const std::vector<float>& rows, std::size_t a, std::size_t b) {
    return {(rows[2 * a] + rows[2 * b]) / 2, (rows[2 * a + 1] + rows[2 * b + 1]) / 2};
}

} // namespace

TEST_CASE("folders of model2vec are read by their configs", "[static]") {
    SmallFolder small;
    const std::vector<float> mean = mean_of(small.rows, 3, 6);
    CHECK(static_vector_of(small.read(), "a ? d") == mean);
    CHECK(small.read().options().max_tokens == 512);
    CHECK(small.read().options().rules == StaticRules::model2vec);

    test::write_file(small.folder / "config.json", R"({"normalize": true, "max_length": 2})");
    const float norm = std::sqrt(mean[0] * mean[0] + mean[1] * mean[1]);
    const std::vector<float> unit = static_vector_of(small.read(), "ad");
    CHECK(unit.size() == 2);
    CHECK(static_vector_of(small.read(), "a ? d") == static_vector_of(small.read(), "a"));
    CHECK(small.read().options().max_tokens == 2);
    test::write_file(small.folder / "config.json", R"({"max_length": null, "normalize": true})");
    CHECK_FALSE(small.read().options().max_tokens.has_value());
    CHECK(static_vector_of(small.read(), "a ? d")[0] == Approx(mean[0] / norm));

    // What model2vec itself writes beside it changes nothing.
    test::write_file(small.folder / "config.json", R"({"normalize": false})");
    test::write_file(small.folder / "modules.json",
                     R"([{"path": ".", "type": "sentence_transformers.models.StaticEmbedding"},
{"path": "1_Normalize", "type": "sentence_transformers.models.Normalize"}])");
    CHECK(static_vector_of(small.read(), "a ? d") == mean);
}

TEST_CASE("rows of every type become float32", "[static]") {
    SmallFolder small;
    const std::vector<float> mean = mean_of(small.rows, 3, 6);
    const auto stored = [&](const char* type, auto element) {
        std::vector<decltype(element)> values;
        for (const float value : small.rows) {
            values.push_back(static_cast<decltype(element)>(value));
        }
        Tensors().add("embeddings", type, "7, 2", values).write(small.folder / "model.safetensors");
        return static_vector_of(small.read(), "a d");
    };
    CHECK(stored("F16", float16()) == mean);
    CHECK(stored("BF16", bfloat16()) == mean);
    CHECK(stored("F64", 0.0) == mean);
    const std::vector<float> whole = stored("I8", std::int8_t());
    std::vector<float> cut;
    for (const float value : small.rows) {
        cut.push_back(std::trunc(value));
    }
    CHECK(whole == mean_of(cut, 3, 6));
    // Floats that are not aligned are copied.
    Tensors()
        .add("odd", "U8", "1", std::vector<std::uint8_t>{1})
        .add("embeddings", "F32", "7, 2", small.rows)
        .write(small.folder / "model.safetensors");
    CHECK(static_vector_of(small.read(), "a d") == mean);
}

TEST_CASE("weights and rows by token are read", "[static]") {
    SmallFolder small;
    const std::vector<float> weights{1, 1, 1, 0.5f, 1, 1, 2};
    const auto check = [&](auto row) {
        std::vector<decltype(row)> mapping{0, 0, 0, 1, 0, 0, 2};
        Tensors()
            .add("embeddings", "F32", "3, 2", std::vector<float>{9, 9, 1, 2, 3, 5})
            .add("weights", "F32", "7", weights)
            .add("mapping", sizeof(row) == 8 ? "I64" : "I32", "7", mapping)
            .write(small.folder / "model.safetensors");
        CHECK(static_vector_of(small.read(), "a d") == std::vector<float>{3.25f, 5.5f});
    };
    check(std::int64_t());
    check(std::int32_t());
}

TEST_CASE("folders of sentence-transformers are read by their modules", "[static]") {
    SmallFolder small;
    const auto at = [&](const std::string& name) { return small.folder / name; };
    std::filesystem::create_directories(at("0_StaticEmbedding"));
    std::filesystem::remove(at("config.json"));
    std::filesystem::remove(at("model.safetensors"));
    std::filesystem::remove(at("tokenizer.json"));
    Tensors()
        .add("embedding.weight", "F32", "7, 2", small.rows)
        .write(at("0_StaticEmbedding/model.safetensors"));
    write_tokenizer_json(at("0_StaticEmbedding/tokenizer.json"), small_tokenizer());
    const std::string first =
        R"([{"path": "0_StaticEmbedding", "type": "sentence_transformers.models.StaticEmbedding"})";
    test::write_file(at("modules.json"), first + "]");
    CHECK(static_vector_of(small.read(), "a ?") == mean_of(small.rows, 3, 0));
    CHECK_FALSE(small.read().options().max_tokens.has_value());
    CHECK_FALSE(small.read().options().normalize);
    test::write_file(at("modules.json"),
                     first +
                         R"(, {"path": "1", "type": "sentence_transformers.models.Normalize"}])");
    CHECK(small.read().options().normalize);
    write_tokenizer_json(at("0_StaticEmbedding/tokenizer.json"),
                         small_tokenizer().with_truncation(Truncation{.max_length = 3}));
    CHECK(small.read().options().max_tokens == 3);
    write_tokenizer_json(
        at("0_StaticEmbedding/tokenizer.json"),
        small_tokenizer().with_truncation(Truncation{.max_length = 3, .side = EncodingSide::left}));
    CHECK_THROWS_WITH(small.read(), Catch::Matchers::Contains("truncates texts on the left"));
}

TEST_CASE("what is written is read back as it was", "[static]") {
    const EmbeddingTable<float> table = test::random_table(tokens, 5, 3);
    const std::vector<std::string_view> texts{"", "a", "a ? d", "d c b a", "a a a b c d a b"};
    const auto check = [&](const StaticEncoderOptions& options) {
        const test::TemporaryFolder folder;
        const StaticEncoder encoder(small_tokenizer(), table, options);
        write_static_encoder(encoder, folder / "new/one");
        const StaticEncoder read = read_static_encoder(folder / "new/one");
        CHECK(read.options().max_tokens == options.max_tokens);
        CHECK(read.options().normalize == options.normalize);
        CHECK(read.options().rules == options.rules);
        CHECK(read.options().weights.empty() ==
              (options.weights.empty() || options.rules == StaticRules::static_embedding));
        for (const std::string_view text : texts) {
            const std::vector<float> expected = static_vector_of(encoder, text);
            const std::vector<float> found = static_vector_of(read, text);
            for (std::size_t k = 0; k < 5; ++k) {
                CHECK(found[k] == Approx(expected[k]).margin(1e-6));
            }
        }
    };
    for (const StaticRules rules : {StaticRules::model2vec, StaticRules::static_embedding}) {
        check({.rules = rules});
        check({.rules = rules, .normalize = false, .max_tokens = {}});
        check({.rules = rules,
               .max_tokens = 5,
               .weights = {1, 2, 3, 4, 5, 6, 7},
               .rows = {0, 1, 2, 6, 5, 4, 3}});
    }
    // Rows that no token has are not written: the library asks for as many as tokens.
    const test::TemporaryFolder folder;
    const StaticEncoder longer(small_tokenizer(), test::random_table(tokens + 2, 5, 3));
    write_static_encoder(longer, folder / "");
    CHECK(read_static_encoder(folder / "").table().rows() == tokens);
    // A file where the folder should be.
    test::write_file(folder / "file", "");
    CHECK_THROWS_AS(write_static_encoder(longer, folder / "file"), IoError);
}

TEST_CASE("static models that are not whole are refused by file and tensor", "[static]") {
    const auto refused = [](auto change, const std::string& said) {
        SmallFolder small;
        change(small);
        CHECK_THROWS_WITH(small.read(), Catch::Matchers::Contains(said));
        CHECK_THROWS_AS(small.read(), Error);
    };
    const auto without = [](const char* name) {
        return [=](SmallFolder& small) { std::filesystem::remove(small.folder / name); };
    };
    refused(without("config.json"), "config.json");
    refused(without("tokenizer.json"), "tokenizer.json");
    refused(without("model.safetensors"), "model.safetensors");
    const auto text = [](const char* name, const char* content) {
        return [=](SmallFolder& small) { test::write_file(small.folder / name, content); };
    };
    refused(text("config.json", "[1]"), "config.json is no object");
    refused(text("config.json", R"({"normalize": 3})"), "\"normalize\" of the wrong type");
    refused(text("config.json", R"({"max_length": -1})"), "\"max_length\" of the wrong type");
    refused(text("modules.json", "{}"), "modules.json is no list");
    refused(text("modules.json", "[]"), "modules.json names no StaticEmbedding");
    refused(text("modules.json", R"([{"type": "x.Dense"}])"), "asks for the module \"x.Dense\"");
    refused(text("modules.json", R"([{"type": "StaticEmbedding", "path": "../other"}])"),
            "names the path \"../other\", expected one within the folder");
    refused(text("modules.json", R"([{"type": "StaticEmbedding", "path": "/tmp"}])"),
            "names the path \"/tmp\"");
    refused(text("model.safetensors", "no tensors"), "model.safetensors");

    const auto tensors = [](auto change) {
        return [=](SmallFolder& small) { change(small).write(small.folder / "model.safetensors"); };
    };
    using Small = const SmallFolder&;
    refused(tensors([](Small small) { return Tensors().add("rows", "F32", "7, 2", small.rows); }),
            "model.safetensors has no tensor \"embeddings\" and no \"embedding.weight\"");
    refused(
        tensors([](Small small) { return Tensors().add("embeddings", "F32", "14", small.rows); }),
        "tensor \"embeddings\" is no matrix");
    refused(tensors([](Small) {
                return Tensors().add("embeddings", "F32", "7, 0", std::vector<float>());
            }),
            "tensor \"embeddings\"");
    refused(tensors([](Small) {
                return Tensors().add("embeddings", "I32", "7, 1", std::vector<std::int32_t>(7));
            }),
            "tensor \"embeddings\" is of type I32");
    refused(tensors([](Small) {
                return Tensors().add("embeddings", "F32", "6, 2", std::vector<float>(12));
            }),
            "tensor \"embeddings\" has 6 entries, expected one for each of the tokenizer's 7");
    for (const float bad :
         {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
        refused(tensors([=](Small small) {
                    std::vector<float> rows = small.rows;
                    rows[5] = bad;
                    return Tensors().add("embeddings", "F32", "7, 2", rows);
                }),
                "tensor \"embeddings\" holds a number that is not finite");
        refused(tensors([=](Small small) {
                    return small.table().add("weights", "F32", "7", std::vector<float>(7, bad));
                }),
                "tensor \"weights\" holds a number that is not finite");
    }
    refused(tensors([](Small small) {
                return small.table().add("weights", "F32", "6", std::vector<float>(6));
            }),
            "tensor \"weights\" has 6 entries");
    refused(tensors([](Small small) {
                return small.table().add("weights", "F32", "1, 7", std::vector<float>(7));
            }),
            "tensor \"weights\" is no list");
    const auto mapping = [&](std::vector<std::int64_t> rows) {
        return tensors([=](Small small) {
            return small.table().add("mapping", "I64", std::to_string(rows.size()), rows);
        });
    };
    refused(mapping({0, 1, 2, 3, 4, 7, 6}),
            "tensor \"mapping\" has a row at 5 that is not below the table's 7");
    refused(mapping({0, 1, -2, 3, 4, 5, 6}), "tensor \"mapping\" has a row at 2");
    refused(mapping({0, 1, 2}), "tensor \"mapping\" has 3 entries");
    refused(tensors([](Small small) {
                return small.table().add("mapping", "F32", "7", std::vector<float>(7));
            }),
            "tensor \"mapping\" is no list of I64 or I32");
}
