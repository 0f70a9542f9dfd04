#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include <firth/base/byte_sink.hpp>
#include <firth/base/config.hpp>
#include <firth/base/detail/positioned_io.hpp>
#include <firth/base/detail/unique_number.hpp>
#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/output_place.hpp>
#include <firth/base/temporary_file.hpp>

#if FIRTH_ON_POSIX()
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#else
#include <fstream>
#endif

namespace firth {

/// Writes a file so that a reader, or a crash at any moment, sees the old file or the whole new
/// one: the bytes go to a temporary file in the same folder, which `commit` syncs to the disk and
/// renames over the target. Without `commit` (an exception, say) the target is left as it was and
/// the temporary file is removed; on Linux it has no name before `commit`, so that a crash leaves
/// nothing behind either.
///
/// A target that is no regular file (standard output as "-" or /dev/stdout, another open
/// descriptor, a pipe, a device; see `find_output`) is written directly, after what was written
/// there before.
///
/// Every function throws `IoError`, naming the target, when the system refuses.
class AtomicFile final : public ByteSink {
public:
    /// The order in which bytes are written.
    enum class Order {
        forward, ///< from front to back
        any,     ///< `rewrite` will be called: what is written directly waits in a temporary file
    };

    explicit AtomicFile(const std::string& path, Order order = Order::forward)
        : path_(path), place_(find_output(path)), temporary_(temporary_name(place_)) {
        open();
        if (place_.direct && order == Order::any) {
            spool_ =
                std::make_unique<TemporaryFile>(std::filesystem::temp_directory_path().string());
        }
        buffer_.reserve(buffer_size);
    }

    ~AtomicFile() override {
        close();
        if (!committed_ && !place_.direct) std::remove(temporary_.c_str());
    }

    /// Appends `bytes`.
    void write(std::string_view bytes) override {
        if (buffer_.size() + bytes.size() > buffer_size) flush();
        if (bytes.size() >= buffer_size) {
            put(bytes);
        } else {
            buffer_.append(bytes);
        }
    }

    /// Writes `bytes` over those that were written at `at`. For a target that is written directly
    /// only with `Order::any`.
    void rewrite(std::uint64_t at, std::string_view bytes) {
        flush();
        if (spool_ != nullptr) {
            spool_->rewrite(at, bytes);
        } else if (place_.direct) {
            fail("it is no regular file, as this format needs");
        } else {
            write_over(at, bytes);
        }
    }

    /// Makes the bytes written so far the content of the target. Nothing may be written afterwards.
    void commit() override {
        prepare();
        put_in_place();
        if (!place_.direct) sync_folder();
    }

    /// Commits two files that belong together: both are whole and on the disk before the first is
    /// put in its place, and the second follows at once. A crash in the microseconds between leaves
    /// the new first with the old second file.
    static void commit_together(AtomicFile& first, AtomicFile& second) {
        first.prepare();
        second.prepare();
        first.put_in_place();
        second.put_in_place();
        if (!first.place_.direct) first.sync_folder();
        if (!second.place_.direct) second.sync_folder();
    }

    /// Throws what the constructor would throw for this path, and writes nothing: for a program
    /// that has long work to do before it writes. A pipe is not opened, since its reader would see
    /// an end.
    static void check(const std::string& path) {
        if (!find_output(path).direct) {
            static_cast<void>(AtomicFile(path));
            return;
        }
        AtomicFile unopened(path, Unopened());
        unopened.check_direct();
    }

private:
    static constexpr std::size_t buffer_size = std::size_t{1} << 18;

    struct Unopened {};
    AtomicFile(const std::string& path, Unopened) : path_(path), place_(find_output(path)) {}

    [[noreturn]] void fail(const std::string& reason) const {
        std::string name = path_;
        if (place_.target != path_ && place_.descriptor < 0) {
            name += " (a link to " + place_.target + ')';
        }
        throw IoError("cannot write " + name + ": " + reason);
    }

    /// A name in the target's folder; short enough for a file system where the target's own name
    /// is.
    static std::string temporary_name(const OutputPlace& place) {
        if (place.direct) return place.target;
        constexpr std::size_t longest = 200; // of 255 bytes
        const std::filesystem::path target(place.target);
        std::string name = target.filename().string();
        name.resize((std::min)(name.size(), longest));
        name += ".tmp-" + std::to_string(detail::unique_number());
        return (target.parent_path() / name).string();
    }

    /// Everything but the renaming.
    void prepare() {
        flush();
        if (spool_ != nullptr) write_spool();
        sync();
        give_name();
        close();
    }

    void put_in_place() {
        if (!place_.direct) {
            std::error_code code;
            std::filesystem::rename(temporary_, place_.target, code);
            if (code) fail(code.message());
        }
        committed_ = true;
    }

