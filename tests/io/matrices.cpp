#include <firth/io/load.hpp>
#include <firth/io/npy.hpp>
#include <firth/io/projector.hpp>
#include <firth/io/safetensors.hpp>
#include <firth/io/save.hpp>
#include <firth/io/vecs.hpp>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <initializer_list>

#include <firth/simd/distance.hpp>

#include "support.hpp"

#if FIRTH_ON_POSIX()
#include <sys/resource.h>
#endif

using namespace firth;
using test::require_same;

namespace {

/// A .npy file with this dictionary and these bytes behind it.
std::string npy(const std::string& header, const std::string& data, char major = 1) {
    std::string bytes = "\x93NUMPY";
    bytes += major;
    bytes += '\0';
    bytes += static_cast<char>(header.size());
    bytes += static_cast<char>(header.size() >> 8);
    if (major > 1) bytes += std::string(2, '\0');
    return bytes + header + data;
}

template <class T>
std::string elements(std::initializer_list<T> values) {
    std::string bytes;
    for (const T value : values) {
        bytes += detail::bytes_of(value);
    }
    return bytes;
}

std::string swapped(std::string bytes, std::size_t size) {
    for (std::size_t at = 0; at < bytes.size(); at += size) {
        std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                     bytes.begin() + static_cast<std::ptrdiff_t>(at + size));
    }
    return bytes;
}

std::vector<float> all_of(const StoredMatrix& matrix) {
    std::vector<float> values(matrix.rows * matrix.dim);
    for (std::size_t row = 0; row < matrix.rows; ++row) {
        matrix.read(row, std::span(values).subspan(row * matrix.dim, matrix.dim));
    }
    return values;
}

std::string npy_error(const std::string& bytes) {
    return test::format_error([&] { return parse_npy_matrix(bytes, "a.npy"); });
}

/// A safetensors file with this header, padded to 8, and these bytes behind it.
std::string safetensors(std::string header, const std::string& data) {
    header.resize(round_up(header.size(), 8), ' ');
    return elements({std::uint64_t{header.size()}}) + header + data;
}

std::string tensor_error(const std::string& header, const std::string& data = "") {
    return test::format_error([&] { return parse_safetensors(safetensors(header, data), "t"); });
}

} // namespace

TEST_CASE("NumPy's arrays of every type, order and version are read") {
    const std::vector<float> expected{1, 2, 3, -4, 0.5f, 6};
    const auto check = [&](const std::string& descr, const std::string& data, char major = 1,
                           bool fortran = false) {
        INFO(descr);
        const std::string header = "{'descr': '" + descr +
                                   "', 'fortran_order': " + (fortran ? "True" : "False") +
                                   ", 'shape': (2, 3), }  \n";
        const StoredMatrix matrix = parse_npy_matrix(npy(header, data, major));
        REQUIRE(matrix.rows == 2);
        REQUIRE(matrix.dim == 3);
        return all_of(matrix);
    };
    const std::string f4 = elements<float>({1, 2, 3, -4, 0.5f, 6});
    const std::string f8 = elements<double>({1, 2, 3, -4, 0.5, 6});
    const std::string f2 = elements({float16(1.0f), float16(2.0f), float16(3.0f), float16(-4.0f),
                                     float16(0.5f), float16(6.0f)});
    REQUIRE(check("<f4", f4) == expected);
    REQUIRE(check("<f4", f4, 2) == expected);
    REQUIRE(check("<f4", f4, 3) == expected);
    REQUIRE(check("<f8", f8) == expected);
    REQUIRE(check("<f2", f2) == expected);
    REQUIRE(check(">f4", swapped(f4, 4)) == expected);
    REQUIRE(check(">f8", swapped(f8, 8)) == expected);
    REQUIRE(check(">f2", swapped(f2, 2)) == expected);
    REQUIRE(check("<f4", elements<float>({1, -4, 2, 0.5f, 3, 6}), 1, true) == expected);
    const std::vector<float> whole{1, 2, 3, 253, 5, 6};
    REQUIRE(check("|u1", "\1\2\3\xFD\5\6") == whole);
    const std::vector<float> with_sign{1, 2, 3, -3, 5, 6};
    REQUIRE(check("|i1", "\1\2\3\xFD\5\6") == with_sign);
    REQUIRE(check("<i4", elements<std::int32_t>({1, 2, 3, -3, 5, 6})) == with_sign);

    const StoredMatrix column = parse_npy_matrix(
        npy("{\"shape\":(3,),\"fortran_order\":False,\"descr\":\"<f4\"}", f4.substr(0, 12)));
    REQUIRE(column.rows == 3);
    REQUIRE(column.dim == 1);
}

