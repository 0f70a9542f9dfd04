#include <firth/io/native.hpp>

#include <cmath>
#include <filesystem>

#include <firth/query/nearest.hpp>
#include <firth/simd/dot.hpp>

#include "support.hpp"

using namespace firth;
using test::require_same;

namespace {

/// a section file's section changed in place, with the checksums of the section put right or not.
void damage(const std::string& path, std::string_view section, std::size_t at, char byte) {
    std::size_t offset = 0;
    {
        const SectionFile file(path, "vectors", 1);
        offset =
            static_cast<std::size_t>(file.section(section).data() - file.file().bytes().data());
    }
    std::string bytes = test::read_file(path);
    REQUIRE(bytes[offset + at] != byte);
    bytes[offset + at] = byte;
    test::write_file(path, bytes);
}

/// a section file of vectors with one section in place of the right one; "" leaves it out.
void write_with(const std::string& path, std::string_view changed, std::string_view bytes,
                std::string_view kind = "vectors", std::uint32_t version = 1) {
    const test::TemporaryFolder folder;
    write_native(test::random_vectors(3, 5, 1), folder / "sound");
    const SectionFile sound(folder / "sound", "vectors", 1);
    SectionFileWriter file(path, kind, version);
    for (const std::string& name : sound.names()) {
        const std::string_view content = name == changed ? bytes : sound.section(name);
        if (!content.empty()) file.section(name, content);
    }
    file.section("of a later time", "not known yet");
    file.commit();
}

std::string numbers(std::initializer_list<std::uint64_t> values) {
    std::string bytes;
    for (const std::uint64_t value : values) {
        bytes += detail::bytes_of(value);
    }
    return bytes;
}

} // namespace

TEST_CASE(".firth files hold any words, their counts and rows of every type") {
    const test::TemporaryFolder folder;
    for (const std::size_t dim : {1u, 15u, 16u, 300u}) {
        const WordVectors<float> vectors = test::odd_vectors(dim);
        const auto largest = [&](Id id) {
            float most = 0;
            for (const float value : vectors[id]) {
                most = std::max(most, std::fabs(value));
            }
            return most;
        };
        for (const auto& [type, error] :
             {std::pair(ElementType::f32, 0.0f), std::pair(ElementType::f16, 0x1p-11f),
              std::pair(ElementType::bf16, 0x1p-8f), std::pair(ElementType::i8, 0.5f / 127)}) {
            const std::string path = folder / std::string(element_name(type));
            write_native(vectors, path, type);
            verify_native(path);
            const WordVectors<float> read = read_native(path);
            REQUIRE(read.vocabulary().symbols() == vectors.vocabulary().symbols());
            test::require_same_counts(read, vectors);
            for (Id id = 0; id < vectors.size(); ++id) {
                REQUIRE(read.find(vectors.word(id)) == id);
                for (std::size_t i = 0; i < dim; ++i) {
                    REQUIRE(std::fabs(read[id][i] - vectors[id][i]) <=
                            1.001f * error * largest(id));
                }
            }
            REQUIRE_FALSE(read.contains("not there"));
            NativeReader rows(path);
            Id id = 0;
            while (const auto row = rows.next()) {
                REQUIRE(row->word == read.word(id));
                REQUIRE(row->count == read.vocabulary().count(id));
                REQUIRE(std::ranges::equal(row->vector, read[id]));
                ++id;
            }
            REQUIRE(id == read.size());
        }
    }
}

TEST_CASE("a .firth file is used in place") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "v.firth";
    const WordVectors<float> vectors = test::random_vectors(1000, 50, 1);
    write_native(vectors, path);
    WordVectors<float> opened = open_native(path);
    REQUIRE(opened.vocabulary().is_mapped());
    REQUIRE(reinterpret_cast<std::uintptr_t>(opened.table().data()) % 64 == 0);
    require_same(opened, vectors);
    REQUIRE(opened.norms().size() == 1000);
    REQUIRE(opened.norms()[7] == simd::norm(vectors[Id{7}]));

    // The same answers as from memory, with norms that were not computed again.
    const WordIndex mapped(opened);
    const WordIndex in_memory(vectors);
    for (const char* const word : {"w0", "w999", "w17"}) {
        const auto a = nearest(mapped, word);
        const auto b = nearest(in_memory, word);
        REQUIRE(a.size() == b.size());
        for (std::size_t i = 0; i < a.size(); ++i) {
            REQUIRE(a[i].word == b[i].word);
            REQUIRE(a[i].score == b[i].score);
        }
    }

    // Changing rows changes the memory only, and what was known of norms is forgotten.
    const std::string before = test::read_file(path);
    WordVectors<float> copy = opened;
    opened.mutable_table()[3][0] = 42;
    REQUIRE(opened.norms().empty());
    REQUIRE(opened[Id{3}][0] == 42);
    REQUIRE(copy[Id{3}][0] == vectors[Id{3}][0]);
    REQUIRE(test::read_file(path) == before);

    // The mapping lives as long as anything that lies in it, whatever becomes of the file.
    Vocabulary words = opened.vocabulary();
    opened = {};
    write_native(test::random_vectors(2, 2, 2), path);
    REQUIRE(words[999] == "w999");
    REQUIRE(words.find("w500") == 500u);
    REQUIRE(words.add("new", 5) == std::pair(Id{1000}, true));
    REQUIRE_FALSE(words.is_mapped());
    REQUIRE(words.find("w500") == 500u);
    REQUIRE(words[1000] == "new");
    REQUIRE(open_native(path).size() == 2);
}

