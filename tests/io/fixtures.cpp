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
             File{"word2vec/bnosac-example.bin", word2vec_binary_format, 640, 15},
             File{"word2vec/bnosac-example.vec", word2vec_text_format, 640, 15},
             File{"word2vec/euclidean_vectors.bin", word2vec_binary_format, 2747, 10},
             File{"word2vec/EN.1-10.size300.vec", word2vec_text_format, 20, 300},
             File{"word2vec/word2vec_pre_kv_c.vec", word2vec_text_format, 1750, 10},
             File{"word2vec/ff-embeddings.dims.txt", word2vec_text_format, 7, 10},
             File{"word2vec/ff-embeddings.txt", glove_text_format, 7, 10},
             File{"word2vec/ff-embeddings.w2v", word2vec_binary_format, 7, 10},
             File{"glove/test_glove.txt", glove_text_format, 76, 50},
             File{"fasttext/lee_fasttext.vec", word2vec_text_format, 1762, 10},
             File{"fasttext/lee_fasttext.bin", fasttext_format, 1762, 10},
             File{"fasttext/lee_fasttext_new.bin", fasttext_format, 1763, 10},
             File{"fasttext/toy-model.bin", fasttext_format, 22, 5},
             File{"fasttext/lid.176.ftz", fasttext_format, 7235, 16},
             File{"fasttext/ns.bin", fasttext_format, 116, 8},
             File{"fasttext/softmax.bin", fasttext_format, 116, 8},
             File{"fasttext/fastrtext-supervised.bin", fasttext_format, 5060, 20},
         }) {
        INFO(name);
        const std::string path = *data + "/vectors/" + name;
        REQUIRE(RowFile(path).format() == format);
        ReadReport report;
        const WordVectors<float> vectors = load(path, {}, &report);
        REQUIRE(vectors.size() == rows);
        REQUIRE(vectors.dim() == dim);
        REQUIRE(report.duplicates == 0);
        test::require_rows(RowFile(path), vectors);
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
