#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace firth {

/// What readers do with files that are usable but odd.
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

    Duplicates duplicates = Duplicates::keep_first;
    NonFinite non_finite = NonFinite::refuse;
    Header header = Header::strict;
    std::size_t threads = 0; ///< for parsing; 0: all of the machine's
};

/// What a reader came across and let pass.
struct ReadReport {
    std::uint64_t duplicates = 0;  ///< rows left out because their word had one already
    std::string first_duplicate;   ///< the first such word
    std::uint64_t header_rows = 0; ///< the number of rows that the header promised
    std::uint64_t rows = 0;        ///< the number of rows in the file, duplicates included
};

} // namespace firth