TEST_CASE("rows longer than a piece are read whole, in either order") {
    constexpr std::size_t dim = 1300; // two pieces of 512 and a part of one
    for (const bool fortran : {false, true}) {
        std::string data;
        for (std::size_t i = 0; i < 2 * dim; ++i) {
            const std::size_t row = fortran ? i % 2 : i / dim;
            const std::size_t column = fortran ? i / 2 : i % dim;
            data += test::raw(static_cast<double>(row * 10000 + column));
        }
        const std::string bytes =
            npy("{'descr': '<f8', 'fortran_order': " + std::string(fortran ? "True" : "False") +
                    ", 'shape': (2, 1300)}\n",
                data);
        const StoredMatrix matrix = parse_npy_matrix(bytes);
        const std::vector<float> values = all_of(matrix);
        for (std::size_t i = 0; i < values.size(); ++i) {
            REQUIRE(values[i] == static_cast<float>(i / dim * 10000 + i % dim));
        }
    }
}

TEST_CASE("elements beyond the range of a half are refused, and no others") {
    const test::TemporaryFolder folder;
    WordVectors<float> vectors = test::random_vectors(1, 2, 1);
    for (const float value : {65504.0f, 65519.0f, -65519.0f, 1e-30f}) {
        vectors.mutable_table()[0][0] = value;
        write_npy(vectors, folder / "v.npy", ElementType::f16);
        REQUIRE(std::fabs(read_npy(folder / "v.npy")[Id{0}][0] - value) <= 15.0f);
    }
    for (const float value : {65520.0f, -65520.0f, 1e30f}) {
        vectors.mutable_table()[0][0] = value;
        REQUIRE(test::contains(test::message_of<Error>(
                                   [&] { write_npy(vectors, folder / "v.npy", ElementType::f16); }),
                               "beyond the 65504 of f16"));
        write_npy(vectors, folder / "v.npy");
        write_safetensors(vectors, folder / "v.safetensors", ElementType::bf16);
    }
}

TEST_CASE("other arrays are refused with their place") {
    const auto header = [](const std::string& shape, const std::string& descr = "'<f4'",
                           const std::string& order = "False") {
        return "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + "}\n";
    };
    REQUIRE(test::contains(npy_error("NUMPY"), "byte 0"));
    REQUIRE(test::contains(npy_error(npy(header("(2, 3)"), "", 4)), "version 4"));
    REQUIRE(test::contains(npy_error(npy(header("(2, 3)", "'|O'"), "")), "type '|O'"));
    REQUIRE(test::contains(npy_error(npy(header("(2, 3)", "[('a', '<f4')]"), "")), "structured"));
    REQUIRE(test::contains(npy_error(npy(header("(2, 3)"), "12345")), "ends after 5 bytes"));
    REQUIRE(test::contains(npy_error(npy(header("(2, 3)"), std::string(25, 'x'))), "1 more bytes"));
    REQUIRE(test::contains(npy_error(npy(header("(2, 3, 4)"), "")), "two dimensions"));
    REQUIRE(test::contains(npy_error(npy(header("()"), "")), "no dimensions"));
    REQUIRE(test::contains(npy_error(npy(header("(2, 0)"), "")), "2 x 0"));
    REQUIRE(test::contains(npy_error(npy(header("(4611686018427387904, 4)"), "")), "at most"));
    REQUIRE(test::contains(npy_error(npy(header("(4294967295, 1048576)"), "")), "ends after 0"));
    REQUIRE(test::contains(npy_error(npy(header("(99999999999999999999,)"), "")), "a number"));
    REQUIRE(test::contains(npy_error(npy(header("(2, -3)"), "")), "a number"));
    REQUIRE(
        test::contains(npy_error(npy(header("(2, 3)", "'<f4'", "Maybe"), "")), "True or False"));
    REQUIRE(test::contains(npy_error(npy("{'descr': '<f4'}", "")), "missing"));
    REQUIRE(test::contains(npy_error(npy("{'x': 1}", "")), "the key \"x\""));
    const std::string good = npy(header("(2, 3)"), std::string(24, '\0'));
    for (std::size_t size = 0; size < good.size(); ++size) {
        INFO("cut after " << size);
        REQUIRE_THROWS_AS(parse_npy_matrix(std::string_view(good).substr(0, size)), FormatError);
    }
}

