#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <firth/base/byte_source.hpp>
#include <firth/base/config.hpp>
#include <firth/base/decompress.hpp>
#include <firth/base/file_marks.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/section_file.hpp>
#include <firth/base/temporary_file.hpp>

namespace firth {

/// A file's bytes, whatever they were unpacked from; copies share them. See `open_file`.
class OpenedFile {
public:
    /// `path` is what errors call it. Bytes that are not the path's own must be mapped
    /// `copy_on_write`.
    OpenedFile(std::string path, std::shared_ptr<MappedFile> file, bool in_place)
        : path_(std::move(path)), file_(std::move(file)), in_place_(in_place) {}

    /// As errors call it.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    /// What is in it, unpacked. The view lives as long as a copy of this object.
    [[nodiscard]] std::string_view bytes() const noexcept { return file_->bytes(); }

    /// True where these are the bytes of the path itself, mapped for reading; else they are in
    /// memory that may be written, too.
    [[nodiscard]] bool in_place() const noexcept { return in_place_; }

    /// What the bytes lie in.
    [[nodiscard]] const std::shared_ptr<MappedFile>& mapping() const noexcept { return file_; }

    /// Any of firth's own files. Throws `FormatError`.
    [[nodiscard]] SectionFile sections() const {
        return {path_, file_, std::string(section_file_kind(bytes())), std::nullopt};
    }

private:
    std::string path_;
    std::shared_ptr<MappedFile> file_;
    bool in_place_;
};

FIRTH_BEGIN_UNPACKING

/// Opens a file: packed by gzip, xz or zstd or not, a pipe, or standard input for "-". It is
/// read once, however much is asked of it. Throws `IoError`, and `FormatError` for packed data
/// that this build cannot read.
[[nodiscard]] inline OpenedFile open_file(const std::string& path) {
    const bool standard = path == FileSource::standard_input;
    if (!standard && !is_stream(path)) {
        auto file = std::make_shared<MappedFile>(path);
        if (!is_packed(file->bytes())) return {path, std::move(file), true};
    }
    const std::unique_ptr<ByteSource> source = open_source(path);
    TemporaryFile unpacked(std::filesystem::temp_directory_path().string());
    std::string buffer(std::size_t{1} << 20, '\0');
    while (const std::size_t got = source->read(buffer.data(), buffer.size())) {
        unpacked.append(std::string_view(buffer).substr(0, got));
    }
    return {standard ? "standard input" : path,
            std::make_shared<MappedFile>(unpacked.map(MappedFile::Access::copy_on_write)), false};
}

FIRTH_END_UNPACKING

} // namespace firth
