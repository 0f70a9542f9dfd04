#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <firth/base/byte_source.hpp>
#include <firth/base/decompress.hpp>
#include <firth/base/error.hpp>
#include <firth/text/tokenize.hpp>

namespace firth {

/// The files that a list of files and folders names: a folder stands for all regular files in it
/// and below, by name, without those that begin with a dot; "-" for standard input. Throws
/// `IoError` for what is not there and for a folder without files.
[[nodiscard]] inline std::vector<std::string> list_files(const std::vector<std::string>& paths) {
    namespace fs = std::filesystem;
    std::vector<std::string> files;
    for (const std::string& path : paths) {
        std::error_code code;
        if (path == FileSource::standard_input || !fs::is_directory(path, code)) {
            files.push_back(path);
            continue;
        }
        const std::size_t before = files.size();
        fs::recursive_directory_iterator at(path, code);
        for (; !code && at != fs::recursive_directory_iterator(); at.increment(code)) {
            const bool hidden = at->path().filename().string().starts_with('.');
            if (hidden && at->is_directory()) at.disable_recursion_pending();
            if (!hidden && at->is_regular_file()) files.push_back(at->path().string());
        }
        if (code) throw IoError("cannot read the directory " + path + ": " + code.message());
        if (files.size() == before) throw IoError("the directory " + path + " holds no files");
        std::sort(files.begin() + static_cast<std::ptrdiff_t>(before), files.end());
    }
    return files;
}

/// A stretch of text that begins and ends between two words.
struct TextBlock {
    std::size_t number = 0; ///< its place among all blocks
    std::string text;
};

/// Hands out a text, or several behind each other, in blocks of about a megabyte, to any number of
/// threads at once. The end of a file ends a line.
class TextBlocks {
public:
    /// Files in this order; gzip, xz and zstd files are unpacked.
    explicit TextBlocks(std::vector<std::string> files) : files_(std::move(files)) {}

    /// Any bytes; `name` is what errors call them.
    TextBlocks(std::unique_ptr<ByteSource> source, std::string name)
        : files_{std::move(name)}, source_(std::move(source)), at_start_(true) {}

    /// Puts the next block in the place of the old one; false at the end. Throws `IoError`, and
    /// `FormatError` for data that is plainly no text.
    bool next(TextBlock& block) {
        const std::lock_guard lock(mutex_);
        for (;;) {
            if (source_ == nullptr) {
                if (file_ == files_.size()) return false;
                source_ = open_source(files_[file_]);
                at_start_ = true;
            }
            if (read_block(block.text)) {
                block.number = next_number_++;
                return true;
            }
            source_.reset();
            ++file_;
        }
    }

private:
    static constexpr std::size_t block_size = std::size_t{1} << 20;

    /// False at the end of the file.
    bool read_block(std::string& text) {
        text.swap(carried_);
        carried_.clear();
        bool ended = false;
        std::size_t cut = text.npos;
        while (cut == text.npos && !ended) {
            const std::size_t before = text.size();
            text.resize(before + block_size);
            const std::size_t got = source_->read(text.data() + before, block_size);
            text.resize(before + got);
            ended = got < block_size;
            if (at_start_) {
                text.erase(0, text.size() - plain_text(text, files_[file_]).size());
                at_start_ = false;
            }
            // Up to the last white space, if any: a word that goes on waits for its end.
            cut = text.find_last_of(white_space);
        }
        if (ended) {
            if (text.empty()) return false;
            text += '\n';
            return true;
        }
        carried_.assign(text, cut + 1, text.npos);
        text.resize(cut + 1);
        return true;
    }

    std::mutex mutex_;
    std::vector<std::string> files_;
    std::size_t file_ = 0;
    std::unique_ptr<ByteSource> source_;
    bool at_start_ = false;
    std::string carried_; ///< the beginning of a word that the next block goes on with
    std::size_t next_number_ = 0;
};

} // namespace firth
