#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/byte_source.hpp>
#include <firth/base/config.hpp>
#include <firth/base/decompress.hpp>
#include <firth/base/error.hpp>
#include <firth/text/text_files.hpp>
#include <firth/text/tokenize.hpp>

namespace firth {
FIRTH_BEGIN_UNPACKING

/// A stretch of text that begins and ends where it may be cut.
struct TextBlock {
    std::size_t number = 0; ///< its place among all blocks
    std::string text;
    bool adds_line_end = false; ///< its last byte ends a line that no line end ends in the file
};

/// Hands out a text, or several one after the other, in blocks of about a megabyte, to any number
/// of threads at once. The end of a file ends a line.
class TextBlocks {
public:
    static constexpr std::size_t default_block_size = std::size_t{1} << 20;

    /// Files in this order; gzip, xz and zstd files are unpacked. The result of reading does not
    /// depend on the size of a block, in bytes, which is at least 8. `cut_after` as in
    /// `CorpusTokenizer`, of which the bytes outlive the blocks.
    explicit TextBlocks(std::vector<std::string> files, std::size_t block_size = default_block_size,
                        std::string_view cut_after = white_space)
        : block_size_(block_size), cut_after_(cut_after), files_(std::move(files)) {}

    /// Any bytes, zeros among them too; `name` is what errors call them.
    TextBlocks(std::unique_ptr<ByteSource> source, std::string name,
               std::size_t block_size = default_block_size,
               std::string_view cut_after = white_space)
        : block_size_(block_size), cut_after_(cut_after), files_{std::move(name)},
          source_(std::move(source)), at_start_(true), takes_any_(true) {}

    /// Puts the next block in the place of the old one; false at the end. Throws `IoError`, and
    /// `FormatError` for data that is plainly no text: packed in a way not known, UTF-16, and of
    /// files whatever `list_files` would skip for its first bytes.
    bool next(TextBlock& block) {
        const std::lock_guard lock(mutex_);
        for (;;) {
            if (source_ == nullptr) {
                if (file_ == files_.size()) return false;
                source_ = open_source(files_[file_]);
                at_start_ = true;
                line_ended_ = true;
            }
            if (read_block(block)) {
                block.number = next_number_++;
                return true;
            }
            source_.reset();
            ++file_;
        }
    }

private:
    /// False at the end of the file.
    bool read_block(TextBlock& block) {
        std::string& text = block.text;
        block.adds_line_end = false;
        text.swap(carried_);
        carried_.clear();
        bool ended = false;
        std::size_t cut = text.npos;
        while (cut == text.npos && !ended) {
            const std::size_t before = text.size();
            text.resize(before + block_size_);
            const std::size_t got = source_->read(text.data() + before, block_size_);
            text.resize(before + got);
            ended = got < block_size_;
            if (at_start_) check_start(text);
            // Up to the last place for a cut, if any: a token that goes on waits for its end.
            cut = text.find_last_of(cut_after_);
        }
        if (ended) {
            // A file may end right after a block that ended within a line.
            if (text.empty() && line_ended_) return false;
            block.adds_line_end = text.empty() || text.back() != '\n';
            if (block.adds_line_end) text += '\n';
            line_ended_ = true;
            return true;
        }
        carried_.assign(text, cut + 1, text.npos);
        text.resize(cut + 1);
        line_ended_ = text[cut] == '\n';
        return true;
    }

    void check_start(std::string& text) {
        const std::string& file = files_[file_];
        const std::string name = file == FileSource::standard_input ? "standard input" : file;
        text.erase(0, text.size() - plain_text(text, name).size());
        at_start_ = false;
        const std::string found = takes_any_ ? "" : detail::binary_kind(text);
        if (!found.empty()) throw FormatError(name + " is " + found + ", expected plain text");
    }

    std::size_t block_size_;
    std::string_view cut_after_;
    std::mutex mutex_;
    std::vector<std::string> files_;
    std::size_t file_ = 0;
    std::unique_ptr<ByteSource> source_;
    bool at_start_ = false;
    bool takes_any_ = false;
    bool line_ended_ = true; ///< nothing of the file's last line was handed out yet
    std::string carried_;    ///< the beginning of a token that the next block goes on with
    std::size_t next_number_ = 0;
};

FIRTH_END_UNPACKING
} // namespace firth
