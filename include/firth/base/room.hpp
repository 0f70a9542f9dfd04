#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <system_error>

#include <firth/base/config.hpp>
#include <firth/base/error.hpp>
#include <firth/base/output_place.hpp>

#if FIRTH_ON_POSIX()
#include <sys/resource.h>
#endif

/// Whether memory and disks have room for what will be needed, asked before hours of work.
namespace firth {

namespace detail {

/// A size for messages: "512 bytes", "2.4 GB".
[[nodiscard]] inline std::string size_text(std::uint64_t bytes) {
    constexpr std::array<const char*, 6> units{"bytes", "kB", "MB", "GB", "TB", "PB"};
    std::size_t unit = 0;
    std::uint64_t tenths = 0; // of the unit
    for (; bytes >= 1000 && unit + 1 < units.size(); ++unit) {
        tenths = bytes / 100 % 10;
        bytes /= 1000;
    }
    std::string text = std::to_string(bytes);
    if (unit != 0 && bytes < 100) text += '.' + std::to_string(tenths);
    return text + ' ' + units[unit];
}

/// The number that follows a word in a file of the system, or `otherwise`.
[[nodiscard]] inline std::uint64_t system_number(const char* path, const std::string& word,
                                                 std::uint64_t otherwise) {
    std::ifstream file(path);
    std::string read;
    std::uint64_t number = 0;
    while (!word.empty() && file >> read && read != word) {
    }
    return file >> number ? number : otherwise;
}

} // namespace detail

/// Bytes of memory that the process may still take: what Linux says is free or can be freed, no
/// more than the limits of the container and on the address space leave. The largest number where
/// nothing is known. Others may take them first.
[[nodiscard]] inline std::uint64_t available_memory() {
    constexpr std::uint64_t unknown = (std::numeric_limits<std::uint64_t>::max)();
    std::uint64_t room = unknown;
#if defined(__linux__)
    using detail::system_number;
    const char* const meminfo = "/proc/meminfo"; // in units of 1024 bytes
    if (const std::uint64_t free = system_number(meminfo, "MemAvailable:", 0); free != 0) {
        room = 1024 * (free + system_number(meminfo, "SwapFree:", 0));
    }
    const auto limit = [&](std::uint64_t most, std::uint64_t used) {
        room = (std::min)(room, most - (std::min)(most, used));
    };
    limit(system_number("/sys/fs/cgroup/memory.max", "", unknown),
          system_number("/sys/fs/cgroup/memory.stat", "anon", 0));
    rlimit address_space{};
    if (::getrlimit(RLIMIT_AS, &address_space) == 0 && address_space.rlim_cur != RLIM_INFINITY) {
        limit(address_space.rlim_cur, 1024 * system_number("/proc/self/status", "VmSize:", 0));
    }
#endif
    return room;
}

/// Throws `Error` where so much memory is not available, with sizes and `advice`, what to lower.
inline void require_memory(std::uint64_t bytes, const std::string& what,
                           const std::string& advice) {
    constexpr std::uint64_t unasked = std::uint64_t{1} << 24; // too little to matter
    if (bytes < unasked) return;
    if (const std::uint64_t room = available_memory(); room < bytes) {
        throw Error(what + " take " + detail::size_text(bytes) + " of memory, and " +
                    detail::size_text(room) + " are free, expected " + advice);
    }
}

/// Throws `IoError` where the disk of an output has less room than its bytes, with sizes and
/// `advice`. What is no regular file is not asked. Throws what `find_output` throws.
inline void require_disk(const std::string& path, std::uint64_t bytes, const std::string& advice) {
    const OutputPlace place = find_output(path);
    if (place.direct) return;
    std::error_code code;
    const std::filesystem::path folder =
        std::filesystem::absolute(place.target, code).parent_path();
    const std::filesystem::space_info space = std::filesystem::space(folder, code);
    std::uint64_t room = space.available;
    if (code) return;
#if FIRTH_ON_POSIX()
    rlimit file_size{};
    if (::getrlimit(RLIMIT_FSIZE, &file_size) == 0 && file_size.rlim_cur != RLIM_INFINITY) {
        room = (std::min<std::uint64_t>)(room, file_size.rlim_cur);
    }
#endif
    if (room >= bytes) return;
    throw IoError(path + " takes " + detail::size_text(bytes) + ", and its disk has room for " +
                  detail::size_text(room) + ", expected " + advice);
}

} // namespace firth
