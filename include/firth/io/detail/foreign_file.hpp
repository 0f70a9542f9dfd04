#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <firth/base/file_marks.hpp>

/// Files that are taken for vectors and are something else.
namespace firth::detail {

/// What a zip archive is, by the name of its first member.
inline std::string zip_kind(std::string_view bytes) {
    constexpr std::size_t name_at = 30;
    constexpr std::size_t length_at = 26;
    std::string_view name;
    if (bytes.size() > name_at) {
        const auto low = static_cast<unsigned char>(bytes[length_at]);
        const auto high = static_cast<unsigned char>(bytes[length_at + 1]);
        name = bytes.substr(name_at, low + 256u * high);
    }
    if (name.ends_with(".npy")) {
        return "an .npz archive of NumPy: write one of its arrays by numpy.save";
    }
    if (name.ends_with("data.pkl") || name.ends_with("/version")) {
        return "a file of PyTorch: write the matrix by numpy.save or as safetensors";
    }
    return "a zip archive: unpack it first";
}

/// What bytes are that are no file of vectors, and what to do; empty where their beginning does not
/// tell.
inline std::string foreign_kind(std::string_view bytes) {
    using namespace std::string_view_literals;
    const auto byte = [&](std::size_t at) {
        return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0u;
    };
    if (const FileMark* const mark = file_mark(bytes)) {
        if (mark->what == "a zip archive") return zip_kind(bytes);
        return std::string(mark->what) + ": " + std::string(mark->advice);
    }
    if (byte(0) == 0x80 && byte(1) >= 2 && byte(1) <= 5 && byte(2) >= 0x20) {
        return bytes.substr(0, 4096).find("gensim"sv) != bytes.npos
                   ? "what gensim's save() writes, a pickle of Python: load it there and write it "
                     "by save_word2vec_format()"
                   : "a pickle of Python: write the vectors in one of firth's formats there";
    }
    struct Mark {
        std::string_view bytes;
        std::string_view what;
    };
    static constexpr std::array<Mark, 10> marks{{
        {"\x89HDF\r\n"sv, "an HDF5 file: write the matrix by numpy.save"sv},
        {"PAR1"sv, "a Parquet file: write the vectors in one of firth's formats"sv},
        {"FiFu\0\0\0\0"sv, "a file of finalfusion: convert it to word2vec's format there"sv},
        {"GGUF"sv, "a GGUF file, of which firth reads none"sv},
        {"SQLite format 3"sv, "a database of SQLite"sv},
        {"version https://git-lfs"sv, "a pointer of Git LFS: fetch the file that it stands for"sv},
        {"<!DOCTYPE"sv, "a page of HTML, perhaps the error message of a download"sv},
        {"<html"sv, "a page of HTML, perhaps the error message of a download"sv},
        {"{\n"sv, "JSON, of which firth reads no vectors"sv},
        {"{\""sv, "JSON, of which firth reads no vectors"sv},
    }};
    for (const Mark& mark : marks) {
        if (bytes.starts_with(mark.bytes)) return std::string(mark.what);
    }
    // ASCII in UTF-16 without a mark.
    for (const std::size_t zero : {1u, 0u}) {
        bool wide = bytes.size() >= 8;
        for (std::size_t at = 0; wide && at < 8; ++at) {
            wide = (byte(at) == 0) == (at % 2 == zero);
        }
        if (wide) return "UTF-16 text: expected UTF-8";
    }
    return {};
}

} // namespace firth::detail
