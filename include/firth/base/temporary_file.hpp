#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>

#include <firth/base/config.hpp>
#include <firth/base/detail/positioned_io.hpp>
#include <firth/base/detail/unique_number.hpp>
#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>

#if FIRTH_ON_POSIX()
#include <fcntl.h>
#include <unistd.h>
#else
#include <fstream>
#endif

namespace firth {

/// An unnamed file for data that is too large for memory. It is deleted with the object, however
/// the program ends (on systems other than POSIX's, unless it is killed). Several threads may read
/// and write at once. Functions throw `IoError`.
class TemporaryFile {
public:
    /// In this folder, which must be there; "" is the current one.
    explicit TemporaryFile(const std::string& folder)
        : path_((std::filesystem::path(folder) /
                 ("firth-spool-" + std::to_string(detail::unique_number())))
                    .string()) {
#if FIRTH_ON_POSIX()
        file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (file_ < 0) fail("write");
        static_cast<void>(::unlink(path_.c_str()));
#else
        file_.open(path_, std::ios::binary | std::ios::in | std::ios::out | std::ios::trunc);
        if (!file_) fail("write");
#endif
    }

    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    ~TemporaryFile() {
#if FIRTH_ON_POSIX()
        ::close(file_);
#else
        file_.close();
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
#endif
    }

    /// Appends bytes and returns where they begin.
    std::uint64_t append(std::string_view bytes) {
        const std::lock_guard lock(mutex_);
        const std::uint64_t begin = size_;
        put(begin, bytes);
        size_ += bytes.size();
        return begin;
    }

    /// Overwrites bytes that were written before, from `begin` on.
    void rewrite(std::uint64_t begin, std::string_view bytes) {
        const std::lock_guard lock(mutex_);
        put(begin, bytes);
    }

    /// Puts `size` bytes from `begin` on, all of them written before, at `to`.
    void read(std::uint64_t begin, char* to, std::size_t size) {
#if FIRTH_ON_POSIX()
        while (size != 0) {
            const ssize_t got = ::pread(file_, to, size, static_cast<off_t>(begin));
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) fail("read");
            to += got;
            begin += static_cast<std::uint64_t>(got);
            size -= static_cast<std::size_t>(got);
        }
#else
        const std::lock_guard lock(mutex_);
        file_.seekg(static_cast<std::streamoff>(begin));
        if (!file_.read(to, static_cast<std::streamsize>(size))) fail("read");
#endif
    }

    /// What was written so far, mapped; the mapping may outlive this object.
    [[nodiscard]] MappedFile map(MappedFile::Access access = MappedFile::Access::read) {
#if FIRTH_ON_POSIX()
        return MappedFile(file_, static_cast<std::size_t>(size_), "the temporary file " + path_,
                          access);
#else
        if (!file_.flush()) fail("write");
        return MappedFile(path_, access);
#endif
    }

    /// The number of bytes written.
    [[nodiscard]] std::uint64_t size() const noexcept {
        return size_;
    }

private:
    void put(std::uint64_t at, std::string_view bytes) {
#if FIRTH_ON_POSIX()
        if (!detail::write_at(file_, at, bytes)) fail("write");
#else
        file_.seekp(static_cast<std::streamoff>(at));
        if (!file_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()))) fail("write");
#endif
    }

    [[noreturn]] void fail(const std::string& verb) const {
        throw IoError("cannot " + verb + " the temporary file " + path_ + ": " + system_reason());
    }

    std::string path_;
    std::mutex mutex_;
    std::uint64_t size_ = 0;
#if FIRTH_ON_POSIX()
    int file_ = -1;
#else
    std::fstream file_;
#endif
};

} // namespace firth
