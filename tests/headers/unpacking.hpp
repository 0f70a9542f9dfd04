#pragma once

#include <string>

#include <firth/io.hpp>
#include <firth/text.hpp>

/// What one file of a program reads of a packed one, by the libraries that the file itself was
/// compiled with.
struct Unpacked {
    std::string source; ///< by `open_source`
    std::string words;  ///< of `load`
    std::string rows;   ///< of `RowFile`
    std::string format; ///< by `verify`
    std::string text;   ///< of `read_corpus`
    firth::WordVectors<float> vectors;
};

template <class Read>
std::string said(Read&& read) {
    try {
        return read();
    } catch (const firth::Error& error) {
        return error.what();
    }
}

/// Not `inline`, and not the same in two files: each has its own.
namespace {

Unpacked unpack(const std::string& path) {
    using namespace firth;
    Unpacked found;
    found.source = said([&] {
        std::string bytes(1000, '\0');
        bytes.resize(open_source(path)->read(bytes.data(), bytes.size()));
        return bytes;
    });
    found.words = said([&] {
        found.vectors = load(path);
        return std::string(found.vectors.word(0)) + ' ' + std::string(found.vectors.word(1));
    });
    found.rows = said([&] {
        RowFile rows(path);
        return std::string(rows.next()->word);
    });
    found.format = said([&] { return std::string(verify(path).format); });
    found.text =
        said([&] { return std::string(read_corpus(path, {.min_count = 1}).vocabulary[0]); });
    return found;
}

} // namespace

Unpacked unpack_by_zlib(const std::string& path);
