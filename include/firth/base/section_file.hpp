#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <firth/base/aligned_buffer.hpp>
#include <firth/base/atomic_file.hpp>
#include <firth/base/checksum.hpp>
#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>

/// firth's own files: named sections of bytes, one after the other, each at a multiple of 64 bytes
/// and with a checksum, so that a mapped file can be used in place.
///
///     byte 0    header, 64 bytes: magic (8), kind (16 characters, zero-padded), version (u32),
///               0x01020304 as the writer's machine stores it (u32), zeros
///     ...       sections
///     ...       directory: for each section its name (16 characters, zero-padded), offset, size
///               and XXH64 (u64 each)
///     end - 32  footer: offset of the directory, number of sections, XXH64 of header and directory
///               (u64 each), magic (8)
///
/// Numbers are in the byte order of the machine; files of the other byte order are refused.
namespace firth {

namespace detail {

inline constexpr std::string_view section_file_magic{"\x89"
                                                     "FIRTH\r\n",
                                                     8};
inline constexpr std::size_t section_file_header = 64;
inline constexpr std::size_t section_file_footer = 32;
inline constexpr std::size_t section_file_entry = 40;
inline constexpr std::size_t section_file_name = 16;
inline constexpr std::uint32_t section_file_order = 0x01020304u;

/// The bytes of a number as they lie in memory.
template <class T>
std::string_view bytes_of(const T& value) noexcept {
    static_assert(std::is_trivially_copyable_v<T>);
    return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

/// The number that lies at `at`.
template <class T>
[[nodiscard]] T number_at(std::string_view bytes, std::size_t at) noexcept {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    return value;
}

/// A name in a field of 16 characters.
inline std::string padded_name(std::string_view name) {
    std::string field(name.substr(0, section_file_name));
    field.resize(section_file_name);
    return field;
}

} // namespace detail

/// True for bytes that begin like a section file of any kind.
[[nodiscard]] inline bool is_section_file(std::string_view bytes) noexcept {
    return bytes.starts_with(detail::section_file_magic);
}

/// The kind of a section file with these bytes; empty where they are not one.
[[nodiscard]] inline std::string_view section_file_kind(std::string_view bytes) noexcept {
    if (!is_section_file(bytes) || bytes.size() < detail::section_file_header) return {};
    const std::string_view kind = bytes.substr(8, detail::section_file_name);
    return kind.substr(0, kind.find('\0'));
}

/// Writes a section file, whole or not at all. Functions throw `IoError`.
class SectionFileWriter {
public:
    /// `kind` says what is in it, `format` in which version; a kind and section names have at most
    /// 16 characters.
    SectionFileWriter(const std::string& path, std::string_view kind, std::uint32_t format)
        : file_(path) {
        std::string header(detail::section_file_magic);
        header += detail::padded_name(kind);
        header += detail::bytes_of(format);
        header += detail::bytes_of(detail::section_file_order);
        header.resize(detail::section_file_header);
        index_.add(header);
        put(header);
    }

    /// Begins the next section.
    void begin(std::string_view name) {
        pad();
        sections_.push_back({detail::padded_name(name), at_, 0, Checksum()});
    }

    /// Appends to the section that was begun last.
    void write(std::string_view bytes) {
        sections_.back().size += bytes.size();
        sections_.back().sum.add(bytes);
        put(bytes);
    }

