#pragma once

#include <firth/base/config.hpp>

#if FIRTH_ON_POSIX()
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <unistd.h>

namespace firth::detail {

/// Writes all of `bytes` at `at` of an open file. False where the system refuses, errno says why.
[[nodiscard]] inline bool write_at(int file, std::uint64_t at, std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        const ssize_t written = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (written < 0) {
            if (errno == EINTR) continue;
            return false;
        }
        at += static_cast<std::uint64_t>(written);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

} // namespace firth::detail
#endif
