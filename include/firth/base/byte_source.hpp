#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <firth/base/error.hpp>

namespace firth {

/// A stream of bytes, wherever they come from.
class ByteSource {
public:
    ByteSource() = default;
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;
    virtual ~ByteSource() = default;

    /// Puts the next bytes at `to` and returns how many: `size`, or fewer at the end. Throws
    /// `IoError` where they cannot be read and `FormatError` where they make no sense.
    virtual std::size_t read(char* to, std::size_t size) = 0;
};

/// True for what can be read only once, from front to back: a pipe, a terminal, a device.
[[nodiscard]] inline bool is_stream(const std::string& path) {
    std::error_code code;
    const std::filesystem::file_status status = std::filesystem::status(path, code);
    return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
           !std::filesystem::is_directory(status);
}

/// A file's bytes, or standard input's.
class FileSource final : public ByteSource {
public:
    /// The path that stands for standard input.
    static constexpr std::string_view standard_input = "-";

    /// Throws `IoError` where the file cannot be opened or read.
    explicit FileSource(const std::string& path) : path_(path) {
        file_.reset(path == standard_input ? stdin : std::fopen(path.c_str(), "rb"));
        if (file_ == nullptr) fail();
        head_.resize(8);
        head_.resize(read_file(head_.data(), head_.size()));
    }

    /// The first 8 bytes, or all of a shorter file, whatever was read already.
    [[nodiscard]] std::string_view head() const noexcept { return head_; }

    std::size_t read(char* to, std::size_t size) override {
        const std::size_t from_head = (std::min)(size, head_.size() - head_read_);
        if (from_head != 0) std::memcpy(to, head_.data() + head_read_, from_head);
        head_read_ += from_head;
        return from_head + read_file(to + from_head, size - from_head);
    }

private:
    struct Close {
        void operator()(std::FILE* file) const noexcept {
            if (file != stdin) static_cast<void>(std::fclose(file));
        }
    };

    std::size_t read_file(char* to, std::size_t size) {
        const std::size_t got = std::fread(to, 1, size, file_.get());
        if (got < size && std::ferror(file_.get()) != 0) fail();
        return got;
    }

    [[noreturn]] void fail() const {
        throw IoError("cannot read " +
                      (path_ == standard_input ? std::string("standard input") : path_) + ": " +
                      std::strerror(errno));
    }

    std::string path_;
    std::unique_ptr<std::FILE, Close> file_;
    std::string head_;
    std::size_t head_read_ = 0;
};

/// Bytes that are in memory, which must outlive it.
class MemorySource final : public ByteSource {
public:
    explicit MemorySource(std::string_view bytes) noexcept : bytes_(bytes) {}

    std::size_t read(char* to, std::size_t size) override {
        const std::size_t got = (std::min)(size, bytes_.size());
        if (got != 0) std::memcpy(to, bytes_.data(), got);
        bytes_.remove_prefix(got);
        return got;
    }

private:
    std::string_view bytes_;
};

} // namespace firth
