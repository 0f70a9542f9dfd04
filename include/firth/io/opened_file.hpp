#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <firth/base/byte_source.hpp>
#include <firth/base/decompress.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/section_file.hpp>
#include <firth/base/temporary_file.hpp>

namespace firth {

/// A file's bytes: packed by gzip, xz or zstd or not, a pipe, or standard input for "-". It is
/// opened once, however much is asked of it; copies share the bytes.
class OpenedFile {
public:
    /// Throws `IoError`, and `FormatError` for packed data that cannot be unpacked.
    explicit OpenedFile(const std::string& path)
        : path_(path == FileSource::standard_input ? "standard input" : path) {
        if (path != FileSource::standard_input && !is_stream(path)) {
            file_ = std::make_shared<MappedFile>(path);
            in_place_ = !is_packed(file_->bytes());
            if (in_place_) return;
        }
        const std::unique_ptr<ByteSource> source = open_source(path);
        TemporaryFile unpacked(std::filesystem::temp_directory_path().string());
        std::string buffer(std::size_t{1} << 20, '\0');
        while (const std::size_t got = source->read(buffer.data(), buffer.size())) {
            unpacked.append(std::string_view(buffer).substr(0, got));
        }
        file_ = std::make_shared<MappedFile>(unpacked.map(MappedFile::Access::copy_on_write));
    }

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
    bool in_place_ = false;
};

} // namespace firth
