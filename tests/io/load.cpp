#include <firth/io/load.hpp>
#include <firth/io/save.hpp>

#include <cstdio>
#include <filesystem>
#include <limits>
#include <thread>

#include <firth/query/nearest.hpp>
#include <firth/simd/distance.hpp>

#include "support.hpp"

#if FIRTH_ON_POSIX()
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

using namespace firth;
using test::require_same;

namespace {

/// Every format that can be written.
/// Vectors that every format can hold: whole numbers from 0 to 255, none of them 0 at first.
WordVectors<float> plain_vectors(std::size_t rows, std::size_t dim) {
    WordVectors<float> vectors = test::random_vectors(rows, dim, rows * dim);
    EmbeddingTable<float>& table = vectors.mutable_table();
    for (std::size_t i = 0; i < rows * dim; ++i) {
        table[i / dim][i % dim] = static_cast<float>((i * 37 + 1) % 256);
    }
    return vectors;
}

} // namespace

TEST_CASE("what is written in any format is recognised and reads back the same") {
    const test::TemporaryFolder folder;
    for (const VectorFormat& format : KnownFormats::written) {
        for (const std::size_t rows : {1u, 2u, 500u}) {
            for (const std::size_t dim : {2u, 3u, 100u}) {
                INFO(format.name << ' ' << rows << " x " << dim);
                const WordVectors<float> vectors = plain_vectors(rows, dim);
                const std::string path = folder / ("v" + std::string(format.name));
                save(vectors, path, format);
                REQUIRE(recognize_format(test::read_file(path)) == format);
                require_same(load(path), vectors);
                require_same(load(path, {.threads = 1}), vectors);
                RowFile file(path);
                REQUIRE(file.format() == format);
                REQUIRE(file.dim() == dim);
                test::require_rows(RowFile(path), vectors);
                const WordVectors<float> top = load(path, {.top = 2});
                REQUIRE(top.size() == std::min<std::size_t>(2, rows));
                REQUIRE(std::ranges::equal(top[Id{0}], vectors[Id{0}]));
            }
        }
    }
}

TEST_CASE("formats are told apart by content") {
    for (const std::size_t dim : {1u, 2u, 10u, 300u}) {
        for (std::uint64_t seed = 0; seed < 200; ++seed) {
            const WordVectors<float> vectors = test::random_vectors(2, dim, seed);
            REQUIRE(recognize_format(format_word2vec_text(vectors)) == word2vec_text_format);
            REQUIRE(recognize_format(format_word2vec_binary(vectors)) == word2vec_binary_format);
        }
    }
    REQUIRE(recognize_format("2 3\nking 0.1 0.2") == word2vec_text_format);
    REQUIRE(recognize_format("the 0.1 0.2\n") == glove_text_format);
    REQUIRE(recognize_format(". . . 0.1 0.2\n") == glove_text_format);
    REQUIRE(recognize_format("0.1\t0.2\n") == projector_format);
    const auto unknown = [](std::string_view bytes) {
        return test::format_error([&] { return recognize_format(bytes, "my.file"); });
    };
    REQUIRE(test::contains(unknown("hello world\n"), "my.file is no file of vectors"));
    REQUIRE(test::contains(unknown(""), "my.file is empty"));
    REQUIRE(test::contains(unknown(std::string(100, '\0')), "my.file"));
    const test::TemporaryFolder folder;
    REQUIRE_THROWS_AS(load(folder / "missing"), IoError);
    REQUIRE_THROWS_AS(load(folder / ""), IoError);
}

TEST_CASE("the name of a file tells in which format it is written") {
    REQUIRE(format_of_name("v.firth") == native_format);
    REQUIRE(format_of_name("a/b.c/v.vec") == word2vec_text_format);
    REQUIRE(format_of_name("v.txt") == word2vec_text_format);
    REQUIRE(format_of_name("v.bin") == word2vec_binary_format);
    REQUIRE(format_of_name("v") == word2vec_binary_format);
    REQUIRE(format_of_name("v.safetensors") == safetensors_format);
    const test::TemporaryFolder folder;
    const WordVectors<float> vectors = plain_vectors(3, 4);
    for (const VectorFormat& format : KnownFormats::written) {
        for (const std::string_view extension : format.extensions) {
            if (extension.empty()) continue;
            const std::string path = folder / ("v" + std::string(extension));
            save(vectors, path);
            REQUIRE(RowFile(path).format() == format);
        }
    }
    const auto refused = [&](const SaveOptions& options) {
        return test::message_of<OptionError>([&] { save(vectors, folder / "x", options); });
    };
    REQUIRE(test::contains(refused({.format = fasttext_format}), "read only"));
    REQUIRE(
        test::contains(refused({.format = word2vec_text_format, .type = ElementType::f16}), "f32"));
    REQUIRE(test::contains(refused({.format = npy_format, .type = ElementType::bf16}), "bf16"));
    REQUIRE_FALSE(std::filesystem::exists(folder / "x"));
}