TEST_CASE("half and quarter tables open in place, and only as what they are") {
    const test::TemporaryFolder folder;
    const WordVectors<float> vectors = test::random_vectors(10, 20, 1);
    write_native(vectors, folder / "f16", ElementType::f16);
    write_native(vectors, folder / "bf16", ElementType::bf16);
    write_native(vectors, folder / "i8", ElementType::i8);
    REQUIRE(open_native<float16>(folder / "f16")[Id{2}][3] == float16(vectors[Id{2}][3]));
    REQUIRE(open_native<bfloat16>(folder / "bf16")[Id{2}][3] == bfloat16(vectors[Id{2}][3]));
    const QuantizedVectors codes = open_native_quantized(folder / "i8");
    const QuantizedTable expected(vectors.table());
    REQUIRE(codes.vocabulary.find("w4") == 4u);
    for (std::size_t id = 0; id < 10; ++id) {
        REQUIRE(std::ranges::equal(codes.table.codes()[id], expected.codes()[id]));
        REQUIRE(codes.table.scale(id) == expected.scale(id));
        REQUIRE(codes.table.norm(id) == expected.norm(id));
    }
    REQUIRE(test::contains(test::format_error([&] { return open_native(folder / "f16"); }),
                           "says f16, expected f32"));
    REQUIRE_THROWS_AS(open_native_quantized(folder / "f16"), FormatError);
    REQUIRE_THROWS_AS(open_native<bfloat16>(folder / "f16"), FormatError);
    REQUIRE_THROWS_AS(write_native(vectors, folder / "f64", ElementType::f64), OptionError);
}

TEST_CASE("what is damaged in a .firth file is met as an error, or found by verifying") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "v.firth";
    const WordVectors<float> vectors = test::random_vectors(100, 5, 1);
    const auto verify_error = [&](std::string_view section, std::size_t at, char byte) {
        write_native(vectors, path);
        damage(path, section, at, byte);
        static_cast<void>(open_native(path)); // no entry was touched
        return test::format_error([&] {
            verify_native(path);
            return 0;
        });
    };
    for (const char* const section :
         {"rows", "norms", "symbols", "symbol ends", "symbol slots", "counts"}) {
        REQUIRE(test::contains(verify_error(section, 11, '\x7F'), "checksum"));
    }
    write_native(vectors, path);
    damage(path, "symbol ends", 7, '\x7F');
    const WordVectors<float> opened = open_native(path);
    REQUIRE(test::contains(test::format_error([&] { return opened.word(0); }), "symbol 0 lies"));
    REQUIRE(test::contains(test::format_error([&] { return opened.word(1); }), "symbol 1 lies"));
    REQUIRE(opened.word(2) == "w2");
    REQUIRE_THROWS_AS(opened.find("w0"), FormatError);
    REQUIRE(opened.find("w50") == 50u);
}

