#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/config.hpp>
#include <firth/base/error.hpp>

#if FIRTH_ON_POSIX()
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#else
#include <fstream>
#include <iterator>
#endif

namespace firth {

/// What the last failed system call said, for the end of a message.
[[nodiscard]] inline std::string system_reason() {
    return std::strerror(errno);
}

/// A whole file as bytes: mapped where the system can, read into memory once where it cannot (a
/// pipe, a system without mmap). They begin at a multiple of 64 bytes and stay where they are when
/// the object moves. Changing the file while it is mapped is the caller's error, as with every
/// mapping.
class MappedFile {
public:
    /// What may be done with the bytes.
    enum class Access {
        read,          ///< nothing but reading
        copy_on_write, ///< changing them in memory: the system copies the pages that are changed,
                       ///< and the file stays as it is
    };

    /// Opens `path`. Throws `IoError` for a missing or unreadable file and for a directory.
    explicit MappedFile(const std::string& path, Access access = Access::read) {
#if FIRTH_ON_POSIX()
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0) fail(path, system_reason());
        struct stat status {};
        if (::fstat(file, &status) != 0) {
            const std::string reason = system_reason();
            ::close(file);
            fail(path, reason);
        }
        if (S_ISDIR(status.st_mode)) {
            ::close(file);
            fail(path, "it is a directory, expected a file");
        }
        // What comes through a pipe comes once: it must not be opened a second time.
        const std::string reason = S_ISREG(status.st_mode)
                                       ? map(file, static_cast<std::size_t>(status.st_size), access)
                                       : read(file);
        ::close(file);
        if (!reason.empty()) fail(path, reason);
#else
        std::ifstream stream(path, std::ios::binary);
        if (!stream) fail(path, system_reason());
        static_cast<void>(access);
        const std::string bytes{std::istreambuf_iterator<char>(stream),
                                std::istreambuf_iterator<char>()};
        if (stream.bad()) fail(path, system_reason());
        keep(bytes);
#endif
    }

#if FIRTH_ON_POSIX()
    /// Maps the first `size` bytes of an open file, which stays open; errors call it `name`. Throws
    /// `IoError`.
    MappedFile(int file, std::size_t size, const std::string& name, Access access = Access::read) {
        const std::string reason = map(file, size, access);
        if (!reason.empty()) fail(name, reason);
    }
#endif

    MappedFile(MappedFile&& other) noexcept
        : mapped_(std::exchange(other.mapped_, nullptr)), size_(std::exchange(other.size_, 0)),
          copy_(std::move(other.copy_)) {}

    MappedFile& operator=(MappedFile other) noexcept {
        std::swap(mapped_, other.mapped_);
        std::swap(size_, other.size_);
        std::swap(copy_, other.copy_);
        return *this;
    }

    ~MappedFile() {
#if FIRTH_ON_POSIX()
        if (mapped_ != nullptr) ::munmap(mapped_, size_);
#endif
    }

    /// The file's bytes.
    [[nodiscard]] std::string_view bytes() const noexcept {
        return mapped_ != nullptr ? std::string_view(mapped_, size_)
                                  : std::string_view(copy_.data(), copy_.size());
    }

    /// The bytes, writable: only for files opened with `Access::copy_on_write`.
    [[nodiscard]] char* writable() noexcept {
        return mapped_ != nullptr ? mapped_ : copy_.data();
    }

    /// Gives back the memory of bytes [begin, end), which are read from the file again when needed,
    /// so that walking through a large file takes little memory. A hint: it may do nothing, and it
    /// never changes what is read.
    void release(std::size_t begin, std::size_t end) const noexcept {
#if FIRTH_ON_POSIX() && defined(MADV_DONTNEED)
        constexpr std::size_t page = 4096;
        // The page that contains `end` is released with the bytes after it.
        begin = begin / page * page;
        end = end / page * page;
        if (mapped_ == nullptr || begin >= end) return;
        static_cast<void>(::madvise(mapped_ + begin, end - begin, MADV_DONTNEED));
#else
        static_cast<void>(begin);
        static_cast<void>(end);
#endif
    }

private:
    [[noreturn]] static void fail(const std::string& path, const std::string& reason) {
        throw IoError("cannot read " + path + ": " + reason);
    }

    void keep(std::string_view bytes) {
        copy_ = AlignedBuffer<char>(bytes.size());
        std::copy(bytes.begin(), bytes.end(), copy_.begin());
    }

#if FIRTH_ON_POSIX()
    /// Reads to the end. Returns why it failed, or nothing.
    std::string read(int file) {
        std::string bytes;
        std::string buffer(std::size_t{1} << 16, '\0');
        for (;;) {
            const ssize_t got = ::read(file, buffer.data(), buffer.size());
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return system_reason();
            if (got == 0) break;
            bytes.append(buffer, 0, static_cast<std::size_t>(got));
        }
        keep(bytes);
        return {};
    }

    /// Returns why it failed, or nothing.
    std::string map(int file, std::size_t size, Access access) {
        size_ = size;
        if (size == 0) return {};
        int flags = MAP_PRIVATE;
#if defined(MAP_NORESERVE)
        // Files larger than memory may be mapped this way, too: few of their pages will be changed.
        if (access == Access::copy_on_write) flags |= MAP_NORESERVE;
#endif
        const int protection = access == Access::read ? PROT_READ : PROT_READ | PROT_WRITE;
        void* const memory = ::mmap(nullptr, size, protection, flags, file, 0);
        if (memory == MAP_FAILED) return system_reason();
        mapped_ = static_cast<char*>(memory);
        return {};
    }
#endif

    char* mapped_ = nullptr;
    std::size_t size_ = 0;
    AlignedBuffer<char> copy_;
};

} // namespace firth