    /// Appends numbers as they lie in memory.
    template <class T>
    void write_array(std::span<const T> values) {
        static_assert(std::is_trivially_copyable_v<T>);
        write({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
    }

    /// Writes a whole section.
    void section(std::string_view name, std::string_view bytes) {
        begin(name);
        write(bytes);
    }

    /// Writes a whole section of numbers.
    template <class T>
    void array(std::string_view name, std::span<const T> values) {
        begin(name);
        write_array(values);
    }

    /// Ends the file and replaces the old one with it.
    void commit() {
        pad();
        std::string directory;
        for (const Section& section : sections_) {
            directory += section.name;
            directory += detail::bytes_of(section.offset);
            directory += detail::bytes_of(section.size);
            directory += detail::bytes_of(section.sum.value());
        }
        index_.add(directory);
        const std::uint64_t place = at_;
        const std::uint64_t count = sections_.size();
        directory += detail::bytes_of(place);
        directory += detail::bytes_of(count);
        directory += detail::bytes_of(index_.value());
        directory += detail::section_file_magic;
        put(directory);
        file_.commit();
    }

private:
    struct Section {
        std::string name;
        std::uint64_t offset;
        std::uint64_t size;
        Checksum sum;
    };

    void put(std::string_view bytes) {
        file_.write(bytes);
        at_ += bytes.size();
    }

    void pad() { put(std::string((64 - at_ % 64) % 64, '\0')); }

    AtomicFile file_;
    std::uint64_t at_ = 0;
    Checksum index_;
    std::vector<Section> sections_;
};

/// A section file that is read in place, from a mapped file. The spans and views it gives live as
/// long as it does.
class SectionFile {
public:
    /// Opens a section file of this kind and, where it is given, this version. Throws `IoError`,
    /// and `FormatError` for any other file and for a damaged directory. The contents of sections
    /// are checked by `verify` only; sections that the reader does not ask for are not an error.
    SectionFile(const std::string& path, std::string_view kind, std::optional<std::uint32_t> format,
                MappedFile::Access access = MappedFile::Access::read)
        : SectionFile(path, std::make_shared<MappedFile>(path, access), kind, format) {}

    /// The same for a file that is open already; errors call it `name`.
    SectionFile(std::string name, std::shared_ptr<MappedFile> file, std::string_view kind,
                std::optional<std::uint32_t> format)
        : path_(std::move(name)), file_(std::move(file)) {
        using namespace detail;
        const std::string_view bytes = file_->bytes();
        if (!is_section_file(bytes)) fail(0, "begins with no mark of firth's own files");
        if (bytes.size() < section_file_header + section_file_footer) {
            fail(bytes.size(), "the file ends within its header");
        }
        const std::string_view found = bytes.substr(8, section_file_name);
        if (found != padded_name(kind)) {
            fail(8, "this is a file of kind \"" + std::string(found.substr(0, found.find('\0'))) +
                        "\", expected \"" + std::string(kind) + "\"");
        }
        if (number_at<std::uint32_t>(bytes, 28) != section_file_order) {
            fail(28, "the file was written on a machine of another byte order");
        }
        if (format && number_at<std::uint32_t>(bytes, 24) != *format) {
            const auto found_format = number_at<std::uint32_t>(bytes, 24);
            fail(24, "the file has version " + std::to_string(found_format) + ", expected " +
                         std::to_string(*format) + ": it was written by " +
                         (found_format < *format ? "an earlier" : "a later") +
                         " version of firth, which can read it");
        }
        const std::size_t footer = bytes.size() - section_file_footer;
        if (!bytes.ends_with(section_file_magic)) {
            fail(bytes.size(), "the file does not end as it should: it was cut or is damaged");
        }
        const auto directory = number_at<std::uint64_t>(bytes, footer);
        const auto count = number_at<std::uint64_t>(bytes, footer + 8);
        if (directory < section_file_header || directory > footer ||
            count != (footer - directory) / section_file_entry ||
            (footer - directory) % section_file_entry != 0) {
            fail(footer, "the directory does not lie within the file");
        }
        Checksum sum;
        sum.add(bytes.substr(0, section_file_header));
        sum.add(bytes.substr(directory, footer - directory));
        if (sum.value() != number_at<std::uint64_t>(bytes, footer + 16)) {
            fail(directory, "header and directory do not have their checksum: the file is damaged");
        }
        for (std::size_t at = directory; at < footer; at += section_file_entry) {
            const Section section{std::string(bytes.substr(at, section_file_name)),
                                  number_at<std::uint64_t>(bytes, at + 16),
                                  number_at<std::uint64_t>(bytes, at + 24),
                                  number_at<std::uint64_t>(bytes, at + 32)};
            if (section.offset > directory || section.size > directory - section.offset ||
                section.offset % 64 != 0) {
                fail(at, "a section does not lie within the file");
            }
            sections_.push_back(section);
        }
    }

    /// The bytes of a section. Throws `FormatError` where there is none of that name.
    [[nodiscard]] std::string_view section(std::string_view name) const {
        const Section& found = find(name);
        return file_->bytes().substr(found.offset, found.size);
    }

    /// A section as numbers, in place. Throws `FormatError` where its size does not fit them.
    template <class T>
    [[nodiscard]] std::span<const T> array(std::string_view name) const {
        static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 16);
        const Section& found = find(name);
        if (found.size % sizeof(T) != 0) {
            fail(found.offset, "section \"" + std::string(name) + "\" has " +
                                   std::to_string(found.size) + " bytes, expected a multiple of " +
                                   std::to_string(sizeof(T)));
        }
        return {reinterpret_cast<const T*>(file_->bytes().data() + found.offset),
                found.size / sizeof(T)};
    }

    /// A section as numbers that may be changed in memory, of a section file opened with
    /// `MappedFile::Access::copy_on_write`. Throws as above.
    template <class T>
    [[nodiscard]] std::span<T> writable_array(std::string_view name) {
        const std::span<const T> values = array<T>(name);
        const std::size_t offset = static_cast<std::size_t>(
            reinterpret_cast<const char*>(values.data()) - file_->bytes().data());
        return {reinterpret_cast<T*>(file_->writable() + offset), values.size()};
    }

    /// True where there is a section of that name.
    [[nodiscard]] bool has(std::string_view name) const noexcept {
        return std::any_of(sections_.begin(), sections_.end(), [&](const Section& section) {
            return section.name == detail::padded_name(name);
        });
    }

    /// The names of all sections, in the order of the file.
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const Section& section : sections_) {
            names.push_back(section.name.substr(0, section.name.find('\0')));
        }
        return names;
    }

