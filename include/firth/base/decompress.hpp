#pragma once

/// gzip, xz and zstd files, read through whichever of zlib, liblzma and libzstd the program
/// is built with (see `FIRTH_HAS_ZLIB`); others are refused with a message that says so.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/byte_source.hpp>
#include <firth/base/config.hpp>
#include <firth/base/error.hpp>
#include <firth/base/file_marks.hpp>

#if FIRTH_HAS_ZLIB()
#include <zlib.h>
#endif
#if FIRTH_HAS_LZMA()
#include <lzma.h>
#endif
#if FIRTH_HAS_ZSTD()
#include <zstd.h>
#endif

namespace firth {

namespace detail {

/// The common part of the decompressors: a buffer of packed bytes, and the messages.
class PackedSource : public ByteSource {
protected:
    PackedSource(std::unique_ptr<ByteSource> packed, std::string name, std::string what)
        : buffer_(std::size_t{1} << 16), packed_(std::move(packed)), name_(std::move(name)),
          what_(std::move(what)) {}

    /// Refills the buffer; the number of bytes in it, 0 at the end of the packed file.
    std::size_t refill() { return packed_->read(buffer_.data(), buffer_.size()); }

    [[noreturn]] void fail(const std::string& what) const {
        throw FormatError(name_ + ": the " + what_ + " data " + what);
    }
    [[noreturn]] void fail_damaged() const { fail("is damaged"); }
    [[noreturn]] void fail_cut() const { fail("ends too early, the file was cut"); }

    std::vector<char> buffer_;

private:
    std::unique_ptr<ByteSource> packed_;
    std::string name_;
    std::string what_;
};

#if FIRTH_HAS_ZLIB()
/// gzip files of one or several members.
class GzipSource final : public PackedSource {
public:
    GzipSource(std::unique_ptr<ByteSource> packed, std::string name)
        : PackedSource(std::move(packed), std::move(name), "gzip") {
        constexpr int gzip_only = 16;
        if (::inflateInit2(&stream_, gzip_only + MAX_WBITS) != Z_OK) throw std::bad_alloc();
    }
    ~GzipSource() override { static_cast<void>(::inflateEnd(&stream_)); }

    std::size_t read(char* to, std::size_t size) override {
        constexpr std::size_t most = std::size_t{1} << 30;
        std::size_t got = 0;
        while (got < size) {
            if (stream_.avail_in == 0) {
                stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
                stream_.avail_in = static_cast<uInt>(refill());
                if (stream_.avail_in == 0) {
                    if (!between_members_) fail_cut();
                    break;
                }
            }
            if (between_members_ && ::inflateReset(&stream_) != Z_OK) fail_damaged();
            const auto room = static_cast<uInt>((std::min)(size - got, most));
            stream_.next_out = reinterpret_cast<Bytef*>(to + got);
            stream_.avail_out = room;
            const int code = ::inflate(&stream_, Z_NO_FLUSH);
            if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) fail_damaged();
            between_members_ = code == Z_STREAM_END;
            got += room - stream_.avail_out;
        }
        return got;
    }

private:
    ::z_stream stream_{};
    bool between_members_ = false;
};
#endif

#if FIRTH_HAS_LZMA()
/// xz files of one or several streams.
class XzSource final : public PackedSource {
public:
    XzSource(std::unique_ptr<ByteSource> packed, std::string name)
        : PackedSource(std::move(packed), std::move(name), "xz") {
        if (::lzma_stream_decoder(&stream_, memory_limit, LZMA_CONCATENATED) != LZMA_OK) {
            throw std::bad_alloc();
        }
    }
    ~XzSource() override { ::lzma_end(&stream_); }

    std::size_t read(char* to, std::size_t size) override {
        stream_.next_out = reinterpret_cast<std::uint8_t*>(to);
        stream_.avail_out = size;
        while (stream_.avail_out != 0 && !ended_) {
            if (stream_.avail_in == 0 && action_ == LZMA_RUN) {
                stream_.next_in = reinterpret_cast<const std::uint8_t*>(buffer_.data());
                stream_.avail_in = refill();
                if (stream_.avail_in == 0) action_ = LZMA_FINISH;
            }
            const ::lzma_ret code = ::lzma_code(&stream_, action_);
            if (code == LZMA_BUF_ERROR) fail_cut();
            if (code == LZMA_MEM_ERROR) throw std::bad_alloc();
            if (code == LZMA_MEMLIMIT_ERROR) {
                fail("asks for more than 256 MiB of memory, which no level of xz needs");
            }
            if (code != LZMA_OK && code != LZMA_STREAM_END) fail_damaged();
            ended_ = code == LZMA_STREAM_END;
        }
        return size - stream_.avail_out;
    }

private:
    static constexpr std::uint64_t memory_limit = std::uint64_t{1} << 28;

    ::lzma_stream stream_ = LZMA_STREAM_INIT;
    ::lzma_action action_ = LZMA_RUN;
    bool ended_ = false;
};
#endif

#if FIRTH_HAS_ZSTD()
/// zstd files of one or several frames.
class ZstdSource final : public PackedSource {
public:
    ZstdSource(std::unique_ptr<ByteSource> packed, std::string name)
        : PackedSource(std::move(packed), std::move(name), "zstd"),
          stream_(::ZSTD_createDStream()) {
        if (stream_ == nullptr) throw std::bad_alloc();
    }
    ~ZstdSource() override { ::ZSTD_freeDStream(stream_); }

    std::size_t read(char* to, std::size_t size) override {
        ::ZSTD_outBuffer out{to, size, 0};
        while (out.pos < out.size) {
            if (in_.pos == in_.size) {
                in_ = {buffer_.data(), refill(), 0};
                if (in_.size == 0) {
                    if (left_ != 0) fail_cut();
                    break;
                }
            }
            left_ = ::ZSTD_decompressStream(stream_, &out, &in_);
            if (::ZSTD_isError(left_) != 0) fail_damaged();
        }
        return out.pos;
    }

private:
    ::ZSTD_DStream* stream_;
    ::ZSTD_inBuffer in_{nullptr, 0, 0};
    std::size_t left_ = 0; ///< 0 between frames
};
#endif

} // namespace detail

FIRTH_BEGIN_UNPACKING

/// Opens a file, or standard input for "-", and unpacks it where its first bytes say that it is
/// gzip, xz or zstd. Throws `IoError`, and `FormatError` for packed data that this build cannot
/// read.
[[nodiscard]] inline std::unique_ptr<ByteSource> open_source(const std::string& path) {
    auto file = std::make_unique<FileSource>(path);
    if (!is_packed(file->head())) return file;
    const FileMark& mark = *file_mark(file->head());
#if FIRTH_HAS_ZLIB()
    if (mark.library == "zlib") {
        return std::make_unique<detail::GzipSource>(std::move(file), path);
    }
#endif
#if FIRTH_HAS_LZMA()
    if (mark.library == "liblzma") {
        return std::make_unique<detail::XzSource>(std::move(file), path);
    }
#endif
#if FIRTH_HAS_ZSTD()
    if (mark.library == "libzstd") {
        return std::make_unique<detail::ZstdSource>(std::move(file), path);
    }
#endif
    throw FormatError(path + " begins like " + std::string(mark.what) +
                      ", which this program was built without (" + std::string(mark.library) +
                      "): unpack it first");
}

FIRTH_END_UNPACKING
} // namespace firth
