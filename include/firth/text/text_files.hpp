#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <firth/base/byte_source.hpp>
#include <firth/base/config.hpp>
#include <firth/base/decompress.hpp>
#include <firth/base/error.hpp>
#include <firth/base/file_marks.hpp>
#include <firth/base/number_text.hpp>
#include <firth/base/section_file.hpp>
#include <firth/corpus/corpus.hpp>
#include <firth/text/tokenize.hpp>

/// Which files of a folder are texts. Folders that people train on also hold the results: vectors,
/// checkpoints, encoded corpora, counts. These, and other files that are not texts, are recognised
/// by their names and first bytes, and are never read as words.
namespace firth {

namespace detail {

/// How many bytes at the beginning of a file decide whether it is a text.
inline constexpr std::size_t text_head = std::size_t{1} << 16;

/// What a file is, by its first bytes (unpacked, if it is packed), where it is not a text: one of
/// firth's own files, or binary data, which has a zero byte among the first 64 kB. Else empty.
inline std::string binary_kind(std::string_view bytes) {
    if (is_section_file(bytes)) {
        return "one of firth's own files, of kind \"" + std::string(section_file_kind(bytes)) + '"';
    }
    const std::size_t zero = bytes.substr(0, text_head).find('\0');
    return zero == bytes.npos ? "" : "binary data, byte " + std::to_string(zero) + " is zero";
}

/// The fields of a line, as words of a text.
inline std::vector<std::string_view> line_fields(std::string_view line) {
    std::vector<std::string_view> fields;
    for_each_word(
        line, [&](std::string_view field) { fields.push_back(field); }, [] {});
    return fields;
}

/// True for lines that look like vectors as text: nearly all of the first hundred whole lines,
/// apart from a header of two whole numbers, are a word and the same count of numbers, at least
/// two, or as many as the header says, some of them with a decimal point or an exponent.
inline bool begins_like_vectors(std::string_view bytes) {
    constexpr std::size_t looked_at = 100;
    std::vector<std::vector<std::string_view>> lines;
    for (std::size_t end = bytes.find('\n'); end != bytes.npos && lines.size() < looked_at;
         end = bytes.find('\n')) {
        lines.push_back(line_fields(bytes.substr(0, end)));
        bytes.remove_prefix(end + 1);
    }
    if (lines.size() < 2) return false;
    const auto is_whole = [](std::string_view field) {
        return field.find_first_not_of("0123456789") == field.npos;
    };
    const bool header = lines[0].size() == 2 && is_whole(lines[0][0]) && is_whole(lines[0][1]);
    const std::size_t numbers = header ? lines[1].size() - 1 : lines[0].size() - 1;
    if (lines[header].empty() || numbers < (header ? 1u : 2u) ||
        (header && std::to_string(numbers) != lines[0][1])) {
        return false;
    }
    std::size_t rows = 0;
    bool has_fractions = false;
    for (std::size_t i = header; i < lines.size(); ++i) {
        const std::vector<std::string_view>& fields = lines[i];
        if (fields.size() < numbers + 1) continue;
        // Words may have spaces in them: the numbers stand at the end.
        const auto first = fields.end() - static_cast<std::ptrdiff_t>(numbers);
        const bool longer = fields.size() > numbers + 1 && is_number(*(first - 1));
        if (longer || !std::all_of(first, fields.end(), is_number)) continue;
        ++rows;
        has_fractions |= std::any_of(first, fields.end(), [](std::string_view field) {
            return field.find_first_of(".eE") != field.npos;
        });
    }
    return has_fractions && 10 * rows >= 9 * (lines.size() - header);
}

FIRTH_BEGIN_UNPACKING

/// Why a file of a folder is not a text, by its name and its first bytes; empty where it may be
/// one. Packed data that cannot be unpacked and UTF-16 are left to the reader, which refuses them:
/// they may well be texts. Throws `IoError` and `FormatError`.
inline std::string why_no_text(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    const auto numbered = [&](std::string_view mark) {
        const std::size_t at = name.rfind(mark);
        const std::size_t digits = at + mark.size();
        return at != name.npos && digits != name.size() &&
               name.find_first_not_of("0123456789", digits) == name.npos;
    };
    if (name.ends_with(".checkpoint")) return "a checkpoint";
    if (numbered(".tmp-") || numbered("firth-spool-")) return "a temporary file";
    std::string head(text_head, '\0');
    head.resize(open_source(path.string())->read(head.data(), head.size()));
    if (file_mark(head) != nullptr) return {};
    if (begins_like_vectors(head)) return "vectors as text";
    return binary_kind(head);
}

FIRTH_END_UNPACKING
} // namespace detail

FIRTH_BEGIN_UNPACKING

/// The files that a list of files and folders names: "-" stands for standard input, and a folder
/// for all texts in it and below, by name. In folders, hidden files (`.git`) are skipped, and files
/// that are not texts are left out and added to `skipped`, with the reason: firth's own files
/// (vectors, corpora, counts, checkpoints, whatever ends in ".checkpoint"), temporary files,
/// vectors as text, and binary data, which has a zero byte in its first 64 kB. A file that is named
/// itself is always listed.
///
/// Throws `IoError` for what does not exist and for a folder without texts, and `FormatError` for
/// packed data that is damaged or that this build cannot read.
[[nodiscard]] inline std::vector<std::string>
list_files(const std::vector<std::string>& paths, std::vector<SkippedFile>* skipped = nullptr) {
    namespace fs = std::filesystem;
    std::vector<std::string> files;
    for (const std::string& path : paths) {
        std::error_code code;
        if (path == FileSource::standard_input || !fs::is_directory(path, code)) {
            files.push_back(path);
            continue;
        }
        std::vector<fs::path> found;
        fs::recursive_directory_iterator at(path, code);
        for (; !code && at != fs::recursive_directory_iterator(); at.increment(code)) {
            std::error_code ignored; // of a link that leads nowhere
            const bool hidden = at->path().filename().string().starts_with('.');
            if (hidden && at->is_directory(ignored)) at.disable_recursion_pending();
            if (!hidden && at->is_regular_file(ignored)) found.push_back(at->path());
        }
        if (code) throw IoError("cannot read the directory " + path + ": " + code.message());
        if (found.empty()) throw IoError("the directory " + path + " holds no files");
        std::sort(found.begin(), found.end(),
                  [](const fs::path& a, const fs::path& b) { return a.string() < b.string(); });
        const std::size_t before = files.size();
        SkippedFile first;
        for (const fs::path& file : found) {
            SkippedFile entry{file.string(), detail::why_no_text(file)};
            if (entry.reason.empty()) {
                files.push_back(entry.path);
                continue;
            }
            if (first.path.empty()) first = entry;
            if (skipped != nullptr) skipped->push_back(std::move(entry));
        }
        if (files.size() == before) {
            throw IoError("the directory " + path + " holds no texts: of its " +
                          std::to_string(found.size()) + " files the first, " + first.path +
                          ", is " + first.reason);
        }
    }
    return files;
}

FIRTH_END_UNPACKING
} // namespace firth
