#include <firth/io/detail/foreign_file.hpp>

#include <firth/io/load.hpp>
#include <firth/io/save.hpp>

#include "support.hpp"

using namespace firth;

TEST_CASE("files of other programs are refused with what they are") {
    const test::TemporaryFolder folder;
    const auto refusal = [&](const std::string& bytes) {
        test::write_file(folder / "other", bytes);
        const std::string message = test::format_error([&] { return load(folder / "other"); });
        REQUIRE(test::contains(message, "other is no file of vectors that firth knows: it is"));
        return message;
    };
    const auto zip = [](const std::string& name) {
        std::string bytes = "PK\x03\x04" + std::string(22, '\x14');
        bytes += static_cast<char>(name.size());
        return bytes + std::string(3, '\0') + name + "\x93NUMPY...";
    };
    REQUIRE(test::contains(refusal(zip("vectors.npy")), "an .npz archive of NumPy"));
    REQUIRE(test::contains(refusal(zip("archive/data.pkl")), "PyTorch"));
    REQUIRE(test::contains(refusal(zip("glove.6B.50d.txt")), "a zip archive: unpack it first"));
    REQUIRE(test::contains(refusal("PK\x03\x04"), "a zip archive"));
    REQUIRE(test::contains(refusal("BZh91AY&SY\x12\x34\x56\x78"), "bzip2 data"));
    REQUIRE(test::contains(refusal("BZh9\x17\x72\x45\x38\x50\x90"), "bzip2 data"));
    REQUIRE(test::contains(refusal("\x80\x04\x95 123\x8C\x14gensim.models.keyedvectors"),
                           "what gensim's save() writes, a pickle of Python: load it there"));
    REQUIRE(test::contains(refusal("\x80\x02}q\x01."), "a pickle of Python"));
    using namespace std::string_literals;
    REQUIRE(test::contains(refusal("\xFF\xFE"s + "k\0i\0n\0g\0"s), "UTF-16"));
    REQUIRE(test::contains(refusal("\xFE\xFF"s + "\0k\0i\0n\0g"s), "UTF-16"));
    REQUIRE(test::contains(refusal("k\0i\0n\0g\0 \0001\0"s), "UTF-16"));
    REQUIRE(test::contains(refusal("\0k\0i\0n\0g\0 \0001"s), "UTF-16"));
    REQUIRE(test::contains(refusal("\xFF\xFE\0\0k\0\0\0i\0\0\0n\0\0\0"s), "UTF-32"));
    REQUIRE(test::contains(refusal("\x89HDF\r\n\x1A\n"), "HDF5"));
    REQUIRE(test::contains(refusal("FiFu\0\0\0\0\1\0\0\0"s), "finalfusion"));
    REQUIRE(test::contains(
        refusal("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 3\n"),
        "a pointer of Git LFS"));
    REQUIRE(test::contains(refusal("<!DOCTYPE html>\n<p>Not found</p>\n"), "HTML"));
    REQUIRE(test::contains(refusal("{\"model\": [1, 2]}\n"), "JSON"));
    REQUIRE(test::contains(refusal("{\n  \"king\": 1,\n  \"queen\": 2\n}\n"), "JSON"));
    REQUIRE(test::contains(refusal("7z\xBC\xAF\x27\x1C"), "7z"));
}

TEST_CASE("words that begin like other files are words") {
    for (const char* const word : {"PAR1", "GGUF", "BZh91", "PK", "7z", "{\"", "<html>"}) {
        INFO(word);
        REQUIRE(recognize_format(word + std::string(" 0.1 0.2\nb 0.3 0.4\n")) == glove_text_format);
    }
    // Rows of 640 floats begin with the bytes of a pickle.
    const test::TemporaryFolder folder;
    write_vecs(test::random_vectors(1, 640, 1), folder / "v.fvecs");
    REQUIRE(recognize_format(test::read_file(folder / "v.fvecs")) == fvecs_format);
}
