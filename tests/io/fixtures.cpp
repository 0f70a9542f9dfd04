// The files of the peers, as they are.

#include <firth/io/load.hpp>

#include <firth/simd/distance.hpp>

#include "support.hpp"

using namespace firth;

TEST_CASE("files of the peers load") {
    const auto data = test::data_folder();
    if (!data) return;
    struct File {
        const char* name;
        VectorFormat format;
        std::size_t rows;
        std::size_t dim;
    };
    for (const auto& [name, format, rows, dim] : {
             File{"word2vec/bnosac-example.bin", VectorFormat::word2vec_binary, 640, 15},
             File{"word2vec/bnosac-example.vec", VectorFormat::word2vec_text, 640, 15},
             File{"word2vec/euclidean_vectors.bin", VectorFormat::word2vec_binary, 2747, 10},
             File{"word2vec/EN.1-10.size300.vec", VectorFormat::word2vec_text, 20, 300},
             File{"word2vec/word2vec_pre_kv_c.vec", VectorFormat::word2vec_text, 1750, 10},
             File{"word2vec/ff-embeddings.dims.txt", VectorFormat::word2vec_text, 7, 10},
             File{"word2vec/ff-embeddings.txt", VectorFormat::glove_text, 7, 10},
             File{"word2vec/ff-embeddings.w2v", VectorFormat::word2vec_binary, 7, 10},
             File{"glove/test_glove.txt", VectorFormat::glove_text, 76, 50},
             File{"fasttext/lee_fasttext.vec", VectorFormat::word2vec_text, 1762, 10},
             File{"fasttext/lee_fasttext.bin", VectorFormat::fasttext_binary, 1762, 10},
             File{"fasttext/lee_fasttext_new.bin", VectorFormat::fasttext_binary, 1763, 10},
             File{"fasttext/toy-model.bin", VectorFormat::fasttext_binary, 22, 5},
             File{"fasttext/lid.176.ftz", VectorFormat::fasttext_binary, 7235, 16},
             File{"fasttext/ns.bin", VectorFormat::fasttext_binary, 116, 8},
             File{"fasttext/softmax.bin", VectorFormat::fasttext_binary, 116, 8},
             File{"fasttext/fastrtext-supervised.bin", VectorFormat::fasttext_binary, 5060, 20},
         }) {
        INFO(name);
        const std::string path = *data + "/vectors/" + name;
        REQUIRE(RowFile(path).format() == format);
        ReadReport report;
        const WordVectors<float> vectors = load(path, {}, &report);
        REQUIRE(vectors.size() == rows);
        REQUIRE(vectors.dim() == dim);
        REQUIRE(report.duplicates == 0);
        RowFile file(path);
        Id id = 0;
        while (const auto row = file.next()) {
            REQUIRE(row->word == vectors.word(id));
            REQUIRE(std::ranges::equal(row->vector, vectors[id]));
            ++id;
        }
        REQUIRE(id == rows);
    }
    const WordVectors<float> binary = load(*data + "/vectors/word2vec/bnosac-example.bin");
    const WordVectors<float> text = load(*data + "/vectors/word2vec/bnosac-example.vec");
    for (Id id = 0; id < 640; ++id) {
        REQUIRE(binary.word(id) == text.word(id));
        // The two hold the same model, with rows of different length.
        REQUIRE(simd::cosine(binary[id], text[id]) > 0.99999f);
    }
    const WordVectors<float> raw = load(*data + "/vectors/word2vec/ff-embeddings.dims.txt");
    const WordVectors<float> glove = load(*data + "/vectors/word2vec/ff-embeddings.txt");
    const WordVectors<float> unit = load(*data + "/vectors/word2vec/ff-embeddings.w2v");
    test::require_same(raw, glove);
    for (Id id = 0; id < 7; ++id) {
        REQUIRE(raw.word(id) == unit.word(id));
        REQUIRE(simd::cosine(raw[id], unit[id]) > 0.9999f);
    }
}