TEST_CASE("a .firth file whose parts do not fit each other is refused") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "v.firth";
    const auto error = [&](std::string_view section, std::string_view bytes) {
        write_with(path, section, bytes);
        return test::format_error([&] { return read_native(path); });
    };
    write_with(path, "none", "");
    verify_native(path); // sections that are not known are passed over
    require_same(read_native(path), test::random_vectors(3, 5, 1));
    REQUIRE(test::contains(error("shape", numbers({3})), "\"shape\" is not"));
    REQUIRE(test::contains(error("shape", numbers({4, 5})), "\"rows\" has 192"));
    REQUIRE(test::contains(error("shape", numbers({3, 17})), "\"rows\" has 192"));
    REQUIRE(test::contains(error("shape", numbers({std::uint64_t{1} << 60, 5})), "at most"));
    REQUIRE(test::contains(error("shape", numbers({3, 0})), "1 to"));
    REQUIRE(test::contains(error("element", "f8"), "\"f8\""));
    REQUIRE(test::contains(error("element", "i8"), "scales"));
    REQUIRE(test::contains(error("norms", numbers({1})), "norms"));
    REQUIRE(test::contains(error("counts", numbers({1})), "\"counts\" has 1"));
    REQUIRE(test::contains(error("symbol slots", numbers({1, 2, 3})), "3 slots"));
    REQUIRE(test::contains(error("symbol slots", numbers({1, 2})), "2 slots"));
    REQUIRE(test::contains(error("rows", ""), "no section \"rows\""));
    write_with(path, "norms", numbers({0x3F8000003F800000u, 0x3F800000u}).substr(0, 12));
    REQUIRE(test::contains(test::format_error([&] {
                               verify_native(path);
                               return 0;
                           }),
                           "row 0 has norm"));
    // An index in which no place is free ends a search all the same.
    write_with(path, "symbol slots", numbers({0, 1, 2, 0, 1, 2, 0, 1}));
    REQUIRE_FALSE(open_native(path).contains("w0"));
    write_with(path, "symbol slots", std::string(64, '\0'));
    REQUIRE_THROWS_AS(verify_native(path), FormatError);
    write_with(path, "none", "", "checkpoint");
    REQUIRE(test::contains(test::format_error([&] { return read_native(path); }), "kind"));
    write_with(path, "none", "", "vectors", 2);
    REQUIRE(test::contains(test::format_error([&] { return read_native(path); }), "version 2"));
}

TEST_CASE("a .firth file's rows are verified to the last byte") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "v.firth";
    const auto error = [&](std::size_t at, std::string_view bytes) {
        write_native(test::random_vectors(3, 5, 1), path);
        std::string rows(SectionFile(path, "vectors", 1).section("rows"));
        REQUIRE(rows.size() == 3 * 64);
        rows.replace(at, bytes.size(), bytes);
        write_with(path, "rows", rows);
        return test::format_error([&] {
            verify_native(path);
            return 0;
        });
    };
    REQUIRE(test::contains(error(20, "\1"), "row 0 has padding that is not zero"));
    REQUIRE(test::contains(error(63, "\1"), "row 0 has padding"));
    REQUIRE(test::contains(error(191, "\1"), "row 2 has padding"));
    REQUIRE(test::contains(error(128 + 16, test::raw(std::nanf(""))), "row 2 holds NaN"));
    REQUIRE(test::contains(error(64, test::raw(9.0f)), "row 1 has norm"));
}

TEST_CASE("the .firth file of version 1 opens") {
    const WordVectors<float> read = read_native(FIRTH_SOURCE_DIR "/tests/io/golden/version1.firth");
    verify_native(FIRTH_SOURCE_DIR "/tests/io/golden/version1.firth");
    REQUIRE(read.vocabulary().symbols() == std::vector<std::string_view>{"king", "queen",
                                                                         "gr\xC3\xB6\xC3\x9F"
                                                                         "er"});
    REQUIRE(std::ranges::equal(read.vocabulary().counts(), std::vector<std::uint64_t>{12, 7, 3}));
    REQUIRE(std::ranges::equal(read["king"], std::vector<float>{0.5f, -1.25f, 3.0f}));
    REQUIRE(std::ranges::equal(read["queen"], std::vector<float>{0.0f, 0.0f, -0.0625f}));
    REQUIRE(read.norms()[1] == 0.0625f);
}

TEST_CASE("a .firth file takes each word once, and no other number of rows than promised") {
    const test::TemporaryFolder folder;
    const std::vector<float> vector{1, 2};
    const auto write = [&](std::initializer_list<const char*> words) {
        NativeWriter writer(folder / "v.firth", 2, 2);
        for (const char* const word : words) {
            writer.add({word, vector});
        }
        writer.finish();
    };
    write({"a", "b"});
    REQUIRE(test::contains(test::message_of<Error>([&] { write({"a", "a"}); }), "twice"));
    REQUIRE(test::contains(test::message_of<Error>([&] { write({"a"}); }), "1 rows, but 2"));
    REQUIRE(test::contains(test::message_of<Error>([&] { write({"a", "b", "c"}); }), "promised"));
    REQUIRE(read_native(folder / "v.firth").size() == 2);
    REQUIRE(folder.files() == 1);
    write_native(test::random_vectors(0, 7, 1), folder / "none.firth");
    REQUIRE(read_native(folder / "none.firth").size() == 0);
    verify_native(folder / "none.firth");
    write_native(WordVectors<float>(), folder / "none.firth");
    REQUIRE(read_native(folder / "none.firth").size() == 0);
}