TEST_CASE("words that are not UTF-8 stay, are replaced or are refused") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "v.txt";
    test::write_file(path, "2 1\nok\xC3\xA9 1\nbad\xFF\xC3 2\n");
    ReadReport report;
    REQUIRE(load(path, {}, &report).word(1) == "bad\xFF\xC3");
    REQUIRE(report.not_utf8 == 1);
    const ReadOptions replace{.utf8 = ReadOptions::Utf8::replace};
    const ReadOptions refuse{.utf8 = ReadOptions::Utf8::refuse};
    REQUIRE(load(path, replace).word(1) == "bad\xEF\xBF\xBD\xEF\xBF\xBD");
    REQUIRE(load(path, replace).word(0) == "ok\xC3\xA9");
    REQUIRE(test::contains(test::format_error([&] { return load(path, refuse); }), "row 2"));
    RowFile rows(path, replace);
    static_cast<void>(rows.next());
    REQUIRE(rows.next()->word == "bad\xEF\xBF\xBD\xEF\xBF\xBD");
    RowFile strict(path, refuse);
    REQUIRE(strict.next()->word == "ok\xC3\xA9");
    REQUIRE_THROWS_AS(strict.next(), FormatError);
}

TEST_CASE("packed files are unpacked on the way") {
    const test::TemporaryFolder folder;
    const WordVectors<float> vectors = test::random_vectors(50, 7, 1);
    for (const char* const name : {"v.bin", "v.vec"}) {
        save(vectors, folder / name);
        for (const auto& [tool, ending] :
             {std::pair("gzip", ".gz"), std::pair("xz", ".xz"), std::pair("zstd", ".zst")}) {
            const std::string packed = folder / (name + std::string(ending));
            const std::string command =
                std::string(tool) + " -c '" + (folder / name) + "' > '" + packed + "' 2>/dev/null";
            if (std::system(command.c_str()) != 0) continue;
            require_same(load(packed), vectors);
            REQUIRE(RowFile(packed).next()->word == "w0");
        }
    }
    // One of firth's own files is used where it was unpacked to.
    save(vectors, folder / "v.firth");
    const std::string command =
        "gzip -c '" + (folder / "v.firth") + "' > '" + (folder / "v.firth.gz") + "' 2>/dev/null";
    if (std::system(command.c_str()) == 0) {
        WordVectors<float> read = load(folder / "v.firth.gz");
        require_same(read, vectors);
        read.mutable_table()[3][0] = 42; // changes memory only
        REQUIRE(read[Id{3}][0] == 42);
        REQUIRE(load(folder / "v.firth.gz")[Id{3}][0] == vectors[Id{3}][0]);
        REQUIRE(RowFile(folder / "v.firth.gz").next()->word == "w0");
    }
    test::write_file(folder / "twice.gz", "\x1F\x8B no gzip");
    REQUIRE_THROWS_AS(load(folder / "twice.gz"), FormatError);
}