TEST_CASE("arrays are written with the words beside them") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "v.npy";
    for (const std::size_t dim : {1u, 3u, 100u}) {
        const WordVectors<float> vectors = test::odd_vectors(dim, "\n");
        write_npy(vectors, path);
        const WordVectors<float> read = read_npy(path);
        require_same(read, vectors);
        test::require_same_counts(read, vectors);
        const std::string bytes = test::read_file(path);
        REQUIRE((bytes.size() - vectors.size() * dim * 4) % 64 == 0);
        write_npy(vectors, path, ElementType::f16);
        REQUIRE(parse_npy_matrix(test::read_file(path)).type == ElementType::f16);
        REQUIRE(std::fabs(read_npy(path)[Id{1}][0] - vectors[Id{1}][0]) < 0x1p-10f);
        write_npy(vectors, path, ElementType::i8);
        REQUIRE(simd::cosine(read_npy(path)[Id{1}], vectors[Id{1}]) > 0.999f);
    }
    REQUIRE(folder.files() == 2);
    REQUIRE_THROWS_AS(write_npy(test::odd_vectors(2), path), Error);
    REQUIRE_THROWS_AS(write_npy(test::random_vectors(1, 2, 1), path, ElementType::bf16),
                      OptionError);
}

#if FIRTH_ON_POSIX()
TEST_CASE("where the second of two files cannot be written, both old ones stay") {
    const test::TemporaryFolder folder;
    const WordVectors<float> old = test::random_vectors(2, 3, 1);
    // Words that fit in a writer's buffer, so that they reach the disk at the very end, but not
    // within the limit on the size of files, which stands in for a full disk.
    Vocabulary vocabulary;
    vocabulary.add(std::string(100'000, 'a'));
    vocabulary.add(std::string(100'000, 'b'));
    const WordVectors<float> large(std::move(vocabulary), EmbeddingTable<float>(2, 3));
    for (const char* const name : {"v.npy", "v.fvecs", "vectors.tsv"}) {
        INFO(name);
        const std::string path = folder / name;
        const std::string beside =
            std::string(name) == "vectors.tsv" ? folder / "metadata.tsv" : words_path(path);
        save(old, path);
        const std::string first = test::read_file(path);
        const std::string second = test::read_file(beside);
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit before{};
        REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
        rlimit small = before;
        small.rlim_cur = 64 << 10;
        REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
        std::string message;
        try {
            save(large, path);
        } catch (const IoError& error) {
            message = error.what();
        }
        REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
        REQUIRE(test::contains(message, "cannot write " + beside));
        REQUIRE(test::read_file(path) == first);
        REQUIRE(test::read_file(beside) == second);
        require_same(load(path), old);
    }
    REQUIRE(folder.files() == 5);
}
#endif

TEST_CASE("words are found beside the file, in another one, or are numbers") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "v.npy";
    write_npy(test::random_vectors(2, 3, 1), path);
    REQUIRE(test::read_file(folder / "v.words.txt") == "w0\nw1\n");
    test::write_file(folder / "others", "x y\r\nz");
    REQUIRE(read_npy(path, {.words = folder / "others"}).vocabulary().symbols() ==
            std::vector<std::string_view>{"x y", "z"});
    test::write_file(folder / "others", "x y 3\nz 2\n");
    const WordVectors<float> counted = read_npy(path, {.words = folder / "others"});
    REQUIRE(counted.word(0) == "x y");
    REQUIRE(counted.vocabulary().count(1) == 2);
    test::write_file(folder / "others", "a\nb\nc\n");
    REQUIRE(test::contains(
        test::format_error([&] { return read_npy(path, {.words = folder / "others"}); }),
        "holds 3 words, expected one for each of the 2 rows"));
    REQUIRE_THROWS_AS(read_npy(path, {.words = folder / "missing"}), IoError);
    std::filesystem::remove(folder / "v.words.txt");
    ReadReport report;
    REQUIRE(read_npy(path, {}, &report).word(1) == "1");
    REQUIRE(report.numbered);

    // Words that would read as if they had counts get some.
    Vocabulary vocabulary;
    vocabulary.add("room 101");
    const WordVectors<float> trap(std::move(vocabulary), EmbeddingTable<float>(1, 2));
    write_npy(trap, path);
    require_same(read_npy(path), trap);
}

TEST_CASE("a safetensors file holds rows, words and counts") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "v.safetensors";
    for (const std::size_t dim : {1u, 3u, 64u}) {
        const WordVectors<float> vectors = test::odd_vectors(dim, "\n");
        for (const auto& [type, least] :
             {std::pair(ElementType::f32, 1.0f), std::pair(ElementType::f16, 0.99999f),
              std::pair(ElementType::bf16, 0.9999f), std::pair(ElementType::i8, 0.9995f)}) {
            write_safetensors(vectors, path, type);
            const WordVectors<float> read = read_safetensors(path);
            REQUIRE(read.vocabulary().symbols() == vectors.vocabulary().symbols());
            test::require_same_counts(read, vectors);
            for (Id id = 0; id < vectors.size(); ++id) {
                REQUIRE(simd::cosine(read[id], vectors[id]) >= least - 1e-6f);
            }
            if (type == ElementType::f32) require_same(read, vectors);
            for (std::size_t i = 0; i < vectors.size() * dim; ++i) {
                // Codes are within half a scale of elements that are at most 1.
                REQUIRE(std::fabs(read.table()[i / dim][i % dim] -
                                  vectors.table()[i / dim][i % dim]) <= 0.5f / 127 + 1e-6f);
            }
        }
    }
    REQUIRE(folder.files() == 1);
    const std::string bytes = test::read_file(path);
    const std::vector<StoredTensor> tensors = parse_safetensors(bytes);
    REQUIRE(tensors.size() == 4);
    REQUIRE(tensors[0].name == "embeddings");
    REQUIRE(tensors[0].type == "I8");
    REQUIRE((tensors[0].bytes.data() - bytes.data()) % 64 == 0);
    REQUIRE_THROWS_AS(write_safetensors(test::odd_vectors(2), path), Error);
    write_safetensors(test::random_vectors(0, 4, 1), path);
    REQUIRE(read_safetensors(path).size() == 0);
}

TEST_CASE("the tensor is the usual one, the only one, or the one that is asked for") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "t.safetensors";
    const std::string data = elements<float>({1, 2, 3, 4});
    const auto matrix = [](const std::string& name, int begin) {
        return '"' + name + R"(":{"dtype":"F32","shape":[1,2],"data_offsets":[)" +
               std::to_string(begin) + ',' + std::to_string(begin + 8) + "]}";
    };
    const auto first = [&](const std::string& a, const std::string& b,
                           const ReadOptions& options = {}) {
        test::write_file(path, safetensors('{' + matrix(b, 8) + ',' + matrix(a, 0) +
                                               R"(,"__metadata__":{"by":"hand"}})",
                                           data));
        return read_safetensors(path, options)[Id{0}][0];
    };
    REQUIRE(first("embeddings", "other") == 1);
    REQUIRE(first("other", "embeddings") == 3);
    REQUIRE(first("other", "embedding.weight") == 3);
    REQUIRE(first("a", "b", {.tensor = "b"}) == 3);
    REQUIRE(test::contains(test::format_error([&] { return first("a", "b"); }),
                           "2 tensors (\"a\", \"b\")"));
    REQUIRE(test::contains(test::format_error([&] { return first("a", "b", {.tensor = "c"}); }),
                           "called \"c\""));
    test::write_file(path, safetensors('{' + matrix("any", 0) + '}', data.substr(0, 8)));
    REQUIRE(read_safetensors(path)[Id{0}][1] == 2);
}

TEST_CASE("a safetensors file that breaks a rule of the format is refused") {
    const std::string good =
        R"({"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"__metadata__":{"x":"y"}})";
    REQUIRE(parse_safetensors(safetensors(good, std::string(8, 'x'))).size() == 1);
    REQUIRE(parse_safetensors(safetensors("{}", "")).empty());
    REQUIRE(parse_safetensors(safetensors(R"({"__metadata__":null})", "")).empty());
    REQUIRE(parse_safetensors(safetensors(R"({"__metadata__":null,"a":{"dtype":"F32",)"
                                          R"("shape":[1,2],"data_offsets":[0,8]}})",
                                          std::string(8, 'x')))
                .size() == 1);
    REQUIRE(test::contains(tensor_error(R"({"a":null})"), "null"));
    REQUIRE(test::contains(tensor_error(R"({"__metadata__":{"x":null}})"), "null"));
    REQUIRE(test::contains(tensor_error(R"({"__metadata__":{},"a":null})"), "null"));
    REQUIRE(test::contains(tensor_error(good, std::string(7, 'x')), "0 to 8 of 7"));
    REQUIRE(test::contains(tensor_error(good, std::string(9, 'x')), "1 bytes more"));
    const auto with = [](const std::string& fields) { return "{\"a\":{" + fields + "}}"; };
    REQUIRE(
        test::contains(tensor_error(with(R"("dtype":"F32","shape":[1,2],"data_offsets":[4,12])"),
                                    std::string(12, 'x')),
                       "expected to begin at 0"));
    REQUIRE(test::contains(tensor_error(with(R"("dtype":"F32","shape":[1,3],"data_offsets":[0,8])"),
                                        std::string(8, 'x')),
                           "dtype and shape"));
    REQUIRE(test::contains(
        tensor_error(with(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8])"),
                     std::string(8, 'x')),
        "dtype and shape"));
    REQUIRE(test::contains(tensor_error(with(R"("dtype":"F32","shape":[1,2])")), "data_offsets"));
    REQUIRE(test::contains(tensor_error(with(R"("shape":[0],"data_offsets":[0,0])")), "no dtype"));
    REQUIRE(test::contains(tensor_error(with(R"("dtype":7)")), "a number where"));
    REQUIRE(test::contains(tensor_error(with(R"("dtype":null)")), "null"));
    REQUIRE(test::contains(tensor_error(with(R"("shape":[-1])")), "negative"));
    REQUIRE(test::contains(tensor_error(with(R"("shape":[[1]])")), "a list"));
    REQUIRE(test::contains(tensor_error(with(R"("shape":{})")), "an object"));
    REQUIRE(test::contains(tensor_error("{\"a\""), "no JSON"));
    REQUIRE(test::contains(tensor_error("{}{}"), "no JSON"));
    REQUIRE(test::contains(tensor_error(" {}"), "no '{'"));
    REQUIRE(test::contains(test::format_error([] {
                               return parse_safetensors(elements({std::uint64_t{100'000'001}}) +
                                                        "{");
                           }),
                           "at most 100000000"));
    REQUIRE(test::contains(
        test::format_error([] { return parse_safetensors(elements({std::uint64_t{99}}) + "{}"); }),
        "ends after 2 of the 99"));
}

