#pragma once

#include <array>
#include <string_view>

namespace firth {

/// The first bytes of files that are packed, archived or in a different encoding.
struct FileMark {
    std::string_view bytes;
    std::string_view what;      ///< of an error's message: "gzip data"
    std::string_view advice;    ///< what to do with it
    std::string_view library{}; ///< that `open_source` unpacks it with; empty: it cannot
};

namespace detail {

/// The one list of marks of packed data, archives and encodings. A mark comes before those that it
/// begins with.
inline constexpr std::array<FileMark, 9> file_marks{{
    {"\x1F\x8B", "gzip data", "unpack it first", "zlib"},
    {"\xFD\x37zXZ", "xz data", "unpack it first", "liblzma"},
    {"\x28\xB5\x2F\xFD", "zstd data", "unpack it first", "libzstd"},
    {"BZh", "bzip2 data", "unpack it first"},
    {"PK\x03\x04", "a zip archive", "unpack it first"},
    {"7z\xBC\xAF\x27\x1C", "a 7z archive", "unpack it first"},
    {std::string_view("\xFF\xFE\0\0", 4), "UTF-32 text", "expected UTF-8"},
    {"\xFF\xFE", "UTF-16 text", "expected UTF-8"},
    {"\xFE\xFF", "UTF-16 text", "expected UTF-8"},
}};

} // namespace detail

/// The mark that `bytes` begin with, or null.
[[nodiscard]] constexpr const FileMark* file_mark(std::string_view bytes) noexcept {
    for (const FileMark& mark : detail::file_marks) {
        if (!bytes.starts_with(mark.bytes)) continue;
        // A word may begin with "BZh", too. In bzip2 data the block size follows and then the
        // digits of pi or, in empty files, of its square root.
        const bool bzip2 = mark.bytes == "BZh";
        const std::string_view behind = bytes.substr(bytes.size() < 4 ? bytes.size() : 4);
        if (bzip2 && !behind.starts_with("1AY&SY") && !behind.starts_with("\x17\x72\x45\x38")) {
            continue;
        }
        return &mark;
    }
    return nullptr;
}

/// True for bytes that begin like packed data that `open_source` unpacks.
[[nodiscard]] constexpr bool is_packed(std::string_view bytes) noexcept {
    const FileMark* const mark = file_mark(bytes);
    return mark != nullptr && !mark->library.empty();
}

} // namespace firth
