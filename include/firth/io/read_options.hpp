#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <firth/base/progress.hpp>

namespace firth {

/// What readers do with files that are usable but odd, and how much of them they read.
struct ReadOptions {
    /// A word that stands in the file a second time.
    enum class Duplicates {
        keep_first, ///< the later rows are left out and reported
        refuse,     ///< `FormatError`
    };

    /// NaN and infinity in a vector.
    enum class NonFinite {
        refuse, ///< `FormatError`
        keep,   ///< taken as they are; indexes and writers refuse them later
    };

    /// A header whose number of rows is not the file's.
    enum class Header {
        strict,   ///< `FormatError`
        tolerant, ///< the rows that are there count; some writers are off by one
    };

    /// Words that are not UTF-8.
    enum class Utf8 {
        keep_bytes, ///< words are bytes
        replace,    ///< U+FFFD stands for each byte that makes no sense
        refuse,     ///< `FormatError`
    };

    /// Words of a text that have a number among their parts, such as "windows 10". They look like
    /// rows with a number too many, or like two rows on one line.
    enum class SpacedNumbers {
        refuse, ///< `FormatError`
        keep,   ///< they are words
    };

    Duplicates duplicates = Duplicates::keep_first;
    NonFinite non_finite = NonFinite::refuse;
    Header header = Header::strict;
    Utf8 utf8 = Utf8::keep_bytes;
    SpacedNumbers spaced_numbers = SpacedNumbers::refuse;
    std::size_t top = 0;         ///< read the first rows only, so many; 0: all
    std::string words{};         ///< the file with the words of the rows, for formats that have
                                 ///< none; empty: the one beside it, see `words_path`
    std::string tensor{};        ///< the tensor's name in a safetensors file; empty: the usual ones
    std::size_t threads = 0;     ///< for parsing; 0: all of the machine's
    ProgressCallback progress{}; ///< in rows; returning false ends the reading by an `Error`
};

/// What a reader came across and let pass.
struct ReadReport {
    std::uint64_t duplicates = 0;  ///< rows left out because their word had one already
    std::string first_duplicate{}; ///< the first such word
    std::uint64_t header_rows = 0; ///< the number of rows that the header promised
    std::uint64_t rows = 0;        ///< the number of rows that were read, duplicates included
    std::uint64_t not_utf8 = 0;    ///< words that are not UTF-8
    bool numbered = false;         ///< no words were there: rows are named by their numbers
    bool byte_order_mark = false;  ///< the text (of the rows or of their words) began with one
};

} // namespace firth