TEST_CASE("vecs of floats, bytes and integers") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "v.fvecs";
    const WordVectors<float> vectors = test::odd_vectors(7, "\n");
    write_vecs(vectors, path);
    REQUIRE(test::read_file(path).substr(0, 4) == elements<std::int32_t>({7}));
    require_same(read_vecs(path, ElementType::f32), vectors);

    WordVectors<float> whole = test::random_vectors(3, 4, 1);
    for (std::size_t i = 0; i < 12; ++i) {
        whole.mutable_table()[i / 4][i % 4] = static_cast<float>(i * 23);
    }
    write_vecs(whole, folder / "v.bvecs", ElementType::u8);
    REQUIRE(std::filesystem::file_size(folder / "v.bvecs") == 3 * 8);
    require_same(read_vecs(folder / "v.bvecs", ElementType::u8), whole);
    write_vecs(whole, folder / "v.ivecs", ElementType::i32);
    require_same(read_vecs(folder / "v.ivecs", ElementType::i32), whole);
    for (const float value : {0.0f, 255.0f}) {
        whole.mutable_table()[1][1] = value;
        write_vecs(whole, folder / "v.bvecs", ElementType::u8);
        require_same(read_vecs(folder / "v.bvecs", ElementType::u8), whole);
    }
    for (const float value : {-0x1p31f, 0x1p31f - 128.0f}) {
        whole.mutable_table()[1][1] = value;
        write_vecs(whole, folder / "v.ivecs", ElementType::i32);
        require_same(read_vecs(folder / "v.ivecs", ElementType::i32), whole);
    }
    for (const float value : {0x1p31f, -0x1p31f - 256.0f}) {
        whole.mutable_table()[1][1] = value;
        REQUIRE_THROWS_AS(write_vecs(whole, folder / "v.ivecs", ElementType::i32), Error);
    }
    whole.mutable_table()[1][1] = 256;
    REQUIRE_THROWS_AS(write_vecs(whole, folder / "v.bvecs", ElementType::u8), Error);
    whole.mutable_table()[1][1] = -1;
    REQUIRE(test::contains(
        test::message_of<Error>([&] { write_vecs(whole, folder / "v.bvecs", ElementType::u8); }),
        "row 1 holds -1"));
    whole.mutable_table()[1][1] = 0.5f;
    REQUIRE_THROWS_AS(write_vecs(whole, folder / "v.ivecs", ElementType::i32), Error);
    REQUIRE_THROWS_AS(write_vecs(whole, path, ElementType::f16), OptionError);

    const auto error = [](const std::string& bytes) {
        return test::format_error([&] { return parse_vecs_matrix(bytes, ElementType::f32, "v"); });
    };
    REQUIRE(test::contains(error(elements<std::int32_t>({0})), "dim 0"));
    REQUIRE(test::contains(error(elements<std::int32_t>({-5})), "dim -5"));
    REQUIRE(test::contains(error(elements<std::int32_t>({1, 0, 1})), "byte 12: the file ends"));
    REQUIRE(test::contains(error(elements<std::int32_t>({1, 0, 2, 0})), "row 2 has dim 2"));
    REQUIRE(test::contains(error("abc"), "ends after 3"));
}