    void flush() {
        put(buffer_);
        buffer_.clear();
    }

    void put(std::string_view bytes) {
        if (spool_ != nullptr) {
            spool_->append(bytes);
        } else {
            write_out(bytes);
        }
    }

    /// Writes what waited in the temporary file.
    void write_spool() {
        std::string piece;
        for (std::uint64_t at = 0; at < spool_->size(); at += piece.size()) {
            piece.resize((std::min<std::uint64_t>)(buffer_size, spool_->size() - at));
            spool_->read(at, piece.data(), piece.size());
            write_out(piece);
        }
    }

#if FIRTH_ON_POSIX()
    void open() {
        if (place_.descriptor >= 0) {
            // Shares position and append mode with the open descriptor.
            file_ = ::fcntl(place_.descriptor, F_DUPFD_CLOEXEC, 0);
            if (file_ < 0) fail(system_reason());
            return;
        }
        if (!place_.direct) open_unnamed();
        if (file_ < 0) {
            const int flags = O_WRONLY | O_CLOEXEC | (place_.direct ? 0 : O_CREAT | O_EXCL);
            file_ = ::open(temporary_.c_str(), flags, 0666);
            if (file_ < 0) fail(system_reason());
        }
        if (!place_.direct && std::filesystem::exists(place_.old)) {
            // Keeps the old file's permissions; where that is not allowed, the default ones stand.
            static_cast<void>(
                ::fchmod(file_, static_cast<mode_t>(place_.old.permissions()) & 07777));
        }
    }

    void check_direct() const {
        if (place_.descriptor < 0) {
            if (::access(place_.target.c_str(), W_OK) != 0) fail(system_reason());
            return;
        }
        const int flags = ::fcntl(place_.descriptor, F_GETFL);
        if (flags < 0) fail(system_reason());
        if ((flags & O_ACCMODE) == O_RDONLY) fail("it is open for reading only");
    }

    /// Opens a file without a name where the system supports that and can name it later.
    void open_unnamed() {
#if defined(O_TMPFILE)
        const std::string folder = std::filesystem::path(place_.target).parent_path().string();
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
                if (errno == EINTR || (errno == EAGAIN && wait_until_writable())) continue;
                fail(system_reason());
            }
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
    }

    /// For a full pipe in non-blocking mode.
    [[nodiscard]] bool wait_until_writable() const {
        pollfd one{file_, POLLOUT, 0};
        return ::poll(&one, 1, -1) >= 0 || errno == EINTR;
    }

    void write_over(std::uint64_t at, std::string_view bytes) {
        if (!detail::write_at(file_, at, bytes)) fail(system_reason());
    }

    void sync() {
        if (::fsync(file_) == 0) return;
        // Pipes and terminals cannot be synced, which is not an error.
        if (place_.direct && (errno == EINVAL || errno == ENOTSUP || errno == EROFS)) return;
        fail(system_reason());
    }

    void close() noexcept {
        if (file_ >= 0) ::close(file_);
        file_ = -1;
    }

    /// Makes the rename itself durable; some file systems refuse, and then nothing more can be
    /// done.
    void sync_folder() const {
        const std::filesystem::path parent = std::filesystem::path(place_.target).parent_path();
        const int folder = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_CLOEXEC);
        if (folder < 0) return;
        static_cast<void>(::fsync(folder));
        ::close(folder);
    }

    int file_ = -1;
    bool unnamed_ = false;
#else
    void open() {
        if (place_.descriptor >= 0) return;
        file_.open(temporary_, std::ios::binary | std::ios::trunc);
        if (!file_) fail(system_reason());
    }

    void check_direct() const {}

    void write_out(std::string_view bytes) {
        if (place_.descriptor >= 0) {
            std::FILE* const stream = place_.descriptor == 1 ? stdout : stderr;
            if (std::fwrite(bytes.data(), 1, bytes.size(), stream) != bytes.size()) {
                fail(system_reason());
            }
        } else if (!file_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
            fail(system_reason());
        }
    }

    void write_over(std::uint64_t at, std::string_view bytes) {
        file_.seekp(static_cast<std::streamoff>(at));
        write_out(bytes);
        file_.seekp(0, std::ios::end);
    }

    void sync() {
        if (place_.descriptor >= 0) {
            if (std::fflush(place_.descriptor == 1 ? stdout : stderr) != 0) fail(system_reason());
        } else if (!file_.flush()) {
            fail(system_reason());
        }
    }

    void close() noexcept {
        if (file_.is_open()) file_.close();
    }

    void sync_folder() const {}

    void give_name() const noexcept {}

    std::ofstream file_;
#endif

    std::string path_;
    OutputPlace place_;
    std::string temporary_;
    std::string buffer_;
    std::unique_ptr<TemporaryFile> spool_;
    bool committed_ = false;
};

} // namespace firth
