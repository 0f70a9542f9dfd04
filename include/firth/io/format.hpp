#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <firth/base/error.hpp>
#include <firth/base/progress.hpp>
#include <firth/io/detail/element_type.hpp>
#include <firth/io/word_rule.hpp>
#include <firth/table/id.hpp>
#include <firth/table/vocabulary.hpp>

namespace firth {

/// A file format of word vectors: its name, and what is known of its files before they are opened.
/// Each format's header has one (`npy_format`), beside the functions that read and write it, see
/// `VectorFormatDescription`. Formats are the same where their names are.
struct VectorFormat {
    std::string_view name{}; ///< as the tool knows it
    /// Endings of files' names that are written in this format; without capitals.
    std::array<std::string_view, 2> extensions{};
    WordRule words{}; ///< which words it can hold
    /// The file beside `path` with the words of the rows; null where they are in the file itself.
    std::string (*words_file)(const std::string& path) = nullptr;

    [[nodiscard]] friend constexpr bool operator==(const VectorFormat& a,
                                                   const VectorFormat& b) noexcept {
        return a.name == b.name;
    }
};

/// What is done with words that a format cannot hold, see `WordRule`.
enum class UnwritableWords {
    refuse,  ///< `Error`
    skip,    ///< their rows are left out
    replace, ///< "_" stands for what the format cannot hold
};

/// How vectors are written.
struct SaveOptions {
    std::optional<VectorFormat> format{}; ///< without: by the file's name, see `format_of_name`
    ElementType type = ElementType::f32;  ///< of the elements, in formats that have several
    UnwritableWords unwritable = UnwritableWords::refuse;
    ProgressCallback progress{}; ///< in rows; returning false ends the writing by an `Error`, and
                                 ///< leaves the old file
};

/// What a file that was written lacks.
struct SaveReport {
    std::uint64_t rows = 0;          ///< that were written
    std::uint64_t skipped = 0;       ///< rows left out because of their word
    std::uint64_t replaced = 0;      ///< words written as another one
    std::string first_unwritable{};  ///< the first such word
    std::string first_replacement{}; ///< as what it was written
    bool scales_lost = false;        ///< int8 codes without what their rows are multiplied by: of
                                     ///< each vector the direction is kept, not the length
};

namespace detail {

/// The end of a message about a word that a format does not hold.
[[nodiscard]] inline std::string unwritable(const VectorFormat& format, std::string_view word) {
    return "the word \"" + std::string(word) + "\", which " + std::string(format.name) +
           " cannot hold: " + format.words.why_not(word) +
           "; skip or replace such words (--unwritable), or choose another format";
}

} // namespace detail

/// Checks before long work whether vectors of these symbols can be written in a format: throws
/// `OptionError`, with the first symbol that the format cannot hold.
inline void check_words(const Vocabulary& vocabulary, const VectorFormat& format) {
    for (Id id = 0; id < vocabulary.size(); ++id) {
        if (format.words.holds(vocabulary[id])) continue;
        throw OptionError("word " + std::to_string(id) + " of the vocabulary is " +
                          detail::unwritable(format, vocabulary[id]));
    }
}

/// The same by the options for writing, which name the format: nothing is thrown where they skip or
/// replace such words.
inline void check_words(const Vocabulary& vocabulary, const SaveOptions& options) {
    if (!options.format)
        throw OptionError("no format is given, on which it depends what words may hold");
    if (options.unwritable == UnwritableWords::refuse) check_words(vocabulary, *options.format);
}

} // namespace firth