#if FIRTH_ON_POSIX()
TEST_CASE("vectors come through pipes and standard input, each read once, in every format") {
    const test::TemporaryFolder folder;
    const WordVectors<float> vectors = plain_vectors(300, 30);
    const std::string pipe = folder / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    for (const VectorFormat& format : KnownFormats::written) {
        INFO(format.name);
        save(vectors, folder / "v", format);
        const std::string bytes = test::read_file(folder / "v");
        // Whoever opened the pipe a second time would wait for ever: this writes it once.
        const auto through = [&](auto&& read) {
            std::thread writer([&] { test::write_file(pipe, bytes); });
            try {
                read();
            } catch (...) {
                writer.join();
                throw;
            }
            writer.join();
        };
        const auto require_rows = [&](const WordVectors<float>& read) {
            REQUIRE(read.size() == vectors.size());
            for (Id id = 0; id < read.size(); ++id) {
                REQUIRE(std::ranges::equal(read[id], vectors[id]));
            }
        };
        through([&] { require_rows(load(pipe)); });
        through([&] {
            RowFile rows(pipe);
            REQUIRE(rows.format() == format);
            Id id = 0;
            while (const auto row = rows.next()) {
                REQUIRE(std::ranges::equal(row->vector, vectors[id++]));
            }
            REQUIRE(id == vectors.size());
        });
        through([&] {
            const VectorFile file(pipe);
            REQUIRE(file.format() == format);
            REQUIRE(stored_type(file) == (format == bvecs_format   ? ElementType::u8
                                          : format == ivecs_format ? ElementType::i32
                                                                   : ElementType::f32));
            require_rows(load(file));
            require_rows(load(file)); // as often as one likes
        });
        // Standard input, under its three names, as a pipe and as a file.
        for (const char* const name : {"-", "/dev/stdin"}) {
            const int before = ::dup(0);
            int ends[2] = {};
            REQUIRE(::pipe(ends) == 0);
            std::thread writer([&] {
                static_cast<void>(::write(ends[1], bytes.data(), bytes.size()));
                ::close(ends[1]);
            });
            ::dup2(ends[0], 0);
            ::close(ends[0]);
            std::clearerr(stdin);
            const WordVectors<float> read = load(name);
            writer.join();
            const int file = ::open((folder / "v").c_str(), O_RDONLY);
            ::dup2(file, 0);
            ::close(file);
            std::clearerr(stdin);
            const WordVectors<float> again = load(name);
            ::dup2(before, 0);
            ::close(before);
            require_rows(read);
            require_rows(again);
        }
    }
    std::thread writer([&] { test::write_file(pipe, ""); });
    const std::string message = test::format_error([&] { return load(pipe); });
    writer.join();
    REQUIRE(test::contains(message, "pipe is empty"));
}
#endif

TEST_CASE("an ending that names no format is refused") {
    const test::TemporaryFolder folder;
    const WordVectors<float> vectors = plain_vectors(3, 4);
    for (const char* const name : {"v.model", "v.txt.gz", "vectors.100d", "v.ftz", "v.csv"}) {
        INFO(name);
        const std::string message =
            test::message_of<OptionError>([&] { save(vectors, folder / name); });
        REQUIRE(test::contains(message, std::string(name) + " names no format to write: name it"));
        REQUIRE(test::contains(message, ".firth, .npy, .safetensors, .vec, .txt, .bin, "));
        REQUIRE_THROWS_AS(make_writer(folder / name, 3, 4), OptionError);
        save(vectors, folder / name, word2vec_text_format);
        REQUIRE(load(folder / name).size() == 3);
    }
    REQUIRE(format_of_name("V.VEC") == word2vec_text_format);
    REQUIRE(format_of_name("v.1/v") == word2vec_binary_format);
}

TEST_CASE("a report says that int8 codes lose their scales in NumPy's format, and there only") {
    const test::TemporaryFolder folder;
    const WordVectors<float> vectors = plain_vectors(3, 4);
    REQUIRE(save(vectors, folder / "v.npy", {.type = ElementType::i8}).scales_lost);
    REQUIRE_FALSE(save(vectors, folder / "v.npy").scales_lost);
    REQUIRE_FALSE(save(vectors, folder / "v.npy", {.type = ElementType::f16}).scales_lost);
    REQUIRE_FALSE(save(vectors, folder / "v.firth", {.type = ElementType::i8}).scales_lost);
    REQUIRE_FALSE(save(vectors, folder / "v.safetensors", {.type = ElementType::i8}).scales_lost);
    REQUIRE(save(vectors, folder / "v.npy").rows == 3);
}

TEST_CASE("a row file ends behind the first rows asked for, a file at its end") {
    const test::TemporaryFolder folder;
    for (const VectorFormat& format : KnownFormats::written) {
        INFO(format.name);
        save(plain_vectors(5, 3), folder / "v", format);
        for (const std::size_t top : {0u, 1u, 2u, 5u, 9u}) {
            RowFile rows(folder / "v", {.top = top});
            std::size_t found = 0;
            while (rows.next()) {
                ++found;
            }
            REQUIRE(found == (top == 0 ? 5 : std::min<std::size_t>(5, top)));
            REQUIRE_FALSE(rows.next());
        }
    }
}

