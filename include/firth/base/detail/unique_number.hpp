#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>

#include <firth/base/config.hpp>
#include <firth/base/random.hpp>

#if FIRTH_ON_POSIX()
#include <unistd.h>
#endif

namespace firth::detail {

/// A number for the name of a temporary file, made of the clock, the process and a counter, so that
/// no other thread or process uses it at the same time. Files are opened so that an existing one is
/// never overwritten. `std::random_device` would do, but costs every includer the whole of
/// <random>.
[[nodiscard]] inline std::uint32_t unique_number() noexcept {
    static std::atomic<std::uint64_t> count{0};
    std::timespec now{};
    static_cast<void>(std::timespec_get(&now, TIME_UTC));
    std::uint64_t state = mix_bits(static_cast<std::uint64_t>(now.tv_sec)) ^
                          mix_bits(static_cast<std::uint64_t>(now.tv_nsec) << 32 |
                                   count.fetch_add(1, std::memory_order_relaxed));
#if FIRTH_ON_POSIX()
    state ^= mix_bits(~static_cast<std::uint64_t>(::getpid()));
#endif
    // Processes differ in their addresses.
    state ^= mix_bits(reinterpret_cast<std::uintptr_t>(&now));
    return static_cast<std::uint32_t>(mix_bits(state) >> 32);
}

} // namespace firth::detail
