#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <firth/base/atomic_file.hpp>
#include <firth/base/error.hpp>
#include <firth/base/fields.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/utf8.hpp>
#include <firth/io/read_options.hpp>
#include <firth/io/rows.hpp>

/// The words of rows that lie in a file of numbers alone: a word a line, and behind a tab or a
/// space its count where counts are known.
namespace firth {

/// Words in the order of rows, and what they are views into.
struct WordList {
    std::vector<std::string_view> words;
    std::vector<std::uint64_t> counts; ///< empty, or one a word
    std::shared_ptr<const void> keeper;
};

/// The file with the words of `path`, where nobody says otherwise: "vectors.npy" has
/// "vectors.words.txt".
[[nodiscard]] inline std::string words_path(const std::string& path) {
    return std::filesystem::path(path).replace_extension(".words.txt").string();
}

namespace detail {

/// Splits "word<tab or space>count"; false for other lines.
inline bool split_count(std::string_view line, std::string_view& word, std::uint64_t& count) {
    const std::size_t separator = line.find_last_of(" \t");
    if (separator == line.npos || separator == 0) return false;
    word = line.substr(0, separator);
    const char* const end = line.data() + line.size();
    const std::from_chars_result parsed = std::from_chars(line.data() + separator + 1, end, count);
    return parsed.ec == std::errc() && parsed.ptr == end;
}

} // namespace detail

/// Reads words from the bytes of a file, which must outlive the list. Counts are there where every
/// line ends in one.
[[nodiscard]] inline WordList parse_word_list(std::string_view text) {
    skip_byte_order_mark(text);
    WordList list;
    bool counted = true;
    while (!text.empty()) {
        std::string_view line = take_line(text);
        if (line.ends_with('\r')) line.remove_suffix(1);
        std::string_view word;
        std::uint64_t count = 0;
        counted = counted && detail::split_count(line, word, count);
        list.words.push_back(line);
        if (counted) list.counts.push_back(count);
    }
    if (!counted) list.counts.clear();
    if (list.words.empty()) return list;
    for (std::size_t i = 0; i < list.counts.size(); ++i) {
        list.words[i] = list.words[i].substr(0, list.words[i].find_last_of(" \t"));
    }
    return list;
}

/// The words of the `rows` rows in the file `path`: those of `options.words`, or of the file beside
/// it, or else the rows' numbers, which `report` then says, as it does of a byte-order mark.
/// `parse` makes a list of the file's bytes. Throws `IoError`, and `FormatError` where there are
/// more or fewer words than rows.
[[nodiscard]] inline WordList words_of(const std::string& path, std::size_t rows,
                                       const ReadOptions& options, ReadReport* report,
                                       const std::string& beside,
                                       WordList (*parse)(std::string_view text) = parse_word_list) {
    if (report != nullptr) report->numbered = report->byte_order_mark = false;
    std::error_code code;
    const std::string from = !options.words.empty() ? options.words : beside;
    if (options.words.empty() && !std::filesystem::exists(from, code)) {
        if (report != nullptr) report->numbered = true;
        auto numbers = std::make_shared<std::vector<std::string>>(rows);
        WordList list;
        list.words.reserve(rows);
        for (std::size_t row = 0; row < rows; ++row) {
            (*numbers)[row] = std::to_string(row);
            list.words.push_back((*numbers)[row]);
        }
        list.keeper = std::move(numbers);
        return list;
    }
    const auto file = std::make_shared<MappedFile>(from);
    WordList list = parse(file->bytes());
    if (report != nullptr) report->byte_order_mark = file->bytes().starts_with(byte_order_mark);
    if (list.keeper == nullptr) list.keeper = file;
    if (list.words.size() != rows) {
        throw FormatError(from + " holds " + std::to_string(list.words.size()) +
                          " words, expected one for each of the " + std::to_string(rows) +
                          " rows of " + path);
    }
    return list;
}

/// Writes such a file while rows come.
class WordListWriter {
public:
    explicit WordListWriter(const std::string& path) : file_(path) {}

    /// The word must hold no newline.
    void add(const Row& row) {
        words_.append(row.word);
        counts_.push_back(row.count);
        lengths_.push_back(row.word.size());
    }

    /// Writes the lines, with counts where one is known or where lines without them would read as
    /// if they had some, and puts the rows' file and this one in their places.
    void commit_with(AtomicFile& rows) {
        bool counted = std::any_of(counts_.begin(), counts_.end(),
                                   [](std::uint64_t count) { return count != 0; });
        counted = counted || looks_counted();
        std::size_t at = 0;
        for (std::size_t i = 0; i < lengths_.size(); ++i) {
            std::string line = words_.substr(at, lengths_[i]);
            at += lengths_[i];
            if (counted) line += '\t' + std::to_string(counts_[i]);
            file_.write(line + '\n');
        }
        AtomicFile::commit_together(rows, file_);
    }

private:
    [[nodiscard]] bool looks_counted() const {
        std::size_t at = 0;
        for (const std::size_t length : lengths_) {
            std::string_view word;
            std::uint64_t count = 0;
            if (!detail::split_count(std::string_view(words_).substr(at, length), word, count)) {
                return false;
            }
            at += length;
        }
        return true;
    }

    AtomicFile file_;
    std::string words_;
    std::vector<std::uint64_t> counts_;
    std::vector<std::size_t> lengths_;
};

} // namespace firth