    /// The path it was opened with.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    /// Reads a section once and throws `FormatError` where it does not have its checksum.
    void verify(std::string_view name) const {
        constexpr std::size_t piece = std::size_t{1} << 24;
        const Section& found = find(name);
        const std::string_view bytes = section(name);
        Checksum sum;
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
            sum.add(bytes.substr(at, piece));
            file_->release(found.offset + at, found.offset + (std::min)(bytes.size(), at + piece));
        }
        if (sum.value() != found.sum) {
            fail(found.offset, "section \"" + std::string(name) +
                                   "\" does not have its checksum: the file is damaged");
        }
    }

    /// The same for every section, and checks that only zeros lie between them.
    void verify_all() const {
        const std::string_view bytes = file_->bytes();
        std::uint64_t end = detail::section_file_header;
        const auto check_gap = [&](std::uint64_t next) {
            if (next < end) fail(next, "a section begins within the one before it");
            const std::size_t odd = bytes.substr(end, next - end).find_first_not_of('\0');
            if (odd != bytes.npos) fail(end + odd, "there is something between two sections");
        };
        for (const Section& section : sections_) {
            check_gap(section.offset);
            verify(section.name.substr(0, section.name.find('\0')));
            end = section.offset + section.size;
        }
        check_gap(bytes.size() - detail::section_file_footer -
                  sections_.size() * detail::section_file_entry);
    }

    [[nodiscard]] const MappedFile& file() const noexcept { return *file_; }

    /// Throws `FormatError` about a section of the file.
    [[noreturn]] void fail_in(std::string_view name, const std::string& message) const {
        fail(find(name).offset, "section \"" + std::string(name) + "\" " + message);
    }

    /// Throws `FormatError` about a byte of the file.
    [[noreturn]] void fail(std::uint64_t at, const std::string& message) const {
        throw FormatError(path_ + ", byte " + std::to_string(at) + ": " + message);
    }

private:
    struct Section {
        std::string name;
        std::uint64_t offset;
        std::uint64_t size;
        std::uint64_t sum;
    };

    [[nodiscard]] const Section& find(std::string_view name) const {
        const std::string field = detail::padded_name(name);
        for (const Section& section : sections_) {
            if (section.name == field) return section;
        }
        fail(file_->bytes().size(), "there is no section \"" + std::string(name) + "\"");
    }

    std::string path_;
    std::shared_ptr<MappedFile> file_;
    std::vector<Section> sections_;
};

/// A section of numbers, in place: the buffer keeps the file mapped. Throws what
/// `SectionFile::writable_array` throws.
template <class T>
[[nodiscard]] AlignedBuffer<T> mapped_array(const std::shared_ptr<SectionFile>& file,
                                            std::string_view name) {
    const std::span<T> values = file->writable_array<T>(name);
    return {file, values.data(), values.size()};
}

} // namespace firth