TEST_CASE("the projector's files: numbers, and metadata with a header where there are counts") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "vectors.tsv";
    const WordVectors<float> vectors = test::odd_vectors(3);
    write_projector(vectors, path);
    REQUIRE(std::filesystem::exists(folder / "metadata.tsv"));
    const WordVectors<float> read = read_projector(path);
    require_same(read, vectors);
    test::require_same_counts(read, vectors);
    REQUIRE(test::read_file(folder / "metadata.tsv").starts_with("word\tcount\nplain\t993\n"));
    ProjectorReader rows(test::read_file(path), path, {});
    REQUIRE(rows.dim() == 3);

    write_projector(test::random_vectors(2, 1, 1), folder / "other.tsv");
    REQUIRE(test::read_file(folder / "other.metadata.tsv") == "w0\nw1\n");
    require_same(read_projector(folder / "other.tsv"), test::random_vectors(2, 1, 1));

    test::write_file(path, "1\t2\r\n3\t4\r\n");
    test::write_file(folder / "metadata.tsv", "name\tcolour\na\tred\nb\tblue\n");
    REQUIRE(read_projector(path)["b"][1] == 4);
    test::write_file(folder / "metadata.tsv", "a\n");
    REQUIRE(test::contains(test::format_error([&] { return read_projector(path); }),
                           "holds 1 words, expected one for each of the 2 rows"));
    const auto error = [&](const std::string& text) {
        return test::format_error([&] { return parse_projector(text, folder / "x.tsv"); });
    };
    REQUIRE(test::contains(error("1\t2\n3\n"), "line 2"));
    REQUIRE(test::contains(error("1\t2\n3\tx\n"), "line 2 (byte 4)"));
    REQUIRE(test::contains(error("1\t2\n3\t4\t5\n"), "line 2"));
    REQUIRE(test::contains(error("1\tnan\n"), "NaN"));
    REQUIRE(test::contains(error(""), "first line is empty"));
}
