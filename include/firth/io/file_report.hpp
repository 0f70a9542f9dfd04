#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/number_text.hpp>
#include <firth/base/utf8.hpp>
#include <firth/io/opened_file.hpp>
#include <firth/io/read_options.hpp>
#include <firth/table/vocabulary.hpp>
#include <firth/table/word_vectors.hpp>

/// What is found of a file whose soundness is asked.
namespace firth {

/// What was found of a file in which nothing is wrong for certain.
struct FileReport {
    std::string format;                ///< its name
    std::string kind = "vectors";      ///< of firth's other files what they hold
    std::uint64_t rows = 0;            ///< of vectors
    std::size_t dim = 0;               ///< of vectors
    std::vector<std::string> checked;  ///< what was looked at
    std::vector<std::string> warnings; ///< what may be wrong: worth a look

    /// True where there is nothing to look at.
    [[nodiscard]] bool sound() const noexcept { return warnings.empty(); }
};

namespace detail {

/// Counts words of one kind and remembers the first.
class WordTally {
public:
    void add(std::string_view word) {
        if (count_++ == 0) first_ = word;
    }

    [[nodiscard]] std::size_t count() const noexcept { return count_; }

    /// "3 words WHAT, such as "first"", where there are any.
    void warn(const std::string& what, std::vector<std::string>& warnings) const {
        if (count_ == 0) return;
        warnings.push_back(std::to_string(count_) + (count_ == 1 ? " word " : " words ") + what +
                           ", such as \"" + first_ + '"');
    }

private:
    std::size_t count_ = 0;
    std::string first_;
};

/// Words that are rather parts of a damaged or misread file.
inline void warn_of_words(const Vocabulary& vocabulary, std::vector<std::string>& warnings) {
    WordTally fractions;
    WordTally whole;
    WordTally control;
    WordTally marked;
    for (Id id = 0; id < vocabulary.size(); ++id) {
        const std::string_view word = vocabulary[id];
        if (word.starts_with(byte_order_mark)) marked.add(word);
        if (std::any_of(word.begin(), word.end(),
                        [](char byte) { return static_cast<unsigned char>(byte) < 0x20; })) {
            control.add(word);
        }
        // "nan" and "infinity" are words of several languages.
        if (word.find_first_of("0123456789") == word.npos || !is_number(word)) continue;
        (word.find_first_not_of("0123456789") == word.npos ? whole : fractions).add(word);
    }
    fractions.warn("that look like elements of vectors", warnings);
    // Years and the like are words; but the first one may come from a header.
    if (2 * whole.count() > vocabulary.size() ||
        (!vocabulary.empty() && is_number(vocabulary[0]) && fractions.count() == 0)) {
        whole.warn("that are whole numbers", warnings);
    }
    control.warn("with control characters", warnings);
    marked.warn("that begin with a byte-order mark", warnings);
}

} // namespace detail

/// Reads all rows of a file in the format that F describes, of whatever words, and looks at them.
/// Throws `FormatError` at the first thing that is wrong.
template <class F>
[[nodiscard]] FileReport verify_rows(const OpenedFile& file, const ReadOptions& options) {
    ReadOptions strict = options;
    strict.duplicates = ReadOptions::Duplicates::refuse;
    ReadReport read;
    const WordVectors<float> vectors = F::load(file, strict, &read);
    FileReport report;
    report.format = F::format.name;
    report.rows = vectors.size();
    report.dim = vectors.dim();
    report.checked.push_back("every row has " + std::to_string(vectors.dim()) +
                             " finite numbers and nothing else");
    report.checked.emplace_back("no word comes twice");
    if (read.header_rows != 0) {
        report.checked.emplace_back("there are as many rows as the header says");
    }
    if (read.byte_order_mark) {
        report.warnings.emplace_back("the text begins with a UTF-8 byte-order mark, which other "
                                     "programs may take for a part of its first word");
    }
    if (read.numbered) {
        report.warnings.emplace_back("there are no words: rows are named by their numbers");
    } else {
        detail::warn_of_words(vectors.vocabulary(), report.warnings);
    }
    if (!F::format.words.empty && vectors.vocabulary().contains("")) {
        report.warnings.emplace_back("a row has an empty word, which the format has not");
    }
    if (read.not_utf8 != 0) {
        report.warnings.push_back(std::to_string(read.not_utf8) + " words are not UTF-8");
    }
    return report;
}

} // namespace firth
