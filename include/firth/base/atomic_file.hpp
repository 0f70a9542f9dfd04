#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <system_error>

#include <firth/base/byte_sink.hpp>
#include <firth/base/config.hpp>
#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>

#if FIRTH_ON_POSIX()
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace firth {

/// Writes a file so that a reader, or a crash at any moment, sees the old file or the whole new
/// one: the bytes go to a temporary file in the same folder, which `commit` syncs to the disk and
/// renames over the target. Without `commit` (an exception, say) the target is left as it was and
/// the temporary file is removed; on Linux it has no name before `commit`, so that a crash leaves
/// nothing behind either. A target that is no regular file (a pipe, /dev/stdout) is written
/// directly.
///
/// Every function throws `IoError`, naming the target, when the system refuses.
class AtomicFile final : public ByteSink {
public:
    explicit AtomicFile(const std::string& path) : path_(path) {
        std::error_code code;
        const std::filesystem::file_status status = std::filesystem::status(path_, code);
        if (std::filesystem::is_directory(status)) {
            throw IoError("cannot write " + path_ + ": it is a directory, expected a file");
        }
        // Through a symbolic link the file it names is replaced, not the link.
        target_ = std::filesystem::is_symlink(std::filesystem::symlink_status(path_, code))
                      ? std::filesystem::weakly_canonical(path_, code).string()
                      : path_;
        direct_ = std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
        temporary_ = direct_ ? target_ : target_ + ".tmp-" + std::to_string(std::random_device{}());
        open(status);
        buffer_.reserve(buffer_size);
    }

    ~AtomicFile() override {
        close();
        if (!committed_ && !direct_) std::remove(temporary_.c_str());
    }

    /// Appends `bytes`.
    void write(std::string_view bytes) override {
        if (buffer_.size() + bytes.size() > buffer_size) flush();
        if (bytes.size() >= buffer_size) {
            write_out(bytes);
        } else {
            buffer_.append(bytes);
        }
    }

    /// Writes `bytes` over those that were written at `at`. Not for a target that is written
    /// directly.
    void rewrite(std::uint64_t at, std::string_view bytes) {
        if (direct_) fail("it is no regular file, as this format needs");
        flush();
        write_over(at, bytes);
    }

    /// Makes the bytes written so far the content of the target. Nothing may be written afterwards.
    void commit() override {
        prepare();
        put_in_place();
        if (!direct_) sync_folder();
    }

    /// Commits two files that belong together: both are whole and on the disk before the first is
    /// put in its place, and the second follows at once. A crash in the microseconds between leaves
    /// the new first with the old second file.
    static void commit_together(AtomicFile& first, AtomicFile& second) {
        first.prepare();
        second.prepare();
        first.put_in_place();
        second.put_in_place();
        if (!first.direct_) first.sync_folder();
        if (!second.direct_) second.sync_folder();
    }

private:
    static constexpr std::size_t buffer_size = std::size_t{1} << 18;

    [[noreturn]] void fail(const std::string& reason) const {
        throw IoError("cannot write " + path_ + ": " + reason);
    }

    /// Everything but the new name.
    void prepare() {
        flush();
        sync();
        give_name();
        close();
    }

    void put_in_place() {
        if (!direct_) {
            std::error_code code;
            std::filesystem::rename(temporary_, target_, code);
            if (code) fail(code.message());
        }
        committed_ = true;
    }

    void flush() {
        write_out(buffer_);
        buffer_.clear();
    }

#if FIRTH_ON_POSIX()
    void open(const std::filesystem::file_status& old) {
        if (!direct_) open_unnamed();
        if (file_ < 0) {
            const int flags = O_WRONLY | O_CLOEXEC | (direct_ ? 0 : O_CREAT | O_EXCL);
            file_ = ::open(temporary_.c_str(), flags, 0666);
            if (file_ < 0) fail(system_reason());
        }
        if (!direct_ && std::filesystem::exists(old)) {
            // Keeps the old file's permissions; where that is not allowed, the default ones stand.
            static_cast<void>(::fchmod(file_, static_cast<mode_t>(old.permissions()) & 07777));
        }
    }

    /// Opens a file without a name where the system has such and can name it later.
    void open_unnamed() {
#if defined(O_TMPFILE)
        const std::string folder = std::filesystem::path(target_).parent_path().string();
        file_ =
            ::open(folder.empty() ? "." : folder.c_str(), O_WRONLY | O_CLOEXEC | O_TMPFILE, 0666);
        if (file_ < 0) return;
        if (::access(own_path().c_str(), F_OK) == 0) {
            unnamed_ = true;
        } else {
            close();
        }
#endif
    }

    /// Gives an unnamed file the temporary name.
    void give_name() {
        if (!unnamed_) return;
        if (::linkat(AT_FDCWD, own_path().c_str(), AT_FDCWD, temporary_.c_str(),
                     AT_SYMLINK_FOLLOW) != 0) {
            fail(system_reason());
        }
        unnamed_ = false;
    }

    [[nodiscard]] std::string own_path() const {
        return "/proc/self/fd/" + std::to_string(file_);
    }

    void write_out(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t written = ::write(file_, bytes.data(), bytes.size());
            if (written < 0) {
                if (errno == EINTR) continue;
                fail(system_reason());
            }
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
    }

    void write_over(std::uint64_t at, std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t written =
                ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(at));
            if (written < 0) {
                if (errno == EINTR) continue;
                fail(system_reason());
            }
            at += static_cast<std::uint64_t>(written);
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
    }

    void sync() {
        // Pipes and terminals cannot be synced, which is no failure to write them.
        if (::fsync(file_) != 0 && !direct_) fail(system_reason());
    }

    void close() noexcept {
        if (file_ >= 0) ::close(file_);
        file_ = -1;
    }

    /// Makes the rename itself durable; some file systems refuse, and then nothing more can be
    /// done.
    void sync_folder() const {
        const std::filesystem::path parent = std::filesystem::path(target_).parent_path();
        const int folder = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_CLOEXEC);
        if (folder < 0) return;
        static_cast<void>(::fsync(folder));
        ::close(folder);
    }

    int file_ = -1;
    bool unnamed_ = false;
#else
    void open(const std::filesystem::file_status&) {
        file_.open(temporary_, std::ios::binary | std::ios::trunc);
        if (!file_) fail(system_reason());
    }

    void write_out(std::string_view bytes) {
        if (!file_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
            fail(system_reason());
        }
    }

    void write_over(std::uint64_t at, std::string_view bytes) {
        file_.seekp(static_cast<std::streamoff>(at));
        write_out(bytes);
        file_.seekp(0, std::ios::end);
    }

    void sync() {
        if (!file_.flush()) fail(system_reason());
    }

    void close() noexcept {
        if (file_.is_open()) file_.close();
    }

    void sync_folder() const {}

    void give_name() const noexcept {}

    std::ofstream file_;
#endif

    std::string path_;
    std::string target_;
    std::string temporary_;
    std::string buffer_;
    bool direct_ = false;
    bool committed_ = false;
};

} // namespace firth