TEST_CASE("the UTF-8 policy holds for .firth files, too") {
    const test::TemporaryFolder folder;
    Vocabulary vocabulary;
    vocabulary.add("ok");
    vocabulary.add("bad\xFF");
    const WordVectors<float> vectors(std::move(vocabulary), EmbeddingTable<float>(2, 3));
    for (const ElementType type : {ElementType::f32, ElementType::f16}) {
        save(vectors, folder / "v.firth", {.type = type});
        REQUIRE(load(folder / "v.firth").word(1) == "bad\xFF");
        const ReadOptions replace{.utf8 = ReadOptions::Utf8::replace};
        REQUIRE(load(folder / "v.firth", replace).word(1) == "bad\xEF\xBF\xBD");
        const ReadOptions refuse{.utf8 = ReadOptions::Utf8::refuse};
        REQUIRE(test::contains(test::format_error([&] { return load(folder / "v.firth", refuse); }),
                               "row 2"));
        REQUIRE(load(folder / "v.firth", {.top = 1}).size() == 1);
    }
}

TEST_CASE("a report that is used again says nothing of the file before") {
    const test::TemporaryFolder folder;
    save(plain_vectors(3, 4), folder / "v.npy");
    std::filesystem::remove(folder / "v.words.txt");
    ReadReport report;
    static_cast<void>(load(folder / "v.npy", {}, &report));
    REQUIRE(report.numbered);
    REQUIRE(report.rows == 3);
    REQUIRE(report.header_rows == 3);
    save(plain_vectors(2, 4), folder / "v.bin");
    static_cast<void>(load(folder / "v.bin", {}, &report));
    REQUIRE_FALSE(report.numbered);
    REQUIRE(report.rows == 2);
    REQUIRE(report.header_rows == 2);
    for (const char* const name : {"w.safetensors", "w.tsv"}) {
        report.numbered = report.byte_order_mark = true;
        report.duplicates = 7;
        save(plain_vectors(4, 4), folder / name);
        static_cast<void>(load(folder / name, {}, &report));
        REQUIRE_FALSE(report.numbered);
        REQUIRE_FALSE(report.byte_order_mark);
        REQUIRE(report.duplicates == 0);
    }
    save(plain_vectors(4, 4), folder / "v.firth");
    static_cast<void>(load(folder / "v.firth", {}, &report));
    REQUIRE(report.rows == 4);
    REQUIRE(report.header_rows == 4);
}

TEST_CASE("reading and writing tell of their progress and can be cancelled") {
    const test::TemporaryFolder folder;
    const WordVectors<float> vectors = plain_vectors(2000, 3);
    for (const VectorFormat& format : KnownFormats::written) {
        INFO(format.name);
        const std::string path = folder / ("v" + std::string(format.name));
        std::uint64_t done = 0;
        const auto note = [&](const Progress& now) {
            done = now.done;
            REQUIRE(now.done <= now.total);
            return true;
        };
        save(vectors, path, {.format = format, .progress = note});
        REQUIRE(done == 2000);
        const std::string before = test::read_file(path);
        const auto cancel = [](const Progress&) { return false; };
        REQUIRE_THROWS_AS(load(path, {.top = 1000, .progress = cancel}), Error);
        // Cancelled before its end, writing leaves the old file.
        SaveOptions stopped{.format = format, .progress = cancel};
        REQUIRE_THROWS_AS(save(plain_vectors(2'000'000 / 100, 3), path, stopped), Error);
        done = 0;
        require_same(load(path, {.progress = note}), vectors);
        REQUIRE(test::read_file(path) == before);
    }
}

TEST_CASE("words outside the vocabulary are asked for by their n-grams") {
    const auto data = test::data_folder();
    if (!data) return;
    const std::string folder = *data + "/vectors/fasttext/";
    const SubwordVectors model = load_subwords(folder + "lee_fasttext_new.bin");
    const WordIndex index(model.words());
    REQUIRE_THROWS_AS(nearest(index, "rejection"), UnknownWordError);
    const auto found =
        nearest(index, "rejection", {.out_of_vocabulary = OutOfVocabulary::subwords(model)});
    REQUIRE(found.size() == 10);
    std::vector<float> vector(model.dim());
    REQUIRE(model.compose("rejection", vector) > 0);
    REQUIRE(std::fabs(simd::cosine(std::span<const float>(vector), model.words()[found[0].word]) -
                      found[0].score) < 1e-5f);
    REQUIRE(
        test::contains(test::format_error([&] { return load_subwords(folder + "toy-model.vec"); }),
                       "word2vec-text, which has no vectors of n-grams"));
}
