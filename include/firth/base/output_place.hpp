#pragma once

#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>

#include <firth/base/config.hpp>
#include <firth/base/error.hpp>

#if FIRTH_ON_POSIX()
#include <unistd.h>
#endif

namespace firth {

/// What the name of an output stands for.
struct OutputPlace {
    std::string target;  ///< the file itself, at the end of all symbolic links
    int descriptor = -1; ///< the open descriptor that is meant, or -1
    bool direct = false; ///< written in place: a descriptor, a pipe or a device, not a regular
                         ///< file, which can be replaced as a whole
    std::filesystem::file_status old{}; ///< of what is there
};

namespace detail {

/// The number of the open descriptor that `path` itself means (no link is followed), or -1.
inline int descriptor_of(const std::filesystem::path& path) {
    if (path == "-" || path == "/dev/stdout") return 1;
    if (path == "/dev/stderr") return 2;
#if FIRTH_ON_POSIX()
    const std::string number = path.filename().string();
    int descriptor = -1;
    const char* const end = number.data() + number.size();
    const std::from_chars_result parsed = std::from_chars(number.data(), end, descriptor);
    if (number.empty() || parsed.ec != std::errc() || parsed.ptr != end) return -1;
    std::error_code code;
    const std::string folder =
        std::filesystem::canonical(std::filesystem::absolute(path).parent_path(), code).string();
    const std::string own = "/proc/" + std::to_string(::getpid());
    if (folder == "/dev/fd" || (folder.starts_with(own + '/') && folder.ends_with("/fd"))) {
        return descriptor;
    }
#endif
    return -1;
}

} // namespace detail

/// Finds out what an output name stands for. "-" and /dev/stdout are standard output; /dev/stderr,
/// /dev/fd/N and /proc/self/fd/N are open descriptors as well, and so is a link to one of them. A
/// symbolic link stands for the file it names, which need not be there. Throws `IoError`, naming
/// `path`, for an empty name, a directory and links in a circle.
[[nodiscard]] inline OutputPlace find_output(const std::string& path) {
    namespace fs = std::filesystem;
    const auto fail = [&](const std::string& reason) {
        throw IoError("cannot write " + path + ": " + reason);
    };
    if (path.empty()) throw IoError("cannot write a file without a name");
    OutputPlace place;
    fs::path at = path;
    constexpr int most_links = 40; // as many as Linux follows
    for (int links = 0;; ++links) {
        place.target = at.string();
        place.descriptor = detail::descriptor_of(at);
        if (place.descriptor >= 0) {
            place.direct = true;
            return place;
        }
        std::error_code code;
        if (!fs::is_symlink(fs::symlink_status(at, code))) break;
        if (links == most_links) fail("its symbolic links lead to no file");
        const fs::path next = fs::read_symlink(at, code);
        if (code) fail(code.message());
        at = at.parent_path() / next;
    }
    std::error_code code;
    place.old = fs::status(at, code);
    if (place.old.type() == fs::file_type::none) fail(code.message());
    if (fs::is_directory(place.old)) fail("it is a directory, expected a file");
    place.direct = fs::exists(place.old) && !fs::is_regular_file(place.old);
    return place;
}

} // namespace firth
